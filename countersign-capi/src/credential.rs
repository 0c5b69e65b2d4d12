//! Credentials as C holds them.
use std::sync::{Arc, PoisonError, RwLock};

use countersign::{
    Accept, Acquire, CredentialUse, Datagram, Error, Handshake, Identity, Initiate, Package,
    PackageInfo, Timestamp,
};

use crate::handle::SecHandle;
use crate::slab::{Found, Slab};
use crate::state::{package, process};

/// All credentials that C holds.
static CREDENTIALS: Slab<Credential> = Slab::new(1);

/// What a `CredHandle` stands for.
#[derive(Debug)]
pub(crate) struct Credential {
    package: Arc<dyn Package>,
    /// The credentials behind the handle: `AddCredentials` appends.
    parts: RwLock<Vec<Part>>,
}

#[derive(Clone, Debug)]
struct Part {
    usage: CredentialUse,
    credential: Arc<dyn countersign::Credential>,
}

/// Reads `fCredentialUse`.
pub(crate) fn usage(bits: u32) -> Result<CredentialUse, Error> {
    // SECPKG_CRED_DEFAULT and the Negotiate-only bits ask for nothing that NTLM has.
    match bits & 3 {
        1 => Ok(CredentialUse::Inbound),
        2 => Ok(CredentialUse::Outbound),
        3 => Ok(CredentialUse::Both),
        _ => Err(countersign::ApiMisuse::InvalidParameter(
            "the use of the credential is neither inbound nor outbound",
        )
        .into()),
    }
}

impl Credential {
    /// Makes a credential of a package; without an identity the configured one is taken.
    pub(crate) fn acquire(
        package_name: &str,
        principal: Option<&str>,
        usage: CredentialUse,
        identity: Option<Identity>,
    ) -> Result<Self, Error> {
        let package = package(package_name)?;
        let part = part(&*package, principal, usage, identity)?;
        Ok(Self {
            package,
            parts: RwLock::new(vec![part]),
        })
    }

    /// Adds one more credential of the same package.
    pub(crate) fn add(
        &self,
        package_name: &str,
        principal: Option<&str>,
        usage: CredentialUse,
        identity: Option<Identity>,
    ) -> Result<(), Error> {
        if !package_name.eq_ignore_ascii_case(self.info().name) {
            return Err(Error::Unsupported(
                "this package takes no credentials of another one",
            ));
        }
        let part = part(&*self.package, principal, usage, identity)?;
        self.parts
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(part);
        Ok(())
    }

    pub(crate) fn info(&self) -> &'static PackageInfo {
        self.package.info()
    }

    /// The name that clients of this credential use.
    pub(crate) fn name(&self) -> Option<String> {
        self.find(CredentialUse::outbound)
            .and_then(|credential| credential.name())
    }

    pub(crate) fn initiate(&self, request: &Initiate) -> Result<Handshake, Error> {
        self.outbound()?.initiate(request)
    }

    pub(crate) fn accept(&self, request: &Accept) -> Result<Handshake, Error> {
        self.inbound()?.accept(request)
    }

    pub(crate) fn datagram(&self, request: &Initiate) -> Result<Datagram, Error> {
        self.outbound()?.datagram(request)
    }

    pub(crate) fn accept_datagram(&self, request: &Accept) -> Result<Datagram, Error> {
        self.inbound()?.accept_datagram(request)
    }

    fn outbound(&self) -> Result<Arc<dyn countersign::Credential>, Error> {
        self.find(CredentialUse::outbound)
            .ok_or(Error::NoCredentials("the credential is for servers only"))
    }

    fn inbound(&self) -> Result<Arc<dyn countersign::Credential>, Error> {
        self.find(CredentialUse::inbound)
            .ok_or(Error::NoCredentials("the credential is for clients only"))
    }

    fn find(&self, fits: fn(CredentialUse) -> bool) -> Option<Arc<dyn countersign::Credential>> {
        self.parts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|part| fits(part.usage))
            .map(|part| Arc::clone(&part.credential))
    }
}

fn part(
    package: &dyn Package,
    principal: Option<&str>,
    usage: CredentialUse,
    identity: Option<Identity>,
) -> Result<Part, Error> {
    let process = process()?;
    let identity = match identity {
        Some(identity) => Some(identity),
        None if usage.outbound() => process
            .config
            .default_identity()
            .map_err(|_| Error::NoCredentials("the configured credentials can not be read"))?,
        None => None,
    };
    // A principal is a check: nobody can take another one's identity by naming it (API-CRED-2).
    if let (Some(principal), Some(identity)) = (principal, &identity) {
        let qualified = format!(r"{}\{}", identity.domain(), identity.user());
        let same = |name: &str| countersign::wire::utf16::equal_ignoring_case(principal, name);
        if !same(identity.user()) && !same(&qualified) {
            return Err(Error::NoCredentials("the principal is not the identity"));
        }
    }
    // Without a name a credential for both roles still serves servers.
    let usage = match (usage, &identity) {
        (CredentialUse::Both, None) => CredentialUse::Inbound,
        (usage, _) => usage,
    };
    let mut request = Acquire::new(usage).policy(process.config.policy().clone());
    if let Some(identity) = identity {
        request = request.identity(identity);
    }
    Ok(Part {
        usage,
        credential: package.acquire(request)?,
    })
}

/// Gives a credential to C.
pub(crate) fn insert(credential: Credential) -> Result<SecHandle, Error> {
    CREDENTIALS
        .insert(Arc::new(credential))
        .map(SecHandle::new)
        .ok_or(Error::Foreign(
            countersign::Status::SEC_E_INSUFFICIENT_MEMORY,
        ))
}

/// The credential of a handle.
pub(crate) fn find(handle: SecHandle) -> Result<Arc<Credential>, Error> {
    match handle.key().map(|key| CREDENTIALS.find(key)) {
        Some(Found::Alive(credential)) => Ok(credential),
        _ => Err(invalid_handle()),
    }
}

/// Frees a handle; a second time is fine, a foreign one is not (spec/09 row 2). Contexts keep what
/// they need of it (API-CRED-8).
pub(crate) fn free(handle: SecHandle) -> Result<(), Error> {
    match handle.key().map(|key| CREDENTIALS.remove(key)) {
        Some(Found::Alive(_) | Found::Removed) => Ok(()),
        _ => Err(invalid_handle()),
    }
}

/// SEC_E_INVALID_HANDLE.
pub(crate) const fn invalid_handle() -> Error {
    Error::Foreign(countersign::Status::SEC_E_INVALID_HANDLE)
}

/// When credentials end: those of NTLM do not.
pub(crate) const EXPIRY: Timestamp = Timestamp::NEVER;
