//! `pages`: every public module of the libraries starts with an example that runs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fault::{Fault, report};

const CRATES: [&str; 2] = ["countersign/src", "countersign-net/src"];

/// Fails for each public module whose page has no example.
pub(crate) fn command(root: &Path) -> Result<()> {
    let mut faults = Vec::new();
    let mut pages = 0;
    for folder in CRATES {
        let front = root.join(folder).join("lib.rs");
        visit(root, &front, &root.join(folder), &mut pages, &mut faults)?;
    }
    if pages < CRATES.len() {
        bail!("no pages were found");
    }
    report("pages", &faults)?;
    println!("pages: {pages}, each with an example");
    Ok(())
}

/// Looks at a module's file and at those of its public modules, which lie in `folder`.
fn visit(
    root: &Path,
    file: &Path,
    folder: &Path,
    pages: &mut usize,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    *pages += 1;
    if !has_example(&text) {
        let shown = file.strip_prefix(root).unwrap_or(file);
        faults.push(Fault::new(
            &shown.display().to_string(),
            1,
            "its page has no example",
        ));
    }
    for name in public_modules(&text) {
        let (file, folder) = module(folder, name)?;
        visit(root, &file, &folder, pages, faults)?;
    }
    Ok(())
}

/// An example that runs, or that at least compiles.
fn has_example(text: &str) -> bool {
    text.lines()
        .take_while(|line| line.starts_with("//!") || line.is_empty())
        .any(|line| line == "//! ```" || line == "//! ```no_run")
}

fn public_modules(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
}

fn module(folder: &Path, name: &str) -> Result<(PathBuf, PathBuf)> {
    let inner = folder.join(name);
    for file in [folder.join(format!("{name}.rs")), inner.join("mod.rs")] {
        if file.is_file() {
            return Ok((file, inner));
        }
    }
    bail!("{}: no file for the module {name}", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_told_from_pictures() {
        assert!(has_example(
            "//! A page.\n//!\n//! ```\n//! run();\n//! ```\n"
        ));
        assert!(!has_example("//! ```text\n//! picture\n//! ```text\n"));
        assert!(!has_example("//! A page.\nfn f() {}\n//! ```\n"));
        let names: Vec<_> = public_modules("mod a;\npub mod b;\npub mod c {}\n").collect();
        assert_eq!(names, ["b"]);
    }
}
