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
                level: LmCompatibilityLevel::Level5,
                require_128: true,
                require_session_security: true,
                dummy_signatures: false,
                incoming: true,
                outgoing: true,
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
        policy.ntlm.level = LmCompatibilityLevel::Level4;
        policy.ntlm.require_mic = false;
        policy.ntlm.max_lifetime = None;
        policy
    }

    /// Everything that is implemented, for peers that can not be replaced.
    #[must_use]
    pub const fn legacy() -> Self {
        let mut policy = Self::compat();
        policy.ntlm.level = LmCompatibilityLevel::Level3;
        policy.ntlm.require_128 = false;
        policy.ntlm.require_session_security = false;
        policy.ntlm.dummy_signatures = true;
        policy
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
    /// Which responses clients send and servers accept (NTLM-CLI-4).
    pub level: LmCompatibilityLevel,
    /// Both roles: keys of less than 128 bits are refused (NTLM-FLG-4).
    pub require_128: bool,
    /// Both roles: contexts without extended session security are refused.
    pub require_session_security: bool,
    /// Where integrity was not negotiated, a message may carry the constant that stands for a
    /// signature (NTLM-SIG-6). It protects nothing.
    pub dummy_signatures: bool,
    /// Servers may use NTLM at all (NTLM-SRV-10).
    pub incoming: bool,
    /// Clients may use NTLM at all (NTLM-CLI-8).
    pub outgoing: bool,
    /// Server: a client that was sent a timestamp must answer with a MIC (NTLM-SRV-6). Old clients
    /// do not; without a MIC the clear parts of the exchange can be changed on the way.
    pub require_mic: bool,
    /// Client: adds neither AV flags nor channel bindings nor the target name to its response, as
    /// clients did before extended protection (the Windows switch of the same name).
    pub suppress_extended_protection: bool,
    /// Server: how far the client's time may be from the server's (NTLM-SRV-5).
    pub max_lifetime: Option<Duration>,
}

/// The levels of LAN Manager compatibility, numbered as Windows numbers them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LmCompatibilityLevel {
    /// Clients send LM and NTLM responses and never ask for session security; servers accept all.
    Level0,
    /// Clients send LM and NTLM responses, with session security where it is to be had; servers accept all.
    Level1,
    /// Clients send the NTLM response only; servers accept all.
    Level2,
    /// Clients send NTLMv2; servers accept all.
    Level3,
    /// Clients send NTLMv2; servers refuse LM.
    Level4,
    /// Clients send NTLMv2; servers refuse LM and NTLM.
    Level5,
}

impl LmCompatibilityLevel {
    /// Whether clients answer with NTLMv2.
    #[must_use]
    pub const fn sends_version_2(self) -> bool {
        matches!(self, Self::Level3 | Self::Level4 | Self::Level5)
    }

    /// Whether servers accept the first version of the NTLM response.
    #[must_use]
    pub const fn accepts_version_1(self) -> bool {
        !matches!(self, Self::Level5)
    }
}
