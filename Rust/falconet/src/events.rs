//! What happens during a run.

use crate::callbacks::guarded;
use crate::{sys, MachineView, Proof};
use std::ops::ControlFlow;
use std::os::raw::c_void;

type OnProof<'a> = dyn FnMut(Proof) -> ControlFlow<()> + 'a;
type OnPause<'a> = dyn FnMut(&MachineView) -> ControlFlow<()> + 'a;

/// The steps of a run at which it proves or pauses, and what is called then. At one step, the pause comes
/// before the proof.
///
/// ```no_run
/// use falconet::{Events, Machine};
/// use std::ops::ControlFlow;
///
/// # fn main() -> falconet::Result<()> {
/// let mut machine = Machine::open("state.bin.gz")?;
/// let mut proofs = Vec::new();
/// let events = Events::new()
///     .prove_at([1_000, 50_000], |proof| {
///         proofs.push(proof);
///         ControlFlow::Continue(())
///     })
///     .pause_every(100_000, |machine| {
///         println!("{}", machine.step());
///         ControlFlow::Continue(())
///     });
/// machine.run_with(300_000, events)?;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct Events<'a> {
    proofs: Steps,
    on_proof: Option<Box<OnProof<'a>>>,
    pauses: Steps,
    on_pause: Option<Box<OnPause<'a>>>,
    pub(crate) to_preimage_read: bool,
}

#[derive(Default)]
struct Steps {
    at: Vec<u64>,
    every: u64,
}

impl Steps {
    fn value(&self) -> sys::falconet_steps {
        sys::falconet_steps {
            at: self.at.as_ptr(),
            count: self.at.len(),
            every: self.every,
        }
    }
}

impl<'a> Events<'a> {
    /// No events.
    pub fn new() -> Events<'a> {
        Events::default()
    }

    /// Proves steps, in any order, and calls `on_proof` with each proof right after its step.
    /// [`ControlFlow::Break`] ends the run.
    pub fn prove_at(
        self,
        steps: impl IntoIterator<Item = u64>,
        on_proof: impl FnMut(Proof) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.prove(steps, 0, on_proof)
    }

    /// Proves every step that `interval` divides, including step 0; 0 is no step.
    pub fn prove_every(
        self,
        interval: u64,
        on_proof: impl FnMut(Proof) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.prove([], interval, on_proof)
    }

    /// Proves these steps, and every step that `interval` divides. Replaces earlier proofs.
    pub fn prove(
        mut self,
        steps: impl IntoIterator<Item = u64>,
        interval: u64,
        on_proof: impl FnMut(Proof) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.proofs = Steps {
            at: steps.into_iter().collect(),
            every: interval,
        };
        self.on_proof = Some(Box::new(on_proof));
        self
    }

    /// Calls `on_pause` before steps, in any order. It may save the machine, compute its claim, or look at
    /// it. [`ControlFlow::Break`] ends the run, and the pause happens again in the next one.
    pub fn pause_at(
        self,
        steps: impl IntoIterator<Item = u64>,
        on_pause: impl FnMut(&MachineView) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.pause(steps, 0, on_pause)
    }

    /// Calls `on_pause` before every step that `interval` divides, including step 0; 0 is no step.
    pub fn pause_every(
        self,
        interval: u64,
        on_pause: impl FnMut(&MachineView) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.pause([], interval, on_pause)
    }

    /// Pauses before these steps, and every step that `interval` divides. Replaces earlier pauses.
    pub fn pause(
        mut self,
        steps: impl IntoIterator<Item = u64>,
        interval: u64,
        on_pause: impl FnMut(&MachineView) -> ControlFlow<()> + 'a,
    ) -> Events<'a> {
        self.pauses = Steps {
            at: steps.into_iter().collect(),
            every: interval,
        };
        self.on_pause = Some(Box::new(on_pause));
        self
    }

    /// Stops after each step that reads part of a pre-image.
    pub fn stop_after_preimage_reads(mut self) -> Events<'a> {
        self.to_preimage_read = true;
        self
    }

    /// The events as C takes them, valid as long as this.
    pub(crate) fn value(&mut self) -> sys::falconet_events {
        let context: *mut Events<'a> = self;
        sys::falconet_events {
            proofs: self.proofs.value(),
            on_proof: Some(proved),
            pauses: self.pauses.value(),
            on_pause: Some(paused),
            context: context.cast(),
        }
    }
}

unsafe extern "C" fn proved(context: *mut c_void, proof: *mut sys::falconet_proof) -> bool {
    // Freed also if nothing takes it.
    let proof = Proof::new(proof);
    guarded(false, || {
        // Sound: the context is that of the run, whose callbacks do not overlap.
        let events = unsafe { &mut *context.cast::<Events<'_>>() };
        events
            .on_proof
            .as_mut()
            .map_or(true, |on_proof| on_proof(proof).is_continue())
    })
}

unsafe extern "C" fn paused(context: *mut c_void, machine: *const sys::falconet_machine) -> bool {
    guarded(false, || {
        // Sound: the context is that of the run, whose callbacks do not overlap.
        let events = unsafe { &mut *context.cast::<Events<'_>>() };
        let view = MachineView::new(machine as *mut _);
        events
            .on_pause
            .as_mut()
            .map_or(true, |on_pause| on_pause(&view).is_continue())
    })
}
