//! What a path means: the module that defines the thing, however often it was re-exported.

use std::collections::BTreeSet;

use super::floors::{self, Place};
use super::tree::{ModulePath, Name, Tree};

/// What a path leads to.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Module(ModulePath),
    /// Something that this module defines.
    Item(ModulePath),
    /// A path of another crate; also a local name that is no path to a module.
    Outside(Vec<String>),
    /// `lib.rs` or a re-exporting file does not say where this name comes from.
    Lost(ModulePath, String),
}

/// A path followed to its end.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) end: Found,
    /// The modules that it leads through.
    pub(crate) through: Vec<ModulePath>,
}

/// Follows a path that is written in the module `from`.
pub(crate) fn follow(tree: &Tree, from: &ModulePath, path: &[String]) -> Way {
    let mut walker = Walker {
        tree,
        through: Vec::new(),
        visited: BTreeSet::new(),
    };
    let end = walker.walk(from, path);
    Way {
        end,
        through: walker.through,
    }
}

struct Walker<'t> {
    tree: &'t Tree,
    through: Vec<ModulePath>,
    /// Names that are being looked up: an import of itself or a circle of globs ends here.
    visited: BTreeSet<(ModulePath, String)>,
}

impl Walker<'_> {
    fn walk(&mut self, from: &ModulePath, path: &[String]) -> Found {
        let Some((first, rest)) = path.split_first() else {
            return Found::Module(from.clone());
        };
        match first.as_str() {
            "" => Found::Outside(rest.to_vec()),
            "crate" => self.down(Vec::new(), rest),
            "self" | "super" => self.down(from.clone(), path),
            "Self" => Found::Item(from.clone()),
            _ => match self.lookup(from, first) {
                Some(found) => self.on(found, rest),
                None => Found::Outside(path.to_vec()),
            },
        }
    }

    fn down(&mut self, mut module: ModulePath, path: &[String]) -> Found {
        let Some((first, rest)) = path.split_first() else {
            self.through.push(module.clone());
            return Found::Module(module);
        };
        match first.as_str() {
            "self" => return self.down(module, rest),
            "super" => {
                module.pop();
                return self.down(module, rest);
            }
            _ => self.through.push(module.clone()),
        }
        match self.lookup(&module, first) {
            Some(found) => self.on(found, rest),
            None if matches!(floors::place(&module), Some(Place::Door(_) | Place::Top)) => {
                Found::Lost(module, first.clone())
            }
            // A macro made it here.
            None => Found::Item(module),
        }
    }

    fn on(&mut self, found: Found, rest: &[String]) -> Found {
        match found {
            Found::Module(module) => self.down(module, rest),
            Found::Outside(mut path) => {
                path.extend_from_slice(rest);
                Found::Outside(path)
            }
            end => end,
        }
    }

    fn lookup(&mut self, module: &ModulePath, name: &str) -> Option<Found> {
        let mut child = module.clone();
        child.push(name.to_owned());
        if self.tree.modules.contains_key(&child) {
            return Some(Found::Module(child));
        }
        let key = (module.clone(), name.to_owned());
        if !self.visited.insert(key.clone()) {
            return None;
        }
        let found = self.named(module, name);
        self.visited.remove(&key);
        found
    }

    fn named(&mut self, module: &ModulePath, name: &str) -> Option<Found> {
        let here = self.tree.modules.get(module)?;
        match here.names.get(name) {
            Some(Name::Item) => return Some(Found::Item(module.clone())),
            Some(Name::Exported(owner)) => return Some(Found::Item(owner.clone())),
            Some(Name::Import(path)) => return Some(self.walk(module, path)),
            None => {}
        }
        for glob in &here.globs {
            let before = self.through.len();
            if let Found::Module(target) = self.walk(module, glob)
                && let Some(found) = self.lookup(&target, name)
            {
                return Some(found);
            }
            self.through.truncate(before);
        }
        None
    }
}
