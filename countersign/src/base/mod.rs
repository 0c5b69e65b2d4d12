//! What everything stands on: status codes, flags, errors, policy, secrets, time and randomness.
//!
//! ```
//! use countersign::base::{Error, Status};
//!
//! assert_eq!(Error::MessageAltered.status(), Status::SEC_E_MESSAGE_ALTERED);
//! ```
pub mod environment;
pub mod error;
pub mod flags;
pub mod policy;
pub mod secret;
pub mod status;

pub use environment::{Clock, Environment, NoRandomness, Random, Timestamp};
pub use error::{ApiMisuse, BindingFault, Denied, Error, PeerMisbehaved, Refused, Unavailable};
pub use flags::{Capabilities, ContextFlags};
pub use policy::{LmCompatibilityLevel, NtlmPolicy, Policy};
pub use secret::{Secret, SecretString};
pub use status::Status;
