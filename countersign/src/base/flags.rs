//! Flags: what a context was asked for and what it has, and what a package can do.
//!
//! One neutral set, [`ContextFlags`], serves both roles; the four numeric sets of the C interface
//! (`ISC_REQ_*`, `ISC_RET_*`, `ASC_REQ_*`, `ASC_RET_*`) are conversions, because from bit 14 on the
//! numbers of the two roles differ.
//!
//! ```
//! use countersign::ContextFlags;
//!
//! let asked = ContextFlags::from_isc_req(0x0001_0010);
//! assert_eq!(asked, ContextFlags::INTEGRITY | ContextFlags::CONFIDENTIALITY);
//! assert_eq!(asked.to_asc_ret(), 0x0002_0010, "INTEGRITY has another number on the server");
//! ```
use bitflags::bitflags;

bitflags! {
    /// What a security context was asked for, or what it really has.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct ContextFlags: u64 {
        /// The client's credentials are delegated to the server.
        const DELEGATE = 1 << 0;
        /// Each side knows who the other is.
        const MUTUAL_AUTH = 1 << 1;
        /// Repeated messages are detected.
        const REPLAY_DETECT = 1 << 2;
        /// Messages out of order are detected.
        const SEQUENCE_DETECT = 1 << 3;
        /// Messages can be encrypted.
        const CONFIDENTIALITY = 1 << 4;
        /// A new session key is negotiated (Kerberos: user to user).
        const USE_SESSION_KEY = 1 << 5;
        /// The package may ask the user for credentials.
        const PROMPT_FOR_CREDS = 1 << 6;
        /// The credentials come with the call.
        const USE_SUPPLIED_CREDS = 1 << 7;
        /// The package allocates its output buffers (C interface only).
        const ALLOCATE_MEMORY = 1 << 8;
        /// Three legs, as DCE RPC wants them.
        const USE_DCE_STYLE = 1 << 9;
        /// A datagram (connectionless) context.
        const DATAGRAM = 1 << 10;
        /// A connection context: the package does not format messages.
        const CONNECTION = 1 << 11;
        /// A call-level context (historic).
        const CALL_LEVEL = 1 << 12;
        /// The input token is one fragment of several (SPNEGO).
        const FRAGMENT_SUPPLIED = 1 << 13;
        /// The peer is told about errors.
        const EXTENDED_ERROR = 1 << 14;
        /// A stream context: messages carry their own frame.
        const STREAM = 1 << 15;
        /// Messages can be signed.
        const INTEGRITY = 1 << 16;
        /// The server may identify the client and not act as it.
        const IDENTIFY = 1 << 17;
        /// A null (anonymous) session; in a server's request: is allowed.
        const NULL_SESSION = 1 << 18;
        /// The caller inspects the peer's certificate itself.
        const MANUAL_CRED_VALIDATION = 1 << 19;
        /// Tokens are fragmented to fit the caller's buffer (SPNEGO).
        const FRAGMENT_TO_FIT = 1 << 21;
        /// Forwardable credentials.
        const FORWARD_CREDENTIALS = 1 << 22;
        /// Integrity is not wanted (Kerberos, Negotiate).
        const NO_INTEGRITY = 1 << 23;
        /// HTTP style (historic).
        const USE_HTTP_STYLE = 1 << 24;
        /// No further token follows.
        const NO_ADDITIONAL_TOKEN = 1 << 25;
        /// The context is being authenticated again.
        const REAUTHENTICATION = 1 << 27;
        /// Digest speaks HTTP and not SASL.
        const HTTP = 1 << 28;
        /// The target name comes from a source that is not trusted.
        const UNVERIFIED_TARGET_NAME = 1 << 29;
        /// Encryption without a guarantee of integrity (Kerberos).
        const CONFIDENTIALITY_ONLY = 1 << 30;
        /// The call returned before the exchange was complete (historic).
        const INTERMEDIATE_RETURN = 1 << 31;
        /// Message-oriented TLS (the application carries the records).
        const MESSAGES = 1 << 32;
        /// The validation of the certificate is put off.
        const DEFERRED_CRED_VALIDATION = 1 << 33;
        /// No authentication after the TLS 1.3 handshake.
        const NO_POST_HANDSHAKE_AUTH = 1 << 34;
        /// TLS session tickets (server).
        const SESSION_TICKET = 1 << 35;
        /// The third leg failed (server, historic).
        const THIRD_LEG_FAILED = 1 << 36;
        /// Licensing (server, historic).
        const LICENSING = 1 << 37;
        /// Accounts that are no users may log on (server).
        const ALLOW_NON_USER_LOGONS = 1 << 38;
        /// A replayed context is acceptable (server).
        const ALLOW_CONTEXT_REPLAY = 1 << 39;
        /// No access token is made (server).
        const NO_TOKEN = 1 << 40;
        /// Some channel binding must have been sent; its value is not compared (server).
        const PROXY_BINDINGS = 1 << 41;
        /// A client that sends no channel bindings at all is acceptable (server).
        const ALLOW_MISSING_BINDINGS = 1 << 42;
    }
}

/// The numbers of one flag in the four sets; 0 where it has none.
struct Numbers {
    flag: ContextFlags,
    isc_req: u64,
    isc_ret: u64,
    asc_req: u64,
    asc_ret: u64,
}

macro_rules! numbers {
    ($($flag:ident: $isc_req:literal $isc_ret:literal $asc_req:literal $asc_ret:literal;)*) => {
        /// spec/01 section 3.3: ISC_REQ, ISC_RET, ASC_REQ, ASC_RET.
        const NUMBERS: &[Numbers] = &[$(Numbers {
            flag: ContextFlags::$flag,
            isc_req: $isc_req,
            isc_ret: $isc_ret,
            asc_req: $asc_req,
            asc_ret: $asc_ret,
        }),*];
    };
}

numbers! {
    DELEGATE: 0x1 0x1 0x1 0x1;
    MUTUAL_AUTH: 0x2 0x2 0x2 0x2;
    REPLAY_DETECT: 0x4 0x4 0x4 0x4;
    SEQUENCE_DETECT: 0x8 0x8 0x8 0x8;
    CONFIDENTIALITY: 0x10 0x10 0x10 0x10;
    USE_SESSION_KEY: 0x20 0x20 0x20 0x20;
    PROMPT_FOR_CREDS: 0x40 0x40 0 0;
    SESSION_TICKET: 0 0 0x40 0x40;
    USE_SUPPLIED_CREDS: 0x80 0x80 0 0;
    ALLOCATE_MEMORY: 0x100 0x100 0x100 0x100;
    USE_DCE_STYLE: 0x200 0x200 0x200 0x200;
    DATAGRAM: 0x400 0x400 0x400 0x400;
    CONNECTION: 0x800 0x800 0x800 0x800;
    CALL_LEVEL: 0x1000 0x2000 0x1000 0x2000;
    INTERMEDIATE_RETURN: 0 0x1000 0 0;
    FRAGMENT_SUPPLIED: 0x2000 0 0x2000 0;
    EXTENDED_ERROR: 0x4000 0x4000 0x8000 0x8000;
    THIRD_LEG_FAILED: 0 0 0 0x4000;
    STREAM: 0x8000 0x8000 0x1_0000 0x1_0000;
    INTEGRITY: 0x1_0000 0x1_0000 0x2_0000 0x2_0000;
    LICENSING: 0 0 0x4_0000 0x4_0000;
    IDENTIFY: 0x2_0000 0x2_0000 0x8_0000 0x8_0000;
    NULL_SESSION: 0x4_0000 0x4_0000 0x10_0000 0x10_0000;
    MANUAL_CRED_VALIDATION: 0x8_0000 0x8_0000 0 0;
    ALLOW_NON_USER_LOGONS: 0 0 0x20_0000 0x20_0000;
    FRAGMENT_TO_FIT: 0x20_0000 0x20_0000 0x80_0000 0x80_0000;
    FORWARD_CREDENTIALS: 0x40_0000 0x40_0000 0 0;
    ALLOW_CONTEXT_REPLAY: 0 0 0x40_0000 0x40_0000;
    NO_INTEGRITY: 0x80_0000 0 0 0;
    USE_HTTP_STYLE: 0x100_0000 0x100_0000 0 0;
    NO_TOKEN: 0 0 0x100_0000 0x100_0000;
    NO_ADDITIONAL_TOKEN: 0 0x200_0000 0 0x200_0000;
    PROXY_BINDINGS: 0 0 0x400_0000 0;
    REAUTHENTICATION: 0 0x800_0000 0 0;
    HTTP: 0x1000_0000 0x1000_0000 0x1000_0000 0x1000_0000;
    ALLOW_MISSING_BINDINGS: 0 0 0x1000_0000 0;
    UNVERIFIED_TARGET_NAME: 0x2000_0000 0 0 0;
    CONFIDENTIALITY_ONLY: 0x4000_0000 0x4000_0000 0 0;
    MESSAGES: 0x1_0000_0000 0x1_0000_0000 0x1_0000_0000 0x1_0000_0000;
    DEFERRED_CRED_VALIDATION: 0x2_0000_0000 0 0 0;
    NO_POST_HANDSHAKE_AUTH: 0x4_0000_0000 0 0 0;
}

impl ContextFlags {
    /// The usual wish of a client or server that wants protected messages.
    pub const PROTECTED: Self = Self::INTEGRITY
        .union(Self::CONFIDENTIALITY)
        .union(Self::REPLAY_DETECT)
        .union(Self::SEQUENCE_DETECT);

    /// Reads a client's `fContextReq`; bits without a meaning are left out (API-ISC-19).
    #[must_use]
    pub fn from_isc_req(bits: u64) -> Self {
        Self::read(bits, |n| n.isc_req)
    }

    /// Reads a server's `fContextReq`. 0x10000000 means both [`Self::HTTP`] and
    /// [`Self::ALLOW_MISSING_BINDINGS`]: the package knows which (API-FLG-4).
    #[must_use]
    pub fn from_asc_req(bits: u64) -> Self {
        Self::read(bits, |n| n.asc_req)
    }

    /// The client's `pfContextAttr`.
    #[must_use]
    pub fn to_isc_ret(self) -> u64 {
        self.write(|n| n.isc_ret)
    }

    /// The server's `pfContextAttr`.
    #[must_use]
    pub fn to_asc_ret(self) -> u64 {
        self.write(|n| n.asc_ret)
    }

    /// The names of the flags, with ` | ` between them.
    #[must_use]
    pub fn names(self) -> String {
        let names: Vec<&str> = self.iter_names().map(|(name, _)| name).collect();
        names.join(" | ")
    }

    fn read(bits: u64, number: impl Fn(&Numbers) -> u64) -> Self {
        NUMBERS
            .iter()
            .filter(|n| bits & number(n) != 0)
            .fold(Self::empty(), |all, n| all | n.flag)
    }

    fn write(self, number: impl Fn(&Numbers) -> u64) -> u64 {
        NUMBERS
            .iter()
            .filter(|n| self.contains(n.flag))
            .fold(0, |all, n| all | number(n))
    }
}

bitflags! {
    /// `SECPKG_FLAG_*`: what a package can do (spec/01 section 3.1).
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
    pub struct Capabilities: u32 {
        /// Messages can be signed.
        const INTEGRITY = 0x1;
        /// Messages can be encrypted.
        const PRIVACY = 0x2;
        /// Only the token buffer matters.
        const TOKEN_ONLY = 0x4;
        /// Datagram contexts.
        const DATAGRAM = 0x8;
        /// Connection contexts.
        const CONNECTION = 0x10;
        /// Several legs are needed.
        const MULTI_REQUIRED = 0x20;
        /// Client only.
        const CLIENT_ONLY = 0x40;
        /// Errors are told to the peer.
        const EXTENDED_ERROR = 0x80;
        /// The server can act as the client.
        const IMPERSONATION = 0x100;
        /// Windows account names are understood.
        const ACCEPT_WIN32_NAME = 0x200;
        /// Stream contexts.
        const STREAM = 0x400;
        /// Negotiate may choose it.
        const NEGOTIABLE = 0x800;
        /// Tokens are framed as GSS-API wants.
        const GSS_COMPATIBLE = 0x1000;
        /// Logs users on.
        const LOGON = 0x2000;
        /// Buffers are ASCII.
        const ASCII_BUFFERS = 0x4000;
        /// Tokens can be fragmented.
        const FRAGMENT = 0x8000;
        /// The server is authenticated too.
        const MUTUAL_AUTH = 0x1_0000;
        /// Credentials can be delegated.
        const DELEGATION = 0x2_0000;
        /// Read-only buffers can be covered by the checksum.
        const READONLY_WITH_CHECKSUM = 0x4_0000;
        /// Restricted tokens are understood.
        const RESTRICTED_TOKENS = 0x8_0000;
        /// Extends Negotiate.
        const NEGO_EXTENDER = 0x10_0000;
        /// Negotiate may choose it through its extender.
        const NEGOTIABLE2 = 0x20_0000;
        /// Passes through for app containers.
        const APPCONTAINER_PASSTHROUGH = 0x40_0000;
        /// Checks app containers.
        const APPCONTAINER_CHECKS = 0x80_0000;
        /// Credential isolation is on.
        const CREDENTIAL_ISOLATION_ENABLED = 0x100_0000;
        /// Looks for loopback.
        const APPLY_LOOPBACK = 0x200_0000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// API-FLG-1: from 0x4000 on the numbers of the two roles differ.
    #[test]
    fn roles_have_their_own_numbers() {
        for (flag, isc, asc) in [
            (ContextFlags::EXTENDED_ERROR, 0x4000, 0x8000),
            (ContextFlags::STREAM, 0x8000, 0x10000),
            (ContextFlags::INTEGRITY, 0x10000, 0x20000),
            (ContextFlags::IDENTIFY, 0x20000, 0x80000),
            (ContextFlags::NULL_SESSION, 0x40000, 0x10_0000),
            (ContextFlags::FRAGMENT_TO_FIT, 0x20_0000, 0x80_0000),
        ] {
            assert_eq!(ContextFlags::from_isc_req(isc), flag);
            assert_eq!(ContextFlags::from_asc_req(asc), flag);
            assert_eq!(flag.to_isc_ret(), isc);
            assert_eq!(flag.to_asc_ret(), asc);
        }
    }

    /// API-FLG-2, API-FLG-3: bits whose meaning depends on direction or role.
    #[test]
    fn traps() {
        assert_eq!(ContextFlags::from_isc_req(0x1000), ContextFlags::CALL_LEVEL);
        assert_eq!(ContextFlags::CALL_LEVEL.to_isc_ret(), 0x2000);
        assert_eq!(
            ContextFlags::from_isc_req(0x40),
            ContextFlags::PROMPT_FOR_CREDS
        );
        assert_eq!(
            ContextFlags::from_asc_req(0x40),
            ContextFlags::SESSION_TICKET
        );
    }

    /// API-FLG-4: 0x10000000 has two meanings on the server and one on the client.
    #[test]
    fn http_and_missing_bindings_share_a_number() {
        assert_eq!(
            ContextFlags::from_asc_req(0x1000_0000),
            ContextFlags::HTTP | ContextFlags::ALLOW_MISSING_BINDINGS
        );
        assert_eq!(ContextFlags::from_isc_req(0x1000_0000), ContextFlags::HTTP);
        assert_eq!(
            ContextFlags::from_isc_req(0x100_0000),
            ContextFlags::USE_HTTP_STYLE
        );
        assert_eq!(
            ContextFlags::from_asc_req(0x100_0000),
            ContextFlags::NO_TOKEN
        );
    }

    /// API-ISC-15: the flags beyond 32 bits, which the C interface takes from a buffer.
    #[test]
    fn beyond_32_bits() {
        let all = 0x7_0000_0000;
        assert_eq!(
            ContextFlags::from_isc_req(all),
            ContextFlags::MESSAGES
                | ContextFlags::DEFERRED_CRED_VALIDATION
                | ContextFlags::NO_POST_HANDSHAKE_AUTH
        );
        assert_eq!(ContextFlags::from_asc_req(all), ContextFlags::MESSAGES);
    }

    /// API-ISC-19: bits without a meaning are ignored.
    #[test]
    fn unknown_bits_are_left_out() {
        assert_eq!(
            ContextFlags::from_isc_req(0x8000_0000_0010_0000),
            ContextFlags::empty()
        );
    }
}
