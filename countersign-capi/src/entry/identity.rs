//! The Sspi*AuthIdentity family (API-SSPI-1 to API-SSPI-10).
//!
//! An identity that this library makes is self-relative (`SEC_WINNT_AUTH_IDENTITY_EX2`); any form is
//! taken as input.
use std::ffi::c_void;

use countersign::wire::utf16::equal_ignoring_case;
use countersign::{ApiMisuse, Error, SecretString, Status};

use crate::boundary::{boundary, write};
use crate::identity::{Parts, bad, build, parse_ex2, protection, read_parts};
use crate::layout::WideStr;
use crate::memory::{self, Block};
use crate::text::{Text, Wide, terminated};

/// `CRED_TYPE_DOMAIN_PASSWORD`.
const DOMAIN_PASSWORD: u32 = 2;

/// Makes an identity from strings; any of them may be missing, but not all.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncodeStringsAsAuthIdentity(
    user: WideStr,
    domain: WideStr,
    packed: WideStr,
    identity: *mut *mut c_void,
) -> i32 {
    boundary("SspiEncodeStringsAsAuthIdentity", || {
        // SAFETY: the caller's contract.
        let parts = unsafe {
            Parts {
                user: terminated::<Wide>(user, "the user")?,
                domain: terminated::<Wide>(domain, "the domain")?,
                password: terminated::<Wide>(packed, "the credentials")?.map(SecretString::from),
                packages: None,
                only: false,
            }
        };
        if parts == Parts::default() {
            return Err(bad("an identity of nothing"));
        }
        // SAFETY: the caller's contract.
        unsafe { give(identity, &parts) }
    })
}

/// Gives the strings of an identity; each is freed with `SspiLocalFree`.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncodeAuthIdentityAsStrings(
    identity: *const c_void,
    user: *mut *mut u16,
    domain: *mut *mut u16,
    packed: *mut *mut u16,
) -> i32 {
    boundary("SspiEncodeAuthIdentityAsStrings", || {
        // SAFETY: the caller's contract.
        let parts = unsafe { required(identity) }?;
        if user.is_null() || domain.is_null() {
            return Err(nowhere());
        }
        let password = parts.password.as_ref().map(SecretString::expose);
        // Everything is made before anything is given.
        let made = [parts.user.as_deref(), parts.domain.as_deref(), password]
            .map(|text| text.map(|text| Block::of(&Wide::encode(text))).transpose());
        let [made_user, made_domain, made_packed] = made;
        let (made_user, made_domain, made_packed) = (made_user?, made_domain?, made_packed?);
        let pointer = |block: Option<Block>| -> *mut u16 {
            block.map_or(std::ptr::null_mut(), |block| block.give().cast())
        };
        // SAFETY: the caller's contract.
        unsafe {
            write(user, pointer(made_user));
            write(domain, pointer(made_domain));
            if !packed.is_null() {
                write(packed, pointer(made_packed));
            }
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Checks the structure of an identity.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiValidateAuthIdentity(identity: *const c_void) -> i32 {
    boundary("SspiValidateAuthIdentity", || {
        // SAFETY: the caller's contract.
        unsafe { required(identity) }.map_err(|_| Error::Foreign(Status::SEC_E_INVALID_TOKEN))?;
        Ok(Status::SEC_E_OK)
    })
}

/// Copies an identity of any form into one of ours.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiCopyAuthIdentity(
    identity: *const c_void,
    copy: *mut *mut c_void,
) -> i32 {
    boundary("SspiCopyAuthIdentity", || {
        // SAFETY: the caller's contract.
        unsafe { give(copy, &required(identity)?) }
    })
}

/// Wipes and frees an identity of ours; nothing happens to a foreign one.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiFreeAuthIdentity(identity: *mut c_void) {
    boundary("SspiFreeAuthIdentity", || {
        protection::forget(identity);
        memory::take_back(identity.cast());
        Ok(Status::SEC_E_OK)
    });
}

/// Wipes an identity of ours; it stays allocated.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiZeroAuthIdentity(identity: *mut c_void) {
    boundary("SspiZeroAuthIdentity", || {
        protection::forget(identity);
        // SAFETY: the caller does not use the identity on another thread meanwhile.
        unsafe { memory::with_given(identity.cast(), |bytes| bytes.fill(0)) };
        Ok(Status::SEC_E_OK)
    });
}

/// Frees a string or buffer of this family.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiLocalFree(buffer: *mut c_void) {
    boundary("SspiLocalFree", || {
        memory::take_back(buffer.cast());
        Ok(Status::SEC_E_OK)
    });
}

/// Gives an identity as bytes, which `SspiLocalFree` frees.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiMarshalAuthIdentity(
    identity: *const c_void,
    length: *mut u32,
    bytes: *mut *mut i8,
) -> i32 {
    boundary("SspiMarshalAuthIdentity", || {
        if length.is_null() || bytes.is_null() {
            return Err(nowhere());
        }
        // SAFETY: the caller's contract.
        let marshalled = build(&unsafe { required(identity) }?)?;
        let len = u32::try_from(marshalled.len()).map_err(|_| bad("the identity is too long"))?;
        let block = Block::of(&marshalled)?.give();
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe {
            write(bytes, block.cast());
            write(length, len);
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Makes an identity from its bytes.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiUnmarshalAuthIdentity(
    length: u32,
    bytes: *const i8,
    identity: *mut *mut c_void,
) -> i32 {
    boundary("SspiUnmarshalAuthIdentity", || {
        if bytes.is_null() || identity.is_null() {
            return Err(nowhere());
        }
        if length > MAX_MARSHALLED {
            return Err(bad("the identity is longer than any"));
        }
        // SAFETY: not null, and so valid for its length, by the caller's contract.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length as usize) };
        // SAFETY: the caller's contract.
        unsafe { give(identity, &parse_ex2(bytes)?) }
    })
}

/// No identity is longer, in bytes.
const MAX_MARSHALLED: u32 = 1 << 20;

/// Encrypts an identity of ours in place, for this process.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncryptAuthIdentity(identity: *mut c_void) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { SspiEncryptAuthIdentityEx(SAME_PROCESS, identity) }
}

/// `SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS`.
const SAME_PROCESS: u32 = 2;

/// Encrypts an identity of ours in place. Only protection for this process can be had.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiEncryptAuthIdentityEx(
    options: u32,
    identity: *mut c_void,
) -> i32 {
    boundary("SspiEncryptAuthIdentityEx", || {
        if options > SAME_PROCESS {
            return Err(Error::Unsupported("encryption for another process"));
        }
        // SAFETY: the caller's contract.
        unsafe { protection::encrypt(identity) }?;
        Ok(Status::SEC_E_OK)
    })
}

/// Decrypts an identity in place.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiDecryptAuthIdentity(identity: *mut c_void) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { SspiDecryptAuthIdentityEx(SAME_PROCESS, identity) }
}

/// Decrypts an identity in place.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiDecryptAuthIdentityEx(
    options: u32,
    identity: *mut c_void,
) -> i32 {
    boundary("SspiDecryptAuthIdentityEx", || {
        if options > SAME_PROCESS {
            return Err(Error::Unsupported("encryption for another process"));
        }
        // SAFETY: the caller's contract.
        unsafe { protection::decrypt(identity) }?;
        Ok(Status::SEC_E_OK)
    })
}

/// Whether an identity is encrypted: 1 or 0.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiIsAuthIdentityEncrypted(identity: *const c_void) -> u8 {
    u8::from(protection::is_encrypted(identity))
}

/// Compares two identities; one that is missing is nobody.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiCompareAuthIdentities(
    one: *const c_void,
    two: *const c_void,
    same_user: *mut u8,
    same_identity: *mut u8,
) -> i32 {
    boundary("SspiCompareAuthIdentities", || {
        // SAFETY: the caller's contract.
        let (one, two) = unsafe { (read_parts(one)?, read_parts(two)?) };
        let name = |parts: &Option<Parts>| {
            parts.as_ref().map(|parts| {
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                (of(&parts.user), of(&parts.domain))
            })
        };
        let user = match (name(&one), name(&two)) {
            (Some(a), Some(b)) => {
                equal_ignoring_case(&a.0, &b.0) && equal_ignoring_case(&a.1, &b.1)
            }
            (None, None) => true,
            _ => false,
        };
        let secret = |parts: &Option<Parts>| parts.as_ref().and_then(|p| p.password.clone());
        let identity = user && secret(&one) == secret(&two);
        // SAFETY: the caller's contract.
        unsafe {
            write(same_user, u8::from(user));
            write(same_identity, u8::from(identity));
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Copies an identity and excludes a package from it.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiExcludePackage(
    identity: *const c_void,
    package: WideStr,
    excluded: *mut *mut c_void,
) -> i32 {
    boundary("SspiExcludePackage", || {
        // SAFETY: the caller's contract.
        let (mut parts, package) = unsafe {
            (
                read_parts(identity)?.unwrap_or_default(),
                terminated::<Wide>(package, "the name of the package")?,
            )
        };
        let package = package
            .filter(|name| !name.is_empty())
            .ok_or_else(|| bad("the name of the package is missing"))?;
        let exclusion = format!("!{package}");
        parts.packages = Some(match parts.packages {
            Some(list) if !list.is_empty() => format!("{list},{exclusion}"),
            _ => exclusion,
        });
        // SAFETY: the caller's contract.
        unsafe { give(excluded, &parts) }
    })
}

/// Gives the host of a target: of `HTTP/www.example.com:80` that is `www.example.com`.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiGetTargetHostName(target: WideStr, host: *mut *mut u16) -> i32 {
    boundary("SspiGetTargetHostName", || {
        if host.is_null() {
            return Err(nowhere());
        }
        // SAFETY: the caller's contract.
        let target = unsafe { terminated::<Wide>(target, "the target") }?
            .ok_or_else(|| bad("the target is missing"))?;
        let block = Block::of(&Wide::encode(host_of(&target)))?;
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe { write(host, block.give().cast()) };
        Ok(Status::SEC_E_OK)
    })
}

/// The host part of a service principal name or of a host with a port.
fn host_of(target: &str) -> &str {
    let host = target.split('/').nth(1).unwrap_or(target);
    match host.strip_prefix('[') {
        // An IPv6 address in brackets keeps its colons.
        Some(address) => address.split(']').next().unwrap_or(address),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Says which entry of a credential manager an identity stands for.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiPrepareForCredRead(
    identity: *const c_void,
    target: WideStr,
    kind: *mut u32,
    name: *mut *mut u16,
) -> i32 {
    boundary("SspiPrepareForCredRead", || {
        if kind.is_null() || name.is_null() {
            return Err(nowhere());
        }
        // SAFETY: the caller's contract.
        let target = unsafe {
            read_parts(identity)?;
            terminated::<Wide>(target, "the target")?
        }
        .ok_or_else(|| bad("the target is missing"))?;
        let block = Block::of(&Wide::encode(&target))?;
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe {
            write(kind, DOMAIN_PASSWORD);
            write(name, block.give().cast());
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Says how an identity is written to a credential manager.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn SspiPrepareForCredWrite(
    identity: *const c_void,
    target: WideStr,
    kind: *mut u32,
    name: *mut *mut u16,
    user: *mut *mut u16,
    blob: *mut *mut u8,
    size: *mut u32,
) -> i32 {
    boundary("SspiPrepareForCredWrite", || {
        if [
            kind.is_null(),
            name.is_null(),
            user.is_null(),
            blob.is_null(),
            size.is_null(),
        ]
        .contains(&true)
        {
            return Err(nowhere());
        }
        // SAFETY: the caller's contract.
        let (parts, target) = unsafe {
            (
                required(identity)?,
                terminated::<Wide>(target, "the target")?,
            )
        };
        let domain = parts.domain.as_deref().unwrap_or_default();
        let account = parts.user.as_deref().unwrap_or_default();
        let qualified = if domain.is_empty() {
            account.to_owned()
        } else {
            format!(r"{domain}\{account}")
        };
        let mut secret = Vec::new();
        if let Some(password) = &parts.password {
            countersign::wire::utf16::encode(password.expose(), &mut secret);
        }
        let secret = zeroize::Zeroizing::new(secret);
        let target = target.unwrap_or_else(|| qualified.clone());
        let made_name = Block::of(&Wide::encode(&target))?;
        let made_user = Block::of(&Wide::encode(&qualified))?;
        let made_blob = Block::of(&secret)?;
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe {
            write(kind, DOMAIN_PASSWORD);
            write(name, made_name.give().cast());
            write(user, made_user.give().cast());
            write(blob, made_blob.give());
            write(size, u32::try_from(secret.len()).unwrap_or_default());
        }
        Ok(Status::SEC_E_OK)
    })
}

/// An identity that must be there.
unsafe fn required(identity: *const c_void) -> Result<Parts, Error> {
    // SAFETY: the caller's contract.
    unsafe { read_parts(identity) }?.ok_or_else(|| bad("the identity is missing"))
}

/// Gives an identity to C.
unsafe fn give(place: *mut *mut c_void, parts: &Parts) -> Result<Status, Error> {
    if place.is_null() {
        return Err(nowhere());
    }
    let block = Block::of(&build(parts)?)?;
    // SAFETY: not null, and so room for a result, by the caller's contract.
    unsafe { write(place, block.give().cast()) };
    Ok(Status::SEC_E_OK)
}

fn nowhere() -> Error {
    ApiMisuse::InvalidParameter("no place for the result").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// API-SSPI-9
    #[test]
    fn hosts_of_targets() {
        for (target, host) in [
            ("HTTP/www.example.com", "www.example.com"),
            ("MSSQLSvc/db.example.com:1433", "db.example.com"),
            ("ldap/dc1.example.com/example.com", "dc1.example.com"),
            ("www.example.com", "www.example.com"),
            ("HTTP/[::1]:80", "::1"),
        ] {
            assert_eq!(host_of(target), host);
        }
    }
}
