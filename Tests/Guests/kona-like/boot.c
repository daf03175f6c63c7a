#include "boot.h"

static struct hash local_hash(u64 index) {
  struct bytes bytes = local_input(index);
  struct hash hash;
  if (bytes.count != 32) panic("a local input is not 32 bytes long");
  memcpy(&hash, bytes.data, 32);
  return hash;
}

static u64 local_number(u64 index) {
  struct bytes bytes = local_input(index);
  if (bytes.count != 8) panic("a local input is not 8 bytes long");
  return load_be64(bytes.data);
}

/* The number of a member of a JSON object, wherever in it the member is. */
static u64 json_number(struct bytes json, const char *name, u64 absent) {
  u64 length = 0, number = 0;
  while (name[length]) length++;
  for (u64 i = 0; i + length + 3 < json.count; i++) {
    if (json.data[i] != '"' || json.data[i + length + 1] != '"' ||
        memcmp(json.data + i + 1, name, length))
      continue;
    for (i += length + 2; i < json.count && (json.data[i] == ':' || json.data[i] == ' ');) i++;
    if (i == json.count || json.data[i] < '0' || json.data[i] > '9')
      panic("a member of the rollup configuration is not a number");
    for (; i < json.count && json.data[i] >= '0' && json.data[i] <= '9'; i++)
      number = 10 * number + (u64)(json.data[i] - '0');
    return number;
  }
  if (absent == ~0UL) panic("the rollup configuration lacks a member");
  return absent;
}

struct boot boot_load(void) {
  struct boot boot = {
      .l1_head = local_hash(L1_HEAD),
      .agreed_output_root = local_hash(AGREED_OUTPUT_ROOT),
      .claimed_output_root = local_hash(CLAIMED_OUTPUT_ROOT),
      .claimed_block_number = local_number(CLAIMED_BLOCK_NUMBER),
      .chain_id = local_number(CHAIN_ID),
  };
#ifdef OP_PROGRAM
  /* The configurations are inputs if the chain ID is all ones. No chain is built in. */
  if (boot.chain_id != ~0UL) panic("the chain is not built in");
  boot.chain_id = json_number(local_input(L2_CONFIG), "chainId", ~0UL);
#endif
  /* No chain is built in, so the configuration is always an input. */
  struct bytes rollup = local_input(ROLLUP_CONFIG), l1 = local_input(L1_CONFIG);
  if (json_number(l1, "chainId", ~0UL) != json_number(rollup, "l1_chain_id", ~0UL))
    panic("the configurations are of different L1 chains");
  if (json_number(rollup, "l2_chain_id", ~0UL) != boot.chain_id)
    panic("the rollup configuration is of another chain");
  boot.genesis_l1_number = json_number(rollup, "number", ~0UL);
  boot.block_time = json_number(rollup, "block_time", ~0UL);
  /* Ours: how often the blocks are executed, for benchmarks. */
  boot.rounds = json_number(rollup, "rounds", 1);
  return boot;
}
