//! The crate as its source says it is: its modules, the names each has, the paths each uses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, TraitItem, UseTree, Visibility};

use super::macros;
use crate::workspace::Source;

/// The path of a module inside the crate; empty for `lib.rs`.
pub(crate) type ModulePath = Vec<String>;

/// What a name means in a module.
#[derive(Debug, Clone)]
pub(crate) enum Name {
    /// Something that the module defines.
    Item,
    /// Something imported by this path.
    Import(Vec<String>),
    /// A macro that another module exports at the root.
    Exported(ModulePath),
}

/// A path that a module writes down. A first part of `""` is the `::` of a foreign crate.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) path: Vec<String>,
    pub(crate) glob: bool,
    pub(crate) line: usize,
}

/// One module: a file or a `mod x { .. }` within one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) names: HashMap<String, Name>,
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) uses: Vec<Use>,
    /// Lines of what is neither a `use` nor a `mod`.
    pub(crate) definitions: Vec<usize>,
}

/// All modules outside `#[cfg(test)]`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

impl Tree {
    /// Reads the sources of one crate; `source_folder` is the folder of its `lib.rs`.
    pub(crate) fn read(sources: &[Source], source_folder: &str) -> Result<Self> {
        let mut reader = Reader::default();
        for source in sources {
            let file = source.parse()?;
            let path = module_of(&source.path, source_folder);
            if file.attrs.iter().any(is_test_only) {
                reader.tests.insert(path);
                continue;
            }
            reader.file.clone_from(&source.path);
            reader.enter(path, 1);
            reader.visit_file(&file);
            reader.current.clear();
        }

        let Reader {
            mut tree,
            tests,
            exported,
            ..
        } = reader;
        tree.modules
            .retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
        for (name, module) in exported {
            if let Some(root) = tree.modules.get_mut(&Vec::new()) {
                root.names.entry(name).or_insert(Name::Exported(module));
            }
        }
        Ok(tree)
    }
}

/// `countersign/src/context/session.rs` is `context::session`.
fn module_of(file: &str, source_folder: &str) -> ModulePath {
    let below = file
        .strip_prefix(source_folder)
        .unwrap_or(file)
        .trim_start_matches('/');
    let mut path: ModulePath = below
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if path.last().is_some_and(|last| last == "mod") || path == ["lib"] {
        path.pop();
    }
    path
}

#[derive(Default)]
struct Reader {
    tree: Tree,
    file: String,
    current: ModulePath,
    tests: BTreeSet<ModulePath>,
    exported: Vec<(String, ModulePath)>,
}

impl Reader {
    fn enter(&mut self, path: ModulePath, line: usize) {
        let module = self.tree.modules.entry(path.clone()).or_default();
        module.file.clone_from(&self.file);
        module.line = line;
        self.current = path;
    }

    fn module(&mut self) -> &mut Module {
        self.tree.modules.entry(self.current.clone()).or_default()
    }

    fn define(&mut self, name: &syn::Ident) {
        self.module().names.insert(name.to_string(), Name::Item);
    }

    fn used(&mut self, path: Vec<String>, glob: bool, at: Span) {
        let line = at.start().line;
        self.module().uses.push(Use { path, glob, line });
    }

    fn import(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|item| self.import(before, item)),
            UseTree::Glob(glob) => {
                self.module().globs.push(before.clone());
                self.used(before.clone(), true, glob.star_token.spans[0]);
            }
            UseTree::Name(name) => self.import_as(before, &name.ident, None),
            UseTree::Rename(rename) => self.import_as(before, &rename.ident, Some(&rename.rename)),
        }
    }

    fn import_as(&mut self, before: &[String], last: &syn::Ident, rename: Option<&syn::Ident>) {
        let mut path = before.to_vec();
        // `use a::b::{self}` names a::b.
        if last != "self" || path.is_empty() {
            path.push(last.to_string());
        }
        let name = rename.map_or_else(
            || path.last().cloned().unwrap_or_default(),
            ToString::to_string,
        );
        self.module()
            .names
            .entry(name)
            .or_insert_with(|| Name::Import(path.clone()));
        self.used(path, false, last.span());
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = parts(item);
        if attributes.iter().any(is_test_only) {
            if let Item::Mod(module) = item {
                let mut path = self.current.clone();
                path.push(module.ident.to_string());
                self.tests.insert(path);
            }
            return;
        }
        if let Some(name) = name {
            self.define(name);
        }
        if !matches!(item, Item::Use(_) | Item::Mod(_)) {
            let line = syn::spanned::Spanned::span(item).start().line;
            self.module().definitions.push(line);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let Some((_, items)) = &item.content else {
            return;
        };
        let outer = self.current.clone();
        let mut path = outer.clone();
        path.push(item.ident.to_string());
        self.enter(path, item.ident.span().start().line);
        items.iter().for_each(|item| self.visit_item(item));
        self.current = outer;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut before = Vec::new();
        if item.leading_colon.is_some() {
            before.push(String::new());
        }
        self.import(&mut before, &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let path = vec![String::new(), item.ident.to_string()];
        let name = item
            .rename
            .as_ref()
            .map_or(&item.ident, |(_, rename)| rename);
        self.module()
            .names
            .insert(name.to_string(), Name::Import(path.clone()));
        self.used(path, false, item.ident.span());
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(name) = &item.ident
            && item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("macro_export"))
        {
            self.exported.push((name.to_string(), self.current.clone()));
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut parts: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        // One word is a local name, or was imported, and the import is seen.
        if parts.len() > 1 || path.leading_colon.is_some() {
            if path.leading_colon.is_some() {
                parts.insert(0, String::new());
            }
            self.used(parts, false, path.segments[0].ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        for (path, glob, span) in macros::paths(call.tokens.clone()) {
            self.used(path, glob, span);
        }
        visit::visit_macro(self, call);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_test_only) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = match item {
            TraitItem::Const(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_test_only) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !field.attrs.iter().any(is_test_only) {
            visit::visit_field(self, field);
        }
    }

    /// `pub(in path)` says who may look, not what is used.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    /// Attributes name compiler matters and derives of foreign crates.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// The attributes of an item and the name that it gives its module.
fn parts(item: &Item) -> (&[Attribute], Option<&syn::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::ExternCrate(item) => (&item.attrs, None),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::ForeignMod(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

/// Whether the attribute leaves its item out of everything but tests.
fn is_test_only(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<Meta>()
            .is_ok_and(|meta| needs_test(&meta))
}

fn needs_test(meta: &Meta) -> bool {
    use syn::Token;
    use syn::punctuated::Punctuated;

    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let Ok(inner) = inner else { return false };
            (list.path.is_ident("all") && inner.iter().any(needs_test))
                || (list.path.is_ident("any") && !inner.is_empty() && inner.iter().all(needs_test))
        }
        Meta::NameValue(_) => false,
    }
}
