//! DES as the first version of NTLM uses it ([MS-NLMP] 6): keys of seven bytes.
use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};

/// One block of DES under a key of 56 bits.
fn des(key: [u8; 7], block: [u8; 8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g] = key;
    // Seven bits go into the upper part of each byte; the lowest is parity, which DES does not look at.
    let bits = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    let spread = (0..8).fold(0u64, |key, n| {
        let seven = bits >> (49 - 7 * n) & 0x7f;
        key << 8 | seven << 1
    });
    let mut block = block.into();
    Des::new(&spread.to_be_bytes().into()).encrypt_block(&mut block);
    block.into()
}

/// `DESL`: three blocks under the thirds of a key of 16 bytes that is filled up with zeros.
pub(crate) fn des_long(key: &[u8; 16], block: [u8; 8]) -> [u8; 24] {
    let mut padded = [0; 21];
    padded[..16].copy_from_slice(key);
    let mut out = [0; 24];
    let (keys, _) = padded.as_chunks::<7>();
    let (blocks, _) = out.as_chunks_mut::<8>();
    for (slot, key) in blocks.iter_mut().zip(keys) {
        *slot = des(*key, block);
    }
    zeroize::Zeroize::zeroize(&mut padded);
    out
}

/// `LMOWFv1` of fourteen bytes: a constant encrypted under each half.
pub(crate) fn des_hash(password: &[u8; 14]) -> [u8; 16] {
    let mut out = [0; 16];
    let (keys, _) = password.as_chunks::<7>();
    let (blocks, _) = out.as_chunks_mut::<8>();
    for (slot, key) in blocks.iter_mut().zip(keys) {
        *slot = des(*key, *b"KGS!@#$%");
    }
    out
}
