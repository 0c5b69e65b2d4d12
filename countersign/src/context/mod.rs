//! What a security context is: who takes part, what is asked for, what was negotiated, and how
//! messages are protected.
//!
//! ```
//! use countersign::context::{Account, Identity};
//!
//! let identity = Identity::with_password(r"LAB\alice", "Passw0rd").unwrap();
//! let account = Account::with_password("LAB", "alice", &"Passw0rd".into());
//! assert_eq!(account.nt_hash(), Some(&identity.secret().nt_hash()), "the two ends of a proof");
//! ```
pub mod account;
pub mod attribute;
pub mod bindings;
pub mod datagram;
pub mod handshake;
pub mod identity;
pub mod input;
pub mod mechanism;
pub mod package;
pub mod question;
pub mod resolve;
pub mod session;

pub use account::{Account, AccountState, Verifier};
pub use attribute::{
    BindingsResult, ClientTokenStatus, Facts, KeyInfo, Lifespan, Names, Role, SessionKey, Sizes,
};
pub use bindings::ChannelBindings;
pub use datagram::{Connectionless, Datagram, Responded};
pub use handshake::{Ask, Asking, Handshake, Step};
pub use identity::{Identity, IdentitySecret};
pub use input::{Incoming, Input, Token};
pub use mechanism::{Event, Mechanism, Progress};
pub use package::{Accept, Acquire, Credential, CredentialUse, Initiate, Package, PackageInfo};
pub use question::{
    Answer, Kdc, KdcReply, Logon, LogonAnswer, LogonProof, Question, Remember, Remembered,
    SomeQuestion,
};
pub use resolve::{AsyncResolve, NoAnswers, Resolve, answer, conclude, settle, settle_async};
pub use session::{
    Lengths, Open, Opened, Opener, Order, Outgoing, Parts, Piece, Quality, Resume, Resumed, Seal,
    Sealer, Session, Stepped, Verified,
};
