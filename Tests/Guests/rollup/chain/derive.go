package chain

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"rollup/pack"
	"rollup/rlp"
	"rollup/trie"
)

// Oracle gives what has a hash, and is told what it is for.
type Oracle interface {
	Header(hash Hash) *Header
	// TransactionsOf returns the source of the nodes of a block's transactions.
	TransactionsOf(block Hash) trie.Source
	Blob(hash Hash) []byte
}

// Stage is a part of the derivation, which asks the one before it. It returns io.EOF at the end, and errSkip if
// there is nothing this time.
type Stage[T any] interface {
	Next() (T, error)
}

var errSkip = errors.New("nothing this time")

// blocks are those of the other chain, from its first to its head.
type blocks struct {
	oracle Oracle
	hashes []Hash
}

func newBlocks(oracle Oracle, head Hash, first uint64) *blocks {
	var hashes []Hash
	for {
		header := oracle.Header(head)
		if header.Number <= first {
			break
		}
		hashes = append(hashes, head)
		head = header.Parent
	}
	return &blocks{oracle, hashes}
}

func (b *blocks) Next() (Hash, error) {
	if len(b.hashes) == 0 {
		return Hash{}, io.EOF
	}
	last := len(b.hashes) - 1
	hash := b.hashes[last]
	b.hashes = b.hashes[:last]
	return hash, nil
}

// frames are those of each block's transactions.
type frames struct {
	before Stage[Hash]
	oracle Oracle
	log    *slog.Logger
	left   []Frame
}

func (f *frames) Next() (frame Frame, err error) {
	if len(f.left) > 0 {
		frame, f.left = f.left[0], f.left[1:]
		return frame, nil
	}
	hash, err := f.before.Next()
	if err != nil {
		return frame, err
	}
	header := f.oracle.Header(hash)
	transactions := trie.New(header.Transactions, f.oracle.TransactionsOf(hash))
	for index := uint64(0); ; index++ {
		data := transactions.Get(rlp.Encode(index))
		if data == nil {
			break
		}
		var frame Frame
		if err := rlp.Decode(data, &frame); err != nil {
			f.log.Debug("another transaction", "index", index, "err", err)
			continue
		}
		f.left = append(f.left, frame)
	}
	f.log.Debug("block of L1", "number", header.Number, "frames", len(f.left))
	return frame, errSkip
}

// channels are put together from frames, which may come in any order.
type channels struct {
	before Stage[Frame]
	oracle Oracle
	open   map[uint64]map[uint64]Frame
}

func (c *channels) Next() ([]byte, error) {
	frame, err := c.before.Next()
	if err != nil {
		return nil, err
	}
	pieces := c.open[frame.Channel]
	if pieces == nil {
		pieces = map[uint64]Frame{}
		c.open[frame.Channel] = pieces
	}
	pieces[frame.Number] = frame
	var data []byte
	for number := uint64(0); ; number++ {
		piece, ok := pieces[number]
		if !ok {
			return nil, errSkip
		}
		data = append(data, c.oracle.Blob(piece.Data)...)
		if piece.IsLast == 1 {
			delete(c.open, frame.Channel)
			return pack.Decompress(data)
		}
	}
}

// batches are those of each channel, of the blocks that come next.
type batches struct {
	before Stage[[]byte]
	left   []Batch
}

func (b *batches) Next() (*Batch, error) {
	if len(b.left) == 0 {
		data, err := b.before.Next()
		if err != nil {
			return nil, err
		}
		if err := rlp.Decode(data, &b.left); err != nil {
			return nil, fmt.Errorf("channel: %w", err)
		}
		return nil, errSkip
	}
	batch := b.left[0]
	b.left = b.left[1:]
	return &batch, nil
}

// Derive executes what the other chain carries, up to a block.
func (p *Processor) Derive(oracle Oracle, head Hash, last uint64, done func(header *Header)) error {
	stages := &batches{before: &channels{
		before: &frames{before: newBlocks(oracle, head, p.Config.Genesis.L1), oracle: oracle, log: p.Log},
		oracle: oracle, open: map[uint64]map[uint64]Frame{},
	}}
	var source Stage[*Batch] = stages
	for p.Head.Number < last {
		batch, err := source.Next()
		switch {
		case errors.Is(err, errSkip):
			continue
		case err != nil:
			return err
		case batch.Number != p.Head.Number+1 || batch.Time != p.Head.Time+p.Config.BlockTime:
			p.Log.Warn("dropped a batch", "number", batch.Number, "time", batch.Time)
			continue
		}
		if err := p.Execute(batch); err != nil {
			return fmt.Errorf("block %d: %w", batch.Number, err)
		}
		done(&p.Head)
	}
	return nil
}
