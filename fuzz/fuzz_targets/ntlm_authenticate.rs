#![no_main]
//! AUTHENTICATE messages and NTLMv2 responses: every part lies within the input.
use countersign::ntlm::message::{Authenticate, NtlmV2Response};
use harness::assert_within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parsed = Authenticate::parse(data);
    assert_eq!(parsed, Authenticate::parse(data));
    if let Ok(message) = parsed {
        for part in [
            message.lm_response,
            message.nt_response,
            message.domain,
            message.user,
            message.workstation,
            message.encrypted_session_key,
        ] {
            assert_within(data, part);
        }
        assert_eq!(message.mic.is_some(), data.len() >= 88);
        response(message.nt_response);
    }
    response(data);
});

fn response(data: &[u8]) {
    let parsed = NtlmV2Response::parse(data);
    assert_eq!(parsed, NtlmV2Response::parse(data));
    let Ok(response) = parsed else { return };
    assert_eq!(data.get(..16), Some(&response.proof[..]));
    assert_eq!(data.get(16..), Some(response.blob));
    assert_within(data, response.blob);
    let pairs = data.get(NtlmV2Response::PAIRS_OFFSET..).unwrap();
    assert!(pairs.starts_with(response.pairs.bytes()));
    assert!(response.pairs.iter().count() * 4 < pairs.len());
}
