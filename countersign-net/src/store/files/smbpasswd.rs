//! Samba's `smbpasswd` files.
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use countersign::wire::description::hex;
use countersign::wire::utf16;
use countersign::{Account, AccountState, Timestamp, Verifier};
use zeroize::Zeroizing;

use super::{FileError, check_name, each_line, nt_hash};

/// What stands for a hash that is not there.
const NO_HASH: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
/// What Samba writes for an account that has no password at all.
const NO_PASSWORD: &str = "NO PASSWORD";
/// Every letter that Samba has for an account: Normal, Disabled, No password needed, home directory,
/// Temporary, MNS logon, Workstation, Server and Interdomain trust, Locked, does not eXpire.
const FLAGS: &str = "UDNHTMWSILX ";
/// The number of users that the system does not know.
const NOBODY: u32 = u32::MAX;

/// Reads a `smbpasswd` file of Samba: `user:uid:LMHASH:NTHASH:[U          ]:LCT-xxxxxxxx:` in each
/// line. Empty lines and lines that begin with `#` are passed over.
///
/// The file names no domain: the accounts get `domain`. Of an account these are taken: its name, the
/// NT hash if there is one, whether it is disabled (`D`) and locked (`L`). LM hashes are not used.
///
/// # Errors
/// [`FileError`].
pub fn read_smbpasswd(from: impl BufRead, domain: &str) -> Result<Vec<Account>, FileError> {
    let mut accounts = Vec::new();
    each_line(from, |line| {
        if !line.is_empty() && !line.starts_with('#') {
            accounts.push(account(line, domain)?);
        }
        Ok(())
    })?;
    Ok(accounts)
}

fn account(line: &str, domain: &str) -> Result<Account, &'static str> {
    const FORM: &str = "its form is not user:uid:LMHASH:NTHASH:[FLAGS]:LCT-xxxxxxxx:";
    let mut fields = line.split(':');
    let mut field = || fields.next().ok_or(FORM);
    let user = field()?;
    let uid = field()?;
    let (lm, nt) = (field()?, field()?);
    let flags = field()?
        .strip_prefix('[')
        .and_then(|flags| flags.strip_suffix(']'))
        .ok_or("the flags are not in brackets")?;
    check_name(domain, user)?;
    if uid.parse::<u32>().is_err() {
        return Err("the user number is no number");
    }
    if !flags.chars().all(|flag| FLAGS.contains(flag)) {
        return Err("there is a flag that this program does not know");
    }
    match (fields.next(), fields.next(), fields.next()) {
        (None, _, _) | (Some(""), None, _) => {}
        (Some(changed), None | Some(""), None) => {
            let digits = changed.strip_prefix("LCT-").ok_or(FORM)?;
            if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err("LCT- is not followed by 8 hex digits");
            }
        }
        _ => return Err(FORM),
    }
    // Nothing here can use it; a file that is damaged in this place is damaged nevertheless.
    if !is_no_hash(lm) && nt_hash(lm).is_none() {
        return Err("the LM hash is neither 32 hex digits nor 32 times X");
    }
    let mut verifiers = Vec::new();
    if !is_no_hash(nt) {
        let hash = nt_hash(nt).ok_or("the NT hash is neither 32 hex digits nor 32 times X")?;
        verifiers.push(Verifier::NtHash(hash));
    }
    let mut state = AccountState::default();
    state.disabled = flags.contains('D');
    state.locked = flags.contains('L');
    Ok(Account {
        domain: domain.to_owned(),
        user: user.to_owned(),
        state,
        verifiers,
    })
}

fn is_no_hash(field: &str) -> bool {
    field == NO_HASH
        || field.len() == NO_HASH.len() && field.bytes().all(|b| b == b'*')
        || field
            .strip_prefix(NO_PASSWORD)
            .is_some_and(|rest| rest.bytes().all(|b| b == b'X'))
}

/// Writes a `smbpasswd` file of Samba, with every NT hash: `to` must be for the owner alone. `now` is
/// when the passwords are said to be from.
///
/// Domains are left out, LM hashes are 32 times `X`. `number` gives the number that the system has for a
/// user; 4294967295 is written where it has none. Samba finds an account by its name, which the system must
/// know, and lists those with the right number. A lockout that ends by itself is left out, too.
///
/// # Errors
/// Any error of `to`; [`io::ErrorKind::InvalidInput`], before anything is written, for an account that
/// has no form in the file: its name holds a colon or begins with `#`, another has the same name, it
/// expires, or it has a verifier that is no NT hash.
pub fn write_smbpasswd(
    accounts: &[Account],
    now: Timestamp,
    number: impl Fn(&str) -> Option<u32>,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut names = BTreeSet::new();
    for account in accounts {
        let fault = match account.verifiers.as_slice() {
            [] | [Verifier::NtHash(_)] => None,
            _ => Some("has verifiers that the file has no form for"),
        };
        let state = &account.state;
        let fault = fault
            .or_else(|| {
                let expires = [state.expires, state.password_expires];
                let never = expires.iter().all(|time| *time >= Timestamp::NEVER);
                (!never).then_some("expires, which the file has no form for")
            })
            .or_else(|| {
                let bad = account.user.contains(':') || account.user.starts_with('#');
                bad.then_some("has a name that the file has no form for")
            })
            .or_else(|| {
                let new = names.insert(utf16::to_upper(&account.user));
                (!new).then_some("has the name of another; the file has no domains")
            });
        if let Some(fault) = fault {
            let name = account.qualified_name();
            let text = format!("the account {name:?} {fault}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
    }
    let changed = u32::try_from(now.to_unix_seconds()).unwrap_or(u32::MAX);
    for account in accounts {
        let number = number(&account.user).unwrap_or(NOBODY);
        let digits = match account.nt_hash() {
            Some(hash) => Zeroizing::new(hex(hash.expose()).to_uppercase()),
            None => Zeroizing::new(NO_HASH.to_owned()),
        };
        let mut flags = String::new();
        if account.state.disabled {
            flags.push('D');
        }
        flags.push('U');
        if account.state.locked {
            flags.push('L');
        }
        flags.push('X');
        let mut line = Zeroizing::new(String::with_capacity(account.user.len() + 128));
        line.push_str(&account.user);
        line.push_str(&format!(":{number}:{NO_HASH}:"));
        line.push_str(&digits);
        line.push_str(&format!(":[{flags:<11}]:LCT-{changed:08X}:\n"));
        to.write_all(line.as_bytes())?;
    }
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Samba 4.17 wrote it, for the password "Passw0rd".
    const SAMBA: &str = "\
daemon:1:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:A87F3A337D73085C45F9416BE5787D86:[U          ]:LCT-6B0012D3:
bin:2:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:A87F3A337D73085C45F9416BE5787D86:[DU         ]:LCT-6B0012D3:
";

    fn read(text: &str) -> Result<Vec<Account>, FileError> {
        read_smbpasswd(text.as_bytes(), "LAB")
    }

    fn fault(line: &str) -> &'static str {
        let text = format!("# comment\n\n{SAMBA}{line}\n{SAMBA}");
        let error = read(&text).unwrap_err();
        let shown = format!("{error:?} {error}");
        assert!(
            !shown.contains("A87F") && !shown.contains("secret"),
            "{shown}"
        );
        match error {
            FileError::Line { number: 5, what } => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_of_samba() {
        let accounts = read(SAMBA).unwrap();
        let daemon = Account::with_password("LAB", "daemon", &"Passw0rd".into());
        let mut bin = Account::with_password("LAB", "bin", &"Passw0rd".into());
        bin.state.disabled = true;
        assert_eq!(accounts, [daemon, bin]);
    }

    #[test]
    fn hashes_that_are_not_there() {
        let none = "*".repeat(32);
        for (nt, flags) in [
            (NO_HASH, "[U          ]"),
            (&none, "[U          ]"),
            ("NO PASSWORDXXXXXXXXXXXXXXXXXXXXX", "[NU         ]"),
            ("NO PASSWORD", "[NU]"),
        ] {
            let [account] = &*read(&format!("a:1:{nt}:{nt}:{flags}:LCT-00000000:")).unwrap() else {
                panic!("one line, one account");
            };
            assert_eq!(account.verifiers, []);
        }
        // A hash is taken even where none is needed, and whether or not there is one for LM.
        let lm = "E52CAC67419A9A224A3B108F3FA6CB6D";
        let nt = "8846F7EAEE8FB117AD06BDD830B7586C";
        let line = format!("pc$:1:{lm}:{nt}:[NWLX       ]");
        let [account] = &*read(&line).unwrap() else {
            panic!("one line, one account");
        };
        let expected = Account::with_password("LAB", "pc$", &"password".into());
        assert_eq!(account.verifiers, expected.verifiers);
        assert!(account.state.locked && !account.state.disabled);
    }

    #[test]
    fn bad_lines_are_named_and_not_shown() {
        const NT: &str = "A87F3A337D73085C45F9416BE5787D86";
        let form = "its form is not user:uid:LMHASH:NTHASH:[FLAGS]:LCT-xxxxxxxx:";
        let nt = "the NT hash is neither 32 hex digits nor 32 times X";
        let good = format!("a:1:{NO_HASH}:{NT}:[U          ]:LCT-6B0012D3:");
        assert_eq!(read(&good).unwrap().len(), 1);
        for (from, to, what) in [
            (&*good, "secret", form),
            (&good, "secret:1:secret:secret", form),
            ("a:1", "a:-1", "the user number is no number"),
            ("a:1", ":1", "the user name is empty"),
            ("a:1", r"a\b:1", "a name holds a backslash"),
            ("a:1", "secret:1:1", "the flags are not in brackets"),
            (
                NO_HASH,
                "secret",
                "the LM hash is neither 32 hex digits nor 32 times X",
            ),
            (NT, "secret", nt),
            (NT, &NT[1..], nt),
            (NT, "+87F3A337D73085C45F9416BE5787D86", nt),
            (NT, "", nt),
            (NT, &NO_HASH[1..], nt),
            ("[U ", "U ", "the flags are not in brackets"),
            (" ]", " ", "the flags are not in brackets"),
            (
                "[U",
                "[Q",
                "there is a flag that this program does not know",
            ),
            ("LCT-6B0012D3", "secret", form),
            (
                "6B0012D3",
                "6B0012D",
                "LCT- is not followed by 8 hex digits",
            ),
            (
                "6B0012D3",
                "6B0012DG",
                "LCT- is not followed by 8 hex digits",
            ),
            ("D3:", "D3:secret", form),
            ("D3:", "D3::", form),
        ] {
            assert!(good.contains(from), "{from}");
            let bad = good.replacen(from, to, 1);
            assert_eq!(fault(&bad), what, "{bad}");
        }
        // Lines end after the flags at the earliest.
        for len in 1..good.len() {
            let whole = read(&good[..len]);
            let end = good.find(']').unwrap() + 1;
            let fine = len == end || len == end + 1 || len >= good.len() - 1;
            assert_eq!(whole.is_ok(), fine, "{}", &good[..len]);
        }
        let bad = read_smbpasswd(good.as_bytes(), r"A\B").unwrap_err();
        assert_eq!(bad.to_string(), "line 1: a name holds a backslash");
    }

    #[test]
    fn round_trip() {
        let mut both = Account::with_password("LAB", "ö", &"Passw0rd".into());
        both.state.disabled = true;
        both.state.locked = true;
        let mut none = Account::with_password("LAB", "none", &"x".into());
        none.verifiers.clear();
        let mut out = Account::with_password("LAB", "out", &"x".into());
        out.state.locked_until = Timestamp::from_unix_seconds(1);
        let mut accounts = [
            Account::with_password("LAB", "daemon", &"Passw0rd".into()),
            both,
            none,
            out,
        ];
        let now = Timestamp::from_unix_seconds(0x6B00_12D3);
        let mut text = Vec::new();
        let number = |name: &str| (name == "daemon").then_some(1);
        write_smbpasswd(&accounts, now, number, &mut text).unwrap();
        accounts[3].state.unlock();
        assert_eq!(read_smbpasswd(text.as_slice(), "LAB").unwrap(), accounts);
        let text = String::from_utf8(text).unwrap();
        let first = "daemon:1:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:\
                     A87F3A337D73085C45F9416BE5787D86:[UX         ]:LCT-6B0012D3:";
        assert_eq!(text.lines().next().unwrap(), first);
        assert!(text.lines().nth(1).unwrap().contains(":[DULX       ]:"));
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.contains(":4294967295:"))
        );
    }

    #[test]
    fn what_has_no_form_is_not_dropped_in_silence() {
        let alice = || Account::with_password("LAB", "alice", &"x".into());
        let mut twice = alice();
        twice.verifiers.push(twice.verifiers[0].clone());
        let mut expires = alice();
        expires.state.expires = Timestamp::from_unix_seconds(1);
        let mut old = alice();
        old.state.password_expires = Timestamp::from_unix_seconds(1);
        let mut colon = alice();
        colon.user = "a:b".into();
        let mut comment = alice();
        comment.user = "#a".into();
        let mut same = alice();
        (same.domain, same.user) = ("OTHER".into(), "Alice".into());
        for (second, why) in [
            (twice, "verifiers"),
            (expires, "expires"),
            (old, "expires"),
            (colon, "has a name"),
            (comment, "has a name"),
            (same, "the name of another"),
        ] {
            let name = format!("{:?}", second.qualified_name());
            let mut text = Vec::new();
            let error = write_smbpasswd(&[alice(), second], Timestamp::NEVER, |_| None, &mut text)
                .unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            let error = error.to_string();
            assert!(error.contains(why) && error.contains(&name), "{error}");
            assert!(text.is_empty(), "nothing half-written");
        }
    }
}
