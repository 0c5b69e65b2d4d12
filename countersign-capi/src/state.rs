//! What the process has: its configuration and its packages.
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use countersign::{Error, Packages, Status};
use countersign_net::config::Config;

use crate::log;

/// What was configured, read at the first call that needs it; a bad file is the error of every call.
pub(crate) struct Process {
    pub(crate) config: Config,
    /// All packages of this library.
    all: Packages,
    /// The names of those that the process has disabled.
    disabled: RwLock<HashSet<&'static str>>,
}

impl Process {
    /// The packages that are enabled.
    pub(crate) fn packages(&self) -> Vec<Arc<dyn countersign::Package>> {
        let disabled = self.disabled.read().unwrap_or_else(PoisonError::into_inner);
        self.all
            .iter()
            .filter(|package| !disabled.contains(package.info().name))
            .cloned()
            .collect()
    }

    /// Enables or disables a package of this library (spec/09 row 21).
    pub(crate) fn enable(&self, name: &str, enabled: bool) -> Result<(), Error> {
        let name = self.all.get(name)?.info().name;
        let mut disabled = self
            .disabled
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if enabled {
            disabled.remove(name);
        } else {
            disabled.insert(name);
        }
        Ok(())
    }
}

static PROCESS: LazyLock<Result<Process, String>> = LazyLock::new(|| {
    let config = Config::load().map_err(|error| error.to_string())?;
    log::start(&config)?;
    Ok(Process {
        all: config.packages(),
        disabled: RwLock::default(),
        config,
    })
});

/// The process.
///
/// # Errors
/// Where the configuration can not be used. What is wrong was said on standard error once.
pub(crate) fn process() -> Result<&'static Process, Error> {
    static SAID: std::sync::Once = std::sync::Once::new();
    PROCESS.as_ref().map_err(|why| {
        SAID.call_once(|| eprintln!("countersign: {why}"));
        Error::Foreign(Status::SEC_E_CANNOT_INSTALL)
    })
}

/// The packages by name, in a form that outlives the call.
pub(crate) fn package(name: &str) -> Result<Arc<dyn countersign::Package>, Error> {
    process()?
        .packages()
        .into_iter()
        .find(|package| package.info().name.eq_ignore_ascii_case(name))
        .ok_or_else(|| Error::PackageNotFound(name.to_owned()))
}
