//! What must hold beside the rival; ratios of the same run, never times.
use crate::table::Measured;

/// What a row must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    row: &'static str,
    ratio: f64,
    allocations: f64,
    instruction_share: Option<f64>,
}

const fn handshake(row: &'static str) -> Gate {
    Gate {
        row,
        ratio: 1.5,
        allocations: 20.0,
        instruction_share: Some(0.75),
    }
}

const fn message(row: &'static str, ratio: f64) -> Gate {
    Gate {
        row,
        ratio,
        allocations: 0.0,
        instruction_share: None,
    }
}

const GATES: [Gate; 7] = [
    handshake("handshake"),
    message("seal 64 B", 1.4),
    message("seal 1 KiB", 0.95),
    message("seal 16 KiB", 0.95),
    message("unseal 64 B", 1.4),
    message("unseal 1 KiB", 0.95),
    message("unseal 16 KiB", 0.95),
];

/// The gate of a row, if it has one.
pub(crate) fn of(row: &str) -> Option<&'static Gate> {
    GATES.iter().find(|gate| gate.row == row)
}

impl Gate {
    /// Whether instructions must be counted.
    pub(crate) const fn counts_instructions(&self) -> bool {
        self.instruction_share.is_some()
    }

    /// Whether a ratio of times is good enough.
    pub(crate) fn fast_enough(&self, ratio: f64) -> bool {
        ratio >= self.ratio
    }

    /// What a row misses; nothing when it passes.
    pub(crate) fn misses(&self, row: &Measured) -> Vec<String> {
        let mut misses = Vec::new();
        if !self.fast_enough(row.ratio) {
            misses.push(format!(
                "time: {:.2}x of the rival's speed, at least {:.2}x wanted",
                row.ratio, self.ratio
            ));
        }
        if row.our_allocations > self.allocations {
            misses.push(format!(
                "allocations: {:.1}, at most {:.0} wanted",
                row.our_allocations, self.allocations
            ));
        }
        if let Some(most) = self.instruction_share {
            match row.instruction_share() {
                Some(share) if share <= most => {}
                Some(share) => misses.push(format!(
                    "instructions: {share:.2} of the rival's, at most {most:.2} wanted"
                )),
                None => misses.push("instructions: not counted".to_owned()),
            }
        }
        misses
    }
}
