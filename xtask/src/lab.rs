//! `lab`: the script that starts real peers on loopback and runs the checks against them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command;

const SCRIPT: &str = "interop/lab.sh";

/// Runs the script for the named peers, all of them without names, and ends as it ends.
pub(crate) fn command(root: &Path, peers: &[String]) -> Result<ExitCode> {
    let status = command::status(&mut script(root, peers)?)?;
    match status.code() {
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => bail!("{SCRIPT} ended with {status}"),
    }
}

/// The same as one step of the build: all peers, and any other exit code than 0 is an error.
pub(crate) fn step(root: &Path) -> Result<()> {
    command::run(&mut script(root, &[])?)
}

fn script(root: &Path, peers: &[String]) -> Result<std::process::Command> {
    if !root.join(SCRIPT).is_file() {
        bail!("there is no {SCRIPT}");
    }
    let mut command = command::program("bash", root);
    command.arg(SCRIPT).args(peers);
    Ok(command)
}
