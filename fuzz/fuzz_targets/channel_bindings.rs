#![no_main]
//! Channel bindings: what can be read is written in a form that reads the same.
use countersign::ChannelBindings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let made = ChannelBindings::from_application_data(data.to_vec());
    assert_eq!(made.application_data(), data);

    let Ok(bindings) = ChannelBindings::parse(data) else {
        return;
    };
    let application = bindings.application_data();
    if !application.is_empty() {
        let word = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
        let (length, offset) = (word(24) as usize, word(28) as usize);
        assert_eq!(application, &data[offset..offset + length]);
    }
    let bytes = bindings.to_bytes();
    // Each of the three parts comes from the input; they may share bytes there.
    assert!(bytes.len() <= 32 + 3 * data.len());
    let again = ChannelBindings::parse(&bytes).unwrap();
    assert_eq!(again, bindings);
    assert_eq!(again.hash(), bindings.hash());
    assert_eq!(again.to_bytes(), bytes);
});
