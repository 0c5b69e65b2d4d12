//! A client and a server that authenticate over a TCP connection on the loopback.
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use countersign::{
    Accept, Account, Acquire, BindingsResult, ChannelBindings, ContextFlags, Datagram, Environment,
    Error, Facts, Identity, Incoming, Initiate, NoAnswers, Opener, Package, Packages, Sealer,
    SecretString, Session,
};
use countersign_net::blocking::{self, Transport};
use countersign_net::datagram::Server;
use countersign_net::frame::{self, Kind};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};
use countersign_net::{Direction, DriveError, Side};

use super::Check;
use crate::commands::package;
use crate::link::{Link, status_name};
use crate::output::facts::LegLine;
use crate::stream::{HANDSHAKE, Timed};

/// The account; its password is made up anew for each run.
const DOMAIN: &str = "DEMO";
const USER: &str = "alice";
/// The name of the server.
const TARGET: &str = "HTTP/demo.example";
/// What stands for the certificate of a TLS channel.
const CHANNEL: &[u8] = b"countersign-demo:the channel of both sides";

/// The package and the account, the same for every run.
#[derive(Debug)]
pub(super) struct Scene {
    package: Arc<dyn Package>,
    accounts: MemoryAccounts,
    password: SecretString,
}

/// What a run does otherwise than it should.
#[derive(Clone, Debug, Default)]
pub(super) struct Variation {
    pub(super) user: Option<&'static str>,
    pub(super) password: Option<&'static str>,
    pub(super) target: Option<&'static str>,
    pub(super) channel: Option<&'static [u8]>,
    /// Changes the client's last token on its way.
    pub(super) meddle: Option<fn(&mut [u8])>,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) address: String,
    pub(super) legs: Vec<LegLine>,
    pub(super) result: Result<Established, Refused>,
}

/// Both ends of an authenticated connection.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) client: End,
    pub(super) server: End,
}

/// One end of it.
#[derive(Debug)]
pub(super) struct End {
    pub(super) sealer: Sealer,
    pub(super) opener: Opener,
    pub(super) facts: Arc<Facts>,
    pub(super) stream: Timed,
}

impl End {
    fn new(session: Session, stream: Timed) -> Self {
        let (sealer, opener, facts) = session.split();
        Self {
            sealer,
            opener,
            facts,
            stream,
        }
    }
}

/// How both sides saw a refusal.
#[derive(Debug)]
pub(super) struct Refused {
    client: Result<(), DriveError>,
    server: Result<(), DriveError>,
}

impl Refused {
    /// The status that the server refused with, and what it told the client.
    pub(super) fn statuses(&self) -> (String, String) {
        let name = |result: &Result<(), DriveError>| match result {
            Ok(()) => "accepted".to_owned(),
            Err(DriveError::Security(error)) => status_name(error),
            Err(DriveError::Peer(text)) => text.clone(),
            Err(error) => error.to_string(),
        };
        (name(&self.server), name(&self.client))
    }

    /// The server's own reason.
    pub(super) fn reason(&self) -> Option<&Error> {
        match &self.server {
            Err(DriveError::Security(error)) => Some(error),
            _ => None,
        }
    }

    /// The error where there should be none.
    pub(super) fn unexpected(self) -> anyhow::Error {
        match (self.server, self.client) {
            // The side that was only told why is the less interesting one.
            (Err(server), Err(DriveError::Peer(_)) | Ok(())) => {
                anyhow!(server).context("the server refused the client")
            }
            (_, Err(client)) => anyhow!(client).context("the client failed"),
            (Ok(()), Ok(())) => anyhow!("both sides are established, and one went missing"),
        }
    }
}

impl Scene {
    /// A throw-away account for `package`.
    pub(super) fn new(name: &str) -> Result<Self> {
        let package = package(&Packages::standard(), name)?;
        let noise: [u8; 12] = Environment::system().random().map_err(Error::from)?;
        let password = SecretString::from(countersign::wire::description::hex(&noise));
        let accounts = MemoryAccounts::new();
        accounts.add(&Account::with_password(DOMAIN, USER, &password))?;
        Ok(Self {
            package,
            accounts,
            password,
        })
    }

    /// Authenticates once.
    pub(super) fn run(&self, variation: &Variation) -> Result<Run> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .context("no port of the loopback can be listened on")?;
        let address = listener.local_addr()?;
        let legs = Mutex::new(Vec::new());
        let (client, server) = thread::scope(|scope| {
            let serving = scope.spawn(|| self.serve(&listener));
            let client = self.connect(variation, TcpStream::connect(address)?, &legs);
            let server = serving
                .join()
                .map_err(|_| anyhow!("the server's thread panicked"))?;
            anyhow::Ok((client?, server?))
        })?;
        let result = match (client, server) {
            (Ok(client), Ok(server)) => Ok(Established { client, server }),
            (client, server) => Err(Refused {
                client: client.map(|_| ()),
                server: server.map(|_| ()),
            }),
        };
        Ok(Run {
            address: address.to_string(),
            legs: legs.into_inner().unwrap_or_else(PoisonError::into_inner),
            result,
        })
    }

    /// A client's connectionless context, and a server that knows the account.
    pub(super) fn datagram(&self) -> Result<(Datagram, Server, StoreAnswers<MemoryAccounts>)> {
        let identity =
            Identity::with_password(&format!(r"{DOMAIN}\{USER}"), self.password.clone())?;
        let wanted = ContextFlags::INTEGRITY | ContextFlags::CONFIDENTIALITY;
        let client = self
            .package
            .acquire(Acquire::outbound().identity(identity))?
            .datagram(&Initiate::to(TARGET).require(wanted))?;
        let credential = self.package.acquire(Acquire::inbound())?;
        let server = Server::new(credential, Accept::new().require(wanted).target(TARGET));
        Ok((client, server, StoreAnswers(self.accounts.clone())))
    }

    fn connect(
        &self,
        variation: &Variation,
        stream: TcpStream,
        legs: &Mutex<Vec<LegLine>>,
    ) -> Result<Result<End, DriveError>> {
        let name = format!(r"{DOMAIN}\{}", variation.user.unwrap_or(USER));
        let password = variation
            .password
            .map_or_else(|| self.password.clone(), SecretString::from);
        let identity = Identity::with_password(&name, password)?;
        let request = Initiate::to(variation.target.unwrap_or(TARGET)).require(PROTECTED);
        let handshake = self
            .package
            .acquire(Acquire::outbound().identity(identity))?
            .initiate(&request)?;
        let channel = variation.channel.unwrap_or(CHANNEL);
        let bindings = ChannelBindings::from_application_data(channel.to_vec());
        let link = Link::new(Timed::new(stream, HANDSHAKE)?, |leg| {
            legs.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(LegLine::new(leg.direction == Direction::Sent, leg.bytes));
        });
        let mut meddler = Meddler {
            link,
            change: variation.meddle,
            sent: 0,
        };
        let result = blocking::initiate(&mut meddler, handshake, Some(&bindings), &mut NoAnswers);
        let mut link = meddler.link;
        let result = link.outcome(result);
        Ok(result.map(|session| End::new(session, link.into_stream())))
    }

    fn serve(&self, listener: &TcpListener) -> Result<Result<End, DriveError>> {
        let (stream, _) = listener.accept()?;
        let request = Accept::new().require(PROTECTED).target(TARGET);
        let handshake = self.package.acquire(Acquire::inbound())?.accept(&request)?;
        let bindings = ChannelBindings::from_application_data(CHANNEL.to_vec());
        let mut answers = StoreAnswers(self.accounts.clone());
        let mut link = Link::new(Timed::new(stream, HANDSHAKE)?, |_| ());
        let result = blocking::accept(&mut link, handshake, Some(&bindings), &mut answers);
        let result = link.outcome(result);
        let mut stream = link.into_stream();
        Ok(result.and_then(|session| {
            frame::write(&mut stream, Kind::Done, &[])?;
            Ok(End::new(session, stream))
        }))
    }
}

/// What both sides insist on.
const PROTECTED: ContextFlags = ContextFlags::PROTECTED;

/// Somebody on the way who changes the client's second token.
struct Meddler<T> {
    link: T,
    change: Option<fn(&mut [u8])>,
    sent: usize,
}

impl<T: Transport> Transport for Meddler<T> {
    fn send(&mut self, token: &[u8]) -> std::io::Result<()> {
        self.sent += 1;
        match self.change {
            Some(change) if self.sent == 2 => {
                let mut token = token.to_vec();
                change(&mut token);
                self.link.send(&token)
            }
            _ => self.link.send(token),
        }
    }

    fn receive(&mut self, incoming: &mut Incoming) -> std::io::Result<()> {
        self.link.receive(incoming)
    }

    fn established(&mut self, side: Side, rest: &[u8]) -> std::io::Result<()> {
        self.link.established(side, rest)
    }

    fn failed(&mut self, error: &Error) -> std::io::Result<()> {
        self.link.failed(error)
    }
}

/// Whether both sides came to the same context.
pub(super) fn agreement(established: &Established) -> Vec<Check> {
    let (client, server) = (&established.client.facts, &established.server.facts);
    let same = match (&client.session_key, &server.session_key) {
        (Some(one), Some(other)) if one.expose() == other.expose() => "the same",
        (Some(_), Some(_)) => "different",
        _ => "missing",
    };
    let check = |what, expected: &str, observed: &str| Check {
        what,
        expected: expected.to_owned(),
        observed: observed.to_owned(),
    };
    vec![
        check("both sides have the same session key", "the same", same),
        check(
            "the server knows who the client is",
            &format!(r"{DOMAIN}\{USER}"),
            &server.names.client,
        ),
        check(
            "the server knows whom the client asked for",
            TARGET,
            server.target.as_deref().unwrap_or("nobody"),
        ),
        check(
            "both sides have the same flags",
            "the same",
            if client.flags == server.flags {
                "the same"
            } else {
                "different"
            },
        ),
        check(
            "the channel bindings match",
            "VALID_MATCHED",
            if server
                .bindings
                .is_some_and(|found| found.contains(BindingsResult::VALID_MATCHED))
            {
                "VALID_MATCHED"
            } else {
                "no match"
            },
        ),
    ]
}
