//! RC4, with a state that can be cloned.
use std::fmt;

use zeroize::Zeroize;

/// The state of an RC4 stream.
#[derive(Clone)]
pub(crate) struct Rc4 {
    i: u8,
    j: u8,
    table: [u8; 256],
}

impl Rc4 {
    /// Starts the stream of `key`, which must not be empty.
    pub(crate) fn new<const N: usize>(key: &[u8; N]) -> Self {
        const { assert!(N > 0 && N <= 256) };
        let mut table: [u8; 256] = std::array::from_fn(|at| at as u8);
        let mut j = 0u8;
        for i in 0..256 {
            let held = table[i];
            j = j.wrapping_add(held).wrapping_add(key[i % N]);
            table[i] = table[usize::from(j)];
            table[usize::from(j)] = held;
        }
        Self { i: 0, j: 0, table }
    }

    /// Encrypts or decrypts `data` in place and moves the stream on.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        let (mut i, mut j) = (self.i, self.j);
        let table = &mut self.table;
        let mut next = || {
            i = i.wrapping_add(1);
            let a = table[usize::from(i)];
            j = j.wrapping_add(a);
            let b = table[usize::from(j)];
            table[usize::from(i)] = b;
            table[usize::from(j)] = a;
            table[usize::from(a.wrapping_add(b))]
        };
        // Eight bytes of stream are collected in a register, so that the data is read and written once.
        let (words, rest) = data.as_chunks_mut::<8>();
        for word in words {
            let mut stream = 0u64;
            for shift in 0..8 {
                stream |= u64::from(next()) << (8 * shift);
            }
            *word = (u64::from_le_bytes(*word) ^ stream).to_le_bytes();
        }
        for byte in rest {
            *byte ^= next();
        }
        self.i = i;
        self.j = j;
    }

    /// Moves the stream back by `count` bytes: the inverse of [`Self::apply`], without data.
    pub(crate) fn rewind(&mut self, count: usize) {
        for _ in 0..count {
            let (i, j) = (usize::from(self.i), usize::from(self.j));
            self.table.swap(i, j);
            self.j = self.j.wrapping_sub(self.table[i]);
            self.i = self.i.wrapping_sub(1);
        }
    }
}

impl Drop for Rc4 {
    fn drop(&mut self) {
        self.table.zeroize();
        self.i.zeroize();
        self.j.zeroize();
    }
}

impl fmt::Debug for Rc4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rc4(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6229, key 0x0102030405.
    #[test]
    fn published_stream() {
        let mut data = [0; 16];
        Rc4::new(&[1, 2, 3, 4, 5]).apply(&mut data);
        assert_eq!(
            data,
            [
                0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27, 0xcc, 0xc3, 0x52, 0x4a, 0x0a, 0x11,
                0x18, 0xa8
            ]
        );
    }

    proptest! {
        /// The same stream as the `rc4` crate's, however the data is cut.
        #[test]
        fn equals_the_rc4_crate(key: [u8; 16], parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70), 0..5)) {
            use rc4::{KeyInit, StreamCipher};
            let mut theirs = rc4::Rc4::new_from_slice(&key).unwrap();
            let mut ours = Rc4::new(&key);
            for part in parts {
                let (mut a, mut b) = (part.clone(), part);
                theirs.apply_keystream(&mut a);
                let before = ours.clone();
                ours.apply(&mut b);
                prop_assert_eq!(&a, &b);
                let after = ours.clone();
                ours.rewind(b.len());
                prop_assert!((ours.i, ours.j, ours.table) == (before.i, before.j, before.table));
                ours = after;
            }
        }
    }
}
