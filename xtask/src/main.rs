//! `cargo xtask`: what developers run, here and on the build machine.

mod ci;
mod command;
mod fault;
mod fuzz;
mod install;
mod lab;
mod layers;
mod matrix;
mod pages;
mod readme;
mod rules;
mod timetable;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
usage: cargo xtask COMMAND

  layers                     fail when a module of the protocol crate uses one above it
  pages                      fail when the page of a public module has no example
  rules                      which test proves which rule; fail on a rule without proof
  rules --list AREA          the rules of one area
  fuzz --budget SECONDS [--target NAME]
                             replay the committed corpora, then fuzz for SECONDS in all
  install --prefix DIR       build the C library and put it, its links and its headers there
  matrix [--check]           make MATRIX.md from the list of exported functions
  lab [PEER...]              start real peers on loopback and test against them
  ci                         every step of the build, in order, with a timetable
  ci --list                  the names of the steps
  ci --only STEP[,STEP...]   some of the steps
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(ExitCode::FAILURE);
    };
    let root = workspace::root()?;
    match command.as_str() {
        "layers" => no_more(command, rest).and_then(|()| layers::command(&root))?,
        "pages" => no_more(command, rest).and_then(|()| pages::command(&root))?,
        "rules" => rules::command(&root, rest)?,
        "fuzz" => fuzz::command(&root, rest)?,
        "install" => install::command(&root, rest)?,
        "matrix" => matrix::command(&root, rest)?,
        "lab" => return lab::command(&root, rest),
        "ci" => return ci::command(&root, rest),
        "help" | "--help" | "-h" => print!("{HELP}"),
        _ => bail!("no command {command:?}\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn no_more(command: &str, rest: &[String]) -> Result<()> {
    match rest.first() {
        None => Ok(()),
        Some(extra) => bail!("`{command}` takes no argument, got {extra:?}"),
    }
}
