//! The commands that README.md shows are the commands that the build runs: each stands in the
//! fenced block after a marker comment.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::command;

/// Runs the marked block of README.md in bash, from the root. It ends at the first line that fails.
pub(crate) fn run(root: &Path, marker: &str) -> Result<()> {
    let path = root.join("README.md");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let script = block(&text, marker)?;
    command::run(command::program("bash", root).args(["-eo", "pipefail", "-c", &script]))
}

/// The fenced block after the line `<!-- marker -->`.
fn block(text: &str, marker: &str) -> Result<String> {
    let comment = format!("<!-- {marker} -->");
    let mut lines = text.lines();
    if !lines.any(|line| line.trim() == comment) {
        bail!("README.md has no line `{comment}`");
    }
    let Some(open) = lines.find(|line| !line.trim().is_empty()) else {
        bail!("README.md ends after `{comment}`");
    };
    let fence: String = open.trim().chars().take_while(|c| *c == '`').collect();
    if fence.len() < 3 {
        bail!("README.md: no fenced block follows `{comment}`, but {open:?}");
    }
    let mut script = String::new();
    for line in lines {
        if line.trim() == fence {
            if script.trim().is_empty() {
                bail!("README.md: the block after `{comment}` is empty");
            }
            return Ok(script);
        }
        script.push_str(line);
        script.push('\n');
    }
    bail!("README.md: the block after `{comment}` never ends")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# T\n\n<!-- test command -->\n\n```sh\ncargo test\n\necho ok\n```\nmore\n<!-- main job -->\nno block\n\
                        <!-- bare -->\n```\n```\n<!-- open -->\n```\ntrue\n";

    #[test]
    fn the_block_after_the_marker() {
        assert_eq!(
            block(TEXT, "test command").unwrap(),
            "cargo test\n\necho ok\n"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let say = |marker| block(TEXT, marker).unwrap_err().to_string();
        assert_eq!(say("bench"), "README.md has no line `<!-- bench -->`");
        assert_eq!(
            say("main job"),
            "README.md: no fenced block follows `<!-- main job -->`, but \"no block\""
        );
        assert_eq!(
            say("bare"),
            "README.md: the block after `<!-- bare -->` is empty"
        );
        assert_eq!(
            say("open"),
            "README.md: the block after `<!-- open -->` never ends"
        );
    }
}
