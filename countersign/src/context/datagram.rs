//! Connectionless contexts: messages can be signed before any token was exchanged.
//!
//! A challenge may come at any time and again; the caller gives each message its sequence number and
//! is told which one verified. Nothing here is squeezed into the order of a handshake.
//!
//! ```
//! use countersign::{Acquire, ContextFlags, Identity, Initiate, Packages};
//!
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd").unwrap();
//! let ntlm = Packages::standard().get("NTLM").unwrap();
//! let client = ntlm.acquire(Acquire::outbound().identity(alice)).unwrap();
//! let mut context = client.datagram(&Initiate::to("RPC/server")).unwrap();
//!
//! // Nothing was exchanged, and request number 1 can be signed.
//! let mut token = [0; 16];
//! context.sign(&[b"request"], &mut token, 1).unwrap();
//! assert_eq!(token[12..], [1, 0, 0, 0]);
//! ```
use std::fmt::Debug;

use super::attribute::Facts;
use super::input::Input;
use super::question::{Answer, SomeQuestion};
use super::session::{Lengths, Order, Outgoing, Piece, Quality, Verified};
use crate::base::error::Error;

/// A connectionless context as a package implements it.
pub trait Connectionless: Debug + Send {
    /// Signs `pieces` as message number `sequence`.
    ///
    /// # Errors
    /// As [`Seal::sign`](super::session::Seal::sign).
    fn sign(&mut self, pieces: &[&[u8]], token: &mut [u8], sequence: u32) -> Result<usize, Error>;

    /// Protects a message in place as number `sequence`.
    ///
    /// # Errors
    /// As [`Seal::seal`](super::session::Seal::seal).
    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        sequence: u32,
    ) -> Result<Lengths, Error>;

    /// Checks a signature; `order` is [`Order::At`] or [`Order::Any`].
    ///
    /// # Errors
    /// As [`Open::verify`](super::session::Open::verify).
    fn verify(&mut self, pieces: &[&[u8]], token: &[u8], order: Order) -> Result<Verified, Error>;

    /// Takes a message apart; `order` is [`Order::At`] or [`Order::Any`].
    ///
    /// # Errors
    /// As [`Open::open`](super::session::Open::open).
    fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        order: Order,
    ) -> Result<Verified, Error>;

    /// Takes a token of the peer, at any time and again, and appends what must be sent to `out`.
    ///
    /// # Errors
    /// Any [`Error`]; keys in use stay as they are.
    fn respond(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Responded, Error>;

    /// Takes the answer to a question that [`Self::respond`] asked.
    ///
    /// # Errors
    /// As [`Self::respond`].
    fn answer(&mut self, answer: Answer, out: &mut Vec<u8>) -> Result<Responded, Error>;

    /// What the context answers about itself.
    fn facts(&self) -> &Facts;
}

/// How a token of the peer was taken.
#[derive(Debug)]
#[non_exhaustive]
pub enum Responded {
    /// Send what is in `out`; the peer's answer is needed before its messages verify.
    Continue,
    /// Find the answer and call [`Datagram::answer`].
    Ask(SomeQuestion),
    /// Both sides have the keys; `out` may hold a last token to send.
    Established,
}

/// A connectionless context.
#[derive(Debug)]
pub struct Datagram(Box<dyn Connectionless>);

impl Datagram {
    /// A context that a package drives.
    #[must_use]
    pub fn new(context: impl Connectionless + 'static) -> Self {
        Self(Box::new(context))
    }

    /// Signs `pieces`, taken as one message, as number `sequence`.
    ///
    /// # Errors
    /// As [`Sealer::sign`](super::session::Sealer::sign).
    pub fn sign(
        &mut self,
        pieces: &[&[u8]],
        token: &mut [u8],
        sequence: u32,
    ) -> Result<usize, Error> {
        self.0.sign(pieces, token, sequence)
    }

    /// Protects a message in place as number `sequence`.
    ///
    /// # Errors
    /// As [`Sealer::seal`](super::session::Sealer::seal).
    pub fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        sequence: u32,
    ) -> Result<Lengths, Error> {
        self.0.seal(message, quality, sequence)
    }

    /// Checks the signature of message number `sequence`, or of whichever it says to be (`None`).
    ///
    /// # Errors
    /// As [`Opener::verify`](super::session::Opener::verify).
    pub fn verify(
        &mut self,
        pieces: &[&[u8]],
        token: &[u8],
        sequence: Option<u32>,
    ) -> Result<Verified, Error> {
        self.0
            .verify(pieces, token, sequence.map_or(Order::Any, Order::At))
    }

    /// Takes message number `sequence` apart, or whichever it says to be (`None`).
    ///
    /// # Errors
    /// As [`Opener::open`](super::session::Opener::open).
    pub fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        sequence: Option<u32>,
    ) -> Result<Verified, Error> {
        self.0
            .open(token, pieces, sequence.map_or(Order::Any, Order::At))
    }

    /// Takes a token of the peer, at any time and again, and appends what must be sent to `out`.
    ///
    /// # Errors
    /// Any [`Error`]; keys in use stay as they are.
    pub fn respond(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Responded, Error> {
        self.0.respond(input, out)
    }

    /// Takes the answer to a question that [`Self::respond`] asked.
    ///
    /// # Errors
    /// As [`Self::respond`].
    pub fn answer(&mut self, answer: Answer, out: &mut Vec<u8>) -> Result<Responded, Error> {
        self.0.answer(answer, out)
    }

    /// What the context answers about itself.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        self.0.facts()
    }
}
