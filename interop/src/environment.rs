//! Where the peers are: `NAME='value'` lines that the lab's scripts write.
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

/// The variables of the lab.
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Reads a file of `NAME='value'` lines.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut variables = HashMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| anyhow!("not NAME='value': {line}"))?;
            variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
        }
        Ok(Self(variables))
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Result<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| anyhow!("{name} is not set"))
    }

    /// A port of a peer.
    pub(crate) fn port(&self, name: &str) -> Result<u16> {
        self.get(name)?.parse().with_context(|| name.to_owned())
    }

    /// Bytes that a variable gives in hexadecimal digits.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let text = self.get(name)?;
        (0..text.len())
            .step_by(2)
            .map(|i| {
                text.get(i..i + 2)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                    .ok_or_else(|| anyhow!("{name} is not hexadecimal"))
            })
            .collect()
    }

    /// A command with its arguments, as the variable spells it, with the lab's variables set.
    pub(crate) fn command(&self, name: &str) -> Result<Command> {
        let mut words = self.get(name)?.split_whitespace();
        let mut command = Command::new(words.next().context("an empty command")?);
        command.args(words).envs(&self.0);
        Ok(command)
    }
}
