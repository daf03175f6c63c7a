//! What all callbacks share: their contexts, and what they leave for the call that they are part of.

use crate::BoxError;
use std::any::Any;
use std::cell::RefCell;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard, PoisonError};

thread_local! {
    /// The first panic and the last error of callbacks, which cannot pass through C. Each thread has its
    /// own, since callbacks run on the thread of the call.
    static LEFT: RefCell<Left> = RefCell::new(Left { panic: None, error: None });
}

struct Left {
    panic: Option<Box<dyn Any + Send>>,
    error: Option<BoxError>,
}

/// Calls the body of a callback. Gives `failed` if it panics.
pub(crate) fn guarded<T>(failed: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        LEFT.with(|left| {
            left.borrow_mut().panic.get_or_insert(panic);
        });
        failed
    })
}

/// Leaves an error, the cause of the one that the call returns.
pub(crate) fn leave(error: BoxError) {
    LEFT.with(|left| left.borrow_mut().error = Some(error));
}

/// Whether a callback has panicked, so that a run should end.
pub(crate) fn has_panicked() -> bool {
    LEFT.with(|left| left.borrow().panic.is_some())
}

/// Ends a call: panics if a callback did, and gives the error that one left.
pub(crate) fn finish() -> Option<BoxError> {
    let (panic, error) = LEFT.with(|left| {
        let mut left = left.borrow_mut();
        (left.panic.take(), left.error.take())
    });
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
    error
}

/// A callback as C has it: a place that does not move, until this is dropped.
///
/// The lock is never waited for, since the library calls a callback from one thread at a time; it makes
/// that no condition of memory safety.
pub(crate) struct Context<T: ?Sized>(*mut Mutex<Box<T>>);

// Sound: it owns the callback.
unsafe impl<T: ?Sized + Send> Send for Context<T> {}

impl<T: ?Sized> Context<T> {
    pub(crate) fn new(callback: Box<T>) -> Context<T> {
        Context(Box::into_raw(Box::new(Mutex::new(callback))))
    }

    pub(crate) fn pointer(&self) -> *mut c_void {
        self.0.cast()
    }
}

impl<T: ?Sized> Drop for Context<T> {
    fn drop(&mut self) {
        // Sound: made by `new`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// The callback that a context points to.
///
/// # Safety
///
/// The pointer is that of a [`Context`] of this type that lives as long as the result.
pub(crate) unsafe fn callback<'a, T: ?Sized>(context: *mut c_void) -> MutexGuard<'a, Box<T>> {
    // Sound: as the caller promises.
    let callback = unsafe { &*context.cast::<Mutex<Box<T>>>() };
    // A callback that has panicked is the caller's to judge.
    callback.lock().unwrap_or_else(PoisonError::into_inner)
}
