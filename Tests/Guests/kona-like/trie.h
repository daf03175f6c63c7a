/* Merkle Patricia tries whose nodes are pre-images. Updates make new nodes, which stay in memory. */
#ifndef TRIE_H
#define TRIE_H
#include "rlp.h"

struct trie {
  struct hash root;
  /* What asks the host for a node. */
  const char *hint_name;
  /* Nodes made here, by their hash. */
  struct map made;
};

/* The value of a key. The bytes last until the trie is cleared. Returns whether there is one. */
int trie_find(struct trie *trie, const u8 *key, u64 count, struct bytes *value);
/* Gives a key that has a value another one. */
void trie_replace(struct trie *trie, const u8 *key, u64 count, struct bytes value);
/* Forgets the nodes made here. */
void trie_clear(struct trie *trie, const struct hash *root);

#endif
