//! The one list of what is exported: it makes `MATRIX.md` (`cargo xtask matrix`), and a test looks
//! every name up in the library.
use std::ffi::c_void;

use crate::entry::*;

/// What a function does today.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It does what its documentation says.
    Works,
    /// It checks its handle, and no package here has a use for it yet.
    NoPackage,
    /// It is there so that programs link, and answers SEC_E_UNSUPPORTED_FUNCTION.
    NotYet,
}

/// An exported function.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Its undecorated name.
    pub name: &'static str,
    /// Where it is.
    pub address: *const c_void,
    /// What it does today.
    pub state: State,
    /// Who needs it.
    pub needed_by: &'static str,
}

// SAFETY: an address of a function, which is only compared.
unsafe impl Sync for Export {}

macro_rules! exports {
    ($($module:ident::$name:ident: $state:ident, $needed_by:literal;)*) => {
        /// Every exported function.
        pub static EXPORTS: &[Export] = &[$(Export {
            name: stringify!($name),
            address: $module::$name as *const c_void,
            state: State::$state,
            needed_by: $needed_by,
        }),*];
    };
}

exports! {
    packages::AddSecurityPackageA: Works, "programs with packages of their own";
    packages::AddSecurityPackageW: Works, "programs with packages of their own";
    packages::DeleteSecurityPackageA: Works, "programs with packages of their own";
    packages::DeleteSecurityPackageW: Works, "programs with packages of their own";
    packages::EnumerateSecurityPackagesA: Works, "all";
    packages::EnumerateSecurityPackagesW: Works, "all";
    packages::FreeContextBuffer: Works, "all";
    packages::QuerySecurityPackageInfoA: Works, "all: cbMaxToken";
    packages::QuerySecurityPackageInfoW: Works, "all: cbMaxToken";
    credentials::AcquireCredentialsHandleA: Works, "all";
    credentials::AcquireCredentialsHandleW: Works, "all";
    credentials::AddCredentialsA: Works, "clients with several identities";
    credentials::AddCredentialsW: Works, "clients with several identities";
    credentials::FreeCredentialsHandle: Works, "all";
    contexts::AcceptSecurityContext: Works, "servers";
    contexts::ApplyControlToken: NoPackage, "Schannel";
    contexts::CompleteAuthToken: NoPackage, "Digest";
    contexts::DeleteSecurityContext: Works, "all";
    contexts::InitializeSecurityContextA: Works, "clients";
    contexts::InitializeSecurityContextW: Works, "clients";
    messages::DecryptMessage: Works, "LDAP, RPC, WinRM, TDS";
    messages::EncryptMessage: Works, "LDAP, RPC, WinRM, TDS";
    messages::MakeSignature: Works, "LDAP, RPC, SMB";
    messages::SealMessage: Works, "old RPC clients";
    messages::UnsealMessage: Works, "old RPC clients";
    messages::VerifySignature: Works, "LDAP, RPC, SMB";
    attributes::QueryContextAttributesA: Works, "all";
    attributes::QueryContextAttributesExA: Works, "sspicli clients";
    attributes::QueryContextAttributesExW: Works, "sspicli clients";
    attributes::QueryContextAttributesW: Works, "all";
    attributes::QueryCredentialsAttributesA: Works, "clients that show who they are";
    attributes::QueryCredentialsAttributesExA: Works, "sspicli clients";
    attributes::QueryCredentialsAttributesExW: Works, "sspicli clients";
    attributes::QueryCredentialsAttributesW: Works, "clients that show who they are";
    attributes::SetContextAttributesA: NoPackage, "Schannel";
    attributes::SetContextAttributesW: NoPackage, "Schannel";
    attributes::SetCredentialsAttributesA: NoPackage, "Kerberos (KDC proxy), Schannel";
    attributes::SetCredentialsAttributesW: NoPackage, "Kerberos (KDC proxy), Schannel";
    identity::SspiCompareAuthIdentities: Works, "programs that keep or pass on identities";
    identity::SspiCopyAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiDecryptAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiDecryptAuthIdentityEx: Works, "programs that keep or pass on identities";
    identity::SspiEncodeAuthIdentityAsStrings: Works, "programs that keep or pass on identities";
    identity::SspiEncodeStringsAsAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiEncryptAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiEncryptAuthIdentityEx: Works, "programs that keep or pass on identities";
    identity::SspiExcludePackage: Works, "programs that keep or pass on identities";
    identity::SspiFreeAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiGetTargetHostName: Works, "programs that keep or pass on identities";
    identity::SspiIsAuthIdentityEncrypted: Works, "programs that keep or pass on identities";
    identity::SspiLocalFree: Works, "programs that keep or pass on identities";
    identity::SspiMarshalAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiPrepareForCredRead: Works, "programs that keep or pass on identities";
    identity::SspiPrepareForCredWrite: Works, "programs that keep or pass on identities";
    identity::SspiUnmarshalAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiValidateAuthIdentity: Works, "programs that keep or pass on identities";
    identity::SspiZeroAuthIdentity: Works, "programs that keep or pass on identities";
    interface::InitSecurityInterfaceA: Works, "clients that load the library at run time";
    interface::InitSecurityInterfaceW: Works, "clients that load the library at run time";
    later::ChangeAccountPasswordA: NotYet, "Kerberos";
    later::ChangeAccountPasswordW: NotYet, "Kerberos";
    later::CredMarshalTargetInfo: NotYet, "SMB";
    later::CredUnmarshalTargetInfo: NotYet, "SMB";
    later::ExportSecurityContext: NotYet, "servers of several processes";
    later::ImpersonateSecurityContext: NotYet, "servers that act as their clients";
    later::ImportSecurityContextA: NotYet, "servers of several processes";
    later::ImportSecurityContextW: NotYet, "servers of several processes";
    later::QuerySecurityContextToken: NotYet, "servers that act as their clients";
    later::RevertSecurityContext: NotYet, "servers that act as their clients";
    later::SaslAcceptSecurityContext: NotYet, "LDAP, mail";
    later::SaslEnumerateProfilesA: NotYet, "LDAP, mail";
    later::SaslEnumerateProfilesW: NotYet, "LDAP, mail";
    later::SaslGetContextOption: NotYet, "LDAP, mail";
    later::SaslGetProfilePackageA: NotYet, "LDAP, mail";
    later::SaslGetProfilePackageW: NotYet, "LDAP, mail";
    later::SaslIdentifyPackageA: NotYet, "LDAP, mail";
    later::SaslIdentifyPackageW: NotYet, "LDAP, mail";
    later::SaslInitializeSecurityContextA: NotYet, "LDAP, mail";
    later::SaslInitializeSecurityContextW: NotYet, "LDAP, mail";
    later::SaslSetContextOption: NotYet, "LDAP, mail";
    later::SspiAcceptSecurityContextAsync: NotYet, "kernel-mode TLS";
    later::SspiAcquireCredentialsHandleAsyncA: NotYet, "kernel-mode TLS";
    later::SspiAcquireCredentialsHandleAsyncW: NotYet, "kernel-mode TLS";
    later::SspiAsyncContextRequiresNotify: NotYet, "kernel-mode TLS";
    later::SspiCreateAsyncContext: NotYet, "kernel-mode TLS";
    later::SspiDeleteSecurityContextAsync: NotYet, "kernel-mode TLS";
    later::SspiFreeAsyncContext: NotYet, "kernel-mode TLS";
    later::SspiFreeCredentialsHandleAsync: NotYet, "kernel-mode TLS";
    later::SspiGetAsyncCallStatus: NotYet, "kernel-mode TLS";
    later::SspiInitializeSecurityContextAsyncA: NotYet, "kernel-mode TLS";
    later::SspiInitializeSecurityContextAsyncW: NotYet, "kernel-mode TLS";
    later::SspiReinitAsyncContext: NotYet, "kernel-mode TLS";
    later::SspiSetAsyncNotifyCallback: NotYet, "kernel-mode TLS";
    later::SspiSetChannelBindingFlags: NotYet, "HTTP servers (audit)";
}
