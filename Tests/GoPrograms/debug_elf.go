// Command debug_elf tells what Go's debug/elf, which Cannon reads ELF files with, makes of each file in
// a list: standard input has, for each, its length in 4 bytes, big-endian, and its bytes. For each, one
// line: 0 if it is refused, or 1, the entry, and of the symbols their number and
// a hash.
package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"sort"
)

func look(file []byte) (line string) {
	// A file on which debug/elf panics ends Cannon too.
	defer func() {
		if recover() != nil {
			line = "0"
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil || f.Machine != elf.EM_MIPS {
		return "0"
	}
	symbols, err := f.Symbols()
	if err != nil {
		return "0"
	}
	sort.SliceStable(symbols, func(i, j int) bool { return symbols[i].Value < symbols[j].Value })
	hash := fnv.New64a()
	for _, symbol := range symbols {
		fmt.Fprintf(hash, "%s %d %d\n", symbol.Name, symbol.Value, symbol.Size)
	}
	return fmt.Sprintf("1 %d %d %d", f.Entry, len(symbols), hash.Sum64())
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length uint32
		if binary.Read(in, binary.BigEndian, &length) != nil {
			return
		}
		file := make([]byte, length)
		if _, err := io.ReadFull(in, file); err != nil {
			panic(err)
		}
		fmt.Fprintln(out, look(file))
	}
}
