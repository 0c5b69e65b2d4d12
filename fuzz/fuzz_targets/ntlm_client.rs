#![no_main]
//! A client that gets any CHALLENGE: an error without a token, or an AUTHENTICATE that can be read.
//!
//! The first byte chooses the flags of the client and whether the rest is the CHALLENGE itself or the
//! plan of one that is nearly valid.
use countersign::ntlm::message::{Authenticate, AvFlags, NtlmV2Response};
use countersign::{ContextFlags, Error, Input, Order, Step};
use harness::{Edit, MAX_TOKEN, USER, bindings, negotiated, spoil};
use libfuzzer_sys::arbitrary::{self, Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;

/// The plan of a CHALLENGE.
#[derive(Arbitrary, Debug)]
struct Plan {
    flags: u32,
    /// Whether the flags that every client wants are set in any case.
    strong: bool,
    server_challenge: [u8; 8],
    target_name: Vec<u8>,
    /// Whether both mandatory pairs are there.
    names: bool,
    timestamp: Option<u64>,
    pairs: Vec<(u8, Vec<u8>)>,
    /// The length of one more pair: lists can be too long for a token.
    filler: u16,
    end: bool,
    edits: Vec<Edit>,
}

impl Plan {
    fn build(&self) -> Vec<u8> {
        let mut info = Vec::new();
        let mut put = |id: u8, value: &[u8]| {
            let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
            info.extend_from_slice(&[id, 0]);
            info.extend_from_slice(&len.to_le_bytes());
            info.extend_from_slice(value);
        };
        if self.names {
            put(1, b"S\0");
            put(2, b"D\0");
        }
        if let Some(time) = self.timestamp {
            put(7, &time.to_le_bytes());
        }
        for (id, value) in self.pairs.iter().take(64) {
            put(id % 12, value);
        }
        if self.filler > 0 {
            put(99, &vec![0; usize::from(self.filler)]);
        }
        if self.end {
            put(0, &[]);
        }
        let flags = self.flags | if self.strong { 0xe28a_8211 } else { 0 };
        let length = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
        let name = &self.target_name;
        let info_offset = u32::try_from(56 + name.len()).unwrap();
        let mut token = b"NTLMSSP\0\x02\0\0\0".to_vec();
        for bytes in [
            &length(name)[..],
            &length(name),
            &56u32.to_le_bytes(),
            &flags.to_le_bytes(),
            &self.server_challenge,
            &[0; 8],
            &length(&info),
            &length(&info),
            &info_offset.to_le_bytes(),
            &[10, 0, 0x61, 0x4a, 0, 0, 0, 15],
            name,
            &info,
        ] {
            token.extend_from_slice(bytes);
        }
        spoil(&mut token, &self.edits);
        token
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let challenge = if choice & 1 == 0 {
        rest.to_vec()
    } else {
        match Plan::arbitrary_take_rest(Unstructured::new(rest)) {
            Ok(plan) => plan.build(),
            Err(_) => return,
        }
    };
    let mut wanted = ContextFlags::empty();
    for (bit, flag) in [
        (2, ContextFlags::INTEGRITY),
        (4, ContextFlags::CONFIDENTIALITY),
        (8, ContextFlags::IDENTIFY),
        (16, ContextFlags::UNVERIFIED_TARGET_NAME),
    ] {
        if choice & bit != 0 {
            wanted |= flag;
        }
    }
    let bindings = bindings();
    let mut input = Input::token(&challenge);
    if choice & 32 != 0 {
        input = input.bindings(&bindings);
    }

    // No OEM code page has the second name.
    let user = if choice & 64 == 0 {
        USER
    } else {
        r"Domain\Юзер"
    };
    let (client, _) = negotiated(user, wanted);
    let mut out = b"before".to_vec();
    let mut session = match client.step(input, &mut out) {
        Err(error) => {
            assert_eq!(out, b"before", "{error:?}");
            assert!(!matches!(error, Error::Unreachable(_)), "{error:?}");
            return;
        }
        Ok(Step::Done(session)) => session,
        Ok(other) => panic!("{other:?}"),
    };
    let token = out.strip_prefix(b"before").expect("only appended to");
    assert!(token.len() <= MAX_TOKEN);
    let message = Authenticate::parse(token).unwrap();
    let response = NtlmV2Response::parse(message.nt_response).unwrap();
    let promised = response
        .pairs
        .flags
        .unwrap_or_default()
        .contains(AvFlags::MIC);
    assert_eq!(promised, response.pairs.timestamp.is_some());
    assert_eq!(promised, message.lm_response == [0; 24]);

    let signed = session.sign(&[b"message"], &mut [0; 16], Order::Next);
    let integrity = session.facts().flags.contains(ContextFlags::INTEGRITY);
    assert_eq!(signed.is_ok(), integrity);
});
