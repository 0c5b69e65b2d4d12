//! The function tables (spec/01 section 2.7).
use std::ffi::c_void;

use super::{attributes, contexts, credentials, later, messages, packages};

/// `SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5`: every slot up to the Ex calls is filled.
const VERSION: u32 = 5;

macro_rules! tables {
    ($($slot:literal $field:ident: $ansi:expr, $wide:expr;)*) => {
        /// `SecurityFunctionTable`.
        #[derive(Debug)]
        #[repr(C)]
        pub struct SecurityFunctionTable {
            /// The version of the table.
            pub dwVersion: u32,
            $(#[doc = concat!("Slot ", $slot, ".")] pub $field: *const c_void,)*
        }

        #[cfg(target_pointer_width = "64")]
        const _: () = {
            assert!(size_of::<SecurityFunctionTable>() == 256);
            $(assert!(std::mem::offset_of!(SecurityFunctionTable, $field) == 8 * $slot);)*
        };

        static TABLE_A: SecurityFunctionTable = SecurityFunctionTable {
            dwVersion: VERSION,
            $($field: $ansi as *const c_void,)*
        };
        static TABLE_W: SecurityFunctionTable = SecurityFunctionTable {
            dwVersion: VERSION,
            $($field: $wide as *const c_void,)*
        };
    };
}

const NONE: *const c_void = std::ptr::null();

tables! {
    1 EnumerateSecurityPackages: packages::EnumerateSecurityPackagesA, packages::EnumerateSecurityPackagesW;
    2 QueryCredentialsAttributes: attributes::QueryCredentialsAttributesA, attributes::QueryCredentialsAttributesW;
    3 AcquireCredentialsHandle: credentials::AcquireCredentialsHandleA, credentials::AcquireCredentialsHandleW;
    4 FreeCredentialsHandle: credentials::FreeCredentialsHandle, credentials::FreeCredentialsHandle;
    5 Reserved2: NONE, NONE;
    6 InitializeSecurityContext: contexts::InitializeSecurityContextA, contexts::InitializeSecurityContextW;
    7 AcceptSecurityContext: contexts::AcceptSecurityContext, contexts::AcceptSecurityContext;
    8 CompleteAuthToken: contexts::CompleteAuthToken, contexts::CompleteAuthToken;
    9 DeleteSecurityContext: contexts::DeleteSecurityContext, contexts::DeleteSecurityContext;
    10 ApplyControlToken: contexts::ApplyControlToken, contexts::ApplyControlToken;
    11 QueryContextAttributes: attributes::QueryContextAttributesA, attributes::QueryContextAttributesW;
    12 ImpersonateSecurityContext: later::ImpersonateSecurityContext, later::ImpersonateSecurityContext;
    13 RevertSecurityContext: later::RevertSecurityContext, later::RevertSecurityContext;
    14 MakeSignature: messages::MakeSignature, messages::MakeSignature;
    15 VerifySignature: messages::VerifySignature, messages::VerifySignature;
    16 FreeContextBuffer: packages::FreeContextBuffer, packages::FreeContextBuffer;
    17 QuerySecurityPackageInfo: packages::QuerySecurityPackageInfoA, packages::QuerySecurityPackageInfoW;
    18 Reserved3: messages::SealMessage, messages::SealMessage;
    19 Reserved4: messages::UnsealMessage, messages::UnsealMessage;
    20 ExportSecurityContext: later::ExportSecurityContext, later::ExportSecurityContext;
    21 ImportSecurityContext: later::ImportSecurityContextA, later::ImportSecurityContextW;
    22 AddCredentials: credentials::AddCredentialsA, credentials::AddCredentialsW;
    23 Reserved8: NONE, NONE;
    24 QuerySecurityContextToken: later::QuerySecurityContextToken, later::QuerySecurityContextToken;
    25 EncryptMessage: messages::EncryptMessage, messages::EncryptMessage;
    26 DecryptMessage: messages::DecryptMessage, messages::DecryptMessage;
    27 SetContextAttributes: attributes::SetContextAttributesA, attributes::SetContextAttributesW;
    28 SetCredentialsAttributes: attributes::SetCredentialsAttributesA, attributes::SetCredentialsAttributesW;
    29 ChangeAccountPassword: later::ChangeAccountPasswordA, later::ChangeAccountPasswordW;
    30 QueryContextAttributesEx: attributes::QueryContextAttributesExA, attributes::QueryContextAttributesExW;
    31 QueryCredentialsAttributesEx: attributes::QueryCredentialsAttributesExA, attributes::QueryCredentialsAttributesExW;
}

// SAFETY: the table is never written; its pointers are those of functions.
unsafe impl Sync for SecurityFunctionTable {}

/// Gives the table of the A family; it is not freed (API-PKG-3).
#[unsafe(no_mangle)]
pub extern "system" fn InitSecurityInterfaceA() -> *const SecurityFunctionTable {
    &raw const TABLE_A
}

/// Gives the table of the W family; it is not freed (API-PKG-3).
#[unsafe(no_mangle)]
pub extern "system" fn InitSecurityInterfaceW() -> *const SecurityFunctionTable {
    &raw const TABLE_W
}
