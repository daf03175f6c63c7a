/* A hash map from hashes to bytes on the heap. */
#ifndef MAP_H
#define MAP_H
#include "hash.h"

struct bytes {
  u8 *data;
  u64 count;
};

struct map_entry {
  struct hash key;
  struct bytes value;
  int is_used;
};

struct map {
  struct map_entry *entries;
  u64 capacity, count;
};

/* The value of a key, or 0. */
struct bytes *map_find(const struct map *map, const struct hash *key);
/* Keeps a copy of the bytes. */
struct bytes *map_put(struct map *map, const struct hash *key, const u8 *data, u64 count);
/* Frees keys and values. */
void map_clear(struct map *map);

#endif
