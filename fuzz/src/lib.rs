//! What the fuzz targets share: a client and a server with a fixed environment, the tokens that they
//! exchange, and ways to spoil them.
#![forbid(unsafe_code)]
use std::sync::Arc;

use countersign::ntlm::{Ntlm, ServerNames};
use countersign::{
    Accept, Account, Acquire, ChannelBindings, ContextFlags, Environment, Handshake, Identity,
    Initiate, Input, Logon, LogonAnswer, Resolve, Session, Step, Timestamp, Unavailable, settle,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};

/// The user of the account.
pub const USER: &str = r"Domain\User";
/// Not the password of the published exchanges: their tokens are seeds and must not convince.
const PASSWORD: &str = "correct horse";

/// The longest token that NTLM makes, in bytes.
pub const MAX_TOKEN: usize = 2888;

const TIME: Timestamp = Timestamp::from_filetime(0x01D9_C0DE_1234_5678);

/// Asserts that `part` lies within `whole`, as memory.
pub fn assert_within(whole: &[u8], part: &[u8]) {
    let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
    assert!(
        part.is_empty() || whole.start <= part.start && part.end <= whole.end,
        "a part lies outside the input"
    );
}

/// A change of a token.
#[derive(Arbitrary, Clone, Debug)]
pub enum Edit {
    /// Another byte.
    Byte(u16, u8),
    /// Another length or number.
    Word(u16, u16),
    /// One bit.
    Flip(u16),
    /// More bytes.
    Insert(u16, Vec<u8>),
    /// Fewer bytes.
    Remove(u16, u8),
    /// An earlier end.
    Truncate(u16),
}

/// Applies the first few edits; places count round the token.
pub fn spoil(token: &mut Vec<u8>, edits: &[Edit]) {
    for edit in edits.iter().take(16) {
        let len = token.len();
        let at = |place: &u16| usize::from(*place) % len.max(1);
        match edit {
            Edit::Byte(place, value) => {
                if let Some(byte) = token.get_mut(at(place)) {
                    *byte = *value;
                }
            }
            Edit::Word(place, value) => {
                let start = at(place);
                if let Some(word) = token.get_mut(start..start + 2) {
                    word.copy_from_slice(&value.to_le_bytes());
                }
            }
            Edit::Flip(bit) => {
                let bit = usize::from(*bit) % (len * 8).max(1);
                if let Some(byte) = token.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Edit::Insert(place, bytes) => {
                let start = at(place);
                token.splice(start..start, bytes.iter().copied());
            }
            Edit::Remove(place, count) => {
                let start = at(place);
                token.drain(start..len.min(start + usize::from(*count)));
            }
            Edit::Truncate(length) => token.truncate(usize::from(*length)),
        }
    }
}

/// The account that the server knows, or none.
pub struct Accounts {
    /// Whether it knows the account.
    pub known: bool,
}

impl Resolve for Accounts {
    fn logon(&mut self, _: &Logon) -> Result<LogonAnswer, Unavailable> {
        Ok(if self.known {
            let account = Account::with_password("Domain", "User", &PASSWORD.into());
            LogonAnswer::Account(Arc::new(account))
        } else {
            LogonAnswer::Unknown
        })
    }
}

fn ntlm() -> Ntlm {
    Ntlm::default()
        .workstation("COMPUTER")
        .server_names(ServerNames::domain_member(
            "SERVER",
            "Domain",
            "server.domain.example",
            "domain.example",
        ))
}

/// The bindings of the channel.
pub fn bindings() -> ChannelBindings {
    ChannelBindings::tls_server_end_point(&[7; 32])
}

/// A client that wants `flags`.
fn client(user: &str, flags: ContextFlags) -> Handshake {
    use countersign::Package;
    let random = [&[0xaa; 8][..], &[0x55; 16]].concat();
    ntlm()
        .acquire(
            Acquire::outbound()
                .identity(Identity::with_password(user, PASSWORD).unwrap())
                .environment(Environment::fixed(TIME, random)),
        )
        .unwrap()
        .initiate(&Initiate::to("HTTP/server.domain.example").request(flags))
        .unwrap()
}

/// A server that knows one account.
pub fn server(request: &Accept) -> Handshake {
    use countersign::Package;
    let random = 0x0123_4567_89ab_cdef_u64.to_be_bytes().to_vec();
    ntlm()
        .acquire(Acquire::inbound().environment(Environment::fixed(TIME, random)))
        .unwrap()
        .accept(request)
        .unwrap()
}

/// A client that has sent its NEGOTIATE, and the message.
pub fn negotiated(user: &str, flags: ContextFlags) -> (Handshake, Vec<u8>) {
    let mut out = Vec::new();
    match client(user, flags).step(Input::none(), &mut out) {
        Ok(Step::Continue(client)) => (client, out),
        other => panic!("{other:?}"),
    }
}

/// An exchange that succeeds.
pub struct Exchange {
    /// The three tokens.
    pub negotiate: Vec<u8>,
    /// See [`Self::negotiate`].
    pub challenge: Vec<u8>,
    /// See [`Self::negotiate`].
    pub authenticate: Vec<u8>,
    /// Both sessions.
    pub client: Session,
    /// See [`Self::client`].
    pub server: Session,
}

impl Exchange {
    /// The same tokens and keys for the same flags, every time.
    pub fn run(flags: ContextFlags) -> Self {
        let bindings = bindings();
        let (client, negotiate) = negotiated(USER, flags);
        let (mut challenge, mut authenticate, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
        let Ok(Step::Continue(server)) =
            server(&Accept::new()).step(Input::token(&negotiate), &mut challenge)
        else {
            panic!("the NEGOTIATE is valid");
        };
        let input = Input::token(&challenge).bindings(&bindings);
        let Ok(Step::Done(client)) = client.step(input, &mut authenticate) else {
            panic!("the CHALLENGE is valid");
        };
        let input = Input::token(&authenticate).bindings(&bindings);
        let step = server.step(input, &mut nothing).unwrap();
        let Ok(Step::Done(server)) = settle(step, &mut Accounts { known: true }, &mut nothing)
        else {
            panic!("the AUTHENTICATE is valid");
        };
        Self {
            negotiate,
            challenge,
            authenticate,
            client,
            server,
        }
    }
}
