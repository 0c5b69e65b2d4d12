//! `countersign completions`: a script for the shell.
use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::output::stdout;

pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    // By way of memory: the generator panics where its output can not be written.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "countersign", &mut script);
    stdout().write_all(&script)?;
    Ok(())
}
