//! The timetable at the end of a build: each step, its seconds, how it ended.

use std::fmt;
use std::time::Duration;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Failed,
    /// An earlier step failed.
    NotRun,
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    rows: Vec<(&'static str, Duration, Outcome)>,
}

impl Timetable {
    pub(crate) fn add(&mut self, step: &'static str, took: Duration, outcome: Outcome) {
        self.rows.push((step, took, outcome));
    }

    pub(crate) fn all_ok(&self) -> bool {
        self.rows
            .iter()
            .all(|(.., outcome)| *outcome == Outcome::Ok)
    }

    /// The closing line.
    pub(crate) fn summary(&self) -> String {
        let count = |wanted| {
            self.rows
                .iter()
                .filter(|(.., outcome)| *outcome == wanted)
                .count()
        };
        let mut line = format!(
            "ci: {} passed, {} failed",
            count(Outcome::Ok),
            count(Outcome::Failed)
        );
        let not_run = count(Outcome::NotRun);
        if not_run > 0 {
            line.push_str(&format!(", {not_run} not run"));
        }
        line
    }
}

impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: Duration = self.rows.iter().map(|(_, took, _)| *took).sum();
        writeln!(f, "{:<10} {:>9}  result", "step", "seconds")?;
        for (step, took, outcome) in &self.rows {
            let result = match outcome {
                Outcome::Ok => "ok",
                Outcome::Failed => "FAILED",
                Outcome::NotRun => {
                    writeln!(f, "{step:<10} {:>9}  not run", "-")?;
                    continue;
                }
            };
            writeln!(f, "{step:<10} {:>9.1}  {result}", took.as_secs_f64())?;
        }
        writeln!(f, "{:<10} {:>9.1}", "all", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_what_was_not_run() {
        let mut table = Timetable::default();
        table.add("test", Duration::from_millis(1500), Outcome::Ok);
        assert!(table.all_ok());
        assert_eq!(table.summary(), "ci: 1 passed, 0 failed");
        table.add("format", Duration::from_millis(250), Outcome::Failed);
        table.add("lab", Duration::ZERO, Outcome::NotRun);
        assert!(!table.all_ok());
        assert_eq!(table.summary(), "ci: 1 passed, 1 failed, 1 not run");
        assert_eq!(
            table.to_string(),
            "step         seconds  result\n\
             test             1.5  ok\n\
             format           0.2  FAILED\n\
             lab                -  not run\n\
             all              1.8\n"
        );
    }
}
