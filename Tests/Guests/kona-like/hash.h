#ifndef HASH_H
#define HASH_H
#include "guest.h"

struct hash {
  u8 bytes[32];
};

void keccak256(struct hash *out, const u8 *data, u64 count);
void sha256(struct hash *out, const u8 *data, u64 count);

#endif
