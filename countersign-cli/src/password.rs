//! Where passwords come from: a prompt, a file or a variable of the environment; never the command
//! line, which every user of the machine can read.
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

use anyhow::Result;
use countersign::SecretString;

use crate::args::PasswordArgs;
use crate::exit::{Exit, Fault};

/// More than any password has; a file that is no password file is not read to its end.
const MAX_BYTES: usize = 4096;

/// The password of somebody who logs on.
pub(crate) fn read(args: &PasswordArgs, who: &str) -> Result<SecretString> {
    match elsewhere(args)? {
        Some(password) => Ok(password),
        None => prompt(&format!("Password of {who}: ")),
    }
}

/// A new password; from a prompt it is asked for twice.
pub(crate) fn read_new(args: &PasswordArgs, who: &str) -> Result<SecretString> {
    let password = match elsewhere(args)? {
        Some(password) => password,
        None => {
            let password = prompt(&format!("New password of {who}: "))?;
            if password != prompt("The same again: ")? {
                return Err(Fault::new(Exit::BadData, "the two passwords differ")
                    .help("nothing was changed; try again")
                    .into());
            }
            password
        }
    };
    if password.expose().is_empty() {
        return Err(Fault::new(Exit::BadData, "the password is empty")
            .help("an account without a password is open to everybody; choose one")
            .into());
    }
    Ok(password)
}

fn elsewhere(args: &PasswordArgs) -> Result<Option<SecretString>> {
    if let Some(path) = &args.password_file {
        return Ok(Some(if path.as_os_str() == "-" {
            first_line(&mut io::stdin().lock(), "standard input")?
        } else {
            from_file(path)?
        }));
    }
    let Some(name) = &args.password_env else {
        return Ok(None);
    };
    match std::env::var(name) {
        Ok(password) => Ok(Some(password.into())),
        Err(std::env::VarError::NotPresent) => Err(Fault::new(
            Exit::NoInput,
            format!("the environment has no variable {name}"),
        )
        .help(format!(
            "set it for this command alone: {name}=... countersign ..."
        ))
        .into()),
        Err(std::env::VarError::NotUnicode(_)) => Err(Fault::new(
            Exit::BadData,
            format!("the variable {name} is not valid text"),
        )
        .into()),
    }
}

fn from_file(path: &Path) -> Result<SecretString> {
    let file = File::open(path).map_err(|error| {
        Fault::new(
            Exit::NoInput,
            format!(
                "the password file {} can not be read: {error}",
                path.display()
            ),
        )
    })?;
    first_line(&mut BufReader::new(file), &path.display().to_string())
}

/// Reads one line without its end. The room is reserved first, so that no copy of a part is left
/// behind when the text grows.
fn first_line(input: &mut impl BufRead, source: &str) -> Result<SecretString> {
    let mut line = String::with_capacity(MAX_BYTES + 1);
    let read = input
        .take(MAX_BYTES as u64 + 1)
        .read_line(&mut line)
        .map_err(|error| {
            Fault::new(
                Exit::BadData,
                format!("no password can be read from {source}: {error}"),
            )
        });
    let line = SecretString::from(line);
    if read? > MAX_BYTES {
        return Err(Fault::new(
            Exit::BadData,
            format!("the first line of {source} is too long for a password"),
        )
        .into());
    }
    Ok(line.expose().trim_end_matches(['\r', '\n']).into())
}

fn prompt(text: &str) -> Result<SecretString> {
    let asked = rpassword::prompt_password(text);
    asked.map(SecretString::from).map_err(|error| {
        let why = if io::stderr().is_terminal() {
            format!("the password can not be asked for: {error}")
        } else {
            "there is no terminal to ask for the password on".to_owned()
        };
        Fault::new(Exit::NoInput, why)
            .help("give it with --password-file PATH (- for standard input) or --password-env NAME")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Result<SecretString> {
        first_line(&mut text.as_bytes(), "the test")
    }

    #[test]
    fn first_lines() {
        assert_eq!(first("a b\r\nc").unwrap().expose(), "a b");
        assert_eq!(first("only").unwrap().expose(), "only");
        assert_eq!(first("").unwrap().expose(), "");
        assert!(first(&"x".repeat(MAX_BYTES + 1)).is_err());
        assert_eq!(
            first(&"x".repeat(MAX_BYTES)).unwrap().expose().len(),
            MAX_BYTES
        );
    }
}
