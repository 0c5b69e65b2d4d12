//! The structures of the interface, as C sees them (spec/01 section 2). Offsets and sizes are
//! asserted here for Rust and in `tests/c/layout.c` for C.
#![allow(non_snake_case, non_camel_case_types, reason = "the names of sspi.h")]
#![allow(missing_docs, reason = "the fields are documented where sspi.h is")]

use std::ffi::{c_char, c_void};

pub use crate::handle::SecHandle;

/// `TimeStamp`: 100 ns ticks since 1601-01-01.
pub type TimeStamp = i64;

macro_rules! structures {
    ($($(#[$doc:meta])* $name:ident($size:literal, $align:literal) { $($field:ident: $type:ty = $offset:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            #[repr(C)]
            pub struct $name { $(pub $field: $type),* }
            #[cfg(target_pointer_width = "64")]
            const _: () = {
                assert!(size_of::<$name>() == $size);
                assert!(align_of::<$name>() == $align);
                $(assert!(std::mem::offset_of!($name, $field) == $offset);)*
            };
        )*
    };
}

structures! {
    /// One buffer of a call.
    SecBuffer(16, 8) { cbBuffer: u32 = 0, BufferType: u32 = 4, pvBuffer: *mut c_void = 8 }
    /// The buffers of a call.
    SecBufferDesc(16, 8) { ulVersion: u32 = 0, cBuffers: u32 = 4, pBuffers: *mut SecBuffer = 8 }
    /// A package's record; `Name` and `Comment` are UTF-16 or UTF-8 by the name of the call.
    SecPkgInfo(32, 8) {
        fCapabilities: u32 = 0, wVersion: u16 = 4, wRPCID: u16 = 6, cbMaxToken: u32 = 8,
        Name: *mut c_void = 16, Comment: *mut c_void = 24,
    }
    /// Options of `AddSecurityPackage`.
    SECURITY_PACKAGE_OPTIONS(24, 8) {
        Size: u32 = 0, Type: u32 = 4, Flags: u32 = 8, SignatureSize: u32 = 12, Signature: *mut c_void = 16,
    }
    /// 64-bit context flags in a buffer of type `SECBUFFER_FLAGS`.
    SEC_FLAGS(8, 8) { Flags: u64 = 0 }
    /// The plain identity; its texts are UTF-16 or 8-bit by `Flags`.
    SEC_WINNT_AUTH_IDENTITY(48, 8) {
        User: *const c_void = 0, UserLength: u32 = 8,
        Domain: *const c_void = 16, DomainLength: u32 = 24,
        Password: *const c_void = 32, PasswordLength: u32 = 40, Flags: u32 = 44,
    }
    /// The identity with a list of packages.
    SEC_WINNT_AUTH_IDENTITY_EX(72, 8) {
        Version: u32 = 0, Length: u32 = 4,
        User: *const c_void = 8, UserLength: u32 = 16,
        Domain: *const c_void = 24, DomainLength: u32 = 32,
        Password: *const c_void = 40, PasswordLength: u32 = 48, Flags: u32 = 52,
        PackageList: *const c_void = 56, PackageListLength: u32 = 64,
    }
    /// The self-relative identity: offsets from its start, lengths in bytes.
    SEC_WINNT_AUTH_IDENTITY_EX2(48, 4) {
        Version: u32 = 0, cbHeaderLength: u16 = 4, cbStructureLength: u32 = 8,
        UserOffset: u32 = 12, UserLength: u16 = 16,
        DomainOffset: u32 = 20, DomainLength: u16 = 24,
        PackedCredentialsOffset: u32 = 28, PackedCredentialsLength: u16 = 32, Flags: u32 = 36,
        PackageListOffset: u32 = 40, PackageListLength: u16 = 44,
    }
    SecPkgContext_Sizes(16, 4) {
        cbMaxToken: u32 = 0, cbMaxSignature: u32 = 4, cbBlockSize: u32 = 8, cbSecurityTrailer: u32 = 12,
    }
    SecPkgContext_Names(8, 8) { sUserName: *mut c_void = 0 }
    SecPkgContext_Lifespan(16, 8) { tsStart: TimeStamp = 0, tsExpiry: TimeStamp = 8 }
    SecPkgContext_DceInfo(16, 8) { AuthzSvc: u32 = 0, pPac: *mut c_void = 8 }
    SecPkgContext_KeyInfo(32, 8) {
        sSignatureAlgorithmName: *mut c_void = 0, sEncryptAlgorithmName: *mut c_void = 8,
        KeySize: u32 = 16, SignatureAlgorithm: u32 = 20, EncryptAlgorithm: u32 = 24,
    }
    SecPkgContext_Authority(8, 8) { sAuthorityName: *mut c_void = 0 }
    SecPkgContext_PasswordExpiry(8, 8) { tsPasswordExpires: TimeStamp = 0 }
    SecPkgContext_SessionKey(16, 8) { SessionKeyLength: u32 = 0, SessionKey: *mut u8 = 8 }
    SecPkgContext_PackageInfo(8, 8) { PackageInfo: *mut SecPkgInfo = 0 }
    SecPkgContext_UserFlags(4, 4) { UserFlags: u32 = 0 }
    SecPkgContext_NegotiationInfo(16, 8) { PackageInfo: *mut SecPkgInfo = 0, NegotiationState: u32 = 8 }
    SecPkgContext_NativeNames(16, 8) { sClientName: *mut c_void = 0, sServerName: *mut c_void = 8 }
    SecPkgContext_Flags(4, 4) { Flags: u32 = 0 }
    SecPkgContext_TargetInformation(16, 8) {
        MarshalledTargetInfoLength: u32 = 0, MarshalledTargetInfo: *mut u8 = 8,
    }
    SecPkgContext_ClientSpecifiedTarget(8, 8) { sTargetName: *mut c_void = 0 }
    SecPkgContext_LastClientTokenStatus(4, 4) { LastClientTokenStatus: i32 = 0 }
    SecPkgCredentials_Names(8, 8) { sUserName: *mut c_void = 0 }
}

/// `SEC_CHANNEL_BINDINGS_RESULT`: its length in bytes.
pub(crate) const BINDINGS_RESULT_LENGTH: usize = 4;

/// Kinds of buffers (spec/01 section 4).
pub(crate) mod buffer_type {
    pub(crate) const EMPTY: u32 = 0;
    pub(crate) const DATA: u32 = 1;
    pub(crate) const TOKEN: u32 = 2;
    pub(crate) const EXTRA: u32 = 5;
    pub(crate) const MISSING: u32 = 4;
    pub(crate) const PADDING: u32 = 9;
    pub(crate) const STREAM: u32 = 10;
    pub(crate) const TARGET: u32 = 13;
    pub(crate) const CHANNEL_BINDINGS: u32 = 14;
    pub(crate) const FLAGS: u32 = 27;
    pub(crate) const CHANNEL_BINDINGS_RESULT: u32 = 30;
    /// The bits of the type that are no type.
    pub(crate) const ATTRIBUTES: u32 = 0xF000_0000;
    pub(crate) const READONLY: u32 = 0x8000_0000;
    pub(crate) const READONLY_WITH_CHECKSUM: u32 = 0x1000_0000;
}

/// A C string as a parameter of an A call.
pub(crate) type AnsiStr = *const c_char;
/// A UTF-16 string as a parameter of a W call.
pub(crate) type WideStr = *const u16;
