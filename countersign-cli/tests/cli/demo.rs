use crate::support::Sandbox;

#[test]
fn shows_the_exchange_and_catches_the_attacks() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err, "");
    for text in [
        "NEGOTIATE",
        "CHALLENGE",
        "AUTHENTICATE",
        r"DEMO\alice",
        "CONFIDENTIALITY",
        "SEC_E_MESSAGE_ALTERED",
        "SEC_E_OUT_OF_SEQUENCE",
        "SEC_E_LOGON_DENIED",
        "SEC_E_BAD_BINDINGS",
        "SEC_E_WRONG_PRINCIPAL",
        "#1 request one",
        "5 4 3",
        "\nok: ",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'), "no colour in a pipe");
    let widest = ran.out.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}");
    assert!(!sandbox.store().exists(), "no store is touched");
}

#[test]
fn json_has_the_same_facts() {
    let document = Sandbox::new()
        .run(&["demo", "--json", "--package", "ntlm"])
        .json();
    assert!(document["verdict"].as_str().unwrap().starts_with("ok: "));
    let titles: Vec<&str> = document["legs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leg| leg["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["NEGOTIATE", "CHALLENGE", "AUTHENTICATE"]);
    assert_eq!(document["server"]["client"], r"DEMO\alice");
    assert_eq!(document["server"]["target"], document["client"]["target"]);
    assert_eq!(document["client"]["key_bits"], 128);
    assert_eq!(document["client"]["session_key_bytes"], 16);
    let checks = document["checks"].as_array().unwrap();
    let attacks = document["attacks"].as_array().unwrap();
    assert_eq!((checks.len(), attacks.len()), (9, 10));
    let datagrams = document["datagrams"].as_array().unwrap();
    assert_eq!(datagrams.len(), 7);
    assert_eq!(datagrams[2]["observed"], "#1 request one");
    for check in checks.iter().chain(datagrams).chain(attacks) {
        assert_eq!(check["passed"], true, "{check}");
        assert_eq!(check["expected"], check["observed"]);
    }
}

#[test]
fn unknown_packages() {
    let ran = Sandbox::new().run(&["demo", "--package", "Kerberoast"]);
    ran.refused(78, "Kerberoast");
    assert!(ran.err.contains("NTLM"), "{ran:?}");
}
