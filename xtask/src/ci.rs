//! `ci`: every step of the build, in order. The first failure ends it; the timetable always comes.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::{need_subcommand, program, run};
use crate::timetable::{Outcome, Timetable};
use crate::{fuzz, install, lab, layers, matrix, pages, readme, rules};

const FUZZ_SECONDS: u64 = 120;

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&Path) -> Result<()>,
}

const STEPS: [Step; 12] = [
    Step {
        name: "test",
        what: "the test command of README.md",
        run: |root| readme::run(root, "test command"),
    },
    Step {
        name: "format",
        what: "cargo fmt --check",
        run: format,
    },
    Step {
        name: "clippy",
        what: "cargo clippy, warnings denied",
        run: clippy,
    },
    Step {
        name: "docs",
        what: "cargo doc, warnings denied; an example on every page",
        run: docs,
    },
    Step {
        name: "deny",
        what: "cargo deny: bans, licenses, sources",
        run: deny,
    },
    Step {
        name: "layers",
        what: "no module uses one above it",
        run: layers::command,
    },
    Step {
        name: "rules",
        what: "every rule of a finished area is proven",
        run: |root| rules::command(root, &[]),
    },
    Step {
        name: "main-job",
        what: "the main job of README.md",
        run: |root| readme::run(root, "main job"),
    },
    Step {
        name: "c",
        what: "the C library, its headers and its programs, under valgrind and sanitizers",
        run: c,
    },
    Step {
        name: "fuzz",
        what: "corpora, then two minutes of fuzzing",
        run: |root| fuzz::run(root, FUZZ_SECONDS, None),
    },
    Step {
        name: "lab",
        what: "real peers on loopback",
        run: lab::step,
    },
    Step {
        name: "bench",
        what: "the benchmarks build and their gate holds",
        run: bench,
    },
];

/// `ci [--list | --only STEP[,STEP...]]`
pub(crate) fn command(root: &Path, arguments: &[String]) -> Result<ExitCode> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let steps = match arguments[..] {
        [] => STEPS.iter().collect(),
        ["--list"] => {
            for step in &STEPS {
                println!("{:<10} {}", step.name, step.what);
            }
            return Ok(ExitCode::SUCCESS);
        }
        ["--only", names] => chosen(names)?,
        _ => bail!("usage: cargo xtask ci [--list | --only STEP[,STEP...]]"),
    };

    let table = run_all(root, &steps);
    print!("\n{table}");
    println!("{}", table.summary());
    Ok(if table.all_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The named steps, in the order of the build.
fn chosen(names: &str) -> Result<Vec<&'static Step>> {
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step {unknown:?}; there are {}", known.join(", "));
    }
    Ok(STEPS
        .iter()
        .filter(|step| names.contains(&step.name))
        .collect())
}

fn run_all(root: &Path, steps: &[&'static Step]) -> Timetable {
    let mut table = Timetable::default();
    let mut failed = false;
    for step in steps {
        if failed {
            table.add(step.name, Duration::ZERO, Outcome::NotRun);
            continue;
        }
        println!("\n== {}: {}", step.name, step.what);
        let start = Instant::now();
        let outcome = match (step.run)(root) {
            Ok(()) => Outcome::Ok,
            Err(error) => {
                eprintln!("{}: {error:#}", step.name);
                failed = true;
                Outcome::Failed
            }
        };
        table.add(step.name, start.elapsed(), outcome);
    }
    table
}

fn format(root: &Path) -> Result<()> {
    run(program("cargo", root).args(["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> Result<()> {
    run(program("cargo", root).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs(root: &Path) -> Result<()> {
    run(program("cargo", root)
        .args(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    pages::command(root)
}

fn deny(root: &Path) -> Result<()> {
    need_subcommand("deny", root)?;
    println!(
        "`advisories` is not run: it fetches its database, and build machines have no such network"
    );
    run(program("cargo", root).args(["deny", "check", "bans", "licenses", "sources"]))
}

fn c(root: &Path) -> Result<()> {
    matrix::command(root, &["--check".to_owned()])?;
    let prefix = root.join("target/c");
    install::install(root, &prefix, false)?;
    run(program("cargo", root).args(["build", "--package", "countersign-cli"]))?;
    run(program("bash", root)
        .arg("countersign-capi/tests/c/run.sh")
        .arg(prefix.join("lib"))
        .arg(install::target(root).join("debug/countersign")))
}

fn bench(root: &Path) -> Result<()> {
    const MANIFEST: &str = "bench/Cargo.toml";
    if !root.join(MANIFEST).is_file() {
        bail!("there is no {MANIFEST}");
    }
    run(program("cargo", root).args(["check", "--manifest-path", MANIFEST, "--all-targets"]))?;
    run(program("cargo", root).args([
        "run",
        "--release",
        "--manifest-path",
        MANIFEST,
        "--",
        "--gate",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(_: &Path) -> Result<()> {
        Ok(())
    }

    fn fails(_: &Path) -> Result<()> {
        bail!("broken")
    }

    #[test]
    fn the_first_failure_ends_the_build() {
        static GOOD: Step = Step {
            name: "good",
            what: "",
            run: passes,
        };
        static BAD: Step = Step {
            name: "bad",
            what: "",
            run: fails,
        };
        let root = Path::new("/");
        assert_eq!(
            run_all(root, &[&GOOD, &BAD, &GOOD]).summary(),
            "ci: 1 passed, 1 failed, 1 not run"
        );
        assert_eq!(
            run_all(root, &[&GOOD, &GOOD]).summary(),
            "ci: 2 passed, 0 failed"
        );
    }

    #[test]
    fn chosen_steps_keep_the_order_of_the_build() {
        let names: Vec<_> = chosen("lab,format")
            .unwrap()
            .iter()
            .map(|step| step.name)
            .collect();
        assert_eq!(names, ["format", "lab"]);
        let error = chosen("format,nothing").err().unwrap().to_string();
        assert!(
            error.starts_with("no step \"nothing\"; there are test, format,"),
            "{error}"
        );
    }
}
