//! Starting other programs: said aloud, run with our own stdin and stdout, judged by their exit code.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// A program to be run in `folder`, in the environment that the developer's shell has.
pub(crate) fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    forget_cargo_run(&mut command);
    command
}

/// Prints the command, runs it, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Prints the command, runs it, and gives back how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    println!("$ {}", shown(command));
    command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))
}

/// Installs a cargo subcommand unless it answers already.
pub(crate) fn need_subcommand(name: &str, folder: &Path) -> Result<()> {
    let present = program("cargo", folder)
        .args([name, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot start `cargo`")?
        .success();
    if present {
        return Ok(());
    }
    run(program("cargo", folder).args(["install", "--locked", &format!("cargo-{name}")]))
        .with_context(|| format!("cargo-{name} is missing and could not be installed"))
}

fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        // Only what a step sets for itself: the search path is put right for every program.
        if let Some(value) = value
            && name != LIBRARY_PATH
        {
            words.push(format!(
                "{}={:?}",
                name.to_string_lossy(),
                value.to_string_lossy()
            ));
        }
    }
    words.push(command.get_program().to_string_lossy().into_owned());
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+".contains(c);
        words.push(if !argument.is_empty() && argument.chars().all(plain) {
            argument.into_owned()
        } else {
            format!("'{argument}'")
        });
    }
    words.join(" ")
}

const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Takes back what `cargo run` put into the environment for this program. Otherwise a foreign peer
/// could load our own libraries instead of the system's.
fn forget_cargo_run(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    let Some(paths) = env::var_os(LIBRARY_PATH) else {
        return;
    };
    let own = env::current_exe()
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned));
    match without_cargos_entries(&paths, own.as_deref()) {
        Some(rest) => command.env(LIBRARY_PATH, rest),
        None => command.env_remove(LIBRARY_PATH),
    };
}

fn without_cargos_entries(paths: &OsString, own: Option<&Path>) -> Option<OsString> {
    let from_cargo = |path: &PathBuf| {
        own.is_some_and(|own| path.starts_with(own))
            || path
                .iter()
                .any(|part| part == "rustlib" || part == "toolchains")
    };
    let rest: Vec<_> = env::split_paths(paths)
        .filter(|path| !from_cargo(path))
        .collect();
    if rest.is_empty() {
        None
    } else {
        env::join_paths(rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cargos_library_folders_go() {
        let own = Path::new("/t/debug");
        let paths = OsString::from("/t/debug:/t/debug/deps:/opt/lib:/r/toolchains/stable/lib");
        assert_eq!(
            without_cargos_entries(&paths, Some(own)),
            Some("/opt/lib".into())
        );
        let paths = OsString::from("/t/debug:/r/lib/rustlib/x/lib");
        assert_eq!(without_cargos_entries(&paths, Some(own)), None);
    }

    #[test]
    fn a_failing_program_is_named() {
        let error = run(program("bash", Path::new("/")).args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`bash -c 'exit 3'` ended with exit status: 3"
        );
    }
}
