//! The world outside Countersign: transports, drivers and account stores.
//!
//! The protocol crate turns tokens into tokens and touches nothing else. This crate carries the
//! tokens, and answers what a server has to ask about its accounts.
//!
//! | module | what it is for |
//! |---|---|
//! | [`frame`] | tokens and messages with their lengths, over any byte stream |
//! | [`datagram`] | connectionless contexts over UDP, with what can go wrong on the way |
//! | [`blocking`] | drives a handshake to its end on the calling thread |
//! | `tokio_driver` | the same with futures (feature `tokio`) |
//! | [`authority`] | who compares proofs where the accounts are somewhere else: a domain controller |
//! | [`config`] | the file that says where accounts, credentials, policy and logs are |
//! | [`store`] | accounts: in memory, in a file, imported and exported |
//!
//! # A client and a server over TCP
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use countersign::*;
//! use countersign_net::blocking::{self, Framed};
//! use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};
//!
//! let accounts = MemoryAccounts::new();
//! accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
//!
//! let ntlm = Packages::standard().get("NTLM")?;
//! let server = ntlm.acquire(Acquire::inbound())?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let serving = std::thread::spawn(move || {
//!     let (stream, _) = listener.accept().unwrap();
//!     let handshake = server.accept(&Accept::new()).unwrap();
//!     blocking::accept(&mut Framed::new(stream), handshake, None, &mut StoreAnswers(accounts))
//! });
//!
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd")?;
//! let client = ntlm.acquire(Acquire::outbound().identity(alice))?;
//! let handshake = client.initiate(&Initiate::to("HTTP/www.example.com"))?;
//! let mut transport = Framed::new(TcpStream::connect(address)?);
//! blocking::initiate(&mut transport, handshake, None, &mut NoAnswers)?;
//!
//! let session = serving.join().unwrap()?;
//! assert_eq!(session.facts().names.client, r"LAB\alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! * `tokio`: the asynchronous drivers.
#![forbid(unsafe_code)]
#![warn(unused_must_use)]

pub mod authority;
pub mod blocking;
pub mod config;
pub mod datagram;
mod drive;
pub mod frame;
pub mod store;
#[cfg(feature = "tokio")]
pub mod tokio_driver;

pub use drive::{Direction, DriveError, Leg, Side};
