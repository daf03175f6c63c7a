#include "CXXHash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t xxh32_of(const void *bytes, size_t count) { return XXH32(bytes, count, 0); }

uint64_t xxh64_of(const void *bytes, size_t count) { return XXH64(bytes, count, 0); }

uint64_t xxh3_of(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }
