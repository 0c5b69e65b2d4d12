//! The `countersign` command: authentication tried out, served and taken apart.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod date;
mod encoding;
mod exit;
mod link;
mod log;
mod message;
mod output;
mod password;
mod store;
mod stream;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use countersign_net::config::Config;
use exit::{Exit, Fault};

fn main() -> ExitCode {
    let cli = Cli::parse();
    exit::report(run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let config = Config::load().map_err(|error| {
        Fault::new(Exit::Config, error).help("mend it, or name another with COUNTERSIGN_CONFIG")
    })?;
    log::start(cli.verbose, cli.quiet, &config)?;
    match &cli.command {
        Command::Demo(args) => commands::demo::run(args),
        Command::Packages(args) => commands::packages::run(args),
        Command::Account(args) => commands::account::run(args, &config),
        Command::Serve(args) => commands::serve::run(args, &config, cli.verbose > 0),
        Command::Connect(args) => commands::connect::run(args, &config, cli.verbose > 0, cli.quiet),
        Command::Decode(args) => commands::decode::run(args),
        Command::Completions(args) => commands::completions::run(args),
    }
}
