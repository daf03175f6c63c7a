#include "rlp.h"
#include "heap.h"

/* What a list's prefix may take. */
enum { ROOM = 9 };

static u64 long_length(struct bytes bytes, u64 size) {
  u64 length = 0;
  if (size >= bytes.count) panic("RLP ends in a length");
  for (u64 i = 1; i <= size; i++) length = length << 8 | bytes.data[i];
  return length;
}

struct item rlp_read(struct bytes bytes) {
  struct item item = {0};
  if (!bytes.count) panic("RLP ends early");
  u8 first = bytes.data[0];
  u64 prefix = 1, length;
  if (first < 0x80) {
    prefix = 0;
    length = 1;
  } else if (first < 0xb8) {
    length = first - 0x80;
  } else if (first < 0xc0) {
    prefix = 1 + (u64)(first - 0xb7);
    length = long_length(bytes, first - 0xb7);
  } else if (first < 0xf8) {
    length = first - 0xc0;
  } else {
    prefix = 1 + (u64)(first - 0xf7);
    length = long_length(bytes, first - 0xf7);
  }
  if (length > bytes.count - prefix) panic("RLP is longer than its bytes");
  item.is_list = first >= 0xc0;
  item.whole = (struct bytes){bytes.data, prefix + length};
  item.payload = (struct bytes){bytes.data + prefix, length};
  return item;
}

int rlp_list(struct bytes bytes, struct item *items, int limit) {
  struct item list = rlp_read(bytes);
  if (!list.is_list || list.whole.count != bytes.count) panic("RLP is not one list");
  struct bytes rest = list.payload;
  int count = 0;
  while (rest.count) {
    if (count == limit) panic("an RLP list has too many elements");
    items[count] = rlp_read(rest);
    rest.data += items[count].whole.count;
    rest.count -= items[count].whole.count;
    count++;
  }
  return count;
}

u64 rlp_number(struct item item) {
  u64 number = 0;
  if (item.is_list || item.payload.count > 8) panic("RLP is not a number");
  for (u64 i = 0; i < item.payload.count; i++) number = number << 8 | item.payload.data[i];
  return number;
}

void writer_start(struct writer *writer) {
  writer->capacity = 128;
  writer->data = heap_take(writer->capacity);
  writer->count = ROOM;
}

static void append(struct writer *writer, const u8 *data, u64 count) {
  if (writer->count + count > writer->capacity) {
    u64 capacity = 2 * (writer->count + count);
    u8 *larger = heap_take(capacity);
    memcpy(larger, writer->data, writer->count);
    heap_give(writer->data, writer->capacity);
    writer->data = larger;
    writer->capacity = capacity;
  }
  memcpy(writer->data + writer->count, data, count);
  writer->count += count;
}

/* The prefix of a payload, at the end of `out`. Returns its length. */
static u64 prefix(u8 out[ROOM], u64 length, u8 base) {
  u64 size = 0;
  if (length < 56) {
    out[ROOM - 1] = (u8)(base + length);
    return 1;
  }
  for (u64 rest = length; rest; rest >>= 8) out[ROOM - 1 - size++] = (u8)rest;
  out[ROOM - 1 - size] = (u8)(base + 55 + size);
  return size + 1;
}

void writer_string(struct writer *writer, const u8 *data, u64 count) {
  u8 space[ROOM];
  if (count != 1 || data[0] >= 0x80) {
    u64 size = prefix(space, count, 0x80);
    append(writer, space + ROOM - size, size);
  }
  append(writer, data, count);
}

void writer_number(struct writer *writer, u64 number) {
  u8 bytes[8];
  int first = 0;
  store_be64(bytes, number);
  while (first < 8 && !bytes[first]) first++;
  writer_string(writer, bytes + first, (u64)(8 - first));
}

void writer_raw(struct writer *writer, struct bytes bytes) {
  append(writer, bytes.data, bytes.count);
}

struct bytes writer_finish(struct writer *writer) {
  u64 size = prefix(writer->data, writer->count - ROOM, 0xc0);
  return (struct bytes){writer->data + ROOM - size, writer->count - ROOM + size};
}

void writer_free(struct writer *writer) { heap_give(writer->data, writer->capacity); }
