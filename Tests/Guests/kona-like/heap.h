/* A buddy allocator over one large mapping. As in Rust, who frees knows the size. */
#ifndef HEAP_H
#define HEAP_H
#include "guest.h"

void heap_start(void);
void *heap_take(u64 count);
void heap_give(void *block, u64 count);
/* Bytes in use, rounded up to blocks. */
u64 heap_in_use(void);

#endif
