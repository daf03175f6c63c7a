/* What the program is asked: the boot information of Kona's client, or of op-program. */
#ifndef BOOT_H
#define BOOT_H
#include "oracle.h"

struct boot {
  struct hash l1_head, agreed_output_root, claimed_output_root;
  u64 claimed_block_number, chain_id;
  /* Of the rollup configuration. */
  u64 genesis_l1_number, block_time, rounds;
};

struct boot boot_load(void);

#endif
