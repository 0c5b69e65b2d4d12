//! What happens inside, on standard error or in the configured file, for those who ask.
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use anyhow::Result;
use countersign_net::config::Config;
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Fault};

/// Starts logging: next to nothing, because each command says itself why it failed; with `-vv` what
/// is decided, with `-vvv` everything. `COUNTERSIGN_LOG` and the configuration say it more finely.
pub(crate) fn start(verbose: u8, quiet: bool, config: &Config) -> Result<()> {
    let level = match verbose {
        _ if quiet => "off",
        0 | 1 => "error",
        2 => "debug",
        _ => "trace",
    };
    let filter = match config.log_filter() {
        Some(text) => EnvFilter::try_new(text).map_err(|error| {
            Fault::new(
                Exit::Config,
                format!("the log filter {text:?} is not understood: {error}"),
            )
            .help("try COUNTERSIGN_LOG=debug or COUNTERSIGN_LOG=countersign=trace")
        })?,
        None => EnvFilter::new(level),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    match config.log_file() {
        // Through anstream, so that colour stays away from files and pipes.
        None => builder.with_writer(anstream::stderr).without_time().init(),
        Some(path) => {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
                .map_err(|error| {
                    let what = format!("the log {} can not be written: {error}", path.display());
                    Fault::new(Exit::CantCreate, what)
                })?;
            builder
                .with_ansi(false)
                .with_writer(Mutex::new(file))
                .init();
        }
    }
    Ok(())
}
