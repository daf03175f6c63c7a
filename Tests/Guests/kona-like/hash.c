#include "hash.h"

/* Keccak-256 with the padding of before the standard, as Ethereum has it. */

static const u64 ROUND_CONSTANTS[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

/* From lane 1 on, each lane goes to the place named here, rotated. */
static const u8 PLACES[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                              15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const u8 ROTATIONS[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                 27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static u64 left(u64 x, int n) { return x << n | x >> (64 - n); }

static void permute(u64 lanes[25]) {
  for (int round = 0; round < 24; round++) {
    u64 columns[5];
    for (int x = 0; x < 5; x++)
      columns[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
    for (int x = 0; x < 5; x++) {
      u64 mix = columns[(x + 4) % 5] ^ left(columns[(x + 1) % 5], 1);
      for (int y = 0; y < 25; y += 5) lanes[x + y] ^= mix;
    }
    u64 moving = lanes[1];
    for (int i = 0; i < 24; i++) {
      u64 next = lanes[PLACES[i]];
      lanes[PLACES[i]] = left(moving, ROTATIONS[i]);
      moving = next;
    }
    for (int y = 0; y < 25; y += 5) {
      u64 row[5];
      for (int x = 0; x < 5; x++) row[x] = lanes[x + y];
      for (int x = 0; x < 5; x++) lanes[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
    lanes[0] ^= ROUND_CONSTANTS[round];
  }
}

enum { RATE = 136 };

void keccak256(struct hash *out, const u8 *data, u64 count) {
  u64 lanes[25] = {0};
  u8 last[RATE];
  for (;; data += RATE, count -= RATE) {
    const u8 *block = data;
    if (count < RATE) {
      memset(last, 0, RATE);
      memcpy(last, data, count);
      last[count] = 1;
      last[RATE - 1] |= 0x80;
      block = last;
    }
    for (int i = 0; i < RATE; i++) lanes[i / 8] ^= (u64)block[i] << (i % 8 * 8);
    permute(lanes);
    if (count < RATE) break;
  }
  for (int i = 0; i < 32; i++) out->bytes[i] = (u8)(lanes[i / 8] >> (i % 8 * 8));
}

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 right(u32 x, int n) { return x >> n | x << (32 - n); }

static void compress(u32 state[8], const u8 *block) {
  u32 w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 | (u32)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    u32 a = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ w[i - 15] >> 3;
    u32 b = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(v, state, sizeof v);
  for (int i = 0; i < 64; i++) {
    u32 a = right(v[4], 6) ^ right(v[4], 11) ^ right(v[4], 25);
    u32 first = v[7] + a + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
    u32 b = right(v[0], 2) ^ right(v[0], 13) ^ right(v[0], 22);
    u32 second = b + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += first;
    v[0] = first + second;
  }
  for (int i = 0; i < 8; i++) state[i] += v[i];
}

void sha256(struct hash *out, const u8 *data, u64 count) {
  u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  u64 bits = count * 8;
  u8 tail[128];
  for (; count >= 64; data += 64, count -= 64) compress(state, data);
  memset(tail, 0, sizeof tail);
  memcpy(tail, data, count);
  tail[count] = 0x80;
  u64 length = count < 56 ? 64 : 128;
  store_be64(tail + length - 8, bits);
  for (u64 i = 0; i < length; i += 64) compress(state, tail + i);
  for (int i = 0; i < 32; i++) out->bytes[i] = (u8)(state[i / 4] >> (24 - i % 4 * 8));
}
