//! The checks, one file for each peer.
pub(crate) mod gss_datagram;
pub(crate) mod gss_ntlmssp;
pub(crate) mod ntlm_auth;
pub(crate) mod pyspnego;
pub(crate) mod samba_ad;
pub(crate) mod sspilib;

use std::process::Stdio;

use anyhow::{Result, ensure};
use countersign::ContextFlags;

use crate::environment::Environment;
use crate::ours::{Running, Server};

/// Runs a peer's client against our server; both must be content.
fn accepted(
    environment: &Environment,
    server: Server,
    password: &str,
    args: &[&str],
) -> Result<(String, ContextFlags, Option<String>)> {
    let running = server.start(environment)?;
    connect(environment, &running, password, args)?;
    running.finish()
}

/// Runs a peer's client against our server, which must refuse it with a text that holds `reason`.
fn refused(
    environment: &Environment,
    server: Server,
    password: &str,
    args: &[&str],
    reason: &str,
) -> Result<()> {
    let running = server.start(environment)?;
    let args = [args, &["--expect-fail", reason]].concat();
    connect(environment, &running, password, &args)?;
    ensure!(running.finish().is_err(), "our server let it in");
    Ok(())
}

fn connect(
    environment: &Environment,
    running: &Running,
    password: &str,
    args: &[&str],
) -> Result<()> {
    let output = environment
        .command("LABPEER")?
        .args(["connect", "--port", &running.port.to_string()])
        .args(["--domain", environment.get("LAB_DOMAIN")?])
        .args(args)
        .env("LABPEER_PASSWORD", password)
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "the peer's client: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
