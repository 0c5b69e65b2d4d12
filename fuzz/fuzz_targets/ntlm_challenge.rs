#![no_main]
//! CHALLENGE messages and lists of AV pairs: every part lies within the input, and lists end.
use countersign::ntlm::message::{AvId, AvPairs, Challenge};
use harness::assert_within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parsed = Challenge::parse(data);
    assert_eq!(parsed, Challenge::parse(data));
    if let Ok(message) = parsed {
        assert_within(data, message.target_name);
        if let Some(info) = message.target_info {
            assert_within(data, info);
            pairs(info);
        }
    }
    pairs(data);
});

fn pairs(data: &[u8]) {
    let parsed = AvPairs::parse(data);
    assert_eq!(parsed, AvPairs::parse(data));
    let Ok(list) = parsed else { return };
    assert!(data.starts_with(list.bytes()));
    assert_within(data, list.bytes());
    assert_eq!(AvPairs::parse(list.bytes()), Ok(list));
    let mut end = 0;
    for pair in list.iter() {
        assert_eq!(pair.offset, end);
        assert_ne!(pair.id, AvId::EOL);
        assert_within(list.bytes(), pair.value);
        end += 4 + pair.value.len();
    }
    assert!(end + 4 <= list.bytes().len());
}
