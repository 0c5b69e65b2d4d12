//! Why a call failed: one error that says who is at fault, and one status for the C interface.
//!
//! ```
//! use countersign::{Denied, Error, Status};
//!
//! let unknown = Error::LogonDenied(Denied::UnknownUser);
//! let wrong = Error::LogonDenied(Denied::WrongPassword);
//! assert_ne!(unknown, wrong, "the server's own trace tells them apart");
//! assert_eq!(unknown.status(), Status::SEC_E_LOGON_DENIED);
//! assert_eq!(wrong.status(), Status::SEC_E_LOGON_DENIED);
//! ```
use std::fmt;

use super::environment::NoRandomness;
use super::flags::ContextFlags;
use super::status::Status;
use crate::wire::Malformed;

/// Why a call failed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The caller's fault: order or parameters of the calls are wrong. Never caused by the peer.
    ApiMisuse(ApiMisuse),
    /// The peer's fault: its bytes do not parse.
    InvalidToken(Malformed),
    /// The peer's fault: its bytes parse, but break a rule of the protocol.
    PeerMisbehaved(PeerMisbehaved),
    /// The account's fault. The peer is never told which of the reasons it was.
    LogonDenied(Denied),
    /// The channel bindings of the peer are not those of this channel.
    BadBindings(BindingFault),
    /// The peer meant to talk to another target.
    WrongPrincipal,
    /// A protected message, or the exchange itself, was changed on the way.
    MessageAltered,
    /// A protected message has the wrong sequence number: repeated, lost or reordered.
    OutOfSequence {
        /// The number that was due.
        expected: u32,
        /// The number in the message.
        received: u32,
    },
    /// The context does not have the protection that the call needs.
    QopNotSupported(&'static str),
    /// Refused by the policy or by the caller's requirements.
    Policy(Refused),
    /// The credential can not be used for this.
    NoCredentials(&'static str),
    /// No package has this name.
    PackageNotFound(String),
    /// The package does not have this function, flag or attribute.
    Unsupported(&'static str),
    /// A question to somebody else has no answer.
    Unavailable(Unavailable),
    /// The source of randomness failed.
    NoRandomness,
    /// A package from outside gives a status of its own.
    Foreign(Status),
    /// Our fault: something that can not happen did.
    Unreachable(&'static str),
}

/// What the caller did wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// An answer was given where no question was asked, or of another kind.
    AnswerWithoutQuestion,
    /// A buffer is too small.
    BufferTooSmall {
        /// Which buffer.
        what: &'static str,
        /// How many bytes it must have.
        needed: usize,
        /// How many it has.
        given: usize,
    },
    /// A token was given where the package speaks first.
    TokenNotExpected,
    /// No token was given where the peer's is needed.
    TokenMissing,
    /// Nobody has authenticated yet: there are no keys for this.
    NoContext,
    /// Flags that exclude one another were asked for.
    ConflictingFlags(&'static str),
    /// The sequence of the call does not fit this kind of context.
    WrongOrder(&'static str),
    /// A parameter has a value that is not allowed.
    InvalidParameter(&'static str),
}

/// Which rule the peer broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// Neither Unicode nor OEM text was offered (NTLM-FLG-1).
    NoCharacterSet,
    /// Flags were chosen that had not been offered (NTLM-SRV-2).
    FlagsNotOffered(u32),
    /// The server did not say who it is (NTLM-CLI-1).
    ServerNamesMissing,
    /// The encrypted session key is missing or has the wrong length (NTLM-SRV-7).
    SessionKeyLength(usize),
    /// A connectionless context without an exchanged key (NTLM-DG-1).
    DatagramWithoutKey,
    /// A name holds a character that its encoding or the protocol forbids.
    Name(&'static str),
}

/// Why a logon was denied; for the server's own trace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Denied {
    /// No such account.
    UnknownUser,
    /// The proof does not match the account's secret.
    WrongPassword,
    /// The account is disabled.
    AccountDisabled,
    /// The account has expired.
    AccountExpired,
    /// The account is locked out.
    AccountLocked,
    /// The password has expired.
    PasswordExpired,
    /// The account has no secret that this protocol can use.
    NoVerifier,
    /// An anonymous logon, which was not allowed.
    Anonymous,
    /// A response of a version that the policy forbids.
    WeakResponse,
    /// The client's time is too far from the server's (NTLM-SRV-5).
    Stale,
    /// The authority that was asked refused.
    ByAuthority,
}

/// What is wrong with the peer's channel bindings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum BindingFault {
    /// The peer sent other bindings than those of this channel.
    Mismatch,
    /// The peer sent none, or said that it has none.
    Missing,
}

/// What the policy, or the caller's requirements, refuse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refused {
    /// The peer can not do 128-bit keys (NTLM-FLG-4).
    KeyLength,
    /// The peer can not do extended session security.
    SessionSecurity,
    /// The peer sent no MIC although it was asked to (NTLM-SRV-6).
    NoMic,
    /// These flags were required and could not be had.
    Required(ContextFlags),
}

/// Why a question has no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unavailable {
    /// Nobody is there who could answer this kind of question.
    NotSupported,
    /// Whoever could answer was not reached; the text says why and is for people.
    Unreachable(String),
}

impl Error {
    /// The status that the C interface returns. Every error has one.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::ApiMisuse(why) => why.status(),
            Self::InvalidToken(_) => Status::SEC_E_INVALID_TOKEN,
            Self::PeerMisbehaved(PeerMisbehaved::ServerNamesMissing) => {
                Status::STATUS_LOGON_FAILURE
            }
            Self::PeerMisbehaved(_) => Status::SEC_E_INVALID_TOKEN,
            Self::LogonDenied(_) => Status::SEC_E_LOGON_DENIED,
            Self::BadBindings(_) => Status::SEC_E_BAD_BINDINGS,
            Self::WrongPrincipal => Status::SEC_E_WRONG_PRINCIPAL,
            Self::MessageAltered => Status::SEC_E_MESSAGE_ALTERED,
            Self::OutOfSequence { .. } => Status::SEC_E_OUT_OF_SEQUENCE,
            Self::QopNotSupported(_) => Status::SEC_E_QOP_NOT_SUPPORTED,
            Self::Policy(Refused::KeyLength | Refused::SessionSecurity) => {
                Status::SEC_E_UNSUPPORTED_FUNCTION
            }
            Self::Policy(Refused::Required(flags)) if flags.contains(ContextFlags::MUTUAL_AUTH) => {
                Status::SEC_E_MUTUAL_AUTH_FAILED
            }
            Self::Policy(Refused::NoMic | Refused::Required(_)) => {
                Status::SEC_E_SECURITY_QOS_FAILED
            }
            Self::NoCredentials(_) => Status::SEC_E_NO_CREDENTIALS,
            Self::PackageNotFound(_) => Status::SEC_E_SECPKG_NOT_FOUND,
            Self::Unsupported(_) => Status::SEC_E_UNSUPPORTED_FUNCTION,
            Self::Unavailable(_) => Status::SEC_E_NO_AUTHENTICATING_AUTHORITY,
            Self::NoRandomness | Self::Unreachable(_) => Status::SEC_E_INTERNAL_ERROR,
            Self::Foreign(status) => *status,
        }
    }
}

impl ApiMisuse {
    const fn status(self) -> Status {
        match self {
            Self::BufferTooSmall { .. } => Status::SEC_E_BUFFER_TOO_SMALL,
            Self::TokenMissing | Self::TokenNotExpected => Status::SEC_E_INVALID_TOKEN,
            Self::AnswerWithoutQuestion => Status::SEC_E_INTERNAL_ERROR,
            Self::NoContext => Status::SEC_E_NO_CONTEXT,
            Self::ConflictingFlags(_) => Status::SEC_E_SECURITY_QOS_FAILED,
            Self::WrongOrder(_) => Status::SEC_E_OUT_OF_SEQUENCE,
            Self::InvalidParameter(_) => Status::SEC_E_INVALID_PARAMETER,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiMisuse(why) => write!(f, "wrong call: {why}"),
            Self::InvalidToken(what) => write!(f, "invalid token: {what}"),
            Self::PeerMisbehaved(why) => write!(f, "the peer broke the protocol: {why}"),
            Self::LogonDenied(why) => write!(f, "logon denied: {why}"),
            Self::BadBindings(BindingFault::Mismatch) => {
                f.write_str("the peer's channel bindings are not those of this channel")
            }
            Self::BadBindings(BindingFault::Missing) => {
                f.write_str("the peer sent no channel bindings, and they are required")
            }
            Self::WrongPrincipal => f.write_str("the peer named another target than this one"),
            Self::MessageAltered => f.write_str("the message was altered on the way"),
            Self::OutOfSequence { expected, received } => {
                write!(
                    f,
                    "message {received} came where message {expected} was due"
                )
            }
            Self::QopNotSupported(what) => write!(f, "{what} was not negotiated"),
            Self::Policy(why) => write!(f, "refused: {why}"),
            Self::NoCredentials(why) => write!(f, "no usable credential: {why}"),
            Self::PackageNotFound(name) => write!(f, "no security package is named {name:?}"),
            Self::Unsupported(what) => write!(f, "not supported: {what}"),
            Self::Unavailable(Unavailable::NotSupported) => {
                f.write_str("nobody is set up to answer what the package had to ask")
            }
            Self::Unavailable(Unavailable::Unreachable(why)) => {
                write!(f, "no authority could be reached: {why}")
            }
            Self::NoRandomness => f.write_str("the source of randomness failed"),
            Self::Foreign(status) => write!(f, "{status}"),
            Self::Unreachable(what) => write!(f, "internal error: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for ApiMisuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerWithoutQuestion => {
                f.write_str("an answer to a question that was not asked")
            }
            Self::BufferTooSmall {
                what,
                needed,
                given,
            } => write!(f, "{what} has {given} bytes and needs {needed}"),
            Self::TokenNotExpected => f.write_str("a token before the first one was made"),
            Self::TokenMissing => f.write_str("the peer's token is missing"),
            Self::NoContext => f.write_str("nobody has authenticated yet"),
            Self::ConflictingFlags(which) => write!(f, "{which} exclude one another"),
            Self::WrongOrder(what) | Self::InvalidParameter(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for PeerMisbehaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCharacterSet => f.write_str("neither Unicode nor OEM text is offered"),
            Self::FlagsNotOffered(bits) => {
                write!(f, "flags {bits:#010x} were chosen and not offered")
            }
            Self::ServerNamesMissing => f.write_str("the server does not say who it is"),
            Self::SessionKeyLength(len) => {
                write!(f, "the encrypted session key has {len} bytes instead of 16")
            }
            Self::DatagramWithoutKey => {
                f.write_str("a connectionless context needs an exchanged key")
            }
            Self::Name(what) => write!(f, "{what} is not a valid name"),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownUser => "unknown user",
            Self::WrongPassword => "wrong password",
            Self::AccountDisabled => "the account is disabled",
            Self::AccountExpired => "the account has expired",
            Self::AccountLocked => "the account is locked out",
            Self::PasswordExpired => "the password has expired",
            Self::NoVerifier => "the account has no secret for this protocol",
            Self::Anonymous => "anonymous logon is not allowed",
            Self::WeakResponse => "the response is of a version that the policy forbids",
            Self::Stale => "the client's time is too far from ours",
            Self::ByAuthority => "the authority refused",
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyLength => f.write_str("the peer does not offer 128-bit keys"),
            Self::SessionSecurity => {
                f.write_str("the peer does not offer extended session security")
            }
            Self::NoMic => f.write_str("the peer sent no message integrity code"),
            Self::Required(flags) => write!(f, "required and not to be had: {}", flags.names()),
        }
    }
}

impl From<Malformed> for Error {
    fn from(what: Malformed) -> Self {
        Self::InvalidToken(what)
    }
}

impl From<ApiMisuse> for Error {
    fn from(why: ApiMisuse) -> Self {
        Self::ApiMisuse(why)
    }
}

impl From<PeerMisbehaved> for Error {
    fn from(why: PeerMisbehaved) -> Self {
        Self::PeerMisbehaved(why)
    }
}

impl From<NoRandomness> for Error {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stay_on_the_server() {
        for why in [
            Denied::UnknownUser,
            Denied::WrongPassword,
            Denied::AccountDisabled,
            Denied::AccountExpired,
            Denied::AccountLocked,
        ] {
            assert_eq!(Error::LogonDenied(why).status(), Status::SEC_E_LOGON_DENIED);
        }
    }

    #[test]
    fn statuses_of_the_rest() {
        let small = ApiMisuse::BufferTooSmall {
            what: "token",
            needed: 16,
            given: 4,
        };
        assert_eq!(Error::from(small).status(), Status::SEC_E_BUFFER_TOO_SMALL);
        assert_eq!(
            Error::from(small).to_string(),
            "wrong call: token has 4 bytes and needs 16"
        );
        assert_eq!(
            Error::Policy(Refused::Required(ContextFlags::MUTUAL_AUTH)).status(),
            Status::SEC_E_MUTUAL_AUTH_FAILED
        );
        assert_eq!(
            Error::Policy(Refused::Required(ContextFlags::INTEGRITY)).to_string(),
            "refused: required and not to be had: INTEGRITY"
        );
        assert_eq!(
            Error::Foreign(Status::SEC_E_INSUFFICIENT_MEMORY).status(),
            Status::SEC_E_INSUFFICIENT_MEMORY
        );
    }
}
