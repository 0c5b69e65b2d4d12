//! What a context says of itself, and what its tokens say, for people and programs. Keys are never
//! shown, only how long they are.
use countersign::{ContextFlags, Facts, Role, ntlm};
use serde_json::{Value, json};

use super::colour::{BACK, THERE};
use super::text;

/// The facts as names and values.
pub(crate) fn rows(facts: &Facts) -> Vec<(&'static str, String)> {
    let or = |text: Option<&str>, other: &str| text.map_or_else(|| other.to_owned(), text::visible);
    let mut rows = vec![
        ("package", facts.package.name.to_owned()),
        ("client", text::visible(&facts.names.client)),
        ("server", or(facts.names.server.as_deref(), "not proven")),
        ("target", or(facts.target.as_deref(), "none")),
        ("flags", flags(facts.flags).join(" ")),
    ];
    match &facts.key_info {
        Some(info) => {
            rows.push(("signatures", info.signature_algorithm.to_owned()));
            rows.push((
                "encryption",
                if facts.flags.contains(ContextFlags::CONFIDENTIALITY) {
                    format!("{}, {} bits", info.encrypt_algorithm, info.key_bits)
                } else {
                    "none".to_owned()
                },
            ));
        }
        None => rows.push(("signatures", "none".to_owned())),
    }
    rows.push((
        "session key",
        match &facts.session_key {
            Some(key) => format!("{} bytes", key.expose().len()),
            None => "none".to_owned(),
        },
    ));
    rows.push((
        "sizes",
        format!(
            "token {}, signature {}, trailer {}, block {}",
            facts.sizes.max_token,
            facts.sizes.max_signature,
            facts.sizes.security_trailer,
            facts.sizes.block_size
        ),
    ));
    rows.push(("established", facts.lifespan.start.to_string()));
    rows.push(("expires", facts.lifespan.expiry.to_string()));
    // A client does not learn what the server found.
    if facts.role == Role::Server {
        rows.push((
            "bindings",
            facts.bindings.map_or_else(
                || "not looked at".to_owned(),
                |bindings| names(bindings.iter_names()).join(" "),
            ),
        ));
    }
    if let Some(expiry) = facts.password_expiry {
        rows.push(("password until", expiry.to_string()));
    }
    rows
}

/// The facts as JSON.
pub(crate) fn document(facts: &Facts) -> Value {
    json!({
        "role": match facts.role {
            Role::Client => "client",
            Role::Server => "server",
        },
        "package": facts.package.name,
        "client": facts.names.client,
        "server": facts.names.server,
        "target": facts.target,
        "flags": flags(facts.flags),
        "signature_algorithm": facts.key_info.map(|info| info.signature_algorithm),
        "encryption_algorithm": facts.key_info.map(|info| info.encrypt_algorithm),
        "key_bits": facts.key_info.map(|info| info.key_bits),
        "session_key_bytes": facts.session_key.as_ref().map(|key| key.expose().len()),
        "sizes": {
            "max_token": facts.sizes.max_token,
            "max_signature": facts.sizes.max_signature,
            "block_size": facts.sizes.block_size,
            "security_trailer": facts.sizes.security_trailer,
        },
        "established": facts.lifespan.start.to_string(),
        "expires": facts.lifespan.expiry.to_string(),
        "bindings": facts.bindings.map(|bindings| names(bindings.iter_names())),
        "password_until": facts.password_expiry.map(|expiry| expiry.to_string()),
    })
}

/// The names of context flags.
pub(crate) fn flags(flags: ContextFlags) -> Vec<&'static str> {
    names(flags.iter_names())
}

fn names<F>(flags: impl Iterator<Item = (&'static str, F)>) -> Vec<&'static str> {
    flags.map(|(name, _)| name).collect()
}

/// A token of a handshake, for a line of its own.
#[derive(Clone, Debug)]
pub(crate) struct LegLine {
    /// Whether it goes from the client to the server.
    pub(crate) to_server: bool,
    /// Its length in bytes.
    pub(crate) size: usize,
    /// What it is.
    pub(crate) title: String,
    /// What matters in it.
    pub(crate) summary: String,
}

impl LegLine {
    /// Describes a token.
    pub(crate) fn new(to_server: bool, token: &[u8]) -> Self {
        let (title, summary) = match ntlm::describe(token) {
            Ok(description) => {
                let value = |name| {
                    description
                        .fields
                        .iter()
                        .find(|field| field.name == name)
                        .map(|field| text::visible(&field.value))
                        .unwrap_or_default()
                };
                let flags = value("NegotiateFlags");
                let summary = match description.title {
                    "NTLM CHALLENGE" => {
                        format!("from {}, flags {flags}", value("TargetName"))
                    }
                    "NTLM AUTHENTICATE" => {
                        let (domain, user) = (value("DomainName"), value("UserName"));
                        let user = if domain.is_empty() {
                            user
                        } else {
                            format!(r"{domain}\{user}")
                        };
                        format!("{user}, flags {flags}")
                    }
                    _ => format!("flags {flags}"),
                };
                let title = description.title.trim_start_matches("NTLM ").to_owned();
                (title, summary)
            }
            Err(_) => ("token".to_owned(), String::new()),
        };
        Self {
            to_server,
            size: token.len(),
            title,
            summary,
        }
    }

    /// The line for people.
    pub(crate) fn line(&self) -> String {
        let (style, arrow) = if self.to_server {
            (THERE, "client -> server")
        } else {
            (BACK, "server -> client")
        };
        format!(
            "{style}{arrow}{style:#}  {:>4} bytes  {:<12}  {}",
            self.size, self.title, self.summary
        )
    }

    /// The leg as JSON.
    pub(crate) fn document(&self) -> Value {
        json!({
            "direction": if self.to_server { "client to server" } else { "server to client" },
            "bytes": self.size,
            "title": self.title,
            "summary": self.summary,
        })
    }
}
