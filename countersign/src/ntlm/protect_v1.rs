//! Signing and sealing without extended session security ([MS-NLMP] 3.4.4.1): CRC32 under RC4.
//!
//! Both directions share one stream and one counter, so the two halves share a lock. A checksum is no
//! signature; only the policy `legacy` comes here.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::protect::{
    DUMMY, Protection, SIGNATURE_LENGTH, check_dummy, open_behind_signature, room, split,
    write_signature,
};
use crate::base::error::Error;
use crate::base::secret::Secret;
use crate::context::session::{
    Lengths, Open, Opened, Order, Outgoing, Piece, Quality, Seal, Verified,
};
use crate::crypto::{Crc32, Rc4, equal};

/// One half of a context.
#[derive(Debug)]
pub(super) struct Half {
    protection: Protection,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    stream: Rc4,
    sequence: u32,
}

/// Both halves. Without the LAN Manager key the whole session key is the seal key.
pub(super) fn halves(session_key: &Secret<16>, protection: Protection) -> (Half, Half) {
    let shared = Arc::new(Mutex::new(Shared {
        stream: Rc4::new(session_key.expose()),
        sequence: 0,
    }));
    let half = |shared| Half { protection, shared };
    (half(Arc::clone(&shared)), half(shared))
}

impl Half {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Pad, checksum and number go through the stream in this order; the pad is not sent
    /// (NTLM-SIG-2).
    fn signature(&mut self, crc: u32) -> ([u8; 4], [u8; 4]) {
        let mut fields = [0; 12];
        let (rest, number) = fields.split_at_mut(8);
        let (_, checksum) = rest.split_at_mut(4);
        checksum.copy_from_slice(&crc.to_le_bytes());
        for (byte, bits) in number.iter_mut().zip(self.sequence.to_le_bytes()) {
            *byte = bits;
        }
        self.stream.apply(&mut fields);
        let [_, _, _, _, c0, c1, c2, c3, n0, n1, n2, n3] = fields;
        ([c0, c1, c2, c3], [n0, n1, n2, n3])
    }

    /// Encrypts or decrypts the data; gives how far the stream moved.
    fn apply(&mut self, pieces: &mut [Piece<'_>], encrypted: bool) -> usize {
        let mut moved = 0;
        for piece in pieces {
            if let (Piece::Data(data), true) = (piece, encrypted) {
                moved += data.len();
                self.stream.apply(data);
            }
        }
        moved
    }

    fn write(&mut self, token: &mut [u8; SIGNATURE_LENGTH], crc: u32) {
        let (checksum, number) = self.signature(crc);
        let [c0, c1, c2, c3] = checksum;
        write_signature(
            token,
            [0, 0, 0, 0, c0, c1, c2, c3],
            u32::from_le_bytes(number),
        );
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// Compares a received signature; the receiver ignores the pad. `moved` bytes of the stream were
    /// used for the message and are given back when it does not verify (NTLM-SIG-5).
    fn check(&mut self, token: &[u8], crc: u32, moved: usize) -> Result<u32, Error> {
        let received = split(token);
        let (checksum, number) = self.signature(crc);
        let fault = match received {
            Err(error) => error,
            Ok(([_, _, _, _, c0, c1, c2, c3], theirs)) => {
                let theirs_number = theirs.to_le_bytes();
                if !equal(&checksum, &[c0, c1, c2, c3]) {
                    Error::MessageAltered
                } else if number == theirs_number {
                    let sequence = self.sequence;
                    self.sequence = sequence.wrapping_add(1);
                    return Ok(sequence);
                } else {
                    let difference = u32::from_le_bytes(number) ^ theirs;
                    Error::OutOfSequence {
                        expected: self.sequence,
                        received: self.sequence ^ difference,
                    }
                }
            }
        };
        self.stream.rewind(moved.saturating_add(12));
        Err(fault)
    }
}

fn crc<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut crc = Crc32::new();
    for piece in pieces {
        crc.update(piece);
    }
    crc.finalize()
}

impl Seal for Half {
    fn sign(&mut self, pieces: &[&[u8]], token: &mut [u8], _: Order) -> Result<usize, Error> {
        let token = room(token)?;
        if self.protection.signs()? {
            self.shared().write(token, crc(pieces.iter().copied()));
        } else {
            *token = DUMMY;
        }
        Ok(SIGNATURE_LENGTH)
    }

    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        _: Order,
    ) -> Result<Lengths, Error> {
        let encrypt = quality == Quality::Confidential;
        if !self.protection.signs()? || encrypt && !self.protection.seal {
            return Err(Error::QopNotSupported("confidentiality"));
        }
        let token = room(message.token)?;
        let mut shared = self.shared();
        let crc = crc(message.pieces.iter().map(Piece::bytes));
        shared.apply(message.pieces, encrypt);
        shared.write(token, crc);
        Ok(Lengths {
            token: SIGNATURE_LENGTH,
            padding: 0,
        })
    }
}

impl Open for Half {
    fn verify(&mut self, pieces: &[&[u8]], token: &[u8], _: Order) -> Result<Verified, Error> {
        if !self.protection.signs()? {
            return check_dummy(token, 0);
        }
        let sequence = self.shared().check(token, crc(pieces.iter().copied()), 0)?;
        Ok(Verified {
            sequence,
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
        let encrypted = self.protection.seal;
        let mut shared = self.shared();
        let decrypted = shared.apply(pieces, encrypted);
        let crc = crc(pieces.iter().map(Piece::bytes));
        match shared.check(token, crc, decrypted) {
            Ok(sequence) => Ok(Verified {
                sequence,
                quality: if encrypted {
                    Quality::Confidential
                } else {
                    Quality::IntegrityOnly
                },
            }),
            Err(error) => {
                // The ciphertext comes back (API-MSG-11).
                let restored = shared.apply(pieces, encrypted);
                shared.stream.rewind(restored);
                Err(error)
            }
        }
    }

    fn open_stream(&mut self, stream: &mut [u8], order: Order) -> Result<Opened, Error> {
        open_behind_signature(self, stream, order)
    }
}

#[cfg(test)]
mod tests {
    use super::super::compute::KeyLength;
    use super::*;
    use crate::wire::description::hex;

    /// NTLM-SIG-2: the published message of [MS-NLMP] 4.2.2.4. Its signature carries the encrypted
    /// pad, which we leave out when sending and ignore when receiving.
    #[test]
    fn published_message() {
        let protection = Protection {
            sign: true,
            seal: true,
            key_exchange: true,
            length: KeyLength::Bits56,
            dummy: false,
        };
        let (mut sealer, _) = halves(&Secret::new([0x55; 16]), protection);
        let mut data = *b"P\0l\0a\0i\0n\0t\0e\0x\0t\0";
        let mut token = [0; 16];
        sealer
            .seal(
                &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
                Quality::Confidential,
                Order::Next,
            )
            .unwrap();
        assert_eq!(hex(&data), "56fe04d861f9319af0d7238a2e3b4d457fb8");
        assert_eq!(hex(&token), "010000000000000009dcd1df2e459d36");

        let (_, mut opener) = halves(&Secret::new([0x55; 16]), protection);
        for (slot, byte) in token[4..8].iter_mut().zip([0x45, 0xc8, 0x44, 0xe5]) {
            *slot = byte;
        }
        opener
            .open(&token, &mut [Piece::Data(&mut data)], Order::Next)
            .unwrap();
        assert_eq!(&data, b"P\0l\0a\0i\0n\0t\0e\0x\0t\0");
    }
}
