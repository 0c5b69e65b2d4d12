//! The C interface beside the same calls through Rust: what the border costs.
mod calls;
mod configured;
mod look_up;

use std::io;

use serde::Serialize;

use crate::measure::{Operation, allocations, time};
use crate::rows;
use crate::rows::operations::{Handshake, Protection, Receiving, Sending};
use crate::{GATE_ROUNDS, ROUNDS, TRIES};
use calls::Interface;
use configured::{Configured, Folder};
use look_up::LookUp;

/// What a call for a message may take longer than the Rust call, in nanoseconds.
const MESSAGE_NS: f64 = 100.0;
/// What a leg of a handshake may.
const LEG_NS: f64 = 1000.0;
/// What a call that finds its context may take in each of two threads.
const LOOK_UP_NS: f64 = 60.0;
/// The calls of a handshake that are legs.
const LEGS: f64 = 4.0;

/// One row: an operation through both, or a call that only C has.
pub(crate) struct Row {
    pub(crate) name: String,
    gate: Gate,
    kind: Kind,
}

#[derive(Clone, Copy)]
struct Gate {
    /// Of the difference, or of the call where there is nothing beside it.
    ns: f64,
    /// Allocations more than the Rust call's.
    allocations: Option<f64>,
}

enum Kind {
    Both {
        rust: Box<dyn Operation>,
        c: Box<dyn Operation>,
        /// How many calls of C one operation is.
        calls: f64,
    },
    LookUp {
        threads: usize,
    },
}

/// One row, measured; all numbers are for one call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    /// What was called.
    pub(crate) name: String,
    /// The Rust call's median, in nanoseconds; none where there is no such call.
    pub(crate) rust_ns: Option<f64>,
    /// The C call's; none where it could not be measured.
    pub(crate) c_ns: Option<f64>,
    /// The median of the differences.
    pub(crate) difference_ns: Option<f64>,
    /// Heap allocations of the C call less those of the Rust call.
    pub(crate) more_allocations: Option<f64>,
}

/// Gives the C interface its configuration and makes sure that it does what is measured.
///
/// # Errors
/// What can not be written, or is not done.
///
/// # Safety
/// The process has one thread.
pub(crate) unsafe fn start() -> Result<Folder, String> {
    // SAFETY: by contract.
    let folder = unsafe { Folder::configure() }.map_err(|error: io::Error| error.to_string())?;
    rows::check::<Interface>("the C interface")?;
    rows::check::<Configured>("countersign, configured,")?;
    Ok(folder)
}

/// All rows.
pub(crate) fn all() -> Vec<Row> {
    fn message<T: Operation + 'static, U: Operation + 'static>(
        name: String,
        (rust, c): (T, U),
    ) -> Row {
        Row {
            name,
            gate: Gate {
                ns: MESSAGE_NS,
                allocations: Some(0.0),
            },
            kind: Kind::Both {
                rust: Box::new(rust),
                c: Box::new(c),
                calls: 1.0,
            },
        }
    }
    fn sending(size: usize, how: Protection) -> (Sending<Configured>, Sending<Interface>) {
        (Sending::new(size, how), Sending::new(size, how))
    }
    fn receiving(size: usize, how: Protection) -> (Receiving<Configured>, Receiving<Interface>) {
        (Receiving::new(size, how), Receiving::new(size, how))
    }

    let mut rows = vec![Row {
        name: "handshake, per leg".to_owned(),
        gate: Gate {
            ns: LEG_NS,
            allocations: None,
        },
        kind: Kind::Both {
            rust: Box::new(Handshake::<Configured>::new(false)),
            c: Box::new(Handshake::<Interface>::new(false)),
            calls: LEGS,
        },
    }];
    for (size, text) in [(64, "64 B"), (1024, "1 KiB")] {
        let (seal, sign) = (Protection::Seal, Protection::Sign);
        rows.extend([
            message(format!("EncryptMessage {text}"), sending(size, seal)),
            message(format!("DecryptMessage {text}"), receiving(size, seal)),
            message(format!("MakeSignature {text}"), sending(size, sign)),
            message(format!("VerifySignature {text}"), receiving(size, sign)),
        ]);
    }
    for (threads, text) in [(1, "1 thread"), (2, "2 threads")] {
        rows.push(Row {
            name: format!("QueryContextAttributesW, {text}"),
            gate: Gate {
                ns: LOOK_UP_NS,
                allocations: None,
            },
            kind: Kind::LookUp { threads },
        });
    }
    rows
}

impl Row {
    /// Measures the row; for the gate until its time is good enough, or it was tried often enough.
    pub(crate) fn measure(&mut self, gated: bool) -> Measured {
        let mut best = self.once(gated);
        for _ in 1..TRIES {
            if !gated || self.gate.fast_enough(&best) {
                break;
            }
            eprintln!("{}: {}, once more", self.name, best.gated_text());
            let again = self.once(gated);
            if again.gated_ns().unwrap_or(f64::MAX) < best.gated_ns().unwrap_or(f64::MAX) {
                best = again;
            }
        }
        best
    }

    fn once(&mut self, gated: bool) -> Measured {
        let name = self.name.clone();
        match &mut self.kind {
            Kind::Both { rust, c, calls } => {
                let rounds = if gated { GATE_ROUNDS } else { ROUNDS };
                let times = time::compare(&mut **rust, &mut **c, rounds);
                let more = allocations::count(&mut **c) - allocations::count(&mut **rust);
                Measured {
                    name,
                    rust_ns: Some(times.first / *calls),
                    c_ns: Some(times.second / *calls),
                    difference_ns: Some(times.difference / *calls),
                    more_allocations: Some(more / *calls),
                }
            }
            Kind::LookUp { threads } => Measured {
                name,
                rust_ns: None,
                c_ns: LookUp::new().measure(*threads),
                difference_ns: None,
                more_allocations: None,
            },
        }
    }

    /// What the row misses; nothing when it passes.
    pub(crate) fn misses(&self, measured: &Measured) -> Vec<String> {
        let mut misses = Vec::new();
        if !self.gate.fast_enough(measured) {
            let most = self.gate.ns;
            misses.push(format!(
                "time: {}, at most {most:.0} ns wanted",
                measured.gated_text()
            ));
        }
        if let (Some(most), Some(more)) = (self.gate.allocations, measured.more_allocations)
            && more > most
        {
            misses.push(format!(
                "allocations: {more:.1} more, at most {most:.0} wanted"
            ));
        }
        misses
    }
}

impl Gate {
    fn fast_enough(&self, measured: &Measured) -> bool {
        measured.gated_ns().is_some_and(|ns| ns <= self.ns)
    }
}

impl Measured {
    /// What the gate looks at: the difference, or the call itself where there is none.
    fn gated_ns(&self) -> Option<f64> {
        match self.rust_ns {
            Some(_) => self.difference_ns,
            None => self.c_ns,
        }
    }

    fn gated_text(&self) -> String {
        match (self.gated_ns(), self.rust_ns) {
            (Some(ns), Some(_)) => format!("{ns:+.0} ns over Rust"),
            (Some(ns), None) => format!("{ns:.0} ns"),
            (None, _) => "not measured: two threads hardly ever ran at once".to_owned(),
        }
    }
}
