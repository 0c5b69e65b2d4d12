//! `CredHandle` and `CtxtHandle`: two words, and no pointer in them.
use crate::slab::Key;

/// `SecHandle` of `sspi.h` (API-ABI-4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(C)]
#[allow(non_snake_case, reason = "the names of sspi.h")]
pub struct SecHandle {
    /// The number of the slot.
    pub dwLower: usize,
    /// Its life, and a check.
    pub dwUpper: usize,
}

impl SecHandle {
    /// What `SecInvalidateHandle` writes.
    pub const INVALID: Self = Self {
        dwLower: usize::MAX,
        dwUpper: usize::MAX,
    };

    pub(crate) const fn new(key: Key) -> Self {
        Self {
            // Never 0: a handle of zeros is what callers start with.
            dwLower: key.index as usize + 1,
            dwUpper: pack(key.generation, key.check),
        }
    }

    pub(crate) fn key(self) -> Option<Key> {
        let index = u32::try_from(self.dwLower.checked_sub(1)?).ok()?;
        let (generation, check) = unpack(self.dwUpper);
        Some(Key {
            index,
            generation,
            check,
        })
    }
}

#[cfg(target_pointer_width = "64")]
const fn pack(generation: u32, check: u32) -> usize {
    ((check as usize) << 32) | generation as usize
}

#[cfg(target_pointer_width = "64")]
const fn unpack(upper: usize) -> (u32, u32) {
    (upper as u32, (upper >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_nonsense() {
        let key = Key {
            index: 7,
            generation: 3,
            check: 0xfeed_beef,
        };
        assert_eq!(SecHandle::new(key).key(), Some(key));
        let zero = SecHandle {
            dwLower: 0,
            dwUpper: 0,
        };
        assert_eq!(zero.key(), None);
        assert_eq!(SecHandle::INVALID.key(), None);
    }
}
