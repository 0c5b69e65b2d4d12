//! OEM text: one byte a character, by code page.
//!
//! NTLM's NEGOTIATE message and peers without Unicode use it. Code page 437 unless set otherwise
//! (spec/09 row 24).
//!
//! ```
//! use countersign::wire::oem::CodePage;
//!
//! assert_eq!(CodePage::CP437.decode(b"j\x81rgen"), "jürgen");
//! ```
use super::{Malformed, Why};

/// A single-byte code page: ASCII below 0x80, a table above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CodePage {
    upper_half: [char; 128],
}

impl CodePage {
    /// Code page 437, the default.
    #[rustfmt::skip]
    pub const CP437: Self = Self { upper_half: [
        'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
        'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', '¢', '£', '¥', '₧', 'ƒ',
        'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»',
        '░', '▒', '▓', '│', '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐',
        '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═', '╬', '╧',
        '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀',
        'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ', 'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩',
        '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}',
    ] };

    /// Code page 850, Western Europe.
    #[rustfmt::skip]
    pub const CP850: Self = Self { upper_half: [
        'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
        'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', 'ø', '£', 'Ø', '×', 'ƒ',
        'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '®', '¬', '½', '¼', '¡', '«', '»',
        '░', '▒', '▓', '│', '┤', 'Á', 'Â', 'À', '©', '╣', '║', '╗', '╝', '¢', '¥', '┐',
        '└', '┴', '┬', '├', '─', '┼', 'ã', 'Ã', '╚', '╔', '╩', '╦', '╠', '═', '╬', '¤',
        'ð', 'Ð', 'Ê', 'Ë', 'È', 'ı', 'Í', 'Î', 'Ï', '┘', '┌', '█', '▄', '¦', 'Ì', '▀',
        'Ó', 'ß', 'Ô', 'Ò', 'õ', 'Õ', 'µ', 'þ', 'Þ', 'Ú', 'Û', 'Ù', 'ý', 'Ý', '¯', '´',
        '\u{ad}', '±', '‗', '¾', '¶', '§', '÷', '¸', '°', '¨', '·', '¹', '³', '²', '■', '\u{a0}',
    ] };

    /// A code page from the characters of 0x80 to 0xFF.
    #[must_use]
    pub const fn new(upper_half: [char; 128]) -> Self {
        Self { upper_half }
    }

    /// Reads text; every byte has a character.
    #[must_use]
    pub fn decode(&self, bytes: &[u8]) -> String {
        bytes
            .iter()
            .map(|byte| {
                if byte.is_ascii() {
                    char::from(*byte)
                } else {
                    let index = usize::from(byte & 0x7f);
                    self.upper_half.get(index).copied().unwrap_or('?')
                }
            })
            .collect()
    }

    /// Appends `text`.
    ///
    /// # Errors
    /// [`Why::Encoding`] when a character is not in the code page; `out` is then as before.
    pub fn encode(
        &self,
        text: &str,
        what: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), Malformed> {
        let start = out.len();
        for c in text.chars() {
            match self.byte(c) {
                Some(byte) => out.push(byte),
                None => {
                    out.truncate(start);
                    return Err(Malformed {
                        what,
                        offset: 0,
                        why: Why::Encoding,
                    });
                }
            }
        }
        Ok(())
    }

    fn byte(&self, c: char) -> Option<u8> {
        if c.is_ascii() {
            return u8::try_from(c).ok();
        }
        let index = self.upper_half.iter().position(|known| *known == c)?;
        u8::try_from(index).ok().map(|low| low | 0x80)
    }
}

impl Default for CodePage {
    fn default() -> Self {
        Self::CP437
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pages_round_trip() {
        for page in [CodePage::CP437, CodePage::CP850] {
            let all: Vec<u8> = (0..=255).collect();
            let text = page.decode(&all);
            let mut back = Vec::new();
            page.encode(&text, "text", &mut back).unwrap();
            assert_eq!(back, all);
        }
        let mut out = vec![1];
        CodePage::CP437.encode("ü", "name", &mut out).unwrap();
        assert_eq!(out, [1, 0x81]);
        assert!(CodePage::CP437.encode("aЯ", "name", &mut out).is_err());
        assert_eq!(out, [1, 0x81], "nothing half-written");
    }
}
