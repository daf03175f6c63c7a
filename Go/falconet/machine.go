package falconet

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"io"
	"math"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// LastStep is the step up to which a run goes that only the program's exit ends.
const LastStep = math.MaxUint64

// A Stop says why a run returned.
type Stop int

// Why a run returned.
const (
	// The run has reached the step.
	StopStep Stop = C.FALCONET_STOP_STEP
	// The program exited.
	StopExited Stop = C.FALCONET_STOP_EXITED
	// The last step read part of a pre-image: see [Machine.LastRead].
	StopPreimageRead Stop = C.FALCONET_STOP_PREIMAGE_READ
	// The run was cancelled. It can continue.
	StopCancelled Stop = C.FALCONET_STOP_CANCELLED
	// The next instruction is in the range of [Machine.SetStopRange].
	StopAddress Stop = C.FALCONET_STOP_ADDRESS
)

// A PreimageRead is a read of part of a pre-image by one step.
type PreimageRead struct {
	Key [32]byte
	// The offset of the part, counted from the length prefix.
	Offset uint64
}

// A Thread is one of the guest. Words of 32-bit machines are zero-extended.
type Thread struct {
	ID, PC, NextPC, LO, HI uint64
	Registers              [32]uint64
	ExitCode               uint8
	Exited                 bool
	// Whether it is on the right stack.
	Right bool
	// Whether the next step executes it.
	Active bool
}

// A Machine is a state, its memory, and its source of pre-images. One goroutine at a time uses it, except for
// Cancel and Resume; a callback of [Events] may look at it.
type Machine struct {
	handle    *C.falconet_machine
	callbacks callbacks
}

// newMachine is the machine that a function opens.
func newMachine(open func(**C.falconet_machine) C.falconet_status) (*Machine, error) {
	m := &Machine{}
	if err := do(func() C.falconet_status { return open(&m.handle) }); err != nil {
		return nil, err
	}
	runtime.SetFinalizer(m, (*Machine).Close)
	// It ends a run whose output callback panicked, also if nobody wants the progress.
	return m, m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_go_machine_progress(h, 0, 0) })
}

// Open opens a snapshot's file, compressed or not. Nil options are those for most files.
func Open(path string, options *OpenOptions) (m *Machine, err error) {
	err = withText(path, func(path *C.char) error {
		return options.with(func(reading C.falconet_reading) (err error) {
			m, err = newMachine(func(h **C.falconet_machine) C.falconet_status {
				return C.falconet_machine_open(path, &reading, h)
			})
			return err
		})
	})
	return m, err
}

// OpenBytes opens a snapshot in memory, compressed or not.
func OpenBytes(data []byte, options *OpenOptions) (m *Machine, err error) {
	err = options.with(func(reading C.falconet_reading) (err error) {
		m, err = newMachine(func(h **C.falconet_machine) C.falconet_status {
			return C.falconet_machine_open_memory(start(data), C.size_t(len(data)), &reading, h)
		})
		return err
	})
	return m, err
}

// OpenReader opens a snapshot that a reader gives, compressed or not.
func OpenReader(reader io.Reader, options *OpenOptions) (m *Machine, err error) {
	handle := cgo.NewHandle(reader)
	defer handle.Delete()
	err = options.with(func(reading C.falconet_reading) (err error) {
		m, err = newMachine(func(h **C.falconet_machine) C.falconet_status {
			return C.falconet_go_open_stream(C.uintptr_t(handle), &reading, h)
		})
		return err
	})
	return m, err
}

// LoadELF loads an ELF file for a state version, ready to execute its first step.
func LoadELF(path string, version uint32) (m *Machine, err error) {
	err = withText(path, func(path *C.char) (err error) {
		m, err = newMachine(func(h **C.falconet_machine) C.falconet_status {
			return C.falconet_machine_load_elf(path, C.uint32_t(version), h)
		})
		return err
	})
	return m, err
}

// LoadELFBytes loads an ELF file in memory.
func LoadELFBytes(data []byte, version uint32) (*Machine, error) {
	return newMachine(func(h **C.falconet_machine) C.falconet_status {
		return C.falconet_machine_load_elf_memory(start(data), C.size_t(len(data)), C.uint32_t(version), h)
	})
}

// Close frees the machine, and ends its server. Later uses are errors.
func (m *Machine) Close() error {
	err := do(func() C.falconet_status { return C.falconet_machine_free(m.handle) })
	if err == nil {
		runtime.SetFinalizer(m, nil)
		m.handle = nil
		m.callbacks.free()
	}
	return err
}

// call calls a function of the library with the machine.
func (m *Machine) call(function func(*C.falconet_machine) C.falconet_status) error {
	defer runtime.KeepAlive(m)
	return do(func() C.falconet_status { return function(m.handle) })
}

// Settings

// SetRevision sets the revision by which steps are executed, by any of its names; "" is the newest.
func (m *Machine) SetRevision(name string) error {
	return withOptional(name, func(name *C.char) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_set_revision(h, name) })
	})
}

// SetPreimages sets a source of pre-images, and of hints if it is a [HintReceiver]. Nil is no source.
func (m *Machine) SetPreimages(source PreimageSource) error {
	return m.callbacks.set(&m.callbacks.source, source != nil, source, func(context C.uintptr_t) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_go_machine_preimages(h, context) })
	})
}

// SetPreimageFolder sets a directory in which a host stored pre-images as their source. Hints are dropped.
func (m *Machine) SetPreimageFolder(path string) error {
	return withText(path, func(path *C.char) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status {
			return C.falconet_machine_set_preimage_folder(h, path)
		})
	})
}

// SetPreimageServer starts a server as the source of pre-images and the receiver of hints.
func (m *Machine) SetPreimageServer(server Server) error {
	defer runtime.KeepAlive(m)
	return m.callbacks.setServer(server, func(words **C.char, timeout C.uint32_t, context C.uintptr_t) C.falconet_status {
		return C.falconet_go_machine_server(m.handle, words, timeout, context)
	})
}

// SetLocalInput sets the local input (key type 1) of an index, which takes precedence over the source.
func (m *Machine) SetLocalInput(index uint64, value []byte) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_set_local_input(h, C.uint64_t(index), start(value), C.size_t(len(value)))
	})
}

// OnOutput sets what receives the guest's output. By default, or with nil, it is dropped.
func (m *Machine) OnOutput(output OutputFunc) error {
	return m.callbacks.set(&m.callbacks.output, output != nil, output, func(context C.uintptr_t) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_go_machine_output(h, context) })
	})
}

// OnProgress sets what gets the number of steps, at least every 25 million, but at least interval apart. If it
// returns false, the run is cancelled. Nil is none.
func (m *Machine) OnProgress(interval uint64, progress func(step uint64) bool) error {
	return m.callbacks.set(&m.callbacks.progress, progress != nil, progress, func(context C.uintptr_t) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status {
			return C.falconet_go_machine_progress(h, C.uint64_t(interval), context)
		})
	})
}

// SetEngine sets what executes steps.
func (m *Machine) SetEngine(engine Engine) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_set_engine(h, C.falconet_engine(engine))
	})
}

// SetPageLimit sets the most pages of 4096 bytes that the guest may have; 0 is no limit.
func (m *Machine) SetPageLimit(pages uint64) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_set_page_limit(h, C.uint64_t(pages))
	})
}

// SetHintLimit sets the most bytes of hints that the source gets at once; 0 is 8 GiB.
func (m *Machine) SetHintLimit(bytes uint64) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_set_hint_limit(h, C.uint64_t(bytes))
	})
}

// SetStopRange makes runs stop before an instruction at an address from start up to, but not at, end. Equal
// ends are no range.
func (m *Machine) SetStopRange(start, end uint64) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_set_stop_range(h, C.uint64_t(start), C.uint64_t(end))
	})
}

// Running

// Events are what happens during a run. At one step, the pause comes before the proof.
type Events struct {
	// The steps that are proved, in any order, and every step that ProveEvery divides, including step 0.
	ProveAt    []uint64
	ProveEvery uint64
	// Receives the proof of a step that has just been executed. If it returns false, the run is cancelled.
	OnProof func(proof *Proof) bool
	// The steps before which the run pauses, in any order, and every step that PauseEvery divides.
	PauseAt    []uint64
	PauseEvery uint64
	// Receives the machine before it executes a step; it may save it, compute its claim, or look at it. If it
	// returns false, the run is cancelled, and the pause happens again in the next one.
	OnPause func(machine *Machine) bool
	// Stop after each step that reads part of a pre-image.
	ToPreimageRead bool
}

type runEvents struct {
	*Events
	machine *Machine
}

// steps makes what C takes, and what frees it: C gets no pointer to memory with pointers of Go.
func steps(at []uint64, every uint64) (C.falconet_steps, func()) {
	steps := C.falconet_steps{count: C.size_t(len(at)), every: C.uint64_t(every)}
	if len(at) == 0 {
		return steps, func() {}
	}
	list := C.calloc(C.size_t(len(at)), 8)
	copy(unsafe.Slice((*uint64)(list), len(at)), at)
	steps.at = (*C.uint64_t)(list)
	return steps, func() { C.free(list) }
}

// Run runs until this many steps have been executed in total, counted from the program's start, or until
// something else stops it. A machine past that step does nothing. Nil events are none. The end of the context
// cancels the run, which returns the context's error; it can continue.
//
// After an error the machine is in the state before the step that failed.
func (m *Machine) Run(ctx context.Context, until uint64, events *Events) (Stop, error) {
	if events == nil {
		events = &Events{}
	}
	stop := C.falconet_stop(C.FALCONET_STOP_CANCELLED)
	var flags C.uint32_t
	if events.ToPreimageRead {
		flags = C.FALCONET_RUN_TO_PREIMAGE_READ
	}
	proofs, freeProofs := steps(events.ProveAt, events.ProveEvery)
	defer freeProofs()
	pauses, freePauses := steps(events.PauseAt, events.PauseEvery)
	defer freePauses()
	handle := cgo.NewHandle(&runEvents{events, m})
	defer handle.Delete()
	err := m.during(ctx, func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_go_machine_run(h, C.uint64_t(until), flags, proofs, pauses, C.uintptr_t(handle), &stop)
	})
	if err == nil && stop == C.FALCONET_STOP_CANCELLED {
		err = ctx.Err()
	}
	return Stop(stop), err
}

// during calls a function that the end of a context cancels.
func (m *Machine) during(ctx context.Context, function func(*C.falconet_machine) C.falconet_status) error {
	if ctx.Done() == nil {
		return m.call(function)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	finished, cancelled := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case <-ctx.Done():
			m.Cancel()
			cancelled <- true
		case <-finished:
			cancelled <- false
		}
	}()
	defer func() {
		close(finished)
		if <-cancelled {
			// If the call ended by itself, the cancellation is still pending.
			m.Resume()
		}
	}()
	err := m.call(function)
	if errors.Is(err, Cancelled) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Cancel stops the run in progress within 25 million steps, or 200 ms if it waits for a server. If none is in
// progress, the next one stops before its first step. Any goroutine may call it at any time.
func (m *Machine) Cancel() {
	defer runtime.KeepAlive(m)
	C.falconet_machine_cancel(m.handle)
}

// Resume withdraws a cancellation that has not stopped a run yet.
func (m *Machine) Resume() {
	defer runtime.KeepAlive(m)
	C.falconet_machine_resume(m.handle)
}

// Prove executes one step and proves it. The code of its error is [Exited] if the program has exited.
func (m *Machine) Prove() (*Proof, error) {
	var proof *C.falconet_proof
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_prove(h, &proof) })
	if err != nil {
		return nil, err
	}
	return newProof(proof), nil
}

// State

// Version returns the number of the state version.
func (m *Machine) Version() (uint32, error) {
	var value C.uint32_t
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_version(h, &value) })
	return uint32(value), err
}

// Revision returns the name of the revision by which steps are executed.
func (m *Machine) Revision() (string, error) {
	var name *C.char
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_revision(h, &name) })
	return C.GoString(name), err
}

// Step returns the number of steps executed since the program's start.
func (m *Machine) Step() (uint64, error) {
	var value C.uint64_t
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_step(h, &value) })
	return uint64(value), err
}

// ExitCode returns the program's exit code, and whether it has exited.
func (m *Machine) ExitCode() (code uint8, exited bool, err error) {
	var number C.uint8_t
	var flag C.bool
	err = m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_exit(h, &flag, &number) })
	return uint8(number), bool(flag), err
}

// Claim returns the claim. It hashes the pages that have changed.
func (m *Machine) Claim() (claim Claim, err error) {
	err = m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_claim(h, (*C.uint8_t)(&claim[0]))
	})
	return claim, err
}

// Witness returns the witness. The claim is its hash, except for the first byte.
func (m *Machine) Witness() ([]byte, error) {
	var buffer C.falconet_buffer
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_witness(h, &buffer) })
	return take(&buffer), err
}

// IsVerified tells whether the state is known to have the snapshot's claim. It is false at first with
// TrustPages; the next call that hashes pages anyway compares them.
func (m *Machine) IsVerified() (bool, error) {
	var flag C.bool
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_is_verified(h, &flag) })
	return bool(flag), err
}

// PageCount returns the number of pages of 4096 bytes in the memory.
func (m *Machine) PageCount() (uint64, error) {
	var value C.uint64_t
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_page_count(h, &value) })
	return uint64(value), err
}

// ReadMemory reads memory into a slice. The range wraps at the end of the address space; memory that was never
// written is zero.
func (m *Machine) ReadMemory(address uint64, data []byte) error {
	return m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_read_memory(h, C.uint64_t(address), start(data), C.size_t(len(data)))
	})
}

// Threads returns the threads: those of the left stack first, each stack from the bottom.
func (m *Machine) Threads() ([]Thread, error) {
	var count C.size_t
	err := m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_thread_count(h, &count) })
	var threads []Thread
	for position := C.size_t(0); err == nil && position < count; position++ {
		var t C.falconet_thread
		err = m.call(func(h *C.falconet_machine) C.falconet_status { return C.falconet_machine_thread(h, position, &t) })
		threads = append(threads, Thread{
			ID: uint64(t.id), PC: uint64(t.pc), NextPC: uint64(t.next_pc), LO: uint64(t.lo), HI: uint64(t.hi),
			Registers: *(*[32]uint64)(unsafe.Pointer(&t.registers)), ExitCode: uint8(t.exit_code),
			Exited: bool(t.exited), Right: bool(t.right), Active: bool(t.active),
		})
	}
	return threads, err
}

// LastRead returns what the last step read of a pre-image, and whether it read anything.
func (m *Machine) LastRead() (read PreimageRead, found bool, err error) {
	var offset C.uint64_t
	err = m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_last_read(h, (*C.uint8_t)(&read.Key[0]), &offset)
	})
	read.Offset = uint64(offset)
	if errors.Is(err, NotFound) {
		return read, false, nil
	}
	return read, err == nil, err
}

// Saving

// Save writes a snapshot to a file, completely or not at all. It is compressed with gzip if its name ends in
// .gz.
func (m *Machine) Save(path string, format Format) error {
	return withText(path, func(path *C.char) error {
		return m.call(func(h *C.falconet_machine) C.falconet_status {
			return C.falconet_machine_save(h, path, C.falconet_format(format))
		})
	})
}

// Write writes a snapshot to a writer, in any format except FormatAuto.
func (m *Machine) Write(writer io.Writer, format Format, compression Compression) error {
	defer runtime.KeepAlive(m)
	return with(writer, func(context C.uintptr_t) C.falconet_status {
		return C.falconet_go_machine_write(
			m.handle, C.falconet_format(format), C.falconet_compression(compression), context)
	})
}
