//! Functions that are exported so that programs link, and that answer SEC_E_UNSUPPORTED_FUNCTION
//! until their packages come. `MATRIX.md` names them.
use std::ffi::c_void;

use countersign::Error;

use crate::boundary::boundary;
use crate::entry::{contexts, credentials};
use crate::layout::{AnsiStr, SecBuffer, SecBufferDesc, SecHandle, SecPkgInfo, TimeStamp, WideStr};

macro_rules! later {
    ($($(#[$doc:meta])* $name:ident($($parameter:ident: $type:ty),* $(,)?) $(checks $check:ident($handle:ident))?;)*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            #[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
            pub unsafe extern "system" fn $name($($parameter: $type),*) -> i32 {
                $(let _ = $parameter;)*
                boundary(stringify!($name), || {
                    $(
                        // SAFETY: the caller's contract.
                        unsafe { $check($handle) }?;
                    )?
                    Err(Error::Unsupported("this function"))
                })
            }
        )*
    };
}

/// A context that must be there.
unsafe fn a_context(context: *const SecHandle) -> Result<(), Error> {
    // SAFETY: the caller's contract.
    unsafe { contexts::find(context) }.map(|_| ())
}

/// A credential that must be there.
unsafe fn a_credential(credential: *const SecHandle) -> Result<(), Error> {
    // SAFETY: the caller's contract.
    unsafe { credentials::find(credential) }.map(|_| ())
}

later! {
    /// Acts as the client of a context.
    ImpersonateSecurityContext(context: *const SecHandle) checks a_context(context);
    /// Ends acting as the client.
    RevertSecurityContext(context: *const SecHandle) checks a_context(context);
    /// Gives the token of the client.
    QuerySecurityContextToken(context: *const SecHandle, token: *mut *mut c_void) checks a_context(context);
    /// Packs a context for another process.
    ExportSecurityContext(context: *const SecHandle, flags: u32, packed: *mut SecBuffer, token: *mut *mut c_void) checks a_context(context);
    /// Unpacks a context.
    ImportSecurityContextA(package: AnsiStr, packed: *const SecBuffer, token: *mut c_void, context: *mut SecHandle);
    /// Unpacks a context.
    ImportSecurityContextW(package: WideStr, packed: *const SecBuffer, token: *mut c_void, context: *mut SecHandle);
    /// Changes a password. NTLM has no way to carry it (spec/09 row 21).
    ChangeAccountPasswordA(
        package: AnsiStr, domain: AnsiStr, account: AnsiStr, old: AnsiStr, new: AnsiStr,
        impersonating: u8, reserved: u32, output: *mut SecBufferDesc,
    );
    /// Changes a password. NTLM has no way to carry it (spec/09 row 21).
    ChangeAccountPasswordW(
        package: WideStr, domain: WideStr, account: WideStr, old: WideStr, new: WideStr,
        impersonating: u8, reserved: u32, output: *mut SecBufferDesc,
    );
    /// Packs the name and address of a target.
    CredMarshalTargetInfo(info: *const c_void, buffer: *mut *mut u16, size: *mut u32);
    /// Unpacks the name and address of a target.
    CredUnmarshalTargetInfo(buffer: *const u16, size: u32, info: *mut *mut c_void, used: *mut u32);
    /// Lists SASL profiles.
    SaslEnumerateProfilesA(profiles: *mut *mut i8, count: *mut u32);
    /// Lists SASL profiles.
    SaslEnumerateProfilesW(profiles: *mut *mut u16, count: *mut u32);
    /// Gives the package of a SASL profile.
    SaslGetProfilePackageA(profile: AnsiStr, info: *mut *mut SecPkgInfo);
    /// Gives the package of a SASL profile.
    SaslGetProfilePackageW(profile: WideStr, info: *mut *mut SecPkgInfo);
    /// Finds the package that a SASL exchange asks for.
    SaslIdentifyPackageA(input: *const SecBufferDesc, info: *mut *mut SecPkgInfo);
    /// Finds the package that a SASL exchange asks for.
    SaslIdentifyPackageW(input: *const SecBufferDesc, info: *mut *mut SecPkgInfo);
    /// Goes one step on as a SASL client.
    SaslInitializeSecurityContextA(
        credential: *const SecHandle, context: *const SecHandle, target: AnsiStr, request: u32,
        reserved_1: u32, representation: u32, input: *const SecBufferDesc, reserved_2: u32,
        new_context: *mut SecHandle, output: *mut SecBufferDesc, attributes: *mut u32, expiry: *mut TimeStamp,
    ) checks a_credential(credential);
    /// Goes one step on as a SASL client.
    SaslInitializeSecurityContextW(
        credential: *const SecHandle, context: *const SecHandle, target: WideStr, request: u32,
        reserved_1: u32, representation: u32, input: *const SecBufferDesc, reserved_2: u32,
        new_context: *mut SecHandle, output: *mut SecBufferDesc, attributes: *mut u32, expiry: *mut TimeStamp,
    ) checks a_credential(credential);
    /// Goes one step on as a SASL server.
    SaslAcceptSecurityContext(
        credential: *const SecHandle, context: *const SecHandle, input: *const SecBufferDesc, request: u32,
        representation: u32, new_context: *mut SecHandle, output: *mut SecBufferDesc, attributes: *mut u32,
        expiry: *mut TimeStamp,
    ) checks a_credential(credential);
    /// Sets an option of a SASL context.
    SaslSetContextOption(context: *const SecHandle, option: u32, value: *const c_void, size: u32) checks a_context(context);
    /// Reads an option of a SASL context.
    SaslGetContextOption(context: *const SecHandle, option: u32, value: *mut c_void, size: u32, needed: *mut u32) checks a_context(context);
    /// Turns channel bindings into their extended form.
    SspiSetChannelBindingFlags(bindings: *mut c_void, flags: u32);
    /// Makes an asynchronous call's context ready for another call.
    SspiReinitAsyncContext(context: *mut c_void);
    /// Sets who is told when an asynchronous call ends.
    SspiSetAsyncNotifyCallback(context: *const c_void, callback: *const c_void, data: *mut c_void);
    /// Gives the result of an asynchronous call.
    SspiGetAsyncCallStatus(context: *const c_void);
    /// Acquires credentials without waiting.
    SspiAcquireCredentialsHandleAsyncA(
        context: *mut c_void, principal: AnsiStr, package: AnsiStr, use_bits: u32, logon_id: *mut c_void,
        auth_data: *const c_void, get_key: *const c_void, argument: *const c_void, handle: *mut SecHandle,
        expiry: *mut TimeStamp,
    );
    /// Acquires credentials without waiting.
    SspiAcquireCredentialsHandleAsyncW(
        context: *mut c_void, principal: WideStr, package: WideStr, use_bits: u32, logon_id: *mut c_void,
        auth_data: *const c_void, get_key: *const c_void, argument: *const c_void, handle: *mut SecHandle,
        expiry: *mut TimeStamp,
    );
    /// Goes one step on as a client without waiting.
    SspiInitializeSecurityContextAsyncA(
        async_context: *mut c_void, credential: *const SecHandle, context: *const SecHandle, target: AnsiStr,
        request: u32, reserved_1: u32, representation: u32, input: *const SecBufferDesc, reserved_2: u32,
        new_context: *mut SecHandle, output: *mut SecBufferDesc, attributes: *mut u32, expiry: *mut TimeStamp,
    );
    /// Goes one step on as a client without waiting.
    SspiInitializeSecurityContextAsyncW(
        async_context: *mut c_void, credential: *const SecHandle, context: *const SecHandle, target: WideStr,
        request: u32, reserved_1: u32, representation: u32, input: *const SecBufferDesc, reserved_2: u32,
        new_context: *mut SecHandle, output: *mut SecBufferDesc, attributes: *mut u32, expiry: *mut TimeStamp,
    );
    /// Goes one step on as a server without waiting.
    SspiAcceptSecurityContextAsync(
        async_context: *mut c_void, credential: *const SecHandle, context: *const SecHandle,
        input: *const SecBufferDesc, request: u32, representation: u32, new_context: *mut SecHandle,
        output: *mut SecBufferDesc, attributes: *mut u32, expiry: *mut TimeStamp,
    );
    /// Frees credentials without waiting.
    SspiFreeCredentialsHandleAsync(context: *mut c_void, handle: *const SecHandle) checks a_credential(handle);
    /// Deletes a context without waiting.
    SspiDeleteSecurityContextAsync(async_context: *mut c_void, context: *const SecHandle) checks a_context(context);
}

/// Makes the context of asynchronous calls: none, so that the caller falls back to the others.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiCreateAsyncContext() -> *mut c_void {
    std::ptr::null_mut()
}

/// Frees the context of asynchronous calls.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiFreeAsyncContext(context: *mut c_void) {
    let _ = context;
}

/// Whether an asynchronous call has still to tell somebody.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SspiAsyncContextRequiresNotify(context: *mut c_void) -> u8 {
    let _ = context;
    0
}
