#include "map.h"
#include "heap.h"

/* Keys are hashes: any of their words is as good as another. Entries are probed one by one. */
static struct map_entry *place(const struct map *map, const struct hash *key) {
  u64 index = load_be64(key->bytes + 8) & (map->capacity - 1);
  for (;; index = (index + 1) & (map->capacity - 1)) {
    struct map_entry *entry = map->entries + index;
    if (!entry->is_used || memcmp(&entry->key, key, sizeof *key) == 0) return entry;
  }
}

static void grow(struct map *map) {
  struct map old = *map;
  map->capacity = old.capacity ? 2 * old.capacity : 16;
  map->entries = heap_take(map->capacity * sizeof *map->entries);
  memset(map->entries, 0, map->capacity * sizeof *map->entries);
  for (u64 i = 0; i < old.capacity; i++)
    if (old.entries[i].is_used) *place(map, &old.entries[i].key) = old.entries[i];
  if (old.capacity) heap_give(old.entries, old.capacity * sizeof *old.entries);
}

struct bytes *map_find(const struct map *map, const struct hash *key) {
  if (!map->count) return 0;
  struct map_entry *entry = place(map, key);
  return entry->is_used ? &entry->value : 0;
}

struct bytes *map_put(struct map *map, const struct hash *key, const u8 *data, u64 count) {
  if (4 * (map->count + 1) > 3 * map->capacity) grow(map);
  struct map_entry *entry = place(map, key);
  if (entry->is_used) {
    heap_give(entry->value.data, entry->value.count);
  } else {
    entry->is_used = 1;
    entry->key = *key;
    map->count++;
  }
  entry->value.data = heap_take(count);
  entry->value.count = count;
  memcpy(entry->value.data, data, count);
  return &entry->value;
}

void map_clear(struct map *map) {
  for (u64 i = 0; i < map->capacity; i++)
    if (map->entries[i].is_used)
      heap_give(map->entries[i].value.data, map->entries[i].value.count);
  if (map->capacity) heap_give(map->entries, map->capacity * sizeof *map->entries);
  memset(map, 0, sizeof *map);
}
