//! The tokio driver over real sockets.
#![cfg(feature = "tokio")]
#[path = "support/packages.rs"]
mod packages;

use std::io;
use std::time::Duration;

use countersign::*;
use countersign_net::frame::{self, FrameError, Kind};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};
use countersign_net::tokio_driver::{self, Direction, DriveError, Framed, Leg};
use packages::{Chatty, Last};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

type Ended = Result<Session, DriveError>;

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            // Not a measurement: a driver that waits for ever should fail instead.
            tokio::time::timeout(Duration::from_secs(60), future)
                .await
                .expect("the drivers wait for each other")
        })
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    (near, listener.accept().await.unwrap().0)
}

fn client(password: &str) -> Handshake {
    let alice = Identity::with_password(r"LAB\alice", password).unwrap();
    let ntlm = Packages::standard().get("NTLM").unwrap();
    ntlm.acquire(Acquire::outbound().identity(alice))
        .unwrap()
        .initiate(&Initiate::to("HTTP/web").require(ContextFlags::PROTECTED))
        .unwrap()
}

fn server() -> Handshake {
    let ntlm = Packages::standard().get("NTLM").unwrap();
    ntlm.acquire(Acquire::inbound())
        .unwrap()
        .accept(&Accept::new().require(ContextFlags::PROTECTED))
        .unwrap()
}

async fn both(
    client: Handshake,
    server: Handshake,
    bindings: [Option<ChannelBindings>; 2],
) -> (Ended, Ended, Vec<(Direction, usize)>) {
    let (near, far) = sockets().await;
    let [client_bindings, server_bindings] = bindings;
    let store = MemoryAccounts::new();
    store
        .add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))
        .unwrap();
    // Spawned: the future of a driver can move between threads.
    let serving = tokio::spawn(async move {
        let answers = StoreAnswers(store);
        let mut transport = Framed::new(far);
        tokio_driver::accept(&mut transport, server, server_bindings.as_ref(), &answers).await
    });
    let mut legs = Vec::new();
    let mut transport =
        Framed::new(near).observe(|leg: Leg<'_>| legs.push((leg.direction, leg.bytes.len())));
    let client =
        tokio_driver::initiate(&mut transport, client, client_bindings.as_ref(), &NoAnswers).await;
    drop(transport);
    (client, serving.await.unwrap(), legs)
}

/// CONN-3, CONN-9
#[test]
fn ntlm_over_tcp() {
    let (client, server, legs) = run(both(client("Passw0rd"), server(), [None, None]));
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    assert_eq!(server.facts().names.client, r"LAB\alice");
    assert_eq!(legs.len(), 3);
    let mut sealed = Vec::new();
    server.seal_message(b"welcome", &mut sealed).unwrap();
    let Opened::Message { plain, .. } = client.open_stream(&mut sealed, Order::Next).unwrap()
    else {
        panic!("not opened");
    };
    assert_eq!(&sealed[plain], b"welcome");
}

/// CONN-6
#[test]
fn a_wrong_password() {
    let (client, server, legs) = run(both(client("wrong"), server(), [None, None]));
    assert_eq!(legs.len(), 3);
    assert!(matches!(
        server,
        Err(DriveError::Security(Error::LogonDenied(
            Denied::WrongPassword
        )))
    ));
    match client {
        Err(DriveError::Peer(text)) => assert!(text.starts_with("SEC_E_LOGON_DENIED"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bindings_reach_both_packages() {
    let one = Some(ChannelBindings::tls_server_end_point(&[1; 32]));
    let two = Some(ChannelBindings::tls_server_end_point(&[2; 32]));
    let (client_ended, server_ended, _) = run(both(
        client("Passw0rd"),
        server(),
        [one.clone(), one.clone()],
    ));
    client_ended.unwrap();
    let result = server_ended.unwrap().facts().bindings.unwrap();
    assert!(result.contains(BindingsResult::VALID_MATCHED));
    let (_, server_ended, _) = run(both(client("Passw0rd"), server(), [one, two]));
    assert!(matches!(
        server_ended,
        Err(DriveError::Security(Error::BadBindings(
            BindingFault::Mismatch
        )))
    ));
}

/// CONN-7, CONN-8: any number of legs, and either side may be the one that speaks last.
#[test]
fn any_number_of_legs() {
    for legs in [1, 2, 3, 4, 7, 100] {
        let (client, server, seen) = run(both(
            Handshake::new(Chatty::initiator(legs, Last::Fine)),
            Handshake::new(Chatty::acceptor(legs, Last::Fine)),
            [None, None],
        ));
        client.unwrap();
        server.unwrap();
        assert_eq!(seen.len(), legs);
    }
}

#[test]
fn what_was_made_before_a_failure_is_sent() {
    let (_, server, seen) = run(both(
        Handshake::new(Chatty::initiator(6, Last::Fine)),
        Handshake::new(Chatty::acceptor(4, Last::FailWithToken)),
        [None, None],
    ));
    assert!(matches!(
        server,
        Err(DriveError::Security(Error::MessageAltered))
    ));
    assert_eq!(seen[3], (Direction::Received, 5));
}

/// A token that comes in pieces is brought whole; this mechanism would take less.
#[test]
fn tokens_in_pieces_of_frames() {
    run(async {
        let (mut near, far) = sockets().await;
        let serving = tokio::spawn(async move {
            let server = Handshake::new(Chatty::acceptor(1, Last::Fine));
            tokio_driver::accept(&mut Framed::new(far), server, None, &NoAnswers).await
        });
        for piece in [&b"le"[..], b"g", b" 1"] {
            frame::write_async(&mut near, Kind::Token, piece)
                .await
                .unwrap();
        }
        let end = frame::read_async(&mut near).await.unwrap().unwrap();
        assert_eq!(end.kind, Kind::Done);
        serving.await.unwrap().unwrap();
    });
}

#[test]
fn guesses_lock_the_account() {
    run(async {
        let store = MemoryAccounts::new().lockout("2/1h/1h".parse().unwrap());
        store
            .add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))
            .unwrap();
        for (password, expected) in [
            ("wrong", Err(Denied::WrongPassword)),
            ("Passw0rd", Ok(())),
            ("wrong", Err(Denied::WrongPassword)),
            ("wrong", Err(Denied::WrongPassword)),
            ("Passw0rd", Err(Denied::AccountLocked)),
        ] {
            let (near, far) = tokio::io::duplex(4096);
            let answers = StoreAnswers(store.clone());
            let serving = tokio::spawn(async move {
                tokio_driver::accept(&mut Framed::new(far), server(), None, &answers).await
            });
            let mut near = Framed::new(near);
            let logon = tokio_driver::initiate(&mut near, client(password), None, &NoAnswers).await;
            assert_eq!(logon.is_ok(), expected.is_ok());
            match serving.await.unwrap() {
                Ok(_) => assert_eq!(expected, Ok(())),
                Err(DriveError::Security(Error::LogonDenied(why))) => {
                    assert_eq!(expected, Err(why));
                }
                Err(other) => panic!("{other}"),
            }
        }
    });
}

#[test]
fn frames() {
    run(async {
        for chunk in [1, 2, 7, 100_000] {
            let (mut near, mut far) = tokio::io::duplex(chunk);
            let payload: Vec<u8> = (0..60_000_u32).map(|n| n as u8).collect();
            let sent = payload.clone();
            let writing = tokio::spawn(async move {
                frame::write_async(&mut near, Kind::Token, &sent)
                    .await
                    .unwrap();
                frame::write_async(&mut near, Kind::Quit, &[])
                    .await
                    .unwrap();
                let beyond = vec![0; frame::MAX_TOKEN + 1];
                let error = frame::write_async(&mut near, Kind::Token, &beyond)
                    .await
                    .unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            });
            let frame = frame::read_async(&mut far).await.unwrap().unwrap();
            assert_eq!((frame.kind, frame.payload), (Kind::Token, payload));
            let frame = frame::read_async(&mut far).await.unwrap().unwrap();
            assert_eq!((frame.kind, frame.payload.len()), (Kind::Quit, 0));
            assert!(frame::read_async(&mut far).await.unwrap().is_none());
            writing.await.unwrap();
        }
        let read = async |bytes: &[u8]| {
            let (mut near, mut far) = tokio::io::duplex(64);
            near.write_all(bytes).await.unwrap();
            drop(near);
            frame::read_async(&mut far).await.unwrap_err()
        };
        for len in 1..8 {
            let missing = if len < 5 { 5 - len } else { 8 - len };
            assert!(matches!(
                read(&b"T\0\0\0\x03abc"[..len]).await,
                FrameError::Truncated { missing: told } if told == missing
            ));
        }
        assert!(matches!(
            read(b"W\x01\0\0\x01").await,
            FrameError::TooLong {
                kind: Kind::Wrapped,
                length: 0x0100_0001
            }
        ));
        assert!(matches!(
            read(b"\0\0\0\0\0").await,
            FrameError::UnknownKind(0)
        ));
    });
}
