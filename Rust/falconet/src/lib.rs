//! Falconet, a fault-proof VM that executes what Optimism's Cannon executes, with the same claims,
//! witnesses, proofs and snapshots.
//!
//! - [`Machine`] opens a snapshot or an ELF file, runs it, and proves its steps.
//! - [`Proof`] is the proof of one step, which it verifies.
//! - [`Trace`] answers what a challenger asks of a program: claims and step data by index.
//! - [`Program`] is an ELF file: whether the VM can execute it, and the names of its functions.
//! - [`snapshot`] describes, converts and compares snapshots without loading them.
//!
//! ```no_run
//! use falconet::{Machine, Result, Stop};
//!
//! fn main() -> Result<()> {
//!     let mut machine = Machine::open("state.bin.gz")?;
//!     machine.set_preimage_folder("datadir")?;
//!     if machine.run(1_000_000)? == Stop::Step {
//!         let proof = machine.prove()?;
//!         proof.verify()?;
//!         proof.save("proof-1000000.json.gz")?;
//!     }
//!     machine.run(u64::MAX)?;
//!     println!("{:?} {}", machine.exit_code(), machine.claim()?);
//!     Ok(())
//! }
//! ```
//!
//! # Errors
//!
//! Every function that can fail returns [`Error`]: a kind, and a message that says what was wrong, where,
//! and what to do. What a source of pre-images returns as its error is the
//! [`source`](std::error::Error::source) of the error of the run.
//!
//! # Threads
//!
//! A [`Machine`] may move to another thread, and one thread at a time uses it. Threads share a [`Trace`]
//! and a [`Program`]. A [`Canceller`] ends the work of another thread. After `fork`, a child must not use
//! what its parent made.
//!
//! # Callbacks
//!
//! They run on the thread of the call that needs them, except for a server's output. A panic in one of
//! them ends the call, which then panics with the same payload.
//!
//! # Linking
//!
//! The crate links `libfalconet.so`, found in the directory that `FALCONET_LIB_DIR` names, or else by
//! `pkg-config`. It needs no other crate.
#![warn(missing_docs, rust_2018_idioms, unreachable_pub)]
#![deny(unsafe_op_in_unsafe_fn)]

mod callbacks;
mod claim;
mod compare;
mod error;
mod events;
mod machine;
mod options;
mod preimages;
mod program;
mod proof;
pub mod snapshot;
mod strings;
mod trace;

pub use claim::{Claim, ParseClaimError, VmStatus};
pub use compare::{Change, Difference, Divergence, Value};
pub use error::{BoxError, Error, ErrorKind, Result};
pub use events::Events;
pub use machine::{Canceller, Machine, MachineView, PreimageRead, Stop, Thread};
pub use options::{Compression, Engine, Format, OpenOptions, ProfileFormat};
pub use preimages::{OutputStream, PreimageSource, Server};
pub use program::{Finding, FindingKind, Profile, Program, ProgramCheck};
pub use proof::{CalldataOptions, ContractCall, Proof};
pub use trace::{
    Trace, TraceAdoption, TraceClaim, TraceEnd, TraceIncident, TraceInfo, TraceOptions, TraceStep,
};

use falconet_sys as sys;

/// The version of the library that is linked, such as `0.1.0`.
pub fn version() -> &'static str {
    // Sound: a string that lives as long as the process.
    unsafe { strings::borrowed(sys::falconet_version()) }.unwrap_or("")
}

/// The names of a state version's revisions, the newest first, which is the default. Empty if there is
/// no such version.
pub fn revisions(version: u32) -> Vec<&'static str> {
    (0..)
        // Sound: strings that live as long as the process.
        .map_while(|position| unsafe {
            strings::borrowed(sys::falconet_revision_name(version, position))
        })
        .collect()
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
