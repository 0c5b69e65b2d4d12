//! The configuration: one file that says, for the C library and the command alike, where accounts,
//! default credentials, policy and logs are.
//!
//! The file is that of `COUNTERSIGN_CONFIG`, else `countersign/config.toml` in `$XDG_CONFIG_HOME` (or
//! `~/.config`), else `/etc/countersign/config.toml`, else nothing: everything has a default. Paths in
//! it are relative to its folder.
//!
//! ```toml
//! policy = "modern"                       # modern, compat or legacy
//!
//! [ntlm]                                  # switches of the policy, one by one
//! lm_compatibility_level = 5              # 0 to 5, as Windows numbers them
//! incoming = true                         # whether servers may use NTLM
//! outgoing = true                         # whether clients may
//!
//! [accounts]                              # who may log on to servers
//! file = "accounts.redb"                  # made by `countersign account add`
//! # passwords = "users.txt"               # or lines of DOMAIN:user:password
//!
//! [accounts.lockout]                      # wrong passwords lock an account; without this none does
//! threshold = 5                           # so many, 0 for none
//! window = "10m"                          # each at most this long after the one before: s, m, h or d
//! duration = "10m"                        # for so long; "0" is until `countersign account enable`
//!
//! [credentials]                           # who clients are that name nobody
//! user = 'LAB\alice'
//! password_file = "password.txt"          # its first line
//!
//! [machine]                               # what this machine says of itself
//! name = "WEB1"
//! domain = "LAB"
//! dns_name = "web1.lab.example.com"
//! dns_domain = "lab.example.com"
//! member = true
//!
//! [log]
//! filter = "countersign=info"
//! file = "countersign.log"                # else standard error
//! ```
//!
//! | variable | instead of |
//! |---|---|
//! | `COUNTERSIGN_POLICY` | `policy` |
//! | `COUNTERSIGN_ACCOUNTS` | `accounts.file` |
//! | `COUNTERSIGN_USER`, `COUNTERSIGN_PASSWORD_FILE` | `credentials` |
//! | `COUNTERSIGN_LOG`, `COUNTERSIGN_LOG_FILE` | `log` |
//!
//! ```
//! use countersign::Policy;
//! use countersign_net::config::Config;
//!
//! let config = Config::parse("policy = 'compat'\n[machine]\nname = 'WEB1'\n", "example.toml".as_ref())?;
//! assert_eq!(*config.policy(), Policy::compat());
//! assert_eq!(config.names().netbios_computer, "WEB1");
//!
//! let error = Config::parse("[accounts]\nfiel = 'x'\n", "example.toml".as_ref()).unwrap_err();
//! assert!(error.to_string().contains("example.toml, line 2") && error.to_string().contains("fiel"));
//! # Ok::<(), countersign_net::config::ConfigError>(())
//! ```
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use countersign::ntlm::{Ntlm, ServerNames};
use countersign::{Error, Identity, LmCompatibilityLevel, Packages, Policy, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::store::{
    AccountStore, EmbeddedAccounts, LockoutPolicy, MemoryAccounts, StoreError, files, span,
};

/// What was configured.
#[derive(Clone, Debug)]
pub struct Config {
    policy: Policy,
    names: ServerNames,
    accounts: Arc<dyn AccountStore>,
    accounts_file: Option<PathBuf>,
    /// The accounts, where they are in no file that can be changed.
    memory: MemoryAccounts,
    lockout: LockoutPolicy,
    user: Option<String>,
    password_file: Option<PathBuf>,
    log_filter: Option<String>,
    log_file: Option<PathBuf>,
}

/// Why the configuration can not be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can not be read.
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not what it should be.
    Content {
        /// Which file.
        path: PathBuf,
        /// The line, from 1; 0 where none is to blame.
        line: usize,
        /// What is wrong, with the key.
        what: String,
    },
    /// A variable of the environment has a value that is not allowed.
    Variable {
        /// Which variable.
        name: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The accounts can not be used.
    Accounts(StoreError),
    /// The name or the password of the default credentials is not valid.
    Credentials(Error),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Content {
                path,
                line: 0,
                what,
            } => write!(f, "{}: {what}", path.display()),
            Self::Content { path, line, what } => {
                write!(f, "{}, line {line}: {what}", path.display())
            }
            Self::Variable { name, what } => write!(f, "{name}: {what}"),
            Self::Accounts(error) => write!(f, "the accounts: {error}"),
            Self::Credentials(error) => write!(f, "the default credentials: {error}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Option<toml::Spanned<String>>,
    #[serde(default)]
    ntlm: NtlmSwitches,
    #[serde(default)]
    accounts: Accounts,
    #[serde(default)]
    credentials: Credentials,
    #[serde(default)]
    machine: Machine,
    #[serde(default)]
    log: Log,
}

/// What the file changes of the policy's NTLM part.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NtlmSwitches {
    lm_compatibility_level: Option<toml::Spanned<i64>>,
    incoming: Option<bool>,
    outgoing: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    file: Option<PathBuf>,
    passwords: Option<toml::Spanned<PathBuf>>,
    #[serde(default)]
    lockout: Lockout,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lockout {
    #[serde(default)]
    threshold: u32,
    window: Option<toml::Spanned<String>>,
    duration: Option<toml::Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: Option<String>,
    password_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Machine {
    name: Option<String>,
    domain: Option<String>,
    #[serde(default)]
    dns_name: String,
    #[serde(default)]
    dns_domain: String,
    #[serde(default)]
    member: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    filter: Option<String>,
    file: Option<PathBuf>,
}

/// The window and the duration of a lockout, where only its threshold is told.
const DEFAULT_LOCKOUT: Duration = Duration::from_secs(600);

impl Config {
    /// Reads the file of this system and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names file, line and key, or the variable.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_from(&variables())
    }

    /// Reads a configuration from its text, with nothing from the environment; `path` is for errors,
    /// and its folder is where relative paths start.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        Self::build(text, path, &HashMap::new())
    }

    fn load_from(variables: &HashMap<String, String>) -> Result<Self, ConfigError> {
        let read = |path: &Path| fs::read_to_string(path);
        let named = variables.get("COUNTERSIGN_CONFIG");
        if let Some(path) = named.filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            return match read(&path) {
                Ok(text) => Self::build(&text, &path, variables),
                Err(error) => Err(ConfigError::File { path, error }),
            };
        }
        let home = folder(variables, "XDG_CONFIG_HOME", ".config");
        for folder in home.into_iter().chain([PathBuf::from("/etc")]) {
            let path = folder.join("countersign/config.toml");
            match read(&path) {
                Ok(text) => return Self::build(&text, &path, variables),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(ConfigError::File { path, error }),
            }
        }
        Self::build("", Path::new("the defaults"), variables)
    }

    fn build(
        text: &str,
        path: &Path,
        variables: &HashMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let wrong = |line: usize, what: String| ConfigError::Content {
            path: path.to_owned(),
            line,
            what,
        };
        let line = |offset: usize| {
            let before = text.get(..offset).unwrap_or(text);
            before.matches('\n').count() + 1
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| line(span.start));
            wrong(at, error.message().to_owned())
        })?;
        let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        let mut policy = match (set("COUNTERSIGN_POLICY"), &file.policy) {
            (Some(name), _) => policy(name).ok_or_else(|| ConfigError::Variable {
                name: "COUNTERSIGN_POLICY",
                what: no_policy(name),
            })?,
            (None, Some(name)) => policy(name.get_ref()).ok_or_else(|| {
                let what = format!("policy: {}", no_policy(name.get_ref()));
                wrong(line(name.span().start), what)
            })?,
            (None, None) => Policy::default(),
        };
        if let Some(number) = &file.ntlm.lm_compatibility_level {
            policy.ntlm.level = level(*number.get_ref()).ok_or_else(|| {
                let what = format!(
                    "ntlm.lm_compatibility_level: {} is not 0 to 5",
                    number.get_ref()
                );
                wrong(line(number.span().start), what)
            })?;
        }
        policy.ntlm.incoming = file.ntlm.incoming.unwrap_or(policy.ntlm.incoming);
        policy.ntlm.outgoing = file.ntlm.outgoing.unwrap_or(policy.ntlm.outgoing);
        let accounts_file = set("COUNTERSIGN_ACCOUNTS")
            .map(PathBuf::from)
            .or_else(|| file.accounts.file.as_ref().map(|file| base.join(file)));
        if let (Some(_), Some(passwords)) = (&file.accounts.file, &file.accounts.passwords) {
            let what = "accounts.passwords: accounts.file is there too".to_owned();
            return Err(wrong(line(passwords.span().start), what));
        }
        let (memory, accounts_file) = match (accounts_file, &file.accounts.passwords) {
            (Some(path), _) => (MemoryAccounts::new(), Some(path)),
            (None, Some(passwords)) => (password_accounts(&base.join(passwords.get_ref()))?, None),
            (None, None) => (MemoryAccounts::new(), default_accounts(variables)),
        };
        let time = |key: &str, value: &Option<toml::Spanned<String>>| match value {
            None => Ok(DEFAULT_LOCKOUT),
            Some(text) => span(text.get_ref()).map_err(|error| {
                let what = format!("accounts.lockout.{key}: {error}");
                wrong(line(text.span().start), what)
            }),
        };
        let Lockout {
            threshold,
            window,
            duration,
        } = &file.accounts.lockout;
        let lockout = LockoutPolicy {
            threshold: *threshold,
            window: time("window", window)?,
            duration: time("duration", duration)?,
        };
        if let Some(window) = window.as_ref().filter(|_| lockout.window.is_zero()) {
            let what = "accounts.lockout.window: it is longer than zero".to_owned();
            return Err(wrong(line(window.span().start), what));
        }
        Ok(Self {
            policy,
            names: file.machine.names(),
            accounts: accounts(accounts_file.as_deref(), &memory, lockout),
            accounts_file,
            memory,
            lockout,
            user: set("COUNTERSIGN_USER").cloned().or(file.credentials.user),
            password_file: set("COUNTERSIGN_PASSWORD_FILE")
                .map(PathBuf::from)
                .or_else(|| file.credentials.password_file.map(|file| base.join(file))),
            log_filter: set("COUNTERSIGN_LOG").cloned().or(file.log.filter),
            log_file: set("COUNTERSIGN_LOG_FILE")
                .map(PathBuf::from)
                .or_else(|| file.log.file.map(|file| base.join(file))),
        })
    }

    /// What is allowed.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What this machine says of itself.
    #[must_use]
    pub const fn names(&self) -> &ServerNames {
        &self.names
    }

    /// Every package, with what this machine says of itself.
    #[must_use]
    pub fn packages(&self) -> Packages {
        let ntlm = Ntlm::default()
            .workstation(self.names.netbios_computer.clone())
            .server_names(self.names.clone());
        Packages::builder().with(ntlm).build()
    }

    /// Who may log on.
    #[must_use]
    pub fn accounts(&self) -> Arc<dyn AccountStore> {
        Arc::clone(&self.accounts)
    }

    /// When accounts are locked out.
    #[must_use]
    pub const fn lockout(&self) -> LockoutPolicy {
        self.lockout
    }

    /// The same with another policy of lockout.
    #[must_use]
    pub fn with_lockout(mut self, policy: LockoutPolicy) -> Self {
        self.lockout = policy;
        self.accounts = accounts(self.accounts_file.as_deref(), &self.memory, policy);
        self
    }

    /// The file of the accounts, where they are in one that can be changed.
    #[must_use]
    pub fn accounts_file(&self) -> Option<&Path> {
        self.accounts_file.as_deref()
    }

    /// Who clients are that name nobody; the password is read now.
    ///
    /// # Errors
    /// [`ConfigError`] when the password can not be read or the name is not valid.
    pub fn default_identity(&self) -> Result<Option<Identity>, ConfigError> {
        let (Some(user), Some(path)) = (&self.user, &self.password_file) else {
            return Ok(None);
        };
        let text = fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| ConfigError::File {
                path: path.clone(),
                error,
            })?;
        let password = SecretString::from(text.lines().next().unwrap_or_default());
        Identity::with_password(user, password)
            .map(Some)
            .map_err(ConfigError::Credentials)
    }

    /// What is logged, in the form of `tracing`'s filters.
    #[must_use]
    pub fn log_filter(&self) -> Option<&str> {
        self.log_filter.as_deref()
    }

    /// Where logs go; standard error if nowhere else.
    #[must_use]
    pub fn log_file(&self) -> Option<&Path> {
        self.log_file.as_deref()
    }
}

impl Machine {
    fn names(self) -> ServerNames {
        let name = self.name.unwrap_or_else(host_name);
        let mut names = ServerNames::standalone(&name);
        names.netbios_domain = self.domain.unwrap_or(name);
        names.dns_tree.clone_from(&self.dns_domain);
        names.dns_computer = self.dns_name;
        names.dns_domain = self.dns_domain;
        names.domain_member = self.member;
        names
    }
}

/// The name of this machine as NetBIOS has it: upper case, at most fifteen characters.
fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let label = name.trim().split('.').next().unwrap_or_default();
    let name: String = label.chars().take(15).collect::<String>().to_uppercase();
    if name.is_empty() {
        "COUNTERSIGN".to_owned()
    } else {
        name
    }
}

fn policy(name: &str) -> Option<Policy> {
    match name {
        "modern" => Some(Policy::modern()),
        "compat" => Some(Policy::compat()),
        "legacy" => Some(Policy::legacy()),
        _ => None,
    }
}

const fn level(number: i64) -> Option<LmCompatibilityLevel> {
    Some(match number {
        0 => LmCompatibilityLevel::Level0,
        1 => LmCompatibilityLevel::Level1,
        2 => LmCompatibilityLevel::Level2,
        3 => LmCompatibilityLevel::Level3,
        4 => LmCompatibilityLevel::Level4,
        5 => LmCompatibilityLevel::Level5,
        _ => return None,
    })
}

fn no_policy(name: &str) -> String {
    format!("{name:?} is none of modern, compat and legacy")
}

fn accounts(
    file: Option<&Path>,
    memory: &MemoryAccounts,
    lockout: LockoutPolicy,
) -> Arc<dyn AccountStore> {
    match file {
        Some(path) => Arc::new(EmbeddedAccounts::open(path).lockout(lockout)),
        None => Arc::new(memory.clone().lockout(lockout)),
    }
}

fn password_accounts(path: &Path) -> Result<MemoryAccounts, ConfigError> {
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| ConfigError::File {
            path: path.to_owned(),
            error,
        })?;
    let accounts = MemoryAccounts::new();
    let list = files::read_passwords(text.as_bytes()).map_err(|error| ConfigError::Content {
        path: path.to_owned(),
        line: 0,
        what: error.to_string(),
    })?;
    for account in &list {
        accounts.add(account).map_err(ConfigError::Accounts)?;
    }
    Ok(accounts)
}

/// `$XDG_DATA_HOME/countersign/accounts.redb`.
fn default_accounts(variables: &HashMap<String, String>) -> Option<PathBuf> {
    folder(variables, "XDG_DATA_HOME", ".local/share")
        .map(|folder| folder.join("countersign/accounts.redb"))
}

fn folder(variables: &HashMap<String, String>, name: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    set(name)
        .map(PathBuf::from)
        // A relative one is to be ignored, says the specification of these folders.
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| Path::new(home).join(below_home)))
}

/// The environment; what is not Unicode names nothing of ours.
fn variables() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn scratch(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("countersign-config-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn everything_has_a_default() {
        let config = Config::load_from(&variables(&[("HOME", "/nowhere")])).unwrap();
        assert_eq!(*config.policy(), Policy::modern());
        assert_eq!(
            config.accounts_file(),
            Some(Path::new("/nowhere/.local/share/countersign/accounts.redb"))
        );
        assert!(config.default_identity().unwrap().is_none());
        assert!(config.log_filter().is_none() && config.log_file().is_none());
        assert!(!config.names().netbios_computer.is_empty());
    }

    #[test]
    fn switches_change_the_named_policy() {
        let parse = |text: &str| {
            Config::parse(text, Path::new("x.toml"))
                .unwrap()
                .policy()
                .clone()
        };
        assert_eq!(parse("policy = 'legacy'\n[ntlm]\n"), Policy::legacy());
        for (number, level) in [
            LmCompatibilityLevel::Level0,
            LmCompatibilityLevel::Level1,
            LmCompatibilityLevel::Level2,
            LmCompatibilityLevel::Level3,
            LmCompatibilityLevel::Level4,
            LmCompatibilityLevel::Level5,
        ]
        .into_iter()
        .enumerate()
        {
            let policy = parse(&format!("[ntlm]\nlm_compatibility_level = {number}"));
            assert_eq!(policy.ntlm.level, level);
            assert!(policy.ntlm.require_128, "nothing else is changed");
        }
        let policy = parse("[ntlm]\nincoming = false");
        assert_eq!((policy.ntlm.incoming, policy.ntlm.outgoing), (false, true));
        let policy = parse("[ntlm]\noutgoing = false");
        assert_eq!((policy.ntlm.incoming, policy.ntlm.outgoing), (true, false));
    }

    #[test]
    fn errors_name_file_line_and_key() {
        for (text, expected) in [
            (
                "\n\npolicy = 'new'",
                "x.toml, line 3: policy: \"new\" is none of",
            ),
            ("[log]\nfilter = 1", "x.toml, line 2: "),
            ("[machine]\nmember = 'yes'", "x.toml, line 2: "),
            ("what = 1", "unknown field `what`"),
            ("[accounts", "x.toml, line 1: "),
            (
                "[ntlm]\nlm_compatibility_level = 6",
                "x.toml, line 2: ntlm.lm_compatibility_level: 6 is not 0 to 5",
            ),
            (
                "[accounts]\nfile = 'a'\npasswords = 'b'",
                "line 3: accounts.passwords: accounts.file is there too",
            ),
            ("[accounts.lockout]\nthreshold = -1", "x.toml, line 2: "),
            (
                "[accounts.lockout]\nthreshold = 5\nwindow = '5'",
                "line 3: accounts.lockout.window: a time is a whole number with",
            ),
            (
                "[accounts.lockout]\nwindow = '0'",
                "line 2: accounts.lockout.window: it is longer",
            ),
            (
                "[accounts.lockout]\nduration = 'x'",
                "line 2: accounts.lockout.duration: a time",
            ),
            (
                "[accounts.lockout]\ntreshold = 5",
                "unknown field `treshold`",
            ),
        ] {
            let error = Config::parse(text, Path::new("x.toml")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error} / {expected}");
        }
        let error = Config::load_from(&variables(&[("COUNTERSIGN_CONFIG", "/no/such.toml")]));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .starts_with("/no/such.toml: ")
        );
        let error = Config::load_from(&variables(&[("COUNTERSIGN_POLICY", "old")]));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .starts_with("COUNTERSIGN_POLICY: \"old\"")
        );
    }

    #[test]
    fn paths_are_relative_to_the_file_and_variables_win() {
        let folder = scratch("paths");
        fs::write(folder.join("users.txt"), "LAB:alice:Passw0rd\n").unwrap();
        fs::write(folder.join("password.txt"), "Passw0rd\nnot this\n").unwrap();
        let path = folder.join("config.toml");
        let text = "policy = 'compat'\n[accounts]\npasswords = 'users.txt'\n[credentials]\nuser = 'LAB\\alice'\n\
                    password_file = 'password.txt'\n[log]\nfilter = 'info'\nfile = 'x.log'\n";
        fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let config = Config::load_from(&variables(&[("COUNTERSIGN_CONFIG", path)])).unwrap();
        let identity = config.default_identity().unwrap().unwrap();
        assert_eq!((identity.domain(), identity.user()), ("LAB", "alice"));
        let expected = countersign::IdentitySecret::Password("Passw0rd".into());
        assert_eq!(identity.secret(), &expected);
        assert!(config.accounts().find("LAB", "ALICE").unwrap().is_some());
        assert_eq!(config.log_file(), Some(&*folder.join("x.log")));
        let config = Config::load_from(&variables(&[
            ("COUNTERSIGN_CONFIG", path),
            ("COUNTERSIGN_POLICY", "modern"),
            ("COUNTERSIGN_USER", "bob"),
            ("COUNTERSIGN_LOG", "debug"),
            ("COUNTERSIGN_ACCOUNTS", "/other.redb"),
        ]))
        .unwrap();
        assert_eq!(*config.policy(), Policy::modern());
        assert_eq!(config.default_identity().unwrap().unwrap().user(), "bob");
        assert_eq!(config.log_filter(), Some("debug"));
        assert_eq!(config.accounts_file(), Some(Path::new("/other.redb")));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lockout() {
        use crate::store::LogonOutcome;
        let folder = scratch("lockout");
        fs::write(folder.join("users.txt"), "LAB:alice:Passw0rd\n").unwrap();
        let path = folder.join("config.toml");
        let config = |text: &str| {
            let text = format!("[accounts]\npasswords = 'users.txt'\n{text}");
            Config::parse(&text, &path).unwrap()
        };
        assert_eq!(config("").lockout().threshold, 0);
        let expected = LockoutPolicy {
            threshold: 2,
            window: Duration::from_secs(600),
            duration: Duration::from_secs(600),
        };
        assert_eq!(config("lockout = { threshold = 2 }").lockout(), expected);
        let all = config("[accounts.lockout]\nthreshold = 2\nwindow = '1m'\nduration = '0'");
        let expected: LockoutPolicy = "2/1m/0".parse().unwrap();
        assert_eq!(all.lockout(), expected);

        let locks = |config: &Config| {
            let accounts = config.accounts();
            accounts
                .record("LAB", "alice", LogonOutcome::Failed)
                .unwrap();
            let alice = accounts.find("LAB", "alice").unwrap().unwrap();
            alice.state.locked_until == countersign::Timestamp::NEVER
        };
        assert!(
            !locks(&all) && locks(&all),
            "in the store that all calls get"
        );
        let once = config("").with_lockout("1/1m/0".parse().unwrap());
        assert!(locks(&once), "the same accounts with another policy");

        let file = folder.join("accounts.redb");
        let store = EmbeddedAccounts::open(&file);
        let alice = countersign::Account::with_password("LAB", "alice", &"Passw0rd".into());
        store.add(&alice).unwrap();
        let text =
            "[accounts]\nfile = 'accounts.redb'\n[accounts.lockout]\nthreshold = 2\nduration = '0'";
        let config = Config::parse(text, &path).unwrap();
        assert!(!locks(&config) && locks(&config));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn bad_files_behind_the_file() {
        let folder = scratch("behind");
        let path = folder.join("config.toml");
        fs::write(folder.join("users.txt"), "no colons here\n").unwrap();
        let error = Config::parse("[accounts]\npasswords = 'users.txt'", &path).unwrap_err();
        assert!(error.to_string().contains("users.txt") && error.to_string().contains('1'));
        assert!(!error.to_string().contains("no colons"), "{error}");
        let text = "[credentials]\nuser = 'a'\npassword_file = 'missing.txt'";
        let config = Config::parse(text, &path).unwrap();
        let error = config.default_identity().unwrap_err().to_string();
        assert!(error.contains("missing.txt"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_machine() {
        let text = "[machine]\nname = 'WEB1'\ndomain = 'LAB'\ndns_name = 'web1.lab.example'\n\
                    dns_domain = 'lab.example'\nmember = true";
        let config = Config::parse(text, Path::new("x.toml")).unwrap();
        let expected = ServerNames::domain_member("WEB1", "LAB", "web1.lab.example", "lab.example");
        assert_eq!(*config.names(), expected);
    }
}
