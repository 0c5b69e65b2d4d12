//! Channel bindings: what ties an authentication to the channel it runs in.
//!
//! ```
//! use countersign::ChannelBindings;
//!
//! // The SHA-256 of the server's certificate, as RFC 5929 wants it for most certificates.
//! let bindings = ChannelBindings::tls_server_end_point(&[7; 32]);
//! assert_eq!(bindings, ChannelBindings::parse(&bindings.to_bytes()).unwrap());
//! ```
use crate::base::error::Error;
use crate::crypto;
use crate::wire::{Malformed, Reader, Why};

/// The header of `SEC_CHANNEL_BINDINGS`, in bytes.
const HEADER: usize = 32;
/// More than any binding that a protocol defines; what is longer is refused.
const MAX_PART: usize = 65_536;

/// Channel bindings with the hash that every package sends (API-CB-1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelBindings {
    initiator: Address,
    acceptor: Address,
    application_data: Vec<u8>,
    hash: [u8; 16],
}

/// The address of one end; TLS bindings have none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Address {
    kind: u32,
    bytes: Vec<u8>,
}

impl ChannelBindings {
    /// Bindings of a TLS channel from prefix and value, such as `tls-unique:` and its bytes.
    #[must_use]
    pub fn from_application_data(application_data: Vec<u8>) -> Self {
        Self::build(Address::default(), Address::default(), application_data)
    }

    /// `tls-server-end-point` bindings from the hash of the server's certificate (RFC 5929 4.1).
    #[must_use]
    pub fn tls_server_end_point(certificate_hash: &[u8]) -> Self {
        Self::from_application_data([b"tls-server-end-point:", certificate_hash].concat())
    }

    /// Reads a `SEC_CHANNEL_BINDINGS` structure with the data behind it.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] when a part lies outside `bytes` (API-CB-3).
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let mut part = |what| -> Result<(u32, u32, u32), Malformed> {
            Ok((reader.u32(what)?, reader.u32(what)?, reader.u32(what)?))
        };
        let initiator = part("initiator address")?;
        let acceptor = part("acceptor address")?;
        let application = (
            reader.u32("application data length")?,
            reader.u32("application data offset")?,
        );
        let data = |len: u32, offset: u32, what| -> Result<Vec<u8>, Malformed> {
            part_at(bytes, len, offset, what).map(<[u8]>::to_vec)
        };
        Ok(Self::build(
            Address {
                kind: initiator.0,
                bytes: data(initiator.1, initiator.2, "initiator address")?,
            },
            Address {
                kind: acceptor.0,
                bytes: data(acceptor.1, acceptor.2, "acceptor address")?,
            },
            data(application.0, application.1, "application data")?,
        ))
    }

    /// The `SEC_CHANNEL_BINDINGS` structure with the data behind it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.application_data.len());
        let mut offset = HEADER;
        let mut place = |data: &[u8]| {
            let at = if data.is_empty() { 0 } else { offset };
            offset += data.len();
            [length(data), at as u32]
        };
        for address in [&self.initiator, &self.acceptor] {
            bytes.extend_from_slice(&address.kind.to_le_bytes());
            for word in place(&address.bytes) {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        for word in place(&self.application_data) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for data in [
            &self.initiator.bytes,
            &self.acceptor.bytes,
            &self.application_data,
        ] {
            bytes.extend_from_slice(data);
        }
        bytes
    }

    /// The application data: for TLS the prefix and the value.
    #[must_use]
    pub fn application_data(&self) -> &[u8] {
        &self.application_data
    }

    /// The MD5 hash that goes over the wire (API-CB-1).
    #[must_use]
    pub const fn hash(&self) -> &[u8; 16] {
        &self.hash
    }

    fn build(initiator: Address, acceptor: Address, application_data: Vec<u8>) -> Self {
        let hash = crypto::md5(&[
            &initiator.kind.to_le_bytes(),
            &length(&initiator.bytes).to_le_bytes(),
            &initiator.bytes,
            &acceptor.kind.to_le_bytes(),
            &length(&acceptor.bytes).to_le_bytes(),
            &acceptor.bytes,
            &length(&application_data).to_le_bytes(),
            &application_data,
        ]);
        Self {
            initiator,
            acceptor,
            application_data,
            hash,
        }
    }
}

fn length(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

fn part_at<'a>(
    bytes: &'a [u8],
    len: u32,
    offset: u32,
    what: &'static str,
) -> Result<&'a [u8], Malformed> {
    let (Ok(len), Ok(offset)) = (usize::try_from(len), usize::try_from(offset)) else {
        return Err(Malformed {
            what,
            offset: 0,
            why: Why::OutOfBounds,
        });
    };
    let why = if len > MAX_PART {
        Why::TooLong
    } else {
        Why::OutOfBounds
    };
    if len == 0 {
        return Ok(&[]);
    }
    bytes
        .get(offset..)
        .and_then(|rest| rest.get(..len))
        .filter(|_| len <= MAX_PART && offset >= HEADER)
        .ok_or(Malformed { what, offset, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE_HASH: [u8; 32] = [
        0xea, 0x05, 0xfe, 0xfe, 0xcc, 0x6b, 0x0b, 0xd5, 0x71, 0xdb, 0xbc, 0x5b, 0xaa, 0x3e, 0xd4,
        0x53, 0x86, 0xd0, 0x44, 0x68, 0x35, 0xf7, 0xb7, 0x4c, 0x85, 0x62, 0x1b, 0x99, 0x83, 0x47,
        0x5f, 0x95,
    ];

    /// API-CB-1, API-CB-2: the published vector.
    #[test]
    fn hash_of_the_vector() {
        let bindings = ChannelBindings::tls_server_end_point(&CERTIFICATE_HASH);
        assert_eq!(bindings.application_data().len(), 53);
        assert_eq!(
            crate::wire::description::hex(bindings.hash()),
            "6586e99d81c2fc984e47172fd4dd0310"
        );
    }

    /// API-CB-3: offsets and lengths that lead outside are refused, whatever they are.
    #[test]
    fn malformed_structures() {
        let good = ChannelBindings::tls_server_end_point(&CERTIFICATE_HASH).to_bytes();
        assert_eq!(
            ChannelBindings::parse(&good).unwrap().hash(),
            ChannelBindings::tls_server_end_point(&CERTIFICATE_HASH).hash()
        );
        for len in 0..good.len() {
            assert!(ChannelBindings::parse(&good[..len]).is_err(), "{len}");
        }
        for word in [4, 8, 16, 20, 24, 28] {
            for value in [u32::MAX, 0x7fff_ffff, 1 << 20] {
                let mut bad = good.clone();
                bad[word..word + 4].copy_from_slice(&value.to_le_bytes());
                let parsed = ChannelBindings::parse(&bad);
                // The offset of an empty part does not matter; everything else does.
                assert_eq!(parsed.is_ok(), matches!(word, 8 | 20), "{word} {value}");
            }
        }
    }
}
