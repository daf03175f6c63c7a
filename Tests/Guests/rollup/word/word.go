// Package word has 256-bit words. What is frequent is done by hand, the rest by math/big.
package word

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Word has four limbs, the lowest first.
type Word [4]uint64

// Limit is 2^256.
var Limit = new(big.Int).Lsh(big.NewInt(1), 256)

// From returns a small number.
func From(number uint64) Word { return Word{number} }

// FromBytes returns the number of at most 32 big-endian bytes.
func FromBytes(data []byte) Word {
	var all [32]byte
	copy(all[32-len(data):], data)
	return Word{
		binary.BigEndian.Uint64(all[24:]), binary.BigEndian.Uint64(all[16:]),
		binary.BigEndian.Uint64(all[8:]), binary.BigEndian.Uint64(all[:]),
	}
}

// Bytes returns 32 big-endian bytes.
func (a Word) Bytes() (data [32]byte) {
	for i, limb := range a {
		binary.BigEndian.PutUint64(data[24-8*i:], limb)
	}
	return data
}

// Big returns the number without a sign.
func (a Word) Big() *big.Int {
	data := a.Bytes()
	return new(big.Int).SetBytes(data[:])
}

// FromBig returns a number modulo 2^256.
func FromBig(number *big.Int) Word {
	var data [32]byte
	return FromBytes(new(big.Int).Mod(number, Limit).FillBytes(data[:]))
}

// signed returns the number in two's complement.
func (a Word) signed() *big.Int {
	number := a.Big()
	if a.IsNegative() {
		number.Sub(number, Limit)
	}
	return number
}

func (a Word) IsZero() bool     { return a[0]|a[1]|a[2]|a[3] == 0 }
func (a Word) IsNegative() bool { return int64(a[3]) < 0 }

// Low returns the number if it fits, and otherwise the largest one.
func (a Word) Low() uint64 {
	if a[1]|a[2]|a[3] != 0 {
		return ^uint64(0)
	}
	return a[0]
}

// AddCarry returns the sum and what is carried out.
func (a Word) AddCarry(b Word) (sum Word, carry uint64) {
	for i := range a {
		sum[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return sum, carry
}

// SubBorrow returns the difference and what is borrowed.
func (a Word) SubBorrow(b Word) (difference Word, borrow uint64) {
	for i := range a {
		difference[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return difference, borrow
}

func (a Word) Add(b Word) Word {
	sum, _ := a.AddCarry(b)
	return sum
}

func (a Word) Sub(b Word) Word {
	difference, _ := a.SubBorrow(b)
	return difference
}

// Wide returns the product, in eight limbs.
func (a Word) Wide(b Word) (product [8]uint64) {
	Multiply(&product, &a, &b)
	return product
}

// Multiply is Wide without copies.
func Multiply(product *[8]uint64, a, b *Word) {
	*product = [8]uint64{}
	for i, limb := range a {
		h0, l0 := bits.Mul64(limb, b[0])
		h1, l1 := bits.Mul64(limb, b[1])
		h2, l2 := bits.Mul64(limb, b[2])
		h3, l3 := bits.Mul64(limb, b[3])
		var c uint64
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		row := product[i : i+5 : i+5]
		row[0], c = bits.Add64(row[0], l0, 0)
		row[1], c = bits.Add64(row[1], l1, c)
		row[2], c = bits.Add64(row[2], l2, c)
		row[3], c = bits.Add64(row[3], l3, c)
		row[4] = h3 + c
	}
}

func (a Word) Mul(b Word) Word {
	product := a.Wide(b)
	return Word(product[:4])
}

func (a Word) Less(b Word) bool {
	_, borrow := a.SubBorrow(b)
	return borrow != 0
}

func (a Word) SignedLess(b Word) bool {
	if a.IsNegative() != b.IsNegative() {
		return a.IsNegative()
	}
	return a.Less(b)
}

func (a Word) And(b Word) Word { return Word{a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]} }
func (a Word) Or(b Word) Word  { return Word{a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]} }
func (a Word) Xor(b Word) Word { return Word{a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]} }
func (a Word) Not() Word       { return Word{^a[0], ^a[1], ^a[2], ^a[3]} }

func (a Word) ShiftLeft(count uint64) (out Word) {
	for i := range out {
		from := i - int(count/64)
		if count < 256 && from >= 0 {
			out[i] = a[from] << (count % 64)
			if from > 0 {
				out[i] |= a[from-1] >> (64 - count%64)
			}
		}
	}
	return out
}

func (a Word) ShiftRight(count uint64) (out Word) {
	for i := range out {
		from := i + int(count/64)
		if count < 256 && from < 4 {
			out[i] = a[from] >> (count % 64)
			if from < 3 {
				out[i] |= a[from+1] << (64 - count%64)
			}
		}
	}
	return out
}

// Byte returns a byte, counted from the highest.
func (a Word) Byte(index uint64) Word {
	if index > 31 {
		return Word{}
	}
	return From(uint64(a.Bytes()[index]))
}

func (a Word) Div(b Word) Word {
	switch {
	case b.IsZero():
		return Word{}
	case a[1]|a[2]|a[3]|b[1]|b[2]|b[3] == 0:
		return From(a[0] / b[0])
	}
	return FromBig(new(big.Int).Quo(a.Big(), b.Big()))
}

func (a Word) Mod(b Word) Word {
	switch {
	case b.IsZero():
		return Word{}
	case a[1]|a[2]|a[3]|b[1]|b[2]|b[3] == 0:
		return From(a[0] % b[0])
	}
	return FromBig(new(big.Int).Rem(a.Big(), b.Big()))
}

func (a Word) SignedDiv(b Word) Word {
	if b.IsZero() {
		return b
	}
	return FromBig(new(big.Int).Quo(a.signed(), b.signed()))
}

func (a Word) SignedMod(b Word) Word {
	if b.IsZero() {
		return b
	}
	return FromBig(new(big.Int).Rem(a.signed(), b.signed()))
}

func (a Word) AddMod(b, m Word) Word {
	if m.IsZero() {
		return m
	}
	sum := a.Big()
	return FromBig(sum.Rem(sum.Add(sum, b.Big()), m.Big()))
}

func (a Word) MulMod(b, m Word) Word {
	if m.IsZero() {
		return m
	}
	product := a.Big()
	return FromBig(product.Rem(product.Mul(product, b.Big()), m.Big()))
}

func (a Word) Exp(b Word) Word {
	result, square := From(1), a
	for _, limb := range b {
		if limb == 0 && result == From(1) && square.IsZero() {
			break
		}
		for i := 0; i < 64; i++ {
			if limb>>i&1 != 0 {
				result = result.Mul(square)
			}
			square = square.Mul(square)
		}
	}
	return result
}
