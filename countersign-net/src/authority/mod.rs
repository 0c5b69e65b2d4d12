//! Authorities: who compares the proof of a logon where the accounts are not the server's own.
//!
//! | authority | who compares |
//! |---|---|
//! | [`ntlm_auth`] | a domain controller, asked by Samba's `ntlm_auth` through `winbindd` |
//!
//! A server gives an authority to its driver in the place of a store:
//!
//! ```no_run
//! use countersign::{Accept, Acquire, Packages};
//! use countersign_net::authority::ntlm_auth::NtlmAuth;
//! use countersign_net::blocking::{self, Framed};
//!
//! let mut authority = NtlmAuth::new();
//! let server = Packages::standard().get("NTLM")?.acquire(Acquire::inbound())?;
//! let (stream, _) = std::net::TcpListener::bind("127.0.0.1:4450")?.accept()?;
//! let mut transport = Framed::new(stream);
//! let session = blocking::accept(&mut transport, server.accept(&Accept::new())?, None, &mut authority)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
pub mod ntlm_auth;
