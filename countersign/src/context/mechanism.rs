//! The inner side of a handshake: what a package implements.
//!
//! ```
//! use countersign::{Error, Event, Handshake, Input, Mechanism, Progress, Step};
//!
//! /// Says hello and waits for ever.
//! #[derive(Debug)]
//! struct Hello;
//!
//! impl Mechanism for Hello {
//!     fn step(&mut self, _: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
//!         out.extend_from_slice(b"hello");
//!         Ok(Progress::Continue)
//!     }
//! }
//!
//! let mut out = Vec::new();
//! let step = Handshake::new(Hello).step(Input::none(), &mut out).unwrap();
//! assert!(matches!(step, Step::Continue(_)));
//! assert_eq!(out, b"hello");
//! ```
use std::fmt::Debug;

use super::attribute::ClientTokenStatus;
use super::input::Input;
use super::question::{Answer, SomeQuestion};
use super::session::Parts;
use crate::base::error::Error;
use crate::base::flags::ContextFlags;

/// One mechanism of one handshake: no input or output, no clock, no globals.
pub trait Mechanism: Debug + Send {
    /// Handles one event and appends what must be sent to `out`, also when it fails.
    ///
    /// # Errors
    /// After an error the mechanism is spent: it gives the same error for ever.
    fn step(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error>;

    /// What the context has so far; security flags are final only when it is established.
    fn flags(&self) -> ContextFlags {
        ContextFlags::empty()
    }

    /// Whether the token just made is the client's last.
    fn client_token_status(&self) -> ClientTokenStatus {
        ClientTokenStatus::Maybe
    }
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The caller brings the peer's bytes, or calls for the first time.
    Input(Input<'a>),
    /// The question that was asked has this answer.
    Answer(Answer),
}

/// What comes next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress {
    /// Send what is in `out`, then bring the peer's answer.
    Continue,
    /// Bring the same bytes and at least so many more; nothing was used and nothing changed.
    Incomplete(usize),
    /// Ask somebody.
    Ask(SomeQuestion),
    /// Established.
    Done(Parts),
}
