//! Countersign beside the `sspi` crate, in one run: time, allocations, instructions.
//!
//! See `README.md` for how to run it and how to read it.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
compile_error!("allocations and instructions are counted on x86-64 Linux with glibc only");

mod gate;
mod measure;
mod rows;
mod table;

use std::process::ExitCode;

use clap::Parser;
use gate::Gate;
use measure::instructions::Counter;
use measure::{allocations, time};
use rows::Row;
use table::Measured;

/// Countersign beside the `sspi` crate, in one run
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
    rows::check::<rows::ours::Countersign>("countersign")?;
    rows::check::<rows::rival::Sspi>("sspi")?;

    let mut rows = rows::all();
    rows.retain(|row| {
        row.name.contains(&arguments.filter) && (!arguments.gate || gate::of(&row.name).is_some())
    });
    if rows.is_empty() {
        let kind = if arguments.gate { "gated row" } else { "row" };
        return Err(format!("no {kind} has {:?} in its name", arguments.filter));
    }
    let counter = Counter::new();
    if let Err(why) = &counter {
        eprintln!("instructions: {why}");
    }
    let counter = counter.ok();
    let mut measured = Vec::new();
    for mut row in rows {
        let gate = arguments.gate.then(|| gate::of(&row.name)).flatten();
        measured.push(measure(&mut row, gate, counter.as_ref()));
    }
    if arguments.json {
        let text = serde_json::to_string_pretty(&measured).map_err(|error| error.to_string())?;
        println!("{text}");
    } else {
        table::print(&measured);
    }
    let mut passed = true;
    if arguments.gate {
        for row in &measured {
            for miss in gate::of(&row.name).map_or_else(Vec::new, |gate| gate.misses(row)) {
                eprintln!("missed: {}: {miss}", row.name);
                passed = false;
            }
        }
        eprintln!("{}", if passed { "all gates pass" } else { "FAILED" });
    }
    Ok(passed)
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
        our_ns: times.ours,
        rival_ns: times.rival,
        ratio: times.ratio,
        our_allocations,
        rival_allocations,
        our_instructions: instructions(ours),
        rival_instructions: instructions(rival),
    }
}
