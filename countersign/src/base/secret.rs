//! Secrets: wiped on drop, compared in constant time, never printed.
//!
//! ```
//! use countersign::{Secret, SecretString};
//!
//! let password = SecretString::from("Passw0rd".to_owned());
//! assert_eq!(format!("{password:?}"), "SecretString(..)");
//! let key = Secret::<16>::fill_with(|bytes| bytes[0] = 1);
//! assert!(key != Secret::<16>::fill_with(|_| ()));
//! ```
use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A key of `N` bytes, held inline.
#[derive(Clone)]
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes a copy of `bytes`; the caller's own copy is the caller's to wipe.
    #[must_use]
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// Lets `fill` write the bytes in place.
    #[must_use]
    pub fn fill_with(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self([0; N]);
        fill(&mut secret.0);
        secret
    }

    /// The bytes. What is copied from here is no longer wiped on drop.
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(..)")
    }
}

/// A secret text such as a password.
#[derive(Clone, Default)]
pub struct SecretString(String);

impl SecretString {
    /// The text. What is copied from here is no longer wiped on drop.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for SecretString {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretString {}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_in_debug_and_compared() {
        assert_eq!(format!("{:?}", Secret::new([7; 16])), "Secret<16>(..)");
        assert_eq!(Secret::new([7; 4]), Secret::new([7; 4]));
        assert_ne!(Secret::new([7; 4]), Secret::new([7, 7, 7, 8]));
        assert_ne!(SecretString::from("a"), SecretString::from("ab"));
        assert_eq!(format!("{:?}", SecretString::from("a")), "SecretString(..)");
    }
}
