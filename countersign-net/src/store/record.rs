//! One account as bytes.
//!
//! ```text
//! version u8 = 1 | domain: u16 length, UTF-8 | user: the same | state u8: a bit for each of
//!     1 disabled, 2 locked, 4 failures are counted, 8 locked out for a time
//! expires u64 | password expires u64 | with bit 4: count u32, last u64 | with bit 8: until u64
//! verifiers: u16 count, then each: tag u16 | length u16 | bytes
//! ```
//! Times are FILETIMEs.
//! Numbers are little-endian. A tag that this program does not know is kept when the record is
//! written again.
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
use countersign::wire::{Malformed, Reader, Why};
use countersign::{Account, AccountState, Secret, Timestamp, Verifier};
use zeroize::Zeroizing;

use super::lockout::Failures;

const VERSION: u8 = 1;
const DISABLED: u8 = 1;
const LOCKED: u8 = 2;
const FAILURES: u8 = 4;
const LOCKED_OUT: u8 = 8;
/// What stands for no lockout at all.
const NOT_LOCKED_OUT: Timestamp = Timestamp::from_filetime(0);
/// The NT hash, 16 bytes.
const NT_HASH: u16 = 1;

/// An account, and what its record holds beside it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) account: Account,
    /// Verifiers with tags that this program does not know.
    pub(super) others: Vec<Other>,
    /// What is counted towards a lockout.
    pub(super) failures: Option<Failures>,
}

/// A verifier of a kind that this program does not know.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Other {
    tag: u16,
    bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Other({}, ..)", self.tag)
    }
}

/// The verifiers of an account do not fit into a record.
#[derive(Debug)]
pub(super) struct Unstorable;

impl Record {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        if reader.u8("version")? != VERSION {
            return Err(Reader::new(bytes).malformed("version", Why::Value));
        }
        let domain = text(&mut reader, "domain")?;
        let user = text(&mut reader, "user")?;
        let bits = reader.u8("state")?;
        if bits & !(DISABLED | LOCKED | FAILURES | LOCKED_OUT) != 0 {
            return Err(reader.malformed("state", Why::Value));
        }
        let mut state = AccountState::default();
        state.disabled = bits & DISABLED != 0;
        state.locked = bits & LOCKED != 0;
        state.expires = Timestamp::from_filetime(reader.u64("expiry")?);
        state.password_expires = Timestamp::from_filetime(reader.u64("password expiry")?);
        let mut failures = None;
        if bits & FAILURES != 0 {
            let count = reader.u32("count of failures")?;
            if count == 0 {
                return Err(reader.malformed("count of failures", Why::Value));
            }
            let last = Timestamp::from_filetime(reader.u64("last failure")?);
            failures = Some(Failures { count, last });
        }
        if bits & LOCKED_OUT != 0 {
            state.locked_until = Timestamp::from_filetime(reader.u64("end of the lockout")?);
            if state.locked_until == NOT_LOCKED_OUT {
                return Err(reader.malformed("end of the lockout", Why::Value));
            }
        }
        let mut verifiers = Vec::new();
        let mut others = Vec::new();
        for _ in 0..reader.u16("count of verifiers")? {
            let tag = reader.u16("tag of a verifier")?;
            let length = reader.u16("length of a verifier")?;
            let bytes = reader.take(usize::from(length), "verifier")?;
            match tag {
                NT_HASH => {
                    let hash = <&[u8; 16]>::try_from(bytes)
                        .map_err(|_| reader.malformed("NT hash", Why::Value))?;
                    verifiers.push(Verifier::NtHash(Secret::fill_with(|to| {
                        to.copy_from_slice(hash);
                    })));
                }
                _ => others.push(Other {
                    tag,
                    bytes: Zeroizing::new(bytes.to_vec()),
                }),
            }
        }
        if !reader.rest().is_empty() {
            return Err(reader.malformed("end of the record", Why::TooLong));
        }
        Ok(Self {
            account: Account {
                domain,
                user,
                state,
                verifiers,
            },
            others,
            failures,
        })
    }

    pub(super) fn to_bytes(
        account: &Account,
        others: &[Other],
        failures: Option<Failures>,
    ) -> Result<Zeroizing<Vec<u8>>, Unstorable> {
        // All the memory at once: growing would leave copies of secrets behind.
        let verifiers = account.verifiers.len() * 20
            + others
                .iter()
                .map(|other| other.bytes.len() + 4)
                .sum::<usize>();
        let names = account.domain.len() + account.user.len();
        let mut out = Zeroizing::new(Vec::with_capacity(52 + names + verifiers));
        out.push(VERSION);
        for name in [&account.domain, &account.user] {
            out.extend_from_slice(&length(name.len())?.to_le_bytes());
            out.extend_from_slice(name.as_bytes());
        }
        let state = &account.state;
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        let locked_out = state.locked_until != NOT_LOCKED_OUT;
        out.push(
            bit(state.disabled, DISABLED)
                | bit(state.locked, LOCKED)
                | bit(failures.is_some(), FAILURES)
                | bit(locked_out, LOCKED_OUT),
        );
        for time in [state.expires, state.password_expires] {
            out.extend_from_slice(&time.to_filetime().to_le_bytes());
        }
        if let Some(Failures { count, last }) = failures {
            out.extend_from_slice(&count.to_le_bytes());
            out.extend_from_slice(&last.to_filetime().to_le_bytes());
        }
        if locked_out {
            out.extend_from_slice(&state.locked_until.to_filetime().to_le_bytes());
        }
        let count = account.verifiers.len() + others.len();
        out.extend_from_slice(&length(count)?.to_le_bytes());
        let mut put = |tag: u16, bytes: &[u8]| {
            out.extend_from_slice(&tag.to_le_bytes());
            out.extend_from_slice(&length(bytes.len())?.to_le_bytes());
            out.extend_from_slice(bytes);
            Ok(())
        };
        for verifier in &account.verifiers {
            match verifier {
                Verifier::NtHash(hash) => put(NT_HASH, hash.expose())?,
                // A kind that came after this code was written must get a tag here.
                _ => return Err(Unstorable),
            }
        }
        for other in others {
            put(other.tag, &other.bytes)?;
        }
        Ok(out)
    }
}

fn text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, Malformed> {
    let length = reader.u16(what)?;
    let start = reader.clone();
    let bytes = reader.take(usize::from(length), what)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(start.malformed(what, Why::Encoding)),
    }
}

fn length(length: usize) -> Result<u16, Unstorable> {
    u16::try_from(length).map_err(|_| Unstorable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alice() -> Account {
        let mut alice = Account::with_password("LAB", "älice", &"Passw0rd".into());
        alice.state.locked = true;
        alice.state.locked_until = Timestamp::from_filetime(0x1112_1314_1516_1718);
        alice.state.expires = Timestamp::from_filetime(0x0102_0304_0506_0708);
        alice
    }

    fn others() -> Vec<Other> {
        vec![
            Other {
                tag: 18,
                bytes: Zeroizing::new(vec![0x5a; 32]),
            },
            Other {
                tag: 0xffff,
                bytes: Zeroizing::new(Vec::new()),
            },
        ]
    }

    fn failures() -> Option<Failures> {
        Some(Failures {
            count: 3,
            last: Timestamp::from_filetime(0x2122_2324_2526_2728),
        })
    }

    fn bytes(account: &Account, others: &[Other]) -> Vec<u8> {
        whole(account, others, None)
    }

    fn whole(account: &Account, others: &[Other], failures: Option<Failures>) -> Vec<u8> {
        let bytes = Record::to_bytes(account, others, failures).unwrap();
        let capacity = bytes.capacity();
        assert!(bytes.len() <= capacity && capacity <= bytes.len() + 52);
        bytes.to_vec()
    }

    #[test]
    fn layout() {
        let mut bob = Account::with_password("D", "bob", &"Password".into());
        bob.state.disabled = true;
        bob.state.expires = Timestamp::from_filetime(1);
        let expected = [
            &[1, 1, 0, b'D', 3, 0, b'b', b'o', b'b', 1][..],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            &[1, 0, 1, 0, 16, 0],
            &[
                0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f,
                0xd8, 0x52,
            ],
        ]
        .concat();
        assert_eq!(bytes(&bob, &[]), expected);
        bob.state.locked_until = Timestamp::from_filetime(0x0807_0605_0403_0201);
        let with_both = [
            &expected[..9],
            &[1 | 4 | 8],
            &expected[10..26],
            &[3, 0, 0, 0, 0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21],
            &[1, 2, 3, 4, 5, 6, 7, 8],
            &expected[26..],
        ]
        .concat();
        assert_eq!(whole(&bob, &[], failures()), with_both);
        let record = Record::parse(&with_both).unwrap();
        assert_eq!((record.account, record.failures), (bob, failures()));
    }

    #[test]
    fn unknown_verifiers_are_kept() {
        let record = Record::parse(&bytes(&alice(), &others())).unwrap();
        assert_eq!(record.account, alice());
        assert_eq!(record.others, others());
        assert_eq!(
            bytes(&record.account, &record.others),
            bytes(&alice(), &others())
        );
        assert!(!format!("{record:?}").contains("90"), "no secret is shown");
    }

    #[test]
    fn every_prefix_is_an_error_and_so_is_more() {
        let good = whole(&alice(), &others(), failures());
        for len in 0..good.len() {
            assert!(Record::parse(&good[..len]).is_err(), "{len}");
        }
        let more = [good.as_slice(), &[0]].concat();
        assert_eq!(Record::parse(&more).unwrap_err().why, Why::TooLong);
    }

    /// What parses is what was written: there are no two forms of one record, except for the order
    /// of verifiers.
    #[test]
    fn every_changed_byte_is_an_error_or_another_record() {
        let good = whole(&alice(), &others(), failures());
        for at in 0..good.len() {
            for value in 0..=255 {
                let mut bad = good.clone();
                bad[at] = value;
                if let Ok(record) = Record::parse(&bad) {
                    let again = whole(&record.account, &record.others, record.failures);
                    assert_eq!(again.len(), bad.len());
                    let same = record.account == alice()
                        && record.others == others()
                        && record.failures == failures();
                    assert_eq!(same, bad == good, "{at} {value}");
                }
            }
        }
    }

    #[test]
    fn faults_are_named() {
        let good = bytes(&alice(), &[]);
        let fault = |at: usize, value: u8| {
            let mut bad = good.clone();
            bad[at] = value;
            Record::parse(&bad).unwrap_err().to_string()
        };
        assert_eq!(
            fault(0, 2),
            "version at offset 0: has a value that is not allowed"
        );
        assert_eq!(fault(8, 0xff), "user at offset 8: is not valid text");
        let state = 1 + 2 + 3 + 2 + 6;
        assert!(fault(state, 16).starts_with("state at offset"));
        // Neither a count of no failures nor an end of no lockout is written.
        let mut none = whole(&alice(), &[], failures());
        let count = state + 1 + 16;
        none[count] = 0;
        let error = Record::parse(&none).unwrap_err().to_string();
        assert!(error.starts_with("count of failures at offset"), "{error}");
        none[count] = 1;
        none[count + 12..count + 20].fill(0);
        let error = Record::parse(&none).unwrap_err().to_string();
        assert!(error.starts_with("end of the lockout at offset"), "{error}");
        assert!(fault(good.len() - 18, 15).starts_with("NT hash at offset"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut many = alice();
        many.verifiers = vec![many.verifiers[0].clone(); 65_536];
        assert!(Record::to_bytes(&many, &[], None).is_err());
        many.verifiers.pop();
        assert!(Record::to_bytes(&many, &[], None).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::parse(&bytes);
        }

        #[test]
        fn any_account(domain in ".{0,40}", user in ".{0,40}", bits in 0_u8..4, expires: u64, until: u64, count: u32, hash: [u8; 16]) {
            let mut account = Account::with_password(&domain, &user, &"x".into());
            account.state.disabled = bits & 1 != 0;
            account.state.locked = bits & 2 != 0;
            account.state.expires = Timestamp::from_filetime(expires);
            account.state.locked_until = Timestamp::from_filetime(until);
            account.verifiers = vec![Verifier::NtHash(Secret::new(hash))];
            let failures = (count > 0).then_some(Failures { count, last: account.state.expires });
            let record = Record::parse(&whole(&account, &others(), failures)).unwrap();
            prop_assert_eq!(record.failures, failures);
            prop_assert_eq!(record.account, account);
            prop_assert_eq!(record.others, others());
        }
    }
}
