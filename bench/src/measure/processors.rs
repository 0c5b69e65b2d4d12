//! On which processors a thread may run.

/// Binds this thread to the processor that it runs on; gives what it was bound to before.
pub(crate) fn stay_here() -> Option<libc::cpu_set_t> {
    let before = allowed()?;
    // SAFETY: takes nothing.
    let processor = usize::try_from(unsafe { libc::sched_getcpu() }).ok()?;
    bind(&only(processor)?);
    Some(before)
}

/// Binds this thread to the processor of this number among those that it may run on. Where there are
/// not so many, it stays as it is.
pub(crate) fn go_to(number: usize) {
    let Some(allowed) = allowed() else { return };
    let mut processors = (0..8 * size_of_val(&allowed)).filter(|processor| {
        // SAFETY: the processor's bit lies in the set.
        unsafe { libc::CPU_ISSET(*processor, &allowed) }
    });
    if let Some(set) = processors.nth(number).and_then(only) {
        bind(&set);
    }
}

/// Lets this thread run on these processors; where that is refused, it stays as it is.
pub(crate) fn bind(set: &libc::cpu_set_t) {
    // SAFETY: `set` is valid for reads of its own size.
    unsafe { libc::sched_setaffinity(0, size_of_val(set), set) };
}

fn allowed() -> Option<libc::cpu_set_t> {
    let mut set = none();
    // SAFETY: `set` is valid for writes of its own size.
    let result = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) };
    (result == 0).then_some(set)
}

fn only(processor: usize) -> Option<libc::cpu_set_t> {
    let mut set = none();
    if processor >= 8 * size_of_val(&set) {
        return None;
    }
    // SAFETY: the processor's bit lies in the set.
    unsafe { libc::CPU_SET(processor, &mut set) };
    Some(set)
}

const fn none() -> libc::cpu_set_t {
    // SAFETY: the type is a bit set, for which zeros are a valid value.
    unsafe { std::mem::zeroed() }
}
