//! What the drivers share: their error, the legs that an observer sees, and the texts of peers.
use std::fmt;
use std::io;

use countersign::{Error, Incoming};

use crate::frame::{Frame, Kind};

/// The longest text of a peer that is shown, in characters.
const MAX_SHOWN: usize = 300;
/// More than any handshake has in flight: what a package calls incomplete can not grow beyond it.
const MAX_INCOMING: usize = 1024 * 1024;

/// Which side of the handshake is being driven.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The one that spoke first.
    Initiator,
    /// The one that accepts.
    Acceptor,
}

/// Where a leg goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// A token on its way, for an observer.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Where it goes.
    pub direction: Direction,
    /// The token.
    pub bytes: &'a [u8],
}

/// Who sees every leg.
pub(crate) type Observer<'o> = Box<dyn FnMut(Leg<'_>) + Send + 'o>;

/// Why a handshake came to no session.
#[derive(Debug)]
#[non_exhaustive]
pub enum DriveError {
    /// Our own package refused.
    Security(Error),
    /// The transport failed, or the peer closed it or broke its framing.
    Transport(io::Error),
    /// The peer refused, and this is what it said: bounded in length and free of control
    /// characters.
    Peer(String),
}

impl fmt::Display for DriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Security(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the connection to the peer failed: {error}"),
            Self::Peer(text) => write!(f, "the peer refused: {text}"),
        }
    }
}

impl std::error::Error for DriveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Security(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::Peer(_) => None,
        }
    }
}

impl From<Error> for DriveError {
    fn from(error: Error) -> Self {
        Self::Security(error)
    }
}

impl From<io::Error> for DriveError {
    /// An error that carries a peer's text becomes [`DriveError::Peer`].
    fn from(error: io::Error) -> Self {
        match error.downcast::<Refusal>() {
            Ok(Refusal(text)) => Self::Peer(text),
            Err(error) => Self::Transport(error),
        }
    }
}

/// What a peer said when it gave up, on its way through [`io::Error`].
#[derive(Debug)]
pub(crate) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the peer refused: {}", self.0)
    }
}

impl std::error::Error for Refusal {}

/// The error of a peer that said `text`.
pub(crate) fn refusal(text: &[u8]) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, Refusal(shown(text)))
}

/// The token of a frame that should hold one.
pub(crate) fn token(frame: Option<Frame>) -> io::Result<Vec<u8>> {
    match frame {
        Some(Frame {
            kind: Kind::Token,
            payload,
        }) if !payload.is_empty() => Ok(payload),
        Some(Frame {
            kind: Kind::Token, ..
        }) => Err(invalid("the peer sent an empty token")),
        other => Err(unexpected(other, "a token")),
    }
}

/// Whether a frame says that the peer is established.
pub(crate) fn done(frame: Option<Frame>) -> io::Result<()> {
    match frame {
        Some(Frame {
            kind: Kind::Done, ..
        }) => Ok(()),
        other => Err(unexpected(other, "the end of the handshake")),
    }
}

/// Bytes behind the last token have no place in a framed exchange.
pub(crate) fn no_rest(rest: &[u8]) -> io::Result<()> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(invalid("the peer's last token has bytes behind its end"))
    }
}

/// Refuses to hold more of what a package calls incomplete.
pub(crate) fn check_bound(incoming: &mut Incoming) -> io::Result<()> {
    if incoming.compact().len() > MAX_INCOMING {
        return Err(invalid("the peer's message has no end"));
    }
    Ok(())
}

fn unexpected(frame: Option<Frame>, due: &str) -> io::Error {
    match frame {
        None => io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("the peer closed the connection where {due} was due"),
        ),
        Some(Frame {
            kind: Kind::Error,
            payload,
        }) => refusal(&payload),
        Some(Frame { kind, .. }) => {
            invalid(format!("a frame of kind {kind:?} came where {due} was due"))
        }
    }
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// The text of a peer, fit to be shown on a terminal or written to a log.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            shown.push_str("...");
            break;
        }
        if c.is_control() || reorders(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Characters that end a line or change the direction of what stands around them.
const fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_peers_are_tamed() {
        assert_eq!(shown("Grüße".as_bytes()), "Grüße");
        assert_eq!(shown(b"a\x1b[2Jb\r\nc\x7f"), r"a\u{1b}[2Jb\r\nc\u{7f}");
        assert_eq!(shown("x\u{202e}y\u{9b}".as_bytes()), r"x\u{202e}y\u{9b}");
        assert_eq!(shown(b"\xff"), "\u{fffd}");
        let long = shown(&[b'x'; 4096]);
        assert_eq!(long.len(), MAX_SHOWN + 3);
    }

    #[test]
    fn refusals_survive_the_transport() {
        assert!(matches!(
            DriveError::from(refusal(b"no")),
            DriveError::Peer(text) if text == "no"
        ));
        assert!(matches!(
            DriveError::from(invalid("x")),
            DriveError::Transport(_)
        ));
    }

    #[test]
    fn incoming_is_bounded() {
        let mut incoming = Incoming::new();
        incoming.extend(&vec![0; MAX_INCOMING]);
        assert!(check_bound(&mut incoming).is_ok());
        incoming.extend(&[0]);
        assert!(check_bound(&mut incoming).is_err());
    }
}
