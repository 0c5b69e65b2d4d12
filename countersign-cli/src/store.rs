//! The account store of the command line: where it is, and what its errors mean to people.
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use countersign_net::config::Config;
use countersign_net::store::{AccountStore, EmbeddedAccounts, LockoutPolicy, StoreError};

use crate::args::StoreArgs;
use crate::exit::{Exit, Fault};

/// A store that must be there.
pub(crate) fn existing(path: &Path) -> Result<EmbeddedAccounts, Fault> {
    let accounts = EmbeddedAccounts::open(path);
    // Any question shows whether it can be read.
    accounts.get("", "?").map_err(|error| reading(&error))?;
    Ok(accounts)
}

/// A store that is made when something is written to it, with the folders that lead to it.
pub(crate) fn writable(path: &Path) -> Result<EmbeddedAccounts, Fault> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        make_folder(folder).map_err(|error| {
            Fault::new(
                Exit::CantCreate,
                format!("the folder {} can not be made: {error}", folder.display()),
            )
            .help("name another place with --store PATH")
        })?;
    }
    Ok(EmbeddedAccounts::open(path))
}

/// Makes the folder for its owner alone; one that is there stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The accounts that a server asks: the store, or the text file of the configuration.
pub(crate) fn serving(
    args: &StoreArgs,
    config: &Config,
    lockout: Option<LockoutPolicy>,
) -> Result<Arc<dyn AccountStore>, Fault> {
    let lockout = lockout.unwrap_or_else(|| config.lockout());
    if args.store.is_none() && config.accounts_file().is_none() {
        return Ok(config.clone().with_lockout(lockout).accounts());
    }
    Ok(Arc::new(existing(&path(args, config)?)?.lockout(lockout)))
}

/// Where the store is: where the command line says, else where the configuration says.
pub(crate) fn path(args: &StoreArgs, config: &Config) -> Result<PathBuf, Fault> {
    args.store
        .as_deref()
        .filter(|path| !path.as_os_str().is_empty())
        .or_else(|| config.accounts_file())
        .map(Path::to_owned)
        .ok_or_else(|| {
            Fault::new(
                Exit::Config,
                "no account store is configured that this command can use",
            )
            .help("name the store with --store PATH or COUNTERSIGN_ACCOUNTS")
        })
}

/// An error of an operation that only reads.
pub(crate) fn reading(error: &StoreError) -> Fault {
    fault(error, Exit::NoInput)
}

/// An error of an operation that writes.
pub(crate) fn writing(error: &StoreError) -> Fault {
    fault(error, Exit::CantCreate)
}

fn fault(error: &StoreError, io: Exit) -> Fault {
    match error {
        StoreError::AlreadyExists { account } => Fault::new(Exit::CantCreate, error).help(format!(
            "countersign account passwd '{account}' changes its password"
        )),
        StoreError::NotFound { .. } => Fault::new(Exit::NoInput, error)
            .help("countersign account list shows those that are there"),
        StoreError::Name(_) => Fault::new(Exit::BadData, error),
        StoreError::Missing { path } => Fault::new(
            Exit::NoInput,
            format!("there is no account store {}", path.display()),
        )
        .help("countersign account add NAME makes it; --store PATH names another"),
        StoreError::Busy { .. } => Fault::new(Exit::Failed, error)
            .help("another program keeps the store open; try again when it is done"),
        StoreError::Permissions { path, mode } => Fault::new(
            Exit::Config,
            format!(
                "{} holds secrets, and others can use it (mode {:03o})",
                path.display(),
                mode & 0o777
            ),
        )
        .help(format!("chmod 600 {}", path.display())),
        StoreError::NotAccounts { .. }
        | StoreError::Version { .. }
        | StoreError::Damaged { .. }
        | StoreError::Record { .. } => Fault::new(Exit::BadData, error)
            .help("name another store with --store PATH, or restore this one from an export"),
        StoreError::Io { .. } => Fault::new(io, error),
        error => Fault::new(Exit::Failed, error),
    }
}
