// Package rules calls many small functions, of which few are called often and most never: the large code of
// real programs. functions.py writes them.
package rules

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

type (
	// Rule is one form of function: a method of a type.
	Rule interface {
		Apply(e Env, x uint64) uint64
	}
	// Func is another one: a function in a table, or a closure.
	Func func(e Env, x uint64) uint64
	// Maker makes a closure, for one call.
	Maker func(a uint64) Func
	// Event is what rules leave for one another.
	Event interface {
		Weight(x uint64) uint64
	}
	// Env is what functions get at: a Context, which they do not know.
	Env interface {
		// Next calls the next function, unless calls are nested too deep.
		Next(x uint64) uint64
		// Load, Store and Slice access a memory of words.
		Load(place uint64) uint64
		Store(place, x uint64)
		Slice(place, n uint64) []uint64
		// Count counts a key, under a lock.
		Count(key uint64) uint64
		// Note leaves an event.
		Note(event Event)
		// Weigh asks an event that was left.
		Weigh(x uint64) uint64
		// Turn, Fold and Even do next to nothing.
		Turn(x uint64) uint64
		Fold(x, y uint64) uint64
		Even(x uint64) uint64
	}
)

func (f Func) Apply(e Env, x uint64) uint64  { return f(e, x) }
func (m Maker) Apply(e Env, x uint64) uint64 { return m(x&0xFF)(e, x) }

// Groups is how many packages the functions are in.
const Groups = 24

// Set is all functions. What is called next is chosen in Zipf's order, by a table of quantiles of the ranks.
type Set struct {
	// Groups have the same number of entries each.
	Groups    [Groups][]Rule
	Quantiles [4097]uint32
}

const (
	depthLimit = 10
	eventLimit = 64
)

// Context is what functions work on. It belongs to one goroutine, except for its counters.
type Context struct {
	set    *Set
	memory [1024]uint64
	counts map[uint64]uint64
	events []Event
	random uint64
	depth  int
	mutex  sync.Mutex
	// Calls counts what Run has called.
	Calls atomic.Uint64
}

// NewContext returns a context without events.
func NewContext(set *Set) *Context {
	return &Context{set: set, counts: map[uint64]uint64{}}
}

// Run calls functions, one with the result of the other. The seed says which.
func (c *Context) Run(seed uint64, count int) uint64 {
	c.random = seed
	c.Calls.Add(uint64(count))
	x := seed
	for i := 0; i < count; i++ {
		x = c.Next(x)
	}
	return x
}

func (c *Context) Next(x uint64) uint64 {
	if c.depth == depthLimit {
		return bits.RotateLeft64(x, 7)
	}
	c.depth++
	id := c.choose()
	x = c.set.Groups[id%Groups][id/Groups].Apply(c, x)
	c.depth--
	return x
}

// choose returns the number of a function.
func (c *Context) choose() uint32 {
	c.random = c.random*6364136223846793005 + 1442695040888963407
	place := uint32(c.random>>32) >> 4
	index := place >> 16
	low, high := c.set.Quantiles[index], c.set.Quantiles[index+1]
	rank := low + (high-low)*(place&0xFFFF)>>16
	// Neighbors in rank are far from each other in memory.
	total := uint64(Groups * len(c.set.Groups[0]))
	return uint32(uint64(rank) * 1_000_003 % total)
}

func (c *Context) Load(place uint64) uint64       { return c.memory[place%1024] }
func (c *Context) Store(place, x uint64)          { c.memory[place%1024] = x }
func (c *Context) Slice(place, n uint64) []uint64 { return c.memory[place%512:][:n&255] }
func (c *Context) Turn(x uint64) uint64           { return x<<c.depth | x>>7 }
func (c *Context) Fold(x, y uint64) uint64        { return x ^ y>>32 ^ c.memory[y%1024] }
func (c *Context) Even(x uint64) uint64           { return x + c.random&^1 }

func (c *Context) Count(key uint64) uint64 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.counts[key&255]++
	return c.counts[key&255]
}

func (c *Context) Note(event Event) {
	if len(c.events) == eventLimit {
		c.events = append(c.events[:0:0], c.events[eventLimit/2:]...)
	}
	c.events = append(c.events, event)
}

func (c *Context) Weigh(x uint64) uint64 {
	if len(c.events) == 0 {
		return x
	}
	return c.events[x%uint64(len(c.events))].Weight(x)
}
