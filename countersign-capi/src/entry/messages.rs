//! Protecting messages (API-MSG-1 to API-MSG-13).
use countersign::{Error, Quality, Status};

use crate::boundary::{boundary, write};
use crate::buffers::Buffers;
use crate::entry::contexts::find;
use crate::layout::{SecBufferDesc, SecHandle};
use crate::message;

/// `SECQOP_WRAP_NO_ENCRYPT`.
const NO_ENCRYPT: u32 = 0x8000_0001;

/// Signs a message. On a connection the package counts and `sequence` is ignored; on a datagram
/// context it is the number of the message.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MakeSignature(
    context: *const SecHandle,
    quality: u32,
    message: *const SecBufferDesc,
    sequence: u32,
) -> i32 {
    boundary("MakeSignature", || {
        // SAFETY: the caller's contract.
        unsafe {
            let context = find(context)?;
            let buffers = Buffers::new(message)?;
            if quality != 0 {
                return Err(Error::QopNotSupported("this quality of protection"));
            }
            message::sign(&context, buffers, sequence)?;
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Checks the signature of a message.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn VerifySignature(
    context: *const SecHandle,
    message: *const SecBufferDesc,
    sequence: u32,
    quality: *mut u32,
) -> i32 {
    boundary("VerifySignature", || {
        // SAFETY: the caller's contract.
        unsafe {
            let context = find(context)?;
            message::verify(&context, Buffers::new(message)?, sequence)?;
            write(quality, 0);
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Protects a message in place.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EncryptMessage(
    context: *const SecHandle,
    quality: u32,
    message: *const SecBufferDesc,
    sequence: u32,
) -> i32 {
    boundary("EncryptMessage", || {
        // SAFETY: the caller's contract.
        unsafe {
            let context = find(context)?;
            let buffers = Buffers::new(message)?;
            let quality = match quality {
                0 => Quality::Confidential,
                NO_ENCRYPT => Quality::IntegrityOnly,
                _ => return Err(Error::QopNotSupported("this quality of protection")),
            };
            message::encrypt(&context, buffers, quality, sequence)?;
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Opens a message in place.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DecryptMessage(
    context: *const SecHandle,
    message: *const SecBufferDesc,
    sequence: u32,
    quality: *mut u32,
) -> i32 {
    boundary("DecryptMessage", || {
        // SAFETY: the caller's contract.
        unsafe {
            let context = find(context)?;
            let found = message::decrypt(&context, Buffers::new(message)?, sequence)?;
            write(
                quality,
                match found {
                    Quality::Confidential => 0,
                    Quality::IntegrityOnly => NO_ENCRYPT,
                },
            );
        }
        Ok(Status::SEC_E_OK)
    })
}

/// The historic name of [`EncryptMessage`].
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SealMessage(
    context: *const SecHandle,
    quality: u32,
    message: *const SecBufferDesc,
    sequence: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { EncryptMessage(context, quality, message, sequence) }
}

/// The historic name of [`DecryptMessage`].
#[unsafe(no_mangle)]
pub unsafe extern "system" fn UnsealMessage(
    context: *const SecHandle,
    message: *const SecBufferDesc,
    sequence: u32,
    quality: *mut u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { DecryptMessage(context, message, sequence, quality) }
}
