//! Connectionless contexts over UDP: packets, a client that repeats itself, a server that forgets.
//!
//! A packet begins with its kind. A token (`T`) follows as it is: the server's challenge, the
//! client's answer to it. A signed (`M`) or sealed (`W`) message has its number in four bytes
//! (big-endian), the 16 bytes of its signature, and then the data. The client sends its first
//! message before anything else; the server keeps it, challenges, and verifies it when the answer
//! has come. UDP loses, repeats and reorders packets, and [`Faults`] do the same on purpose.
//!
//! ```
//! use std::net::UdpSocket;
//! use std::time::Duration;
//! use countersign::*;
//! use countersign_net::datagram::{Client, Event, Port, Server};
//! use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};
//!
//! let accounts = MemoryAccounts::new();
//! accounts.add(&Account::with_password("LAB", "alice", &"Passw0rd".into()))?;
//! let ntlm = Packages::standard().get("NTLM")?;
//! let mut server = Server::new(ntlm.acquire(Acquire::inbound())?, Accept::new());
//! let mut port = Port::new(UdpSocket::bind("127.0.0.1:0")?)?;
//! let address = port.address()?;
//! let serving = std::thread::spawn(move || {
//!     let mut answers = StoreAnswers(accounts);
//!     loop {
//!         let Some((from, packet)) = port.receive(Duration::from_secs(30)).unwrap() else {
//!             panic!("nobody came");
//!         };
//!         server.take(from, packet, &mut answers);
//!         while let Some(event) = server.event() {
//!             match event {
//!                 Event::Transmit { to, packet } => port.send(to, &packet).unwrap(),
//!                 Event::Message { peer, sequence, data, .. } => {
//!                     let reply = server.reply(peer, sequence, &data).unwrap();
//!                     port.send(peer, &reply).unwrap();
//!                     return server.facts(peer).unwrap().names.client.to_string();
//!                 }
//!                 _ => {}
//!             }
//!         }
//!     }
//! });
//!
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd")?;
//! let credential = ntlm.acquire(Acquire::outbound().identity(alice))?;
//! let context = credential.datagram(&Initiate::to("RPC/server").require(ContextFlags::CONFIDENTIALITY))?;
//! let mut client = Client::new(Port::new(UdpSocket::bind("127.0.0.1:0")?)?, address, context);
//! assert_eq!(client.call(b"request one", Quality::Confidential)?.data, b"request one");
//! assert_eq!(serving.join().unwrap(), r"LAB\alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod client;
mod packet;
mod port;
mod server;

pub use client::{CallError, Client, Reply};
pub use packet::{MAX_DATA, MAX_PACKET, MAX_TOKEN, Packet, PacketError, protect};
pub use port::{Faults, Port};
pub use server::{Event, MAX_PEERS, Server};
