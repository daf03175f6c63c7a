package falconet

// #include "bridge.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// A Trace answers what a challenger asks of a program: the claim and the step data at an index. It caches the
// answers, and states to continue from, in a directory of its own.
//
// The index of a step is the number of steps executed before it. The claim at an index is the one after that
// step; an index past the end has the claim of the state that exited.
//
// Goroutines may share a trace. Cached answers are returned immediately; calls that must execute steps do so
// one at a time. A call that fails changes nothing, and can be retried once the cause is gone.
type Trace struct {
	handle    *C.falconet_trace
	lock      sync.Mutex
	callbacks callbacks
}

// TraceOptions are those of a trace. Nil stands for the zero value.
type TraceOptions struct {
	// How to read the prestate's file.
	Prestate *OpenOptions
	// Steps between snapshots; 0 stands for 1,000,000,000.
	SnapshotInterval uint64
	// Bytes that the directory may take; 0 stands for 16 GiB.
	DiskBudget uint64
	// Bytes that states in memory may take in addition to the machine; 0 stands for 512 MiB.
	MemoryBudget uint64
	// States in memory; 0 stands for 64.
	Checkpoints uint32
	Engine      Engine
	// The revision by which steps are executed; "" is the one that the prestate records, or else the newest.
	Revision string
	// Bytes of hints that the source gets at once; 0 stands for 8 GiB.
	HintLimit uint64
}

// A TraceClaim is the claim at an index.
type TraceClaim struct {
	Index uint64
	// Of the state after the step, or of the one that exited.
	Claim Claim
	// Whether the trace ends before the index.
	PastEnd bool
}

// A TraceStep is the step data at an index.
type TraceStep struct {
	// The last index of the trace, if a later one was requested.
	Index uint64
	// Past the end: the state that exited, without proof data; there is nothing to verify then.
	Proof *Proof
	// Whether the trace ends before the requested index.
	PastEnd bool
}

// A TraceEnd is the end of a trace.
type TraceEnd struct {
	// The index of the last step: the number of steps, less one.
	Index uint64
	// The claim and the witness of the state that exited.
	Claim   Claim
	Witness []byte
}

// TraceInfo is the status of a trace.
type TraceInfo struct {
	// The number of the state version.
	Version uint32
	// The index of the last step, if HasEnd.
	End    uint64
	HasEnd bool
	// Known claims.
	Claims uint64
	// The steps of the states in the directory, ascending.
	Snapshots []uint64
	// States in memory.
	Checkpoints uint64
	// Bytes that the directory takes, and may take.
	Size, Budget uint64
	// Steps executed since the trace was opened.
	Executed uint64
}

// A TraceIncident is a file that is wrong: its path, what is wrong with it, and the path that it was moved to,
// "" if it was not moved.
type TraceIncident struct{ Path, Reason, MovedTo string }

// A TraceAdoption is what was adopted from one of op-challenger's directories.
type TraceAdoption struct {
	Proofs, Snapshots uint64
	// Whether the end of the trace was adopted or was known.
	HasEnd bool
	// What failed its check.
	Refused []TraceIncident
}

// OpenTrace opens the directory of a trace, or creates it. The prestate is a snapshot's file, which is read
// when steps must be executed. The code of its error is [Locked] if the directory is in use, and
// [InvalidArgument] if it belongs to another prestate or revision, or if it is neither empty nor the directory
// of a trace.
func OpenTrace(folder, prestate string, options *TraceOptions) (t *Trace, err error) {
	err = withText(prestate, func(prestate *C.char) error {
		t, err = newTrace(folder, options,
			func(folder *C.char, options *C.falconet_trace_options, h **C.falconet_trace) C.falconet_status {
				return C.falconet_trace_open(folder, prestate, options, h)
			})
		return err
	})
	return t, err
}

// OpenTraceMachine opens a trace whose prestate is the current state of a machine. The machine may continue.
func OpenTraceMachine(folder string, prestate *Machine, options *TraceOptions) (*Trace, error) {
	defer runtime.KeepAlive(prestate)
	return newTrace(folder, options,
		func(folder *C.char, options *C.falconet_trace_options, h **C.falconet_trace) C.falconet_status {
			return C.falconet_trace_open_machine(folder, prestate.handle, options, h)
		})
}

func newTrace(
	folder string, options *TraceOptions,
	open func(*C.char, *C.falconet_trace_options, **C.falconet_trace) C.falconet_status,
) (*Trace, error) {
	if options == nil {
		options = &TraceOptions{}
	}
	t := &Trace{}
	err := options.Prestate.with(func(reading C.falconet_reading) error {
		return withOptional(options.Revision, func(revision *C.char) error {
			values := C.falconet_trace_options{
				prestate: reading, snapshot_interval: C.uint64_t(options.SnapshotInterval),
				disk_budget:   C.uint64_t(options.DiskBudget),
				memory_budget: C.uint64_t(options.MemoryBudget),
				checkpoints:   C.uint32_t(options.Checkpoints),
				engine:        C.falconet_engine(options.Engine), revision: revision,
				hint_limit: C.uint64_t(options.HintLimit),
			}
			return doText(folder, func(folder *C.char) C.falconet_status {
				return open(folder, &values, &t.handle)
			})
		})
	})
	if err != nil {
		return nil, err
	}
	runtime.SetFinalizer(t, (*Trace).Close)
	return t, nil
}

// Close frees the trace and unlocks its directory, which stays. The code of its error is [Busy] if another call
// is using it.
func (t *Trace) Close() error {
	t.lock.Lock()
	defer t.lock.Unlock()
	err := do(func() C.falconet_status { return C.falconet_trace_free(t.handle) })
	if err == nil {
		runtime.SetFinalizer(t, nil)
		t.handle = nil
		t.callbacks.free()
	}
	return err
}

func (t *Trace) call(function func(*C.falconet_trace) C.falconet_status) error {
	defer runtime.KeepAlive(t)
	return do(func() C.falconet_status { return function(t.handle) })
}

// Pre-images, progress

// SetPreimages sets the source of pre-images, used from the next executed step on. It waits for a call that
// executes steps.
//
// The identity is a text that changes whenever the source could give other local pre-images (key type 1), which
// are inputs of the trace. If it is the same as before, cached answers are returned without the source;
// otherwise, or if it is "", the source is asked for the recorded inputs first.
func (t *Trace) SetPreimages(source PreimageSource, identity string) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	err := t.callbacks.set(&t.callbacks.source, source != nil, source, func(context C.uintptr_t) error {
		return t.call(func(h *C.falconet_trace) C.falconet_status { return C.falconet_go_trace_preimages(h, context) })
	})
	if err != nil || identity == "" {
		return err
	}
	return withText(identity, func(identity *C.char) error {
		return t.call(func(h *C.falconet_trace) C.falconet_status {
			return C.falconet_trace_set_source_identity(h, identity)
		})
	})
}

// SetPreimageFolder sets a directory in which a host stored pre-images as their source.
func (t *Trace) SetPreimageFolder(path string) error {
	return withText(path, func(path *C.char) error {
		return t.call(func(h *C.falconet_trace) C.falconet_status {
			return C.falconet_trace_set_preimage_folder(h, path)
		})
	})
}

// SetPreimageServer sets a server as the source, which is started when steps must be executed.
func (t *Trace) SetPreimageServer(server Server) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	defer runtime.KeepAlive(t)
	return t.callbacks.setServer(server, func(words **C.char, timeout C.uint32_t, context C.uintptr_t) C.falconet_status {
		return C.falconet_go_trace_server(t.handle, words, timeout, context)
	})
}

// SetLocalInput sets the local input (key type 1) of an index, which takes precedence over the source.
func (t *Trace) SetLocalInput(index uint64, value []byte) error {
	return t.call(func(h *C.falconet_trace) C.falconet_status {
		return C.falconet_trace_set_local_input(h, C.uint64_t(index), start(value), C.size_t(len(value)))
	})
}

// OnProgress sets what gets the step that the machine has reached, several times a second while steps are
// executed, but at least interval steps apart. If it returns false, its call is cancelled.
func (t *Trace) OnProgress(interval uint64, progress func(step uint64) bool) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.callbacks.set(&t.callbacks.progress, progress != nil, progress, func(context C.uintptr_t) error {
		return t.call(func(h *C.falconet_trace) C.falconet_status {
			return C.falconet_go_trace_progress(h, C.uint64_t(interval), context)
		})
	})
}

// Cancel ends the calls in progress that must execute steps, or the next one that must; the code of their
// errors is [Cancelled]. Any goroutine may call it at any time.
func (t *Trace) Cancel() {
	defer runtime.KeepAlive(t)
	C.falconet_trace_cancel(t.handle)
}

// Resume withdraws a cancellation that has not stopped a call yet.
func (t *Trace) Resume() {
	defer runtime.KeepAlive(t)
	C.falconet_trace_resume(t.handle)
}

// Answers

// Prestate returns the claim and the witness of the prestate.
func (t *Trace) Prestate() (claim Claim, witness []byte, err error) {
	var buffer C.falconet_buffer
	err = t.call(func(h *C.falconet_trace) C.falconet_status {
		return C.falconet_trace_prestate(h, (*C.uint8_t)(&claim[0]), &buffer)
	})
	return claim, take(&buffer), err
}

// Claim returns the claim at an index: immediately if it is cached, else after the steps to it.
func (t *Trace) Claim(index uint64) (TraceClaim, error) {
	claims, err := t.Claims([]uint64{index})
	if err != nil {
		return TraceClaim{}, err
	}
	return claims[0], nil
}

// Claims returns the claims at many indices, in their order, from one pass over the trace.
func (t *Trace) Claims(indices []uint64) ([]TraceClaim, error) {
	if len(indices) == 0 {
		return nil, nil
	}
	found := make([]C.falconet_trace_claim, len(indices))
	err := t.call(func(h *C.falconet_trace) C.falconet_status {
		return C.falconet_trace_claims(h, (*C.uint64_t)(&indices[0]), C.size_t(len(indices)), &found[0])
	})
	if err != nil {
		return nil, err
	}
	claims := make([]TraceClaim, len(indices))
	for position := range found {
		claims[position] = TraceClaim{
			uint64(found[position].index), *(*Claim)(unsafe.Pointer(&found[position].claim)),
			bool(found[position].past_end),
		}
	}
	return claims, nil
}

// Step returns the step data at an index: witness, proof, pre-image, and the claim after the step.
func (t *Trace) Step(index uint64) (TraceStep, error) {
	steps, err := t.Steps([]uint64{index})
	if err != nil {
		return TraceStep{}, err
	}
	return steps[0], nil
}

// Steps returns the step data at many indices, in their order, from one pass over the trace.
func (t *Trace) Steps(indices []uint64) ([]TraceStep, error) {
	if len(indices) == 0 {
		return nil, nil
	}
	found := make([]C.falconet_trace_step, len(indices))
	err := t.call(func(h *C.falconet_trace) C.falconet_status {
		return C.falconet_trace_steps(h, (*C.uint64_t)(&indices[0]), C.size_t(len(indices)), &found[0])
	})
	if err != nil {
		return nil, err
	}
	steps := make([]TraceStep, len(indices))
	for position, step := range found {
		steps[position] = TraceStep{uint64(step.index), newProof(step.proof), bool(step.past_end)}
	}
	return steps, nil
}

// Last returns the end of the trace. It runs the program to it if it is not known.
func (t *Trace) Last() (TraceEnd, error) {
	var end TraceEnd
	var index C.uint64_t
	var buffer C.falconet_buffer
	err := t.call(func(h *C.falconet_trace) C.falconet_status {
		return C.falconet_trace_last(h, &index, (*C.uint8_t)(&end.Claim[0]), &buffer)
	})
	end.Index, end.Witness = uint64(index), take(&buffer)
	return end, err
}

// The directory

// Info returns the status of the trace. It waits for a call that executes steps.
func (t *Trace) Info() (TraceInfo, error) {
	var info C.falconet_trace_info
	err := t.call(func(h *C.falconet_trace) C.falconet_status { return C.falconet_trace_get_info(h, &info) })
	var snapshots []uint64
	if err == nil {
		snapshots, err = t.snapshots()
	}
	return TraceInfo{
		Version: uint32(info.version), End: uint64(info.end), HasEnd: bool(info.has_end),
		Claims: uint64(info.claims), Snapshots: snapshots, Checkpoints: uint64(info.checkpoints),
		Size: uint64(info.size), Budget: uint64(info.budget), Executed: uint64(info.executed),
	}, err
}

func (t *Trace) snapshots() ([]uint64, error) {
	var steps []uint64
	for {
		var count C.size_t
		err := t.call(func(h *C.falconet_trace) C.falconet_status {
			room := (*C.uint64_t)(unsafe.Pointer(nil))
			if len(steps) > 0 {
				room = (*C.uint64_t)(&steps[0])
			}
			return C.falconet_trace_snapshots(h, room, C.size_t(len(steps)), &count)
		})
		if err != nil || int(count) <= len(steps) {
			return steps[:count], err
		}
		steps = make([]uint64, count)
	}
}

// Incidents returns the files that have been found corrupt or foreign since the trace was opened.
func (t *Trace) Incidents() ([]TraceIncident, error) {
	defer runtime.KeepAlive(t)
	var incidents []TraceIncident
	err := with(&incidents, func(context C.uintptr_t) C.falconet_status {
		return C.falconet_go_incidents(t.handle, context)
	})
	return incidents, err
}

// Prune deletes files in quarantine, then states, then step data, until the directory is within its budget.
func (t *Trace) Prune() error {
	return t.call(func(h *C.falconet_trace) C.falconet_status { return C.falconet_trace_prune(h) })
}

// Export writes what is known into a directory in the layout that op-challenger uses for a game.
func (t *Trace) Export(path string) error {
	return withText(path, func(path *C.char) error {
		return t.call(func(h *C.falconet_trace) C.falconet_status { return C.falconet_trace_export(h, path) })
	})
}

// Adopt adopts the proofs, the states and the end in one of op-challenger's directories. The caller must ensure
// that it belongs to this trace.
func (t *Trace) Adopt(path string) (TraceAdoption, error) {
	defer runtime.KeepAlive(t)
	var adoption C.falconet_trace_adoption
	var refused []TraceIncident
	err := withText(path, func(path *C.char) error {
		return with(&refused, func(context C.uintptr_t) C.falconet_status {
			return C.falconet_go_adopt(t.handle, path, &adoption, context)
		})
	})
	return TraceAdoption{
		uint64(adoption.proofs), uint64(adoption.snapshots), bool(adoption.has_end), refused,
	}, err
}

// Delete deletes the directory. The trace can then no longer be used, but must still be closed.
func (t *Trace) Delete() error {
	return t.call(func(h *C.falconet_trace) C.falconet_status { return C.falconet_trace_delete(h) })
}

// DeleteTrace deletes the directory of a trace that is not open, whatever state it is in.
func DeleteTrace(path string) error {
	return doText(path, func(path *C.char) C.falconet_status { return C.falconet_trace_delete_folder(path) })
}
