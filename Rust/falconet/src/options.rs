//! Formats, engines, and how snapshots are opened.

use crate::callbacks::{guarded, leave};
use crate::error::check;
use crate::{strings, sys, Machine, Result};
use std::ffi::CString;
use std::io::Read;
use std::os::raw::c_void;
use std::path::{Path, PathBuf};

/// A format of snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Cannon's binary format, of every state version.
    Bin,
    /// Cannon's JSON format, of state version 0.
    Json,
    /// The binary format that was proposed and never merged, of state version 0.
    Pr7559,
    /// Falconet's own format, of every state version.
    Fsnap,
}

impl Format {
    pub(crate) fn number(format: Option<Format>) -> sys::falconet_format {
        match format {
            None => sys::FALCONET_FORMAT_AUTO,
            Some(Format::Bin) => sys::FALCONET_FORMAT_BIN,
            Some(Format::Json) => sys::FALCONET_FORMAT_JSON,
            Some(Format::Pr7559) => sys::FALCONET_FORMAT_PR7559,
            Some(Format::Fsnap) => sys::FALCONET_FORMAT_FSNAP,
        }
    }
}

/// How what is written to a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
}

impl Compression {
    pub(crate) fn number(self) -> sys::falconet_compression {
        match self {
            Compression::None => sys::FALCONET_COMPRESSION_NONE,
            Compression::Gzip => sys::FALCONET_COMPRESSION_GZIP,
            Compression::Zstd => sys::FALCONET_COMPRESSION_ZSTD,
        }
    }
}

/// What executes steps. All give the same states. If the host does not support one, the next one is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Engine {
    /// Translated to the host's machine code.
    #[default]
    Translator,
    /// Decoded blocks, on any processor.
    Portable,
    /// One step at a time.
    Step,
    /// The first of these together with the last; both states are compared at intervals.
    Check,
}

impl Engine {
    pub(crate) fn number(self) -> sys::falconet_engine {
        match self {
            Engine::Translator => sys::FALCONET_ENGINE_TRANSLATOR,
            Engine::Portable => sys::FALCONET_ENGINE_PORTABLE,
            Engine::Step => sys::FALCONET_ENGINE_STEP,
            Engine::Check => sys::FALCONET_ENGINE_CHECK,
        }
    }
}

/// A form of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProfileFormat {
    /// For pprof, not compressed: a file of it usually is, with gzip.
    Pprof,
    /// A line for each stack, with the steps at its end.
    Folded,
    /// A flame graph in SVG.
    FlameGraph,
}

impl ProfileFormat {
    pub(crate) fn number(self) -> sys::falconet_profile_format {
        match self {
            ProfileFormat::Pprof => sys::FALCONET_PROFILE_PPROF,
            ProfileFormat::Folded => sys::FALCONET_PROFILE_FOLDED,
            ProfileFormat::FlameGraph => sys::FALCONET_PROFILE_FLAME_GRAPH,
        }
    }
}

/// How a snapshot is read.
///
/// ```no_run
/// # fn main() -> falconet::Result<()> {
/// let machine = falconet::OpenOptions::new().base("bases").open("delta.fsnap")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    format: Option<Format>,
    base: Option<PathBuf>,
    trust_pages: bool,
}

impl OpenOptions {
    /// By the content, with the bases of a delta in the directory of its file.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// The format of the snapshot, if it is not to be told from the content.
    pub fn format(mut self, format: Format) -> OpenOptions {
        self.format = Some(format);
        self
    }

    /// The base of a delta, or a directory of bases. A delta that does not come from a file needs one.
    pub fn base(mut self, path: impl AsRef<Path>) -> OpenOptions {
        self.base = Some(path.as_ref().to_path_buf());
        self
    }

    /// Whether the pages of a `.fsnap` file are not hashed: for files that this installation wrote. See
    /// [`is_verified`](crate::MachineView::is_verified).
    pub fn trust_pages(mut self, trust_pages: bool) -> OpenOptions {
        self.trust_pages = trust_pages;
        self
    }

    pub(crate) fn reading(&self) -> Result<Reading> {
        let base = self.base.as_ref().map(strings::path).transpose()?;
        let value = sys::falconet_reading {
            format: Format::number(self.format),
            base: strings::pointer(&base),
            trust_pages: self.trust_pages,
        };
        Ok(Reading { _base: base, value })
    }

    /// Opens a snapshot's file, compressed or not.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Machine> {
        let (path, reading) = (strings::path(path)?, self.reading()?);
        // Sound: the path and the options live during the call.
        Machine::made(|machine| unsafe {
            sys::falconet_machine_open(path.as_ptr(), &reading.value, machine)
        })
    }

    /// Opens a snapshot in memory, compressed or not.
    pub fn from_bytes(&self, bytes: &[u8]) -> Result<Machine> {
        let reading = self.reading()?;
        // Sound: the bytes and the options live during the call.
        Machine::made(|machine| unsafe {
            let start = bytes.as_ptr().cast();
            sys::falconet_machine_open_memory(start, bytes.len(), &reading.value, machine)
        })
    }

    /// Opens a snapshot that a reader gives, compressed or not.
    pub fn from_reader<R: Read>(&self, mut reader: R) -> Result<Machine> {
        let reading = self.reading()?;
        let context: *mut R = &mut reader;
        // Sound: the reader and the options live during the call.
        Machine::made(|machine| unsafe {
            sys::falconet_machine_open_stream(
                Some(read::<R>),
                context.cast(),
                &reading.value,
                machine,
            )
        })
    }
}

/// Options as C takes them.
pub(crate) struct Reading {
    _base: Option<CString>,
    pub(crate) value: sys::falconet_reading,
}

unsafe extern "C" fn read<R: Read>(context: *mut c_void, bytes: *mut c_void, count: usize) -> i64 {
    guarded(-1, || {
        // Sound: the context is the reader of the call; as many bytes are writable.
        let reader = unsafe { &mut *context.cast::<R>() };
        unsafe { std::ptr::write_bytes(bytes.cast::<u8>(), 0, count) };
        let room = unsafe { std::slice::from_raw_parts_mut(bytes.cast::<u8>(), count) };
        loop {
            match reader.read(room) {
                Ok(count) => return count as i64,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    leave(Box::new(error));
                    return -1;
                }
            }
        }
    })
}

pub(crate) unsafe extern "C" fn write<W: std::io::Write>(
    context: *mut c_void,
    bytes: *const c_void,
    count: usize,
) -> i32 {
    guarded(-1, || {
        // Sound: the context is the writer of the call; as many bytes are readable.
        let writer = unsafe { &mut *context.cast::<W>() };
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
        match writer.write_all(bytes) {
            Ok(()) => 0,
            Err(error) => {
                leave(Box::new(error));
                -1
            }
        }
    })
}

/// Calls a function that writes through a callback.
pub(crate) fn written<W: std::io::Write>(
    mut writer: W,
    call: impl FnOnce(sys::falconet_write_fn, *mut c_void) -> sys::falconet_status,
) -> Result<()> {
    let context: *mut W = &mut writer;
    check(call(Some(write::<W>), context.cast()))
}
