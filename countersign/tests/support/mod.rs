//! A client and a server of NTLM in one process, with faults injected between them.
#![allow(dead_code, unreachable_pub)]
use std::sync::Arc;

use countersign::ntlm::{Ntlm, ServerNames};
use countersign::*;

pub const TIME: u64 = 0x01D9_C0DE_1234_5678;

/// Answers with one account.
pub struct One(pub LogonAnswer);

impl One {
    pub fn account(domain: &str, user: &str, password: &str) -> Self {
        Self::of(Account::with_password(domain, user, &password.into()))
    }
    pub fn of(account: Account) -> Self {
        Self(LogonAnswer::Account(Arc::new(account)))
    }
}

impl Resolve for One {
    fn logon(&mut self, _: &Logon) -> Result<LogonAnswer, Unavailable> {
        Ok(self.0.clone())
    }
}

/// How the exchange is set up; every field can be changed by a test.
pub struct Setup {
    pub ntlm: Ntlm,
    pub identity: Identity,
    pub client_policy: Policy,
    pub server_policy: Policy,
    pub client_random: Vec<u8>,
    pub server_random: Vec<u8>,
    pub client_time: u64,
    pub server_time: u64,
    pub initiate: Initiate,
    pub accept: Accept,
    pub client_bindings: Option<ChannelBindings>,
    pub server_bindings: Option<ChannelBindings>,
    pub account: One,
}

impl Default for Setup {
    /// The exchange of spec/05 section 7.3.
    fn default() -> Self {
        Self {
            ntlm: Ntlm::default()
                .workstation("COMPUTER")
                .server_names(ServerNames::domain_member(
                    "SERVER",
                    "Domain",
                    "server.domain.example",
                    "domain.example",
                )),
            identity: Identity::with_password(r"Domain\User", "Password").unwrap(),
            client_policy: Policy::modern(),
            server_policy: Policy::modern(),
            client_random: [&[0xaa; 8][..], &[0x55; 16]].concat(),
            server_random: vec![0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef],
            client_time: TIME,
            server_time: TIME,
            initiate: Initiate::to("HTTP/server.domain.example").request(ContextFlags::INTEGRITY),
            accept: Accept::new(),
            client_bindings: Some(bindings()),
            server_bindings: Some(bindings()),
            account: One::account("Domain", "User", "Password"),
        }
    }
}

/// The bindings of the vector API-CB-2.
pub fn bindings() -> ChannelBindings {
    ChannelBindings::tls_server_end_point(&unhex(
        "ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95",
    ))
}

impl Setup {
    /// Everything that can be protected.
    pub fn sealing() -> Self {
        let mut setup = Self::default();
        setup.initiate = setup.initiate.request(ContextFlags::PROTECTED);
        setup
    }

    pub fn client(&self) -> Handshake {
        self.ntlm
            .acquire(
                Acquire::outbound()
                    .identity(self.identity.clone())
                    .policy(self.client_policy.clone())
                    .environment(Environment::fixed(
                        Timestamp::from_filetime(self.client_time),
                        self.client_random.clone(),
                    )),
            )
            .unwrap()
            .initiate(&self.initiate)
            .unwrap()
    }

    pub fn server(&self) -> Handshake {
        self.try_server().unwrap()
    }

    pub fn try_server(&self) -> Result<Handshake, Error> {
        self.ntlm
            .acquire(
                Acquire::inbound()
                    .policy(self.server_policy.clone())
                    .environment(Environment::fixed(
                        Timestamp::from_filetime(self.server_time),
                        self.server_random.clone(),
                    )),
            )
            .unwrap()
            .accept(&self.accept)
    }

    /// The client's NEGOTIATE.
    pub fn negotiate(&self) -> (Handshake, Vec<u8>) {
        let mut out = Vec::new();
        let Step::Continue(client) = self.client().step(Input::none(), &mut out).unwrap() else {
            panic!("NTLM has three legs");
        };
        (client, out)
    }

    /// The server's answer to a NEGOTIATE.
    pub fn challenge(&self, negotiate: &[u8]) -> Result<(Handshake, Vec<u8>), Error> {
        let mut out = Vec::new();
        match self
            .server()
            .step(with(negotiate, &self.server_bindings), &mut out)
        {
            Ok(Step::Continue(server)) => Ok((server, out)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(out.is_empty(), "nothing half-written");
                Err(error)
            }
        }
    }

    /// The client's answer to a CHALLENGE.
    pub fn authenticate(
        &self,
        client: Handshake,
        challenge: &[u8],
    ) -> Result<(Session, Vec<u8>), Error> {
        let mut out = Vec::new();
        match client.step(with(challenge, &self.client_bindings), &mut out) {
            Ok(Step::Done(session)) => Ok((session, out)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(out.is_empty(), "nothing half-written");
                Err(error)
            }
        }
    }

    /// The server's verdict on an AUTHENTICATE.
    pub fn verdict(&mut self, server: Handshake, authenticate: &[u8]) -> Result<Session, Error> {
        let mut out = Vec::new();
        let step = server.step(with(authenticate, &self.server_bindings), &mut out)?;
        let step = settle(step, &mut self.account, &mut out)?;
        assert!(out.is_empty(), "the server has no fourth token");
        match step {
            Step::Done(session) => Ok(session),
            other => panic!("{other:?}"),
        }
    }

    /// The whole exchange; `tamper` may change each token on its way (1, 2, 3).
    pub fn exchange(
        &mut self,
        mut tamper: impl FnMut(usize, &mut Vec<u8>),
    ) -> Result<(Session, Session), Error> {
        let (client, mut token) = self.negotiate();
        tamper(1, &mut token);
        let (server, mut token) = self.challenge(&token)?;
        tamper(2, &mut token);
        let (client, mut token) = self.authenticate(client, &token)?;
        tamper(3, &mut token);
        let server = self.verdict(server, &token)?;
        Ok((client, server))
    }

    /// Both established sessions.
    pub fn sessions(&mut self) -> (Session, Session) {
        self.exchange(|_, _| ()).unwrap()
    }
}

fn with<'a>(token: &'a [u8], bindings: &'a Option<ChannelBindings>) -> Input<'a> {
    let input = Input::token(token);
    match bindings {
        Some(bindings) => input.bindings(bindings),
        None => input,
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}
