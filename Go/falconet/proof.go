package falconet

// #include "bridge.h"
import "C"

import (
	"io"
	"runtime"
	"unsafe"
)

// A Proof is everything that a contract needs to execute one step, and the claim after it.
type Proof struct{ handle *C.falconet_proof }

func newProof(handle *C.falconet_proof) *Proof {
	p := &Proof{handle}
	runtime.SetFinalizer(p, (*Proof).Close)
	return p
}

// OpenProof opens a file with one proof, as Cannon and Falconet write it, compressed or not.
func OpenProof(path string) (*Proof, error) {
	var proof *C.falconet_proof
	err := doText(path, func(path *C.char) C.falconet_status { return C.falconet_proof_open(path, &proof) })
	if err != nil {
		return nil, err
	}
	return newProof(proof), nil
}

// OpenProofBytes opens the contents of such a file.
func OpenProofBytes(data []byte) (*Proof, error) {
	var proof *C.falconet_proof
	err := do(func() C.falconet_status {
		return C.falconet_proof_open_memory(start(data), C.size_t(len(data)), &proof)
	})
	if err != nil {
		return nil, err
	}
	return newProof(proof), nil
}

// Close frees the proof. Later uses are errors.
func (p *Proof) Close() error {
	err := do(func() C.falconet_status { return C.falconet_proof_free(p.handle) })
	if err == nil {
		runtime.SetFinalizer(p, nil)
		p.handle = nil
	}
	return err
}

func (p *Proof) call(function func(*C.falconet_proof) C.falconet_status) error {
	defer runtime.KeepAlive(p)
	return do(func() C.falconet_status { return function(p.handle) })
}

// AnyVersion is a state version that is unknown, or any.
const AnyVersion = C.FALCONET_ANY_VERSION

// ProofInfo is the parts of a proof that have a fixed size.
type ProofInfo struct {
	// Steps executed before the proved one, and the claim before it, if HasStep and HasPre: files may omit
	// these.
	Step    uint64
	HasStep bool
	Pre     Claim
	HasPre  bool
	// The claim after the step.
	Post Claim
	// What the step reads of a pre-image, if HasRead.
	Read    PreimageRead
	HasRead bool
	// AnyVersion if the proof does not say.
	Version uint32
}

// Info returns the parts of the proof that have a fixed size.
func (p *Proof) Info() (ProofInfo, error) {
	var info C.falconet_proof_info
	err := p.call(func(h *C.falconet_proof) C.falconet_status { return C.falconet_proof_get_info(h, &info) })
	return ProofInfo{
		Step: uint64(info.step), HasStep: bool(info.has_step),
		Pre: *(*Claim)(unsafe.Pointer(&info.pre)), HasPre: bool(info.has_pre),
		Post: *(*Claim)(unsafe.Pointer(&info.post)),
		Read: PreimageRead{
			Key: *(*[32]byte)(unsafe.Pointer(&info.preimage_key)), Offset: uint64(info.preimage_offset),
		},
		HasRead: bool(info.has_preimage), Version: uint32(info.version),
	}, err
}

// StateData returns the witness before the step.
func (p *Proof) StateData() ([]byte, error) {
	var buffer C.falconet_buffer
	err := p.call(func(h *C.falconet_proof) C.falconet_status { return C.falconet_proof_state_data(h, &buffer) })
	return take(&buffer), err
}

// ProofData returns the witness of the thread, in versions with threads, followed by the memory proofs.
func (p *Proof) ProofData() ([]byte, error) {
	var buffer C.falconet_buffer
	err := p.call(func(h *C.falconet_proof) C.falconet_status { return C.falconet_proof_proof_data(h, &buffer) })
	return take(&buffer), err
}

// Preimage returns the whole pre-image that the step reads from, preceded by its length in 8 bytes, big-endian;
// empty for none.
func (p *Proof) Preimage() ([]byte, error) {
	var buffer C.falconet_buffer
	err := p.call(func(h *C.falconet_proof) C.falconet_status { return C.falconet_proof_preimage(h, &buffer) })
	return take(&buffer), err
}

// Verify executes the step from the proof alone, and checks the claims. The code of its error is [Rejected] if
// the proof does not hold. The version is the proof's own, or else every version whose data has these sizes.
func (p *Proof) Verify() error { return p.VerifyAs(AnyVersion, "") }

// VerifyAs verifies the proof in a state version, and under a revision by any of its names; "" is the newest.
func (p *Proof) VerifyAs(version uint32, revision string) error {
	return withOptional(revision, func(name *C.char) error {
		return p.call(func(h *C.falconet_proof) C.falconet_status {
			return C.falconet_proof_verify_revision(h, C.uint32_t(version), name)
		})
	})
}

// Save writes a proof file, completely or not at all, compressed with gzip if its name ends in .gz.
func (p *Proof) Save(path string) error {
	return withText(path, func(path *C.char) error {
		return p.call(func(h *C.falconet_proof) C.falconet_status { return C.falconet_proof_save(h, path) })
	})
}

// Write writes the proof's JSON.
func (p *Proof) Write(writer io.Writer, compression Compression) error {
	defer runtime.KeepAlive(p)
	return with(writer, func(context C.uintptr_t) C.falconet_status {
		return C.falconet_go_proof_write(p.handle, C.falconet_compression(compression), context)
	})
}

// A ContractCall is a call of a contract.
type ContractCall struct {
	// "load" loads the part of a pre-image that the step reads, "read" asks whether it is loaded, "step"
	// executes the step.
	Purpose string
	// "PreimageOracle" or "MIPS".
	Contract string
	// The function's signature, such as "step(bytes,bytes,bytes32)".
	Function string
	// The call's data: the selector and the encoded arguments.
	Data []byte
}

// CalldataOptions are what contract calls need that a proof does not contain.
type CalldataOptions struct {
	// The local context of the dispute; nil is zeros.
	LocalContext *[32]byte
	// The address of the dispute game. Without it there is no call that asks for a local input.
	Caller *[20]byte
	// The KZG proof of a blob's field element, needed to load one.
	KZGProof *[48]byte
	// The directory in which a host stored what the keys of blobs and precompiles are hashes of, needed to load
	// one of these.
	PreimageFolder string
}

// Calldata returns the contract calls that execute the step, in the order in which they are made. It does not
// verify the proof. Nil options stand for the zero value.
func (p *Proof) Calldata(options *CalldataOptions) ([]ContractCall, error) {
	if options == nil {
		options = &CalldataOptions{}
	}
	var values C.falconet_calldata_options
	// C gets no pointer to memory with pointers of Go.
	bytes := func(data []byte) *C.uint8_t { return (*C.uint8_t)(C.CBytes(data)) }
	if options.LocalContext != nil {
		values.local_context = bytes(options.LocalContext[:])
		defer C.free(unsafe.Pointer(values.local_context))
	}
	if options.Caller != nil {
		values.caller = bytes(options.Caller[:])
		defer C.free(unsafe.Pointer(values.caller))
	}
	if options.KZGProof != nil {
		values.kzg_proof = bytes(options.KZGProof[:])
		defer C.free(unsafe.Pointer(values.kzg_proof))
	}
	var calls []ContractCall
	defer runtime.KeepAlive(p)
	err := withOptional(options.PreimageFolder, func(folder *C.char) error {
		values.preimage_folder = folder
		return with(&calls, func(context C.uintptr_t) C.falconet_status {
			return C.falconet_go_calldata(p.handle, &values, context)
		})
	})
	return calls, err
}
