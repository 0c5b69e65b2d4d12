//! The border to C: no panic crosses it, and every result becomes a status.
use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign::{Error, Status};

/// The body of every exported call. What fails is told to the log: the call, the status, the cause.
pub(crate) fn boundary(call: &'static str, body: impl FnOnce() -> Result<Status, Error>) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => status.code(),
        Ok(Err(error)) => {
            let status = error.status();
            tracing::debug!(call, ?status, %error, "failed");
            status.code()
        }
        Err(_) => {
            tracing::error!(call, "panicked");
            Status::SEC_E_INTERNAL_ERROR.code()
        }
    }
}

/// Reads a structure that may be missing; it need not be aligned.
///
/// # Safety
/// `at` is null or points to a `T`.
pub(crate) unsafe fn read<T: Copy>(at: *const T) -> Option<T> {
    if at.is_null() {
        return None;
    }
    // SAFETY: not null, so a `T` is there, by contract.
    Some(unsafe { at.read_unaligned() })
}

/// Writes a result where the caller wants one; it need not be aligned.
///
/// # Safety
/// `at` is null or points to room for a `T`.
pub(crate) unsafe fn write<T>(at: *mut T, value: T) {
    if !at.is_null() {
        // SAFETY: not null, so there is room for a `T`, by contract.
        unsafe { at.write_unaligned(value) };
    }
}
