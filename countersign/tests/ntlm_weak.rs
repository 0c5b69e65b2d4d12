//! What the policy `legacy` allows and `modern` refuses: responses of version 1, short keys, messages
//! without session security, signatures that are none, and no NTLM at all.
#![allow(
    clippy::field_reassign_with_default,
    reason = "a setup is changed step by step"
)]
mod support;

use LmCompatibilityLevel::*;
use countersign::ntlm::message::{Authenticate, Negotiate, NegotiateFlags};
use countersign::*;
use support::*;

const LEVELS: [LmCompatibilityLevel; 6] = [Level0, Level1, Level2, Level3, Level4, Level5];

fn legacy(level: LmCompatibilityLevel) -> Policy {
    let mut policy = Policy::legacy();
    policy.ntlm.level = level;
    policy
}

/// A client and a server of these levels; version 1 knows no channel bindings.
fn setup(client: LmCompatibilityLevel, server: LmCompatibilityLevel) -> Setup {
    let mut setup = Setup::sealing();
    setup.client_policy = legacy(client);
    setup.server_policy = legacy(server);
    setup.client_bindings = None;
    setup.server_bindings = None;
    setup
}

/// The three messages of an exchange.
fn tokens(setup: &mut Setup) -> [Vec<u8>; 3] {
    let mut tokens = <[Vec<u8>; 3]>::default();
    setup
        .exchange(|leg, token| tokens[leg - 1].clone_from(token))
        .unwrap();
    tokens
}

fn clear(token: &mut [u8], offset: usize, flag: NegotiateFlags) {
    let word: &mut [u8] = &mut token[offset..offset + 4];
    let flags = u32::from_le_bytes(word.try_into().unwrap()) & !flag.bits();
    word.copy_from_slice(&flags.to_le_bytes());
}

/// Messages both ways, sealed and signed, in turns.
fn talk(client: &mut Session, server: &mut Session) {
    for round in 0..3u8 {
        for turn in 0..2 {
            let (from, to) = if turn == 0 {
                (&mut *client, &mut *server)
            } else {
                (&mut *server, &mut *client)
            };
            let plain = [round; 40];
            let mut data = plain;
            let mut token = [0; 16];
            from.seal(
                &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
                Quality::Confidential,
                Order::Next,
            )
            .unwrap();
            assert_ne!(data, plain);

            // An altered message is refused, comes back as it was, and the genuine one is still good.
            for at in [0, 39] {
                data[at] ^= 0x10;
                let altered = data;
                let result = to.open(&token, &mut [Piece::Data(&mut data)], Order::Next);
                assert_eq!(result.unwrap_err(), Error::MessageAltered);
                assert_eq!(data, altered);
                data[at] ^= 0x10;
            }
            to.open(&token, &mut [Piece::Data(&mut data)], Order::Next)
                .unwrap();
            assert_eq!(data, plain);

            from.sign(&[&plain], &mut token, Order::Next).unwrap();
            let mut wrong = token;
            wrong[15] ^= 1;
            to.verify(&[&plain], &wrong, Order::Next).unwrap_err();
            to.verify(&[&plain], &token, Order::Next).unwrap();
            // A message that was seen is out of sequence.
            let again = to.verify(&[&plain], &token, Order::Next).unwrap_err();
            assert!(
                matches!(again, Error::MessageAltered | Error::OutOfSequence { .. }),
                "{again:?}"
            );
        }
    }
}

/// NTLM-CLI-4, NTLM-SRV-4: who gets through to whom, at each pair of levels, and with which responses.
#[test]
fn levels() {
    for client in LEVELS {
        for server in LEVELS {
            let mut setup = setup(client, server);
            let mut authenticate = Vec::new();
            let result = setup.exchange(|leg, token| {
                if leg == 3 {
                    authenticate.clone_from(token);
                }
            });
            let message = Authenticate::parse(&authenticate).unwrap();
            let version_2 = client >= Level3;
            assert_eq!(message.nt_response.len() > 24, version_2);
            if version_2 || server <= Level4 {
                let (mut client, mut server) = result.unwrap();
                assert_eq!(
                    server.facts().names.client,
                    r"Domain\User",
                    "the name that was proven"
                );
                talk(&mut client, &mut server);
            } else {
                assert_eq!(
                    result.unwrap_err(),
                    Error::LogonDenied(Denied::WeakResponse)
                );
            }
        }
    }
}

/// NTLM-CLI-4: which responses stand in the message; only the lowest levels give the LM response away.
#[test]
fn responses_of_version_1() {
    let server_challenge = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    for level in [Level0, Level1, Level2] {
        let mut setup = setup(level, Level0);
        let [negotiate, challenge, authenticate] = tokens(&mut setup);
        let session_security = NegotiateFlags::EXTENDED_SESSIONSECURITY;
        let offered = Negotiate::parse(&negotiate).unwrap().flags;
        assert_eq!(offered.contains(session_security), level != Level0);
        assert_eq!(challenge[24..32], server_challenge);
        let message = Authenticate::parse(&authenticate).unwrap();
        assert_eq!(authenticate[32], 72, "no room for a MIC: names begin here");
        if level == Level0 {
            // [MS-NLMP] 4.2.2.2.
            assert_eq!(
                message.nt_response,
                unhex("67c43011f30298a2ad35ece64f16331c44bdbed927841f94")
            );
            assert_eq!(
                message.lm_response,
                unhex("98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13")
            );
        } else {
            // [MS-NLMP] 4.2.3.2.
            assert_eq!(
                message.nt_response,
                unhex("7537f803ae367128ca458204bde7caf81e97ed2683267232")
            );
            assert_eq!(
                message.lm_response,
                unhex("aaaaaaaaaaaaaaaa00000000000000000000000000000000")
            );
        }
    }
    // Without session security on the server's side the second level keeps the LM response to itself.
    for (level, same) in [(Level1, false), (Level2, true)] {
        let mut authenticate = Vec::new();
        setup(level, Level0)
            .exchange(|leg, token| match leg {
                1 => clear(token, 12, NegotiateFlags::EXTENDED_SESSIONSECURITY),
                3 => authenticate.clone_from(token),
                _ => {}
            })
            .unwrap();
        let message = Authenticate::parse(&authenticate).unwrap();
        assert_eq!(message.lm_response == message.nt_response, same);
    }
}

/// NTLM-CLI-4: the hash of the password is enough for the NT response and gives no LM response.
#[test]
fn a_client_that_has_the_hash_only() {
    let mut setup = setup(Level0, Level0);
    setup.identity = Identity::new(
        "Domain",
        "User",
        IdentitySecret::NtHash(Secret::new(
            unhex("a4f49c406510bdcab6824ee7c30fd852")
                .try_into()
                .unwrap(),
        )),
    )
    .unwrap();
    let [_, _, authenticate] = tokens(&mut setup);
    let message = Authenticate::parse(&authenticate).unwrap();
    assert_eq!(message.lm_response, message.nt_response);
}

/// Keeps the question, and answers as an authority that accepts.
struct Authority(Option<Logon>);

impl Resolve for Authority {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        self.0 = Some(logon.clone());
        Ok(LogonAnswer::Accepted {
            // MD4 of the NT hash: the session base key of version 1 ([MS-NLMP] 4.2.2.1.3).
            session_base_key: Secret::new(
                unhex("d87262b0cde4b1cb7499becccdf10784")
                    .try_into()
                    .unwrap(),
            ),
            domain: "DOMAIN".into(),
            user: "user".into(),
        })
    }
}

/// NTLM-SRV-4: an authority is told what the response was computed over, and its key is the base of
/// the session's.
#[test]
fn an_authority_decides() {
    for (level, challenge) in [
        (Level0, "0123456789abcdef"),
        // Half of the MD5 of both challenges.
        (Level2, "5af2559e6bcb5c25"),
    ] {
        let setup = setup(level, Level0);
        let (client, negotiate) = setup.negotiate();
        let (server, challenge_message) = setup.challenge(&negotiate).unwrap();
        let (mut client, authenticate) = setup.authenticate(client, &challenge_message).unwrap();
        let mut authority = Authority(None);
        let step = server
            .step(Input::token(&authenticate), &mut Vec::new())
            .unwrap();
        let Step::Done(mut server) = settle(step, &mut authority, &mut Vec::new()).unwrap() else {
            panic!("not established");
        };
        let LogonProof::Ntlm {
            server_challenge,
            nt_response,
            ..
        } = authority.0.unwrap().proof
        else {
            panic!("another proof");
        };
        assert_eq!(server_challenge, unhex(challenge)[..]);
        assert_eq!(nt_response.len(), 24);
        assert_eq!(server.facts().names.client, r"DOMAIN\user");
        talk(&mut client, &mut server);
    }
}

/// NTLM-SRV-4: policies `modern` and `compat`, and what is wrong stays wrong.
#[test]
fn version_1_is_refused() {
    // The default takes it from nobody.
    let mut each = setup(Level2, Level5);
    each.server_policy = Policy::modern();
    assert_eq!(
        each.exchange(|_, _| ()).unwrap_err(),
        Error::LogonDenied(Denied::WeakResponse)
    );
    // `compat` takes it with session security only.
    let mut each = setup(Level2, Level4);
    each.server_policy = Policy::compat();
    each.exchange(|_, _| ()).unwrap();
    let mut each = setup(Level0, Level4);
    each.server_policy = Policy::compat();
    assert_eq!(
        each.exchange(|_, _| ()).unwrap_err(),
        Error::Policy(Refused::SessionSecurity)
    );
    for level in [Level0, Level2] {
        let mut each = setup(level, Level0);
        each.identity = Identity::with_password(r"Domain\User", "password").unwrap();
        assert_eq!(
            each.exchange(|_, _| ()).unwrap_err(),
            Error::LogonDenied(Denied::WrongPassword)
        );
        let mut each = setup(level, Level0);
        each.account = One(LogonAnswer::Unknown);
        assert_eq!(
            each.exchange(|_, _| ()).unwrap_err(),
            Error::LogonDenied(Denied::UnknownUser)
        );
        // A server that demands bindings does not get them from version 1.
        let mut each = setup(level, Level0);
        each.client_bindings = Some(bindings());
        each.server_bindings = Some(bindings());
        assert_eq!(
            each.exchange(|_, _| ()).unwrap_err(),
            Error::BadBindings(BindingFault::Missing)
        );
        // Nor a target that is one of its own.
        let mut each = setup(level, Level0);
        each.accept = Accept::new().target("HTTP/server.domain.example");
        assert_eq!(each.exchange(|_, _| ()).unwrap_err(), Error::WrongPrincipal);
        // Nor a MIC.
        let mut each = setup(level, Level0);
        each.server_policy.ntlm.require_mic = true;
        assert_eq!(
            each.exchange(|_, _| ()).unwrap_err(),
            Error::Policy(Refused::NoMic)
        );
    }
}

/// NTLM-SRV-4: every bit of the proof counts, and every length but one is refused.
#[test]
fn an_altered_response() {
    for level in [Level0, Level1] {
        let mut setup = setup(level, Level0);
        let [negotiate, _, authenticate] = tokens(&mut setup);
        let offset = u32::from_le_bytes(authenticate[24..28].try_into().unwrap()) as usize;
        for bit in 0..24 * 8 {
            let (server, _) = setup.challenge(&negotiate).unwrap();
            let mut altered = authenticate.clone();
            altered[offset + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                setup.verdict(server, &altered).unwrap_err(),
                Error::LogonDenied(Denied::WrongPassword)
            );
        }
        // The length of the NT response, then that of the LM response.
        for (field, lens) in [(20, 0..24u8), (12, 1..24)] {
            for len in lens {
                let (server, _) = setup.challenge(&negotiate).unwrap();
                let mut altered = authenticate.clone();
                for at in [field, field + 2] {
                    altered[at] = len;
                }
                let error = setup.verdict(server, &altered).unwrap_err();
                assert_eq!(
                    error,
                    Error::LogonDenied(Denied::WeakResponse),
                    "{field} {len}"
                );
            }
        }
    }
}

/// NTLM-FLG-4, NTLM-FLG-6: keys of 56 and of 40 bits where the policy of both sides allows them.
#[test]
fn short_keys() {
    let strong = NegotiateFlags::NEGOTIATE_128;
    for (cleared, bits) in [
        (NegotiateFlags::empty(), 128),
        (strong, 56),
        (strong | NegotiateFlags::NEGOTIATE_56, 40),
    ] {
        let weaken = |leg: usize, token: &mut Vec<u8>| {
            if leg == 1 {
                clear(token, 12, cleared);
            }
        };
        let (mut client, mut server) = setup(Level2, Level2).exchange(weaken).unwrap();
        for session in [&client, &server] {
            let info = session.facts().key_info.as_ref().unwrap();
            assert_eq!((info.key_bits, info.encrypt_algorithm), (bits, "RC4"));
        }
        talk(&mut client, &mut server);
        // With a MIC the change on the way is seen.
        if bits != 128 {
            let error = setup(Level3, Level3).exchange(weaken).unwrap_err();
            assert_eq!(error, Error::MessageAltered);
        }
        for modern in [true, false] {
            let mut each = setup(Level2, Level2);
            let policy = if modern {
                &mut each.client_policy
            } else {
                &mut each.server_policy
            };
            policy.ntlm.require_128 = true;
            let result = each.exchange(weaken);
            assert_eq!(result.is_ok(), bits == 128);
            if let Err(error) = result {
                assert_eq!(error, Error::Policy(Refused::KeyLength));
            }
        }
    }
}

/// NTLM-SIG-2: without session security the key is the whole session key and the checksum is CRC32.
#[test]
fn without_session_security() {
    let (client, server) = setup(Level0, Level0).sessions();
    for session in [&client, &server] {
        let info = session.facts().key_info.as_ref().unwrap();
        assert_eq!(
            (info.signature_algorithm, info.key_bits),
            ("CRC32", 128),
            "what was negotiated is what is told"
        );
    }
}

/// NTLM-SIG-6, NTLM-API-11: the constant where always-sign was negotiated and integrity was not;
/// nothing else verifies, nothing is sealed, and no policy but `legacy` does it.
#[test]
fn dummy_signatures() {
    let constant = unhex("01000000000000000000000000000000");
    for client in [Level0, Level2, Level3] {
        let mut each = setup(client, Level0);
        each.initiate = Initiate::to("HTTP/server.domain.example");
        let (mut client, mut server) = each.sessions();
        assert!(!server.facts().flags.intersects(ContextFlags::INTEGRITY));
        for _ in 0..2 {
            let mut token = [0xee; 16];
            client.sign(&[b"data"], &mut token, Order::Next).unwrap();
            assert_eq!(token, constant[..]);
            server.verify(&[b"data"], &token, Order::Next).unwrap();
            for bit in 0..128 {
                let mut altered = token;
                altered[bit / 8] ^= 1 << (bit % 8);
                server
                    .verify(&[b"data"], &altered, Order::Next)
                    .unwrap_err();
            }
            server
                .verify(&[b"data"], &token[..15], Order::Next)
                .unwrap_err();
        }
        let mut data = *b"data";
        let mut token = [0; 16];
        for quality in [Quality::Confidential, Quality::IntegrityOnly] {
            let error = client
                .seal(
                    &mut Outgoing::new(&mut token, &mut [Piece::Data(&mut data)]),
                    quality,
                    Order::Next,
                )
                .unwrap_err();
            assert_eq!(error.status(), Status::SEC_E_QOP_NOT_SUPPORTED);
        }
        assert_eq!(&data, b"data");
    }
    for policy in [Policy::modern(), Policy::compat()] {
        let mut each = setup(Level5, Level5);
        each.client_policy = policy.clone();
        each.server_policy = policy;
        each.initiate = Initiate::to("HTTP/server.domain.example");
        let (mut client, mut server) = each.sessions();
        let error = client
            .sign(&[b"data"], &mut [0; 16], Order::Next)
            .unwrap_err();
        assert_eq!(error.status(), Status::SEC_E_QOP_NOT_SUPPORTED);
        let error = server
            .verify(&[b"data"], &constant, Order::Next)
            .unwrap_err();
        assert_eq!(error.status(), Status::SEC_E_QOP_NOT_SUPPORTED);
    }
}

/// NTLM-CLI-8, NTLM-SRV-10: a role that the policy forbids does nothing.
#[test]
fn forbidden_roles() {
    for (incoming, outgoing, status) in [
        (false, false, Status::STATUS_NTLM_BLOCKED),
        (false, true, Status::STATUS_NOT_SUPPORTED),
        (true, false, Status::STATUS_NOT_SUPPORTED),
    ] {
        let mut policy = Policy::modern();
        policy.ntlm.incoming = incoming;
        policy.ntlm.outgoing = outgoing;
        let credential = Setup::default()
            .ntlm
            .acquire(
                Acquire::new(CredentialUse::Both)
                    .identity(Identity::with_password(r"Domain\User", "Password").unwrap())
                    .policy(policy),
            )
            .unwrap();
        let client = credential.initiate(&Initiate::to("HTTP/server"));
        let server = credential.accept(&Accept::new());
        assert_eq!((server.is_ok(), client.is_ok()), (incoming, outgoing));
        for error in [client.err(), server.err()].into_iter().flatten() {
            assert_eq!(error.status(), status);
        }
    }
}
