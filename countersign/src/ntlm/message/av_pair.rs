//! AV pairs: what a server says of itself, and what a client adds to its proof ([MS-NLMP] 2.2.2.1).
//!
//! ```
//! use countersign::ntlm::message::{AvId, AvPairs};
//!
//! let pairs = AvPairs::parse(b"\x02\0\x02\0L\0\x01\0\x02\0S\0\0\0\0\0").unwrap();
//! assert!(pairs.names_server);
//! assert_eq!(pairs.iter().next().unwrap().id, AvId::NB_DOMAIN_NAME);
//! ```
use bitflags::bitflags;

use crate::wire::{Malformed, Reader, Why, utf16};

/// The kind of a pair. Unknown kinds are kept and echoed (NTLM-AV-3).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AvId(pub u16);

impl AvId {
    /// The end of the list.
    pub const EOL: Self = Self(0);
    /// The server's NetBIOS name.
    pub const NB_COMPUTER_NAME: Self = Self(1);
    /// The server's NetBIOS domain.
    pub const NB_DOMAIN_NAME: Self = Self(2);
    /// The server's DNS name.
    pub const DNS_COMPUTER_NAME: Self = Self(3);
    /// The server's DNS domain.
    pub const DNS_DOMAIN_NAME: Self = Self(4);
    /// The server's forest.
    pub const DNS_TREE_NAME: Self = Self(5);
    /// [`AvFlags`].
    pub const FLAGS: Self = Self(6);
    /// The server's time.
    pub const TIMESTAMP: Self = Self(7);
    /// `Single_Host_Data`.
    pub const SINGLE_HOST: Self = Self(8);
    /// The SPN that the client asked for.
    pub const TARGET_NAME: Self = Self(9);
    /// The hash of the channel bindings; zero where the client has none.
    pub const CHANNEL_BINDINGS: Self = Self(10);

    /// The name in the specification.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::EOL => "MsvAvEOL",
            Self::NB_COMPUTER_NAME => "MsvAvNbComputerName",
            Self::NB_DOMAIN_NAME => "MsvAvNbDomainName",
            Self::DNS_COMPUTER_NAME => "MsvAvDnsComputerName",
            Self::DNS_DOMAIN_NAME => "MsvAvDnsDomainName",
            Self::DNS_TREE_NAME => "MsvAvDnsTreeName",
            Self::FLAGS => "MsvAvFlags",
            Self::TIMESTAMP => "MsvAvTimestamp",
            Self::SINGLE_HOST => "MsvAvSingleHost",
            Self::TARGET_NAME => "MsvAvTargetName",
            Self::CHANNEL_BINDINGS => "MsvAvChannelBindings",
            _ => return None,
        })
    }
}

bitflags! {
    /// `MsvAvFlags`.
    #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
    pub struct AvFlags: u32 {
        /// The account is constrained.
        const CONSTRAINED = 1;
        /// The message holds a MIC.
        const MIC = 2;
        /// The target name comes from a source that is not trusted.
        const UNTRUSTED_TARGET = 4;
        const _ = !0;
    }
}

/// One pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AvPair<'a> {
    /// Its kind.
    pub id: AvId,
    /// Its value.
    pub value: &'a [u8],
    /// Where its id stands in the list, in bytes.
    pub offset: usize,
}

/// A list of pairs whose end was found, and what of it matters to both sides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AvPairs<'a> {
    /// The pairs with their end.
    bytes: &'a [u8],
    /// `MsvAvFlags`.
    pub flags: Option<AvFlags>,
    /// `MsvAvTimestamp`.
    pub timestamp: Option<u64>,
    /// `MsvAvTargetName`, in UTF-16LE.
    pub target_name: Option<&'a [u8]>,
    /// `MsvAvChannelBindings`.
    pub channel_bindings: Option<[u8; 16]>,
    /// Whether both mandatory names of a server are there (NTLM-AV-1).
    pub names_server: bool,
}

impl<'a> AvPairs<'a> {
    /// Reads a list in any order up to its end; what follows the end is not looked at.
    ///
    /// # Errors
    /// A pair that leaves the list, a missing end (NTLM-AV-2), a value of the wrong length, and a
    /// second flags, timestamp, target name or bindings pair: two readers could take different ones.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut pairs = Self::default();
        let (mut computer, mut domain) = (false, false);
        let mut reader = Reader::new(bytes);
        loop {
            let offset = reader.offset();
            let id = AvId(reader.u16("AvId")?);
            let len = reader.u16("AvLen")?;
            let value = reader.take(usize::from(len), "AV pair")?;
            let wrong = |why| Malformed {
                what: id.name().unwrap_or("AV pair"),
                offset,
                why,
            };
            let first = |is_first: bool| {
                if is_first {
                    Ok(())
                } else {
                    Err(wrong(Why::Value))
                }
            };
            match id {
                AvId::EOL => break,
                AvId::NB_COMPUTER_NAME => computer = true,
                AvId::NB_DOMAIN_NAME => domain = true,
                AvId::FLAGS => {
                    first(pairs.flags.is_none())?;
                    let value = value.try_into().map_err(|_| wrong(Why::Value))?;
                    pairs.flags = Some(AvFlags::from_bits_retain(u32::from_le_bytes(value)));
                }
                AvId::TIMESTAMP => {
                    first(pairs.timestamp.is_none())?;
                    let value = value.try_into().map_err(|_| wrong(Why::Value))?;
                    pairs.timestamp = Some(u64::from_le_bytes(value));
                }
                AvId::TARGET_NAME => {
                    first(pairs.target_name.is_none())?;
                    pairs.target_name = Some(value);
                }
                AvId::CHANNEL_BINDINGS => {
                    first(pairs.channel_bindings.is_none())?;
                    pairs.channel_bindings = Some(value.try_into().map_err(|_| wrong(Why::Value))?);
                }
                _ => {}
            }
        }
        pairs.names_server = computer && domain;
        pairs.bytes = bytes.get(..reader.offset()).unwrap_or_default();
        Ok(pairs)
    }

    /// The pairs without the end.
    pub fn iter(&self) -> impl Iterator<Item = AvPair<'a>> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        std::iter::from_fn(move || {
            let offset = reader.offset();
            let id = AvId(reader.u16("AvId").ok()?);
            let len = reader.u16("AvLen").ok()?;
            let value = reader.take(usize::from(len), "AV pair").ok()?;
            (id != AvId::EOL).then_some(AvPair { id, value, offset })
        })
    }

    /// The list as it came, with its end.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Appends a pair.
pub(in crate::ntlm) fn put(id: AvId, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let len = u16::try_from(value.len()).map_err(|_| too_long(id))?;
    out.extend_from_slice(&id.0.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(value);
    Ok(())
}

/// Appends a pair whose value is a text.
pub(in crate::ntlm) fn put_text(id: AvId, text: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let len = u16::try_from(utf16::encoded_len(text)).map_err(|_| too_long(id))?;
    out.extend_from_slice(&id.0.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    utf16::encode(text, out);
    Ok(())
}

/// Appends the end of the list.
pub(in crate::ntlm) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; 4]);
}

fn too_long(id: AvId) -> Malformed {
    Malformed {
        what: id.name().unwrap_or("AV pair"),
        offset: 0,
        why: Why::TooLong,
    }
}
