/* What the programs of the tests check calls with: the first surprise ends them with 1. */
#include <falconet.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, falconet_error_message()); \
      exit(1); \
    } \
  } while (0)
#define OK(call) CHECK((call) == FALCONET_OK)
#define FAILS(status, call) CHECK((call) == (status) && falconet_error_message()[0] != 0)
