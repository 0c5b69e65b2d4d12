//! Counting failed logons, and locking accounts out after too many.
//!
//! While an account is locked nothing is counted: who goes on guessing does not keep its owner out
//! for longer. Who unlocks it, or waits, starts with no failures.
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use countersign::{AccountState, Clock, Timestamp};

/// When an account is locked out. By default never.
///
/// ```
/// use std::time::Duration;
/// use countersign_net::store::LockoutPolicy;
///
/// assert!(!LockoutPolicy::default().is_enabled());
/// let policy: LockoutPolicy = "5/10m/1h".parse()?;
/// assert_eq!((policy.threshold, policy.duration), (5, Duration::from_secs(3600)));
/// assert!("5/10/1h".parse::<LockoutPolicy>().is_err(), "ten of what?");
/// # Ok::<(), countersign_net::store::LockoutError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LockoutPolicy {
    /// How many wrong passwords lock an account; 0 switches lockout off.
    pub threshold: u32,
    /// A failure this long after the one before is the first again.
    pub window: Duration,
    /// How long an account stays locked; zero is until somebody unlocks it.
    pub duration: Duration,
}

impl LockoutPolicy {
    /// Whether accounts are locked at all.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.threshold > 0
    }
}

/// A text is no [`LockoutPolicy`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LockoutError(&'static str);

impl std::fmt::Display for LockoutError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for LockoutError {}

impl std::str::FromStr for LockoutPolicy {
    type Err = LockoutError;

    /// `THRESHOLD/WINDOW/DURATION`, as `5/10m/1h`.
    fn from_str(text: &str) -> Result<Self, LockoutError> {
        let parts: Vec<_> = text.split('/').collect();
        let [threshold, window, duration] = parts.as_slice() else {
            return Err(LockoutError(
                "a lockout is THRESHOLD/WINDOW/DURATION, such as 5/10m/1h",
            ));
        };
        let policy = Self {
            threshold: threshold
                .parse()
                .map_err(|_| LockoutError("the threshold of a lockout is a number, 0 for none"))?,
            window: span(window)?,
            duration: span(duration)?,
        };
        if policy.is_enabled() && policy.window.is_zero() {
            return Err(LockoutError("the window of a lockout is longer than zero"));
        }
        Ok(policy)
    }
}

/// A number with its unit: `s`, `m`, `h` or `d`; 0 needs none.
pub(crate) fn span(text: &str) -> Result<Duration, LockoutError> {
    const WRONG: LockoutError =
        LockoutError("a time is a whole number with s, m, h or d behind it, such as 10m");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (digits, seconds) = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or(WRONG)?;
    let number: u32 = digits.parse().map_err(|_| WRONG)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// How a logon ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogonOutcome {
    /// The password was wrong.
    Failed,
    /// The account has logged on.
    Succeeded,
}

/// The failures of an account since its last logon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Failures {
    /// How many; never zero.
    pub(super) count: u32,
    /// When the last one was.
    pub(super) last: Timestamp,
}

/// A policy, and the clock that it goes by.
#[derive(Clone, Debug)]
pub(super) struct Lockout {
    pub(super) policy: LockoutPolicy,
    clock: Option<Arc<dyn Clock>>,
}

impl Lockout {
    pub(super) const OFF: Self = Self {
        policy: LockoutPolicy {
            threshold: 0,
            window: Duration::ZERO,
            duration: Duration::ZERO,
        },
        clock: None,
    };

    pub(super) fn set_clock(&mut self, clock: Arc<dyn Clock>) {
        self.clock = Some(clock);
    }

    pub(super) fn now(&self) -> Timestamp {
        match &self.clock {
            Some(clock) => clock.now(),
            None => SystemTime::now().into(),
        }
    }

    /// What an outcome makes of an account, or nothing if it stays as it is.
    pub(super) fn apply(
        &self,
        now: Timestamp,
        outcome: LogonOutcome,
        state: &AccountState,
        failures: Option<Failures>,
    ) -> Option<(AccountState, Option<Failures>)> {
        let policy = &self.policy;
        if !policy.is_enabled() || state.is_locked(now) {
            return None;
        }
        let state = state.clone();
        if outcome == LogonOutcome::Succeeded {
            return failures.map(|_| (state, None));
        }
        // A clock that was set back makes no failure old.
        let recent =
            failures.filter(|last| last.last >= now || last.last.distance(now) <= policy.window);
        let count = recent.map_or(0, |recent| recent.count).saturating_add(1);
        if count < policy.threshold {
            return Some((state, Some(Failures { count, last: now })));
        }
        let mut state = state;
        state.locked_until = if policy.duration.is_zero() {
            Timestamp::NEVER
        } else {
            after(now, policy.duration)
        };
        Some((state, None))
    }
}

fn after(now: Timestamp, duration: Duration) -> Timestamp {
    let ticks = u64::try_from(duration.as_nanos() / 100).unwrap_or(u64::MAX);
    let then = Timestamp::from_filetime(now.to_filetime().saturating_add(ticks));
    then.min(Timestamp::NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LockoutPolicy = LockoutPolicy {
        threshold: 3,
        window: Duration::from_secs(60),
        duration: Duration::from_secs(600),
    };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(1_000_000 + seconds)
    }

    /// An account to which things happen.
    struct One {
        lockout: Lockout,
        state: AccountState,
        failures: Option<Failures>,
    }

    impl One {
        fn new(policy: LockoutPolicy) -> Self {
            let mut lockout = Lockout::OFF;
            lockout.policy = policy;
            Self {
                lockout,
                state: AccountState::default(),
                failures: None,
            }
        }

        fn happens(&mut self, seconds: u64, outcome: LogonOutcome) -> bool {
            let after = self
                .lockout
                .apply(at(seconds), outcome, &self.state, self.failures);
            let changed = after.is_some();
            if let Some((state, failures)) = after {
                (self.state, self.failures) = (state, failures);
            }
            changed
        }

        fn fails(&mut self, seconds: u64) -> bool {
            self.happens(seconds, LogonOutcome::Failed);
            self.state.is_locked(at(seconds))
        }
    }

    #[test]
    fn the_threshold_locks_for_a_time() {
        let mut one = One::new(POLICY);
        assert!(!one.fails(0) && !one.fails(1) && one.fails(2));
        assert_eq!(one.state.locked_until, at(602));
        // Nothing counts now, and nothing makes it longer.
        for outcome in [LogonOutcome::Failed, LogonOutcome::Succeeded] {
            assert!(!one.happens(601, outcome));
        }
        assert!(!one.fails(602), "free again, with one failure");
        assert!(!one.fails(603) && one.fails(604));
    }

    #[test]
    fn only_failures_in_the_window_count() {
        let mut one = One::new(POLICY);
        assert!(!one.fails(0) && !one.fails(60) && one.fails(120));
        let mut one = One::new(POLICY);
        assert!(!one.fails(0) && !one.fails(60) && !one.fails(121));
        assert_eq!(one.failures.unwrap().count, 1);
        // The clock was set back.
        assert!(!one.fails(10) && one.fails(0));
    }

    #[test]
    fn a_logon_clears_the_count() {
        let mut one = One::new(POLICY);
        assert!(!one.happens(0, LogonOutcome::Succeeded), "nothing to clear");
        assert!(!one.fails(0) && !one.fails(1));
        assert!(one.happens(2, LogonOutcome::Succeeded));
        assert!(!one.fails(3) && !one.fails(4) && one.fails(5));
    }

    #[test]
    fn extremes() {
        let mut off = One::new(LockoutPolicy::default());
        assert!(!off.happens(0, LogonOutcome::Failed));
        let mut once = One::new(LockoutPolicy {
            threshold: 1,
            duration: Duration::ZERO,
            ..POLICY
        });
        assert!(once.fails(0));
        assert_eq!(once.state.locked_until, Timestamp::NEVER);
        let mut long = One::new(LockoutPolicy {
            threshold: 1,
            duration: Duration::MAX,
            ..POLICY
        });
        assert!(long.fails(0));
        assert_eq!(long.state.locked_until, Timestamp::NEVER);
    }

    #[test]
    fn texts() {
        let policy: LockoutPolicy = "5/10m/2d".parse().unwrap();
        assert_eq!(policy.threshold, 5);
        assert_eq!(policy.window, Duration::from_secs(600));
        assert_eq!(policy.duration, Duration::from_secs(172_800));
        let off: LockoutPolicy = "0/0/0".parse().unwrap();
        assert_eq!(off, LockoutPolicy::default());
        assert_eq!(span("4294967295d").unwrap().as_secs(), 371_085_174_288_000);
        for bad in [
            "",
            "5",
            "5/10m",
            "5/10m/1h/1",
            "-1/1m/1m",
            "x/1m/1m",
            "5/0/1m",
            "5/1/1m",
            "5/m/1m",
            "5/1w/1m",
            "5/1 m/1m",
            "5/99999999999s/1m",
            "5/1m/-1m",
            "5/1ä/1m",
        ] {
            let error = bad.parse::<LockoutPolicy>().unwrap_err();
            assert!(error.to_string().contains("a "), "{bad}: {error}");
        }
    }
}
