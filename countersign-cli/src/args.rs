//! The command line.
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use countersign::{ChannelBindings, ContextFlags, Policy, Timestamp};
use countersign_net::store::LockoutPolicy;

use crate::exit;

/// Windows authentication on any system: SSPI clients, servers, accounts and diagnosis.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = help("\
Examples:
  countersign demo
  countersign account add 'LAB\\alice'
  countersign serve --listen 127.0.0.1:4433 --echo
  countersign connect 127.0.0.1:4433 --user 'LAB\\alice' --message hello
  countersign decode TlRMTVNTUAABAAAA...")
)]
pub(crate) struct Cli {
    /// Show each leg of a handshake; -vv also what is decided, -vvv everything.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say less: connect prints messages only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The examples of a command, and what the exit codes mean.
fn help(examples: &str) -> String {
    format!(
        "{examples}\n\n{}\n\nEnvironment:\n  \
         COUNTERSIGN_CONFIG    the configuration file [default: countersign/config.toml in\n  \
         {:22}$XDG_CONFIG_HOME or ~/.config, then /etc/countersign/config.toml]\n  \
         COUNTERSIGN_ACCOUNTS  the account store (see --store)\n  \
         COUNTERSIGN_LOG       what to log on standard error: debug, countersign=trace, ...\n  \
         NO_COLOR              no colour when set",
        exit::HELP,
        "",
    )
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Packages(PackagesArgs),
    Account(AccountArgs),
    Serve(ServeArgs),
    Connect(ConnectArgs),
    Decode(DecodeArgs),
    Completions(CompletionsArgs),
}

/// Show both sides of an exchange over real sockets, and that attacks are caught.
///
/// A server and a client in this process authenticate over TCP on the loopback, with an account
/// that exists for this run only; then messages are protected in both directions, and one thing
/// after the other is tampered with. Your own accounts are neither read nor changed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign demo
  countersign demo --json | jq .verdict")]
pub(crate) struct DemoArgs {
    /// The security package.
    #[arg(long, default_value = "NTLM")]
    pub(crate) package: String,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the security packages and what they can do.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign packages
  countersign packages --json | jq '.packages[].name'")]
pub(crate) struct PackagesArgs {
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Manage the accounts that `serve` lets in.
#[derive(Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  countersign account add 'LAB\\alice'
  countersign account list
  countersign account add bob --expires 2030-12-31 --password-file bob.txt
  countersign account export accounts.jsonl"
)]
pub(crate) struct AccountArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    Add(AddArgs),
    List(ListArgs),
    Remove(RemoveArgs),
    Passwd(PasswdArgs),
    Enable(EnableArgs),
    Disable(DisableArgs),
    Import(ImportArgs),
    Export(ExportArgs),
}

/// Add an account.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account add 'LAB\\alice'
  countersign account add bob --disabled
  printenv BOBS | countersign account add bob --password-file -")]
pub(crate) struct AddArgs {
    /// The account: DOMAIN\user, or user alone.
    pub(crate) name: AccountName,
    /// It may not log on until it is enabled.
    #[arg(long)]
    pub(crate) disabled: bool,
    /// From when on it may not log on any more: YYYY-MM-DD (midnight UTC) or YYYY-MM-DDTHH:MM:SSZ.
    #[arg(long, value_name = "DATE", default_value = "never", value_parser = crate::date::parse)]
    pub(crate) expires: Timestamp,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// List the accounts.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account list
  countersign account list --json | jq -r '.accounts[].name'")]
pub(crate) struct ListArgs {
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Remove an account.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account remove 'LAB\\alice'")]
pub(crate) struct RemoveArgs {
    /// The account: DOMAIN\user, or user alone.
    pub(crate) name: AccountName,
}

/// Change the password of an account.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account passwd 'LAB\\alice'
  NEW=... countersign account passwd 'LAB\\alice' --password-env NEW")]
pub(crate) struct PasswdArgs {
    /// The account: DOMAIN\user, or user alone.
    pub(crate) name: AccountName,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Let an account log on again; also when it was locked.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account enable 'LAB\\alice'")]
pub(crate) struct EnableArgs {
    /// The account: DOMAIN\user, or user alone.
    pub(crate) name: AccountName,
}

/// Keep an account from logging on.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account disable 'LAB\\alice'")]
pub(crate) struct DisableArgs {
    /// The account: DOMAIN\user, or user alone.
    pub(crate) name: AccountName,
}

/// Add the accounts of a file; those of the same name are replaced.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account import --format jsonl accounts.jsonl
  countersign account import --format passwords users.txt
  countersign account import --format smbpasswd --domain LAB /var/lib/samba/private/smbpasswd
  ssh old countersign account export | countersign account import -")]
pub(crate) struct ImportArgs {
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
    /// What the file is.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// The domain of the accounts, for files that name none [default: none, for every domain].
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) domain: String,
    /// Leave accounts of the same name as they are.
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Write all accounts with their hashes.
///
/// An NT hash is as good as the password: keep the file as secret as the passwords themselves. A new
/// file can be read by its owner only.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign account export accounts.jsonl
  countersign account export --force accounts.jsonl
  countersign account export --format smbpasswd smbpasswd")]
pub(crate) struct ExportArgs {
    /// The file; without one, standard output.
    pub(crate) file: Option<PathBuf>,
    /// What to write.
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,
    /// Overwrite the file if it is there, and print hashes even to a terminal.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line, with hashes: what export writes.
    Jsonl,
    /// DOMAIN:user:password per line; the domain may be empty.
    Passwords,
    /// Samba's file; its accounts get the domain of --domain.
    Smbpasswd,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object per line.
    Jsonl,
    /// Samba's file, which has neither domains nor accounts that expire.
    Smbpasswd,
}

/// Accept clients, authenticate them and show their messages.
///
/// Lines typed here go sealed to the client that came last; with --echo, each message goes back
/// to its sender. With --datagram nothing is typed: each message is answered, and where there is no
/// --echo the answer is empty.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign serve
  countersign serve --listen 127.0.0.1:4433 --echo
  countersign serve --target HTTP/web.example.com --require confidentiality
  countersign serve --datagram --loss 20 --reorder 20
  countersign serve --bindings 746c732d756e697175653a00 --policy compat")]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: String,
    /// The security package.
    #[arg(long, default_value = "NTLM")]
    pub(crate) package: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How old a peer may be [default: that of the configuration, else modern].
    #[arg(long, value_enum)]
    pub(crate) policy: Option<PolicyLevel>,
    /// Flags without which a client is refused, such as confidentiality,integrity.
    #[arg(long, value_name = "FLAGS", value_delimiter = ',', value_parser = flag)]
    pub(crate) require: Vec<ContextFlags>,
    /// A name that clients may ask for, such as HTTP/web.example.com. Without any, all are right.
    #[arg(long, value_name = "SPN")]
    pub(crate) target: Vec<String>,
    /// How many wrong passwords, each so long after the one before, lock an account for how long, such as
    /// 5/10m/1h; 0/0/0 locks none [default: that of the configuration, else none].
    #[arg(long, value_name = "THRESHOLD/WINDOW/DURATION")]
    pub(crate) lockout: Option<LockoutPolicy>,
    /// Answer each message with itself, behind "echo:".
    #[arg(long)]
    pub(crate) echo: bool,
    /// End after one connection; the exit code tells how that went.
    #[arg(long, conflicts_with = "datagram")]
    pub(crate) once: bool,
    /// Channel bindings: their application data in hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = bindings)]
    pub(crate) bindings: Option<ChannelBindings>,
    /// Let clients in that send no channel bindings at all.
    #[arg(long, requires = "bindings")]
    pub(crate) allow_missing_bindings: bool,
    #[command(flatten)]
    pub(crate) datagrams: DatagramArgs,
    /// How many clients are remembered at the same time; one that was forgotten is challenged again.
    #[arg(long, value_name = "CLIENTS", requires = "datagram", default_value_t = countersign_net::datagram::MAX_PEERS)]
    pub(crate) remember: usize,
}

/// Authenticate to a server and exchange protected messages.
///
/// Each line of standard input, or each --message, is sent sealed; what arrives is printed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign connect 127.0.0.1:4433 --user 'LAB\\alice'
  countersign connect web:4433 --user bob --target HTTP/web --message hello --json
  countersign connect web:4433 --user bob --datagram --message one --message two
  date | countersign -v connect web:4433 --user bob --password-env BOBS")]
pub(crate) struct ConnectArgs {
    /// The server.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    pub(crate) server: String,
    /// Who logs on: DOMAIN\user, user@realm, or user alone [default: the credentials of the
    /// configuration].
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Whom the server is expected to be, such as HTTP/web.example.com.
    #[arg(long, value_name = "SPN")]
    pub(crate) target: Option<String>,
    /// The security package.
    #[arg(long, default_value = "NTLM")]
    pub(crate) package: String,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Flags without which the server is refused, besides those that the messages need.
    #[arg(long, value_name = "FLAGS", value_delimiter = ',', value_parser = flag)]
    pub(crate) require: Vec<ContextFlags>,
    /// Channel bindings: their application data in hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = bindings)]
    pub(crate) bindings: Option<ChannelBindings>,
    /// A message to send instead of standard input; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Vec<String>,
    /// Sign messages and do not encrypt them.
    #[arg(long)]
    pub(crate) no_conf: bool,
    /// Print one JSON document at the end.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) datagrams: DatagramArgs,
}

/// Messages over UDP, and what goes wrong with them on purpose.
#[derive(Args, Debug)]
pub(crate) struct DatagramArgs {
    /// Exchange datagrams over UDP: messages first, authentication later, in any order.
    #[arg(long)]
    pub(crate) datagram: bool,
    /// How many of a hundred datagrams from here are lost on purpose.
    #[arg(long, value_name = "PERCENT", requires = "datagram", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=90))]
    pub(crate) loss: u32,
    /// How many of a hundred datagrams from here are sent twice.
    #[arg(long, value_name = "PERCENT", requires = "datagram", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) duplicate: u32,
    /// How many of a hundred datagrams from here are overtaken by the next one.
    #[arg(long, value_name = "PERCENT", requires = "datagram", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) reorder: u32,
    /// Where these accidents begin: the same number gives the same ones.
    #[arg(long, value_name = "N", requires = "datagram", default_value_t = 1)]
    pub(crate) seed: u32,
}

/// Take an NTLM token apart: every field with its place and its meaning.
///
/// The token is hexadecimal or base64, as it stands in a trace or in an HTTP header; a file may
/// also hold its bytes as they are.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign decode 4e544c4d53535000010000000782...
  countersign decode 'WWW-Authenticate: NTLM TlRMTVNTUAACAAAA...'
  countersign decode --file token.bin
  pbpaste | countersign decode -")]
pub(crate) struct DecodeArgs {
    /// The token; - is standard input.
    #[arg(required_unless_present = "file")]
    pub(crate) token: Option<String>,
    /// A file with the token, as text or as bytes; - is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "token")]
    pub(crate) file: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print a script that completes this command in a shell.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  countersign completions bash > ~/.local/share/bash-completion/completions/countersign
  countersign completions zsh > ~/.zfunc/_countersign")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}

/// Where the accounts are.
#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// The account store [default: that of the configuration, else countersign/accounts.redb in
    /// $XDG_DATA_HOME or ~/.local/share].
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) store: Option<PathBuf>,
}

/// Where the password comes from; without any of these it is asked for.
#[derive(Args, Debug)]
pub(crate) struct PasswordArgs {
    /// Take the password from the first line of a file; - is standard input.
    #[arg(long, value_name = "PATH", conflicts_with = "password_env")]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the password from a variable of the environment.
    #[arg(long, value_name = "NAME")]
    pub(crate) password_env: Option<String>,
}

/// The name of an account in a store: `DOMAIN\user`, or the user alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AccountName {
    pub(crate) domain: String,
    pub(crate) user: String,
}

impl std::str::FromStr for AccountName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (domain, user) = countersign::identity::split_name(text);
        if user.is_empty() {
            return Err("the user name is empty".to_owned());
        }
        if text.contains('\\') && domain.is_empty() {
            return Err("the domain in front of the backslash is empty".to_owned());
        }
        if text.chars().any(char::is_control) || user.contains('\\') {
            return Err("a name has at most one backslash, and no control characters".to_owned());
        }
        Ok(Self {
            domain: domain.to_owned(),
            user: user.to_owned(),
        })
    }
}

impl std::fmt::Display for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.domain.is_empty() {
            f.write_str(&self.user)
        } else {
            write!(f, r"{}\{}", self.domain, self.user)
        }
    }
}

/// The named levels of the policy.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum PolicyLevel {
    /// Only what is sound today.
    Modern,
    /// What peers of the last fifteen years need.
    Compat,
    /// Everything there is, for peers that can not be replaced.
    Legacy,
}

impl From<PolicyLevel> for Policy {
    fn from(level: PolicyLevel) -> Self {
        match level {
            PolicyLevel::Modern => Self::modern(),
            PolicyLevel::Compat => Self::compat(),
            PolicyLevel::Legacy => Self::legacy(),
        }
    }
}

/// A flag by its name, in any case, with `-` or `_`; `protected` stands for the usual four.
fn flag(text: &str) -> Result<ContextFlags, String> {
    let name = text.trim().to_uppercase().replace('-', "_");
    if name == "PROTECTED" {
        return Ok(ContextFlags::PROTECTED);
    }
    ContextFlags::from_name(&name).ok_or_else(|| {
        format!("no flag is named {text:?}; try integrity, confidentiality or protected")
    })
}

fn host_and_port(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("a server is HOST:PORT, such as web.example.com:4433 or [::1]:4433".to_owned()),
    }
}

fn bindings(text: &str) -> Result<ChannelBindings, String> {
    match crate::encoding::hex(text) {
        Some(data) if !data.is_empty() => Ok(ChannelBindings::from_application_data(data)),
        _ => Err(
            "channel bindings are hexadecimal digits, two for each byte of their application data"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn names() {
        let name: AccountName = r"LAB\alice".parse().unwrap();
        assert_eq!((name.domain.as_str(), name.user.as_str()), ("LAB", "alice"));
        assert_eq!(name.to_string(), r"LAB\alice");
        assert_eq!("bob".parse::<AccountName>().unwrap().to_string(), "bob");
        for bad in ["", r"LAB\", r"\bob", r"A\b\c", "a\nb"] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn flags() {
        assert_eq!(flag("mutual-auth"), Ok(ContextFlags::MUTUAL_AUTH));
        assert_eq!(flag("Protected"), Ok(ContextFlags::PROTECTED));
        assert!(flag("sealed").is_err());
    }
}
