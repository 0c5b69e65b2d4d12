//! `countersign decode`: a token taken apart.
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Result;
use countersign::ntlm;
use countersign::wire::Malformed;
use countersign::wire::description::{Description, Field};
use serde_json::{Value, json};

use crate::args::DecodeArgs;
use crate::encoding;
use crate::exit::{Exit, Fault};
use crate::output::colour::{FAINT, TITLE};
use crate::output::{fields, json, stdout, text};

/// The most that is read of a file: more than any token has, even in text.
const MAX_INPUT: u64 = 4 * 1024 * 1024;
/// What every NTLM token starts with.
const SIGNATURE: &[u8] = ntlm::message::SIGNATURE;

pub(crate) fn run(args: &DecodeArgs) -> Result<()> {
    let given = match (&args.token, &args.file) {
        (Some(token), _) if token == "-" => read(&mut io::stdin().lock(), "standard input")?,
        (Some(token), _) => token.clone().into_bytes(),
        (None, Some(path)) if path.as_os_str() == "-" => {
            read(&mut io::stdin().lock(), "standard input")?
        }
        (None, Some(path)) => read_file(path)?,
        // The command line demands one of the two.
        (None, None) => Vec::new(),
    };
    let bytes = token(&given)?;
    let (start, token) = find(&bytes);
    let description = ntlm::describe(token).map_err(|fault| no_token(&bytes, fault))?;
    if args.json {
        json::print(&document(&description, start, token.len()))?;
    } else {
        print(&description, start, token.len())?;
    }
    match description.fault {
        None => Ok(()),
        Some(fault) => Err(Fault::new(
            Exit::BadData,
            format!("the token can not be read to its end: {fault}"),
        )
        .help(
            "the fields above are those that could be read; was the token cut when it was copied?",
        )
        .into()),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let mut file = File::open(path).map_err(|error| {
        Fault::new(
            Exit::NoInput,
            format!("{} can not be read: {error}", path.display()),
        )
    })?;
    read(&mut file, &path.display().to_string())
}

fn read(from: &mut impl Read, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = from.take(MAX_INPUT + 1).read_to_end(&mut bytes);
    let count = read
        .map_err(|error| Fault::new(Exit::NoInput, format!("{name} can not be read: {error}")))?;
    if count as u64 > MAX_INPUT {
        return Err(Fault::new(Exit::BadData, format!("{name} is too long for a token")).into());
    }
    Ok(bytes)
}

/// The bytes of a token, however they are written.
fn token(given: &[u8]) -> Result<Vec<u8>, Fault> {
    if given.starts_with(SIGNATURE) {
        return Ok(given.to_vec());
    }
    let neither = || {
        Fault::new(
            Exit::BadData,
            "the token is neither hexadecimal nor base64, and its bytes are no NTLM token",
        )
        .help("give it as it stands in a trace or an HTTP header, or its bytes with --file PATH")
    };
    let text = std::str::from_utf8(given).map_err(|_| neither())?;
    let text = without_header(text);
    if text.is_empty() {
        return Err(Fault::new(Exit::BadData, "there is no token").help(
            "a header that names a scheme and no token starts the exchange; decode what follows it",
        ));
    }
    if encoding::is_odd_hex(text) {
        return Err(Fault::new(
            Exit::BadData,
            "the token has an odd number of hexadecimal digits",
        )
        .help("one digit is missing; was the token cut when it was copied?"));
    }
    encoding::hex(text)
        .or_else(|| encoding::base64(text))
        .ok_or_else(neither)
}

/// The token of an HTTP header, without the header's name and the scheme.
fn without_header(text: &str) -> &str {
    let mut text = text.trim().trim_matches(['"', '\'']).trim();
    for header in [
        "WWW-Authenticate:",
        "Proxy-Authenticate:",
        "Authorization:",
        "Proxy-Authorization:",
    ] {
        text = without_prefix(text, header);
    }
    // Base64 may begin with these letters too: the scheme is a word of its own.
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if ["NTLM", "Negotiate"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
    {
        return rest.trim_start();
    }
    text
}

/// Without `prefix`, in any case, and the white space behind it.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> &'a str {
    match text.split_at_checked(prefix.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(prefix) => rest.trim_start(),
        _ => text,
    }
}

/// The NTLM token in the bytes, which may stand in a token of Negotiate.
fn find(bytes: &[u8]) -> (usize, &[u8]) {
    let start = bytes
        .windows(SIGNATURE.len())
        .position(|window| window == SIGNATURE)
        .unwrap_or(0);
    (start, bytes.get(start..).unwrap_or_default())
}

fn no_token(bytes: &[u8], fault: Malformed) -> Fault {
    if bytes.starts_with(SIGNATURE) || SIGNATURE.starts_with(bytes) {
        return Fault::new(
            Exit::BadData,
            format!("the NTLM token can not be read: {fault}"),
        )
        .help(format!(
            "it has {} bytes, and its type in the first 12 must be 1, 2 or 3; was it cut when it was copied?",
            bytes.len()
        ));
    }
    Fault::new(Exit::BadData, format!("this is no NTLM token: {fault}")).help(format!(
        "its {} bytes start with {}; an NTLM token starts with 4e544c4d53535000 (base64 TlRMTVNTUA)",
        bytes.len(),
        text::hex_prefix(bytes, 8)
    ))
}

fn print(description: &Description, start: usize, length: usize) -> Result<()> {
    let mut out = stdout();
    let title = description.title;
    writeln!(out, "{TITLE}{title}{TITLE:#}, {length} bytes")?;
    if start > 0 {
        writeln!(
            out,
            "{FAINT}found {start} bytes into another token (Negotiate); offsets count from there{FAINT:#}"
        )?;
    }
    writeln!(out)?;
    fields::print(&description.fields)
}

fn document(description: &Description, start: usize, length: usize) -> Value {
    let fields: Vec<Value> = description.fields.iter().map(field).collect();
    json!({
        "title": description.title,
        "start": start,
        "length": length,
        "fields": fields,
        "fault": description.fault.map(|fault| json!({
            "what": fault.what,
            "offset": fault.offset,
            "text": fault.to_string(),
        })),
    })
}

fn field(field: &Field) -> Value {
    json!({
        "offset": field.offset,
        "length": field.length,
        "depth": field.depth,
        "name": field.name,
        "value": field.value,
        "meaning": field.meaning,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_token() {
        let bytes = b"NTLMSSP\0\x01\0\0\0\x07\x82\0\0".to_vec();
        for text in [
            "4e544c4d535350000100000007820000",
            "0x4E544C4D 53535000\n01000000 07820000\n",
            "4e:54:4c:4d:53:53:50:00:01:00:00:00:07:82:00:00",
            "TlRMTVNTUAABAAAAB4IAAA==",
            "TlRMTVNT UAABAAAA\nB4IAAA",
            "NTLM TlRMTVNTUAABAAAAB4IAAA==",
            "Authorization: NTLM TlRMTVNTUAABAAAAB4IAAA==\r\n",
            "www-authenticate: negotiate TlRMTVNTUAABAAAAB4IAAA==",
            "\"Negotiate TlRMTVNTUAABAAAAB4IAAA==\"",
        ] {
            assert_eq!(token(text.as_bytes()).unwrap(), bytes, "{text}");
        }
        assert_eq!(token(&bytes).unwrap(), bytes);
    }

    #[test]
    fn what_is_no_token() {
        for text in [
            "",
            "NTLM",
            "WWW-Authenticate: Negotiate",
            "not a token!",
            "4e5",
        ] {
            assert!(token(text.as_bytes()).is_err(), "{text}");
        }
        assert!(token(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn base64_that_begins_like_a_scheme() {
        assert_eq!(without_header("NTLMabcd"), "NTLMabcd");
        assert_eq!(without_header("NTLM abcd"), "abcd");
    }
}
