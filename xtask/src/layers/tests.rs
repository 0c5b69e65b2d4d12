use super::*;

/// A crate in which every room uses what it may.
const GOOD: &[(&str, &str)] = &[
    (
        "lib.rs",
        "mod base; mod context; pub mod ntlm; pub mod crypto; pub mod wire; pub mod registry; pub use base::Error; pub use crate::context::*;",
    ),
    (
        "base/mod.rs",
        "mod status; mod error; mod environment; pub use status::Status; pub use self::error::{Error, Error as Fault}; pub use environment::*;",
    ),
    (
        "base/status.rs",
        "pub struct Status; impl Status { pub const OK: Self = Self; pub(in crate::ntlm) fn x() {} }",
    ),
    (
        "base/error.rs",
        "use super::Status; use crate::wire::Cursor; pub enum Error { Bad(Status) }",
    ),
    (
        "base/environment.rs",
        "use std::time::SystemTime; pub fn now() -> SystemTime { let mut b = [0]; getrandom::fill(&mut b); SystemTime::now() }",
    ),
    (
        "context/mod.rs",
        "mod session; mod package; pub use session::Session; pub use package::Package; #[cfg(test)] mod pair;",
    ),
    (
        "context/session.rs",
        "use crate::base::{Error, Status}; /// [`crate::ntlm::Client`] makes one\npub struct Session(Error);",
    ),
    (
        "context/package.rs",
        "use super::Session; pub trait Package { fn f() -> crate::Error; }",
    ),
    ("context/pair.rs", "use crate::ntlm::Client;"),
    (
        "wire.rs",
        "pub struct Cursor; #[cfg(test)] mod tests { use super::*; use crate::ntlm; use std::fs; }",
    ),
    ("crypto/mod.rs", "mod md5; pub use self::md5::hash;"),
    (
        "crypto/md5.rs",
        "use md5::Digest; pub fn hash() { ::md5::Md5::new(); }",
    ),
    (
        "ntlm/mod.rs",
        "mod message; use crate::{Session, Error, crypto}; pub struct Client; fn f() { crypto::hash(); let digest = 1; g(digest); }",
    ),
    (
        "ntlm/message/mod.rs",
        "use super::Client; use crate::context::*; fn f(s: Session) { s.go(super::super::wire::Cursor) }",
    ),
    (
        "registry.rs",
        "use crate::ntlm::Client; fn f() { vec![crate::base::Status::OK]; }",
    ),
];

/// The faults of the good crate with some files replaced or added.
fn faults(changes: &[(&str, &str)]) -> Vec<String> {
    let mut files: Vec<(&str, &str)> = GOOD.to_vec();
    for change in changes {
        files.retain(|(path, _)| *path != change.0);
        files.push(*change);
    }
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source::new(&format!("{FOLDER}/{path}"), text))
        .collect();
    check(&sources)
        .unwrap()
        .1
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn one_fault(path: &str, text: &str) -> String {
    let mut found = faults(&[(path, text)]);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn a_good_crate_passes() {
    assert_eq!(faults(&[]), [""; 0]);
}

#[test]
fn an_arrow_up_is_found() {
    assert_eq!(
        one_fault(
            "context/session.rs",
            "use crate::base::Error;\nuse crate::ntlm::Client;\npub struct Session;"
        ),
        "countersign/src/context/session.rs:2: context::session (floor 4) must not use ntlm, which is above it (floor 8)"
    );
}

#[test]
fn an_arrow_up_is_found_however_it_is_written() {
    let up = |text: &str| {
        let found = one_fault("base/status.rs", &format!("pub struct Status;\n{text}"));
        assert!(
            found.contains(
                "base::status (floor 1) must not use base::error, which is above it (floor 3)"
            ),
            "{found}"
        );
    };
    up("use crate::Error;");
    up("use super::Error as E;");
    up("use crate::base::Fault;");
    up("fn f() -> super::error::Error { }");
    up("use crate as c; fn f(e: c::Error) {}");
    up("use crate::base; fn f(e: base::Error) {}");
    up("fn f() { use super::{self as up}; up::Error::Bad; }");
    up("macro_rules! m { () => { $crate::base::Error::Bad } }");
    up("fn f() { format!(\"{}\", crate::Error::Bad); }");
    up("struct S<T: Into<crate::Error>>(T);");
    up("#[cfg(any(test, feature = \"x\"))] use crate::Error;");
}

#[test]
fn a_glob_uses_all_rooms_of_the_folder() {
    let found = one_fault("context/session.rs", "use super::*; pub struct Session;");
    assert!(found.contains("must not use context::package"), "{found}");
    let found = faults(&[("base/error.rs", "use crate::context::*; pub enum Error {}")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("base::error (floor 3) must not use context::package"),
        "{found:?}"
    );
    assert!(
        found[1].contains("base::error (floor 3) must not use context::session"),
        "{found:?}"
    );
}

#[test]
fn siblings_are_apart() {
    let found = one_fault("digest/mod.rs", "use crate::ntlm::Client;");
    assert!(
        found
            .ends_with("digest and ntlm stand side by side (floor 8) and must not use one another"),
        "{found}"
    );
    let found = one_fault("wire.rs", "use crate::crypto::hash; pub struct Cursor;");
    assert!(
        found
            .ends_with("wire and crypto stand side by side (floor 2) and must not use one another"),
        "{found}"
    );
}

#[test]
fn a_file_outside_the_table_is_found() {
    let found = one_fault("context/extra.rs", "");
    assert_eq!(
        found,
        "countersign/src/context/extra.rs:1: no floor for context::extra: add it to the table of `xtask layers`"
    );
}

#[test]
fn a_re_exporting_file_does_nothing_else() {
    let found = faults(&[(
        "context/mod.rs",
        "mod session; mod package; pub use session::Session;\npub use package::Package; #[cfg(test)] mod pair;\npub struct Own;",
    )]);
    assert_eq!(
        found,
        [
            "countersign/src/context/mod.rs:3: context/mod.rs only re-exports: what it defines has no floor"
        ]
    );
    let found = one_fault(
        "base/mod.rs",
        "mod status; mod error; mod environment; pub use {status::*, error::*, environment::*};\npub use crate::wire::Cursor;",
    );
    assert_eq!(
        found,
        "countersign/src/base/mod.rs:2: base/mod.rs re-exports its own folder alone, not wire"
    );
}

#[test]
fn a_name_without_origin_is_found() {
    let found = one_fault("registry.rs", "use crate::base::Flags;");
    assert!(found.ends_with("crate::base::Flags: countersign/src/base/mod.rs does not say which module defines Flags: name it in a `pub use` there"), "{found}");
}

#[test]
fn nobody_uses_the_top() {
    let top = "mod base; mod context; mod ntlm; pub use base::Error; pub use context::{Session, Package}; pub fn own() {}";
    let found = faults(&[("lib.rs", top), ("registry.rs", "fn f() { crate::own() }")]);
    assert_eq!(
        found,
        [
            "countersign/src/registry.rs:1: crate::own is defined in lib.rs, which is above everything"
        ]
    );
}

#[test]
fn only_crypto_names_crypto_crates() {
    let found = one_fault("registry.rs", "\nuse hmac::Mac;");
    assert_eq!(
        found,
        "countersign/src/registry.rs:2: registry must not name the crate hmac: crypto alone does"
    );
    assert!(one_fault("registry.rs", "fn f() { sha2::Sha256::new(); }").contains("the crate sha2"));
    assert!(one_fault("registry.rs", "extern crate aes;").contains("the crate aes"));
    // The room `digest` and the crate `digest` share a name.
    assert_eq!(
        faults(&[
            ("digest/mod.rs", "pub struct D;"),
            ("registry.rs", "use crate::digest; fn f() -> digest::D {}")
        ]),
        [""; 0]
    );
    assert!(one_fault("registry.rs", "use ::digest::Digest;").contains("the crate digest"));
}

#[test]
fn the_outside_world_stays_outside() {
    let found = one_fault("registry.rs", "use std::{fmt, fs::File};");
    assert_eq!(
        found,
        "countersign/src/registry.rs:1: registry must not use std::fs: the protocol crate opens no files"
    );
    assert!(one_fault("registry.rs", "use std::net;").contains("registry must not use std::net"));
    assert!(
        one_fault("registry.rs", "fn f() { std::thread::spawn(g); }")
            .contains("registry must not use std::thread")
    );
    assert!(
        one_fault(
            "registry.rs",
            "use std::time; fn f() { time::SystemTime::now(); }"
        )
        .contains("std::time::SystemTime")
    );
    assert!(one_fault("registry.rs", "use std::time::*;").contains("std::time::SystemTime"));
    assert!(
        one_fault("registry.rs", "fn f() { getrandom::fill(b); }")
            .contains("must not use getrandom")
    );
    assert!(
        one_fault("base/environment.rs", "use std::net::TcpStream;")
            .contains("base::environment must not use std::net")
    );
    assert_eq!(
        faults(&[(
            "registry.rs",
            "use std::time::Duration; use core::net::IpAddr;"
        )]),
        [""; 0]
    );
}
