// Package vm interprets contracts, much as Ethereum's virtual machine does.
package vm

import (
	"errors"
	"fmt"

	"rollup/keccak"
	"rollup/word"
)

// Address is an account's.
type Address [20]byte

// Word returns the address as a number.
func (a Address) Word() word.Word { return word.FromBytes(a[:]) }

// AddressOf returns the lower bytes of a number.
func AddressOf(number word.Word) (address Address) {
	bytes := number.Bytes()
	copy(address[:], bytes[12:])
	return address
}

// State is what contracts read and change.
type State interface {
	Balance(of Address) word.Word
	Transfer(from, to Address, value word.Word) bool
	Code(of Address) []byte
	Load(of Address, slot word.Word) word.Word
	Store(of Address, slot, value word.Word)
	Emit(of Address, topics []word.Word, data []byte)
	// Mark and Revert undo what was changed in between.
	Mark() int
	Revert(mark int)
	// Rule is the operation that runs native functions.
	Rule(seed uint64, count int) uint64
}

// Errors that end a call, and take all of its gas.
var (
	ErrGas       = errors.New("out of gas")
	ErrStack     = errors.New("stack underflow or overflow")
	ErrJump      = errors.New("jump to no destination")
	ErrOperation = errors.New("unknown operation")
	ErrDepth     = errors.New("calls are nested too deep")
	// ErrRevert leaves the rest of the gas.
	ErrRevert = errors.New("reverted")
)

var errStop = errors.New("stop")

const (
	stackLimit = 1024
	depthLimit = 64
	callGas    = 700
)

// Tracer sees each call.
type Tracer interface {
	Enter(depth int, from, to Address, gas uint64)
	Leave(depth int, used uint64, err error)
}

// Machine executes calls on a state.
type Machine struct {
	State  State
	Tracer Tracer
	// Operations counts what has been executed.
	Operations [256]uint64
	depth      int
}

// Message is a call.
type Message struct {
	From, To Address
	Value    word.Word
	Input    []byte
	Gas      uint64
}

type frame struct {
	machine *Machine
	message Message
	code    []byte
	targets map[uint64]bool
	pc      uint64
	stack   []word.Word
	memory  []byte
	gas     uint64
	output  []byte
	result  []byte // of the last call made
}

type operation struct {
	name        string
	takes, puts int
	gas         uint64
	execute     func(f *frame) error
}

// Call executes a message. Returns its output, and the gas that is left.
func (m *Machine) Call(message Message) (output []byte, gas uint64, err error) {
	if m.depth == depthLimit {
		return nil, message.Gas, ErrDepth
	}
	mark := m.State.Mark()
	if !m.State.Transfer(message.From, message.To, message.Value) {
		return nil, message.Gas, ErrRevert
	}
	code := m.State.Code(message.To)
	if len(code) == 0 {
		return nil, message.Gas, nil
	}
	m.depth++
	m.Tracer.Enter(m.depth, message.From, message.To, message.Gas)
	f := &frame{machine: m, message: message, code: code, targets: targets(code), gas: message.Gas}
	err = f.run()
	m.Tracer.Leave(m.depth, message.Gas-f.gas, err)
	m.depth--
	if err != nil {
		m.State.Revert(mark)
		if !errors.Is(err, ErrRevert) {
			f.gas = 0
		}
	}
	return f.output, f.gas, err
}

// targets are the places that may be jumped to.
func targets(code []byte) map[uint64]bool {
	found := map[uint64]bool{}
	for pc := 0; pc < len(code); pc++ {
		switch op := code[pc]; {
		case op == JumpDest:
			found[uint64(pc)] = true
		case op >= Push1 && op < Push1+32:
			pc += int(op - Push1 + 1)
		}
	}
	return found
}

func (f *frame) run() error {
	for f.pc < uint64(len(f.code)) {
		op := f.code[f.pc]
		do := operations[op]
		if do == nil {
			return fmt.Errorf("%w %#x at %d", ErrOperation, op, f.pc)
		}
		f.machine.Operations[op]++
		if len(f.stack) < do.takes || len(f.stack)-do.takes+do.puts > stackLimit {
			return fmt.Errorf("%s: %w", do.name, ErrStack)
		}
		if err := f.use(do.gas); err != nil {
			return err
		}
		f.pc++
		if err := do.execute(f); err != nil {
			if err == errStop {
				return nil
			}
			return err
		}
	}
	return nil
}

func (f *frame) use(gas uint64) error {
	if f.gas < gas {
		f.gas = 0
		return ErrGas
	}
	f.gas -= gas
	return nil
}

func (f *frame) pop() word.Word {
	last := len(f.stack) - 1
	value := f.stack[last]
	f.stack = f.stack[:last]
	return value
}

func (f *frame) push(value word.Word) { f.stack = append(f.stack, value) }

// reach makes memory long enough, and returns a piece of it.
func (f *frame) reach(offset, count word.Word) ([]byte, error) {
	from, length := offset.Low(), count.Low()
	if length == 0 {
		return nil, nil
	}
	if from > 1<<20 || length > 1<<20 {
		return nil, ErrGas
	}
	if end := (from + length + 31) / 32 * 32; end > uint64(len(f.memory)) {
		if err := f.use((end - uint64(len(f.memory))) / 32 * 3); err != nil {
			return nil, err
		}
		f.memory = append(f.memory, make([]byte, end-uint64(len(f.memory)))...)
	}
	return f.memory[from : from+length], nil
}

// input returns 32 bytes of the call's input.
func (f *frame) input(offset uint64) word.Word {
	var data [32]byte
	if offset < uint64(len(f.message.Input)) {
		copy(data[:], f.message.Input[offset:])
	}
	return word.FromBytes(data[:])
}

func (f *frame) jump(to word.Word) error {
	if !f.targets[to.Low()] {
		return fmt.Errorf("%w %d", ErrJump, to.Low())
	}
	f.pc = to.Low()
	return nil
}

func (f *frame) call() error {
	gas, to, value := f.pop(), AddressOf(f.pop()), f.pop()
	input, err := f.reach(f.pop(), f.pop())
	if err != nil {
		return err
	}
	output, err := f.reach(f.pop(), f.pop())
	if err != nil {
		return err
	}
	// A call leaves a part of the gas to the one that makes it.
	given := min(gas.Low(), f.gas-f.gas/64)
	f.gas -= given
	result, left, err := f.machine.Call(Message{
		f.message.To, to, value, append([]byte{}, input...), given,
	})
	f.gas += left
	f.result = result
	copy(output, result)
	f.push(truth(err == nil))
	return nil
}

func truth(is bool) word.Word {
	if is {
		return word.From(1)
	}
	return word.Word{}
}

func hashed(data []byte) word.Word {
	digest := keccak.Sum(data)
	return word.FromBytes(digest[:])
}
