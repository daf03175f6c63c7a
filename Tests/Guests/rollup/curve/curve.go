// Package curve has signatures over the curve secp256k1. Its field is by hand, its scalars are by math/big.
package curve

import (
	"errors"
	"math/big"
	"math/bits"

	"rollup/keccak"
	"rollup/word"
)

type element = word.Word

// The field is modulo 2^256 - excess.
const excess = 0x1000003D1

var (
	prime = word.Word{^uint64(excess - 1), ^uint64(0), ^uint64(0), ^uint64(0)}
	order = number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141")
	base  = point{
		x: word.FromBig(number("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798")),
		y: word.FromBig(number("483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8")),
		z: word.From(1),
	}
	// (prime + 1) / 4
	rootExponent = word.FromBig(new(big.Int).Rsh(new(big.Int).Add(prime.Big(), big.NewInt(1)), 2))
)

// ErrSignature is the error of a signature that nobody can have made.
var ErrSignature = errors.New("curve: not a signature")

func number(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 16)
	return n
}

func add(a, b element) element {
	sum, carry := a.AddCarry(b)
	if carry != 0 {
		sum, carry = sum.AddCarry(element{excess})
	}
	if carry != 0 || !sum.Less(prime) {
		sum = sum.Sub(prime)
	}
	return sum
}

func sub(a, b element) element {
	difference, borrow := a.SubBorrow(b)
	if borrow != 0 {
		difference = difference.Add(prime)
	}
	return difference
}

func mul(a, b element) element {
	var product [8]uint64
	word.Multiply(&product, &a, &b)
	// The upper half counts as many times as the prime lacks to 2^256.
	var carry, high, low uint64
	var sum element
	for i := range sum {
		high, low = bits.Mul64(product[4+i], excess)
		var c uint64
		low, c = bits.Add64(low, product[i], 0)
		high += c
		sum[i], c = bits.Add64(low, carry, 0)
		carry = high + c
	}
	high, low = bits.Mul64(carry, excess)
	sum[0], carry = bits.Add64(sum[0], low, 0)
	sum[1], carry = bits.Add64(sum[1], high, carry)
	sum[2], carry = bits.Add64(sum[2], 0, carry)
	sum[3], carry = bits.Add64(sum[3], 0, carry)
	if carry != 0 {
		sum[0] += excess
	}
	if sum[3] == ^uint64(0) && !sum.Less(prime) {
		sum = sum.Sub(prime)
	}
	return sum
}

func power(a, exponent element) element {
	result := element{1}
	for i := 255; i >= 0; i-- {
		result = mul(result, result)
		if exponent[i/64]>>(i%64)&1 != 0 {
			result = mul(result, a)
		}
	}
	return result
}

func inverse(a element) element { return word.FromBig(new(big.Int).ModInverse(a.Big(), prime.Big())) }

// point is in Jacobian coordinates; z is 0 for the point at infinity.
type point struct{ x, y, z element }

func (p point) doubled() point {
	if p.z.IsZero() {
		return p
	}
	a, b := mul(p.x, p.x), mul(p.y, p.y)
	c := mul(b, b)
	d := add(p.x, b)
	d = sub(sub(mul(d, d), a), c)
	d = add(d, d)
	e := add(add(a, a), a)
	x := sub(mul(e, e), add(d, d))
	c = add(c, c)
	c = add(c, c)
	c = add(c, c)
	z := mul(p.y, p.z)
	return point{x, sub(mul(e, sub(d, x)), c), add(z, z)}
}

func (p point) plus(q point) point {
	if p.z.IsZero() {
		return q
	}
	if q.z.IsZero() {
		return p
	}
	zp, zq := mul(p.z, p.z), mul(q.z, q.z)
	u, v := mul(p.x, zq), mul(q.x, zp)
	s, t := mul(p.y, mul(zq, q.z)), mul(q.y, mul(zp, p.z))
	h, r := sub(v, u), sub(t, s)
	if h.IsZero() {
		if r.IsZero() {
			return p.doubled()
		}
		return point{}
	}
	square := mul(h, h)
	cube := mul(square, h)
	u = mul(u, square)
	x := sub(sub(mul(r, r), cube), add(u, u))
	return point{x, sub(mul(r, sub(u, x)), mul(s, cube)), mul(h, mul(p.z, q.z))}
}

// affine returns the coordinates.
func (p point) affine() (x, y element) {
	inverse := inverse(p.z)
	square := mul(inverse, inverse)
	return mul(p.x, square), mul(p.y, mul(square, inverse))
}

// combination returns a times the base and b times a point.
func combination(a, b word.Word, p point) point {
	choices := [4]point{{}, base, p, base.plus(p)}
	var sum point
	for i := 255; i >= 0; i-- {
		sum = sum.doubled()
		if choice := a[i/64]>>(i%64)&1 | b[i/64]>>(i%64)&1<<1; choice != 0 {
			sum = sum.plus(choices[choice])
		}
	}
	return sum
}

// Signature is a signature with the sign of the point's y.
type Signature struct {
	R, S [32]byte
	V    uint8
}

// Sign signs a digest. The secret number comes from the key and the digest.
func Sign(key [32]byte, digest [32]byte) Signature {
	secret := keccak.Sum(key[:], digest[:])
	k := new(big.Int).Mod(new(big.Int).SetBytes(secret[:]), order)
	x, y := combination(word.FromBig(k), word.Word{}, base).affine()
	r := new(big.Int).Mod(x.Big(), order)
	s := new(big.Int).Mul(r, new(big.Int).SetBytes(key[:]))
	s.Add(s, new(big.Int).SetBytes(digest[:]))
	s.Mul(s, new(big.Int).ModInverse(k, order)).Mod(s, order)
	return Signature{word.FromBig(r).Bytes(), word.FromBig(s).Bytes(), uint8(y[0] & 1)}
}

// Recover returns the address of who signed a digest.
func Recover(digest [32]byte, signature Signature) (address [20]byte, err error) {
	r, s := new(big.Int).SetBytes(signature.R[:]), new(big.Int).SetBytes(signature.S[:])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(order) >= 0 || s.Cmp(order) >= 0 {
		return address, ErrSignature
	}
	x := word.FromBig(r)
	square := add(mul(mul(x, x), x), element{7})
	y := power(square, rootExponent)
	if mul(y, y) != square {
		return address, ErrSignature
	}
	if uint8(y[0]&1) != signature.V {
		y = sub(element{}, y)
	}
	inverse := new(big.Int).ModInverse(r, order)
	u := new(big.Int).Mul(new(big.Int).SetBytes(digest[:]), inverse)
	u.Neg(u).Mod(u, order)
	v := new(big.Int).Mul(s, inverse)
	v.Mod(v, order)
	return addressOf(combination(word.FromBig(u), word.FromBig(v), point{x, y, element{1}})), nil
}

// Address returns the address of a key.
func Address(key [32]byte) [20]byte {
	return addressOf(combination(word.FromBytes(key[:]), word.Word{}, base))
}

func addressOf(p point) (address [20]byte) {
	x, y := p.affine()
	first, second := x.Bytes(), y.Bytes()
	hash := keccak.Sum(first[:], second[:])
	copy(address[:], hash[12:])
	return address
}
