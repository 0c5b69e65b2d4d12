//! The exported functions, one file for each chapter of `sspi.h`.
//!
//! Every function keeps the contract of its documentation: pointers are null or valid, lengths are
//! true. What can be checked is checked; the rest is the caller's promise, and so all are `unsafe`.
#![allow(clippy::missing_safety_doc, reason = "one contract for all, above")]

pub mod attributes;
pub mod contexts;
pub mod credentials;
pub mod identity;
pub mod interface;
pub mod later;
pub mod messages;
pub mod packages;
