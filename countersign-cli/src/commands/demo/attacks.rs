//! What must not succeed: each attack is really made, and its outcome compared.
use anyhow::Result;
use countersign::{Denied, Error};
use countersign_net::frame::Kind;

use super::Check;
use super::exchange::{Established, Scene, Variation};
use super::messages::{carry, open, seal};

const VALID: &str = "the message that was meant";

/// Attacks on messages of an established context.
pub(super) fn on_messages(established: &mut Established, attacks: &mut Vec<Check>) -> Result<()> {
    let Established { client, server } = established;
    let wire = seal(client, VALID)?;
    let mut flipped = wire.clone();
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    for (what, expected, bytes) in [
        (
            "one bit of a sealed message is flipped",
            "SEC_E_MESSAGE_ALTERED",
            &flipped,
        ),
        ("the message itself still opens after that", VALID, &wire),
        (
            "the same message is sent again",
            "SEC_E_OUT_OF_SEQUENCE",
            &wire,
        ),
    ] {
        let received = carry(client, server, Kind::Wrapped, bytes)?;
        attacks.push(Check {
            what,
            expected: expected.to_owned(),
            observed: open(server, received),
        });
    }
    let next = seal(client, "and so does the next one")?;
    let received = carry(client, server, Kind::Wrapped, &next)?;
    attacks.push(Check {
        what: "the next message opens, too",
        expected: "and so does the next one".to_owned(),
        observed: open(server, received),
    });
    Ok(())
}

/// An attack on the handshake: what is done, and how it must be refused.
struct Attack {
    what: &'static str,
    variation: Variation,
    status: &'static str,
    /// The reason that the server, and only the server, sees.
    reason: Option<Error>,
}

/// Attacks on the handshake, each on a connection of its own.
pub(super) fn on_the_handshake(scene: &Scene, attacks: &mut Vec<Check>) -> Result<()> {
    for attack in list() {
        attacks.push(attempt(scene, &attack)?);
    }
    Ok(())
}

/// Makes the attack on a connection of its own.
fn attempt(scene: &Scene, attack: &Attack) -> Result<Check> {
    let run = scene.run(&attack.variation)?;
    let observed = match &run.result {
        Ok(_) => "accepted".to_owned(),
        Err(refused) => {
            let (server, client) = refused.statuses();
            match &attack.reason {
                _ if client != server => format!("{server}, and the client was told {client}"),
                Some(reason) if refused.reason() != Some(reason) => {
                    format!("{server} for another reason: {:?}", refused.reason())
                }
                _ => server,
            }
        }
    };
    Ok(Check {
        what: attack.what,
        expected: attack.status.to_owned(),
        observed,
    })
}

fn list() -> Vec<Attack> {
    vec![
        Attack {
            what: "a wrong password",
            variation: Variation {
                password: Some("not the password"),
                ..Variation::default()
            },
            status: "SEC_E_LOGON_DENIED",
            reason: Some(Error::LogonDenied(Denied::WrongPassword)),
        },
        Attack {
            what: "an unknown user; the client is told the same",
            variation: Variation {
                user: Some("mallory"),
                ..Variation::default()
            },
            status: "SEC_E_LOGON_DENIED",
            reason: Some(Error::LogonDenied(Denied::UnknownUser)),
        },
        Attack {
            what: "a relay from another channel",
            variation: Variation {
                channel: Some(b"countersign-demo:a channel of somebody else"),
                ..Variation::default()
            },
            status: "SEC_E_BAD_BINDINGS",
            reason: None,
        },
        Attack {
            what: "a client that meant another server",
            variation: Variation {
                target: Some("HTTP/elsewhere.example"),
                ..Variation::default()
            },
            status: "SEC_E_WRONG_PRINCIPAL",
            reason: None,
        },
        Attack {
            what: "encryption struck from the client's flags",
            variation: Variation {
                meddle: Some(strike_sealing),
                ..Variation::default()
            },
            status: "SEC_E_MESSAGE_ALTERED",
            reason: None,
        },
    ]
}

/// Clears NTLMSSP_NEGOTIATE_SEAL in the flags of an AUTHENTICATE message, which lie at offset 60.
fn strike_sealing(token: &mut [u8]) {
    if let Some(flags) = token.get_mut(60) {
        *flags &= !0x20;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attack that is not made, or refused for another reason, does not count as caught.
    #[test]
    fn checks_can_fail() {
        let scene = Scene::new("NTLM").unwrap();
        let [password, unknown, ..] = &list()[..] else {
            panic!("the list is shorter than it was");
        };
        let harmless = Attack {
            what: "nothing",
            variation: Variation::default(),
            status: "SEC_E_LOGON_DENIED",
            reason: None,
        };
        assert_eq!(attempt(&scene, &harmless).unwrap().observed, "accepted");
        let confused = Attack {
            what: "a mix",
            variation: unknown.variation.clone(),
            status: password.status,
            reason: password.reason.clone(),
        };
        let check = attempt(&scene, &confused).unwrap();
        assert!(!check.passed(), "{check:?}");
        assert!(check.observed.contains("UnknownUser"), "{check:?}");
    }
}
