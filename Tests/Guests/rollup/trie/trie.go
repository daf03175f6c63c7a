// Package trie has Merkle-Patricia tries whose nodes are fetched when they are needed.
package trie

import (
	"bytes"
	"fmt"

	"rollup/keccak"
	"rollup/rlp"
)

// A Source gives the encoded node of a hash.
type Source interface {
	Node(hash [32]byte) []byte
}

// node is one of *branch, *short, value, reference, and nil for none.
type node interface {
	// encoded returns the node's encoding, which it caches.
	encoded() []byte
}

type (
	branch struct {
		children [17]node
		cache
	}
	// short is an extension, or a leaf if a value is below it.
	short struct {
		path  []byte // nibbles
		below node
		cache
	}
	value     []byte
	reference [32]byte
)

// cache is the encoding of a node, and its hash, if they are known.
type cache struct {
	data   []byte
	digest *[32]byte
}

func (c *cache) hash() [32]byte {
	if c.digest == nil {
		hash := keccak.Sum(c.data)
		c.digest = &hash
	}
	return *c.digest
}

// hashed is a node that is not a reference already.
type hashed interface {
	node
	hash() [32]byte
}

// Trie is a trie from its root.
type Trie struct {
	root   node
	source Source
	// Store gets the nodes that have a hash when the root is computed; nil if nobody asks.
	Store func(hash [32]byte, node []byte)
}

// Empty is the root of a trie without values.
var Empty = keccak.Sum([]byte{0x80})

// New returns the trie of a root.
func New(root [32]byte, source Source) *Trie {
	t := &Trie{source: source}
	if root != Empty {
		t.root = reference(root)
	}
	return t
}

func nibbles(key []byte) []byte {
	path := make([]byte, 0, 2*len(key))
	for _, b := range key {
		path = append(path, b>>4, b&15)
	}
	return path
}

// Get returns the value of a key, or nil.
func (t *Trie) Get(key []byte) []byte {
	var found []byte
	found, t.root = t.get(t.root, nibbles(key))
	return found
}

// get returns the value, and the node as it is when what is on the way has been fetched.
func (t *Trie) get(at node, path []byte) ([]byte, node) {
	switch n := at.(type) {
	case nil:
		return nil, nil
	case value:
		return n, n
	case reference:
		return t.get(t.fetch(n), path)
	case *short:
		if !bytes.HasPrefix(path, n.path) {
			return nil, n
		}
		found, below := t.get(n.below, path[len(n.path):])
		n.below = below
		return found, n
	case *branch:
		index, rest := 16, path
		if len(path) > 0 {
			index, rest = int(path[0]), path[1:]
		}
		found, below := t.get(n.children[index], rest)
		n.children[index] = below
		return found, n
	}
	panic(fmt.Sprintf("trie: %T", at))
}

// Put sets the value of a key; an empty one removes it.
func (t *Trie) Put(key, data []byte) {
	if len(data) == 0 {
		t.root = t.remove(t.root, nibbles(key))
		return
	}
	t.root = t.put(t.root, nibbles(key), value(data))
}

func (t *Trie) put(at node, path []byte, data value) node {
	switch n := at.(type) {
	case nil:
		return &short{path: path, below: data}
	case value:
		if len(path) == 0 {
			return data
		}
		made := &branch{}
		made.children[16] = n
		made.children[path[0]] = t.put(nil, path[1:], data)
		return made
	case reference:
		return t.put(t.fetch(n), path, data)
	case *short:
		shared := 0
		for shared < len(path) && shared < len(n.path) && path[shared] == n.path[shared] {
			shared++
		}
		if shared == len(n.path) {
			return &short{path: n.path, below: t.put(n.below, path[shared:], data)}
		}
		made := &branch{}
		rest := n.path[shared+1:]
		if _, isLeaf := n.below.(value); len(rest) > 0 || isLeaf {
			made.children[n.path[shared]] = &short{path: rest, below: n.below}
		} else {
			made.children[n.path[shared]] = n.below
		}
		below := t.put(made, path[shared:], data)
		if shared == 0 {
			return below
		}
		return &short{path: path[:shared], below: below}
	case *branch:
		n.cache = cache{}
		if len(path) == 0 {
			n.children[16] = data
		} else {
			n.children[path[0]] = t.put(n.children[path[0]], path[1:], data)
		}
		return n
	}
	panic(fmt.Sprintf("trie: %T", at))
}

func (t *Trie) remove(at node, path []byte) node {
	switch n := at.(type) {
	case nil:
		return nil
	case value:
		return nil
	case reference:
		return t.remove(t.fetch(n), path)
	case *short:
		if !bytes.HasPrefix(path, n.path) {
			return n
		}
		return t.joined(n.path, t.remove(n.below, path[len(n.path):]))
	case *branch:
		n.cache = cache{}
		if len(path) == 0 {
			n.children[16] = nil
		} else {
			n.children[path[0]] = t.remove(n.children[path[0]], path[1:])
		}
		last, count := -1, 0
		for index, child := range n.children {
			if child != nil {
				last, count = index, count+1
			}
		}
		switch {
		case count > 1:
			return n
		case last == 16:
			return &short{below: n.children[16]}
		default:
			return t.joined([]byte{byte(last)}, n.children[last])
		}
	}
	panic(fmt.Sprintf("trie: %T", at))
}

// joined puts a path above a node, in one short node if it is one already.
func (t *Trie) joined(path []byte, below node) node {
	if hash, ok := below.(reference); ok {
		below = t.fetch(hash)
	}
	switch n := below.(type) {
	case nil:
		return nil
	case *short:
		return &short{path: append(append([]byte{}, path...), n.path...), below: n.below}
	default:
		return &short{path: path, below: below}
	}
}

func (t *Trie) fetch(hash reference) node {
	data := t.source.Node(hash)
	if data == nil {
		panic(fmt.Sprintf("trie: no node %x", hash))
	}
	made, err := decode(data)
	if err != nil {
		panic(err)
	}
	return made
}

func decode(data []byte) (node, error) {
	items, err := rlp.Items(data)
	if err != nil {
		return nil, err
	}
	switch len(items) {
	case 17:
		made := &branch{cache: cache{data: data}}
		for index, item := range items[:16] {
			if made.children[index], err = decodeChild(item); err != nil {
				return nil, err
			}
		}
		if last, _, _, _ := rlp.Split(items[16]); len(last) > 0 {
			made.children[16] = value(last)
		}
		return made, nil
	case 2:
		compact, _, _, err := rlp.Split(items[0])
		if err != nil {
			return nil, err
		}
		path := nibbles(compact)
		if len(path) == 0 {
			return nil, rlp.ErrForm
		}
		made := &short{path: path[2-path[0]&1:], cache: cache{data: data}}
		if path[0] >= 2 {
			leaf, _, _, err := rlp.Split(items[1])
			made.below = value(leaf)
			return made, err
		}
		made.below, err = decodeChild(items[1])
		return made, err
	}
	return nil, fmt.Errorf("trie: a node of %d items", len(items))
}

func decodeChild(item rlp.Raw) (node, error) {
	payload, _, isList, err := rlp.Split(item)
	switch {
	case err != nil || len(payload) == 0:
		return nil, err
	case isList:
		return decode(item)
	case len(payload) == 32:
		return reference(payload), nil
	}
	return nil, rlp.ErrForm
}

// Root computes the root, and passes new nodes to Store.
func (t *Trie) Root() [32]byte {
	if t.root == nil {
		return Empty
	}
	if hash, ok := t.root.(reference); ok {
		return hash
	}
	t.visit(t.root)
	encoded := t.root.encoded()
	hash := t.root.(hashed).hash()
	if t.Store != nil {
		t.Store(hash, encoded)
	}
	return hash
}

// visit passes the nodes below one to Store.
func (t *Trie) visit(at node) {
	if t.Store == nil {
		return
	}
	keep := func(below node) {
		t.visit(below)
		if n, ok := below.(hashed); ok {
			if encoded := n.encoded(); len(encoded) >= 32 {
				t.Store(n.hash(), encoded)
			}
		}
	}
	switch n := at.(type) {
	case *short:
		keep(n.below)
	case *branch:
		for _, child := range n.children {
			keep(child)
		}
	}
}

func appendChild(out []byte, child node) []byte {
	switch n := child.(type) {
	case nil:
		return append(out, 0x80)
	case value:
		return rlp.AppendString(out, n)
	case reference:
		return rlp.AppendString(out, n[:])
	}
	encoded := child.encoded()
	if len(encoded) < 32 {
		return append(out, encoded...)
	}
	hash := child.(hashed).hash()
	return rlp.AppendString(out, hash[:])
}

func (n *branch) encoded() []byte {
	if n.data == nil {
		var items []byte
		for _, child := range n.children {
			items = appendChild(items, child)
		}
		n.data = rlp.AppendList(nil, items)
	}
	return n.data
}

func (n *short) encoded() []byte {
	if n.data == nil {
		_, isLeaf := n.below.(value)
		first := byte(len(n.path) & 1)
		if isLeaf {
			first |= 2
		}
		path := []byte{first}
		if len(n.path)&1 == 0 {
			path = append(path, 0)
		}
		path = append(path, n.path...)
		compact := make([]byte, len(path)/2)
		for i := range compact {
			compact[i] = path[2*i]<<4 | path[2*i+1]
		}
		n.data = rlp.AppendList(nil, appendChild(rlp.AppendString(nil, compact), n.below))
	}
	return n.data
}

func (n value) encoded() []byte     { return n }
func (n reference) encoded() []byte { return n[:] }
