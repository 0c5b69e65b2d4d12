//! The configuration file that the command shares with the C library.
use crate::support::{PASSWORD, Sandbox};

#[test]
fn credentials_and_policy_come_from_the_file() {
    let sandbox = Sandbox::new();
    sandbox.add(r"LAB\alice");
    sandbox.write("password.txt", format!("{PASSWORD}\n"));
    let text = "policy = 'compat'\n[credentials]\nuser = 'LAB\\alice'\npassword_file = 'password.txt'\n\
                [machine]\nname = 'WEB1'\n";
    sandbox.write("config.toml", text);
    let server = sandbox.serve(&["--echo"]);
    let ran = sandbox.run(&["-v", "connect", &server.address, "--message", "hi"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("echo:hi") || ran.err.contains("echo:hi"),
        "{ran:?}"
    );
    let all = format!("{}{}", ran.out, ran.err);
    assert!(
        all.contains("WEB1"),
        "the server's name is that of the file: {ran:?}"
    );
}

#[test]
fn nobody_is_named() {
    let sandbox = Sandbox::new();
    sandbox.add("x");
    let server = sandbox.serve(&[]);
    sandbox
        .run(&["connect", &server.address])
        .refused(78, "nobody is named");
}

#[test]
fn accounts_from_a_text_file() {
    let sandbox = Sandbox::new();
    sandbox.write("users.txt", format!("LAB:alice:{PASSWORD}\n"));
    sandbox.write("config.toml", "[accounts]\npasswords = 'users.txt'\n");
    let mut command = sandbox.command(&["account", "list"]);
    let output = command.env_remove("COUNTERSIGN_ACCOUNTS").output().unwrap();
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let server = sandbox.serve_configured(&["--echo"]);
    let ran = sandbox.run(&[
        "connect",
        &server.address,
        "--user",
        r"LAB\alice",
        "--password-env",
        "SECRET",
        "--message",
        "hi",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_bad_file_is_named_with_line_and_key() {
    let sandbox = Sandbox::new();
    sandbox.write("config.toml", "\n[acounts]\n");
    let ran = sandbox.run(&["packages"]);
    ran.refused(78, "config.toml, line 2");
    assert!(ran.err.contains("acounts"), "{ran:?}");
}

#[test]
fn the_log_goes_where_the_file_says() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "config.toml",
        "[log]\nfilter = 'countersign=debug'\nfile = 'it.log'\n",
    );
    let ran = sandbox.run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let log = std::fs::read_to_string(sandbox.path("it.log")).unwrap();
    assert!(log.contains("context established"), "{log}");
    assert!(log.contains("SEC_E_LOGON_DENIED"), "{log}");
    assert!(!log.contains("alice"), "no names: {log}");
}
