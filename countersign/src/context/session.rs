//! An established context: two halves that can live on two threads, and the facts that both share.
//!
//! Messages are protected in place over the caller's memory. A message is made of pieces that need
//! not touch; nothing is allocated or copied per message.
//!
//! ```
//! # use countersign::*;
//! # struct Alice;
//! # impl Resolve for Alice {
//! #     fn logon(&mut self, _: &Logon) -> Result<LogonAnswer, Unavailable> {
//! #         Ok(LogonAnswer::Account(Account::with_password("LAB", "alice", &"pw".into()).into()))
//! #     }
//! # }
//! # let ntlm = Packages::standard().get("NTLM")?;
//! # let alice = Identity::with_password(r"LAB\alice", "pw")?;
//! # let (mut one, mut two, mut three) = (Vec::new(), Vec::new(), Vec::new());
//! # let client = ntlm.acquire(Acquire::outbound().identity(alice))?;
//! # let client = client.initiate(&Initiate::to("HTTP/web").require(ContextFlags::PROTECTED))?;
//! # let Step::Continue(client) = client.step(Input::none(), &mut one)? else { panic!() };
//! # let server = ntlm.acquire(Acquire::inbound())?.accept(&Accept::new())?;
//! # let Step::Continue(server) = server.step(Input::token(&one), &mut two)? else { panic!() };
//! # let Step::Done(mut client) = client.step(Input::token(&two), &mut three)? else { panic!() };
//! # let step = settle(server.step(Input::token(&three), &mut two)?, &mut Alice, &mut two)?;
//! # let Step::Done(mut server) = step else { panic!() };
//! let mut data = *b"a message";
//! let mut token = [0; 16];
//! client.seal(&mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]), Quality::Confidential, Order::Next)?;
//! assert_ne!(&data, b"a message");
//! server.open(&token, &mut [Piece::Data(&mut data)], Order::Next)?;
//! assert_eq!(&data, b"a message");
//! # Ok::<(), Error>(())
//! ```
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use super::attribute::Facts;
use super::input::Input;
use crate::base::error::{ApiMisuse, Error};

/// A part of a message that spans several buffers.
#[derive(Debug)]
pub enum Piece<'a> {
    /// Encrypted or decrypted in place, and covered by the signature (`SECBUFFER_DATA`).
    Data(&'a mut [u8]),
    /// Covered by the signature only (`SECBUFFER_READONLY_WITH_CHECKSUM`).
    Signed(&'a [u8]),
}

impl Piece<'_> {
    /// The bytes as they are.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Data(bytes) => bytes,
            Self::Signed(bytes) => bytes,
        }
    }
}

/// Which message of the context this is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// The context counts (connection contexts).
    Next,
    /// The caller counts (datagram contexts, `MessageSeqNo`).
    At(u32),
    /// Opening a datagram: whatever number the message carries.
    Any,
}

/// The quality of protection of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Quality {
    /// Encrypted and signed.
    Confidential,
    /// Signed only (`SECQOP_WRAP_NO_ENCRYPT`).
    IntegrityOnly,
}

/// The memory of a message that is being sealed.
#[derive(Debug)]
pub struct Outgoing<'a, 'p> {
    /// In front: `SECBUFFER_TOKEN` or `SECBUFFER_STREAM_HEADER`.
    pub token: &'a mut [u8],
    /// The message.
    pub pieces: &'a mut [Piece<'p>],
    /// Behind: `SECBUFFER_PADDING` or `SECBUFFER_STREAM_TRAILER`.
    pub padding: &'a mut [u8],
}

impl<'a, 'p> Outgoing<'a, 'p> {
    /// A message without room for padding.
    #[must_use]
    pub const fn new(token: &'a mut [u8], pieces: &'a mut [Piece<'p>]) -> Self {
        Self {
            token,
            pieces,
            padding: &mut [],
        }
    }
}

/// How much of the token and of the padding was used, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lengths {
    /// Bytes of the token.
    pub token: usize,
    /// Bytes of the padding.
    pub padding: usize,
}

/// What a message that verified turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Its sequence number.
    pub sequence: u32,
    /// Its protection.
    pub quality: Quality,
}

/// What was at the start of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Opened {
    /// A message: `plain` is the part of the buffer that holds it, decrypted in place.
    Message {
        /// Where the plaintext is.
        plain: Range<usize>,
        /// How many bytes of the buffer belong to the message; what follows is the next one.
        used: usize,
        /// What it turned out to be.
        verified: Verified,
    },
    /// At least this many bytes are missing; nothing has changed.
    Incomplete(usize),
    /// The peer has closed the session.
    Closed,
}

/// The sending half, as a package implements it.
pub trait Seal: Debug + Send {
    /// Signs `pieces` into `token`; returns how many bytes of it were used.
    ///
    /// # Errors
    /// [`ApiMisuse::BufferTooSmall`], [`Error::QopNotSupported`].
    fn sign(&mut self, pieces: &[&[u8]], token: &mut [u8], order: Order) -> Result<usize, Error>;

    /// Protects a message in place.
    ///
    /// # Errors
    /// [`ApiMisuse::BufferTooSmall`], [`Error::QopNotSupported`]; the data is then as before.
    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        order: Order,
    ) -> Result<Lengths, Error>;
}

/// The receiving half, as a package implements it.
pub trait Open: Debug + Send {
    /// Checks the signature in `token` over `pieces`.
    ///
    /// # Errors
    /// [`Error::MessageAltered`], [`Error::OutOfSequence`]; the context is then as before.
    fn verify(&mut self, pieces: &[&[u8]], token: &[u8], order: Order) -> Result<Verified, Error>;

    /// Takes a message apart whose token lies in a buffer of its own.
    ///
    /// # Errors
    /// [`Error::MessageAltered`], [`Error::OutOfSequence`]; context and data are then as before.
    fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        order: Order,
    ) -> Result<Verified, Error>;

    /// Takes the first message of a stream apart.
    ///
    /// # Errors
    /// As [`Self::open`].
    fn open_stream(&mut self, stream: &mut [u8], order: Order) -> Result<Opened, Error>;
}

/// What an established context does with further tokens (re-authentication, closing), as a package
/// implements it.
pub trait Resume: Debug + Send {
    /// Takes the peer's bytes and appends what must be sent to `out`.
    ///
    /// # Errors
    /// Any [`Error`]; the keys in use stay as they are.
    fn step(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Resumed, Error>;
}

/// How a further step ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Resumed {
    /// Send what is in `out` and bring the peer's answer; the old keys are still in use.
    Continue,
    /// The context was established again: new halves and facts replace the old ones.
    Established(Parts),
    /// The session is closed.
    Closed,
}

/// What a mechanism gives at the end of its handshake.
#[derive(Debug)]
pub struct Parts {
    /// The sending half.
    pub sealer: Box<dyn Seal>,
    /// The receiving half.
    pub opener: Box<dyn Open>,
    /// What the context answers about itself.
    pub facts: Arc<Facts>,
    /// What further tokens do, where the package has a use for them.
    pub resume: Option<Box<dyn Resume>>,
}

/// An established context.
#[derive(Debug)]
pub struct Session {
    sealer: Sealer,
    opener: Opener,
    facts: Arc<Facts>,
    resume: Option<Box<dyn Resume>>,
}

impl Session {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            sealer: Sealer(parts.sealer),
            opener: Opener(parts.opener),
            facts: parts.facts,
            resume: parts.resume,
        }
    }

    /// What the context answers about itself.
    #[must_use]
    #[doc(alias = "QueryContextAttributes")]
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Two halves for two threads, and the facts. One thread may seal while another opens
    /// (API-ISC-12).
    #[must_use]
    pub fn split(self) -> (Sealer, Opener, Arc<Facts>) {
        (self.sealer, self.opener, self.facts)
    }

    /// Takes a token that came after the context was established.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the package has no use for one; the session stays as it is.
    pub fn step(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Stepped, Error> {
        let Some(resume) = &mut self.resume else {
            return Err(Error::Unsupported(
                "the package does not authenticate a context again",
            ));
        };
        Ok(match resume.step(input, out)? {
            Resumed::Continue => Stepped::Continue,
            Resumed::Established(parts) => {
                *self = Self::new(parts);
                Stepped::Established
            }
            Resumed::Closed => Stepped::Closed,
        })
    }

    /// See [`Sealer::sign`].
    ///
    /// # Errors
    /// See [`Sealer::sign`].
    pub fn sign(
        &mut self,
        pieces: &[&[u8]],
        token: &mut [u8],
        order: Order,
    ) -> Result<usize, Error> {
        self.sealer.sign(pieces, token, order)
    }

    /// See [`Sealer::seal`].
    ///
    /// # Errors
    /// See [`Sealer::seal`].
    pub fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        order: Order,
    ) -> Result<Lengths, Error> {
        self.sealer.seal(message, quality, order)
    }

    /// See [`Opener::verify`].
    ///
    /// # Errors
    /// See [`Opener::verify`].
    pub fn verify(
        &mut self,
        pieces: &[&[u8]],
        token: &[u8],
        order: Order,
    ) -> Result<Verified, Error> {
        self.opener.verify(pieces, token, order)
    }

    /// See [`Opener::open`].
    ///
    /// # Errors
    /// See [`Opener::open`].
    pub fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        order: Order,
    ) -> Result<Verified, Error> {
        self.opener.open(token, pieces, order)
    }

    /// See [`Opener::open_stream`].
    ///
    /// # Errors
    /// See [`Opener::open_stream`].
    pub fn open_stream(&mut self, stream: &mut [u8], order: Order) -> Result<Opened, Error> {
        self.opener.open_stream(stream, order)
    }

    /// See [`Sealer::seal_message`].
    ///
    /// # Errors
    /// See [`Sealer::seal_message`].
    pub fn seal_message(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        self.sealer
            .seal_message(plain, self.facts.sizes.security_trailer, out)
    }
}

/// How a further step of a session ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Stepped {
    /// Send what is in `out` and bring the peer's answer; the old keys are still in use.
    Continue,
    /// The context was established again, with new keys and facts.
    Established,
    /// The session is closed.
    Closed,
}

/// The sending half of a session.
#[derive(Debug)]
pub struct Sealer(Box<dyn Seal>);

impl Sealer {
    /// Signs `pieces`, taken as one message, into `token`; returns how many bytes of it were used.
    ///
    /// # Errors
    /// [`ApiMisuse::BufferTooSmall`] when `token` is shorter than the signature;
    /// [`Error::QopNotSupported`] when integrity was not negotiated.
    #[doc(alias = "MakeSignature")]
    pub fn sign(
        &mut self,
        pieces: &[&[u8]],
        token: &mut [u8],
        order: Order,
    ) -> Result<usize, Error> {
        self.0.sign(pieces, token, order)
    }

    /// Protects a message in place; returns how much of token and padding was used.
    ///
    /// # Errors
    /// [`ApiMisuse::BufferTooSmall`] when token or padding is too short;
    /// [`Error::QopNotSupported`] when the protection was not negotiated. The data is then as before.
    #[doc(alias = "EncryptMessage")]
    pub fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        order: Order,
    ) -> Result<Lengths, Error> {
        self.0.seal(message, quality, order)
    }

    /// Seals a copy of `plain` and appends it to `out` in the form that [`Opener::open_stream`]
    /// takes: token, then data. `security_trailer` is that of [`Facts::sizes`].
    ///
    /// # Errors
    /// As [`Self::seal`]; `out` is then as before.
    pub fn seal_message(
        &mut self,
        plain: &[u8],
        security_trailer: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let start = out.len();
        let room = usize::try_from(security_trailer)
            .map_err(|_| ApiMisuse::InvalidParameter("the trailer does not fit into memory"))?;
        out.resize(start + room, 0);
        out.extend_from_slice(plain);
        let (token, data) = out.get_mut(start..).unwrap_or_default().split_at_mut(room);
        let mut pieces = [Piece::Data(data)];
        let mut message = Outgoing::new(token, &mut pieces);
        match self
            .0
            .seal(&mut message, Quality::Confidential, Order::Next)
        {
            // Where the token came out shorter than its room, the gap is closed.
            Ok(lengths) => {
                out.drain(start + lengths.token.min(room)..start + room);
                Ok(())
            }
            Err(error) => {
                out.truncate(start);
                Err(error)
            }
        }
    }
}

/// The receiving half of a session.
#[derive(Debug)]
pub struct Opener(Box<dyn Open>);

impl Opener {
    /// Checks the signature in `token` over `pieces`, taken as one message.
    ///
    /// # Errors
    /// [`Error::MessageAltered`], [`Error::OutOfSequence`], [`Error::QopNotSupported`]; the context
    /// is then as before, and the next valid message verifies.
    #[doc(alias = "VerifySignature")]
    pub fn verify(
        &mut self,
        pieces: &[&[u8]],
        token: &[u8],
        order: Order,
    ) -> Result<Verified, Error> {
        self.0.verify(pieces, token, order)
    }

    /// Takes a message apart whose token lies in a buffer of its own; decrypts in place.
    ///
    /// # Errors
    /// As [`Self::verify`]. No plaintext is left in `pieces` then.
    #[doc(alias = "DecryptMessage")]
    pub fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        order: Order,
    ) -> Result<Verified, Error> {
        self.0.open(token, pieces, order)
    }

    /// Takes the first message of a stream apart; decrypts in place.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_stream(&mut self, stream: &mut [u8], order: Order) -> Result<Opened, Error> {
        self.0.open_stream(stream, order)
    }
}
