#include "contract.h"

enum {
  STOP = 0x00,
  ADD = 0x01,
  MUL = 0x02,
  SUB = 0x03,
  DIV = 0x04,
  XOR = 0x18,
  KECCAK = 0x20,
  SHA = 0x21,
  ARGUMENT = 0x35,
  POP = 0x50,
  SLOAD = 0x54,
  SSTORE = 0x55,
  JUMP_IF = 0x57,
  PUSH = 0x60,
  DUP1 = 0x80,
  DUP2 = 0x81,
  SWAP = 0x90
};

enum { DEPTH = 64, GAS = 1 << 20 };

struct machine {
  u64 stack[DEPTH];
  int depth;
  struct map storage;
};

static u64 pop(struct machine *machine) {
  if (!machine->depth) panic("the stack of a contract is empty");
  return machine->stack[--machine->depth];
}

static void push(struct machine *machine, u64 value) {
  if (machine->depth == DEPTH) panic("the stack of a contract is full");
  machine->stack[machine->depth++] = value;
}

/* Slots are kept by the hash of their number. */
static struct hash slot(u64 number) {
  u8 bytes[8];
  struct hash key;
  store_be64(bytes, number);
  keccak256(&key, bytes, 8);
  return key;
}

static u64 storage_load(struct machine *machine, u64 number) {
  struct hash key = slot(number);
  struct bytes *value = map_find(&machine->storage, &key);
  return value ? load_be64(value->data) : 0;
}

static void storage_store(struct machine *machine, u64 number, u64 value) {
  struct hash key = slot(number);
  u8 bytes[8];
  store_be64(bytes, value);
  map_put(&machine->storage, &key, bytes, 8);
}

static u64 hashed(struct machine *machine, void (*function)(struct hash *, const u8 *, u64)) {
  u8 input[16];
  struct hash output;
  store_be64(input, pop(machine));
  store_be64(input + 8, pop(machine));
  function(&output, input, 16);
  return load_be64(output.bytes);
}

/* The hashes of all slots and values, in no order: their sum. */
static struct hash summary(const struct map *storage) {
  struct hash sum = {{0}}, one;
  for (u64 i = 0; i < storage->capacity; i++) {
    if (!storage->entries[i].is_used) continue;
    u8 bytes[40];
    memcpy(bytes, &storage->entries[i].key, 32);
    memcpy(bytes + 32, storage->entries[i].value.data, 8);
    keccak256(&one, bytes, 40);
    for (int word = 0; word < 32; word += 8)
      store_be64(sum.bytes + word, load_be64(sum.bytes + word) + load_be64(one.bytes + word));
  }
  return sum;
}

struct hash contract_run(struct bytes code, u64 argument) {
  struct machine machine = {0};
  u64 pc = 0, a, b;
  for (u64 gas = GAS; pc < code.count && code.data[pc] != STOP; gas--) {
    if (!gas) panic("a contract is out of gas");
    u8 operation = code.data[pc++];
    switch (operation) {
      case ADD: a = pop(&machine), b = pop(&machine), push(&machine, a + b); break;
      case MUL: a = pop(&machine), b = pop(&machine), push(&machine, a * b); break;
      case SUB: a = pop(&machine), b = pop(&machine), push(&machine, a - b); break;
      case DIV: a = pop(&machine), b = pop(&machine), push(&machine, b ? a / b : 0); break;
      case XOR: a = pop(&machine), b = pop(&machine), push(&machine, a ^ b); break;
      case KECCAK: push(&machine, hashed(&machine, keccak256)); break;
      case SHA: push(&machine, hashed(&machine, sha256)); break;
      case ARGUMENT: push(&machine, argument); break;
      case POP: pop(&machine); break;
      case SLOAD: push(&machine, storage_load(&machine, pop(&machine))); break;
      case SSTORE: a = pop(&machine), storage_store(&machine, a, pop(&machine)); break;
      case JUMP_IF:
        a = pop(&machine), b = pop(&machine);
        if (b) pc = a;
        break;
      case PUSH:
        if (pc == code.count) panic("the code of a contract ends early");
        push(&machine, code.data[pc++]);
        break;
      case DUP1: a = pop(&machine), push(&machine, a), push(&machine, a); break;
      case DUP2:
        a = pop(&machine), b = pop(&machine);
        push(&machine, b), push(&machine, a), push(&machine, b);
        break;
      case SWAP: a = pop(&machine), b = pop(&machine), push(&machine, a), push(&machine, b); break;
      default: panic("a contract has an unknown operation");
    }
  }
  struct hash result = summary(&machine.storage);
  map_clear(&machine.storage);
  return result;
}
