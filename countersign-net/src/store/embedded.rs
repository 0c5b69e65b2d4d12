//! Accounts in a file.
//!
//! The file is opened for each operation and closed again, so that a server and the command that
//! adds accounts use it side by side. Whoever finds it in use waits, with a limit.
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use countersign::{Account, Clock};
use redb::{
    Builder, Database, DatabaseError, Durability, MultimapTable, MultimapTableDefinition,
    ReadOnlyMultimapTable, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableMultimapTable,
    ReadableTable, Table, TableDefinition, TableError, WriteTransaction,
};

use super::lockout::{Failures, Lockout};
use super::record::{Other, Record};
use super::{
    AccountStore, Imported, Key, LockoutPolicy, LogonOutcome, Lookup, StoreError, already_exists,
    find, not_found,
};

/// The version of the file that this program reads and writes.
pub(super) const FORMAT: u64 = 1;

// Names are bytes here: the library below takes text that is not valid for its own fault.
type Bytes = &'static [u8];
const META: TableDefinition<'_, Bytes, u64> = TableDefinition::new("meta");
/// `DOMAIN\USER`, upper-cased, to the record.
const ACCOUNTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("accounts");
/// The upper-cased user to each upper-cased domain that has one of this name.
const DOMAINS: MultimapTableDefinition<'_, Bytes, Bytes> =
    MultimapTableDefinition::new("domains of users");
const FORMAT_KEY: &[u8] = b"countersign accounts format";

/// How long an operation waits for the file, unless told otherwise.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(16));
/// Memory for pages; a lookup reads only a few.
const CACHE: usize = 4 * 1024 * 1024;

/// Accounts in a file that several threads and processes use at the same time.
///
/// Adding the first account makes the file, for its owner alone. What a call has returned `Ok` for
/// is on the disk, whatever happens to the process then. An empty file beside it, with `.gate` at
/// the end of its name, keeps readers from crowding writers out.
///
/// A lookup reads a few pages. A change first checks the whole file, so that a damaged one is
/// reported and not made worse; many accounts are best added with one [`AccountStore::import`].
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("countersign-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("accounts.db");
/// use countersign::Account;
/// use countersign_net::store::{AccountStore, EmbeddedAccounts, StoreError};
///
/// let accounts = EmbeddedAccounts::open(&path);
/// assert!(matches!(accounts.list(), Err(StoreError::Missing { .. })));
/// accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
/// assert_eq!(accounts.find("", "Alice")?.unwrap().qualified_name(), r"LAB\alice");
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EmbeddedAccounts {
    path: PathBuf,
    wait: Duration,
    turn: Arc<Turn>,
    lockout: Lockout,
}

impl EmbeddedAccounts {
    /// The store in the file `path`. Nothing is opened yet.
    #[must_use]
    pub fn open(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        // A path that can not be made absolute is empty; using it will say so.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            turn: Turn::of(&path),
            path,
            wait: DEFAULT_WAIT,
            lockout: Lockout::OFF,
        }
    }

    /// Sets how long an operation waits while others use the file; 5 s by default.
    #[must_use]
    pub const fn wait(mut self, limit: Duration) -> Self {
        self.wait = limit;
        self
    }

    /// Sets when [`AccountStore::record`] locks accounts; never by default. All that serve from a file
    /// should say the same: each goes by its own policy, with the failures that all of them counted.
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

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reading<T>(
        &self,
        work: impl FnOnce(&Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.guarded(|wait| {
            check_file(&self.path)?;
            wait.pass_gate()?;
            let mut builder = Builder::new();
            builder.set_cache_size(CACHE);
            let shared = wait.until_free(|| match builder.open_read_only(&self.path) {
                Ok(database) => Ok(Some(database)),
                // Its last user was killed. Opening it for writing sets it right.
                Err(DatabaseError::RepairAborted) => Ok(None),
                Err(error) => Err(error),
            })?;
            let transaction = match shared {
                Some(database) => return self.read_in(&database, work),
                None => self.open_checked(wait)?,
            };
            self.read_in(&transaction, work)
        })
    }

    fn read_in<T>(
        &self,
        database: &impl ReadableDatabase,
        work: impl FnOnce(&Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = database.begin_read().map_err(|e| self.failed(e))?;
        work(&Reading::new(self, &transaction)?)
    }

    /// Runs `work` in one transaction, which is on the disk when this returns `Ok`.
    fn writing<T>(
        &self,
        create: bool,
        work: impl FnOnce(&mut Writing<'_, '_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.guarded(|wait| {
            match check_file(&self.path) {
                Err(StoreError::Missing { .. }) if create => {
                    self.create()?;
                    check_file(&self.path)?;
                }
                checked => checked?,
            }
            let _gate = wait.close_gate()?;
            let database = self.open_checked(wait)?;
            let transaction = self.begin(&database)?;
            let done = work(&mut Writing::new(self, &transaction)?)?;
            transaction.commit().map_err(|e| self.failed(e))?;
            Ok(done)
        })
    }

    /// Opens the file for writing, which even closing does. To change a damaged file could make it
    /// worse, so every page is looked at first.
    fn open_checked(&self, wait: &Wait<'_>) -> Result<Database, StoreError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        let mut database = wait.until_free(|| builder.create_file(open_existing(&self.path)?))?;
        database.check_integrity().map_err(|e| self.failed(e))?;
        Ok(database)
    }

    fn begin(&self, database: &Database) -> Result<WriteTransaction, StoreError> {
        let mut transaction = database.begin_write().map_err(|e| self.failed(e))?;
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|e| self.failed(e))?;
        // After a kill the file is ready at once, also for readers.
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    /// Makes the file whole under another name, then gives it its own: whoever is killed amid this
    /// leaves no half of a store behind, and who comes second finds the first one's file.
    fn create(&self) -> Result<(), StoreError> {
        let io = |error| self.io(error);
        let name = self
            .path
            .file_name()
            .ok_or_else(|| io(io::Error::from(io::ErrorKind::InvalidInput)))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{:016x}.new", std::process::id(), arbitrary()));
        let hidden = self.path.with_file_name(hidden);
        let file = owner_only(OpenOptions::new().read(true).write(true).create_new(true))
            .open(&hidden)
            .map_err(io)?;
        let made = self
            .fill(file)
            .and_then(|()| match fs::hard_link(&hidden, &self.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked.map_err(io),
            });
        let removed = fs::remove_file(&hidden).map_err(io);
        made.and(removed)?;
        sync_folder(&self.path).map_err(io)
    }

    fn fill(&self, file: File) -> Result<(), StoreError> {
        let database = Builder::new()
            .set_cache_size(CACHE)
            .create_file(file)
            .map_err(|e| self.failed(e))?;
        let transaction = self.begin(&database)?;
        {
            let mut meta = transaction.open_table(META).map_err(|e| self.failed(e))?;
            meta.insert(FORMAT_KEY, FORMAT)
                .map_err(|e| self.failed(e))?;
            transaction
                .open_table(ACCOUNTS)
                .map_err(|e| self.failed(e))?;
            transaction
                .open_multimap_table(DOMAINS)
                .map_err(|e| self.failed(e))?;
        }
        transaction.commit().map_err(|e| self.failed(e))
    }

    /// One operation: one thread of the process at a time, and no panic of the library below, which
    /// takes a damaged file for a fault of its own, leaves this function.
    fn guarded<T>(
        &self,
        operation: impl FnOnce(&Wait<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let wait = Wait {
            store: self,
            start: Instant::now(),
        };
        let _turn = self.turn.take(wait.deadline()).ok_or_else(|| wait.busy())?;
        catch_unwind(AssertUnwindSafe(|| operation(&wait))).unwrap_or_else(|_| {
            Err(StoreError::Damaged {
                path: self.path.clone(),
                what: "its pages contradict one another".into(),
            })
        })
    }

    fn io(&self, error: io::Error) -> StoreError {
        io_error(&self.path, error)
    }

    fn failed(&self, error: impl Into<redb::Error>) -> StoreError {
        let path = self.path.clone();
        match error.into() {
            redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                StoreError::NotAccounts {
                    path,
                    what: error.to_string(),
                }
            }
            redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                StoreError::Damaged {
                    path,
                    what: "it is cut short".into(),
                }
            }
            redb::Error::Io(error) => self.io(error),
            redb::Error::TableDoesNotExist(table) => StoreError::NotAccounts {
                path,
                what: format!("it has no table {table:?}"),
            },
            error @ (redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableIsNotMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_)) => StoreError::NotAccounts {
                path,
                what: error.to_string(),
            },
            error => StoreError::Damaged {
                path,
                what: error.to_string(),
            },
        }
    }

    /// Whether the tables are there and of our version.
    fn check_format(
        &self,
        meta: Result<impl ReadableTable<Bytes, u64>, TableError>,
    ) -> Result<(), StoreError> {
        let meta = meta.map_err(|e| self.failed(e))?;
        let found = meta.get(FORMAT_KEY).map_err(|e| self.failed(e))?;
        match found.map(|found| found.value()) {
            Some(FORMAT) => Ok(()),
            Some(found) => Err(StoreError::Version {
                path: self.path.clone(),
                found,
            }),
            None => Err(StoreError::NotAccounts {
                path: self.path.clone(),
                what: "it names no version".into(),
            }),
        }
    }

    fn parse(&self, key: &[u8], bytes: &[u8]) -> Result<Record, StoreError> {
        let damaged = |what| StoreError::Record {
            account: String::from_utf8_lossy(key)
                .trim_start_matches('\\')
                .to_owned(),
            what,
        };
        let record = Record::parse(bytes).map_err(damaged)?;
        let account = &record.account;
        if joined(&Key::new(&account.domain, &account.user)).as_bytes() != key {
            // A record under another name would let one account log on as another.
            return Err(damaged(countersign::wire::Malformed {
                what: "name",
                offset: 1,
                why: countersign::wire::Why::Value,
            }));
        }
        Ok(record)
    }
}

/// The key of an account in the file.
fn joined(key: &Key) -> String {
    [key.domain.as_str(), "\\", &key.user].concat()
}

struct Reading<'a> {
    store: &'a EmbeddedAccounts,
    accounts: ReadOnlyTable<Bytes, Bytes>,
    domains: ReadOnlyMultimapTable<Bytes, Bytes>,
}

impl<'a> Reading<'a> {
    fn new(store: &'a EmbeddedAccounts, from: &ReadTransaction) -> Result<Self, StoreError> {
        store.check_format(from.open_table(META))?;
        Ok(Self {
            store,
            accounts: from.open_table(ACCOUNTS).map_err(|e| store.failed(e))?,
            domains: from
                .open_multimap_table(DOMAINS)
                .map_err(|e| store.failed(e))?,
        })
    }
}

/// Looks up in open tables, whether they can be changed or not.
macro_rules! lookup {
    ($($tables:ty),*) => {$(
        impl Lookup for $tables {
            type Found = Record;

            fn exact(&self, key: &Key) -> Result<Option<Record>, StoreError> {
                let key = joined(key);
                let found = ReadableTable::get(&self.accounts, key.as_bytes());
                match found.map_err(|e| self.store.failed(e))? {
                    Some(bytes) => Ok(Some(self.store.parse(key.as_bytes(), bytes.value())?)),
                    None => Ok(None),
                }
            }

            fn only_domain_of(&self, user: &str) -> Result<Option<String>, StoreError> {
                let failed = |e| self.store.failed(e);
                let mut domains =
                    ReadableMultimapTable::get(&self.domains, user.as_bytes()).map_err(failed)?;
                let (Some(only), None) = (domains.next(), domains.next()) else {
                    return Ok(None);
                };
                let only = only.map_err(failed)?;
                // The account of a domain whose name is damaged is not found.
                Ok(std::str::from_utf8(only.value()).ok().map(str::to_owned))
            }
        }
    )*};
}
lookup!(Reading<'_>, Writing<'_, '_>);

struct Writing<'a, 't> {
    store: &'a EmbeddedAccounts,
    accounts: Table<'t, Bytes, Bytes>,
    domains: MultimapTable<'t, Bytes, Bytes>,
}

impl<'a, 't> Writing<'a, 't> {
    fn new(store: &'a EmbeddedAccounts, to: &'t WriteTransaction) -> Result<Self, StoreError> {
        // A table that is missing is made here, and gone again with a transaction that fails.
        store.check_format(to.open_table(META))?;
        Ok(Self {
            store,
            accounts: to.open_table(ACCOUNTS).map_err(|e| store.failed(e))?,
            domains: to
                .open_multimap_table(DOMAINS)
                .map_err(|e| store.failed(e))?,
        })
    }

    fn put(
        &mut self,
        key: &Key,
        account: &Account,
        old: Option<&Record>,
    ) -> Result<(), StoreError> {
        // Verifiers of kinds that this program does not know stay, as long as the password does: one
        // that was made from the password before would let it be used for ever.
        let others: &[Other] = match old {
            Some(old) if old.account.verifiers == account.verifiers => &old.others,
            _ => &[],
        };
        // What was guessed at was the old password.
        let failures = old
            .filter(|old| old.account.verifiers == account.verifiers)
            .and_then(|old| old.failures);
        self.write(key, account, others, failures)
    }

    fn write(
        &mut self,
        key: &Key,
        account: &Account,
        others: &[Other],
        failures: Option<Failures>,
    ) -> Result<(), StoreError> {
        let bytes =
            Record::to_bytes(account, others, failures).map_err(|_| StoreError::Unstorable {
                account: account.qualified_name(),
            })?;
        let failed = |e| self.store.failed(e);
        self.accounts
            .insert(joined(key).as_bytes(), bytes.as_slice())
            .map_err(failed)?;
        self.domains
            .insert(key.user.as_bytes(), key.domain.as_bytes())
            .map_err(failed)?;
        Ok(())
    }

    fn remove(&mut self, key: &Key) -> Result<bool, StoreError> {
        let failed = |e| self.store.failed(e);
        let existed = self
            .accounts
            .remove(joined(key).as_bytes())
            .map_err(failed)?
            .is_some();
        self.domains
            .remove(key.user.as_bytes(), key.domain.as_bytes())
            .map_err(failed)?;
        Ok(existed)
    }
}

impl AccountStore for EmbeddedAccounts {
    fn find(&self, domain: &str, user: &str) -> Result<Option<Arc<Account>>, StoreError> {
        self.reading(|tables| find(tables, domain, user))
            .map(|found| found.map(|record| Arc::new(record.account)))
    }

    fn get(&self, domain: &str, user: &str) -> Result<Option<Account>, StoreError> {
        self.reading(|tables| tables.exact(&Key::new(domain, user)))
            .map(|found| found.map(|record| record.account))
    }

    fn add(&self, account: &Account) -> Result<(), StoreError> {
        let key = Key::of(account)?;
        self.writing(true, |tables| match tables.exact(&key)? {
            Some(_) => Err(already_exists(account)),
            None => tables.put(&key, account, None),
        })
    }

    fn replace(&self, account: &Account) -> Result<(), StoreError> {
        let key = Key::of(account)?;
        self.writing(false, |tables| match tables.exact(&key)? {
            Some(old) => tables.put(&key, account, Some(&old)),
            None => Err(not_found(&account.domain, &account.user)),
        })
    }

    fn remove(&self, domain: &str, user: &str) -> Result<(), StoreError> {
        self.writing(false, |tables| {
            // Not parsed: a damaged record can be removed.
            match tables.remove(&Key::new(domain, user))? {
                true => Ok(()),
                false => Err(not_found(domain, user)),
            }
        })
    }

    fn list(&self) -> Result<Vec<Account>, StoreError> {
        self.reading(|tables| {
            let mut all = Vec::new();
            let failed = |e| self.failed(e);
            for entry in ReadableTable::iter(&tables.accounts).map_err(failed)? {
                let (key, bytes) = entry.map_err(failed)?;
                let account = self.parse(key.value(), bytes.value())?.account;
                all.push((Key::new(&account.domain, &account.user), account));
            }
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
            Ok(all.into_iter().map(|(_, account)| account).collect())
        })
    }

    fn import(&self, accounts: &[Account], replace: bool) -> Result<Imported, StoreError> {
        let keys = accounts
            .iter()
            .map(Key::of)
            .collect::<Result<Vec<_>, _>>()?;
        self.writing(true, |tables| {
            let mut done = Imported::default();
            for (key, account) in keys.iter().zip(accounts) {
                match tables.exact(key)? {
                    None => {
                        tables.put(key, account, None)?;
                        done.added += 1;
                    }
                    Some(old) if replace => {
                        tables.put(key, account, Some(&old))?;
                        done.replaced += 1;
                    }
                    Some(_) => done.skipped += 1,
                }
            }
            Ok(done)
        })
    }

    fn record(&self, domain: &str, user: &str, outcome: LogonOutcome) -> Result<(), StoreError> {
        if !self.lockout.policy.is_enabled() {
            return Ok(());
        }
        let now = self.lockout.now();
        let after = |record: &Record| {
            let state = &record.account.state;
            self.lockout.apply(now, outcome, state, record.failures)
        };
        // Most logons change nothing, and to look costs far less than to write.
        let found = self.reading(|tables| find(tables, domain, user))?;
        if found.as_ref().and_then(after).is_none() {
            return Ok(());
        }
        self.writing(false, |tables| {
            // Others may have counted since.
            let Some(mut record) = find(tables, domain, user)? else {
                return Ok(());
            };
            let Some((state, failures)) = after(&record) else {
                return Ok(());
            };
            record.account.state = state;
            let account = &record.account;
            let key = Key::new(&account.domain, &account.user);
            tables.write(&key, account, &record.others, failures)
        })
    }
}

/// How long one operation has waited, and may.
struct Wait<'a> {
    store: &'a EmbeddedAccounts,
    start: Instant,
}

impl Wait<'_> {
    fn deadline(&self) -> Option<Instant> {
        self.start.checked_add(self.store.wait)
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy {
            path: self.store.path.clone(),
            waited: self.start.elapsed(),
        }
    }

    /// Tries again while others have the file open.
    fn until_free<T>(
        &self,
        mut open: impl FnMut() -> Result<T, DatabaseError>,
    ) -> Result<T, StoreError> {
        self.until(|| match open() {
            Ok(opened) => Ok(Some(opened)),
            Err(DatabaseError::DatabaseAlreadyOpen) => Ok(None),
            Err(error) => Err(self.store.failed(error)),
        })
    }

    /// Tries until there is something, or the limit is reached.
    fn until<T>(
        &self,
        mut attempt: impl FnMut() -> Result<Option<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut pause, longest) = PAUSES;
        loop {
            if let Some(done) = attempt()? {
                return Ok(done);
            }
            if self.start.elapsed() >= self.store.wait {
                return Err(self.busy());
            }
            // Between half the pause and all of it, so that two who met do not meet again.
            let jitter = u32::try_from(arbitrary() % 512).unwrap_or(0);
            std::thread::sleep(pause / 2 + pause * jitter / 1024);
            pause = (pause * 2).min(longest);
        }
    }

    /// Keeps new readers away until the result is dropped: many of them would never leave the file
    /// free for a writer. This is about fairness only, so a file system without locks may do
    /// without.
    fn close_gate(&self) -> Result<Option<File>, StoreError> {
        let mut options = OpenOptions::new();
        owner_only(options.write(true).create(true).truncate(false));
        let Ok(gate) = options.open(self.gate()) else {
            return Ok(None);
        };
        self.until(|| Ok(may_go_on(gate.try_lock())))?;
        Ok(Some(gate))
    }

    /// Waits while a writer is waiting or at work.
    fn pass_gate(&self) -> Result<(), StoreError> {
        // Without a gate there was no writer yet.
        let Ok(gate) = File::open(self.gate()) else {
            return Ok(());
        };
        self.until(|| Ok(may_go_on(gate.try_lock_shared())))
    }

    fn gate(&self) -> PathBuf {
        let mut name = self.store.path.clone().into_os_string();
        name.push(".gate");
        name.into()
    }
}

fn may_go_on(locked: Result<(), TryLockError>) -> Option<()> {
    match locked {
        Err(TryLockError::WouldBlock) => None,
        Ok(()) | Err(TryLockError::Error(_)) => Some(()),
    }
}

/// Whose turn it is among the threads of this process. They queue here, and one at a time meets
/// other processes at the file.
#[derive(Debug, Default)]
struct Turn {
    taken: Mutex<bool>,
    free: Condvar,
}

impl Turn {
    /// The one of `path`.
    fn of(path: &Path) -> Arc<Self> {
        static TURNS: Mutex<BTreeMap<PathBuf, Weak<Turn>>> = Mutex::new(BTreeMap::new());
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(path).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Self::default());
        turns.insert(path.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// Waits until `deadline`, or for ever where there is none.
    fn take(&self, deadline: Option<Instant>) -> Option<Taken<'_>> {
        let mut taken = self.lock();
        while *taken {
            let left = match deadline {
                None => Duration::MAX,
                Some(deadline) => deadline.checked_duration_since(Instant::now())?,
            };
            taken = self
                .free
                .wait_timeout(taken, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *taken = true;
        Some(Taken(self))
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Taken<'a>(&'a Turn);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.lock() = false;
        self.0.free.notify_one();
    }
}

fn io_error(path: &Path, error: io::Error) -> StoreError {
    let path = path.to_owned();
    if error.kind() == io::ErrorKind::NotFound {
        StoreError::Missing { path }
    } else {
        StoreError::Io { path, error }
    }
}

fn open_existing(path: &Path) -> Result<File, DatabaseError> {
    Ok(OpenOptions::new().read(true).write(true).open(path)?)
}

/// Whether the file is one that may hold secrets. An empty file is refused too: the library below
/// would make a store of it.
fn check_file(path: &Path) -> Result<(), StoreError> {
    let metadata = fs::metadata(path).map_err(|error| io_error(path, error))?;
    let not_accounts = |what: &str| {
        Err(StoreError::NotAccounts {
            path: path.to_owned(),
            what: what.into(),
        })
    };
    if !metadata.is_file() {
        return not_accounts(if metadata.is_dir() {
            "it is a directory"
        } else {
            "it is no regular file"
        });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = metadata.mode();
        if mode & 0o077 != 0 {
            return Err(StoreError::Permissions {
                path: path.to_owned(),
                mode,
            });
        }
    }
    if metadata.len() == 0 {
        return not_accounts("it is empty");
    }
    Ok(())
}

/// A new file is for its owner alone from the first moment.
fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes a new name in the folder of `path` last.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A number that another process will hardly have.
fn arbitrary() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of an account with a verifier of a kind that this program does not know.
    fn newer_record(store: &EmbeddedAccounts, account: &Account) -> Vec<u8> {
        let mut bytes = Record::to_bytes(account, &[], None).unwrap().to_vec();
        let count = bytes.len() - 20 - 2;
        bytes[count] += 1;
        bytes.extend_from_slice(&[18, 0, 3, 0, 7, 8, 9]);
        put_raw(store, account, &bytes);
        bytes
    }

    fn put_raw(store: &EmbeddedAccounts, account: &Account, bytes: &[u8]) {
        store
            .writing(true, |tables| {
                let key = joined(&Key::new(&account.domain, &account.user));
                tables.accounts.insert(key.as_bytes(), bytes).unwrap();
                Ok(())
            })
            .unwrap();
    }

    fn raw(store: &EmbeddedAccounts, key: &str) -> Vec<u8> {
        store
            .reading(|tables| {
                let found = ReadableTable::get(&tables.accounts, key.as_bytes()).unwrap();
                Ok(found.unwrap().value().to_vec())
            })
            .unwrap()
    }

    fn in_a_folder(test: impl FnOnce(EmbeddedAccounts)) {
        let name = format!(
            "countersign-embedded-{}-{:x}",
            std::process::id(),
            arbitrary()
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        test(EmbeddedAccounts::open(folder.join("accounts.db")));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn unknown_verifiers_stay_as_long_as_the_password() {
        in_a_folder(|store| {
            let mut alice = Account::with_password("LAB", "alice", &"Passw0rd".into());
            store.add(&alice).unwrap();
            let newer = newer_record(&store, &alice);
            assert_eq!(store.list().unwrap(), std::slice::from_ref(&alice));

            alice.state.disabled = true;
            store.replace(&alice).unwrap();
            let kept = raw(&store, r"LAB\ALICE");
            assert_eq!(kept.len(), newer.len());
            assert!(kept.ends_with(&[18, 0, 3, 0, 7, 8, 9]));

            let changed = Account::with_password("LAB", "alice", &"another".into());
            store.replace(&changed).unwrap();
            assert_eq!(raw(&store, r"LAB\ALICE").len(), newer.len() - 7);
        });
    }

    #[test]
    fn damaged_records_are_named_and_can_be_removed() {
        in_a_folder(|store| {
            let alice = Account::with_password("LAB", "alice", &"Passw0rd".into());
            let bob = Account::with_password("", "bob", &"Passw0rd".into());
            store.import(&[alice.clone(), bob.clone()], false).unwrap();
            put_raw(&store, &bob, b"\x01\x00");
            let error = store.list().unwrap_err();
            assert!(
                matches!(&error, StoreError::Record { account, .. } if account == "BOB"),
                "{error:?}"
            );
            assert!(store.find("LAB", "alice").unwrap().is_some());
            store.remove("", "bob").unwrap();

            // The record of one account under the name of another.
            put_raw(&store, &bob, &Record::to_bytes(&alice, &[], None).unwrap());
            assert!(matches!(
                store.get("", "bob"),
                Err(StoreError::Record { account, .. }) if account == "BOB"
            ));
        });
    }

    #[test]
    fn a_waiting_writer_keeps_readers_away() {
        in_a_folder(|store| {
            store.import(&[], false).unwrap();
            let store = store.wait(Duration::from_millis(20));
            let wait = || Wait {
                store: &store,
                start: Instant::now(),
            };
            let gate = wait().close_gate().unwrap().unwrap();
            assert!(matches!(store.list(), Err(StoreError::Busy { .. })));
            assert!(matches!(wait().close_gate(), Err(StoreError::Busy { .. })));
            drop(gate);
            assert!(store.list().unwrap().is_empty());
            // A reader leaves it open behind itself.
            wait().pass_gate().unwrap();
            assert!(wait().close_gate().unwrap().is_some());
        });
    }

    #[test]
    fn turns() {
        let path = Path::new("/a/path");
        let (one, two) = (Turn::of(path), Turn::of(path));
        assert!(Arc::ptr_eq(&one, &two));
        assert!(!Arc::ptr_eq(&one, &Turn::of(Path::new("/another"))));
        let taken = one.take(Some(Instant::now())).unwrap();
        assert!(two.take(Some(Instant::now())).is_none());
        drop(taken);
        assert!(two.take(None).is_some());
    }
}
