use std::io::Write;
use std::net::UdpSocket;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Lines, Ran, Sandbox, Server};

const ALICE: [&str; 5] = [
    "--user",
    r"LAB\alice",
    "--password-env",
    "SECRET",
    "--datagram",
];
const ACCIDENTS: [&str; 6] = ["--loss", "20", "--duplicate", "20", "--reorder", "30"];

fn alice(sandbox: &Sandbox, server: &Server, more: &[&str]) -> Ran {
    sandbox.run(&[&["connect", &server.address], &ALICE[..], more].concat())
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.add(r"LAB\alice");
    sandbox
}

#[test]
fn messages_arrive_with_their_numbers() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--datagram", "--echo", "--target", "RPC/web"]);
    let said = [
        "--target",
        "RPC/web",
        "--message",
        "hello",
        "--message",
        "Grüße",
    ];
    let ran = alice(&sandbox, &server, &said);
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in [
        "authenticated",
        "RPC/web",
        "DATAGRAM",
        "-> sealed #1  hello\n",
        "<- sealed #1  echo:hello\n",
        "<- sealed #2  echo:Grüße\n",
    ] {
        assert!(ran.out.contains(text), "{text}: {ran:?}");
    }
    let line = server.line_with("accepted");
    assert!(
        line.contains(r"LAB\alice") && line.contains("RPC/web"),
        "{line}"
    );
    assert!(server.line_with("sealed #1").ends_with("hello"));
    assert!(server.line_with("sealed #2").ends_with("Grüße"));

    let ran = alice(
        &sandbox,
        &server,
        &["--target", "RPC/web", "--no-conf", "--message", "x"],
    );
    assert!(ran.out.contains("<- signed #1  echo:x\n"), "{ran:?}");
    server.line_with("signed #1");
}

/// Every message arrives once although many packets do not, in text and as a document.
#[test]
fn accidents_on_both_ways() {
    let sandbox = sandbox();
    let server =
        sandbox.serve(&[&["--datagram", "--echo", "--seed", "5"], &ACCIDENTS[..]].concat());
    let texts: Vec<String> = (1..=20).map(|n| format!("message {n}")).collect();
    let messages: Vec<&str> = texts.iter().flat_map(|text| ["--message", text]).collect();
    let args = [&["--json", "--seed", "6"], &ACCIDENTS[..], &messages].concat();
    let document = alice(&sandbox, &server, &args).json();
    let mut received = document["received"].as_array().unwrap().clone();
    received.sort_by_key(|reply| reply["number"].as_u64());
    let expected: Vec<Value> = (1..)
        .zip(&texts)
        .map(|(number, text)| {
            json!({ "number": number, "text": format!("echo:{text}"), "protection": "sealed" })
        })
        .collect();
    assert_eq!(received, expected);
    assert_eq!(document["client"]["client"], r"LAB\alice");
    assert!(document["challenges"].as_u64() > Some(0));
    assert_eq!(
        document["sent"][19],
        json!({ "number": 20, "text": "message 20" })
    );
}

/// Lines that are typed are answered one by one; a server without --echo answers with nothing.
#[test]
fn typed_lines() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--datagram"]);
    let args = [&["-q", "connect", &server.address], &ALICE[..]].concat();
    let ran = sandbox.run_with(&args, b"one\ntwo\x1b[2J\n");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    server.line_with("#1");
    let line = server.line_with("#2");
    assert!(line.contains("two") && !line.contains('\x1b'), "{line:?}");
}

/// A server that remembers one client forgets the other, and challenges again.
#[test]
fn forgotten_clients_are_challenged_again() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--datagram", "--echo", "--remember", "1"]);
    let mut clients: Vec<_> = (0..2)
        .map(|_| {
            let args = [&["-q", "connect", &server.address], &ALICE[..]].concat();
            let mut client = sandbox
                .command(&args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = Lines::of(client.stdout.take().unwrap());
            (client, lines)
        })
        .collect();
    for round in 1..=3 {
        for (number, (client, lines)) in clients.iter_mut().enumerate() {
            writeln!(client.stdin.as_mut().unwrap(), "round {round}").unwrap();
            lines.line_with(&format!("echo:round {round}"));
            if (round, number) != (1, 0) {
                server.line_with("forgotten");
            }
            server.line_with("accepted");
            server.line_with(&format!("#{round}"));
        }
    }
    for (mut client, _) in clients {
        drop(client.stdin.take());
        assert_eq!(client.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn refusals() {
    let sandbox = sandbox();
    let server = sandbox.serve(&["--datagram", "--echo"]);
    sandbox.write("password", "wrong");
    let args = [
        "connect",
        &server.address,
        "--datagram",
        "--user",
        r"LAB\alice",
        "--password-file",
        "password",
        "--message",
        "x",
    ];
    let ran = sandbox.run(&args);
    ran.refused(69, "no reply to 20 packets");
    assert!(ran.err.contains("password"), "{ran:?}");
    let line = server.line_with("refused");
    assert!(
        line.contains("wrong password") && line.contains(r"LAB\alice"),
        "{line}"
    );

    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger
        .send_to(b"GET / HTTP/1.1", &server.address)
        .unwrap();
    server.line_with("passed over");
    assert_eq!(alice(&sandbox, &server, &["--message", "x"]).code, 0);
}

#[test]
fn usage() {
    let sandbox = sandbox();
    for wrong in [
        &["serve", "--loss", "10"][..],
        &["serve", "--datagram", "--loss", "91"],
        &["serve", "--datagram", "--duplicate", "101"],
        &["serve", "--datagram", "--once"],
        &["serve", "--remember", "3"],
        &["connect", "h:1", "--user", "x", "--seed", "2"],
    ] {
        assert_eq!(sandbox.run(wrong).code, 2, "{wrong:?}");
    }
    sandbox
        .run(&["serve", "--datagram", "--listen", "256.0.0.1:0"])
        .refused(78, "listened on");
}
