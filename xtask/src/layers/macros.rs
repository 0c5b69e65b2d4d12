//! Paths inside macros. What a macro gets is not syntax yet, only tokens: `a :: b` is taken for a path.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// The paths of two parts and more: their parts, whether they end in `*`, and where they begin.
/// A `use` with braces gives one path for each of its names.
pub(crate) fn paths(tokens: TokenStream) -> Vec<(Vec<String>, bool, Span)> {
    let mut found = Vec::new();
    read(tokens, &mut found);
    found
}

fn read(tokens: TokenStream, found: &mut Vec<(Vec<String>, bool, Span)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Group(group) => read(group.stream(), found),
            TokenTree::Ident(ident) => {
                // `$name` stands for what the macro is given; `$crate` is the crate.
                let variable = at > 0 && is(&tokens[at - 1], '$') && ident != "crate";
                let mut path = Vec::new();
                if foreign(&tokens[..at]) {
                    path.push(String::new());
                }
                at = path_from(&tokens, at, path, variable, found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Reads the path that begins with the name at `at`; gives the index behind it.
fn path_from(
    tokens: &[TokenTree],
    mut at: usize,
    mut path: Vec<String>,
    variable: bool,
    found: &mut Vec<(Vec<String>, bool, Span)>,
) -> usize {
    let start = tokens[at].span();
    path.push(tokens[at].to_string());
    at += 1;
    while tokens.len() > at + 2 && is(&tokens[at], ':') && is(&tokens[at + 1], ':') {
        match &tokens[at + 2] {
            TokenTree::Ident(part) => path.push(part.to_string()),
            TokenTree::Punct(star) if star.as_char() == '*' => {
                if !variable {
                    found.push((path, true, start));
                }
                return at + 3;
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !variable => {
                branches(&path, group.stream(), found);
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    if path.len() > 1 && !variable {
        found.push((path, false, start));
    }
    at
}

/// The names in the braces of a `use`, each behind `before`.
fn branches(before: &[String], tokens: TokenStream, found: &mut Vec<(Vec<String>, bool, Span)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for branch in tokens.split(|token| is(token, ',')) {
        match branch.first() {
            Some(TokenTree::Ident(name)) if name == "self" => {
                found.push((before.to_vec(), false, name.span()));
            }
            Some(TokenTree::Ident(_)) => {
                path_from(branch, 0, before.to_vec(), false, found);
            }
            Some(star) if is(star, '*') => found.push((before.to_vec(), true, star.span())),
            _ => {}
        }
    }
}

/// Whether a `::` that begins a path ends these tokens.
fn foreign(before: &[TokenTree]) -> bool {
    let [rest @ .., one, two] = before else {
        return false;
    };
    let begins = !matches!(rest.last(), Some(TokenTree::Ident(_)))
        && !rest.last().is_some_and(|t| is(t, '>'));
    is(one, ':') && is(two, ':') && begins
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let tokens: TokenStream = text.parse().unwrap();
        let show = |(path, glob, _): (Vec<String>, bool, Span)| {
            path.join("::") + if glob { "::*" } else { "" }
        };
        paths(tokens).into_iter().map(show).collect()
    }

    #[test]
    fn paths_in_tokens() {
        assert_eq!(
            shown("\"{}\", crate::base::Status::OK, x"),
            ["crate::base::Status::OK"]
        );
        assert_eq!(
            shown("fn f() { $crate::a::b!($x::c, $y) }"),
            ["crate::a::b"]
        );
        assert_eq!(
            shown("use std::{io::Read, fs::{self, File}, net::*};"),
            ["std::io::Read", "std::fs", "std::fs::File", "std::net::*"]
        );
        assert_eq!(
            shown("::md5::Md5::new(), Vec::<u8>::new()"),
            ["::md5::Md5::new"]
        );
        assert_eq!(shown("a: b, c => d"), [""; 0]);
    }
}
