//! The blocking driver: over real sockets with NTLM, and with packages made to be difficult.
#[path = "support/packages.rs"]
mod packages;
mod support;

use std::cell::RefCell;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use countersign::*;
use countersign_net::blocking::{self, Direction, DriveError, Framed, Leg, Side, Transport};
use countersign_net::frame::{self, Kind};
use countersign_net::store::{
    AccountStore, EmbeddedAccounts, MemoryAccounts, StoreAnswers, StoreError,
};
use packages::{Chatty, Last};
use support::Folder;

fn alice() -> Account {
    Account::with_password("LAB", "alice", &"Passw0rd".into())
}

fn ntlm_client(password: &str) -> Handshake {
    let alice = Identity::with_password(r"LAB\alice", password).unwrap();
    let ntlm = Packages::standard().get("NTLM").unwrap();
    ntlm.acquire(Acquire::outbound().identity(alice))
        .unwrap()
        .initiate(&Initiate::to("HTTP/web").require(ContextFlags::PROTECTED))
        .unwrap()
}

fn ntlm_server() -> Handshake {
    let ntlm = Packages::standard().get("NTLM").unwrap();
    ntlm.acquire(Acquire::inbound())
        .unwrap()
        .accept(&Accept::new().require(ContextFlags::PROTECTED))
        .unwrap()
}

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

type Ended = Result<Session, DriveError>;

/// Both sides over TCP; the server on a thread of its own.
fn both(
    client: Handshake,
    server: Handshake,
    bindings: [Option<ChannelBindings>; 2],
    store: impl AccountStore + 'static,
) -> (Ended, Ended, Vec<(Direction, Vec<u8>)>) {
    let (near, far) = sockets();
    let [client_bindings, server_bindings] = bindings;
    let serving = thread::spawn(move || {
        let mut answers = StoreAnswers(store);
        let mut transport = Framed::new(far);
        blocking::accept(
            &mut transport,
            server,
            server_bindings.as_ref(),
            &mut answers,
        )
    });
    let mut legs = Vec::new();
    let mut transport =
        Framed::new(near).observe(|leg: Leg<'_>| legs.push((leg.direction, leg.bytes.to_vec())));
    let client = blocking::initiate(
        &mut transport,
        client,
        client_bindings.as_ref(),
        &mut NoAnswers,
    );
    drop(transport);
    (client, serving.join().unwrap(), legs)
}

fn memory() -> MemoryAccounts {
    let store = MemoryAccounts::new();
    store.add(&alice()).unwrap();
    store
}

/// CONN-3, CONN-4, CONN-9: two processes' worth of separation, connected by three framed tokens.
#[test]
fn ntlm_over_tcp() {
    let (client, server, legs) = both(
        ntlm_client("Passw0rd"),
        ntlm_server(),
        [None, None],
        memory(),
    );
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    assert_eq!(server.facts().names.client, r"LAB\alice");
    let directions: Vec<_> = legs.iter().map(|(direction, _)| *direction).collect();
    assert_eq!(
        directions,
        [Direction::Sent, Direction::Received, Direction::Sent]
    );
    for (number, (_, token)) in (1..).zip(&legs) {
        assert!(token.starts_with(b"NTLMSSP\0"));
        assert_eq!(token[8], number);
    }
    let mut sealed = Vec::new();
    client.seal_message(b"hello", &mut sealed).unwrap();
    let Opened::Message { plain, .. } = server.open_stream(&mut sealed, Order::Next).unwrap()
    else {
        panic!("not opened");
    };
    assert_eq!(&sealed[plain], b"hello");
}

/// CONN-6: the server's package decides, and the client learns no more than the status.
#[test]
fn refused_logons() {
    let mut disabled = alice();
    disabled.state.disabled = true;
    let mallory = Account::with_password("LAB", "mallory", &"Passw0rd".into());
    let mut texts = Vec::new();
    for (account, password, why) in [
        (alice(), "wrong", Denied::WrongPassword),
        (disabled, "Passw0rd", Denied::AccountDisabled),
        (mallory, "Passw0rd", Denied::UnknownUser),
    ] {
        let store = MemoryAccounts::new();
        store.add(&account).unwrap();
        let (client, server, legs) =
            both(ntlm_client(password), ntlm_server(), [None, None], store);
        assert_eq!(legs.len(), 3);
        match server {
            Err(DriveError::Security(Error::LogonDenied(told))) => assert_eq!(told, why),
            other => panic!("{other:?}"),
        }
        match client {
            Err(DriveError::Peer(text)) => texts.push(text),
            other => panic!("{other:?}"),
        }
    }
    assert!(texts[0].starts_with("SEC_E_LOGON_DENIED"), "{texts:?}");
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

/// The driver tells the store what came of each logon: guesses lock, and then the right password does
/// not help, and the client can not tell why.
#[test]
fn guesses_lock_the_account() {
    let store = memory().lockout("2/1h/1h".parse().unwrap());
    let logon = |password: &str| {
        let (client, server, _) = both(
            ntlm_client(password),
            ntlm_server(),
            [None, None],
            store.clone(),
        );
        match (client, server) {
            (Ok(_), Ok(_)) => Ok(()),
            (Err(DriveError::Peer(told)), Err(DriveError::Security(Error::LogonDenied(why)))) => {
                assert!(told.starts_with("SEC_E_LOGON_DENIED"), "{told}");
                Err(why)
            }
            other => panic!("{other:?}"),
        }
    };
    for _ in 0..2 {
        assert_eq!(logon("wrong"), Err(Denied::WrongPassword));
        assert_eq!(logon("Passw0rd"), Ok(()), "and the count begins anew");
    }
    for _ in 0..3 {
        assert_eq!(logon("wrong"), Err(Denied::WrongPassword));
    }
    assert_eq!(logon("Passw0rd"), Err(Denied::AccountLocked));
    let mut alice = store.get("LAB", "alice").unwrap().unwrap();
    alice.state.unlock();
    store.replace(&alice).unwrap();
    assert_eq!(logon("Passw0rd"), Ok(()));
}

#[test]
fn a_store_that_can_not_be_read_is_no_unknown_user() {
    let folder = Folder::new();
    let store = EmbeddedAccounts::open(folder.file("none.db"));
    let (client, server, _) = both(ntlm_client("Passw0rd"), ntlm_server(), [None, None], store);
    match server {
        Err(DriveError::Security(Error::Unavailable(Unavailable::Unreachable(why)))) => {
            assert!(why.contains("none.db"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    match client {
        Err(DriveError::Peer(text)) => assert!(
            text.starts_with("SEC_E_NO_AUTHENTICATING_AUTHORITY") && !text.contains("none.db"),
            "{text}"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_logon_from_a_file() -> Result<(), StoreError> {
    let folder = Folder::new();
    let store = EmbeddedAccounts::open(folder.file("accounts.db"));
    store.add(&alice())?;
    let (client, server, _) = both(ntlm_client("Passw0rd"), ntlm_server(), [None, None], store);
    client.unwrap();
    assert_eq!(server.unwrap().facts().names.client, r"LAB\alice");
    Ok(())
}

#[test]
fn bindings_reach_both_packages() {
    let one = || Some(ChannelBindings::tls_server_end_point(&[1; 32]));
    let two = Some(ChannelBindings::tls_server_end_point(&[2; 32]));
    let run = |bindings| both(ntlm_client("Passw0rd"), ntlm_server(), bindings, memory());
    let (client, server, _) = run([one(), one()]);
    client.unwrap();
    let result = server.unwrap().facts().bindings.unwrap();
    assert!(result.contains(BindingsResult::VALID_MATCHED));
    let (client, server, _) = run([one(), two]);
    assert!(matches!(client, Err(DriveError::Peer(_))));
    assert!(matches!(
        server,
        Err(DriveError::Security(Error::BadBindings(
            BindingFault::Mismatch
        )))
    ));
}

/// CONN-7, CONN-8: any number of legs, and either side may be the one that speaks last.
#[test]
fn any_number_of_legs() {
    for legs in [1, 2, 3, 4, 7, 100] {
        let (client, server, seen) = both(
            Handshake::new(Chatty::initiator(legs, Last::Fine)),
            Handshake::new(Chatty::acceptor(legs, Last::Fine)),
            [None, None],
            memory(),
        );
        client.unwrap();
        server.unwrap();
        assert_eq!(seen.len(), legs);
    }
}

/// The token that a package made before it failed is sent, and the peer hears of the failure.
#[test]
fn what_was_made_before_a_failure_is_sent() {
    let (client, server, seen) = both(
        Handshake::new(Chatty::initiator(6, Last::Fine)),
        Handshake::new(Chatty::acceptor(4, Last::FailWithToken)),
        [None, None],
        memory(),
    );
    assert!(matches!(
        server,
        Err(DriveError::Security(Error::MessageAltered))
    ));
    // The client answered the alert, and then read why.
    let (direction, alert) = &seen[3];
    assert_eq!(
        (*direction, alert.as_slice()),
        (Direction::Received, &b"leg 4"[..])
    );
    match client {
        Err(DriveError::Peer(text)) => assert!(text.starts_with("SEC_E_MESSAGE_ALTERED"), "{text}"),
        // The server had closed the connection when the answer to its alert came.
        Err(DriveError::Transport(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// What a peer writes instead of a token, and what the driver makes of it.
#[test]
fn peers_that_break_the_framing() {
    let answered_with = |bytes: &[u8]| {
        let (near, mut far) = sockets();
        let bytes = bytes.to_vec();
        let serving = thread::spawn(move || {
            frame::read(&mut far).unwrap().unwrap();
            io::Write::write_all(&mut far, &bytes).unwrap();
        });
        let mut transport = Framed::new(near);
        let ended = blocking::initiate(
            &mut transport,
            ntlm_client("Passw0rd"),
            None,
            &mut NoAnswers,
        );
        serving.join().unwrap();
        ended.unwrap_err()
    };
    let mut rejection = Vec::new();
    frame::write(&mut rejection, Kind::Error, b"go \x1b[31maway\n").unwrap();
    match answered_with(&rejection) {
        DriveError::Peer(text) => assert_eq!(text, r"go \u{1b}[31maway\n"),
        other => panic!("{other:?}"),
    }
    for (bytes, kind, text) in [
        (
            &b""[..],
            io::ErrorKind::UnexpectedEof,
            "the peer closed the connection where a token was due",
        ),
        (
            b"T\0\0\0\x09NTLM",
            io::ErrorKind::UnexpectedEof,
            "the stream ended inside a frame, 5 bytes early",
        ),
        (
            b"T\0\0\0\0",
            io::ErrorKind::InvalidData,
            "the peer sent an empty token",
        ),
        (
            b"D\0\0\0\0",
            io::ErrorKind::InvalidData,
            "a frame of kind Done came where a token was due",
        ),
        (
            b"HTTP/1.1 400",
            io::ErrorKind::InvalidData,
            "no frame begins with the byte 0x48",
        ),
        (
            b"T\x7f\0\0\0",
            io::ErrorKind::InvalidData,
            "a frame of kind Token claims 2130706432 bytes; 69632 are allowed",
        ),
    ] {
        match answered_with(bytes) {
            DriveError::Transport(error) => {
                assert_eq!(error.kind(), kind);
                assert_eq!(error.to_string(), text);
            }
            other => panic!("{other:?}"),
        }
    }
    // A token that does not parse is our package's to refuse.
    assert!(matches!(
        answered_with(b"T\0\0\0\x04junk"),
        DriveError::Security(Error::InvalidToken(_))
    ));
}

/// A client that is done has no session before the server says that it has one.
#[test]
fn a_client_waits_for_the_servers_word() {
    let (near, mut far) = sockets();
    let serving = thread::spawn(move || {
        frame::read(&mut far).unwrap().unwrap();
    });
    let client = Handshake::new(Chatty::initiator(1, Last::Fine));
    let ended = blocking::initiate(&mut Framed::new(near), client, None, &mut NoAnswers);
    serving.join().unwrap();
    match ended {
        Err(DriveError::Transport(error)) => assert_eq!(
            error.to_string(),
            "the peer closed the connection where the end of the handshake was due"
        ),
        other => panic!("{other:?}"),
    }
}

/// A stream protocol: bytes come as they like, and what follows the handshake is not lost.
struct Dribble {
    bytes: Rc<RefCell<Vec<u8>>>,
    step: usize,
    sent: Vec<Vec<u8>>,
    rest: Option<(Side, Vec<u8>)>,
}

impl Transport for Dribble {
    fn send(&mut self, token: &[u8]) -> io::Result<()> {
        self.sent.push(token.to_vec());
        Ok(())
    }

    fn receive(&mut self, incoming: &mut Incoming) -> io::Result<()> {
        let mut bytes = self.bytes.borrow_mut();
        let count = self.step.min(bytes.len());
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        incoming.extend(&bytes[..count]);
        bytes.drain(..count);
        Ok(())
    }

    fn established(&mut self, side: Side, rest: &[u8]) -> io::Result<()> {
        self.rest = Some((side, rest.to_vec()));
        Ok(())
    }
}

/// CONN-4, CONN-8: tokens cut anywhere or run together.
#[test]
fn stream_protocols() {
    let stream = b"leg 1leg 3leg 5and data";
    for step in 1..=stream.len() {
        let mut transport = Dribble {
            bytes: Rc::new(RefCell::new(stream.to_vec())),
            step,
            sent: Vec::new(),
            rest: None,
        };
        let server = Handshake::new(Chatty::acceptor(5, Last::Fine));
        blocking::accept(&mut transport, server, None, &mut StoreAnswers(memory())).unwrap();
        assert_eq!(transport.sent, [b"leg 2", b"leg 4"]);
        let (side, rest) = transport.rest.unwrap();
        assert_eq!(side, Side::Acceptor);
        let all = [rest.as_slice(), &transport.bytes.borrow()].concat();
        assert_eq!(all, b"and data", "step {step}");
    }
    // A connection that ends amid a token.
    let mut transport = Dribble {
        bytes: Rc::new(RefCell::new(b"leg 1leg".to_vec())),
        step: 3,
        sent: Vec::new(),
        rest: None,
    };
    let server = Handshake::new(Chatty::acceptor(5, Last::Fine));
    let ended = blocking::accept(&mut transport, server, None, &mut StoreAnswers(memory()));
    assert!(
        matches!(ended, Err(DriveError::Transport(e)) if e.kind() == io::ErrorKind::UnexpectedEof)
    );
}

/// Questions are answered wherever they come, and an answer that can not be had is the package's.
#[test]
fn questions_amid_the_legs() {
    let run = |answers: &mut dyn Resolve| {
        let mut transport = Dribble {
            bytes: Rc::new(RefCell::new(b"leg 1leg 3".to_vec())),
            step: 5,
            sent: Vec::new(),
            rest: None,
        };
        let server = Handshake::new(Chatty::acceptor(3, Last::Fine).asking());
        blocking::accept(&mut transport, server, None, answers)
    };
    run(&mut StoreAnswers(memory())).unwrap();
    assert!(matches!(
        run(&mut NoAnswers),
        Err(DriveError::Security(Error::Unavailable(
            Unavailable::NotSupported
        )))
    ));
    let nobody = StoreAnswers(Arc::new(MemoryAccounts::new()));
    assert!(matches!(
        run(&mut { nobody }),
        Err(DriveError::Security(Error::LogonDenied(
            Denied::UnknownUser
        )))
    ));
}
