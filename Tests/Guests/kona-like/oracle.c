#include "oracle.h"
#include "heap.h"

enum { LOCAL = 1, KECCAK = 2, SHA256 = 4 };

static struct map cache;

void hint(const char *name, const u8 *data, u64 count) {
  u64 length = 0;
  while (name[length]) length++;
  u64 total = 4 + length + 3 + 2 * count;
  u8 *text = heap_take(total), *next = text + 4;
  u32 size = (u32)(total - 4);
  for (int i = 0; i < 4; i++) text[i] = (u8)(size >> (24 - 8 * i));
  memcpy(next, name, length);
  next += length;
  *next++ = ' ';
  *next++ = '0';
  *next++ = 'x';
  for (u64 i = 0; i < count; i++) {
    *next++ = (u8) "0123456789abcdef"[data[i] >> 4];
    *next++ = (u8) "0123456789abcdef"[data[i] & 15];
  }
  write_all(FD_HINT, text, total);
  u8 answer;
  read_all(FD_HINT_ACK, &answer, 1);
  heap_give(text, total);
}

static struct bytes fetch(const struct hash *key) {
  u8 prefix[8];
  write_all(FD_KEY, key, 32);
  read_all(FD_PREIMAGE, prefix, 8);
  u64 count = load_be64(prefix);
  u8 *data = heap_take(count);
  read_all(FD_PREIMAGE, data, count);
  struct bytes kept = *map_put(&cache, key, data, count);
  heap_give(data, count);
  return kept;
}

static struct hash typed(const struct hash *hash, u8 type) {
  struct hash key = *hash;
  key.bytes[0] = type;
  return key;
}

struct bytes local_input(u64 index) {
  struct hash key = {{LOCAL}};
  store_be64(key.bytes + 24, index);
  struct bytes *known = map_find(&cache, &key);
  return known ? *known : fetch(&key);
}

struct bytes keccak_preimage(const struct hash *hash, const char *hint_name) {
  struct hash key = typed(hash, KECCAK), found;
  struct bytes *known = map_find(&cache, &key);
  if (known) return *known;
  if (hint_name) hint(hint_name, hash->bytes, 32);
  struct bytes fetched = fetch(&key);
  keccak256(&found, fetched.data, fetched.count);
  if (memcmp(&found, hash, 32)) panic("a pre-image is not its key's (Keccak-256)");
  return fetched;
}

struct bytes sha256_preimage(const struct hash *hash) {
  struct hash key = typed(hash, SHA256), found;
  struct bytes *known = map_find(&cache, &key);
  if (known) return *known;
  struct bytes fetched = fetch(&key);
  sha256(&found, fetched.data, fetched.count);
  if (memcmp(&found, hash, 32)) panic("a pre-image is not its key's (SHA-256)");
  return fetched;
}
