// The command preimages makes the pre-images of the guest rollup:
//
//	preimages DIR BLOCKS
//
// DIR gets a file for each key, in the layout `file` of hosts. The set is the same every time. The blocks are
// executed here too, for the claim.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strconv"

	"rollup/chain"
	"rollup/curve"
	"rollup/generated"
	"rollup/keccak"
	"rollup/pack"
	"rollup/rlp"
	"rollup/rules"
	"rollup/trie"
	"rollup/vm"
	"rollup/word"
)

const (
	chainID = 901
	firstL1 = 500
	firstL2 = 1_000_000
	start   = 1_700_000_000
	// What a state has.
	senders   = 40
	accounts  = 120_000
	instances = 12
	slots     = 2_000
	// What a block has, and how many blocks a channel.
	perBlock   = 20
	perChannel = 3
	// Other transactions come from the other chain.
	signedOneIn = 12
)

// store is pre-images by key.
type store map[[32]byte][]byte

func (s store) keep(data []byte) chain.Hash {
	hash := keccak.Sum(data)
	s.node(hash, data)
	return hash
}

func (s store) node(hash chain.Hash, data []byte) {
	hash[0] = 2
	s[hash] = data
}

func (s store) Node(hash chain.Hash) []byte {
	hash[0] = 2
	return s[hash]
}

func (s store) CodeOf(hash chain.Hash) []byte { return s.Node(hash) }

// recorder serves a state, and keeps what was asked for.
type recorder struct{ first, later, asked store }

func (r *recorder) Node(hash chain.Hash) []byte {
	if data := r.later.Node(hash); data != nil {
		return data
	}
	data := r.first.Node(hash)
	r.asked.node(hash, data)
	return data
}

func (r *recorder) CodeOf(hash chain.Hash) []byte { return r.Node(hash) }

func (s store) local(index uint64, data []byte) {
	key := [32]byte{1}
	binary.BigEndian.PutUint64(key[24:], index)
	s[key] = data
}

// numbers are the same every time.
type numbers uint64

func (n *numbers) below(limit uint64) uint64 {
	*n = *n*6364136223846793005 + 1442695040888963407
	return uint64(*n) >> 33 % limit
}

// world is what transactions are chosen from.
type world struct {
	numbers   numbers
	keys      [senders][32]byte
	nonces    [senders]uint64
	addresses []vm.Address
	contracts [chain.Kinds][]vm.Address
}

func (w *world) one(kind int) vm.Address {
	return w.contracts[kind][w.numbers.below(uint64(len(w.contracts[kind])))]
}

func (w *world) address() vm.Address {
	return w.addresses[w.numbers.below(uint64(len(w.addresses)))]
}

// genesis returns the root of the first state.
func (w *world) genesis(to store) chain.Hash {
	state := chain.NewState(trie.Empty, to, nil, to.node)
	for i := range w.keys {
		w.keys[i] = keccak.Sum([]byte("key"), []byte{byte(i)})
		state.Credit(curve.Address(w.keys[i]), word.From(1<<62))
	}
	for i := 0; i < accounts; i++ {
		hash := keccak.Sum([]byte("account"), binary.BigEndian.AppendUint64(nil, uint64(i)))
		address := vm.Address(hash[12:])
		w.addresses = append(w.addresses, address)
		state.Credit(address, word.From(1+w.numbers.below(1<<40)))
	}
	for kind, code := range chain.Codes {
		hash := to.keep(code)
		for i := 0; i < instances; i++ {
			place := keccak.Sum([]byte("contract"), []byte{byte(kind), byte(i)})
			address := vm.Address(place[12:])
			w.contracts[kind] = append(w.contracts[kind], address)
			state.SetCode(address, hash)
			for slot := uint64(0); slot < slots; slot++ {
				key := word.From(slot)
				if kind == chain.Token {
					// Balances of some accounts.
					holder := w.address().Word().Bytes()
					seven := word.From(7).Bytes()
					hash := keccak.Sum(holder[:], seven[:])
					key = word.FromBytes(hash[:])
				}
				state.Store(address, key, word.From(1+w.numbers.below(1<<31)))
			}
		}
	}
	return state.Root()
}

// transaction returns one of some kind, signed.
func (w *world) transaction() []byte {
	who := w.numbers.below(senders)
	t := chain.Transaction{
		Nonce: w.nonces[who], Gas: 3_000_000, Price: 1 + w.numbers.below(100), Value: new(big.Int),
	}
	input := func(words ...word.Word) {
		for _, each := range words {
			bytes := each.Bytes()
			t.Input = append(t.Input, bytes[:]...)
		}
	}
	amount := word.From(1 + w.numbers.below(1<<24))
	switch w.numbers.below(10) {
	case 0:
		t.To, t.Value = w.address(), amount.Big()
	case 1, 2:
		t.To = w.one(chain.Token)
		input(w.address().Word(), amount)
	case 3:
		t.To = w.one(chain.Exchange)
		input(word.From(1+w.numbers.below(1<<16)), word.From(w.numbers.below(2)))
	case 4:
		t.To = w.one(chain.Mixer)
		hash := keccak.Sum(t.To[:], []byte{byte(w.numbers.below(256))})
		input(word.From(10+w.numbers.below(30)), word.FromBytes(hash[:]))
	case 5, 6, 7:
		t.To = w.one(chain.Auditor)
		for range 48 {
			input(w.address().Word())
		}
	default:
		t.To = w.one(chain.Router)
		input(word.From(2+w.numbers.below(6)), w.one(chain.Token).Word(), amount)
	}
	w.nonces[who]++
	if w.numbers.below(signedOneIn) == 0 {
		t.Signature = curve.Sign(w.keys[who], t.Digest(chainID))
	} else {
		t.From = curve.Address(w.keys[who])
	}
	return rlp.Encode(t)
}

func (w *world) batch(number uint64) chain.Batch {
	batch := chain.Batch{Number: number, Time: start + 2*(number-firstL2)}
	for i := 0; i < perBlock; i++ {
		batch.Transactions = append(batch.Transactions, w.transaction())
	}
	batch.Notes, _ = json.Marshal(map[string]any{
		"sequencer": fmt.Sprintf("node-%d", number%3), "span": []uint64{number, number + 1},
		"origin": map[string]any{"number": firstL1 + number%50, "safe": number%2 == 0}, "tip": number * 7,
	})
	return batch
}

// carry puts a channel into blocks of the other chain, as frames in their transactions.
func carry(to store, parent chain.Hash, number, channel uint64, data []byte) (chain.Hash, uint64) {
	const size = 4000
	var transactions [][]byte
	for piece := uint64(0); len(data) > 0; piece++ {
		count := min(size, len(data))
		frame := chain.Frame{Channel: channel, Number: piece, Data: sha256.Sum256(data[:count])}
		key := frame.Data
		key[0] = 4
		to[key] = data[:count]
		if count == len(data) {
			frame.IsLast = 1
		}
		data = data[count:]
		transactions = append(transactions, rlp.Encode(frame), rlp.Encode([]uint64{piece}))
	}
	// The last frame comes first, in a block of its own.
	for _, some := range [][][]byte{transactions[len(transactions)-2:], transactions[:len(transactions)-2]} {
		tree := trie.New(trie.Empty, nil)
		tree.Store = to.node
		for index, transaction := range some {
			tree.Put(rlp.Encode(uint64(index)), transaction)
		}
		number++
		parent = to.keep(rlp.Encode(chain.Header{
			Parent: parent, Number: number, Transactions: tree.Root(), Time: start + 12*(number-firstL1),
		}))
	}
	return parent, number
}

func write(directory string, preimages store) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	for key, data := range preimages {
		path := filepath.Join(directory, fmt.Sprintf("0x%x.txt", key))
		if err := os.WriteFile(path, []byte(hex.EncodeToString(data)), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(directory, "kvformat"), []byte("file"), 0o644)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "preimages:", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: preimages DIR BLOCKS")
		os.Exit(64)
	}
	blocks, err := strconv.ParseUint(os.Args[2], 10, 32)
	must(err)
	preimages, w := store{}, &world{numbers: 23}
	genesis := chain.Header{State: w.genesis(preimages), Number: firstL2, Time: start, GasLimit: 30_000_000, BaseFee: 1000}
	block, storage := preimages.keep(rlp.Encode(genesis)), keccak.Sum([]byte("storage"))
	agreed := preimages.keep(append(append(append(make([]byte, 32), genesis.State[:]...), storage[:]...), block[:]...))

	config := &chain.Config{
		ChainID: chainID, BlockTime: 2, Genesis: chain.Genesis{L1: firstL1, L2: firstL2},
		Inbox: "0xff00000000000000000000000000000000000901", Forks: map[string]uint64{"granite": 0, "holocene": 17},
	}
	config.Fees.Recipient, config.Fees.Scalars = "0x4200000000000000000000000000000000000019", []uint64{1, 2, 3}
	// Of the state only what is asked for is written. The nodes of later states are the guest's own business.
	state := &recorder{preimages, store{}, store{}}
	preimages = store{}
	for _, data := range [][]byte{state.Node(agreed), state.Node(block)} {
		preimages.keep(data)
	}
	processor := &chain.Processor{
		Config: config, Rules: rules.NewContext(&generated.Set), Head: genesis, Database: state, Keep: state.later.node,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	l1, number := preimages.keep(rlp.Encode(chain.Header{Number: firstL1, Time: start})), uint64(firstL1)
	for made := uint64(0); made < blocks; {
		// A batch of a block that has been there is dropped.
		channel := []chain.Batch{{Number: firstL2, Time: start, Notes: []byte("{}")}}
		for i := 0; i < perChannel && made < blocks; i++ {
			made++
			channel = append(channel, w.batch(firstL2+made))
			must(processor.Execute(&channel[len(channel)-1]))
		}
		data := pack.Compress(byte(number/2%2), rlp.Encode(channel))
		l1, number = carry(preimages, l1, number, made, data)
	}
	for key, data := range state.asked {
		preimages[key] = data
	}
	claim := chain.Output(processor.Head.State, storage, processor.Head.Hash())
	text, err := json.Marshal(config)
	must(err)
	preimages.local(1, l1[:])
	preimages.local(2, agreed[:])
	preimages.local(3, claim[:])
	preimages.local(4, binary.BigEndian.AppendUint64(nil, processor.Head.Number))
	preimages.local(5, binary.BigEndian.AppendUint64(nil, chainID))
	preimages.local(6, text)
	must(write(os.Args[1], preimages))
	fmt.Printf("%d pre-images, %d operations, %d gas, %d failed\n",
		len(preimages), processor.Operations, processor.Gas, processor.Failed)
}
