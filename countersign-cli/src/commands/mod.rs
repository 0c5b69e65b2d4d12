//! The commands, one file each.
use std::sync::Arc;

use countersign::{Error, Package, Packages};
use countersign_net::DriveError;
use countersign_net::datagram::{Faults, Port};

use crate::args::DatagramArgs;
use crate::exit::{Exit, Fault};

pub(crate) mod account;
pub(crate) mod completions;
pub(crate) mod connect;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod packages;
pub(crate) mod serve;

/// The package that the command line names.
fn package(packages: &Packages, name: &str) -> Result<Arc<dyn Package>, Fault> {
    packages.get(name).map_err(|error| {
        let names: Vec<&str> = packages.iter().map(|package| package.info().name).collect();
        Fault::new(Exit::Config, error).help(format!("these are there: {}", names.join(", ")))
    })
}

/// The exit code that an authentication without success ends with.
fn exit_of(error: &DriveError) -> Exit {
    match error {
        DriveError::Peer(_) => Exit::Refused,
        DriveError::Transport(_) => Exit::Unavailable,
        DriveError::Security(error) => match error {
            Error::InvalidToken(_) | Error::PeerMisbehaved(_) => Exit::BadData,
            Error::LogonDenied(_)
            | Error::BadBindings(_)
            | Error::WrongPrincipal
            | Error::MessageAltered
            | Error::OutOfSequence { .. } => Exit::Refused,
            Error::Policy(_)
            | Error::ApiMisuse(_)
            | Error::QopNotSupported(_)
            | Error::NoCredentials(_)
            | Error::PackageNotFound(_)
            | Error::Unsupported(_) => Exit::Config,
            Error::Unavailable(_) => Exit::NoInput,
            _ => Exit::Failed,
        },
        _ => Exit::Failed,
    }
}

/// A port that loses, repeats and holds back what it is told to.
fn with_faults(port: Port, args: &DatagramArgs) -> Port {
    if args.loss + args.duplicate + args.reorder == 0 {
        return port;
    }
    // A xorshift, which never leaves zero: numbers for accidents, not for secrets.
    let mut state = args.seed.max(1);
    let faults = Faults::from_numbers(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    });
    port.faults(
        faults
            .loss(args.loss)
            .duplicate(args.duplicate)
            .reorder(args.reorder),
    )
}
