use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Lines, PASSWORD, Ran, Sandbox, Server};

const ALICE: [&str; 4] = ["--user", r"LAB\alice", "--password-env", "SECRET"];

fn connect(sandbox: &Sandbox, server: &Server, more: &[&str]) -> Ran {
    sandbox.run(&[&["connect", &server.address], more].concat())
}

fn alice(sandbox: &Sandbox, server: &Server, more: &[&str]) -> Ran {
    connect(sandbox, server, &[&ALICE, more].concat())
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add(r"LAB\alice");
    sandbox
}

#[test]
fn messages_come_back_sealed() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let ran = alice(
        &sandbox,
        &server,
        &[
            "--target",
            "HTTP/web",
            "--message",
            "hello",
            "--message",
            "Grüße",
        ],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in [
        "authenticated",
        r"LAB\alice",
        "HTTP/web",
        "<- sealed  echo:hello\n",
        "<- sealed  echo:Grüße\n",
    ] {
        assert!(ran.out.contains(text), "{text}: {ran:?}");
    }
    let line = server.line_with("accepted");
    assert!(
        line.contains(r"LAB\alice") && line.contains("CONFIDENTIALITY"),
        "{line}"
    );
    assert!(server.line_with("hello").contains("sealed"));
    server.line_with("Grüße");
    server.line_with("closed");
    #[cfg(target_os = "linux")]
    assert!(!server.command_line().contains(PASSWORD));
}

#[test]
fn json_and_standard_input() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let args = [&["connect", &server.address, "--json"], &ALICE[..]].concat();
    let document = sandbox.run_with(&args, b"one\ntwo\n").json();
    assert_eq!(document["sent"], json!(["one", "two"]));
    assert_eq!(document["received"], json!(["echo:one", "echo:two"]));
    assert_eq!(document["server"]["client"], r"LAB\alice");
    assert_eq!(document["server"]["mech"], "ntlm");
    assert!(
        document["server"].get("key").is_none(),
        "no key leaves the server"
    );
    assert_eq!(document["legs"].as_array().unwrap().len(), 3);
    // The password comes first on standard input, then the messages.
    let args = [
        "connect",
        &server.address,
        "--user",
        r"LAB\alice",
        "--password-file",
        "-",
        "-q",
    ];
    let ran = sandbox.run_with(&args, format!("{PASSWORD}\nthree\n").as_bytes());
    assert_eq!((ran.code, ran.out.as_str()), (0, "echo:three\n"), "{ran:?}");
}

#[test]
fn signed_only() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let ran = alice(
        &sandbox,
        &server,
        &["--no-conf", "--message", "in the clear"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("<- signed  echo:in the clear"), "{ran:?}");
    assert!(!ran.out.contains("CONFIDENTIALITY"), "{ran:?}");
    assert!(server.line_with("in the clear").contains("signed"));

    let strict = sandbox.serve(&["--require", "confidentiality"]);
    let ran = alice(&sandbox, &strict, &["--no-conf", "--message", "x"]);
    ran.refused(77, "SEC_E_");
    assert!(strict.line_with("refused").contains("CONFIDENTIALITY"));
}

/// The client is told a status, and never why; the server's administrator is.
#[test]
fn reasons_stay_with_the_server() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    for command in [
        &["add", "off", "--disabled"][..],
        &["add", "old", "--expires", "2001-01-01"],
    ] {
        let password = ["--password-env", "SECRET"];
        let ran = sandbox.run(&[&["account"], command, &password].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let mut told = Vec::new();
    for (user, password, reason) in [
        (r"LAB\alice", "wrong", "wrong password"),
        (r"LAB\mallory", PASSWORD, "unknown user"),
        ("off", PASSWORD, "the account is disabled"),
        ("old", PASSWORD, "the account has expired"),
    ] {
        sandbox.write("password", password);
        let args = [
            "--user",
            user,
            "--password-file",
            "password",
            "--message",
            "x",
        ];
        let ran = connect(&sandbox, &server, &args);
        ran.refused(77, "SEC_E_LOGON_DENIED");
        let line = server.line_with("refused");
        assert!(line.contains(reason) && line.contains(user), "{line}");
        assert!(!ran.err.contains(reason), "{ran:?}");
        told.push(ran.err);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "all refusals look the same: {told:?}");
}

/// By option and by configuration, in the store and in a text file.
#[test]
fn guesses_lock_the_account() {
    let sandbox = sandbox();
    let lockout = "[accounts.lockout]\nthreshold = 2\nduration = '1h'\n";
    let users = format!(r"LAB:alice:{PASSWORD}");
    sandbox.write("users.txt", users);
    sandbox.write("password", "wrong");
    let guess = [
        "--user",
        r"LAB\alice",
        "--password-file",
        "password",
        "--message",
        "x",
    ];
    let lock = |server: &Server| {
        let fine = alice(&sandbox, server, &["--message", "x"]);
        assert_eq!(fine.code, 0, "{fine:?}");
        let mut told = Vec::new();
        for _ in 0..2 {
            let ran = connect(&sandbox, server, &guess);
            ran.refused(77, "SEC_E_LOGON_DENIED");
            server.line_with("wrong password");
            told.push(ran.err);
        }
        let ran = alice(&sandbox, server, &["--message", "x"]);
        ran.refused(77, "SEC_E_LOGON_DENIED");
        server.line_with("the account is locked out");
        told.push(ran.err);
        told.dedup();
        assert_eq!(told.len(), 1, "all refusals look the same: {told:?}");
    };
    let unlock = |server: &Server| {
        let list = sandbox.run(&["account", "list"]);
        assert!(list.out.contains("locked"), "{list:?}");
        let list = sandbox.run(&["account", "list", "--json"]).json();
        assert_eq!(list["accounts"][0]["locked"], true);
        assert!(list["accounts"][0]["locked_until"].is_string());
        assert_eq!(sandbox.run(&["account", "enable", r"LAB\alice"]).code, 0);
        let list = sandbox.run(&["account", "list", "--json"]).json();
        assert_eq!(list["accounts"][0]["state"], "enabled");
        assert!(list["accounts"][0]["locked_until"].is_null());
        let fine = alice(&sandbox, server, &["--message", "x"]);
        assert_eq!(fine.code, 0, "{fine:?}");
    };
    let server = sandbox.serve(&["--echo", "--lockout", "2/10m/1h"]);
    lock(&server);
    unlock(&server);
    sandbox.write("config.toml", lockout);
    let server = sandbox.serve(&["--echo"]);
    lock(&server);
    unlock(&server);
    sandbox.write(
        "config.toml",
        format!("[accounts]\npasswords = 'users.txt'\n{lockout}"),
    );
    lock(&sandbox.serve_configured(&["--echo"]));
    // The option wins.
    let server = sandbox.serve_configured(&["--echo", "--lockout", "0/0/0"]);
    for _ in 0..3 {
        connect(&sandbox, &server, &guess).refused(77, "SEC_E_LOGON_DENIED");
    }
    assert_eq!(alice(&sandbox, &server, &["--message", "x"]).code, 0);
    for wrong in ["5", "5/10/1h", "x/1m/1m", "5/0/1m"] {
        let ran = sandbox.run(&["serve", "--lockout", wrong]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
}

/// A server sees accounts as they are now, without a restart.
#[test]
fn accounts_change_while_the_server_runs() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let bob = |password: &str| {
        sandbox.write("password", password);
        let args = [
            "--user",
            "bob",
            "--password-file",
            "password",
            "--message",
            "x",
        ];
        connect(&sandbox, &server, &args).code
    };
    assert_eq!(bob(PASSWORD), 77);
    sandbox.add("bob");
    assert_eq!(bob(PASSWORD), 0);
    sandbox.write("new", "another-one");
    let passwd = ["account", "passwd", "bob", "--password-file", "new"];
    assert_eq!(sandbox.run(&passwd).code, 0);
    assert_eq!((bob(PASSWORD), bob("another-one")), (77, 0));
    assert_eq!(sandbox.run(&["account", "disable", "bob"]).code, 0);
    assert_eq!(bob("another-one"), 77);
    assert_eq!(sandbox.run(&["account", "enable", "bob"]).code, 0);
    assert_eq!(bob("another-one"), 0);
    assert_eq!(sandbox.run(&["account", "remove", "bob"]).code, 0);
    assert_eq!(bob("another-one"), 77);
}

#[test]
fn bindings_and_targets() {
    let sandbox = sandbox();
    let bound = sandbox.serve(&["--echo", "--bindings", "0102"]);
    let message = ["--message", "x"];
    let with = |bindings| [&["--bindings", bindings], &message[..]].concat();
    assert_eq!(alice(&sandbox, &bound, &with("0102")).code, 0);
    assert!(bound.line_with("accepted").contains("VALID_MATCHED"));
    alice(&sandbox, &bound, &with("0103")).refused(77, "SEC_E_BAD_BINDINGS");
    bound.line_with("refused");
    alice(&sandbox, &bound, &message).refused(77, "SEC_E_BAD_BINDINGS");

    let named = sandbox.serve(&["--echo", "--target", "HTTP/a", "--target", "HTTP/b"]);
    let to = |target| [&["--target", target], &message[..]].concat();
    assert_eq!(alice(&sandbox, &named, &to("http/B")).code, 0);
    alice(&sandbox, &named, &to("HTTP/c")).refused(77, "SEC_E_WRONG_PRINCIPAL");
    alice(&sandbox, &named, &message).refused(77, "SEC_E_WRONG_PRINCIPAL");
}

/// Lines go both ways at the same time, in a session that stays open.
#[test]
fn a_conversation() {
    let sandbox = sandbox();
    let mut server = sandbox.serve(&[]);
    let args = [&["-v", "connect", &server.address], &ALICE[..]].concat();
    let mut client = sandbox
        .command(&args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = client.stdin.take().unwrap();
    let lines = Lines::of(client.stdout.take().unwrap());
    server.line_with("accepted");
    server.type_line("from the server");
    lines.line_with("from the server");
    #[cfg(target_os = "linux")]
    assert!(!crate::support::command_line(&client).contains(PASSWORD));
    writeln!(stdin, "from the client\x1b[2J").unwrap();
    let line = server.line_with("from the client");
    assert!(
        !line.contains('\x1b'),
        "a peer can not steer the terminal: {line:?}"
    );
    drop(stdin);
    let output = client.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let legs = String::from_utf8(output.stderr).unwrap();
    for title in ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"] {
        let leg = |line: &&str| line.contains("bytes") && line.contains(title);
        assert_eq!(legs.lines().filter(leg).count(), 1, "{title}: {legs}");
    }
    server.line_with("closed");
}

#[test]
fn one_connection_only() {
    let sandbox = sandbox();
    let mut server = sandbox.serve(&["--echo", "--once"]);
    assert_eq!(alice(&sandbox, &server, &["--message", "x"]).code, 0);
    assert_eq!(server.code(), 0);
    let ran = alice(&sandbox, &server, &["--message", "x"]);
    ran.refused(69, "can not be reached");

    let mut server = sandbox.serve(&["--once"]);
    sandbox.write("password", "wrong");
    let args = [
        "--user",
        r"LAB\alice",
        "--password-file",
        "password",
        "--message",
        "x",
    ];
    assert_eq!(connect(&sandbox, &server, &args).code, 77);
    assert_eq!(server.code(), 77);
}

#[test]
fn what_is_no_client() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"T\xff\xff\xff\xff",
        b"T\0\0\0\x04junk",
        b"W\0\0\0\x04junk",
        b"D\0\0\0\0",
        b"",
    ] {
        let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
        stream.write_all(bytes).unwrap();
        // The server may have hung up already.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let line = server.line_with("[");
        assert!(line.contains("refused") || line.contains("lost"), "{line}");
    }
    assert_eq!(alice(&sandbox, &server, &["--message", "x"]).code, 0);
}

#[test]
fn what_stands_against_it_from_the_start() {
    let sandbox = Sandbox::new();
    sandbox.run(&["serve"]).refused(66, "no account store");
    sandbox.add("alice");
    let ran = sandbox.run(&["serve", "--require", "mutual-auth"]);
    assert_eq!(ran.code, 78, "{ran:?}");
    sandbox
        .run(&["serve", "--package", "none"])
        .refused(78, "none");
    sandbox
        .run(&["serve", "--listen", "256.0.0.1:0"])
        .refused(78, "listened on");
    let server = sandbox.serve(&[]);
    let args = [
        "--user",
        "alice",
        "--password-env",
        "SECRET",
        "--require",
        "mutual-auth",
    ];
    let ran = connect(&sandbox, &server, &args);
    assert_eq!(
        (ran.code, ran.err.contains("MUTUAL_AUTH")),
        (78, true),
        "{ran:?}"
    );
    let listening: Value = server.address.as_str().into();
    assert!(
        listening.as_str().unwrap().starts_with("127.0.0.1:"),
        "loopback by default"
    );
}

/// There is a limit to connections; those that go make room for others.
#[test]
fn no_more_connections_than_allowed() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let idle: Vec<_> = (0..64)
        .map(|_| std::net::TcpStream::connect(&server.address).unwrap())
        .collect();
    let refused = alice(&sandbox, &server, &["--message", "x"]);
    assert_eq!(refused.code, 69, "{refused:?}");
    assert!(server.line_with("[65]").contains("64 connections are open"));
    let count = idle.len();
    drop(idle);
    for _ in 0..count {
        server.line_with("lost");
    }
    // A line is printed just before its place is free.
    let served = (0..100).any(|_| alice(&sandbox, &server, &["--message", "x"]).code == 0);
    assert!(served);
}

/// Somebody on the way who changes a message after the handshake is noticed by the server, and the
/// client learns the status.
#[test]
fn altered_messages_end_the_session() {
    use std::io::Read;
    use std::net::{Shutdown, TcpListener, TcpStream};

    let sandbox = sandbox();
    let server = sandbox.serve(&["--echo"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let middle = listener.local_addr().unwrap().to_string();
    let target = server.address.clone();
    let relay = std::thread::spawn(move || {
        let (mut near, _) = listener.accept().unwrap();
        let mut far = TcpStream::connect(target).unwrap();
        let (mut back, mut front) = (far.try_clone().unwrap(), near.try_clone().unwrap());
        let answers = std::thread::spawn(move || {
            // The client may hang up first.
            let _ = std::io::copy(&mut back, &mut front);
            let _ = front.shutdown(Shutdown::Both);
        });
        let mut header = [0; 5];
        while near.read_exact(&mut header).is_ok() {
            let length = u32::from_be_bytes(header[1..].try_into().unwrap());
            let mut payload = vec![0; length.try_into().unwrap()];
            near.read_exact(&mut payload).unwrap();
            if header[0] == b'W' {
                *payload.last_mut().unwrap() ^= 0x20;
            }
            if far.write_all(&[&header[..], &payload].concat()).is_err() {
                break;
            }
        }
        answers.join().unwrap();
    });
    let ran = sandbox.run(&[&["connect", &middle], &ALICE[..], &["--message", "pay 10"]].concat());
    assert_eq!(ran.code, 69, "{ran:?}");
    assert!(ran.err.contains("SEC_E_MESSAGE_ALTERED"), "{ran:?}");
    assert!(!ran.out.contains("echo:"), "{ran:?}");
    assert!(
        server
            .line_with("a message was refused")
            .contains("altered")
    );
    relay.join().unwrap();
}
