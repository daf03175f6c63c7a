// Package falconet is a fault-proof VM that executes what Optimism's Cannon executes, with the same claims,
// witnesses, proofs and snapshots.
//
// A [Machine] opens a snapshot or an ELF file, runs it, and proves its steps. A [Proof] is the proof of one
// step, which it verifies. A [Trace] answers what a challenger asks of a program: claims and step data by
// index. A [Program] is an ELF file: whether the VM can execute it, and the names of its functions. [Describe],
// [Convert] and [Diff] read snapshots without loading them.
//
// # Linking
//
// The package uses cgo and links libfalconet.so, which pkg-config finds. With the build tag
// falconet_no_pkg_config it is found by CGO_CFLAGS and CGO_LDFLAGS instead:
//
//	CGO_CFLAGS=-I/opt/falconet/include CGO_LDFLAGS="-L/opt/falconet/lib -Wl,-rpath,/opt/falconet/lib" \
//	    go build -tags falconet_no_pkg_config
//
// # Errors
//
// Functions return an [*Error]: a code, and a message that says what was wrong, where, and what to do.
// errors.Is compares it with a [Code]. What a source of pre-images returns as its error is wrapped.
//
// # Goroutines
//
// One goroutine at a time uses a [Machine], a [Proof] or a [Profile]; a second call returns [Busy]. Goroutines
// share a [Trace] and a [Program]. Cancel may be called at any time. Callbacks run on the goroutine of the
// call that needs them, except for a server's output. A panic in one of them ends the call, which then
// panics with the same value.
//
// Close frees an object at once, and may be called twice; what is not closed is freed when it is collected.
package falconet
