//! What `ntlm::describe` says of tokens: those of the specification, those that other
//! implementations sent, and what is left of both when bits flip and ends are missing.
use std::fmt::Write;

use countersign::ntlm::describe;
use countersign::ntlm::message::{
    Authenticate, Challenge, MessageType, Negotiate, NtlmV2Response, message_type,
};
use countersign::wire::description::{Description, Field};
use countersign::wire::{Malformed, Why};

const CHALLENGE_V1: &str = "4e544c4d53535000020000000c000c0038000000338202e20123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200";
const AUTHENTICATE_V1: &str = "4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000100010005c000000100010009c000000358280e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500520098def7b87f88aa5dafe2df779688a172def11c7d5ccdef1367c43011f30298a2ad35ece64f16331c44bdbed927841f94518822b1b3f350c8958682ecbb3e3cb7";
const CHALLENGE_ESS: &str = "4e544c4d53535000020000000c000c003800000033820a820123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200";
const AUTHENTICATE_ESS: &str = "4e544c4d5353500003000000180018006c00000018001800840000000c000c00480000000800080054000000100010005c000000000000009c000000358208820501280a0000000f44006f006d00610069006e00550073006500720043004f004d0050005500540045005200aaaaaaaaaaaaaaaa000000000000000000000000000000007537f803ae367128ca458204bde7caf81e97ed2683267232";
const CHALLENGE_V2: &str = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef00000000000000002400240044000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000";
const AUTHENTICATE_V2: &str = "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e00550073006500720043004f004d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e";
const NEGOTIATE_MIC: &str =
    "4e544c4d5353500001000000978208e2000000000000000000000000000000000a00614a0000000f";
const CHALLENGE_MIC: &str = "4e544c4d53535000020000000c000c0038000000158289e20123456789abcdef00000000000000009e009e00440000000a00614a0000000f44006f006d00610069006e0001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90100000000";
const AUTHENTICATE_MIC: &str = "4e544c4d5353500003000000180018007c00000022012201940000000c000c00580000000800080064000000100010006c00000010001000b6010000158288e20a00614a0000000f3668438c5877ecc8464c1dbbf80c841544006f006d00610069006e00550073006500720043004f004d0050005500540045005200000000000000000000000000000000000000000000000000f480d648a3012a9318c897107662d82f010100000000000078563412dec0d901aaaaaaaaaaaaaaaa0000000001000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c00650004001c0064006f006d00610069006e002e006500780061006d0070006c00650005001c0064006f006d00610069006e002e006500780061006d0070006c0065000700080078563412dec0d90106000400020000000a0010006586e99d81c2fc984e47172fd4dd03100900340048005400540050002f007300650072007600650072002e0064006f006d00610069006e002e006500780061006d0070006c006500000000000000000064a4fcb3d6ab4303876fb599f172a9df";

/// The tokens that other implementations exchanged.
const FIXTURES: [&str; 10] = [
    include_str!("../../interop/fixtures/ntlm_auth-client.hex"),
    include_str!("../../interop/fixtures/ntlm_auth-client-ntlmv1.hex"),
    include_str!("../../interop/fixtures/ntlm_auth-client-sign-only.hex"),
    include_str!("../../interop/fixtures/ntlm_auth-client-utf8.hex"),
    include_str!("../../interop/fixtures/pyspnego-client.hex"),
    include_str!("../../interop/fixtures/pyspnego-client-bindings.hex"),
    include_str!("../../interop/fixtures/pyspnego-client-ntlmv1.hex"),
    include_str!("../../interop/fixtures/pyspnego-client-sign-only.hex"),
    include_str!("../../interop/fixtures/pyspnego-client-to-ntlm_auth.hex"),
    include_str!("../../interop/fixtures/pyspnego-client-utf8.hex"),
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// One line of a recorded exchange: `negotiate`, `challenge` or `authenticate`.
fn recorded(fixture: &str, name: &str) -> Vec<u8> {
    let line = fixture
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    unhex(line.unwrap())
}

fn every_token() -> Vec<Vec<u8>> {
    let published = [
        CHALLENGE_V1,
        AUTHENTICATE_V1,
        CHALLENGE_ESS,
        AUTHENTICATE_ESS,
        CHALLENGE_V2,
        AUTHENTICATE_V2,
        NEGOTIATE_MIC,
        CHALLENGE_MIC,
        AUTHENTICATE_MIC,
    ];
    let mut tokens: Vec<_> = published.map(unhex).into();
    for fixture in FIXTURES {
        for name in ["negotiate", "challenge", "authenticate"] {
            tokens.push(recorded(fixture, name));
        }
    }
    tokens
}

/// A field a line, its meaning behind it.
fn listing(description: &Description) -> String {
    let mut text = String::new();
    for field in &description.fields {
        let indent = "  ".repeat(field.depth.into());
        let Field {
            offset,
            length,
            name,
            value,
            ..
        } = field;
        let line = format!("{offset}+{length} {indent}{name} = {value}");
        writeln!(text, "{}", line.trim_end()).unwrap();
        for line in &field.meaning {
            writeln!(text, "  : {line}").unwrap();
        }
    }
    text
}

fn described(token: &[u8]) -> Description {
    let description = describe(token).unwrap();
    assert_eq!(description.fault, None);
    description
}

fn field<'a>(description: &'a Description, name: &str) -> &'a Field {
    let mut found = description.fields.iter().filter(|field| field.name == name);
    found.next().unwrap_or_else(|| panic!("no field {name}"))
}

fn names(description: &Description) -> Vec<&str> {
    description.fields.iter().map(|field| field.name).collect()
}

#[test]
fn challenge_field_by_field() {
    let description = described(&unhex(CHALLENGE_MIC));
    assert_eq!(description.title, "NTLM CHALLENGE");
    assert_eq!(
        listing(&description),
        "\
0+8 Signature = NTLMSSP\\0
8+4 MessageType = 2
  : CHALLENGE
12+8 TargetNameFields = Len 12, MaxLen 12, BufferOffset 56
  : \"Domain\"
20+4 NegotiateFlags = 0xe2898215
  : NTLMSSP_NEGOTIATE_UNICODE: texts are UTF-16
  : NTLMSSP_REQUEST_TARGET: the server names its target
  : NTLMSSP_NEGOTIATE_SIGN: messages are signed
  : NTLMSSP_NEGOTIATE_NTLM: NTLM authentication
  : NTLMSSP_NEGOTIATE_ALWAYS_SIGN: every message carries a signature, a dummy if need be
  : NTLMSSP_TARGET_TYPE_DOMAIN: TargetName is a domain
  : NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY: extended session security
  : NTLMSSP_NEGOTIATE_TARGET_INFO: TargetInfo is there
  : NTLMSSP_NEGOTIATE_VERSION: Version is filled in
  : NTLMSSP_NEGOTIATE_128: 128-bit keys
  : NTLMSSP_NEGOTIATE_KEY_EXCH: the client chooses the session key
  : NTLMSSP_NEGOTIATE_56: 56-bit keys
24+8 ServerChallenge = 0123456789abcdef
32+8 Reserved = 0000000000000000
40+8 TargetInfoFields = Len 158, MaxLen 158, BufferOffset 68
  : AV pairs
48+8 Version = 10.0 build 19041, revision 15
56+12 TargetName = Domain
68+158 TargetInfo = 01000c0053004500520056004500520002000c0044006f006d00610069006e0003002a007300650072007600650072002e0064006f006d00610069006e002e00… (158 bytes)
  : AV pairs
68+16   MsvAvNbComputerName = SERVER
84+16   MsvAvNbDomainName = Domain
100+46   MsvAvDnsComputerName = server.domain.example
146+32   MsvAvDnsDomainName = domain.example
178+32   MsvAvDnsTreeName = domain.example
210+12   MsvAvTimestamp = 2023-07-27 23:00:00 UTC
  : 0x01d9c0de12345678
222+4   MsvAvEOL =
  : end of the list
"
    );
}

#[test]
fn authenticate_field_by_field() {
    let description = described(&unhex(AUTHENTICATE_MIC));
    assert_eq!(description.title, "NTLM AUTHENTICATE");
    assert_eq!(
        listing(&description),
        "\
0+8 Signature = NTLMSSP\\0
8+4 MessageType = 3
  : AUTHENTICATE
12+8 LmChallengeResponseFields = Len 24, MaxLen 24, BufferOffset 124
  : 24 zero bytes: NTLMv2 client with a timestamp
20+8 NtChallengeResponseFields = Len 290, MaxLen 290, BufferOffset 148
  : NTLMv2 response
28+8 DomainNameFields = Len 12, MaxLen 12, BufferOffset 88
  : \"Domain\"
36+8 UserNameFields = Len 8, MaxLen 8, BufferOffset 100
  : \"User\"
44+8 WorkstationFields = Len 16, MaxLen 16, BufferOffset 108
  : \"COMPUTER\"
52+8 EncryptedRandomSessionKeyFields = Len 16, MaxLen 16, BufferOffset 438
  : the session key, encrypted with RC4
60+4 NegotiateFlags = 0xe2888215
  : NTLMSSP_NEGOTIATE_UNICODE: texts are UTF-16
  : NTLMSSP_REQUEST_TARGET: the server names its target
  : NTLMSSP_NEGOTIATE_SIGN: messages are signed
  : NTLMSSP_NEGOTIATE_NTLM: NTLM authentication
  : NTLMSSP_NEGOTIATE_ALWAYS_SIGN: every message carries a signature, a dummy if need be
  : NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY: extended session security
  : NTLMSSP_NEGOTIATE_TARGET_INFO: TargetInfo is there
  : NTLMSSP_NEGOTIATE_VERSION: Version is filled in
  : NTLMSSP_NEGOTIATE_128: 128-bit keys
  : NTLMSSP_NEGOTIATE_KEY_EXCH: the client chooses the session key
  : NTLMSSP_NEGOTIATE_56: 56-bit keys
64+8 Version = 10.0 build 19041, revision 15
72+16 MIC = 3668438c5877ecc8464c1dbbf80c8415
  : HMAC-MD5 over the three messages under the session key
88+12 DomainName = Domain
100+8 UserName = User
108+16 Workstation = COMPUTER
124+24 LmChallengeResponse = 000000000000000000000000000000000000000000000000
  : 24 zero bytes: NTLMv2 client with a timestamp
148+290 NtChallengeResponse = f480d648a3012a9318c897107662d82f010100000000000078563412dec0d901aaaaaaaaaaaaaaaa0000000001000c0053004500520056004500520002000c00… (290 bytes)
  : NTLMv2 response
148+16   NTProofStr = f480d648a3012a9318c897107662d82f
164+1   RespType = 01
165+1   HiRespType = 01
166+2   Reserved1 = 0000
168+4   Reserved2 = 00000000
172+8   TimeStamp = 2023-07-27 23:00:00 UTC
  : 0x01d9c0de12345678
180+8   ChallengeFromClient = aaaaaaaaaaaaaaaa
188+4   Reserved3 = 00000000
192+242   AvPairs = 9 pairs
192+16     MsvAvNbComputerName = SERVER
208+16     MsvAvNbDomainName = Domain
224+46     MsvAvDnsComputerName = server.domain.example
270+32     MsvAvDnsDomainName = domain.example
302+32     MsvAvDnsTreeName = domain.example
334+12     MsvAvTimestamp = 2023-07-27 23:00:00 UTC
  : 0x01d9c0de12345678
346+8     MsvAvFlags = 0x00000002
  : 0x2: the AUTHENTICATE message holds a MIC
354+20     MsvAvChannelBindings = 6586e99d81c2fc984e47172fd4dd0310
  : MD5 of the channel bindings
374+56     MsvAvTargetName = HTTP/server.domain.example
430+4     MsvAvEOL =
  : end of the list
434+4   padding = 00000000
  : behind the end of the pairs
438+16 EncryptedRandomSessionKey = 64a4fcb3d6ab4303876fb599f172a9df
  : the session key, encrypted with RC4
"
    );
}

#[test]
fn negotiate_of_this_crate() {
    let description = described(&unhex(NEGOTIATE_MIC));
    assert_eq!(description.title, "NTLM NEGOTIATE");
    assert_eq!(
        names(&description),
        [
            "Signature",
            "MessageType",
            "NegotiateFlags",
            "DomainNameFields",
            "WorkstationFields",
            "Version"
        ]
    );
    assert_eq!(field(&description, "DomainNameFields").meaning, ["empty"]);
}

#[test]
fn version_1_has_no_mic() {
    let description = described(&unhex(AUTHENTICATE_V1));
    assert_eq!(
        field(&description, "LmChallengeResponse").meaning,
        ["LM response of version 1"]
    );
    assert_eq!(
        field(&description, "NtChallengeResponse").meaning,
        ["NTLMv1 response"]
    );
    let mic = field(&description, "MIC");
    assert_eq!((mic.offset, mic.length), (72, 0));
    assert_eq!(
        mic.meaning,
        ["only an NTLMv2 response can promise one: the bytes here are payload"]
    );

    let description = described(&unhex(AUTHENTICATE_ESS));
    assert_eq!(
        field(&description, "NtChallengeResponse").meaning,
        ["NTLMv1 response with extended session security"]
    );
    let challenge = field(&description, "ChallengeFromClient");
    assert_eq!(
        (challenge.offset, challenge.depth, challenge.value.as_str()),
        (108, 1, "aaaaaaaaaaaaaaaa")
    );
    assert!(!names(&description).contains(&"EncryptedRandomSessionKey"));
}

#[test]
fn version_2_without_a_timestamp() {
    let description = described(&unhex(AUTHENTICATE_V2));
    assert_eq!(
        field(&description, "LmChallengeResponse").meaning,
        ["LMv2 response"]
    );
    let proof = field(&description, "Response");
    assert_eq!(
        (proof.offset, proof.depth, proof.value.as_str()),
        (108, 1, "86c35097ac9cec102554764a57cccc19")
    );
    assert_eq!(
        field(&description, "TimeStamp").value,
        "1601-01-01 00:00:00 UTC"
    );
    assert_eq!(
        field(&description, "MIC").meaning,
        ["MsvAvFlags does not promise one: the bytes here are payload"]
    );
}

#[test]
fn recorded_tokens() {
    for fixture in FIXTURES {
        for (name, title) in [
            ("negotiate", "NTLM NEGOTIATE"),
            ("challenge", "NTLM CHALLENGE"),
            ("authenticate", "NTLM AUTHENTICATE"),
        ] {
            let description = described(&recorded(fixture, name));
            assert_eq!(description.title, title);
            assert!(!names(&description).contains(&"not covered"));
        }
        let user = fixture
            .lines()
            .find_map(|line| line.strip_prefix("user "))
            .unwrap();
        let description = described(&recorded(fixture, "authenticate"));
        assert_eq!(field(&description, "UserName").value, user);
        assert_eq!(field(&description, "DomainName").value, "LAB");
        assert_eq!(
            field(&description, "UserNameFields").meaning,
            [format!("\"{user}\"")]
        );
    }
    let samba = described(&recorded(FIXTURES[0], "authenticate"));
    let host = samba
        .fields
        .iter()
        .position(|field| field.name == "MsvAvSingleHost")
        .unwrap();
    let inside = &samba.fields[host + 1..host + 5];
    assert_eq!(
        inside.iter().map(|field| field.name).collect::<Vec<_>>(),
        ["Size", "Z4", "CustomData", "MachineID"]
    );
    assert!(inside.iter().all(|field| field.depth == 3));
    assert_eq!(inside[0].value, "48");
    assert_eq!(field(&samba, "MsvAvChannelBindings").value, "none (zero)");
    assert_eq!(
        field(&samba, "MsvAvTargetName").value,
        "HTTP/www.example.com"
    );
    let bound = described(&recorded(FIXTURES[5], "authenticate"));
    assert_eq!(
        field(&bound, "MsvAvChannelBindings").value,
        "a8398e96473163fef6cae76013e8ab5a"
    );
}

#[test]
fn what_is_no_ntlm_token() {
    let fault = |token: &[u8]| describe(token).unwrap_err().to_string();
    assert_eq!(fault(b""), "Signature at offset 0: the bytes end too early");
    assert_eq!(
        fault(b"NTLMSSP\x01\x01\0\0\0"),
        "Signature at offset 0: has a value that is not allowed"
    );
    assert_eq!(
        fault(b"NTLMSSP\0\x04\0\0\0"),
        "MessageType at offset 8: has a value that is not allowed"
    );
    assert_eq!(
        fault(&unhex("6048")),
        "Signature at offset 0: the bytes end too early"
    );
}

/// Old clients end the message after the flags, or state names in the OEM code page.
#[test]
fn old_negotiates() {
    let bare = b"NTLMSSP\0\x01\0\0\0\x07\x82\0\0";
    assert_eq!(
        names(&described(bare)),
        ["Signature", "MessageType", "NegotiateFlags"]
    );

    // The flag of one name is set, and the message ends before both.
    let cut = b"NTLMSSP\0\x01\0\0\0\x07\xa2\0\0";
    let fault = describe(cut).unwrap().fault.unwrap().to_string();
    assert_eq!(
        fault,
        "WorkstationFields at offset 16: the bytes end too early"
    );
    check(cut);

    let mut named = b"NTLMSSP\0\x01\0\0\0\x07\xb2\0\0".to_vec();
    named.extend_from_slice(&[3, 0, 3, 0, 38, 0, 0, 0, 6, 0, 6, 0, 32, 0, 0, 0]);
    named.extend_from_slice(b"M\x9aLLERLAB");
    let description = described(&named);
    let name = field(&description, "WorkstationName");
    assert_eq!(
        (name.offset, name.length, name.value.as_str()),
        (32, 6, "MÜLLER")
    );
    assert_eq!(field(&description, "DomainName").value, "LAB");
    assert!(!names(&description).contains(&"Version"));

    // Without their flags the names are not read, and their bytes belong to nothing.
    named[13] = 0x82;
    let description = described(&named);
    assert_eq!(
        field(&description, "WorkstationFields").meaning,
        ["ignored: its flag is not set"]
    );
    // Eight of the nine bytes stand where a version would.
    assert_eq!(
        field(&description, "Version").meaning[1],
        "ignored: NTLMSSP_NEGOTIATE_VERSION is not set"
    );
    let rest = field(&description, "not covered");
    assert_eq!(
        (rest.offset, rest.length, rest.value.as_str()),
        (40, 1, "42")
    );
}

/// A token with `bytes` at `at`.
fn with(token: &str, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut token = unhex(token);
    token[at..at + bytes.len()].copy_from_slice(bytes);
    token
}

#[test]
fn reserved_flags_are_named() {
    let description = described(&with(NEGOTIATE_MIC, 12, &[0x9f, 0x82, 0x08, 0xe2]));
    let flags = field(&description, "NegotiateFlags");
    assert_eq!(flags.value, "0xe208829f");
    assert!(flags.meaning.contains(&"0x00000008: reserved".to_owned()));
}

#[test]
fn overlaps_and_odd_offsets() {
    // The domain name moves onto the last byte of the user name and the first of the workstation.
    let description = describe(&with(AUTHENTICATE_MIC, 28, &[2, 0, 2, 0, 107, 0, 0, 0])).unwrap();
    assert_eq!(
        field(&description, "DomainName").meaning,
        [
            "at an odd offset",
            "overlaps UserName",
            "overlaps Workstation"
        ]
    );
    assert_eq!(
        field(&description, "UserName").meaning,
        ["overlaps DomainName"]
    );
    let left = field(&description, "not covered");
    assert_eq!((left.offset, left.length), (88, 12));
    assert_eq!(left.value, "44006f006d00610069006e00");
    assert_eq!(left.meaning, ["belongs to no field"]);

    let description = describe(&with(AUTHENTICATE_MIC, 28, &[12, 0, 12, 0, 64, 0, 0, 0])).unwrap();
    assert_eq!(
        field(&description, "DomainName").meaning,
        ["overlaps Version", "overlaps MIC"]
    );
}

#[test]
fn faults_have_their_place_in_the_token() {
    let fault = |token: &[u8]| describe(token).unwrap().fault.unwrap();
    // Outside: the other parts are described all the same.
    let token = with(AUTHENTICATE_MIC, 40, &[0xff, 0xff, 0, 0]);
    let description = describe(&token).unwrap();
    assert_eq!(
        description.fault,
        Some(Malformed {
            what: "UserName",
            offset: 65535,
            why: Why::OutOfBounds
        })
    );
    assert_eq!(
        field(&description, "UserNameFields").meaning,
        ["points outside the message"]
    );
    assert_eq!(field(&description, "Workstation").value, "COMPUTER");

    // In a list within a response: the length of MsvAvTargetName leads out of it.
    assert_eq!(
        fault(&with(AUTHENTICATE_MIC, 376, &[0xff, 0])),
        Malformed {
            what: "AV pair",
            offset: 378,
            why: Why::Truncated
        }
    );
    // A text that is none: a high surrogate alone, in a pair and in the payload.
    assert_eq!(
        fault(&with(AUTHENTICATE_MIC, 378, &[0, 0xd8])),
        Malformed {
            what: "MsvAvTargetName",
            offset: 378,
            why: Why::Encoding
        }
    );
    assert_eq!(
        fault(&with(AUTHENTICATE_MIC, 100, &[0, 0xd8])),
        Malformed {
            what: "UserName",
            offset: 100,
            why: Why::Encoding
        }
    );
    assert_eq!(
        fault(&with(CHALLENGE_MIC, 84, &[7, 0])),
        Malformed {
            what: "MsvAvTimestamp",
            offset: 84,
            why: Why::Value
        }
    );
    let description = describe(&unhex(CHALLENGE_MIC)[..30]).unwrap();
    assert_eq!(
        description.fault.unwrap().to_string(),
        "ServerChallenge at offset 24: the bytes end too early"
    );
    assert_eq!(names(&description)[4..], ["not covered"]);
}

#[test]
fn unknown_pairs_and_flags() {
    let token = with(AUTHENTICATE_MIC, 346, &[0x2a, 0, 4, 0, 1, 2, 3, 4]);
    let description = described(&token);
    let pair = field(&description, "AV pair");
    assert_eq!((pair.depth, pair.value.as_str()), (2, "01020304"));
    assert_eq!(pair.meaning, ["unknown id 0x002a"]);
    // Nothing promises the MIC any more, but its bytes are there.
    let mic = field(&description, "MIC");
    assert_eq!(mic.meaning, ["ignored: MsvAvFlags does not promise one"]);

    let description = described(&with(AUTHENTICATE_MIC, 350, &[0x17, 0, 0, 0]));
    assert_eq!(field(&description, "MsvAvFlags").value, "0x00000017");
    assert_eq!(
        field(&description, "MsvAvFlags").meaning,
        [
            "0x1: the account is constrained",
            "0x2: the AUTHENTICATE message holds a MIC",
            "0x4: the target name comes from an untrusted source",
            "0x10: unknown"
        ]
    );
}

#[test]
fn control_characters_are_escaped() {
    let token = with(AUTHENTICATE_MIC, 100, &[0x1b, 0, b'[', 0, b'\n', 0]);
    let description = described(&token);
    assert_eq!(field(&description, "UserName").value, r"\u{1b}[\nr");
}

/// As many pairs as fit into a TargetInfo, and as much text.
#[test]
fn the_output_is_bounded() {
    let mut token = with(CHALLENGE_V2, 40, &[0xfc, 0xff, 0xfc, 0xff, 56, 0, 0, 0]);
    token.truncate(56);
    for _ in 0..0xfffc / 4 {
        token.extend_from_slice(&[99, 0, 0, 0]);
    }
    let description = describe(&token).unwrap();
    assert_eq!(description.fields.len(), 2001);
    let last = description.fields.last().unwrap();
    assert_eq!((last.name, last.offset), ("not shown", token.len()));
    check(&token);

    let mut token = with(CHALLENGE_V2, 12, &[0xfe, 0xff, 0xfe, 0xff, 56, 0, 0, 0]);
    token[40..48].fill(0);
    token.truncate(56);
    token.extend([b'x', 0].repeat(0xfffe / 2));
    let description = describe(&token).unwrap();
    assert_eq!(
        field(&description, "TargetName").value,
        "x".repeat(256) + "… (65534 bytes)"
    );
    // Longer than any message that is read.
    let fault = description.fault.unwrap().to_string();
    assert_eq!(fault, "message at offset 65536: is too long");
}

/// What must hold for any bytes: fields lie within the token, and within the field above them; what a
/// parser refuses has a fault.
fn check(token: &[u8]) {
    let Ok(kind) = message_type(token) else {
        assert!(describe(token).is_err());
        return;
    };
    let description = describe(token).unwrap();
    let (title, parsed) = match kind {
        MessageType::Negotiate => ("NTLM NEGOTIATE", Negotiate::parse(token).map(|_| ())),
        MessageType::Challenge => ("NTLM CHALLENGE", Challenge::parse(token).map(|_| ())),
        MessageType::Authenticate => (
            "NTLM AUTHENTICATE",
            Authenticate::parse(token).and_then(|message| match message.nt_response {
                response if response.len() > 24 => NtlmV2Response::parse(response).map(|_| ()),
                _ => Ok(()),
            }),
        ),
    };
    assert_eq!(description.title, title);
    if parsed.is_err() {
        assert!(description.fault.is_some(), "{parsed:?}");
    }
    let mut above: Vec<std::ops::Range<usize>> = Vec::new();
    for field in &description.fields {
        let place = field.offset..field.offset.checked_add(field.length).unwrap();
        assert!(place.end <= token.len(), "{field:?}");
        above.truncate(field.depth.into());
        assert_eq!(above.len(), usize::from(field.depth), "{field:?}");
        if let Some(parent) = above.last() {
            assert!(
                parent.start <= place.start && place.end <= parent.end,
                "{field:?}"
            );
        }
        above.push(place);
        assert!(field.value.len() < 1500 && !field.value.contains(char::is_control));
        assert!(
            !field
                .meaning
                .iter()
                .any(|line| line.contains(char::is_control))
        );
    }
    assert!(description.fields.len() <= 2001);
    // Every byte belongs to a field.
    let mut end = 0;
    let mut own: Vec<_> = description
        .fields
        .iter()
        .filter(|field| field.depth == 0)
        .collect();
    own.sort_by_key(|field| field.offset);
    for field in own {
        assert!(field.offset <= end, "a gap before {field:?}");
        end = end.max(field.offset + field.length);
    }
    assert_eq!(end, token.len());
}

#[test]
fn every_prefix() {
    for token in every_token() {
        for len in 0..=token.len() {
            check(&token[..len]);
        }
    }
}

#[test]
fn every_flipped_bit() {
    for token in every_token() {
        for bit in 0..token.len() * 8 {
            let mut token = token.clone();
            token[bit / 8] ^= 1 << (bit % 8);
            check(&token);
        }
    }
}
