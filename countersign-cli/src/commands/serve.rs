//! `countersign serve`: a server that authenticates clients and shows their messages.
mod datagram;

use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use countersign::{
    Accept, Acquire, ChannelBindings, ContextFlags, Credential, Denied, Error, Facts, Logon,
    LogonAnswer, Opener, Quality, Resolve, Sealer, Unavailable,
};
use countersign_net::config::Config;
use countersign_net::frame::{self, Frame, Kind};
use countersign_net::store::{AccountStore, StoreAnswers};
use countersign_net::{Direction, DriveError, blocking};
use serde_json::json;

use super::{exit_of, package};
use crate::args::ServeArgs;
use crate::exit::{Exit, Fault, Silent};
use crate::link::{Link, shown, status_name};
use crate::message::{self, MessageError};
use crate::output::colour::{BAD, FAINT, GOOD};
use crate::output::facts::LegLine;
use crate::output::{stdout, text};
use crate::store;
use crate::stream::{HANDSHAKE, Timed};

/// How many connections may be open at the same time.
const MAX_CONNECTIONS: usize = 64;

pub(crate) fn run(args: &ServeArgs, config: &Config, verbose: bool) -> Result<()> {
    let service = Arc::new(Service::new(args, config, verbose)?);
    if args.datagrams.datagram {
        return datagram::run(args, &service);
    }
    let listener = TcpListener::bind(&args.listen).map_err(|error| deaf(args, &error))?;
    announce(listener.local_addr()?)?;
    if !args.echo {
        let service = Arc::clone(&service);
        thread::spawn(move || service.speak());
    }
    if args.once {
        let (stream, peer) = listener.accept().context("no connection came")?;
        return service
            .attend(1, stream, peer)
            .map_err(|exit| Silent(exit).into());
    }
    let mut number = 0_u64;
    loop {
        let (stream, peer) = match listener.accept() {
            Ok(connection) => connection,
            Err(error) => {
                // Out of file descriptors, as a rule: others will be closed.
                say(&format!(
                    "{BAD}no connection can be accepted:{BAD:#} {error}"
                ));
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        number += 1;
        let Some(place) = Place::take(&service) else {
            say(&format!(
                "[{number}] {peer} {BAD}turned away{BAD:#}: {MAX_CONNECTIONS} connections are open"
            ));
            continue;
        };
        let spawned = thread::Builder::new().spawn(move || {
            // The line that tells how it ended is printed; there is nobody to give the code to.
            let _ = place.0.attend(number, stream, peer);
        });
        if let Err(error) = spawned {
            say(&format!(
                "[{number}] {peer} {BAD}turned away{BAD:#}: {error}"
            ));
        }
    }
}

/// There is no listening on this address.
fn deaf(args: &ServeArgs, error: &io::Error) -> Fault {
    Fault::new(
        Exit::Config,
        format!("{} can not be listened on: {error}", args.listen),
    )
    .help("take another port, or 0 for a free one: --listen 127.0.0.1:0")
}

/// Tells where the server is, for people and for programs that started it.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = stdout();
    writeln!(out, "listening on {address}")?;
    out.flush()
}

/// One of the places for connections; dropping it frees the place.
struct Place(Arc<Service>);

impl Place {
    fn take(service: &Arc<Service>) -> Option<Self> {
        let taken = service.connections.fetch_add(1, Ordering::AcqRel);
        // The guard exists either way, so that its drop sets the count right.
        let place = Self(Arc::clone(service));
        (taken < MAX_CONNECTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What all connections share.
struct Service {
    credential: Arc<dyn Credential>,
    request: Accept,
    bindings: Option<ChannelBindings>,
    accounts: Arc<dyn AccountStore>,
    echo: bool,
    verbose: bool,
    connections: AtomicUsize,
    /// The client that came last: whom typed lines are for.
    latest: Mutex<Option<Arc<Mutex<Speaker>>>>,
}

/// The half of a connection that sends.
struct Speaker {
    number: u64,
    sealer: Sealer,
    facts: Arc<Facts>,
    stream: TcpStream,
}

impl Speaker {
    /// Sends a message with the protection that the context has, or with signatures only.
    fn say(&mut self, kind: Kind, plain: &[u8], quality: Quality) -> Result<(), String> {
        let wire = match kind {
            Kind::Signed => message::sign(&mut self.sealer, &self.facts, plain),
            _ => message::seal(&mut self.sealer, &self.facts, plain, quality)
                .map_err(MessageError::from),
        };
        let wire = wire.map_err(|error| error.to_string())?;
        frame::write(&mut self.stream, kind, &wire).map_err(|error| error.to_string())
    }
}

/// Answers logons from the store, and notes who it was.
struct Noting {
    answers: StoreAnswers<Arc<dyn AccountStore>>,
    who: String,
}

impl Resolve for Noting {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        self.who = text::visible(&if logon.domain.is_empty() {
            logon.user.clone()
        } else {
            format!(r"{}\{}", logon.domain, logon.user)
        });
        self.answers.logon(logon)
    }

    fn concluded(&mut self, logon: &Logon, result: Result<(), Denied>) {
        if let Err(error) = self.answers.record(logon, result) {
            say(&format!(
                "{BAD}a logon of {} was not counted:{BAD:#} {error}",
                self.who
            ));
        }
    }
}

impl Service {
    fn new(args: &ServeArgs, config: &Config, verbose: bool) -> Result<Self> {
        let accounts = store::serving(&args.store, config, args.lockout)?;
        let package = package(&config.packages(), &args.package)?;
        let credential = package
            .acquire(
                Acquire::inbound().policy(
                    args.policy
                        .map_or_else(|| config.policy().clone(), Into::into),
                ),
            )
            .map_err(|error| Fault::new(Exit::Config, error))?;
        let mut request = Accept::new();
        if !args.datagrams.datagram {
            // Datagrams may come in any order, and more than once.
            request = request.request(ContextFlags::PROTECTED);
        }
        for flag in &args.require {
            request = request.require(*flag);
        }
        for target in &args.target {
            request = request.target(target);
        }
        if args.allow_missing_bindings {
            request = request.request(ContextFlags::ALLOW_MISSING_BINDINGS);
        }
        // What can not be had at all is told now, and not to the first client.
        if args.datagrams.datagram {
            credential.accept_datagram(&request).map(drop)
        } else {
            credential.accept(&request).map(drop)
        }
        .map_err(|error| Fault::new(Exit::Config, error))?;
        Ok(Self {
            credential,
            request,
            bindings: args.bindings.clone(),
            accounts,
            echo: args.echo,
            verbose,
            connections: AtomicUsize::new(0),
            latest: Mutex::new(None),
        })
    }

    /// Deals with one connection from its first byte to its last.
    fn attend(&self, number: u64, stream: TcpStream, peer: SocketAddr) -> Result<(), Exit> {
        let lost = |error: io::Error| {
            say(&format!("[{number}] {peer} {BAD}lost{BAD:#}: {error}"));
            Exit::Unavailable
        };
        let mut noting = Noting {
            answers: StoreAnswers(Arc::clone(&self.accounts)),
            who: String::new(),
        };
        let mut link = Link::new(Timed::new(stream, HANDSHAKE).map_err(lost)?, |leg| {
            if self.verbose {
                let leg = LegLine::new(leg.direction == Direction::Received, leg.bytes);
                say(&format!("[{number}] {}", leg.line()));
            }
        });
        let result = self
            .credential
            .accept(&self.request)
            .map_err(DriveError::from)
            .and_then(|handshake| {
                blocking::accept(&mut link, handshake, self.bindings.as_ref(), &mut noting)
            });
        let session = link.outcome(result).map_err(|error| {
            say(&format!(
                "[{number}] {peer} {}",
                refusal(&noting.who, &error)
            ));
            exit_of(&error)
        })?;
        let mut stream = link.into_stream();
        let (sealer, opener, facts) = session.split();
        let done = json!({
            "client": facts.names.client,
            "mech": facts.package.name.to_lowercase(),
            "flags": crate::output::facts::flags(facts.flags),
        });
        frame::write(&mut stream, Kind::Done, done.to_string().as_bytes()).map_err(lost)?;
        stream.at_leisure().map_err(lost)?;
        let welcome = welcome(&facts);
        let speaker = Arc::new(Mutex::new(Speaker {
            number,
            sealer,
            facts,
            stream: stream.try_clone().map_err(lost)?,
        }));
        // Whoever reads the line can type for this client from then on.
        *lock(&self.latest) = Some(Arc::clone(&speaker));
        say(&format!("[{number}] {peer} {welcome}"));
        let end = self.listen(number, opener, &mut stream, &speaker);
        let mut latest = lock(&self.latest);
        if latest
            .as_ref()
            .is_some_and(|other| Arc::ptr_eq(other, &speaker))
        {
            *latest = None;
        }
        drop(latest);
        match &end {
            Ok(()) => say(&format!("[{number}] closed")),
            Err(Ended { line, .. }) => say(&format!("[{number}] {BAD}closed{BAD:#}: {line}")),
        }
        end.map_err(|ended| {
            if let Some(status) = ended.status {
                // The peer may be gone already.
                let _ = frame::write(&mut stream, Kind::Error, status.as_bytes());
            }
            ended.exit
        })
    }

    /// Shows messages until the client is done.
    fn listen(
        &self,
        number: u64,
        mut opener: Opener,
        stream: &mut Timed,
        speaker: &Mutex<Speaker>,
    ) -> Result<(), Ended> {
        loop {
            let frame = frame::read(stream).map_err(|error| Ended {
                line: error.to_string(),
                status: None,
                exit: Exit::Unavailable,
            })?;
            let Some(Frame { kind, mut payload }) = frame else {
                return Ok(());
            };
            let (quality, plain) = match kind {
                Kind::Wrapped | Kind::Integrity => {
                    let (plain, verified) = message::open(&mut opener, &mut payload)?;
                    (verified.quality, &payload[plain])
                }
                Kind::Signed => (
                    Quality::IntegrityOnly,
                    message::verify(&mut opener, &payload)?,
                ),
                Kind::Quit => return Ok(()),
                Kind::Error => {
                    return Err(Ended {
                        line: format!("the client gave up: {}", shown(&payload)),
                        status: None,
                        exit: Exit::Unavailable,
                    });
                }
                Kind::Token | Kind::Done => {
                    return Err(Ended {
                        line: format!("a frame of kind {kind:?} came after the handshake"),
                        status: Some("SEC_E_INVALID_TOKEN".to_owned()),
                        exit: Exit::BadData,
                    });
                }
            };
            let how = match quality {
                Quality::Confidential => "sealed",
                Quality::IntegrityOnly => "signed",
            };
            say(&format!(
                "[{number}] {FAINT}{how}{FAINT:#}  {}",
                text::visible_bytes(plain)
            ));
            if self.echo {
                let answer = [b"echo:", plain].concat();
                lock(speaker)
                    .say(kind, &answer, quality)
                    .map_err(|line| Ended {
                        line,
                        status: None,
                        exit: Exit::Unavailable,
                    })?;
            }
        }
    }

    /// Sends typed lines to the client that came last.
    fn speak(&self) {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let Some(speaker) = lock(&self.latest).clone() else {
                anstream::eprintln!("{FAINT}nobody is connected{FAINT:#}");
                continue;
            };
            let mut speaker = lock(&speaker);
            let flags = speaker.facts.flags;
            let kind = if flags.contains(ContextFlags::CONFIDENTIALITY) {
                Kind::Wrapped
            } else {
                Kind::Signed
            };
            if let Err(error) = speaker.say(kind, line.as_bytes(), Quality::Confidential) {
                say(&format!(
                    "[{}] {BAD}not sent{BAD:#}: {error}",
                    speaker.number
                ));
            }
        }
    }
}

/// How a connection ended before its time.
struct Ended {
    line: String,
    /// What the peer is told.
    status: Option<String>,
    exit: Exit,
}

impl From<MessageError> for Ended {
    fn from(error: MessageError) -> Self {
        Self {
            status: Some(match &error {
                MessageError::Security(error) => status_name(error),
                MessageError::Form(_) => "SEC_E_INVALID_TOKEN".to_owned(),
            }),
            exit: match &error {
                MessageError::Security(Error::InvalidToken(_)) | MessageError::Form(_) => {
                    Exit::BadData
                }
                MessageError::Security(_) => Exit::Failed,
            },
            line: format!("a message was refused: {error}"),
        }
    }
}

/// Who came, and what the context has.
fn welcome(facts: &Facts) -> String {
    let target = facts
        .target
        .as_deref()
        .map(|target| format!(", for {}", text::visible(target)))
        .unwrap_or_default();
    let bindings = match facts.bindings {
        Some(found) => {
            let names: Vec<&str> = found.iter_names().map(|(name, _)| name).collect();
            format!(", bindings {}", names.join(" "))
        }
        None => String::new(),
    };
    format!(
        "{GOOD}accepted{GOOD:#} {}{target}: {}{bindings}",
        text::visible(&facts.names.client),
        crate::output::facts::flags(facts.flags).join(" ")
    )
}

/// Who was refused, and why; the peer was told the status and nothing else.
fn refusal(who: &str, error: &DriveError) -> String {
    let who = if who.is_empty() {
        String::new()
    } else {
        format!(" {who}")
    };
    match error {
        DriveError::Security(error) => {
            format!("{BAD}refused{BAD:#}{who}: {error} ({})", status_name(error))
        }
        DriveError::Peer(text) => format!("{BAD}given up{BAD:#} by the client: {text}"),
        error => format!("{BAD}lost{BAD:#}{who}: {error}"),
    }
}

/// Prints a line at once. A server whose output nobody reads goes on serving.
fn say(line: &str) {
    let mut out = stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
