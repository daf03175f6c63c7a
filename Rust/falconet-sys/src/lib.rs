//! The declarations of `falconet.h`, the C interface of Falconet.
//!
//! The comments are those of the header, whose first one states the rules that hold for all functions:
//! errors, handles, buffers, threads, callbacks. The crate `falconet` is a safe interface over this one.
#![allow(non_camel_case_types)]

mod bindings;
pub use bindings::*;
