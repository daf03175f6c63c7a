// Package keccak has Keccak-256, as Ethereum uses it.
package keccak

import (
	"encoding/binary"
	"hash"
)

// Size is the length of a digest in bytes.
const Size = 32

const rate = 136

var constants = [24]uint64{
	0x1, 0x8082, 0x800000000000808A, 0x8000000080008000, 0x808B, 0x80000001, 0x8000000080008081,
	0x8000000000008009, 0x8A, 0x88, 0x80008009, 0x8000000A, 0x8000808B, 0x800000000000008B,
	0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x800A,
	0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x80000001, 0x8000000080008008,
}

func permute(a *[25]uint64) {
	var b [25]uint64
	for _, constant := range constants {
		c0 := a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
		c1 := a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
		c2 := a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
		c3 := a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
		c4 := a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
		d0 := c4 ^ (c1<<1 | c1>>63)
		d1 := c0 ^ (c2<<1 | c2>>63)
		d2 := c1 ^ (c3<<1 | c3>>63)
		d3 := c2 ^ (c4<<1 | c4>>63)
		d4 := c3 ^ (c0<<1 | c0>>63)
		b[0] = a[0] ^ d0
		d := a[1] ^ d1
		b[10] = d<<1 | d>>63
		d = a[10] ^ d0
		b[7] = d<<3 | d>>61
		d = a[7] ^ d2
		b[11] = d<<6 | d>>58
		d = a[11] ^ d1
		b[17] = d<<10 | d>>54
		d = a[17] ^ d2
		b[18] = d<<15 | d>>49
		d = a[18] ^ d3
		b[3] = d<<21 | d>>43
		d = a[3] ^ d3
		b[5] = d<<28 | d>>36
		d = a[5] ^ d0
		b[16] = d<<36 | d>>28
		d = a[16] ^ d1
		b[8] = d<<45 | d>>19
		d = a[8] ^ d3
		b[21] = d<<55 | d>>9
		d = a[21] ^ d1
		b[24] = d<<2 | d>>62
		d = a[24] ^ d4
		b[4] = d<<14 | d>>50
		d = a[4] ^ d4
		b[15] = d<<27 | d>>37
		d = a[15] ^ d0
		b[23] = d<<41 | d>>23
		d = a[23] ^ d3
		b[19] = d<<56 | d>>8
		d = a[19] ^ d4
		b[13] = d<<8 | d>>56
		d = a[13] ^ d3
		b[12] = d<<25 | d>>39
		d = a[12] ^ d2
		b[2] = d<<43 | d>>21
		d = a[2] ^ d2
		b[20] = d<<62 | d>>2
		d = a[20] ^ d0
		b[14] = d<<18 | d>>46
		d = a[14] ^ d4
		b[22] = d<<39 | d>>25
		d = a[22] ^ d2
		b[9] = d<<61 | d>>3
		d = a[9] ^ d4
		b[6] = d<<20 | d>>44
		d = a[6] ^ d1
		b[1] = d<<44 | d>>20
		a[0] = b[0] ^ ^b[1]&b[2]
		a[1] = b[1] ^ ^b[2]&b[3]
		a[2] = b[2] ^ ^b[3]&b[4]
		a[3] = b[3] ^ ^b[4]&b[0]
		a[4] = b[4] ^ ^b[0]&b[1]
		a[5] = b[5] ^ ^b[6]&b[7]
		a[6] = b[6] ^ ^b[7]&b[8]
		a[7] = b[7] ^ ^b[8]&b[9]
		a[8] = b[8] ^ ^b[9]&b[5]
		a[9] = b[9] ^ ^b[5]&b[6]
		a[10] = b[10] ^ ^b[11]&b[12]
		a[11] = b[11] ^ ^b[12]&b[13]
		a[12] = b[12] ^ ^b[13]&b[14]
		a[13] = b[13] ^ ^b[14]&b[10]
		a[14] = b[14] ^ ^b[10]&b[11]
		a[15] = b[15] ^ ^b[16]&b[17]
		a[16] = b[16] ^ ^b[17]&b[18]
		a[17] = b[17] ^ ^b[18]&b[19]
		a[18] = b[18] ^ ^b[19]&b[15]
		a[19] = b[19] ^ ^b[15]&b[16]
		a[20] = b[20] ^ ^b[21]&b[22]
		a[21] = b[21] ^ ^b[22]&b[23]
		a[22] = b[22] ^ ^b[23]&b[24]
		a[23] = b[23] ^ ^b[24]&b[20]
		a[24] = b[24] ^ ^b[20]&b[21]
		a[0] ^= constant
	}
}

type state struct {
	lanes  [25]uint64
	buffer [rate]byte
	count  int
}

// New returns a hash that is written to piece by piece.
func New() hash.Hash { return new(state) }

func (s *state) Size() int      { return Size }
func (s *state) BlockSize() int { return rate }
func (s *state) Reset()         { *s = state{} }

func (s *state) absorb() {
	for i := 0; i < rate/8; i++ {
		s.lanes[i] ^= binary.LittleEndian.Uint64(s.buffer[8*i:])
	}
	permute(&s.lanes)
	s.count = 0
}

func (s *state) Write(data []byte) (int, error) {
	total := len(data)
	for len(data) > 0 {
		n := copy(s.buffer[s.count:], data)
		s.count += n
		data = data[n:]
		if s.count == rate {
			s.absorb()
		}
	}
	return total, nil
}

// Sum appends the digest of what was written so far.
func (s *state) Sum(prefix []byte) []byte {
	last := *s
	clear(last.buffer[last.count:])
	last.buffer[last.count] = 1
	last.buffer[rate-1] |= 0x80
	last.absorb()
	for i := 0; i < Size/8; i++ {
		prefix = binary.LittleEndian.AppendUint64(prefix, last.lanes[i])
	}
	return prefix
}

// Sum returns the digest of the concatenation of some bytes.
func Sum(parts ...[]byte) (digest [Size]byte) {
	hasher := New()
	for _, part := range parts {
		hasher.Write(part)
	}
	hasher.Sum(digest[:0])
	return digest
}
