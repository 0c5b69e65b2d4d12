//! `fuzz`: every target over its committed corpus, then new inputs for as long as the budget lasts.
//!
//! Fuzzing needs compiler flags that the stable toolchain keeps for itself; `RUSTC_BOOTSTRAP=1` opens
//! them, so that no second toolchain is needed. What is found on the way goes to a scratch folder: the
//! committed corpus grows by decision, not by chance.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};

use crate::command::{self, need_subcommand, program};

const LIMITS: [&str; 3] = ["-max_len=70000", "-timeout=10", "-rss_limit_mb=2048"];

/// `fuzz --budget SECONDS [--target NAME]`
pub(crate) fn command(root: &Path, arguments: &[String]) -> Result<()> {
    let mut budget = None;
    let mut target = None;
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match (word, words.next()) {
            ("--budget", Some(value)) => {
                let seconds: u64 = value
                    .parse()
                    .with_context(|| format!("--budget takes whole seconds, not {value:?}"))?;
                budget = Some(seconds);
            }
            ("--target", Some(name)) => target = Some(name),
            _ => bail!("usage: cargo xtask fuzz --budget SECONDS [--target NAME]"),
        }
    }
    let Some(budget) = budget else {
        bail!("--budget SECONDS is missing")
    };
    run(root, budget, target)
}

/// Fuzzes one target, or all of them, for `budget` seconds together. Building does not count.
pub(crate) fn run(root: &Path, budget: u64, only: Option<&str>) -> Result<()> {
    let folder = root.join("fuzz");
    let manifest = folder.join("Cargo.toml");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let mut names = bins(&text);
    if let Some(only) = only {
        if !names.iter().any(|name| name == only) {
            bail!(
                "no target {only:?} in fuzz/Cargo.toml; there are {}",
                names.join(", ")
            );
        }
        names.retain(|name| name == only);
    }
    if names.is_empty() {
        bail!("fuzz/Cargo.toml has no [[bin]]");
    }

    let targets = Targets::new(root, folder, names)?;
    targets.build()?;
    let start = Instant::now();
    for name in &targets.names {
        targets.fuzz(name, &["-runs=0".to_owned()])?;
    }
    for (done, name) in targets.names.iter().enumerate() {
        let left = Duration::from_secs(budget).saturating_sub(start.elapsed());
        let share = left.as_secs() / (targets.names.len() - done) as u64;
        // To the fuzzer 0 seconds would mean without end.
        if share > 0 {
            targets.fuzz(
                name,
                &[
                    format!("-max_total_time={share}"),
                    "-print_final_stats=1".to_owned(),
                ],
            )?;
        } else {
            println!("fuzz: the budget ends before {name}: only its corpus was run");
        }
    }
    println!("fuzz: no crash in {}", targets.names.join(", "));
    Ok(())
}

/// The `name`s of the `[[bin]]` tables of a manifest.
fn bins(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut in_bin = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            in_bin = line == "[[bin]]";
        } else if in_bin
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
        {
            names.push(value.trim().trim_matches('"').to_owned());
        }
    }
    names
}

/// Where the targets are and where their output goes.
struct Targets<'a> {
    root: &'a Path,
    folder: PathBuf,
    output: PathBuf,
    names: Vec<String>,
}

impl<'a> Targets<'a> {
    fn new(root: &'a Path, folder: PathBuf, names: Vec<String>) -> Result<Self> {
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !has_files(&folder.join("corpus").join(name)))
            .collect();
        if !missing.is_empty() {
            bail!("no seeds in fuzz/corpus for {missing:?}");
        }
        // A target folder of the developer's choice is shared by several workspaces: keep apart.
        let output = match env::var_os("CARGO_TARGET_DIR") {
            Some(chosen) => root.join(chosen).join("fuzz"),
            None => folder.join("target"),
        };
        Ok(Self {
            root,
            folder,
            output,
            names,
        })
    }

    fn build(&self) -> Result<()> {
        need_subcommand("fuzz", self.root)?;
        // Cargo remembers what rustc answered, refused flags too: an answer of a run without
        // RUSTC_BOOTSTRAP would stand for ever.
        match fs::remove_file(self.output.join(".rustc_info.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context("removing .rustc_info.json");
            }
            _ => {}
        }
        for name in &self.names {
            command::run(self.cargo_fuzz("build").arg(name))?;
        }
        Ok(())
    }

    fn fuzz(&self, name: &str, arguments: &[String]) -> Result<()> {
        let scratch = self.output.join("new-inputs").join(name);
        fs::create_dir_all(&scratch).with_context(|| format!("making {}", scratch.display()))?;
        let artifacts = self.folder.join("artifacts").join(name);
        let before = files(&artifacts);

        let mut command = self.cargo_fuzz("run");
        command
            .arg(name)
            .arg(&scratch)
            .arg(self.folder.join("corpus").join(name));
        command.arg("--").args(LIMITS).args(arguments);
        let dictionary = self
            .folder
            .join("dictionaries")
            .join(format!("{name}.dict"));
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        let Err(error) = command::run(&mut command) else {
            return Ok(());
        };

        let after = files(&artifacts);
        let found: Vec<_> = after
            .into_iter()
            .filter(|file| !before.contains(file))
            .collect();
        match found.last() {
            Some((path, _)) => bail!("{name} fails on {}", path.display()),
            None => Err(error.context(format!("{name} failed and left no input behind"))),
        }
    }

    fn cargo_fuzz(&self, verb: &str) -> Command {
        let mut command = program("cargo", self.root);
        command.args(["fuzz", verb, "--fuzz-dir"]).arg(&self.folder);
        command.arg("--target-dir").arg(&self.output);
        command.env("RUSTC_BOOTSTRAP", "1");
        command
    }
}

fn has_files(folder: &Path) -> bool {
    !files(folder).is_empty()
}

/// The files of a folder with the time of their last change, oldest first. None when it does not exist.
/// The time tells a crash found again from the file that an earlier run left under the same name.
fn files(folder: &Path) -> Vec<(PathBuf, Option<SystemTime>)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            (
                entry.path(),
                entry.metadata().and_then(|data| data.modified()).ok(),
            )
        })
        .collect();
    files.sort_by_key(|(_, changed)| *changed);
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_the_bins() {
        let manifest = "[package]\nname = \"fuzz\"\n\n[[bin]]\nname = \"ntlm_challenge\"\npath = \"a.rs\"\n\n\
                        [lib]\nname = \"helper\"\n\n[[bin]]\ntest = false\nname=\"base\"\n";
        assert_eq!(bins(manifest), ["ntlm_challenge", "base"]);
    }

    #[test]
    fn arguments_are_checked_before_anything_runs() {
        let say = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            format!("{:#}", command(Path::new("/nowhere"), &words).unwrap_err())
        };
        assert_eq!(say(&[]), "--budget SECONDS is missing");
        assert!(say(&["--budget", "x"]).starts_with("--budget takes whole seconds, not \"x\""));
        assert!(say(&["--budget"]).starts_with("usage"));
        assert!(say(&["--budget", "1"]).starts_with("reading /nowhere/fuzz/Cargo.toml"));
    }
}
