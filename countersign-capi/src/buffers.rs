//! The buffers of a call, read once and checked, so that safe code works on slices.
use std::slice;

use countersign::{ApiMisuse, Error};

use crate::boundary::read;
use crate::layout::{SecBuffer, SecBufferDesc, buffer_type};

/// The descriptor of a call's buffers. A missing one has no buffers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffers {
    at: *mut SecBuffer,
    count: usize,
}

/// More than any caller has; what claims more is refused before anything is read.
const MAX_BUFFERS: u32 = 256;

impl Buffers {
    /// Reads a descriptor.
    ///
    /// # Safety
    /// `desc` is null or points to a descriptor whose `pBuffers` is null or points to `cBuffers`
    /// buffers, which stay as they are for the call.
    pub(crate) unsafe fn new(desc: *const SecBufferDesc) -> Result<Self, Error> {
        // SAFETY: by contract.
        let Some(desc) = (unsafe { read(desc) }) else {
            return Ok(Self {
                at: std::ptr::null_mut(),
                count: 0,
            });
        };
        if desc.ulVersion != 0 {
            return Err(invalid("the version of the buffer descriptor is not 0"));
        }
        if desc.cBuffers > MAX_BUFFERS || (desc.pBuffers.is_null() && desc.cBuffers > 0) {
            return Err(invalid("the buffer descriptor has no buffers behind it"));
        }
        Ok(Self {
            at: desc.pBuffers,
            count: desc.cBuffers as usize,
        })
    }

    /// The buffers, in their order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Buffer> {
        (0..self.count).map(move |index| {
            let at = self.at.wrapping_add(index);
            // SAFETY: `index` is less than the count that `new` was promised.
            let raw = unsafe { at.read_unaligned() };
            Buffer { at, raw }
        })
    }

    /// The first buffer of a kind.
    pub(crate) fn first(self, kind: u32) -> Option<Buffer> {
        self.iter().find(|buffer| buffer.kind() == kind)
    }
}

/// One buffer, and where its descriptor stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer {
    at: *mut SecBuffer,
    raw: SecBuffer,
}

impl Buffer {
    /// Its type without the attribute bits (API-ABI-7).
    pub(crate) const fn kind(self) -> u32 {
        self.raw.BufferType & !buffer_type::ATTRIBUTES
    }

    /// Whether the caller forbids to write to it.
    pub(crate) const fn read_only(self) -> bool {
        self.raw.BufferType & (buffer_type::READONLY | buffer_type::READONLY_WITH_CHECKSUM) != 0
    }

    /// Its length in bytes.
    pub(crate) const fn len(self) -> usize {
        self.raw.cbBuffer as usize
    }

    /// Its range of addresses.
    pub(crate) fn range(self) -> (usize, usize) {
        let start = self.raw.pvBuffer.addr();
        (start, start.saturating_add(self.len()))
    }

    fn check(self) -> Result<(), Error> {
        if self.raw.pvBuffer.is_null() && self.raw.cbBuffer > 0 {
            return Err(invalid("a buffer with a length has no memory behind it"));
        }
        Ok(())
    }

    /// Its bytes.
    ///
    /// # Safety
    /// The memory is valid for reads of its length and nobody writes to it while the slice lives.
    pub(crate) unsafe fn bytes<'a>(self) -> Result<&'a [u8], Error> {
        self.check()?;
        if self.len() == 0 {
            return Ok(&[]);
        }
        // SAFETY: not null, valid by contract, and bytes need no alignment.
        Ok(unsafe { slice::from_raw_parts(self.raw.pvBuffer.cast(), self.len()) })
    }

    /// Its bytes, to be changed.
    ///
    /// # Safety
    /// The memory is valid for reads and writes of its length, and nobody else uses it while the
    /// slice lives: [`disjoint`] was asked about the buffers of the call.
    pub(crate) unsafe fn bytes_mut<'a>(self) -> Result<&'a mut [u8], Error> {
        self.check()?;
        if self.read_only() {
            return Err(invalid("a buffer that must be written is read-only"));
        }
        if self.len() == 0 {
            return Ok(&mut []);
        }
        // SAFETY: not null, valid by contract, and bytes need no alignment.
        Ok(unsafe { slice::from_raw_parts_mut(self.raw.pvBuffer.cast(), self.len()) })
    }

    /// Tells the caller a new length.
    pub(crate) fn set_len(self, len: usize) {
        self.set(self.raw.BufferType, len, self.raw.pvBuffer.cast());
    }

    /// Tells the caller a new type, length and place.
    pub(crate) fn set(self, kind: u32, len: usize, at: *mut u8) {
        let raw = SecBuffer {
            cbBuffer: u32::try_from(len).unwrap_or(u32::MAX),
            BufferType: kind,
            pvBuffer: at.cast(),
        };
        // SAFETY: the descriptor was read from here, and callers' descriptors are writable.
        unsafe { self.at.write_unaligned(raw) };
    }

    /// Where its memory starts.
    pub(crate) const fn address(self) -> *mut u8 {
        self.raw.pvBuffer.cast()
    }
}

/// Whether no two of the message's buffers share memory, unless both are only read.
pub(crate) fn disjoint(buffers: Buffers) -> bool {
    let part = |buffer: &Buffer| {
        matches!(
            buffer.kind(),
            buffer_type::DATA | buffer_type::TOKEN | buffer_type::PADDING
        )
    };
    let shares = |a: Buffer, b: Buffer| {
        let ((a_start, a_end), (b_start, b_end)) = (a.range(), b.range());
        a_start < b_end && b_start < a_end && !(a.read_only() && b.read_only())
    };
    buffers.iter().filter(part).enumerate().all(|(n, a)| {
        buffers
            .iter()
            .filter(part)
            .skip(n + 1)
            .all(|b| !shares(a, b))
    })
}

/// SEC_E_INVALID_TOKEN: the buffers are not what the call needs.
pub(crate) fn invalid(what: &'static str) -> Error {
    Error::InvalidToken(countersign::wire::Malformed {
        what,
        offset: 0,
        why: countersign::wire::Why::Value,
    })
}

/// SEC_E_BUFFER_TOO_SMALL.
pub(crate) fn too_small(what: &'static str, needed: usize, given: usize) -> Error {
    ApiMisuse::BufferTooSmall {
        what,
        needed,
        given,
    }
    .into()
}
