//! Comparing runs, and comparing states.

use crate::callbacks::{guarded, leave};
use crate::error::check;
use crate::{strings, sys, BoxError, Claim, Machine, MachineView, Proof, Result};
use std::os::raw::c_void;

/// The first step at which two runs differ.
#[non_exhaustive]
pub struct Divergence {
    /// Steps executed before the one that differs. The states before it are the same, unless `at_start`.
    pub step: u64,
    /// Whether the runs differ from the first state on.
    pub at_start: bool,
    /// The claims after the step; None for a run that cannot execute it.
    pub claims: (Option<Claim>, Option<Claim>),
    /// The proofs of the step; None for a run that cannot execute it or of which only claims are known,
    /// and if `at_start`.
    pub proofs: (Option<Proof>, Option<Proof>),
}

impl Divergence {
    fn new(found: sys::falconet_divergence) -> Option<Divergence> {
        let proof = |proof: *mut sys::falconet_proof| {
            if proof.is_null() {
                None
            } else {
                Some(Proof::new(proof))
            }
        };
        let proofs = (proof(found.first_proof), proof(found.second_proof));
        found.differs.then_some(Divergence {
            step: found.step,
            at_start: found.at_start,
            claims: (
                found.has_first.then_some(Claim(found.first)),
                found.has_second.then_some(Claim(found.second)),
            ),
            proofs,
        })
    }
}

type Claims<'a> = dyn FnMut(u64) -> std::result::Result<Option<Claim>, BoxError> + 'a;

impl Machine {
    /// The first step at which this run and another machine's differ; None if they do not up to `limit`,
    /// the last step that is compared.
    ///
    /// Copies of the machines execute steps, at most three times as many as precede the difference. Both
    /// machines must be at the same step.
    pub fn bisect(&mut self, other: &mut Machine, limit: u64) -> Result<Option<Divergence>> {
        let (first, second) = (self.handle(), other.handle());
        // Sound: all fields are numbers or pointers, for which zeros are valid; the result is writable.
        unsafe {
            let mut found = std::mem::zeroed();
            check(sys::falconet_machine_bisect(
                first, second, limit, &mut found,
            ))?;
            Ok(Divergence::new(found))
        }
    }

    /// Compares this run with one of which only claims are known: of a trace, of another VM, or of an
    /// opponent.
    ///
    /// `claims` gets a number of steps, and gives the claim of the state after them, or None if the run
    /// cannot execute that many.
    pub fn bisect_claims<F>(&mut self, mut claims: F, limit: u64) -> Result<Option<Divergence>>
    where
        F: FnMut(u64) -> std::result::Result<Option<Claim>, BoxError>,
    {
        let mut claims: &mut Claims<'_> = &mut claims;
        let context: *mut &mut Claims<'_> = &mut claims;
        // Sound: as above, and the closure lives during the call.
        unsafe {
            let mut found = std::mem::zeroed();
            check(sys::falconet_machine_bisect_claims(
                self.handle(),
                Some(claim),
                context.cast(),
                limit,
                &mut found,
            ))?;
            Ok(Divergence::new(found))
        }
    }
}

unsafe extern "C" fn claim(context: *mut c_void, step: u64, claim: *mut u8) -> u32 {
    guarded(sys::FALCONET_IO_ERROR, || {
        // Sound: the context is the closure of the call, and 32 bytes are writable.
        let claims = unsafe { &mut *context.cast::<&mut Claims<'_>>() };
        match claims(step) {
            Ok(Some(value)) => {
                unsafe { claim.cast::<[u8; 32]>().write(value.0) };
                sys::FALCONET_OK
            }
            Ok(None) => sys::FALCONET_PANIC,
            Err(error) => {
                leave(error);
                sys::FALCONET_IO_ERROR
            }
        }
    })
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, an address, or a register's content.
    Number(u64),
    /// Bytes, such as a hash.
    Bytes(Vec<u8>),
}

/// One difference of two states. The values are those of the first and of the second; None for a state
/// that does not have the field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Change {
    /// A field of the state.
    Field {
        name: String,
        values: (Option<Value>, Option<Value>),
    },
    /// A field or a register of a thread that both states have.
    ThreadField {
        thread: u64,
        name: String,
        values: (Option<Value>, Option<Value>),
    },
    /// A thread that only one state has.
    Thread { thread: u64, in_first: bool },
    /// A page that only one state has. Its words follow; the other state's count as zeros.
    Page { address: u64, in_first: bool },
    /// A word of memory, 4 or 8 bytes as the first state's version has them.
    Word { address: u64, values: (u64, u64) },
}

/// How two states differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Whether the two are the same state with the same memory.
    pub same: bool,
    /// Pages of 4096 bytes that differ. All are counted.
    pub pages: u64,
    /// Words in them. All are counted.
    pub words: u64,
    /// Fields first, then threads, then words of the pages that were asked for.
    pub changes: Vec<Change>,
}

impl MachineView {
    /// How this machine's state differs from another's. The words of the `pages` pages with the lowest
    /// addresses among those that differ are listed.
    pub fn diff(&self, other: &MachineView, pages: usize) -> Result<Difference> {
        // Sound: the handles live during the call.
        collect(|take, context, totals| unsafe {
            let (first, second) = (self.handle(), other.handle());
            sys::falconet_machine_diff(first, second, pages, take, context, totals)
        })
    }
}

/// Calls a function that reports differences.
pub(crate) fn collect(
    call: impl FnOnce(
        sys::falconet_difference_fn,
        *mut c_void,
        *mut sys::falconet_difference_totals,
    ) -> sys::falconet_status,
) -> Result<Difference> {
    let mut totals = sys::falconet_difference_totals {
        pages: 0,
        words: 0,
        same: false,
    };
    let mut changes: Vec<Change> = Vec::new();
    let context: *mut Vec<Change> = &mut changes;
    check(call(Some(take), context.cast(), &mut totals))?;
    Ok(Difference {
        same: totals.same,
        pages: totals.pages,
        words: totals.words,
        changes,
    })
}

unsafe extern "C" fn take(context: *mut c_void, difference: *const sys::falconet_difference) {
    guarded((), || {
        // Sound: the context is the list of the call, and what C passes is valid until this returns.
        unsafe {
            if let Some(change) = change(&*difference) {
                (*context.cast::<Vec<Change>>()).push(change);
            }
        }
    });
}

/// # Safety
///
/// The pointers are valid, as during a callback.
unsafe fn change(item: &sys::falconet_difference) -> Option<Change> {
    let value = |exists: bool, number, bytes: *const u8, count| {
        // Sound: as the caller promises.
        exists.then(|| match bytes.is_null() {
            true => Value::Number(number),
            false => Value::Bytes(unsafe { strings::slice(bytes, count) }),
        })
    };
    let values = (
        value(
            item.in_first,
            item.first,
            item.first_bytes,
            item.first_count,
        ),
        value(
            item.in_second,
            item.second,
            item.second_bytes,
            item.second_count,
        ),
    );
    let name = unsafe { strings::owned(item.name) }.unwrap_or_default();
    let (thread, address, in_first) = (item.thread, item.address, item.in_first);
    Some(match item.kind {
        sys::FALCONET_DIFFERENCE_FIELD => Change::Field { name, values },
        sys::FALCONET_DIFFERENCE_THREAD_FIELD => Change::ThreadField {
            thread,
            name,
            values,
        },
        sys::FALCONET_DIFFERENCE_THREAD => Change::Thread { thread, in_first },
        sys::FALCONET_DIFFERENCE_PAGE => Change::Page { address, in_first },
        sys::FALCONET_DIFFERENCE_WORD => Change::Word {
            address,
            values: (item.first, item.second),
        },
        _ => return None,
    })
}
