//! Establishing and ending contexts (API-ISC-1 to API-ISC-20, API-CTX-1 to API-CTX-3).
use std::sync::Arc;

use countersign::{ApiMisuse, ChannelBindings, ContextFlags, Error, Role, Status};

use crate::attributes::returned;
use crate::boundary::{boundary, read, write};
use crate::buffers::{Buffers, invalid};
use crate::context::{self, Call, Context, Made};
use crate::credential::{Credential, invalid_handle};
use crate::entry::credentials;
use crate::layout::{
    AnsiStr, BINDINGS_RESULT_LENGTH, SEC_FLAGS, SecBufferDesc, SecHandle, TimeStamp, WideStr,
    buffer_type,
};
use crate::memory::Block;
use crate::message::put_token;
use crate::text::{Ansi, Text, Wide, counted, terminated};
use crate::time;

/// The results that both functions write.
#[derive(Clone, Copy)]
struct Results {
    new_context: *mut SecHandle,
    output: *const SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
}

/// Goes one step on as a client.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn InitializeSecurityContextA(
    credential: *const SecHandle,
    context: *const SecHandle,
    target: AnsiStr,
    request: u32,
    _reserved_1: u32,
    _data_representation: u32,
    input: *const SecBufferDesc,
    _reserved_2: u32,
    new_context: *mut SecHandle,
    output: *mut SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
) -> i32 {
    let results = Results {
        new_context,
        output,
        attributes,
        expiry,
    };
    // SAFETY: the caller's contract.
    unsafe { initialize::<Ansi>(credential, context, target.cast(), request, input, results) }
}

/// Goes one step on as a client.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn InitializeSecurityContextW(
    credential: *const SecHandle,
    context: *const SecHandle,
    target: WideStr,
    request: u32,
    _reserved_1: u32,
    _data_representation: u32,
    input: *const SecBufferDesc,
    _reserved_2: u32,
    new_context: *mut SecHandle,
    output: *mut SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
) -> i32 {
    let results = Results {
        new_context,
        output,
        attributes,
        expiry,
    };
    // SAFETY: the caller's contract.
    unsafe { initialize::<Wide>(credential, context, target, request, input, results) }
}

unsafe fn initialize<T: Text>(
    credential: *const SecHandle,
    context: *const SecHandle,
    target: *const T::Unit,
    request: u32,
    input: *const SecBufferDesc,
    results: Results,
) -> i32 {
    boundary("InitializeSecurityContext", || {
        // SAFETY: the caller's contract.
        unsafe {
            // Read before anything is written: `attributes` may be the caller's `request` variable.
            let input = Buffers::new(input)?;
            let wanted = ContextFlags::from_isc_req(u64::from(request) | high_flags(input)?);
            step(
                credential,
                context,
                Role::Client,
                wanted,
                input,
                results,
                // Only the first call has a use for the target.
                |credential| {
                    let target = match terminated::<T>(target, "the target")? {
                        Some(target) => Some(target),
                        None => target_buffer(input)?,
                    };
                    Context::initiate(credential, target, wanted)
                },
            )
        }
    })
}

/// Goes one step on as a server.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "the parameters of sspi.h")]
pub unsafe extern "system" fn AcceptSecurityContext(
    credential: *const SecHandle,
    context: *const SecHandle,
    input: *const SecBufferDesc,
    request: u32,
    _data_representation: u32,
    new_context: *mut SecHandle,
    output: *mut SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
) -> i32 {
    let results = Results {
        new_context,
        output,
        attributes,
        expiry,
    };
    boundary("AcceptSecurityContext", || {
        // SAFETY: the caller's contract.
        unsafe {
            let input = Buffers::new(input)?;
            let wanted = ContextFlags::from_asc_req(u64::from(request) | high_flags(input)?);
            step(
                credential,
                context,
                Role::Server,
                wanted,
                input,
                results,
                |credential| Context::accept(credential, wanted),
            )
        }
    })
}

/// The common half: finds or makes the context, brings the input, writes the results.
unsafe fn step(
    credential: *const SecHandle,
    context: *const SecHandle,
    role: Role,
    wanted: ContextFlags,
    input: Buffers,
    results: Results,
    make: impl FnOnce(Arc<Credential>) -> Result<Context, Error>,
) -> Result<Status, Error> {
    // SAFETY: the caller's contract, for this and every block below.
    let output = unsafe { Buffers::new(results.output) }?;
    let allocate = wanted.contains(ContextFlags::ALLOCATE_MEMORY);
    let out = output.first(buffer_type::TOKEN);
    // SAFETY: see above.
    let call = unsafe {
        Call {
            token: token(input)?,
            bindings: bindings(input)?,
            room: match out {
                _ if allocate => None,
                Some(buffer) => Some(buffer.len()),
                None => Some(0),
            },
        }
    };
    // A handle of zeros or an invalidated one is what some callers pass for "none".
    // SAFETY: see above.
    let old = unsafe { read(context) }.filter(|handle| handle.dwLower != 0 || handle.dwUpper != 0);
    let (entry, handle, first) = match old {
        None => {
            if results.new_context.is_null() {
                return Err(invalid_handle());
            }
            // SAFETY: see above.
            let credential = unsafe { credentials::find(credential) }?;
            (Arc::new(make(credential)?), None, true)
        }
        Some(handle) => {
            let entry = context::find(handle)?;
            if entry.role() != role {
                return Err(invalid_handle());
            }
            if !credential.is_null() {
                // SAFETY: see above.
                let credential = unsafe { credentials::find(credential) }?;
                if !entry.is_of(&credential) {
                    return Err(Error::Foreign(Status::SEC_E_WRONG_CREDENTIAL_HANDLE));
                }
            }
            (entry, Some(handle), false)
        }
    };
    let made = match entry.step(&call) {
        Ok(made) => made,
        Err(error) => {
            // A token that does not fit is kept: the caller gets the handle and what it needs.
            if let Error::ApiMisuse(ApiMisuse::BufferTooSmall { needed, .. }) = error {
                if first {
                    let handle = context::insert(entry)?;
                    // SAFETY: not null on a first call, checked above.
                    unsafe { write(results.new_context, handle) };
                }
                let Some(out) = out else {
                    return Err(Error::Foreign(Status::SEC_E_INSUFFICIENT_BUFFERS));
                };
                out.set_len(needed);
            }
            return Err(error);
        }
    };
    let handle = match handle {
        Some(handle) => handle,
        None => context::insert(Arc::clone(&entry))?,
    };
    // SAFETY: the caller's contract.
    unsafe {
        write(results.new_context, handle);
        deliver(&entry, &made, output, allocate, results)?;
        after(input, &made);
    }
    Ok(made.status)
}

/// Gives token, attributes and expiry to the caller.
unsafe fn deliver(
    context: &Context,
    made: &Made,
    output: Buffers,
    allocate: bool,
    results: Results,
) -> Result<(), Error> {
    let mut flags = made.flags;
    if let Some(out) = output.first(buffer_type::TOKEN) {
        if !allocate {
            // SAFETY: the caller's contract.
            unsafe { put_token(out, &made.token) }?;
        } else if made.token.is_empty() {
            out.set(buffer_type::TOKEN, 0, std::ptr::null_mut());
        } else {
            let block = Block::of(&made.token)?;
            out.set(buffer_type::TOKEN, made.token.len(), block.give());
            flags |= ContextFlags::ALLOCATE_MEMORY;
        }
    }
    let result = context
        .with_facts(|facts| Ok(facts.bindings))
        .ok()
        .flatten();
    if let (Some(found), Some(result)) =
        (output.first(buffer_type::CHANNEL_BINDINGS_RESULT), result)
    {
        // SAFETY: the caller's contract.
        let room = unsafe { found.bytes_mut() }?;
        let given = room.len();
        room.get_mut(..BINDINGS_RESULT_LENGTH)
            .ok_or_else(|| {
                crate::buffers::too_small(
                    "the result of the bindings",
                    BINDINGS_RESULT_LENGTH,
                    given,
                )
            })?
            .copy_from_slice(&result.bits().to_ne_bytes());
        found.set_len(BINDINGS_RESULT_LENGTH);
    }
    // SAFETY: the caller's contract.
    unsafe {
        write(results.attributes, returned(context.role(), flags));
        write(results.expiry, time::local(made.expiry));
    }
    Ok(())
}

/// Tells about surplus and missing input (API-ISC-6, API-ISC-7).
unsafe fn after(input: Buffers, made: &Made) {
    let Some(spare) = input.first(buffer_type::EMPTY) else {
        return;
    };
    match (made.used, input.first(buffer_type::TOKEN)) {
        (None, _) => spare.set(buffer_type::MISSING, made.missing, std::ptr::null_mut()),
        (Some(used), Some(token)) if used > 0 && used < token.len() => {
            spare.set(buffer_type::EXTRA, token.len() - used, std::ptr::null_mut());
        }
        _ => {}
    }
}

/// The peer's token; a first call may have none, or one empty buffer of type 0 (spec/09 row 22).
unsafe fn token<'a>(input: Buffers) -> Result<&'a [u8], Error> {
    match input.first(buffer_type::TOKEN) {
        // SAFETY: the caller's contract.
        Some(buffer) => unsafe { buffer.bytes() },
        None => Ok(&[]),
    }
}

unsafe fn bindings(input: Buffers) -> Result<Option<ChannelBindings>, Error> {
    match input.first(buffer_type::CHANNEL_BINDINGS) {
        // SAFETY: the caller's contract.
        Some(buffer) => ChannelBindings::parse(unsafe { buffer.bytes() }?).map(Some),
        None => Ok(None),
    }
}

/// The target in a buffer of type TARGET, in UTF-16 without a terminator.
unsafe fn target_buffer(input: Buffers) -> Result<Option<String>, Error> {
    match input.first(buffer_type::TARGET) {
        // SAFETY: the caller's contract: the buffer has its length.
        Some(buffer) => unsafe {
            counted::<Wide>(buffer.address().cast(), buffer.len() / 2, "the target")
        },
        None => Ok(None),
    }
}

/// The flags beyond 32 bits (API-ISC-15).
unsafe fn high_flags(input: Buffers) -> Result<u64, Error> {
    let Some(buffer) = input.first(buffer_type::FLAGS) else {
        return Ok(0);
    };
    // SAFETY: the caller's contract.
    let bytes = unsafe { buffer.bytes() }?;
    let bytes = bytes
        .get(..size_of::<SEC_FLAGS>())
        .and_then(|eight| eight.try_into().ok())
        .ok_or_else(|| invalid("the flags buffer has less than eight bytes"))?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Ends a context: alive, partial, failed, or deleted before (API-ISC-13).
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityContext(context: *const SecHandle) -> i32 {
    boundary("DeleteSecurityContext", || {
        // SAFETY: the caller's contract.
        let handle = unsafe { read(context) }.ok_or_else(invalid_handle)?;
        context::delete(handle)?;
        Ok(Status::SEC_E_OK)
    })
}

/// Completes a token: Digest only (API-CTX-2).
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CompleteAuthToken(
    context: *const SecHandle,
    token: *const SecBufferDesc,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        no_such_call(
            "CompleteAuthToken",
            context,
            token,
            "tokens of this package are complete",
        )
    }
}

/// Applies a control token: Schannel only (API-CTX-3).
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ApplyControlToken(
    context: *const SecHandle,
    input: *const SecBufferDesc,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        no_such_call(
            "ApplyControlToken",
            context,
            input,
            "this package has no control tokens",
        )
    }
}

unsafe fn no_such_call(
    name: &'static str,
    context: *const SecHandle,
    buffers: *const SecBufferDesc,
    why: &'static str,
) -> i32 {
    boundary(name, || {
        // SAFETY: the caller's contract.
        unsafe {
            find(context)?;
            Buffers::new(buffers)?;
        }
        Err(Error::Unsupported(why))
    })
}

/// The context of a handle that must be there.
pub(crate) unsafe fn find(handle: *const SecHandle) -> Result<Arc<Context>, Error> {
    // SAFETY: the caller's contract.
    let handle = unsafe { read(handle) }.ok_or_else(invalid_handle)?;
    context::find(handle)
}
