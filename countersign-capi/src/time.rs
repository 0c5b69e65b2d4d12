//! Times as the interface gives them: local, except for the constant maximum (API-ABI-5).
use countersign::Timestamp;

use crate::layout::TimeStamp;

/// A moment in local time.
pub(crate) fn local(moment: Timestamp) -> TimeStamp {
    let ticks = i64::try_from(moment.to_filetime()).unwrap_or(i64::MAX);
    if moment >= Timestamp::NEVER {
        return ticks;
    }
    let offset = offset_at(moment.to_unix_seconds());
    ticks.saturating_add(offset.saturating_mul(10_000_000))
}

/// Seconds east of UTC at a moment.
fn offset_at(unix_seconds: u64) -> i64 {
    let Ok(seconds) = libc::time_t::try_from(unix_seconds) else {
        return 0;
    };
    // SAFETY: `tm` is a plain structure of numbers and a pointer that may be null.
    let mut broken_down: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both point to variables of this function.
    let done = unsafe { libc::localtime_r(&raw const seconds, &raw mut broken_down) };
    if done.is_null() {
        return 0;
    }
    broken_down.tm_gmtoff
}
