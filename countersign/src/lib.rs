//! Microsoft's Security Support Provider Interface (SSPI), portable and memory-safe.
//!
//! A client and a server exchange opaque tokens until both have a security context; then they sign
//! and seal messages. Each package is a state machine without input or output: a token comes in, a
//! token goes out.
//!
//! | object | what it is | SSPI |
//! |---|---|---|
//! | [`Packages`], [`Package`] | the list of packages, and one of them | `EnumerateSecurityPackages` |
//! | [`Credential`] | who you are, ready for use | `AcquireCredentialsHandle` |
//! | [`Handshake`], [`Step`] | a context being established | `InitializeSecurityContext`, `AcceptSecurityContext` |
//! | [`Session`] | an established context, in two halves | `EncryptMessage`, `DecryptMessage`, `MakeSignature`, `VerifySignature` |
//! | [`Datagram`] | a connectionless context | the same with `ISC_REQ_DATAGRAM` |
//!
//! # Both sides of an exchange
//!
//! ```
//! use std::sync::Arc;
//! use countersign::*;
//!
//! // The server's accounts.
//! struct Accounts;
//! impl Resolve for Accounts {
//!     fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
//!         let alice = Account::with_password("LAB", "alice", &"Passw0rd".into());
//!         Ok(if logon.user == "alice" { LogonAnswer::Account(Arc::new(alice)) } else { LogonAnswer::Unknown })
//!     }
//! }
//!
//! let ntlm = Packages::standard().get("NTLM")?;
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd")?;
//! let client = ntlm.acquire(Acquire::outbound().identity(alice))?;
//! let server = ntlm.acquire(Acquire::inbound())?;
//!
//! let mut to_server = Vec::new();
//! let mut to_client = Vec::new();
//! let mut c = client.initiate(&Initiate::to("HTTP/www.example.com").require(ContextFlags::PROTECTED))?
//!     .step(Input::none(), &mut to_server)?;
//! let mut s = server.accept(&Accept::new().require(ContextFlags::PROTECTED))?
//!     .step(Input::token(&to_server), &mut to_client)?;
//! let (mut client, mut server) = loop {
//!     (c, s) = match (c, s) {
//!         (Step::Done(c), Step::Done(s)) => break (c, s),
//!         (Step::Continue(h), s) => {
//!             to_server.clear();
//!             (h.step(Input::token(&to_client), &mut to_server)?, s)
//!         }
//!         (c, Step::Continue(h)) => {
//!             to_client.clear();
//!             let step = h.step(Input::token(&to_server), &mut to_client)?;
//!             (c, settle(step, &mut Accounts, &mut to_client)?)
//!         }
//!         _ => unreachable!(),
//!     };
//! };
//! assert_eq!(server.facts().names.client, r"LAB\alice");
//!
//! let mut message = Vec::new();
//! client.seal_message(b"hello", &mut message)?;
//! let Opened::Message { plain, .. } = server.open_stream(&mut message, Order::Next)? else { unreachable!() };
//! assert_eq!(&message[plain], b"hello");
//! # Ok::<(), Error>(())
//! ```
//!
//! # Features
//! * `tracing`: events of each decision; user names are left out, keys never appear.
#![forbid(unsafe_code)]
#![warn(unused_must_use)]

pub mod base;
pub mod context;
pub(crate) mod crypto;
pub mod ntlm;
pub mod registry;
pub mod wire;

pub use base::*;
pub use context::*;
pub use registry::{Packages, PackagesBuilder};
