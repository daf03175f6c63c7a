package falconet

// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
	"sync"
)

// A Code says what kind of failure a call met. It is an error, so that errors.Is(err, falconet.Rejected)
// asks for the code of an [*Error].
type Code int

// The codes of errors.
const (
	// A value is out of range, or the object is closed.
	InvalidArgument Code = C.FALCONET_INVALID_ARGUMENT
	// Another call is using the object.
	Busy Code = C.FALCONET_BUSY
	// There is no such file, thread, pre-image, or other thing that was requested.
	NotFound Code = C.FALCONET_NOT_FOUND
	// A file cannot be opened, read or written, or a reader or writer failed.
	IOError Code = C.FALCONET_IO_ERROR
	// The data is corrupt, or not of this kind.
	BadData Code = C.FALCONET_BAD_DATA
	// This kind of data, or the requested format, does not support the operation.
	Unsupported Code = C.FALCONET_UNSUPPORTED
	// A pre-image is not available, or does not match its key. Says nothing about the claim.
	PreimageError Code = C.FALCONET_PREIMAGE_ERROR
	// The guest did something illegal: there is no next state.
	Panic Code = C.FALCONET_PANIC
	// The host has no memory for the next state, or the guest has reached its page limit.
	NoMemory Code = C.FALCONET_NO_MEMORY
	// The program has exited, so there is no step to prove.
	Exited Code = C.FALCONET_EXITED
	// The proof does not hold.
	Rejected Code = C.FALCONET_REJECTED
	// Two computations of one state differ. No result can be trusted.
	Mismatch Code = C.FALCONET_MISMATCH
	// The call was cancelled.
	Cancelled Code = C.FALCONET_CANCELLED
	// Another process, or another Trace, is using the directory.
	Locked Code = C.FALCONET_LOCKED
	// The disk budget is exhausted.
	NoRoom Code = C.FALCONET_NO_ROOM
)

var codeNames = map[Code]string{
	InvalidArgument: "invalid argument", Busy: "busy", NotFound: "not found", IOError: "I/O error",
	BadData: "bad data", Unsupported: "unsupported", PreimageError: "pre-image error", Panic: "panic",
	NoMemory: "no memory", Exited: "exited", Rejected: "rejected", Mismatch: "mismatch",
	Cancelled: "cancelled", Locked: "locked", NoRoom: "no room",
}

// Error returns the code in words.
func (c Code) Error() string {
	if name, known := codeNames[c]; known {
		return "falconet: " + name
	}
	return fmt.Sprintf("falconet: code %d", int(c))
}

// An Error says why a call failed.
type Error struct {
	Code Code
	// What was wrong, where, and what to do.
	Message string
	// What a callback returned as its error, if that is why the call failed.
	Cause error
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether the target is the error's code.
func (e *Error) Is(target error) bool {
	code, isCode := target.(Code)
	return isCode && code == e.Code
}

// left is what callbacks leave for the call that they are part of: nothing passes through C. Callbacks run on
// the thread of the call.
type left struct {
	err      error
	panicked bool
	value    any
}

var (
	leftLock sync.Mutex
	lefts    = map[C.uintptr_t]*left{}
)

func leave(change func(*left)) {
	leftLock.Lock()
	defer leftLock.Unlock()
	thread := C.falconet_go_thread()
	if lefts[thread] == nil {
		lefts[thread] = &left{}
	}
	change(lefts[thread])
}

// leaveError leaves an error, the cause of the one that the call returns.
func leaveError(err error) { leave(func(l *left) { l.err = err }) }

// hasPanicked tells whether a callback of this thread has panicked, so that a run should end.
func hasPanicked() bool {
	leftLock.Lock()
	defer leftLock.Unlock()
	l := lefts[C.falconet_go_thread()]
	return l != nil && l.panicked
}

// guard keeps a panic from leaving a callback. It is deferred.
func guard() {
	if value := recover(); value != nil {
		leave(func(l *left) {
			if !l.panicked {
				l.panicked, l.value = true, value
			}
		})
	}
}

// do calls a function of the library, and makes an error of its status. The message is the thread's, so the
// goroutine stays on its thread. It panics if a callback did.
func do(call func() C.falconet_status) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	status := call()
	thread := C.falconet_go_thread()
	leftLock.Lock()
	l := lefts[thread]
	delete(lefts, thread)
	leftLock.Unlock()
	if l != nil && l.panicked {
		panic(l.value)
	}
	if status == C.FALCONET_OK {
		return nil
	}
	err := &Error{Code: Code(status), Message: C.GoString(C.falconet_error_message())}
	if l != nil {
		err.Cause = l.err
	}
	return err
}
