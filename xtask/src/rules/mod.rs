//! `rules`: which test proves which rule. A rule of a finished area without a proof is a fault, unless
//! it stands in `rules/pending.tsv` with its reason.

mod id;
mod lists;
mod proofs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail};

use self::id::is_id;
use self::lists::{Area, Lists};
use self::proofs::Proof;
use crate::fault::{self, Fault};
use crate::workspace;

const FOLDER: &str = "rules";

/// `rules [--list AREA]`
pub(crate) fn command(root: &Path, arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let area = match arguments[..] {
        [] => None,
        ["--list", area] => Some(area),
        _ => bail!("usage: cargo xtask rules [--list AREA]"),
    };

    let mut faults = Vec::new();
    let sources = workspace::sources(root, FOLDER, &["tsv"])?;
    let lists = Lists::read(&sources, &mut faults);
    let proofs = find_proofs(root)?;

    if let Some(name) = area {
        let Some(area) = lists.areas.iter().find(|area| area.name == name) else {
            let known: Vec<_> = lists.areas.iter().map(|area| area.name.as_str()).collect();
            bail!("no area {name:?}; there are {}", known.join(", "));
        };
        print!("{}", listing(area, &proofs));
        return fault::report(FOLDER, &faults);
    }

    print!("{}", table(&lists, &proofs));
    faults.extend(judge(&lists, &proofs));
    faults.sort();
    fault::report(FOLDER, &faults)
}

/// All proofs of the workspace.
fn find_proofs(root: &Path) -> Result<Vec<Proof>> {
    let mut found = Vec::new();
    for folder in workspace::folders(root, |name| {
        name.starts_with("countersign") || name == "interop"
    })? {
        for source in workspace::sources(root, &folder, &["rs"])? {
            found.extend(proofs::in_tests(&source)?);
            if folder == "interop" {
                found.extend(proofs::in_checks(&source)?);
            }
        }
        for source in workspace::sources(root, &folder, &["c", "h"])? {
            found.extend(proofs::in_c(&source));
        }
    }
    Ok(found)
}

fn by_id(proofs: &[Proof]) -> BTreeMap<&str, Vec<&Proof>> {
    let mut map: BTreeMap<&str, Vec<&Proof>> = BTreeMap::new();
    for proof in proofs.iter().filter(|proof| !proof.ignored) {
        map.entry(&proof.id).or_default().push(proof);
    }
    map
}

/// Every rule with its tests, and a summary line.
fn table(lists: &Lists, proofs: &[Proof]) -> String {
    let proven = by_id(proofs);
    let mut text = String::new();
    for rule in lists.rules() {
        let mut id = rule.id.as_str();
        match proven.get(id) {
            Some(proofs) => {
                for proof in proofs {
                    text.push_str(&format!(
                        "{id:<14} {} {}:{}\n",
                        proof.test, proof.path, proof.line
                    ));
                    id = "";
                }
            }
            None => match lists.pending.iter().find(|pending| pending.id == id) {
                Some(pending) => text.push_str(&format!("{id:<14} pending: {}\n", pending.title)),
                None => text.push_str(&format!("{id:<14} -\n")),
            },
        }
    }

    let mut summary = Vec::new();
    for area in &lists.areas {
        let done = area
            .rules
            .iter()
            .filter(|rule| proven.contains_key(rule.id.as_str()))
            .count();
        let state = if area.finished { "" } else { " (in progress)" };
        summary.push(format!("{} {done}/{}{state}", area.name, area.rules.len()));
    }
    text.push_str(&format!(
        "rules proven: {}; {} pending\n",
        summary.join(", "),
        lists.pending.len()
    ));
    text
}

/// One area: its rules, their titles and how many tests each has.
fn listing(area: &Area, proofs: &[Proof]) -> String {
    let proven = by_id(proofs);
    let state = if area.finished {
        "finished"
    } else {
        "in progress"
    };
    let mut text = format!("{}: {state}\n", area.name);
    for rule in &area.rules {
        let tests = proven.get(rule.id.as_str()).map_or(0, Vec::len);
        text.push_str(&format!("{:<14} {tests:>3}  {}\n", rule.id, rule.title));
    }
    text
}

fn judge(lists: &Lists, proofs: &[Proof]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let proven = by_id(proofs);
    let listed: BTreeSet<&str> = lists.rules().map(|rule| rule.id.as_str()).collect();
    let pending: BTreeSet<&str> = lists.pending.iter().map(|rule| rule.id.as_str()).collect();

    for rule in lists
        .areas
        .iter()
        .filter(|area| area.finished)
        .flat_map(|area| &area.rules)
    {
        let id = rule.id.as_str();
        if !proven.contains_key(id) && !pending.contains(id) {
            let what = format!(
                "{id} has no test, and no reason in {FOLDER}/pending.tsv ({})",
                rule.title
            );
            faults.push(Fault::new(&rule.path, rule.line, what));
        }
    }
    for rule in &lists.pending {
        let id = rule.id.as_str();
        if let Some(proofs) = proven.get(id) {
            let what = format!(
                "{id} is proven at {}:{}: take it off the list",
                proofs[0].path, proofs[0].line
            );
            faults.push(Fault::new(&rule.path, rule.line, what));
        }
        if !listed.contains(id) {
            faults.push(Fault::new(
                &rule.path,
                rule.line,
                format!("{id} is pending, but in no list"),
            ));
        }
    }
    for proof in proofs {
        let id = proof.id.as_str();
        // A check or a C comment may hold any text.
        let what = if !is_id(id) {
            format!("{} cites {id:?}, which is no rule ID", proof.test)
        } else if !listed.contains(id) {
            format!("{} cites {id}, which no list has", proof.test)
        } else if proof.ignored {
            format!(
                "{} cites {id}, but is ignored: a test that does not run proves nothing",
                proof.test
            )
        } else {
            continue;
        };
        faults.push(Fault::new(&proof.path, proof.line, what));
    }
    faults
}

#[cfg(test)]
mod tests;
