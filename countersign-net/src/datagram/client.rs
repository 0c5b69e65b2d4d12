//! A client: its messages are repeated until their replies come.
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use countersign::{ApiMisuse, ChannelBindings, Datagram, Error, Facts, Input, Quality};

use super::packet::{Packet, Received, protect};
use super::port::Port;

/// How many messages may wait for their replies at once.
const WINDOW: usize = 16;

/// A client of one server.
#[derive(Debug)]
pub struct Client {
    port: Port,
    server: SocketAddr,
    context: Datagram,
    bindings: Option<ChannelBindings>,
    next: Option<u32>,
    timeout: Duration,
    attempts: u32,
    challenges: u64,
}

/// The reply to a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The number of both.
    pub sequence: u32,
    /// What the server said.
    pub data: Vec<u8>,
    /// How it was protected.
    pub quality: Quality,
}

/// Why there is no reply.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The context can not protect the message.
    Security(Error),
    /// The socket failed.
    Transport(io::Error),
    /// None came that could be verified.
    NoReply {
        /// How often each message was sent.
        attempts: u32,
        /// What was wrong with the last packet that was refused.
        refused: Option<Error>,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Security(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the socket failed: {error}"),
            Self::NoReply { attempts, refused } => {
                write!(f, "no reply to {attempts} packets")?;
                match refused {
                    Some(error) => write!(f, "; a packet was refused: {error}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Security(error) => Some(error),
            Self::Transport(error) => Some(error),
            Self::NoReply { refused, .. } => refused.as_ref().map(|error| error as _),
        }
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Security(error)
    }
}

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        Self::Transport(error)
    }
}

impl Client {
    /// A client whose first message has number 1, and goes out 20 times, each quarter of a second.
    #[must_use]
    pub fn new(port: Port, server: SocketAddr, context: Datagram) -> Self {
        Self {
            port,
            server,
            context,
            bindings: None,
            next: Some(1),
            timeout: Duration::from_millis(250),
            attempts: 20,
            challenges: 0,
        }
    }

    /// Binds the client's answers to a channel.
    #[must_use]
    pub fn bindings(mut self, bindings: Option<ChannelBindings>) -> Self {
        self.bindings = bindings;
        self
    }

    /// How often a message is sent before it is given up, and how long each time waits.
    #[must_use]
    pub fn patience(mut self, attempts: u32, timeout: Duration) -> Self {
        self.attempts = attempts;
        self.timeout = timeout;
        self
    }

    /// What the context answers about itself.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        self.context.facts()
    }

    /// How many challenges were answered.
    #[must_use]
    pub fn challenges(&self) -> u64 {
        self.challenges
    }

    /// Sends a message and waits for the reply.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(&mut self, data: &[u8], quality: Quality) -> Result<Reply, CallError> {
        let mut last = None;
        self.call_each(&[data], quality, |reply| last = Some(reply))?;
        last.ok_or_else(|| Error::Unreachable("a call without its reply").into())
    }

    /// Sends messages, several at once, and gives their replies as they come, in any order.
    ///
    /// # Errors
    /// [`CallError`]; replies that came were given.
    pub fn call_each(
        &mut self,
        messages: &[impl AsRef<[u8]>],
        quality: Quality,
        mut reply: impl FnMut(Reply),
    ) -> Result<(), CallError> {
        for window in messages.chunks(WINDOW) {
            let mut waiting = BTreeMap::new();
            for data in window {
                // A number is never used twice: both messages would have the same key stream.
                let sequence = self.next.ok_or(Error::ApiMisuse(ApiMisuse::WrongOrder(
                    "all numbers were used: a new context is needed",
                )))?;
                let packet = protect(&mut self.context, sequence, data.as_ref(), quality)?;
                self.next = sequence.checked_add(1);
                waiting.insert(sequence, packet);
            }
            self.repeat(&mut waiting, &mut reply)?;
        }
        Ok(())
    }

    /// Sends what waits until nothing does.
    fn repeat(
        &mut self,
        waiting: &mut BTreeMap<u32, Vec<u8>>,
        reply: &mut impl FnMut(Reply),
    ) -> Result<(), CallError> {
        let mut refused = None;
        for _ in 0..self.attempts {
            for packet in waiting.values() {
                self.port.send(self.server, packet)?;
            }
            let until = Instant::now() + self.timeout;
            loop {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let Some((from, packet)) = self.port.receive(left)? else {
                    break;
                };
                if from != self.server {
                    continue;
                }
                let Ok(packet) = Packet::parse(packet) else {
                    continue;
                };
                // Anybody can send packets in the server's name: what is wrong is passed over.
                let received = match packet {
                    Packet::Token(token) => {
                        let (mut out, mut answer) = (Vec::new(), Vec::new());
                        let mut input = Input::token(token);
                        if let Some(bindings) = &self.bindings {
                            input = input.bindings(bindings);
                        }
                        match self.context.respond(input, &mut out) {
                            Ok(_) if Packet::Token(&out).write(&mut answer).is_ok() => {
                                self.challenges += 1;
                                self.port.send(self.server, &answer)?;
                            }
                            Ok(_) => {}
                            Err(error) => refused = Some(error),
                        }
                        continue;
                    }
                    Packet::Signed {
                        sequence,
                        signature,
                        data,
                    } => Received::new(sequence, signature, data, Quality::IntegrityOnly),
                    Packet::Sealed {
                        sequence,
                        signature,
                        data,
                    } => Received::new(sequence, signature, data, Quality::Confidential),
                };
                let (sequence, quality) = (received.sequence, received.quality);
                if !waiting.contains_key(&sequence) {
                    continue;
                }
                match received.open(&mut self.context) {
                    Ok(data) => {
                        waiting.remove(&sequence);
                        reply(Reply {
                            sequence,
                            data,
                            quality,
                        });
                        if waiting.is_empty() {
                            return Ok(());
                        }
                    }
                    Err(error) => refused = Some(error),
                }
            }
        }
        Err(CallError::NoReply {
            attempts: self.attempts,
            refused,
        })
    }
}
