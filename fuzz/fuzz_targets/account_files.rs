#![no_main]
//! Files of accounts in each of their forms: an error that names a line, or accounts that are written
//! and read again as they were.
use countersign_net::store::files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lists = [
        files::read_accounts(data),
        files::read_passwords(data),
        files::read_smbpasswd(data, "LAB"),
    ];
    for accounts in lists.into_iter().flatten() {
        let mut written = Vec::new();
        files::write_accounts(&accounts, &mut written).expect("a vector takes everything");
        let again = files::read_accounts(written.as_slice()).expect("what was written is read");
        let names = |accounts: &[countersign::Account]| {
            let all = accounts
                .iter()
                .map(|one| (one.qualified_name(), one.state.clone()));
            all.collect::<Vec<_>>()
        };
        assert_eq!(names(&again), names(&accounts));
    }
});
