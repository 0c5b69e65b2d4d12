//! Thread CPU time, two operations in turns.
use super::Operation;

/// What two operations took that ran in turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The first one's median, in nanoseconds per operation.
    pub(crate) ours: f64,
    /// The second one's.
    pub(crate) rival: f64,
    /// The median of the rounds' ratios, second to first. Both halves of a round see the same state
    /// of the machine, so this is steadier than the ratio of the medians.
    pub(crate) ratio: f64,
}

/// How long each operation runs in a round, in nanoseconds.
const SAMPLE: f64 = 8e6;

/// Runs the two operations in turns for `rounds` rounds.
pub(crate) fn compare(ours: &mut dyn Operation, rival: &mut dyn Operation, rounds: usize) -> Times {
    // Caches, branch predictors and buffers are warm before the first round that counts.
    sample(ours, SAMPLE / 4.0);
    sample(rival, SAMPLE / 4.0);
    let (mut our_times, mut rival_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Who goes first changes, so that a drift of the machine favours nobody.
        let (a, b) = if round % 2 == 0 {
            let a = sample(ours, SAMPLE);
            (a, sample(rival, SAMPLE))
        } else {
            let b = sample(rival, SAMPLE);
            (sample(ours, SAMPLE), b)
        };
        our_times.push(a);
        rival_times.push(b);
        ratios.push(b / a);
    }
    Times {
        ours: median(&mut our_times),
        rival: median(&mut rival_times),
        ratio: median(&mut ratios),
    }
}

/// The time of one operation, over at least `target` nanoseconds of them.
fn sample(operation: &mut dyn Operation, target: f64) -> f64 {
    let batch = operation.batch();
    let (mut spent, mut done) = (0.0, 0);
    while spent < target {
        operation.prepare(batch);
        let start = now();
        operation.run(batch);
        spent += now() - start;
        done += batch;
    }
    spent / done as f64
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The CPU time of this thread, in nanoseconds.
fn now() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writes, and the clock exists since Linux 2.6.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "the clock of the thread can not be read");
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
