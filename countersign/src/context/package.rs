//! Packages and credentials: where contexts come from.
//!
//! A package makes credentials, a credential makes contexts. A credential is shared by contexts and
//! threads and outlives what they know of it.
//!
//! ```
//! use countersign::{Acquire, ContextFlags, Identity, Initiate, Packages, Policy};
//!
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd").unwrap();
//! let credential = Packages::standard().get("ntlm").unwrap()
//!     .acquire(Acquire::outbound().identity(alice).policy(Policy::modern())).unwrap();
//! let request = Initiate::to("LDAP/dc1.example.com").require(ContextFlags::CONFIDENTIALITY);
//! let _handshake = credential.initiate(&request).unwrap();
//! ```
use std::fmt::Debug;
use std::sync::Arc;

pub use super::attribute::PackageInfo;
use super::datagram::Datagram;
use super::handshake::Handshake;
use super::identity::Identity;
use crate::base::environment::Environment;
use crate::base::error::Error;
use crate::base::flags::ContextFlags;
use crate::base::policy::Policy;

/// A security package.
pub trait Package: Debug + Send + Sync {
    /// What the package says of itself.
    fn info(&self) -> &'static PackageInfo;

    /// Makes a credential. This is not a logon: a wrong password is not noticed here (API-CRED-3).
    ///
    /// # Errors
    /// [`Error::NoCredentials`] when the request lacks what the package needs.
    #[doc(alias = "AcquireCredentialsHandle")]
    fn acquire(&self, request: Acquire) -> Result<Arc<dyn Credential>, Error>;
}

/// A credential: what its owner needs to start or accept contexts.
pub trait Credential: Debug + Send + Sync {
    /// What its package says of itself.
    fn info(&self) -> &'static PackageInfo;

    /// The name that it stands for, `DOMAIN\user`, if any.
    fn name(&self) -> Option<String>;

    /// Starts a context as a client.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] when the credential is for servers only; [`Error::Unsupported`] for
    /// flags that the package does not have.
    #[doc(alias = "InitializeSecurityContext")]
    fn initiate(&self, request: &Initiate) -> Result<Handshake, Error>;

    /// Starts a context as a server.
    ///
    /// # Errors
    /// As [`Self::initiate`], with the roles exchanged.
    #[doc(alias = "AcceptSecurityContext")]
    fn accept(&self, request: &Accept) -> Result<Handshake, Error>;

    /// Starts a connectionless context as a client.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the package has none.
    fn datagram(&self, request: &Initiate) -> Result<Datagram, Error> {
        let _ = request;
        Err(Error::Unsupported("datagram contexts"))
    }

    /// Starts a connectionless context as a server.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the package has none.
    fn accept_datagram(&self, request: &Accept) -> Result<Datagram, Error> {
        let _ = request;
        Err(Error::Unsupported("datagram contexts"))
    }
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CredentialUse {
    /// Servers (`SECPKG_CRED_INBOUND`).
    Inbound,
    /// Clients (`SECPKG_CRED_OUTBOUND`).
    Outbound,
    /// Both.
    Both,
}

impl CredentialUse {
    /// Whether clients may use it.
    #[must_use]
    pub const fn outbound(self) -> bool {
        matches!(self, Self::Outbound | Self::Both)
    }

    /// Whether servers may use it.
    #[must_use]
    pub const fn inbound(self) -> bool {
        matches!(self, Self::Inbound | Self::Both)
    }
}

/// What a credential is made from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Acquire {
    /// What it is for.
    pub usage: CredentialUse,
    /// Who it stands for; clients need it.
    pub identity: Option<Identity>,
    /// Time and randomness.
    pub environment: Environment,
    /// What is allowed.
    pub policy: Policy,
}

impl Acquire {
    /// A credential for `usage`, with the system's environment and the default policy.
    #[must_use]
    pub fn new(usage: CredentialUse) -> Self {
        Self {
            usage,
            identity: None,
            environment: Environment::system(),
            policy: Policy::default(),
        }
    }

    /// A credential for clients.
    #[must_use]
    pub fn outbound() -> Self {
        Self::new(CredentialUse::Outbound)
    }

    /// A credential for servers.
    #[must_use]
    pub fn inbound() -> Self {
        Self::new(CredentialUse::Inbound)
    }

    /// Sets who it stands for.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sets time and randomness.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Sets what is allowed.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

/// What a client wants of a context.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Initiate {
    /// The target, usually an SPN: `HTTP/www.example.com`.
    pub target: Option<String>,
    /// Flags that are nice to have (`fContextReq`).
    pub request: ContextFlags,
    /// Flags without which the context is refused.
    pub require: ContextFlags,
}

impl Initiate {
    /// A context with `target`.
    #[must_use]
    pub fn to(target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..Self::default()
        }
    }

    /// Adds flags that are nice to have.
    #[must_use]
    pub fn request(mut self, flags: ContextFlags) -> Self {
        self.request |= flags;
        self
    }

    /// Adds flags without which the context is refused.
    #[must_use]
    pub fn require(mut self, flags: ContextFlags) -> Self {
        self.require |= flags;
        self
    }

    /// Everything that is asked for.
    #[must_use]
    pub fn wanted(&self) -> ContextFlags {
        self.request | self.require
    }
}

/// What a server wants of a context.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Accept {
    /// Flags that are nice to have (`fContextReq`).
    pub request: ContextFlags,
    /// Flags without which the context is refused.
    pub require: ContextFlags,
    /// The targets that a client may have named. Empty: any, and none at all.
    pub targets: Vec<String>,
}

impl Accept {
    /// A context that asks for nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds flags that are nice to have.
    #[must_use]
    pub fn request(mut self, flags: ContextFlags) -> Self {
        self.request |= flags;
        self
    }

    /// Adds flags without which the context is refused.
    #[must_use]
    pub fn require(mut self, flags: ContextFlags) -> Self {
        self.require |= flags;
        self
    }

    /// Adds a target that a client may have named. With at least one, a client must name one of
    /// them (without regard to case), or the context is refused.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        self
    }

    /// Everything that is asked for.
    #[must_use]
    pub fn wanted(&self) -> ContextFlags {
        self.request | self.require
    }
}
