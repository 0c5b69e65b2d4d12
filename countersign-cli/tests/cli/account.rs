use std::fs;

use serde_json::Value;

use crate::support::{PASSWORD, Sandbox};

const ADD: [&str; 4] = ["account", "add", r"LAB\alice", "--password-env"];

fn names(sandbox: &Sandbox) -> Vec<String> {
    let document = sandbox.run(&["account", "list", "--json"]).json();
    let accounts = document["accounts"].as_array().unwrap();
    let name = |account: &Value| account["name"].as_str().unwrap().to_owned();
    accounts.iter().map(name).collect()
}

#[test]
fn life_of_an_account() {
    let sandbox = Sandbox::new();
    let list = ["account", "list"];
    sandbox.run(&list).refused(66, "no account store");
    sandbox.add(r"LAB\alice");
    let again = [&ADD[..], &["SECRET"]].concat();
    sandbox.run(&again).refused(73, "exists already");
    let expires = [
        "--disabled",
        "--expires",
        "2030-12-31",
        "--password-file",
        "-",
    ];
    let bob = [&["account", "add", "bob"][..], &expires].concat();
    let ran = sandbox.run_with(&bob, format!("{PASSWORD}\nnot this\n").as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");

    let ran = sandbox.run(&list);
    assert!(ran.out.contains("2030-12-31 00:00:00 UTC"), "{ran:?}");
    let line = |name: &str| {
        let listed = sandbox.run(&list).out;
        listed
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    assert!(line("bob").contains("disabled"));
    assert!(line(r"LAB\alice").contains("enabled"));
    assert_eq!(sandbox.run(&["account", "enable", "BOB"]).code, 0);
    assert!(line("bob").contains("enabled"));
    assert_eq!(sandbox.run(&["account", "disable", "bob"]).code, 0);
    assert!(line("bob").contains("disabled"));

    assert_eq!(sandbox.run(&["account", "remove", r"lab\ALICE"]).code, 0);
    assert_eq!(names(&sandbox), ["bob"]);
    for missing in ["remove", "enable", "disable"] {
        let ran = sandbox.run(&["account", missing, "carol"]);
        ran.refused(66, "no account \"carol\"");
    }
    let ran = sandbox.run(&["account", "passwd", "carol", "--password-env", "SECRET"]);
    ran.refused(66, "no account \"carol\"");
}

#[test]
fn passwords_that_can_not_be_had() {
    let sandbox = Sandbox::new();
    let add = |source: &[&str]| sandbox.run(&[&["account", "add", "x"], source].concat());
    add(&["--password-env", "NO_SUCH_VARIABLE"]).refused(66, "NO_SUCH_VARIABLE");
    let ran = add(&["--password-file", "missing"]);
    assert_eq!(ran.code, 66, "{ran:?}");
    sandbox.write("empty", "\n");
    add(&["--password-file", "empty"]).refused(65, "empty");
    sandbox.write("long", "x".repeat(10_000));
    let ran = add(&["--password-file", "long"]);
    assert_eq!(ran.code, 65, "{ran:?}");
    assert!(!ran.err.contains("xxx"), "{ran:?}");
    let both = ["--password-file", "-", "--password-env", "SECRET"];
    assert_eq!(add(&both).code, 2);
    assert!(!sandbox.store().exists());
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.add("alice");
    let store = sandbox.store();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store), 0o600);
    assert_eq!(mode(store.parent().unwrap()), 0o700);
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    sandbox
        .run(&["account", "list"])
        .refused(78, "others can use it");
}

#[test]
fn the_store_by_option_and_by_default() {
    let sandbox = Sandbox::new();
    let add = ["account", "add", "x", "--password-env", "SECRET"];
    let elsewhere = [&add[..], &["--store", "elsewhere.redb"]].concat();
    assert_eq!(sandbox.run(&elsewhere).code, 0);
    assert!(sandbox.path("elsewhere.redb").exists());
    for (variable, path) in [
        ("XDG_DATA_HOME", "xdg/countersign/accounts.redb"),
        ("HOME", "home/.local/share/countersign/accounts.redb"),
    ] {
        let folder = sandbox.path(path.split('/').next().unwrap());
        let status = sandbox
            .command(&add)
            .env_remove("COUNTERSIGN_ACCOUNTS")
            .env_remove("XDG_DATA_HOME")
            .env(variable, &folder)
            .status();
        assert!(status.unwrap().success());
        assert!(sandbox.path(path).exists(), "{path}");
    }
    sandbox.write("text", "this is no store");
    let ran = sandbox.run(&["account", "list", "--store", "text"]);
    assert!(matches!(ran.code, 65 | 78), "{ran:?}");
}

#[test]
fn export_and_import() {
    let sandbox = Sandbox::new();
    sandbox.add(r"LAB\alice");
    sandbox.add("bob");
    assert_eq!(sandbox.run(&["account", "disable", "bob"]).code, 0);
    let export = ["account", "export", "accounts.jsonl"];
    let ran = sandbox.run(&export);
    assert_eq!(ran.code, 0, "{ran:?}");
    let first = fs::read_to_string(sandbox.path("accounts.jsonl")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = fs::metadata(sandbox.path("accounts.jsonl")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    sandbox.run(&export).refused(73, "accounts.jsonl");
    assert_eq!(sandbox.run(&[&export[..], &["--force"]].concat()).code, 0);
    assert_eq!(sandbox.run(&["account", "export"]).out, first, "to a pipe");

    let other = Sandbox::new();
    let ran = other.run_with(&["account", "import", "-"], first.as_bytes());
    assert_eq!(
        (ran.code, ran.out.starts_with("2 added")),
        (0, true),
        "{ran:?}"
    );
    assert_eq!(other.run(&["account", "export"]).out, first);
    let ran = other.run_with(&["account", "import", "-", "--keep"], first.as_bytes());
    assert!(ran.out.contains("2 left as they were"), "{ran:?}");
    let ran = other.run_with(&["account", "import", "-"], first.as_bytes());
    assert!(ran.out.contains("2 replaced"), "{ran:?}");

    let passwords = sandbox.write(
        "users",
        format!("# us\nLAB:carol:{PASSWORD}\n:dave:{PASSWORD}\n"),
    );
    let import = ["account", "import", "--format", "passwords"];
    let ran = other.run(&[&import[..], &[passwords.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(names(&other), ["bob", "dave", r"LAB\alice", r"LAB\carol"]);

    let wrong = other.run_with(
        &["account", "import", "-"],
        format!("{PASSWORD}\n").as_bytes(),
    );
    wrong.refused(65, "line 1");
}

#[test]
fn samba_files() {
    const HASH: &str = "A87F3A337D73085C45F9416BE5787D86";
    let none = "X".repeat(32);
    let sandbox = Sandbox::new();
    let line =
        |user: &str, flags: &str| format!("{user}:1000:{none}:{HASH}:[{flags}]:LCT-6B0012D3:\n");
    let text = line("alice", "U          ") + &line("bob", "DU         ");
    sandbox.write("smbpasswd", &text);
    let import = ["account", "import", "--format", "smbpasswd", "smbpasswd"];
    let ran = sandbox.run(&[&import[..], &["--domain", "LAB"]].concat());
    assert_eq!(
        (ran.code, &*ran.out),
        (0, "2 added, 0 replaced, 0 left as they were\n")
    );
    assert_eq!(names(&sandbox), [r"LAB\alice", r"LAB\bob"]);
    let export = ["account", "export", "--format", "smbpasswd"];
    let out = sandbox.run(&export).out;
    let hashes: Vec<_> = out.lines().map(|line| line.split(':').nth(3)).collect();
    assert_eq!(hashes, [Some(HASH); 2], "{out}");
    assert!(out.contains("bob:") && out.contains("[DUX        ]:LCT-"));
    let other = Sandbox::new();
    other.write("smbpasswd", &out);
    assert_eq!(other.run(&import).code, 0);
    assert_eq!(names(&other), ["alice", "bob"]);
    assert_eq!(other.run(&[&export[..], &["new"]].concat()).code, 0);
    assert!(other.path("new").exists());

    let bad = text.replacen(HASH, "secret", 1);
    let ran = other.run_with(
        &["account", "import", "--format", "smbpasswd", "-"],
        bad.as_bytes(),
    );
    ran.refused(65, "line 1: the NT hash");
    assert!(!ran.err.contains("secret"), "{ran:?}");
    let ran = other.run(&["account", "import", "smbpasswd", "--domain", "LAB"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    // One that has no form in the file: nothing is written, and nothing lost.
    let add = ["account", "add", "carol", "--password-env", "SECRET"];
    let ran = other.run(&[&add[..], &["--expires", "2030-12-31"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    other.run(&export).refused(65, "\"carol\" expires");
    let ran = other.run(&[&export[..], &["--force", "new"]].concat());
    ran.refused(65, "\"carol\" expires");
    assert_eq!(
        fs::read_to_string(other.path("new"))
            .unwrap()
            .lines()
            .count(),
        2
    );
    assert_eq!(
        other
            .run(&["account", "export", "--format", "passwords"])
            .code,
        2
    );
}
