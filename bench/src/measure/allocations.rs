//! Counts every heap allocation of the process, those of C libraries included.
//!
//! The executable defines `malloc` and its kin, so the dynamic linker binds everybody to these; they
//! count and pass on to glibc's own. A global allocator would see Rust code only.
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Operation;

static COUNT: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(old: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

/// Only one thread measures, so a plain addition will do; a locked one would cost time.
fn note() {
    COUNT.store(COUNT.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

// SAFETY: the signature is that of C, and the contract is kept by passing on.
#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    note();
    // SAFETY: glibc takes any size.
    unsafe { __libc_malloc(size) }
}

// SAFETY: as `malloc`.
#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    note();
    // SAFETY: glibc takes any sizes and refuses a product that overflows.
    unsafe { __libc_calloc(count, size) }
}

// SAFETY: as `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
    note();
    // SAFETY: every allocation of the process is glibc's, so `old` is too, or the caller is at fault.
    unsafe { __libc_realloc(old, size) }
}

// SAFETY: as `malloc`.
#[unsafe(no_mangle)]
extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    note();
    // SAFETY: glibc takes any alignment and size.
    unsafe { __libc_memalign(align, size) }
}

// SAFETY: as `malloc`.
#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    memalign(align, size)
}

// SAFETY: as `malloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> c_int {
    let memory = memalign(align, size);
    if memory.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller of `posix_memalign` gives a place for the pointer.
    unsafe { out.write(memory) };
    0
}

/// Heap allocations per operation, `realloc` included.
pub(crate) fn count(operation: &mut dyn Operation) -> f64 {
    let batch = operation.batch();
    operation.prepare(batch);
    operation.run(batch);
    operation.prepare(batch);
    let before = COUNT.load(Ordering::Relaxed);
    operation.run(batch);
    (COUNT.load(Ordering::Relaxed) - before) as f64 / batch as f64
}
