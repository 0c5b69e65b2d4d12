//! Text from elsewhere, made safe to print.
use std::fmt::Write;

/// The text with its control characters spelled out, so that a peer can not steer the terminal.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            if c.is_control() || is_direction(c) {
                // Writing to a String does not fail.
                let _ = write!(out, "{}", c.escape_default());
            } else {
                out.push(c);
            }
            out
        })
}

/// Bytes as text: UTF-8 where they are, with everything else spelled out.
pub(crate) fn visible_bytes(bytes: &[u8]) -> String {
    visible(&String::from_utf8_lossy(bytes))
}

/// The first bytes in hexadecimal digits, and an ellipsis where there are more.
pub(crate) fn hex_prefix(bytes: &[u8], count: usize) -> String {
    let shown = countersign::wire::description::hex(&bytes[..bytes.len().min(count)]);
    if bytes.len() > count {
        shown + "..."
    } else {
        shown
    }
}

/// Characters that turn the direction of the text around them.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(visible("a\x1b[31mb\nc"), r"a\u{1b}[31mb\nc");
        assert_eq!(visible("ü\u{202e}x"), "ü\\u{202e}x");
        assert_eq!(visible_bytes(&[b'a', 0xff]), "a\u{fffd}");
    }

    #[test]
    fn prefixes() {
        assert_eq!(hex_prefix(&[1, 2, 3], 2), "0102...");
        assert_eq!(hex_prefix(&[1, 2], 2), "0102");
    }
}
