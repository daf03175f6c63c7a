#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

/// Writes the SHA-256 of `count` bytes at `bytes` to the 32 bytes at `hash`. Reads nothing if `count` is 0.
void sha256_of(const void *bytes, size_t count, uint8_t hash[32]);

/// The same for RIPEMD-160, whose 20 bytes follow 12 zero bytes, as Ethereum's precompile gives them.
void ripemd160_of(const void *bytes, size_t count, uint8_t hash[32]);

#endif
