#![no_main]
//! A server that gets any NEGOTIATE and any AUTHENTICATE: it is convinced by the one pair whose proof
//! and MIC are right, and by no other.
//!
//! The first byte chooses the server and the form of the rest: a length with both messages, or
//! changes of the valid ones.
use std::sync::LazyLock;

use countersign::{Accept, ContextFlags, Error, Input, Step, settle};
use harness::{Accounts, Edit, Exchange, bindings, server, spoil};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;

static VALID: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let exchange = Exchange::run(ContextFlags::PROTECTED);
    (exchange.negotiate, exchange.authenticate)
});

#[derive(Arbitrary, Debug)]
struct Changes {
    negotiate: Vec<Edit>,
    authenticate: Vec<Edit>,
}

fn tokens(plain: bool, data: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if plain {
        let (length, rest) = data.split_first_chunk::<2>()?;
        let (negotiate, authenticate) =
            rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        return Some((negotiate.to_vec(), authenticate.to_vec()));
    }
    let changes = Changes::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let (mut negotiate, mut authenticate) = VALID.clone();
    spoil(&mut negotiate, &changes.negotiate);
    spoil(&mut authenticate, &changes.authenticate);
    Some((negotiate, authenticate))
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let Some((negotiate, authenticate)) = tokens(choice & 1 == 0, rest) else {
        return;
    };
    let bindings = bindings();
    let mut request = Accept::new();
    if choice & 2 != 0 {
        request = request.require(ContextFlags::PROTECTED);
    }
    if choice & 4 != 0 {
        request = request.request(ContextFlags::ALLOW_MISSING_BINDINGS);
    }
    let mut accounts = Accounts {
        known: choice & 8 == 0,
    };
    let bound = choice & 16 == 0;
    let with = |token| {
        let input = Input::token(token);
        if bound {
            input.bindings(&bindings)
        } else {
            input
        }
    };
    let valid = accounts.known && (&negotiate, &authenticate) == (&VALID.0, &VALID.1);

    let mut challenge = b"before".to_vec();
    let handshake = match server(&request).step(with(&negotiate), &mut challenge) {
        Ok(Step::Continue(handshake)) => handshake,
        Ok(other) => panic!("{other:?}"),
        Err(error) => {
            assert!(!valid, "{error:?}");
            assert_eq!(challenge, b"before", "{error:?}");
            assert!(!matches!(error, Error::Unreachable(_)), "{error:?}");
            return;
        }
    };
    let mut out = Vec::new();
    let step = handshake
        .step(with(&authenticate), &mut out)
        .and_then(|step| settle(step, &mut accounts, &mut out));
    assert!(out.is_empty());
    match step {
        Ok(Step::Done(_)) => assert!(valid, "convinced by {authenticate:02x?}"),
        Ok(other) => panic!("{other:?}"),
        Err(error) => {
            assert!(!valid, "{error:?}");
            assert!(!matches!(error, Error::Unreachable(_)), "{error:?}");
        }
    }
});
