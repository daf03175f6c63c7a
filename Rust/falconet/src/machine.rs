//! Machines: opening, running, proving, inspecting, saving.

use crate::callbacks::Context;
use crate::error::{buffer, check};
use crate::options::written;
use crate::preimages::{self, Output, PreimageSource, Progress, Server};
use crate::{strings, sys, Claim, Compression, Engine, Events, Format, OpenOptions, OutputStream};
use crate::{Profile, Program, Proof, Result};
use std::io::Write;
use std::ops::{ControlFlow, Deref};
use std::path::Path;
use std::ptr;

/// Why a run returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// The run has reached the step.
    Step,
    /// The program exited.
    Exited,
    /// The last step read part of a pre-image: see [`MachineView::last_read`].
    PreimageRead,
    /// The run was cancelled. It can continue.
    Cancelled,
    /// The next instruction is in the range of [`Machine::set_stop_range`].
    Address,
}

impl Stop {
    pub(crate) fn new(stop: sys::falconet_stop) -> Stop {
        match stop {
            sys::FALCONET_STOP_STEP => Stop::Step,
            sys::FALCONET_STOP_EXITED => Stop::Exited,
            sys::FALCONET_STOP_PREIMAGE_READ => Stop::PreimageRead,
            sys::FALCONET_STOP_ADDRESS => Stop::Address,
            _ => Stop::Cancelled,
        }
    }
}

/// A read of part of a pre-image by one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PreimageRead {
    /// The key of the pre-image.
    pub key: [u8; 32],
    /// The offset of the part, counted from the length prefix.
    pub offset: u64,
}

/// A thread of the guest. Words of 32-bit machines are zero-extended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Thread {
    pub id: u64,
    pub pc: u64,
    pub next_pc: u64,
    pub lo: u64,
    pub hi: u64,
    pub registers: [u64; 32],
    /// The exit code of a thread that has exited.
    pub exit_code: Option<u8>,
    /// Whether it is on the right stack.
    pub right: bool,
    /// Whether the next step executes it.
    pub active: bool,
}

/// What may be asked of a machine, also during a pause of its run.
pub struct MachineView {
    handle: *mut sys::falconet_machine,
}

impl MachineView {
    pub(crate) fn new(handle: *mut sys::falconet_machine) -> MachineView {
        MachineView { handle }
    }

    pub(crate) fn handle(&self) -> *mut sys::falconet_machine {
        self.handle
    }

    /// A value that every machine has.
    fn value<T: Default>(
        &self,
        call: unsafe extern "C" fn(*const sys::falconet_machine, *mut T) -> sys::falconet_status,
    ) -> T {
        let mut value = T::default();
        // Sound: the result is written during the call. The handle is valid and not in use, since this
        // is borrowed from the only owner.
        check(unsafe { call(self.handle, &mut value) }).expect("a machine has this value");
        value
    }

    /// The number of the state version.
    pub fn version(&self) -> u32 {
        self.value(sys::falconet_machine_version)
    }

    /// The name of the revision by which steps are executed.
    pub fn revision(&self) -> &'static str {
        let mut name = ptr::null();
        // Sound: names live as long as the process.
        unsafe {
            check(sys::falconet_machine_revision(self.handle, &mut name))
                .expect("a machine has a revision");
            strings::borrowed(name).unwrap_or("")
        }
    }

    /// Steps executed since the program's start.
    pub fn step(&self) -> u64 {
        self.value(sys::falconet_machine_step)
    }

    /// The program's exit code; None if it has not exited.
    pub fn exit_code(&self) -> Option<u8> {
        let (mut exited, mut code) = (false, 0);
        // Sound: as `value`.
        check(unsafe { sys::falconet_machine_exit(self.handle, &mut exited, &mut code) })
            .expect("a machine has this value");
        exited.then_some(code)
    }

    /// The claim. Hashes the pages that have changed.
    pub fn claim(&self) -> Result<Claim> {
        let mut claim = [0; 32];
        // Sound: 32 bytes are writable.
        check(unsafe { sys::falconet_machine_claim(self.handle, claim.as_mut_ptr()) })?;
        Ok(Claim(claim))
    }

    /// The witness. The claim is its hash, except for the first byte.
    pub fn witness(&self) -> Result<Vec<u8>> {
        // Sound: the buffer is writable.
        buffer(|witness| unsafe { sys::falconet_machine_witness(self.handle, witness) })
    }

    /// Whether the state is known to have the snapshot's claim. False at first with
    /// [`OpenOptions::trust_pages`]; the next call that hashes pages anyway compares them.
    pub fn is_verified(&self) -> bool {
        self.value(sys::falconet_machine_is_verified)
    }

    /// The number of pages of 4096 bytes in the memory.
    pub fn page_count(&self) -> u64 {
        self.value(sys::falconet_machine_page_count)
    }

    /// Reads memory. The range wraps at the end of the address space; memory that was never written is
    /// zero.
    pub fn read_memory(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        // Sound: as many bytes are writable.
        check(unsafe {
            let room = bytes.as_mut_ptr().cast();
            sys::falconet_machine_read_memory(self.handle, address, room, bytes.len())
        })
    }

    /// The threads: those of the left stack first, each stack from the bottom.
    pub fn threads(&self) -> Vec<Thread> {
        let count: usize = self.value(sys::falconet_machine_thread_count);
        (0..count).map(|position| self.thread(position)).collect()
    }

    fn thread(&self, position: usize) -> Thread {
        // Sound: all fields are numbers, for which zeros are valid, and the result is writable.
        let thread = unsafe {
            let mut thread = std::mem::zeroed();
            check(sys::falconet_machine_thread(
                self.handle,
                position,
                &mut thread,
            ))
            .expect("the thread exists");
            thread
        };
        Thread {
            id: thread.id,
            pc: thread.pc,
            next_pc: thread.next_pc,
            lo: thread.lo,
            hi: thread.hi,
            registers: thread.registers,
            exit_code: thread.exited.then_some(thread.exit_code),
            right: thread.right,
            active: thread.active,
        }
    }

    /// What the last step read of a pre-image; None if it read nothing.
    pub fn last_read(&self) -> Option<PreimageRead> {
        let (mut key, mut offset) = ([0; 32], 0);
        // Sound: 32 bytes and a number are writable.
        let status =
            unsafe { sys::falconet_machine_last_read(self.handle, key.as_mut_ptr(), &mut offset) };
        check(status).ok().map(|()| PreimageRead { key, offset })
    }

    /// The calls that each thread is in, the active thread first, in the style of Go's tracebacks.
    /// Without a program, only a Go program's functions have names.
    pub fn traceback(&self, program: Option<&Program>) -> Result<String> {
        let program = program.map_or(ptr::null(), |program| program.handle());
        // Sound: the program lives during the call, and the buffer is writable.
        let text =
            buffer(|text| unsafe { sys::falconet_machine_traceback(self.handle, program, text) })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Writes a snapshot to a file, completely or not at all. Without a format, the name selects it. The
    /// file is compressed with gzip if its name ends in `.gz`.
    pub fn save(&self, path: impl AsRef<Path>, format: impl Into<Option<Format>>) -> Result<()> {
        let (path, format) = (strings::path(path)?, Format::number(format.into()));
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_machine_save(self.handle, path.as_ptr(), format) })
    }

    /// Writes a snapshot to a writer.
    pub fn write(
        &self,
        writer: impl Write,
        format: Format,
        compression: Compression,
    ) -> Result<()> {
        let (format, compression) = (Format::number(Some(format)), compression.number());
        // Sound: the writer lives during the call.
        written(writer, |write, context| unsafe {
            sys::falconet_machine_write(self.handle, format, compression, write, context)
        })
    }
}

/// A machine: a state, its memory, and its source of pre-images.
pub struct Machine {
    view: MachineView,
    source: Option<Context<dyn PreimageSource>>,
    output: Option<Context<Output>>,
    server_output: Option<Context<Output>>,
    progress: Option<Context<Progress>>,
}

// Sound: any thread may use a handle, one at a time, and callbacks are Send.
unsafe impl Send for Machine {}

impl Deref for Machine {
    type Target = MachineView;

    fn deref(&self) -> &MachineView {
        &self.view
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Sound: the only owner. The callbacks live until nothing can call them.
        unsafe { sys::falconet_machine_free(self.view.handle) };
    }
}

impl Machine {
    /// The machine that a function makes.
    pub(crate) fn made(
        open: impl FnOnce(*mut *mut sys::falconet_machine) -> sys::falconet_status,
    ) -> Result<Machine> {
        let mut handle = ptr::null_mut();
        check(open(&mut handle))?;
        let view = MachineView::new(handle);
        let mut machine = Machine {
            view,
            source: None,
            output: None,
            server_output: None,
            progress: None,
        };
        machine.set_progress(0, None)?;
        Ok(machine)
    }

    /// Opens a snapshot's file, compressed or not. [`OpenOptions`] has more ways.
    pub fn open(path: impl AsRef<Path>) -> Result<Machine> {
        OpenOptions::new().open(path)
    }

    /// Opens a snapshot in memory, compressed or not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Machine> {
        OpenOptions::new().from_bytes(bytes)
    }

    /// Loads an ELF file for a state version, ready to execute its first step.
    pub fn load_elf(path: impl AsRef<Path>, version: u32) -> Result<Machine> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        Machine::made(|machine| unsafe {
            sys::falconet_machine_load_elf(path.as_ptr(), version, machine)
        })
    }

    /// Loads an ELF file in memory.
    pub fn load_elf_bytes(bytes: &[u8], version: u32) -> Result<Machine> {
        // Sound: the bytes live during the call.
        Machine::made(|machine| unsafe {
            let start = bytes.as_ptr().cast();
            sys::falconet_machine_load_elf_memory(start, bytes.len(), version, machine)
        })
    }

    /// Sets the revision by which steps are executed, by any of its names; None is the newest.
    pub fn set_revision(&mut self, revision: Option<&str>) -> Result<()> {
        let name = revision
            .map(|name| strings::bytes(name.as_bytes()))
            .transpose()?;
        // Sound: the name lives during the call.
        check(unsafe { sys::falconet_machine_set_revision(self.handle(), strings::pointer(&name)) })
    }

    // Pre-images and output

    /// Sets a source of pre-images and receiver of hints: a [`PreimageSource`], a map, or a closure from a
    /// key to a pre-image.
    pub fn set_preimages(&mut self, source: impl PreimageSource + 'static) -> Result<()> {
        let context = Context::<dyn PreimageSource>::new(Box::new(source));
        // Sound: the context lives until another source is set or the machine is freed.
        check(unsafe {
            sys::falconet_machine_set_preimages(
                self.handle(),
                Some(preimages::preimage),
                Some(preimages::hint),
                context.pointer(),
            )
        })?;
        self.source = Some(context);
        Ok(())
    }

    /// Sets a directory in which a host stored pre-images as their source. Hints are dropped.
    pub fn set_preimage_folder(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_machine_set_preimage_folder(self.handle(), path.as_ptr()) })
    }

    /// Starts a server as the source of pre-images and the receiver of hints.
    pub fn set_preimage_server(&mut self, mut server: Server) -> Result<()> {
        let (words, seconds) = (server.words()?, server.seconds());
        let context = server.output.take().map(Context::<Output>::new);
        // Sound: the words live during the call, the context until another source is set or the machine is
        // freed.
        check(unsafe {
            sys::falconet_machine_set_preimage_server(
                self.handle(),
                words.pointers.as_ptr(),
                seconds,
                context.as_ref().map(|_| preimages::output as _),
                context.as_ref().map_or(ptr::null_mut(), Context::pointer),
            )
        })?;
        self.server_output = context;
        Ok(())
    }

    /// Sets the local input (key type 1) of an index, which takes precedence over the source.
    pub fn set_local_input(&mut self, index: u64, bytes: &[u8]) -> Result<()> {
        // Sound: the bytes live during the call.
        check(unsafe {
            let start = bytes.as_ptr().cast();
            sys::falconet_machine_set_local_input(self.handle(), index, start, bytes.len())
        })
    }

    /// Sets what receives the guest's output. By default it is dropped.
    pub fn on_output(
        &mut self,
        output: impl FnMut(OutputStream, &[u8]) + Send + 'static,
    ) -> Result<()> {
        let context = Context::<Output>::new(Box::new(output));
        // Sound: the context lives until another receiver is set or the machine is freed.
        check(unsafe {
            let function = Some(preimages::output as _);
            sys::falconet_machine_set_output(self.handle(), function, context.pointer())
        })?;
        self.output = Some(context);
        Ok(())
    }

    // Running

    /// Sets what executes steps.
    pub fn set_engine(&mut self, engine: Engine) -> Result<()> {
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_machine_set_engine(self.handle(), engine.number()) })
    }

    /// Sets the most pages of 4096 bytes that the guest may have; None is no limit.
    pub fn set_page_limit(&mut self, pages: Option<u64>) -> Result<()> {
        let pages = pages.map_or(0, |pages| pages.max(1));
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_machine_set_page_limit(self.handle(), pages) })
    }

    /// Sets the most bytes of hints that the source gets at once; None is 8 GiB.
    pub fn set_hint_limit(&mut self, bytes: Option<u64>) -> Result<()> {
        let bytes = bytes.map_or(0, |bytes| bytes.max(1));
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_machine_set_hint_limit(self.handle(), bytes) })
    }

    /// Makes runs stop before an instruction at an address of a range; an empty range ends that.
    pub fn set_stop_range(&mut self, addresses: std::ops::Range<u64>) -> Result<()> {
        let (start, end) = (addresses.start, addresses.end);
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_machine_set_stop_range(self.handle(), start, end) })
    }

    /// Sets what gets the number of steps, at least every 25 million, but at least `interval` apart.
    /// [`ControlFlow::Break`] has the effect of a cancellation.
    pub fn on_progress(
        &mut self,
        interval: u64,
        progress: impl FnMut(u64) -> ControlFlow<()> + Send + 'static,
    ) -> Result<()> {
        self.set_progress(interval, Some(Context::<Progress>::new(Box::new(progress))))
    }

    /// The callback is set in any case: it ends a run whose output callback panicked.
    fn set_progress(&mut self, interval: u64, context: Option<Context<Progress>>) -> Result<()> {
        // Sound: the context lives until another is set or the machine is freed.
        check(unsafe {
            sys::falconet_machine_set_progress(
                self.handle(),
                Some(preimages::progress),
                interval,
                context.as_ref().map_or(ptr::null_mut(), Context::pointer),
            )
        })?;
        self.progress = context;
        Ok(())
    }

    /// Runs until `step` steps have been executed in total, counted from the program's start, or until
    /// something else stops it. A machine past that step does nothing.
    ///
    /// After an error the machine is in the state before the step that failed.
    pub fn run(&mut self, step: u64) -> Result<Stop> {
        self.run_with(step, Events::new())
    }

    /// Runs as [`run`](Machine::run) does, with events on the way, in one pass.
    pub fn run_with(&mut self, step: u64, mut events: Events<'_>) -> Result<Stop> {
        let mut stop = sys::FALCONET_STOP_STEP;
        let flags = if events.to_preimage_read {
            sys::FALCONET_RUN_TO_PREIMAGE_READ
        } else {
            0
        };
        let value = events.value();
        // Sound: the events live during the call, and the result is writable.
        check(unsafe {
            sys::falconet_machine_run_events(self.handle(), step, flags, &value, &mut stop)
        })?;
        Ok(Stop::new(stop))
    }

    /// Executes one step and proves it. [`ErrorKind::Exited`](crate::ErrorKind::Exited) if the program has
    /// exited.
    pub fn prove(&mut self) -> Result<Proof> {
        let mut proof = ptr::null_mut();
        // Sound: the result is writable.
        check(unsafe { sys::falconet_machine_prove(self.handle(), &mut proof) })?;
        Ok(Proof::new(proof))
    }

    /// Runs as [`run`](Machine::run) does, and profiles the run. `program` names the functions; without
    /// one, only a Go program's have names. A sample is taken every `interval` steps; 0 adapts the
    /// interval to keep the run fast.
    pub fn profile(
        &mut self,
        step: u64,
        program: Option<&Program>,
        interval: u64,
    ) -> Result<(Stop, Profile)> {
        let program = program.map_or(ptr::null(), |program| program.handle());
        let (mut stop, mut profile) = (sys::FALCONET_STOP_STEP, ptr::null_mut());
        // Sound: the program lives during the call, and the results are writable.
        check(unsafe {
            sys::falconet_machine_profile(
                self.handle(),
                step,
                program,
                interval,
                &mut stop,
                &mut profile,
            )
        })?;
        Ok((Stop::new(stop), Profile::new(profile)))
    }

    /// What ends this machine's runs from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller(Target::Machine(self.handle()))
    }
}

#[derive(Clone, Copy)]
enum Target {
    Machine(*mut sys::falconet_machine),
    Trace(*mut sys::falconet_trace),
}

/// Ends the work of a machine or a trace, at any time from any thread. Does nothing once that is dropped.
#[derive(Clone)]
pub struct Canceller(Target);

// Sound: the calls may be made at any time from any thread, and no handle is used twice.
unsafe impl Send for Canceller {}
unsafe impl Sync for Canceller {}

impl Canceller {
    pub(crate) fn of_trace(trace: *mut sys::falconet_trace) -> Canceller {
        Canceller(Target::Trace(trace))
    }

    /// Stops a run within 25 million steps, or 200 ms if it waits for a server; a call of a trace gives
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). If none is in progress, the next one stops
    /// before its first step.
    pub fn cancel(&self) {
        // Sound: as above.
        unsafe {
            match self.0 {
                Target::Machine(handle) => sys::falconet_machine_cancel(handle),
                Target::Trace(handle) => sys::falconet_trace_cancel(handle),
            }
        };
    }

    /// Withdraws a cancellation that has not stopped a call yet.
    pub fn resume(&self) {
        // Sound: as above.
        unsafe {
            match self.0 {
                Target::Machine(handle) => sys::falconet_machine_resume(handle),
                Target::Trace(handle) => sys::falconet_trace_resume(handle),
            }
        };
    }
}
