//! Thread CPU time, two operations in turns.
use super::Operation;

/// What two operations took that ran in turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The first one's median, in nanoseconds per operation.
    pub(crate) first: f64,
    /// The second one's.
    pub(crate) second: f64,
    /// The median of the rounds' ratios, second to first. Both halves of a round see the same state
    /// of the machine, so this is steadier than the ratio of the medians.
    pub(crate) ratio: f64,
    /// The median of the rounds' differences, second less first.
    pub(crate) difference: f64,
}

/// How long each operation runs in a round, in nanoseconds.
const SAMPLE: f64 = 8e6;

/// Runs the two operations in turns for `rounds` rounds.
pub(crate) fn compare(
    first: &mut dyn Operation,
    second: &mut dyn Operation,
    rounds: usize,
) -> Times {
    // Caches, branch predictors and buffers are warm before the first round that counts.
    sample(first, SAMPLE / 4.0);
    sample(second, SAMPLE / 4.0);
    let (mut times, mut ratios, mut differences) =
        ((Vec::new(), Vec::new()), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Who goes first changes, so that a drift of the machine favours nobody.
        let (a, b) = if round % 2 == 0 {
            let a = sample(first, SAMPLE);
            (a, sample(second, SAMPLE))
        } else {
            let b = sample(second, SAMPLE);
            (sample(first, SAMPLE), b)
        };
        times.0.push(a);
        times.1.push(b);
        ratios.push(b / a);
        differences.push(b - a);
    }
    Times {
        first: median(&mut times.0),
        second: median(&mut times.1),
        ratio: median(&mut ratios),
        difference: median(&mut differences),
    }
}

/// The median over `rounds` of what an operation takes, in nanoseconds.
pub(crate) fn alone(operation: &mut dyn Operation, rounds: usize) -> f64 {
    sample(operation, SAMPLE / 4.0);
    let mut times: Vec<_> = (0..rounds).map(|_| sample(operation, SAMPLE)).collect();
    median(&mut times)
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

pub(crate) fn median(values: &mut [f64]) -> f64 {
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
