//! `countersign connect`: a client.
mod datagram;

use std::fmt;
use std::io::{self, BufRead, IsTerminal, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use countersign::{
    Acquire, ContextFlags, Facts, Identity, Initiate, NoAnswers, Opener, Quality, Sealer, Session,
};
use countersign_net::config::Config;
use countersign_net::frame::{self, Frame, Kind};
use countersign_net::{Direction, DriveError, blocking};
use serde_json::{Value, json};

use super::{exit_of, package};
use crate::args::ConnectArgs;
use crate::exit::{Exit, Fault};
use crate::link::{self, Link};
use crate::message::{self, MessageError};
use crate::output::colour::{BACK, FAINT, GOOD, THERE};
use crate::output::facts::LegLine;
use crate::output::table::Table;
use crate::output::{facts, json, stdout, text};
use crate::password;
use crate::stream::{HANDSHAKE, Timed};

/// How many lines of input wait to be sent.
const WAITING: usize = 16;
/// How long to wait for the last words of a server that hung up.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How the command was asked to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    /// Facts and messages.
    Text,
    /// Messages only.
    Quiet,
    /// One document at the end.
    Json,
}

/// What the writing side has to deal with.
enum Event {
    Line(String),
    InputEnd,
    /// The peer closed the connection, or what came from it ended the exchange.
    Closed(Result<()>),
}

pub(crate) fn run(args: &ConnectArgs, config: &Config, verbose: bool, quiet: bool) -> Result<()> {
    let style = match (args.json, quiet) {
        (true, _) => Style::Json,
        (false, true) => Style::Quiet,
        (false, false) => Style::Text,
    };
    let credential = credential(args, config)?;
    if args.datagrams.datagram {
        return datagram::run(args, &credential, style);
    }
    let request = request(
        args,
        ContextFlags::PROTECTED - ContextFlags::CONFIDENTIALITY,
    );
    let handshake = credential
        .initiate(&request)
        .map_err(|error| refused(args, &error.into()))?;

    let stream = Timed::new(reach(&args.server)?, HANDSHAKE)?;
    let mut legs = Vec::new();
    let mut link = Link::new(stream, |leg| {
        let leg = LegLine::new(leg.direction == Direction::Sent, leg.bytes);
        if verbose {
            anstream::eprintln!("{}", leg.line());
        }
        legs.push(leg);
    });
    let result = blocking::initiate(&mut link, handshake, args.bindings.as_ref(), &mut NoAnswers);
    let session = link
        .outcome(result)
        .map_err(|error| refused(args, &error))?;
    let server_says: Value = serde_json::from_slice(link.done()).unwrap_or(Value::Null);
    let stream = link.into_stream();

    let facts = Arc::clone(session.facts());
    if style == Style::Text {
        print_facts(args, &facts, &server_says)?;
    }
    let talk = talk(args, session, stream, style)?;
    if style == Style::Json {
        json::print(&json!({
            "legs": legs.iter().map(LegLine::document).collect::<Vec<_>>(),
            "client": facts::document(&facts),
            "server": server_says,
            "sent": talk.sent,
            "received": talk.received,
        }))?;
    }
    Ok(())
}

/// What is asked of the server: `least`, what the messages need, and what the user wants.
fn request(args: &ConnectArgs, least: ContextFlags) -> Initiate {
    let mut request = match &args.target {
        Some(target) => Initiate::to(target),
        None => Initiate::default(),
    }
    .require(least);
    if !args.no_conf {
        request = request.require(ContextFlags::CONFIDENTIALITY);
    }
    for flag in &args.require {
        request = request.require(*flag);
    }
    request
}

fn credential(args: &ConnectArgs, config: &Config) -> Result<Arc<dyn countersign::Credential>> {
    let package = package(&config.packages(), &args.package)?;
    let identity = match &args.user {
        Some(user) => {
            let password = password::read(&args.password, &text::visible(user))?;
            Identity::with_password(user, password)
                .map_err(|error| Fault::new(Exit::BadData, error))?
        }
        None => config
            .default_identity()
            .map_err(|error| Fault::new(Exit::Config, error))?
            .ok_or_else(|| {
                Fault::new(Exit::Config, "nobody is named to log on")
                    .help("say --user NAME, or set credentials in the configuration file")
            })?,
    };
    let policy = config.policy().clone();
    package
        .acquire(Acquire::outbound().identity(identity).policy(policy))
        .map_err(|error| Fault::new(Exit::Config, error).into())
}

fn unreachable(server: &str, error: &io::Error) -> Fault {
    Fault::new(
        Exit::Unavailable,
        format!("{server} can not be reached: {error}"),
    )
    .help("is the server running, and are host and port right?")
}

/// Connects to the first address that answers.
fn reach(server: &str) -> Result<TcpStream, Fault> {
    let unreachable = |error: io::Error| unreachable(server, &error);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in server.to_socket_addrs().map_err(unreachable)? {
        match TcpStream::connect_timeout(&address, HANDSHAKE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(unreachable(last))
}

/// An authentication without success, with what can be done about it.
fn refused(args: &ConnectArgs, error: &DriveError) -> Fault {
    let server = &args.server;
    let cause = match error {
        DriveError::Peer(text) => format!("{server} refused the authentication: {text}"),
        DriveError::Transport(error) => format!("the connection to {server} failed: {error}"),
        error => format!("the authentication to {server} failed: {error}"),
    };
    let fault = Fault::new(exit_of(error), cause);
    let DriveError::Peer(text) = error else {
        return fault;
    };
    let remedy = match text.split_whitespace().next().unwrap_or_default() {
        "SEC_E_LOGON_DENIED" => {
            "check name and password, and whether the account is enabled; the server's own output names the reason"
        }
        "SEC_E_BAD_BINDINGS" => "both sides must give the same channel bindings (--bindings)",
        "SEC_E_WRONG_PRINCIPAL" => "the server has another name: give it with --target",
        _ => "the server's own output names the reason",
    };
    fault.help(remedy)
}

fn print_facts(args: &ConnectArgs, facts: &Facts, server_says: &Value) -> Result<()> {
    let mut out = stdout();
    writeln!(
        out,
        "{GOOD}authenticated{GOOD:#} to {}",
        text::visible(&args.server)
    )?;
    let mut table = Table::pairs().indented(2);
    for (name, value) in facts::rows(facts) {
        table.row([name.to_owned(), value]);
    }
    if let Some(client) = server_says.get("client").and_then(Value::as_str) {
        table.row(["known there as".to_owned(), text::visible(client)]);
    }
    table.print(&[0])?;
    if args.message.is_empty() && io::stdin().is_terminal() {
        writeln!(
            out,
            "{FAINT}Each line that you type is sent; Ctrl-D ends.{FAINT:#}"
        )?;
    }
    Ok(())
}

/// What was said.
#[derive(Debug, Default)]
struct Talk {
    sent: Vec<String>,
    received: Vec<String>,
}

/// The half that sends.
struct Speaker {
    sealer: Sealer,
    facts: Arc<Facts>,
    stream: TcpStream,
}

impl Speaker {
    fn say(&mut self, line: &str) -> Result<()> {
        let (kind, wire) = if self.facts.flags.contains(ContextFlags::CONFIDENTIALITY) {
            let quality = Quality::Confidential;
            let wire = message::seal(&mut self.sealer, &self.facts, line.as_bytes(), quality)?;
            (Kind::Wrapped, wire)
        } else {
            let wire = message::sign(&mut self.sealer, &self.facts, line.as_bytes())?;
            (Kind::Signed, wire)
        };
        frame::write(&mut self.stream, kind, &wire).map_err(|error| HungUp(error).into())
    }
}

/// Sends what there is to send, and prints what arrives until the server closes.
fn talk(args: &ConnectArgs, session: Session, mut stream: Timed, style: Style) -> Result<Talk> {
    stream.at_leisure()?;
    let (sealer, opener, facts) = session.split();
    let mut speaker = Speaker {
        sealer,
        facts,
        stream: stream.try_clone()?,
    };
    let received = Arc::new(Mutex::new(Vec::new()));
    let (events, inbox) = mpsc::sync_channel(WAITING);
    let listener = Listener {
        opener,
        stream,
        style,
        received: Arc::clone(&received),
    };
    let closed = events.clone();
    thread::spawn(move || {
        let end = listener.run();
        // Nobody listens only when the command is at its end already.
        let _ = closed.send(Event::Closed(end));
    });

    let mut sent = Vec::new();
    let repeat = !args.message.is_empty() || !io::stdin().is_terminal();
    let mut send = |speaker: &mut Speaker, line: String| -> Result<()> {
        if style == Style::Text && repeat {
            print_message(true, speaker.facts.flags, &text::visible(&line))?;
        }
        speaker.say(&line)?;
        sent.push(line);
        Ok(())
    };
    let said = if args.message.is_empty() {
        thread::spawn(move || read_lines(&events));
        say_lines(&inbox, |line| send(&mut speaker, line))
    } else {
        let mut lines = args.message.iter();
        lines.try_for_each(|line| send(&mut speaker, line.clone()))
    };
    said.and_then(|()| finish(&mut speaker, &inbox))
        .map_err(|error| reason(error, &inbox))?;
    let received = std::mem::take(&mut *received.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Talk { sent, received })
}

/// Sends lines of input until there are no more.
fn say_lines(inbox: &Receiver<Event>, mut send: impl FnMut(String) -> Result<()>) -> Result<()> {
    for event in inbox {
        match event {
            Event::Line(line) => send(line)?,
            Event::InputEnd => break,
            Event::Closed(end) => {
                end?;
                let fault = Fault::new(Exit::Unavailable, "the server closed the connection");
                return Err(fault.into());
            }
        }
    }
    Ok(())
}

/// Where sending failed because the server had ended the exchange, what it said is the reason.
fn reason(error: anyhow::Error, inbox: &Receiver<Event>) -> anyhow::Error {
    if !error.is::<HungUp>() {
        return error;
    }
    while let Ok(event) = inbox.recv_timeout(LAST_WORDS) {
        match event {
            Event::Closed(Err(reason)) => return reason,
            Event::Closed(Ok(())) => break,
            Event::Line(_) | Event::InputEnd => {}
        }
    }
    Fault::new(Exit::Unavailable, error).into()
}

/// Says goodbye, and waits for the answers that are still under way.
fn finish(speaker: &mut Speaker, inbox: &Receiver<Event>) -> Result<()> {
    frame::write(&mut speaker.stream, Kind::Quit, &[]).map_err(HungUp)?;
    loop {
        match inbox.recv_timeout(HANDSHAKE) {
            Ok(Event::Closed(end)) => return end,
            Ok(Event::Line(_) | Event::InputEnd) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(Fault::new(
                    Exit::Unavailable,
                    "the server does not close the connection",
                )
                .into());
            }
        }
    }
}

fn read_lines(events: &SyncSender<Event>) {
    for line in io::stdin().lock().lines() {
        let event = match line {
            Ok(line) => Event::Line(line),
            Err(error) => Event::Closed(Err(error).context("standard input can not be read")),
        };
        let stop = matches!(event, Event::Closed(_));
        if events.send(event).is_err() || stop {
            return;
        }
    }
    // As above: without a receiver the command is at its end.
    let _ = events.send(Event::InputEnd);
}

/// The half that receives.
struct Listener {
    opener: Opener,
    stream: Timed,
    style: Style,
    received: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn run(mut self) -> Result<()> {
        loop {
            let frame = frame::read(&mut self.stream).map_err(|error| {
                Fault::new(
                    Exit::Unavailable,
                    format!("the connection broke off: {error}"),
                )
            })?;
            let Some(Frame { kind, mut payload }) = frame else {
                return Ok(());
            };
            let (protection, plain) = match kind {
                Kind::Wrapped | Kind::Integrity => {
                    let (plain, verified) =
                        message::open(&mut self.opener, &mut payload).map_err(|e| bad(&e))?;
                    let flags = match verified.quality {
                        Quality::Confidential => ContextFlags::CONFIDENTIALITY,
                        Quality::IntegrityOnly => ContextFlags::INTEGRITY,
                    };
                    (flags, String::from_utf8_lossy(&payload[plain]).into_owned())
                }
                Kind::Signed => {
                    let plain = message::verify(&mut self.opener, &payload).map_err(|e| bad(&e))?;
                    let plain = String::from_utf8_lossy(plain).into_owned();
                    (ContextFlags::INTEGRITY, plain)
                }
                Kind::Quit => return Ok(()),
                Kind::Error => {
                    let text = link::shown(&payload);
                    return Err(Fault::new(
                        Exit::Unavailable,
                        format!("the server ended the exchange: {text}"),
                    )
                    .into());
                }
                Kind::Token | Kind::Done => {
                    return Err(Fault::new(
                        Exit::BadData,
                        format!("the server sent a frame of kind {kind:?} after the handshake"),
                    )
                    .into());
                }
            };
            match self.style {
                Style::Text => print_message(false, protection, &text::visible(&plain))?,
                Style::Quiet => writeln!(stdout(), "{}", text::visible(&plain))?,
                Style::Json => self
                    .received
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(plain),
            }
        }
    }
}

fn print_message(to_server: bool, protection: ContextFlags, text: &str) -> Result<()> {
    let (style, arrow) = if to_server {
        (THERE, "->")
    } else {
        (BACK, "<-")
    };
    let how = if protection.contains(ContextFlags::CONFIDENTIALITY) {
        "sealed"
    } else {
        "signed"
    };
    writeln!(
        stdout(),
        "{style}{arrow}{style:#} {FAINT}{how}{FAINT:#}  {text}"
    )?;
    Ok(())
}

/// The connection broke off while something was sent.
#[derive(Debug)]
struct HungUp(io::Error);

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the connection broke off: {}", self.0)
    }
}

impl std::error::Error for HungUp {}

fn bad(error: &MessageError) -> Fault {
    Fault::new(
        Exit::Failed,
        format!("a message of the server is refused: {error}"),
    )
}
