//! `matrix`: MATRIX.md, made from the one list of exported functions.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

const LIST: &str = "countersign-capi/src/exports.rs";
const PAGE: &str = "MATRIX.md";

/// `matrix [--check]`
pub(crate) fn command(root: &Path, arguments: &[String]) -> Result<()> {
    let list = fs::read_to_string(root.join(LIST)).context(LIST)?;
    let page = page(&list)?;
    let path = root.join(PAGE);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => fs::write(&path, page).context(PAGE),
        ["--check"] => {
            if fs::read_to_string(&path).unwrap_or_default() != page {
                bail!("{PAGE} is not what {LIST} makes: run `cargo xtask matrix`");
            }
            Ok(())
        }
        _ => bail!("usage: cargo xtask matrix [--check]"),
    }
}

/// One line of the list: `module::Name: State, "who needs it";`
fn entry(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (path, rest) = line.trim().strip_suffix("\";")?.split_once(": ")?;
    let (module, name) = path.split_once("::")?;
    let (state, needed_by) = rest.split_once(", \"")?;
    Some((module, name, state, needed_by))
}

fn page(list: &str) -> Result<String> {
    let mut page = String::from(
        "# What each exported function does\n\n\
         Made by `cargo xtask matrix` from `countersign-capi/src/exports.rs`.\n\n\
         * **works**: as documented, for the packages of the README's table;\n\
         * **no package yet**: checks its handle and answers SEC_E_UNSUPPORTED_FUNCTION, because no package here\n  \
           has a use for it yet;\n\
         * **not yet**: exported so that programs link; answers SEC_E_UNSUPPORTED_FUNCTION.\n",
    );
    let mut current = "";
    let mut count = 0;
    for (module, name, state, needed_by) in list.lines().filter_map(entry) {
        if module != current {
            write!(
                page,
                "\n## {module}\n\n| function | state | who needs it |\n|---|---|---|\n"
            )?;
            current = module;
        }
        let state = match state {
            "Works" => "works",
            "NoPackage" => "no package yet",
            "NotYet" => "not yet",
            other => bail!("{LIST}: {name} has the state {other:?}"),
        };
        writeln!(page, "| `{name}` | {state} | {needed_by} |")?;
        count += 1;
    }
    if count == 0 {
        bail!("{LIST} lists nothing");
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_becomes_a_page() {
        let page = page(
            "exports! {\n    packages::One: Works, \"all\";\n    later::Two: NotYet, \"x\";\n}\n",
        );
        let page = page.unwrap();
        assert!(page.contains("## packages\n\n| function | state"));
        assert!(page.contains("| `Two` | not yet | x |"));
        assert!(super::page("nothing").is_err());
        assert!(super::page("a::B: Maybe, \"x\";").is_err());
    }
}
