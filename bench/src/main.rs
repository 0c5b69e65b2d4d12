//! Countersign beside the `sspi` crate, and its C interface beside its Rust one, in one run.
//!
//! See `README.md` for how to run it and how to read it.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
compile_error!("allocations and instructions are counted on x86-64 Linux with glibc only");

mod accounts;
mod capi;
mod gate;
mod measure;
mod rows;
mod soak;
mod table;

use std::process::ExitCode;

use clap::Parser;
use gate::Gate;
use measure::instructions::Counter;
use measure::{allocations, time};
use rows::Row;
use table::{Measured, Results};

/// Countersign beside the `sspi` crate, and its C interface beside its Rust one, in one run
#[derive(Debug, Parser)]
struct Arguments {
    /// Measure less, and fail when a gate is missed
    #[arg(long)]
    gate: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Only the rows whose name contains this
    #[arg(long, value_name = "PART", default_value = "")]
    filter: String,
    /// Make this many handshakes instead, and fail when memory grows
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = soak::DEFAULT, conflicts_with_all = ["gate", "json", "filter"])]
    soak: Option<u64>,
}

/// How many rounds a row of the table has.
const ROUNDS: usize = 15;
/// How many rounds a try at a gate has.
const GATE_ROUNDS: usize = 7;
/// How often a gate of time is tried: other loads of the machine come and go, a slow build stays slow.
const TRIES: usize = 4;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; false when a gate was missed.
fn run(arguments: &Arguments) -> Result<bool, String> {
    if let Some(count) = arguments.soak {
        let soaked = soak::run(count)?;
        println!("{}", soaked.line);
        return Ok(soaked.passed);
    }
    // SAFETY: no thread was started yet.
    let _configuration = unsafe { capi::start() }?;
    rows::check::<rows::ours::Countersign>("countersign")?;
    rows::check::<rows::rival::Sspi>("sspi")?;

    let mut rows = rows::all();
    rows.retain(|row| {
        row.name.contains(&arguments.filter) && (!arguments.gate || gate::of(&row.name).is_some())
    });
    let mut c_rows = capi::all();
    c_rows.retain(|row| row.name.contains(&arguments.filter));
    // No gate is on these: they have neither a rival nor another side.
    let accounts = if arguments.gate {
        Vec::new()
    } else {
        accounts::measure(&arguments.filter)?
    };
    if rows.is_empty() && c_rows.is_empty() && accounts.is_empty() {
        let kind = if arguments.gate { "gated row" } else { "row" };
        return Err(format!("no {kind} has {:?} in its name", arguments.filter));
    }
    let results = Results {
        beside_sspi: beside_sspi(&mut rows, arguments.gate),
        c_over_rust: c_rows
            .iter_mut()
            .map(|row| row.measure(arguments.gate))
            .collect(),
        accounts,
    };
    if arguments.json {
        let text = serde_json::to_string_pretty(&results).map_err(|error| error.to_string())?;
        println!("{text}");
    } else {
        table::print(&results);
    }
    if !arguments.gate {
        return Ok(true);
    }
    let rival = results.beside_sspi.iter().flat_map(|row| {
        let misses = gate::of(&row.name).map_or_else(Vec::new, |gate| gate.misses(row));
        misses.into_iter().map(|miss| (&row.name, miss))
    });
    let border = c_rows.iter().zip(&results.c_over_rust);
    let border = border.flat_map(|(row, measured)| {
        let misses = row.misses(measured);
        misses.into_iter().map(|miss| (&row.name, miss))
    });
    let missed: Vec<_> = rival.chain(border).collect();
    for (name, miss) in &missed {
        eprintln!("missed: {name}: {miss}");
    }
    let mut passed = missed.is_empty();
    if arguments.filter.is_empty() {
        let soaked = soak::run(soak::SHORT)?;
        eprintln!("{}", soaked.line);
        passed &= soaked.passed;
    }
    eprintln!("{}", if passed { "all gates pass" } else { "FAILED" });
    Ok(passed)
}

/// Measures the rows that have a rival.
fn beside_sspi(rows: &mut [Row], gated: bool) -> Vec<Measured> {
    if rows.is_empty() {
        return Vec::new();
    }
    let counter = Counter::new()
        .inspect_err(|why| eprintln!("instructions: {why}"))
        .ok();
    rows.iter_mut()
        .map(|row| {
            let gate = gated.then(|| gate::of(&row.name)).flatten();
            measure(row, gate, counter.as_ref())
        })
        .collect()
}

/// Measures a row; with a gate until its time is good enough, or it was tried often enough.
fn measure(row: &mut Row, gate: Option<&Gate>, counter: Option<&Counter>) -> Measured {
    let (ours, rival) = (&mut *row.ours, &mut *row.rival);
    let times = match gate {
        None => time::compare(ours, rival, ROUNDS),
        Some(gate) => {
            let mut best = time::compare(ours, rival, GATE_ROUNDS);
            for _ in 1..TRIES {
                if gate.fast_enough(best.ratio) {
                    break;
                }
                eprintln!("{}: {:.2}x, once more", row.name, best.ratio);
                let again = time::compare(ours, rival, GATE_ROUNDS);
                if again.ratio > best.ratio {
                    best = again;
                }
            }
            best
        }
    };
    let our_allocations = allocations::count(ours);
    let rival_allocations = allocations::count(rival);
    let counter = counter.filter(|_| gate.is_none_or(Gate::counts_instructions));
    let instructions = |operation| {
        counter?
            .count(operation)
            .inspect_err(|why| eprintln!("{}: {why}", row.name))
            .ok()
    };
    Measured {
        name: row.name.clone(),
        our_ns: times.first,
        rival_ns: times.second,
        ratio: times.ratio,
        our_allocations,
        rival_allocations,
        our_instructions: instructions(ours),
        rival_instructions: instructions(rival),
    }
}
