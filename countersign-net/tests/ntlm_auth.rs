//! The authority behind `ntlm_auth`, with helpers that bash plays.
#![cfg(unix)]

use std::time::Duration;

use countersign::{Denied, Logon, LogonAnswer, LogonProof, Resolve, Secret, Unavailable};
use countersign_net::authority::ntlm_auth::NtlmAuth;

/// What every helper starts with: `request` reads the lines of a request into FIELDS.
const REQUEST: &str = r#"
declare -A FIELDS
count=0
request() {
    FIELDS=()
    while IFS= read -r line; do
        [ "$line" != . ] || { count=$((count + 1)); return 0; }
        FIELDS["${line%%:*}"]=${line#*: }
    done
    exit 0
}
yes() { printf 'Authenticated: Yes\nUser-Session-Key: %032X\n.\n' "$1"; }
# A refusal of Samba ends twice.
no() { printf 'Authenticated: No\nAuthentication-Error: %s\n.\n.\n' "$1"; }
"#;

/// An authority whose helper is this script.
fn helper(script: &str) -> NtlmAuth {
    NtlmAuth::new()
        .program("bash")
        .argument("-c")
        .argument([REQUEST, script].concat())
}

fn logon(domain: &str, user: &str) -> Logon {
    Logon {
        domain: domain.into(),
        user: user.into(),
        workstation: "CLIENT".into(),
        proof: LogonProof::Ntlm {
            server_challenge: [1, 2, 3, 4, 5, 6, 7, 0xef],
            nt_response: (0..=99).collect(),
            lm_response: vec![0; 24],
        },
    }
}

fn accepted(domain: &str, user: &str, last_byte_of_key: u8) -> LogonAnswer {
    let mut key = [0; 16];
    key[15] = last_byte_of_key;
    LogonAnswer::Accepted {
        session_base_key: Secret::new(key),
        domain: domain.into(),
        user: user.into(),
    }
}

/// Why there was no answer.
fn unavailable(authority: &mut NtlmAuth) -> String {
    match authority.logon(&logon("LAB", "alice")) {
        Err(Unavailable::Unreachable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_has_everything_that_the_controller_needs() {
    let response: String = (0..=99).map(|byte: u8| format!("{byte:02x}")).collect();
    let mut authority = helper(&format!(
        r#"
        while request; do
            [ "$(base64 -d <<<"${{FIELDS[NT-Domain]}}")" = LAB ] &&
                [ "$(base64 -d <<<"${{FIELDS[Username]}}")" = 'jürgen: ü' ] &&
                [ "${{FIELDS[LANMAN-Challenge]}}" = 01020304050607ef ] &&
                [ "${{FIELDS[NT-Response]}}" = {response} ] &&
                [ "${{FIELDS[Request-User-Session-Key]}}" = Yes ] &&
                [ ${{#FIELDS[@]}} = 5 ] && [ "$0" = --helper-protocol=ntlm-server-1 ] && yes $((0x7f)) || no other
        done"#
    ));
    assert_eq!(
        authority.logon(&logon("LAB", "jürgen: ü")),
        Ok(accepted("LAB", "jürgen: ü", 0x7f))
    );
}

#[test]
fn whole_keys_come_back() {
    let mut authority = helper(
        "request; printf 'Authenticated: Yes\nUser-Session-Key: 00112233445566778899aAbBcCdDeEfF\n.\n'; request",
    );
    let Ok(LogonAnswer::Accepted {
        session_base_key, ..
    }) = authority.logon(&logon("LAB", "alice"))
    else {
        panic!("not accepted");
    };
    assert_eq!(
        *session_base_key.expose(),
        std::array::from_fn::<u8, 16, _>(|i| u8::try_from(i * 0x11).unwrap())
    );
}

#[test]
fn a_domain_that_is_left_out() {
    let script = r#"while request; do
        case "${FIELDS[NT-Domain]-none}" in none) yes 1 ;; TEFC) yes 2 ;; *) no other ;; esac
    done"#;
    let mut authority = helper(script);
    assert_eq!(
        authority.logon(&logon("", "alice")),
        Ok(accepted("", "alice", 1))
    );
    let mut authority = helper(script).default_domain("LAB");
    assert_eq!(
        authority.logon(&logon("", "alice")),
        Ok(accepted("LAB", "alice", 2))
    );
    // A name with a realm is not the domain's to answer for.
    assert_eq!(
        authority.logon(&logon("", "alice@other.example")),
        Ok(accepted("", "alice@other.example", 1))
    );
}

#[test]
fn refusals_say_why_and_are_told_apart_from_the_next_answer() {
    let refusals = [
        (
            "When trying to update a password, this return status indicates that the value provided as the current password is not correct.",
            Denied::WrongPassword,
        ),
        ("The specified account does not exist.", Denied::UnknownUser),
        (
            "The referenced account is currently disabled and cannot be logged on to.",
            Denied::AccountDisabled,
        ),
        (
            "The user account has been automatically locked because too many invalid logon attempts or password change attempts have been requested.",
            Denied::AccountLocked,
        ),
        ("The user account has expired.", Denied::AccountExpired),
        (
            "The user account password has expired.",
            Denied::PasswordExpired,
        ),
        (
            "The user password must be changed before logging on the first time.",
            Denied::PasswordExpired,
        ),
        ("Wrong Password", Denied::WrongPassword),
        ("No such user", Denied::UnknownUser),
        ("Account disabled", Denied::AccountDisabled),
        ("Account locked out", Denied::AccountLocked),
        ("NT_STATUS_ACCOUNT_EXPIRED", Denied::AccountExpired),
        ("Must change password", Denied::PasswordExpired),
        ("Password expired (0xc0000071)", Denied::PasswordExpired),
        (
            "The attempted logon is invalid. This is either due to a bad username or authentication information.",
            Denied::ByAuthority,
        ),
        ("", Denied::ByAuthority),
    ];
    for (text, why) in refusals {
        // One process: the count of requests is in the key.
        let mut authority = helper(&format!(
            "while request; do [ $count = 2 ] && yes $count || no '{text}'; done"
        ));
        let alice = logon("LAB", "alice");
        let denied = Ok(LogonAnswer::Denied(why));
        assert_eq!(authority.logon(&alice), denied, "{text}");
        assert_eq!(authority.logon(&alice), Ok(accepted("LAB", "alice", 2)));
        assert_eq!(authority.logon(&alice), denied, "{text}");
    }
}

#[test]
fn a_controller_out_of_reach_is_no_refusal() {
    for text in [
        "Reading winbind reply failed!",
        "No logon servers are currently available to service the logon request.",
        "Could not find the domain controller for this domain.",
        "{Access Denied} A process has requested access to an object but has not been granted those access rights.",
    ] {
        let mut authority = helper(&format!("request; no '{text}'; request"));
        assert_eq!(unavailable(&mut authority), format!("ntlm_auth: {text}"));
    }
}

#[test]
fn one_process_serves_all_clones_and_is_replaced_when_it_ended() {
    // Ends after the second answer; a key tells which answer of its process it is.
    let mut authority = helper("request; yes 1; request; yes 2");
    let mut clone = authority.clone();
    for _ in 0..3 {
        for (authority, key) in [(&mut authority, 1), (&mut clone, 2)] {
            let mut answer = authority.logon(&logon("LAB", "alice"));
            // The process may be on its way out still, and then it takes this question with it.
            if key == 1 && answer.is_err() {
                answer = authority.logon(&logon("LAB", "alice"));
            }
            assert_eq!(answer, Ok(accepted("LAB", "alice", key)));
        }
    }
}

#[test]
fn a_helper_that_fails_is_replaced() {
    let folder = std::env::temp_dir().join(format!("countersign-ntlm-auth-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, first) in [
        ("ends", "exit 3"),
        ("is cut short", "printf 'Authenticated: Y'; exit"),
        ("says something else", "printf 'hello\n.\n'"),
        (
            "reports an error",
            "printf 'Error: hex decode of x failed!\n.\n'",
        ),
        ("gives no verdict", "printf 'Domain: LAB\n.\n'"),
        ("gives no key", "printf 'Authenticated: Yes\n.\n'"),
        (
            "gives half a key",
            "printf 'Authenticated: Yes\nUser-Session-Key: 00112233\n.\n'",
        ),
        (
            "gives no hexadecimal key",
            "printf 'Authenticated: Yes\nUser-Session-Key: +011223344556677+011223344556677\n.\n'",
        ),
        ("says no UTF-8", r"printf 'Authenticated: No\nX: \xff\n.\n'"),
        (
            "does not stop",
            "while :; do echo Authenticated: Yes || exit; done",
        ),
    ] {
        let mark = folder.join(name.replace(' ', "-"));
        // The first process marks that it was there; the second finds the mark.
        let mut authority = helper(&format!(
            "request; if [ -e '{mark}' ]; then yes 9; else : >'{mark}'; {first}; fi; request",
            mark = mark.display()
        ));
        let why = unavailable(&mut authority);
        assert!(why.starts_with("ntlm_auth: "), "{name}: {why}");
        assert_eq!(
            authority.logon(&logon("LAB", "alice")),
            Ok(accepted("LAB", "alice", 9)),
            "{name}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_helper_that_keeps_silent_is_not_waited_for() {
    let mut authority =
        helper("while read -r line; do :; done").time_limit(Duration::from_millis(50));
    assert_eq!(unavailable(&mut authority), "ntlm_auth: no answer in time");
    // Nor one that does not even read.
    let mut authority = helper("exec sleep 600").time_limit(Duration::from_millis(50));
    let mut long = logon("LAB", "alice");
    long.proof = LogonProof::Ntlm {
        server_challenge: [0; 8],
        nt_response: vec![0; 1 << 20],
        lm_response: Vec::new(),
    };
    assert_eq!(
        authority.logon(&long),
        Err(Unavailable::Unreachable(
            "ntlm_auth: no answer in time".into()
        ))
    );
}

#[test]
fn a_program_that_is_not_there() {
    let mut authority = NtlmAuth::new().program("/nowhere/ntlm_auth");
    let why = unavailable(&mut authority);
    assert!(why.starts_with("ntlm_auth: /nowhere/ntlm_auth: "), "{why}");
}

#[test]
fn names_that_winbindd_would_cut_are_not_asked_for() {
    let long = "a".repeat(256);
    let mut authority = NtlmAuth::new().program("/nowhere/ntlm_auth");
    for (domain, user) in [
        ("LAB", "alice\0x"),
        ("LAB\n", "alice"),
        ("LAB", r"LAB\alice"),
        ("LAB", ""),
        ("LAB", &long),
        (&long, "alice"),
    ] {
        assert_eq!(
            authority.logon(&logon(domain, user)),
            Ok(LogonAnswer::Denied(Denied::UnknownUser)),
            "{domain:?} {user:?}"
        );
    }
}

#[test]
fn nothing_of_a_logon_is_in_debug_output() {
    let mut authority = helper("request; yes 1; request");
    authority.logon(&logon("LAB", "alice")).unwrap();
    assert_eq!(
        format!("{authority:?}"),
        r#"NtlmAuth { program: "bash", .. }"#
    );
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn futures_wait_for_the_helper_too() {
    use countersign::AsyncResolve;
    let authority = helper("while request; do yes $count; done");
    for n in 1..3 {
        assert_eq!(
            AsyncResolve::logon(&authority, &logon("LAB", "alice")).await,
            Ok(accepted("LAB", "alice", n))
        );
    }
}
