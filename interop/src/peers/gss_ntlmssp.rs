//! gss-ntlmssp below MIT's GSS-API: handshakes, signed and sealed messages, channel bindings.
//!
//! Its client sends a MIC only when it is asked to as a SPNEGO would, and it protects no empty message.
use anyhow::{Result, ensure};
use countersign::{ChannelBindings, ContextFlags, Initiate, Policy};
use countersign_net::frame::Kind;

use super::{accepted, refused};
use crate::Check;
use crate::environment::Environment;
use crate::ours::{Client, Server};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "Countersign -> gss-ntlmssp: sealed and signed messages",
        rules: &[
            "CONN-3",
            "CONN-4",
            "CONN-9",
            "NTLM-CLI-6",
            "NTLM-SIG-1",
            "NTLM-SIG-3",
            "NTLM-SIG-4",
            "NTLM-API-9",
        ],
        run: |lab| {
            client(lab)?.run(
                lab.port("PORT_GSS_NTLMSSP")?,
                &[(Kind::Wrapped, 12), (Kind::Signed, 6), (Kind::Wrapped, 2)],
            )
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: signing only",
        rules: &["NTLM-SIG-1", "NTLM-FLG-3"],
        run: |lab| {
            let mut client = client(lab)?;
            client.request = Initiate::to("HTTP/localhost").require(ContextFlags::INTEGRITY);
            client.run(lab.port("PORT_GSS_NTLMSSP")?, &[(Kind::Signed, 6)])
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            Client::new(
                &format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER_UTF8")?),
                lab.get("LAB_PASS_UTF8")?,
            )?
            .run(lab.port("PORT_GSS_NTLMSSP")?, &[(Kind::Wrapped, 1)])
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: matching bindings",
        rules: &["NTLM-CLI-3", "NTLM-API-4"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT")?);
            client.run(
                lab.port("PORT_GSS_NTLMSSP_CBT")?,
                &[(Kind::Wrapped, 1), (Kind::Signed, 1)],
            )
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: other bindings refused",
        rules: &["NTLM-CLI-3"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT_OTHER")?);
            client.run_refused(lab.port("PORT_GSS_NTLMSSP_CBT")?, "Invalid token")
        },
    },
    Check {
        name: "Countersign -> gss-ntlmssp: wrong password refused",
        rules: &["CONN-6"],
        run: |lab| {
            let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            Client::new(&user, "nope")?
                .run_refused(lab.port("PORT_GSS_NTLMSSP")?, "Invalid argument")
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: sealed and signed messages",
        rules: &[
            "CONN-3",
            "CONN-4",
            "CONN-9",
            "NTLM-SRV-6",
            "NTLM-SIG-1",
            "NTLM-SIG-3",
            "NTLM-SIG-4",
            "NTLM-API-9",
        ],
        run: |lab| {
            let (name, flags, target) = connects(
                lab,
                Server::default(),
                &[
                    "--mic",
                    "--target",
                    "HTTP@localhost",
                    "--messages",
                    "W:12,M:6,W:2",
                ],
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
        name: "gss-ntlmssp -> Countersign: refused without a MIC",
        rules: &["NTLM-MSG-2"],
        run: |lab| {
            refused(
                lab,
                Server::default(),
                lab.get("LAB_PASS")?,
                &["--backend", "gssapi", "--user", lab.get("LAB_USER")?],
                "SEC_E_SECURITY_QOS_FAILED",
            )
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: without a MIC where policy allows it",
        rules: &["NTLM-MSG-2", "NTLM-SIG-1"],
        run: |lab| {
            let server = Server {
                policy: Policy::compat(),
                ..Server::default()
            };
            connects(lab, server, &["--messages", "W:6,M:6"]).map(|_| ())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: signing only",
        rules: &["NTLM-SIG-1", "NTLM-FLG-3"],
        run: |lab| {
            let (_, flags, _) = connects(
                lab,
                Server::default(),
                &["--mic", "--no-conf", "--messages", "M:6"],
            )?;
            ensure!(
                !flags.contains(ContextFlags::CONFIDENTIALITY),
                "flags {flags:?}"
            );
            Ok(())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            let user = lab.get("LAB_USER_UTF8")?;
            let args = [
                "--backend",
                "gssapi",
                "--mic",
                "--user",
                user,
                "--messages",
                "W",
            ];
            let (name, ..) = accepted(lab, Server::default(), lab.get("LAB_PASS_UTF8")?, &args)?;
            ensure!(name.ends_with(user), "the client is {name}");
            Ok(())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: matching bindings",
        rules: &["NTLM-SRV-8", "NTLM-API-4"],
        run: |lab| {
            let args = ["--mic", "--cbt", lab.get("LAB_CBT")?, "--messages", "WM"];
            connects(lab, bound(lab)?, &args).map(|_| ())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: other bindings refused",
        rules: &["NTLM-SRV-8"],
        run: |lab| {
            let args = ["--cbt", lab.get("LAB_CBT_OTHER")?];
            refuses(lab, bound(lab)?, &args, "SEC_E_BAD_BINDINGS")
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: missing bindings refused",
        rules: &["NTLM-SRV-8"],
        run: |lab| refuses(lab, bound(lab)?, &[], "SEC_E_BAD_BINDINGS"),
    },
    Check {
        name: "gss-ntlmssp -> Countersign: another target refused",
        rules: &["NTLM-SRV-9"],
        run: |lab| {
            let mut server = Server::default();
            server.request = server.request.target("HTTP/localhost");
            refuses(
                lab,
                server,
                &["--target", "HTTP@evil"],
                "SEC_E_WRONG_PRINCIPAL",
            )
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: NTLMv1 with session security under the policy compat",
        rules: &["NTLM-SRV-4"],
        run: |lab| {
            let server = Server {
                policy: Policy::compat(),
                ..Server::default()
            };
            connects(lab, server, &["--ntlmv1", "--messages", "WMWM"]).map(|_| ())
        },
    },
    Check {
        name: "gss-ntlmssp -> Countersign: NTLMv1 refused",
        rules: &["NTLM-SRV-4"],
        run: |lab| refuses(lab, Server::default(), &["--ntlmv1"], "SEC_E_LOGON_DENIED"),
    },
    Check {
        name: "gss-ntlmssp -> Countersign: wrong password refused",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let args = [
                "--backend",
                "gssapi",
                "--mic",
                "--user",
                lab.get("LAB_USER")?,
            ];
            refused(lab, Server::default(), "nope", &args, "SEC_E_LOGON_DENIED")
        },
    },
];

fn client(lab: &Environment) -> Result<Client> {
    let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
    let mut client = Client::new(&user, lab.get("LAB_PASS")?)?;
    client.empty = false;
    Ok(client)
}

fn connects(
    lab: &Environment,
    server: Server,
    args: &[&str],
) -> Result<(String, ContextFlags, Option<String>)> {
    let args = [
        &[
            "--backend",
            "gssapi",
            "--no-empty",
            "--user",
            lab.get("LAB_USER")?,
        ],
        args,
    ]
    .concat();
    accepted(lab, server, lab.get("LAB_PASS")?, &args)
}

/// The right password, a MIC, and yet a refusal.
fn refuses(lab: &Environment, server: Server, args: &[&str], reason: &str) -> Result<()> {
    let args = [
        &[
            "--backend",
            "gssapi",
            "--mic",
            "--user",
            lab.get("LAB_USER")?,
        ],
        args,
    ]
    .concat();
    refused(lab, server, lab.get("LAB_PASS")?, &args, reason)
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
