// Runs a snapshot with pre-images of its own source, and prints the claim of the last state.
//
//	PKG_CONFIG_PATH=FOLDER/lib/pkgconfig CGO_LDFLAGS=-Wl,-rpath,FOLDER/lib go build main.go
//	./main state.bin.gz preimages
//
// FOLDER is what Scripts/build-library filled. The second argument is a folder of files
// 0xKEY.txt, each with a pre-image in hexadecimal.
package main

/*
#cgo pkg-config: falconet
#include <stdlib.h>
#include <falconet.h>

extern falconet_status goPreimage(uintptr_t source, uint8_t *key, falconet_answer *answer);

// The context is a number, not a pointer: C must not keep pointers to what Go may move, and Go must
// not take a number for a pointer.
static falconet_status preimage(void *context, const uint8_t *key, falconet_answer *answer) {
  return goPreimage((uintptr_t)context, (uint8_t *)key, answer);
}

static falconet_status use_go(falconet_machine *machine, uintptr_t source) {
  return falconet_machine_set_preimages(machine, preimage, NULL, (void *)source);
}
*/
import "C"

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/cgo"
	"strings"
	"unsafe"
)

type source map[[32]byte][]byte

//export goPreimage
func goPreimage(handle C.uintptr_t, key *C.uint8_t, answer *C.falconet_answer) C.falconet_status {
	preimages := cgo.Handle(handle).Value().(source)
	data, found := preimages[*(*[32]byte)(unsafe.Pointer(key))]
	if !found {
		return C.FALCONET_NOT_FOUND
	}
	return C.falconet_answer_append(answer, unsafe.Pointer(unsafe.SliceData(data)), C.size_t(len(data)))
}

// check makes an error of a status. The message is the thread's, so the caller stays on its thread.
func check(status C.falconet_status) error {
	if status == C.FALCONET_OK {
		return nil
	}
	return errors.New(C.GoString(C.falconet_error_message()))
}

func readSource(folder string) (source, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "0x*.txt"))
	if err != nil {
		return nil, err
	}
	preimages := source{}
	for _, path := range paths {
		key, err := hex.DecodeString(strings.TrimSuffix(filepath.Base(path), ".txt")[2:])
		if err != nil || len(key) != 32 {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		data, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		preimages[[32]byte(key)] = data
	}
	return preimages, nil
}

func run(snapshot, folder string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	preimages, err := readSource(folder)
	if err != nil {
		return err
	}
	handle := cgo.NewHandle(preimages)
	defer handle.Delete()
	path := C.CString(snapshot)
	defer C.free(unsafe.Pointer(path))

	var machine *C.falconet_machine
	if err := check(C.falconet_machine_open(path, nil, &machine)); err != nil {
		return err
	}
	defer C.falconet_machine_free(machine)
	if err := check(C.use_go(machine, C.uintptr_t(handle))); err != nil {
		return err
	}
	var stop C.falconet_stop
	if err := check(C.falconet_machine_run(machine, math.MaxUint64, 0, &stop)); err != nil {
		return err
	}
	var step C.uint64_t
	if err := check(C.falconet_machine_step(machine, &step)); err != nil {
		return err
	}
	var claim [32]byte
	if err := check(C.falconet_machine_claim(machine, (*C.uint8_t)(&claim[0]))); err != nil {
		return err
	}
	fmt.Printf("step %d claim 0x%x\n", uint64(step), claim)
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: main SNAPSHOT PREIMAGES")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
