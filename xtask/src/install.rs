//! `install`: the C library with its headers, as a C program's build expects them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{program, run};

const CRATE: &str = "countersign-capi";
/// The names under which programs look for the library.
const LINKS: [&str; 4] = [
    "libcountersign.so",
    "libsecur32.so",
    "libsspi.so",
    "libsspicli.so",
];
const SONAME: &str = "libcountersign.so.0";

/// `install --prefix DIR [--debug]`
pub(crate) fn command(root: &Path, arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--prefix", prefix] => install(root, Path::new(prefix), true),
        ["--prefix", prefix, "--debug"] => install(root, Path::new(prefix), false),
        _ => bail!("usage: cargo xtask install --prefix DIR [--debug]"),
    }
}

/// Builds the library and puts library, links, headers and pkg-config file below `prefix`.
pub(crate) fn install(root: &Path, prefix: &Path, release: bool) -> Result<()> {
    let mut build = program("cargo", root);
    build.args(["build", "--package", CRATE]);
    if release {
        build.arg("--release");
    }
    run(&mut build)?;
    fs::create_dir_all(prefix).with_context(|| prefix.display().to_string())?;
    let prefix = prefix.canonicalize()?;
    let built = target(root).join(if release { "release" } else { "debug" });
    let lib = prefix.join("lib");
    let include = prefix.join("include/countersign");
    fs::create_dir_all(lib.join("pkgconfig"))?;
    copy(&built.join("libcountersign_capi.so"), &lib.join(SONAME))?;
    copy(
        &built.join("libcountersign_capi.a"),
        &lib.join("libcountersign.a"),
    )?;
    for link in LINKS {
        let link = lib.join(link);
        if link.symlink_metadata().is_ok() {
            fs::remove_file(&link)?;
        }
        symlink(SONAME, &link).with_context(|| link.display().to_string())?;
    }
    let capi = root.join(CRATE);
    copy_headers(&capi.join("include"), &include)?;
    let template = fs::read_to_string(capi.join("countersign.pc.in"))?;
    let text = template
        .replace("@PREFIX@", &prefix.display().to_string())
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    fs::write(lib.join("pkgconfig/countersign.pc"), text)?;
    println!("installed below {}", prefix.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    // Written anew: a program that runs keeps the library that it has mapped.
    if to.exists() {
        fs::remove_file(to)?;
    }
    fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display()))?;
    Ok(())
}

fn copy_headers(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().context("a file without a name")?;
        if path.is_dir() {
            copy_headers(&path, &to.join(name))?;
        } else {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Where cargo puts what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
