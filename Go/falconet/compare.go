package falconet

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// A Divergence is the first step at which two runs differ.
type Divergence struct {
	// Steps executed before the one that differs. The states before it are the same, unless AtStart.
	Step uint64
	// Whether the runs differ from the first state on.
	AtStart bool
	// The claims after the step, of the runs that can execute it.
	First, Second       Claim
	HasFirst, HasSecond bool
	// The proofs of the step; nil for a run that cannot execute it or of which only claims are known, and if
	// AtStart.
	FirstProof, SecondProof *Proof
}

func newDivergence(found *C.falconet_divergence) *Divergence {
	if !found.differs {
		return nil
	}
	divergence := &Divergence{
		Step: uint64(found.step), AtStart: bool(found.at_start),
		First: *(*Claim)(unsafe.Pointer(&found.first)), Second: *(*Claim)(unsafe.Pointer(&found.second)),
		HasFirst: bool(found.has_first), HasSecond: bool(found.has_second),
	}
	if found.first_proof != nil {
		divergence.FirstProof = newProof(found.first_proof)
	}
	if found.second_proof != nil {
		divergence.SecondProof = newProof(found.second_proof)
	}
	return divergence
}

// Bisect returns the first step at which this run and another machine's differ; nil if they do not up to a
// limit, the last step that is compared. Copies of the machines execute steps, at most three times as many as
// precede the difference. Both machines must be at the same step.
func (m *Machine) Bisect(ctx context.Context, other *Machine, limit uint64) (*Divergence, error) {
	defer runtime.KeepAlive(other)
	var found C.falconet_divergence
	err := m.during(ctx, func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_bisect(h, other.handle, C.uint64_t(limit), &found)
	})
	if err != nil {
		return nil, err
	}
	return newDivergence(&found), nil
}

// A ClaimFunc gives the claim of the state after a number of steps; after the run's end, that of the state that
// exited. It returns [Panic] if the run cannot execute that many.
type ClaimFunc func(step uint64) (Claim, error)

// BisectClaims compares this run with one of which only claims are known: of a trace, of another VM, or of an
// opponent.
func (m *Machine) BisectClaims(ctx context.Context, claims ClaimFunc, limit uint64) (*Divergence, error) {
	var found C.falconet_divergence
	handle := cgo.NewHandle(claims)
	defer handle.Delete()
	err := m.during(ctx, func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_go_bisect_claims(h, C.uintptr_t(handle), C.uint64_t(limit), &found)
	})
	if err != nil {
		return nil, err
	}
	return newDivergence(&found), nil
}

// A ChangeKind says what differs.
type ChangeKind int

// What differs.
const (
	// A field of the state.
	ChangedField ChangeKind = C.FALCONET_DIFFERENCE_FIELD
	// A field or a register of a thread that both states have.
	ChangedThreadField ChangeKind = C.FALCONET_DIFFERENCE_THREAD_FIELD
	// A thread that only one state has.
	ChangedThread ChangeKind = C.FALCONET_DIFFERENCE_THREAD
	// A page that only one state has. Its words follow; the other state's count as zeros.
	ChangedPage ChangeKind = C.FALCONET_DIFFERENCE_PAGE
	// A word of memory, 4 or 8 bytes as the first state's version has them.
	ChangedWord ChangeKind = C.FALCONET_DIFFERENCE_WORD
)

// A Change is one difference of two states.
type Change struct {
	Kind ChangeKind
	// Whether each state has the field, thread, page or word.
	InFirst, InSecond bool
	// The name of the field or register.
	Name string
	// The number of the thread, and the address of the page or word.
	Thread, Address uint64
	// The values of a field, a register or a word.
	First, Second uint64
	// The values of a field that holds bytes, such as a hash; nil for all others.
	FirstBytes, SecondBytes []byte
}

func newChange(item *C.falconet_difference) Change {
	bytes := func(data *C.uint8_t, count C.size_t) []byte {
		if data == nil {
			return nil
		}
		return copied(unsafe.Pointer(data), count)
	}
	return Change{
		Kind: ChangeKind(item.kind), InFirst: bool(item.in_first), InSecond: bool(item.in_second),
		Name: C.GoString(item.name), Thread: uint64(item.thread), Address: uint64(item.address),
		First: uint64(item.first), Second: uint64(item.second),
		FirstBytes:  bytes(item.first_bytes, item.first_count),
		SecondBytes: bytes(item.second_bytes, item.second_count),
	}
}

// A Difference is how two states differ.
type Difference struct {
	// Whether the two are the same state with the same memory.
	Same bool
	// Pages of 4096 bytes that differ, and words in them. All are counted.
	Pages, Words uint64
	// Fields first, then threads, then words of the pages that were asked for.
	Changes []Change
}

func collect(call func(C.uintptr_t, *C.falconet_difference_totals) C.falconet_status) (*Difference, error) {
	var changes []Change
	var totals C.falconet_difference_totals
	err := with(&changes, func(context C.uintptr_t) C.falconet_status { return call(context, &totals) })
	if err != nil {
		return nil, err
	}
	return &Difference{bool(totals.same), uint64(totals.pages), uint64(totals.words), changes}, nil
}

// Diff returns how this machine's state differs from another's. The words of the pages with the lowest
// addresses among those that differ are listed, as many pages as are asked for.
func (m *Machine) Diff(other *Machine, pages int) (*Difference, error) {
	defer runtime.KeepAlive(m)
	defer runtime.KeepAlive(other)
	return collect(func(context C.uintptr_t, totals *C.falconet_difference_totals) C.falconet_status {
		return C.falconet_go_machine_diff(m.handle, other.handle, C.size_t(pages), context, totals)
	})
}

// Diff returns how the snapshots of two files differ, in any formats, without loading them.
func Diff(first, second string, pages int) (difference *Difference, err error) {
	err = withText(first, func(first *C.char) error {
		return withText(second, func(second *C.char) (err error) {
			difference, err = collect(
				func(context C.uintptr_t, totals *C.falconet_difference_totals) C.falconet_status {
					return C.falconet_go_snapshot_diff(first, second, C.size_t(pages), context, totals)
				})
			return err
		})
	})
	return difference, err
}

// SnapshotInfo is what a snapshot is.
type SnapshotInfo struct {
	// The number of the state version.
	Version uint32
	// Steps executed since the program's start.
	Step uint64
	// The program's exit code, if it has exited.
	ExitCode uint8
	Exited   bool
	Claim    Claim
	Witness  []byte
	// Whether the claim comes from the pages. False for a .fsnap file whose pages are trusted.
	Verified bool
}

// Describe returns what a snapshot's file is, with its claim and witness, in one pass over the file. The memory
// that this takes does not grow with the pages.
func Describe(path string, options *OpenOptions) (*SnapshotInfo, error) {
	var info C.falconet_snapshot_info
	var witness C.falconet_buffer
	err := options.with(func(reading C.falconet_reading) error {
		return doText(path, func(path *C.char) C.falconet_status {
			return C.falconet_snapshot_describe(path, &reading, &info, &witness)
		})
	})
	if err != nil {
		return nil, err
	}
	return &SnapshotInfo{
		Version: uint32(info.version), Step: uint64(info.step), ExitCode: uint8(info.exit_code),
		Exited: bool(info.exited), Claim: *(*Claim)(unsafe.Pointer(&info.claim)), Witness: take(&witness),
		Verified: bool(info.verified),
	}, nil
}

// Convert writes a snapshot's file in another format, without loading it. The new file appears completely or
// not at all, and may replace the old one.
func Convert(path string, options *OpenOptions, output string, format Format) error {
	return options.with(func(reading C.falconet_reading) error {
		return withText(path, func(path *C.char) error {
			return doText(output, func(output *C.char) C.falconet_status {
				return C.falconet_snapshot_convert(path, &reading, output, C.falconet_format(format))
			})
		})
	})
}
