//! Sources of pre-images.

use crate::callbacks::{callback, guarded, leave};
use crate::{strings, sys, BoxError, Result};
use std::collections::{BTreeMap, HashMap};
use std::ffi::CString;
use std::os::raw::{c_char, c_void};
use std::time::Duration;

/// A source of pre-images, and a receiver of hints.
///
/// Closures from a key to a pre-image are sources, and so are maps.
pub trait PreimageSource: Send {
    /// The whole pre-image of a key, without a length prefix; None if there is none.
    ///
    /// An error ends the run, and is the [`source`](std::error::Error::source) of its error. Pre-images
    /// of types 2 (keccak256) and 4 (sha256) are checked against their keys.
    fn preimage(&mut self, key: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, BoxError>;

    /// Receives one hint, without its length prefix. An error ends the run.
    fn hint(&mut self, hint: &[u8]) -> std::result::Result<(), BoxError> {
        let _ = hint;
        Ok(())
    }
}

impl<F> PreimageSource for F
where
    F: FnMut(&[u8; 32]) -> std::result::Result<Option<Vec<u8>>, BoxError> + Send,
{
    fn preimage(&mut self, key: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, BoxError> {
        self(key)
    }
}

impl PreimageSource for HashMap<[u8; 32], Vec<u8>> {
    fn preimage(&mut self, key: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, BoxError> {
        Ok(self.get(key).cloned())
    }
}

impl PreimageSource for BTreeMap<[u8; 32], Vec<u8>> {
    fn preimage(&mut self, key: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, BoxError> {
        Ok(self.get(key).cloned())
    }
}

/// A stream that a program writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputStream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

pub(crate) type Output = dyn FnMut(OutputStream, &[u8]) + Send;
pub(crate) type Progress = dyn FnMut(u64) -> std::ops::ControlFlow<()> + Send;

/// A pre-image server, a process that is started as op-challenger does.
pub struct Server {
    words: Vec<Vec<u8>>,
    timeout: Option<Duration>,
    pub(crate) output: Option<Box<Output>>,
}

impl Server {
    /// A server by its command line. The program is looked up in `PATH` if its name has no slash.
    pub fn new<I>(command: I) -> Server
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        use std::os::unix::ffi::OsStrExt;
        let words = command
            .into_iter()
            .map(|word| word.as_ref().as_bytes().to_vec())
            .collect();
        Server {
            words,
            timeout: Some(Duration::from_secs(900)),
            output: None,
        }
    }

    /// How long a request may wait without a byte, in whole seconds; None for no limit. The default is
    /// 900 s.
    pub fn timeout(mut self, timeout: Option<Duration>) -> Server {
        self.timeout = timeout;
        self
    }

    /// Sets what receives the server's output, on a thread of its own. It must not use the machine or
    /// trace. By default the output is dropped.
    pub fn on_output(mut self, output: impl FnMut(OutputStream, &[u8]) + Send + 'static) -> Server {
        self.output = Some(Box::new(output));
        self
    }

    pub(crate) fn seconds(&self) -> u32 {
        let seconds = self.timeout.map(|timeout| timeout.as_secs().max(1));
        seconds.map_or(sys::FALCONET_FOREVER, |seconds| {
            seconds.min(u64::from(sys::FALCONET_FOREVER - 1)) as u32
        })
    }

    pub(crate) fn words(&self) -> Result<Words> {
        let words: Vec<CString> = self
            .words
            .iter()
            .map(|word| strings::bytes(word))
            .collect::<Result<_>>()?;
        let mut pointers: Vec<*const c_char> = words.iter().map(|word| word.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Ok(Words {
            _words: words,
            pointers,
        })
    }
}

/// A command line as C takes it.
pub(crate) struct Words {
    _words: Vec<CString>,
    pub(crate) pointers: Vec<*const c_char>,
}

/// Passes a key to a source.
pub(crate) unsafe extern "C" fn preimage(
    context: *mut c_void,
    key: *const u8,
    answer: *mut sys::falconet_answer,
) -> sys::falconet_status {
    guarded(sys::FALCONET_IO_ERROR, || {
        // Sound: the context is that of a source, keys have 32 bytes, and the answer is valid until this
        // returns.
        let key = unsafe { *key.cast::<[u8; 32]>() };
        let mut source = unsafe { callback::<dyn PreimageSource>(context) };
        match source.preimage(&key) {
            Ok(Some(data)) => unsafe {
                sys::falconet_answer_append(answer, data.as_ptr().cast(), data.len())
            },
            Ok(None) => sys::FALCONET_NOT_FOUND,
            Err(error) => {
                if let Ok(reason) = CString::new(error.to_string()) {
                    unsafe { sys::falconet_answer_explain(answer, reason.as_ptr()) };
                }
                leave(error);
                sys::FALCONET_IO_ERROR
            }
        }
    })
}

/// Passes a hint to a source.
pub(crate) unsafe extern "C" fn hint(
    context: *mut c_void,
    bytes: *const u8,
    count: usize,
) -> sys::falconet_status {
    guarded(sys::FALCONET_IO_ERROR, || {
        // Sound: the context is that of a source, and as many bytes are readable.
        let hint = unsafe { strings::slice(bytes, count) };
        let mut source = unsafe { callback::<dyn PreimageSource>(context) };
        match source.hint(&hint) {
            Ok(()) => sys::FALCONET_OK,
            Err(error) => {
                leave(error);
                sys::FALCONET_IO_ERROR
            }
        }
    })
}

/// Passes output to its receiver.
pub(crate) unsafe extern "C" fn output(
    context: *mut c_void,
    stream: i32,
    bytes: *const u8,
    count: usize,
) {
    guarded((), || {
        // Sound: the context is that of a receiver, and as many bytes are readable.
        let bytes = unsafe { strings::slice(bytes, count) };
        let stream = if stream == 1 {
            OutputStream::Output
        } else {
            OutputStream::Error
        };
        let mut receiver = unsafe { callback::<Output>(context) };
        receiver(stream, &bytes);
    });
}

/// Asks whether to continue. Without a receiver, only a panic of another callback ends the run.
pub(crate) unsafe extern "C" fn progress(context: *mut c_void, step: u64) -> bool {
    if crate::callbacks::has_panicked() {
        return false;
    }
    guarded(false, || {
        // Sound: the context is NULL or that of a receiver.
        context.is_null() || unsafe { callback::<Progress>(context) }(step).is_continue()
    })
}
