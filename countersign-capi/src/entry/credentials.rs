//! Credentials (API-CRED-1 to API-CRED-14).
use std::ffi::c_void;

use countersign::{Error, Status};

use crate::boundary::{boundary, read, write};
use crate::credential::{self, Credential, invalid_handle, usage};
use crate::entry::packages::package_name;
use crate::identity::read_parts;
use crate::layout::{AnsiStr, SecHandle, TimeStamp, WideStr};
use crate::text::{Ansi, Text, Wide, terminated};
use crate::time;

/// Makes a credential handle (API-CRED-1).
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn AcquireCredentialsHandleA(
    principal: AnsiStr,
    package: AnsiStr,
    use_bits: u32,
    _logon_id: *mut c_void,
    auth_data: *const c_void,
    _get_key: *const c_void,
    _get_key_argument: *const c_void,
    handle: *mut SecHandle,
    expiry: *mut TimeStamp,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        acquire::<Ansi>(
            principal.cast(),
            package.cast(),
            use_bits,
            auth_data,
            handle,
            expiry,
        )
    }
}

/// Makes a credential handle (API-CRED-1).
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn AcquireCredentialsHandleW(
    principal: WideStr,
    package: WideStr,
    use_bits: u32,
    _logon_id: *mut c_void,
    auth_data: *const c_void,
    _get_key: *const c_void,
    _get_key_argument: *const c_void,
    handle: *mut SecHandle,
    expiry: *mut TimeStamp,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { acquire::<Wide>(principal, package, use_bits, auth_data, handle, expiry) }
}

unsafe fn acquire<T: Text>(
    principal: *const T::Unit,
    package: *const T::Unit,
    use_bits: u32,
    auth_data: *const c_void,
    handle: *mut SecHandle,
    expiry: *mut TimeStamp,
) -> i32 {
    boundary("AcquireCredentialsHandle", || {
        if handle.is_null() {
            return Err(invalid_handle());
        }
        // SAFETY: the caller's contract.
        let (package, principal, identity) = unsafe {
            (
                package_name::<T>(package)?,
                terminated::<T>(principal, "the principal")?,
                read_parts(auth_data)?,
            )
        };
        // The name is looked at first: a package that does not exist is the better error.
        crate::state::package(&package)?;
        let identity = match identity {
            Some(parts) => parts.into_identity()?,
            None => None,
        };
        let made = Credential::acquire(&package, principal.as_deref(), usage(use_bits)?, identity)?;
        let made = credential::insert(made)?;
        // SAFETY: the handle is not null; both are valid by the caller's contract.
        unsafe {
            write(handle, made);
            write(expiry, time::local(credential::EXPIRY));
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Adds a credential to a handle (API-CRED-10).
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn AddCredentialsA(
    handle: *const SecHandle,
    principal: AnsiStr,
    package: AnsiStr,
    use_bits: u32,
    auth_data: *const c_void,
    _get_key: *const c_void,
    _get_key_argument: *const c_void,
    expiry: *mut TimeStamp,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        add::<Ansi>(
            handle,
            principal.cast(),
            package.cast(),
            use_bits,
            auth_data,
            expiry,
        )
    }
}

/// Adds a credential to a handle (API-CRED-10).
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn AddCredentialsW(
    handle: *const SecHandle,
    principal: WideStr,
    package: WideStr,
    use_bits: u32,
    auth_data: *const c_void,
    _get_key: *const c_void,
    _get_key_argument: *const c_void,
    expiry: *mut TimeStamp,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { add::<Wide>(handle, principal, package, use_bits, auth_data, expiry) }
}

unsafe fn add<T: Text>(
    handle: *const SecHandle,
    principal: *const T::Unit,
    package: *const T::Unit,
    use_bits: u32,
    auth_data: *const c_void,
    expiry: *mut TimeStamp,
) -> i32 {
    boundary("AddCredentials", || {
        // SAFETY: the caller's contract.
        let credential = unsafe { find(handle) }?;
        // SAFETY: the caller's contract.
        let (package, principal, identity) = unsafe {
            (
                package_name::<T>(package)?,
                terminated::<T>(principal, "the principal")?,
                read_parts(auth_data)?,
            )
        };
        let identity = match identity {
            Some(parts) => parts.into_identity()?,
            None => None,
        };
        credential.add(&package, principal.as_deref(), usage(use_bits)?, identity)?;
        // SAFETY: the caller's contract.
        unsafe { write(expiry, time::local(credential::EXPIRY)) };
        Ok(Status::SEC_E_OK)
    })
}

/// Frees a credential handle. Contexts keep what they need of it.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FreeCredentialsHandle(handle: *const SecHandle) -> i32 {
    boundary("FreeCredentialsHandle", || {
        // SAFETY: the caller's contract.
        let handle = unsafe { read(handle) }.ok_or_else(invalid_handle)?;
        credential::free(handle)?;
        Ok(Status::SEC_E_OK)
    })
}

/// The credential of a handle that must be there.
pub(crate) unsafe fn find(handle: *const SecHandle) -> Result<std::sync::Arc<Credential>, Error> {
    // SAFETY: the caller's contract.
    let handle = unsafe { read(handle) }.ok_or_else(invalid_handle)?;
    credential::find(handle)
}
