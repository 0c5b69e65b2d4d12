//! Memory handed to C.
//!
//! Every block stands in a table, so that `FreeContextBuffer` of a foreign or freed pointer is an
//! error and not undefined behaviour. Blocks are wiped when they come back.
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::HashMap;
use std::ptr::{self, NonNull};
use std::sync::{LazyLock, Mutex, PoisonError};

use zeroize::Zeroize;

use countersign::{Error, Status};

/// Strict enough for every structure of the interface.
const ALIGNMENT: usize = 16;

/// Address to length.
static BLOCKS: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);

/// A block that is being filled. It goes back on drop unless it was given to C.
#[derive(Debug)]
pub(crate) struct Block {
    at: NonNull<u8>,
    len: usize,
}

fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len.max(1), ALIGNMENT).ok()
}

impl Block {
    /// `len` zero bytes, aligned for any structure.
    pub(crate) fn new(len: usize) -> Result<Self, Error> {
        let layout = layout(len).ok_or(Error::Foreign(Status::SEC_E_INSUFFICIENT_MEMORY))?;
        // SAFETY: the layout has a size of at least one byte.
        let at = unsafe { alloc_zeroed(layout) };
        let at = NonNull::new(at).ok_or(Error::Foreign(Status::SEC_E_INSUFFICIENT_MEMORY))?;
        Ok(Self { at, len })
    }

    /// A block with a copy of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Error> {
        let mut block = Self::new(bytes.len())?;
        block.bytes().copy_from_slice(bytes);
        Ok(block)
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the block was allocated with at least `len` initialised bytes and is ours alone
        // until it is given away, which consumes it.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }

    /// The address of a byte of the block, for pointers inside it.
    pub(crate) fn address(&self, offset: usize) -> *mut u8 {
        debug_assert!(offset <= self.len);
        self.at.as_ptr().wrapping_add(offset)
    }

    /// Gives the block to C, until [`take_back`].
    pub(crate) fn give(self) -> *mut u8 {
        let at = self.at.as_ptr();
        BLOCKS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(at.addr(), self.len);
        std::mem::forget(self);
        at
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.bytes().zeroize();
        if let Some(layout) = layout(self.len) {
            // SAFETY: allocated with this layout in `new`, and given back once.
            unsafe { dealloc(self.at.as_ptr(), layout) };
        }
    }
}

/// Takes a block back, wipes and frees it; `false` if it is not one that C has.
pub(crate) fn take_back(at: *mut u8) -> bool {
    let len = BLOCKS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&at.addr());
    match (len, NonNull::new(at)) {
        (Some(len), Some(at)) => {
            drop(Block { at, len });
            true
        }
        _ => false,
    }
}

/// Calls `then` with the bytes of a block that C has; nothing happens for foreign memory.
///
/// # Safety
/// Nobody uses the block on another thread meanwhile.
pub(crate) unsafe fn with_given(at: *mut u8, then: impl FnOnce(&mut [u8])) {
    let blocks = BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(len) = blocks.get(&at.addr()) {
        // SAFETY: the table says that the block is alive and how long it is, and the lock keeps it
        // so; nobody else uses it, by contract.
        then(unsafe { std::slice::from_raw_parts_mut(at, *len) });
    }
}

/// A null pointer where there is nothing to give.
pub(crate) fn give_or_null(bytes: &[u8]) -> Result<*mut u8, Error> {
    if bytes.is_empty() {
        Ok(ptr::null_mut())
    } else {
        Ok(Block::of(bytes)?.give())
    }
}
