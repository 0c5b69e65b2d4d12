#![no_main]
//! NEGOTIATE messages: every part lies within the input.
use countersign::ntlm::message::Negotiate;
use harness::assert_within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parsed = Negotiate::parse(data);
    assert_eq!(parsed, Negotiate::parse(data));
    if let Ok(message) = parsed {
        assert_within(data, message.domain);
        assert_within(data, message.workstation);
    }
});
