//! The client's side of a connection ([MS-NLMP] 3.1.5.1).
//!
//! ```text
//! Start -- NEGOTIATE --> AwaitChallenge -- CHALLENGE, AUTHENTICATE --> established
//! ```
use std::sync::Arc;

use super::answer::{Answer, offered};
use super::message::{Negotiate, NegotiateFlags};
use super::{Outcome, Shared, context_flags};
use crate::base::error::{ApiMisuse, Error};
use crate::base::flags::ContextFlags;
use crate::context::attribute::ClientTokenStatus;
use crate::context::input::Input;
use crate::context::mechanism::{Event, Mechanism, Progress};
use crate::context::package::Initiate;

#[derive(Debug)]
pub(super) struct Client {
    shared: Arc<Shared>,
    request: Initiate,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    AwaitChallenge(AwaitChallenge),
    Established,
    Failed(Error),
}

#[derive(Debug)]
struct AwaitChallenge {
    flags: NegotiateFlags,
    negotiate: [u8; Negotiate::LENGTH],
}

impl Client {
    pub(super) fn new(shared: Arc<Shared>, request: &Initiate) -> Self {
        Self {
            shared,
            request: request.clone(),
            state: State::Start,
        }
    }

    fn start(&self, input: Input<'_>, out: &mut Vec<u8>) -> Result<AwaitChallenge, Error> {
        if !input.bytes().is_empty() {
            return Err(ApiMisuse::TokenNotExpected.into());
        }
        let flags = offered(&self.shared.policy, self.request.wanted());
        let negotiate = Negotiate::build(flags, self.shared.settings.version);
        out.extend_from_slice(&negotiate);
        Ok(AwaitChallenge { flags, negotiate })
    }

    fn challenge(
        &self,
        state: &AwaitChallenge,
        input: Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Outcome, Error> {
        let challenge = input.bytes();
        if challenge.is_empty() {
            return Err(ApiMisuse::TokenMissing.into());
        }
        input.used(challenge.len());
        Answer {
            shared: &self.shared,
            request: &self.request,
            offered: state.flags,
            negotiate: &state.negotiate,
            session_key: None,
        }
        .to(challenge, input.bindings, out)
    }
}

impl Mechanism for Client {
    fn step(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        let start = out.len();
        let result = match (&self.state, event) {
            (State::Start, Event::Input(input)) => self
                .start(input, out)
                .map(|next| (State::AwaitChallenge(next), Progress::Continue)),
            (State::AwaitChallenge(state), Event::Input(input)) => {
                self.challenge(state, input, out).map(|mut outcome| {
                    outcome.target = self.request.target.take();
                    (
                        State::Established,
                        Progress::Done(outcome.into_parts(&self.shared.policy)),
                    )
                })
            }
            (State::Failed(error), _) => Err(error.clone()),
            (State::Established, _) => {
                Err(ApiMisuse::WrongOrder("the handshake is complete").into())
            }
            (_, Event::Answer(_)) => Err(ApiMisuse::AnswerWithoutQuestion.into()),
        };
        match result {
            Ok((state, progress)) => {
                self.state = state;
                Ok(progress)
            }
            Err(error) => {
                out.truncate(start);
                self.state = State::Failed(error.clone());
                Err(error)
            }
        }
    }

    fn flags(&self) -> ContextFlags {
        match &self.state {
            State::AwaitChallenge(state) => context_flags(state.flags, self.request.wanted()),
            _ => ContextFlags::empty(),
        }
    }

    fn client_token_status(&self) -> ClientTokenStatus {
        match self.state {
            State::Established => ClientTokenStatus::Yes,
            _ => ClientTokenStatus::No,
        }
    }
}
