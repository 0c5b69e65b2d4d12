//! Message protection over the caller's buffers, in place and without an allocation.
use countersign::{Error, Lengths, Opened, Outgoing, Piece, Quality, Verified};

use crate::buffers::{Buffer, Buffers, disjoint, invalid, too_small};
use crate::context::Context;
use crate::layout::buffer_type;

/// So many pieces a message may have without an allocation.
const USUAL: usize = 16;

/// Collects the pieces of a message in their order and calls `then` with them.
///
/// # Safety
/// The buffers are valid for their lengths, and writable where they are data and not read-only;
/// none shares memory with another.
unsafe fn with_pieces<R>(
    buffers: Buffers,
    then: impl FnOnce(&mut [Piece<'_>]) -> Result<R, Error>,
) -> Result<R, Error> {
    let data = || buffers.iter().filter(|b| b.kind() == buffer_type::DATA);
    let piece = |buffer: Buffer| -> Result<Piece<'_>, Error> {
        Ok(if buffer.read_only() {
            // SAFETY: valid by contract; nothing writes to a read-only buffer.
            Piece::Signed(unsafe { buffer.bytes() }?)
        } else {
            // SAFETY: valid by contract, and no other buffer shares its memory.
            Piece::Data(unsafe { buffer.bytes_mut() }?)
        })
    };
    let count = data().count();
    if count > USUAL {
        let mut pieces = data().map(piece).collect::<Result<Vec<_>, _>>()?;
        return then(&mut pieces);
    }
    let mut pieces = [const { Piece::Signed(&[]) }; USUAL];
    for (slot, buffer) in pieces.iter_mut().zip(data()) {
        *slot = piece(buffer)?;
    }
    then(&mut pieces[..count])
}

/// `EncryptMessage`.
///
/// # Safety
/// As `with_pieces`.
pub(crate) unsafe fn encrypt(
    context: &Context,
    buffers: Buffers,
    quality: Quality,
    sequence: u32,
) -> Result<(), Error> {
    let token = token(buffers)?;
    if buffers.first(buffer_type::DATA).is_none() {
        return Err(invalid("a message needs a data buffer"));
    }
    let padding = buffers.first(buffer_type::PADDING);
    if !disjoint(buffers) {
        return Err(invalid("two buffers share memory"));
    }
    // SAFETY: valid by contract, and no other buffer shares its memory.
    let token_bytes = unsafe { token.bytes_mut() }?;
    let padding_bytes = match padding {
        // SAFETY: as the token.
        Some(padding) => unsafe { padding.bytes_mut() }?,
        None => &mut [],
    };
    // SAFETY: by contract.
    let lengths = unsafe {
        with_pieces(buffers, |pieces| {
            let mut message = Outgoing::new(token_bytes, pieces);
            message.padding = padding_bytes;
            context.seal(&mut message, quality, sequence)
        })
    }?;
    let Lengths {
        token: used,
        padding: padded,
    } = lengths;
    token.set_len(used);
    if let Some(padding) = padding {
        padding.set_len(padded);
    }
    Ok(())
}

/// `DecryptMessage`: token and data apart, or both in one stream.
///
/// # Safety
/// As `with_pieces`; a stream buffer is writable.
pub(crate) unsafe fn decrypt(
    context: &Context,
    buffers: Buffers,
    sequence: u32,
) -> Result<Quality, Error> {
    if let Some(stream) = buffers.first(buffer_type::STREAM) {
        // SAFETY: by contract.
        return unsafe { decrypt_stream(context, buffers, stream) };
    }
    let token = token(buffers)?;
    if buffers.first(buffer_type::DATA).is_none() {
        return Err(invalid("a message needs a data buffer"));
    }
    if !disjoint(buffers) {
        return Err(invalid("two buffers share memory"));
    }
    // SAFETY: valid by contract; nothing writes to it.
    let token = signature(context, unsafe { token.bytes() }?)?;
    // SAFETY: by contract, and just checked.
    let verified = unsafe { with_pieces(buffers, |pieces| context.open(token, pieces, sequence)) }?;
    Ok(verified.quality)
}

/// # Safety
/// As `with_pieces`; the stream is writable.
unsafe fn decrypt_stream(
    context: &Context,
    buffers: Buffers,
    stream: Buffer,
) -> Result<Quality, Error> {
    let data = buffers
        .iter()
        .find(|b| b.kind() == buffer_type::DATA)
        .ok_or_else(|| invalid("a stream needs an empty data buffer for the result"))?;
    if stream.read_only() {
        return Err(invalid(
            "a stream is decrypted in place and can not be read-only",
        ));
    }
    // SAFETY: valid and writable by contract; the data buffer is only given an address.
    let bytes = unsafe { stream.bytes_mut() }?;
    match context.open_stream(bytes)? {
        Opened::Message {
            plain, verified, ..
        } => {
            let at = stream.address().wrapping_add(plain.start);
            data.set(buffer_type::DATA, plain.len(), at);
            Ok(verified.quality)
        }
        Opened::Incomplete(_) => Err(Error::Foreign(
            countersign::Status::SEC_E_INCOMPLETE_MESSAGE,
        )),
        _ => Err(Error::Unsupported("a message of this kind")),
    }
}

/// `MakeSignature`.
///
/// # Safety
/// As `with_pieces`; the token is writable.
pub(crate) unsafe fn sign(context: &Context, buffers: Buffers, sequence: u32) -> Result<(), Error> {
    let token = token(buffers)?;
    // SAFETY: by contract.
    let signed = unsafe { signed(buffers) }?;
    if signed.overlaps(token) {
        return Err(invalid("two buffers share memory"));
    }
    // SAFETY: valid and writable by contract, and nothing that is signed shares its memory.
    let bytes = unsafe { token.bytes_mut() }?;
    let used = context.sign(signed.slices(), bytes, sequence)?;
    token.set_len(used);
    Ok(())
}

/// `VerifySignature`.
///
/// # Safety
/// As `with_pieces`; nothing is written.
pub(crate) unsafe fn verify(
    context: &Context,
    buffers: Buffers,
    sequence: u32,
) -> Result<Verified, Error> {
    let token = token(buffers)?;
    // SAFETY: by contract.
    let signed = unsafe { signed(buffers) }?;
    // SAFETY: valid by contract; nothing writes to it.
    let token = signature(context, unsafe { token.bytes() }?)?;
    context.verify(signed.slices(), token, sequence)
}

fn token(buffers: Buffers) -> Result<Buffer, Error> {
    buffers
        .first(buffer_type::TOKEN)
        .ok_or_else(|| invalid("a message needs a token buffer"))
}

/// Callers may give a buffer of `cbMaxSignature` bytes; what is behind the signature is not part of it.
fn signature<'a>(context: &Context, token: &'a [u8]) -> Result<&'a [u8], Error> {
    let most = context.with_facts(|facts| Ok(facts.sizes.max_signature as usize))?;
    Ok(token.get(..most).unwrap_or(token))
}

/// What is signed: every data buffer, written or not.
struct Signed<'a> {
    usual: [&'a [u8]; USUAL],
    count: usize,
    more: Vec<&'a [u8]>,
}

impl Signed<'_> {
    fn slices(&self) -> &[&[u8]] {
        if self.more.is_empty() {
            &self.usual[..self.count]
        } else {
            &self.more
        }
    }

    fn overlaps(&self, token: Buffer) -> bool {
        let (start, end) = token.range();
        self.slices().iter().any(|slice| {
            let at = slice.as_ptr().addr();
            at < end && start < at + slice.len()
        })
    }
}

/// # Safety
/// The data buffers are valid for reads of their lengths, and nobody writes to them.
unsafe fn signed<'a>(buffers: Buffers) -> Result<Signed<'a>, Error> {
    let data = || buffers.iter().filter(|b| b.kind() == buffer_type::DATA);
    let mut signed = Signed {
        usual: [&[]; USUAL],
        count: data().count(),
        more: Vec::new(),
    };
    if signed.count == 0 {
        return Err(invalid("a message needs a data buffer"));
    }
    if signed.count > USUAL {
        for buffer in data() {
            // SAFETY: by contract.
            signed.more.push(unsafe { buffer.bytes() }?);
        }
    } else {
        for (slot, buffer) in signed.usual.iter_mut().zip(data()) {
            // SAFETY: by contract.
            *slot = unsafe { buffer.bytes() }?;
        }
    }
    Ok(signed)
}

/// Writes a token into the caller's buffer.
///
/// # Safety
/// The buffer is valid for writes of its length.
pub(crate) unsafe fn put_token(buffer: Buffer, token: &[u8]) -> Result<(), Error> {
    // SAFETY: by contract.
    let room = unsafe { buffer.bytes_mut() }?;
    let given = room.len();
    let slot = room
        .get_mut(..token.len())
        .ok_or_else(|| too_small("the output token buffer", token.len(), given))?;
    slot.copy_from_slice(token);
    buffer.set_len(token.len());
    Ok(())
}
