// Package oracle asks the host for pre-images.
//
// File descriptors: 3 hint responses, 4 hint requests, 5 pre-images, 6 keys.
package oracle

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"syscall"
	"unsafe"

	"rollup/keccak"
)

// Kinds of keys: their first byte.
const (
	localKind  = 1
	keccakKind = 2
	sha256Kind = 4
)

// Hint names what will be asked for next.
type Hint interface{ Hint() string }

// descriptor is a file whose operations never wait for long: Go's scheduler does not hear of them. The VM gives
// few bytes at a time, so that this matters.
type descriptor uintptr

func (d descriptor) Read(data []byte) (int, error) {
	if len(data) == 0 {
		return 0, nil
	}
	count, err := d.call(syscall.SYS_READ, data)
	if count == 0 && err == nil {
		err = io.EOF
	}
	return count, err
}

func (d descriptor) Write(data []byte) (written int, err error) {
	for written < len(data) && err == nil {
		var count int
		count, err = d.call(syscall.SYS_WRITE, data[written:])
		written += count
	}
	return written, err
}

func (d descriptor) call(number uintptr, data []byte) (int, error) {
	for {
		count, _, err := syscall.RawSyscall(
			number, uintptr(d), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)))
		switch err {
		case 0:
			return int(count), nil
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}

// Oracle is the host, with a cache of pre-images that were used lately.
type Oracle struct {
	mutex           sync.Mutex
	hints, requests descriptor
	answers, keys   descriptor
	cached          map[[32]byte]*list.Element
	order           *list.List
	limit           int
	Reads, CacheHit int
}

type entry struct {
	key  [32]byte
	data []byte
}

// New returns the host of this process.
func New(limit int) *Oracle {
	return &Oracle{
		hints: 3, requests: 4, answers: 5, keys: 6,
		cached: map[[32]byte]*list.Element{}, order: list.New(), limit: limit,
	}
}

// Local returns a local input.
func (o *Oracle) Local(index uint64) []byte {
	key := [32]byte{localKind}
	binary.BigEndian.PutUint64(key[24:], index)
	return o.get(key, nil, nil)
}

// Keccak returns the data of a Keccak-256 digest.
func (o *Oracle) Keccak(digest [32]byte, hint Hint) []byte {
	return o.checked(keccakKind, digest, hint, func(data []byte) [32]byte { return keccak.Sum(data) })
}

// Sha256 returns the data of a SHA2-256 digest.
func (o *Oracle) Sha256(digest [32]byte, hint Hint) []byte {
	return o.checked(sha256Kind, digest, hint, sha256.Sum256)
}

func (o *Oracle) checked(kind byte, digest [32]byte, hint Hint, hash func([]byte) [32]byte) []byte {
	key := digest
	key[0] = kind
	return o.get(key, hint, func(data []byte) {
		if got := hash(data); got != digest {
			panic(fmt.Sprintf("oracle: the pre-image of %x has the hash %x", digest, got))
		}
	})
}

func (o *Oracle) get(key [32]byte, hint Hint, check func(data []byte)) []byte {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if found, ok := o.cached[key]; ok {
		o.order.MoveToFront(found)
		o.CacheHit++
		return found.Value.(*entry).data
	}
	if hint != nil {
		o.hint(hint.Hint())
	}
	must(o.keys.Write(key[:]))
	var length [8]byte
	must(io.ReadFull(o.answers, length[:]))
	data := make([]byte, binary.BigEndian.Uint64(length[:]))
	must(io.ReadFull(o.answers, data))
	if check != nil {
		check(data)
	}
	o.Reads++
	o.cached[key] = o.order.PushFront(&entry{key, data})
	if o.order.Len() > o.limit {
		last := o.order.Remove(o.order.Back()).(*entry)
		delete(o.cached, last.key)
	}
	return data
}

func (o *Oracle) hint(text string) {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(text)))
	must(o.requests.Write(append(length[:], text...)))
	var response [1]byte
	must(io.ReadFull(o.hints, response[:]))
}

func must(_ int, err error) {
	if err != nil {
		panic(err)
	}
}
