#!/usr/bin/env python3
"""Makes the pre-images of the guests kona-like and op-like: preimages.py DIR [--op-program]
[--rounds N] [--panic | --invalid] [--inputs DIR].

DIR gets a file for each key, in the layout `file` of hosts. The set is the same every time. A chain of
L1 blocks carries batches for some L2 blocks, whose transactions move values between accounts of a state
trie, and run the code of three of them. All of that is computed here a second time, for the claim.
Hosts do not store local inputs: with --inputs they go to files of their own, by name, with their bytes.
"""
import argparse, hashlib, json, os, struct

MASK = (1 << 64) - 1
ROUNDS = [
    0x1, 0x8082, 0x800000000000808A, 0x8000000080008000, 0x808B, 0x80000001, 0x8000000080008081,
    0x8000000000008009, 0x8A, 0x88, 0x80008009, 0x8000000A, 0x8000808B, 0x800000000000008B,
    0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x800A,
    0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x80000001, 0x8000000080008008]


def rotate(lane, count):
    return (lane << count | lane >> (64 - count)) & MASK if count else lane


def permute(lanes):
    for constant in ROUNDS:
        columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        mix = [columns[x - 1] ^ rotate(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lanes[x][y] ^ mix[x] for y in range(5)] for x in range(5)]
        x, y, moving = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moving, lanes[x][y] = lanes[x][y], rotate(moving, (step + 1) * (step + 2) // 2 % 64)
        lanes = [[lanes[x][y] ^ (~lanes[(x + 1) % 5][y] & MASK & lanes[(x + 2) % 5][y])
                  for y in range(5)] for x in range(5)]
        lanes[0][0] ^= constant
    return lanes


def keccak(data):
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), 136):
        for index, lane in enumerate(struct.unpack_from("<17Q", padded, start)):
            lanes[index % 5][index // 5] ^= lane
        lanes = permute(lanes)
    return struct.pack("<4Q", *(lanes[x][0] for x in range(4)))


assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


# MARK: RLP and tries

def prefix(length, base):
    if length < 56:
        return bytes([base + length])
    size = (length.bit_length() + 7) // 8
    return bytes([base + 55 + size]) + length.to_bytes(size, "big")


def rlp(value):
    if isinstance(value, int):
        value = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if isinstance(value, list):
        payload = b"".join(item.encoded if isinstance(item, Raw) else rlp(item) for item in value)
        return prefix(len(payload), 0xC0) + payload
    if len(value) == 1 and value[0] < 0x80:
        return value
    return prefix(len(value), 0x80) + value


class Raw:
    """An item that is encoded already."""

    def __init__(self, encoded):
        self.encoded = encoded


def nibbles(key):
    return [nibble for byte in key for nibble in (byte >> 4, byte & 15)]


def hex_prefix(path, is_leaf):
    flags = 2 * is_leaf + len(path) % 2
    path = [flags] + ([] if len(path) % 2 else [0]) + path
    return bytes(high << 4 | low for high, low in zip(path[::2], path[1::2]))


class Trie:
    """Built whole from its values. Its nodes go to the store."""

    def __init__(self, values, store):
        self.store = store
        self.root = self.kept(self.node(sorted((nibbles(key), value) for key, value in values.items())))

    def kept(self, encoded):
        digest = keccak(encoded)
        self.store[b"\x02" + digest[1:]] = encoded
        return digest

    def reference(self, encoded):
        return self.kept(encoded) if len(encoded) >= 32 else Raw(encoded)

    def node(self, pairs):
        if len(pairs) == 1:
            return rlp([hex_prefix(pairs[0][0], True), pairs[0][1]])
        shared = len(os.path.commonprefix([pairs[0][0], pairs[-1][0]]))
        if shared:
            below = self.node([(path[shared:], value) for path, value in pairs])
            return rlp([hex_prefix(pairs[0][0][:shared], False), self.reference(below)])
        items = [b""] * 17
        for nibble in range(16):
            below = [(path[1:], value) for path, value in pairs if path and path[0] == nibble]
            if below:
                items[nibble] = self.reference(self.node(below))
        if not pairs[0][0]:
            items[16] = pairs[0][1]
        return rlp(items)


# MARK: Contracts

OPERATIONS = dict(STOP=0x00, ADD=0x01, MUL=0x02, SUB=0x03, DIV=0x04, XOR=0x18, KECCAK=0x20, SHA=0x21,
                  ARGUMENT=0x35, POP=0x50, SLOAD=0x54, SSTORE=0x55, JUMP_IF=0x57, PUSH=0x60, DUP1=0x80,
                  DUP2=0x81, SWAP=0x90)


def assemble(text):
    return bytes(OPERATIONS[word] if word in OPERATIONS else int(word) for word in text.split())


# Each counts its argument down to 0: the loop begins at byte 1, with the counter on the stack.
LOOP_END = " PUSH 1 SWAP SUB DUP1 PUSH 1 JUMP_IF STOP"
CONTRACTS = [
    # storage[n % 7] = keccak(n % 7, storage[n % 7])
    assemble("ARGUMENT DUP1 DUP1 PUSH 7 SWAP DIV PUSH 7 MUL SWAP SUB DUP1 SLOAD DUP2 KECCAK SWAP SSTORE"
             + LOOP_END),
    # storage[n] = sha256(n, 3 * n)
    assemble("ARGUMENT DUP1 DUP1 PUSH 3 MUL SHA DUP2 SSTORE" + LOOP_END),
    # storage[0] = (storage[0] ^ n) * 33 + 5
    assemble("ARGUMENT DUP1 PUSH 0 SLOAD XOR PUSH 33 MUL PUSH 5 ADD PUSH 0 SSTORE" + LOOP_END),
]


def run_contract(code, argument):
    stack, storage, pc = [], {}, 0
    names = {value: name for name, value in OPERATIONS.items()}
    while pc < len(code) and code[pc] != 0:
        name = names[code[pc]]
        pc += 1
        pop = stack.pop
        if name == "PUSH":
            stack.append(code[pc])
            pc += 1
        elif name == "ARGUMENT":
            stack.append(argument)
        elif name == "POP":
            pop()
        elif name == "DUP1":
            stack.append(stack[-1])
        elif name == "DUP2":
            stack.append(stack[-2])
        elif name == "SWAP":
            stack[-1], stack[-2] = stack[-2], stack[-1]
        elif name == "SLOAD":
            stack.append(storage.get(pop(), 0))
        elif name == "SSTORE":
            slot = pop()
            storage[slot] = pop()
        elif name == "JUMP_IF":
            target, condition = pop(), pop()
            pc = target if condition else pc
        else:
            a, b = pop(), pop()
            pair = struct.pack(">QQ", a, b)
            stack.append({
                "ADD": lambda: (a + b) & MASK, "MUL": lambda: a * b & MASK, "SUB": lambda: (a - b) & MASK,
                "DIV": lambda: a // b if b else 0, "XOR": lambda: a ^ b,
                "KECCAK": lambda: int.from_bytes(keccak(pair)[:8], "big"),
                "SHA": lambda: int.from_bytes(hashlib.sha256(pair).digest()[:8], "big")}[name]())
    words = [0] * 4
    for slot, value in storage.items():
        digest = keccak(keccak(struct.pack(">Q", slot)) + struct.pack(">Q", value))
        words = [(a + b) & MASK for a, b in zip(words, struct.unpack(">4Q", digest))]
    return struct.pack(">4Q", *words)


# MARK: Chains

class Numbers:
    """The same numbers every time, and in every version of Python."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % limit


def header(parent, state, transactions, number, time, extra=b""):
    empty = keccak(rlp([]))
    return rlp([parent, empty, bytes(20), state, transactions, empty, bytes(256), 0, number, 30_000_000, 0,
                time, extra, bytes(32), bytes(8)])


class Account:
    def __init__(self, balance, code=None):
        self.nonce, self.balance, self.code, self.storage = 0, balance, code, keccak(rlp(b""))

    def encoded(self):
        return rlp([self.nonce, self.balance, self.storage, keccak(self.code) if self.code else bytes(32)])


def state_trie(accounts, store):
    return Trie({keccak(address): account.encoded() for address, account in accounts.items()}, store).root


def make(rounds, kind, is_op_program):
    """The pre-images by key, and the local inputs by number and name."""
    store, numbers = {}, Numbers(19)

    def keep(data):
        digest = keccak(data)
        store[b"\x02" + digest[1:]] = data
        return digest

    accounts = {}
    for index in range(60):
        code = CONTRACTS[index] if index < len(CONTRACTS) else None
        accounts[keccak(b"account %d" % index)[12:]] = Account(10**6 + numbers.below(10**12), code)
    for code in CONTRACTS:
        keep(code)
    addresses, first_l2, last_l2 = list(accounts), 1_000_000, 1_000_004
    state = state_trie(accounts, store)
    parent = keep(header(keccak(b"before"), state, keccak(b"none"), first_l2, 1_700_000_000))
    storage = keccak(b"storage of the message passer")
    agreed = keep(bytes(32) + state + storage + parent)

    # L2 blocks: what the guest is to find out.
    batches, made = [], {}
    for number in range(first_l2 + 1, last_l2 + 1):
        transactions = []
        for _ in range(5):
            sender = addresses[numbers.below(len(addresses))]
            receiver = addresses[numbers.below(len(addresses) if numbers.below(2) else len(CONTRACTS))]
            value, argument = numbers.below(10**6), 1 + numbers.below(9)
            transactions.append([sender, receiver, value, argument])
            accounts[sender].nonce += 1
            if accounts[sender].balance >= value:
                accounts[sender].balance -= value
            else:
                value = 0
            accounts[receiver].balance += value
            if accounts[receiver].code:
                accounts[receiver].storage = run_contract(accounts[receiver].code, argument)
        batches.append(rlp([number, transactions]))
        state = state_trie(accounts, made)
        parent = keccak(header(parent, state, keccak(b"none"), number, 1_700_000_000 + 2 * (number - first_l2)))
    claim = keccak(bytes(32) + state + storage + parent)

    # L1 blocks: the batches in order, among some that do not count.
    stray = rlp([first_l2 + 77, [[addresses[0], addresses[1], 1, 1]]])
    blob = bytes(numbers.below(256) for _ in range(700))
    store[b"\x04" + hashlib.sha256(blob).digest()[1:]] = blob
    block = keep(header(keccak(b"before"), bytes(32), bytes(32), 500, 1_699_999_000))
    for number, carried in enumerate([[batches[0], stray], [stray], [batches[1], batches[2], batches[0]],
                                      [stray, batches[3]]], 501):
        root = Trie({rlp(index): batch for index, batch in enumerate(carried)}, store).root
        extra = hashlib.sha256(blob).digest() if number == 504 else b""
        block = keep(header(block, keccak(b"l1 state"), root, number, 1_699_999_000 + 12 * number, extra))

    rollup = {"genesis": {"l1": {"number": 500}}, "l1_chain_id": 900, "l2_chain_id": 901, "block_time": 2,
              "rounds": rounds}
    if kind == "panic":
        del rollup["block_time"]
    if kind == "invalid":
        claim = keccak(claim)
    inputs = {(1, "l1-head"): block, (2, "agreed-output-root"): agreed, (3, "claim"): claim,
              (4, "block-number"): struct.pack(">Q", last_l2)}
    rollup, l1 = json.dumps(rollup).encode(), json.dumps({"chainId": 900}).encode()
    if is_op_program:
        inputs |= {(5, "chain-id"): struct.pack(">Q", MASK),
                   (6, "l2-config"): json.dumps({"chainId": 901}).encode(),
                   (7, "rollup-config"): rollup, (9, "l1-config"): l1}
    else:
        inputs |= {(5, "chain-id"): struct.pack(">Q", 901), (6, "rollup-config"): rollup,
                   (7, "l1-config"): l1}
    return store, inputs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir")
    parser.add_argument("--rounds", type=int, default=1, help="how often the blocks are executed")
    kinds = parser.add_mutually_exclusive_group()
    for kind in ("invalid", "panic"):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind)
    parser.add_argument("--op-program", action="store_true", help="the local inputs of op-program")
    parser.add_argument("--inputs", metavar="DIR", help="directory for the local inputs")
    arguments = parser.parse_args()
    store, inputs = make(arguments.rounds, arguments.kind, arguments.op_program)
    os.makedirs(arguments.dir, exist_ok=True)
    if arguments.inputs:
        os.makedirs(arguments.inputs, exist_ok=True)
    for (index, name), value in inputs.items():
        if arguments.inputs:
            with open(f"{arguments.inputs}/{name}", "wb") as file:
                file.write(value)
        else:
            store[bytes([1]) + struct.pack(">Q", index).rjust(31, b"\0")] = value
    for key, value in store.items():
        with open(f"{arguments.dir}/0x{key.hex()}.txt", "w", encoding="ascii") as file:
            file.write(value.hex())
    with open(f"{arguments.dir}/kvformat", "w", encoding="ascii") as file:
        file.write("file")


main()
