//! A cursor over foreign bytes that can not leave them.
use std::fmt;

/// Bytes that do not parse: what was being read, where, and why it failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Malformed {
    /// The field or structure, in the words of its specification.
    pub what: &'static str,
    /// Offset from the start of the message, in bytes.
    pub offset: usize,
    /// Why it can not be read.
    pub why: Why,
}

/// Why bytes do not parse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// The bytes end before the field does.
    Truncated,
    /// A length or offset points outside the message.
    OutOfBounds,
    /// The value is not one of those allowed.
    Value,
    /// The text is not valid in its encoding.
    Encoding,
    /// The message is longer than any valid one.
    TooLong,
    /// A part that must be there is missing.
    Missing,
}

impl Malformed {
    /// The same fault of a part that stands at `offset` of a message.
    #[must_use]
    pub const fn inside(mut self, offset: usize) -> Self {
        self.offset = self.offset.saturating_add(offset);
        self
    }
}

/// Where `part`, a slice of `whole`, starts in it; 0 for an empty part.
#[must_use]
pub fn position(part: &[u8], whole: &[u8]) -> usize {
    if part.is_empty() {
        return 0;
    }
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr())
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::Truncated => "the bytes end too early",
            Why::OutOfBounds => "points outside the message",
            Why::Value => "has a value that is not allowed",
            Why::Encoding => "is not valid text",
            Why::TooLong => "is too long",
            Why::Missing => "is missing",
        };
        write!(f, "{} at offset {}: {why}", self.what, self.offset)
    }
}

impl std::error::Error for Malformed {}

/// A cursor over bytes. Numbers are little-endian.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Starts at the first of `bytes`, which stand at `offset` of their message.
    #[must_use]
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self {
            rest: bytes,
            at: offset,
        }
    }

    /// The offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// The bytes not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// An error about the field at the cursor.
    #[must_use]
    pub const fn malformed(&self, what: &'static str, why: Why) -> Malformed {
        Malformed {
            what,
            offset: self.at,
            why,
        }
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Why::Truncated`] when there are fewer.
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.malformed(what, Why::Truncated));
        };
        self.rest = rest;
        self.at = self.at.saturating_add(len);
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Why::Truncated`] when there are fewer.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.malformed(what, Why::Truncated));
        };
        self.rest = rest;
        self.at = self.at.saturating_add(N);
        Ok(*taken)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Why::Truncated`] at the end.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`Why::Truncated`] when there are fewer.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, Malformed> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// [`Why::Truncated`] when there are fewer.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// [`Why::Truncated`] when there are fewer.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, Malformed> {
        self.array(what).map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_whole() {
        let whole = [0; 9];
        assert_eq!(position(&whole[4..6], &whole), 4);
        assert_eq!(position(&[], &whole), 0);
    }

    #[test]
    fn numbers_and_ends() {
        let mut r = Reader::new(&[1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(r.u8("a"), Ok(1));
        assert_eq!(r.u16("b"), Ok(2));
        assert_eq!(r.u32("c"), Ok(3));
        assert_eq!(r.u64("d"), Ok(4));
        assert_eq!((r.offset(), r.rest()), (15, &[9][..]));
        let before = r.clone();
        assert_eq!(
            r.u16("e"),
            Err(Malformed {
                what: "e",
                offset: 15,
                why: Why::Truncated
            })
        );
        assert_eq!(r.offset(), before.offset(), "a failed read moves nothing");
        assert!(r.take(usize::MAX, "f").is_err());
    }
}
