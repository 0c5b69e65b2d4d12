//! Who a client is: names in their two forms, and the secret that proves them.
//!
//! ```
//! use countersign::Identity;
//!
//! let down_level = Identity::with_password(r"LAB\alice", "Passw0rd").unwrap();
//! assert_eq!((down_level.domain(), down_level.user()), ("LAB", "alice"));
//! let upn = Identity::with_password("alice@example.com", "Passw0rd").unwrap();
//! assert_eq!((upn.domain(), upn.user()), ("", "alice@example.com"));
//! ```
use crate::base::error::{ApiMisuse, Error};
use crate::base::secret::{Secret, SecretString};
use crate::crypto;
use crate::wire::oem::CodePage;
use crate::wire::utf16;

/// The longest user name and password, in characters (API-ID-4).
const MAX_NAME: usize = 256;
/// The longest domain name: that of DNS; the 15 characters of NetBIOS bind NetBIOS names only.
const MAX_DOMAIN: usize = 255;

/// A user's name and secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    domain: String,
    user: String,
    secret: IdentitySecret,
}

/// What proves an identity.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IdentitySecret {
    /// A password.
    Password(SecretString),
    /// The NT hash of a password, which is as good as the password for NTLM.
    NtHash(Secret<16>),
}

impl Identity {
    /// An identity from one name, `DOMAIN\user` or `user@realm`, and a password.
    ///
    /// The second form stays whole, with an empty domain, as Windows sends it.
    ///
    /// # Errors
    /// [`ApiMisuse::InvalidParameter`] when a part is too long or the user is empty.
    pub fn with_password(name: &str, password: impl Into<SecretString>) -> Result<Self, Error> {
        let (domain, user) = split_name(name);
        Self::new(domain, user, IdentitySecret::Password(password.into()))
    }

    /// An identity from its parts; `domain` may be empty.
    ///
    /// # Errors
    /// [`ApiMisuse::InvalidParameter`] when a part is too long or the user is empty.
    pub fn new(domain: &str, user: &str, secret: IdentitySecret) -> Result<Self, Error> {
        check(user, MAX_NAME, "the user name has more than 256 characters")?;
        check(
            domain,
            MAX_DOMAIN,
            "the domain name has more than 255 characters",
        )?;
        if user.is_empty() {
            return Err(ApiMisuse::InvalidParameter("the user name is empty").into());
        }
        if let IdentitySecret::Password(password) = &secret {
            check(
                password.expose(),
                MAX_NAME,
                "the password has more than 256 characters",
            )?;
        }
        Ok(Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
            secret,
        })
    }

    /// The domain, or nothing for a `user@realm` name.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &IdentitySecret {
        &self.secret
    }
}

impl IdentitySecret {
    /// The NT hash: MD4 of the password in UTF-16LE ([MS-NLMP] 3.3.1).
    #[must_use]
    pub fn nt_hash(&self) -> Secret<16> {
        match self {
            Self::NtHash(hash) => hash.clone(),
            Self::Password(password) => nt_hash(password),
        }
    }
}

/// The NT hash of a password.
#[must_use]
pub fn nt_hash(password: &SecretString) -> Secret<16> {
    Secret::new(crypto::md4(|feed| utf16::feed(password.expose(), feed)))
}

/// The LM hash of a password: none where it has more than fourteen bytes in the code page, or a
/// character that is not in it ([MS-NLMP] 3.3.1).
#[must_use]
pub fn lm_hash(password: &SecretString, code_page: &CodePage) -> Option<Secret<16>> {
    let upper = SecretString::from(utf16::to_upper(password.expose()));
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(upper.expose().len()));
    code_page
        .encode(upper.expose(), "password", &mut bytes)
        .ok()?;
    let mut padded = zeroize::Zeroizing::new([0; 14]);
    padded.get_mut(..bytes.len())?.copy_from_slice(&bytes);
    Some(Secret::new(crypto::des_hash(&padded)))
}

/// Splits `DOMAIN\user`; a name without a backslash has no domain.
#[must_use]
pub fn split_name(name: &str) -> (&str, &str) {
    name.split_once('\\').unwrap_or(("", name))
}

fn check(text: &str, max: usize, what: &'static str) -> Result<(), Error> {
    if text.chars().count() > max {
        return Err(ApiMisuse::InvalidParameter(what).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NTLM-API-6, API-ID-4: 256 characters for user and password; a domain may be a DNS name.
    #[test]
    fn limits() {
        let long = "x".repeat(257);
        assert!(Identity::with_password(&long, "p").is_err());
        assert!(Identity::with_password("u", long.as_str()).is_err());
        assert!(Identity::with_password("", "p").is_err());
        assert!(Identity::with_password(&"ü".repeat(256), "ß".repeat(256).as_str()).is_ok());
        let dns = format!(r"{}.example.com\u", "d".repeat(60));
        assert!(Identity::with_password(&dns, "p").is_ok());
        assert!(Identity::with_password(&format!(r"{long}\u"), "p").is_err());
    }

    #[test]
    fn hash_of_password_and_hash_itself() {
        let password = IdentitySecret::Password("Password".into());
        assert_eq!(
            password.nt_hash().expose(),
            &[
                0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f,
                0xd8, 0x52
            ]
        );
        assert_eq!(
            IdentitySecret::NtHash(password.nt_hash()).nt_hash(),
            password.nt_hash()
        );
        let lm = |text: &str| lm_hash(&text.into(), &CodePage::CP437);
        assert_eq!(
            lm("Password").unwrap().expose(),
            &[
                0xe5, 0x2c, 0xac, 0x67, 0x41, 0x9a, 0x9a, 0x22, 0x4a, 0x3b, 0x10, 0x8f, 0x3f, 0xa6,
                0xcb, 0x6d
            ]
        );
        assert!(lm("fourteen bytes").is_some() && lm("fifteen  bytes!").is_none());
        assert!(lm("\u{434}").is_none());
    }

    #[test]
    fn debug_is_silent() {
        let id = Identity::with_password("alice", "hunter2").unwrap();
        assert!(!format!("{id:?}").contains("hunter2"));
    }
}
