#ifndef CXXHASH_H
#define CXXHASH_H

#include <stddef.h>
#include <stdint.h>

/// The three hashes of the xxHash family, with seed 0, of `count` bytes at `bytes`. Debian's header has them
/// whole, so nothing is linked.
uint32_t xxh32_of(const void *bytes, size_t count);
uint64_t xxh64_of(const void *bytes, size_t count);
uint64_t xxh3_of(const void *bytes, size_t count);

#endif
