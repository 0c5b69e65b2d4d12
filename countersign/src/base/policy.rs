//! What is allowed: one place that says which algorithm, version and fallback may be used.
//!
//! ```
//! use countersign::Policy;
//!
//! assert!(Policy::modern().ntlm.require_mic);
//! assert!(!Policy::compat().ntlm.require_mic);
//! assert_eq!(Policy::default(), Policy::modern());
//! ```
use std::time::Duration;

/// The policy of a credential: three named levels, and switches that can be set one by one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// The switches of the NTLM package.
    pub ntlm: NtlmPolicy,
}

impl Policy {
    /// Only what is sound today; the default.
    #[must_use]
    pub const fn modern() -> Self {
        Self {
            ntlm: NtlmPolicy {
                require_mic: true,
                suppress_extended_protection: false,
                max_lifetime: Some(Duration::from_secs(36 * 3600)),
            },
        }
    }

    /// What peers of the last fifteen years need.
    #[must_use]
    pub const fn compat() -> Self {
        let mut policy = Self::modern();
        policy.ntlm.require_mic = false;
        policy.ntlm.max_lifetime = None;
        policy
    }

    /// Everything that is implemented, for peers that can not be replaced.
    #[must_use]
    pub const fn legacy() -> Self {
        Self::compat()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::modern()
    }
}

/// The switches of the NTLM package.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct NtlmPolicy {
    /// Server: a client that was sent a timestamp must answer with a MIC (NTLM-SRV-6). Old clients
    /// do not; without a MIC the clear parts of the exchange can be changed on the way.
    pub require_mic: bool,
    /// Client: adds neither AV flags nor channel bindings nor the target name to its response, as
    /// clients did before extended protection (the Windows switch of the same name).
    pub suppress_extended_protection: bool,
    /// Server: how far the client's time may be from the server's (NTLM-SRV-5).
    pub max_lifetime: Option<Duration>,
}
