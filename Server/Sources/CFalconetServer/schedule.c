#include "CFalconetServer.h"

#if defined(__linux__)
#define _GNU_SOURCE
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

int falconet_server_schedule(int isBatch, int niceness, uint64_t nanoseconds) {
  struct attributes attributes = {
      .size = sizeof attributes,
      .policy = isBatch ? 3 : 0,
      .nice = getpriority(PRIO_PROCESS, 0) + niceness,
      .runtime = nanoseconds,
  };
  if (attributes.nice > 19) attributes.nice = 19;
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void falconet_server_trim(void) { malloc_trim(0); }
#else
int falconet_server_schedule(int isBatch, int niceness, uint64_t nanoseconds) {
  (void)isBatch, (void)niceness, (void)nanoseconds;
  return -1;
}

void falconet_server_trim(void) {}
#endif
