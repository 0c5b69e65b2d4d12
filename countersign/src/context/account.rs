//! What a server knows about an account: names, state, and what proofs are compared with.
//!
//! ```
//! use countersign::Account;
//!
//! let account = Account::with_password("LAB", "alice", &"Passw0rd".into());
//! assert_eq!(account.qualified_name(), r"LAB\alice");
//! assert!(account.nt_hash().is_some());
//! ```
use super::identity::nt_hash;
use crate::base::environment::Timestamp;
use crate::base::error::Denied;
use crate::base::secret::{Secret, SecretString};

/// An account as a store gives it to a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The domain, or nothing for an account of the machine itself.
    pub domain: String,
    /// The user name.
    pub user: String,
    /// Whether it may log on.
    pub state: AccountState,
    /// What proofs are compared with; a package takes the first that it can use.
    pub verifiers: Vec<Verifier>,
}

/// Whether an account may log on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AccountState {
    /// Disabled by an administrator.
    pub disabled: bool,
    /// Locked until an administrator unlocks it.
    pub locked: bool,
    /// Until when it is locked out after too many failures; a moment that has passed says nothing.
    pub locked_until: Timestamp,
    /// From when on the account may no longer be used.
    pub expires: Timestamp,
    /// From when on the password may no longer be used.
    pub password_expires: Timestamp,
}

/// A secret of an account, in the form that one protocol needs.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verifier {
    /// The NT hash (NTLM).
    NtHash(Secret<16>),
}

impl Default for AccountState {
    fn default() -> Self {
        Self {
            disabled: false,
            locked: false,
            locked_until: Timestamp::from_filetime(0),
            expires: Timestamp::NEVER,
            password_expires: Timestamp::NEVER,
        }
    }
}

impl AccountState {
    /// Whether a logon at `now` is allowed.
    ///
    /// # Errors
    /// The first reason why it is not.
    pub fn check(&self, now: Timestamp) -> Result<(), Denied> {
        if self.disabled {
            Err(Denied::AccountDisabled)
        } else if self.is_locked(now) {
            Err(Denied::AccountLocked)
        } else if self.expires <= now {
            Err(Denied::AccountExpired)
        } else if self.password_expires <= now {
            Err(Denied::PasswordExpired)
        } else {
            Ok(())
        }
    }

    /// Whether it is locked at `now`, by an administrator or after too many failures.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked || now < self.locked_until
    }

    /// Unlocks it, however it was locked.
    pub const fn unlock(&mut self) {
        self.locked = false;
        self.locked_until = Timestamp::from_filetime(0);
    }
}

impl Account {
    /// An enabled account with every verifier that a password gives.
    #[must_use]
    pub fn with_password(domain: &str, user: &str, password: &SecretString) -> Self {
        Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
            state: AccountState::default(),
            verifiers: vec![Verifier::NtHash(nt_hash(password))],
        }
    }

    /// `DOMAIN\user`, or the user alone.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        if self.domain.is_empty() {
            self.user.clone()
        } else {
            [self.domain.as_str(), "\\", &self.user].concat()
        }
    }

    /// The NT hash, if the account has one.
    #[must_use]
    pub fn nt_hash(&self) -> Option<&Secret<16>> {
        self.verifiers
            .iter()
            .map(|Verifier::NtHash(hash)| hash)
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let now = Timestamp::from_filetime(100);
        let fine = AccountState::default();
        assert_eq!(fine.check(now), Ok(()));
        let mut state = fine.clone();
        state.expires = now;
        assert_eq!(state.check(now), Err(Denied::AccountExpired));
        state.locked = true;
        assert_eq!(state.check(now), Err(Denied::AccountLocked));
        state.disabled = true;
        assert_eq!(state.check(now), Err(Denied::AccountDisabled));
        let mut state = fine.clone();
        state.locked_until = Timestamp::from_filetime(101);
        assert_eq!(state.check(now), Err(Denied::AccountLocked));
        assert_eq!(state.check(state.locked_until), Ok(()), "by itself");
        state.locked = true;
        assert_eq!(
            state.check(Timestamp::from_filetime(200)),
            Err(Denied::AccountLocked)
        );
        state.unlock();
        assert_eq!(state, fine);
        let mut state = fine;
        state.password_expires = Timestamp::from_filetime(101);
        assert_eq!(state.check(now), Ok(()));
        assert_eq!(
            state.check(Timestamp::from_filetime(101)),
            Err(Denied::PasswordExpired)
        );
    }
}
