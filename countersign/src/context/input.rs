//! What one call brings: the peer's bytes, channel bindings, parameters of the package.
//!
//! ```
//! use countersign::{Incoming, Input, Token};
//!
//! let mut incoming = Incoming::new();
//! incoming.extend(b"a token and more");
//! let input = Input::token(&incoming);
//! assert_eq!(input.bytes(), b"a token and more");
//! input.used(7);
//! assert_eq!(incoming.compact(), b" and more");
//! ```
use std::cell::Cell;

use super::bindings::ChannelBindings;

/// What one call brings.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Input<'a> {
    token: Option<Token<'a>>,
    /// The channel bindings of the channel that the exchange runs in.
    pub bindings: Option<&'a ChannelBindings>,
}

impl<'a> Input<'a> {
    /// Nothing: the first call of a client.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            token: None,
            bindings: None,
        }
    }

    /// The peer's bytes.
    #[must_use]
    pub fn token(token: impl Into<Token<'a>>) -> Self {
        Self {
            token: Some(token.into()),
            bindings: None,
        }
    }

    /// Adds the channel bindings of the channel.
    #[must_use]
    pub const fn bindings(mut self, bindings: &'a ChannelBindings) -> Self {
        self.bindings = Some(bindings);
        self
    }

    /// The peer's bytes; empty where there are none.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.token.map_or(&[], |token| token.bytes)
    }

    /// Tells the caller how many of the bytes were used; the rest is `SECBUFFER_EXTRA`.
    pub fn used(&self, count: usize) {
        if let Some(used) = self.token.and_then(|token| token.used) {
            used.set(count);
        }
    }
}

/// The peer's bytes, and where to note how many of them were used.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    bytes: &'a [u8],
    used: Option<&'a Cell<usize>>,
}

impl<'a> Token<'a> {
    /// Bytes with a place that gets the number of those used.
    #[must_use]
    pub const fn counted(bytes: &'a [u8], used: &'a Cell<usize>) -> Self {
        Self {
            bytes,
            used: Some(used),
        }
    }
}

impl<'a> From<&'a [u8]> for Token<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self { bytes, used: None }
    }
}

impl<'a> From<&'a Vec<u8>> for Token<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Token<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl<'a> From<&'a Incoming> for Token<'a> {
    fn from(incoming: &'a Incoming) -> Self {
        Self::counted(&incoming.buffer, &incoming.used)
    }
}

/// What a driver read from the peer and no package used yet.
#[derive(Debug, Default)]
pub struct Incoming {
    buffer: Vec<u8>,
    used: Cell<usize>,
}

impl Incoming {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            used: Cell::new(0),
        }
    }

    /// Drops what was used and adds `bytes` behind the rest.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.compact();
        self.buffer.extend_from_slice(bytes);
    }

    /// Drops what was used and gives the rest.
    pub fn compact(&mut self) -> &[u8] {
        let used = self.used.take().min(self.buffer.len());
        self.buffer.drain(..used);
        &self.buffer
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.used.set(0);
        self.buffer.clear();
    }
}
