//! JSON on standard output.
use std::io::Write;

use serde_json::Value;

use super::stdout;

/// Prints one document.
pub(crate) fn print(value: &Value) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    stdout().write_all(text.as_bytes())?;
    Ok(())
}
