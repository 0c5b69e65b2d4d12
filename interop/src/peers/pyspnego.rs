//! pyspnego: handshakes, signed and sealed messages, channel bindings.
use anyhow::{Result, ensure};
use countersign::{ChannelBindings, ContextFlags, Initiate, LmCompatibilityLevel, Policy};
use countersign_net::frame::Kind;

use super::{accepted, refused};
use crate::Check;
use crate::environment::Environment;
use crate::ours::{Client, Server};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "Countersign -> pyspnego: sealed and signed messages",
        rules: &[
            "CONN-3",
            "CONN-4",
            "NTLM-SIG-1",
            "NTLM-SIG-3",
            "NTLM-SIG-4",
            "NTLM-API-9",
        ],
        run: |lab| {
            client(lab)?.run(
                lab.port("PORT_PYSPNEGO")?,
                &[(Kind::Wrapped, 12), (Kind::Signed, 6), (Kind::Wrapped, 2)],
            )
        },
    },
    Check {
        name: "Countersign -> pyspnego: signing only",
        rules: &["NTLM-SIG-1"],
        run: |lab| {
            let mut client = client(lab)?;
            client.request = Initiate::to("HTTP/localhost").require(ContextFlags::INTEGRITY);
            client.run(lab.port("PORT_PYSPNEGO")?, &[(Kind::Signed, 6)])
        },
    },
    Check {
        name: "Countersign -> pyspnego: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            Client::new(
                &format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER_UTF8")?),
                lab.get("LAB_PASS_UTF8")?,
            )?
            .run(lab.port("PORT_PYSPNEGO")?, &[(Kind::Wrapped, 1)])
        },
    },
    Check {
        name: "Countersign -> pyspnego: NTLMv2 where NTLMv1 is refused",
        rules: &["NTLM-CLI-4"],
        run: |lab| client(lab)?.run(lab.port("PORT_PYSPNEGO_V2")?, &[(Kind::Wrapped, 1)]),
    },
    Check {
        name: "Countersign -> pyspnego: NTLMv1 with session security, sealed and signed messages",
        rules: &["NTLM-CLI-4"],
        run: |lab| {
            version_1(lab)?.run(
                lab.port("PORT_PYSPNEGO")?,
                &[(Kind::Wrapped, 3), (Kind::Signed, 2), (Kind::Wrapped, 1)],
            )
        },
    },
    Check {
        name: "Countersign -> pyspnego: NTLMv1 refused",
        rules: &["NTLM-CLI-4"],
        run: |lab| version_1(lab)?.run_refused(lab.port("PORT_PYSPNEGO_V2")?, "reject NTv1"),
    },
    Check {
        name: "Countersign -> pyspnego: matching bindings",
        rules: &["NTLM-CLI-3", "NTLM-API-4"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT")?);
            client.run(
                lab.port("PORT_PYSPNEGO_CBT")?,
                &[(Kind::Wrapped, 1), (Kind::Signed, 1)],
            )
        },
    },
    Check {
        name: "Countersign -> pyspnego: other bindings refused",
        rules: &["NTLM-CLI-3"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT_OTHER")?);
            client.run_refused(lab.port("PORT_PYSPNEGO_CBT")?, "bindings do not match")
        },
    },
    Check {
        name: "Countersign -> pyspnego: a client from before extended protection is refused where bindings are wanted",
        rules: &["NTLM-CLI-3"],
        run: |lab| {
            let mut client = client(lab)?;
            client.policy.ntlm.suppress_extended_protection = true;
            client.run_refused(
                lab.port("PORT_PYSPNEGO_CBT")?,
                "not present in initiator response",
            )
        },
    },
    Check {
        name: "Countersign -> pyspnego: wrong password refused",
        rules: &["CONN-6"],
        run: |lab| {
            let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            Client::new(&user, "nope")?
                .run_refused(lab.port("PORT_PYSPNEGO")?, "Invalid NTLM response")
        },
    },
    Check {
        name: "pyspnego -> Countersign: sealed and signed messages",
        rules: &[
            "CONN-3",
            "CONN-4",
            "NTLM-SIG-1",
            "NTLM-SIG-3",
            "NTLM-SIG-4",
            "NTLM-API-9",
        ],
        run: |lab| {
            let (name, flags, target) = connects(
                lab,
                Server::default(),
                &["--target", "HTTP@localhost", "--messages", "W:12,M:6,W:2"],
            )?;
            let expected = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            ensure!(name == expected, "the client is {name}");
            ensure!(flags.contains(ContextFlags::PROTECTED), "flags {flags:?}");
            ensure!(
                target.as_deref() == Some("HTTP/localhost"),
                "target {target:?}"
            );
            Ok(())
        },
    },
    Check {
        name: "pyspnego -> Countersign: signing only",
        rules: &["NTLM-SIG-1"],
        run: |lab| {
            connects(lab, Server::default(), &["--no-conf", "--messages", "M:6"]).map(|_| ())
        },
    },
    Check {
        name: "pyspnego -> Countersign: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            let args = ["--user", lab.get("LAB_USER_UTF8")?, "--messages", "W"];
            accepted(lab, Server::default(), lab.get("LAB_PASS_UTF8")?, &args).map(|_| ())
        },
    },
    Check {
        name: "pyspnego -> Countersign: matching bindings",
        rules: &["NTLM-SRV-8", "NTLM-API-4"],
        run: |lab| {
            let args = ["--cbt", lab.get("LAB_CBT")?, "--messages", "WM"];
            connects(lab, bound(lab)?, &args).map(|_| ())
        },
    },
    Check {
        name: "pyspnego -> Countersign: other bindings refused",
        rules: &["NTLM-SRV-8"],
        run: |lab| {
            let args = [
                "--user",
                lab.get("LAB_USER")?,
                "--cbt",
                lab.get("LAB_CBT_OTHER")?,
            ];
            refused(
                lab,
                bound(lab)?,
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_BAD_BINDINGS",
            )
        },
    },
    Check {
        name: "pyspnego -> Countersign: missing bindings refused",
        rules: &["NTLM-SRV-8"],
        run: |lab| {
            let args = ["--user", lab.get("LAB_USER")?];
            refused(
                lab,
                bound(lab)?,
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_BAD_BINDINGS",
            )
        },
    },
    Check {
        name: "pyspnego -> Countersign: missing bindings allowed on request",
        rules: &["NTLM-SRV-8"],
        run: |lab| {
            let mut server = bound(lab)?;
            server.request = server.request.request(ContextFlags::ALLOW_MISSING_BINDINGS);
            connects(lab, server, &["--messages", "W"]).map(|_| ())
        },
    },
    Check {
        name: "pyspnego -> Countersign: another target refused",
        rules: &["NTLM-SRV-9"],
        run: |lab| {
            let mut server = Server::default();
            server.request = server.request.target("HTTP/localhost");
            let args = ["--user", lab.get("LAB_USER")?, "--target", "HTTP@evil"];
            refused(
                lab,
                server,
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_WRONG_PRINCIPAL",
            )
        },
    },
    Check {
        name: "pyspnego -> Countersign: wrong password refused",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let args = ["--user", lab.get("LAB_USER")?];
            refused(lab, Server::default(), "nope", &args, "SEC_E_LOGON_DENIED")
        },
    },
    Check {
        name: "pyspnego -> Countersign: NTLMv1 with session security under the policy compat",
        rules: &["NTLM-SRV-4"],
        run: |lab| {
            let server = Server {
                policy: Policy::compat(),
                ..Server::default()
            };
            connects(lab, server, &["--ntlmv1", "--messages", "WMWMW"]).map(|_| ())
        },
    },
    Check {
        name: "pyspnego -> Countersign: NTLMv1 refused",
        rules: &["NTLM-SRV-4"],
        run: |lab| {
            let args = ["--user", lab.get("LAB_USER")?, "--ntlmv1"];
            refused(
                lab,
                Server::default(),
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_LOGON_DENIED",
            )
        },
    },
];

fn client(lab: &Environment) -> Result<Client> {
    let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
    Client::new(&user, lab.get("LAB_PASS")?)
}

/// A client that answers as the policy has to allow by hand.
fn version_1(lab: &Environment) -> Result<Client> {
    let mut client = client(lab)?;
    client.policy = Policy::legacy();
    client.policy.ntlm.level = LmCompatibilityLevel::Level2;
    Ok(client)
}

fn connects(
    lab: &Environment,
    server: Server,
    args: &[&str],
) -> Result<(String, ContextFlags, Option<String>)> {
    let args = [&["--user", lab.get("LAB_USER")?], args].concat();
    accepted(lab, server, lab.get("LAB_PASS")?, &args)
}

fn bindings(lab: &Environment, name: &str) -> Result<ChannelBindings> {
    Ok(ChannelBindings::tls_server_end_point(&lab.bytes(name)?))
}

fn bound(lab: &Environment) -> Result<Server> {
    Ok(Server {
        bindings: Some(bindings(lab, "LAB_CBT")?),
        ..Server::default()
    })
}
