//! Who answers questions, with blocking calls or with futures, and the loops that ask them.
//!
//! ```
//! use countersign::{NoAnswers, Resolve, Unavailable, Kdc};
//!
//! let question = Kdc { realm: "EXAMPLE.COM".into(), request: Vec::new() };
//! assert_eq!(NoAnswers.kdc(&question), Err(Unavailable::NotSupported));
//! ```
use super::handshake::{Ask, Step};
use super::question::{
    Answer, Kdc, KdcReply, Logon, LogonAnswer, Remember, Remembered, SomeQuestion, with_questions,
};
use crate::base::error::{Denied, Error, Unavailable};

/// Answers nothing: for handshakes that ask nobody.
#[derive(Clone, Copy, Debug)]
pub struct NoAnswers;

impl Resolve for NoAnswers {}
impl AsyncResolve for NoAnswers {}

macro_rules! resolvers {
    ($($name:ident -> $answer:ty, $method:ident;)*) => {
        /// Answers questions on the calling thread. What is not implemented is
        /// [`Unavailable::NotSupported`].
        pub trait Resolve {
            $(#[doc = concat!("Answers [`", stringify!($name), "`].")]
            ///
            /// # Errors
            /// [`Unavailable`] when there is no answer to be had.
            fn $method(&mut self, question: &$name) -> Result<$answer, Unavailable> {
                let _ = question;
                Err(Unavailable::NotSupported)
            })*

            /// Learns what came of a logon that it answered, once the package has compared the proof:
            /// for counting failures. A logon that fails for reasons that say nothing of the proof
            /// (channel bindings, an altered message, no answer) is not told.
            fn concluded(&mut self, logon: &Logon, result: Result<(), Denied>) {
                let _ = (logon, result);
            }
        }

        /// Answers questions with futures; no runtime is named here.
        pub trait AsyncResolve: Sync {
            $(#[doc = concat!("Answers [`", stringify!($name), "`].")]
            ///
            /// # Errors
            /// [`Unavailable`] when there is no answer to be had.
            fn $method(
                &self,
                question: &$name,
            ) -> impl Future<Output = Result<$answer, Unavailable>> + Send {
                let _ = question;
                async { Err(Unavailable::NotSupported) }
            })*

            /// Learns what came of a logon, as [`Resolve::concluded`] does.
            fn concluded(
                &self,
                logon: &Logon,
                result: Result<(), Denied>,
            ) -> impl Future<Output = ()> + Send {
                let _ = (logon, result);
                async {}
            }
        }

        /// Answers one question, for contexts that are asked for their questions one by one.
        #[must_use]
        pub fn answer(question: &SomeQuestion, by: &mut dyn Resolve) -> Answer {
            match question {
                $(SomeQuestion::$name(question) => Answer::$name(by.$method(question)),)*
            }
        }

        /// Answers questions until the handshake needs the peer again, or is done.
        ///
        /// # Errors
        /// As [`Handshake::step`](super::handshake::Handshake::step).
        pub fn settle(
            mut step: Step,
            by: &mut dyn Resolve,
            out: &mut Vec<u8>,
        ) -> Result<Step, Error> {
            loop {
                step = match step {
                    $(Step::Ask(Ask::$name(asking)) => {
                        let answer = by.$method(asking.question());
                        let (question, result) = asking.resume(answer, out);
                        conclude(&question.into(), &result, by);
                        result?
                    })*
                    other => return Ok(other),
                };
            }
        }

        /// Answers questions until the handshake needs the peer again, or is done.
        ///
        /// # Errors
        /// As [`Handshake::step`](super::handshake::Handshake::step).
        pub async fn settle_async(
            mut step: Step,
            by: &impl AsyncResolve,
            out: &mut Vec<u8>,
        ) -> Result<Step, Error> {
            loop {
                step = match step {
                    $(Step::Ask(Ask::$name(asking)) => {
                        let answer = by.$method(asking.question()).await;
                        let (question, result) = asking.resume(answer, out);
                        if let (SomeQuestion::Logon(logon), Some(outcome)) =
                            (question.into(), outcome(&result))
                        {
                            by.concluded(&logon, outcome).await;
                        }
                        result?
                    })*
                    other => return Ok(other),
                };
            }
        }
    };
}
with_questions!(resolvers);

/// Tells who answered a question what the package made of the answer, for contexts that are asked for
/// their questions one by one: [`settle`] does it by itself.
pub fn conclude<T>(question: &SomeQuestion, result: &Result<T, Error>, by: &mut dyn Resolve) {
    if let (SomeQuestion::Logon(logon), Some(outcome)) = (question, outcome(result)) {
        by.concluded(logon, outcome);
    }
}

/// What a step says of the proof, if anything.
const fn outcome<T>(result: &Result<T, Error>) -> Option<Result<(), Denied>> {
    match result {
        Ok(_) => Some(Ok(())),
        Err(Error::LogonDenied(why)) => Some(Err(*why)),
        Err(_) => None,
    }
}
