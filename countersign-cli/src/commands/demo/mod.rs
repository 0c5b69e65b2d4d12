//! `countersign demo`: both sides of an exchange over real sockets, and attacks that must fail.
mod attacks;
mod datagram;
mod exchange;
mod messages;
mod show;

use anyhow::Result;
use serde_json::{Value, json};

use crate::args::DemoArgs;
use crate::exit::{Exit, Silent};
use crate::output::facts::LegLine;
use crate::output::{facts, json};
use exchange::{Established, Scene};
use messages::Message;

/// What was tried, what should come of it, and what came.
#[derive(Debug)]
struct Check {
    what: &'static str,
    expected: String,
    observed: String,
}

impl Check {
    fn passed(&self) -> bool {
        self.expected == self.observed
    }

    /// Whether it was to be refused, and was.
    fn refused(&self) -> bool {
        self.passed() && self.expected.starts_with("SEC_E_")
    }

    fn document(&self) -> Value {
        json!({
            "check": self.what,
            "expected": self.expected,
            "observed": self.observed,
            "passed": self.passed(),
        })
    }
}

/// Everything that the demonstration found.
#[derive(Debug)]
struct Report {
    address: String,
    legs: Vec<LegLine>,
    established: Established,
    messages: Vec<Message>,
    checks: Vec<Check>,
    datagrams: Vec<Check>,
    attacks: Vec<Check>,
}

impl Report {
    fn failed(&self) -> Vec<&Check> {
        let all = self.checks.iter().chain(&self.datagrams);
        let all = all.chain(&self.attacks);
        all.filter(|check| !check.passed()).collect()
    }

    /// One line: whether everything was as it should be.
    fn verdict(&self) -> String {
        let failed = self.failed();
        if failed.is_empty() {
            format!(
                "ok: authenticated, {} messages protected, {} checks passed, {} attacks caught",
                self.messages.len(),
                self.checks.len() + self.datagrams.len(),
                self.attacks
                    .iter()
                    .filter(|attack| attack.refused())
                    .count()
            )
        } else {
            let names: Vec<&str> = failed.iter().map(|check| check.what).collect();
            format!("FAILED: {}", names.join("; "))
        }
    }

    fn document(&self) -> Value {
        let list = |values: Vec<Value>| Value::Array(values);
        json!({
            "address": self.address,
            "legs": list(self.legs.iter().map(LegLine::document).collect()),
            "client": facts::document(&self.established.client.facts),
            "server": facts::document(&self.established.server.facts),
            "messages": list(self.messages.iter().map(Message::document).collect()),
            "checks": list(self.checks.iter().map(Check::document).collect()),
            "datagrams": list(self.datagrams.iter().map(Check::document).collect()),
            "attacks": list(self.attacks.iter().map(Check::document).collect()),
            "verdict": self.verdict(),
        })
    }
}

pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let scene = Scene::new(&args.package)?;
    let report = play(&scene)?;
    if args.json {
        json::print(&report.document())?;
    } else {
        show::print(&report)?;
    }
    if report.failed().is_empty() {
        Ok(())
    } else {
        Err(Silent(Exit::Failed).into())
    }
}

fn play(scene: &Scene) -> Result<Report> {
    let exchange::Run {
        address,
        legs,
        result,
    } = scene.run(&exchange::Variation::default())?;
    let mut established = result.map_err(|refused| refused.unexpected())?;
    let mut checks = exchange::agreement(&established);
    let messages = messages::exchange(&mut established, &mut checks)?;
    let mut attacks = Vec::new();
    attacks::on_messages(&mut established, &mut attacks)?;
    attacks::on_the_handshake(scene, &mut attacks)?;
    let datagrams = datagram::play(scene, &mut attacks)?;
    Ok(Report {
        address,
        legs,
        established,
        messages,
        checks,
        datagrams,
        attacks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_check_is_the_verdict() {
        let mut report = play(&Scene::new("NTLM").unwrap()).unwrap();
        assert!(report.verdict().starts_with("ok: "), "{report:?}");
        report.attacks.push(Check {
            what: "something",
            expected: "SEC_E_LOGON_DENIED".to_owned(),
            observed: "accepted".to_owned(),
        });
        assert_eq!(report.verdict(), "FAILED: something");
        assert!(report.document()["attacks"].to_string().contains("false"));
    }
}
