#include "trie.h"
#include "oracle.h"

enum { BRANCH = 17, SHORT = 2 };

struct path {
  const u8 *key;
  /* In nibbles. */
  u64 next, count;
};

static u8 nibble(const u8 *key, u64 index) {
  return index & 1 ? key[index / 2] & 15 : key[index / 2] >> 4;
}

static struct bytes load(struct trie *trie, const struct hash *hash) {
  struct bytes *made = map_find(&trie->made, hash);
  return made ? *made : keccak_preimage(hash, trie->hint_name);
}

/* Whether the nibbles of an extension or a leaf are the next of the path, which goes past them. */
static int follow(struct path *path, struct bytes encoded, int *is_leaf) {
  if (!encoded.count) panic("a trie node has no path");
  u64 first = encoded.data[0] & 0x10 ? 1 : 2;
  *is_leaf = encoded.data[0] >> 5 & 1;
  for (u64 i = first; i < 2 * encoded.count; i++, path->next++)
    if (path->next == path->count || nibble(path->key, path->next) != nibble(encoded.data, i))
      return 0;
  return 1;
}

static struct hash child_hash(struct item child) {
  struct hash hash;
  if (child.payload.count != 32) panic("a trie node is not named by its hash");
  memcpy(&hash, child.payload.data, 32);
  return hash;
}

static int find(struct trie *trie, struct bytes node, struct path path, struct bytes *value) {
  struct item items[BRANCH], child;
  int count = rlp_list(node, items, BRANCH), is_leaf;
  if (count == BRANCH) {
    if (path.next == path.count) {
      *value = items[16].payload;
      return value->count > 0;
    }
    child = items[nibble(path.key, path.next++)];
  } else if (count == SHORT) {
    if (!follow(&path, items[0].payload, &is_leaf)) return 0;
    if (is_leaf) {
      *value = items[1].payload;
      return path.next == path.count;
    }
    child = items[1];
  } else {
    panic("a trie node has a wrong number of elements");
  }
  if (child.is_list) return find(trie, child.whole, path, value);
  if (!child.payload.count) return 0;
  struct hash hash = child_hash(child);
  return find(trie, load(trie, &hash), path, value);
}

int trie_find(struct trie *trie, const u8 *key, u64 count, struct bytes *value) {
  struct path path = {key, 0, 2 * count};
  return find(trie, load(trie, &trie->root), path, value);
}

/* Rewrites the node with another value below it. Returns its hash. */
static struct hash replace(struct trie *trie, struct hash at, struct path path,
                           struct bytes value) {
  struct item items[BRANCH];
  struct bytes node = load(trie, &at);
  int count = rlp_list(node, items, BRANCH), changed = count - 1, is_leaf = 0;
  if (count == BRANCH) {
    if (path.next == path.count) panic("a value in a branch cannot be replaced");
    changed = nibble(path.key, path.next++);
  } else if (count != SHORT || !follow(&path, items[0].payload, &is_leaf)) {
    panic("the key to replace is not in the trie");
  }
  struct hash below;
  struct bytes replacement = value;
  if (!is_leaf) {
    below = replace(trie, child_hash(items[changed]), path, value);
    replacement = (struct bytes){below.bytes, 32};
  }
  struct writer writer;
  writer_start(&writer);
  for (int i = 0; i < count; i++) {
    if (i == changed)
      writer_string(&writer, replacement.data, replacement.count);
    else
      writer_raw(&writer, items[i].whole);
  }
  struct bytes encoded = writer_finish(&writer);
  struct hash hash;
  keccak256(&hash, encoded.data, encoded.count);
  map_put(&trie->made, &hash, encoded.data, encoded.count);
  writer_free(&writer);
  return hash;
}

void trie_replace(struct trie *trie, const u8 *key, u64 count, struct bytes value) {
  struct path path = {key, 0, 2 * count};
  trie->root = replace(trie, trie->root, path, value);
}

void trie_clear(struct trie *trie, const struct hash *root) {
  map_clear(&trie->made);
  trie->root = *root;
}
