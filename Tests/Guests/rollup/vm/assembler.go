package vm

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
)

// Assemble returns the code of a text: names of operations, decimal or hexadecimal numbers to be pushed,
// `:name` where a jump leads, and `@name` to push that place.
func Assemble(text string) []byte {
	names := map[string]byte{}
	for op, do := range operations {
		if do != nil && names[do.name] == 0 {
			names[do.name] = byte(op)
		}
	}
	for n := 0; n < 16; n++ {
		names[fmt.Sprintf("DUP%d", n+1)] = 0x80 + byte(n)
		names[fmt.Sprintf("SWAP%d", n+1)] = 0x90 + byte(n)
		names[fmt.Sprintf("LOG%d", n)] = 0xA0 + byte(n)
	}
	var code []byte
	labels, uses := map[string]uint16{}, map[int]string{}
	for _, item := range strings.Fields(text) {
		switch op, isName := names[item]; {
		case isName:
			code = append(code, op)
		case item[0] == ':':
			labels[item[1:]] = uint16(len(code))
			code = append(code, JumpDest)
		case item[0] == '@':
			code = append(code, Push1+1, 0, 0)
			uses[len(code)-2] = item[1:]
		default:
			number, ok := new(big.Int).SetString(item, 0)
			if !ok {
				panic("vm: no operation " + item)
			}
			bytes := number.FillBytes(make([]byte, max(1, (number.BitLen()+7)/8)))
			code = append(append(code, Push1+byte(len(bytes)-1)), bytes...)
		}
	}
	for place, name := range uses {
		target, ok := labels[name]
		if !ok {
			panic("vm: no label " + name)
		}
		binary.BigEndian.PutUint16(code[place:], target)
	}
	return code
}
