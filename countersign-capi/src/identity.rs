//! `SEC_WINNT_AUTH_IDENTITY` in its forms, told apart by `Version` and `Flags` and never by the
//! A or W of the call.
use std::ffi::c_void;

use countersign::{ApiMisuse, Error, Identity, IdentitySecret, SecretString};

use crate::boundary::read;
use crate::layout::{
    SEC_WINNT_AUTH_IDENTITY, SEC_WINNT_AUTH_IDENTITY_EX, SEC_WINNT_AUTH_IDENTITY_EX2,
};
use crate::text::{Ansi, Text, Wide, counted};

/// `SEC_WINNT_AUTH_IDENTITY_VERSION` and `_VERSION_2`.
pub(crate) const VERSION: u32 = 0x200;
pub(crate) const VERSION_2: u32 = 0x201;
/// `SEC_WINNT_AUTH_IDENTITY_ANSI` and `_UNICODE`.
pub(crate) const ANSI: u32 = 1;
pub(crate) const UNICODE: u32 = 2;
/// `SEC_WINNT_AUTH_IDENTITY_ONLY`: what is missing is not taken from the logon.
pub(crate) const ONLY: u32 = 8;
/// Any of the flags that say that the password is encrypted.
pub(crate) const ENCRYPTED: u32 = 0x10 | 0x20 | 0x40 | 0x80;

/// The parts of an identity; a missing one is taken from the logon, an empty one is empty (API-ID-5).
/// With `only` nothing is taken from the logon (API-ID-1).
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parts {
    pub(crate) user: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) packages: Option<String>,
    pub(crate) only: bool,
}

/// Reads an identity in any of its forms.
///
/// # Safety
/// `at` is null or points to an identity whose pointers are valid for its lengths; nothing need be
/// aligned.
pub(crate) unsafe fn read_parts(at: *const c_void) -> Result<Option<Parts>, Error> {
    // SAFETY: every form starts with four bytes.
    let Some(version) = (unsafe { read(at.cast::<u32>()) }) else {
        return Ok(None);
    };
    // SAFETY: the version says which form it is.
    let parts = unsafe {
        match version {
            VERSION => ex(at.cast()),
            VERSION_2 => ex2(at.cast()),
            _ => plain(at.cast()),
        }
    }?;
    Ok(Some(parts))
}

/// # Safety
/// As `read_parts`.
unsafe fn plain(at: *const SEC_WINNT_AUTH_IDENTITY) -> Result<Parts, Error> {
    // SAFETY: by contract.
    let id = unsafe { at.read_unaligned() };
    // SAFETY: by contract.
    unsafe {
        strings(
            id.Flags,
            (id.User, id.UserLength),
            (id.Domain, id.DomainLength),
            (id.Password, id.PasswordLength),
            (std::ptr::null(), 0),
        )
    }
}

/// # Safety
/// As `read_parts`.
unsafe fn ex(at: *const SEC_WINNT_AUTH_IDENTITY_EX) -> Result<Parts, Error> {
    // SAFETY: by contract.
    let id = unsafe { at.read_unaligned() };
    if (id.Length as usize) < size_of::<SEC_WINNT_AUTH_IDENTITY_EX>() {
        return Err(bad("the identity is shorter than its structure"));
    }
    // SAFETY: by contract.
    unsafe {
        strings(
            id.Flags,
            (id.User, id.UserLength),
            (id.Domain, id.DomainLength),
            (id.Password, id.PasswordLength),
            (id.PackageList, id.PackageListLength),
        )
    }
}

type Counted = (*const c_void, u32);

/// # Safety
/// The pointers are null or valid for their lengths in characters.
unsafe fn strings(
    flags: u32,
    user: Counted,
    domain: Counted,
    password: Counted,
    packages: Counted,
) -> Result<Parts, Error> {
    if flags & ENCRYPTED != 0 {
        return Err(bad("the identity is encrypted by another system"));
    }
    // SAFETY: by contract; the flags say how wide a character is.
    let parts = unsafe {
        match flags & (ANSI | UNICODE) {
            ANSI => all::<Ansi>(user, domain, password, packages),
            UNICODE => all::<Wide>(user, domain, password, packages),
            _ => Err(bad("the identity is neither ANSI nor UNICODE")),
        }
    }?;
    Ok(Parts {
        only: flags & ONLY != 0,
        ..parts
    })
}

/// # Safety
/// As `strings`.
unsafe fn all<T: Text>(
    user: Counted,
    domain: Counted,
    password: Counted,
    packages: Counted,
) -> Result<Parts, Error> {
    // SAFETY: of all four: by contract.
    unsafe {
        Ok(Parts {
            user: counted::<T>(user.0, user.1 as usize, "the user of the identity")?,
            domain: counted::<T>(domain.0, domain.1 as usize, "the domain of the identity")?,
            password: counted::<T>(
                password.0,
                password.1 as usize,
                "the password of the identity",
            )?
            .map(SecretString::from),
            packages: counted::<T>(packages.0, packages.1 as usize, "the package list")?,
            only: false,
        })
    }
}

/// # Safety
/// As `read_parts`: `cbStructureLength` bytes are there.
unsafe fn ex2(at: *const SEC_WINNT_AUTH_IDENTITY_EX2) -> Result<Parts, Error> {
    // SAFETY: by contract.
    let id = unsafe { at.read_unaligned() };
    let length = id.cbStructureLength as usize;
    if length > MAX_STRUCTURE {
        return Err(bad("the identity is longer than any"));
    }
    if length < size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>() {
        return Err(bad("the identity is shorter than its structure"));
    }
    // SAFETY: by contract.
    let bytes = unsafe { std::slice::from_raw_parts(at.cast::<u8>(), length) };
    if id.Flags & ENCRYPTED != 0 {
        // SAFETY: the caller of the call that reads an identity does not change it meanwhile.
        return parse_ex2(&unsafe { protection::decrypted(at.cast(), bytes) }?);
    }
    parse_ex2(bytes)
}

/// More than any marshalled identity.
const MAX_STRUCTURE: usize = 1 << 20;

/// Reads a self-relative identity (API-ID-3); every offset is checked.
pub(crate) fn parse_ex2(bytes: &[u8]) -> Result<Parts, Error> {
    let word = |at: usize| -> Result<u32, Error> {
        bytes
            .get(at..at + 4)
            .and_then(|four| four.try_into().ok())
            .map(u32::from_ne_bytes)
            .ok_or_else(|| bad("the identity is shorter than its structure"))
    };
    let half = |at: usize| word(at).map(|_| u16::from_ne_bytes([bytes[at], bytes[at + 1]]));
    let header = size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>();
    if word(0)? != VERSION_2 || usize::from(half(4)?) < header || word(44).is_err() {
        return Err(bad("the identity is of another version"));
    }
    if word(8)? as usize != bytes.len() {
        return Err(bad("the identity has another length than it says"));
    }
    if word(36)? & ENCRYPTED != 0 {
        return Err(bad("the identity is encrypted by another system"));
    }
    let part = |offset: usize, length: usize, what| -> Result<Option<String>, Error> {
        let (offset, length) = (word(offset)? as usize, usize::from(half(length)?));
        if offset == 0 && length == 0 {
            return Ok(None);
        }
        let bytes = bytes
            .get(offset..)
            .and_then(|rest| rest.get(..length))
            .filter(|_| offset >= header && length % 2 == 0)
            .ok_or_else(|| bad(what))?;
        let units: Vec<u16> = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|unit| u16::from_ne_bytes(*unit))
            .collect();
        Wide::decode(&units).map(Some).ok_or_else(|| bad(what))
    };
    Ok(Parts {
        user: part(12, 16, "the user of the identity")?,
        domain: part(20, 24, "the domain of the identity")?,
        password: packed_password(bytes, word(28)? as usize, usize::from(half(32)?))?,
        packages: part(40, 44, "the package list")?,
        only: word(36)? & ONLY != 0,
    })
}

/// The password of a `SEC_WINNT_AUTH_PACKED_CREDENTIALS`, or a bare UTF-16 text.
fn packed_password(
    bytes: &[u8],
    offset: usize,
    length: usize,
) -> Result<Option<SecretString>, Error> {
    if offset == 0 && length == 0 {
        return Ok(None);
    }
    let packed = bytes
        .get(offset..)
        .and_then(|rest| rest.get(..length))
        .filter(|_| offset >= size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>())
        .ok_or_else(|| bad("the credentials of the identity"))?;
    let text = match Packed::parse(packed)? {
        Some(text) => text,
        None => packed,
    };
    let (units, rest) = text.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_ne_bytes(*unit)).collect();
    let end = units
        .iter()
        .rposition(|unit| *unit != 0)
        .map_or(0, |last| last + 1);
    Wide::decode(&units[..end])
        .filter(|_| rest.is_empty())
        .map(|text| Some(text.into()))
        .ok_or_else(|| bad("the credentials of the identity"))
}

/// `SEC_WINNT_AUTH_PACKED_CREDENTIALS`: header length, structure length, then a vector of bytes with a
/// type in front. The only type with a text is that of a password.
pub(crate) struct Packed;

impl Packed {
    /// `SEC_WINNT_AUTH_DATA_TYPE_PASSWORD` {28bfc32f-10f6-4738-98d1-1ac061df716a}.
    pub(crate) const PASSWORD: [u8; 16] = [
        0x2f, 0xc3, 0xbf, 0x28, 0xf6, 0x10, 0x38, 0x47, 0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71,
        0x6a,
    ];
    /// Lengths, type and the vector's place.
    pub(crate) const HEADER: usize = 2 + 2 + 16 + 4 + 2 + 2;

    /// The bytes of the password; `None` where this is no such structure.
    fn parse(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
        let half = |at: usize| {
            bytes
                .get(at..at + 2)
                .and_then(|two| two.try_into().ok())
                .map(u16::from_ne_bytes)
        };
        let (Some(header), Some(_)) = (half(0), half(2)) else {
            return Ok(None);
        };
        if usize::from(header) != Self::HEADER || bytes.get(4..20) != Some(&Self::PASSWORD) {
            return Ok(None);
        }
        let offset = bytes
            .get(20..24)
            .and_then(|four| four.try_into().ok())
            .map(u32::from_ne_bytes);
        let (Some(offset), Some(length)) = (offset, half(24)) else {
            return Err(bad("the credentials of the identity"));
        };
        bytes
            .get(offset as usize..)
            .and_then(|rest| rest.get(..usize::from(length)))
            .map(Some)
            .ok_or_else(|| bad("the credentials of the identity"))
    }
}

impl Parts {
    /// The identity for a package; `None` where all of it is taken from the logon.
    pub(crate) fn into_identity(self) -> Result<Option<Identity>, Error> {
        let Self {
            user,
            domain,
            password,
            only,
            ..
        } = self;
        let Some(user) = user else {
            return if domain.is_none() && password.is_none() && !only {
                Ok(None)
            } else {
                Err(Error::NoCredentials("the identity has no user"))
            };
        };
        // `DOMAIN\user` in the user alone, as many callers pass it.
        let domain = domain.unwrap_or_default();
        let (domain, user) = if domain.is_empty() {
            countersign::context::identity::split_name(&user)
        } else {
            (domain.as_str(), user.as_str())
        };
        let password = match password {
            Some(password) => password,
            None if only => SecretString::default(),
            None => logon_password(domain, user)?,
        };
        Identity::new(domain, user, IdentitySecret::Password(password)).map(Some)
    }
}

/// A missing password is taken from the logon, which is the configured identity (API-ID-5). For anybody
/// else it is empty: acquiring is no logon, and a wrong password shows later (API-CRED-3).
fn logon_password(domain: &str, user: &str) -> Result<SecretString, Error> {
    use countersign::wire::utf16::equal_ignoring_case;
    let configured = crate::state::process()?
        .config
        .default_identity()
        .map_err(|_| Error::NoCredentials("the configured credentials can not be read"))?;
    Ok(match configured {
        Some(identity)
            if equal_ignoring_case(identity.user(), user)
                && (domain.is_empty() || equal_ignoring_case(identity.domain(), domain)) =>
        {
            match identity.secret() {
                IdentitySecret::Password(password) => password.clone(),
                _ => SecretString::default(),
            }
        }
        _ => SecretString::default(),
    })
}

/// An identity that can not be used.
pub(crate) fn bad(what: &'static str) -> Error {
    ApiMisuse::InvalidParameter(what).into()
}

/// The self-relative form of an identity, in bytes that are wiped.
pub(crate) fn build(parts: &Parts) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
    let header = size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>();
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    // No growth may leave a copy of the secret behind.
    let units = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() * 2);
    let secret = parts.password.as_ref().map_or(0, |p| p.expose().len() * 2);
    bytes.reserve_exact(
        header
            + units(&parts.user)
            + units(&parts.domain)
            + units(&parts.packages)
            + secret
            + Packed::HEADER
            + 16,
    );
    bytes.resize(header, 0);
    let text = |bytes: &mut Vec<u8>, offset: usize, length: usize, text: Option<&str>| {
        let Some(text) = text else {
            return Ok(());
        };
        let start = bytes.len();
        countersign::wire::utf16::encode(text, bytes);
        place(bytes, offset, length, start)
    };
    text(&mut bytes, 12, 16, parts.user.as_deref())?;
    text(&mut bytes, 20, 24, parts.domain.as_deref())?;
    text(&mut bytes, 40, 44, parts.packages.as_deref())?;
    if let Some(password) = &parts.password {
        let start = bytes.len();
        let len = countersign::wire::utf16::encoded_len(password.expose());
        let half = |n: usize| {
            u16::try_from(n).map_err(|_| bad("the credentials of the identity are too long"))
        };
        bytes.extend_from_slice(&half(Packed::HEADER)?.to_ne_bytes());
        bytes.extend_from_slice(&half(Packed::HEADER + len)?.to_ne_bytes());
        bytes.extend_from_slice(&Packed::PASSWORD);
        bytes.extend_from_slice(&u32::from(half(Packed::HEADER)?).to_ne_bytes());
        bytes.extend_from_slice(&half(len)?.to_ne_bytes());
        bytes.extend_from_slice(&[0; 2]);
        countersign::wire::utf16::encode(password.expose(), &mut bytes);
        place(&mut bytes, 28, 32, start)?;
    }
    let total = u32::try_from(bytes.len()).map_err(|_| bad("the identity is too long"))?;
    let flags = if parts.only { UNICODE | ONLY } else { UNICODE };
    for (at, word) in [(0, VERSION_2), (8, total), (36, flags)] {
        bytes[at..at + 4].copy_from_slice(&word.to_ne_bytes());
    }
    let header = u16::try_from(header).unwrap_or_default();
    bytes[4..6].copy_from_slice(&header.to_ne_bytes());
    Ok(bytes)
}

/// Enters offset and length of what was appended since `start`.
fn place(bytes: &mut [u8], offset: usize, length: usize, start: usize) -> Result<(), Error> {
    let len = u16::try_from(bytes.len() - start).map_err(|_| bad("the identity is too long"))?;
    let start = u32::try_from(start).map_err(|_| bad("the identity is too long"))?;
    bytes[offset..offset + 4].copy_from_slice(&start.to_ne_bytes());
    bytes[length..length + 2].copy_from_slice(&len.to_ne_bytes());
    Ok(())
}

/// Identities that are encrypted in place while the process does not need them.
pub(crate) mod protection {
    use std::collections::HashMap;
    use std::ffi::c_void;
    use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

    use chacha20::ChaCha20;
    use chacha20::cipher::{KeyIvInit, StreamCipher};
    use countersign::{Environment, Error, Secret};

    use super::{SEC_WINNT_AUTH_IDENTITY_EX2, VERSION_2, bad};
    use crate::memory;

    /// `SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED`.
    const PROCESS_ENCRYPTED: u32 = 0x10;
    const FLAGS: usize = 36;

    /// Address to nonce, of all identities that are encrypted now.
    static NONCES: LazyLock<Mutex<HashMap<usize, [u8; 12]>>> = LazyLock::new(Mutex::default);

    fn key() -> Result<&'static Secret<32>, Error> {
        static KEY: OnceLock<Secret<32>> = OnceLock::new();
        if let Some(key) = KEY.get() {
            return Ok(key);
        }
        let fresh = Secret::new(Environment::system().random()?);
        Ok(KEY.get_or_init(|| fresh))
    }

    pub(crate) fn is_encrypted(identity: *const c_void) -> bool {
        NONCES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&identity.addr())
    }

    pub(crate) fn forget(identity: *const c_void) {
        NONCES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&identity.addr());
    }

    /// # Safety
    /// Nobody uses the identity on another thread meanwhile.
    pub(crate) unsafe fn encrypt(identity: *mut c_void) -> Result<(), Error> {
        let mut nonces = NONCES.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.contains_key(&identity.addr()) {
            return Ok(());
        }
        let nonce = Environment::system().random()?;
        // SAFETY: by contract.
        unsafe { apply(identity, &nonce, PROCESS_ENCRYPTED) }?;
        nonces.insert(identity.addr(), nonce);
        Ok(())
    }

    /// # Safety
    /// Nobody uses the identity on another thread meanwhile.
    pub(crate) unsafe fn decrypt(identity: *mut c_void) -> Result<(), Error> {
        if identity.is_null() {
            return Err(bad("the identity is missing"));
        }
        let mut nonces = NONCES.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(nonce) = nonces.remove(&identity.addr()) else {
            return Ok(());
        };
        // SAFETY: by contract.
        unsafe { apply(identity, &nonce, 0) }
    }

    /// A decrypted copy of an identity that is encrypted.
    ///
    /// # Safety
    /// Nobody writes to the identity meanwhile.
    pub(super) unsafe fn decrypted(
        identity: *const c_void,
        bytes: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
        let nonces = NONCES.lock().unwrap_or_else(PoisonError::into_inner);
        let nonce = nonces
            .get(&identity.addr())
            .ok_or_else(|| bad("the identity is encrypted by another system"))?;
        let mut copy = zeroize::Zeroizing::new(bytes.to_vec());
        change(&mut copy, nonce, 0)?;
        Ok(copy)
    }

    /// # Safety
    /// As `encrypt`.
    unsafe fn apply(identity: *mut c_void, nonce: &[u8; 12], flag: u32) -> Result<(), Error> {
        let mut result = Err(bad("the identity was not made by this library"));
        // SAFETY: by contract.
        unsafe {
            memory::with_given(identity.cast(), |bytes| result = change(bytes, nonce, flag));
        }
        result
    }

    fn change(bytes: &mut [u8], nonce: &[u8; 12], flag: u32) -> Result<(), Error> {
        let header = size_of::<SEC_WINNT_AUTH_IDENTITY_EX2>();
        if bytes.len() < header || bytes[..4] != VERSION_2.to_ne_bytes() {
            return Err(bad(
                "only a self-relative identity can be encrypted in place",
            ));
        }
        let (head, body) = bytes.split_at_mut(header);
        ChaCha20::new(key()?.expose().into(), nonce.into()).apply_keystream(body);
        let flags: [u8; 4] = head[FLAGS..FLAGS + 4].try_into().unwrap_or_default();
        let flags = u32::from_ne_bytes(flags) & !PROCESS_ENCRYPTED | flag;
        head[FLAGS..FLAGS + 4].copy_from_slice(&flags.to_ne_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            user: Some("alice".to_owned()),
            domain: Some("LAB".to_owned()),
            password: Some("Pässwörd".into()),
            packages: Some("!Kerberos".to_owned()),
            only: true,
        }
    }

    /// API-ID-3, API-SSPI-5: self-relative, and the same bytes after a round trip.
    #[test]
    fn marshalling() {
        let bytes = build(&parts()).unwrap();
        let again = parse_ex2(&bytes).unwrap();
        assert_eq!(again, parts());
        assert_eq!(*build(&again).unwrap(), *bytes);
        assert_eq!(bytes[..4], VERSION_2.to_ne_bytes());
        assert_eq!(bytes[4..6], 48u16.to_ne_bytes());
    }

    /// API-ID-3: every length and offset is checked.
    #[test]
    fn broken_identities() {
        let good = build(&parts()).unwrap();
        for len in 0..good.len() {
            assert!(parse_ex2(&good[..len]).is_err(), "{len}");
        }
        for at in [12, 20, 28, 40] {
            for value in [1u32, 47, u32::MAX, 0x7fff_ffff] {
                let mut bad = good.to_vec();
                bad[at..at + 4].copy_from_slice(&value.to_ne_bytes());
                assert!(parse_ex2(&bad).is_err(), "{at} {value}");
            }
        }
        for at in [16, 24, 32, 44] {
            let mut bad = good.to_vec();
            bad[at..at + 2].copy_from_slice(&u16::MAX.to_ne_bytes());
            assert!(parse_ex2(&bad).is_err(), "{at}");
        }
    }
}
