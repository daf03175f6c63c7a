/* A small stack machine for the code of accounts, with 64-bit words. */
#ifndef CONTRACT_H
#define CONTRACT_H
#include "map.h"

/* Runs code with an argument. Returns a hash of what it stored. */
struct hash contract_run(struct bytes code, u64 argument);

#endif
