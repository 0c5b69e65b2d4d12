//! What happens to an exchange that somebody changes on its way: never a success, never a panic.
mod support;

use countersign::*;
use support::*;

/// The three tokens of an honest exchange.
fn tokens(setup: &mut Setup) -> [Vec<u8>; 3] {
    let mut tokens: [Vec<u8>; 3] = Default::default();
    setup
        .exchange(|leg, token| tokens[leg - 1] = token.clone())
        .unwrap();
    tokens
}

/// CONN-5, NTLM-SRV-2, NTLM-AV-2
#[test]
fn every_prefix_of_every_token_is_refused() {
    let mut setup = Setup::sealing();
    for (leg, token) in (1..).zip(tokens(&mut setup)) {
        for len in 0..token.len() {
            let cut = setup.exchange(|l, t| {
                if l == leg {
                    t.truncate(len);
                }
            });
            assert!(cut.is_err(), "token {leg} cut to {len} bytes");
        }
    }
}

/// CONN-5, NTLM-CLI-6, NTLM-SRV-6, NTLM-SRV-4
#[test]
fn every_flipped_bit_of_every_token_is_refused() {
    let mut setup = Setup::sealing();
    for (leg, token) in (1..).zip(tokens(&mut setup)) {
        for bit in 0..token.len() * 8 {
            let flipped = setup.exchange(|l, t| {
                if l == leg {
                    t[bit / 8] ^= 1 << (bit % 8);
                }
            });
            assert!(flipped.is_err(), "token {leg}, bit {bit}");
        }
    }
}

/// NTLM-SRV-6: bytes behind the end are covered too.
#[test]
fn appended_bytes_are_refused() {
    for leg in 1..=3 {
        let longer = Setup::sealing().exchange(|l, t| {
            if l == leg {
                t.push(0);
            }
        });
        assert_eq!(longer.unwrap_err(), Error::MessageAltered, "token {leg}");
    }
}

/// NTLM-SRV-4, NTLM-SRV-6: which fault is which. The offsets are those of the vector.
#[test]
fn faults_have_their_status() {
    let mut setup = Setup::default();
    let nt = 148;
    for (offset, status) in [
        (nt, Status::SEC_E_LOGON_DENIED),           // the proof
        (nt + 16 + 16, Status::SEC_E_LOGON_DENIED), // the client's challenge
        (nt + 16 + 32, Status::SEC_E_LOGON_DENIED), // a name of the server
        (64, Status::SEC_E_MESSAGE_ALTERED),        // the version
        (72, Status::SEC_E_MESSAGE_ALTERED),        // the MIC
        (108, Status::SEC_E_MESSAGE_ALTERED),       // the workstation
        (0x1b6, Status::SEC_E_MESSAGE_ALTERED),     // the session key
        (124, Status::SEC_E_MESSAGE_ALTERED),       // the LM response
    ] {
        let result = setup.exchange(|leg, token| {
            if leg == 3 {
                token[offset] ^= 1;
            }
        });
        assert_eq!(result.unwrap_err().status(), status, "offset {offset}");
    }
}

/// NTLM-SRV-6, NTLM-MSG-2: who takes the MIC away must change the AV flags, and those are proven.
#[test]
fn a_mic_can_not_be_stripped() {
    let mut setup = Setup::default();
    let result = setup.exchange(|leg, token| {
        if leg == 3 {
            let flags = find(token, &[6, 0, 4, 0, 2, 0, 0, 0]);
            token[flags + 4] = 0;
            token[72..88].fill(0);
        }
    });
    assert_eq!(
        result.unwrap_err(),
        Error::LogonDenied(Denied::WrongPassword)
    );
}

/// NTLM-SRV-6: clearing SIGN and SEAL on the way, in every message, is noticed by the MIC.
#[test]
fn flags_can_not_be_stripped() {
    let mut setup = Setup::sealing();
    let strip = |offset: usize| move |token: &mut Vec<u8>| token[offset] &= !0x30;
    let result = setup.exchange(|leg, token| match leg {
        1 => strip(12)(token),
        2 => strip(20)(token),
        _ => strip(60)(token),
    });
    assert_eq!(result.unwrap_err(), Error::MessageAltered);
}

/// NTLM-SRV-1, NTLM-SRV-4: an AUTHENTICATE is good for its own challenge only.
#[test]
fn an_answer_to_another_challenge_is_refused() {
    let mut setup = Setup::sealing();
    let [_, _, recorded] = tokens(&mut setup);
    setup.server_random = vec![9; 8];
    let replayed = setup.exchange(|leg, token| {
        if leg == 3 {
            *token = recorded.clone();
        }
    });
    assert_eq!(
        replayed.unwrap_err(),
        Error::LogonDenied(Denied::WrongPassword)
    );
}

/// CONN-4: the tokens of another leg, or of another package, are refused by type.
#[test]
fn tokens_out_of_order_are_refused() {
    let mut setup = Setup::sealing();
    let all = tokens(&mut setup);
    for leg in 1..=3 {
        for wrong in (1..=3).filter(|wrong| *wrong != leg) {
            let result = setup.exchange(|l, token| {
                if l == leg {
                    *token = all[wrong - 1].clone();
                }
            });
            assert_eq!(
                result.unwrap_err().status(),
                Status::SEC_E_INVALID_TOKEN,
                "token {wrong} as token {leg}"
            );
        }
    }
    let spnego = setup
        .server()
        .step(Input::token(b"\x60\x28\x06\x06"), &mut Vec::new());
    assert_eq!(spnego.unwrap_err().status(), Status::SEC_E_INVALID_TOKEN);
}

fn find(token: &[u8], needle: &[u8]) -> usize {
    token
        .windows(needle.len())
        .position(|window| window == needle)
        .expect("the pair is there")
}
