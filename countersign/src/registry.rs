//! The list of packages.
//!
//! ```
//! use countersign::Packages;
//!
//! let packages = Packages::standard();
//! assert_eq!(packages.get("ntlm").unwrap().info().rpc_id, 10);
//! assert!(packages.get("LANMAN").is_err());
//! let names: Vec<_> = packages.iter().map(|package| package.info().name).collect();
//! assert_eq!(names, ["NTLM"]);
//! ```
use std::sync::Arc;

use crate::base::error::Error;
use crate::context::package::Package;
use crate::ntlm::Ntlm;

/// A list of packages. Copies share the packages.
#[derive(Clone, Debug)]
pub struct Packages {
    list: Vec<Arc<dyn Package>>,
}

impl Packages {
    /// Every package of this crate with its defaults.
    #[must_use]
    pub fn standard() -> Self {
        Self::builder().with(Ntlm::default()).build()
    }

    /// An empty list to be filled.
    #[must_use]
    pub const fn builder() -> PackagesBuilder {
        PackagesBuilder { list: Vec::new() }
    }

    /// The package named `name`, in any case.
    ///
    /// # Errors
    /// [`Error::PackageNotFound`].
    #[doc(alias = "QuerySecurityPackageInfo")]
    pub fn get(&self, name: &str) -> Result<Arc<dyn Package>, Error> {
        self.find(|package| package.info().name.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::PackageNotFound(name.to_owned()))
    }

    /// The package with this DCE RPC id.
    #[must_use]
    pub fn by_rpc_id(&self, id: u16) -> Option<Arc<dyn Package>> {
        self.find(|package| package.info().rpc_id == id)
    }

    /// All packages, in the order of their registration.
    #[doc(alias = "EnumerateSecurityPackages")]
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Package>> {
        self.list.iter()
    }

    fn find(&self, is: impl Fn(&Arc<dyn Package>) -> bool) -> Option<Arc<dyn Package>> {
        self.list.iter().find(|package| is(package)).cloned()
    }
}

/// A list of packages in the making.
#[derive(Debug)]
pub struct PackagesBuilder {
    list: Vec<Arc<dyn Package>>,
}

impl PackagesBuilder {
    /// Adds a package, one of this crate or from outside; it takes the place of one with the same
    /// name (`AddSecurityPackage`).
    #[must_use]
    pub fn with(mut self, package: impl Package + 'static) -> Self {
        let name = package.info().name;
        self.list
            .retain(|known| !known.info().name.eq_ignore_ascii_case(name));
        self.list.push(Arc::new(package));
        self
    }

    /// The list.
    #[must_use]
    pub fn build(self) -> Packages {
        Packages { list: self.list }
    }
}
