//! Contexts as C holds them.
//!
//! ```text
//! Handshaking --(steps)--> Established: sealer and opener behind a lock each, facts behind none
//!      \------(error)---> Failed: the same error for ever
//! ```
//! A datagram context has no such order: it protects messages from the start.
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use countersign::{
    Accept, ChannelBindings, ClientTokenStatus, ContextFlags, Datagram, Error, Facts, Handshake,
    Initiate, Input, Lengths, Opened, Opener, Order, Outgoing, PackageInfo, Piece, Quality,
    Responded, Role, Sealer, Status, Step, Token, Verified, answer, conclude, settle,
};
use countersign_net::store::StoreAnswers;

use crate::buffers::too_small;
use crate::credential::{Credential, invalid_handle};
use crate::handle::SecHandle;
use crate::slab::{Found, Slab};
use crate::state::process;

/// All contexts that C holds.
static CONTEXTS: Slab<Context> = Slab::new(2);

/// What a `CtxtHandle` stands for.
#[derive(Debug)]
pub(crate) struct Context {
    role: Role,
    credential: Arc<Credential>,
    style: Style,
}

/// The two styles of contexts.
#[derive(Debug)]
enum Style {
    Connection {
        phase: Mutex<Phase>,
        established: OnceLock<Established>,
    },
    /// Usable from the start, and tokens may come at any time.
    Datagram(Mutex<Connectionless>),
}

/// The changing part of a connection.
#[derive(Debug)]
enum Phase {
    Handshaking {
        handshake: Handshake,
        /// A token that did not fit, with the result that goes with it.
        kept: Option<Made>,
    },
    /// A call is at work; another one at the same time is refused (API-ISC-12).
    Busy,
    Established {
        kept: Option<Made>,
    },
    Failed(Error),
}

/// What an established connection works with.
#[derive(Debug)]
struct Established {
    sealer: Mutex<Sealer>,
    opener: Mutex<Opener>,
    facts: Arc<Facts>,
}

/// A connectionless context with a token that did not fit.
#[derive(Debug)]
struct Connectionless {
    context: Datagram,
    kept: Option<Made>,
}

/// What a step made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) status: Status,
    pub(crate) token: Vec<u8>,
    pub(crate) flags: ContextFlags,
    pub(crate) expiry: countersign::Timestamp,
    /// How many bytes of the input were used; `None` where the input is still needed.
    pub(crate) used: Option<usize>,
    /// How many bytes are missing at least.
    pub(crate) missing: usize,
}

/// What one call of `InitializeSecurityContext` or `AcceptSecurityContext` brings.
#[derive(Debug, Default)]
pub(crate) struct Call<'a> {
    pub(crate) token: &'a [u8],
    pub(crate) bindings: Option<ChannelBindings>,
    /// The room of the caller's buffer; `None` where the package allocates.
    pub(crate) room: Option<usize>,
}

impl Context {
    pub(crate) fn initiate(
        credential: Arc<Credential>,
        target: Option<String>,
        wanted: ContextFlags,
    ) -> Result<Self, Error> {
        let mut request = target.map_or_else(Initiate::default, Initiate::to);
        let datagram = wanted.contains(ContextFlags::DATAGRAM);
        request = request.request(wanted - ContextFlags::DATAGRAM);
        let style = if datagram {
            Style::datagram(credential.datagram(&request)?)
        } else {
            Style::connection(credential.initiate(&request)?)
        };
        Ok(Self {
            role: Role::Client,
            credential,
            style,
        })
    }

    pub(crate) fn accept(credential: Arc<Credential>, wanted: ContextFlags) -> Result<Self, Error> {
        let request = Accept::new().request(wanted - ContextFlags::DATAGRAM);
        let style = if wanted.contains(ContextFlags::DATAGRAM) {
            Style::datagram(credential.accept_datagram(&request)?)
        } else {
            Style::connection(credential.accept(&request)?)
        };
        Ok(Self {
            role: Role::Server,
            credential,
            style,
        })
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    pub(crate) fn info(&self) -> &'static PackageInfo {
        self.credential.info()
    }

    /// Whether this is the credential that the context was made with (API-CRED-14).
    pub(crate) fn is_of(&self, credential: &Arc<Credential>) -> bool {
        Arc::ptr_eq(&self.credential, credential)
    }

    /// Goes one step on, or gives a token that did not fit before.
    ///
    /// # Errors
    /// [`countersign::ApiMisuse::BufferTooSmall`] when the token does not fit: it is kept for a call
    /// with more room. Every other error ends a connection, and leaves a datagram context as it was.
    pub(crate) fn step(&self, call: &Call<'_>) -> Result<Made, Error> {
        let (phase, established) = match &self.style {
            Style::Connection { phase, established } => (phase, established),
            Style::Datagram(datagram) => return lock(datagram).step(call),
        };
        let taken = std::mem::replace(&mut *lock(phase), Phase::Busy);
        let (next, result) = match taken {
            Phase::Handshaking {
                handshake,
                kept: None,
            } => advance(handshake, call, established),
            Phase::Handshaking {
                handshake,
                kept: Some(made),
            } => {
                let (kept, result) = fit(made, call.room);
                (Phase::Handshaking { handshake, kept }, result)
            }
            Phase::Established { kept: Some(made) } => {
                let (kept, result) = fit(made, call.room);
                (Phase::Established { kept }, result)
            }
            Phase::Established { kept: None } => (
                Phase::Established { kept: None },
                Err(Error::Unsupported(
                    "the package does not authenticate a context again",
                )),
            ),
            Phase::Failed(error) => (Phase::Failed(error.clone()), Err(error)),
            // The other call puts its own result in place.
            Phase::Busy => return Err(Error::Foreign(Status::SEC_E_OUT_OF_SEQUENCE)),
        };
        *lock(phase) = next;
        result
    }

    /// Whether the context is complete: a datagram context is from the start.
    pub(crate) fn is_established(&self) -> bool {
        match &self.style {
            Style::Connection { established, .. } => established.get().is_some(),
            Style::Datagram(_) => true,
        }
    }

    /// What the context answers about itself; a failed one gives its error.
    pub(crate) fn with_facts<R>(
        &self,
        then: impl FnOnce(&Facts) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match &self.style {
            Style::Connection { .. } => then(&self.established()?.facts),
            Style::Datagram(datagram) => then(lock(datagram).context.facts()),
        }
    }

    /// The flags so far.
    pub(crate) fn flags(&self) -> ContextFlags {
        match &self.style {
            Style::Connection { phase, established } => match established.get() {
                Some(established) => established.facts.flags,
                None => match &*lock(phase) {
                    Phase::Handshaking { handshake, .. } => handshake.flags(),
                    _ => ContextFlags::empty(),
                },
            },
            Style::Datagram(datagram) => lock(datagram).context.facts().flags,
        }
    }

    /// Whether the token made last is the client's last.
    pub(crate) fn client_token_status(&self) -> ClientTokenStatus {
        match &self.style {
            Style::Connection { phase, .. } => match &*lock(phase) {
                Phase::Handshaking { handshake, .. } => handshake.client_token_status(),
                Phase::Established { .. } => ClientTokenStatus::Yes,
                Phase::Busy | Phase::Failed(_) => ClientTokenStatus::Maybe,
            },
            // A challenge may come again.
            Style::Datagram(_) => ClientTokenStatus::Maybe,
        }
    }

    /// Signs a message; its number counts on a datagram context only.
    pub(crate) fn sign(
        &self,
        pieces: &[&[u8]],
        token: &mut [u8],
        sequence: u32,
    ) -> Result<usize, Error> {
        match &self.style {
            Style::Connection { .. } => {
                lock(&self.established()?.sealer).sign(pieces, token, Order::Next)
            }
            Style::Datagram(datagram) => lock(datagram).context.sign(pieces, token, sequence),
        }
    }

    /// Protects a message in place.
    pub(crate) fn seal(
        &self,
        message: &mut Outgoing<'_, '_>,
        quality: Quality,
        sequence: u32,
    ) -> Result<Lengths, Error> {
        match &self.style {
            Style::Connection { .. } => {
                lock(&self.established()?.sealer).seal(message, quality, Order::Next)
            }
            Style::Datagram(datagram) => lock(datagram).context.seal(message, quality, sequence),
        }
    }

    /// Checks the signature of a message.
    pub(crate) fn verify(
        &self,
        pieces: &[&[u8]],
        token: &[u8],
        sequence: u32,
    ) -> Result<Verified, Error> {
        match &self.style {
            Style::Connection { .. } => {
                lock(&self.established()?.opener).verify(pieces, token, Order::Next)
            }
            Style::Datagram(datagram) => {
                lock(datagram).context.verify(pieces, token, Some(sequence))
            }
        }
    }

    /// Takes a message apart whose token lies in a buffer of its own.
    pub(crate) fn open(
        &self,
        token: &[u8],
        pieces: &mut [Piece<'_>],
        sequence: u32,
    ) -> Result<Verified, Error> {
        match &self.style {
            Style::Connection { .. } => {
                lock(&self.established()?.opener).open(token, pieces, Order::Next)
            }
            Style::Datagram(datagram) => lock(datagram).context.open(token, pieces, Some(sequence)),
        }
    }

    /// Takes the first message of a stream apart; datagrams make no stream.
    pub(crate) fn open_stream(&self, stream: &mut [u8]) -> Result<Opened, Error> {
        match &self.style {
            Style::Connection { .. } => {
                lock(&self.established()?.opener).open_stream(stream, Order::Next)
            }
            Style::Datagram(_) => Err(Error::Unsupported("a stream on a datagram context")),
        }
    }

    fn established(&self) -> Result<&Established, Error> {
        let Style::Connection { phase, established } = &self.style else {
            return Err(invalid_handle());
        };
        if let Some(established) = established.get() {
            return Ok(established);
        }
        match &*lock(phase) {
            Phase::Failed(error) => Err(error.clone()),
            _ => Err(invalid_handle()),
        }
    }
}

impl Style {
    const fn connection(handshake: Handshake) -> Self {
        Self::Connection {
            phase: Mutex::new(Phase::Handshaking {
                handshake,
                kept: None,
            }),
            established: OnceLock::new(),
        }
    }

    const fn datagram(context: Datagram) -> Self {
        Self::Datagram(Mutex::new(Connectionless {
            context,
            kept: None,
        }))
    }
}

impl Connectionless {
    /// Takes a token of the peer, at any time; a server without one makes a challenge.
    fn step(&mut self, call: &Call<'_>) -> Result<Made, Error> {
        if let Some(made) = self.kept.take() {
            let (kept, result) = fit(made, call.room);
            self.kept = kept;
            return result;
        }
        let mut token = Vec::new();
        let mut input = if call.token.is_empty() {
            Input::none()
        } else {
            Input::token(call.token)
        };
        if let Some(bindings) = &call.bindings {
            input = input.bindings(bindings);
        }
        let responded = match self.context.respond(input, &mut token)? {
            Responded::Ask(question) => {
                let mut answers = answers()?;
                let answer = answer(&question, &mut answers);
                let result = self.context.answer(answer, &mut token);
                conclude(&question, &result, &mut answers);
                result?
            }
            other => other,
        };
        let facts = self.context.facts();
        let made = Made {
            status: match responded {
                Responded::Established => Status::SEC_E_OK,
                Responded::Continue => Status::SEC_I_CONTINUE_NEEDED,
                _ => return Err(Error::Unreachable("a question was left unanswered")),
            },
            token,
            flags: facts.flags,
            expiry: facts.lifespan.expiry,
            used: Some(call.token.len()),
            missing: 0,
        };
        let (kept, result) = fit(made, call.room);
        self.kept = kept;
        result
    }
}

/// The contents of a lock, also after a panic: what it guards is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One step, without a lock: questions may take their time.
fn advance(
    handshake: Handshake,
    call: &Call<'_>,
    established: &OnceLock<Established>,
) -> (Phase, Result<Made, Error>) {
    let mut token = Vec::new();
    let used = std::cell::Cell::new(0);
    let mut input = if call.token.is_empty() {
        Input::none()
    } else {
        Input::token(Token::counted(call.token, &used))
    };
    if let Some(bindings) = &call.bindings {
        input = input.bindings(bindings);
    }
    let step = handshake
        .step(input, &mut token)
        .and_then(|step| settle(step, &mut answers()?, &mut token));
    let mut made = Made {
        status: Status::SEC_I_CONTINUE_NEEDED,
        token,
        flags: ContextFlags::empty(),
        expiry: countersign::Timestamp::NEVER,
        used: Some(used.get()),
        missing: 0,
    };
    match step {
        Ok(Step::Continue(handshake)) => {
            made.flags = handshake.flags();
            let (kept, result) = fit(made, call.room);
            (Phase::Handshaking { handshake, kept }, result)
        }
        Ok(Step::Incomplete(handshake, missing)) => {
            made.status = Status::SEC_E_INCOMPLETE_MESSAGE;
            made.used = None;
            made.missing = missing;
            let phase = Phase::Handshaking {
                handshake,
                kept: None,
            };
            (phase, Ok(made))
        }
        Ok(Step::Done(session)) => {
            let (sealer, opener, facts) = session.split();
            made.status = Status::SEC_E_OK;
            made.flags = facts.flags;
            made.expiry = facts.lifespan.expiry;
            // Only a handshake leads here, and it is gone now.
            let _ = established.set(Established {
                sealer: Mutex::new(sealer),
                opener: Mutex::new(opener),
                facts,
            });
            let (kept, result) = fit(made, call.room);
            (Phase::Established { kept }, result)
        }
        Ok(_) => {
            let error = Error::Unreachable("a question was left unanswered");
            (Phase::Failed(error.clone()), Err(error))
        }
        Err(error) => (Phase::Failed(error.clone()), Err(error)),
    }
}

/// Gives what was made if it fits into the caller's room, and keeps it otherwise.
fn fit(made: Made, room: Option<usize>) -> (Option<Made>, Result<Made, Error>) {
    match room {
        Some(room) if made.token.len() > room => {
            let error = too_small("the output token buffer", made.token.len(), room);
            (Some(made), Err(error))
        }
        _ => (None, Ok(made)),
    }
}

/// Who answers questions: the configured accounts.
fn answers() -> Result<StoreAnswers<Arc<dyn countersign_net::store::AccountStore>>, Error> {
    Ok(StoreAnswers(process()?.config.accounts()))
}

/// Gives a context to C.
pub(crate) fn insert(context: Arc<Context>) -> Result<SecHandle, Error> {
    CONTEXTS
        .insert(context)
        .map(SecHandle::new)
        .ok_or(Error::Foreign(Status::SEC_E_INSUFFICIENT_MEMORY))
}

/// The context of a handle.
pub(crate) fn find(handle: SecHandle) -> Result<Arc<Context>, Error> {
    match handle.key().map(|key| CONTEXTS.find(key)) {
        Some(Found::Alive(context)) => Ok(context),
        _ => Err(invalid_handle()),
    }
}

/// Deletes a context: alive, partial, failed or already deleted (API-ISC-13).
pub(crate) fn delete(handle: SecHandle) -> Result<(), Error> {
    match handle.key().map(|key| CONTEXTS.remove(key)) {
        Some(Found::Alive(_) | Found::Removed) => Ok(()),
        _ => Err(invalid_handle()),
    }
}
