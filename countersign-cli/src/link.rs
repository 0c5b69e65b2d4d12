//! The handshake over framed tokens, with what this command adds to it: the server's word at its
//! end, and errors that tell the peer a status and nothing else.
use std::io::{self, Read, Write};

use countersign::{Error, Incoming};
use countersign_net::blocking::Transport;
use countersign_net::frame::{self, Frame, Kind};
use countersign_net::{Direction, DriveError, Leg, Side};

use crate::output::text;

/// The longest frame of a handshake, in bytes, with its header.
const MAX_FRAME: u64 = frame::MAX_TOKEN as u64 + 5;
/// The longest text of a peer that is shown, in characters.
const MAX_SHOWN: usize = 300;

/// A connection during its handshake.
pub(crate) struct Link<'o, S> {
    stream: S,
    observer: Box<dyn FnMut(Leg<'_>) + Send + 'o>,
    refusal: Option<String>,
    done: Vec<u8>,
}

impl<'o, S: Read + Write> Link<'o, S> {
    /// A link that shows every token to `observer`.
    pub(crate) fn new(stream: S, observer: impl FnMut(Leg<'_>) + Send + 'o) -> Self {
        Self {
            stream,
            observer: Box::new(observer),
            refusal: None,
            done: Vec::new(),
        }
    }

    /// The result of the driver; where the peer said why it gave up, that is the error.
    pub(crate) fn outcome<T>(&mut self, result: Result<T, DriveError>) -> Result<T, DriveError> {
        result.map_err(|error| match self.refusal.take() {
            Some(text) => DriveError::Peer(text),
            None => error,
        })
    }

    /// What the server said of its context when it was established.
    pub(crate) fn done(&self) -> &[u8] {
        &self.done
    }

    /// The stream, for what follows the handshake.
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// The payload of the next frame, which must be of kind `due`.
    fn expect(&mut self, due: Kind, what: &str) -> io::Result<Vec<u8>> {
        // Who is not authenticated yet gets memory for a token, and not for the longest message.
        let mut bounded = Read::by_ref(&mut self.stream).take(MAX_FRAME);
        match frame::read(&mut bounded)? {
            Some(Frame { kind, payload }) if kind == due => Ok(payload),
            Some(Frame {
                kind: Kind::Error,
                payload,
            }) => {
                self.refusal = Some(shown(&payload));
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Frame { kind, .. }) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a frame of kind {kind:?} came where {what} was due"),
            )),
            None => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("the peer closed the connection where {what} was due"),
            )),
        }
    }
}

impl<S: Read + Write> Transport for Link<'_, S> {
    fn send(&mut self, token: &[u8]) -> io::Result<()> {
        (self.observer)(Leg {
            direction: Direction::Sent,
            bytes: token,
        });
        frame::write(&mut self.stream, Kind::Token, token)
    }

    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        let token = self.expect(Kind::Token, "a token")?;
        if token.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the peer sent an empty token",
            ));
        }
        (self.observer)(Leg {
            direction: Direction::Received,
            bytes: &token,
        });
        incoming.extend(&token);
        Ok(())
    }

    fn established(&mut self, side: Side, rest: &[u8]) -> io::Result<()> {
        if !rest.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the peer's last token has bytes behind its end",
            ));
        }
        if side == Side::Initiator {
            self.done = self.expect(Kind::Done, "the end of the handshake")?;
        }
        // A server says itself that it is done, because it says more than that.
        Ok(())
    }

    fn failed(&mut self, error: &Error) -> io::Result<()> {
        frame::write(&mut self.stream, Kind::Error, status_name(error).as_bytes())
    }
}

/// What a peer is told about an error: the name of its status, never the reason.
pub(crate) fn status_name(error: &Error) -> String {
    let status = error.status();
    match status.name() {
        Some(name) => name.to_owned(),
        None => format!("{:#010x}", status.code()),
    }
}

/// A peer's text, bounded and safe to print.
pub(crate) fn shown(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    let mut chars = text.chars();
    let mut shown = text::visible(&chars.by_ref().take(MAX_SHOWN).collect::<String>());
    if chars.next().is_some() {
        shown.push_str("...");
    }
    shown
}
