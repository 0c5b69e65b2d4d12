//! Values as people read them.
use crate::ntlm::message::Charset;
use crate::wire::description::hex;
use crate::wire::{Malformed, Why};

/// How many bytes are shown as digits, and how many characters of a text.
const MAX_BYTES: usize = 64;
const MAX_CHARS: usize = 256;

/// Bytes as digits; of many bytes the first.
pub(super) fn bytes(bytes: &[u8]) -> String {
    match bytes.get(..MAX_BYTES) {
        Some(first) if bytes.len() > MAX_BYTES => {
            format!("{}… ({} bytes)", hex(first), bytes.len())
        }
        _ => hex(bytes),
    }
}

/// A text that stands at `offset`. What is no text comes as digits, with the fault.
pub(super) fn text(
    charset: Charset<'_>,
    raw: &[u8],
    what: &'static str,
    offset: usize,
) -> (String, Option<Malformed>) {
    let Ok(text) = charset.decode(raw, what) else {
        let why = Why::Encoding;
        return (bytes(raw), Some(Malformed { what, offset, why }));
    };
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_CHARS {
            shown.push_str(&format!("… ({} bytes)", raw.len()));
            break;
        }
        if c.is_control() || reorders(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    (shown, None)
}

/// Characters that are not seen but change how the text around them is: a foreign name must not
/// rearrange what a terminal shows.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::oem::CodePage;

    #[test]
    fn long_values_are_cut() {
        assert_eq!(bytes(&[0xab; 64]), "ab".repeat(64));
        assert_eq!(bytes(&[0xab; 65]), "ab".repeat(64) + "… (65 bytes)");
        let oem = Charset::Oem(&CodePage::CP437);
        assert_eq!(text(oem, &[b'x'; 256], "T", 0).0, "x".repeat(256));
        let (cut, fault) = text(oem, &[b'x'; 300], "T", 0);
        assert_eq!((cut, fault), ("x".repeat(256) + "… (300 bytes)", None));
    }

    #[test]
    fn nothing_moves_the_cursor() {
        let oem = Charset::Oem(&CodePage::CP437);
        assert_eq!(
            text(oem, b"a\x1b[2J\r\n\0\x81", "T", 0).0,
            r"a\u{1b}[2J\r\n\u{0}ü"
        );
        let (shown, _) = text(Charset::Unicode, &[0x2e, 0x20, b'b', 0], "T", 0);
        assert_eq!(shown, r"\u{202e}b");
        let (shown, fault) = text(Charset::Unicode, &[0, 0xd8], "UserName", 7);
        assert_eq!(shown, "00d8");
        assert_eq!(
            fault.unwrap().to_string(),
            "UserName at offset 7: is not valid text"
        );
    }
}
