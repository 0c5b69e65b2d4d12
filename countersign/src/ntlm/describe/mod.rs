//! NTLM tokens taken apart for people.
//!
//! The header is read in its order, then the payload in the order of its offsets. What can not be
//! read is the fault of the description; parts that do not depend on it are described all the same.
mod flags;
mod header;
mod pairs;
mod payload;
mod report;
mod response;
mod text;

use super::message::{MAX_MESSAGE, MessageType, message_type};
use crate::wire::description::{Description, Field};
use crate::wire::{Malformed, Reader, Why};
use report::Report;

/// Takes a token apart: every field with its place and its meaning.
///
/// OEM texts are read in code page 437. Long values are cut, and the number of fields is limited.
///
/// ```
/// let token = b"NTLMSSP\0\x01\0\0\0\x07\x82\0\0";
/// let description = countersign::ntlm::describe(token).unwrap();
/// assert_eq!(description.title, "NTLM NEGOTIATE");
/// assert_eq!(description.fields[2].name, "NegotiateFlags");
/// assert_eq!(description.fields[2].value, "0x00008207");
/// ```
///
/// # Errors
/// [`Malformed`] when it is no NTLM token at all; a fault further on is part of the description.
pub fn describe(token: &[u8]) -> Result<Description, Malformed> {
    let kind = message_type(token)?;
    let mut report = Report::new();
    let mut reader = Reader::new(token);
    reader.take(8, "Signature")?;
    report.push(Field::new(0, 8, "Signature", r"NTLMSSP\0"));
    let number = reader.u32("MessageType")?.to_string();
    let (title, word) = match kind {
        MessageType::Negotiate => ("NTLM NEGOTIATE", "NEGOTIATE"),
        MessageType::Challenge => ("NTLM CHALLENGE", "CHALLENGE"),
        MessageType::Authenticate => ("NTLM AUTHENTICATE", "AUTHENTICATE"),
    };
    report.push(Field::new(8, 4, "MessageType", number).meaning(word));
    let parts = match kind {
        MessageType::Negotiate => header::negotiate(token, reader, &mut report),
        MessageType::Challenge => header::challenge(token, reader, &mut report),
        MessageType::Authenticate => header::authenticate(token, reader, &mut report),
    };
    let parts = parts.unwrap_or_else(|fault| {
        report.fault(fault);
        Vec::new()
    });
    payload::describe(token, parts, &mut report);
    if token.len() > MAX_MESSAGE {
        report.fault(Malformed {
            what: "message",
            offset: MAX_MESSAGE,
            why: Why::TooLong,
        });
    }
    Ok(report.finish(title, token.len()))
}
