//! Drives a handshake to its end on the calling thread.
//!
//! The driver sends what the package makes, brings what the peer answers, and puts the package's
//! questions to a [`Resolve`]. It never counts legs: the package says when it is done.
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use countersign::*;
//! use countersign_net::blocking::{self, DriveError, Framed};
//! use countersign_net::store::{MemoryAccounts, StoreAnswers};
//!
//! let ntlm = Packages::standard().get("NTLM")?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let near = TcpStream::connect(listener.local_addr()?)?;
//! let (far, _) = listener.accept()?;
//! let server = ntlm.acquire(Acquire::inbound())?.accept(&Accept::new())?;
//! let nobody = MemoryAccounts::new();
//! let serving = std::thread::spawn(move || {
//!     blocking::accept(&mut Framed::new(far), server, None, &mut StoreAnswers(nobody))
//! });
//!
//! let mallory = Identity::with_password(r"LAB\mallory", "guess")?;
//! let client = ntlm.acquire(Acquire::outbound().identity(mallory))?;
//! let mut legs = 0;
//! let mut transport = Framed::new(near).observe(|_leg| legs += 1);
//! let refused = blocking::initiate(&mut transport, client.initiate(&Initiate::to("HTTP/web"))?, None, &mut NoAnswers);
//!
//! let DriveError::Peer(text) = refused.unwrap_err() else { unreachable!() };
//! assert!(text.starts_with("SEC_E_LOGON_DENIED"), "the reason stays with the server");
//! drop(transport);
//! assert_eq!(legs, 3);
//! assert!(matches!(
//!     serving.join().unwrap().unwrap_err(),
//!     DriveError::Security(Error::LogonDenied(Denied::UnknownUser))
//! ));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
use std::fmt;
use std::io::{self, Read, Write};

use countersign::{
    ChannelBindings, Error, Handshake, Incoming, Input, Resolve, Session, Step, settle,
};

pub use crate::drive::{Direction, DriveError, Leg, Side};
use crate::drive::{Observer, check_bound, done, no_rest, token};
use crate::frame::{self, Frame, FrameError, Kind};

/// Carries tokens to the peer and back.
pub trait Transport {
    /// Sends a token.
    ///
    /// # Errors
    /// Any error of the connection.
    fn send(&mut self, token: &[u8]) -> io::Result<()>;

    /// Appends a token of the peer to `incoming`, or the next bytes of a stream protocol; at least
    /// one byte.
    ///
    /// # Errors
    /// Any error of the connection; also when the peer has closed it.
    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()>;

    /// Our side is established, and its last token is sent. `rest` is what the peer sent behind its
    /// last token: the first protected bytes of a stream protocol, which the transport keeps.
    ///
    /// # Errors
    /// Any error of the connection; also where the peer says that its side is not established.
    fn established(&mut self, side: Side, rest: &[u8]) -> io::Result<()>;

    /// Our side has failed; tells the peer no more than the status, where the protocol has a way.
    ///
    /// # Errors
    /// Any error of the connection.
    fn failed(&mut self, error: &Error) -> io::Result<()> {
        let _ = error;
        Ok(())
    }
}

/// Frames over a byte stream as a transport.
///
/// Tokens are [`Kind::Token`]. The acceptor ends the handshake with [`Kind::Done`], and whoever
/// fails says so with [`Kind::Error`].
pub struct Framed<'o, S> {
    stream: S,
    observer: Option<Observer<'o>>,
}

impl<S: fmt::Debug> fmt::Debug for Framed<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framed")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<'o, S> Framed<'o, S> {
    /// Frames over `stream`.
    #[must_use]
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            observer: None,
        }
    }

    /// Shows every token on its way to `observer`.
    #[must_use]
    pub fn observe(mut self, observer: impl FnMut(Leg<'_>) + Send + 'o) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The stream, for what follows the handshake.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream; nothing was read from it beyond the last frame.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn show(&mut self, direction: Direction, bytes: &[u8]) {
        if let Some(observer) = &mut self.observer {
            observer(Leg { direction, bytes });
        }
    }
}

impl<S: Write> Framed<'_, S> {
    /// Writes a frame; see [`frame::write`].
    ///
    /// # Errors
    /// As [`frame::write`].
    pub fn write(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        frame::write(&mut self.stream, kind, payload)
    }
}

impl<S: Read> Framed<'_, S> {
    /// Reads a frame; see [`frame::read`].
    ///
    /// # Errors
    /// As [`frame::read`].
    pub fn read(&mut self) -> Result<Option<Frame>, FrameError> {
        frame::read(&mut self.stream)
    }
}

impl<S: Read + Write> Transport for Framed<'_, S> {
    fn send(&mut self, token: &[u8]) -> io::Result<()> {
        self.show(Direction::Sent, token);
        self.write(Kind::Token, token)
    }

    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        let token = token(self.read()?)?;
        self.show(Direction::Received, &token);
        incoming.extend(&token);
        Ok(())
    }

    fn established(&mut self, side: Side, rest: &[u8]) -> io::Result<()> {
        no_rest(rest)?;
        match side {
            Side::Acceptor => self.write(Kind::Done, &[]),
            Side::Initiator => done(self.read()?),
        }
    }

    fn failed(&mut self, error: &Error) -> io::Result<()> {
        self.write(Kind::Error, error.status().to_string().as_bytes())
    }
}

/// Drives the side that speaks first.
///
/// # Errors
/// [`DriveError`]. What the package made before it failed was sent, and the peer was told.
pub fn initiate(
    transport: &mut (impl Transport + ?Sized),
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &mut dyn Resolve,
) -> Result<Session, DriveError> {
    drive(Side::Initiator, transport, handshake, bindings, answers)
}

/// Drives the side that accepts.
///
/// # Errors
/// As [`initiate`].
pub fn accept(
    transport: &mut (impl Transport + ?Sized),
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &mut dyn Resolve,
) -> Result<Session, DriveError> {
    drive(Side::Acceptor, transport, handshake, bindings, answers)
}

fn drive(
    side: Side,
    transport: &mut (impl Transport + ?Sized),
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &mut dyn Resolve,
) -> Result<Session, DriveError> {
    let mut incoming = Incoming::new();
    let mut out = Vec::new();
    let mut first = side == Side::Initiator;
    let mut next = handshake;
    loop {
        // Of a stream protocol the next message may be here already.
        if !first && incoming.compact().is_empty() {
            transport.receive(&mut incoming)?;
        }
        let mut input = if first {
            Input::none()
        } else {
            Input::token(&incoming)
        };
        if let Some(bindings) = bindings {
            input = input.bindings(bindings);
        }
        first = false;
        let step = next
            .step(input, &mut out)
            .and_then(|step| settle(step, answers, &mut out));
        let sent = if out.is_empty() {
            Ok(())
        } else {
            transport.send(&out)
        };
        out.clear();
        let step = match step {
            Ok(step) => step,
            Err(error) => {
                // The peer may be gone already; why we failed matters more.
                if sent.is_ok() {
                    let _ = transport.failed(&error);
                }
                return Err(error.into());
            }
        };
        sent?;
        next = match step {
            Step::Continue(handshake) => handshake,
            Step::Incomplete(handshake, _) => {
                check_bound(&mut incoming)?;
                transport.receive(&mut incoming)?;
                handshake
            }
            Step::Done(session) => {
                transport.established(side, incoming.compact())?;
                return Ok(session);
            }
            _ => return Err(Error::Unreachable("a question was left unanswered").into()),
        };
    }
}
