//! Connectionless NTLM: sign first, authenticate later, and again after the server forgot.
mod support;

use countersign::ntlm::message::{Authenticate, Challenge, NegotiateFlags};
use countersign::wire::description::hex;
use countersign::*;
use support::*;

/// Clients and servers of one credential each, so that several contexts can follow one another.
struct Pair {
    client: std::sync::Arc<dyn Credential>,
    server: std::sync::Arc<dyn Credential>,
    account: One,
}

impl Pair {
    fn new() -> Self {
        let setup = Setup::default();
        Self {
            client: setup
                .ntlm
                .acquire(Acquire::outbound().identity(setup.identity.clone()))
                .unwrap(),
            server: setup.ntlm.acquire(Acquire::inbound()).unwrap(),
            account: setup.account,
        }
    }

    fn client(&self, flags: ContextFlags) -> Datagram {
        let request = Initiate::to("RPC/server").request(flags);
        self.client.datagram(&request).unwrap()
    }

    fn server(&self, flags: ContextFlags) -> Datagram {
        self.server
            .accept_datagram(&Accept::new().request(flags))
            .unwrap()
    }

    /// The server challenges, the client answers, the server looks the account up.
    fn establish(&mut self, client: &mut Datagram, server: &mut Datagram) -> Result<(), Error> {
        self.establish_with(client, server, |_, _| ())
    }

    fn establish_with(
        &mut self,
        client: &mut Datagram,
        server: &mut Datagram,
        mut tamper: impl FnMut(usize, &mut Vec<u8>),
    ) -> Result<(), Error> {
        let (mut challenge, mut answer) = (Vec::new(), Vec::new());
        let step = server.respond(Input::none(), &mut challenge)?;
        assert!(matches!(step, Responded::Continue));
        tamper(2, &mut challenge);
        let step = client.respond(Input::token(&challenge), &mut answer)?;
        assert!(matches!(step, Responded::Established));
        tamper(3, &mut answer);
        self.accept(server, &answer)
    }

    fn accept(&mut self, server: &mut Datagram, token: &[u8]) -> Result<(), Error> {
        let mut out = Vec::new();
        let Responded::Ask(question) = server.respond(Input::token(token), &mut out)? else {
            panic!("a logon has a question");
        };
        let found = answer(&question, &mut self.account);
        let step = server.answer(found, &mut out)?;
        assert!(matches!(step, Responded::Established) && out.is_empty());
        Ok(())
    }
}

fn sign(context: &mut Datagram, text: &[u8], sequence: u32) -> [u8; 16] {
    let mut token = [0; 16];
    assert_eq!(context.sign(&[text], &mut token, sequence), Ok(16));
    token
}

fn seal(context: &mut Datagram, text: &[u8], sequence: u32) -> (Vec<u8>, [u8; 16]) {
    let (mut data, mut token) = (text.to_vec(), [0; 16]);
    context
        .seal(
            &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
            Quality::Confidential,
            sequence,
        )
        .unwrap();
    (data, token)
}

/// NTLM-DG-6, DG-7: the published keys and messages of three numbers, in any order.
#[test]
fn published_messages() {
    let setup = Setup::default();
    let credential = setup
        .ntlm
        .acquire(
            Acquire::outbound()
                .identity(setup.identity.clone())
                .environment(Environment::fixed(Timestamp::NEVER, vec![0x55; 16])),
        )
        .unwrap();
    let request = Initiate::default().request(ContextFlags::CONFIDENTIALITY);
    let mut context = credential.datagram(&request).unwrap();
    let text: Vec<u8> = "Plaintext"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (number, sealed, token, signed) in [
        (
            7,
            "dac9bd8823487c1f749210822696c5816f48",
            "01000000b77676c8535c802407000000",
            "01000000385e43467351a29c07000000",
        ),
        (
            0,
            "c12e856a640d377cee707c8b12a1e9de4794",
            "01000000c2c9d046dd672bd100000000",
            "01000000e11bc13bf75b1d7500000000",
        ),
        (
            1,
            "d758cc5916552967d6b657fcc34955af9560",
            "01000000a0d8987327f67a7b01000000",
            "010000009534fd01ad7404b101000000",
        ),
    ] {
        let (data, made) = seal(&mut context, &text, number);
        assert_eq!((hex(&data).as_str(), hex(&made).as_str()), (sealed, token));
        assert_eq!(hex(&sign(&mut context, &text, number)), signed);
    }
}

/// DG-1, DG-3, DG-4, DG-12, NTLM-DG-1, NTLM-DG-2, NTLM-DG-3: signed before anything was exchanged, verified afterwards.
#[test]
fn sign_first_authenticate_later() {
    let mut pair = Pair::new();
    let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
    let mut out = Vec::new();
    let first = client.respond(Input::none(), &mut out).unwrap();
    assert!(
        matches!(first, Responded::Continue) && out.is_empty(),
        "no token"
    );
    assert!(client.facts().flags.contains(ContextFlags::DATAGRAM));
    let request = sign(&mut client, b"request one", 1);

    let mut server = pair.server(ContextFlags::empty());
    let early = server
        .verify(&[b"request one"], &request, Some(1))
        .unwrap_err();
    assert_eq!(early.status(), Status::SEC_E_NO_CONTEXT);
    pair.establish(&mut client, &mut server).unwrap();
    let verified = server.verify(&[b"request one"], &request, Some(1)).unwrap();
    assert_eq!(verified.sequence, 1);
    let facts = server.facts();
    assert_eq!(facts.names.client, r"Domain\User");
    assert_eq!(facts.target.as_deref(), Some("RPC/server"));
    assert!(
        facts
            .flags
            .contains(ContextFlags::DATAGRAM | ContextFlags::INTEGRITY)
    );
    assert!(!facts.flags.intersects(
        ContextFlags::CONNECTION | ContextFlags::REPLAY_DETECT | ContextFlags::SEQUENCE_DETECT
    ));
    let key = |context: &Datagram| {
        context
            .facts()
            .session_key
            .clone()
            .unwrap()
            .expose()
            .to_vec()
    };
    assert_eq!(key(&client), key(&server));

    let (mut data, token) = seal(&mut server, b"an answer", 1);
    let verified = client
        .open(&token, &mut [Piece::Data(&mut data)], None)
        .unwrap();
    assert_eq!((&data[..], verified.sequence), (&b"an answer"[..], 1));
}

/// DG-5, DG-6, DG-7, NTLM-DG-8: the server forgets, challenges again, and verifies what was signed before.
#[test]
fn established_again_and_again() {
    let mut pair = Pair::new();
    let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
    let before = sign(&mut client, b"before", 1);
    let mut key = None;
    for round in 0..4 {
        // A fresh server context: the old one was dropped without a word.
        let mut server = pair.server(ContextFlags::empty());
        pair.establish(&mut client, &mut server).unwrap();
        let now = server
            .facts()
            .session_key
            .clone()
            .unwrap()
            .expose()
            .to_vec();
        assert_eq!(
            *key.get_or_insert_with(|| now.clone()),
            now,
            "round {round}"
        );
        server.verify(&[b"before"], &before, Some(1)).unwrap();
        let (mut data, token) = seal(&mut client, b"the same number", 9);
        server
            .open(&token, &mut [Piece::Data(&mut data)], Some(9))
            .unwrap();
        assert_eq!(data, b"the same number");
    }
}

/// DG-6: either side starts anew on the same contexts; a failed attempt leaves the keys in use.
#[test]
fn established_again_on_the_same_contexts() {
    let mut pair = Pair::new();
    let (mut client, mut server) = (
        pair.client(ContextFlags::CONFIDENTIALITY),
        pair.server(ContextFlags::empty()),
    );
    for _ in 0..3 {
        pair.establish(&mut client, &mut server).unwrap();
    }
    let mut other = pair.client(ContextFlags::CONFIDENTIALITY);
    let account = std::mem::replace(&mut pair.account, One(LogonAnswer::Unknown));
    let refused = pair.establish(&mut other, &mut server).unwrap_err();
    assert_eq!(refused, Error::LogonDenied(Denied::UnknownUser));
    let token = sign(&mut client, b"still", 4);
    server.verify(&[b"still"], &token, None).unwrap();
    // A client that restarted has another key, and takes the old one's place.
    pair.account = account;
    pair.establish(&mut other, &mut server).unwrap();
    assert!(server.verify(&[b"still"], &token, None).is_err());
    let token = sign(&mut other, b"new", 0);
    server.verify(&[b"new"], &token, None).unwrap();
}

/// DG-8, DG-9, NTLM-DG-7: the caller's numbers, in any order, and the receiver is told which verified.
#[test]
fn numbers_of_the_caller() {
    let mut pair = Pair::new();
    let (mut client, mut server) = (
        pair.client(ContextFlags::CONFIDENTIALITY),
        pair.server(ContextFlags::empty()),
    );
    pair.establish(&mut client, &mut server).unwrap();
    let tokens: Vec<_> = [3, 5, 9].map(|n| (n, sign(&mut client, b"x", n))).to_vec();
    for n in [5, 3, 9, 5] {
        let (_, token) = tokens.iter().find(|(number, _)| *number == n).unwrap();
        assert_eq!(server.verify(&[b"x"], token, Some(n)).unwrap().sequence, n);
        assert_eq!(server.verify(&[b"x"], token, None).unwrap().sequence, n);
    }
    let token = sign(&mut client, b"x", 7);
    assert_eq!(
        server.verify(&[b"x"], &token, Some(8)),
        Err(Error::OutOfSequence {
            expected: 8,
            received: 7
        })
    );
}

/// DG-10, NTLM-DG-7: replays and disorder are detected where the receiver asked for it, and nowhere else.
#[test]
fn detection_where_it_was_asked_for() {
    for (flags, orders) in [
        (ContextFlags::empty(), [true, true, true]),
        (ContextFlags::REPLAY_DETECT, [true, true, false]),
        (ContextFlags::SEQUENCE_DETECT, [true, false, false]),
    ] {
        let mut pair = Pair::new();
        let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
        let mut server = pair.server(flags);
        pair.establish(&mut client, &mut server).unwrap();
        assert!(server.facts().flags.contains(flags));
        for (number, fine) in [6, 4, 6].into_iter().zip(orders) {
            let token = sign(&mut client, b"x", number);
            let result = server.verify(&[b"x"], &token, None);
            assert_eq!(result.is_ok(), fine, "{flags:?} {number}");
            if let Err(error) = result {
                assert_eq!(error.status(), Status::SEC_E_OUT_OF_SEQUENCE);
            }
        }
        // What is remembered outlives an exchange with the same key.
        pair.establish(&mut client, &mut server).unwrap();
        let token = sign(&mut client, b"x", 6);
        assert_eq!(server.verify(&[b"x"], &token, None).is_ok(), orders[2]);
    }
}

/// NTLM-DG-6, API-MSG-11: an altered datagram changes nothing and shows nothing.
#[test]
fn altered_datagrams() {
    let mut pair = Pair::new();
    let (mut client, mut server) = (
        pair.client(ContextFlags::CONFIDENTIALITY),
        pair.server(ContextFlags::REPLAY_DETECT),
    );
    pair.establish(&mut client, &mut server).unwrap();
    let (good, token) = seal(&mut client, b"twenty bytes of text", 3);
    for bit in 0..(good.len() + 16) * 8 {
        let (mut data, mut token) = (good.clone(), token);
        if bit / 8 < good.len() {
            data[bit / 8] ^= 1 << (bit % 8);
        } else {
            token[bit / 8 - good.len()] ^= 1 << (bit % 8);
        }
        let received = data.clone();
        let result = server.open(&token, &mut [Piece::Data(&mut data)], None);
        assert_eq!(result, Err(Error::MessageAltered), "bit {bit}");
        assert_eq!(data, received);
    }
    let mut data = good;
    server
        .open(&token, &mut [Piece::Data(&mut data)], Some(3))
        .unwrap();
    assert_eq!(data, b"twenty bytes of text");
}

/// NTLM-DG-4, NTLM-DG-5, CONN-5: no LM response, and the MIC covers every bit of both messages.
#[test]
fn altered_tokens() {
    let mut pair = Pair::new();
    let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
    let mut lengths = [0; 4];
    let mut server = pair.server(ContextFlags::empty());
    pair.establish_with(&mut client, &mut server, |leg, token| {
        lengths[leg] = token.len();
        if leg == 3 {
            let message = Authenticate::parse(token).unwrap();
            assert!(message.lm_response.is_empty());
            assert!(message.flags.contains(NegotiateFlags::DATAGRAM));
        }
    })
    .unwrap();
    for leg in [2, 3] {
        for bit in 0..lengths[leg] * 8 {
            let mut server = pair.server(ContextFlags::empty());
            let result = pair.establish_with(&mut client, &mut server, |l, token| {
                if l == leg {
                    token[bit / 8] ^= 1 << (bit % 8);
                }
            });
            assert!(result.is_err(), "token {leg}, bit {bit}");
        }
        for len in 0..lengths[leg] {
            let mut server = pair.server(ContextFlags::empty());
            let mut cut = Vec::new();
            let result = pair.establish_with(&mut client, &mut server, |l, token| {
                if l == leg {
                    token.truncate(len.max(1));
                    cut.clone_from(token);
                }
            });
            assert!(result.is_err(), "token {leg} cut to {len}");
        }
    }
}

/// NTLM-DG-1, NTLM-DG-9: a challenge that does not fit the keys in use is refused.
#[test]
fn a_challenge_must_fit_the_keys_in_use() {
    let mut pair = Pair::new();
    for (flag, status) in [
        (NegotiateFlags::KEY_EXCH, Status::SEC_E_INVALID_TOKEN),
        (
            NegotiateFlags::EXTENDED_SESSIONSECURITY,
            Status::SEC_E_UNSUPPORTED_FUNCTION,
        ),
        (
            NegotiateFlags::NEGOTIATE_128,
            Status::SEC_E_UNSUPPORTED_FUNCTION,
        ),
        (NegotiateFlags::SIGN, Status::SEC_E_UNSUPPORTED_FUNCTION),
        (NegotiateFlags::SEAL, Status::SEC_E_UNSUPPORTED_FUNCTION),
        (NegotiateFlags::DATAGRAM, Status::SEC_E_UNSUPPORTED_FUNCTION),
    ] {
        let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
        let mut server = pair.server(ContextFlags::empty());
        let mut out = Vec::new();
        let _ = server.respond(Input::none(), &mut out).unwrap();
        let word = Challenge::parse(&out).unwrap().flags - flag;
        out[20..24].copy_from_slice(&word.bits().to_le_bytes());
        let mut answer = Vec::new();
        let error = client.respond(Input::token(&out), &mut answer).unwrap_err();
        assert_eq!(error.status(), status, "{flag:?}");
        assert!(answer.is_empty());
        let token = sign(&mut client, b"x", 1);
        pair.establish(&mut client, &mut server).unwrap();
        server.verify(&[b"x"], &token, Some(1)).unwrap();
    }
}

/// A challenge is good for one answer; what comes without one is refused and changes nothing.
#[test]
fn answers_without_a_challenge() {
    let mut pair = Pair::new();
    let mut client = pair.client(ContextFlags::CONFIDENTIALITY);
    let mut server = pair.server(ContextFlags::empty());
    let mut recorded = Vec::new();
    pair.establish_with(&mut client, &mut server, |leg, token| {
        if leg == 3 {
            recorded.clone_from(token);
        }
    })
    .unwrap();
    let mut out = Vec::new();
    let again = server
        .respond(Input::token(&recorded), &mut out)
        .unwrap_err();
    assert!(matches!(again, Error::ApiMisuse(ApiMisuse::WrongOrder(_))));
    let unasked = server.answer(Answer::Logon(Ok(LogonAnswer::Unknown)), &mut out);
    assert_eq!(
        unasked.unwrap_err(),
        Error::ApiMisuse(ApiMisuse::AnswerWithoutQuestion)
    );
    // A recorded answer does not fit the next challenge.
    let _ = server.respond(Input::none(), &mut out).unwrap();
    assert!(pair.accept(&mut server, &recorded).is_err());
    let token = sign(&mut client, b"still", 4);
    server.verify(&[b"still"], &token, None).unwrap();
}

/// DG-2: a handshake makes connections only; without confidentiality a datagram is signed and not sealed.
#[test]
fn styles() {
    let mut pair = Pair::new();
    let request = Initiate::default().request(ContextFlags::DATAGRAM);
    let error = pair.client.initiate(&request).unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_UNSUPPORTED_FUNCTION);
    let mut client = pair.client(ContextFlags::empty());
    let mut server = pair.server(ContextFlags::empty());
    pair.establish(&mut client, &mut server).unwrap();
    assert!(!server.facts().flags.contains(ContextFlags::CONFIDENTIALITY));
    let (mut data, mut token) = (*b"text", [0; 16]);
    let mut pieces = [Piece::Data(&mut data)];
    let mut message = Outgoing::new(&mut token, &mut pieces);
    let error = client
        .seal(&mut message, Quality::Confidential, 1)
        .unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_QOP_NOT_SUPPORTED);
    client
        .seal(&mut message, Quality::IntegrityOnly, 1)
        .unwrap();
    let verified = server
        .open(&token, &mut [Piece::Data(&mut data)], None)
        .unwrap();
    assert_eq!((&data, verified.quality), (b"text", Quality::IntegrityOnly));
}
