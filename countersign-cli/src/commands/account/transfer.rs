//! Accounts to and from files.
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::Result;
use countersign::{Account, Environment};
use countersign_net::store::AccountStore;
use countersign_net::store::files::{self, FileError};

use crate::args::{ExportArgs, ExportFormat, Format, ImportArgs};
use crate::exit::{Exit, Fault};
use crate::output::stdout;
use crate::store;

/// What a reader of exported accounts should know.
const SECRETS: &str = "an export holds password hashes, which are as good as passwords";

pub(super) fn import(store: &Path, args: &ImportArgs) -> Result<()> {
    let name = args.file.display();
    let read = |from: &mut dyn BufRead| match args.format {
        Format::Jsonl => files::read_accounts(from),
        Format::Passwords => files::read_passwords(from),
        Format::Smbpasswd => files::read_smbpasswd(from, &args.domain),
    };
    if args.format != Format::Smbpasswd && !args.domain.is_empty() {
        return Err(Fault::new(
            Exit::Config,
            "--domain is for files that name no domain: --format smbpasswd",
        )
        .into());
    }
    let accounts = if args.file.as_os_str() == "-" {
        read(&mut io::stdin().lock())
    } else {
        File::open(&args.file)
            .map_err(FileError::Io)
            .and_then(|file| read(&mut BufReader::new(file)))
    };
    let accounts = accounts.map_err(|error| match error {
        FileError::Io(error) => {
            Fault::new(Exit::NoInput, format!("{name} can not be read: {error}"))
        }
        error => Fault::new(Exit::BadData, format!("{name}, {error}")).help(
            "nothing was imported; is it of another format? (--format jsonl, passwords, smbpasswd)",
        ),
    })?;
    let imported = store::writable(store)?
        .import(&accounts, !args.keep)
        .map_err(|error| store::writing(&error))?;
    writeln!(
        stdout(),
        "{} added, {} replaced, {} left as they were",
        imported.added,
        imported.replaced,
        imported.skipped
    )?;
    Ok(())
}

pub(super) fn export(store: &Path, args: &ExportArgs) -> Result<()> {
    let accounts = store::existing(store)?
        .list()
        .map_err(|error| store::reading(&error))?;
    let Some(path) = &args.file else {
        if io::stdout().is_terminal() && !args.force {
            return Err(Fault::new(
                Exit::Config,
                format!("{SECRETS}; they are not shown on a terminal"),
            )
            .help("name a file (countersign account export FILE), or insist with --force")
            .into());
        }
        return write(args.format, &accounts, &mut stdout()).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => formless(&error).into(),
            _ => error.into(),
        });
    };
    let written = if args.force {
        replace(path, args.format, &accounts)
    } else {
        create(path, args.format, &accounts)
    };
    written.map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidInput {
            return formless(&error);
        }
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let fault = Fault::new(
            Exit::CantCreate,
            format!("{} can not be written: {error}", path.display()),
        );
        if exists {
            fault.help("take another name, or overwrite it with --force")
        } else {
            fault
        }
    })?;
    writeln!(
        stdout(),
        "{} accounts written to {}; {SECRETS}",
        accounts.len(),
        path.display()
    )?;
    Ok(())
}

/// An account that has no form in the file.
fn formless(error: &io::Error) -> Fault {
    Fault::new(Exit::BadData, error)
        .help("nothing was exported; --format jsonl has a form for every account")
}

fn write(format: ExportFormat, accounts: &[Account], to: &mut impl Write) -> io::Result<()> {
    match format {
        ExportFormat::Jsonl => files::write_accounts(accounts, to),
        ExportFormat::Smbpasswd => {
            let now = Environment::system().clock().now();
            // Without the file nobody has a number.
            let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
            files::write_smbpasswd(accounts, now, |name| number(&users, name), to)
        }
    }
}

/// The number of a user in the text of `/etc/passwd`.
fn number(users: &str, name: &str) -> Option<u32> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// Writes a new file for its owner alone.
fn create(path: &Path, format: ExportFormat, accounts: &[Account]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::new(options.open(path)?);
    let written = write(format, accounts, &mut out).and_then(|()| out.get_ref().sync_all());
    if written.is_err() {
        // Half of an export would be taken for a whole one; the first error matters more.
        let _ = fs::remove_file(path);
    }
    written
}

/// Puts a new file in the place of another: who had that one open does not read the new one.
fn replace(path: &Path, format: ExportFormat, accounts: &[Account]) -> io::Result<()> {
    let mut name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?
        .to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    create(&new, format, accounts)?;
    fs::rename(&new, path).inspect_err(|_| {
        // The error of the renaming is the one to tell.
        let _ = fs::remove_file(&new);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_users() {
        let users = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:7::/:\n\nbroken\nodd:x:y:1::/:\n";
        let number = |name| number(users, name);
        assert_eq!(number("root"), Some(0));
        assert_eq!(number("daemon"), Some(1));
        for nobody in ["", "broken", "odd", "x", "Root", "1"] {
            assert_eq!(number(nobody), None, "{nobody}");
        }
    }
}
