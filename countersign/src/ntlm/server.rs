//! The server's side of a connection ([MS-NLMP] 3.2.5.1).
//!
//! ```text
//! AwaitNegotiate -- NEGOTIATE, CHALLENGE --> AwaitAuthenticate -- AUTHENTICATE --> AwaitLogon
//! AwaitLogon -- the account, or an authority's word --> established
//! ```
use std::sync::Arc;

use super::acceptor::{Acceptor, AwaitLogon, Exchange};
use super::{Shared, context_flags};
use crate::base::error::{ApiMisuse, Error};
use crate::base::flags::ContextFlags;
use crate::context::attribute::ClientTokenStatus;
use crate::context::mechanism::{Event, Mechanism, Progress};
use crate::context::package::Accept;
use crate::context::question::Answer;

#[derive(Debug)]
pub(super) struct Server {
    acceptor: Acceptor,
    state: State,
}

#[derive(Debug)]
enum State {
    AwaitNegotiate,
    AwaitAuthenticate(Exchange),
    AwaitLogon(AwaitLogon),
    Established,
    Failed(Error),
    /// While a handler runs; never seen from outside.
    Between,
}

impl Server {
    pub(super) fn new(shared: Arc<Shared>, request: &Accept) -> Self {
        Self {
            acceptor: Acceptor::new(shared, request),
            state: State::AwaitNegotiate,
        }
    }
}

impl Mechanism for Server {
    fn step(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<Progress, Error> {
        let start = out.len();
        let state = std::mem::replace(&mut self.state, State::Between);
        match self.handle(state, event, out) {
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
        let flags = match &self.state {
            State::AwaitAuthenticate(exchange) => exchange.flags,
            State::AwaitLogon(state) => state.flags,
            _ => return ContextFlags::empty(),
        };
        context_flags(flags, self.acceptor.request.wanted())
    }

    fn client_token_status(&self) -> ClientTokenStatus {
        match self.state {
            State::AwaitNegotiate | State::AwaitAuthenticate(_) => ClientTokenStatus::No,
            _ => ClientTokenStatus::Yes,
        }
    }
}

impl Server {
    fn handle(
        &mut self,
        state: State,
        event: Event<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(State, Progress), Error> {
        match (state, event) {
            (State::AwaitNegotiate, Event::Input(input)) => {
                let token = self.acceptor.token(input)?;
                let exchange = self.acceptor.negotiate(token, out)?;
                Ok((State::AwaitAuthenticate(exchange), Progress::Continue))
            }
            (State::AwaitAuthenticate(exchange), Event::Input(input)) => {
                let token = self.acceptor.token(input)?;
                let (state, logon) = self.acceptor.authenticate(exchange, token)?;
                Ok((State::AwaitLogon(state), Progress::Ask(logon.into())))
            }
            (State::AwaitLogon(state), Event::Answer(Answer::Logon(answer))) => {
                let outcome = self
                    .acceptor
                    .logon(&state, answer.map_err(Error::Unavailable)?)?;
                Ok((
                    State::Established,
                    Progress::Done(outcome.into_parts(&self.acceptor.shared.policy)),
                ))
            }
            (State::AwaitLogon(_), Event::Input(_)) => Err(ApiMisuse::WrongOrder(
                "the question about the account is not answered yet",
            )
            .into()),
            (State::Failed(error), _) => Err(error),
            (State::Established, _) => {
                Err(ApiMisuse::WrongOrder("the handshake is complete").into())
            }
            (State::Between, _) => Err(Error::Unreachable("an NTLM server between two states")),
            (_, Event::Answer(_)) => Err(ApiMisuse::AnswerWithoutQuestion.into()),
        }
    }
}
