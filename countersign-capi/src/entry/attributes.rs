//! Attributes of contexts and credentials (API-CTX-4, API-CTX-5, API-CRED-11 to API-CRED-13).
use std::ffi::c_void;

use countersign::{Error, Status};

use crate::attributes::{Place, context, credential};
use crate::boundary::boundary;
use crate::entry::{contexts, credentials};
use crate::layout::SecHandle;
use crate::text::{Ansi, Text, Wide};

macro_rules! queries {
    ($($(#[$doc:meta])* $ansi:ident, $wide:ident, $ansi_ex:ident, $wide_ex:ident => $body:ident;)*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $ansi(handle: *const SecHandle, attribute: u32, place: *mut c_void) -> i32 {
                // SAFETY: the caller's contract.
                unsafe { $body::<Ansi>(handle, attribute, place, None) }
            }
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $wide(handle: *const SecHandle, attribute: u32, place: *mut c_void) -> i32 {
                // SAFETY: the caller's contract.
                unsafe { $body::<Wide>(handle, attribute, place, None) }
            }
            $(#[$doc])*
            /// The size of the place is checked.
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $ansi_ex(handle: *const SecHandle, attribute: u32, place: *mut c_void, size: u32) -> i32 {
                // SAFETY: the caller's contract.
                unsafe { $body::<Ansi>(handle, attribute, place, Some(size)) }
            }
            $(#[$doc])*
            /// The size of the place is checked.
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $wide_ex(handle: *const SecHandle, attribute: u32, place: *mut c_void, size: u32) -> i32 {
                // SAFETY: the caller's contract.
                unsafe { $body::<Wide>(handle, attribute, place, Some(size)) }
            }
        )*
    };
}

queries! {
    /// Answers an attribute of a context.
    QueryContextAttributesA, QueryContextAttributesW, QueryContextAttributesExA, QueryContextAttributesExW
        => query_context;
    /// Answers an attribute of a credential.
    QueryCredentialsAttributesA, QueryCredentialsAttributesW, QueryCredentialsAttributesExA,
    QueryCredentialsAttributesExW => query_credential;
}

unsafe fn query_context<T: Text>(
    handle: *const SecHandle,
    attribute: u32,
    place: *mut c_void,
    size: Option<u32>,
) -> i32 {
    boundary("QueryContextAttributes", || {
        // SAFETY: the caller's contract.
        unsafe {
            let found = contexts::find(handle)?;
            context::<T>(&found, attribute, Place::new(place, size)?)?;
        }
        Ok(Status::SEC_E_OK)
    })
}

unsafe fn query_credential<T: Text>(
    handle: *const SecHandle,
    attribute: u32,
    place: *mut c_void,
    size: Option<u32>,
) -> i32 {
    boundary("QueryCredentialsAttributes", || {
        // SAFETY: the caller's contract.
        unsafe {
            let found = credentials::find(handle)?;
            credential::<T>(&found, attribute, Place::new(place, size)?)?;
        }
        Ok(Status::SEC_E_OK)
    })
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident => $find:path;)*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub unsafe extern "system" fn $name(handle: *const SecHandle, _attribute: u32, _value: *const c_void, _size: u32) -> i32 {
                boundary(stringify!($name), || {
                    // SAFETY: the caller's contract.
                    unsafe { $find(handle) }?;
                    Err(Error::Unsupported("this package has no attribute that can be set"))
                })
            }
        )*
    };
}

setters! {
    /// Sets an attribute of a context.
    SetContextAttributesA => contexts::find;
    /// Sets an attribute of a context.
    SetContextAttributesW => contexts::find;
    /// Sets an attribute of a credential.
    SetCredentialsAttributesA => credentials::find;
    /// Sets an attribute of a credential.
    SetCredentialsAttributesW => credentials::find;
}
