//! The operations themselves, the same for every library.
use std::hint::black_box;

use super::{Library, PASSWORD, Pair, SIGNATURE};
use crate::measure::Operation;

fn filled(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

/// A handshake, alone or with one message.
pub(crate) struct Handshake<L> {
    library: L,
    then_message: bool,
}

impl<L: Library> Handshake<L> {
    pub(crate) fn new(then_message: bool) -> Self {
        Self {
            library: L::new(PASSWORD),
            then_message,
        }
    }
}

impl<L: Library> Operation for Handshake<L> {
    fn batch(&self) -> usize {
        64
    }

    fn run(&mut self, count: usize) {
        for _ in 0..count {
            let mut pair = self.library.handshake().expect("the password is right");
            if self.then_message {
                let (mut token, mut data) = ([0; SIGNATURE], [7; 64]);
                pair.seal(&mut token, &mut data);
                assert!(pair.unseal(&mut token, &mut data), "it verifies");
            }
            black_box(pair);
        }
    }
}

fn established<L: Library>() -> L::Pair {
    L::new(PASSWORD).handshake().expect("the password is right")
}

/// How many messages of `size` bytes are a quarter of a mebibyte: they stay in the second-level cache.
fn batch(size: usize) -> usize {
    (1 << 18) / (size + SIGNATURE)
}

/// How messages are protected.
#[derive(Clone, Copy)]
pub(crate) enum Protection {
    /// Encrypted and signed.
    Seal,
    /// Signed only.
    Sign,
}

/// Protects one buffer again and again.
pub(crate) struct Sending<L: Library> {
    pair: L::Pair,
    protection: Protection,
    token: [u8; SIGNATURE],
    data: Vec<u8>,
}

impl<L: Library> Sending<L> {
    pub(crate) fn new(size: usize, protection: Protection) -> Self {
        Self {
            pair: established::<L>(),
            protection,
            token: [0; SIGNATURE],
            data: filled(size),
        }
    }
}

impl<L: Library> Operation for Sending<L> {
    fn batch(&self) -> usize {
        batch(self.data.len())
    }

    fn run(&mut self, count: usize) {
        let (token, data) = (&mut self.token, &mut self.data);
        for _ in 0..count {
            protect(&mut self.pair, self.protection, token, data);
            black_box(&*data);
        }
    }
}

/// Opens messages that were protected before: each is opened once, in the order in which it was sent.
pub(crate) struct Receiving<L: Library> {
    pair: L::Pair,
    protection: Protection,
    plain: Vec<u8>,
    messages: Vec<([u8; SIGNATURE], Vec<u8>)>,
}

impl<L: Library> Receiving<L> {
    pub(crate) fn new(size: usize, protection: Protection) -> Self {
        let plain = filled(size);
        Self {
            pair: established::<L>(),
            protection,
            messages: vec![([0; SIGNATURE], plain.clone()); batch(size).max(3)],
            plain,
        }
    }
}

impl<L: Library> Operation for Receiving<L> {
    fn batch(&self) -> usize {
        self.messages.len()
    }

    fn prepare(&mut self, count: usize) {
        for (token, data) in &mut self.messages[..count] {
            data.copy_from_slice(&self.plain);
            protect(&mut self.pair, self.protection, token, data);
        }
    }

    fn run(&mut self, count: usize) {
        for (token, data) in &mut self.messages[..count] {
            let good = match self.protection {
                Protection::Seal => self.pair.unseal(token, data),
                Protection::Sign => self.pair.verify(token, data),
            };
            assert!(good, "it verifies");
            black_box(&*data);
        }
    }
}

fn protect<P: Pair>(pair: &mut P, how: Protection, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
    match how {
        Protection::Seal => pair.seal(token, data),
        Protection::Sign => pair.sign(token, data),
    }
}

/// Signs one buffer and verifies it, again and again.
pub(crate) struct Signing<L: Library> {
    pair: L::Pair,
    token: [u8; SIGNATURE],
    data: Vec<u8>,
}

impl<L: Library> Signing<L> {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            pair: established::<L>(),
            token: [0; SIGNATURE],
            data: filled(size),
        }
    }
}

impl<L: Library> Operation for Signing<L> {
    fn batch(&self) -> usize {
        batch(self.data.len())
    }

    fn run(&mut self, count: usize) {
        for _ in 0..count {
            self.pair.sign(&mut self.token, &mut self.data);
            let good = self.pair.verify(&mut self.token, &mut self.data);
            assert!(good, "it verifies");
        }
    }
}
