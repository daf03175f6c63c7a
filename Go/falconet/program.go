package falconet

// #include "bridge.h"
import "C"

import (
	"context"
	"io"
	"runtime"
	"unsafe"
)

// A Program is that of an ELF file. Goroutines may share one.
type Program struct{ handle *C.falconet_program }

func newProgram(handle *C.falconet_program) *Program {
	p := &Program{handle}
	runtime.SetFinalizer(p, (*Program).Close)
	return p
}

// OpenProgram opens an ELF file, which may be stripped.
func OpenProgram(path string) (*Program, error) {
	var program *C.falconet_program
	err := doText(path, func(path *C.char) C.falconet_status { return C.falconet_program_open(path, &program) })
	if err != nil {
		return nil, err
	}
	return newProgram(program), nil
}

// OpenProgramBytes opens an ELF file in memory.
func OpenProgramBytes(data []byte) (*Program, error) {
	var program *C.falconet_program
	err := do(func() C.falconet_status {
		return C.falconet_program_open_memory(start(data), C.size_t(len(data)), &program)
	})
	if err != nil {
		return nil, err
	}
	return newProgram(program), nil
}

// Close frees the program. Later uses are errors.
func (p *Program) Close() error {
	err := do(func() C.falconet_status { return C.falconet_program_free(p.handle) })
	if err == nil {
		runtime.SetFinalizer(p, nil)
		p.handle = nil
	}
	return err
}

func (p *Program) optional() *C.falconet_program {
	if p == nil {
		return nil
	}
	return p.handle
}

// A FindingKind says what a finding is about.
type FindingKind int

// What a finding is about.
const (
	// An instruction that the state version lacks.
	UnsupportedInstruction FindingKind = C.FALCONET_FINDING_INSTRUCTION
	// A system call that the state version lacks.
	UnsupportedSystemCall FindingKind = C.FALCONET_FINDING_SYSTEM_CALL
	// Another reason why the program may not do in the VM what it does elsewhere.
	ProgramConcern FindingKind = C.FALCONET_FINDING_CONCERN
)

// A Finding is something that may stop the VM or corrupt the program.
type Finding struct {
	Kind FindingKind
	// Whether calls lead there from the entry, as far as can be seen, and nothing excuses it.
	Harmful bool
	// What is wrong.
	Problem string
	// The function that contains it; "" for a concern.
	Function string
	// A shortest chain of calls from the entry, such as "main > f > g"; "" if there is none.
	Path string
	// Why it does no harm, and what to do about it, if that is known.
	Excuse, Remedy string
	// Where it is, ascending.
	Addresses []uint64
}

func newFinding(item *C.falconet_finding) Finding {
	finding := Finding{
		Kind: FindingKind(item.kind), Harmful: bool(item.harmful), Problem: C.GoString(item.problem),
		Function: C.GoString(item.function), Path: C.GoString(item.path), Excuse: C.GoString(item.excuse),
		Remedy: C.GoString(item.remedy),
	}
	if item.address_count > 0 {
		addresses := unsafe.Slice((*uint64)(unsafe.Pointer(item.addresses)), int(item.address_count))
		finding.Addresses = append(finding.Addresses, addresses...)
	}
	return finding
}

// A ProgramCheck is what was checked, and what was found.
type ProgramCheck struct {
	// Whether no finding is harmful. That proves nothing: some calls cannot be followed.
	Compatible bool
	// Functions of the program, and those that calls lead to from its entry.
	Functions, ReachableFunctions uint64
	Findings                      []Finding
}

// Check looks for what a revision of a state version lacks in the program; "" is the newest revision.
func (p *Program) Check(version uint32, revision string) (*ProgramCheck, error) {
	defer runtime.KeepAlive(p)
	var check C.falconet_check
	var findings []Finding
	err := withOptional(revision, func(name *C.char) error {
		return with(&findings, func(context C.uintptr_t) C.falconet_status {
			return C.falconet_go_check(p.handle, C.uint32_t(version), name, context, &check)
		})
	})
	if err != nil {
		return nil, err
	}
	return &ProgramCheck{
		bool(check.compatible), uint64(check.functions), uint64(check.reachable_functions), findings,
	}, nil
}

// Traceback returns the calls that each thread is in, the active thread first, in the style of Go's tracebacks.
// Without a program, nil, only a Go program's functions have names.
func (m *Machine) Traceback(program *Program) (string, error) {
	defer runtime.KeepAlive(program)
	var buffer C.falconet_buffer
	err := m.call(func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_traceback(h, program.optional(), &buffer)
	})
	return string(take(&buffer)), err
}

// A Profile is how many steps a run spent in which function, by the calls that led there.
type Profile struct{ handle *C.falconet_profile }

// A ProfileFormat is a form of profiles.
type ProfileFormat int

// The forms of profiles.
const (
	// For pprof, not compressed: a file of it usually is, with gzip.
	ProfilePprof ProfileFormat = C.FALCONET_PROFILE_PPROF
	// A line for each stack, with the steps at its end.
	ProfileFolded ProfileFormat = C.FALCONET_PROFILE_FOLDED
	// A flame graph in SVG.
	ProfileFlameGraph ProfileFormat = C.FALCONET_PROFILE_FLAME_GRAPH
)

// Profile runs as [Machine.Run] does, without events, and profiles the run. The program names the functions;
// without one, nil, only a Go program's have names. A sample is taken every interval steps; 0 adapts the
// interval to keep the run fast.
func (m *Machine) Profile(ctx context.Context, until uint64, program *Program, interval uint64) (Stop, *Profile, error) {
	defer runtime.KeepAlive(program)
	var stop C.falconet_stop
	p := &Profile{}
	err := m.during(ctx, func(h *C.falconet_machine) C.falconet_status {
		return C.falconet_machine_profile(
			h, C.uint64_t(until), program.optional(), C.uint64_t(interval), &stop, &p.handle)
	})
	if err != nil {
		return Stop(stop), nil, err
	}
	runtime.SetFinalizer(p, (*Profile).Close)
	if stop == C.FALCONET_STOP_CANCELLED {
		err = ctx.Err()
	}
	return Stop(stop), p, err
}

// Close frees the profile. Later uses are errors.
func (p *Profile) Close() error {
	err := do(func() C.falconet_status { return C.falconet_profile_free(p.handle) })
	if err == nil {
		runtime.SetFinalizer(p, nil)
		p.handle = nil
	}
	return err
}

// Save writes a file, completely or not at all. The name selects the format: .pb.gz, .folded or .svg.
func (p *Profile) Save(path string) error {
	defer runtime.KeepAlive(p)
	return doText(path, func(path *C.char) C.falconet_status { return C.falconet_profile_save(p.handle, path) })
}

// Write writes the profile.
func (p *Profile) Write(writer io.Writer, format ProfileFormat, compression Compression) error {
	defer runtime.KeepAlive(p)
	return with(writer, func(context C.uintptr_t) C.falconet_status {
		return C.falconet_go_profile_write(
			p.handle, C.falconet_profile_format(format), C.falconet_compression(compression), context)
	})
}
