//! What is measured: the same operations on both sides, through one trait.
pub(crate) mod ours;
pub(crate) mod rival;

use std::hint::black_box;

use crate::measure::Operation;

/// Who logs on, to what.
pub(crate) const DOMAIN: &str = "LAB";
/// See [`DOMAIN`].
pub(crate) const USER: &str = "alice";
/// See [`DOMAIN`].
pub(crate) const PASSWORD: &str = "Passw0rd!";
/// See [`DOMAIN`].
pub(crate) const TARGET: &str = "HTTP/web1.lab.example.com";

/// The length of an NTLM signature, in bytes.
pub(crate) const SIGNATURE: usize = 16;

/// A library with the credentials of a client and of a server.
pub(crate) trait Library {
    /// Both ends of an established context.
    type Pair: Pair;

    /// Makes the credentials; `password` is the client's, the server knows [`PASSWORD`].
    fn new(password: &str) -> Self;

    /// A whole handshake with signing, sealing and key exchange, its proof checked by the server.
    ///
    /// # Errors
    /// What the library says of a logon that the server refuses.
    fn handshake(&mut self) -> Result<Self::Pair, String>;

    /// The flags of the last AUTHENTICATE message.
    fn negotiated(&self) -> u32;
}

/// Both ends of an established context; the client sends.
pub(crate) trait Pair {
    /// The client encrypts `data` in place.
    fn seal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]);

    /// The server decrypts `data` in place; false when it does not verify.
    fn unseal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool;

    /// The client signs `data`, the server verifies it; false when it does not verify.
    fn sign_and_verify(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool;
}

/// A row of the table: the same operation of two libraries.
pub(crate) struct Row {
    /// What is done.
    pub(crate) name: String,
    /// How we do it.
    pub(crate) ours: Box<dyn Operation>,
    /// How the rival does it.
    pub(crate) rival: Box<dyn Operation>,
}

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    fn row<T: Operation + 'static, U: Operation + 'static>(name: String, ours: T, rival: U) -> Row {
        Row {
            name,
            ours: Box::new(ours),
            rival: Box::new(rival),
        }
    }
    type Ours = ours::Countersign;
    type Rival = rival::Sspi;

    let mut rows = vec![
        row(
            "handshake".to_owned(),
            Handshake::<Ours>::new(false),
            Handshake::<Rival>::new(false),
        ),
        row(
            "handshake + message".to_owned(),
            Handshake::<Ours>::new(true),
            Handshake::<Rival>::new(true),
        ),
    ];
    for (size, text) in [(64, "64 B"), (1024, "1 KiB"), (16_384, "16 KiB")] {
        rows.push(row(
            format!("seal {text}"),
            Sealing::<Ours>::new(size),
            Sealing::<Rival>::new(size),
        ));
    }
    for (size, text) in [(64, "64 B"), (1024, "1 KiB"), (16_384, "16 KiB")] {
        rows.push(row(
            format!("unseal {text}"),
            Unsealing::<Ours>::new(size),
            Unsealing::<Rival>::new(size),
        ));
    }
    for (size, text) in [(64, "64 B"), (16_384, "16 KiB")] {
        rows.push(row(
            format!("sign+verify {text}"),
            Signing::<Ours>::new(size),
            Signing::<Rival>::new(size),
        ));
    }
    rows
}

/// Makes sure that both libraries do what is measured: the negotiated protection, a wrong password
/// and an altered message refused, messages opened to what they were.
pub(crate) fn check<L: Library>(name: &str) -> Result<(), String> {
    /// `NTLMSSP_NEGOTIATE_` SIGN, SEAL, EXTENDED_SESSIONSECURITY, 128, KEY_EXCH.
    const WANTED: u32 = 0x10 | 0x20 | 0x8_0000 | 0x2000_0000 | 0x4000_0000;

    let mut wrong = L::new("passw0rd!");
    if wrong.handshake().is_ok() {
        return Err(format!("{name} accepts a wrong password"));
    }
    let mut right = L::new(PASSWORD);
    let mut pair = right
        .handshake()
        .map_err(|why| format!("{name} refuses the right password: {why}"))?;
    let flags = right.negotiated();
    if flags & WANTED != WANTED {
        return Err(format!("{name} negotiates {flags:#010x} only"));
    }
    let (mut token, mut data) = ([0; SIGNATURE], *b"what is sent");
    for _ in 0..2 {
        pair.seal(&mut token, &mut data);
        if &data == b"what is sent" {
            return Err(format!("{name} does not encrypt"));
        }
        if !pair.unseal(&mut token, &mut data) || &data != b"what is sent" {
            return Err(format!("{name} does not open what it sealed"));
        }
        if !pair.sign_and_verify(&mut token, &mut data) {
            return Err(format!("{name} does not verify what it signed"));
        }
    }
    pair.seal(&mut token, &mut data);
    data[0] ^= 1;
    if pair.unseal(&mut token, &mut data) {
        return Err(format!("{name} opens an altered message"));
    }
    Ok(())
}

fn filled(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

struct Handshake<L> {
    library: L,
    then_message: bool,
}

impl<L: Library> Handshake<L> {
    fn new(then_message: bool) -> Self {
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

/// Seals one buffer again and again.
struct Sealing<L: Library> {
    pair: L::Pair,
    token: [u8; SIGNATURE],
    data: Vec<u8>,
}

impl<L: Library> Sealing<L> {
    fn new(size: usize) -> Self {
        Self {
            pair: established::<L>(),
            token: [0; SIGNATURE],
            data: filled(size),
        }
    }
}

impl<L: Library> Operation for Sealing<L> {
    fn batch(&self) -> usize {
        batch(self.data.len())
    }

    fn run(&mut self, count: usize) {
        for _ in 0..count {
            self.pair.seal(&mut self.token, &mut self.data);
            black_box(&self.data);
        }
    }
}

/// Opens messages that were sealed before: each is opened once, in the order in which it was sealed.
struct Unsealing<L: Library> {
    pair: L::Pair,
    plain: Vec<u8>,
    messages: Vec<([u8; SIGNATURE], Vec<u8>)>,
}

impl<L: Library> Unsealing<L> {
    fn new(size: usize) -> Self {
        let plain = filled(size);
        Self {
            pair: established::<L>(),
            messages: vec![([0; SIGNATURE], plain.clone()); batch(size).max(3)],
            plain,
        }
    }
}

impl<L: Library> Operation for Unsealing<L> {
    fn batch(&self) -> usize {
        self.messages.len()
    }

    fn prepare(&mut self, count: usize) {
        for (token, data) in &mut self.messages[..count] {
            data.copy_from_slice(&self.plain);
            self.pair.seal(token, data);
        }
    }

    fn run(&mut self, count: usize) {
        for (token, data) in &mut self.messages[..count] {
            assert!(self.pair.unseal(token, data), "it verifies");
            black_box(&*data);
        }
    }
}

/// Signs one buffer and verifies it, again and again.
struct Signing<L: Library> {
    pair: L::Pair,
    token: [u8; SIGNATURE],
    data: Vec<u8>,
}

impl<L: Library> Signing<L> {
    fn new(size: usize) -> Self {
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
            assert!(
                self.pair.sign_and_verify(&mut self.token, &mut self.data),
                "it verifies"
            );
        }
    }
}
