//! Countersign.
use std::sync::Arc;

use countersign::{
    Accept, Account, Acquire, ContextFlags, Credential, Identity, Initiate, Input, Logon,
    LogonAnswer, Opener, Order, Outgoing, Package, Packages, Piece, Policy, Quality, Resolve,
    Sealer, Step, Unavailable, settle,
};

use super::{DOMAIN, Library, PASSWORD, Pair, SIGNATURE, TARGET, USER};

/// Our credentials, and buffers that a driver would keep.
pub(crate) struct Countersign {
    client: Arc<dyn Credential>,
    initiate: Initiate,
    server: Arc<dyn Credential>,
    accept: Accept,
    accounts: Box<dyn Resolve>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

/// A store in memory.
struct OneAccount(Arc<Account>);

impl Resolve for OneAccount {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        Ok(
            if logon.user == self.0.user && logon.domain == self.0.domain {
                LogonAnswer::Account(Arc::clone(&self.0))
            } else {
                LogonAnswer::Unknown
            },
        )
    }
}

impl Countersign {
    /// The same with a package, a policy and accounts of the caller's choice.
    pub(crate) fn with(
        ntlm: &dyn Package,
        policy: &Policy,
        accounts: Box<dyn Resolve>,
        password: &str,
    ) -> Self {
        let identity = Identity::with_password(&format!(r"{DOMAIN}\{USER}"), password)
            .expect("the name is short");
        Self {
            client: ntlm
                .acquire(
                    Acquire::outbound()
                        .policy(policy.clone())
                        .identity(identity),
                )
                .expect("a client has an identity"),
            initiate: Initiate::to(TARGET).require(ContextFlags::PROTECTED),
            server: ntlm
                .acquire(Acquire::inbound().policy(policy.clone()))
                .expect("a server needs nothing"),
            accept: Accept::new().require(ContextFlags::PROTECTED),
            accounts,
            to_server: Vec::new(),
            to_client: Vec::new(),
        }
    }
}

impl Library for Countersign {
    type Pair = Halves;

    fn new(password: &str) -> Self {
        let ntlm = Packages::standard().get("NTLM").expect("it is there");
        let account = Account::with_password(DOMAIN, USER, &PASSWORD.into());
        let accounts = Box::new(OneAccount(Arc::new(account)));
        Self::with(&*ntlm, &Policy::default(), accounts, password)
    }

    fn handshake(&mut self) -> Result<Halves, String> {
        let (to_server, to_client) = (&mut self.to_server, &mut self.to_client);
        let mut run = || {
            to_server.clear();
            to_client.clear();
            let client = self.client.initiate(&self.initiate)?;
            let Step::Continue(client) = client.step(Input::none(), to_server)? else {
                unreachable!("NTLM has three legs");
            };
            let server = self.server.accept(&self.accept)?;
            let Step::Continue(server) = server.step(Input::token(&*to_server), to_client)? else {
                unreachable!("NTLM has three legs");
            };
            to_server.clear();
            let Step::Done(client) = client.step(Input::token(&*to_client), to_server)? else {
                unreachable!("NTLM has three legs");
            };
            to_client.clear();
            let step = server.step(Input::token(&*to_server), to_client)?;
            let Step::Done(server) = settle(step, &mut *self.accounts, to_client)? else {
                unreachable!("NTLM has three legs");
            };
            Ok(Halves {
                sealer: client.split().0,
                opener: server.split().1,
            })
        };
        run().map_err(|error: countersign::Error| error.to_string())
    }

    fn negotiated(&self) -> u32 {
        flags_of(&self.to_server)
    }
}

/// The flags of an AUTHENTICATE message.
pub(crate) fn flags_of(authenticate: &[u8]) -> u32 {
    u32::from_le_bytes(authenticate[60..64].try_into().expect("four bytes"))
}

/// The client's sending half and the server's receiving half.
pub(crate) struct Halves {
    sealer: Sealer,
    opener: Opener,
}

impl Pair for Halves {
    fn seal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        self.sealer
            .seal(
                &mut Outgoing::new(token, &mut [Piece::Data(data)]),
                Quality::Confidential,
                Order::Next,
            )
            .expect("sealing was negotiated");
    }

    fn unseal(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        self.opener
            .open(token, &mut [Piece::Data(data)], Order::Next)
            .is_ok()
    }

    fn sign(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) {
        self.sealer
            .sign(&[data], token, Order::Next)
            .expect("signing was negotiated");
    }

    fn verify(&mut self, token: &mut [u8; SIGNATURE], data: &mut [u8]) -> bool {
        self.opener.verify(&[data], token, Order::Next).is_ok()
    }
}
