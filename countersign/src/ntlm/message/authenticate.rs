//! The AUTHENTICATE message ([MS-NLMP] 2.2.1.3).
//!
//! ```
//! use countersign::ntlm::message::Authenticate;
//!
//! let cut = b"NTLMSSP\0\x03\0\0\0\x18\0";
//! assert_eq!(Authenticate::parse(cut).unwrap_err().what, "LmChallengeResponse");
//! ```
use super::{Fields, MessageType, NegotiateFlags, Version, begin};
use crate::wire::Malformed;

/// An AUTHENTICATE message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Authenticate<'a> {
    /// `LmChallengeResponse`.
    pub lm_response: &'a [u8],
    /// `NtChallengeResponse`.
    pub nt_response: &'a [u8],
    /// The domain, in the negotiated encoding.
    pub domain: &'a [u8],
    /// The user, in the negotiated encoding.
    pub user: &'a [u8],
    /// The client's machine, in the negotiated encoding.
    pub workstation: &'a [u8],
    /// `EncryptedRandomSessionKey`.
    pub encrypted_session_key: &'a [u8],
    /// What was chosen.
    pub flags: NegotiateFlags,
    /// The client's version, if its flag is set.
    pub version: Option<Version>,
    /// The 16 bytes where the MIC stands if there is one: only the AV flags of the response say
    /// whether there is (NTLM-MSG-2).
    pub mic: Option<[u8; 16]>,
}

impl<'a> Authenticate<'a> {
    /// Where the MIC stands, in bytes from the start.
    pub const MIC_OFFSET: usize = 72;

    /// Reads a message. Payload parts may stand in any order and overlap.
    ///
    /// # Errors
    /// [`Malformed`] names the field.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = begin(bytes, MessageType::Authenticate)?;
        let lm_response = Fields::read(&mut reader, "LmChallengeResponse")?;
        let nt_response = Fields::read(&mut reader, "NtChallengeResponse")?;
        let domain = Fields::read(&mut reader, "DomainName")?;
        let user = Fields::read(&mut reader, "UserName")?;
        let workstation = Fields::read(&mut reader, "Workstation")?;
        let key = Fields::read(&mut reader, "EncryptedRandomSessionKey")?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let version = if flags.contains(NegotiateFlags::VERSION) {
            Some(Version::from_bytes(reader.array("Version")?))
        } else {
            None
        };
        let mic = bytes
            .get(Self::MIC_OFFSET..)
            .and_then(|rest| rest.first_chunk::<16>())
            .copied();
        Ok(Self {
            lm_response: lm_response.of(bytes, "LmChallengeResponse")?,
            nt_response: nt_response.of(bytes, "NtChallengeResponse")?,
            domain: domain.of(bytes, "DomainName")?,
            user: user.of(bytes, "UserName")?,
            workstation: workstation.of(bytes, "Workstation")?,
            encrypted_session_key: key.of(bytes, "EncryptedRandomSessionKey")?,
            flags,
            version,
            mic,
        })
    }
}
