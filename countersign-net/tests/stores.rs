//! What every store of accounts must do, and what the embedded one does with files.
mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign::{
    Account, Clock, Denied, Kdc, Logon, LogonAnswer, LogonProof, Resolve, Timestamp, Unavailable,
    Verifier,
};
use countersign_net::store::{
    AccountStore, EmbeddedAccounts, Imported, LockoutPolicy, LogonOutcome, MemoryAccounts,
    StoreAnswers, StoreError,
};
use redb::{Database, MultimapTableDefinition, ReadableDatabase, ReadableMultimapTable};
use support::Folder;

fn account(domain: &str, user: &str) -> Account {
    Account::with_password(domain, user, &format!("password of {user}").as_str().into())
}

/// Runs `test` on an empty store of each kind.
fn on_every_store(test: impl Fn(&dyn AccountStore)) {
    test(&MemoryAccounts::new());
    let folder = Folder::new();
    let embedded = EmbeddedAccounts::open(folder.file("accounts.db"));
    // The file is there from the first account on.
    embedded.import(&[], false).unwrap();
    test(&embedded);
}

/// A clock that tests set, in seconds.
#[derive(Debug, Default)]
struct Set(AtomicU64);

impl Set {
    fn to(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_000_000 + self.0.load(Ordering::SeqCst))
    }
}

/// Runs `test` on an empty store of each kind that locks after three failures, for ten minutes.
fn on_every_locking_store(test: impl Fn(&dyn AccountStore, &Set)) {
    let policy = LockoutPolicy {
        threshold: 3,
        window: Duration::from_secs(60),
        duration: Duration::from_secs(600),
    };
    let clock = Arc::new(Set::default());
    let memory = MemoryAccounts::new().lockout(policy);
    test(&memory.clock(Arc::clone(&clock) as _), &clock);
    let folder = Folder::new();
    let clock = Arc::new(Set::default());
    let embedded = EmbeddedAccounts::open(folder.file("accounts.db")).lockout(policy);
    embedded.import(&[], false).unwrap();
    test(&embedded.clock(Arc::clone(&clock) as _), &clock);
}

fn found(store: &dyn AccountStore, domain: &str, user: &str) -> Option<String> {
    store
        .find(domain, user)
        .unwrap()
        .map(|account| account.qualified_name())
}

#[test]
fn find_takes_the_exact_account_first() {
    on_every_store(|store| {
        for domain in ["LAB", "lab.example.com", ""] {
            store.add(&account(domain, "alice")).unwrap();
        }
        for (domain, user, expected) in [
            ("LAB", "alice", r"LAB\alice"),
            ("lab", "ALICE", r"LAB\alice"),
            ("Lab.Example.COM", "Alice", r"lab.example.com\alice"),
            ("", "aLiCe", "alice"),
        ] {
            assert_eq!(found(store, domain, user).as_deref(), Some(expected));
        }
    });
}

#[test]
fn find_ignores_case_as_windows_does() {
    on_every_store(|store| {
        store.add(&account("Zürich", "Яна-straße")).unwrap();
        assert!(found(store, "ZÜRICH", "яНА-STRAßE").is_some());
        assert!(found(store, "ZÜRICH", "ЯНА-STRASSE").is_none());
    });
}

#[test]
fn find_lets_an_account_without_domain_serve_every_domain() {
    on_every_store(|store| {
        store.add(&account("", "bob")).unwrap();
        store.add(&account("LAB", "bob")).unwrap();
        assert_eq!(found(store, "WORKSTATION7", "bob").unwrap(), "bob");
        assert_eq!(found(store, "LAB", "bob").unwrap(), r"LAB\bob");
        assert_eq!(found(store, "WORKSTATION7", "alice"), None);
        // An account of a domain serves no other.
        store.remove("", "bob").unwrap();
        assert_eq!(found(store, "WORKSTATION7", "bob"), None);
    });
}

#[test]
fn find_splits_a_principal_name() {
    on_every_store(|store| {
        store.add(&account("LAB", "alice")).unwrap();
        store.add(&account("OTHER", "alice")).unwrap();
        assert_eq!(found(store, "", "alice@lab").unwrap(), r"LAB\alice");
        assert_eq!(
            found(store, "", "Alice@lab.example.com").unwrap(),
            r"LAB\alice"
        );
        // The whole realm comes before its first label.
        store.add(&account("lab.example.com", "alice")).unwrap();
        assert_eq!(
            found(store, "", "alice@LAB.example.com").unwrap(),
            r"lab.example.com\alice"
        );
        for nobody in [
            "alice@example.com",
            "alice@",
            "alice@.",
            "@lab",
            "@",
            "alice@lab@x",
        ] {
            assert_eq!(found(store, "", nobody), None, "{nobody}");
        }
        // With a domain the name is not taken apart.
        assert_eq!(found(store, "LAB", "alice@lab"), None);
        // A realm is a claim to a domain as any other.
        store.add(&account("", "alice")).unwrap();
        assert_eq!(found(store, "", "alice@example.com").unwrap(), "alice");
        // An account whose own name has the form comes first.
        store.add(&account("X", "carol@lab")).unwrap();
        assert_eq!(found(store, "", "carol@lab").unwrap(), r"X\carol@lab");
        store.add(&account("", "alice@lab")).unwrap();
        assert_eq!(found(store, "", "alice@lab").unwrap(), "alice@lab");
    });
}

#[test]
fn find_takes_the_only_account_of_a_user_name() {
    on_every_store(|store| {
        store.add(&account("LAB", "alice")).unwrap();
        store.add(&account("LAB", "alic")).unwrap();
        store.add(&account("LAB", "alicee")).unwrap();
        assert_eq!(found(store, "", "ALICE").unwrap(), r"LAB\alice");
        assert_eq!(found(store, "", "bob"), None);
        store.add(&account("OTHER", "Alice")).unwrap();
        assert_eq!(found(store, "", "alice"), None, "which of the two?");
        store.remove("lab", "alice").unwrap();
        assert_eq!(found(store, "", "alice").unwrap(), r"OTHER\Alice");
        store.remove("other", "alice").unwrap();
        assert_eq!(found(store, "", "alice"), None);
    });
}

#[test]
fn changes_and_their_errors() {
    on_every_store(|store| {
        let mut alice = account("LAB", "alice");
        assert!(matches!(
            store.replace(&alice),
            Err(StoreError::NotFound { account }) if account == r"LAB\alice"
        ));
        store.add(&alice).unwrap();
        assert!(matches!(
            store.add(&account("lab", "ALICE")),
            Err(StoreError::AlreadyExists { account }) if account == r"lab\ALICE"
        ));
        assert_eq!(store.get("Lab", "Alice").unwrap().as_ref(), Some(&alice));
        assert_eq!(store.get("", "alice").unwrap(), None, "get has no rules");

        alice.user = "Alice".into();
        alice.state.disabled = true;
        alice.state.locked = true;
        alice.state.locked_until = Timestamp::from_filetime(2);
        alice.state.expires = Timestamp::from_filetime(1);
        alice.state.password_expires = Timestamp::from_filetime(u64::MAX);
        alice.verifiers.clear();
        store.replace(&alice).unwrap();
        assert_eq!(store.get("LAB", "alice").unwrap(), Some(alice));

        store.remove("lab", "alice").unwrap();
        assert!(matches!(
            store.remove("lab", "alice"),
            Err(StoreError::NotFound { account }) if account == r"lab\alice"
        ));
        assert!(store.list().unwrap().is_empty());
    });
}

#[test]
fn names_that_no_account_has() {
    on_every_store(|store| {
        let long = "x".repeat(257);
        for (domain, user) in [
            ("LAB", ""),
            ("LAB", r"a\b"),
            (r"LAB\X", "a"),
            ("LAB", "a\0"),
            ("LAB\n", "a"),
            ("LAB", &long),
            (&long, "a"),
        ] {
            let account = account(domain, user);
            for result in [
                store.add(&account),
                store.replace(&account),
                store.import(std::slice::from_ref(&account), true).map(drop),
            ] {
                assert!(
                    matches!(result, Err(StoreError::Name(_))),
                    "{domain:?} {user:?}"
                );
            }
        }
        assert!(store.list().unwrap().is_empty());
    });
}

#[test]
fn lists_are_sorted() {
    on_every_store(|store| {
        for (domain, user) in [
            ("LAB", "b"),
            ("lab2", "a"),
            ("", "z"),
            ("Lab", "A"),
            ("alpha", "x"),
        ] {
            store.add(&account(domain, user)).unwrap();
        }
        let names: Vec<_> = store
            .list()
            .unwrap()
            .iter()
            .map(Account::qualified_name)
            .collect();
        assert_eq!(names, ["z", r"alpha\x", r"Lab\A", r"LAB\b", r"lab2\a"]);
    });
}

#[test]
fn imports_are_all_or_nothing() {
    on_every_store(|store| {
        let old = account("LAB", "alice");
        store.add(&old).unwrap();
        let new = Account::with_password("LAB", "alice", &"another".into());
        let both = [new.clone(), account("LAB", "bob")];
        let bad = [both.as_slice(), &[account("LAB", "")]].concat();
        assert!(store.import(&bad, true).is_err());
        assert_eq!(store.list().unwrap(), std::slice::from_ref(&old));

        let expected = |added, replaced, skipped| Imported {
            added,
            replaced,
            skipped,
        };
        assert_eq!(store.import(&both, false).unwrap(), expected(1, 0, 1));
        assert_eq!(store.get("LAB", "alice").unwrap(), Some(old));
        assert_eq!(store.import(&both, true).unwrap(), expected(0, 2, 0));
        assert_eq!(store.get("LAB", "alice").unwrap(), Some(new));
    });
}

#[test]
fn secrets_are_not_shown() {
    on_every_store(|store| {
        let alice = Account::with_password("LAB", "alice", &"hunter2".into());
        store.add(&alice).unwrap();
        let shown = format!(
            "{store:?} {:?} {:?} {}",
            store.list().unwrap(),
            store.add(&alice),
            store.add(&alice).unwrap_err()
        );
        let Verifier::NtHash(hash) = &alice.verifiers[0] else {
            unreachable!()
        };
        let digits = countersign::wire::description::hex(hash.expose());
        assert!(!shown.contains("hunter2") && !shown.contains(&digits));
        assert!(!shown.contains(&format!("{:?}", hash.expose())));
    });
}

fn fails(store: &dyn AccountStore, domain: &str, user: &str) {
    store.record(domain, user, LogonOutcome::Failed).unwrap();
}

/// What a logon with the right password is told now.
fn check(store: &dyn AccountStore, clock: &Set) -> Result<(), Denied> {
    let alice = store.find("LAB", "alice").unwrap().unwrap();
    assert!(!alice.state.locked, "that is for administrators");
    alice.state.check(clock.now())
}

#[test]
fn failures_lock_for_a_time() {
    on_every_locking_store(|store, clock| {
        store.add(&account("LAB", "alice")).unwrap();
        // As a client may name it.
        for (domain, user) in [("lab", "ALICE"), ("", "alice"), ("", "alice@lab")] {
            assert_eq!(check(store, clock), Ok(()));
            fails(store, domain, user);
        }
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
        clock.to(599);
        for outcome in [LogonOutcome::Failed, LogonOutcome::Succeeded] {
            store.record("LAB", "alice", outcome).unwrap();
        }
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
        clock.to(600);
        assert_eq!(check(store, clock), Ok(()));
        fails(store, "LAB", "alice");
        fails(store, "LAB", "alice");
        clock.to(661);
        fails(store, "LAB", "alice");
        assert_eq!(check(store, clock), Ok(()), "the first two were long ago");
        fails(store, "LAB", "alice");
        store
            .record("LAB", "alice", LogonOutcome::Succeeded)
            .unwrap();
        fails(store, "LAB", "alice");
        fails(store, "LAB", "alice");
        assert_eq!(check(store, clock), Ok(()), "the logon began a new count");
        fails(store, "LAB", "alice");
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
    });
}

#[test]
fn what_others_change_leaves_the_count() {
    on_every_locking_store(|store, clock| {
        let alice = account("LAB", "alice");
        store.import(&[alice, account("LAB", "bob")], true).unwrap();
        fails(store, "LAB", "alice");
        fails(store, "LAB", "alice");
        fails(store, "LAB", "bob");
        let mut changed = store.get("LAB", "alice").unwrap().unwrap();
        changed.state.expires = Timestamp::from_filetime(u64::MAX);
        store.replace(&changed).unwrap();
        store.import(&[changed], true).unwrap();
        fails(store, "LAB", "alice");
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
        // Who changes something else changes nothing of the lock; who unlocks, unlocks.
        let mut changed = store.get("LAB", "alice").unwrap().unwrap();
        changed.state.expires = Timestamp::NEVER;
        store.replace(&changed).unwrap();
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
        changed.state.unlock();
        store.replace(&changed).unwrap();
        assert_eq!(check(store, clock), Ok(()));
        // A new password was not guessed at.
        fails(store, "LAB", "alice");
        fails(store, "LAB", "alice");
        let new = Account::with_password("LAB", "alice", &"another".into());
        store.replace(&new).unwrap();
        fails(store, "LAB", "alice");
        assert_eq!(check(store, clock), Ok(()));
    });
}

#[test]
fn nobody_is_not_counted_and_nothing_without_a_policy() {
    on_every_locking_store(|store, _| {
        for _ in 0..5 {
            fails(store, "LAB", "nobody");
        }
        assert!(store.list().unwrap().is_empty());
    });
    on_every_store(|store| {
        let alice = account("LAB", "alice");
        store.add(&alice).unwrap();
        for _ in 0..5 {
            fails(store, "LAB", "alice");
        }
        assert_eq!(store.get("LAB", "alice").unwrap(), Some(alice));
    });
    // Nor is a store looked for then.
    let folder = Folder::new();
    let missing = EmbeddedAccounts::open(folder.file("none.db"));
    fails(&missing, "LAB", "alice");
    let missing = missing.lockout("3/1m/1m".parse().unwrap());
    assert!(matches!(
        missing.record("LAB", "alice", LogonOutcome::Failed),
        Err(StoreError::Missing { .. })
    ));
}

/// All the failures of many threads count: one fewer than the threshold leaves the account open.
#[test]
fn failures_of_threads() {
    const THREADS: u32 = 4;
    const EACH: u32 = 5;
    let policy = LockoutPolicy {
        threshold: THREADS * EACH + 1,
        window: Duration::from_secs(1_000_000),
        duration: Duration::ZERO,
    };
    let folder = Folder::new();
    let file = folder.file("accounts.db");
    let memory = MemoryAccounts::new().lockout(policy);
    let open = || {
        let embedded = EmbeddedAccounts::open(&file).lockout(policy);
        Box::new(embedded.wait(Duration::from_secs(120))) as Box<dyn AccountStore>
    };
    let again = || Box::new(memory.clone()) as Box<dyn AccountStore>;
    for open in [&open as &(dyn Fn() -> _ + Sync), &again] {
        open().add(&account("LAB", "alice")).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let store = open();
                    for _ in 0..EACH {
                        fails(&store, "LAB", "alice");
                    }
                });
            }
        });
        let until = || {
            let alice = open().find("LAB", "alice").unwrap().unwrap();
            alice.state.locked_until
        };
        assert_eq!(until(), Timestamp::from_filetime(0));
        fails(&open(), "LAB", "alice");
        assert_eq!(until(), Timestamp::NEVER, "not one was lost");
    }
}

#[test]
fn answers_record_what_they_are_told() {
    on_every_locking_store(|store, clock| {
        store.add(&account("LAB", "alice")).unwrap();
        let mut answers = StoreAnswers(store);
        let alice = logon("", "alice");
        for _ in 0..5 {
            for why in [Denied::Stale, Denied::AccountDisabled, Denied::ByAuthority] {
                answers.concluded(&alice, Err(why));
            }
        }
        for result in [
            Err(Denied::WrongPassword),
            Err(Denied::WrongPassword),
            Ok(()),
            Err(Denied::WrongPassword),
            Err(Denied::WrongPassword),
        ] {
            answers.concluded(&alice, result);
            assert_eq!(check(store, clock), Ok(()));
        }
        answers.concluded(&alice, Err(Denied::WrongPassword));
        assert_eq!(check(store, clock), Err(Denied::AccountLocked));
    });
}

fn logon(domain: &str, user: &str) -> Logon {
    Logon {
        domain: domain.into(),
        user: user.into(),
        workstation: String::new(),
        proof: LogonProof::Ntlm {
            server_challenge: [0; 8],
            nt_response: Vec::new(),
            lm_response: Vec::new(),
        },
    }
}

#[test]
fn answers_from_a_store() {
    let store: Arc<dyn AccountStore> = Arc::new(MemoryAccounts::new());
    let alice = account("LAB", "alice");
    store.add(&alice).unwrap();
    let mut answers = StoreAnswers(store);
    assert_eq!(
        answers.logon(&logon("", "alice@lab")),
        Ok(LogonAnswer::Account(Arc::new(alice)))
    );
    assert_eq!(
        answers.logon(&logon("LAB", "bob")),
        Ok(LogonAnswer::Unknown)
    );
    let kdc = Kdc {
        realm: "LAB".into(),
        request: Vec::new(),
    };
    assert_eq!(answers.kdc(&kdc), Err(Unavailable::NotSupported));

    let folder = Folder::new();
    let mut answers = StoreAnswers(EmbeddedAccounts::open(folder.file("none.db")));
    let Err(Unavailable::Unreachable(why)) = answers.logon(&logon("LAB", "alice")) else {
        panic!("a store that is not there does not know that there is no such user");
    };
    assert!(why.ends_with("none.db does not exist"), "{why}");
}

#[cfg(feature = "tokio")]
#[test]
fn answers_from_a_store_as_futures() {
    use countersign::AsyncResolve;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    let store = MemoryAccounts::new();
    store.add(&account("LAB", "alice")).unwrap();
    let answers = StoreAnswers(store);
    let known = logon("lab", "alice");
    let unknown = logon("lab", "bob");
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            assert!(matches!(
                AsyncResolve::logon(&answers, &known).await,
                Ok(LogonAnswer::Account(_))
            ));
            assert_eq!(
                AsyncResolve::logon(&answers, &unknown).await,
                Ok(LogonAnswer::Unknown)
            );
        });
    // Without a runtime the lookup runs where it is.
    let mut future = std::pin::pin!(AsyncResolve::logon(&answers, &unknown));
    assert_eq!(
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop())),
        Poll::Ready(Ok(LogonAnswer::Unknown))
    );
}

fn embedded(path: &Path) -> EmbeddedAccounts {
    EmbeddedAccounts::open(path).wait(Duration::from_millis(50))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let store = embedded(&path);
    store.add(&account("LAB", "alice")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    // What the file was made from is gone; the gate holds nothing.
    let mut names: Vec<_> = fs::read_dir(folder.file(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["accounts.db", "accounts.db.gate"]);
    let gate = fs::metadata(folder.file("accounts.db.gate")).unwrap();
    assert_eq!((gate.len(), gate.mode() & 0o777), (0, 0o600));

    for mode in [0o640, 0o604, 0o620, 0o602, 0o666] {
        set_mode(&path, mode);
        for result in [
            store.list().map(drop),
            store.add(&account("LAB", "bob")),
            store.remove("LAB", "alice"),
        ] {
            let error = result.unwrap_err();
            assert!(
                matches!(error, StoreError::Permissions { mode: told, .. } if told & 0o777 == mode),
                "{error}"
            );
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }
    set_mode(&path, 0o600);
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn files_that_are_no_stores() {
    let folder = Folder::new();
    let path = folder.file("f");
    let every = |path: &Path, fits: fn(&StoreError) -> bool| {
        let store = embedded(path);
        let alice = account("LAB", "alice");
        for (operation, result) in [
            ("find", store.find("LAB", "alice").map(drop)),
            ("get", store.get("LAB", "alice").map(drop)),
            ("list", store.list().map(drop)),
            ("add", store.add(&alice)),
            ("replace", store.replace(&alice)),
            ("remove", store.remove("LAB", "alice")),
            ("import", store.import(&[alice], true).map(drop)),
            ("record", {
                let locking = store.clone().lockout("3/1m/1m".parse().unwrap());
                locking.record("LAB", "alice", LogonOutcome::Failed)
            }),
        ] {
            let error = result.expect_err(operation);
            assert!(fits(&error), "{operation}: {error:?}");
        }
    };
    let write = |bytes: &[u8]| {
        let _ = fs::remove_file(&path);
        fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        set_mode(&path, 0o600);
    };

    // Nothing there: adding would make the file, everything else says that it is missing.
    let store = embedded(&path);
    for error in [
        store.list().unwrap_err(),
        store.find("", "a").unwrap_err(),
        store.remove("", "a").unwrap_err(),
        store.replace(&account("", "a")).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");
    }
    // Nor is a folder made.
    let deep = embedded(&folder.file("no/such/accounts.db"));
    assert!(matches!(
        deep.add(&account("", "a")),
        Err(StoreError::Missing { .. })
    ));

    every(
        &folder.file(""),
        |e| matches!(e, StoreError::NotAccounts { what, .. } if what == "it is a directory"),
    );
    write(b"");
    every(&path, |e| matches!(e, StoreError::NotAccounts { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"", "left as it was");
    for garbage in [&b"LAB:alice:Passw0rd\n"[..], &[0; 100_000], b"\0"] {
        write(garbage);
        every(&path, |e| matches!(e, StoreError::NotAccounts { .. }));
        assert_eq!(fs::read(&path).unwrap(), garbage, "left as it was");
    }

    // Somebody else's database.
    write(b"");
    fs::remove_file(&path).unwrap();
    let other = redb::TableDefinition::<&str, u64>::new("recipes");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(other)
        .unwrap()
        .insert("soup", 1)
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    #[cfg(unix)]
    set_mode(&path, 0o600);
    every(&path, |e| matches!(e, StoreError::NotAccounts { .. }));
    let names: Vec<_> = Database::open(&path)
        .unwrap()
        .begin_read()
        .unwrap()
        .list_tables()
        .unwrap()
        .map(|table| redb::TableHandle::name(&table).to_owned())
        .collect();
    assert_eq!(names, ["recipes"], "left as it was");
}

const META: redb::TableDefinition<'_, &[u8], u64> = redb::TableDefinition::new("meta");

#[test]
fn a_store_of_another_version() {
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let store = embedded(&path);
    store.add(&account("LAB", "alice")).unwrap();
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let key = b"countersign accounts format";
    let old = transaction
        .open_table(META)
        .unwrap()
        .insert(key.as_slice(), 2)
        .unwrap()
        .unwrap()
        .value();
    assert_eq!(old, 1);
    transaction.commit().unwrap();
    drop(database);
    for result in [
        store.list().map(drop),
        store.add(&account("LAB", "bob")),
        store.remove("LAB", "alice"),
    ] {
        assert!(matches!(result, Err(StoreError::Version { found: 2, .. })));
    }
}

#[test]
fn the_index_follows_the_accounts() {
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let store = embedded(&path);
    store
        .import(&[account("LAB", "alice"), account("", "Alice")], false)
        .unwrap();
    store.replace(&account("lab", "ALICE")).unwrap();
    store.add(&account("LAB", "bob")).unwrap();
    store.remove("LAB", "bob").unwrap();
    let index = MultimapTableDefinition::<&[u8], &[u8]>::new("domains of users");
    let database = Database::open(&path).unwrap();
    let table = database
        .begin_read()
        .unwrap()
        .open_multimap_table(index)
        .unwrap();
    let mut seen = Vec::new();
    for entry in ReadableMultimapTable::iter(&table).unwrap() {
        let (user, domains) = entry.unwrap();
        for domain in domains {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            seen.push((text(user.value()), text(domain.unwrap().value())));
        }
    }
    assert_eq!(
        seen,
        [
            ("ALICE".into(), String::new()),
            ("ALICE".into(), "LAB".into())
        ]
    );
}

#[test]
fn a_file_in_use_is_waited_for_and_then_reported() {
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let store = embedded(&path);
    store.add(&account("LAB", "alice")).unwrap();
    let held = Database::open(&path).unwrap();
    for result in [store.list().map(drop), store.add(&account("LAB", "bob"))] {
        let Err(StoreError::Busy { path: told, waited }) = result else {
            panic!("{result:?}");
        };
        assert_eq!(told, path);
        assert!(waited >= Duration::from_millis(50));
    }
    // Who waits long enough gets it.
    let patient = EmbeddedAccounts::open(&path).wait(Duration::from_secs(120));
    let waiting = std::thread::spawn(move || patient.add(&account("LAB", "bob")));
    std::thread::sleep(Duration::from_millis(30));
    drop(held);
    waiting.join().unwrap().unwrap();
    assert_eq!(store.list().unwrap().len(), 2);
}

#[test]
fn threads_of_one_process() {
    const THREADS: usize = 6;
    const EACH: usize = 8;
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let path = &path;
            scope.spawn(move || {
                let store = EmbeddedAccounts::open(path).wait(Duration::from_secs(120));
                for number in 0..EACH {
                    let user = format!("user-{thread}-{number}");
                    store.add(&account("LAB", &user)).unwrap();
                    assert!(store.find("lab", &user).unwrap().is_some());
                }
            });
        }
    });
    let all = embedded(&path).list().unwrap();
    assert_eq!(all.len(), THREADS * EACH);
}
