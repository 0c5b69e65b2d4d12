//! What each side of NTLM checks and refuses, rule by rule.
#![allow(
    clippy::field_reassign_with_default,
    reason = "a setup is changed step by step"
)]
mod support;

use std::sync::Arc;
use std::time::Duration;

use countersign::ntlm::message::{
    Authenticate, AvFlags, AvId, AvPairs, Challenge, Negotiate, NegotiateFlags, NtlmV2Response,
};
use countersign::ntlm::{Ntlm, ServerNames};
use countersign::*;
use support::*;

/// The flags of a NEGOTIATE for a request.
fn offered(request: ContextFlags) -> NegotiateFlags {
    let mut setup = Setup::default();
    setup.initiate = Initiate::default().request(request);
    let (_, token) = setup.negotiate();
    Negotiate::parse(&token).unwrap().flags
}

/// A challenge of our server to `setup`'s client, changed by `change`, and what the client makes of it.
fn client_after(
    setup: &Setup,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<(Session, Vec<u8>), Error> {
    let (client, negotiate) = setup.negotiate();
    let (_, mut challenge) = setup.challenge(&negotiate).unwrap();
    change(&mut challenge);
    setup.authenticate(client, &challenge)
}

fn clear_flag(offset: usize, flag: NegotiateFlags) -> impl Fn(&mut Vec<u8>) {
    move |token| {
        let word = u32::from_le_bytes(token[offset..offset + 4].try_into().unwrap());
        token[offset..offset + 4].copy_from_slice(&(word & !flag.bits()).to_le_bytes());
    }
}

/// A CHALLENGE from parts.
fn challenge_with(flags: NegotiateFlags, target_info: &[u8]) -> Vec<u8> {
    let mut token = b"NTLMSSP\0\x02\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    token.extend_from_slice(&flags.bits().to_le_bytes());
    token.extend_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
    token.extend_from_slice(&[0; 8]);
    let len = u16::try_from(target_info.len()).unwrap().to_le_bytes();
    token.extend_from_slice(&[len[0], len[1], len[0], len[1], 56, 0, 0, 0]);
    token.extend_from_slice(&[0; 8]);
    token.extend_from_slice(target_info);
    token
}

fn pair(id: AvId, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).unwrap();
    [&id.0.to_le_bytes()[..], &len.to_le_bytes(), value].concat()
}

const STRONG: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::SIGN)
    .union(NegotiateFlags::SEAL)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::TARGET_INFO)
    .union(NegotiateFlags::NEGOTIATE_128)
    .union(NegotiateFlags::KEY_EXCH);

/// NTLM-FLG-3, NTLM-FLG-5: what is asked for decides what is offered.
#[test]
fn offered_flags_follow_the_request() {
    let none = offered(ContextFlags::empty());
    assert!(none.contains(NegotiateFlags::ALWAYS_SIGN | NegotiateFlags::REQUEST_TARGET));
    assert!(!none.intersects(NegotiateFlags::SIGN | NegotiateFlags::SEAL));
    assert!(
        !none.intersects(NegotiateFlags::TARGET_TYPE_DOMAIN | NegotiateFlags::TARGET_TYPE_SERVER)
    );
    for flag in [
        ContextFlags::INTEGRITY,
        ContextFlags::REPLAY_DETECT,
        ContextFlags::SEQUENCE_DETECT,
    ] {
        let flags = offered(flag);
        assert!(flags.contains(NegotiateFlags::SIGN) && !flags.contains(NegotiateFlags::SEAL));
    }
    assert!(offered(ContextFlags::CONFIDENTIALITY).contains(
        NegotiateFlags::SEAL
            | NegotiateFlags::SIGN
            | NegotiateFlags::KEY_EXCH
            | NegotiateFlags::LM_KEY
            | NegotiateFlags::EXTENDED_SESSIONSECURITY
    ));
    assert!(offered(ContextFlags::IDENTIFY).contains(NegotiateFlags::IDENTIFY));
}

/// NTLM-FLG-4, NTLM-CLI-1: a server without 128-bit keys or without session security is refused.
#[test]
fn client_demands_strength() {
    let setup = Setup::sealing();
    for (flag, refused) in [
        (NegotiateFlags::NEGOTIATE_128, Refused::KeyLength),
        (
            NegotiateFlags::EXTENDED_SESSIONSECURITY,
            Refused::SessionSecurity,
        ),
    ] {
        let error = client_after(&setup, clear_flag(20, flag)).unwrap_err();
        assert_eq!(error, Error::Policy(refused));
        assert_eq!(error.status(), Status::SEC_E_UNSUPPORTED_FUNCTION);
    }
}

/// NTLM-FLG-4, NTLM-FLG-6: the same on the server.
#[test]
fn server_demands_strength() {
    for (flag, refused) in [
        (NegotiateFlags::NEGOTIATE_128, Refused::KeyLength),
        (
            NegotiateFlags::EXTENDED_SESSIONSECURITY,
            Refused::SessionSecurity,
        ),
    ] {
        let result = Setup::sealing().exchange(|leg, token| {
            if leg == 1 {
                clear_flag(12, flag)(token);
            }
        });
        assert_eq!(result.unwrap_err(), Error::Policy(refused));
        let result = Setup::sealing().exchange(|leg, token| {
            if leg == 3 {
                clear_flag(60, flag)(token);
            }
        });
        assert_eq!(result.unwrap_err(), Error::Policy(refused));
    }
}

/// NTLM-FLG-1: without a character set there is nothing to talk in; with both Unicode wins.
#[test]
fn character_sets() {
    let both = NegotiateFlags::UNICODE | NegotiateFlags::OEM;
    let setup = Setup::sealing();
    let error = client_after(&setup, clear_flag(20, both)).unwrap_err();
    assert_eq!(error, Error::PeerMisbehaved(PeerMisbehaved::NoCharacterSet));
    assert_eq!(error.status(), Status::SEC_E_INVALID_TOKEN);
    let (_, mut token) = setup.negotiate();
    clear_flag(12, both)(&mut token);
    assert_eq!(
        setup.challenge(&token).unwrap_err(),
        Error::PeerMisbehaved(PeerMisbehaved::NoCharacterSet)
    );
    let (_, token) = setup.negotiate();
    let (_, challenge) = setup.challenge(&token).unwrap();
    let flags = Challenge::parse(&challenge).unwrap().flags;
    assert!(flags.contains(NegotiateFlags::UNICODE) && !flags.contains(NegotiateFlags::OEM));
}

/// NTLM-MSG-3: OEM texts in a code page. Neither side has Unicode here, so both take part in the change.
#[test]
fn oem_texts() {
    let mut setup = Setup::sealing();
    setup.identity = Identity::with_password("LAB\\j\u{fc}rgen", "Passw0rd").unwrap();
    setup.account = One::account("LAB", "J\u{dc}RGEN", "Passw0rd");
    // The MIC notices the change; what matters here is that names and proof got through.
    let mut user = Vec::new();
    let result = setup.exchange(|leg, token| {
        if leg == 1 {
            clear_flag(12, NegotiateFlags::UNICODE)(token);
        } else if leg == 3 {
            user = Authenticate::parse(token).unwrap().user.to_vec();
        }
    });
    assert_eq!(user, b"j\x81rgen", "code page 437");
    assert_eq!(result.unwrap_err(), Error::MessageAltered);
    setup.identity = Identity::with_password("\u{434}", "Passw0rd").unwrap();
    let result = setup.exchange(|leg, token| {
        if leg == 1 {
            clear_flag(12, NegotiateFlags::UNICODE)(token);
        }
    });
    assert!(matches!(
        result,
        Err(Error::ApiMisuse(ApiMisuse::InvalidParameter(_)))
    ));
}

/// NTLM-MSG-3, NTLM-SRV-4: user names ignore case; domains do not, but an empty one is tried.
#[test]
fn names_and_case() {
    for (client, domain) in [
        (r"LAB\ALICE", "LAB"),
        (r"lab\alice", "LAB"),
        ("alice", "LAB"),
        ("aLiCe@lab.example", "LAB"),
    ] {
        let mut setup = Setup::sealing();
        setup.identity = Identity::with_password(client, "Passw0rd").unwrap();
        setup.account = One::account(domain, "alice", "Passw0rd");
        let (_, server) = setup.sessions();
        assert_eq!(server.facts().names.client, r"LAB\alice", "{client}");
    }
}

/// NTLM-SRV-4: a client that computes its proof without the domain that it sends.
#[test]
fn a_proof_over_an_empty_domain_is_tried() {
    let mut setup = Setup::sealing();
    setup.identity = Identity::with_password("alice", "Passw0rd").unwrap();
    setup.account = One::account("LAB", "alice", "Passw0rd");
    setup.server_policy = Policy::compat();
    // The domain field is moved onto the user's bytes: the proof does not cover it. Only the MIC does.
    let result = setup.exchange(|leg, token| {
        if leg == 3 {
            let user = token[36..44].to_vec();
            token[28..36].copy_from_slice(&user);
        }
    });
    assert_eq!(result.unwrap_err(), Error::MessageAltered, "the proof held");
}

/// NTLM-CLI-1: messages are to be protected, and the server does not say who it is.
#[test]
fn client_wants_the_names_of_the_server() {
    let setup = Setup::sealing();
    let domain = pair(AvId::NB_DOMAIN_NAME, b"L\0");
    let computer = pair(AvId::NB_COMPUTER_NAME, b"S\0");
    let end = pair(AvId::EOL, b"");
    for (info, fine) in [
        (end.clone(), false),
        ([domain.clone(), end.clone()].concat(), false),
        ([computer.clone(), end.clone()].concat(), false),
        ([computer, domain, end.clone()].concat(), true),
    ] {
        let (client, _) = setup.negotiate();
        let result = setup.authenticate(client, &challenge_with(STRONG, &info));
        assert_eq!(result.is_ok(), fine);
        if let Err(error) = result {
            assert_eq!(error.status(), Status::STATUS_LOGON_FAILURE);
        }
    }
    let (client, _) = setup.negotiate();
    let bare = challenge_with(STRONG - NegotiateFlags::TARGET_INFO, b"");
    assert!(setup.authenticate(client, &bare).is_err());
    let mut plain = Setup::default();
    plain.initiate = Initiate::default();
    let (client, _) = plain.negotiate();
    assert!(
        plain.authenticate(client, &bare).is_ok(),
        "nothing to protect"
    );
}

/// NTLM-CLI-4: without target information, NTLMv2 all the same, with LMv2 beside it and no pairs.
#[test]
fn a_challenge_without_target_information() {
    let mut setup = Setup::default();
    setup.initiate = Initiate::to("HTTP/web");
    let (client, _) = setup.negotiate();
    let bare = challenge_with(STRONG - NegotiateFlags::TARGET_INFO, b"");
    let (session, token) = setup.authenticate(client, &bare).unwrap();
    let message = Authenticate::parse(&token).unwrap();
    let response = NtlmV2Response::parse(message.nt_response).unwrap();
    assert_eq!(response.pairs.iter().count(), 0);
    assert_eq!(message.lm_response.len(), 24);
    assert_eq!(message.lm_response[16..], [0xaa; 8]);
    assert!(!message.flags.contains(NegotiateFlags::TARGET_INFO));
    assert!(session.facts().target_information.is_empty());
}

/// NTLM-CLI-2, NTLM-CLI-3, NTLM-AV-3: what the client adds, and that unknown pairs come back in their place.
#[test]
fn pairs_of_the_response() {
    let mut setup = Setup::sealing();
    setup.initiate = Initiate::to("CIFS/server").request(ContextFlags::UNVERIFIED_TARGET_NAME);
    setup.client_bindings = None;
    let unknown = pair(AvId(0x1234), b"keep me");
    let info = [
        unknown.clone(),
        pair(AvId::NB_DOMAIN_NAME, b"L\0"),
        pair(AvId::FLAGS, &9u32.to_le_bytes()),
        pair(AvId::NB_COMPUTER_NAME, b"S\0"),
        pair(AvId::TIMESTAMP, &77u64.to_le_bytes()),
        pair(AvId::CHANNEL_BINDINGS, &[7; 16]),
        pair(AvId::TARGET_NAME, b"x\0"),
        pair(AvId::EOL, b""),
    ]
    .concat();
    let (client, _) = setup.negotiate();
    let (session, token) = setup
        .authenticate(client, &challenge_with(STRONG, &info))
        .unwrap();
    let message = Authenticate::parse(&token).unwrap();
    let response = NtlmV2Response::parse(message.nt_response).unwrap();
    assert_eq!(response.time, 77, "the server's time");
    assert_eq!(message.lm_response, [0; 24]);
    let pairs: Vec<_> = response
        .pairs
        .iter()
        .map(|p| (p.id, p.value.to_vec()))
        .collect();
    let spn: Vec<u8> = "CIFS/server"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let flags = AvFlags::CONSTRAINED | AvFlags::MIC | AvFlags::UNTRUSTED_TARGET;
    assert_eq!(
        pairs,
        [
            (AvId(0x1234), b"keep me".to_vec()),
            (AvId::NB_DOMAIN_NAME, b"L\0".to_vec()),
            (AvId::NB_COMPUTER_NAME, b"S\0".to_vec()),
            (AvId::TIMESTAMP, 77u64.to_le_bytes().to_vec()),
            (AvId::FLAGS, flags.bits().to_le_bytes().to_vec()),
            (AvId::CHANNEL_BINDINGS, vec![0; 16]),
            (AvId::TARGET_NAME, spn),
        ]
    );
    assert_eq!(session.facts().target_information, info);
}

/// NTLM-AV-1, NTLM-AV-2: any order is read; an unended list, an overrun and ambiguous pairs are not.
#[test]
fn lists_of_pairs() {
    let end = pair(AvId::EOL, b"");
    for bad in [
        vec![],
        pair(AvId::NB_COMPUTER_NAME, b"S\0"),
        vec![1, 0, 9, 0, b'S', 0],
        [pair(AvId::TIMESTAMP, &[0; 7]), end.clone()].concat(),
        [pair(AvId::FLAGS, &[0; 5]), end.clone()].concat(),
        [pair(AvId::CHANNEL_BINDINGS, &[0; 15]), end.clone()].concat(),
        [
            pair(AvId::FLAGS, &[0; 4]),
            pair(AvId::FLAGS, &[2, 0, 0, 0]),
            end.clone(),
        ]
        .concat(),
        [
            pair(AvId::TARGET_NAME, b""),
            pair(AvId::TARGET_NAME, b""),
            end.clone(),
        ]
        .concat(),
    ] {
        assert!(AvPairs::parse(&bad).is_err(), "{bad:?}");
        let (client, _) = Setup::sealing().negotiate();
        let result = Setup::sealing().authenticate(client, &challenge_with(STRONG, &bad));
        assert_eq!(result.unwrap_err().status(), Status::SEC_E_INVALID_TOKEN);
    }
    let swapped = [
        pair(AvId::NB_DOMAIN_NAME, b"L\0"),
        pair(AvId::NB_COMPUTER_NAME, b"S\0"),
        end,
    ]
    .concat();
    let pairs = AvPairs::parse(&swapped).unwrap();
    assert!(pairs.names_server);
    assert_eq!(pairs.bytes(), swapped);
}

/// NTLM-MSG-4: any order of the payload is read, gaps and overlaps inside the message too.
#[test]
fn payload_in_any_order() {
    let mut setup = Setup::default();
    let mut original = Vec::new();
    setup
        .exchange(|leg, t| {
            if leg == 3 {
                original = t.clone();
            }
        })
        .unwrap();
    let parsed = Authenticate::parse(&original).unwrap();
    let mut token = original[..88].to_vec();
    for (at, value) in [
        (52, parsed.encrypted_session_key),
        (20, parsed.nt_response),
        (12, parsed.lm_response),
        (44, parsed.workstation),
        (36, parsed.user),
        (28, parsed.domain),
    ] {
        token.extend_from_slice(b"gap");
        let offset = u32::try_from(token.len()).unwrap();
        token[at + 4..at + 8].copy_from_slice(&offset.to_le_bytes());
        token.extend_from_slice(value);
    }
    let moved = Authenticate::parse(&token).unwrap();
    assert_eq!(
        (moved.user, moved.domain, moved.nt_response, moved.mic),
        (parsed.user, parsed.domain, parsed.nt_response, parsed.mic)
    );
    let mut outside = original.clone();
    outside[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Authenticate::parse(&outside).unwrap_err().what, "UserName");
    outside[36..40].fill(0);
    assert_eq!(
        Authenticate::parse(&outside).unwrap().user,
        b"",
        "an empty part may point anywhere"
    );
}

/// NTLM-SRV-2: flags that were not offered.
#[test]
fn flags_not_offered_are_refused() {
    let mut setup = Setup::default();
    let result = setup.exchange(|leg, token| {
        if leg == 3 {
            token[60] |= 0x20;
        }
    });
    assert_eq!(
        result.unwrap_err(),
        Error::PeerMisbehaved(PeerMisbehaved::FlagsNotOffered(0x20))
    );
}

/// NTLM-SRV-3, NTLM-SRV-4: anonymous and version 1 logons are denied.
#[test]
fn weak_and_anonymous_logons_are_denied() {
    let empty = |token: &mut Vec<u8>, at: usize| token[at..at + 4].fill(0);
    let result = Setup::sealing().exchange(|leg, token| {
        if leg == 3 {
            for at in [12, 20, 36] {
                empty(token, at);
            }
        }
    });
    assert_eq!(result.unwrap_err(), Error::LogonDenied(Denied::Anonymous));
    for len in [0u8, 24] {
        let result = Setup::sealing().exchange(|leg, token| {
            if leg == 3 {
                token[20..24].copy_from_slice(&[len, 0, len, 0]);
            }
        });
        assert_eq!(
            result.unwrap_err(),
            Error::LogonDenied(Denied::WeakResponse)
        );
    }
}

/// NTLM-API-7: unknown user, wrong password, disabled, locked, expired: one status, five reasons.
#[test]
fn denials_look_the_same_from_outside() {
    let account = |change: fn(&mut Account)| {
        let mut account = Account::with_password("Domain", "User", &"Password".into());
        change(&mut account);
        LogonAnswer::Account(Arc::new(account))
    };
    for (answer, reason) in [
        (LogonAnswer::Unknown, Denied::UnknownUser),
        (
            LogonAnswer::Denied(Denied::ByAuthority),
            Denied::ByAuthority,
        ),
        (
            LogonAnswer::Account(
                Account::with_password("Domain", "User", &"password".into()).into(),
            ),
            Denied::WrongPassword,
        ),
        (
            account(|a| a.state.disabled = true),
            Denied::AccountDisabled,
        ),
        (account(|a| a.state.locked = true), Denied::AccountLocked),
        (
            account(|a| a.state.expires = Timestamp::from_filetime(TIME)),
            Denied::AccountExpired,
        ),
        (
            account(|a| a.state.password_expires = Timestamp::from_filetime(TIME)),
            Denied::PasswordExpired,
        ),
        (account(|a| a.verifiers.clear()), Denied::NoVerifier),
    ] {
        let mut setup = Setup::sealing();
        setup.account = One(answer);
        let error = setup.exchange(|_, _| ()).unwrap_err();
        assert_eq!(error, Error::LogonDenied(reason));
        assert_eq!(error.status(), Status::SEC_E_LOGON_DENIED);
    }
}

/// NTLM-API-7: a disabled account with a wrong password tells about the password, not the account.
#[test]
fn the_state_of_an_account_is_told_to_its_owner_only() {
    let mut disabled = Account::with_password("Domain", "User", &"other".into());
    disabled.state.disabled = true;
    let mut setup = Setup::sealing();
    setup.account = One::of(disabled);
    assert_eq!(
        setup.exchange(|_, _| ()).unwrap_err(),
        Error::LogonDenied(Denied::WrongPassword)
    );
}

/// NTLM-API-7: nobody answers for accounts.
#[test]
fn an_authority_that_can_not_be_reached() {
    let setup = Setup::sealing();
    let (client, negotiate) = setup.negotiate();
    let (server, challenge) = setup.challenge(&negotiate).unwrap();
    let (_, authenticate) = setup.authenticate(client, &challenge).unwrap();
    let mut out = Vec::new();
    let step = server.step(Input::token(&authenticate), &mut out).unwrap();
    let error = settle(step, &mut NoAnswers, &mut out).unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

/// An authority that compared the proof itself gives the session base key.
#[test]
fn an_authority_gives_the_session_base_key() {
    let base_key = unhex("a8ede4a728a1f99c153812348f0095b2");
    let mut setup = Setup::default();
    setup.account = One(LogonAnswer::Accepted {
        session_base_key: Secret::new(base_key.try_into().unwrap()),
        domain: "DOMAIN".into(),
        user: "user".into(),
    });
    let (_, server) = setup.sessions();
    assert_eq!(server.facts().names.client, r"DOMAIN\user");
    assert_eq!(
        server.facts().session_key.as_ref().unwrap().expose(),
        [0x55; 16]
    );
    setup.account = One(LogonAnswer::Accepted {
        session_base_key: Secret::new([1; 16]),
        domain: String::new(),
        user: "user".into(),
    });
    assert_eq!(
        setup.exchange(|_, _| ()).unwrap_err(),
        Error::MessageAltered,
        "a key that is not the client's does not verify the MIC"
    );
}

/// NTLM-SRV-5: the age of a response.
#[test]
fn old_responses_are_denied() {
    let hours = |n: u64| n * 3600 * 10_000_000;
    let stale = |policy: Policy, age: u64| {
        let mut setup = Setup::sealing();
        setup.server_policy = policy;
        let (client, negotiate) = setup.negotiate();
        let (_, challenge) = setup.challenge(&negotiate).unwrap();
        // The client takes the time from the challenge; a server whose clock has moved on since then.
        setup.server_time += age;
        let (server, _) = setup.challenge(&negotiate).unwrap();
        let (_, token) = setup.authenticate(client, &challenge).unwrap();
        setup.verdict(server, &token).map(|_| ())
    };
    assert_eq!(
        stale(Policy::modern(), hours(37)),
        Err(Error::LogonDenied(Denied::Stale))
    );
    // In time: only the MIC notices that the challenge was another one.
    assert_eq!(
        stale(Policy::modern(), hours(35)),
        Err(Error::MessageAltered)
    );
    assert_eq!(
        stale(Policy::compat(), hours(37)),
        Err(Error::MessageAltered)
    );
    let mut tight = Policy::modern();
    tight.ntlm.max_lifetime = Some(Duration::from_secs(60));
    assert_eq!(
        stale(tight, hours(1)),
        Err(Error::LogonDenied(Denied::Stale))
    );
}

/// Takes the timestamp out of a CHALLENGE of ours: its client then makes no MIC.
fn without_timestamp(challenge: &mut Vec<u8>) {
    let start = challenge.len() - 16;
    challenge.drain(start..start + 12);
    let len = u16::try_from(challenge.len() - 68).unwrap().to_le_bytes();
    challenge[40..44].copy_from_slice(&[len[0], len[1], len[0], len[1]]);
}

/// NTLM-SRV-6: a client that makes no MIC although it was sent a timestamp.
#[test]
fn a_missing_mic_is_for_the_policy() {
    // Such a client is ours with a challenge from which the timestamp was taken out; the server knows
    // no other difference.
    let run = |policy: Policy| {
        let mut setup = Setup::sealing();
        setup.server_policy = policy;
        setup.exchange(|leg, token| {
            if leg == 2 {
                without_timestamp(token);
            }
        })
    };
    assert_eq!(
        run(Policy::modern()).unwrap_err(),
        Error::Policy(Refused::NoMic)
    );
    assert!(run(Policy::compat()).is_ok());
    assert!(run(Policy::legacy()).is_ok());
}

/// NTLM-SRV-7: the exchanged key must have sixteen bytes.
#[test]
fn the_exchanged_key_has_sixteen_bytes() {
    for len in [0u8, 8, 15] {
        let result = Setup::default().exchange(|leg, token| {
            if leg == 3 {
                token[52..54].copy_from_slice(&[len, 0]);
            }
        });
        assert_eq!(
            result.unwrap_err(),
            Error::PeerMisbehaved(PeerMisbehaved::SessionKeyLength(len.into()))
        );
    }
}

/// NTLM-CLI-5: without signing or sealing there is no key to exchange.
#[test]
fn no_key_exchange_without_protection() {
    let mut setup = Setup::default();
    setup.initiate = Initiate::default();
    let mut key_len = None;
    let (client, server) = setup
        .exchange(|leg, token| {
            if leg == 3 {
                key_len = Some(
                    Authenticate::parse(token)
                        .unwrap()
                        .encrypted_session_key
                        .len(),
                );
            }
        })
        .unwrap();
    assert_eq!(key_len, Some(0));
    let key = |s: &Session| s.facts().session_key.clone().unwrap().expose().to_vec();
    assert_eq!(key(&client), key(&server));
    assert_ne!(key(&client), [0x55; 16], "the session base key itself");
}

/// NTLM-SRV-8, NTLM-API-4, API-CB-4, API-CB-5: every combination of what is sent and what is asked.
#[test]
fn channel_bindings() {
    use BindingFault::{Mismatch, Missing};
    let other = || ChannelBindings::tls_server_end_point(&[1; 32]);
    let run = |server: Option<ChannelBindings>,
               flags: ContextFlags,
               client: Option<ChannelBindings>,
               suppress: bool| {
        let mut setup = Setup::sealing();
        setup.server_bindings = server;
        setup.accept = Accept::new().request(flags);
        setup.client_bindings = client;
        setup.client_policy.ntlm.suppress_extended_protection = suppress;
        match setup.exchange(|_, _| ()) {
            Ok((_, server)) => Ok(server.facts().bindings),
            Err(Error::BadBindings(fault)) => Err(fault),
            Err(other) => panic!("{other}"),
        }
    };
    let none = ContextFlags::empty();
    let allow = ContextFlags::ALLOW_MISSING_BINDINGS;
    let proxy = ContextFlags::PROXY_BINDINGS;
    let support = BindingsResult::CLIENT_SUPPORT;
    let matched = Ok(Some(support | BindingsResult::VALID_MATCHED));
    assert_eq!(
        run(Some(bindings()), none, Some(bindings()), false),
        matched
    );
    assert_eq!(
        run(Some(bindings()), allow, Some(bindings()), false),
        matched
    );
    for flags in [none, allow] {
        assert_eq!(
            run(Some(bindings()), flags, Some(other()), false),
            Err(Mismatch)
        );
        // A client that knows of bindings and has none sends zeros: that is never good enough.
        assert_eq!(run(Some(bindings()), flags, None, false), Err(Missing));
    }
    assert_eq!(run(Some(bindings()), none, None, true), Err(Missing));
    assert_eq!(
        run(Some(bindings()), allow, None, true),
        Ok(Some(BindingsResult::ABSENT | BindingsResult::VALID_MISSING))
    );
    assert_eq!(run(None, none, Some(other()), false), Ok(None));
    assert_eq!(
        run(None, proxy, Some(other()), false),
        Ok(Some(support | BindingsResult::VALID_PROXY))
    );
    assert_eq!(run(None, proxy, None, false), Err(Missing));
    assert_eq!(run(None, proxy, None, true), Err(Missing));
    let mut both = Setup::default();
    both.accept = Accept::new().request(allow | proxy);
    assert_eq!(
        both.try_server().unwrap_err().status(),
        Status::SEC_E_SECURITY_QOS_FAILED
    );
}

/// NTLM-API-4: the bindings may come with either call of the server.
#[test]
fn bindings_with_either_call() {
    let setup = Setup::sealing();
    for first in [true, false] {
        for (ours, fine) in [
            (bindings(), true),
            (ChannelBindings::tls_server_end_point(&[1; 32]), false),
        ] {
            let (client, negotiate) = setup.negotiate();
            let mut challenge = Vec::new();
            let mut input = Input::token(&negotiate);
            if first {
                input = input.bindings(&ours);
            }
            let Step::Continue(server) = setup.server().step(input, &mut challenge).unwrap() else {
                panic!()
            };
            let (_, token) = setup.authenticate(client, &challenge).unwrap();
            let mut input = Input::token(&token);
            if !first {
                input = input.bindings(&ours);
            }
            let mut out = Vec::new();
            let step = server.step(input, &mut out).unwrap();
            let mut account = One::account("Domain", "User", "Password");
            let result = settle(step, &mut account, &mut out);
            assert_eq!(result.is_ok(), fine, "first call: {first}");
        }
    }
}

/// NTLM-SRV-9, NTLM-API-5: the target that the client asked for.
#[test]
fn target_names() {
    let run = |client: Initiate, server: Accept| {
        let mut setup = Setup::sealing();
        setup.initiate = client.request(ContextFlags::PROTECTED);
        setup.accept = server;
        setup
            .exchange(|_, _| ())
            .map(|(_, server)| server.facts().target.clone())
    };
    let web = || Some("HTTP/web.example".to_owned());
    assert_eq!(
        run(Initiate::to("HTTP/web.example"), Accept::new()),
        Ok(web())
    );
    let expecting = || {
        Accept::new()
            .target("HTTP/other")
            .target("http/WEB.example")
    };
    assert_eq!(
        run(Initiate::to("HTTP/web.example"), expecting()),
        Ok(web())
    );
    for client in [
        Initiate::to("HTTP/evil.example"),
        Initiate::default(),
        Initiate::to("HTTP/web.example").request(ContextFlags::UNVERIFIED_TARGET_NAME),
    ] {
        let error = run(client, expecting()).unwrap_err();
        assert_eq!(error, Error::WrongPrincipal);
    }
    let unverified = Initiate::to("HTTP/web.example").request(ContextFlags::UNVERIFIED_TARGET_NAME);
    assert_eq!(
        run(unverified, Accept::new()),
        Ok(None),
        "not to be trusted"
    );
}

/// NTLM-API-2, NTLM-API-3: flags that the package does not have, and those that are only wishes.
#[test]
fn requests_of_both_roles() {
    let ntlm = Ntlm::default();
    let id = Identity::with_password("u", "p").unwrap();
    let client = ntlm.acquire(Acquire::outbound().identity(id)).unwrap();
    let server = ntlm.acquire(Acquire::inbound()).unwrap();
    for flag in [
        ContextFlags::DELEGATE,
        ContextFlags::PROMPT_FOR_CREDS,
        ContextFlags::DATAGRAM,
    ] {
        let error = client
            .initiate(&Initiate::default().request(flag))
            .unwrap_err();
        assert_eq!(error.status(), Status::SEC_E_UNSUPPORTED_FUNCTION);
    }
    let error = server
        .accept(&Accept::new().request(ContextFlags::DELEGATE))
        .unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_UNSUPPORTED_FUNCTION);

    let mut setup = Setup::sealing();
    setup.initiate = setup.initiate.request(ContextFlags::MUTUAL_AUTH);
    let (client_session, _) = setup.sessions();
    assert!(
        !client_session
            .facts()
            .flags
            .contains(ContextFlags::MUTUAL_AUTH),
        "NTLM never proves the server"
    );
    let must = Initiate::default().require(ContextFlags::MUTUAL_AUTH);
    let error = client.initiate(&must).unwrap_err();
    assert_eq!(error.status(), Status::SEC_E_MUTUAL_AUTH_FAILED);
}

/// A requirement refuses a peer that does not meet it; a request takes what there is.
#[test]
fn requirements_refuse_less() {
    let mut setup = Setup::default();
    setup.accept = Accept::new().request(ContextFlags::CONFIDENTIALITY);
    assert!(setup.exchange(|_, _| ()).is_ok());
    setup.accept = Accept::new().require(ContextFlags::CONFIDENTIALITY);
    assert_eq!(
        setup.exchange(|_, _| ()).unwrap_err(),
        Error::Policy(Refused::Required(ContextFlags::CONFIDENTIALITY))
    );
    let mut setup = Setup::default();
    setup.initiate = Initiate::default().require(ContextFlags::PROTECTED);
    let unsealed = client_after(&setup, clear_flag(20, NegotiateFlags::SEAL));
    assert_eq!(
        unsealed.unwrap_err(),
        Error::Policy(Refused::Required(ContextFlags::CONFIDENTIALITY))
    );
    // The server's last look: without a MIC nobody else notices that the flag is taken back.
    let mut setup = Setup::sealing();
    setup.accept = Accept::new().require(ContextFlags::CONFIDENTIALITY);
    setup.server_policy = Policy::compat();
    let result = setup.exchange(|leg, token| match leg {
        2 => without_timestamp(token),
        3 => clear_flag(60, NegotiateFlags::SEAL)(token),
        _ => {}
    });
    assert_eq!(
        result.unwrap_err(),
        Error::Policy(Refused::Required(ContextFlags::CONFIDENTIALITY))
    );
}

/// NTLM-API-8, CONN-2: the attributes of both sides.
#[test]
fn attributes() {
    let (client, server) = Setup::sealing().sessions();
    for (session, role) in [(&client, Role::Client), (&server, Role::Server)] {
        let facts = session.facts();
        assert_eq!(facts.role, role);
        assert_eq!(facts.package.name, "NTLM");
        assert_eq!(
            facts.sizes,
            Sizes {
                max_token: 2888,
                max_signature: 16,
                block_size: 1,
                security_trailer: 16
            }
        );
        assert_eq!(
            facts.flags,
            ContextFlags::PROTECTED | ContextFlags::CONNECTION
        );
        assert_eq!(facts.session_key.as_ref().unwrap().expose().len(), 16);
        assert_eq!(facts.key_info.unwrap().key_bits, 128);
        assert_eq!(facts.lifespan.start, Timestamp::from_filetime(TIME));
        assert_eq!(facts.lifespan.expiry, Timestamp::NEVER);
        assert_eq!(facts.names.server, None, "the server proves no name");
    }
    assert!(!client.facts().target_information.is_empty());
    let mut limited = Account::with_password("Domain", "User", &"Password".into());
    limited.state.expires = Timestamp::from_filetime(TIME + 5);
    limited.state.password_expires = Timestamp::from_filetime(TIME + 9);
    let mut setup = Setup::sealing();
    setup.account = One::of(limited);
    let (_, server) = setup.sessions();
    let facts = server.facts();
    assert_eq!(facts.lifespan.expiry, Timestamp::from_filetime(TIME + 5));
    assert_eq!(
        facts.password_expiry,
        Some(Timestamp::from_filetime(TIME + 9))
    );
}

/// NTLM-API-8: the status of the client's token before and after its last one.
#[test]
fn last_token_of_the_client() {
    let (client, _) = Setup::sealing().negotiate();
    assert_eq!(client.client_token_status(), ClientTokenStatus::No);
    assert!(client.flags().contains(ContextFlags::CONFIDENTIALITY));
}

/// NTLM-API-1, CONN-6, CONN-7: what each call returns, and calls in a wrong order.
#[test]
fn legs() {
    let setup = Setup::sealing();
    let early = setup.client().step(Input::token(b"x"), &mut Vec::new());
    assert_eq!(
        early.unwrap_err(),
        Error::ApiMisuse(ApiMisuse::TokenNotExpected)
    );
    let (client, negotiate) = setup.negotiate();
    let missing = client.step(Input::none(), &mut Vec::new());
    assert_eq!(
        missing.unwrap_err(),
        Error::ApiMisuse(ApiMisuse::TokenMissing)
    );
    let missing = setup.server().step(Input::none(), &mut Vec::new());
    assert_eq!(
        missing.unwrap_err(),
        Error::ApiMisuse(ApiMisuse::TokenMissing)
    );
    let (client, _) = setup.negotiate();
    let (server, challenge) = setup.challenge(&negotiate).unwrap();
    let (mut session, token) = setup.authenticate(client, &challenge).unwrap();
    let again = session.step(Input::token(&challenge), &mut Vec::new());
    assert_eq!(
        again.unwrap_err().status(),
        Status::SEC_E_UNSUPPORTED_FUNCTION
    );
    let step = server.step(Input::token(&token), &mut Vec::new()).unwrap();
    assert!(
        matches!(step, Step::Ask(Ask::Logon(ref asking)) if asking.question().user == "User"
            && asking.question().domain == "Domain"
            && asking.question().workstation == "COMPUTER"),
        "the client is not authenticated before the account was looked up"
    );
}

/// NTLM-SRV-12: after its AUTHENTICATE a context takes no other, whatever the first one was.
#[test]
fn one_answer_to_one_challenge() {
    let setup = Setup::sealing();
    let (client, negotiate) = setup.negotiate();
    let (server, challenge) = setup.challenge(&negotiate).unwrap();
    let (_, good) = setup.authenticate(client, &challenge).unwrap();
    let mut mechanism = server.into_mechanism();
    let mut bad = good.clone();
    bad[60] ^= 0x40;
    let mut give = |token: &[u8]| {
        mechanism
            .step(Event::Input(Input::token(token)), &mut Vec::new())
            .map(|_| ())
    };
    let first = give(&bad).unwrap_err();
    assert_eq!(give(&good), Err(first), "the first error stays for ever");
}

/// API-PKG-5: no token is longer than the package says, whatever the server sends.
#[test]
fn tokens_keep_their_limit() {
    let setup = Setup::sealing();
    let max = usize::try_from(setup.ntlm.info().max_token).unwrap();
    let mut longest = 0;
    for len in (0..6000).step_by(100) {
        let info = [
            pair(AvId(99), &vec![7; len]),
            pair(AvId::NB_DOMAIN_NAME, b"L\0"),
            pair(AvId::NB_COMPUTER_NAME, b"S\0"),
            pair(AvId::EOL, b""),
        ]
        .concat();
        let (client, _) = setup.negotiate();
        match setup.authenticate(client, &challenge_with(STRONG, &info)) {
            Ok((_, token)) => {
                longest = token.len();
                assert!(longest <= max);
            }
            Err(error) => {
                assert_eq!(error.status(), Status::SEC_E_INVALID_TOKEN);
                assert!(len > 2000);
            }
        }
    }
    assert!(longest > max - 200);
    let huge = vec![0; 70_000];
    let token = [&b"NTLMSSP\0\x02\0\0\0"[..], &huge].concat();
    let (client, _) = setup.negotiate();
    assert!(setup.authenticate(client, &token).is_err());
}

/// NTLM-SRV-1: challenges are random; without randomness there is none.
#[test]
fn challenges_need_randomness() {
    let mut setup = Setup::sealing();
    let (_, negotiate) = setup.negotiate();
    setup.server_random.truncate(7);
    assert_eq!(
        setup.challenge(&negotiate).unwrap_err(),
        Error::NoRandomness
    );
    let server = Ntlm::default().acquire(Acquire::inbound()).unwrap();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let mut out = Vec::new();
        let handshake = server.accept(&Accept::new()).unwrap();
        let _ = handshake.step(Input::token(&negotiate), &mut out).unwrap();
        assert!(seen.insert(Challenge::parse(&out).unwrap().server_challenge));
    }
}

/// NTLM-FLG-5: the target type of a machine that stands alone and of a member.
#[test]
fn target_types() {
    let mut setup = Setup::sealing();
    let (_, negotiate) = setup.negotiate();
    let flags = |setup: &Setup| {
        let (_, challenge) = setup.challenge(&negotiate).unwrap();
        Challenge::parse(&challenge).unwrap().flags
    };
    let both = NegotiateFlags::TARGET_TYPE_DOMAIN | NegotiateFlags::TARGET_TYPE_SERVER;
    assert_eq!(flags(&setup) & both, NegotiateFlags::TARGET_TYPE_DOMAIN);
    setup.ntlm = setup.ntlm.server_names(ServerNames::standalone("ALONE"));
    assert_eq!(flags(&setup) & both, NegotiateFlags::TARGET_TYPE_SERVER);
    let mut unasked = negotiate.clone();
    clear_flag(12, NegotiateFlags::REQUEST_TARGET)(&mut unasked);
    let (_, challenge) = setup.challenge(&unasked).unwrap();
    let challenge = Challenge::parse(&challenge).unwrap();
    assert!(!challenge.flags.intersects(both) && challenge.target_name.is_empty());
}

/// Old clients end their NEGOTIATE early, or state names.
#[test]
fn negotiates_of_other_clients() {
    let flags = [0x97, 0x82, 0x08, 0xe0];
    let short = [&b"NTLMSSP\0\x01\0\0\0"[..], &flags].concat();
    assert!(Setup::sealing().challenge(&short).is_ok(), "16 bytes");
    let mut named = [&short[..], &[0; 16], b"LABHOST"].concat();
    named[13] |= 0x30;
    named[16..24].copy_from_slice(&[3, 0, 3, 0, 32, 0, 0, 0]);
    named[24..32].copy_from_slice(&[4, 0, 4, 0, 35, 0, 0, 0]);
    let parsed = Negotiate::parse(&named).unwrap();
    assert_eq!(
        (parsed.domain, parsed.workstation),
        (&b"LAB"[..], &b"HOST"[..])
    );
    assert!(Setup::sealing().challenge(&named).is_ok());
    named[28] = 36;
    assert_eq!(Negotiate::parse(&named).unwrap_err().what, "Workstation");
}

/// A credential for the other role is refused.
#[test]
fn credentials_have_a_use() {
    let ntlm = Ntlm::default();
    let id = || Identity::with_password(r"LAB\alice", "p").unwrap();
    let status = |result: Result<Handshake, Error>| result.map(|_| ()).map_err(|e| e.status());
    let inbound = ntlm.acquire(Acquire::inbound().identity(id())).unwrap();
    let outbound = ntlm.acquire(Acquire::outbound().identity(id())).unwrap();
    let both = ntlm
        .acquire(Acquire::new(CredentialUse::Both).identity(id()))
        .unwrap();
    assert_eq!(
        status(inbound.initiate(&Initiate::default())),
        Err(Status::SEC_E_NO_CREDENTIALS)
    );
    assert_eq!(
        status(outbound.accept(&Accept::new())),
        Err(Status::SEC_E_NO_CREDENTIALS)
    );
    assert!(both.accept(&Accept::new()).is_ok() && both.initiate(&Initiate::default()).is_ok());
    assert_eq!(both.name().as_deref(), Some(r"LAB\alice"));
    assert_eq!(
        ntlm.acquire(Acquire::outbound()).unwrap_err().status(),
        Status::SEC_E_NO_CREDENTIALS
    );
    assert!(
        !format!("{both:?}").contains("ntowf: Hmac { "),
        "keys are silent"
    );
}
