//! Countersign against real peers, in both roles. `interop/lab.sh` starts the peers, checks them
//! against each other and runs this with `--env FILE`, the variables that say where they are.
//!
//! Prints `ok   NAME` or `FAIL NAME: why` for each check; exits 1 when any failed.
#![forbid(unsafe_code)]

mod environment;
mod ldap;
mod ours;
mod peers;
mod wire;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use environment::Environment;

/// One check against a peer, with the rules that it proves.
struct Check {
    name: &'static str,
    #[allow(dead_code, reason = "read by `cargo xtask rules` from the source")]
    rules: &'static [&'static str],
    run: fn(&Environment) -> Result<()>,
}

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all checks whose peers are there and gives the number of those that failed.
fn run() -> Result<usize> {
    let mut args = std::env::args().skip(1);
    let (Some("--env"), Some(path), None) = (args.next().as_deref(), args.next(), args.next())
    else {
        bail!("usage: interop --env FILE");
    };
    let environment = Environment::read(path.as_ref()).context("the environment of the lab")?;
    let mut failed = 0;
    for (needs, checks) in [
        ("PORT_NTLM_AUTH", peers::ntlm_auth::CHECKS),
        ("PORT_PYSPNEGO", peers::pyspnego::CHECKS),
        ("PORT_GSS_NTLMSSP", peers::gss_ntlmssp::CHECKS),
        ("GSS_DATAGRAM", peers::gss_datagram::CHECKS),
        ("PORT_SSPILIB", peers::sspilib::CHECKS),
        ("AD_LDAP", peers::samba_ad::CHECKS),
    ] {
        if environment.get(needs).is_err() {
            println!(
                "note {} checks need {needs}, whose peer was not started",
                checks.len()
            );
            continue;
        }
        for check in checks {
            match (check.run)(&environment) {
                Ok(()) => println!("ok   {}", check.name),
                Err(error) => {
                    failed += 1;
                    println!("FAIL {}: {error:#}", check.name);
                }
            }
        }
    }
    Ok(failed)
}
