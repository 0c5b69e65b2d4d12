//! The NEGOTIATE message ([MS-NLMP] 2.2.1.1).
//!
//! ```
//! use countersign::ntlm::message::{Negotiate, NegotiateFlags};
//!
//! let shortest = Negotiate::parse(b"NTLMSSP\0\x01\0\0\0\x01\x02\0\0").unwrap();
//! assert_eq!(shortest.flags, NegotiateFlags::UNICODE | NegotiateFlags::NTLM);
//! ```
use super::{Fields, MessageType, NegotiateFlags, SIGNATURE, Version, begin};
use crate::wire::Malformed;

/// A NEGOTIATE message. Its texts are always OEM (NTLM-MSG-3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Negotiate<'a> {
    /// What the client can do and wants.
    pub flags: NegotiateFlags,
    /// The client's domain; empty unless its flag says that it is supplied.
    pub domain: &'a [u8],
    /// The client's machine; empty unless its flag says that it is supplied.
    pub workstation: &'a [u8],
    /// The client's version, if its flag is set.
    pub version: Option<Version>,
}

impl<'a> Negotiate<'a> {
    /// The message that a client of this crate sends, in bytes.
    pub(in crate::ntlm) const LENGTH: usize = 40;

    /// Reads a message. Old clients end it after the flags or after the names.
    ///
    /// # Errors
    /// [`Malformed`] names the field.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = begin(bytes, MessageType::Negotiate)?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let mut supplied = |flag, what| -> Result<&'a [u8], Malformed> {
            if reader.rest().is_empty() && !flags.contains(flag) {
                return Ok(&[]);
            }
            let fields = Fields::read(&mut reader, what)?;
            if flags.contains(flag) {
                fields.of(bytes, what)
            } else {
                Ok(&[])
            }
        };
        let domain = supplied(NegotiateFlags::OEM_DOMAIN_SUPPLIED, "DomainName")?;
        let workstation = supplied(NegotiateFlags::OEM_WORKSTATION_SUPPLIED, "Workstation")?;
        let version = if flags.contains(NegotiateFlags::VERSION) {
            Some(Version::from_bytes(reader.array("Version")?))
        } else {
            None
        };
        Ok(Self {
            flags,
            domain,
            workstation,
            version,
        })
    }

    /// A message without names, which is what clients send that state their version (NTLM-MSG-1).
    pub(in crate::ntlm) fn build(flags: NegotiateFlags, version: Version) -> [u8; 40] {
        let mut message = [0; Self::LENGTH];
        let parts = [
            &SIGNATURE[..],
            &1u32.to_le_bytes(),
            &flags.bits().to_le_bytes(),
            &[0; 16],
            &version.to_bytes(),
        ];
        for (slot, byte) in message.iter_mut().zip(parts.into_iter().flatten()) {
            *slot = *byte;
        }
        message
    }
}
