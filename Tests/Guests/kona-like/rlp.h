/* Ethereum's encoding of nested lists. */
#ifndef RLP_H
#define RLP_H
#include "map.h"

struct item {
  /* The item with its prefix. */
  struct bytes whole;
  /* The string, or the encoded elements. */
  struct bytes payload;
  int is_list;
};

/* The item that the bytes begin with. */
struct item rlp_read(struct bytes bytes);
/* Reads the list that takes all of the bytes. Returns how many elements it has. */
int rlp_list(struct bytes bytes, struct item *items, int limit);
u64 rlp_number(struct item item);

/* A list that is written. */
struct writer {
  u8 *data;
  u64 count, capacity;
};

void writer_start(struct writer *writer);
void writer_string(struct writer *writer, const u8 *data, u64 count);
void writer_number(struct writer *writer, u64 number);
/* An item that is encoded already. */
void writer_raw(struct writer *writer, struct bytes bytes);
/* Puts the list's prefix in front. The bytes are the writer's. */
struct bytes writer_finish(struct writer *writer);
void writer_free(struct writer *writer);

#endif
