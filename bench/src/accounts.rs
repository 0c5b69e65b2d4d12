//! Finding one account of many, as a server does in each logon.
use std::hint::black_box;
use std::path::PathBuf;
use std::{env, fs, io, process};

use countersign::Account;
use countersign_net::store::{AccountStore, EmbeddedAccounts, MemoryAccounts};
use serde::Serialize;

use crate::measure::{Operation, allocations, time};
use crate::rows::{DOMAIN, PASSWORD};

/// How many accounts a store has.
const ACCOUNTS: usize = 100_000;
/// From one account to the next that is looked up: far enough that no two share a page, and without a
/// divisor in common with the number of accounts, so that each has its turn.
const STRIDE: usize = 61_803;
/// How many rounds a row has.
const ROUNDS: usize = 15;

const NAMES: [&str; 2] = ["find in memory", "find in a file"];

/// A row, measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// What was done.
    pub(crate) name: &'static str,
    /// The median, in nanoseconds of thread CPU time.
    pub(crate) ns: f64,
    /// Heap allocations.
    pub(crate) allocations: f64,
}

/// Looks accounts up, one after the other.
struct Find {
    store: Box<dyn AccountStore>,
    users: Vec<String>,
    next: usize,
}

impl Operation for Find {
    fn batch(&self) -> usize {
        64
    }

    fn run(&mut self, count: usize) {
        for _ in 0..count {
            self.next = (self.next + STRIDE) % ACCOUNTS;
            let user = &self.users[self.next];
            let found = self.store.find("lab", user).expect("the store is sound");
            assert!(black_box(found).is_some_and(|account| account.user == *user));
        }
    }
}

/// Measures the rows whose name contains `part`.
///
/// # Errors
/// What can not be written.
pub(crate) fn measure(part: &str) -> Result<Vec<Measured>, String> {
    if !NAMES.iter().any(|name| name.contains(part)) {
        return Ok(Vec::new());
    }
    let users: Vec<_> = (0..ACCOUNTS).map(|n| format!("user{n:06}")).collect();
    let mut like = Account::with_password(DOMAIN, "", &PASSWORD.into());
    let mut accounts = Vec::with_capacity(ACCOUNTS);
    for user in &users {
        like.user.clone_from(user);
        accounts.push(like.clone());
    }
    let folder = Folder::new().map_err(|error| error.to_string())?;
    let memory: Box<dyn AccountStore> = Box::new(MemoryAccounts::new());
    let file = Box::new(EmbeddedAccounts::open(folder.0.join("accounts.redb")));
    let mut rows = Vec::new();
    for (name, store) in NAMES.into_iter().zip([memory, file]) {
        if !name.contains(part) {
            continue;
        }
        store
            .import(&accounts, false)
            .map_err(|error| error.to_string())?;
        let mut find = Find {
            store,
            users: users.clone(),
            next: 0,
        };
        rows.push(Measured {
            name,
            ns: time::alone(&mut find, ROUNDS),
            allocations: allocations::count(&mut find),
        });
    }
    Ok(rows)
}

/// The folder of the file; it goes away on drop.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("countersign-bench-accounts-{}", process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind are accounts that everybody may know.
        let _ = fs::remove_dir_all(&self.0);
    }
}
