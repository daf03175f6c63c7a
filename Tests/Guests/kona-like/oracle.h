/* Hints and pre-images, cached as Kona's CachingOracle does. */
#ifndef ORACLE_H
#define ORACLE_H
#include "map.h"

/* Local inputs by index: those of Kona's client, or of op-program. */
enum {
  L1_HEAD = 1,
  AGREED_OUTPUT_ROOT = 2,
  CLAIMED_OUTPUT_ROOT = 3,
  CLAIMED_BLOCK_NUMBER = 4,
  CHAIN_ID = 5,
#ifdef OP_PROGRAM
  L2_CONFIG = 6,
  ROLLUP_CONFIG = 7,
  L1_CONFIG = 9
#else
  ROLLUP_CONFIG = 6,
  L1_CONFIG = 7
#endif
};

/* Sends `NAME 0xDATA`. */
void hint(const char *name, const u8 *data, u64 count);
struct bytes local_input(u64 index);
/* The bytes whose Keccak-256 is this. If they are not cached, sends a hint of this name first. */
struct bytes keccak_preimage(const struct hash *hash, const char *hint_name);
struct bytes sha256_preimage(const struct hash *hash);

#endif
