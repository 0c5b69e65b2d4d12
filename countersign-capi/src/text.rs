//! Strings of the two families of calls: A (8-bit, UTF-8 here) and W (UTF-16).
use std::ffi::c_void;

use countersign::{ApiMisuse, Error};

/// No name of the interface is longer, in characters.
const MAX_TEXT: usize = 32_768;

/// One of the two families.
pub(crate) trait Text {
    /// One unit of the encoding.
    type Unit: Copy + Default + PartialEq;

    /// `text` with a terminator, as bytes.
    fn encode(text: &str) -> Vec<u8>;

    /// Reads units.
    fn decode(units: &[Self::Unit]) -> Option<String>;
}

/// The A family. The portable code page is UTF-8.
#[derive(Debug)]
pub(crate) struct Ansi;

/// The W family.
#[derive(Debug)]
pub(crate) struct Wide;

impl Text for Ansi {
    type Unit = u8;

    fn encode(text: &str) -> Vec<u8> {
        [text.as_bytes(), &[0]].concat()
    }

    fn decode(units: &[u8]) -> Option<String> {
        String::from_utf8(units.to_vec()).ok()
    }
}

impl Text for Wide {
    type Unit = u16;

    fn encode(text: &str) -> Vec<u8> {
        text.encode_utf16()
            .chain([0])
            .flat_map(u16::to_ne_bytes)
            .collect()
    }

    fn decode(units: &[u16]) -> Option<String> {
        String::from_utf16(units).ok()
    }
}

/// Reads a terminated string; `None` for a null pointer.
///
/// # Safety
/// `at` is null or points to units up to and with a terminator; it need not be aligned.
pub(crate) unsafe fn terminated<T: Text>(
    at: *const T::Unit,
    what: &'static str,
) -> Result<Option<String>, Error> {
    if at.is_null() {
        return Ok(None);
    }
    // SAFETY: no terminator comes before the units that are read here, so the string reaches them.
    let unit = |n| unsafe { at.wrapping_add(n).read_unaligned() };
    let len = (0..MAX_TEXT)
        .find(|n| unit(*n) == T::Unit::default())
        .ok_or(ApiMisuse::InvalidParameter(what))?;
    // Counted first, so that one allocation takes it.
    let units: Vec<T::Unit> = (0..len).map(unit).collect();
    decode::<T>(&units, what).map(Some)
}

/// Reads a string of `len` units, which need not have a terminator; `None` for a null pointer.
///
/// # Safety
/// `at` is null or points to `len` units; it need not be aligned.
pub(crate) unsafe fn counted<T: Text>(
    at: *const c_void,
    len: usize,
    what: &'static str,
) -> Result<Option<String>, Error> {
    if at.is_null() {
        return Ok(None);
    }
    if len > MAX_TEXT {
        return Err(ApiMisuse::InvalidParameter(what).into());
    }
    let at = at.cast::<T::Unit>();
    let units: Vec<T::Unit> = (0..len)
        // SAFETY: `n` is less than `len`.
        .map(|n| unsafe { at.wrapping_add(n).read_unaligned() })
        .collect();
    // Some callers count the terminator too.
    let end = units
        .iter()
        .rposition(|unit| *unit != T::Unit::default())
        .map_or(0, |last| last + 1);
    decode::<T>(units.get(..end).unwrap_or_default(), what).map(Some)
}

fn decode<T: Text>(units: &[T::Unit], what: &'static str) -> Result<String, Error> {
    T::decode(units).ok_or_else(|| ApiMisuse::InvalidParameter(what).into())
}
