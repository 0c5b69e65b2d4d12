//! A mechanism with as many legs as a test wants.
use std::sync::Arc;

use countersign::*;

/// What the mechanism does on its last leg.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Last {
    /// It is established.
    Fine,
    /// It makes a token and fails.
    FailWithToken,
}

/// Says `leg 1`, hears `leg 2`, and so on until the last leg.
#[derive(Debug)]
pub(crate) struct Chatty {
    side: Role,
    legs: usize,
    next: usize,
    last: Last,
    asks: bool,
}

impl Chatty {
    pub(crate) fn initiator(legs: usize, last: Last) -> Self {
        Self {
            side: Role::Client,
            legs,
            next: 1,
            last,
            asks: false,
        }
    }

    pub(crate) fn acceptor(legs: usize, last: Last) -> Self {
        Self {
            side: Role::Server,
            ..Self::initiator(legs, last)
        }
    }

    /// Looks for an account before the first answer.
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    fn say(&mut self, out: &mut Vec<u8>) -> Result<Progress, Error> {
        if self.next > self.legs {
            return Ok(Progress::Done(parts(self.side)));
        }
        out.extend_from_slice(format!("leg {}", self.next).as_bytes());
        self.next += 1;
        if self.next <= self.legs {
            return Ok(Progress::Continue);
        }
        match self.last {
            Last::Fine => Ok(Progress::Done(parts(self.side))),
            Last::FailWithToken => Err(Error::MessageAltered),
        }
    }
}

impl Mechanism for Chatty {
    fn step(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        let input = match event {
            Event::Input(input) => input,
            Event::Answer(Answer::Logon(Ok(LogonAnswer::Account(_)))) => return self.say(out),
            Event::Answer(Answer::Logon(Err(why))) => return Err(Error::Unavailable(why)),
            _ => return Err(Error::LogonDenied(Denied::UnknownUser)),
        };
        if self.side == Role::Client && self.next == 1 {
            return self.say(out);
        }
        let due = format!("leg {}", self.next);
        let Some(token) = input.bytes().get(..due.len()) else {
            return Ok(Progress::Incomplete(due.len() - input.bytes().len()));
        };
        if token != due.as_bytes() {
            return Err(PeerMisbehaved::Name("a leg out of order").into());
        }
        input.used(due.len());
        self.next += 1;
        if std::mem::take(&mut self.asks) {
            return Ok(Progress::Ask(SomeQuestion::Logon(Logon {
                domain: "LAB".into(),
                user: "alice".into(),
                workstation: String::new(),
                proof: LogonProof::Ntlm {
                    server_challenge: [0; 8],
                    nt_response: Vec::new(),
                    lm_response: Vec::new(),
                },
            })));
        }
        self.say(out)
    }
}

const INFO: PackageInfo = PackageInfo {
    capabilities: Capabilities::empty(),
    version: 1,
    rpc_id: 0xffff,
    max_token: 16,
    name: "Chatty",
    comment: "as many legs as a test wants",
};

fn parts(role: Role) -> Parts {
    Parts {
        sealer: Box::new(Unprotected),
        opener: Box::new(Unprotected),
        facts: Arc::new(Facts {
            package: &INFO,
            role,
            flags: ContextFlags::empty(),
            sizes: Sizes {
                max_token: INFO.max_token,
                max_signature: 0,
                block_size: 1,
                security_trailer: 0,
            },
            names: Names::default(),
            lifespan: Lifespan {
                start: Timestamp::from_filetime(0),
                expiry: Timestamp::NEVER,
            },
            session_key: None,
            key_info: None,
            target: None,
            target_information: Vec::new(),
            bindings: None,
            password_expiry: None,
        }),
        resume: None,
    }
}

/// Protects no messages.
#[derive(Debug)]
struct Unprotected;

const NONE: Error = Error::QopNotSupported("protection");

impl Seal for Unprotected {
    fn sign(&mut self, _: &[&[u8]], _: &mut [u8], _: Order) -> Result<usize, Error> {
        Err(NONE)
    }
    fn seal(&mut self, _: &mut Outgoing<'_, '_>, _: Quality, _: Order) -> Result<Lengths, Error> {
        Err(NONE)
    }
}

impl Open for Unprotected {
    fn verify(&mut self, _: &[&[u8]], _: &[u8], _: Order) -> Result<Verified, Error> {
        Err(NONE)
    }
    fn open(&mut self, _: &[u8], _: &mut [Piece<'_>], _: Order) -> Result<Verified, Error> {
        Err(NONE)
    }
    fn open_stream(&mut self, _: &mut [u8], _: Order) -> Result<Opened, Error> {
        Err(NONE)
    }
}
