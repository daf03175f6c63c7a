package vm

import "rollup/word"

// Operations that other code names.
const (
	JumpDest = 0x5B
	Push1    = 0x60
)

var operations [256]*operation

func init() { operations = table() }

func unary(do func(a word.Word) word.Word) func(*frame) error {
	return func(f *frame) error {
		f.push(do(f.pop()))
		return nil
	}
}

func dyadic(do func(a, b word.Word) word.Word) func(*frame) error {
	return func(f *frame) error {
		a := f.pop()
		f.push(do(a, f.pop()))
		return nil
	}
}

func ternary(do func(a, b, c word.Word) word.Word) func(*frame) error {
	return func(f *frame) error {
		a, b := f.pop(), f.pop()
		f.push(do(a, b, f.pop()))
		return nil
	}
}

func constant(value func(f *frame) word.Word) func(*frame) error {
	return func(f *frame) error {
		f.push(value(f))
		return nil
	}
}

func table() (all [256]*operation) {
	set := func(op byte, name string, takes, puts int, gas uint64, execute func(*frame) error) {
		all[op] = &operation{name, takes, puts, gas, execute}
	}
	set(0x00, "STOP", 0, 0, 0, func(f *frame) error { return errStop })
	set(0x01, "ADD", 2, 1, 3, dyadic(word.Word.Add))
	set(0x02, "MUL", 2, 1, 5, dyadic(word.Word.Mul))
	set(0x03, "SUB", 2, 1, 3, dyadic(word.Word.Sub))
	set(0x04, "DIV", 2, 1, 5, dyadic(word.Word.Div))
	set(0x05, "SDIV", 2, 1, 5, dyadic(word.Word.SignedDiv))
	set(0x06, "MOD", 2, 1, 5, dyadic(word.Word.Mod))
	set(0x07, "SMOD", 2, 1, 5, dyadic(word.Word.SignedMod))
	set(0x08, "ADDMOD", 3, 1, 8, ternary(word.Word.AddMod))
	set(0x09, "MULMOD", 3, 1, 8, ternary(word.Word.MulMod))
	set(0x0A, "EXP", 2, 1, 60, dyadic(word.Word.Exp))
	set(0x10, "LT", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return truth(a.Less(b)) }))
	set(0x11, "GT", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return truth(b.Less(a)) }))
	set(0x12, "SLT", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return truth(a.SignedLess(b)) }))
	set(0x14, "EQ", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return truth(a == b) }))
	set(0x15, "ISZERO", 1, 1, 3, unary(func(a word.Word) word.Word { return truth(a.IsZero()) }))
	set(0x16, "AND", 2, 1, 3, dyadic(word.Word.And))
	set(0x17, "OR", 2, 1, 3, dyadic(word.Word.Or))
	set(0x18, "XOR", 2, 1, 3, dyadic(word.Word.Xor))
	set(0x19, "NOT", 1, 1, 3, unary(word.Word.Not))
	set(0x1A, "BYTE", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return b.Byte(a.Low()) }))
	set(0x1B, "SHL", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return b.ShiftLeft(a.Low()) }))
	set(0x1C, "SHR", 2, 1, 3, dyadic(func(a, b word.Word) word.Word { return b.ShiftRight(a.Low()) }))
	set(0x20, "KECCAK", 2, 1, 36, func(f *frame) error {
		offset := f.pop()
		data, err := f.reach(offset, f.pop())
		f.push(hashed(data))
		return err
	})
	set(0x30, "ADDRESS", 0, 1, 2, constant(func(f *frame) word.Word { return f.message.To.Word() }))
	set(0x31, "BALANCE", 1, 1, 400, func(f *frame) error {
		f.push(f.machine.State.Balance(AddressOf(f.pop())))
		return nil
	})
	set(0x33, "CALLER", 0, 1, 2, constant(func(f *frame) word.Word { return f.message.From.Word() }))
	set(0x34, "CALLVALUE", 0, 1, 2, constant(func(f *frame) word.Word { return f.message.Value }))
	set(0x35, "CALLDATALOAD", 1, 1, 3, func(f *frame) error {
		f.push(f.input(f.pop().Low()))
		return nil
	})
	set(0x36, "CALLDATASIZE", 0, 1, 2, constant(func(f *frame) word.Word {
		return word.From(uint64(len(f.message.Input)))
	}))
	set(0x3D, "RETURNDATASIZE", 0, 1, 2, constant(func(f *frame) word.Word {
		return word.From(uint64(len(f.result)))
	}))
	set(0x50, "POP", 1, 0, 2, func(f *frame) error {
		f.pop()
		return nil
	})
	set(0x51, "MLOAD", 1, 1, 3, func(f *frame) error {
		data, err := f.reach(f.pop(), word.From(32))
		f.push(word.FromBytes(data))
		return err
	})
	set(0x52, "MSTORE", 2, 0, 3, func(f *frame) error {
		data, err := f.reach(f.pop(), word.From(32))
		value := f.pop().Bytes()
		copy(data, value[:])
		return err
	})
	set(0x53, "MSTORE8", 2, 0, 3, func(f *frame) error {
		data, err := f.reach(f.pop(), word.From(1))
		copy(data, []byte{byte(f.pop()[0])})
		return err
	})
	set(0x54, "SLOAD", 1, 1, 800, func(f *frame) error {
		f.push(f.machine.State.Load(f.message.To, f.pop()))
		return nil
	})
	set(0x55, "SSTORE", 2, 0, 5000, func(f *frame) error {
		slot := f.pop()
		f.machine.State.Store(f.message.To, slot, f.pop())
		return nil
	})
	set(0x56, "JUMP", 1, 0, 8, func(f *frame) error { return f.jump(f.pop()) })
	set(0x57, "JUMPI", 2, 0, 10, func(f *frame) error {
		to := f.pop()
		if f.pop().IsZero() {
			return nil
		}
		return f.jump(to)
	})
	set(0x58, "PC", 0, 1, 2, constant(func(f *frame) word.Word { return word.From(f.pc - 1) }))
	set(0x5A, "GAS", 0, 1, 2, constant(func(f *frame) word.Word { return word.From(f.gas) }))
	set(JumpDest, "JUMPDEST", 0, 0, 1, func(f *frame) error { return nil })
	for n := 0; n < 32; n++ {
		set(Push1+byte(n), "PUSH", 0, 1, 3, func(f *frame) error {
			end := min(f.pc+uint64(n)+1, uint64(len(f.code)))
			f.push(word.FromBytes(f.code[f.pc:end]))
			f.pc = end
			return nil
		})
	}
	for n := 0; n < 16; n++ {
		set(0x80+byte(n), "DUP", n+1, n+2, 3, func(f *frame) error {
			f.push(f.stack[len(f.stack)-1-n])
			return nil
		})
		set(0x90+byte(n), "SWAP", n+2, n+2, 3, func(f *frame) error {
			last := len(f.stack) - 1
			f.stack[last], f.stack[last-1-n] = f.stack[last-1-n], f.stack[last]
			return nil
		})
	}
	for n := 0; n < 5; n++ {
		set(0xA0+byte(n), "LOG", n+2, 0, 375*uint64(n+1), func(f *frame) error {
			offset := f.pop()
			data, err := f.reach(offset, f.pop())
			if err != nil {
				return err
			}
			topics := make([]word.Word, n)
			for i := range topics {
				topics[i] = f.pop()
			}
			f.machine.State.Emit(f.message.To, topics, append([]byte{}, data...))
			return nil
		})
	}
	// Not Ethereum's: runs native functions, so many, with a seed.
	set(0xB0, "RULE", 2, 1, 200, func(f *frame) error {
		seed := f.pop()
		f.push(word.From(f.machine.State.Rule(seed[0]^seed[3], int(min(f.pop().Low(), 1<<12)))))
		return nil
	})
	set(0xF1, "CALL", 7, 1, callGas, (*frame).call)
	finish := func(result error) func(f *frame) error {
		return func(f *frame) error {
			offset := f.pop()
			data, err := f.reach(offset, f.pop())
			f.output = append([]byte{}, data...)
			if err == nil {
				err = result
			}
			return err
		}
	}
	set(0xF3, "RETURN", 2, 0, 0, finish(errStop))
	set(0xFD, "REVERT", 2, 0, 0, finish(ErrRevert))
	return all
}
