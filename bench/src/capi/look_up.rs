//! A call that is little more than finding its context, by one thread and by two at once.
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use countersign_capi::entry::attributes::QueryContextAttributesW;
use countersign_capi::layout::{SecHandle, SecPkgContext_Flags};

use super::calls::{Contexts, Interface};
use crate::measure::processors;
use crate::measure::time::median;
use crate::rows::{Library, PASSWORD};

/// `SECPKG_ATTR_FLAGS`.
const FLAGS: u32 = 14;
/// How many calls are timed at once: many beside the reading of the clock, few beside a turn of the
/// scheduler.
const STRETCH: u64 = 2048;
/// How many stretches count.
const ENOUGH: usize = 200;
/// How many are tried for them.
const MOST: usize = 60_000;

/// Two contexts that were made one after the other, so that they stand as close as contexts do.
pub(crate) struct LookUp(Contexts);

/// How far a thread is, on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Made(AtomicU64);

impl LookUp {
    pub(crate) fn new() -> Self {
        let pair = Interface::new(PASSWORD).handshake();
        Self(pair.expect("the password is right"))
    }

    /// Nanoseconds on the clock for one call of a thread, when `threads` of them (one or two) call for
    /// different contexts; none when two threads hardly ever ran at once.
    pub(crate) fn measure(&self, threads: usize) -> Option<f64> {
        let handles = [self.0.client.0, self.0.server.0];
        let made = [Made::default(), Made::default()];
        let (start, done) = (Barrier::new(threads), AtomicUsize::new(0));
        let mut times: Vec<f64> = thread::scope(|scope| {
            let running: Vec<_> = (0..threads)
                .map(|me| {
                    let other = (threads > 1).then(|| &made[1 - me].0);
                    let (handle, made, start, done) = (handles[me], &made[me].0, &start, &done);
                    scope.spawn(move || {
                        // Else a busy machine may run both on one processor for long.
                        processors::go_to(me);
                        start.wait();
                        let mut times = Vec::with_capacity(ENOUGH);
                        let mut tried = 0;
                        // Whoever is ready goes on until the other one is, too.
                        while done.load(Ordering::Relaxed) < threads {
                            let time = stretch(handle, made, other);
                            tried += 1;
                            if times.len() < ENOUGH {
                                times.extend(time);
                                if times.len() == ENOUGH || tried == MOST {
                                    done.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                        }
                        times
                    })
                })
                .collect();
            running
                .into_iter()
                .flat_map(|thread| thread.join().expect("the calls succeed"))
                .collect()
        });
        (times.len() >= ENOUGH).then(|| median(&mut times))
    }
}

/// The time of one call; none when the other thread was not at work meanwhile.
fn stretch(handle: SecHandle, made: &AtomicU64, other: Option<&AtomicU64>) -> Option<f64> {
    let progress = || other.map_or(0, |other| other.load(Ordering::Relaxed));
    let before = progress();
    let start = Instant::now();
    for n in 0..STRETCH {
        query(handle);
        if n % 64 == 0 {
            made.fetch_add(64, Ordering::Relaxed);
        }
    }
    let time = start.elapsed().as_nanos() as f64 / STRETCH as f64;
    let meanwhile = progress() - before;
    let both = other.is_none() || (STRETCH / 2..=STRETCH * 2).contains(&meanwhile);
    both.then_some(time)
}

fn query(handle: SecHandle) {
    type Query = unsafe extern "system" fn(*const SecHandle, u32, *mut std::ffi::c_void) -> i32;
    let call = black_box::<Query>(QueryContextAttributesW);
    let mut flags = SecPkgContext_Flags { Flags: 0 };
    let place = &raw mut flags;
    // SAFETY: the handle may be read, and the place is what this attribute takes.
    let status = unsafe { call(&raw const handle, FLAGS, place.cast()) };
    assert_eq!(status, 0, "the context has flags");
    black_box(flags);
}
