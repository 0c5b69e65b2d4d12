#![no_main]
//! Protected messages that are not: none opens, memory stays as it was, and the next message that is
//! one opens.
use countersign::{ContextFlags, Opened, Order, Outgoing, Piece, Quality, Session};
use harness::{Edit, Exchange, spoil};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

const PLAIN: &[u8] = b"a message of no importance";

#[derive(Arbitrary, Debug)]
struct Attack {
    /// Whether the session seals, or signs only.
    sealed: bool,
    /// How many good messages came before.
    before: u8,
    attempts: Vec<Attempt>,
}

#[derive(Arbitrary, Debug)]
struct Attempt {
    forgery: Forgery,
    call: Call,
}

#[derive(Arbitrary, Debug)]
enum Forgery {
    /// Any bytes.
    Bytes(Vec<u8>),
    /// The next message, changed.
    Changed(Vec<Edit>),
    /// Any data behind a signature with the right version and number.
    Numbered { checksum: [u8; 8], data: Vec<u8> },
}

#[derive(Arbitrary, Debug)]
enum Call {
    Verify { split: u8 },
    Open { split: u8, signed: u8 },
    Stream,
}

/// A sealed message: token, then data.
fn seal(session: &mut Session, quality: Quality) -> Vec<u8> {
    let (mut token, mut data) = ([0; 16], PLAIN.to_vec());
    session
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            quality,
            Order::Next,
        )
        .unwrap();
    [&token[..], &data].concat()
}

fn open(session: &mut Session, message: &[u8], number: u32) {
    let mut message = message.to_vec();
    let opened = session.open_stream(&mut message, Order::Next).unwrap();
    let Opened::Message {
        plain,
        used,
        verified,
    } = opened
    else {
        panic!("{opened:?}");
    };
    assert_eq!((used, verified.sequence), (message.len(), number));
    assert_eq!(&message[plain], PLAIN);
}

fuzz_target!(|attack: Attack| {
    let (flags, quality) = if attack.sealed {
        (ContextFlags::PROTECTED, Quality::Confidential)
    } else {
        (ContextFlags::INTEGRITY, Quality::IntegrityOnly)
    };
    let Exchange {
        mut client,
        mut server,
        ..
    } = Exchange::run(flags);
    let before = u32::from(attack.before % 4);
    for number in 0..before {
        let message = seal(&mut client, quality);
        open(&mut server, &message, number);
    }
    let valid = seal(&mut client, quality);
    for attempt in attack.attempts.iter().take(8) {
        let forged = match &attempt.forgery {
            Forgery::Bytes(bytes) => bytes.clone(),
            Forgery::Changed(edits) => {
                let mut message = valid.clone();
                spoil(&mut message, edits);
                message
            }
            Forgery::Numbered { checksum, data } => {
                [&[1, 0, 0, 0], &checksum[..], &before.to_le_bytes(), data].concat()
            }
        };
        attempt.call.make(&mut server, &valid, &forged);
    }
    open(&mut server, &valid, before);
    let next = seal(&mut client, quality);
    open(&mut server, &next, before + 1);
});

impl Call {
    fn make(&self, session: &mut Session, valid: &[u8], forged: &[u8]) {
        let (token, data) = forged.split_at(forged.len().min(16));
        // The message itself is no forgery, nor is its plaintext with its signature.
        if token == &valid[..16] && (data == &valid[16..] || data == PLAIN) {
            return;
        }
        let cut = |place: u8, data: &[u8]| usize::from(place) % (data.len() + 1);
        match self {
            Self::Verify { split } => {
                let (first, second) = data.split_at(cut(*split, data));
                let result = session.verify(&[first, second], token, Order::Next);
                assert!(result.is_err(), "{forged:02x?}");
            }
            Self::Open { split, signed } => {
                let mut changed = data.to_vec();
                let (first, second) = changed.split_at_mut(cut(*split, data));
                let at = cut(*signed, second);
                let (second, third) = second.split_at_mut(at);
                let mut pieces = [
                    Piece::Data(first),
                    Piece::Signed(second),
                    Piece::Data(third),
                ];
                let result = session.open(token, &mut pieces, Order::Next);
                assert!(result.is_err(), "{forged:02x?}");
                assert_eq!(changed, data);
            }
            Self::Stream => {
                let mut changed = forged.to_vec();
                let result = session.open_stream(&mut changed, Order::Next);
                assert!(result.is_err(), "{forged:02x?}");
                assert_eq!(changed, forged);
            }
        }
    }
}
