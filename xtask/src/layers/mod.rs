//! `layers`: the order of the rooms of the protocol crate. No arrow runs up, ciphers and hashes come
//! from one room, and sockets, files, threads, clocks and randomness from none but `environment`.

mod floors;
mod macros;
mod resolve;
mod tree;

use std::path::Path;

use anyhow::{Result, bail};

use self::floors::Place;
use self::resolve::Found;
use self::tree::{Module, ModulePath, Tree, Use};
use crate::fault::{self, Fault};
use crate::workspace::{self, Source};

const FOLDER: &str = "countersign/src";

const CRYPTO_ROOM: &str = "crypto";
const CRYPTO_CRATES: [&str; 12] = [
    "md4", "md5", "hmac", "rc4", "des", "aes", "cbc", "cts", "sha1", "sha2", "pbkdf2", "digest",
];

/// What the crate leaves to its callers: the path, the room that may use it all the same, what to do.
const OUTSIDE_WORLD: [(&[&str], Option<&str>, &str); 7] = [
    (
        &["std", "net"],
        None,
        "the protocol crate opens no sockets; addresses are in core::net",
    ),
    (&["std", "fs"], None, "the protocol crate opens no files"),
    (
        &["std", "thread"],
        None,
        "the protocol crate starts no threads",
    ),
    (
        &["std", "time", "SystemTime"],
        Some("base::environment"),
        "the time comes from the environment",
    ),
    (
        &["std", "time", "UNIX_EPOCH"],
        Some("base::environment"),
        "the time comes from the environment",
    ),
    (
        &["std", "time", "Instant"],
        Some("base::environment"),
        "the time comes from the environment",
    ),
    (
        &["getrandom"],
        Some("base::environment"),
        "randomness comes from the environment",
    ),
];

/// `layers`
pub(crate) fn command(root: &Path) -> Result<()> {
    let sources = workspace::sources(root, FOLDER, &["rs"])?;
    if sources.is_empty() {
        bail!("no source in {FOLDER}");
    }
    let (modules, faults) = check(&sources)?;
    fault::report("layers", &faults)?;
    println!("layers: {modules} modules, no arrow runs up");
    Ok(())
}

/// Checks the sources of the crate: how many modules there are, and what is wrong.
fn check(sources: &[Source]) -> Result<(usize, Vec<Fault>)> {
    let tree = Tree::read(sources, FOLDER)?;
    let mut faults = Vec::new();
    for (path, module) in &tree.modules {
        let Some(place) = floors::place(path) else {
            let name = path.join("::");
            faults.push(Fault::new(
                &module.file,
                module.line,
                format!("no floor for {name}: add it to the table of `xtask layers`"),
            ));
            continue;
        };
        let checker = Checker {
            tree: &tree,
            path,
            module,
            place,
        };
        checker.check(&mut faults);
    }
    faults.sort();
    faults.dedup();
    Ok((tree.modules.len(), faults))
}

struct Checker<'t> {
    tree: &'t Tree,
    path: &'t ModulePath,
    module: &'t Module,
    place: Place,
}

impl Checker<'_> {
    fn check(&self, faults: &mut Vec<Fault>) {
        if let Place::Door(folder) = self.place {
            for line in &self.module.definitions {
                let what = format!("{folder}/mod.rs only re-exports: what it defines has no floor");
                faults.push(Fault::new(&self.module.file, *line, what));
            }
        }
        for used in &self.module.uses {
            for what in self.objections(used) {
                faults.push(Fault::new(&self.module.file, used.line, what));
            }
        }
    }

    fn objections(&self, used: &Use) -> Vec<String> {
        let way = resolve::follow(self.tree, self.path, &used.path);
        let mut modules: Vec<ModulePath> = way.through;
        match way.end {
            Found::Outside(path) => {
                let mut objections: Vec<String> =
                    modules.iter().filter_map(|m| self.against(m)).collect();
                objections.extend(self.against_outside(&path, used.glob));
                return objections;
            }
            Found::Lost(module, name) => {
                let written = used.path.join("::");
                let file = self
                    .tree
                    .modules
                    .get(&module)
                    .map_or("lib.rs", |module| &module.file);
                return vec![format!(
                    "{written}: {file} does not say which module defines {name}: name it in a `pub use` there"
                )];
            }
            Found::Item(module) => {
                if module.is_empty() && self.place != Place::Top {
                    return vec![format!(
                        "{} is defined in lib.rs, which is above everything",
                        used.path.join("::")
                    )];
                }
                modules.push(module);
            }
            Found::Module(module) => {
                if used.glob {
                    // All that the folder re-exports: every room of it.
                    let rooms = self
                        .tree
                        .modules
                        .keys()
                        .filter(|room| room.starts_with(&module));
                    modules.extend(rooms.filter(|room| **room != module).cloned());
                }
                modules.push(module);
            }
        }
        modules
            .iter()
            .filter_map(|module| self.against(module))
            .collect()
    }

    /// What speaks against using the module.
    fn against(&self, used: &ModulePath) -> Option<String> {
        match (self.place, floors::place(used)?) {
            (Place::Room(room, floor), Place::Room(other, above)) => {
                floors::objection((room, floor), (other, above))
            }
            (Place::Door(folder), Place::Room(other, _)) => {
                let own = other.split("::").next() == Some(folder) && other != folder;
                (!own).then(|| {
                    format!("{folder}/mod.rs re-exports its own folder alone, not {other}")
                })
            }
            _ => None,
        }
    }

    fn against_outside(&self, path: &[String], glob: bool) -> Option<String> {
        let room = match self.place {
            Place::Room(room, _) => room,
            Place::Door(folder) => folder,
            Place::Top => "lib",
        };
        if let Some(name) = path.first()
            && CRYPTO_CRATES.contains(&name.as_str())
            && room != CRYPTO_ROOM
        {
            return Some(format!(
                "{room} must not name the crate {name}: {CRYPTO_ROOM} alone does"
            ));
        }
        for (forbidden, allowed, why) in OUTSIDE_WORLD {
            let common = path
                .iter()
                .zip(forbidden)
                .take_while(|(found, wanted)| found == *wanted)
                .count();
            let hit = common == forbidden.len() || (glob && common == path.len() && common > 0);
            if hit && allowed != Some(room) {
                return Some(format!(
                    "{room} must not use {}: {why}",
                    forbidden.join("::")
                ));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
