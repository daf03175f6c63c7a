// Keccak-256 (the original padding, not SHA-3's) of many 64-byte Merkle nodes at once.
// Constants: Keccak reference, version 3.0, sections 1.2 and 2.2.

#include "CKeccak.h"

#define UNROLL _Pragma("clang loop unroll(full)")
#define ROTATE(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

static const uint64_t ROUND_CONSTANTS[24] = {
  0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
  0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
  0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

// Left rotation of lane x + 5y.
static const int ROTATION[25] = {
  0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
};

#define V uint64_t
#define LANES 1
#define TARGET
#define NAME(x) plain_##x
#include "lanes.inc"
#undef V
#undef LANES
#undef TARGET
#undef NAME

void ckeccak_pairs_plain(const void *blocks, void *digests, size_t count) {
  const char *in = blocks;
  char *out = digests;
  for (; count > 0; count--, in += 64, out += 32) plain_hash(in, out);
}

#if defined(__x86_64__) && !defined(FALCONET_NO_X86)

typedef uint64_t lanes4 __attribute__((vector_size(32)));
typedef uint64_t lanes8 __attribute__((vector_size(64)));

// One block, with rotations and "and not" in one instruction each.
#define V uint64_t
#define LANES 1
#define TARGET __attribute__((target("bmi,bmi2")))
#define NAME(x) bmi_##x
#include "lanes.inc"
#undef V
#undef LANES
#undef TARGET
#undef NAME

#define V lanes4
#define LANES 4
#define TARGET __attribute__((target("avx2")))
#define NAME(x) avx2_##x
#include "lanes.inc"
#undef V
#undef LANES
#undef TARGET
#undef NAME

#define V lanes8
#define LANES 8
#define TARGET __attribute__((target("avx512f")))
#define NAME(x) avx512_##x
#include "lanes.inc"
#undef V
#undef LANES
#undef TARGET
#undef NAME

// AVX-512's instructions and registers, half as wide: less than a single block takes without vectors.
#define V lanes4
#define LANES 4
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME(x) avx512vl_##x
#include "lanes.inc"
#undef V
#undef LANES
#undef TARGET
#undef NAME

// The last blocks, fewer than a kernel takes, with zeros in the lanes that are too many. A call of the AVX2
// kernel costs about as much as two blocks one by one, so it pays from the second on.
#define HASH_PADDED(kernel, lanes, in, out, count) \
  do { \
    char padded[64 * (lanes)]; \
    __builtin_memcpy(padded, in, 64 * (count)); \
    __builtin_memset(padded + 64 * (count), 0, 64 * ((lanes) - (count))); \
    kernel(padded, padded); \
    __builtin_memcpy(out, padded, 32 * (count)); \
  } while (0)

__attribute__((target("avx2,bmi,bmi2")))
void ckeccak_pairs_avx2(const void *blocks, void *digests, size_t count) {
  const char *in = blocks;
  char *out = digests;
  for (; count >= 4; count -= 4, in += 256, out += 128) avx2_hash(in, out);
  if (count >= 2) {
    HASH_PADDED(avx2_hash, 4, in, out, count);
  } else if (count == 1) {
    bmi_hash(in, out);
  }
}

__attribute__((target("avx512f,avx512vl")))
void ckeccak_pairs_avx512(const void *blocks, void *digests, size_t count) {
  const char *in = blocks;
  char *out = digests;
  for (; count >= 8; count -= 8, in += 512, out += 256) avx512_hash(in, out);
  if (count > 4) {
    HASH_PADDED(avx512_hash, 8, in, out, count);
  } else if (count > 0) {
    HASH_PADDED(avx512vl_hash, 4, in, out, count);
  }
}

static int has_bmi(void) { return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"); }
int ckeccak_has_avx2(void) { return __builtin_cpu_supports("avx2") && has_bmi(); }
int ckeccak_has_avx512(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"); }

__attribute__((target("bmi,bmi2"))) static void permute_bmi(uint64_t lanes[25]) { bmi_permute(lanes); }

void ckeccak_permute(uint64_t lanes[25]) {
  if (has_bmi()) {
    permute_bmi(lanes);
  } else {
    plain_permute(lanes);
  }
}

#else

void ckeccak_permute(uint64_t lanes[25]) { plain_permute(lanes); }

int ckeccak_has_avx2(void) { return 0; }
int ckeccak_has_avx512(void) { return 0; }

#endif
