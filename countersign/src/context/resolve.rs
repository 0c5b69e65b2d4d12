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
use crate::base::error::{Error, Unavailable};

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
                        asking.answer(answer, out)?
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
                        asking.answer(answer, out)?
                    })*
                    other => return Ok(other),
                };
            }
        }
    };
}
with_questions!(resolvers);
