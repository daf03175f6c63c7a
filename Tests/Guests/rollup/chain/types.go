// Package chain derives blocks from another chain's data and executes them, as the program of a rollup does.
package chain

import (
	"math/big"

	"rollup/curve"
	"rollup/keccak"
	"rollup/rlp"
	"rollup/vm"
)

// Hash is a digest.
type Hash = [32]byte

// Account is a leaf of the state.
type Account struct {
	Nonce   uint64
	Balance *big.Int
	Storage Hash
	Code    Hash
}

// Header is a block's.
type Header struct {
	Parent       Hash
	Beneficiary  vm.Address
	State        Hash
	Transactions Hash
	Receipts     Hash
	Bloom        [256]byte
	Number       uint64
	GasLimit     uint64
	GasUsed      uint64
	Time         uint64
	Extra        []byte
	BaseFee      uint64
}

// Hash returns the hash of the header's encoding.
func (h *Header) Hash() Hash { return keccak.Sum(rlp.Encode(h)) }

// Transaction is a call. It has a signature, or comes from the other chain and says who sends it.
type Transaction struct {
	From      vm.Address
	Nonce     uint64
	Gas       uint64
	Price     uint64
	To        vm.Address
	Value     *big.Int
	Input     []byte
	Signature curve.Signature
}

type unsigned struct {
	Chain, Nonce, Gas, Price uint64
	To                       vm.Address
	Value                    *big.Int
	Input                    []byte
}

// Digest is what is signed.
func (t *Transaction) Digest(chain uint64) Hash {
	return keccak.Sum(rlp.Encode(unsigned{chain, t.Nonce, t.Gas, t.Price, t.To, t.Value, t.Input}))
}

// Event is what a contract emits.
type Event struct {
	Address vm.Address
	Topics  []Hash
	Data    []byte
}

// Receipt says how a transaction went.
type Receipt struct {
	Status  uint64
	GasUsed uint64 // in the block so far
	Bloom   [256]byte
	Events  []Event
}

// Frame is the payload of a transaction of the other chain: a piece of a channel.
type Frame struct {
	Channel uint64
	Number  uint64
	IsLast  uint8
	// Data is the SHA2-256 digest of the piece.
	Data Hash
}

// Batch is what a block is made of.
type Batch struct {
	Number uint64
	Time   uint64
	// Notes is a JSON object.
	Notes        []byte
	Transactions [][]byte
}

// Config is JSON, a local input.
type Config struct {
	ChainID   uint64            `json:"l2_chain_id"`
	BlockTime uint64            `json:"block_time"`
	Genesis   Genesis           `json:"genesis"`
	Inbox     string            `json:"batch_inbox_address"`
	Forks     map[string]uint64 `json:"forks"`
	Fees      struct {
		Recipient string   `json:"recipient"`
		Scalars   []uint64 `json:"scalars"`
	} `json:"fees"`
}

// Genesis is where both chains begin.
type Genesis struct {
	L1 uint64 `json:"l1"`
	L2 uint64 `json:"l2"`
}

// Output is what is claimed of a block.
func Output(state, storage, block Hash) Hash {
	var version Hash
	return keccak.Sum(version[:], state[:], storage[:], block[:])
}

// addToBloom sets the bits of some bytes.
func addToBloom(bloom *[256]byte, data []byte) {
	hash := keccak.Sum(data)
	for i := 0; i < 6; i += 2 {
		bit := (uint(hash[i])<<8 | uint(hash[i+1])) & 2047
		bloom[255-bit/8] |= 1 << (bit % 8)
	}
}
