#ifndef CKECCAK_H
#define CKECCAK_H

#include <stddef.h>
#include <stdint.h>

/// Keccak-f[1600] on 25 little-endian lanes, in place.
void ckeccak_permute(uint64_t lanes[25]);

/// Keccak-256 of `count` blocks of 64 bytes each, read from `blocks` and written to `digests`, 32
/// bytes each. Neither needs alignment. `digests` may be `blocks`: a digest never lands behind a
/// block that is still to be read.
typedef void (*ckeccak_pairs_function)(const void *blocks, void *digests, size_t count);

void ckeccak_pairs_plain(const void *blocks, void *digests, size_t count);

// FALCONET_NO_X86 leaves out what other processors lack, for tests: see Scripts/other-hosts.
#if defined(__x86_64__) && !defined(FALCONET_NO_X86)
/// Four blocks at a time. The processor must have AVX2.
void ckeccak_pairs_avx2(const void *blocks, void *digests, size_t count);
/// Eight blocks at a time. The processor must have AVX-512F.
void ckeccak_pairs_avx512(const void *blocks, void *digests, size_t count);
#endif

/// Whether this processor, and the system on it, can run the kernel.
int ckeccak_has_avx2(void);
int ckeccak_has_avx512(void);

#endif
