//! The lists of rules: one `rules/AREA.tsv` for each area, and `rules/pending.tsv`.

use std::collections::HashMap;

use super::id::is_id;
use crate::fault::Fault;
use crate::workspace::Source;

/// The rules of one area.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) name: String,
    /// Every rule of a finished area needs a proof.
    pub(crate) finished: bool,
    pub(crate) rules: Vec<Rule>,
}

/// A rule, and the line where it is listed.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) path: String,
    pub(crate) line: usize,
}

/// All lists.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) areas: Vec<Area>,
    /// Rules of finished areas that have no proof yet; the title is the reason.
    pub(crate) pending: Vec<Rule>,
}

impl Lists {
    /// Reads the lists. What is wrong in them is added to `faults`.
    pub(crate) fn read(sources: &[Source], faults: &mut Vec<Fault>) -> Self {
        let mut lists = Self::default();
        for source in sources {
            let name = source
                .path
                .rsplit('/')
                .next()
                .unwrap_or(&source.path)
                .trim_end_matches(".tsv");
            if name == "pending" {
                lists.pending = rows(source, 0, "reason", faults);
                continue;
            }
            let finished = match source.text.lines().next() {
                Some("# finished") => true,
                Some("# in progress") => false,
                _ => {
                    let what = "the first line is neither `# finished` nor `# in progress`";
                    faults.push(Fault::new(&source.path, 1, what));
                    continue;
                }
            };
            let rules = rows(source, 1, "title", faults);
            lists.areas.push(Area {
                name: name.to_owned(),
                finished,
                rules,
            });
        }
        lists.find_repeated(faults);
        lists
    }

    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.areas.iter().flat_map(|area| &area.rules)
    }

    fn find_repeated(&self, faults: &mut Vec<Fault>) {
        for rules in [
            self.rules().collect::<Vec<_>>(),
            self.pending.iter().collect(),
        ] {
            let mut seen = HashMap::new();
            for rule in rules {
                if let Some(before) = seen.insert(&rule.id, rule) {
                    let what = format!(
                        "{} is listed already at {}:{}",
                        rule.id, before.path, before.line
                    );
                    faults.push(Fault::new(&rule.path, rule.line, what));
                }
            }
        }
    }
}

/// The rows `ID<TAB>text`; empty lines and comments are passed over.
fn rows(source: &Source, skip: usize, text: &str, faults: &mut Vec<Fault>) -> Vec<Rule> {
    let mut rows = Vec::new();
    for (index, row) in source.text.lines().enumerate().skip(skip) {
        if row.trim().is_empty() || row.starts_with('#') {
            continue;
        }
        let line = index + 1;
        match row.split_once('\t') {
            Some((id, title)) if is_id(id) && !title.trim().is_empty() => rows.push(Rule {
                id: id.to_owned(),
                title: title.trim().to_owned(),
                path: source.path.clone(),
                line,
            }),
            _ => faults.push(Fault::new(
                &source.path,
                line,
                format!("not `ID<TAB>{text}`: {row:?}"),
            )),
        }
    }
    rows
}
