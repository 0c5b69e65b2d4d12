//! Damaged files of accounts.
mod support;

use std::fs;
use std::time::Duration;

use countersign::Account;
use countersign_net::store::{AccountStore, EmbeddedAccounts, StoreError};
use support::Folder;

fn account(user: &str) -> Account {
    Account::with_password("LAB", user, &"Passw0rd".into())
}

/// Every way to damage a file ends in a typed error or in a store that still reads.
#[test]
fn damaged_files() {
    let folder = Folder::new();
    let path = folder.file("accounts.db");
    let accounts: Vec<_> = (0..40).map(|n| account(&format!("u{n}"))).collect();
    EmbeddedAccounts::open(&path)
        .import(&accounts, false)
        .unwrap();
    let good = fs::read(&path).unwrap();
    let used: Vec<_> = (0..good.len()).filter(|at| good[*at] != 0).collect();

    let copy = folder.file("copy.db");
    let mut errors = 0;
    let mut check = |bytes: &[u8]| {
        fs::write(&copy, bytes).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let store = EmbeddedAccounts::open(&copy).wait(Duration::from_millis(50));
        let results = [
            store.find("LAB", "u7").map(drop),
            store.find("", "u8").map(drop),
            store.list().map(drop),
            store.add(&account("new")),
            store.remove("LAB", "u3"),
            store.list().map(drop),
        ];
        for result in results {
            match result {
                Ok(()) => {}
                Err(
                    StoreError::NotAccounts { .. }
                    | StoreError::Damaged { .. }
                    | StoreError::Record { .. }
                    | StoreError::Version { .. }
                    | StoreError::NotFound { .. },
                ) => errors += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    // The library below reports a part of the damage by panics, which are caught; their texts
    // would only fill the output.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for cut in [
            1,
            8,
            9,
            63,
            64,
            320,
            512,
            4096,
            8192,
            good.len() / 2,
            good.len() - 1,
        ] {
            check(&good[..cut]);
        }
        for at in used.iter().step_by(used.len() / 150 + 1) {
            let mut bad = good.clone();
            bad[*at] ^= 0x81;
            check(&bad);
        }
    }));
    std::panic::set_hook(hook);
    result.unwrap();
    assert!(errors > 11, "{errors}");
}
