//! Every name of the list is found in the shared library, under its undecorated name.
use std::ffi::{CString, c_void};
use std::path::PathBuf;

use countersign_capi::exports::{EXPORTS, State};

/// The shared library that was built with this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libcountersign_capi.so")
}

fn open() -> *mut c_void {
    let path = CString::new(library().to_str().unwrap()).unwrap();
    // SAFETY: a terminated string; the library's initialisers are Rust's own.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null(), "{path:?} can not be loaded");
    handle
}

/// API-PKG-3: the list is what the library exports, by name.
#[test]
fn every_name_is_there() {
    let library = open();
    for export in EXPORTS {
        let name = CString::new(export.name).unwrap();
        // SAFETY: the library is open and the name is terminated.
        let found = unsafe { libc::dlsym(library, name.as_ptr()) };
        assert!(!found.is_null(), "{} is not exported", export.name);
        assert!(!export.address.is_null() && !export.needed_by.is_empty());
    }
}

/// spec/01 section 6: what a library with the secur32 names must export is on the list.
#[test]
fn nothing_is_missing() {
    let listed = |name: &str| EXPORTS.iter().any(|export| export.name == name);
    for both in [
        "AcquireCredentialsHandle",
        "AddCredentials",
        "AddSecurityPackage",
        "ChangeAccountPassword",
        "DeleteSecurityPackage",
        "EnumerateSecurityPackages",
        "ImportSecurityContext",
        "InitSecurityInterface",
        "InitializeSecurityContext",
        "QueryContextAttributes",
        "QueryCredentialsAttributes",
        "QuerySecurityPackageInfo",
        "SaslEnumerateProfiles",
        "SaslGetProfilePackage",
        "SaslIdentifyPackage",
        "SaslInitializeSecurityContext",
        "SetContextAttributes",
        "SetCredentialsAttributes",
        "QueryContextAttributesEx",
        "QueryCredentialsAttributesEx",
    ] {
        for family in ["A", "W"] {
            assert!(listed(&format!("{both}{family}")), "{both}{family}");
        }
    }
    for one in [
        "AcceptSecurityContext",
        "ApplyControlToken",
        "CompleteAuthToken",
        "CredMarshalTargetInfo",
        "CredUnmarshalTargetInfo",
        "DecryptMessage",
        "DeleteSecurityContext",
        "EncryptMessage",
        "ExportSecurityContext",
        "FreeContextBuffer",
        "FreeCredentialsHandle",
        "ImpersonateSecurityContext",
        "MakeSignature",
        "QuerySecurityContextToken",
        "RevertSecurityContext",
        "SaslAcceptSecurityContext",
        "SaslGetContextOption",
        "SaslSetContextOption",
        "SealMessage",
        "SspiCompareAuthIdentities",
        "SspiCopyAuthIdentity",
        "SspiDecryptAuthIdentity",
        "SspiEncodeAuthIdentityAsStrings",
        "SspiEncodeStringsAsAuthIdentity",
        "SspiEncryptAuthIdentity",
        "SspiExcludePackage",
        "SspiFreeAuthIdentity",
        "SspiGetTargetHostName",
        "SspiIsAuthIdentityEncrypted",
        "SspiLocalFree",
        "SspiMarshalAuthIdentity",
        "SspiPrepareForCredRead",
        "SspiPrepareForCredWrite",
        "SspiUnmarshalAuthIdentity",
        "SspiValidateAuthIdentity",
        "SspiZeroAuthIdentity",
        "UnsealMessage",
        "VerifySignature",
        "SspiSetChannelBindingFlags",
        "SspiEncryptAuthIdentityEx",
        "SspiDecryptAuthIdentityEx",
    ] {
        assert!(listed(one), "{one}");
    }
}

/// What comes later says so, in the list and when it is called; its handles are checked all the same.
#[test]
fn what_comes_later_is_unsupported() {
    use std::ptr::{null, null_mut};

    use countersign_capi::entry::later;
    // SAFETY: none of these looks at more than its handle, which is missing.
    let (without, with) = unsafe {
        (
            [
                later::ImportSecurityContextW(null(), null(), null_mut(), null_mut()),
                later::SaslEnumerateProfilesW(null_mut(), null_mut()),
                later::SaslGetProfilePackageA(null(), null_mut()),
            ],
            [
                later::ImpersonateSecurityContext(null()),
                later::RevertSecurityContext(null()),
                later::SaslSetContextOption(null(), 0, null(), 0),
            ],
        )
    };
    assert_eq!(without, [0x8009_0302_u32 as i32; 3]);
    assert_eq!(with, [0x8009_0301_u32 as i32; 3]);
    let later = EXPORTS.iter().filter(|e| e.state == State::NotYet).count();
    assert!(later > 0 && later < EXPORTS.len() / 2);
}
