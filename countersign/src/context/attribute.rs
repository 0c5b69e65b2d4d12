//! What a finished context knows about itself: typed, and what was negotiated rather than asked.
//!
//! ```
//! use countersign::SessionKey;
//!
//! let key = SessionKey::new(&[7; 16]).unwrap();
//! assert_eq!(key.expose().len(), 16);
//! assert_eq!(format!("{key:?}"), "SessionKey(..)");
//! ```
use std::fmt;

use bitflags::bitflags;
use zeroize::Zeroize;

use crate::base::environment::Timestamp;
use crate::base::flags::{Capabilities, ContextFlags};

/// Which side of the context this is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The side that called first (`InitializeSecurityContext`).
    Client,
    /// The side that accepts (`AcceptSecurityContext`).
    Server,
}

/// `SecPkgInfo`: what a package says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackageInfo {
    /// `fCapabilities`.
    pub capabilities: Capabilities,
    /// `wVersion`; always 1 (API-PKG-6).
    pub version: u16,
    /// `wRPCID`: the DCE RPC id, or 0xFFFF.
    pub rpc_id: u16,
    /// `cbMaxToken`: no token of the package is longer, in bytes.
    pub max_token: u32,
    /// `Name`.
    pub name: &'static str,
    /// `Comment`.
    pub comment: &'static str,
}

/// `SecPkgContext_Sizes`, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sizes {
    /// The longest token of the exchange.
    pub max_token: u32,
    /// The longest signature.
    pub max_signature: u32,
    /// The block size of encryption; 1 means no padding.
    pub block_size: u32,
    /// The room that sealing needs beside the data.
    pub security_trailer: u32,
}

/// `SecPkgContext_Lifespan`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifespan {
    /// When the context was established.
    pub start: Timestamp,
    /// When it ends; [`Timestamp::NEVER`] if it does not.
    pub expiry: Timestamp,
}

/// Who takes part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// The client's account, `DOMAIN\user`.
    pub client: String,
    /// The server's own name as the protocol proves or claims it, if it does.
    pub server: Option<String>,
}

/// `SecPkgContext_KeyInfo`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyInfo {
    /// The algorithm of signatures.
    pub signature_algorithm: &'static str,
    /// The algorithm of encryption.
    pub encrypt_algorithm: &'static str,
    /// The length of the encryption key, in bits.
    pub key_bits: u32,
}

/// `SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS`: whether the token just made is the client's last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientTokenStatus {
    /// It is the last.
    Yes,
    /// More follow.
    No,
    /// That depends on the server.
    Maybe,
}

bitflags! {
    /// `SEC_CHANNEL_BINDINGS_RESULT`: what a server found about the client's channel bindings.
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub struct BindingsResult: u32 {
        /// The client knows of channel bindings.
        const CLIENT_SUPPORT = 0x1;
        /// The client sent none.
        const ABSENT = 0x2;
        /// They are of another channel.
        const NOTVALID_MISMATCH = 0x4;
        /// They are missing and were required.
        const NOTVALID_MISSING = 0x8;
        /// They match.
        const VALID_MATCHED = 0x10;
        /// Some were sent, and the server asked for no more.
        const VALID_PROXY = 0x20;
        /// They are missing, which was allowed.
        const VALID_MISSING = 0x40;
    }
}

/// The session key, at most 64 bytes.
#[derive(Clone)]
pub struct SessionKey {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl SessionKey {
    /// The longest key, in bytes.
    pub const MAX: usize = 64;

    /// Takes a copy; `None` when `key` is longer than [`Self::MAX`].
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..key.len())?.copy_from_slice(key);
        Some(Self {
            bytes,
            len: key.len(),
        })
    }

    /// The key. What is copied from here is no longer wiped on drop.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Drop for SessionKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// Everything that a finished context answers about itself; both halves share it.
#[derive(Debug)]
pub struct Facts {
    /// The package that made the context.
    pub package: &'static PackageInfo,
    /// Which side this is.
    pub role: Role,
    /// What the context really has.
    pub flags: ContextFlags,
    /// The sizes of tokens and trailers.
    pub sizes: Sizes,
    /// Who takes part.
    pub names: Names,
    /// From when to when.
    pub lifespan: Lifespan,
    /// The session key, where the package has one.
    pub session_key: Option<SessionKey>,
    /// The algorithms of message protection, where messages can be protected.
    pub key_info: Option<KeyInfo>,
    /// The target that the client named: on a client the one it asked for, on a server the one the
    /// client proved to have asked for (`SECPKG_ATTR_CLIENT_SPECIFIED_TARGET`).
    pub target: Option<String>,
    /// What the server sent about itself, as bytes (`SECPKG_ATTR_TARGET_INFORMATION`; client only).
    pub target_information: Vec<u8>,
    /// What a server found about the client's channel bindings, where it looked.
    pub bindings: Option<BindingsResult>,
    /// When the password expires, where the server knows it.
    pub password_expiry: Option<Timestamp>,
}
