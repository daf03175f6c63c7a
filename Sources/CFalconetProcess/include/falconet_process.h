// Starting a child process together with a guard that ends it when this process does.
#ifndef FALCONET_PROCESS_H
#define FALCONET_PROCESS_H

#include <sys/types.h>

#include "falconet_watched.h"

// What a system may not have. A bit that is set has the next best way taken even if it is there.
enum {
  // Files in memory that can be executed: the guard is a copy of this process.
  falconet_no_guard_program = 1,
  // Descriptors of processes: the end of this process shows by the lifeline alone, so that a copy of
  // this process that holds it open keeps the guard waiting.
  falconet_no_process_descriptor = 2,
  // A call that closes all descriptors of a range.
  falconet_no_close_range = 4,
};

// A child to start. Everything it points to is used during the call alone.
struct falconet_child {
  // The paths to try, in order, until one can be executed; ends with a null pointer.
  char *const *paths;
  char *const *arguments;
  char *const *environment;
  // What the child finds at 1, 2, 3 and so on. Each number lies above the last of those. 0 is the
  // null device, and nothing else is open.
  const int *descriptors;
  int count;
  // Of the bits above; 0 to use all that the system has.
  unsigned without;
};

// Processes that were started.
struct falconet_family {
  // The child, which leads a process group of its own.
  pid_t child;
  // The guard, a child too, in that group. It ends the group, by SIGTERM and a second later by
  // SIGKILL, once nobody holds `lifeline` open any more, or this process is gone.
  pid_t guard;
  // Closed in children.
  int lifeline;
  // Whether the guard is a program of its own, a few pages; else it is a copy of this process.
  int is_small;
};

// Starts a child with its guard. The guard is there before the child's program is.
//
// Signals are at their defaults in the child, and none is blocked.
//
// Returns 0, or the error's number: of the last path that was tried, or of the guard. There is no
// child and no guard then.
int falconet_start_family(const struct falconet_child *child, struct falconet_family *family);

#endif
