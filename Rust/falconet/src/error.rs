//! Errors of calls.

use crate::{callbacks, strings, sys};
use std::fmt;

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

/// What callbacks return as their error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What kind of failure a call met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value is out of range, or two things do not go together.
    InvalidArgument,
    /// Another call is using the object.
    Busy,
    /// There is no such file, thread, pre-image, or other thing that was requested.
    NotFound,
    /// A file cannot be opened, read or written, or a callback that reads or writes failed.
    Io,
    /// The data is corrupt, or not of this kind.
    BadData,
    /// This kind of data, or the requested format, does not support the operation.
    Unsupported,
    /// A pre-image is not available, or does not match its key. Says nothing about the claim.
    Preimage,
    /// The guest did something illegal: there is no next state.
    Panic,
    /// The host has no memory for the next state, or the guest has reached its page limit.
    NoMemory,
    /// The program has exited, so there is no step to prove.
    Exited,
    /// The proof does not hold.
    Rejected,
    /// Two computations of one state differ. No result can be trusted.
    Mismatch,
    /// The call was cancelled.
    Cancelled,
    /// Another process, or another [`Trace`](crate::Trace), is using the directory.
    Locked,
    /// The disk budget is exhausted.
    NoRoom,
    /// A kind that this crate does not know: the library is newer.
    Other,
}

impl ErrorKind {
    fn new(status: sys::falconet_status) -> ErrorKind {
        match status {
            sys::FALCONET_INVALID_ARGUMENT => ErrorKind::InvalidArgument,
            sys::FALCONET_BUSY => ErrorKind::Busy,
            sys::FALCONET_NOT_FOUND => ErrorKind::NotFound,
            sys::FALCONET_IO_ERROR => ErrorKind::Io,
            sys::FALCONET_BAD_DATA => ErrorKind::BadData,
            sys::FALCONET_UNSUPPORTED => ErrorKind::Unsupported,
            sys::FALCONET_PREIMAGE_ERROR => ErrorKind::Preimage,
            sys::FALCONET_PANIC => ErrorKind::Panic,
            sys::FALCONET_NO_MEMORY => ErrorKind::NoMemory,
            sys::FALCONET_EXITED => ErrorKind::Exited,
            sys::FALCONET_REJECTED => ErrorKind::Rejected,
            sys::FALCONET_MISMATCH => ErrorKind::Mismatch,
            sys::FALCONET_CANCELLED => ErrorKind::Cancelled,
            sys::FALCONET_LOCKED => ErrorKind::Locked,
            sys::FALCONET_NO_ROOM => ErrorKind::NoRoom,
            _ => ErrorKind::Other,
        }
    }
}

/// Why a call failed. Its text says what was wrong, where, and what to do.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<BoxError>,
}

impl Error {
    pub(crate) fn invalid(message: String) -> Error {
        Error {
            kind: ErrorKind::InvalidArgument,
            message,
            source: None,
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|error| error as &(dyn std::error::Error + 'static))
    }
}

/// Makes a result of a status, which a call on this thread has just returned.
///
/// Panics if a callback did during the call.
pub(crate) fn check(status: sys::falconet_status) -> Result<()> {
    let source = callbacks::finish();
    if status == sys::FALCONET_OK {
        return Ok(());
    }
    // Sound: a string that is valid until the next call of this thread fails.
    let message = unsafe { strings::owned(sys::falconet_error_message()) }.unwrap_or_default();
    Err(Error {
        kind: ErrorKind::new(status),
        message,
        source,
    })
}

/// Calls a function that fills a buffer.
pub(crate) fn buffer(
    call: impl FnOnce(*mut sys::falconet_buffer) -> sys::falconet_status,
) -> Result<Vec<u8>> {
    let mut buffer = sys::falconet_buffer {
        bytes: std::ptr::null_mut(),
        count: 0,
    };
    let status = call(&mut buffer);
    // Sound: the buffer is empty, or what the library filled.
    let bytes = unsafe { strings::slice(buffer.bytes, buffer.count) };
    unsafe { sys::falconet_buffer_free(&mut buffer) };
    check(status)?;
    Ok(bytes)
}
