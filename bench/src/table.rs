//! What was measured, as a table or as JSON.
use serde::Serialize;

/// One row, measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// What was done.
    pub(crate) name: String,
    /// Our median, in nanoseconds of thread CPU time per operation.
    pub(crate) our_ns: f64,
    /// The rival's.
    pub(crate) rival_ns: f64,
    /// The rival's time to ours: above 1 we are faster.
    pub(crate) ratio: f64,
    /// Our heap allocations per operation.
    pub(crate) our_allocations: f64,
    /// The rival's.
    pub(crate) rival_allocations: f64,
    /// Our instructions per operation; none where they were not counted.
    pub(crate) our_instructions: Option<u64>,
    /// The rival's.
    pub(crate) rival_instructions: Option<u64>,
}

impl Measured {
    /// Our instructions to the rival's: below 1 we execute fewer.
    pub(crate) fn instruction_share(&self) -> Option<f64> {
        let (ours, rival) = (self.our_instructions?, self.rival_instructions?);
        Some(ours as f64 / rival as f64)
    }
}

/// Prints the rows as a table.
pub(crate) fn print(rows: &[Measured]) {
    println!(
        "{:<20} {:>22} {:>7} {:>17} {:>21} {:>6}",
        "", "time: ours, sspi", "ratio", "allocations", "instructions", "share"
    );
    for row in rows {
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let share = row
            .instruction_share()
            .map_or_else(String::new, |share| format!("{share:.2}"));
        println!(
            "{:<20} {:>11}{:>11} {:>7} {:>8.1}{:>9.1} {:>10}{:>11} {:>6}",
            row.name,
            duration(row.our_ns),
            duration(row.rival_ns),
            format!("{:.2}x", row.ratio),
            row.our_allocations,
            row.rival_allocations,
            count(row.our_instructions),
            count(row.rival_instructions),
            share,
        );
    }
}

fn duration(nanoseconds: f64) -> String {
    if nanoseconds < 1e3 {
        format!("{nanoseconds:.0} ns")
    } else {
        format!("{:.2} us", nanoseconds / 1e3)
    }
}
