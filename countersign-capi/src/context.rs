//! Contexts as C holds them.
//!
//! ```text
//! Handshaking --(steps)--> Established: sealer and opener behind a lock each, facts behind none
//!      \------(error)---> Failed: the same error for ever
//! ```
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use countersign::{
    Accept, ChannelBindings, ClientTokenStatus, ContextFlags, Error, Facts, Handshake, Initiate,
    Input, Opener, PackageInfo, Role, Sealer, Status, Step, Token, settle,
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
    phase: Mutex<Phase>,
    established: OnceLock<Established>,
}

/// The changing part of a context.
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

/// What an established context works with.
#[derive(Debug)]
pub(crate) struct Established {
    sealer: Mutex<Sealer>,
    opener: Mutex<Opener>,
    facts: Arc<Facts>,
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
        request = request.request(wanted);
        let handshake = credential.initiate(&request)?;
        Ok(Self::new(Role::Client, credential, handshake))
    }

    pub(crate) fn accept(credential: Arc<Credential>, wanted: ContextFlags) -> Result<Self, Error> {
        let handshake = credential.accept(&Accept::new().request(wanted))?;
        Ok(Self::new(Role::Server, credential, handshake))
    }

    const fn new(role: Role, credential: Arc<Credential>, handshake: Handshake) -> Self {
        Self {
            role,
            credential,
            phase: Mutex::new(Phase::Handshaking {
                handshake,
                kept: None,
            }),
            established: OnceLock::new(),
        }
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
    /// with more room. Every other error ends the context.
    pub(crate) fn step(&self, call: &Call<'_>) -> Result<Made, Error> {
        let phase = std::mem::replace(&mut *self.lock(), Phase::Busy);
        let (next, result) = match phase {
            Phase::Handshaking {
                handshake,
                kept: None,
            } => self.advance(handshake, call),
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
        *self.lock() = next;
        result
    }

    /// One step, without a lock: questions may take their time.
    fn advance(&self, handshake: Handshake, call: &Call<'_>) -> (Phase, Result<Made, Error>) {
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
                let _ = self.established.set(Established {
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

    /// The facts of an established context; a failed one gives its error.
    pub(crate) fn established(&self) -> Result<&Established, Error> {
        if let Some(established) = self.established.get() {
            return Ok(established);
        }
        match &*self.lock() {
            Phase::Failed(error) => Err(error.clone()),
            _ => Err(invalid_handle()),
        }
    }

    /// The flags so far.
    pub(crate) fn flags(&self) -> ContextFlags {
        if let Some(established) = self.established.get() {
            return established.facts.flags;
        }
        match &*self.lock() {
            Phase::Handshaking { handshake, .. } => handshake.flags(),
            _ => ContextFlags::empty(),
        }
    }

    /// Whether the token made last is the client's last.
    pub(crate) fn client_token_status(&self) -> ClientTokenStatus {
        match &*self.lock() {
            Phase::Handshaking { handshake, .. } => handshake.client_token_status(),
            Phase::Established { .. } => ClientTokenStatus::Yes,
            Phase::Busy | Phase::Failed(_) => ClientTokenStatus::Maybe,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Established {
    pub(crate) fn sealer(&self) -> MutexGuard<'_, Sealer> {
        self.sealer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opener(&self) -> MutexGuard<'_, Opener> {
        self.opener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn facts(&self) -> &Arc<Facts> {
        &self.facts
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
