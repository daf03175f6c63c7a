package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"runtime"
	"slices"
	"sync"
	"time"

	"rollup/curve"
	"rollup/keccak"
	"rollup/rlp"
	"rollup/rules"
	"rollup/trie"
	"rollup/vm"
	"rollup/word"
)

// Errors of transactions that make their block invalid.
var (
	ErrNonce = errors.New("wrong nonce")
	ErrFunds = errors.New("not enough for the gas")
)

// Processor executes blocks, one on the other.
type Processor struct {
	Config   *Config
	Database Database
	Rules    *rules.Context
	Log      *slog.Logger
	Head     Header
	// Keep gets the nodes of new states; nil if nobody asks.
	Keep func(hash Hash, node []byte)
	// Totals over all blocks.
	Operations, Gas, Failed uint64
	// Sum is of what rules have found.
	Sum uint64
}

// tracer logs calls.
type tracer struct{ log *slog.Logger }

func (t tracer) Enter(depth int, from, to vm.Address, gas uint64) {
	t.log.Debug("call", "depth", depth, "from", fmt.Sprintf("%x", from), "to", fmt.Sprintf("%x", to), "gas", gas)
}

func (t tracer) Leave(depth int, used uint64, err error) {
	t.log.Debug("return", "depth", depth, "used", used, "err", err)
}

// sender is who signed a transaction.
type sender struct {
	address vm.Address
	err     error
}

// senders recovers who signed, by some goroutines at once.
func senders(transactions []Transaction, chain uint64) []sender {
	const workers = 3
	found := make([]sender, len(transactions))
	jobs := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for index := range jobs {
				address, err := curve.Recover(transactions[index].Digest(chain), transactions[index].Signature)
				found[index] = sender{address, err}
				runtime.Gosched()
			}
		}()
	}
	for index := range transactions {
		if from := transactions[index].From; from != (vm.Address{}) {
			found[index].address = from
		} else {
			jobs <- index
		}
	}
	close(jobs)
	group.Wait()
	return found
}

// Execute makes the block of a batch the head.
func (p *Processor) Execute(batch *Batch) error {
	watchdog := time.AfterFunc(time.Hour, func() { panic("a block takes too long") })
	defer watchdog.Stop()
	log := p.Log.With("block", batch.Number)
	transactions := make([]Transaction, len(batch.Transactions))
	for index, encoded := range batch.Transactions {
		if err := rlp.Decode(encoded, &transactions[index]); err != nil {
			return fmt.Errorf("transaction %d: %w", index, err)
		}
	}
	signers := senders(transactions, p.Config.ChainID)
	state := NewState(p.Head.State, p.Database, p.Rules, p.Keep)
	header := Header{
		Parent: p.Head.Hash(), Beneficiary: vm.Address{0xFE}, Number: batch.Number, Time: batch.Time,
		GasLimit: p.Head.GasLimit, BaseFee: baseFee(&p.Head),
	}
	machine := &vm.Machine{State: state, Tracer: tracer{log}}
	transactionTrie, receiptTrie := trie.New(trie.Empty, nil), trie.New(trie.Empty, nil)
	for index := range transactions {
		if signers[index].err != nil {
			return fmt.Errorf("transaction %d: %w", index, signers[index].err)
		}
		receipt, err := p.apply(machine, state, &header, &transactions[index], signers[index].address)
		if err != nil {
			return fmt.Errorf("transaction %d: %w", index, err)
		}
		key := rlp.Encode(uint64(index))
		transactionTrie.Put(key, batch.Transactions[index])
		receiptTrie.Put(key, rlp.Encode(receipt))
		for i, bits := range receipt.Bloom {
			header.Bloom[i] |= bits
		}
		log.Debug("transaction", "index", index, "status", receipt.Status, "events", len(receipt.Events))
	}
	extra, err := summary(batch, &header)
	if err != nil {
		return err
	}
	header.Extra = extra
	header.State, header.Transactions, header.Receipts = state.Root(), transactionTrie.Root(), receiptTrie.Root()
	p.Head = header
	for _, count := range machine.Operations {
		p.Operations += count
	}
	p.Gas += header.GasUsed
	return nil
}

// apply executes a transaction.
func (p *Processor) apply(
	machine *vm.Machine, state *State, header *Header, t *Transaction, from vm.Address,
) (*Receipt, error) {
	if state.Nonce(from) != t.Nonce {
		return nil, fmt.Errorf("%w %d of %x, which is at %d", ErrNonce, t.Nonce, from, state.Nonce(from))
	}
	price := word.From(header.BaseFee + t.Price)
	if !state.Debit(from, price.Mul(word.From(t.Gas))) {
		return nil, ErrFunds
	}
	state.CountNonce(from)
	intrinsic := uint64(21_000)
	for _, digit := range t.Input {
		intrinsic += 4
		if digit != 0 {
			intrinsic += 12
		}
	}
	if intrinsic > t.Gas {
		return nil, vm.ErrGas
	}
	output, left, err := machine.Call(vm.Message{
		From: from, To: t.To, Value: word.FromBig(t.Value), Input: t.Input, Gas: t.Gas - intrinsic,
	})
	state.Credit(from, price.Mul(word.From(left)))
	used := t.Gas - left
	state.Credit(header.Beneficiary, word.From(t.Price).Mul(word.From(used)))
	header.GasUsed += used
	receipt := &Receipt{Status: 1, GasUsed: header.GasUsed, Events: state.Events()}
	if err != nil {
		receipt.Status = 0
		p.Failed++
	}
	for _, event := range receipt.Events {
		addToBloom(&receipt.Bloom, event.Address[:])
		for _, topic := range event.Topics {
			addToBloom(&receipt.Bloom, topic[:])
		}
	}
	// What else a client does at each transaction: rules that see its outcome.
	hash := keccak.Sum(t.Signature.R[:], output)
	p.Sum += p.Rules.Run(word.FromBytes(hash[:])[0], RulesPerTransaction)
	return receipt, nil
}

// RulesPerTransaction is how many rules see each transaction.
const RulesPerTransaction = 5400

// baseFee follows the gas that the last block used.
func baseFee(parent *Header) uint64 {
	target := parent.GasLimit / 2
	fee, used := new(big.Int).SetUint64(parent.BaseFee), new(big.Int).SetUint64(parent.GasUsed)
	change := new(big.Int).Sub(used, new(big.Int).SetUint64(target))
	change.Mul(change, fee).Quo(change, big.NewInt(int64(target)*8))
	return max(fee.Add(fee, change).Uint64(), 7)
}

// summary is the notes of a batch as they go into the header: checked, and in one order.
func summary(batch *Batch, header *Header) ([]byte, error) {
	var notes map[string]any
	if err := json.Unmarshal(batch.Notes, &notes); err != nil {
		return nil, fmt.Errorf("notes: %w", err)
	}
	notes["gas"] = header.GasUsed
	hash := keccak.New()
	for _, name := range slices.Sorted(maps.Keys(notes)) {
		text, err := json.Marshal(notes[name])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(hash, "%s=%s;", name, text)
	}
	return hash.Sum(nil), nil
}
