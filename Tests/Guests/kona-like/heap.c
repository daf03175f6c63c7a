#include "heap.h"

enum { SMALLEST = 5, LARGEST = 30, ORDERS = LARGEST - SMALLEST + 1 };

struct block {
  struct block *next, **link;
};

static u8 *base, *flags;
static struct block *lists[ORDERS];
static u64 in_use;

/* A bit for each block of each order: whether it is in its list. */
static u64 flag_index(u64 offset, int order) {
  return (1UL << (LARGEST - order)) + (offset >> order);
}

static int is_free(u64 offset, int order) {
  u64 index = flag_index(offset, order);
  return flags[index >> 3] >> (index & 7) & 1;
}

static void flip(u64 offset, int order) {
  u64 index = flag_index(offset, order);
  flags[index >> 3] ^= (u8)(1 << (index & 7));
}

static void insert(u64 offset, int order) {
  struct block *block = (struct block *)(base + offset), **list = &lists[order - SMALLEST];
  block->next = *list;
  block->link = list;
  if (*list) (*list)->link = &block->next;
  *list = block;
  flip(offset, order);
}

static void take_out(u64 offset, int order) {
  struct block *block = (struct block *)(base + offset);
  *block->link = block->next;
  if (block->next) block->next->link = block->link;
  flip(offset, order);
}

static int order_of(u64 count) {
  int order = SMALLEST;
  while (1UL << order < count) order++;
  return order;
}

void heap_start(void) {
  u64 flag_bytes = (2UL << (LARGEST - SMALLEST)) / 8;
  base = guest_map((1UL << LARGEST) + flag_bytes);
  flags = base + (1UL << LARGEST);
  insert(0, LARGEST);
}

void *heap_take(u64 count) {
  int order = order_of(count), from = order;
  if (count > 1UL << LARGEST) panic("allocation of more than the heap");
  while (from <= LARGEST && !lists[from - SMALLEST]) from++;
  if (from > LARGEST) panic("out of memory");
  u64 offset = (u64)((u8 *)lists[from - SMALLEST] - base);
  take_out(offset, from);
  while (from > order) {
    from--;
    insert(offset + (1UL << from), from);
  }
  in_use += 1UL << order;
  return base + offset;
}

void heap_give(void *block, u64 count) {
  int order = order_of(count);
  u64 offset = (u64)((u8 *)block - base);
  in_use -= 1UL << order;
  while (order < LARGEST && is_free(offset ^ (1UL << order), order)) {
    take_out(offset ^ (1UL << order), order);
    offset &= ~(1UL << order++);
  }
  insert(offset, order);
}

u64 heap_in_use(void) { return in_use; }
