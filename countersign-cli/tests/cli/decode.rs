use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::Sandbox;

/// The exchange of [MS-NLMP] 4.2.4, extended: the tokens of the protocol crate's vectors.
const NEGOTIATE: &str =
    "4e544c4d5353500001000000978208e2000000000000000000000000000000000a00614a0000000f";
const CHALLENGE: &str = "4e544c4d53535000020000000c000c0038000000158289e20123456789abcdef00000000000000009e009e00440000000a00614a0000000f44006f006d00610069006e0001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90100000000";
const AUTHENTICATE: &str = "4e544c4d5353500003000000180018007c00000022012201940000000c000c00580000000800080064000000100010006c00000010001000b6010000158288e20a00614a0000000f3668438c5877ecc8464c1dbbf80c841544006f006d00610069006e00550073006500720043004f004d0050005500540045005200000000000000000000000000000000000000000000000000f480d648a3012a9318c897107662d82f010100000000000078563412dec0d901aaaaaaaaaaaaaaaa0000000001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90106000400020000000a0010006586e99d81c2fc984e47172fd4dd03100900340048005400540050002f007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c006500000000000000000064a4fcb3d6ab4303876fb599f172a9df";

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn the_vectors_in_every_form_and_from_everywhere() {
    let sandbox = Sandbox::new();
    for (token, title, inside) in [
        (NEGOTIATE, "NTLM NEGOTIATE", "0xe2088297"),
        (CHALLENGE, "NTLM CHALLENGE", "server.domain.example"),
        (
            AUTHENTICATE,
            "NTLM AUTHENTICATE",
            "HTTP/server.domain.example",
        ),
    ] {
        let expected = sandbox.run(&["decode", token]);
        assert_eq!(expected.code, 0, "{expected:?}");
        assert!(expected.out.starts_with(title), "{expected:?}");
        assert!(expected.out.contains(inside), "{expected:?}");
        let widest = expected.out.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}");

        let bytes = unhex(token);
        let base64 = STANDARD.encode(&bytes);
        let header = format!("WWW-Authenticate: NTLM {base64}");
        let spaced = format!("0x{}\n {}\n", &token[..20], &token[20..]);
        for text in [&base64, &header, &spaced] {
            assert_eq!(sandbox.run(&["decode", text]).out, expected.out, "{text}");
            let from_stdin = sandbox.run_with(&["decode", "-"], text.as_bytes());
            assert_eq!(from_stdin.out, expected.out, "{text}");
        }
        let from_stdin = sandbox.run_with(&["decode", "--file", "-"], &bytes);
        assert_eq!(from_stdin.out, expected.out);
        for content in [bytes.as_slice(), header.as_bytes()] {
            sandbox.write("token", content);
            let from_file = sandbox.run(&["decode", "--file", "token"]);
            assert_eq!(from_file.out, expected.out);
        }
    }
}

#[test]
fn json_has_every_field() {
    let document = Sandbox::new()
        .run(&["decode", "--json", AUTHENTICATE])
        .json();
    assert_eq!(document["title"], "NTLM AUTHENTICATE");
    assert_eq!(document["length"], AUTHENTICATE.len() / 2);
    assert!(document["fault"].is_null());
    let fields = document["fields"].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|field| field["name"] == name).unwrap();
    assert_eq!(field("UserName")["value"], "User");
    assert_eq!(field("UserName")["offset"], 100);
    assert_eq!(field("UserName")["length"], 8);
    let flags = field("NegotiateFlags")["meaning"].to_string();
    assert!(flags.contains("EXTENDED_SESSIONSECURITY"), "{flags}");
}

#[test]
fn tokens_inside_tokens_of_negotiate() {
    let wrapped = format!("6048060662b060105{NEGOTIATE}0");
    let wrapped = &wrapped[..wrapped.len() / 2 * 2];
    // The bytes in front need not make sense; the NTLM token is found by its signature.
    let ran = Sandbox::new().run(&["decode", &format!("60480606{NEGOTIATE}")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("NTLM NEGOTIATE"), "{ran:?}");
    assert!(ran.out.contains("4 bytes into another token"), "{ran:?}");
    // Shifted by half a byte there is none.
    assert_eq!(Sandbox::new().run(&["decode", wrapped]).code, 65);
}

/// Wherever a token breaks off: exit code 65, the fault, and never a panic.
#[test]
fn truncated_tokens() {
    let sandbox = Sandbox::new();
    for length in [1, 7, 8, 11, 12, 13, 31, 50, 63, 100, 250, 437] {
        let ran = sandbox.run(&["decode", &AUTHENTICATE[..2 * length]]);
        ran.refused(65, "at offset");
        if length > 12 {
            assert!(ran.out.contains("Signature"), "{length}: {ran:?}");
            assert!(ran.out.contains("MessageType"), "{length}: {ran:?}");
        }
        let json = sandbox.run(&["decode", "--json", &AUTHENTICATE[..2 * length]]);
        assert_eq!(json.code, 65);
        if length > 12 {
            let offset = &json.json()["fault"]["offset"];
            assert!(offset.as_u64().unwrap() <= 454, "{offset}");
        }
    }
    sandbox
        .run(&["decode", &AUTHENTICATE[..101]])
        .refused(65, "odd number");
}

#[test]
fn what_is_no_token() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["decode", "this is not a token!"])
        .refused(65, "neither hexadecimal nor base64");
    sandbox.run(&["decode", "NTLM"]).refused(65, "no token");
    sandbox
        .run(&["decode", "deadbeefdeadbeefdeadbeef"])
        .refused(65, "no NTLM token");
    let ran = sandbox.run(&["decode", "--file", "missing"]);
    assert_eq!(ran.code, 66, "{ran:?}");
    assert!(ran.err.contains("missing"), "{ran:?}");
    assert_eq!(sandbox.run(&["decode"]).code, 2);
}

/// A reader that has seen enough is no failure.
#[test]
fn closed_pipes() {
    let sandbox = Sandbox::new();
    for args in [
        &["decode", AUTHENTICATE][..],
        &["packages"],
        &["demo"],
        &["demo", "--json"],
        &["completions", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        // The pipe is closed for certain, and not only if the reader is quick.
        assert!((&writer).write_all(b"x").is_err());
        let output = sandbox
            .command(args)
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}
