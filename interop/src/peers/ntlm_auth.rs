//! Samba's `ntlm_auth`: handshakes and session keys; it protects no messages.
use anyhow::{Result, ensure};
use countersign::{ContextFlags, Initiate, Policy};

use super::{accepted, refused};
use crate::Check;
use crate::environment::Environment;
use crate::ours::{Client, Server};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "Countersign -> ntlm_auth: same session key",
        rules: &["CONN-3", "CONN-4", "CONN-9", "NTLM-API-1", "NTLM-CLI-6"],
        run: |lab| client(lab)?.run(lab.port("PORT_NTLM_AUTH")?, &[]),
    },
    Check {
        name: "Countersign -> ntlm_auth: signing only",
        rules: &["NTLM-FLG-3"],
        run: |lab| {
            let mut client = client(lab)?;
            client.request = Initiate::to("HTTP/localhost").require(ContextFlags::INTEGRITY);
            client.run(lab.port("PORT_NTLM_AUTH")?, &[])
        },
    },
    Check {
        name: "Countersign -> ntlm_auth: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            Client::new(
                &format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER_UTF8")?),
                lab.get("LAB_PASS_UTF8")?,
            )?
            .run(lab.port("PORT_NTLM_AUTH_UTF8")?, &[])
        },
    },
    Check {
        name: "Countersign -> ntlm_auth: wrong password refused",
        rules: &["CONN-6"],
        run: |lab| {
            let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            Client::new(&user, "nope")?
                .run_refused(lab.port("PORT_NTLM_AUTH")?, "NT_STATUS_LOGON_FAILURE")
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: same session key",
        rules: &["CONN-3", "CONN-4", "CONN-9", "NTLM-API-1", "NTLM-SRV-6"],
        run: |lab| {
            let (name, flags, target) = connects(lab, &["--target", "HTTP@localhost"])?;
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
        name: "ntlm_auth -> Countersign: signing only",
        rules: &["NTLM-FLG-3"],
        run: |lab| {
            let (_, flags, _) = connects(lab, &["--no-conf"])?;
            ensure!(
                !flags.contains(ContextFlags::CONFIDENTIALITY),
                "flags {flags:?}"
            );
            Ok(())
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            let user = lab.get("LAB_USER_UTF8")?;
            let args = ["--backend", "ntlm_auth", "--user", user];
            let (name, ..) = accepted(lab, Server::default(), lab.get("LAB_PASS_UTF8")?, &args)?;
            ensure!(name.ends_with(user), "the client is {name}");
            Ok(())
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: wrong password refused",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let args = ["--backend", "ntlm_auth", "--user", lab.get("LAB_USER")?];
            refused(
                lab,
                Server::default(),
                "nope",
                &args,
                "SEC_E_LOGON_DENIED: logon denied: wrong password",
            )
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: unknown account refused",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let args = ["--backend", "ntlm_auth", "--user", "nobody"];
            refused(
                lab,
                Server::default(),
                "nope",
                &args,
                "SEC_E_LOGON_DENIED: logon denied: unknown user",
            )
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: NTLMv1 with session security under the policy compat",
        rules: &["NTLM-SRV-4"],
        run: |lab| {
            let server = Server {
                policy: Policy::compat(),
                ..Server::default()
            };
            let user = lab.get("LAB_USER")?;
            let args = ["--backend", "ntlm_auth", "--user", user, "--ntlmv1"];
            accepted(lab, server, lab.get("LAB_PASS")?, &args).map(|_| ())
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: NTLMv1 refused",
        rules: &["NTLM-SRV-4"],
        run: |lab| {
            let args = [
                "--backend",
                "ntlm_auth",
                "--user",
                lab.get("LAB_USER")?,
                "--ntlmv1",
            ];
            refused(
                lab,
                Server::default(),
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_LOGON_DENIED",
            )
        },
    },
    Check {
        name: "ntlm_auth -> Countersign: required confidentiality refuses a client that does not seal",
        rules: &["CONN-6"],
        run: |lab| {
            let mut server = Server::default();
            server.request = server.request.require(ContextFlags::CONFIDENTIALITY);
            let args = [
                "--backend",
                "ntlm_auth",
                "--user",
                lab.get("LAB_USER")?,
                "--no-conf",
            ];
            refused(
                lab,
                server,
                lab.get("LAB_PASS")?,
                &args,
                "SEC_E_SECURITY_QOS_FAILED",
            )
        },
    },
];

fn client(lab: &Environment) -> Result<Client> {
    let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
    Client::new(&user, lab.get("LAB_PASS")?)
}

fn connects(lab: &Environment, args: &[&str]) -> Result<(String, ContextFlags, Option<String>)> {
    let args = [
        &["--backend", "ntlm_auth", "--user", lab.get("LAB_USER")?],
        args,
    ]
    .concat();
    accepted(lab, Server::default(), lab.get("LAB_PASS")?, &args)
}
