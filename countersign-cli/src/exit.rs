//! How the command ends: exit codes for scripts, and errors that name a remedy.
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::output::ClosedPipe;
use crate::output::colour::{BAD, GOOD};

/// Exit codes, in the tradition of `sysexits.h`; `--help` lists them. Wrong usage is 2, from the
/// parser of the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// A check failed, or nothing else fits.
    Failed = 1,
    /// What was given does not parse.
    BadData = 65,
    /// A file or store to read from is not there.
    NoInput = 66,
    /// The peer can not be reached, or hung up.
    Unavailable = 69,
    /// A file or store can not be created or written.
    CantCreate = 73,
    /// The authentication was refused.
    Refused = 77,
    /// Configuration or policy stands against it.
    Config = 78,
}

/// The part of `--help` that names the exit codes.
pub(crate) const HELP: &str = "Exit codes:
   0  success
   1  a check failed, or an error that has no code of its own
   2  wrong usage
  65  bad data: a token or file that does not parse
  66  no such file or store
  69  the peer can not be reached, or closed the connection
  73  a file or store can not be created
  77  the authentication was refused
  78  configuration or policy forbids it";

/// An error with a code for scripts and a remedy for people.
#[derive(Debug)]
pub(crate) struct Fault {
    exit: Exit,
    cause: String,
    remedy: Option<String>,
}

impl Fault {
    /// An error without a remedy.
    pub(crate) fn new(exit: Exit, cause: impl fmt::Display) -> Self {
        Self {
            exit,
            cause: cause.to_string(),
            remedy: None,
        }
    }

    /// Adds what can be done about it.
    pub(crate) fn help(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for Fault {}

/// Something that was already reported: only its exit code is left to give.
#[derive(Debug)]
pub(crate) struct Silent(pub(crate) Exit);

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0 as u8)
    }
}

impl std::error::Error for Silent {}

/// Reports how the command ended.
pub(crate) fn report(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    if let Some(Silent(exit)) = error.downcast_ref() {
        return ExitCode::from(*exit as u8);
    }
    if is_closed_pipe(&error) {
        // Whoever read our output has seen enough: that is no failure.
        return ExitCode::SUCCESS;
    }
    let (exit, remedy) = match error.downcast_ref::<Fault>() {
        Some(fault) => (fault.exit, fault.remedy.as_deref()),
        None => (Exit::Failed, None),
    };
    anstream::eprintln!("{BAD}error:{BAD:#} {error:#}");
    if let Some(remedy) = remedy {
        anstream::eprintln!("{GOOD}help:{GOOD:#} {remedy}");
    }
    ExitCode::from(exit as u8)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let mut errors = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    errors.any(|error| {
        error
            .get_ref()
            .is_some_and(|inner| inner.is::<ClosedPipe>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_lists_every_code() {
        for exit in [
            Exit::Failed,
            Exit::BadData,
            Exit::NoInput,
            Exit::Unavailable,
            Exit::CantCreate,
            Exit::Refused,
            Exit::Config,
        ] {
            assert!(HELP.contains(&format!("\n{:>4}  ", exit as u8)), "{exit:?}");
        }
    }
}
