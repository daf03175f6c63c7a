// The guest rollup is like the program of a rollup's fault proofs, in all that makes its execution slow or fast:
// it derives blocks from another chain's data, executes them, and checks a claim of the last one. Its code is
// large, for the most part never executed (see rules), and what is executed calls through interfaces and closures.
//
// Its output depends on its pre-images alone, on no clock and no order of goroutines.
package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"rollup/chain"
	"rollup/generated"
	"rollup/oracle"
	"rollup/rules"
)

// Local inputs.
const (
	l1Head = 1 + iota
	agreedOutput
	claimedOutput
	lastBlock
	_
	configuration
)

// cacheLimit is how many pre-images are kept.
const cacheLimit = 24

// sizes counts what would be logged if somebody asked.
type sizes struct{ lines, bytes atomic.Uint64 }

func (s *sizes) Write(line []byte) (int, error) {
	s.lines.Add(1)
	s.bytes.Add(uint64(len(line)))
	return len(line), nil
}

// levels is a handler that shows what is important, and formats the rest.
type levels struct{ shown, other slog.Handler }

func (l levels) choose(level slog.Level) slog.Handler {
	if level >= slog.LevelInfo {
		return l.shown
	}
	return l.other
}

func (l levels) Enabled(context.Context, slog.Level) bool { return true }

func (l levels) Handle(c context.Context, record slog.Record) error {
	return l.choose(record.Level).Handle(c, record)
}

func (l levels) WithAttrs(attributes []slog.Attr) slog.Handler {
	return levels{l.shown.WithAttrs(attributes), l.other.WithAttrs(attributes)}
}

func (l levels) WithGroup(name string) slog.Handler {
	return levels{l.shown.WithGroup(name), l.other.WithGroup(name)}
}

// logger has no times, which no two runs have in common.
func logger(other *sizes) *slog.Logger {
	options := func(level slog.Level) *slog.HandlerOptions {
		return &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		}}
	}
	return slog.New(levels{
		slog.NewTextHandler(os.Stdout, options(slog.LevelInfo)),
		slog.NewJSONHandler(other, options(slog.LevelDebug)),
	})
}

// beat does a little again and again, beside everything else.
func beat(beats *atomic.Uint64, end chan struct{}) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			beats.Add(1)
		case <-end:
			return
		}
	}
}

func main() {
	var beats atomic.Uint64
	end := make(chan struct{})
	go beat(&beats, end)
	defer close(end)

	var other sizes
	log := logger(&other)
	h := host{oracle.New(cacheLimit)}
	config := new(chain.Config)
	must(json.Unmarshal(h.oracle.Local(configuration), config))
	agreed := h.hash(agreedOutput)
	output := h.oracle.Keccak(agreed, hint{"starting-l2-output", agreed[:]})
	storage, block := chain.Hash(output[64:96]), chain.Hash(output[96:128])
	nodes := map[chain.Hash][]byte{}
	rules := rules.NewContext(&generated.Set)
	processor := &chain.Processor{
		Config: config, Rules: rules, Log: log, Head: *h.header("l2-block-header", block),
		Database: overlay{h, nodes}, Keep: func(hash chain.Hash, node []byte) { nodes[hash] = node },
	}
	must(processor.Derive(h, h.hash(l1Head), h.number(lastBlock), func(header *chain.Header) {
		log.Info("executed", "block", header.Number, "gas", header.GasUsed, "rules", rules.Calls.Load())
	}))
	head := processor.Head.Hash()
	root := chain.Output(processor.Head.State, storage, head)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.NumGC == 0 || beats.Load() == 0 {
		log.Warn("nothing was collected, or the clock stands still")
	}
	log.Info(
		"done", "output", hint{"root", root[:]}.Hint(), "operations", processor.Operations, "gas", processor.Gas,
		"failed", processor.Failed, "sum", processor.Sum, "logged", other.lines.Load())
	if root != h.hash(claimedOutput) {
		log.Error("the claim is wrong")
		os.Exit(1)
	}
}
