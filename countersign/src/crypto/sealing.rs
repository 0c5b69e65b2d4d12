//! RC4 and HMAC-MD5 over the same bytes, in place: the bulk work of NTLM sealing.
//!
//! This is the one place to join the two into a single interleaved pass; callers need not change.
use super::{HmacMd5, Rc4};

/// Adds the plaintext in `data` to `mac`, then encrypts `data` in place.
#[inline]
pub(crate) fn mac_then_encrypt(mac: &mut HmacMd5, stream: &mut Rc4, data: &mut [u8]) {
    for chunk in data.chunks_mut(CHUNK) {
        mac.update(chunk);
        stream.apply(chunk);
    }
}

/// Decrypts `data` in place, then adds the plaintext to `mac`.
#[inline]
pub(crate) fn decrypt_then_mac(mac: &mut HmacMd5, stream: &mut Rc4, data: &mut [u8]) {
    for chunk in data.chunks_mut(CHUNK) {
        stream.apply(chunk);
        mac.update(chunk);
    }
}

/// Small enough that the second touch finds the bytes in the first-level cache.
const CHUNK: usize = 8192;
