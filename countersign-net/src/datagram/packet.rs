//! What one datagram carries.
use std::fmt;

use countersign::{Datagram, Error, Outgoing, Piece, Quality};

/// The longest packet, in bytes: what UDP over IPv4 can carry.
pub const MAX_PACKET: usize = 65_507;
/// The longest token, in bytes.
pub const MAX_TOKEN: usize = MAX_PACKET - 1;
/// The longest data of a message, in bytes.
pub const MAX_DATA: usize = MAX_PACKET - HEADER;

/// The length of kind, number and signature.
const HEADER: usize = 1 + 4 + SIGNATURE;
/// The length of a signature.
const SIGNATURE: usize = 16;

/// A packet, whose parts lie in the bytes that it was read from.
///
/// ```
/// use countersign_net::datagram::{Packet, PacketError};
///
/// let mut wire = Vec::new();
/// Packet::Signed { sequence: 7, signature: &[0x11; 16], data: b"hello" }.write(&mut wire)?;
/// assert_eq!(wire[..5], [b'M', 0, 0, 0, 7]);
/// assert!(matches!(Packet::parse(&wire)?, Packet::Signed { sequence: 7, data: b"hello", .. }));
/// assert_eq!(Packet::parse(b"M\0\0"), Err(PacketError::TooShort(3)));
/// # Ok::<(), PacketError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Packet<'a> {
    /// A token: never empty.
    Token(&'a [u8]),
    /// A message with its signature.
    Signed {
        /// Its number.
        sequence: u32,
        /// Its signature.
        signature: &'a [u8; 16],
        /// The message.
        data: &'a [u8],
    },
    /// A sealed message.
    Sealed {
        /// Its number.
        sequence: u32,
        /// Its signature.
        signature: &'a [u8; 16],
        /// The encrypted message.
        data: &'a [u8],
    },
}

/// Why bytes are no packet, or a packet can not be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PacketError {
    /// The first byte names no kind.
    UnknownKind(u8),
    /// So few bytes hold no packet of their kind.
    TooShort(usize),
    /// So many bytes are beyond [`MAX_PACKET`].
    TooLong(usize),
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(byte) => write!(f, "no packet begins with the byte {byte:#04x}"),
            Self::TooShort(length) => write!(f, "{length} bytes are too few for a packet"),
            Self::TooLong(length) => write!(
                f,
                "{length} bytes are too many for a packet; {MAX_PACKET} are allowed"
            ),
        }
    }
}

impl std::error::Error for PacketError {}

impl<'a> Packet<'a> {
    /// Reads a packet.
    ///
    /// # Errors
    /// [`PacketError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacketError> {
        let length = bytes.len();
        let short = PacketError::TooShort(length);
        if length > MAX_PACKET {
            return Err(PacketError::TooLong(length));
        }
        let (&kind, rest) = bytes.split_first().ok_or(short)?;
        match kind {
            b'T' if rest.is_empty() => Err(short),
            b'T' => Ok(Self::Token(rest)),
            b'M' | b'W' => {
                let (sequence, rest) = rest.split_first_chunk().ok_or(short)?;
                let (signature, data) = rest.split_first_chunk().ok_or(short)?;
                let sequence = u32::from_be_bytes(*sequence);
                Ok(if kind == b'M' {
                    Self::Signed {
                        sequence,
                        signature,
                        data,
                    }
                } else {
                    Self::Sealed {
                        sequence,
                        signature,
                        data,
                    }
                })
            }
            other => Err(PacketError::UnknownKind(other)),
        }
    }

    /// Appends the packet to `out`.
    ///
    /// # Errors
    /// [`PacketError::TooLong`] and [`PacketError::TooShort`], for what [`Self::parse`] would not
    /// take; `out` is as it was then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), PacketError> {
        let (kind, header, data) = match *self {
            Self::Token(token) => (b'T', None, token),
            Self::Signed {
                sequence,
                signature,
                data,
            } => (b'M', Some((sequence, signature)), data),
            Self::Sealed {
                sequence,
                signature,
                data,
            } => (b'W', Some((sequence, signature)), data),
        };
        let before = header.map_or(1, |_| HEADER);
        let length = before.saturating_add(data.len());
        if length > MAX_PACKET {
            return Err(PacketError::TooLong(length));
        }
        if header.is_none() && data.is_empty() {
            return Err(PacketError::TooShort(length));
        }
        out.reserve_exact(length);
        out.push(kind);
        if let Some((sequence, signature)) = header {
            out.extend_from_slice(&sequence.to_be_bytes());
            out.extend_from_slice(signature);
        }
        out.extend_from_slice(data);
        Ok(())
    }
}

/// Makes the packet of message number `sequence`: sealed, or signed where its quality is
/// [`Quality::IntegrityOnly`].
///
/// # Errors
/// Any [`Error`] of the context; [`Error::Unsupported`] for data beyond [`MAX_DATA`].
pub fn protect(
    context: &mut Datagram,
    sequence: u32,
    data: &[u8],
    quality: Quality,
) -> Result<Vec<u8>, Error> {
    if data.len() > MAX_DATA {
        return Err(Error::Unsupported("the message is too long for a packet"));
    }
    let mut signature = [0; SIGNATURE];
    let mut sealed;
    let packet = if quality == Quality::Confidential {
        sealed = data.to_vec();
        let mut pieces = [Piece::Data(&mut sealed)];
        context.seal(
            &mut Outgoing::new(&mut signature, &mut pieces),
            quality,
            sequence,
        )?;
        Packet::Sealed {
            sequence,
            signature: &signature,
            data: &sealed,
        }
    } else {
        context.sign(&[data], &mut signature, sequence)?;
        Packet::Signed {
            sequence,
            signature: &signature,
            data,
        }
    };
    let mut wire = Vec::new();
    packet
        .write(&mut wire)
        .map_err(|_| Error::Unreachable("a packet that was measured does not fit"))?;
    Ok(wire)
}

/// A message of a packet, not verified yet.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) sequence: u32,
    pub(super) quality: Quality,
    signature: [u8; SIGNATURE],
    data: Vec<u8>,
}

impl Received {
    pub(super) fn new(
        sequence: u32,
        signature: &[u8; SIGNATURE],
        data: &[u8],
        quality: Quality,
    ) -> Self {
        Self {
            sequence,
            quality,
            signature: *signature,
            data: data.to_vec(),
        }
    }

    /// How much memory its data takes.
    pub(super) fn size(&self) -> usize {
        self.data.len()
    }

    /// Its data, when it verifies under the number that the packet states.
    pub(super) fn open(mut self, context: &mut Datagram) -> Result<Vec<u8>, Error> {
        let sequence = Some(self.sequence);
        if self.quality == Quality::Confidential {
            let mut pieces = [Piece::Data(&mut self.data)];
            let verified = context.open(&self.signature, &mut pieces, sequence)?;
            // A context without confidentiality takes plain data for a sealed message.
            if verified.quality != Quality::Confidential {
                return Err(Error::QopNotSupported("confidentiality"));
            }
        } else {
            context.verify(&[&self.data], &self.signature, sequence)?;
        }
        Ok(self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let signature = &[9; SIGNATURE];
        for data in [&b""[..], b"x", &[7; MAX_DATA]] {
            for sequence in [0, 1, u32::MAX] {
                for packet in [
                    Packet::Signed {
                        sequence,
                        signature,
                        data,
                    },
                    Packet::Sealed {
                        sequence,
                        signature,
                        data,
                    },
                ] {
                    let mut wire = Vec::new();
                    packet.write(&mut wire).unwrap();
                    assert_eq!(Packet::parse(&wire), Ok(packet));
                }
            }
        }
        let mut wire = Vec::new();
        Packet::Token(&[3; MAX_TOKEN]).write(&mut wire).unwrap();
        assert_eq!(Packet::parse(&wire), Ok(Packet::Token(&[3; MAX_TOKEN])));
    }

    #[test]
    fn what_is_no_packet() {
        for bytes in [&b""[..], b"T", b"M", b"W", &[b'M'; HEADER - 1]] {
            let short = Err(PacketError::TooShort(bytes.len()));
            assert_eq!(Packet::parse(bytes), short);
        }
        for byte in (0..=255).filter(|byte| !b"TMW".contains(byte)) {
            let unknown = Err(PacketError::UnknownKind(byte));
            assert_eq!(Packet::parse(&[byte; 100]), unknown);
        }
        let long = Err(PacketError::TooLong(MAX_PACKET + 1));
        assert_eq!(Packet::parse(&[b'T'; MAX_PACKET + 1]), long);
    }

    #[test]
    fn what_can_not_be_a_packet() {
        let mut out = vec![1];
        let long = Err(PacketError::TooLong(MAX_PACKET + 1));
        assert_eq!(Packet::Token(&[0; MAX_PACKET]).write(&mut out), long);
        let message = Packet::Sealed {
            sequence: 0,
            signature: &[0; SIGNATURE],
            data: &[0; MAX_DATA + 1],
        };
        assert_eq!(message.write(&mut out), long);
        let empty = Err(PacketError::TooShort(1));
        assert_eq!(Packet::Token(&[]).write(&mut out), empty);
        assert_eq!(out, [1]);
    }
}
