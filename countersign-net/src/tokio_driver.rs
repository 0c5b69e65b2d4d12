//! Drives a handshake to its end with futures, over frames on a tokio stream.
//!
//! What [`blocking`](crate::blocking) does on a thread of its own. A driver that is dropped before
//! its end leaves the stream amid a handshake: close it then.
//!
//! ```
//! use countersign::*;
//! use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};
//! use countersign_net::tokio_driver::{self, Framed};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let ntlm = Packages::standard().get("NTLM")?;
//! let (near, far) = tokio::io::duplex(4096);
//! let accounts = MemoryAccounts::new();
//! accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
//! let server = ntlm.acquire(Acquire::inbound())?.accept(&Accept::new())?;
//! let serving = tokio::spawn(async move {
//!     tokio_driver::accept(&mut Framed::new(far), server, None, &StoreAnswers(accounts)).await
//! });
//!
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd")?;
//! let client = ntlm.acquire(Acquire::outbound().identity(alice))?.initiate(&Initiate::to("HTTP/web"))?;
//! tokio_driver::initiate(&mut Framed::new(near), client, None, &NoAnswers).await?;
//! assert_eq!(serving.await??.facts().names.client, r"LAB\alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
use std::fmt;
use std::io;

use countersign::{
    AsyncResolve, ChannelBindings, Error, Handshake, Incoming, Input, Session, Step, settle_async,
};
use tokio::io::{AsyncRead, AsyncWrite};

pub use crate::drive::{Direction, DriveError, Leg, Side};
use crate::drive::{Observer, check_bound, done, no_rest, token};
use crate::frame::{self, Frame, FrameError, Kind};

/// Frames over an asynchronous byte stream; the exchange is that of
/// [`blocking::Framed`](crate::blocking::Framed).
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

impl<S: AsyncWrite + Unpin> Framed<'_, S> {
    /// Writes a frame; see [`frame::write_async`].
    ///
    /// # Errors
    /// As [`frame::write_async`].
    pub async fn write(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        frame::write_async(&mut self.stream, kind, payload).await
    }
}

impl<S: AsyncRead + Unpin> Framed<'_, S> {
    /// Reads a frame; see [`frame::read_async`].
    ///
    /// # Errors
    /// As [`frame::read_async`].
    pub async fn read(&mut self) -> Result<Option<Frame>, FrameError> {
        frame::read_async(&mut self.stream).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Framed<'_, S> {
    async fn send(&mut self, token: &[u8]) -> io::Result<()> {
        self.show(Direction::Sent, token);
        self.write(Kind::Token, token).await
    }

    async fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        let token = token(self.read().await?)?;
        self.show(Direction::Received, &token);
        incoming.extend(&token);
        Ok(())
    }

    async fn established(&mut self, side: Side, rest: &[u8]) -> io::Result<()> {
        no_rest(rest)?;
        match side {
            Side::Acceptor => self.write(Kind::Done, &[]).await,
            Side::Initiator => done(self.read().await?),
        }
    }

    async fn failed(&mut self, error: &Error) -> io::Result<()> {
        self.write(Kind::Error, error.status().to_string().as_bytes())
            .await
    }
}

/// Drives the side that speaks first.
///
/// # Errors
/// [`DriveError`]. What the package made before it failed was sent, and the peer was told.
pub async fn initiate<S: AsyncRead + AsyncWrite + Unpin>(
    transport: &mut Framed<'_, S>,
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &impl AsyncResolve,
) -> Result<Session, DriveError> {
    drive(Side::Initiator, transport, handshake, bindings, answers).await
}

/// Drives the side that accepts.
///
/// # Errors
/// As [`initiate`].
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    transport: &mut Framed<'_, S>,
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &impl AsyncResolve,
) -> Result<Session, DriveError> {
    drive(Side::Acceptor, transport, handshake, bindings, answers).await
}

/// The loop of [`blocking`](crate::blocking), with futures.
async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    side: Side,
    transport: &mut Framed<'_, S>,
    handshake: Handshake,
    bindings: Option<&ChannelBindings>,
    answers: &impl AsyncResolve,
) -> Result<Session, DriveError> {
    let mut incoming = Incoming::new();
    let mut out = Vec::new();
    let mut first = side == Side::Initiator;
    let mut next = handshake;
    loop {
        if !first && incoming.compact().is_empty() {
            transport.receive(&mut incoming).await?;
        }
        let step = {
            let mut input = if first {
                Input::none()
            } else {
                Input::token(&incoming)
            };
            if let Some(bindings) = bindings {
                input = input.bindings(bindings);
            }
            next.step(input, &mut out)
        };
        first = false;
        let step = match step {
            Ok(step) => settle_async(step, answers, &mut out).await,
            Err(error) => Err(error),
        };
        let sent = if out.is_empty() {
            Ok(())
        } else {
            transport.send(&out).await
        };
        out.clear();
        let step = match step {
            Ok(step) => step,
            Err(error) => {
                // The peer may be gone already; why we failed matters more.
                if sent.is_ok() {
                    let _ = transport.failed(&error).await;
                }
                return Err(error.into());
            }
        };
        sent?;
        next = match step {
            Step::Continue(handshake) => handshake,
            Step::Incomplete(handshake, _) => {
                check_bound(&mut incoming)?;
                transport.receive(&mut incoming).await?;
                handshake
            }
            Step::Done(session) => {
                transport.established(side, incoming.compact()).await?;
                return Ok(session);
            }
            _ => return Err(Error::Unreachable("a question was left unanswered").into()),
        };
    }
}
