package chain

import "rollup/vm"

// Kinds of contracts.
const (
	Token = iota
	Exchange
	Mixer
	Router
	Auditor
	Kinds
)

// Codes are the contracts by kind. Their input is words.
var Codes = [Kinds][]byte{
	// Token: to, amount. Balances are at keccak(address, 7); who has too little gets some first.
	Token: vm.Assemble(`
		CALLER 0 MSTORE 7 32 MSTORE 64 0 KECCAK
		DUP1 SLOAD 32 CALLDATALOAD
		DUP1 DUP3 LT ISZERO @enough JUMPI
		DUP1 2 MUL SWAP2 POP SWAP1
	:enough
		SWAP1 SUB SWAP1 SSTORE
		0 CALLDATALOAD 0 MSTORE 64 0 KECCAK
		DUP1 SLOAD 32 CALLDATALOAD ADD SWAP1 SSTORE
		32 CALLDATALOAD 0 MSTORE
		0 CALLDATALOAD CALLER 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef 32 0 LOG3
		1 0 MSTORE 32 0 RETURN`),
	// Exchange: amount, which of the two goes in. Reserves are at 0 and 1, the volume at 2.
	Exchange: vm.Assemble(`
		32 CALLDATALOAD 1 AND
		DUP1 SLOAD 1000000 ADD
		DUP2 1 XOR SLOAD 1000000 ADD
		0 CALLDATALOAD 997 MUL
		DUP3 1000 MUL DUP2 ADD
		DUP1 DUP3 DUP5 MULMOD POP
		SWAP1 DUP3 MUL DIV
		DUP2 DUP2 GT @drained JUMPI
		DUP1 SWAP2 SUB 1000000 DUP2 LT @drained JUMPI
		1000000 SWAP1 SUB DUP4 1 XOR SSTORE
		DUP2 0 CALLDATALOAD ADD 1000000 SWAP1 SUB DUP4 SSTORE
		2 SLOAD 0 CALLDATALOAD ADD 2 SSTORE
		DUP1 0 MSTORE CALLER 0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822 32 0 LOG2
		32 0 RETURN
	:drained
		0 0 REVERT`),
	// Mixer: count, seed. A loop over every kind of arithmetic, and memory.
	Mixer: vm.Assemble(`
		32 CALLDATALOAD 0 CALLDATALOAD
	:loop
		SWAP1
		DUP1 0 MSTORE DUP2 32 MSTORE 64 0 KECCAK XOR
		DUP1 DUP3 3 ADD EXP
		DUP2 NOT DUP2 SDIV DUP3 7 ADD DUP3 SMOD ADD
		DUP2 DUP4 DUP3 ADDMOD ADD
		SWAP1 POP XOR
		DUP1 13 SHL DUP2 7 SHR XOR XOR
		DUP1 31 BYTE DUP1 31 AND 64 ADD MSTORE8
		64 MLOAD ADD
		DUP1 0xfffffffffffffffffffffffffffffffeffffffffffffffff DUP2 DUP4 MULMOD OR
		SWAP1 DUP2 SLT ADD
		SWAP1 1 SWAP1 SUB
		DUP1 @loop JUMPI
		POP DUP1 5 SHR 63 AND SSTORE STOP`),
	// Router: count, token, amount. Native rules, then calls of a token, one to each of some receivers.
	Router: vm.Assemble(`
		0 CALLDATALOAD
	:loop
		120 DUP2 64 CALLDATALOAD ADD CALLER XOR RULE
		DUP1 0 MSTORE DUP2 64 CALLDATALOAD ADD 32 MSTORE
		POP
		32 128 64 0 0 32 CALLDATALOAD 200000 CALL
		ISZERO @failed JUMPI
		1 SWAP1 SUB DUP1 @loop JUMPI
		128 MLOAD CALLER SSTORE STOP
	:failed
		0 0 REVERT`),
	// Auditor: any number of addresses. Keeps the sum of what they have.
	Auditor: vm.Assemble(`
		0 CALLDATASIZE
	:loop
		32 SWAP1 SUB
		DUP1 CALLDATALOAD BALANCE
		SWAP1 SWAP2 ADD SWAP1
		DUP1 @loop JUMPI
		DUP2 0 MSTORE 32 0 KECCAK CALLER ADD SSTORE STOP`),
}
