package chain

import (
	"bytes"
	"math/big"
	"slices"

	"rollup/keccak"
	"rollup/rlp"
	"rollup/rules"
	"rollup/trie"
	"rollup/vm"
	"rollup/word"
)

// Database gives what a state is made of.
type Database interface {
	trie.Source
	CodeOf(hash Hash) []byte
}

// object is an account in use.
type object struct {
	Account
	balance word.Word
	storage *trie.Trie
	// slots are the values of storage, read or changed.
	slots   map[word.Word]word.Word
	changed map[word.Word]bool
	isDirty bool
}

// State is the accounts at some block, with what has changed since.
type State struct {
	database Database
	trie     *trie.Trie
	objects  map[vm.Address]*object
	// undo has what takes each change back.
	undo   []func()
	events []Event
	rules  *rules.Context
	// keep gets new nodes; nil if nobody asks.
	keep func(hash Hash, node []byte)
}

// NewState returns the state of a root.
func NewState(root Hash, database Database, context *rules.Context, keep func(Hash, []byte)) *State {
	s := &State{database: database, rules: context, objects: map[vm.Address]*object{}, keep: keep}
	s.trie = trie.New(root, database)
	s.trie.Store = keep
	return s
}

// CodeHash is the hash of accounts without code.
var CodeHash = keccak.Sum()

func (s *State) object(of vm.Address) *object {
	if found, ok := s.objects[of]; ok {
		return found
	}
	made := &object{slots: map[word.Word]word.Word{}, changed: map[word.Word]bool{}}
	made.Account = Account{Balance: new(big.Int), Storage: trie.Empty, Code: CodeHash}
	key := keccak.Sum(of[:])
	if data := s.trie.Get(key[:]); data != nil {
		if err := rlp.Decode(data, &made.Account); err != nil {
			panic(err)
		}
	}
	made.balance = word.FromBig(made.Balance)
	made.storage = trie.New(made.Storage, s.database)
	made.storage.Store = s.keep
	s.objects[of] = made
	return made
}

func (s *State) Balance(of vm.Address) word.Word { return s.object(of).balance }

func (s *State) setBalance(o *object, value word.Word) {
	before := o.balance
	s.undo = append(s.undo, func() { o.balance = before })
	o.balance, o.isDirty = value, true
}

// Credit makes money.
func (s *State) Credit(of vm.Address, value word.Word) {
	o := s.object(of)
	s.setBalance(o, o.balance.Add(value))
}

// Debit takes money, if there is enough.
func (s *State) Debit(of vm.Address, value word.Word) bool {
	o := s.object(of)
	if o.balance.Less(value) {
		return false
	}
	s.setBalance(o, o.balance.Sub(value))
	return true
}

func (s *State) Transfer(from, to vm.Address, value word.Word) bool {
	if value.IsZero() {
		return true
	}
	if !s.Debit(from, value) {
		return false
	}
	s.Credit(to, value)
	return true
}

// Nonce returns how many transactions an account has sent.
func (s *State) Nonce(of vm.Address) uint64 { return s.object(of).Account.Nonce }

// CountNonce counts one more. It is not undone.
func (s *State) CountNonce(of vm.Address) {
	o := s.object(of)
	o.Account.Nonce++
	o.isDirty = true
}

func (s *State) Code(of vm.Address) []byte {
	hash := s.object(of).Account.Code
	if hash == CodeHash {
		return nil
	}
	return s.database.CodeOf(hash)
}

// SetCode makes an account a contract.
func (s *State) SetCode(of vm.Address, hash Hash) {
	o := s.object(of)
	o.Account.Code = hash
	o.isDirty = true
}

func slotKey(slot word.Word) []byte {
	data := slot.Bytes()
	key := keccak.Sum(data[:])
	return key[:]
}

func (s *State) Load(of vm.Address, slot word.Word) word.Word {
	o := s.object(of)
	if value, ok := o.slots[slot]; ok {
		return value
	}
	var value word.Word
	if data := o.storage.Get(slotKey(slot)); data != nil {
		payload, _, _, err := rlp.Split(data)
		if err != nil {
			panic(err)
		}
		value = word.FromBytes(payload)
	}
	o.slots[slot] = value
	return value
}

func (s *State) Store(of vm.Address, slot, value word.Word) {
	before := s.Load(of, slot)
	o := s.object(of)
	s.undo = append(s.undo, func() { o.slots[slot] = before })
	o.slots[slot] = value
	o.changed[slot] = true
	o.isDirty = true
}

func (s *State) Emit(of vm.Address, topics []word.Word, data []byte) {
	event := Event{Address: of, Data: data}
	for _, topic := range topics {
		event.Topics = append(event.Topics, topic.Bytes())
	}
	s.undo = append(s.undo, func() { s.events = s.events[:len(s.events)-1] })
	s.events = append(s.events, event)
}

func (s *State) Mark() int { return len(s.undo) }

func (s *State) Revert(mark int) {
	for last := len(s.undo) - 1; last >= mark; last-- {
		s.undo[last]()
	}
	s.undo = s.undo[:mark]
}

func (s *State) Rule(seed uint64, count int) uint64 { return s.rules.Run(seed, count) }

// Events returns what has been emitted since the last time.
func (s *State) Events() []Event {
	events := s.events
	s.events, s.undo = nil, nil
	return events
}

// Root writes what has changed to the tries, and returns the root.
func (s *State) Root() Hash {
	addresses := make([]vm.Address, 0, len(s.objects))
	for address, object := range s.objects {
		if object.isDirty {
			addresses = append(addresses, address)
		}
	}
	slices.SortFunc(addresses, func(a, b vm.Address) int { return bytes.Compare(a[:], b[:]) })
	for _, address := range addresses {
		o := s.objects[address]
		slots := make([]word.Word, 0, len(o.changed))
		for slot := range o.changed {
			slots = append(slots, slot)
		}
		slices.SortFunc(slots, func(a, b word.Word) int {
			switch {
			case a.Less(b):
				return -1
			case b.Less(a):
				return 1
			}
			return 0
		})
		for _, slot := range slots {
			var data []byte
			if value := o.slots[slot]; !value.IsZero() {
				data = rlp.AppendString(nil, value.Big().Bytes())
			}
			o.storage.Put(slotKey(slot), data)
		}
		clear(o.changed)
		if len(slots) > 0 {
			o.Account.Storage = o.storage.Root()
		}
		o.Account.Balance = o.balance.Big()
		o.isDirty = false
		key := keccak.Sum(address[:])
		s.trie.Put(key[:], rlp.Encode(&o.Account))
	}
	return s.trie.Root()
}
