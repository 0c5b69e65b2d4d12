//! Accounts in memory.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use countersign::Account;

use super::{AccountStore, Imported, Key, Lookup, StoreError, already_exists, find, not_found};

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
#[derive(Clone, Default)]
pub struct MemoryAccounts(Arc<RwLock<Table>>);

/// By user, then by domain, so that the domains of a user stand together.
type Table = BTreeMap<(String, String), Arc<Account>>;

impl MemoryAccounts {
    /// No accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // Every change to the table is one call that can not panic half-way: what a poisoned lock
    // guards is whole.
    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
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
    type Found = Arc<Account>;

    fn exact(&self, key: &Key) -> Result<Option<Arc<Account>>, StoreError> {
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
        find(&*self.read(), domain, user)
    }

    fn get(&self, domain: &str, user: &str) -> Result<Option<Account>, StoreError> {
        let key = Key::new(domain, user);
        Ok(self.read().exact(&key)?.map(Arc::unwrap_or_clone))
    }

    fn add(&self, account: &Account) -> Result<(), StoreError> {
        let place = place(Key::of(account)?);
        let mut table = self.write();
        if table.contains_key(&place) {
            return Err(already_exists(account));
        }
        table.insert(place, Arc::new(account.clone()));
        Ok(())
    }

    fn replace(&self, account: &Account) -> Result<(), StoreError> {
        match self.write().get_mut(&place(Key::of(account)?)) {
            Some(old) => *old = Arc::new(account.clone()),
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
            .map(|(_, account)| Account::clone(account))
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
            let exists = table.contains_key(&place);
            if exists && !replace {
                done.skipped += 1;
                continue;
            }
            table.insert(place, Arc::new(account.clone()));
            if exists {
                done.replaced += 1;
            } else {
                done.added += 1;
            }
        }
        Ok(done)
    }
}
