//! `SECURITY_STATUS` values: every `SEC_E_*` and `SEC_I_*` with its text.
//!
//! ```
//! use countersign::Status;
//!
//! assert_eq!(Status::SEC_E_LOGON_DENIED.code() as u32, 0x8009_030C);
//! assert!(Status::SEC_E_LOGON_DENIED.is_failure());
//! assert!(!Status::SEC_I_CONTINUE_NEEDED.is_failure());
//! assert_eq!(Status::from_code(0x0009_0312).to_string(), "SEC_I_CONTINUE_NEEDED (0x00090312): send token, wait for reply, call again");
//! ```
use std::fmt;

/// The result of an SSPI call as a 32-bit signed number (`SECURITY_STATUS`, API-ABI-1).
///
/// Every value can be represented; the known ones have a name and a text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Status(i32);

impl Status {
    /// Alias of [`Status::SEC_E_UNSUPPORTED_FUNCTION`] (API-ST-1).
    pub const SEC_E_NOT_SUPPORTED: Self = Self::SEC_E_UNSUPPORTED_FUNCTION;
    /// Alias of [`Status::SEC_E_INTERNAL_ERROR`] (API-ST-1).
    pub const SEC_E_NO_SPM: Self = Self::SEC_E_INTERNAL_ERROR;

    /// Takes any number; unknown ones survive unchanged.
    #[must_use]
    pub const fn from_code(code: i32) -> Self {
        Self(code)
    }

    /// The number, as the C interface returns it.
    #[must_use]
    pub const fn code(self) -> i32 {
        self.0
    }

    /// Whether the number is negative: the test that `SEC_SUCCESS` makes, inverted.
    ///
    /// `SEC_E_INCOMPLETE_MESSAGE` is negative although it leaves the context as it was.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        self.0 < 0
    }
}

macro_rules! statuses {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        impl Status {
            $(#[doc = $text] pub const $name: Self = Self($value as u32 as i32);)*

            /// Every named status; aliases are not repeated.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the headers, if the value has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 as u32 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// One line of English.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self.0 as u32 {
                    $($value => $text,)*
                    _ => "unknown status",
                }
            }
        }
    };
}

statuses! {
    SEC_E_OK = 0x0000_0000, "success";
    SEC_E_INSUFFICIENT_MEMORY = 0x8009_0300, "allocation failed";
    SEC_E_INVALID_HANDLE = 0x8009_0301, "handle is not (or no longer) valid; context incomplete for the call";
    SEC_E_UNSUPPORTED_FUNCTION = 0x8009_0302, "function, flag or attribute not supported";
    SEC_E_TARGET_UNKNOWN = 0x8009_0303, "target name not known";
    SEC_E_INTERNAL_ERROR = 0x8009_0304, "no SSPI code fits";
    SEC_E_SECPKG_NOT_FOUND = 0x8009_0305, "no such package";
    SEC_E_NOT_OWNER = 0x8009_0306, "caller does not own the credentials";
    SEC_E_CANNOT_INSTALL = 0x8009_0307, "package initialisation failed";
    SEC_E_INVALID_TOKEN = 0x8009_0308, "malformed token / wrong buffers";
    SEC_E_CANNOT_PACK = 0x8009_0309, "context cannot be exported; DTLS: MTU too small";
    SEC_E_QOP_NOT_SUPPORTED = 0x8009_030A, "protection level not negotiated";
    SEC_E_NO_IMPERSONATION = 0x8009_030B, "context does not allow impersonation";
    SEC_E_LOGON_DENIED = 0x8009_030C, "logon failed (listed as obsolete yet returned)";
    SEC_E_UNKNOWN_CREDENTIALS = 0x8009_030D, "credentials not recognised";
    SEC_E_NO_CREDENTIALS = 0x8009_030E, "no credentials / handle unsuitable";
    SEC_E_MESSAGE_ALTERED = 0x8009_030F, "signature or MAC wrong";
    SEC_E_OUT_OF_SEQUENCE = 0x8009_0310, "sequence number wrong, replay";
    SEC_E_NO_AUTHENTICATING_AUTHORITY = 0x8009_0311, "authority cannot be contacted";
    SEC_I_CONTINUE_NEEDED = 0x0009_0312, "send token, wait for reply, call again";
    SEC_I_COMPLETE_NEEDED = 0x0009_0313, "call CompleteAuthToken, then done";
    SEC_I_COMPLETE_AND_CONTINUE = 0x0009_0314, "call CompleteAuthToken, send, continue";
    SEC_I_LOCAL_LOGON = 0x0009_0315, "logon done with local information only";
    SEC_I_GENERIC_EXTENSION_RECEIVED = 0x0009_0316, "a subscribed TLS extension arrived";
    SEC_E_BAD_PKGID = 0x8009_0316, "package id does not exist";
    SEC_I_CONTEXT_EXPIRED = 0x0009_0317, "peer shut the connection down";
    SEC_E_CONTEXT_EXPIRED = 0x8009_0317, "context already closed";
    SEC_E_INCOMPLETE_MESSAGE = 0x8009_0318, "need more bytes (state unchanged)";
    SEC_I_INCOMPLETE_CREDENTIALS = 0x0009_0320, "client certificate wanted by server";
    SEC_E_INCOMPLETE_CREDENTIALS = 0x8009_0320, "credentials insufficient";
    SEC_I_RENEGOTIATE = 0x0009_0321, "go back to the handshake loop";
    SEC_E_BUFFER_TOO_SMALL = 0x8009_0321, "output does not fit";
    SEC_E_WRONG_PRINCIPAL = 0x8009_0322, "peer is not the named target";
    SEC_I_NO_LSA_CONTEXT = 0x0009_0323, "no LSA-mode context";
    SEC_E_TIME_SKEW = 0x8009_0324, "clocks differ too much";
    SEC_E_UNTRUSTED_ROOT = 0x8009_0325, "chain ends in an untrusted root";
    SEC_E_ILLEGAL_MESSAGE = 0x8009_0326, "unexpected/bad format";
    SEC_E_CERT_UNKNOWN = 0x8009_0327, "certificate processing error";
    SEC_E_CERT_EXPIRED = 0x8009_0328, "certificate expired";
    SEC_E_ENCRYPT_FAILURE = 0x8009_0329, "encryption failed";
    SEC_E_DECRYPT_FAILURE = 0x8009_0330, "decryption failed";
    SEC_E_ALGORITHM_MISMATCH = 0x8009_0331, "no common algorithm";
    SEC_E_SECURITY_QOS_FAILED = 0x8009_0332, "requested quality cannot be met / invalid flag (Digest)";
    SEC_E_UNFINISHED_CONTEXT_DELETED = 0x8009_0333, "context deleted before completion (counts as logon failure)";
    SEC_E_NO_TGT_REPLY = 0x8009_0334, "user-to-user: no TGT reply came";
    SEC_E_NO_IP_ADDRESSES = 0x8009_0335, "host has no IP address";
    SEC_E_WRONG_CREDENTIAL_HANDLE = 0x8009_0336, "credential differs from the one the context was made with";
    SEC_E_CRYPTO_SYSTEM_INVALID = 0x8009_0337, "cipher/checksum not available";
    SEC_E_MAX_REFERRALS_EXCEEDED = 0x8009_0338, "too many Kerberos referrals";
    SEC_E_MUST_BE_KDC = 0x8009_0339, "machine must be a KDC";
    SEC_E_STRONG_CRYPTO_NOT_SUPPORTED = 0x8009_033A, "strong crypto demanded but unavailable";
    SEC_E_TOO_MANY_PRINCIPALS = 0x8009_033B, "KDC reply names more than one principal";
    SEC_E_NO_PA_DATA = 0x8009_033C, "pre-auth data needed for the enctype is missing";
    SEC_E_PKINIT_NAME_MISMATCH = 0x8009_033D, "certificate UPN mismatch";
    SEC_E_SMARTCARD_LOGON_REQUIRED = 0x8009_033E, "smart card required";
    SEC_E_SHUTDOWN_IN_PROGRESS = 0x8009_033F, "system going down";
    SEC_E_KDC_INVALID_REQUEST = 0x8009_0340, "bad KDC request";
    SEC_E_KDC_UNABLE_TO_REFER = 0x8009_0341, "KDC cannot refer";
    SEC_E_KDC_UNKNOWN_ETYPE = 0x8009_0342, "KDC lacks the enctype";
    SEC_E_UNSUPPORTED_PREAUTH = 0x8009_0343, "unknown pre-auth type";
    SEC_E_DELEGATION_REQUIRED = 0x8009_0345, "delegation trust is required";
    SEC_E_BAD_BINDINGS = 0x8009_0346, "channel bindings wrong or missing";
    SEC_E_MULTIPLE_ACCOUNTS = 0x8009_0347, "certificate maps to several accounts";
    SEC_E_NO_KERB_KEY = 0x8009_0348, "no Kerberos key";
    SEC_E_CERT_WRONG_USAGE = 0x8009_0349, "certificate usage wrong";
    SEC_E_DOWNGRADE_DETECTED = 0x8009_0350, "possible downgrade (also: no DC reachable)";
    SEC_E_SMARTCARD_CERT_REVOKED = 0x8009_0351, "smart card certificate revoked";
    SEC_E_ISSUING_CA_UNTRUSTED = 0x8009_0352, "smart card CA untrusted";
    SEC_E_REVOCATION_OFFLINE_C = 0x8009_0353, "client revocation status unknown";
    SEC_E_PKINIT_CLIENT_FAILURE = 0x8009_0354, "client certificate not trusted";
    SEC_E_SMARTCARD_CERT_EXPIRED = 0x8009_0355, "smart card certificate expired";
    SEC_E_NO_S4U_PROT_SUPPORT = 0x8009_0356, "DC lacks S4U";
    SEC_E_CROSSREALM_DELEGATION_FAILURE = 0x8009_0357, "constrained delegation across realms";
    SEC_E_REVOCATION_OFFLINE_KDC = 0x8009_0358, "KDC revocation status unknown";
    SEC_E_ISSUING_CA_UNTRUSTED_KDC = 0x8009_0359, "KDC CA untrusted";
    SEC_E_KDC_CERT_EXPIRED = 0x8009_035A, "KDC certificate expired";
    SEC_E_KDC_CERT_REVOKED = 0x8009_035B, "KDC certificate revoked";
    SEC_I_SIGNATURE_NEEDED = 0x0009_035C, "caller must sign (SECBUFFER carries SCHANNEL_CLIENT_SIGNATURE)";
    SEC_E_INVALID_PARAMETER = 0x8009_035D, "bad parameter";
    SEC_E_DELEGATION_POLICY = 0x8009_035E, "policy forbids delegating to this target";
    SEC_E_POLICY_NLTM_ONLY = 0x8009_035F, "policy forbids delegating without mutual auth";
    SEC_I_NO_RENEGOTIATION = 0x0009_0360, "peer refused renegotiation";
    SEC_E_NO_CONTEXT = 0x8009_0361, "no context for the operation";
    SEC_E_PKU2U_CERT_FAILURE = 0x8009_0362, "PKU2U certificate error";
    SEC_E_MUTUAL_AUTH_FAILED = 0x8009_0363, "server could not be authenticated";
    SEC_I_MESSAGE_FRAGMENT = 0x0009_0364, "DTLS: one fragment produced, call again";
    SEC_E_ONLY_HTTPS_ALLOWED = 0x8009_0365, "HTTPS required";
    SEC_I_CONTINUE_NEEDED_MESSAGE_OK = 0x0009_0366, "continue, and message protection may be used already";
    SEC_E_APPLICATION_PROTOCOL_MISMATCH = 0x8009_0367, "no common ALPN protocol (alert 120)";
    SEC_I_ASYNC_CALL_PENDING = 0x0009_0368, "async call running";
    SEC_E_INVALID_UPN_NAME = 0x8009_0369, "bad UPN";
    SEC_E_EXT_BUFFER_TOO_SMALL = 0x8009_036A, "extension buffer too small";
    SEC_E_INSUFFICIENT_BUFFERS = 0x8009_036B, "too few SecBuffers";
    STATUS_LOGON_FAILURE = 0xC000_006D, "the logon attempt is not valid";
    STATUS_INVALID_PARAMETER = 0xC000_000D, "a parameter is not valid";
    STATUS_BAD_BINDINGS = 0xC000_035B, "the channel bindings of the client do not match";
    STATUS_NTLM_BLOCKED = 0xC000_0418, "NTLM is disabled";
    STATUS_NOT_SUPPORTED = 0xC000_00BB, "the request is blocked by policy or not supported";
    STATUS_ACCOUNT_RESTRICTION = 0xC000_006E, "a restriction of the account forbids the logon";
    STATUS_INVALID_LOGON_HOURS = 0xC000_006F, "the account may not log on at this hour";
    STATUS_PASSWORD_EXPIRED = 0xC000_0071, "the password has expired";
    STATUS_ACCOUNT_DISABLED = 0xC000_0072, "the account is disabled";
    STATUS_ACCOUNT_LOCKED_OUT = 0xC000_0234, "the account is locked out";
    STATUS_PASSWORD_MUST_CHANGE = 0xC000_0224, "the password must be changed first";
    CERT_E_EXPIRED = 0x800B_0101, "a certificate is outside its validity period";
    CERT_E_UNTRUSTEDROOT = 0x800B_0109, "the chain ends in a root that is not trusted";
    CERT_E_CN_NO_MATCH = 0x800B_010F, "the certificate names another host";
    CERT_E_WRONG_USAGE = 0x800B_0110, "the certificate is not valid for this usage";
    CRYPT_E_REVOKED = 0x8009_2010, "the certificate is revoked";
    CRYPT_E_NO_REVOCATION_CHECK = 0x8009_2012, "revocation could not be checked";
    CRYPT_E_REVOCATION_OFFLINE = 0x8009_2013, "the revocation server is offline";
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Status({:#010x})", self.0),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().unwrap_or("status");
        write!(f, "{name} ({:#010x}): {}", self.0, self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// API-ST-1, API-ST-2, API-ST-3: aliases, the transposed spelling, and the number that one page gets wrong.
    #[test]
    fn names_and_aliases() {
        assert_eq!(Status::SEC_E_NO_SPM, Status::SEC_E_INTERNAL_ERROR);
        assert_eq!(
            Status::SEC_E_NOT_SUPPORTED,
            Status::SEC_E_UNSUPPORTED_FUNCTION
        );
        assert_eq!(
            Status::SEC_E_POLICY_NLTM_ONLY.name(),
            Some("SEC_E_POLICY_NLTM_ONLY")
        );
        assert_eq!(Status::SEC_E_INVALID_HANDLE.code() as u32, 0x8009_0301);
    }

    /// API-ST-4: codes that differ only by severity stay apart.
    #[test]
    fn severity_tells_twins_apart() {
        for (info, error) in [
            (
                Status::SEC_I_GENERIC_EXTENSION_RECEIVED,
                Status::SEC_E_BAD_PKGID,
            ),
            (Status::SEC_I_CONTEXT_EXPIRED, Status::SEC_E_CONTEXT_EXPIRED),
            (
                Status::SEC_I_INCOMPLETE_CREDENTIALS,
                Status::SEC_E_INCOMPLETE_CREDENTIALS,
            ),
            (Status::SEC_I_RENEGOTIATE, Status::SEC_E_BUFFER_TOO_SMALL),
        ] {
            assert_ne!(info, error);
            assert_eq!(info.code() & 0xffff, error.code() & 0xffff);
            assert!(!info.is_failure() && error.is_failure());
        }
    }

    /// API-ABI-1: success is a number that is not negative, and every named value round-trips.
    #[test]
    fn every_status_is_named_once() {
        let mut seen = std::collections::HashSet::new();
        for status in Status::ALL {
            assert!(seen.insert(status.code()), "{status:?} twice");
            assert_eq!(Status::from_code(status.code()), *status);
            assert!(!status.text().is_empty() && status.name().is_some());
            let name = status.name().unwrap();
            assert_eq!(
                status.is_failure(),
                !(name.starts_with("SEC_I_") || name == "SEC_E_OK"),
                "{name}"
            );
        }
        let sec = Status::ALL
            .iter()
            .filter(|s| s.name().is_some_and(|n| n.starts_with("SEC_")))
            .count();
        assert_eq!(sec + 2, 95, "with the two aliases");
        assert_eq!(
            format!("{:?}", Status::from_code(0x1234)),
            "Status(0x00001234)"
        );
    }
}
