// Drives several VMs at once through fpvm.h, each from several goroutines:
// drive ([LIBRARY PROGRAM KEY PREIMAGE])..., as drive.c.
package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <fpvm_calls.h>
#include <stdlib.h>

extern int32_t goPreimage(void *, uint8_t *, uint64_t, fpvm_bytes *);
extern void goOutput(void *, uint32_t, uint8_t *, uint64_t);
*/
import "C"

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/cgo"
	"sync"
	"unsafe"
)

type vm struct {
	table    *C.fpvm_table
	program  []byte
	key      []byte
	preimage unsafe.Pointer // in C's memory, which the VM may read during a call
	size     int
}

type result struct {
	vm     *vm
	claim  []byte
	step   uint64
	proofs int
	output int
}

//export goPreimage
func goPreimage(
	context unsafe.Pointer, key *C.uint8_t, count C.uint64_t, out *C.fpvm_bytes,
) C.int32_t {
	v := (*(*cgo.Handle)(context)).Value().(*result).vm
	if !bytes.Equal(C.GoBytes(unsafe.Pointer(key), C.int(count)), v.key) {
		return C.FPVM_NOT_FOUND
	}
	out.bytes = (*C.uint8_t)(v.preimage)
	out.count = C.uint64_t(v.size)
	return C.FPVM_OK
}

//export goOutput
func goOutput(context unsafe.Pointer, stream C.uint32_t, text *C.uint8_t, count C.uint64_t) {
	(*(*cgo.Handle)(context)).Value().(*result).output += int(count)
}

func must(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(1)
	}
}

func drive(r *result) {
	t := r.vm.table
	room := (*C.char)(C.malloc(256))
	defer C.free(unsafe.Pointer(room))
	e := C.fpvm_error{size: C.sizeof_fpvm_error, text: room, room: 256}
	ok := func(status C.int32_t, what string) {
		if status != C.FPVM_OK {
			must(false, what+": "+C.GoStringN(room, C.int(e.count)))
		}
	}
	program := C.CBytes(r.vm.program)
	defer C.free(program)
	input := C.fpvm_input{size: C.sizeof_fpvm_input, kind: C.FPVM_ANY_KIND}
	input.bytes = C.fpvm_bytes{bytes: (*C.uint8_t)(program), count: C.uint64_t(len(r.vm.program))}
	// The VM keeps the context, so it is in C's memory.
	context := (*cgo.Handle)(C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0)))))
	*context = cgo.NewHandle(r)
	defer func() { context.Delete(); C.free(unsafe.Pointer(context)) }()
	callbacks := C.fpvm_callbacks{size: C.sizeof_fpvm_callbacks, context: unsafe.Pointer(context)}
	callbacks.preimage = (C.fpvm_preimage_fn)(unsafe.Pointer(C.goPreimage))
	callbacks.output = (C.fpvm_output_fn)(unsafe.Pointer(C.goOutput))
	var m *C.fpvm_machine
	ok(C.fpvm_call_load_program(t, &input, &m, &e), "load_program")
	ok(C.fpvm_call_set_callbacks(t, m, &callbacks, &e), "set_callbacks")
	info := C.fpvm_info{size: C.sizeof_fpvm_info}
	for {
		ok(C.fpvm_call_info(t, m, &info, &e), "info")
		run := C.fpvm_run{size: C.sizeof_fpvm_run, until: info.step + 37}
		stop := C.fpvm_stop{size: C.sizeof_fpvm_stop}
		ok(C.fpvm_call_run(t, m, &run, &stop, &e), "run")
		if stop.reason == C.FPVM_STOPPED_AT_EXIT {
			break
		}
		var proof *C.fpvm_proof
		ok(C.fpvm_call_prove(t, m, &proof, &e), "prove")
		ok(C.fpvm_call_verify(t, proof, &e), "verify")
		C.fpvm_call_free_proof(t, proof)
		r.proofs++
		var state C.fpvm_bytes
		ok(C.fpvm_call_save_state(t, m, &state, &e), "save_state")
		ok(C.fpvm_call_free_machine(t, m), "free_machine")
		input.bytes = state
		ok(C.fpvm_call_load_state(t, &input, &m, &e), "load_state")
		C.fpvm_call_free_bytes(t, &state)
		ok(C.fpvm_call_set_callbacks(t, m, &callbacks, &e), "set_callbacks")
	}
	ok(C.fpvm_call_info(t, m, &info, &e), "info")
	r.step = uint64(info.step)
	claim := (*C.uint8_t)(C.malloc(C.FPVM_CLAIM_MAX))
	defer C.free(unsafe.Pointer(claim))
	ok(C.fpvm_call_claim(t, m, claim, C.FPVM_CLAIM_MAX, &e), "claim")
	r.claim = C.GoBytes(unsafe.Pointer(claim), C.int(t.claim_size))
	ok(C.fpvm_call_free_machine(t, m), "free_machine")
}

func main() {
	const threads = 4
	var vms []*vm
	for words := os.Args[1:]; len(words) >= 4; words = words[4:] {
		path := C.CString(words[0])
		library := C.dlopen(path, C.RTLD_NOW|C.RTLD_LOCAL)
		C.free(unsafe.Pointer(path))
		must(library != nil, "dlopen "+words[0])
		name := C.CString(C.FPVM_ENTRY)
		v := &vm{table: C.fpvm_call_get(C.dlsym(library, name))}
		C.free(unsafe.Pointer(name))
		must(v.table != nil, "fpvm_get")
		var err error
		v.program, err = os.ReadFile(words[1])
		must(err == nil, words[1])
		if words[2] != "-" {
			v.key, err = hex.DecodeString(words[2])
			must(err == nil, words[2])
			preimage, err := os.ReadFile(words[3])
			must(err == nil, words[3])
			v.preimage, v.size = C.CBytes(preimage), len(preimage)
		}
		vms = append(vms, v)
	}
	results := make([][]*result, len(vms))
	var wait sync.WaitGroup
	for i, v := range vms {
		for j := 0; j < threads; j++ {
			r := &result{vm: v}
			results[i] = append(results[i], r)
			wait.Add(1)
			go func() { defer wait.Done(); drive(r) }()
		}
	}
	wait.Wait()
	for i, v := range vms {
		first := results[i][0]
		for _, r := range results[i] {
			same := bytes.Equal(r.claim, first.claim) && r.step == first.step
			must(same && r.output == first.output, "the threads differ")
		}
		C.free(v.preimage)
		fmt.Printf("%s: %d steps, %d proofs, %d bytes of output on each of %d threads\n",
			C.GoStringN(v.table.name.text, C.int(v.table.name.count)), first.step, first.proofs,
			first.output, threads)
	}
}
