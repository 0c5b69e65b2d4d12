//! UTF-16LE text, and the upper-casing that Windows applies to names.
//!
//! ```
//! use countersign::wire::utf16;
//!
//! assert_eq!(utf16::decode(b"L\0A\0B\0", "domain").unwrap(), "LAB");
//! assert_eq!(utf16::to_upper("straße"), "STRAßE", "one character becomes one character");
//! ```
use super::{Malformed, Why};

/// Reads UTF-16LE without a terminator.
///
/// # Errors
/// [`Why::Encoding`] when the length is odd or a surrogate stands alone.
pub fn decode(bytes: &[u8], what: &'static str) -> Result<String, Malformed> {
    let invalid = Malformed {
        what,
        offset: 0,
        why: Why::Encoding,
    };
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(invalid);
    }
    let mut text = String::with_capacity(units.len());
    for c in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        text.push(c.map_err(|_| invalid)?);
    }
    Ok(text)
}

/// Appends `text` as UTF-16LE without a terminator.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() * 2);
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_le_bytes());
    }
}

/// The length of `text` in UTF-16LE, in bytes.
#[must_use]
pub fn encoded_len(text: &str) -> usize {
    text.encode_utf16().count() * 2
}

/// Gives `each` the UTF-16LE bytes of `text` piece by piece, so that none need be collected.
pub fn feed(text: &str, mut each: impl FnMut(&[u8])) {
    for unit in text.encode_utf16() {
        each(&unit.to_le_bytes());
    }
}

/// The one-to-one upper case of a character: what has no single upper-case character stays as it is
/// (spec/09 row 24: the simple mapping of Unicode and not full case conversion).
#[must_use]
pub fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // Greek letters with iota subscript: full conversion writes the iota apart, the simple one
        // has the letter's own title form.
        _ => match u32::from(c) {
            n @ (0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => {
                char::from_u32(n + 8).unwrap_or(c)
            }
            n @ (0x1FB3 | 0x1FC3 | 0x1FF3) => char::from_u32(n + 9).unwrap_or(c),
            _ => c,
        },
    }
}

/// Whether two names are equal when upper-cased (NTLM-MSG-3).
#[must_use]
pub fn equal_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().map(upper).eq(b.chars().map(upper))
}

/// `text` upper-cased one character at a time.
#[must_use]
pub fn to_upper(text: &str) -> String {
    text.chars().map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_bad_text() {
        let mut bytes = Vec::new();
        encode("jürgen😀", &mut bytes);
        assert_eq!(bytes.len(), encoded_len("jürgen😀"));
        assert_eq!(decode(&bytes, "name").unwrap(), "jürgen😀");
        let mut fed = Vec::new();
        feed("jürgen😀", |b| fed.extend_from_slice(b));
        assert_eq!(fed, bytes);
        assert_eq!(decode(&bytes[..3], "name").unwrap_err().why, Why::Encoding);
        assert_eq!(decode(&[0, 0xd8], "name").unwrap_err().why, Why::Encoding);
    }

    #[test]
    fn upper_casing_is_one_to_one() {
        assert_eq!(to_upper("aéя"), "AÉЯ");
        assert_eq!(to_upper("straße"), "STRAßE", "no SS");
        assert_eq!(to_upper("ŉ"), "ŉ");
        assert_eq!(to_upper("\u{1fb3}\u{1f80}"), "\u{1fbc}\u{1f88}");
        assert!(equal_ignoring_case("JÜRGEN", "jürgen"));
        assert!(!equal_ignoring_case("strasse", "straße"));
    }
}
