//! Traces: claims and step data by index, cached in a directory.

use crate::callbacks::{guarded, Context};
use crate::error::check;
use crate::machine::Canceller;
use crate::preimages::{self, Output, PreimageSource, Progress, Server};
use crate::{strings, sys, Claim, Engine, Machine, OpenOptions, Proof, Result};
use std::ops::ControlFlow;
use std::os::raw::c_void;
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers what a challenger asks of a program: the claim and the step data at an index. It caches the
/// answers, and states to continue from, in a directory of its own.
///
/// The index of a step is the number of steps executed before it. The claim at an index is the one after
/// that step; an index past the end has the claim of the state that exited.
///
/// Threads may share a trace. Cached answers are returned immediately; calls that must execute steps do so
/// one at a time. A call that fails changes nothing, and can be retried once the cause is gone.
pub struct Trace {
    handle: *mut sys::falconet_trace,
    callbacks: Mutex<Callbacks>,
}

// Sound: many threads may use a trace at once, and callbacks are Send.
unsafe impl Send for Trace {}
unsafe impl Sync for Trace {}

#[derive(Default)]
struct Callbacks {
    source: Option<Context<dyn PreimageSource>>,
    server_output: Option<Context<Output>>,
    progress: Option<Context<Progress>>,
}

impl Drop for Trace {
    fn drop(&mut self) {
        // Sound: the only owner. The callbacks live until nothing can call them.
        unsafe { sys::falconet_trace_free(self.handle) };
    }
}

/// Options of a trace.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TraceOptions {
    /// How to read the prestate's file.
    pub prestate: OpenOptions,
    /// Steps between snapshots; 0 stands for 1,000,000,000.
    pub snapshot_interval: u64,
    /// Bytes that the directory may take; 0 stands for 16 GiB.
    pub disk_budget: u64,
    /// Bytes that states in memory may take in addition to the machine; 0 stands for 512 MiB.
    pub memory_budget: u64,
    /// States in memory; 0 stands for 64.
    pub checkpoints: u32,
    /// What executes steps.
    pub engine: Engine,
    /// The revision by which steps are executed; None is the one that the prestate records, or else the
    /// newest.
    pub revision: Option<String>,
    /// Bytes of hints that the source gets at once; 0 stands for 8 GiB.
    pub hint_limit: u64,
}

/// The claim at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TraceClaim {
    /// The index.
    pub index: u64,
    /// Of the state after the step, or of the one that exited.
    pub claim: Claim,
    /// Whether the trace ends before the index.
    pub past_end: bool,
}

/// The step data at an index.
#[non_exhaustive]
pub struct TraceStep {
    /// The last index of the trace, if a later one was requested.
    pub index: u64,
    /// Past the end: the state that exited, without proof data; there is nothing to verify then.
    pub proof: Proof,
    /// Whether the trace ends before the requested index.
    pub past_end: bool,
}

/// The end of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceEnd {
    /// The index of the last step: the number of steps, less one.
    pub index: u64,
    /// The claim of the state that exited.
    pub claim: Claim,
    /// The witness of the state that exited.
    pub witness: Vec<u8>,
}

/// The status of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceInfo {
    /// The number of the state version.
    pub version: u32,
    /// The index of the last step; None if it is not known.
    pub end: Option<u64>,
    /// Known claims.
    pub claims: u64,
    /// The steps of the states in the directory, ascending.
    pub snapshots: Vec<u64>,
    /// States in memory.
    pub checkpoints: u64,
    /// Bytes that the directory takes.
    pub size: u64,
    /// Bytes that the directory may take.
    pub budget: u64,
    /// Steps executed since the trace was opened.
    pub executed: u64,
}

/// A file that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceIncident {
    /// Its path.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
    /// The path that it was moved to; None if it was not moved.
    pub moved_to: Option<String>,
}

/// What was adopted from one of op-challenger's directories.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceAdoption {
    /// Proofs that were adopted.
    pub proofs: u64,
    /// States that were adopted.
    pub snapshots: u64,
    /// Whether the end of the trace was adopted or was known.
    pub has_end: bool,
    /// What failed its check.
    pub refused: Vec<TraceIncident>,
}

impl Trace {
    /// Opens the directory of a trace, or creates it. The prestate is a snapshot's file, which is read
    /// when steps must be executed.
    ///
    /// [`ErrorKind::Locked`](crate::ErrorKind::Locked) if the directory is in use.
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if it belongs to another
    /// prestate or revision, or if it is neither empty nor the directory of a trace.
    pub fn open(
        folder: impl AsRef<Path>,
        prestate: impl AsRef<Path>,
        options: &TraceOptions,
    ) -> Result<Trace> {
        let prestate = strings::path(prestate)?;
        // Sound: the paths and the options live during the call.
        Trace::made(folder, options, |folder, options, trace| unsafe {
            sys::falconet_trace_open(folder, prestate.as_ptr(), options, trace)
        })
    }

    /// Opens a trace whose prestate is the current state of a machine. The machine may continue.
    pub fn open_machine(
        folder: impl AsRef<Path>,
        prestate: &mut Machine,
        options: &TraceOptions,
    ) -> Result<Trace> {
        let machine = prestate.handle();
        // Sound: the path and the options live during the call.
        Trace::made(folder, options, |folder, options, trace| unsafe {
            sys::falconet_trace_open_machine(folder, machine, options, trace)
        })
    }

    fn made(
        folder: impl AsRef<Path>,
        options: &TraceOptions,
        open: impl FnOnce(
            *const std::os::raw::c_char,
            *const sys::falconet_trace_options,
            *mut *mut sys::falconet_trace,
        ) -> sys::falconet_status,
    ) -> Result<Trace> {
        let (folder, reading) = (strings::path(folder)?, options.prestate.reading()?);
        let revision = options
            .revision
            .as_ref()
            .map(|name| strings::bytes(name.as_bytes()))
            .transpose()?;
        let values = sys::falconet_trace_options {
            prestate: reading.value,
            snapshot_interval: options.snapshot_interval,
            disk_budget: options.disk_budget,
            memory_budget: options.memory_budget,
            checkpoints: options.checkpoints,
            engine: options.engine.number(),
            revision: strings::pointer(&revision),
            hint_limit: options.hint_limit,
        };
        let mut handle = ptr::null_mut();
        check(open(folder.as_ptr(), &values, &mut handle))?;
        Ok(Trace {
            handle,
            callbacks: Mutex::default(),
        })
    }

    /// The callbacks, for one call at a time that sets any.
    fn callbacks(&self) -> MutexGuard<'_, Callbacks> {
        self.callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    // Pre-images, progress

    /// Sets the source of pre-images, used from the next executed step on. Waits for a call that executes
    /// steps.
    ///
    /// `identity` is a text that changes whenever the source could give other local pre-images (key type
    /// 1), which are inputs of the trace. If it is the same as before, cached answers are returned without
    /// the source; otherwise the source is asked for the recorded inputs first.
    pub fn set_preimages(
        &self,
        source: impl PreimageSource + 'static,
        identity: Option<&str>,
    ) -> Result<()> {
        let identity = identity
            .map(|text| strings::bytes(text.as_bytes()))
            .transpose()?;
        let mut callbacks = self.callbacks();
        let context = Context::<dyn PreimageSource>::new(Box::new(source));
        // Sound: the context lives until another source is set or the trace is freed.
        check(unsafe {
            sys::falconet_trace_set_preimages(
                self.handle,
                Some(preimages::preimage),
                Some(preimages::hint),
                context.pointer(),
            )
        })?;
        callbacks.source = Some(context);
        if identity.is_none() {
            return Ok(());
        }
        // Sound: the text lives during the call.
        check(unsafe {
            sys::falconet_trace_set_source_identity(self.handle, strings::pointer(&identity))
        })
    }

    /// Sets a directory in which a host stored pre-images as their source.
    pub fn set_preimage_folder(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_trace_set_preimage_folder(self.handle, path.as_ptr()) })
    }

    /// Sets a server as the source, which is started when steps must be executed.
    pub fn set_preimage_server(&self, mut server: Server) -> Result<()> {
        let (words, seconds) = (server.words()?, server.seconds());
        let mut callbacks = self.callbacks();
        let context = server.output.take().map(Context::<Output>::new);
        // Sound: the words live during the call, the context until another source is set or the trace is
        // freed.
        check(unsafe {
            sys::falconet_trace_set_preimage_server(
                self.handle,
                words.pointers.as_ptr(),
                seconds,
                context.as_ref().map(|_| preimages::output as _),
                context.as_ref().map_or(ptr::null_mut(), Context::pointer),
            )
        })?;
        callbacks.server_output = context;
        Ok(())
    }

    /// Sets the local input (key type 1) of an index, which takes precedence over the source.
    pub fn set_local_input(&self, index: u64, bytes: &[u8]) -> Result<()> {
        // Sound: the bytes live during the call.
        check(unsafe {
            let start = bytes.as_ptr().cast();
            sys::falconet_trace_set_local_input(self.handle, index, start, bytes.len())
        })
    }

    /// Sets what gets the step that the machine has reached, several times a second while steps are
    /// executed, but at least `interval` steps apart. [`ControlFlow::Break`] cancels its call.
    pub fn on_progress(
        &self,
        interval: u64,
        progress: impl FnMut(u64) -> ControlFlow<()> + Send + 'static,
    ) -> Result<()> {
        let mut callbacks = self.callbacks();
        let context = Context::<Progress>::new(Box::new(progress));
        // Sound: the context lives until another is set or the trace is freed.
        check(unsafe {
            sys::falconet_trace_set_progress(
                self.handle,
                Some(preimages::progress),
                interval,
                context.pointer(),
            )
        })?;
        callbacks.progress = Some(context);
        Ok(())
    }

    /// What ends the calls of this trace that execute steps, from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller::of_trace(self.handle)
    }

    // Answers

    /// The claim and the witness of the prestate.
    pub fn prestate(&self) -> Result<(Claim, Vec<u8>)> {
        let mut claim = [0; 32];
        // Sound: the results are writable.
        let witness = crate::error::buffer(|witness| unsafe {
            sys::falconet_trace_prestate(self.handle, claim.as_mut_ptr(), witness)
        })?;
        Ok((Claim(claim), witness))
    }

    /// The claim at an index: immediately if it is cached, else after the steps to it.
    pub fn claim(&self, index: u64) -> Result<TraceClaim> {
        Ok(self.claims(&[index])?[0])
    }

    /// The claims at many indices, in their order, from one pass over the trace.
    pub fn claims(&self, indices: &[u64]) -> Result<Vec<TraceClaim>> {
        let empty = sys::falconet_trace_claim {
            index: 0,
            claim: [0; 32],
            past_end: false,
        };
        let mut claims = vec![empty; indices.len()];
        // Sound: as many indices are readable and as many claims writable.
        check(unsafe {
            let (start, count) = (indices.as_ptr(), indices.len());
            sys::falconet_trace_claims(self.handle, start, count, claims.as_mut_ptr())
        })?;
        let made = |claim: sys::falconet_trace_claim| TraceClaim {
            index: claim.index,
            claim: Claim(claim.claim),
            past_end: claim.past_end,
        };
        Ok(claims.into_iter().map(made).collect())
    }

    /// The step data at an index: witness, proof, pre-image, and the claim after the step.
    pub fn step(&self, index: u64) -> Result<TraceStep> {
        Ok(self.steps(&[index])?.remove(0))
    }

    /// The step data at many indices, in their order, from one pass over the trace.
    pub fn steps(&self, indices: &[u64]) -> Result<Vec<TraceStep>> {
        let empty = sys::falconet_trace_step {
            index: 0,
            proof: ptr::null_mut(),
            past_end: false,
        };
        let mut steps = vec![empty; indices.len()];
        // Sound: as many indices are readable and as many steps writable.
        check(unsafe {
            let (start, count) = (indices.as_ptr(), indices.len());
            sys::falconet_trace_steps(self.handle, start, count, steps.as_mut_ptr())
        })?;
        let made = |step: sys::falconet_trace_step| TraceStep {
            index: step.index,
            proof: Proof::new(step.proof),
            past_end: step.past_end,
        };
        Ok(steps.into_iter().map(made).collect())
    }

    /// The end of the trace. Runs the program to it if it is not known.
    pub fn last(&self) -> Result<TraceEnd> {
        let (mut index, mut claim) = (0, [0; 32]);
        // Sound: the results are writable.
        let witness = crate::error::buffer(|witness| unsafe {
            sys::falconet_trace_last(self.handle, &mut index, claim.as_mut_ptr(), witness)
        })?;
        Ok(TraceEnd {
            index,
            claim: Claim(claim),
            witness,
        })
    }

    // The directory

    /// The status of the trace. Waits for a call that executes steps.
    pub fn info(&self) -> Result<TraceInfo> {
        // Sound: all fields are numbers, for which zeros are valid, and the result is writable.
        let info = unsafe {
            let mut info = std::mem::zeroed();
            check(sys::falconet_trace_get_info(self.handle, &mut info))?;
            info
        };
        Ok(TraceInfo {
            version: info.version,
            end: info.has_end.then_some(info.end),
            claims: info.claims,
            snapshots: self.snapshots()?,
            checkpoints: info.checkpoints,
            size: info.size,
            budget: info.budget,
            executed: info.executed,
        })
    }

    fn snapshots(&self) -> Result<Vec<u64>> {
        let mut steps: Vec<u64> = Vec::new();
        loop {
            let mut count = 0;
            // Sound: as many steps are writable.
            check(unsafe {
                let (start, room) = (steps.as_mut_ptr(), steps.len());
                sys::falconet_trace_snapshots(self.handle, start, room, &mut count)
            })?;
            let fits = count <= steps.len();
            steps.resize(count, 0);
            if fits {
                return Ok(steps);
            }
        }
    }

    /// The files that have been found corrupt or foreign since the trace was opened.
    pub fn incidents(&self) -> Result<Vec<TraceIncident>> {
        let mut found: Vec<TraceIncident> = Vec::new();
        let context: *mut Vec<TraceIncident> = &mut found;
        // Sound: the list lives during the call.
        check(unsafe { sys::falconet_trace_incidents(self.handle, Some(take), context.cast()) })?;
        Ok(found)
    }

    /// Deletes files in quarantine, then states, then step data, until the directory is within its budget.
    pub fn prune(&self) -> Result<()> {
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_trace_prune(self.handle) })
    }

    /// Writes what is known into a directory in the layout that op-challenger uses for a game.
    pub fn export(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_trace_export(self.handle, path.as_ptr()) })
    }

    /// Adopts the proofs, the states and the end in one of op-challenger's directories. The caller must
    /// ensure that it belongs to this trace.
    pub fn adopt(&self, path: impl AsRef<Path>) -> Result<TraceAdoption> {
        let path = strings::path(path)?;
        let mut adoption = sys::falconet_trace_adoption {
            proofs: 0,
            snapshots: 0,
            has_end: false,
        };
        let mut refused: Vec<TraceIncident> = Vec::new();
        let context: *mut Vec<TraceIncident> = &mut refused;
        // Sound: the path and the list live during the call, and the result is writable.
        check(unsafe {
            let take = Some(take as _);
            let path = path.as_ptr();
            sys::falconet_trace_adopt(self.handle, path, &mut adoption, take, context.cast())
        })?;
        Ok(TraceAdoption {
            proofs: adoption.proofs,
            snapshots: adoption.snapshots,
            has_end: adoption.has_end,
            refused,
        })
    }

    /// Deletes the directory. The trace answers nothing after that.
    pub fn delete(self) -> Result<()> {
        // Sound: no pointers but the handle.
        check(unsafe { sys::falconet_trace_delete(self.handle) })
    }

    /// Deletes the directory of a trace that is not open, whatever state it is in.
    pub fn delete_folder(path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_trace_delete_folder(path.as_ptr()) })
    }
}

unsafe extern "C" fn take(
    context: *mut c_void,
    path: *const std::os::raw::c_char,
    reason: *const std::os::raw::c_char,
    moved_to: *const std::os::raw::c_char,
) {
    guarded((), || {
        // Sound: the context is the list of the call, and the texts are valid until this returns.
        unsafe {
            let moved_to = strings::owned(moved_to).filter(|path| !path.is_empty());
            (*context.cast::<Vec<TraceIncident>>()).push(TraceIncident {
                path: strings::owned(path).unwrap_or_default(),
                reason: strings::owned(reason).unwrap_or_default(),
                moved_to,
            });
        }
    });
}
