//! Which primitive comes from where; no other module names a cryptographic crate.
//!
//! MD4, MD5, HMAC and DES come from RustCrypto; RC4 is ours, because its state must be cloned
//! (a message that does not verify must not move it).
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::panic, clippy::unwrap_used)
)]
mod des;
mod hash;
mod rc4;
mod sealing;

pub(crate) use crc32fast::Hasher as Crc32;
pub(crate) use des::{des_hash, des_long};
pub(crate) use hash::{HmacMd5, equal, md4, md5};
pub(crate) use rc4::Rc4;
pub(crate) use sealing::{decrypt_then_mac, mac_then_encrypt};
