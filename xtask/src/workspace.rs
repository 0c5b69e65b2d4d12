//! Where the workspace is and what lies in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// A text file, named by its path below the root with forward slashes.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The source as a syntax tree.
    pub(crate) fn parse(&self) -> Result<syn::File> {
        syn::parse_file(&self.text).map_err(|error| {
            let line = error.span().start().line;
            anyhow!("{}:{line}: {error}", self.path)
        })
    }
}

/// The repository root: the folder above this crate. What `cargo run` says goes before what the
/// compiler said, because two checkouts may share one target folder.
pub(crate) fn root() -> Result<PathBuf> {
    let own =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let own = PathBuf::from(own);
    let root = own
        .parent()
        .with_context(|| format!("{} has no parent", own.display()))?;
    Ok(root.to_owned())
}

/// Every file with one of the extensions in `folder` and below, sorted by path.
/// Build output and hidden folders are left out.
pub(crate) fn sources(root: &Path, folder: &str, extensions: &[&str]) -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    collect(&root.join(folder), extensions, &mut paths)?;
    paths.sort();
    paths.iter().map(|path| read(root, path)).collect()
}

/// The top-level folders whose name passes, sorted.
pub(crate) fn folders(root: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root).with_context(|| format!("reading {}", root.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && wanted(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn collect(folder: &Path, extensions: &[&str], into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                collect(&path, extensions, into)?;
            }
        } else if path
            .extension()
            .is_some_and(|found| extensions.iter().any(|e| found == *e))
        {
            into.push(path);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> Result<Source> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    Ok(Source {
        path: parts.join("/"),
        text,
    })
}
