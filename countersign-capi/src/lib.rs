//! The C interface of Countersign: the functions of `sspi.h` under their secur32 names.
//!
//! A C program finds the headers in `include/`; what each function does today stands in `MATRIX.md`.
//! The only crate with `unsafe`: the entry points check what C gave them and then call safe code.
//!
//! * handles are numbers with a check, never pointers;
//! * no panic crosses the border;
//! * memory that was handed out stands in a table, so that a wrong `FreeContextBuffer` is an error;
//! * no lock is held while a question about an account is answered.
#![deny(unsafe_op_in_unsafe_fn)]
#![allow(non_snake_case, reason = "the names of sspi.h")]

mod attributes;
mod boundary;
mod buffers;
mod context;
mod credential;
pub mod entry;
pub mod exports;
mod handle;
mod identity;
pub mod layout;
mod log;
mod memory;
mod message;
mod packages;
mod slab;
mod state;
mod text;
mod time;
