//! How an operation is measured: thread CPU time, heap allocations, instructions.
pub(crate) mod allocations;
pub(crate) mod instructions;
pub(crate) mod processors;
pub(crate) mod time;

/// Something that can be done many times.
pub(crate) trait Operation {
    /// How many operations one timed run consists of: enough to make reading the clock negligible,
    /// few enough to stay in the cache.
    fn batch(&self) -> usize;

    /// Makes `count` operations ready; nothing of it is measured.
    fn prepare(&mut self, count: usize) {
        let _ = count;
    }

    /// Does the `count` operations that were made ready.
    fn run(&mut self, count: usize);
}
