//! Connectionless contexts ([MS-NLMP] 1.3.1.4): sign first, authenticate later.
//!
//! ```text
//! client                                        server
//!   | -- signed request number 1 ----------------> |  can not verify it yet
//!   | <- CHALLENGE, whenever the server likes ---- |
//!   | -- AUTHENTICATE, with the key in use ------> |  verifies request number 1, and all that come
//! ```
//! The client chooses the session key before anything was exchanged and keeps it, so that a server
//! may drop what it knows, challenge again, and still verify what was signed before (DG-5 to DG-7). Each
//! message has a key of its own that follows from its number, so that order does not matter.
use std::sync::Arc;

use super::acceptor::{Acceptor, AwaitLogon, Exchange};
use super::answer::Answer;
use super::compute::KeyLength;
use super::message::NegotiateFlags;
use super::protect::{Message, SIGNATURE_LENGTH, room, split, write_signature};
use super::{Outcome, Shared, compute, context_flags, peer_of, protection};
use crate::base::environment::Timestamp;
use crate::base::error::{ApiMisuse, Error};
use crate::base::flags::ContextFlags;
use crate::base::secret::Secret;
use crate::context::attribute::{Facts, Lifespan, Role};
use crate::context::datagram::{Connectionless, Responded};
use crate::context::input::Input;
use crate::context::package::{Accept, Initiate};
use crate::context::question;
use crate::context::session::{Lengths, Order, Outgoing, Piece, Quality, Verified};
use crate::crypto::{HmacMd5, Rc4};

/// What a client presumes of the challenge that will come, and a server of the client (NTLM-DG-9).
const PRESUMED: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::REQUEST_TARGET)
    .union(NegotiateFlags::SIGN)
    .union(NegotiateFlags::DATAGRAM)
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::VERSION)
    .union(NegotiateFlags::NEGOTIATE_128)
    .union(NegotiateFlags::KEY_EXCH);

/// Without these the keys that were used already would be wrong.
const NEEDED: NegotiateFlags = NegotiateFlags::SIGN
    .union(NegotiateFlags::DATAGRAM)
    .union(NegotiateFlags::EXTENDED_SESSIONSECURITY)
    .union(NegotiateFlags::NEGOTIATE_128)
    .union(NegotiateFlags::KEY_EXCH);

/// A connectionless context of either side.
#[derive(Debug)]
pub(super) struct ConnectionlessNtlm<S> {
    side: S,
    facts: Facts,
    keys: Option<Keys>,
}

/// A client: usable from the start.
#[derive(Debug)]
pub(super) struct Client {
    shared: Arc<Shared>,
    request: Initiate,
    presumed: NegotiateFlags,
    session_key: Secret<16>,
}

/// A server: a challenge may be out, or a logon may wait for its account.
#[derive(Debug)]
pub(super) struct Server {
    acceptor: Acceptor,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No challenge is out.
    Idle,
    AwaitAuthenticate(Exchange),
    AwaitLogon(AwaitLogon),
}

/// A client's context. Its key is chosen now.
pub(super) fn client(
    shared: Arc<Shared>,
    request: &Initiate,
) -> Result<ConnectionlessNtlm<Client>, Error> {
    let mut presumed = PRESUMED;
    if request.wanted().contains(ContextFlags::CONFIDENTIALITY) {
        presumed |= NegotiateFlags::SEAL;
    }
    if request.wanted().contains(ContextFlags::IDENTIFY) {
        presumed |= NegotiateFlags::IDENTIFY;
    }
    let session_key = Secret::new(shared.environment.random()?);
    let start = shared.environment.clock().now();
    let facts = Outcome {
        role: Role::Client,
        negotiated: presumed,
        flags: context_flags(presumed, request.wanted()),
        session_key: session_key.clone(),
        client: shared
            .owner
            .as_ref()
            .map(super::Owner::qualified_name)
            .unwrap_or_default(),
        target: request.target.clone(),
        target_information: Vec::new(),
        bindings: None,
        lifespan: Lifespan {
            start,
            expiry: Timestamp::NEVER,
        },
        password_expiry: None,
    }
    .into_facts();
    let keys = Keys::new(session_key.clone(), Role::Client, presumed, facts.flags);
    Ok(ConnectionlessNtlm {
        side: Client {
            shared,
            request: request.clone(),
            presumed,
            session_key,
        },
        facts,
        keys: Some(keys),
    })
}

/// A server's context, which knows nobody yet.
pub(super) fn server(shared: Arc<Shared>, request: &Accept) -> ConnectionlessNtlm<Server> {
    let start = shared.environment.clock().now();
    let facts = Facts {
        session_key: None,
        ..Outcome {
            role: Role::Server,
            negotiated: NegotiateFlags::empty(),
            flags: ContextFlags::DATAGRAM,
            session_key: Secret::new([0; 16]),
            client: String::new(),
            target: None,
            target_information: Vec::new(),
            bindings: None,
            lifespan: Lifespan {
                start,
                expiry: Timestamp::NEVER,
            },
            password_expiry: None,
        }
        .into_facts()
    };
    ConnectionlessNtlm {
        side: Server {
            acceptor: Acceptor::new(shared, request),
            state: State::Idle,
        },
        facts,
        keys: None,
    }
}

/// What one side does with tokens.
trait Side: std::fmt::Debug + Send + Sized {
    fn respond(
        context: &mut ConnectionlessNtlm<Self>,
        input: Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Responded, Error>;

    fn answer(
        context: &mut ConnectionlessNtlm<Self>,
        answer: question::Answer,
    ) -> Result<Responded, Error>;
}

impl Side for Client {
    /// Every challenge is answered with the same key (NTLM-DG-8).
    fn respond(
        context: &mut ConnectionlessNtlm<Self>,
        input: Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Responded, Error> {
        let challenge = input.bytes();
        if challenge.is_empty() {
            // The first call of a client: there is no NEGOTIATE (NTLM-DG-1).
            return Ok(Responded::Continue);
        }
        input.used(challenge.len());
        let client = &context.side;
        let mut outcome = Answer {
            shared: &client.shared,
            request: &client.request,
            offered: client.presumed,
            negotiate: &[],
            session_key: Some(&client.session_key),
        }
        .to(challenge, input.bindings, out)?;
        let missing = (NEEDED | client.presumed & NegotiateFlags::SEAL) - outcome.negotiated;
        if !missing.is_empty() {
            return Err(Error::Unsupported(
                "the server's challenge lacks what was presumed of it",
            ));
        }
        outcome.target.clone_from(&client.request.target);
        context.facts = outcome.into_facts();
        Ok(Responded::Established)
    }

    fn answer(_: &mut ConnectionlessNtlm<Self>, _: question::Answer) -> Result<Responded, Error> {
        Err(ApiMisuse::AnswerWithoutQuestion.into())
    }
}

impl Side for Server {
    /// Without a token a challenge goes out (NTLM-DG-2); keys in use stay until its answer is proven.
    fn respond(
        context: &mut ConnectionlessNtlm<Self>,
        input: Input<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Responded, Error> {
        let Self { acceptor, state } = &mut context.side;
        acceptor.remember_bindings(input);
        if input.bytes().is_empty() {
            let exchange = acceptor.challenge(PRESUMED | NegotiateFlags::SEAL, &[], out)?;
            *state = State::AwaitAuthenticate(exchange);
            return Ok(Responded::Continue);
        }
        let token = acceptor.token(input)?;
        // A challenge is good for one answer, whatever becomes of that.
        match std::mem::replace(state, State::Idle) {
            State::AwaitAuthenticate(exchange) => {
                let (waiting, logon) = acceptor.authenticate(exchange, token)?;
                let missing = NEEDED - waiting.flags;
                if !missing.is_empty() {
                    return Err(Error::Unsupported(
                        "the client's answer lacks what a connectionless context needs",
                    ));
                }
                *state = State::AwaitLogon(waiting);
                Ok(Responded::Ask(logon.into()))
            }
            other => {
                *state = other;
                Err(ApiMisuse::WrongOrder("no challenge is waiting for an answer").into())
            }
        }
    }

    fn answer(
        context: &mut ConnectionlessNtlm<Self>,
        answer: question::Answer,
    ) -> Result<Responded, Error> {
        let Self { acceptor, state } = &mut context.side;
        let waiting = std::mem::replace(state, State::Idle);
        let (State::AwaitLogon(waiting), question::Answer::Logon(answer)) = (waiting, answer)
        else {
            return Err(ApiMisuse::AnswerWithoutQuestion.into());
        };
        let outcome = acceptor.logon(&waiting, answer.map_err(Error::Unavailable)?)?;
        let flags = outcome.flags;
        let same = context
            .keys
            .as_ref()
            .is_some_and(|keys| keys.session_key == outcome.session_key);
        // The same key goes on with what is known of its messages; another one starts anew.
        if !same {
            context.keys = Some(Keys::new(
                outcome.session_key.clone(),
                Role::Server,
                waiting.flags,
                flags,
            ));
        }
        context.facts = outcome.into_facts();
        Ok(Responded::Established)
    }
}

impl<S: Side> Connectionless for ConnectionlessNtlm<S> {
    fn sign(&mut self, pieces: &[&[u8]], token: &mut [u8], sequence: u32) -> Result<usize, Error> {
        let token = room(token)?;
        let keys = self.keys()?;
        let checksum = keys.ours.with(sequence, |mut message| message.sign(pieces));
        write_signature(token, checksum, sequence);
        Ok(SIGNATURE_LENGTH)
    }

    fn seal(
        &mut self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        sequence: u32,
    ) -> Result<Lengths, Error> {
        let token = room(message.token)?;
        let keys = self.keys()?;
        let encrypt = quality == Quality::Confidential;
        if encrypt && !keys.seal {
            return Err(Error::QopNotSupported("confidentiality"));
        }
        let pieces = &mut *message.pieces;
        let checksum = keys
            .ours
            .with(sequence, |mut message| message.seal(pieces, encrypt));
        write_signature(token, checksum, sequence);
        Ok(Lengths {
            token: SIGNATURE_LENGTH,
            padding: 0,
        })
    }

    fn verify(&mut self, pieces: &[&[u8]], token: &[u8], order: Order) -> Result<Verified, Error> {
        let keys = self.keys()?;
        let (received, sequence) = keys.received(token, order)?;
        keys.theirs
            .with(sequence, |mut message| message.verify(pieces, &received))?;
        keys.window.note(sequence);
        Ok(Verified {
            sequence,
            quality: Quality::IntegrityOnly,
        })
    }

    fn open(
        &mut self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        order: Order,
    ) -> Result<Verified, Error> {
        let keys = self.keys()?;
        let (received, sequence) = keys.received(token, order)?;
        let encrypted = keys.seal;
        keys.theirs.with(sequence, |mut message| {
            message.open(pieces, encrypted, &received)
        })?;
        keys.window.note(sequence);
        Ok(Verified {
            sequence,
            quality: if encrypted {
                Quality::Confidential
            } else {
                Quality::IntegrityOnly
            },
        })
    }

    fn respond(&mut self, input: Input<'_>, out: &mut Vec<u8>) -> Result<Responded, Error> {
        let start = out.len();
        let result = S::respond(self, input, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    fn answer(&mut self, answer: question::Answer, _: &mut Vec<u8>) -> Result<Responded, Error> {
        S::answer(self, answer)
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

impl<S> ConnectionlessNtlm<S> {
    /// The keys, which a server has when somebody has proven who they are.
    fn keys(&mut self) -> Result<&mut Keys, Error> {
        self.keys
            .as_mut()
            .ok_or_else(|| ApiMisuse::NoContext.into())
    }
}

/// The keys of both directions, and which messages came.
#[derive(Debug)]
struct Keys {
    session_key: Secret<16>,
    ours: MessageKeys,
    theirs: MessageKeys,
    seal: bool,
    window: Window,
}

impl Keys {
    fn new(
        session_key: Secret<16>,
        role: Role,
        negotiated: NegotiateFlags,
        flags: ContextFlags,
    ) -> Self {
        Self {
            ours: MessageKeys::new(&session_key, role),
            theirs: MessageKeys::new(&session_key, peer_of(role)),
            session_key,
            seal: protection(negotiated).seal,
            window: Window::new(flags),
        }
    }

    /// Checksum and number of a message that may be verified now.
    fn received(&self, token: &[u8], order: Order) -> Result<([u8; 8], u32), Error> {
        let (checksum, received) = split(token)?;
        match order {
            Order::At(expected) if expected != received => {
                return Err(Error::OutOfSequence { expected, received });
            }
            Order::Next => {
                return Err(ApiMisuse::WrongOrder(
                    "messages of a connectionless context have numbers of their own",
                )
                .into());
            }
            Order::At(_) | Order::Any => {}
        }
        self.window.check(received)?;
        Ok((checksum, received))
    }
}

/// The keys of one direction.
#[derive(Debug)]
struct MessageKeys {
    mac: HmacMd5,
    seal_key: Secret<16>,
}

impl MessageKeys {
    fn new(session_key: &Secret<16>, sender: Role) -> Self {
        Self {
            mac: HmacMd5::new(compute::sign_key(session_key, sender).expose()),
            seal_key: compute::seal_key(session_key, sender, KeyLength::Bits128),
        }
    }

    /// One message with the stream of its number.
    fn with<R>(&self, sequence: u32, then: impl FnOnce(Message<'_>) -> R) -> R {
        let mut stream = Rc4::new(compute::message_key(&self.seal_key, sequence).expose());
        then(Message {
            mac: &self.mac,
            stream: &mut stream,
            sequence,
            key_exchange: true,
        })
    }
}

/// Which messages came, where somebody wants to know (NTLM-DG-7).
#[derive(Debug)]
struct Window {
    replay: bool,
    order: bool,
    /// The highest number that verified.
    highest: Option<u32>,
    /// The numbers up to `highest`, the highest in the lowest bit.
    seen: u128,
}

impl Window {
    fn new(flags: ContextFlags) -> Self {
        Self {
            replay: flags.contains(ContextFlags::REPLAY_DETECT),
            order: flags.contains(ContextFlags::SEQUENCE_DETECT),
            highest: None,
            seen: 0,
        }
    }

    /// Whether a message with this number may be taken.
    fn check(&self, received: u32) -> Result<(), Error> {
        let Some(highest) = self.highest else {
            return Ok(());
        };
        let late = Err(Error::OutOfSequence {
            expected: highest.wrapping_add(1),
            received,
        });
        if received > highest {
            return Ok(());
        }
        if self.order {
            return late;
        }
        // What is too old to be remembered may have come before.
        let known = self
            .seen
            .checked_shr(highest - received)
            .is_none_or(|bits| bits & 1 == 1);
        if self.replay && known { late } else { Ok(()) }
    }

    /// Remembers a message that verified.
    fn note(&mut self, received: u32) {
        match self.highest {
            Some(highest) if received <= highest => {
                if let Some(bit) = 1u128.checked_shl(highest - received) {
                    self.seen |= bit;
                }
            }
            highest => {
                let step = highest.map_or(u32::MAX, |highest| received - highest);
                self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1;
                self.highest = Some(received);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_of_replays() {
        let mut window = Window::new(ContextFlags::REPLAY_DETECT);
        for (number, fine) in [
            (5, true),
            (3, true),
            (3, false),
            (5, false),
            (200, true),
            (199, true),
            (73, true),
            (72, false),
            (5, false),
            (73, false),
            (u32::MAX, true),
            (200, false),
        ] {
            assert_eq!(window.check(number).is_ok(), fine, "{number}");
            if fine {
                window.note(number);
            }
        }
    }

    #[test]
    fn window_of_order() {
        let mut window = Window::new(ContextFlags::SEQUENCE_DETECT);
        for (number, fine) in [(0, true), (0, false), (7, true), (6, false), (8, true)] {
            assert_eq!(window.check(number).is_ok(), fine, "{number}");
            if fine {
                window.note(number);
            }
        }
    }
}
