//! Reading and writing the bytes of tokens: bounds-checked, little-endian, UTF-16 and OEM text.
//!
//! ```
//! use countersign::wire::{Reader, utf16};
//!
//! let mut reader = Reader::new(&[2, 0, b'h', 0]);
//! let len = reader.u16("length").unwrap();
//! assert_eq!(utf16::decode(reader.take(usize::from(len), "text").unwrap(), "text").unwrap(), "h");
//! assert_eq!(reader.u16("more").unwrap_err().to_string(), "more at offset 4: the bytes end too early");
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]
pub mod description;
pub mod oem;
mod reader;
pub mod utf16;

pub use reader::{Malformed, Reader, Why, position};
