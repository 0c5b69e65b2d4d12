//! Protected messages: what verifies, what does not, and what a failure leaves behind.
mod support;

use std::thread;

use countersign::ntlm::message::{Authenticate, NegotiateFlags};
use countersign::*;
use support::*;

const TEXT: &[u8; 21] = b"twenty-one bytes long";

fn seal(session: &mut Session, text: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let (mut data, mut token) = (text.to_vec(), [0; 16]);
    let lengths = session
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            Quality::Confidential,
            Order::Next,
        )
        .unwrap();
    assert_eq!((lengths.token, lengths.padding), (16, 0));
    (data, token)
}

fn open(session: &mut Session, data: &mut [u8], token: &[u8]) -> Result<Verified, Error> {
    session.open(token, &mut [Piece::Data(data)], Order::Next)
}

/// NTLM-SIG-4, NTLM-API-9, NTLM-SIG-8: each direction counts for itself; no padding.
#[test]
fn both_directions_and_both_layouts() {
    let (mut client, mut server) = Setup::sealing().sessions();
    for sequence in 0..3 {
        let (mut data, token) = seal(&mut client, TEXT);
        assert_ne!(&data, TEXT);
        let verified = open(&mut server, &mut data, &token).unwrap();
        assert_eq!(&data, TEXT);
        assert_eq!(
            (verified.sequence, verified.quality),
            (sequence, Quality::Confidential)
        );
    }
    let mut stream = b"kept".to_vec();
    server.seal_message(TEXT, &mut stream).unwrap();
    let opened = client.open_stream(&mut stream[4..], Order::Next).unwrap();
    let Opened::Message {
        plain,
        used,
        verified,
    } = opened
    else {
        panic!("{opened:?}");
    };
    assert_eq!(&stream[4..][plain], TEXT);
    assert_eq!((used, verified.sequence), (16 + TEXT.len(), 0));
    assert_eq!(&stream[..4], b"kept");
}

/// NTLM-SIG-5, API-MSG-11, API-MSG-13: a message that does not verify leaves everything as it was.
#[test]
fn a_bad_message_changes_nothing() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let (good, token) = seal(&mut client, TEXT);
    for bit in 0..(good.len() + 16) * 8 {
        let (mut data, mut token) = (good.clone(), token);
        if bit / 8 < good.len() {
            data[bit / 8] ^= 1 << (bit % 8);
        } else {
            token[bit / 8 - good.len()] ^= 1 << (bit % 8);
        }
        let received = data.clone();
        let error = open(&mut server, &mut data, &token).unwrap_err();
        assert_eq!(data, received, "no plaintext is left behind");
        let expected = if bit / 8 >= good.len() + 12 {
            Status::SEC_E_OUT_OF_SEQUENCE
        } else {
            Status::SEC_E_MESSAGE_ALTERED
        };
        assert_eq!(error.status(), expected, "bit {bit}");
    }
    let mut data = good;
    open(&mut server, &mut data, &token).unwrap();
    assert_eq!(&data, TEXT, "the next valid message still opens");
}

/// NTLM-SIG-5, CONN-5: repeated, lost and reordered messages.
#[test]
fn order_is_checked() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let messages: Vec<_> = (0..3u8).map(|n| seal(&mut client, &[n; 5])).collect();
    let mut deliver = |n: usize| {
        let (mut data, token) = messages[n].clone();
        open(&mut server, &mut data, &token).map(|_| data)
    };
    assert_eq!(
        deliver(1),
        Err(Error::OutOfSequence {
            expected: 0,
            received: 1
        })
    );
    assert_eq!(deliver(0), Ok(vec![0; 5]));
    assert_eq!(
        deliver(0),
        Err(Error::OutOfSequence {
            expected: 1,
            received: 0
        })
    );
    assert_eq!(
        deliver(2),
        Err(Error::OutOfSequence {
            expected: 1,
            received: 2
        })
    );
    assert_eq!(deliver(1), Ok(vec![1; 5]));
    assert_eq!(deliver(2), Ok(vec![2; 5]));
}

/// NTLM-SIG-5: signatures, and that a failed one moves neither number nor stream.
#[test]
fn signatures() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let mut token = [0; 16];
    assert_eq!(
        client.sign(&[b"one ", b"message"], &mut token, Order::Next),
        Ok(16)
    );
    assert_eq!(
        server.verify(&[b"one massage"], &token, Order::Next),
        Err(Error::MessageAltered)
    );
    assert_eq!(
        server
            .verify(&[b"one message"], &token[..15], Order::Next)
            .unwrap_err()
            .status(),
        Status::SEC_E_INVALID_TOKEN
    );
    let verified = server
        .verify(&[b"one message"], &token, Order::Next)
        .unwrap();
    assert_eq!(verified.quality, Quality::IntegrityOnly);
    assert_eq!(
        server.verify(&[b"one message"], &token, Order::Next),
        Err(Error::OutOfSequence {
            expected: 1,
            received: 0
        })
    );
    let (mut data, token) = seal(&mut client, TEXT);
    open(&mut server, &mut data, &token).unwrap();
    assert_eq!(&data, TEXT, "signing and sealing share one stream");
}

/// NTLM-SIG-7: pieces need not touch; those that are only signed stay as they are.
#[test]
fn pieces() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let (mut one, mut two, mut token) = (*b"first", *b"second!", [0; 16]);
    client
        .seal(
            &mut Outgoing::new(
                &mut token,
                &mut [
                    Piece::Signed(b"header"),
                    Piece::Data(&mut one),
                    Piece::Signed(b""),
                    Piece::Data(&mut two),
                ],
            ),
            Quality::Confidential,
            Order::Next,
        )
        .unwrap();
    assert!(&one != b"first" && &two != b"second!");
    let mut joined = [&one[..], &two].concat();
    let changed = server.open(
        &token,
        &mut [Piece::Signed(b"Header"), Piece::Data(&mut joined)],
        Order::Next,
    );
    assert_eq!(changed, Err(Error::MessageAltered));
    server
        .open(
            &token,
            &mut [Piece::Signed(b"header"), Piece::Data(&mut joined)],
            Order::Next,
        )
        .unwrap();
    assert_eq!(joined, b"firstsecond!");
}

/// API-MSG-4: a token buffer that is too small is named, and nothing is encrypted.
#[test]
fn small_token_buffers() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let (mut data, mut token) = (*TEXT, [0; 15]);
    let error = client
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            Quality::Confidential,
            Order::Next,
        )
        .unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_BUFFER_TOO_SMALL);
    assert_eq!(&data, TEXT);
    assert_eq!(
        client
            .sign(&[TEXT], &mut token, Order::Next)
            .unwrap_err()
            .status(),
        Status::SEC_E_BUFFER_TOO_SMALL
    );
    let (mut data, token) = seal(&mut client, TEXT);
    open(&mut server, &mut data, &token).unwrap();
}

/// API-MSG-6, NTLM-FLG-3: protection that was not negotiated is refused; integrity alone seals without encryption.
#[test]
fn protection_follows_what_was_negotiated() {
    let mut setup = Setup::default();
    let (mut client, mut server) = setup.sessions();
    assert!(!client.facts().flags.contains(ContextFlags::CONFIDENTIALITY));
    let (mut data, mut token) = (*TEXT, [0; 16]);
    let mut pieces = [Piece::Data(&mut data)];
    let mut message = Outgoing::new(&mut token, &mut pieces);
    assert_eq!(
        client
            .seal(&mut message, Quality::Confidential, Order::Next)
            .unwrap_err()
            .status(),
        Status::SEC_E_QOP_NOT_SUPPORTED
    );
    client
        .seal(&mut message, Quality::IntegrityOnly, Order::Next)
        .unwrap();
    assert_eq!(&data, TEXT);
    let verified = open(&mut server, &mut data, &token).unwrap();
    assert_eq!((&data, verified.quality), (TEXT, Quality::IntegrityOnly));

    setup.initiate = Initiate::default();
    let (mut client, mut server) = setup.sessions();
    assert_eq!(client.facts().flags, ContextFlags::CONNECTION);
    for result in [
        client.sign(&[TEXT], &mut token, Order::Next).map(|_| ()),
        server.verify(&[TEXT], &token, Order::Next).map(|_| ()),
        server.open_stream(&mut [0; 20], Order::Next).map(|_| ()),
    ] {
        assert_eq!(
            result.unwrap_err().status(),
            Status::SEC_E_QOP_NOT_SUPPORTED
        );
    }
}

/// NTLM-FLG-3: a context that protects nothing exchanges no key and does not say that it does.
#[test]
fn no_key_without_protection() {
    for (request, exchanged) in [
        (ContextFlags::empty(), false),
        (ContextFlags::INTEGRITY, true),
        (ContextFlags::CONFIDENTIALITY, true),
    ] {
        let mut setup = Setup {
            initiate: Initiate::default().request(request),
            ..Setup::default()
        };
        let mut authenticate = Vec::new();
        let (client, server) = setup
            .exchange(|leg, token| {
                if leg == 3 {
                    authenticate.clone_from(token);
                }
            })
            .unwrap();
        let message = Authenticate::parse(&authenticate).unwrap();
        assert_eq!(message.flags.contains(NegotiateFlags::KEY_EXCH), exchanged);
        assert_eq!(message.encrypted_session_key.is_empty(), !exchanged);
        let key = |session: &Session| session.facts().session_key.clone().unwrap();
        assert_eq!(key(&client).expose(), key(&server).expose());
    }
}

/// API-ISC-12: one thread seals while another opens.
#[test]
fn two_halves_on_two_threads() {
    let (client, server) = Setup::sealing().sessions();
    let (mut client_sealer, mut client_opener, facts) = client.split();
    let (mut server_sealer, mut server_opener, _) = server.split();
    let trailer = facts.sizes.security_trailer;
    let (to_server, from_client) = std::sync::mpsc::channel::<Vec<u8>>();
    let (to_client, from_server) = std::sync::mpsc::channel::<Vec<u8>>();
    thread::scope(|scope| {
        scope.spawn(move || {
            for n in 0..200u32 {
                let mut message = Vec::new();
                client_sealer
                    .seal_message(&n.to_le_bytes(), trailer, &mut message)
                    .unwrap();
                to_server.send(message).unwrap();
            }
        });
        scope.spawn(move || {
            for mut message in from_client {
                let Opened::Message { plain, .. } = server_opener
                    .open_stream(&mut message, Order::Next)
                    .unwrap()
                else {
                    panic!()
                };
                let mut answer = Vec::new();
                server_sealer
                    .seal_message(&message[plain], trailer, &mut answer)
                    .unwrap();
                to_client.send(answer).unwrap();
            }
        });
        scope.spawn(move || {
            let mut expected = 0u32;
            for mut message in from_server {
                let Opened::Message { plain, .. } = client_opener
                    .open_stream(&mut message, Order::Next)
                    .unwrap()
                else {
                    panic!()
                };
                assert_eq!(message[plain], expected.to_le_bytes());
                expected += 1;
            }
            assert_eq!(expected, 200);
        });
    });
}

/// DG-10, API-MSG-3: on a connection the caller's number is ignored.
#[test]
fn a_connection_counts_its_messages_itself() {
    let (mut client, mut server) = Setup::sealing().sessions();
    let (mut data, mut token) = (*TEXT, [0; 16]);
    client
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            Quality::Confidential,
            Order::At(77),
        )
        .unwrap();
    let verified = server
        .open(&token, &mut [Piece::Data(&mut data)], Order::At(5))
        .unwrap();
    assert_eq!((verified.sequence, &data), (0, TEXT));
}
