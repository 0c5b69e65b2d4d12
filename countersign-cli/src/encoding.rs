//! Hexadecimal and base64 text, as people copy it.
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// With or without padding at the end.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Reads hexadecimal digits, with or without `0x` in front and white space or colons between.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = digits(text)?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Whether half of a byte is missing: hexadecimal digits, and an odd number of them.
pub(crate) fn is_odd_hex(text: &str) -> bool {
    digits(text).is_some_and(|digits| !digits.len().is_multiple_of(2))
}

fn digits(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect()
}

/// Reads base64 of either alphabet, with or without padding, with white space between.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD
        .decode(&text)
        .or_else(|_| URL_SAFE.decode(&text))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal() {
        assert_eq!(hex("0x4E54\n 4c:4d"), Some(b"NTLM".to_vec()));
        assert_eq!(hex(""), Some(Vec::new()));
        assert_eq!(hex("4e5"), None);
        assert_eq!(hex("4g"), None);
        assert!(is_odd_hex("4e5") && !is_odd_hex("4e") && !is_odd_hex("4e5g"));
    }

    #[test]
    fn base64_of_both_alphabets() {
        assert_eq!(base64("+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!(base64("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64("TlRM\r\nTQ"), Some(b"NTLM".to_vec()));
        assert_eq!(base64("T!"), None);
    }
}
