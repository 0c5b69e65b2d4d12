//! The three messages of NTLM, read from and written to bytes ([MS-NLMP] 2.2).
//!
//! ```
//! use countersign::ntlm::message::{MessageType, message_type};
//!
//! let token = b"NTLMSSP\0\x02\0\0\0";
//! assert_eq!(message_type(token).unwrap(), MessageType::Challenge);
//! ```
pub mod authenticate;
pub mod av_pair;
pub mod challenge;
pub mod flags;
pub mod negotiate;
pub mod response;

pub use authenticate::Authenticate;
pub use av_pair::{AvFlags, AvId, AvPairs};
pub use challenge::Challenge;
pub use flags::NegotiateFlags;
pub use negotiate::Negotiate;
pub use response::NtlmV2Response;

use crate::wire::oem::CodePage;
use crate::wire::{Malformed, Reader, Why, utf16};

/// What every message starts with.
pub const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// The longest message that is read, in bytes. Real ones have a few hundred.
pub const MAX_MESSAGE: usize = 65_536;

/// Which of the messages a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageType {
    /// The client's first message.
    Negotiate,
    /// The server's message.
    Challenge,
    /// The client's second message.
    Authenticate,
}

/// The type of a message.
///
/// # Errors
/// [`Malformed`] when the signature or the type is wrong.
pub fn message_type(bytes: &[u8]) -> Result<MessageType, Malformed> {
    let mut reader = Reader::new(bytes);
    if reader.array::<8>("Signature")? != *SIGNATURE {
        return Err(Malformed {
            what: "Signature",
            offset: 0,
            why: Why::Value,
        });
    }
    match reader.u32("MessageType")? {
        1 => Ok(MessageType::Negotiate),
        2 => Ok(MessageType::Challenge),
        3 => Ok(MessageType::Authenticate),
        _ => Err(Malformed {
            what: "MessageType",
            offset: 8,
            why: Why::Value,
        }),
    }
}

/// Checks signature, type and length, and gives a reader behind them.
fn begin(bytes: &[u8], expected: MessageType) -> Result<Reader<'_>, Malformed> {
    if bytes.len() > MAX_MESSAGE {
        return Err(Malformed {
            what: "message",
            offset: MAX_MESSAGE,
            why: Why::TooLong,
        });
    }
    if message_type(bytes)? != expected {
        return Err(Malformed {
            what: "MessageType",
            offset: 8,
            why: Why::Value,
        });
    }
    let mut reader = Reader::new(bytes);
    reader.take(12, "header")?;
    Ok(reader)
}

/// The `Version` structure ([MS-NLMP] 2.2.2.10): for diagnosis only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Version {
    /// Major version of the operating system.
    pub major: u8,
    /// Minor version.
    pub minor: u8,
    /// Build number.
    pub build: u16,
    /// `NTLMRevisionCurrent`; 0x0F is that of Windows Server 2003 and all that came after.
    pub revision: u8,
}

impl Version {
    /// Windows 10, build 19041: what peers expect of a current implementation.
    pub const CURRENT: Self = Self {
        major: 10,
        minor: 0,
        build: 19041,
        revision: 15,
    };

    /// Reads the eight bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        let [major, minor, low, high, _, _, _, revision] = bytes;
        Self {
            major,
            minor,
            build: u16::from_le_bytes([low, high]),
            revision,
        }
    }

    /// The eight bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        let [low, high] = self.build.to_le_bytes();
        [self.major, self.minor, low, high, 0, 0, 0, self.revision]
    }
}

/// Length and offset of a part of the payload. `MaxLen` is ignored on receipt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fields {
    /// In bytes.
    pub len: u16,
    /// From the start of the message, in bytes.
    pub offset: u32,
}

impl Fields {
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Malformed> {
        let len = reader.u16(what)?;
        let _max_len = reader.u16(what)?;
        let offset = reader.u32(what)?;
        Ok(Self { len, offset })
    }

    fn to_bytes(self) -> [u8; 8] {
        let [l0, l1] = self.len.to_le_bytes();
        let [o0, o1, o2, o3] = self.offset.to_le_bytes();
        [l0, l1, l0, l1, o0, o1, o2, o3]
    }

    /// The bytes that this describes; an empty part may point anywhere.
    fn of<'a>(self, message: &'a [u8], what: &'static str) -> Result<&'a [u8], Malformed> {
        if self.len == 0 {
            return Ok(&[]);
        }
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        message
            .get(offset..)
            .and_then(|rest| rest.get(..usize::from(self.len)))
            .ok_or(Malformed {
                what,
                offset,
                why: Why::OutOfBounds,
            })
    }
}

/// Whether the texts of a message are Unicode or OEM.
#[derive(Clone, Copy, Debug)]
pub enum Charset<'a> {
    /// UTF-16LE.
    Unicode,
    /// A code page.
    Oem(&'a CodePage),
}

impl<'a> Charset<'a> {
    /// Gives `each` the characters of a text that [`Self::decode`] takes, so that none need be collected.
    pub(super) fn chars(self, bytes: &[u8], each: &mut dyn FnMut(char)) {
        match self {
            Self::Unicode => {
                let (units, _) = bytes.as_chunks::<2>();
                char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
                    .flatten()
                    .for_each(each);
            }
            Self::Oem(page) => page.decode(bytes).chars().for_each(each),
        }
    }

    /// What the flags say (NTLM-MSG-3): Unicode wins.
    #[must_use]
    pub const fn of(flags: NegotiateFlags, code_page: &'a CodePage) -> Self {
        if flags.contains(NegotiateFlags::UNICODE) {
            Self::Unicode
        } else {
            Self::Oem(code_page)
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`Why::Encoding`].
    pub fn decode(&self, bytes: &[u8], what: &'static str) -> Result<String, Malformed> {
        match self {
            Self::Unicode => utf16::decode(bytes, what),
            Self::Oem(page) => Ok(page.decode(bytes)),
        }
    }

    pub(super) fn encode(
        &self,
        text: &str,
        what: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        match self {
            Self::Unicode => utf16::encode(text, out),
            Self::Oem(page) => page.encode(text, what, out)?,
        }
        Ok(())
    }
}

/// A message that is being appended to a buffer, with offsets from its own start.
pub(super) struct Draft<'a> {
    pub(super) out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Draft<'a> {
    /// Starts a message with `header` zero bytes, signature and type filled in.
    pub(super) fn new(out: &'a mut Vec<u8>, kind: u32, header: usize) -> Self {
        let start = out.len();
        out.resize(start.saturating_add(header), 0);
        let mut draft = Self { out, start };
        draft.put(0, SIGNATURE);
        draft.put(8, &kind.to_le_bytes());
        draft
    }

    pub(super) fn len(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    /// Overwrites bytes that were already appended.
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        let from = self.start.saturating_add(at);
        if let Some(slot) = self
            .out
            .get_mut(from..)
            .and_then(|rest| rest.get_mut(..bytes.len()))
        {
            slot.copy_from_slice(bytes);
        }
    }

    /// Appends a part of the payload and enters it at `at`.
    pub(super) fn part(
        &mut self,
        at: usize,
        what: &'static str,
        append: impl FnOnce(&mut Vec<u8>) -> Result<(), Malformed>,
    ) -> Result<Fields, Malformed> {
        let offset = self.len();
        append(self.out)?;
        let too_long = Malformed {
            what,
            offset,
            why: Why::TooLong,
        };
        let fields = Fields {
            len: u16::try_from(self.len().saturating_sub(offset)).map_err(|_| too_long)?,
            offset: u32::try_from(offset).map_err(|_| too_long)?,
        };
        self.put(at, &fields.to_bytes());
        Ok(fields)
    }

    /// The message so far.
    pub(super) fn bytes(&self) -> &[u8] {
        self.out.get(self.start..).unwrap_or_default()
    }

    /// A part of the message so far.
    pub(super) fn part_bytes(&self, fields: Fields) -> &[u8] {
        fields.of(self.bytes(), "part").unwrap_or_default()
    }
}
