//! Accounts as text: a form of our own to export and import, Samba's, and files of names and passwords.
//!
//! Errors name the line and what is wrong with it, and never what stands there: it may be a secret.
//!
//! ```
//! use countersign_net::store::files;
//!
//! let accounts = files::read_passwords(&b"# the laboratory\nLAB:alice:Passw0rd\n"[..])?;
//! let mut text = Vec::new();
//! files::write_accounts(&accounts, &mut text)?;
//! assert!(text.starts_with(b"{\"countersign-accounts\":1}\n{\"domain\":\"LAB\",\"user\":\"alice\","));
//! assert_eq!(files::read_accounts(text.as_slice())?, accounts);
//!
//! let error = files::read_passwords(&b"LAB:alice\n"[..]).unwrap_err();
//! assert_eq!(error.to_string(), "line 1: two colons are needed: DOMAIN:user:password");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
use std::fmt;
use std::io::{self, BufRead, Read, Write};

use countersign::wire::description::hex;
use countersign::{Account, AccountState, Secret, SecretString, Timestamp, Verifier};
use serde_json::{Map, Value, json};
use zeroize::{Zeroize, Zeroizing};

use super::check_name;

mod smbpasswd;

pub use smbpasswd::{read_smbpasswd, write_smbpasswd};

/// The longest line, in bytes.
const MAX_LINE: usize = 65_536;
/// The key of the first line, and the version behind it.
const HEADER: &str = "countersign-accounts";
const VERSION: u64 = 1;
/// What stands for no lockout at all.
const NOT_LOCKED_OUT: Timestamp = Timestamp::from_filetime(0);

/// Why a file of accounts can not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file can not be read.
    Io(io::Error),
    /// A line is wrong.
    Line {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Line { number, what } => write!(f, "line {number}: {what}"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Line { .. } => None,
        }
    }
}

/// Writes accounts as JSON Lines, with every secret: `to` must be for the owner alone.
///
/// The first line is `{"countersign-accounts":1}`. Each of the others is an account:
/// `{"domain":"LAB","user":"alice","disabled":false,"locked":false,"expires":null,`
/// `"password_expires":null,"verifiers":{"nt":"<32 hex digits>"}}`. Times are `FILETIME` numbers
/// (100 ns since 1601), `null` is never. An account that is locked out for a time has `"locked_until"`, too.
///
/// # Errors
/// Any error of `to`; [`io::ErrorKind::InvalidInput`] for an account with a verifier that has no
/// form in the file.
pub fn write_accounts(accounts: &[Account], to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{{\"{HEADER}\":{VERSION}}}")?;
    for account in accounts {
        let mut line = Zeroizing::new(String::with_capacity(512));
        // By hand, for the order of the fields; the names are escaped by the library.
        line.push_str("{\"domain\":");
        line.push_str(&json!(account.domain).to_string());
        line.push_str(",\"user\":");
        line.push_str(&json!(account.user).to_string());
        let AccountState {
            disabled,
            locked,
            expires,
            password_expires,
            locked_until,
            ..
        } = account.state;
        line.push_str(&format!(
            ",\"disabled\":{disabled},\"locked\":{locked},\"expires\":{},\"password_expires\":{},",
            time(expires),
            time(password_expires)
        ));
        if locked_until != NOT_LOCKED_OUT {
            line.push_str(&format!("\"locked_until\":{},", time(locked_until)));
        }
        line.push_str("\"verifiers\":{");
        match account.verifiers.as_slice() {
            [] => {}
            [Verifier::NtHash(hash)] => {
                let digits = Zeroizing::new(hex(hash.expose()));
                line.push_str("\"nt\":\"");
                line.push_str(&digits);
                line.push('"');
            }
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!(
                        "the account {:?} has verifiers that the file has no form for",
                        account.qualified_name()
                    ),
                ));
            }
        }
        line.push_str("}}\n");
        to.write_all(line.as_bytes())?;
    }
    to.flush()
}

/// Reads what [`write_accounts`] wrote. Empty lines are passed over.
///
/// # Errors
/// [`FileError`]; a field that is missing, unknown or of the wrong kind is an error of its line.
pub fn read_accounts(from: impl BufRead) -> Result<Vec<Account>, FileError> {
    let mut accounts = Vec::new();
    let mut begun = false;
    each_line(from, |line| {
        if line.is_empty() {
            return Ok(());
        }
        // The text of the library's own error can hold a part of the line.
        let value = serde_json::from_str(line).map_err(|_| "it is not valid JSON")?;
        let Value::Object(mut fields) = value else {
            return Err("it is no JSON object");
        };
        if begun {
            let account = account(&mut fields);
            wipe(Value::Object(fields));
            accounts.push(account?);
            return Ok(());
        }
        begun = true;
        match fields.get(HEADER).map(Value::as_u64) {
            Some(Some(VERSION)) if fields.len() == 1 => Ok(()),
            Some(_) => Err("the file has a version that this program does not know"),
            None => Err("the first line must be {\"countersign-accounts\":1}"),
        }
    })?;
    if begun {
        Ok(accounts)
    } else {
        Err(FileError::Line {
            number: 1,
            what: "the first line must be {\"countersign-accounts\":1}",
        })
    }
}

/// Reads a file with one `DOMAIN:user:password` in each line. The domain may be empty, the password
/// may hold colons. Empty lines and lines that begin with `#` are passed over.
///
/// # Errors
/// [`FileError`].
pub fn read_passwords(from: impl BufRead) -> Result<Vec<Account>, FileError> {
    let mut accounts = Vec::new();
    each_line(from, |line| {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let mut parts = line.splitn(3, ':');
        let (Some(domain), Some(user), Some(password)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err("two colons are needed: DOMAIN:user:password");
        };
        check_name(domain, user)?;
        if password.is_empty() {
            return Err("the password is empty");
        }
        if password.chars().count() > 256 {
            return Err("the password has more than 256 characters");
        }
        let password = SecretString::from(password);
        accounts.push(Account::with_password(domain, user, &password));
        Ok(())
    })?;
    Ok(accounts)
}

/// Gives every line to `each`, without its end, in a buffer that is wiped.
fn each_line(
    mut from: impl BufRead,
    mut each: impl FnMut(&str) -> Result<(), &'static str>,
) -> Result<(), FileError> {
    // All its memory at once: growing would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE + 2));
    for number in 1.. {
        line.zeroize();
        let count = from
            .by_ref()
            .take(MAX_LINE as u64 + 2)
            .read_until(b'\n', &mut line)
            .map_err(FileError::Io)?;
        if count == 0 {
            break;
        }
        let wrong = |what| FileError::Line { number, what };
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > MAX_LINE {
            return Err(wrong("it is longer than 65536 bytes"));
        }
        let text = std::str::from_utf8(text).map_err(|_| wrong("it is not valid UTF-8"))?;
        each(text).map_err(wrong)?;
    }
    Ok(())
}

fn account(fields: &mut Map<String, Value>) -> Result<Account, &'static str> {
    let Some(Value::String(domain)) = fields.remove("domain") else {
        return Err("\"domain\" must be a text");
    };
    let Some(Value::String(user)) = fields.remove("user") else {
        return Err("\"user\" must be a text");
    };
    check_name(&domain, &user)?;
    let mut state = AccountState::default();
    state.disabled = flag(fields, "disabled").ok_or("\"disabled\" must be true or false")?;
    state.locked = flag(fields, "locked").ok_or("\"locked\" must be true or false")?;
    state.expires =
        moment(fields, "expires").ok_or("\"expires\" must be a FILETIME number or null")?;
    state.password_expires = moment(fields, "password_expires")
        .ok_or("\"password_expires\" must be a FILETIME number or null")?;
    if fields.contains_key("locked_until") {
        state.locked_until = moment(fields, "locked_until")
            .ok_or("\"locked_until\" must be a FILETIME number or null")?;
    }
    let Some(Value::Object(mut secrets)) = fields.remove("verifiers") else {
        return Err("\"verifiers\" must be an object");
    };
    let nt = secrets.remove("nt");
    let strange = !secrets.is_empty();
    wipe(Value::Object(secrets));
    let mut verifiers = Vec::new();
    match nt {
        None => {}
        Some(Value::String(digits)) => {
            let digits = Zeroizing::new(digits);
            let hash = nt_hash(&digits).ok_or("\"nt\" must be 32 hex digits")?;
            verifiers.push(Verifier::NtHash(hash));
        }
        Some(other) => {
            wipe(other);
            return Err("\"nt\" must be 32 hex digits");
        }
    }
    if strange {
        return Err("\"verifiers\" has one that this program does not know");
    }
    if !fields.is_empty() {
        return Err("there is a field that this program does not know");
    }
    Ok(Account {
        domain,
        user,
        state,
        verifiers,
    })
}

fn flag(fields: &mut Map<String, Value>, name: &str) -> Option<bool> {
    fields.remove(name)?.as_bool()
}

fn moment(fields: &mut Map<String, Value>, name: &str) -> Option<Timestamp> {
    match fields.remove(name)? {
        Value::Null => Some(Timestamp::NEVER),
        value => value.as_u64().map(Timestamp::from_filetime),
    }
}

fn time(moment: Timestamp) -> String {
    if moment == Timestamp::NEVER {
        "null".to_owned()
    } else {
        moment.to_filetime().to_string()
    }
}

fn nt_hash(digits: &str) -> Option<Secret<16>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != 16 || !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let mut valid = true;
    let hash = Secret::fill_with(|hash| {
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => valid = false,
            }
        }
    });
    valid.then_some(hash)
}

/// Wipes the texts of a value that may hold secrets.
fn wipe(value: Value) {
    match value {
        Value::String(mut text) => text.zeroize(),
        Value::Array(values) => values.into_iter().for_each(wipe),
        Value::Object(fields) => fields.into_iter().for_each(|(_, value)| wipe(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "a4f49c406510bdcab6824ee7c30fd852";

    fn line(read: Result<Vec<Account>, FileError>) -> (usize, &'static str) {
        match read {
            Err(FileError::Line { number, what }) => (number, what),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn round_trip_with_every_field() {
        let mut bob = Account::with_password("", "b\"ö:b\u{1f600}", &"x".into());
        bob.state.disabled = true;
        bob.state.locked = true;
        bob.state.locked_until = Timestamp::from_filetime(7);
        bob.state.expires = Timestamp::from_filetime(u64::MAX);
        bob.state.password_expires = Timestamp::from_filetime(0);
        let mut nobody = Account::with_password("LAB", "nobody", &"x".into());
        nobody.verifiers.clear();
        nobody.state.locked_until = Timestamp::NEVER;
        let accounts = [
            Account::with_password("LAB", "alice", &"Password".into()),
            bob,
            nobody,
        ];
        let mut text = Vec::new();
        write_accounts(&accounts, &mut text).unwrap();
        assert_eq!(read_accounts(text.as_slice()).unwrap(), accounts);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text.lines().nth(1).unwrap(),
            format!(
                "{{\"domain\":\"LAB\",\"user\":\"alice\",\"disabled\":false,\"locked\":false,\
                 \"expires\":null,\"password_expires\":null,\"verifiers\":{{\"nt\":\"{HASH}\"}}}}"
            )
        );
        // What an editor on Windows makes of it.
        let dos = text.replace('\n', "\r\n") + "\r\n";
        assert_eq!(read_accounts(dos.as_bytes()).unwrap(), accounts);
    }

    #[test]
    fn two_verifiers_of_a_kind_are_not_dropped_in_silence() {
        let mut alice = Account::with_password("LAB", "alice", &"x".into());
        alice.verifiers.push(alice.verifiers[0].clone());
        let error = write_accounts(&[alice], &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn bad_lines_are_named_and_not_shown() {
        let good = format!(
            "{{\"domain\":\"LAB\",\"user\":\"alice\",\"disabled\":false,\"locked\":false,\
             \"expires\":null,\"password_expires\":5,\"verifiers\":{{\"nt\":\"{HASH}\"}}}}"
        );
        let read = |line: &str| {
            read_accounts(format!("{{\"countersign-accounts\":1}}\n\n{line}\n").as_bytes())
        };
        assert_eq!(read(&good).unwrap().len(), 1);
        for (from, to, what) in [
            ("{\"domain\"", "\"domain\"", "it is not valid JSON"),
            ("\"LAB\"", "7", "\"domain\" must be a text"),
            ("\"user\":\"alice\",", "", "\"user\" must be a text"),
            ("alice", "", "the user name is empty"),
            ("alice", r"a\\b", "a name holds a backslash"),
            ("alice", r"a\u001b", "a name holds a control character"),
            (
                "\"disabled\":false",
                "\"disabled\":0",
                "\"disabled\" must be true or false",
            ),
            ("\"locked\":false,", "", "\"locked\" must be true or false"),
            (
                "\"expires\":null",
                "\"expires\":-1",
                "\"expires\" must be a FILETIME number or null",
            ),
            (
                "\"password_expires\":5",
                "\"password_expires\":\"5\"",
                "\"password_expires\" must be a FILETIME number or null",
            ),
            (
                "\"verifiers\"",
                "\"locked_until\":\"5\",\"verifiers\"",
                "\"locked_until\" must be a FILETIME number or null",
            ),
            ("52\"}", "5\"}", "\"nt\" must be 32 hex digits"),
            ("a4f49c", "+4f49c", "\"nt\" must be 32 hex digits"),
            ("52\"}", "52ff\"}", "\"nt\" must be 32 hex digits"),
            (
                "\"nt\"",
                "\"aes\"",
                "\"verifiers\" has one that this program does not know",
            ),
            (
                "{\"domain\"",
                "{\"admin\":true,\"domain\"",
                "there is a field that this program does not know",
            ),
        ] {
            assert!(good.contains(from));
            let bad = good.replacen(from, to, 1);
            assert_eq!(line(read(&bad)), (3, what), "{bad}");
        }
        assert_eq!(line(read("[1]")), (3, "it is no JSON object"));
        for len in 1..good.len() {
            let (number, _) = line(read(&good[..len]));
            assert_eq!(number, 3);
        }
    }

    #[test]
    fn headers() {
        let first = "the first line must be {\"countersign-accounts\":1}";
        let version = "the file has a version that this program does not know";
        for (text, number, what) in [
            ("", 1, first),
            ("\n\n", 1, first),
            ("{}", 1, first),
            ("\n{\"domain\":\"LAB\"}", 2, first),
            ("{\"countersign-accounts\":2}", 1, version),
            ("{\"countersign-accounts\":\"1\"}", 1, version),
        ] {
            assert_eq!(
                line(read_accounts(text.as_bytes())),
                (number, what),
                "{text}"
            );
        }
        let none = read_accounts(&b"{\"countersign-accounts\":1}"[..]).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn passwords() {
        let text = "\u{23} a comment\n\nLAB:alice:Pass:w0rd\r\n:bob: x \nLAB:o'hara:ß";
        let accounts = read_passwords(text.as_bytes()).unwrap();
        assert_eq!(
            accounts,
            [
                Account::with_password("LAB", "alice", &"Pass:w0rd".into()),
                Account::with_password("", "bob", &" x ".into()),
                Account::with_password("LAB", "o'hara", &"ß".into()),
            ]
        );
    }

    #[test]
    fn bad_passwords() {
        let long = "x".repeat(257);
        for (bad, what) in [
            ("hunter2", "two colons are needed: DOMAIN:user:password"),
            ("LAB:hunter2", "two colons are needed: DOMAIN:user:password"),
            ("LAB:alice:", "the password is empty"),
            ("LAB::hunter2", "the user name is empty"),
            (r"LAB:a\b:hunter2", "a name holds a backslash"),
            ("LAB:a\tb:hunter2", "a name holds a control character"),
            (
                &format!("LAB:alice:{long}"),
                "the password has more than 256 characters",
            ),
            (
                &format!("LAB:{long}:hunter2"),
                "the user name has more than 256 characters",
            ),
            (
                &format!("{long}:alice:hunter2"),
                "the domain name has more than 255 characters",
            ),
            (&"x".repeat(MAX_LINE + 1), "it is longer than 65536 bytes"),
            (&"x".repeat(10 * MAX_LINE), "it is longer than 65536 bytes"),
        ] {
            let text = format!("LAB:first:ok\n{bad}\nLAB:last:ok\n");
            let read = read_passwords(text.as_bytes());
            let shown = format!("{read:?} {}", read.as_ref().unwrap_err());
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(line(read), (2, what));
        }
        let read = read_passwords(&b"LAB:alice:\xff\n"[..]);
        assert_eq!(line(read), (1, "it is not valid UTF-8"));
    }
}
