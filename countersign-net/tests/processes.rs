//! Several processes and one file of accounts.
//!
//! A test starts its own program again, with a variable that makes it the other process.
mod support;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use countersign::Account;
use countersign_net::store::{AccountStore, EmbeddedAccounts, StoreError};
use support::Folder;

const FILE: &str = "COUNTERSIGN_TEST_FILE";
const FIRST: &str = "COUNTERSIGN_TEST_FIRST";
const COUNT: &str = "COUNTERSIGN_TEST_COUNT";
/// What stands before a name in the output of a child.
const ADDED: &str = "added ";

fn store(path: &Path) -> EmbeddedAccounts {
    EmbeddedAccounts::open(path).wait(Duration::from_secs(120))
}

/// In a child: adds its accounts, prints each one's name when it is added, and is done.
fn child() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<usize>().unwrap();
    let store = store(&PathBuf::from(path));
    for n in number(FIRST)..number(FIRST) + number(COUNT) {
        let user = format!("user-{n}");
        store
            .add(&Account::with_password("LAB", &user, &"Passw0rd".into()))
            .unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{ADDED}{user}").unwrap();
        out.flush().unwrap();
    }
    std::process::exit(0);
}

fn spawn(test: &str, path: &Path, first: usize, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FILE, path)
        .env(FIRST, first.to_string())
        .env(COUNT, OsStr::new(&count.to_string()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The names that a child has printed; ends when the child does.
fn names(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap())
        .lines()
        .filter_map(|line| Some(line.unwrap().split_once(ADDED)?.1.to_owned()))
}

#[test]
fn two_processes_add_while_another_reads() {
    child();
    const EACH: usize = 30;
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let mut children: Vec<_> = [0, EACH]
        .map(|first| spawn("two_processes_add_while_another_reads", &path, first, EACH))
        .into();
    let store = store(&path);
    let mut seen = 0;
    while seen < 2 * EACH {
        match store.list() {
            Ok(accounts) => {
                assert!(accounts.len() >= seen, "an account was gone again");
                seen = accounts.len();
            }
            Err(StoreError::Missing { .. }) if seen == 0 => {}
            Err(error) => panic!("{error}"),
        }
        if seen < 2 * EACH && children.iter_mut().all(|c| c.try_wait().unwrap().is_some()) {
            seen = store.list().unwrap().len();
            break;
        }
    }
    for mut child in children {
        let printed: Vec<_> = names(&mut child).collect();
        assert!(child.wait().unwrap().success());
        assert_eq!(printed.len(), EACH);
        for user in printed {
            assert!(store.find("LAB", &user).unwrap().is_some(), "{user}");
        }
    }
    assert_eq!(seen, 2 * EACH);
}

#[test]
fn a_killed_process_loses_no_account_that_it_had_added() {
    child();
    const ROUNDS: usize = 25;
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let store = store(&path);
    let mut random = seed();
    let mut printed = Vec::new();
    let mut first = 0;
    for round in 0..ROUNDS {
        // Every other round starts with no file, to be killed amid making it too.
        if round % 2 == 0 && round < ROUNDS / 2 {
            let _ = std::fs::remove_file(&path);
            printed.clear();
        }
        let test = "a_killed_process_loses_no_account_that_it_had_added";
        let mut child = spawn(test, &path, first, usize::MAX / 2);
        let mut lines = names(&mut child);
        if round % 4 != 0 {
            printed.extend(lines.next());
        }
        std::thread::sleep(Duration::from_micros(next(&mut random) % 40_000));
        child.kill().unwrap();
        printed.extend(lines);
        assert!(!child.wait().unwrap().success());

        let accounts = match store.list() {
            Ok(accounts) => accounts,
            Err(StoreError::Missing { .. }) if printed.is_empty() => continue,
            Err(error) => panic!("round {round}: {error}"),
        };
        for user in &printed {
            let found = store.find("", user).unwrap();
            assert!(found.is_some(), "round {round}: {user} is lost");
        }
        // What was on its way when the process died may be there, and is whole then.
        assert!(
            accounts.len() - printed.len() <= round + 1,
            "round {round}: {} accounts, {} printed",
            accounts.len(),
            printed.len()
        );
        for account in &accounts {
            assert_eq!(account.domain, "LAB");
            assert_eq!(account.verifiers.len(), 1);
            let found = store.find("", &account.user).unwrap().unwrap();
            assert_eq!(*found, *account, "the index knows it");
        }
        // And it can be written again.
        let own = Account::with_password("PARENT", &format!("round-{round}"), &"x".into());
        store.add(&own).unwrap();
        store.remove("PARENT", &own.user).unwrap();
        first += 1_000_000;
    }
    assert!(!printed.is_empty());
}

fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() | 1
}

/// xorshift64: when to kill need not be unpredictable.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
