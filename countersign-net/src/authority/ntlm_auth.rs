//! Logons that a domain controller decides: Samba's `ntlm_auth` hands them to `winbindd`, which asks
//! the controller.
//!
//! The machine must be a member of the domain (or its controller), `winbindd` must run, and the server
//! must be allowed to use its privileged pipe (on Debian: the group `winbindd_priv`). The server keeps
//! no account and sees no password: the controller gets challenge and response, and answers with the
//! session base key.
//!
//! ```no_run
//! use std::time::Duration;
//! use countersign::ntlm::{Ntlm, ServerNames};
//! use countersign::{Acquire, Package};
//! use countersign_net::authority::ntlm_auth::NtlmAuth;
//!
//! let authority = NtlmAuth::new()
//!     .program("/usr/bin/ntlm_auth")
//!     .argument("--require-membership-of=LAB\\staff")
//!     .time_limit(Duration::from_secs(10));
//!
//! // A controller may refuse a response that was made for another machine than the one that asks them.
//! let names = ServerNames::domain_member("WEB1", "LAB", "web1.lab.example", "lab.example");
//! let server = Ntlm::default().server_names(names).acquire(Acquire::inbound())?;
//! # Ok::<(), countersign::Error>(())
//! ```
//!
//! # Names
//! The helper tells whether a logon is good, and nothing else: the names of a session are those that
//! the client sent, in the client's upper and lower case. A domain that the client left out stays out
//! unless [`NtlmAuth::default_domain`] names one.
//!
//! # The process
//! One helper serves all clones of an [`NtlmAuth`], one logon after the other. It is started with
//! the first logon, and again when it ended, said something unexpected or took too long. No shell is
//! involved; nothing of a logon is in arguments or environment. What it says on its standard error is
//! not kept.
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use countersign::wire::description::hex;
use countersign::{Denied, Logon, LogonAnswer, LogonProof, Resolve, Secret, Unavailable};
use zeroize::Zeroizing;

/// An answer of the helper is a few short lines.
const MAX_ANSWER: usize = 8192;
/// `winbindd` cuts longer names off, and then another account would be meant.
const MAX_NAME: usize = 255;

/// The authority behind Samba's `ntlm_auth`.
#[derive(Clone)]
pub struct NtlmAuth {
    program: OsString,
    arguments: Vec<OsString>,
    default_domain: Option<String>,
    time_limit: Duration,
    /// Shared by all clones.
    helper: Arc<Mutex<Option<Helper>>>,
}

impl Default for NtlmAuth {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NtlmAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NtlmAuth")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

impl NtlmAuth {
    /// The `ntlm_auth` that is found on the `PATH`; nothing is started yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            program: "ntlm_auth".into(),
            arguments: Vec::new(),
            default_domain: None,
            time_limit: Duration::from_secs(30),
            helper: Arc::default(),
        }
    }

    /// Another program, for example with its whole path.
    #[must_use]
    pub fn program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self.restarted()
    }

    /// One more argument, in front of `--helper-protocol=ntlm-server-1`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self.restarted()
    }

    /// The domain of clients that name none. Without it the helper takes the machine's own, and the
    /// client's name stays without a domain.
    #[must_use]
    pub fn default_domain(mut self, domain: impl Into<String>) -> Self {
        self.default_domain = Some(domain.into());
        self
    }

    /// How long a logon may take; 30 seconds unless this says otherwise. The helper is stopped then.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// With other arguments there is another helper than that of the clones made before.
    fn restarted(mut self) -> Self {
        self.helper = Arc::default();
        self
    }

    fn answer(&self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        let LogonProof::Ntlm {
            server_challenge,
            nt_response,
            ..
        } = &logon.proof
        else {
            return Err(Unavailable::NotSupported);
        };
        let domain = match &self.default_domain {
            // A name with a realm says itself where it belongs.
            Some(domain) if logon.domain.is_empty() && !logon.user.contains('@') => domain,
            _ => &logon.domain,
        };
        if logon.user.is_empty() || !is_name(&logon.user) || !is_name(domain) {
            return Ok(LogonAnswer::Denied(Denied::UnknownUser));
        }
        let request = request(domain, &logon.user, server_challenge, nt_response);
        match self.ask(request)? {
            Verdict::Yes(session_base_key) => Ok(LogonAnswer::Accepted {
                session_base_key,
                domain: domain.clone(),
                user: logon.user.clone(),
            }),
            Verdict::No(why) => Ok(LogonAnswer::Denied(why)),
        }
    }

    /// Lets the helper answer, which is started where none is running.
    fn ask(&self, request: Zeroizing<String>) -> Result<Verdict, Unavailable> {
        // Nothing below leaves a helper in its place that was not seen to be in order.
        let mut place = self.helper.lock().unwrap_or_else(PoisonError::into_inner);
        let mut helper = match place.take().and_then(Helper::running) {
            Some(helper) => helper,
            None => Helper::start(&self.program, &self.arguments)?,
        };
        let verdict = parse(&helper.ask(request, self.time_limit)?)?;
        *place = Some(helper);
        Ok(verdict)
    }
}

impl Resolve for NtlmAuth {
    fn logon(&mut self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        self.answer(logon)
    }
}

/// The helper is waited for beside the runtime's own threads.
#[cfg(feature = "tokio")]
impl countersign::AsyncResolve for NtlmAuth {
    async fn logon(&self, logon: &Logon) -> Result<LogonAnswer, Unavailable> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return self.answer(logon);
        };
        let (authority, logon) = (self.clone(), logon.clone());
        runtime
            .spawn_blocking(move || authority.answer(&logon))
            .await
            .unwrap_or_else(|_| Err(unreachable("the logon was cut off")))
    }
}

fn unreachable(why: impl fmt::Display) -> Unavailable {
    Unavailable::Unreachable(format!("ntlm_auth: {why}"))
}

/// Whether `winbindd` takes the name as it is. A NUL would end it early, and the controller would
/// then compare the proof of another account than the one that the session is called after.
fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME && !name.chars().any(|c| c.is_control() || c == '\\')
}

/// The lines of a logon. Names are in base64, so that they can hold nothing that ends a line; the LM
/// response has no part in NTLMv2.
fn request(domain: &str, user: &str, challenge: &[u8; 8], nt_response: &[u8]) -> Zeroizing<String> {
    let domain_line = if domain.is_empty() {
        String::new()
    } else {
        format!("NT-Domain:: {}\n", BASE64.encode(domain))
    };
    Zeroizing::new(format!(
        "Username:: {}\n{domain_line}LANMAN-Challenge: {}\nNT-Response: {}\n\
         Request-User-Session-Key: Yes\n.\n",
        BASE64.encode(user),
        hex(challenge),
        *Zeroizing::new(hex(nt_response)),
    ))
}

/// What the helper found.
#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    Yes(Secret<16>),
    No(Denied),
}

/// Reads the lines of an answer. A full stop stands at the end, and once more after a refusal.
fn parse(answer: &str) -> Result<Verdict, Unavailable> {
    let (mut authenticated, mut key, mut error) = (None, None, None);
    for line in answer.lines().filter(|line| *line != ".") {
        match line.split_once(": ") {
            Some(("Authenticated", "Yes")) => authenticated = Some(true),
            Some(("Authenticated", "No")) => authenticated = Some(false),
            Some(("User-Session-Key", digits)) => key = Some(digits),
            Some(("Authentication-Error", text)) => error = Some(text),
            Some(("Error", text)) => return Err(unreachable(text)),
            // What a later version may add.
            Some(_) => {}
            None => return Err(unreachable("not an answer")),
        }
    }
    match (authenticated, key) {
        (Some(true), Some(digits)) => session_key(digits)
            .map(Verdict::Yes)
            .ok_or_else(|| unreachable("a session key that does not parse")),
        // A guest, or an account from which no key can be had: nothing could be protected.
        (Some(true), None) => Err(unreachable("an answer without a session key")),
        (Some(false), _) => refusal(error.unwrap_or_default()).map(Verdict::No),
        (None, _) => Err(unreachable("an answer without a verdict")),
    }
}

/// Why the controller refuses, from a text for people. Its wording depends on Samba's version, so
/// the name of the status and its number are looked for too. What is not known is a refusal.
fn refusal(text: &str) -> Result<Denied, Unavailable> {
    const REFUSALS: [(Denied, &[&str]); 7] = [
        (
            Denied::WrongPassword,
            &[
                "current password is not correct",
                "wrong password",
                "nt_status_wrong_password",
                "0xc000006a",
            ],
        ),
        (
            Denied::UnknownUser,
            &[
                "specified account does not exist",
                "no such user",
                "nt_status_no_such_user",
                "0xc0000064",
            ],
        ),
        (
            Denied::AccountDisabled,
            &[
                "currently disabled",
                "account disabled",
                "nt_status_account_disabled",
                "0xc0000072",
            ],
        ),
        (
            Denied::AccountLocked,
            &[
                "automatically locked",
                "account locked out",
                "nt_status_account_locked_out",
                "0xc0000234",
            ],
        ),
        (
            Denied::AccountExpired,
            &[
                "account has expired",
                "account expired",
                "nt_status_account_expired",
                "0xc0000193",
            ],
        ),
        (
            Denied::PasswordExpired,
            &[
                "password has expired",
                "password expired",
                "nt_status_password_expired",
                "0xc0000071",
            ],
        ),
        (
            Denied::PasswordExpired,
            &[
                "password must be changed",
                "must change password",
                "nt_status_password_must_change",
                "0xc0000224",
            ],
        ),
    ];
    const UNREACHABLE: [&str; 13] = [
        "winbind reply failed",
        "logon servers",
        "nt_status_no_logon_servers",
        "domain controller",
        "nt_status_domain_controller_not_found",
        "nt_status_cant_access_domain_info",
        "access denied",
        "nt_status_access_denied",
        "nt_status_unsuccessful",
        "requested operation was unsuccessful",
        "nt_status_io_timeout",
        "nt_status_connection",
        "nt_status_rpc",
    ];
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    if let Some((why, _)) = REFUSALS.iter().find(|(_, words)| says(words)) {
        return Ok(*why);
    }
    if says(&UNREACHABLE) {
        return Err(unreachable(text));
    }
    Ok(Denied::ByAuthority)
}

fn session_key(digits: &str) -> Option<Secret<16>> {
    let mut key = Zeroizing::new([0; 16]);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != key.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let value = |digit: &u8| {
            char::from(*digit)
                .to_digit(16)
                .and_then(|n| u8::try_from(n).ok())
        };
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(Secret::new(*key))
}

/// A helper that runs. A thread of its own talks to it, so that nobody waits for longer than the limit.
struct Helper {
    process: Child,
    requests: Sender<Zeroizing<String>>,
    answers: Receiver<io::Result<Zeroizing<String>>>,
}

impl Helper {
    fn start(program: &OsString, arguments: &[OsString]) -> Result<Self, Unavailable> {
        let mut process = Command::new(program)
            .args(arguments)
            .arg("--helper-protocol=ntlm-server-1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| unreachable(format_args!("{}: {error}", program.display())))?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (requests, to_ask) = mpsc::channel();
        let (answered, answers) = mpsc::channel();
        // From here on the process is stopped whatever happens.
        let helper = Self {
            process,
            requests,
            answers,
        };
        let (input, output) = pipes.ok_or_else(|| unreachable("no pipes to the helper"))?;
        thread::Builder::new()
            .name("ntlm_auth".into())
            .spawn(move || talk(input, output, &to_ask, &answered))
            .map_err(unreachable)?;
        Ok(helper)
    }

    /// This helper, unless it has ended meanwhile.
    fn running(mut self) -> Option<Self> {
        matches!(self.process.try_wait(), Ok(None)).then_some(self)
    }

    fn ask(
        &mut self,
        request: Zeroizing<String>,
        limit: Duration,
    ) -> Result<Zeroizing<String>, Unavailable> {
        let ended = || unreachable("the helper has ended");
        self.requests.send(request).map_err(|_| ended())?;
        match self.answers.recv_timeout(limit) {
            Ok(answer) => answer.map_err(unreachable),
            Err(RecvTimeoutError::Timeout) => Err(unreachable("no answer in time")),
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Carries requests to the helper and its answers back, until one of them fails or nobody asks any more.
fn talk(
    mut input: ChildStdin,
    mut output: ChildStdout,
    requests: &Receiver<Zeroizing<String>>,
    answers: &Sender<io::Result<Zeroizing<String>>>,
) {
    for request in requests {
        let answer = input
            .write_all(request.as_bytes())
            .and_then(|()| input.flush())
            .and_then(|()| read_answer(&mut output));
        let failed = answer.is_err();
        if answers.send(answer).is_err() || failed {
            return;
        }
    }
}

/// Reads up to the line with the full stop.
fn read_answer(output: &mut impl Read) -> io::Result<Zeroizing<String>> {
    // It never grows, so that no copy of a key is left behind.
    let mut answer = Zeroizing::new([0; MAX_ANSWER]);
    let mut len = 0;
    loop {
        let room = answer.get_mut(len..).unwrap_or_default();
        if room.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an answer without an end",
            ));
        }
        match output.read(room) {
            Ok(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the helper has ended",
                ));
            }
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // The second full stop of the refusal before.
        while answer.starts_with(b".\n") && len >= 2 {
            answer.copy_within(2..len, 0);
            len -= 2;
        }
        let text = answer.get(..len).unwrap_or_default();
        if text.ends_with(b"\n.\n") {
            return match std::str::from_utf8(text) {
                Ok(text) => Ok(Zeroizing::new(text.to_owned())),
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "an answer that is not UTF-8",
                )),
            };
        }
    }
}
