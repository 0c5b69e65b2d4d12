//! Signing and sealing with extended session security ([MS-NLMP] 3.4.4.2).
//!
//! Keys are derived and the RC4 stream is set up with the first message: many contexts authenticate
//! and then protect nothing.
use super::compute::{self, KeyLength};
use crate::base::error::{ApiMisuse, Error};
use crate::base::secret::Secret;
use crate::context::attribute::Role;
use crate::context::session::{
    Lengths, Open, Opened, Order, Outgoing, Piece, Quality, Seal, Verified,
};
use crate::crypto::{HmacMd5, Rc4, decrypt_then_mac, equal, mac_then_encrypt};
use crate::wire::{Malformed, Why};

/// The length of a signature, in bytes.
pub(super) const SIGNATURE_LENGTH: usize = 16;
/// What a signature starts with.
const SIGNATURE_VERSION: [u8; 4] = 1u32.to_le_bytes();

/// What was negotiated about messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protection {
    pub(super) sign: bool,
    pub(super) seal: bool,
    pub(super) key_exchange: bool,
    pub(super) length: KeyLength,
    /// Where nothing is signed, a constant stands for signatures (NTLM-SIG-6).
    pub(super) dummy: bool,
}

impl Protection {
    /// Whether a message may be protected with integrity; `false` where the constant stands for it.
    pub(super) const fn signs(self) -> Result<bool, Error> {
        if self.sign {
            Ok(true)
        } else if self.dummy {
            Ok(false)
        } else {
            Err(Error::QopNotSupported("integrity"))
        }
    }
}

/// What stands for a signature where none was negotiated.
pub(super) const DUMMY: [u8; SIGNATURE_LENGTH] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Accepts exactly the constant.
pub(super) fn check_dummy(token: &[u8], sequence: u32) -> Result<Verified, Error> {
    if token == DUMMY {
        Ok(Verified {
            sequence,
            quality: Quality::IntegrityOnly,
        })
    } else {
        Err(Error::MessageAltered)
    }
}

/// One direction of a context: what `sender` sends. Connection contexts count their messages
/// themselves; a number that the caller gives is ignored (NTLM-SIG-4, DG-10).
#[derive(Debug)]
pub(super) struct Direction {
    session_key: Secret<16>,
    sender: Role,
    protection: Protection,
    sequence: u32,
    keys: Option<Keys>,
}

#[derive(Debug)]
struct Keys {
    mac: HmacMd5,
    stream: Rc4,
}

impl Direction {
    pub(super) const fn new(session_key: Secret<16>, sender: Role, protection: Protection) -> Self {
        Self {
            session_key,
            sender,
            protection,
            sequence: 0,
            keys: None,
        }
    }

    /// The next message, with the keys, which the first one makes.
    fn next(&mut self) -> Message<'_> {
        let keys = self.keys.get_or_insert_with(|| Keys {
            mac: HmacMd5::new(compute::sign_key(&self.session_key, self.sender).expose()),
            stream: Rc4::new(
                compute::seal_key(&self.session_key, self.sender, self.protection.length).expose(),
            ),
        });
        Message {
            mac: &keys.mac,
            stream: &mut keys.stream,
            sequence: self.sequence,
            key_exchange: self.protection.key_exchange,
        }
    }

    /// Splits a received signature and checks what needs no key (NTLM-SIG-5).
    fn split(&self, token: &[u8]) -> Result<[u8; 8], Error> {
        let (checksum, received) = split(token)?;
        if received == self.sequence {
            Ok(checksum)
        } else {
            Err(Error::OutOfSequence {
                expected: self.sequence,
                received,
            })
        }
    }

    fn advance(&mut self) -> u32 {
        let sequence = self.sequence;
        // The stream has moved on: a number that comes round again does not make a message valid again.
        self.sequence = sequence.wrapping_add(1);
        sequence
    }
}

/// The first sixteen bytes of the caller's token buffer.
pub(super) fn room(token: &mut [u8]) -> Result<&mut [u8; SIGNATURE_LENGTH], Error> {
    let given = token.len();
    token.first_chunk_mut().ok_or_else(|| {
        ApiMisuse::BufferTooSmall {
            what: "the token buffer",
            needed: SIGNATURE_LENGTH,
            given,
        }
        .into()
    })
}

/// Checksum and sequence number of a received signature.
pub(super) fn split(token: &[u8]) -> Result<([u8; 8], u32), Error> {
    let Ok(token) = <&[u8; SIGNATURE_LENGTH]>::try_from(token) else {
        return Err(Malformed {
            what: "message signature",
            offset: token.len().min(SIGNATURE_LENGTH),
            why: if token.len() < SIGNATURE_LENGTH {
                Why::Truncated
            } else {
                Why::TooLong
            },
        }
        .into());
    };
    let [v0, v1, v2, v3, checksum @ .., s0, s1, s2, s3] = *token;
    if [v0, v1, v2, v3] != SIGNATURE_VERSION {
        return Err(Error::MessageAltered);
    }
    Ok((checksum, u32::from_le_bytes([s0, s1, s2, s3])))
}

pub(super) fn write_signature(
    token: &mut [u8; SIGNATURE_LENGTH],
    checksum: [u8; 8],
    sequence: u32,
) {
    let (version, rest) = token.split_at_mut(4);
    let (middle, end) = rest.split_at_mut(8);
    version.copy_from_slice(&SIGNATURE_VERSION);
    middle.copy_from_slice(&checksum);
    end.copy_from_slice(&sequence.to_le_bytes());
}

/// One message: its number, and the keys with the stream as it stands at its start.
pub(super) struct Message<'a> {
    pub(super) mac: &'a HmacMd5,
    pub(super) stream: &'a mut Rc4,
    pub(super) sequence: u32,
    /// Whether the checksum is encrypted (NTLM-SIG-1).
    pub(super) key_exchange: bool,
}

impl Message<'_> {
    fn start(&self) -> HmacMd5 {
        let mut mac = self.mac.start();
        mac.update(&self.sequence.to_le_bytes());
        mac
    }

    /// The first half of a MAC, encrypted if the key was exchanged (NTLM-SIG-1).
    fn finish(&mut self, mac: HmacMd5) -> [u8; 8] {
        let [c0, c1, c2, c3, c4, c5, c6, c7, ..] = mac.finish();
        let mut checksum = [c0, c1, c2, c3, c4, c5, c6, c7];
        if self.key_exchange {
            self.stream.apply(&mut checksum);
        }
        checksum
    }

    /// How far the checksum moves the stream.
    const fn checksum_length(&self) -> usize {
        if self.key_exchange { 8 } else { 0 }
    }

    pub(super) fn sign(&mut self, pieces: &[&[u8]]) -> [u8; 8] {
        let mut mac = self.start();
        for piece in pieces {
            mac.update(piece);
        }
        self.finish(mac)
    }

    /// Encrypts the data first, then the checksum of the plaintext (NTLM-SIG-3).
    pub(super) fn seal(&mut self, pieces: &mut [Piece<'_>], encrypt: bool) -> [u8; 8] {
        let mut mac = self.start();
        for piece in pieces {
            match piece {
                Piece::Data(data) if encrypt => mac_then_encrypt(&mut mac, self.stream, data),
                Piece::Data(data) => mac.update(data),
                Piece::Signed(data) => mac.update(data),
            }
        }
        self.finish(mac)
    }

    /// The stream moves only when the message verifies (NTLM-SIG-5).
    pub(super) fn verify(&mut self, pieces: &[&[u8]], received: &[u8; 8]) -> Result<(), Error> {
        if equal(&self.sign(pieces), received) {
            return Ok(());
        }
        self.stream.rewind(self.checksum_length());
        Err(Error::MessageAltered)
    }

    /// As [`Self::verify`]; of a message that does not verify the ciphertext comes back (API-MSG-11).
    pub(super) fn open(
        &mut self,
        pieces: &mut [Piece<'_>],
        encrypted: bool,
        received: &[u8; 8],
    ) -> Result<(), Error> {
        let mut mac = self.start();
        let mut decrypted = 0;
        for piece in pieces.iter_mut() {
            match piece {
                Piece::Data(data) if encrypted => {
                    decrypted += data.len();
                    decrypt_then_mac(&mut mac, self.stream, data);
                }
                Piece::Data(data) => mac.update(data),
                Piece::Signed(data) => mac.update(data),
            }
        }
        if equal(&self.finish(mac), received) {
            return Ok(());
        }
        self.stream.rewind(decrypted + self.checksum_length());
        if encrypted {
            for piece in pieces {
                if let Piece::Data(data) = piece {
                    self.stream.apply(data);
                }
            }
            self.stream.rewind(decrypted);
        }
        Err(Error::MessageAltered)
    }
}

impl Seal for Direction {
    fn sign(&mut self, pieces: &[&[u8]], token: &mut [u8], _: Order) -> Result<usize, Error> {
        let token = room(token)?;
        if !self.protection.signs()? {
            *token = DUMMY;
            return Ok(SIGNATURE_LENGTH);
        }
        let checksum = self.next().sign(pieces);
        write_signature(token, checksum, self.advance());
        Ok(SIGNATURE_LENGTH)
    }

    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        _: Order,
    ) -> Result<Lengths, Error> {
        if !self.protection.signs()? {
            return Err(Error::QopNotSupported("integrity"));
        }
        let encrypt = quality == Quality::Confidential;
        if encrypt && !self.protection.seal {
            return Err(Error::QopNotSupported("confidentiality"));
        }
        let token = room(message.token)?;
        let checksum = self.next().seal(message.pieces, encrypt);
        write_signature(token, checksum, self.advance());
        Ok(Lengths {
            token: SIGNATURE_LENGTH,
            padding: 0,
        })
    }
}

impl Open for Direction {
    fn verify(&mut self, pieces: &[&[u8]], token: &[u8], _: Order) -> Result<Verified, Error> {
        if !self.protection.signs()? {
            return check_dummy(token, self.sequence);
        }
        let received = self.split(token)?;
        self.next().verify(pieces, &received)?;
        Ok(Verified {
            sequence: self.advance(),
            quality: Quality::IntegrityOnly,
        })
    }

    fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        _: Order,
    ) -> Result<Verified, Error> {
        if !self.protection.signs()? {
            return Err(Error::QopNotSupported("integrity"));
        }
        let received = self.split(token)?;
        let encrypted = self.protection.seal;
        self.next().open(pieces, encrypted, &received)?;
        Ok(Verified {
            sequence: self.advance(),
            quality: if encrypted {
                Quality::Confidential
            } else {
                Quality::IntegrityOnly
            },
        })
    }

    fn open_stream(&mut self, stream: &mut [u8], order: Order) -> Result<Opened, Error> {
        open_behind_signature(self, stream, order)
    }
}

/// Opens a message that stands behind its signature; NTLM says nowhere how long it is, so it is all
/// that there is.
pub(super) fn open_behind_signature(
    opener: &mut impl Open,
    stream: &mut [u8],
    order: Order,
) -> Result<Opened, Error> {
    let used = stream.len();
    let Some((token, data)) = stream.split_at_mut_checked(SIGNATURE_LENGTH) else {
        return Err(Malformed {
            what: "message signature",
            offset: used,
            why: Why::Truncated,
        }
        .into());
    };
    let verified = opener.open(token, &mut [Piece::Data(data)], order)?;
    Ok(Opened::Message {
        plain: SIGNATURE_LENGTH..used,
        used,
        verified,
    })
}
