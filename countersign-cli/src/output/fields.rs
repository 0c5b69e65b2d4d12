//! The fields of a token: place, name and value in a line, and what the value means below.
use std::io::Write;

use anyhow::Result;
use countersign::wire::description::Field;

use super::colour::TITLE;
use super::table::width;
use super::{stdout, text};

/// Where names begin: behind the columns of offset and length.
const NAMES: usize = 13;
/// Where values begin that do not fit behind their name, and meanings.
const BELOW: usize = NAMES + 4;
/// How much deeper a field of a field begins.
const DEEPER: usize = 2;

/// Prints the fields.
pub(crate) fn print(fields: &[Field]) -> Result<()> {
    let width = usize::from(width());
    let name = |field: &Field| {
        format!(
            "{:1$}{2}",
            "",
            DEEPER * usize::from(field.depth),
            field.name
        )
    };
    let longest = fields.iter().map(|field| name(field).len()).max();
    let longest = longest.unwrap_or(0);
    let mut out = stdout();
    writeln!(
        out,
        "{TITLE}{:>5}  {:>4}  {:<longest$}  value{TITLE:#}",
        "at", "len", "field"
    )?;
    for field in fields {
        let name = name(field);
        let value = text::visible(&field.value);
        let place = format!("{:>5}  {:>4}", field.offset, field.length);
        if NAMES + longest + 2 + value.chars().count() <= width {
            let line = format!("{place}  {name:<longest$}  {value}");
            writeln!(out, "{}", line.trim_end())?;
        } else {
            writeln!(out, "{place}  {name}")?;
            below(&mut out, field, &value, width)?;
        }
        for line in &field.meaning {
            below(&mut out, field, &text::visible(line), width)?;
        }
    }
    Ok(())
}

/// Prints a text below the name of its field.
fn below(out: &mut impl Write, field: &Field, text: &str, width: usize) -> Result<()> {
    let indent = BELOW + DEEPER * usize::from(field.depth);
    for line in wrap(text, width.saturating_sub(indent)) {
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

/// Breaks a text into lines, between words where that is possible.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length <= width {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.push_str(word);
            }
            used += 1 + length;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            if used == width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_longer_than_they_may_be() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a 0123456789 b", 4), ["a", "0123", "4567", "89 b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("ab", 0), ["a", "b"]);
        for width in 1..12 {
            for line in wrap("some words and averylongoneindeed here", width) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}
