package falconet

// #include "bridge.h"
import "C"

import (
	"errors"
	"io"
	"runtime/cgo"
	"unsafe"
)

// A PreimageSource gives pre-images.
type PreimageSource interface {
	// Preimage returns the whole pre-image of a key, without a length prefix, and whether there is one. An
	// error ends the run, and the run's error wraps it. Pre-images of types 2 (keccak256) and 4 (sha256) are
	// checked against their keys.
	Preimage(key [32]byte) (data []byte, found bool, err error)
}

// A HintReceiver is a [PreimageSource] that also receives hints.
type HintReceiver interface {
	// Hint receives one hint, without its length prefix. An error ends the run.
	Hint(hint []byte) error
}

// PreimageFunc is a function as a [PreimageSource].
type PreimageFunc func(key [32]byte) (data []byte, found bool, err error)

// Preimage calls the function.
func (f PreimageFunc) Preimage(key [32]byte) ([]byte, bool, error) { return f(key) }

// PreimageMap is a map as a [PreimageSource].
type PreimageMap map[[32]byte][]byte

// Preimage looks the key up.
func (m PreimageMap) Preimage(key [32]byte) ([]byte, bool, error) {
	data, found := m[key]
	return data, found, nil
}

// An OutputFunc receives what is written to standard output (stream 1) or standard error (stream 2).
type OutputFunc func(stream int, data []byte)

// callbacks holds what the library may call, until another takes its place or its owner is freed.
type callbacks struct{ source, output, serverOutput, progress cgo.Handle }

func replace(place *cgo.Handle, with cgo.Handle) {
	if *place != 0 {
		place.Delete()
	}
	*place = with
}

func (c *callbacks) free() {
	for _, place := range []*cgo.Handle{&c.source, &c.output, &c.serverOutput, &c.progress} {
		replace(place, 0)
	}
}

// set makes a handle of a callback, passes it to a function of the library, and puts it in its place if that
// succeeds. Without a callback, it passes 0.
func (c *callbacks) set(place *cgo.Handle, isSet bool, value any, pass func(C.uintptr_t) error) error {
	if !isSet {
		err := pass(0)
		if err == nil {
			replace(place, 0)
		}
		return err
	}
	handle := cgo.NewHandle(value)
	if err := pass(C.uintptr_t(handle)); err != nil {
		handle.Delete()
		return err
	}
	replace(place, handle)
	return nil
}

// with makes a handle of a value for one call.
func with(value any, call func(C.uintptr_t) C.falconet_status) error {
	handle := cgo.NewHandle(value)
	defer handle.Delete()
	return do(func() C.falconet_status { return call(C.uintptr_t(handle)) })
}

// start is the address of the first byte; nil if there is none.
func start(data []byte) unsafe.Pointer {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Pointer(&data[0])
}

// view is memory of C as a slice, valid as long as that.
func view(data unsafe.Pointer, count C.size_t) []byte {
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(data), int(count))
}

// copied is a copy of memory of C.
func copied(data unsafe.Pointer, count C.size_t) []byte {
	return append([]byte{}, view(data, count)...)
}

// take is the content of a buffer, which is freed.
func take(buffer *C.falconet_buffer) []byte {
	defer C.falconet_buffer_free(buffer)
	return copied(unsafe.Pointer(buffer.bytes), buffer.count)
}

//export falconetGoPreimage
func falconetGoPreimage(context C.uintptr_t, key *C.uint8_t, answer *C.falconet_answer) (status C.falconet_status) {
	status = C.FALCONET_IO_ERROR
	defer guard()
	source := cgo.Handle(context).Value().(PreimageSource)
	data, found, err := source.Preimage(*(*[32]byte)(unsafe.Pointer(key)))
	switch {
	case err != nil:
		leaveError(err)
		reason := C.CString(err.Error())
		defer C.free(unsafe.Pointer(reason))
		C.falconet_answer_explain(answer, reason)
		return C.FALCONET_IO_ERROR
	case !found:
		return C.FALCONET_NOT_FOUND
	}
	return C.falconet_answer_append(answer, start(data), C.size_t(len(data)))
}

//export falconetGoHint
func falconetGoHint(context C.uintptr_t, hint *C.uint8_t, count C.size_t) (status C.falconet_status) {
	status = C.FALCONET_IO_ERROR
	defer guard()
	receiver, takesHints := cgo.Handle(context).Value().(HintReceiver)
	if !takesHints {
		return C.FALCONET_OK
	}
	if err := receiver.Hint(copied(unsafe.Pointer(hint), count)); err != nil {
		leaveError(err)
		return C.FALCONET_IO_ERROR
	}
	return C.FALCONET_OK
}

//export falconetGoOutput
func falconetGoOutput(context C.uintptr_t, stream C.int32_t, data *C.uint8_t, count C.size_t) {
	defer guard()
	cgo.Handle(context).Value().(OutputFunc)(int(stream), copied(unsafe.Pointer(data), count))
}

// falconetGoProgress ends a run whose output callback panicked, also if nobody wants the progress.
//
//export falconetGoProgress
func falconetGoProgress(context C.uintptr_t, step C.uint64_t) (goesOn C.bool) {
	defer guard()
	if hasPanicked() {
		return false
	}
	if context == 0 {
		return true
	}
	return C.bool(cgo.Handle(context).Value().(func(uint64) bool)(uint64(step)))
}

//export falconetGoProof
func falconetGoProof(context C.uintptr_t, handle *C.falconet_proof) (goesOn C.bool) {
	defer guard()
	// Freed also if nobody takes it.
	proof := newProof(handle)
	events := cgo.Handle(context).Value().(*runEvents)
	return C.bool(events.OnProof == nil || events.OnProof(proof))
}

//export falconetGoPause
func falconetGoPause(context C.uintptr_t) (goesOn C.bool) {
	defer guard()
	events := cgo.Handle(context).Value().(*runEvents)
	return C.bool(events.OnPause == nil || events.OnPause(events.machine))
}

//export falconetGoClaim
func falconetGoClaim(context C.uintptr_t, step C.uint64_t, room *C.uint8_t) (status C.falconet_status) {
	status = C.FALCONET_IO_ERROR
	defer guard()
	claim, err := cgo.Handle(context).Value().(ClaimFunc)(uint64(step))
	switch {
	case errors.Is(err, Panic):
		return C.FALCONET_PANIC
	case err != nil:
		leaveError(err)
		return C.FALCONET_IO_ERROR
	}
	*(*Claim)(unsafe.Pointer(room)) = claim
	return C.FALCONET_OK
}

//export falconetGoRead
func falconetGoRead(context C.uintptr_t, room unsafe.Pointer, count C.size_t) (result C.int64_t) {
	result = -1
	defer guard()
	reader := cgo.Handle(context).Value().(io.Reader)
	for {
		read, err := reader.Read(view(room, count))
		switch {
		case read > 0:
			return C.int64_t(read)
		case err == io.EOF:
			return 0
		case err != nil:
			leaveError(err)
			return -1
		}
	}
}

//export falconetGoWrite
func falconetGoWrite(context C.uintptr_t, data unsafe.Pointer, count C.size_t) (result C.int32_t) {
	result = -1
	defer guard()
	if _, err := cgo.Handle(context).Value().(io.Writer).Write(copied(data, count)); err != nil {
		leaveError(err)
		return -1
	}
	return 0
}

//export falconetGoDifference
func falconetGoDifference(context C.uintptr_t, difference *C.falconet_difference) {
	defer guard()
	changes := cgo.Handle(context).Value().(*[]Change)
	*changes = append(*changes, newChange(difference))
}

//export falconetGoContractCall
func falconetGoContractCall(context C.uintptr_t, call *C.falconet_contract_call) {
	defer guard()
	calls := cgo.Handle(context).Value().(*[]ContractCall)
	*calls = append(*calls, ContractCall{
		Purpose: C.GoString(call.purpose), Contract: C.GoString(call.contract),
		Function: C.GoString(call.function), Data: copied(unsafe.Pointer(call.data), call.count),
	})
}

//export falconetGoFinding
func falconetGoFinding(context C.uintptr_t, finding *C.falconet_finding) {
	defer guard()
	findings := cgo.Handle(context).Value().(*[]Finding)
	*findings = append(*findings, newFinding(finding))
}

//export falconetGoIncident
func falconetGoIncident(context C.uintptr_t, path, reason, movedTo *C.char) {
	defer guard()
	incidents := cgo.Handle(context).Value().(*[]TraceIncident)
	*incidents = append(*incidents, TraceIncident{
		Path: C.GoString(path), Reason: C.GoString(reason), MovedTo: C.GoString(movedTo),
	})
}
