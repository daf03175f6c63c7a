// Runs a snapshot with pre-images of its own source, and prints the claim of the last state.
//
//	go run ./examples/run state.bin.gz preimages
//
// The second argument is a directory of files 0xKEY.txt, each with a pre-image in hexadecimal.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/falconet-vm/falconet/Go/falconet"
)

func run(snapshot, folder string) error {
	machine, err := falconet.Open(snapshot, nil)
	if err != nil {
		return err
	}
	defer machine.Close()
	source := func(key [32]byte) ([]byte, bool, error) {
		text, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("0x%x.txt", key)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		} else if err != nil {
			return nil, false, err
		}
		data, err := hex.DecodeString(strings.TrimSpace(string(text)))
		return data, true, err
	}
	if err := machine.SetPreimages(falconet.PreimageFunc(source)); err != nil {
		return err
	}
	if _, err := machine.Run(context.Background(), falconet.LastStep, nil); err != nil {
		return err
	}
	step, err := machine.Step()
	if err != nil {
		return err
	}
	claim, err := machine.Claim()
	if err != nil {
		return err
	}
	fmt.Printf("step %d claim %v\n", step, claim)
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: run SNAPSHOT PREIMAGES")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
