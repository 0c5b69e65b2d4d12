//! NTLM: challenge and response in three legs, then signed and sealed messages ([MS-NLMP]).
//!
//! ```text
//! client                                     server
//!   | -- NEGOTIATE: what I can do ------------> |
//!   | <- CHALLENGE: a random number, who I am - |
//!   | -- AUTHENTICATE: proof, session key ----> | compares the proof, then the MIC, then the bindings
//! ```
//!
//! NTLMv2 with extended session security and 128-bit keys; what is weaker only where the policy
//! allows it. NTLM proves the client to the server and
//! not the server to the client, so mutual authentication is never claimed.
//!
//! ```
//! use countersign::ntlm::{Ntlm, ServerNames};
//! use countersign::{Acquire, Packages};
//!
//! let names = ServerNames::domain_member("WEB1", "LAB", "web1.lab.example.com", "lab.example.com");
//! let packages = Packages::builder().with(Ntlm::default().server_names(names)).build();
//! let _server = packages.get("NTLM").unwrap().acquire(Acquire::inbound()).unwrap();
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]
mod acceptor;
mod answer;
mod client;
mod compute;
mod datagram;
mod describe;
pub mod message;
mod protect;
mod protect_v1;
mod server;

use std::sync::Arc;

pub use describe::describe;
pub use message::Version;

use crate::base::environment::{Environment, Timestamp};
use crate::base::error::{ApiMisuse, Error, PeerMisbehaved, Refused};
use crate::base::flags::{Capabilities, ContextFlags};
use crate::base::policy::Policy;
use crate::base::secret::Secret;
use crate::base::status::Status;
use crate::context::attribute::{
    BindingsResult, Facts, KeyInfo, Lifespan, Names, PackageInfo, Role, SessionKey, Sizes,
};
use crate::context::datagram::Datagram;
use crate::context::handshake::Handshake;
use crate::context::identity::{IdentitySecret, lm_hash};
use crate::context::package::{Accept, Acquire, Credential, CredentialUse, Initiate, Package};
use crate::context::session::{Open, Parts, Seal};
use crate::crypto::HmacMd5;
use crate::wire::oem::CodePage;
use compute::KeyLength;
use message::NegotiateFlags;

/// The longest token that this package makes, in bytes (`cbMaxToken`).
const MAX_TOKEN: usize = 2888;

static INFO: PackageInfo = PackageInfo {
    capabilities: Capabilities::from_bits_retain(0x0288_2B3F),
    version: 1,
    rpc_id: 10,
    max_token: 2888,
    name: "NTLM",
    comment: "NTLM Security Package",
};

/// The NTLM package.
#[derive(Clone, Debug, Default)]
pub struct Ntlm {
    settings: Arc<Settings>,
}

/// What a machine says of itself.
#[derive(Clone, Debug, Default)]
struct Settings {
    version: Version,
    workstation: String,
    names: ServerNames,
    code_page: CodePage,
}

/// The names that a server puts into its challenge.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServerNames {
    /// The NetBIOS name of the machine.
    pub netbios_computer: String,
    /// The NetBIOS name of its domain or workgroup.
    pub netbios_domain: String,
    /// The DNS name of the machine; left out when empty.
    pub dns_computer: String,
    /// The DNS name of its domain; left out when empty.
    pub dns_domain: String,
    /// The DNS name of its forest; left out when empty.
    pub dns_tree: String,
    /// Whether the machine is a member of the domain, or stands alone.
    pub domain_member: bool,
}

impl ServerNames {
    /// A machine that stands alone.
    #[must_use]
    pub fn standalone(netbios_computer: &str) -> Self {
        Self {
            netbios_computer: netbios_computer.to_owned(),
            netbios_domain: netbios_computer.to_owned(),
            dns_computer: String::new(),
            dns_domain: String::new(),
            dns_tree: String::new(),
            domain_member: false,
        }
    }

    /// A member of a domain; the domain is the root of its forest.
    #[must_use]
    pub fn domain_member(
        netbios_computer: &str,
        netbios_domain: &str,
        dns_computer: &str,
        dns_domain: &str,
    ) -> Self {
        Self {
            netbios_computer: netbios_computer.to_owned(),
            netbios_domain: netbios_domain.to_owned(),
            dns_computer: dns_computer.to_owned(),
            dns_domain: dns_domain.to_owned(),
            dns_tree: dns_domain.to_owned(),
            domain_member: true,
        }
    }

    /// The name that stands in the challenge's `TargetName`.
    fn target_name(&self) -> &str {
        if self.domain_member {
            &self.netbios_domain
        } else {
            &self.netbios_computer
        }
    }
}

impl Default for ServerNames {
    fn default() -> Self {
        Self::standalone("COUNTERSIGN")
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::CURRENT
    }
}

impl Ntlm {
    /// Sets the version that both roles state; for diagnosis only.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        Arc::make_mut(&mut self.settings).version = version;
        self
    }

    /// Sets the machine name that clients state; servers can not rely on it.
    #[must_use]
    pub fn workstation(mut self, name: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.settings).workstation = name.into();
        self
    }

    /// Sets the names that servers put into their challenge.
    #[must_use]
    pub fn server_names(mut self, names: ServerNames) -> Self {
        Arc::make_mut(&mut self.settings).names = names;
        self
    }

    /// Sets the code page of OEM texts.
    #[must_use]
    pub fn code_page(mut self, code_page: CodePage) -> Self {
        Arc::make_mut(&mut self.settings).code_page = code_page;
        self
    }
}

impl Package for Ntlm {
    fn info(&self) -> &'static PackageInfo {
        &INFO
    }

    fn acquire(&self, request: Acquire) -> Result<Arc<dyn Credential>, Error> {
        let owner = match request.identity {
            Some(identity) => Some(Owner {
                weak: (!request.policy.ntlm.level.sends_version_2()).then(|| Weak {
                    nt_hash: identity.secret().nt_hash(),
                    lm_hash: match identity.secret() {
                        IdentitySecret::Password(password) => {
                            lm_hash(password, &self.settings.code_page)
                        }
                        IdentitySecret::NtHash(_) => None,
                    },
                }),
                ntowf: compute::ntowf_v2(
                    &identity.secret().nt_hash(),
                    |each| identity.user().chars().for_each(each),
                    |each| identity.domain().chars().for_each(each),
                ),
                user: identity.user().to_owned(),
                domain: identity.domain().to_owned(),
            }),
            None if request.usage.outbound() => {
                return Err(Error::NoCredentials(
                    "an NTLM client needs a name and a password",
                ));
            }
            None => None,
        };
        Ok(Arc::new(NtlmCredential(Arc::new(Shared {
            usage: request.usage,
            owner,
            environment: request.environment,
            policy: request.policy,
            settings: Arc::clone(&self.settings),
        }))))
    }
}

/// What a credential and its contexts share.
#[derive(Debug)]
struct Shared {
    usage: CredentialUse,
    owner: Option<Owner>,
    environment: Environment,
    policy: Policy,
    settings: Arc<Settings>,
}

/// Who a client is. The hash of the password is not kept, only what is derived from it, unless the
/// policy sends responses of the first version.
#[derive(Debug)]
struct Owner {
    user: String,
    domain: String,
    ntowf: HmacMd5,
    /// What the responses of the first version need, where the policy sends them.
    weak: Option<Weak>,
}

/// Hashes of the password itself.
#[derive(Debug)]
struct Weak {
    nt_hash: Secret<16>,
    lm_hash: Option<Secret<16>>,
}

impl Owner {
    fn qualified_name(&self) -> String {
        if self.domain.is_empty() {
            self.user.clone()
        } else {
            [self.domain.as_str(), "\\", &self.user].concat()
        }
    }
}

#[derive(Debug)]
struct NtlmCredential(Arc<Shared>);

/// Flags that this package does not have in a client's request (NTLM-API-2).
const CLIENT_UNSUPPORTED: ContextFlags =
    ContextFlags::DELEGATE.union(ContextFlags::PROMPT_FOR_CREDS);
/// Flags that this package does not have in a server's request (NTLM-API-3).
const SERVER_UNSUPPORTED: ContextFlags = ContextFlags::DELEGATE;

impl Credential for NtlmCredential {
    fn info(&self) -> &'static PackageInfo {
        &INFO
    }

    fn name(&self) -> Option<String> {
        self.0.owner.as_ref().map(Owner::qualified_name)
    }

    fn initiate(&self, request: &Initiate) -> Result<Handshake, Error> {
        self.may_initiate(request)?;
        connection(request.wanted())?;
        Ok(Handshake::new(client::Client::new(
            Arc::clone(&self.0),
            request,
        )))
    }

    fn accept(&self, request: &Accept) -> Result<Handshake, Error> {
        self.may_accept(request)?;
        connection(request.wanted())?;
        Ok(Handshake::new(server::Server::new(
            Arc::clone(&self.0),
            request,
        )))
    }

    fn datagram(&self, request: &Initiate) -> Result<Datagram, Error> {
        self.may_initiate(request)?;
        let client = datagram::client(Arc::clone(&self.0), request)?;
        Ok(Datagram::new(client))
    }

    fn accept_datagram(&self, request: &Accept) -> Result<Datagram, Error> {
        self.may_accept(request)?;
        Ok(Datagram::new(datagram::server(
            Arc::clone(&self.0),
            request,
        )))
    }
}

impl NtlmCredential {
    /// The status of a role that the policy forbids (NTLM-CLI-8, NTLM-SRV-10).
    fn blocked(&self) -> Status {
        let policy = &self.0.policy.ntlm;
        if policy.incoming || policy.outgoing {
            Status::STATUS_NOT_SUPPORTED
        } else {
            Status::STATUS_NTLM_BLOCKED
        }
    }

    fn may_initiate(&self, request: &Initiate) -> Result<(), Error> {
        if !self.0.usage.outbound() || self.0.owner.is_none() {
            return Err(Error::NoCredentials("the credential is for servers only"));
        }
        if !self.0.policy.ntlm.outgoing {
            return Err(Error::Foreign(self.blocked()));
        }
        if request.wanted().intersects(CLIENT_UNSUPPORTED) {
            return Err(Error::Unsupported(
                "NTLM clients neither delegate nor prompt",
            ));
        }
        possible(request.require)
    }

    fn may_accept(&self, request: &Accept) -> Result<(), Error> {
        if !self.0.usage.inbound() {
            return Err(Error::NoCredentials("the credential is for clients only"));
        }
        if !self.0.policy.ntlm.incoming {
            return Err(Error::Foreign(self.blocked()));
        }
        let wanted = request.wanted();
        if wanted.intersects(SERVER_UNSUPPORTED) {
            return Err(Error::Unsupported("NTLM servers take no delegation"));
        }
        if wanted.contains(ContextFlags::ALLOW_MISSING_BINDINGS | ContextFlags::PROXY_BINDINGS) {
            return Err(
                ApiMisuse::ConflictingFlags("ALLOW_MISSING_BINDINGS and PROXY_BINDINGS").into(),
            );
        }
        possible(request.require)
    }
}

/// A handshake makes a connection; datagram contexts have a call of their own.
fn connection(wanted: ContextFlags) -> Result<(), Error> {
    if wanted.contains(ContextFlags::DATAGRAM) {
        return Err(Error::Unsupported(
            "a handshake makes no datagram context: ask the credential for one",
        ));
    }
    Ok(())
}

/// NTLM never proves the server: who requires that is refused before a token is made.
fn possible(required: ContextFlags) -> Result<(), Error> {
    if required.contains(ContextFlags::MUTUAL_AUTH) {
        return Err(Error::Policy(Refused::Required(ContextFlags::MUTUAL_AUTH)));
    }
    Ok(())
}

/// What both roles demand of the flags of the other side.
fn check_strength(policy: &Policy, flags: NegotiateFlags) -> Result<(), Error> {
    if policy.ntlm.require_128 && !flags.contains(NegotiateFlags::NEGOTIATE_128) {
        return Err(Error::Policy(Refused::KeyLength));
    }
    let session_security = NegotiateFlags::EXTENDED_SESSIONSECURITY;
    if policy.ntlm.require_session_security && !flags.contains(session_security) {
        return Err(Error::Policy(Refused::SessionSecurity));
    }
    Ok(())
}

/// A connectionless context has no other key than the one that the client chose (NTLM-DG-1).
fn check_datagram(flags: NegotiateFlags) -> Result<(), Error> {
    if flags.contains(NegotiateFlags::DATAGRAM) && !flags.contains(NegotiateFlags::KEY_EXCH) {
        return Err(PeerMisbehaved::DatagramWithoutKey.into());
    }
    Ok(())
}

/// Whether messages will be protected, and so whether a key is exchanged (NTLM-CLI-5).
fn protection(flags: NegotiateFlags) -> protect::Protection {
    let seal = flags.contains(NegotiateFlags::SEAL);
    // A sealed message is signed too.
    let sign = seal || flags.contains(NegotiateFlags::SIGN);
    protect::Protection {
        sign,
        seal,
        key_exchange: sign && flags.contains(NegotiateFlags::KEY_EXCH),
        length: if flags.contains(NegotiateFlags::NEGOTIATE_128) {
            KeyLength::Bits128
        } else if flags.contains(NegotiateFlags::NEGOTIATE_56) {
            KeyLength::Bits56
        } else {
            KeyLength::Bits40
        },
        dummy: false,
    }
}

/// What the negotiated flags mean to the caller. On a connection sequence numbers are always checked
/// where messages are signed.
fn context_flags(flags: NegotiateFlags, wanted: ContextFlags) -> ContextFlags {
    let protection = protection(flags);
    let detection = ContextFlags::REPLAY_DETECT | ContextFlags::SEQUENCE_DETECT;
    let connectionless = flags.contains(NegotiateFlags::DATAGRAM);
    let mut context = wanted & ContextFlags::USE_DCE_STYLE;
    context |= if connectionless {
        ContextFlags::DATAGRAM
    } else {
        ContextFlags::CONNECTION
    };
    if protection.sign {
        context |= ContextFlags::INTEGRITY;
        // Datagrams come in any order unless their receiver asked for more (NTLM-DG-7).
        context |= if connectionless {
            wanted & detection
        } else {
            detection
        };
    }
    if protection.seal {
        context |= ContextFlags::CONFIDENTIALITY;
    }
    if flags.contains(NegotiateFlags::IDENTIFY) {
        context |= ContextFlags::IDENTIFY;
    }
    context
}

/// The security flags among those that a caller can require; the others are requests to the package.
const NEGOTIABLE: ContextFlags = ContextFlags::PROTECTED
    .union(ContextFlags::MUTUAL_AUTH)
    .union(ContextFlags::IDENTIFY)
    .union(ContextFlags::CONNECTION)
    .union(ContextFlags::USE_DCE_STYLE);

/// Refuses a context that lacks what was required.
fn check_required(required: ContextFlags, has: ContextFlags) -> Result<(), Error> {
    let missing = (required & NEGOTIABLE) - has;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::Policy(Refused::Required(missing)))
    }
}

const SIZES: Sizes = Sizes {
    max_token: 2888,
    max_signature: 16,
    block_size: 1,
    security_trailer: 16,
};

const fn peer_of(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

/// What a finished handshake knows.
struct Outcome {
    role: Role,
    negotiated: NegotiateFlags,
    flags: ContextFlags,
    session_key: Secret<16>,
    client: String,
    target: Option<String>,
    target_information: Vec<u8>,
    bindings: Option<BindingsResult>,
    lifespan: Lifespan,
    password_expiry: Option<Timestamp>,
}

impl Outcome {
    /// What the context answers about itself.
    fn into_facts(self) -> Facts {
        let protection = protection(self.negotiated);
        let session_security = self
            .negotiated
            .contains(NegotiateFlags::EXTENDED_SESSIONSECURITY);
        Facts {
            package: &INFO,
            role: self.role,
            flags: self.flags,
            sizes: SIZES,
            names: Names {
                client: self.client,
                server: None,
            },
            lifespan: self.lifespan,
            session_key: SessionKey::new(self.session_key.expose()),
            key_info: protection.sign.then_some(if session_security {
                KeyInfo {
                    signature_algorithm: "HMAC-MD5",
                    encrypt_algorithm: "RC4",
                    key_bits: protection.length.bits(),
                }
            } else {
                KeyInfo {
                    signature_algorithm: "CRC32",
                    encrypt_algorithm: "RC4",
                    key_bits: 128,
                }
            }),
            target: self.target,
            target_information: self.target_information,
            bindings: self.bindings,
            password_expiry: self.password_expiry,
        }
    }

    fn into_parts(self, policy: &Policy) -> Parts {
        let mut protection = protection(self.negotiated);
        protection.dummy =
            policy.ntlm.dummy_signatures && self.negotiated.contains(NegotiateFlags::ALWAYS_SIGN);
        let (sealer, opener): (Box<dyn Seal>, Box<dyn Open>) = if self
            .negotiated
            .contains(NegotiateFlags::EXTENDED_SESSIONSECURITY)
        {
            let direction =
                |sender| protect::Direction::new(self.session_key.clone(), sender, protection);
            (
                Box::new(direction(self.role)),
                Box::new(direction(peer_of(self.role))),
            )
        } else {
            let (sealer, opener) = protect_v1::halves(&self.session_key, protection);
            (Box::new(sealer), Box::new(opener))
        };
        Parts {
            sealer,
            opener,
            facts: Arc::new(self.into_facts()),
            resume: None,
        }
    }
}
