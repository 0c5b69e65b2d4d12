//! Samba as a domain controller: its LDAP server as the peer of our client, and `winbindd` as the
//! authority behind our server.
//!
//! A wrong password counts towards a lockout: the right one that follows resets the count.
use anyhow::{Context, Result, bail, ensure};
use countersign::ntlm::{Ntlm, ServerNames};
use countersign::{Acquire, ContextFlags, Identity, Initiate, Package};
use countersign_net::authority::ntlm_auth::NtlmAuth;
use countersign_net::frame::Kind;

use crate::Check;
use crate::environment::Environment;
use crate::ldap::{Bound, Connection};
use crate::ours::{Client, Running, Server};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "Countersign -> Samba's LDAP: bind and sealed searches",
        rules: &[
            "CONN-3",
            "CONN-4",
            "CONN-9",
            "NTLM-CLI-6",
            "NTLM-SIG-1",
            "NTLM-SIG-3",
            "NTLM-SIG-4",
        ],
        run: |lab| {
            let user = lab.get("LAB_USER")?;
            let mut bound = bind(lab, user, lab.get("LAB_PASS")?)?;
            (0..3).try_for_each(|_| finds(lab, &mut bound, user))
        },
    },
    Check {
        name: "Countersign -> Samba's LDAP: bind and searches without protection",
        rules: &["CONN-3", "NTLM-FLG-3"],
        run: |lab| {
            let user = lab.get("LAB_USER")?;
            let nothing = ContextFlags::empty();
            let mut bound = bind_with(lab, user, lab.get("LAB_PASS")?, nothing)?;
            (0..2).try_for_each(|_| finds(lab, &mut bound, user))
        },
    },
    Check {
        name: "Countersign -> Samba's LDAP: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            let user = lab.get("LAB_USER_UTF8")?;
            let mut bound = bind(lab, user, lab.get("LAB_PASS_UTF8")?)?;
            finds(lab, &mut bound, user)
        },
    },
    Check {
        name: "Countersign -> Samba's LDAP: wrong password refused",
        rules: &["CONN-6"],
        run: |lab| {
            let user = lab.get("LAB_USER")?;
            match bind(lab, user, "nope") {
                Ok(_) => bail!("bound, and a refusal was expected"),
                Err(error) => {
                    let text = format!("{error:#}");
                    // invalidCredentials
                    ensure!(text.contains("ended with 49"), "refused otherwise: {text}");
                }
            }
            bind(lab, user, lab.get("LAB_PASS")?).map(|_| ())
        },
    },
    Check {
        name: "winbindd behind Countersign: logon, same session key, sealed and signed messages",
        rules: &["CONN-3", "CONN-6", "NTLM-SRV-4", "NTLM-SIG-1"],
        run: |lab| {
            let running = server(authority(lab)?, lab)?;
            client(lab, lab.get("LAB_USER")?, lab.get("LAB_PASS")?)?
                .run(running.port, &[(Kind::Wrapped, 6), (Kind::Signed, 6)])?;
            let (name, flags, _) = running.finish()?;
            let expected = qualified(lab, lab.get("LAB_USER")?)?;
            ensure!(name == expected, "the client is {name}");
            ensure!(flags.contains(ContextFlags::PROTECTED), "flags {flags:?}");
            Ok(())
        },
    },
    Check {
        name: "winbindd behind Countersign: non-ASCII account",
        rules: &["NTLM-MSG-3"],
        run: |lab| {
            let running = server(authority(lab)?, lab)?;
            client(lab, lab.get("LAB_USER_UTF8")?, lab.get("LAB_PASS_UTF8")?)?
                .run(running.port, &[(Kind::Wrapped, 1)])?;
            running.finish().map(|_| ())
        },
    },
    Check {
        name: "winbindd behind Countersign: refusals, and one helper for all of them",
        rules: &["CONN-6", "NTLM-API-7"],
        run: |lab| {
            let authority = authority(lab)?;
            let (alice, password) = (lab.get("LAB_USER")?, lab.get("LAB_PASS")?);
            for (user, password, why) in [
                (alice, "nope", "wrong password"),
                ("nobody", password, "unknown user"),
                (lab.get("AD_DISABLED")?, password, "the account is disabled"),
                (lab.get("AD_LOCKED")?, password, "the account is locked out"),
            ] {
                let running = server(authority.clone(), lab)?;
                refused(lab, running, (user, password), "SEC_E_LOGON_DENIED", why)
                    .with_context(|| user.to_owned())?;
            }
            let running = server(authority, lab)?;
            client(lab, alice, password)?.run(running.port, &[])?;
            running.finish().map(|_| ())
        },
    },
    Check {
        name: "winbindd out of reach behind Countersign: no logon, and no refusal either",
        rules: &["CONN-6"],
        run: |lab| {
            // Outside the controller's namespace there is no winbindd.
            let alone = NtlmAuth::new().argument(
                lab.get("AD_NTLM_AUTH")?
                    .split_whitespace()
                    .find(|word| word.starts_with("--configfile="))
                    .context("no --configfile in AD_NTLM_AUTH")?,
            );
            let account = (lab.get("LAB_USER")?, lab.get("LAB_PASS")?);
            refused(
                lab,
                server(alone, lab)?,
                account,
                "SEC_E_NO_AUTHENTICATING_AUTHORITY",
                "winbind",
            )
        },
    },
];

fn qualified(lab: &Environment, user: &str) -> Result<String> {
    Ok(format!(r"{}\{user}", lab.get("AD_DOMAIN")?))
}

fn bind(lab: &Environment, user: &str, password: &str) -> Result<Bound> {
    bind_with(lab, user, password, ContextFlags::PROTECTED)
}

fn bind_with(lab: &Environment, user: &str, password: &str, flags: ContextFlags) -> Result<Bound> {
    let identity = Identity::with_password(&qualified(lab, user)?, password)?;
    let credential = Ntlm::default()
        .workstation("LABCLIENT")
        .acquire(Acquire::outbound().identity(identity))?;
    let request = Initiate::to(format!("ldap/{}", lab.get("AD_DC")?)).require(flags);
    Connection::open(lab.command("AD_LDAP")?)?.bind(credential.initiate(&request)?)
}

/// The controller tells nobody about accounts who is not logged on.
fn finds(lab: &Environment, bound: &mut Bound, user: &str) -> Result<()> {
    let base = lab.get("AD_BASE")?;
    let found = bound.search(base, "sAMAccountName", user)?;
    ensure!(
        found == [format!("CN={user},CN=Users,{base}")],
        "found {found:?}"
    );
    Ok(())
}

fn authority(lab: &Environment) -> Result<NtlmAuth> {
    let mut words = lab.get("AD_NTLM_AUTH")?.split_whitespace();
    let program = words.next().context("AD_NTLM_AUTH is empty")?;
    Ok(words.fold(NtlmAuth::new().program(program), NtlmAuth::argument))
}

/// Our server under the controller's own names, as a member of its domain would have its own.
fn server(authority: NtlmAuth, lab: &Environment) -> Result<Running> {
    let names = ServerNames::domain_member(
        lab.get("AD_HOST")?,
        lab.get("AD_DOMAIN")?,
        lab.get("AD_DC")?,
        lab.get("AD_DNS")?,
    );
    Server::default().listen(names, authority)
}

fn client(lab: &Environment, user: &str, password: &str) -> Result<Client> {
    Client::new(&qualified(lab, user)?, password)
}

/// The client hears this status, and the server knows why.
fn refused(
    lab: &Environment,
    running: Running,
    (user, password): (&str, &str),
    status: &str,
    why: &str,
) -> Result<()> {
    client(lab, user, password)?.run_refused(running.port, status)?;
    match running.finish() {
        Ok(_) => bail!("our server let it in"),
        Err(error) => {
            let text = format!("{error:#}");
            ensure!(text.contains(why), "refused for another reason: {text}");
            Ok(())
        }
    }
}
