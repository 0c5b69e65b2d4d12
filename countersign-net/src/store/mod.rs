//! Accounts: who may log on, and what their proofs are compared with.
//!
//! | store | where the accounts are |
//! |---|---|
//! | [`MemoryAccounts`] | in memory, for tests and for programs that bring their own accounts |
//! | [`EmbeddedAccounts`] | in a file that several processes can use |
//! | [`files`] | text to import and export |
//!
//! ```
//! use countersign::Account;
//! use countersign_net::store::{AccountStore, MemoryAccounts};
//!
//! let accounts = MemoryAccounts::new();
//! accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
//!
//! // As clients send it: without regard to case, and with the domain in several forms.
//! for (domain, user) in [("lab", "ALICE"), ("", "alice@lab.example.com"), ("", "alice")] {
//!     assert_eq!(accounts.find(domain, user)?.unwrap().qualified_name(), r"LAB\alice");
//! }
//! assert!(accounts.find("OTHER", "alice")?.is_none());
//! # Ok::<(), countersign_net::store::StoreError>(())
//! ```
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use countersign::wire::{Malformed, utf16};
use countersign::{Account, Denied, Logon, LogonAnswer, Resolve, Unavailable};

mod embedded;
pub mod files;
mod lockout;
mod memory;
mod record;

pub use embedded::EmbeddedAccounts;
pub(crate) use lockout::span;
pub use lockout::{LockoutError, LockoutPolicy, LogonOutcome};
pub use memory::MemoryAccounts;

/// A place for accounts. Names are compared without regard to case, as Windows compares them.
pub trait AccountStore: fmt::Debug + Send + Sync {
    /// The account that a client means when it logs on as `user` of `domain`. The first of these
    /// that exists:
    ///
    /// 1. the account with just this domain and this user;
    /// 2. the account `user` without a domain: it serves every domain that a client may claim, as
    ///    the accounts of a machine that stands alone do;
    /// 3. if `domain` is empty and `user` is `name@realm`: the account `name` of the domain
    ///    `realm`, then of the first label of `realm`, then `name` without a domain (rule 2);
    /// 4. if `domain` is empty: the account `user` of whichever domain has it, if just one does.
    ///
    /// # Errors
    /// [`StoreError`] when the store can not be read.
    fn find(&self, domain: &str, user: &str) -> Result<Option<Arc<Account>>, StoreError>;

    /// The account with just this domain and this user.
    ///
    /// # Errors
    /// [`StoreError`] when the store can not be read.
    fn get(&self, domain: &str, user: &str) -> Result<Option<Account>, StoreError>;

    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`], [`StoreError::Name`], or that the store can not be written.
    fn add(&self, account: &Account) -> Result<(), StoreError>;

    /// Replaces the account of the same name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or that the store can not be written.
    fn replace(&self, account: &Account) -> Result<(), StoreError>;

    /// Removes an account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or that the store can not be written.
    fn remove(&self, domain: &str, user: &str) -> Result<(), StoreError>;

    /// Every account, sorted by domain and user.
    ///
    /// # Errors
    /// [`StoreError`] when the store can not be read.
    fn list(&self) -> Result<Vec<Account>, StoreError>;

    /// Adds many accounts at once: all of them or, on an error, none. One that exists already is
    /// replaced, or left as it is.
    ///
    /// # Errors
    /// [`StoreError::Name`], or that the store can not be written.
    fn import(&self, accounts: &[Account], replace: bool) -> Result<Imported, StoreError>;

    /// Counts how a logon ended for the account that [`Self::find`] gives, and locks it where the
    /// store has a [`LockoutPolicy`] that says so. Users that are not known are not counted. Stores
    /// that count nothing need not implement it.
    ///
    /// # Errors
    /// [`StoreError`] when the store can not be read or written.
    fn record(&self, domain: &str, user: &str, outcome: LogonOutcome) -> Result<(), StoreError> {
        let _ = (domain, user, outcome);
        Ok(())
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// How many accounts are new.
    pub added: usize,
    /// How many took the place of another.
    pub replaced: usize,
    /// How many existed and were left as they were.
    pub skipped: usize,
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: AccountStore + ?Sized> AccountStore for $pointer {
            fn find(&self, domain: &str, user: &str) -> Result<Option<Arc<Account>>, StoreError> {
                (**self).find(domain, user)
            }
            fn get(&self, domain: &str, user: &str) -> Result<Option<Account>, StoreError> {
                (**self).get(domain, user)
            }
            fn add(&self, account: &Account) -> Result<(), StoreError> {
                (**self).add(account)
            }
            fn replace(&self, account: &Account) -> Result<(), StoreError> {
                (**self).replace(account)
            }
            fn remove(&self, domain: &str, user: &str) -> Result<(), StoreError> {
                (**self).remove(domain, user)
            }
            fn list(&self) -> Result<Vec<Account>, StoreError> {
                (**self).list()
            }
            fn import(&self, accounts: &[Account], replace: bool) -> Result<Imported, StoreError> {
                (**self).import(accounts, replace)
            }
            fn record(&self, domain: &str, user: &str, outcome: LogonOutcome) -> Result<(), StoreError> {
                (**self).record(domain, user, outcome)
            }
        }
    )*};
}
forward!(&S, Box<S>, Arc<S>);

/// Answers the logons of a server from a store.
///
/// A store that can not be read makes the logon fail, and is not taken for an unknown user. What came
/// of a logon is recorded. The peer learns nothing of it when that fails; whoever must know, as a server
/// that tells its owner, calls [`Self::record`] itself.
#[derive(Clone, Debug)]
pub struct StoreAnswers<S>(pub S);

impl<S: AccountStore> StoreAnswers<S> {
    fn answer(&self, domain: &str, user: &str) -> Result<LogonAnswer, Unavailable> {
        match self.0.find(domain, user) {
            Ok(Some(account)) => Ok(LogonAnswer::Account(account)),
            Ok(None) => Ok(LogonAnswer::Unknown),
            Err(error) => Err(Unavailable::Unreachable(error.to_string())),
        }
    }

    /// Counts what came of a logon: a wrong password, or that the account has logged on. Nothing else
    /// says anything of the password.
    ///
    /// # Errors
    /// As [`AccountStore::record`].
    pub fn record(&self, logon: &Logon, result: Result<(), Denied>) -> Result<(), StoreError> {
        let outcome = match result {
            Ok(()) => LogonOutcome::Succeeded,
            Err(Denied::WrongPassword) => LogonOutcome::Failed,
            Err(_) => return Ok(()),
        };
        self.0.record(&logon.domain, &logon.user, outcome)
    }
}

impl<S: AccountStore> Resolve for StoreAnswers<S> {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        self.answer(&logon.domain, &logon.user)
    }

    fn concluded(&mut self, logon: &Logon, result: Result<(), Denied>) {
        let _ = self.record(logon, result);
    }
}

/// Stores block on their files, so the lookup runs beside the runtime's own threads.
#[cfg(feature = "tokio")]
impl<S: AccountStore + Clone + 'static> countersign::AsyncResolve for StoreAnswers<S> {
    async fn logon(&self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return self.answer(&logon.domain, &logon.user);
        };
        let (answers, domain, user) = (self.clone(), logon.domain.clone(), logon.user.clone());
        runtime
            .spawn_blocking(move || answers.answer(&domain, &user))
            .await
            .unwrap_or_else(|_| Err(Unavailable::Unreachable("the lookup was cut off".into())))
    }

    async fn concluded(&self, logon: &Logon, result: Result<(), Denied>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            let _ = self.record(logon, result);
            return;
        };
        let (answers, logon) = (self.clone(), logon.clone());
        // Also when this future is dropped meanwhile: who hangs up does not keep a failure from counting.
        let _ = runtime
            .spawn_blocking(move || answers.record(&logon, result))
            .await;
    }
}

/// Why a store did not do what it should.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// There is an account of this name.
    AlreadyExists {
        /// Its name.
        account: String,
    },
    /// There is no account of this name.
    NotFound {
        /// The name.
        account: String,
    },
    /// A name that no account can have.
    Name(&'static str),
    /// An account whose verifiers a record can not hold: too many, or of a kind that has no place.
    Unstorable {
        /// Its name.
        account: String,
    },
    /// Others had the file in use all the time.
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// There is no such file.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner can read or write the file, which holds secrets.
    Permissions {
        /// The file.
        path: PathBuf,
        /// The permissions that it has.
        mode: u32,
    },
    /// The file is something else than a store of accounts.
    NotAccounts {
        /// The file.
        path: PathBuf,
        /// What it is, or what is missing.
        what: String,
    },
    /// The file is a store of a version that this program does not know.
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// The file is a store, and damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The record of one account does not parse.
    Record {
        /// The account, as the key of its record names it.
        account: String,
        /// What is wrong with it.
        what: Malformed,
    },
    /// The file can not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyExists { account } => write!(f, "the account {account:?} exists already"),
            Self::NotFound { account } => write!(f, "there is no account {account:?}"),
            Self::Name(what) => f.write_str(what),
            Self::Unstorable { account } => write!(
                f,
                "the account {account:?} has verifiers that this store can not hold"
            ),
            Self::Busy { path, waited } => write!(
                f,
                "{} was in use by others for {:.1} s",
                path.display(),
                waited.as_secs_f64()
            ),
            Self::Missing { path } => write!(f, "{} does not exist", path.display()),
            Self::Permissions { path, mode } => write!(
                f,
                "{} holds secrets, and others can use it (mode {:03o}): chmod 600 {}",
                path.display(),
                mode & 0o777,
                path.display()
            ),
            Self::NotAccounts { path, what } => {
                write!(f, "{} is no store of accounts: {what}", path.display())
            }
            Self::Version { path, found } => write!(
                f,
                "{} is a store of version {found}; this program knows version {}",
                path.display(),
                embedded::FORMAT
            ),
            Self::Damaged { path, what } => write!(f, "{} is damaged: {what}", path.display()),
            Self::Record { account, what } => {
                write!(
                    f,
                    "the record of the account {account:?} is damaged: {what}"
                )
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Record { what, .. } => Some(what),
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The name of an account in the form that is compared.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    domain: String,
    user: String,
}

impl Key {
    fn new(domain: &str, user: &str) -> Self {
        Self {
            domain: utf16::to_upper(domain),
            user: utf16::to_upper(user),
        }
    }

    /// The key of an account that is to be stored.
    fn of(account: &Account) -> Result<Self, StoreError> {
        check_name(&account.domain, &account.user).map_err(StoreError::Name)?;
        Ok(Self::new(&account.domain, &account.user))
    }
}

/// `DOMAIN\user`, or the user alone; for messages.
fn qualified(domain: &str, user: &str) -> String {
    if domain.is_empty() {
        user.to_owned()
    } else {
        [domain, "\\", user].concat()
    }
}

fn already_exists(account: &Account) -> StoreError {
    StoreError::AlreadyExists {
        account: account.qualified_name(),
    }
}

fn not_found(domain: &str, user: &str) -> StoreError {
    StoreError::NotFound {
        account: qualified(domain, user),
    }
}

/// What no name may hold: a backslash parts domain and user, control characters are for terminals.
fn check_name(domain: &str, user: &str) -> Result<(), &'static str> {
    let has = |text: &str, c: fn(char) -> bool| text.chars().any(c);
    if user.is_empty() {
        Err("the user name is empty")
    } else if user.chars().count() > 256 {
        Err("the user name has more than 256 characters")
    } else if domain.chars().count() > 255 {
        Err("the domain name has more than 255 characters")
    } else if has(user, |c| c == '\\') || has(domain, |c| c == '\\') {
        Err("a name holds a backslash")
    } else if has(user, char::is_control) || has(domain, char::is_control) {
        Err("a name holds a control character")
    } else {
        Ok(())
    }
}

/// What the rules of [`AccountStore::find`] need of a store.
trait Lookup {
    type Found;
    fn exact(&self, key: &Key) -> Result<Option<Self::Found>, StoreError>;
    /// The domain of the only account with this user name (both upper-cased), if there is just one.
    fn only_domain_of(&self, user: &str) -> Result<Option<String>, StoreError>;
}

/// The rules of [`AccountStore::find`].
fn find<L: Lookup>(lookup: &L, domain: &str, user: &str) -> Result<Option<L::Found>, StoreError> {
    let key = Key::new(domain, user);
    let of = |domain: &str, user: &str| {
        lookup.exact(&Key {
            domain: domain.to_owned(),
            user: user.to_owned(),
        })
    };
    if let Some(found) = lookup.exact(&key)? {
        return Ok(Some(found));
    }
    if !key.domain.is_empty() {
        return of("", &key.user);
    }
    if let Some((name, realm)) = key.user.rsplit_once('@') {
        let label = realm.split('.').next().unwrap_or_default();
        for domain in [realm, label, ""] {
            if let Some(found) = of(domain, name)? {
                return Ok(Some(found));
            }
        }
    }
    match lookup.only_domain_of(&key.user)? {
        Some(domain) => of(&domain, &key.user),
        None => Ok(None),
    }
}
