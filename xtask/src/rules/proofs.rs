//! The proofs: which test cites which rule, and where.

use anyhow::Result;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

use super::id::cited;
use crate::workspace::Source;

/// A test that cites a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) id: String,
    pub(crate) test: String,
    pub(crate) path: String,
    pub(crate) line: usize,
    /// An ignored test runs never and proves nothing.
    pub(crate) ignored: bool,
}

/// The test functions of a Rust file: `#[test]`, `#[tokio::test]`, and those inside `proptest!`.
pub(crate) fn in_tests(source: &Source) -> Result<Vec<Proof>> {
    let file = source.parse()?;
    let mut reader = Tests {
        path: &source.path,
        proofs: Vec::new(),
    };
    reader.visit_file(&file);
    Ok(reader.proofs)
}

/// The checks of the interop lab: `rules: &["CONN-3"]` in the braces of a struct.
pub(crate) fn in_checks(source: &Source) -> Result<Vec<Proof>> {
    let tokens: TokenStream = match source.text.parse() {
        Ok(tokens) => tokens,
        // The parser's message says more.
        Err(_) => return source.parse().map(|_| Vec::new()),
    };
    let mut proofs = Vec::new();
    checks(tokens, &source.path, &mut proofs);
    Ok(proofs)
}

/// `PROVES: ID, ID` in the comments of a C file, to the end of each comment.
pub(crate) fn in_c(source: &Source) -> Vec<Proof> {
    const OPEN: &str = "PROVES:";
    let mut proofs = Vec::new();
    let mut at = 0;
    while let Some(found) = source.text[at..].find(OPEN) {
        let start = at + found + OPEN.len();
        let end = source.text[start..]
            .find("*/")
            .map_or(source.text.len(), |length| start + length);
        let line = source.text[..start].lines().count();
        for id in source.text[start..end]
            .split([',', '*', ' ', '\t', '\n', '\r'])
            .filter(|word| !word.is_empty())
        {
            let test = source
                .path
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            proofs.push(Proof {
                id: id.to_owned(),
                test,
                path: source.path.clone(),
                line,
                ignored: false,
            });
        }
        at = end;
    }
    proofs
}

struct Tests<'p> {
    path: &'p str,
    proofs: Vec<Proof>,
}

impl Tests<'_> {
    fn add(&mut self, name: &syn::Ident, documentation: &[String], ignored: bool) {
        for id in documentation
            .iter()
            .flat_map(|text| text.lines())
            .flat_map(cited)
        {
            self.proofs.push(Proof {
                id: id.to_owned(),
                test: name.to_string(),
                path: self.path.to_owned(),
                line: name.span().start().line,
                ignored,
            });
        }
    }

    /// The functions directly inside `proptest!`: their arguments are `name in strategy`, which is no Rust.
    fn property(&mut self, tokens: TokenStream) {
        let mut documentation = Vec::new();
        let mut ignored = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let Some(TokenTree::Group(attribute)) = tokens.peek() else {
                        continue;
                    };
                    match syn::parse2::<Meta>(attribute.stream()) {
                        Ok(meta) if meta.path().is_ident("doc") => {
                            documentation.extend(text(&meta))
                        }
                        Ok(meta) if meta.path().is_ident("ignore") => ignored = true,
                        _ => {}
                    }
                }
                TokenTree::Ident(word) if word == "fn" => {
                    if let Some(TokenTree::Ident(name)) = tokens.peek() {
                        let name = name.clone();
                        self.add(&name, &documentation, ignored);
                    }
                }
                TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                    documentation.clear();
                    ignored = false;
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Tests<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let last = |attribute: &Attribute| {
            attribute
                .path()
                .segments
                .last()
                .map(|part| part.ident.to_string())
        };
        if item
            .attrs
            .iter()
            .any(|attribute| last(attribute).is_some_and(|name| name == "test"))
        {
            let documentation: Vec<String> = item
                .attrs
                .iter()
                .filter(|attribute| attribute.path().is_ident("doc"))
                .filter_map(|attribute| text(&attribute.meta))
                .collect();
            let ignored = item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("ignore"));
            self.add(&item.sig.ident, &documentation, ignored);
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call
            .path
            .segments
            .last()
            .is_some_and(|part| part.ident == "proptest")
        {
            self.property(call.tokens.clone());
        }
    }
}

/// The text of `doc = ".."`.
fn text(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Tokens, not syntax: the checks may stand inside a macro such as `vec!`.
fn checks(tokens: TokenStream, path: &str, proofs: &mut Vec<Proof>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for token in &tokens {
        if let TokenTree::Group(group) = token {
            checks(group.stream(), path, proofs);
        }
    }
    let name = || {
        tokens.windows(3).find_map(|window| match window {
            [
                TokenTree::Ident(field),
                TokenTree::Punct(_),
                TokenTree::Literal(value),
            ] if field == "name" => string(value).map(|(text, _)| text),
            _ => None,
        })
    };
    for window in tokens.windows(4) {
        let [
            TokenTree::Ident(field),
            TokenTree::Punct(colon),
            TokenTree::Punct(and),
            TokenTree::Group(list),
        ] = window
        else {
            continue;
        };
        if field != "rules" || colon.as_char() != ':' || and.as_char() != '&' {
            continue;
        }
        for (id, span) in list.stream().into_iter().filter_map(|token| match token {
            TokenTree::Literal(literal) => string(&literal),
            _ => None,
        }) {
            let test = name().unwrap_or_else(|| "check".to_owned());
            let line = span.start().line;
            proofs.push(Proof {
                id,
                test,
                path: path.to_owned(),
                line,
                ignored: false,
            });
        }
    }
}

fn string(literal: &proc_macro2::Literal) -> Option<(String, Span)> {
    let token: TokenStream = TokenTree::Literal(literal.clone()).into();
    let text: LitStr = syn::parse2(token).ok()?;
    Some((text.value(), literal.span()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(proofs: Vec<Proof>) -> Vec<String> {
        let ignored = |proof: &Proof| if proof.ignored { " ignored" } else { "" };
        proofs
            .iter()
            .map(|proof| {
                format!(
                    "{} {} {}{}",
                    proof.id,
                    proof.test,
                    proof.line,
                    ignored(proof)
                )
            })
            .collect()
    }

    #[test]
    fn tests_cite_in_their_doc_comment() {
        let source = Source::new(
            "a.rs",
            "mod tests {\n/// CONN-1, CONN-2: both\n/// CONN-3: and this; CONN-4 is talk\n#[test]\nfn one() {}\n\
             /// CONN-5\n#[tokio::test]\nasync fn two() {}\n/// CONN-6: no test\nfn three() {}\n\
             /** CONN-7: block */\n#[test]\n#[ignore = \"slow\"]\nfn four() {}\n}",
        );
        assert_eq!(
            shown(in_tests(&source).unwrap()),
            [
                "CONN-1 one 5",
                "CONN-2 one 5",
                "CONN-3 one 5",
                "CONN-5 two 8",
                "CONN-7 four 14 ignored"
            ]
        );
    }

    #[test]
    fn property_tests_cite_too() {
        let source = Source::new(
            "a.rs",
            "proptest::proptest! {\n#![proptest_config(c())]\n/// CONN-1: always\n#[test]\nfn one(x in 0u8..9) { f(x) }\n\
             #[test]\nfn two(x in any::<u8>()) {}\n/// CONN-2: never\n#[test]\nfn three(x in 1..2) {}\n}",
        );
        assert_eq!(
            shown(in_tests(&source).unwrap()),
            ["CONN-1 one 5", "CONN-2 three 10"]
        );
    }

    #[test]
    fn checks_cite_in_a_field() {
        let source = Source::new(
            "interop/a.rs",
            "struct Check { rules: &'static [&'static str] }\nconst A: Check = Check { name: \"curl\",\n\
             rules: &[\"CONN-3\", \"CONN-4\"] };\nfn f() { vec![Check { rules: &[\"NTLM-API-1\"] }]; }",
        );
        assert_eq!(
            shown(in_checks(&source).unwrap()),
            ["CONN-3 curl 3", "CONN-4 curl 3", "NTLM-API-1 check 4"]
        );
    }

    #[test]
    fn c_cites_in_a_comment() {
        let source = Source::new(
            "a/b.c",
            "int x;\n/* PROVES: API-ISC-1, API-ISC-2 */\n/* PROVES:\n * API-MSG-1 */\n\
             /* What it shows. PROVES: API-MSG-2 */\n",
        );
        assert_eq!(
            shown(in_c(&source)),
            [
                "API-ISC-1 b.c 2",
                "API-ISC-2 b.c 2",
                "API-MSG-1 b.c 3",
                "API-MSG-2 b.c 5"
            ]
        );
    }
}
