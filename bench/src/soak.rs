//! Many handshakes in one process, whose memory must not grow.
use std::fs;
use std::time::Instant;

use countersign::{Account, Packages, Policy};
use countersign_net::store::{AccountStore, MemoryAccounts, StoreAnswers};

use crate::rows::ours::Countersign;
use crate::rows::{DOMAIN, Library, PASSWORD, USER};

/// How many handshakes a soak has, unless told otherwise.
pub(crate) const DEFAULT: &str = "10000000";
/// How many it has when gates are checked.
pub(crate) const SHORT: u64 = 200_000;
/// By how much memory may have grown from the first tenth to the end: pages that the allocator takes
/// late, and no leak of a byte in each of ten million handshakes.
const MOST: u64 = 1024 * 1024;

/// What a soak found.
#[derive(Debug)]
pub(crate) struct Soaked {
    /// The figures, in a line.
    pub(crate) line: String,
    /// Whether memory stayed as it was.
    pub(crate) passed: bool,
}

/// Makes `count` handshakes and tells the resident memory after every tenth.
///
/// # Errors
/// A handshake that fails, or memory that can not be read.
pub(crate) fn run(count: u64) -> Result<Soaked, String> {
    let accounts = MemoryAccounts::new();
    accounts
        .add(&Account::with_password(DOMAIN, USER, &PASSWORD.into()))
        .map_err(|error| error.to_string())?;
    let ntlm = Packages::standard()
        .get("NTLM")
        .map_err(|error| error.to_string())?;
    let answers = Box::new(StoreAnswers(accounts));
    let mut both = Countersign::with(&*ntlm, &Policy::default(), answers, PASSWORD);
    let start = Instant::now();
    let (mut first, mut last, mut done) = (None, 0, 0);
    for tenth in 1..=10 {
        // Tenths of what does not divide by ten differ by one.
        let until = u64::try_from(u128::from(count) * tenth / 10).unwrap_or(count);
        for _ in done..until {
            both.handshake()?;
        }
        done = until;
        last = resident()?;
        first.get_or_insert(last);
        eprintln!(
            "soak: {done:>10} handshakes, {:>7} KiB resident",
            last / 1024
        );
    }
    let seconds = start.elapsed().as_secs_f64();
    let first = first.unwrap_or(last);
    let growth = last.saturating_sub(first);
    let line = format!(
        "soak: {count} handshakes in {seconds:.1} s ({:.1} us each), {} KiB resident after the first tenth, \
         {} KiB at the end: {} KiB more, at most {} allowed",
        seconds * 1e6 / count.max(1) as f64,
        first / 1024,
        last / 1024,
        growth / 1024,
        MOST / 1024,
    );
    Ok(Soaked {
        line,
        passed: growth <= MOST,
    })
}

/// The resident memory of this process, in bytes.
fn resident() -> Result<u64, String> {
    const PATH: &str = "/proc/self/statm";
    let text = fs::read_to_string(PATH).map_err(|error| format!("{PATH}: {error}"))?;
    let pages: u64 = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .ok_or_else(|| format!("{PATH} has another form"))?;
    // SAFETY: `sysconf` only reads its argument.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page = u64::try_from(page).map_err(|_| "the size of a page is unknown")?;
    Ok(pages * page)
}
