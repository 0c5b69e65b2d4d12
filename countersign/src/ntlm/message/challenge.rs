//! The CHALLENGE message ([MS-NLMP] 2.2.1.2).
//!
//! ```
//! use countersign::ntlm::message::Challenge;
//!
//! let old = [&b"NTLMSSP\0\x02\0\0\0"[..], &[0; 8], &[1, 2, 0, 0], b"\x01\x23\x45\x67\x89\xab\xcd\xef"].concat();
//! let challenge = Challenge::parse(&old).unwrap();
//! assert_eq!(challenge.server_challenge[0], 0x01);
//! assert!(challenge.target_info.is_none());
//! ```
use super::{Charset, Draft, Fields, MessageType, NegotiateFlags, Version, begin};
use crate::wire::{Malformed, Why};

/// A CHALLENGE message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Challenge<'a> {
    /// The name of the server or its domain, in the negotiated encoding.
    pub target_name: &'a [u8],
    /// What the server chose.
    pub flags: NegotiateFlags,
    /// The challenge itself.
    pub server_challenge: [u8; 8],
    /// AV pairs about the server, if it sent any.
    pub target_info: Option<&'a [u8]>,
    /// The server's version, if its flag is set.
    pub version: Option<Version>,
}

impl<'a> Challenge<'a> {
    /// Reads a message. Old servers end it after the challenge.
    ///
    /// # Errors
    /// [`Malformed`] names the field.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = begin(bytes, MessageType::Challenge)?;
        let target_name = Fields::read(&mut reader, "TargetName")?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let server_challenge = reader.array("ServerChallenge")?;
        let mut target_info = None;
        let mut version = None;
        if flags.contains(NegotiateFlags::TARGET_INFO) {
            reader.take(8, "Reserved")?;
            let fields = Fields::read(&mut reader, "TargetInfo")?;
            target_info = Some(fields.of(bytes, "TargetInfo")?);
            if flags.contains(NegotiateFlags::VERSION) {
                version = Some(Version::from_bytes(reader.array("Version")?));
            }
        } else if flags.contains(NegotiateFlags::VERSION) && reader.rest().len() >= 24 {
            reader.take(16, "Reserved")?;
            version = Some(Version::from_bytes(reader.array("Version")?));
        }
        Ok(Self {
            target_name: target_name.of(bytes, "TargetName")?,
            flags,
            server_challenge,
            target_info,
            version,
        })
    }

    /// Appends a message; `target_info` appends its AV pairs.
    pub(in crate::ntlm) fn build(
        out: &mut Vec<u8>,
        flags: NegotiateFlags,
        server_challenge: &[u8; 8],
        version: Version,
        (target_name, charset): (&str, Charset<'_>),
        target_info: impl FnOnce(&mut Vec<u8>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut draft = Draft::new(out, 2, 56);
        draft.put(20, &flags.bits().to_le_bytes());
        draft.put(24, server_challenge);
        draft.put(48, &version.to_bytes());
        draft.part(12, "TargetName", |out| {
            charset.encode(target_name, "TargetName", out)
        })?;
        let info = draft.part(40, "TargetInfo", target_info)?;
        if info.len == 0 {
            return Err(Malformed {
                what: "TargetInfo",
                offset: 40,
                why: Why::Missing,
            });
        }
        Ok(())
    }
}
