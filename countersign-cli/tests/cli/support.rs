//! Runs the command in a folder of its own.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The password of every account here; no output may hold it.
pub(crate) const PASSWORD: &str = "Tr0ub4dor-and-3";
/// How long anything may take before a test is taken for hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder that is removed at the end.
pub(crate) struct Sandbox(PathBuf);

impl Sandbox {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let sandbox = Self(folder);
        sandbox.write("config.toml", "");
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("data/accounts.redb")
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The command, with its store in this folder and nothing of the user's own settings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .args(args)
            .env("COUNTERSIGN_CONFIG", self.path("config.toml"))
            .env("COUNTERSIGN_ACCOUNTS", self.store())
            .env("SECRET", PASSWORD)
            .env_remove("COUNTERSIGN_LOG")
            .env_remove("COLUMNS")
            .current_dir(&self.0);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let ran = Ran {
            code: output.status.code().expect("ended by a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ran.out.contains(PASSWORD), "{ran:?}");
        assert!(!ran.err.contains(PASSWORD), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    }

    pub(crate) fn add(&self, name: &str) {
        let ran = self.run(&["account", "add", name, "--password-env", "SECRET"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    pub(crate) fn serve(&self, args: &[&str]) -> Server {
        Self::start(self.command(&[&["serve"], args].concat()))
    }

    /// A server whose accounts are those of the configuration file.
    pub(crate) fn serve_configured(&self, args: &[&str]) -> Server {
        let mut command = self.command(&[&["serve"], args].concat());
        command.env_remove("COUNTERSIGN_ACCOUNTS");
        Self::start(command)
    }

    fn start(mut command: Command) -> Server {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let stdin = child.stdin.take();
        let mut server = Server {
            child,
            stdin,
            lines,
            address: String::new(),
        };
        let first = server.line_with("listening on ");
        server.address = first.strip_prefix("listening on ").unwrap().to_owned();
        server
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The command refused with this code, this in its error, and a remedy.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, cause: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert!(self.err.contains(cause), "{self:?}");
        assert!(self.err.contains("\nhelp: "), "{self:?}");
    }
}

/// A server in the background; it ends with the test.
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines,
    pub(crate) address: String,
}

impl Server {
    /// See [`Lines::line_with`].
    #[track_caller]
    pub(crate) fn line_with(&self, text: &str) -> String {
        self.lines.line_with(text)
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for the server's own end.
    pub(crate) fn code(&mut self) -> i32 {
        self.child
            .wait()
            .unwrap()
            .code()
            .expect("ended by a signal")
    }

    /// The arguments as every user of the machine can read them.
    #[cfg(target_os = "linux")]
    pub(crate) fn command_line(&self) -> String {
        command_line(&self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The arguments of a process as every user of the machine can read them.
#[cfg(target_os = "linux")]
pub(crate) fn command_line(child: &Child) -> String {
    let bytes = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    String::from_utf8(bytes).unwrap().replace('\0', " ")
}

/// The output of a process, line by line.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    pub(crate) fn of(out: ChildStdout) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(lines)
    }

    /// The next line of output that contains `text`.
    #[track_caller]
    pub(crate) fn line_with(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.0.recv_timeout(PATIENCE) {
                Ok(line) => {
                    assert!(!line.contains(PASSWORD), "{line}");
                    if line.contains(text) {
                        return line;
                    }
                    seen.push(line);
                }
                Err(error) => panic!("no line with {text:?} ({error}); seen: {seen:?}"),
            }
        }
    }
}
