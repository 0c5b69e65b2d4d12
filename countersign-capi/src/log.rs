//! The log of a C program: what `[log]` of the configuration, or `COUNTERSIGN_LOG`, asks for.
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use countersign_net::config::Config;
use tracing_subscriber::EnvFilter;

/// Starts the log, if one is configured. A program that has a subscriber of its own keeps it.
///
/// # Errors
/// A text that names the filter or the file that can not be used.
pub(crate) fn start(config: &Config) -> Result<(), String> {
    let Some(filter) = config.log_filter() else {
        return Ok(());
    };
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("log.filter {filter:?}: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false);
    // A second subscriber is refused, and that is fine.
    let _ = match config.log_file() {
        None => builder.with_writer(std::io::stderr).try_init(),
        Some(path) => {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
                .map_err(|error| format!("log.file {}: {error}", path.display()))?;
            builder.with_writer(Mutex::new(file)).try_init()
        }
    };
    Ok(())
}
