//! The demonstration for people.
use std::io::Write;

use anyhow::Result;

use super::{Check, Report};
use crate::output::colour::{BACK, BAD, FAINT, GOOD, THERE, TITLE};
use crate::output::table::Table;
use crate::output::{facts, stdout};

pub(super) fn print(report: &Report) -> Result<()> {
    let mut out = stdout();
    writeln!(
        out,
        "{TITLE}1. Handshake{TITLE:#}  {FAINT}TCP, server at {}{FAINT:#}",
        report.address
    )?;
    for leg in &report.legs {
        writeln!(out, "  {}", leg.line())?;
    }

    writeln!(out, "\n{TITLE}2. What was negotiated{TITLE:#}")?;
    attributes(report)?;

    writeln!(out, "\n{TITLE}3. Protected messages{TITLE:#}")?;
    for message in &report.messages {
        let (style, arrow) = if message.to_server {
            (THERE, "client -> server")
        } else {
            (BACK, "server -> client")
        };
        writeln!(
            out,
            "  {style}{arrow}{style:#}  {} {:?}",
            message.protection, message.plain
        )?;
        writeln!(
            out,
            "    {FAINT}wire      {} ({} bytes){FAINT:#}",
            message.wire, message.wire_bytes
        )?;
        let opened = if message.protection == "sealed" {
            "opened"
        } else {
            "verified"
        };
        writeln!(out, "    {opened:<9} {:?}", message.opened)?;
    }

    writeln!(out, "\n{TITLE}4. Checks{TITLE:#}")?;
    checks(&mut out, &report.checks)?;
    writeln!(
        out,
        "\n{TITLE}5. Datagrams{TITLE:#}  {FAINT}UDP, signed first and authenticated later{FAINT:#}"
    )?;
    checks(&mut out, &report.datagrams)?;
    writeln!(out, "\n{TITLE}6. Attacks{TITLE:#}")?;
    checks(&mut out, &report.attacks)?;

    let verdict = report.verdict();
    let style = if report.failed().is_empty() {
        GOOD
    } else {
        BAD
    };
    let (word, rest) = verdict.split_once(':').unwrap_or((&verdict, ""));
    writeln!(out, "\n{style}{word}:{style:#}{rest}")?;
    Ok(())
}

fn checks(out: &mut impl Write, checks: &[Check]) -> Result<()> {
    for check in checks {
        if check.passed() {
            writeln!(
                out,
                "  {GOOD}ok{GOOD:#}  {:<48}{FAINT}{}{FAINT:#}",
                check.what, check.observed
            )?;
        } else {
            writeln!(out, "  {BAD}FAILED{BAD:#}  {}", check.what)?;
            writeln!(out, "      expected {}", check.expected)?;
            writeln!(out, "      observed {}", check.observed)?;
        }
    }
    Ok(())
}

/// Both sides' facts next to each other.
fn attributes(report: &Report) -> Result<()> {
    let client = facts::rows(&report.established.client.facts);
    let server = facts::rows(&report.established.server.facts);
    let mut table = Table::new(&["", "client", "server"]).indented(2);
    // The server's rows are those of the client and more.
    for (name, there) in server {
        let here = client.iter().find(|(known, _)| *known == name);
        let here = here.map_or_else(|| "-".to_owned(), |(_, value)| value.clone());
        let there = if here == there {
            "the same".to_owned()
        } else {
            there
        };
        table.row([name.to_owned(), here, there]);
    }
    table.print(&[0])
}
