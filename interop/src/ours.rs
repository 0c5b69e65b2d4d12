//! Countersign's client and server as the lab uses them.
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use countersign::ntlm::{Ntlm, ServerNames};
use countersign::wire::description::hex;
use countersign::{
    Accept, Account, Acquire, ChannelBindings, ContextFlags, Facts, Identity, Initiate, NoAnswers,
    Package, Policy, Resolve, Session,
};
use countersign_net::blocking::{self, Framed};
use countersign_net::frame::{self, Kind};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};

use crate::environment::Environment;
use crate::wire::{LabTransport, protect, read, unprotect};

/// No exchange of the lab takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Our client.
pub(crate) struct Client {
    pub(crate) identity: Identity,
    pub(crate) request: Initiate,
    pub(crate) bindings: Option<ChannelBindings>,
    pub(crate) policy: Policy,
    /// Whether an empty message is among those that are exchanged.
    pub(crate) empty: bool,
}

impl Client {
    /// A client that signs and seals.
    pub(crate) fn new(user: &str, password: &str) -> Result<Self> {
        Ok(Self {
            identity: Identity::with_password(user, password)?,
            request: Initiate::to("HTTP/localhost").require(ContextFlags::PROTECTED),
            bindings: None,
            policy: Policy::modern(),
            empty: true,
        })
    }

    /// Authenticates to a peer, compares the session keys and exchanges messages.
    pub(crate) fn run(&self, port: u16, messages: &[(Kind, usize)]) -> Result<()> {
        let credential = Ntlm::default().workstation("LABCLIENT").acquire(
            Acquire::outbound()
                .identity(self.identity.clone())
                .policy(self.policy.clone()),
        )?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut transport = LabTransport(Framed::new(stream));
        let mut session = blocking::initiate(
            &mut transport,
            credential.initiate(&self.request)?,
            self.bindings.as_ref(),
            &mut NoAnswers,
        )?;
        let mut stream = transport.0.into_inner();
        let done = read(&mut stream)?;
        ensure!(
            done.kind == Kind::Done,
            "D was expected, not {:?}",
            done.kind
        );
        let done: serde_json::Value = serde_json::from_slice(&done.payload)?;
        let theirs = done["key"].as_str().context("no session key in D")?;
        ensure!(key(session.facts()) == theirs, "the session keys differ");
        for (kind, count) in messages {
            for n in 0..*count {
                let text = message(n, self.empty);
                frame::write(&mut stream, *kind, &protect(&mut session, *kind, &text)?)?;
                let answer = read(&mut stream)?;
                ensure!(
                    answer.kind == *kind,
                    "{:?} was answered by {:?}",
                    kind,
                    answer.kind
                );
                let opened = unprotect(&mut session, *kind, answer.payload)?;
                ensure!(
                    opened == [b"echo:", &text[..]].concat(),
                    "message {n} came back changed"
                );
            }
        }
        frame::write(&mut stream, Kind::Quit, &[])?;
        Ok(())
    }

    /// Tries to authenticate, and wants to be refused with a text that holds `reason`.
    pub(crate) fn run_refused(&self, port: u16, reason: &str) -> Result<()> {
        match self.run(port, &[]) {
            Ok(()) => bail!("accepted, and a refusal was expected"),
            Err(error) => {
                let text = format!("{error:#}");
                ensure!(text.contains(reason), "refused for another reason: {text}");
                Ok(())
            }
        }
    }
}

/// Our server, for one connection.
pub(crate) struct Server {
    pub(crate) request: Accept,
    pub(crate) bindings: Option<ChannelBindings>,
    pub(crate) policy: Policy,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            request: Accept::new(),
            bindings: None,
            policy: Policy::modern(),
        }
    }
}

/// A server that is listening.
pub(crate) struct Running {
    pub(crate) port: u16,
    thread: JoinHandle<Result<(String, ContextFlags, Option<String>)>>,
}

impl Server {
    /// Listens on a port of its own with the lab's accounts.
    pub(crate) fn start(self, environment: &Environment) -> Result<Running> {
        let accounts = MemoryAccounts::new();
        let domain = environment.get("LAB_DOMAIN")?;
        for (user, password) in [
            ("LAB_USER", "LAB_PASS"),
            ("LAB_USER2", "LAB_PASS2"),
            ("LAB_USER_UTF8", "LAB_PASS_UTF8"),
        ] {
            let password = environment.get(password)?.into();
            accounts.add(&Account::with_password(
                domain,
                environment.get(user)?,
                &password,
            ))?;
        }
        let names = ServerNames::domain_member("LABSERVER", domain, "lab.example", "example");
        self.listen(names, StoreAnswers(accounts))
    }

    /// Listens on a port of its own under these names, with logons that `answers` decides.
    pub(crate) fn listen(
        self,
        names: ServerNames,
        mut answers: impl Resolve + Send + 'static,
    ) -> Result<Running> {
        let credential = Ntlm::default()
            .server_names(names)
            .acquire(Acquire::inbound().policy(self.policy.clone()))?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept()?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut transport = LabTransport(Framed::new(stream));
            let mut session = blocking::accept(
                &mut transport,
                credential.accept(&self.request)?,
                self.bindings.as_ref(),
                &mut answers,
            )?;
            let mut stream = transport.0.into_inner();
            let facts = std::sync::Arc::clone(session.facts());
            let done = serde_json::json!({
                "client": facts.names.client, "mech": facts.package.name,
                "flags": facts.flags.bits(), "key": key(&facts),
            });
            frame::write(&mut stream, Kind::Done, done.to_string().as_bytes())?;
            echo(&mut stream, &mut session)?;
            Ok((
                facts.names.client.clone(),
                facts.flags,
                facts.target.clone(),
            ))
        });
        Ok(Running { port, thread })
    }
}

impl Running {
    /// Waits for the end of the connection: who the client was, with what flags and for which target.
    pub(crate) fn finish(self) -> Result<(String, ContextFlags, Option<String>)> {
        self.thread
            .join()
            .map_err(|_| anyhow!("the server panicked"))?
    }
}

/// Answers every message until the client has enough.
fn echo(stream: &mut TcpStream, session: &mut Session) -> Result<()> {
    loop {
        let frame = read(stream)?;
        match frame.kind {
            Kind::Quit => return Ok(()),
            kind @ (Kind::Wrapped | Kind::Signed) => {
                let text = unprotect(session, kind, frame.payload)?;
                let answer = [b"echo:", &text[..]].concat();
                frame::write(stream, kind, &protect(session, kind, &answer)?)?;
            }
            other => bail!("a message was expected, not {other:?}"),
        }
    }
}

/// Messages of many lengths, the empty one (where it may be) and one beyond 64 KiB among them.
fn message(n: usize, empty: bool) -> Vec<u8> {
    const LENGTHS: [usize; 6] = [37, 0, 1, 64, 4096, 65_537];
    let length = match LENGTHS[n % LENGTHS.len()] {
        0 if !empty => 74,
        length => length,
    };
    (0..length)
        .map(|i| u8::try_from(i % 251).unwrap_or_default())
        .collect()
}

fn key(facts: &Facts) -> String {
    facts
        .session_key
        .as_ref()
        .map_or_else(String::new, |key| hex(key.expose()))
}
