//! A handshake as values that can only be used in a legal order.
//!
//! Every call consumes the handshake and gives the next state back: an answer to the wrong question,
//! a message before the end and a forgotten step do not compile.
//!
//! ```
//! use countersign::{Accept, Acquire, Identity, Initiate, Input, Packages, Step};
//!
//! let packages = Packages::standard();
//! let alice = Identity::with_password(r"LAB\alice", "Passw0rd").unwrap();
//! let client = packages.get("NTLM").unwrap().acquire(Acquire::outbound().identity(alice)).unwrap();
//! let mut negotiate = Vec::new();
//! let step = client.initiate(&Initiate::to("HTTP/www.example.com")).unwrap()
//!     .step(Input::none(), &mut negotiate).unwrap();
//! let Step::Continue(_handshake) = step else { panic!("NTLM has three legs") };
//! assert!(negotiate.starts_with(b"NTLMSSP\0"));
//! ```
use super::attribute::ClientTokenStatus;
use super::input::Input;
use super::mechanism::{Event, Mechanism, Progress};
use super::question::{Kdc, Logon, Question, Remember, SomeQuestion, with_questions};
use super::session::Session;
use crate::base::error::{Error, Unavailable};
use crate::base::flags::ContextFlags;

/// A handshake in progress.
#[derive(Debug)]
pub struct Handshake {
    mechanism: Box<dyn Mechanism>,
}

/// What to do next.
#[derive(Debug)]
#[must_use = "the step holds the handshake"]
#[non_exhaustive]
pub enum Step {
    /// Send `out` (if it is not empty) and call [`Handshake::step`] with the peer's answer
    /// (`SEC_I_CONTINUE_NEEDED`).
    Continue(Handshake),
    /// Call [`Handshake::step`] with the same bytes and at least this many more
    /// (`SEC_E_INCOMPLETE_MESSAGE`); nothing has changed.
    Incomplete(Handshake, usize),
    /// Find the answer and go on with [`Asking::answer`].
    Ask(Ask),
    /// Established. `out` may hold a last token to send (`SEC_E_OK`).
    Done(Session),
}

impl Handshake {
    /// A handshake that a mechanism drives.
    #[must_use]
    pub fn new(mechanism: impl Mechanism + 'static) -> Self {
        Self {
            mechanism: Box::new(mechanism),
        }
    }

    /// Takes the peer's bytes ([`Input::none`] at the start of a client) and appends what must be
    /// sent to `out`.
    ///
    /// # Errors
    /// Any [`Error`]. Also then `out` may hold a token that tells the peer why: send it first.
    #[doc(alias = "InitializeSecurityContext")]
    #[doc(alias = "AcceptSecurityContext")]
    pub fn step(self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Step, Error> {
        self.run(Event::Input(input), out)
    }

    /// What the context has so far; security flags are final only when it is established.
    #[must_use]
    pub fn flags(&self) -> ContextFlags {
        self.mechanism.flags()
    }

    /// Whether the token just made is the client's last.
    #[must_use]
    pub fn client_token_status(&self) -> ClientTokenStatus {
        self.mechanism.client_token_status()
    }

    /// The mechanism itself, for a package that wraps another.
    #[must_use]
    pub fn into_mechanism(self) -> Box<dyn Mechanism> {
        self.mechanism
    }

    fn run(mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Step, Error> {
        let result = self.mechanism.step(event, out);
        #[cfg(feature = "tracing")]
        trace(&result, out.len());
        Ok(match result? {
            Progress::Continue => Step::Continue(self),
            Progress::Incomplete(missing) => Step::Incomplete(self, missing),
            Progress::Ask(question) => Step::Ask(Ask::new(question, self)),
            Progress::Done(parts) => Step::Done(Session::new(parts)),
        })
    }
}

/// Tells what came of an event: neither names nor keys are part of it.
#[cfg(feature = "tracing")]
fn trace(result: &Result<Progress, Error>, out: usize) {
    match result {
        Ok(Progress::Continue) => tracing::debug!(out, "token made, the peer's answer is next"),
        Ok(Progress::Incomplete(missing)) => tracing::debug!(missing, "the token is incomplete"),
        Ok(Progress::Ask(question)) => tracing::debug!(question = question.kind(), "asking"),
        Ok(Progress::Done(parts)) => tracing::info!(
            package = parts.facts.package.name,
            role = ?parts.facts.role,
            flags = parts.facts.flags.names(),
            out,
            "context established"
        ),
        Err(error) => tracing::warn!(status = ?error.status(), %error, out, "context failed"),
    }
}

/// A suspended handshake with the question that it waits for.
#[derive(Debug)]
#[must_use = "the question holds the handshake"]
pub struct Asking<Q> {
    question: Q,
    handshake: Handshake,
}

impl<Q: Question> Asking<Q> {
    /// What is asked.
    #[must_use]
    pub const fn question(&self) -> &Q {
        &self.question
    }

    /// Goes on with the answer.
    ///
    /// # Errors
    /// As [`Handshake::step`].
    pub fn answer(
        self,
        answer: Result<Q::Answer, Unavailable>,
        out: &mut Vec<u8>,
    ) -> Result<Step, Error> {
        self.resume(answer, out).1
    }

    /// As [`Self::answer`], and gives the question back.
    pub(super) fn resume(
        self,
        answer: Result<Q::Answer, Unavailable>,
        out: &mut Vec<u8>,
    ) -> (Q, Result<Step, Error>) {
        let result = self.handshake.run(Event::Answer(Q::wrap(answer)), out);
        (self.question, result)
    }
}

macro_rules! asks {
    ($($name:ident -> $answer:ty, $method:ident;)*) => {
        /// A question of any kind, with the handshake that waits for its answer.
        #[derive(Debug)]
        #[must_use = "the question holds the handshake"]
        #[non_exhaustive]
        pub enum Ask {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name(Asking<$name>),)*
        }

        impl Ask {
            fn new(question: SomeQuestion, handshake: Handshake) -> Self {
                match question {
                    $(SomeQuestion::$name(question) => Self::$name(Asking { question, handshake }),)*
                }
            }
        }
    };
}
with_questions!(asks);
