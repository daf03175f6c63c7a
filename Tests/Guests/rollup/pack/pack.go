// Package pack compresses and decompresses batches, in zlib's form and in Snappy's.
package pack

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Forms of batches: their first byte.
const (
	Zlib   = 0
	Snappy = 1
)

// ErrForm is the error of data in neither form.
var ErrForm = errors.New("pack: not compressed data")

// limit is the most bytes that data may become.
const limit = 1 << 20

// A form reads what comes after the first byte.
type form interface {
	open(data []byte) ([]byte, error)
	close(data []byte) []byte
}

var forms = map[byte]form{Zlib: zlibForm{}, Snappy: snappyForm{}}

// Compress returns data in a form.
func Compress(kind byte, data []byte) []byte { return append([]byte{kind}, forms[kind].close(data)...) }

// Decompress returns what was compressed.
func Decompress(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, ErrForm
	}
	form, ok := forms[data[0]]
	if !ok {
		return nil, fmt.Errorf("%w: form %d", ErrForm, data[0])
	}
	return form.open(data[1:])
}

type zlibForm struct{}

func (zlibForm) open(data []byte) ([]byte, error) {
	reader, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(io.LimitReader(reader, limit))
}

func (zlibForm) close(data []byte) []byte {
	var out bytes.Buffer
	writer := zlib.NewWriter(&out)
	writer.Write(data)
	writer.Close()
	return out.Bytes()
}

// snappyForm is the length, then literals and copies.
type snappyForm struct{}

func (snappyForm) open(data []byte) ([]byte, error) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > limit {
		return nil, ErrForm
	}
	data = data[n:]
	out := make([]byte, 0, length)
	for len(data) > 0 {
		tag := data[0]
		var count, offset, head int
		switch tag & 3 {
		case 0:
			count, head = int(tag>>2)+1, 1
			if count == 61 && len(data) > 1 {
				count, head = int(data[1])+1, 2
			} else if count > 60 {
				return nil, ErrForm
			}
			if len(data) < head+count {
				return nil, ErrForm
			}
			out = append(out, data[head:head+count]...)
			data = data[head+count:]
			continue
		case 1:
			count, head = int(tag>>2&7)+4, 2
		case 2:
			count, head = int(tag>>2)+1, 3
		default:
			return nil, ErrForm
		}
		if len(data) < head {
			return nil, ErrForm
		}
		if head == 2 {
			offset = int(tag>>5)<<8 | int(data[1])
		} else {
			offset = int(binary.LittleEndian.Uint16(data[1:]))
		}
		if offset == 0 || offset > len(out) || count > limit-len(out) {
			return nil, ErrForm
		}
		for i := 0; i < count; i++ {
			out = append(out, out[len(out)-offset])
		}
		data = data[head:]
	}
	if uint64(len(out)) != length {
		return nil, ErrForm
	}
	return out, nil
}

func (snappyForm) close(data []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(len(data)))
	last := map[[4]byte]int{}
	literals := func(from, to int) {
		for from < to {
			count := min(to-from, 256)
			if count <= 60 {
				out = append(out, byte(count-1)<<2)
			} else {
				out = append(out, 60<<2, byte(count-1))
			}
			out = append(out, data[from:from+count]...)
			from += count
		}
	}
	start, at := 0, 0
	for at+4 <= len(data) {
		key := [4]byte(data[at:])
		before, ok := last[key]
		last[key] = at
		if !ok || at-before > 0xFFFF {
			at++
			continue
		}
		count := 4
		for count < 64 && at+count < len(data) && data[before+count] == data[at+count] {
			count++
		}
		literals(start, at)
		if offset := at - before; offset < 2048 && count < 12 {
			out = append(out, 1|byte(count-4)<<2|byte(offset>>8)<<5, byte(offset))
		} else {
			out = append(out, 2|byte(count-1)<<2, byte(offset), byte(offset>>8))
		}
		at += count
		start = at
	}
	literals(start, len(data))
	return out
}
