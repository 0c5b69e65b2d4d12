//! MD4, MD5 and HMAC-MD5, and comparison in constant time.
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md4::Digest;
use subtle::ConstantTimeEq;

/// MD4 over the concatenation of what `feed` gives.
pub(crate) fn md4(feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> [u8; 16] {
    let mut hash = md4::Md4::new();
    feed(&mut |bytes| hash.update(bytes));
    hash.finalize().into()
}

/// MD5 over the concatenation of `parts`.
pub(crate) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = md5::Md5::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// HMAC-MD5 with the key's two inner states computed once.
#[derive(Clone)]
pub(crate) struct HmacMd5(Hmac<md5::Md5>);

impl HmacMd5 {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        let mut block = [0; 64];
        let (start, _) = block.split_at_mut(16);
        start.copy_from_slice(key);
        let keyed = Self(Hmac::new(&block.into()));
        zeroize::Zeroize::zeroize(&mut block);
        keyed
    }

    /// A computation under this key, which stays usable.
    pub(crate) fn start(&self) -> Self {
        self.clone()
    }

    #[inline]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    #[inline]
    pub(crate) fn finish(self) -> [u8; 16] {
        self.0.finalize().into_bytes().into()
    }

    /// HMAC-MD5 over the concatenation of `parts`.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.start();
        for part in parts {
            mac.update(part);
        }
        mac.finish()
    }
}

impl fmt::Debug for HmacMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacMd5(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1320, RFC 1321 and RFC 2104 test values.
    #[test]
    fn published_values() {
        assert_eq!(
            md4(|feed| feed(b"abc")),
            [
                0xa4, 0x48, 0x01, 0x7a, 0xaf, 0x21, 0xd8, 0x52, 0x5f, 0xc1, 0x0a, 0xe8, 0x7a, 0xa6,
                0x72, 0x9d
            ]
        );
        assert_eq!(
            md5(&[b"a", b"bc"]),
            [
                0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1,
                0x7f, 0x72
            ]
        );
        assert_eq!(
            HmacMd5::new(&[0x0b; 16]).of(&[b"Hi ", b"There"]),
            [
                0x92, 0x94, 0x72, 0x7a, 0x36, 0x38, 0xbb, 0x1c, 0x13, 0xf4, 0x8e, 0xf8, 0x15, 0x8b,
                0xfc, 0x9d
            ]
        );
    }

    #[test]
    fn comparison() {
        assert!(equal(b"ab", b"ab") && !equal(b"ab", b"ac") && !equal(b"a", b"ab"));
    }
}
