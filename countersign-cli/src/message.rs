//! Protected messages as frames carry them: sealed ones as token and data, signed ones as length
//! (big-endian), message and signature.
use std::fmt;
use std::ops::Range;

use countersign::{
    Error, Facts, Opened, Opener, Order, Outgoing, Piece, Quality, Sealer, Verified,
};

/// Why a message could not be taken apart.
#[derive(Debug)]
pub(crate) enum MessageError {
    /// The package refuses it.
    Security(Error),
    /// It has not the form that its frame promises.
    Form(&'static str),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Security(error) => error.fmt(f),
            Self::Form(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for MessageError {}

impl From<Error> for MessageError {
    fn from(error: Error) -> Self {
        Self::Security(error)
    }
}

/// Wraps a message: token, then data, encrypted or not.
pub(crate) fn seal(
    sealer: &mut Sealer,
    facts: &Facts,
    plain: &[u8],
    quality: Quality,
) -> Result<Vec<u8>, Error> {
    let room = room(facts.sizes.security_trailer);
    let mut wire = vec![0; room];
    wire.extend_from_slice(plain);
    let (token, data) = wire.split_at_mut(room);
    let mut pieces = [Piece::Data(data)];
    let mut message = Outgoing::new(token, &mut pieces);
    let used = sealer.seal(&mut message, quality, Order::Next)?.token;
    wire.drain(used..room);
    Ok(wire)
}

/// Unwraps the one message in `wire`, in place.
pub(crate) fn open(
    opener: &mut Opener,
    wire: &mut [u8],
) -> Result<(Range<usize>, Verified), MessageError> {
    match opener.open_stream(wire, Order::Next)? {
        Opened::Message {
            plain,
            used,
            verified,
        } if used == wire.len() => Ok((plain, verified)),
        Opened::Message { .. } => Err(MessageError::Form("bytes follow the message")),
        Opened::Incomplete(_) => Err(MessageError::Form("the message is cut off")),
        _ => Err(MessageError::Form("this is no message")),
    }
}

/// Signs a message.
pub(crate) fn sign(
    sealer: &mut Sealer,
    facts: &Facts,
    plain: &[u8],
) -> Result<Vec<u8>, MessageError> {
    let length = u32::try_from(plain.len())
        .map_err(|_| MessageError::Form("the message is too long for its frame"))?;
    let mut token = vec![0; room(facts.sizes.max_signature)];
    let used = sealer.sign(&[plain], &mut token, Order::Next)?;
    token.truncate(used);
    Ok([&length.to_be_bytes(), plain, &token].concat())
}

/// Checks a signed message and gives its text.
pub(crate) fn verify<'w>(opener: &mut Opener, wire: &'w [u8]) -> Result<&'w [u8], MessageError> {
    let short = MessageError::Form("the signed message is shorter than it says");
    let Some((length, rest)) = wire.split_first_chunk() else {
        return Err(short);
    };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let Some((plain, token)) = rest.split_at_checked(length) else {
        return Err(short);
    };
    opener.verify(&[plain], token, Order::Next)?;
    Ok(plain)
}

fn room(size: u32) -> usize {
    // No package needs more than a few hundred bytes.
    usize::try_from(size).unwrap_or(usize::MAX)
}
