//! sspilib: our own C library, called by a C program that others wrote.
use anyhow::Result;
use countersign::ChannelBindings;
use countersign_net::frame::Kind;

use crate::Check;
use crate::environment::Environment;
use crate::ours::Client;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "Countersign -> sspilib: sealed and signed messages",
        rules: &["CONN-3", "CONN-4", "NTLM-SIG-1", "NTLM-API-9"],
        run: |lab| {
            client(lab)?.run(
                lab.port("PORT_SSPILIB")?,
                &[(Kind::Wrapped, 12), (Kind::Signed, 6), (Kind::Wrapped, 2)],
            )
        },
    },
    Check {
        name: "Countersign -> sspilib: matching bindings",
        rules: &["NTLM-API-4", "NTLM-SRV-8"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT")?);
            client.run(lab.port("PORT_SSPILIB_CBT")?, &[(Kind::Wrapped, 1)])
        },
    },
    Check {
        name: "Countersign -> sspilib: other bindings refused",
        rules: &["NTLM-SRV-8"],
        run: |lab| {
            let mut client = client(lab)?;
            client.bindings = Some(bindings(lab, "LAB_CBT_OTHER")?);
            client.run_refused(lab.port("PORT_SSPILIB_CBT")?, "SEC_E_BAD_BINDINGS")
        },
    },
    Check {
        name: "Countersign -> sspilib: wrong password refused",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
            Client::new(&user, "nope")?.run_refused(lab.port("PORT_SSPILIB")?, "SEC_E_LOGON_DENIED")
        },
    },
];

fn client(lab: &Environment) -> Result<Client> {
    let user = format!(r"{}\{}", lab.get("LAB_DOMAIN")?, lab.get("LAB_USER")?);
    Client::new(&user, lab.get("LAB_PASS")?)
}

fn bindings(lab: &Environment, name: &str) -> Result<ChannelBindings> {
    Ok(ChannelBindings::tls_server_end_point(&lab.bytes(name)?))
}
