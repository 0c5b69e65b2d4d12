use crate::support::Sandbox;

const COMMANDS: [&[&str]; 15] = [
    &["demo"],
    &["packages"],
    &["account"],
    &["account", "add"],
    &["account", "list"],
    &["account", "remove"],
    &["account", "passwd"],
    &["account", "enable"],
    &["account", "disable"],
    &["account", "import"],
    &["account", "export"],
    &["serve"],
    &["connect"],
    &["decode"],
    &["completions"],
];

#[test]
fn every_command_has_an_example() {
    let sandbox = Sandbox::new();
    for command in COMMANDS {
        let ran = sandbox.run(&[command, &["--help"]].concat());
        assert_eq!(ran.code, 0, "{command:?}");
        let example = format!("countersign {}", command.join(" "));
        let examples = ran.out.split("Examples:").nth(1).unwrap_or_default();
        assert!(examples.contains(&example), "{command:?}: {}", ran.out);
        assert!(!ran.out.contains("--password "), "{command:?}");
    }
    let ran = sandbox.run(&["--help"]);
    for code in ["0", "1", "2", "65", "66", "69", "73", "77", "78"] {
        assert!(ran.out.contains(&format!("{code:>4}  ")), "{code}");
    }
}

#[test]
fn version_and_usage() {
    let sandbox = Sandbox::new();
    let version = format!("countersign {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sandbox.run(&["--version"]).out, version);
    for wrong in [
        &["nonsense"][..],
        &["connect", "nowhere", "--user", "x"],
        &["connect", "h:1", "--user", "x", "--password", "y"],
        &["account", "add", "x", "--password", "y"],
        &["account", "add", r"A\B\C"],
        &["account", "add", "x", "--expires", "soon"],
        &["serve", "--require", "sealed"],
        &["serve", "--bindings", "xyz"],
    ] {
        let ran = sandbox.run(wrong);
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:?}");
        assert!(ran.err.starts_with("error: "), "{wrong:?}: {ran:?}");
    }
}

#[test]
fn packages() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["packages"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for text in [
        "NTLM",
        "2888",
        "NTLM Security Package",
        "PRIVACY",
        "encrypt messages",
    ] {
        assert!(ran.out.contains(text), "{text}: {}", ran.out);
    }
    let document = sandbox.run(&["packages", "--json"]).json();
    let ntlm = &document["packages"][0];
    assert_eq!(
        (&ntlm["name"], &ntlm["rpc_id"]),
        (&"NTLM".into(), &10.into())
    );
    assert_eq!(ntlm["capabilities_number"], 0x0288_2B3F);
    assert!(
        ntlm["capabilities"]
            .as_array()
            .unwrap()
            .contains(&"PRIVACY".into())
    );
}

#[test]
fn completions() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = sandbox.run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        assert!(ran.out.contains("countersign"), "{shell}");
        assert!(ran.out.contains("decode"), "{shell}");
    }
}

#[test]
fn logs_only_for_those_who_ask() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["demo"]).err, "");
    let mut command = sandbox.command(&["demo"]);
    let output = command.env("COUNTERSIGN_LOG", "trace").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("countersign"), "{log}");
    let mut command = sandbox.command(&["demo"]);
    let output = command.env("COUNTERSIGN_LOG", "=[=").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
}
