#![no_main]
//! Texts: what decodes, encodes to the same bytes; upper-casing has an end.
use countersign::wire::oem::CodePage;
use countersign::wire::utf16;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = utf16::decode(data, "text") {
        assert_eq!(utf16::encoded_len(&text), data.len());
        let mut bytes = Vec::new();
        utf16::encode(&text, &mut bytes);
        assert_eq!(bytes, data);
        let mut fed = Vec::new();
        utf16::feed(&text, |piece| fed.extend_from_slice(piece));
        assert_eq!(fed, data);

        let upper = utf16::to_upper(&text);
        assert_eq!(upper.chars().count(), text.chars().count());
        assert_eq!(utf16::to_upper(&upper), upper);
        assert!(utf16::equal_ignoring_case(&text, &upper));
    }
    for page in [CodePage::CP437, CodePage::CP850] {
        let text = page.decode(data);
        assert_eq!(text.chars().count(), data.len());
        let mut bytes = Vec::new();
        page.encode(&text, "text", &mut bytes).unwrap();
        assert_eq!(bytes, data);
    }
    if let Ok(text) = str::from_utf8(data) {
        let mut bytes = b"before".to_vec();
        match CodePage::CP437.encode(text, "text", &mut bytes) {
            Ok(()) => assert_eq!(CodePage::CP437.decode(&bytes[6..]), text),
            Err(_) => assert_eq!(bytes, b"before"),
        }
    }
});
