package falconet_test

import (
	"context"
	"fmt"
	"log"

	"github.com/falconet-vm/falconet/Go/falconet"
)

// input is local input 1 of testdata/small.elf, the number 30.
var input = []byte{0, 0, 0, 0, 0, 0, 0, 30}

func Example() {
	machine, err := falconet.Open("testdata/state.bin.gz", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer machine.Close()
	if err := machine.SetLocalInput(1, input); err != nil {
		log.Fatal(err)
	}
	if _, err := machine.Run(context.Background(), 1000, nil); err != nil {
		log.Fatal(err)
	}
	proof, err := machine.Prove()
	if err != nil {
		log.Fatal(err)
	}
	defer proof.Close()
	if err := proof.Verify(); err != nil {
		log.Fatal(err)
	}
	if _, err := machine.Run(context.Background(), falconet.LastStep, nil); err != nil {
		log.Fatal(err)
	}
	claim, err := machine.Claim()
	fmt.Println(claim, err)
	// Output: 0x00a41a91c6f38bb68b4854866eb780779308863cc7c032e06d4767bd83704009 <nil>
}

func ExampleMachine_Run() {
	machine, err := falconet.Open("testdata/state.bin.gz", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer machine.Close()
	if err := machine.SetLocalInput(1, input); err != nil {
		log.Fatal(err)
	}
	stop, err := machine.Run(context.Background(), 25_000, &falconet.Events{
		ProveAt: []uint64{83, 20_000},
		OnProof: func(proof *falconet.Proof) bool {
			defer proof.Close()
			info, err := proof.Info()
			fmt.Println(info.Step, err, proof.Verify())
			return true
		},
	})
	fmt.Println(stop == falconet.StopStep, err)
	// Output:
	// 83 <nil> <nil>
	// 20000 <nil> <nil>
	// true <nil>
}
