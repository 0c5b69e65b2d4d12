//! Time and randomness, which come from outside.
//!
//! The system's by default; fixed ones make every published vector reproducible and let tests own time.
//!
//! ```
//! use countersign::{Environment, Timestamp};
//!
//! let fixed = Environment::fixed(Timestamp::from_filetime(0x01D9_C0DE_1234_5678), vec![0xaa; 8]);
//! assert_eq!(fixed.clock().now().to_unix_seconds(), 1_690_498_800);
//! ```
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds between 1601-01-01 and 1970-01-01.
const EPOCH_DIFFERENCE: u64 = 11_644_473_600;
const TICKS_PER_SECOND: u64 = 10_000_000;

/// A moment in 100 ns ticks since 1601-01-01 UTC (`FILETIME`).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The constant maximum that stands for "does not expire" (API-ABI-5).
    pub const NEVER: Self = Self(0x7FFF_FFFF_FFFF_FFFF);

    /// From ticks of 100 ns since 1601-01-01 UTC.
    #[must_use]
    pub const fn from_filetime(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Ticks of 100 ns since 1601-01-01 UTC.
    #[must_use]
    pub const fn to_filetime(self) -> u64 {
        self.0
    }

    /// From seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(
            seconds
                .saturating_add(EPOCH_DIFFERENCE)
                .saturating_mul(TICKS_PER_SECOND),
        )
    }

    /// Whole seconds since 1970-01-01 UTC; 0 for moments before.
    #[must_use]
    pub const fn to_unix_seconds(self) -> u64 {
        (self.0 / TICKS_PER_SECOND).saturating_sub(EPOCH_DIFFERENCE)
    }

    /// The distance between two moments, whichever comes first.
    #[must_use]
    pub const fn distance(self, other: Self) -> Duration {
        let ticks = self.0.abs_diff(other.0);
        Duration::new(
            ticks / TICKS_PER_SECOND,
            (ticks % TICKS_PER_SECOND * 100) as u32,
        )
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let ticks = since
            .as_secs()
            .saturating_add(EPOCH_DIFFERENCE)
            .saturating_mul(TICKS_PER_SECOND)
            .saturating_add(u64::from(since.subsec_nanos()) / 100);
        Self(ticks.min(Self::NEVER.0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({:#018x})", self.0)
    }
}

impl fmt::Display for Timestamp {
    /// `2023-07-27 23:00:00 UTC`, or `never`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= Self::NEVER.0 {
            return f.write_str("never");
        }
        let seconds = self.0 / TICKS_PER_SECOND;
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_from_1601(days);
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
            rest / 3600,
            rest / 60 % 60,
            rest % 60
        )
    }
}

/// Year, month and day of a number of days since 1601-01-01 (a 400-year cycle starts there).
fn civil_from_1601(days: u64) -> (u64, u64, u64) {
    // Count from 1600-03-01, so that the leap day ends a year; 306 days lie between it and 1601-01-01.
    let days = days + 306;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (1600 + era * 400 + year + u64::from(month <= 2), month, day)
}

/// Where the time comes from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Where random bytes come from; they must be unpredictable.
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills `bytes`, or says that it can not.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source fails: nothing may be made from `bytes` then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The source of randomness failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NoRandomness;

/// Clock and randomness of a credential.
#[derive(Clone, Debug)]
pub struct Environment {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Environment {
    /// An environment from a clock and a source of randomness.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// The system's clock and randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// A clock that stands still and random bytes from a list: for vectors and tests only.
    ///
    /// When the list is used up, randomness fails instead of repeating itself.
    #[must_use]
    pub fn fixed(now: Timestamp, random: Vec<u8>) -> Self {
        Self::new(
            Arc::new(FixedClock(now)),
            Arc::new(FixedRandom(Mutex::new(random))),
        )
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source fails.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::system()
    }
}

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

#[derive(Debug)]
struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

#[derive(Debug)]
struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct FixedRandom(Mutex<Vec<u8>>);

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let mut left = self.0.lock().map_err(|_| NoRandomness)?;
        if left.len() < bytes.len() {
            return Err(NoRandomness);
        }
        let rest = left.split_off(bytes.len());
        bytes.copy_from_slice(&left);
        *left = rest;
        Ok(())
    }
}

impl fmt::Debug for FixedRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedRandom(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_164_800, "2024-02-29 00:00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
        ] {
            let t = Timestamp::from_unix_seconds(seconds);
            assert_eq!(t.to_string(), text);
            assert_eq!(t.to_unix_seconds(), seconds);
        }
        assert_eq!(
            Timestamp::from_filetime(0).to_string(),
            "1601-01-01 00:00:00 UTC"
        );
        assert_eq!(Timestamp::NEVER.to_string(), "never");
    }

    #[test]
    fn distance_is_symmetric() {
        let (a, b) = (
            Timestamp::from_filetime(5),
            Timestamp::from_filetime(20_000_005),
        );
        assert_eq!(a.distance(b), Duration::from_secs(2));
        assert_eq!(b.distance(a), Duration::from_secs(2));
    }

    #[test]
    fn fixed_randomness_runs_out() {
        let env = Environment::fixed(Timestamp::NEVER, vec![1, 2, 3]);
        assert_eq!(env.random::<2>(), Ok([1, 2]));
        assert_eq!(env.random::<2>(), Err(NoRandomness));
        assert_eq!(env.random::<1>(), Ok([3]));
        assert_eq!(env.random::<1>(), Err(NoRandomness));
    }
}
