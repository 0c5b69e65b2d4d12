//! The questions that a handshake may put to somebody other than the peer.
//!
//! A package never looks anything up itself. What it needs is a value that the caller carries out;
//! only the right type of answer fits, and an answer that can not be had is [`Unavailable`].
//!
//! ```
//! use countersign::{Account, Logon, LogonAnswer, Resolve, Unavailable};
//!
//! /// A server with one account.
//! #[derive(Debug)]
//! struct OneAccount;
//!
//! impl Resolve for OneAccount {
//!     fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
//!         Ok(if logon.user.eq_ignore_ascii_case("alice") {
//!             LogonAnswer::Account(Account::with_password("LAB", "alice", &"Passw0rd".into()).into())
//!         } else {
//!             LogonAnswer::Unknown
//!         })
//!     }
//! }
//! ```
use std::fmt;
use std::sync::Arc;

use super::account::Account;
use crate::base::environment::Timestamp;
use crate::base::error::{Denied, Unavailable};
use crate::base::secret::Secret;

/// A kind of question, with the type of its answer.
pub trait Question: Sized {
    /// What answers it.
    type Answer;
    /// Puts an answer into the form that packages take.
    #[doc(hidden)]
    fn wrap(answer: Result<Self::Answer, Unavailable>) -> Answer;
}

/// Calls `$use` with the list of all kinds of questions: type, answer, method of the resolver.
macro_rules! with_questions {
    ($use:ident) => {
        $use! {
            Kdc -> KdcReply, kdc;
            Logon -> LogonAnswer, logon;
            Remember -> Remembered, remember;
        }
    };
}
pub(crate) use with_questions;

/// Send `request` to a KDC of `realm` and give its reply back; locating one is the driver's affair.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kdc {
    /// The realm.
    pub realm: String,
    /// The encoded request.
    pub request: Vec<u8>,
}

/// The reply of a KDC, as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KdcReply(pub Vec<u8>);

/// Who is logging on, and with what proof.
///
/// Either find the account, and the package compares the proof; or hand the proof to an authority
/// (a domain controller) that compares it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Logon {
    /// The domain as the client sent it; often empty.
    pub domain: String,
    /// The user as the client sent it.
    pub user: String,
    /// The name of the client's machine as it sent it; not proven.
    pub workstation: String,
    /// The proof.
    pub proof: LogonProof,
}

/// The proof of a logon, as an authority needs it.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogonProof {
    /// An NTLM response ([MS-NLMP] 2.2.1.3).
    Ntlm {
        /// The challenge that it answers: the server's, or with NTLMv1 and session security the hash of
        /// both sides' challenges.
        server_challenge: [u8; 8],
        /// `NtChallengeResponse`.
        nt_response: Vec<u8>,
        /// `LmChallengeResponse`.
        lm_response: Vec<u8>,
    },
}

impl fmt::Debug for LogonProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A response can be attacked offline: it is no less a secret than a hash.
        f.write_str("LogonProof(..)")
    }
}

/// What is known of a logon.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogonAnswer {
    /// The account; the package compares the proof.
    Account(Arc<Account>),
    /// There is no such account.
    Unknown,
    /// An authority compared the proof and accepts it.
    Accepted {
        /// The session base key that the authority gives (NTLM: `UserSessionKey`).
        session_base_key: Secret<16>,
        /// The domain of the account, as the authority names it.
        domain: String,
        /// The user, as the authority names it.
        user: String,
    },
    /// An authority refuses.
    Denied(Denied),
}

/// Remember `key` until `until`, and say whether it was known already (replay, nonce, ticket).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remember {
    /// What is remembered; opaque.
    pub key: Vec<u8>,
    /// How long it matters.
    pub until: Timestamp,
}

/// Whether something was known already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remembered {
    /// It is new.
    New,
    /// It was known: a replay.
    Known,
}

macro_rules! questions {
    ($($name:ident -> $answer:ty, $method:ident;)*) => {
        $(
            impl Question for $name {
                type Answer = $answer;
                fn wrap(answer: Result<$answer, Unavailable>) -> Answer {
                    Answer::$name(answer)
                }
            }
            impl From<$name> for SomeQuestion {
                fn from(question: $name) -> Self {
                    Self::$name(question)
                }
            }
        )*
        /// A question of any kind, as packages hand it up.
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum SomeQuestion {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
        }

        impl SomeQuestion {
            /// The kind of the question, for logs.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }
        }

        /// An answer of any kind, as packages get it back.
        #[derive(Clone, Debug, Eq, PartialEq)]
        #[non_exhaustive]
        pub enum Answer {
            $(#[doc = concat!("Answers [`", stringify!($name), "`](struct@", stringify!($name), ").")]
            $name(Result<$answer, Unavailable>),)*
        }
    };
}
with_questions!(questions);
