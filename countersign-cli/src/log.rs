//! What happens inside, on standard error for those who ask.
use anyhow::Result;
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Fault};

/// The variable that says what to log, in the words of `tracing_subscriber::EnvFilter`.
const VARIABLE: &str = "COUNTERSIGN_LOG";

/// Starts logging: next to nothing, because each command says itself why it failed; with `-vv` what
/// is decided, with `-vvv` everything.
pub(crate) fn start(verbose: u8, quiet: bool) -> Result<()> {
    let level = match verbose {
        _ if quiet => "off",
        0 | 1 => "error",
        2 => "debug",
        _ => "trace",
    };
    let filter = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            Fault::new(
                Exit::Config,
                format!("{VARIABLE} is not understood: {error}"),
            )
            .help(format!(
                "try {VARIABLE}=debug or {VARIABLE}=countersign=trace"
            ))
        })?,
        _ => EnvFilter::new(level),
    };
    // Through anstream, so that colour stays away from files and pipes.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(anstream::stderr)
        .without_time()
        .init();
    Ok(())
}
