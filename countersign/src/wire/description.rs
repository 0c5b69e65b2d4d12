//! What a token says, field by field: for people who diagnose.
//!
//! Each package has a function that describes its tokens; the form is the same for all.
//!
//! ```
//! use countersign::wire::description::{Description, Field};
//!
//! let field = Field::new(8, 4, "MessageType", "1").meaning("NEGOTIATE");
//! assert_eq!((field.offset, field.length, field.name), (8, 4, "MessageType"));
//! ```
use super::Malformed;

/// A token taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Description {
    /// What the token is: `NTLM CHALLENGE`.
    pub title: &'static str,
    /// The fields that could be read, in the order of their description.
    pub fields: Vec<Field>,
    /// Why the rest could not be read, if it could not.
    pub fault: Option<Malformed>,
}

/// One field of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// Where it starts, in bytes from the start of the token.
    pub offset: usize,
    /// How long it is, in bytes.
    pub length: usize,
    /// Its name in the specification.
    pub name: &'static str,
    /// How deep it lies in other fields; 0 for those of the token itself.
    pub depth: u8,
    /// Its value: a number, a text, or hexadecimal digits.
    pub value: String,
    /// What the value means, a line each; flags are spelled out here.
    pub meaning: Vec<String>,
}

impl Field {
    /// A field of the token itself without a meaning.
    #[must_use]
    pub fn new(offset: usize, length: usize, name: &'static str, value: impl Into<String>) -> Self {
        Self {
            offset,
            length,
            name,
            depth: 0,
            value: value.into(),
            meaning: Vec::new(),
        }
    }

    /// Adds a line of meaning.
    #[must_use]
    pub fn meaning(mut self, line: impl Into<String>) -> Self {
        self.meaning.push(line.into());
        self
    }

    /// Puts the field one level deeper.
    #[must_use]
    pub const fn nested(mut self) -> Self {
        self.depth += 1;
        self
    }
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
