//! What was measured, as a table or as JSON.
use serde::Serialize;

use crate::{accounts, capi};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Results {
    /// Countersign beside the `sspi` crate.
    pub(crate) beside_sspi: Vec<Measured>,
    /// The C interface beside the same calls through Rust.
    pub(crate) c_over_rust: Vec<capi::Measured>,
    /// Looking accounts up in stores that have many.
    pub(crate) accounts: Vec<accounts::Measured>,
}

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

/// Prints a table for each part that has rows.
pub(crate) fn print(results: &Results) {
    let mut parts = 0;
    let mut part = |empty: bool, print: &dyn Fn()| {
        if empty {
            return;
        }
        if parts > 0 {
            println!();
        }
        parts += 1;
        print();
    };
    let (rival, c, accounts) = (
        &results.beside_sspi,
        &results.c_over_rust,
        &results.accounts,
    );
    part(rival.is_empty(), &|| print_beside_sspi(rival));
    part(c.is_empty(), &|| print_c_over_rust(c));
    part(accounts.is_empty(), &|| print_accounts(accounts));
}

fn print_accounts(rows: &[accounts::Measured]) {
    println!(
        "{:<35} {:>11} {:>25}",
        "accounts, 100,000 of them", "time", "allocations"
    );
    for row in rows {
        println!(
            "{:<35} {:>11} {:>25.1}",
            row.name,
            duration(row.ns),
            row.allocations
        );
    }
}

fn print_c_over_rust(rows: &[capi::Measured]) {
    println!(
        "{:<35} {:>11}{:>11} {:>12} {:>12}",
        "C interface, over the Rust call", "time: Rust", "C", "difference", "allocations"
    );
    for row in rows {
        let time = |ns: Option<f64>| ns.map_or_else(|| "-".to_owned(), duration);
        let over = |more: Option<f64>, unit: &str, digits: usize| {
            more.map_or_else(|| "-".to_owned(), |n| format!("{n:+.digits$}{unit}"))
        };
        println!(
            "{:<35} {:>11}{:>11} {:>12} {:>12}",
            row.name,
            time(row.rust_ns),
            time(row.c_ns),
            over(row.difference_ns, " ns", 0),
            over(row.more_allocations, "", 1),
        );
    }
}

fn print_beside_sspi(rows: &[Measured]) {
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
