//! Accounts in memory.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use countersign::{Account, Clock};

use super::lockout::{Failures, Lockout};
use super::{
    AccountStore, Imported, Key, LockoutPolicy, LogonOutcome, Lookup, StoreError, already_exists,
    find, not_found,
};

/// Accounts in memory; clones share them.
///
/// ```
/// use countersign::Account;
/// use countersign_net::store::{AccountStore, MemoryAccounts, StoreError};
///
/// let accounts = MemoryAccounts::new();
/// let alice = Account::with_password("LAB", "alice", &"Passw0rd".into());
/// accounts.add(&alice)?;
/// assert!(matches!(accounts.add(&alice), Err(StoreError::AlreadyExists { .. })));
/// assert_eq!(accounts.get("lab", "Alice")?, Some(alice));
/// # Ok::<(), StoreError>(())
/// ```
#[derive(Clone)]
pub struct MemoryAccounts {
    table: Arc<RwLock<Table>>,
    lockout: Lockout,
}

/// By user, then by domain, so that the domains of a user stand together.
type Table = BTreeMap<(String, String), Entry>;

#[derive(Clone)]
struct Entry {
    account: Arc<Account>,
    failures: Option<Failures>,
}

impl Entry {
    fn new(account: &Account) -> Self {
        Self {
            account: Arc::new(account.clone()),
            failures: None,
        }
    }

    fn replace(&mut self, account: &Account) {
        // What was guessed at was the old password.
        if self.account.verifiers != account.verifiers {
            self.failures = None;
        }
        self.account = Arc::new(account.clone());
    }
}

impl Default for MemoryAccounts {
    fn default() -> Self {
        Self {
            table: Arc::default(),
            lockout: Lockout::OFF,
        }
    }
}

impl MemoryAccounts {
    /// No accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when [`AccountStore::record`] locks accounts; never by default. Clones that were made
    /// before keep theirs.
    #[must_use]
    pub const fn lockout(mut self, policy: LockoutPolicy) -> Self {
        self.lockout.policy = policy;
        self
    }

    /// Sets the clock that lockouts go by; the system's by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.lockout.set_clock(clock);
        self
    }

    // Every change to the table is one call that can not panic half-way: what a poisoned lock
    // guards is whole.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAccounts")
            .field("accounts", &self.read().len())
            .finish()
    }
}

fn place(key: Key) -> (String, String) {
    (key.user, key.domain)
}

impl Lookup for Table {
    type Found = Entry;

    fn exact(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        Ok(self.get(&place(key.clone())).cloned())
    }

    fn only_domain_of(&self, user: &str) -> Result<Option<String>, StoreError> {
        let mut domains = self
            .range((user.to_owned(), String::new())..)
            .map(|(place, _)| place)
            .take_while(|(other, _)| other == user)
            .map(|(_, domain)| domain.clone());
        Ok(match (domains.next(), domains.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        })
    }
}

impl AccountStore for MemoryAccounts {
    fn find(&self, domain: &str, user: &str) -> Result<Option<Arc<Account>>, StoreError> {
        let found = find(&*self.read(), domain, user)?;
        Ok(found.map(|entry| entry.account))
    }

    fn get(&self, domain: &str, user: &str) -> Result<Option<Account>, StoreError> {
        let key = Key::new(domain, user);
        let found = self.read().exact(&key)?;
        Ok(found.map(|entry| Arc::unwrap_or_clone(entry.account)))
    }

    fn add(&self, account: &Account) -> Result<(), StoreError> {
        let place = place(Key::of(account)?);
        let mut table = self.write();
        if table.contains_key(&place) {
            return Err(already_exists(account));
        }
        table.insert(place, Entry::new(account));
        Ok(())
    }

    fn replace(&self, account: &Account) -> Result<(), StoreError> {
        match self.write().get_mut(&place(Key::of(account)?)) {
            Some(old) => old.replace(account),
            None => return Err(not_found(&account.domain, &account.user)),
        }
        Ok(())
    }

    fn remove(&self, domain: &str, user: &str) -> Result<(), StoreError> {
        self.write()
            .remove(&place(Key::new(domain, user)))
            .map(drop)
            .ok_or_else(|| not_found(domain, user))
    }

    fn list(&self) -> Result<Vec<Account>, StoreError> {
        let table = self.read();
        let mut all: Vec<_> = table.iter().collect();
        all.sort_by_key(|((user, domain), _)| (domain, user));
        Ok(all
            .into_iter()
            .map(|(_, entry)| Account::clone(&entry.account))
            .collect())
    }

    fn import(&self, accounts: &[Account], replace: bool) -> Result<Imported, StoreError> {
        let places = accounts
            .iter()
            .map(|account| Key::of(account).map(place))
            .collect::<Result<Vec<_>, _>>()?;
        let mut table = self.write();
        let mut done = Imported::default();
        for (place, account) in places.into_iter().zip(accounts) {
            match table.get_mut(&place) {
                Some(old) if replace => {
                    old.replace(account);
                    done.replaced += 1;
                }
                Some(_) => done.skipped += 1,
                None => {
                    table.insert(place, Entry::new(account));
                    done.added += 1;
                }
            }
        }
        Ok(done)
    }

    fn record(&self, domain: &str, user: &str, outcome: LogonOutcome) -> Result<(), StoreError> {
        if !self.lockout.policy.is_enabled() {
            return Ok(());
        }
        let now = self.lockout.now();
        let mut table = self.write();
        let Some(found) = find(&*table, domain, user)? else {
            return Ok(());
        };
        let state = &found.account.state;
        let Some((state, failures)) = self.lockout.apply(now, outcome, state, found.failures)
        else {
            return Ok(());
        };
        let key = Key::new(&found.account.domain, &found.account.user);
        if let Some(entry) = table.get_mut(&place(key)) {
            entry.failures = failures;
            if entry.account.state != state {
                Arc::make_mut(&mut entry.account).state = state;
            }
        }
        Ok(())
    }
}
