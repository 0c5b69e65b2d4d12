//! What is measured: the same operations on both sides, through one trait.
pub(crate) mod operations;
pub(crate) mod ours;
pub(crate) mod rival;

use crate::measure::Operation;
use operations::{Handshake, Protection, Receiving, Sending, Signing};

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

    /// The client signs `data`.
    fn sign(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]);

    /// The server verifies `data`; false when it does not verify.
    fn verify(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool;
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
            Sending::<Ours>::new(size, Protection::Seal),
            Sending::<Rival>::new(size, Protection::Seal),
        ));
    }
    for (size, text) in [(64, "64 B"), (1024, "1 KiB"), (16_384, "16 KiB")] {
        rows.push(row(
            format!("unseal {text}"),
            Receiving::<Ours>::new(size, Protection::Seal),
            Receiving::<Rival>::new(size, Protection::Seal),
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
        pair.sign(&mut token, &mut data);
        if !pair.verify(&mut token, &mut data) {
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
