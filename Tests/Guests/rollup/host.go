package main

import (
	"encoding/binary"
	"fmt"

	"rollup/chain"
	"rollup/oracle"
	"rollup/rlp"
	"rollup/trie"
)

// hint is text that names what is asked for.
type hint struct {
	kind string
	data []byte
}

func (h hint) Hint() string { return fmt.Sprintf("%s 0x%x", h.kind, h.data) }

// host gives both chains what they ask for.
type host struct{ oracle *oracle.Oracle }

func (h host) Header(hash chain.Hash) *chain.Header { return h.header("l1-block-header", hash) }

func (h host) header(kind string, hash chain.Hash) *chain.Header {
	header := new(chain.Header)
	must(rlp.Decode(h.oracle.Keccak(hash, hint{kind, hash[:]}), header))
	return header
}

func (h host) TransactionsOf(block chain.Hash) trie.Source {
	return source{h.oracle, hint{"l1-transactions", block[:]}}
}

func (h host) Blob(hash chain.Hash) []byte { return h.oracle.Sha256(hash, hint{"l1-blob", hash[:]}) }

func (h host) Node(hash chain.Hash) []byte {
	return h.oracle.Keccak(hash, hint{"l2-state-node", hash[:]})
}

func (h host) CodeOf(hash chain.Hash) []byte { return h.oracle.Keccak(hash, hint{"l2-code", hash[:]}) }

// source is nodes under one hint.
type source struct {
	oracle *oracle.Oracle
	hint   hint
}

func (s source) Node(hash chain.Hash) []byte { return s.oracle.Keccak(hash, s.hint) }

// overlay has the nodes of new states, in front of the host's.
type overlay struct {
	host
	nodes map[chain.Hash][]byte
}

func (o overlay) Node(hash chain.Hash) []byte {
	if node, ok := o.nodes[hash]; ok {
		return node
	}
	return o.host.Node(hash)
}

func (h host) number(index uint64) uint64 { return binary.BigEndian.Uint64(h.oracle.Local(index)) }

func (h host) hash(index uint64) chain.Hash { return chain.Hash(h.oracle.Local(index)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
