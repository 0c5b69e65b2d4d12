//! What a rule ID looks like: capitals in parts, and a number last, as in `NTLM-SRV-6`.

/// Whether the whole word is shaped like a rule ID.
pub(crate) fn is_id(word: &str) -> bool {
    let Some((area, number)) = word.rsplit_once('-') else {
        return false;
    };
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let plain = !number.starts_with('0')
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit());
    plain && area.split('-').all(part)
}

/// The IDs that a line of a doc comment cites: `IDS: what is proven`, or nothing but IDs.
/// An ID in the middle of a sentence is talk, not a proof.
pub(crate) fn cited(line: &str) -> Vec<&str> {
    let ids = line.split_once(':').map_or(line, |(before, _)| before);
    let ids = ids.trim().trim_end_matches('.').trim_end_matches(',');
    let words: Vec<&str> = ids.split(',').map(str::trim).collect();
    if words.iter().all(|word| is_id(word)) {
        words
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for good in ["CONN-5", "NTLM-SRV-12", "API-ISC-1", "S4U2-1"] {
            assert!(is_id(good), "{good}");
        }
        for bad in [
            "CONN", "CONN-", "conn-5", "CONN-05", "-5", "CONN--5", "MS-NLMP", "CONN-5a", "5-5", "",
        ] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn citations() {
        assert_eq!(
            cited(" NTLM-SRV-6, CONN-5: the MIC: it is verified"),
            ["NTLM-SRV-6", "CONN-5"]
        );
        assert_eq!(cited("CONN-1."), ["CONN-1"]);
        assert_eq!(cited("CONN-1, CONN-2,"), ["CONN-1", "CONN-2"]);
        assert_eq!(cited("Other than CONN-1: nothing"), [""; 0]);
        assert_eq!(cited("CONN-1 holds as well"), [""; 0]);
        assert_eq!(cited(""), [""; 0]);
    }
}
