package falconet

// #include "bridge.h"
import "C"

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"
)

// Version returns the version of the library that is linked, such as 0.1.0.
func Version() string { return C.GoString(C.falconet_version()) }

// Revisions returns the names of a state version's revisions, the newest first, which is the default.
func Revisions(version uint32) []string {
	var names []string
	for {
		name := C.falconet_revision_name(C.uint32_t(version), C.size_t(len(names)))
		if name == nil {
			return names
		}
		names = append(names, C.GoString(name))
	}
}

// A Claim is keccak256 of a state's witness, its first byte replaced by the VM's status.
type Claim [32]byte

// String returns the claim in hexadecimal.
func (c Claim) String() string { return "0x" + hex.EncodeToString(c[:]) }

// ParseClaim reads 32 bytes in hexadecimal, with or without 0x.
func ParseClaim(text string) (claim Claim, err error) {
	bytes, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(bytes) != len(claim) {
		return claim, errors.New("a claim is 32 bytes in hexadecimal")
	}
	copy(claim[:], bytes)
	return claim, nil
}

// A Format is a format of snapshots.
type Format int

// The formats of snapshots.
const (
	// By the content when a snapshot is read, by the file's name when it is written.
	FormatAuto Format = C.FALCONET_FORMAT_AUTO
	// Cannon's binary format, of every state version.
	FormatBin Format = C.FALCONET_FORMAT_BIN
	// Cannon's JSON format, of state version 0.
	FormatJSON Format = C.FALCONET_FORMAT_JSON
	// The binary format that was proposed and never merged, of state version 0.
	FormatPR7559 Format = C.FALCONET_FORMAT_PR7559
	// Falconet's own format, of every state version.
	FormatFsnap Format = C.FALCONET_FORMAT_FSNAP
)

// A Compression is how what is written to a stream is compressed.
type Compression int

// The compressions.
const (
	Uncompressed Compression = C.FALCONET_COMPRESSION_NONE
	Gzip         Compression = C.FALCONET_COMPRESSION_GZIP
	Zstd         Compression = C.FALCONET_COMPRESSION_ZSTD
)

// An Engine executes steps. All give the same states. If the host does not support one, the next one is used.
type Engine int

// The engines.
const (
	// Translated to the host's machine code. The default.
	Translator Engine = C.FALCONET_ENGINE_TRANSLATOR
	// Decoded blocks, on any processor.
	Portable Engine = C.FALCONET_ENGINE_PORTABLE
	// One step at a time.
	StepEngine Engine = C.FALCONET_ENGINE_STEP
	// The first of these together with the last; both states are compared at intervals.
	CheckEngine Engine = C.FALCONET_ENGINE_CHECK
)

// OpenOptions says how a snapshot is read. Nil stands for the zero value.
type OpenOptions struct {
	Format Format
	// The base of a delta, or a directory of bases; by default the directory of the delta's file.
	Base string
	// Do not hash the pages of a .fsnap file. Use it only for files that this installation wrote: see
	// [Machine.IsVerified].
	TrustPages bool
}

// with calls a function with what C takes.
func (o *OpenOptions) with(call func(C.falconet_reading) error) error {
	if o == nil {
		return call(C.falconet_reading{})
	}
	return withOptional(o.Base, func(base *C.char) error {
		return call(C.falconet_reading{
			format: C.falconet_format(o.Format), base: base, trust_pages: C.bool(o.TrustPages),
		})
	})
}

// withText calls a function with a string of C.
func withText(value string, call func(*C.char) error) error {
	if strings.IndexByte(value, 0) >= 0 {
		return &Error{Code: InvalidArgument, Message: fmt.Sprintf("a zero byte in %q", value)}
	}
	chars := C.CString(value)
	defer C.free(unsafe.Pointer(chars))
	return call(chars)
}

// withOptional calls a function with a string of C; NULL of an empty one.
func withOptional(value string, call func(*C.char) error) error {
	if value == "" {
		return call(nil)
	}
	return withText(value, call)
}

// doText calls a function of the library that takes a string.
func doText(value string, call func(*C.char) C.falconet_status) error {
	return withText(value, func(text *C.char) error {
		return do(func() C.falconet_status { return call(text) })
	})
}

// A Server is a pre-image server, a process that is started as op-challenger does.
type Server struct {
	// The program, looked up in PATH if its name has no slash, and its arguments.
	Command []string
	// How long a request may wait without a byte, in whole seconds. 0 stands for 900 s, and a negative
	// number for no limit.
	Timeout time.Duration
	// Receives what the server writes, on a goroutine of its own; it must not use the machine or trace. Nil
	// drops it.
	Output OutputFunc
}

func (s *Server) seconds() C.uint32_t {
	switch seconds := s.Timeout / time.Second; {
	case s.Timeout < 0:
		return C.FALCONET_FOREVER
	case s.Timeout > 0 && seconds < 1:
		return 1
	case seconds >= C.FALCONET_FOREVER:
		return C.FALCONET_FOREVER - 1
	default:
		return C.uint32_t(seconds)
	}
}

// words makes what C takes, and what frees it.
func (s *Server) words() (**C.char, func(), error) {
	for _, word := range s.Command {
		if strings.IndexByte(word, 0) >= 0 {
			return nil, nil, &Error{Code: InvalidArgument, Message: fmt.Sprintf("a zero byte in %q", word)}
		}
	}
	count := len(s.Command) + 1
	list := (**C.char)(C.calloc(C.size_t(count), C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	words := unsafe.Slice(list, count)
	for position, word := range s.Command {
		words[position] = C.CString(word)
	}
	return list, func() {
		for _, word := range words {
			C.free(unsafe.Pointer(word))
		}
		C.free(unsafe.Pointer(list))
	}, nil
}

// setServer passes the server to a function of the library.
func (c *callbacks) setServer(server Server, pass func(**C.char, C.uint32_t, C.uintptr_t) C.falconet_status) error {
	words, free, err := server.words()
	if err != nil {
		return err
	}
	defer free()
	return c.set(&c.serverOutput, server.Output != nil, server.Output, func(context C.uintptr_t) error {
		return do(func() C.falconet_status { return pass(words, server.seconds(), context) })
	})
}
