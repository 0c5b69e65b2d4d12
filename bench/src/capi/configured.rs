//! The configuration that the C interface finds, and the same for the Rust calls beside it.
use std::path::PathBuf;
use std::{env, fs, io, process};

use countersign::Packages;
use countersign::ntlm::Ntlm;
use countersign_net::config::Config;
use countersign_net::store::StoreAnswers;

use crate::rows::ours::{Countersign, Halves};
use crate::rows::{DOMAIN, Library, PASSWORD, USER};

/// The variable that names the configuration.
const VARIABLE: &str = "COUNTERSIGN_CONFIG";

/// The configuration's folder; it goes away on drop.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Writes a configuration with one account and names it in the environment, where nothing else is
    /// left that changes it.
    ///
    /// # Errors
    /// What can not be written.
    ///
    /// # Safety
    /// The process has one thread.
    pub(crate) unsafe fn configure() -> io::Result<Self> {
        let folder = Self(env::temp_dir().join(format!("countersign-bench-{}", process::id())));
        fs::create_dir_all(&folder.0)?;
        let path = folder.0.join("config.toml");
        let accounts = format!("{DOMAIN}:{USER}:{PASSWORD}\n");
        fs::write(folder.0.join("users.txt"), accounts)?;
        fs::write(
            &path,
            "[accounts]\npasswords = \"users.txt\"\n[machine]\nname = \"WEB1\"\ndomain = \"LAB\"\n",
        )?;
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("COUNTERSIGN_") {
                // SAFETY: by contract nobody else reads or writes the environment.
                unsafe { env::remove_var(name) };
            }
        }
        // SAFETY: as above.
        unsafe { env::set_var(VARIABLE, &path) };
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is one account that everybody may know.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Countersign through Rust, with the package, the policy and the accounts that the C interface has.
pub(crate) struct Configured(Countersign);

impl Library for Configured {
    type Pair = Halves;

    fn new(password: &str) -> Self {
        let config = Config::load().expect("the configuration is our own");
        let ntlm = Ntlm::default()
            .workstation(config.names().netbios_computer.clone())
            .server_names(config.names().clone());
        let ntlm = Packages::builder().with(ntlm).build();
        let ntlm = ntlm.get("NTLM").expect("it was put there");
        let accounts = Box::new(StoreAnswers(config.accounts()));
        Self(Countersign::with(
            &*ntlm,
            config.policy(),
            accounts,
            password,
        ))
    }

    fn handshake(&mut self) -> Result<Halves, String> {
        self.0.handshake()
    }

    fn negotiated(&self) -> u32 {
        self.0.negotiated()
    }
}
