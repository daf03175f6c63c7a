#define _GNU_SOURCE
#include "falconet_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"

// What the three processes share while this one waits: until they execute something, the child and
// the guard run in this process's memory, one after the other, on stacks of their own.
struct start {
  const struct falconet_child *child;
  int lifeline;  // the guard's end
  int parent;    // a descriptor of this process, or -1
  int guard_program;
  int null_device;
  int other_end;  // this process's end of the lifeline
  pid_t guard;
  pid_t stillborn;  // a guard that could not execute its program
  int guard_is_small;
  int guard_error;
  int child_error;
  char *guard_stack;
};

enum { stack_size = 64 << 10 };

// Closes all descriptors from `first` on.
static void close_from(int first, const struct start *start) {
#ifdef SYS_close_range
  if (!(start->child->without & falconet_no_close_range) &&
      syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
    return;
#endif
  struct rlimit limit;
  int end = 1 << 16;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)end)
    end = (int)limit.rlim_cur;
  for (int number = first; number < end; number++) close(number);
}

// Puts the guard's descriptors at their numbers. `source` lies above them.
static void arrange_guard(const struct start *start) {
  // Whatever else stays open, the guard must not hold what it waits for.
  close(start->other_end);
  dup2(start->lifeline, guard_lifeline);
  dup2(start->parent >= 0 ? start->parent : start->lifeline, guard_parent);
}

// So that the guard keeps no file system busy.
static void leave_directory(void) {
  if (chdir("/") != 0) return;
}

// The guard, between its birth and its program. It blocks all signals, as this process does for the
// moment, and stays in the group of the child that made it.
static int become_guard(void *argument) {
  struct start *start = argument;
  char *const arguments[] = {(char *)"falconet-guard", NULL};
  char *const environment[] = {NULL};
  arrange_guard(start);
  if (dup3(start->guard_program, 2, O_CLOEXEC) == 2) {
    close_from(3, start);
    leave_directory();
    syscall(SYS_execveat, 2, "", arguments, environment, AT_EMPTY_PATH);
  }
  start->guard_error = errno;
  _exit(127);
}

// Makes the guard, as a child of the process that this one is a child of.
static void make_guard(struct start *start) {
  if (start->guard_program >= 0) {
    start->guard_error = 0;
    pid_t made = clone(become_guard, start->guard_stack + stack_size,
                       CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, start);
    if (made < 0) {
      start->guard_error = errno;
      return;
    }
    start->guard = made;
    start->guard_is_small = 1;
    if (start->guard_error == 0) return;
    // Files in memory may not be executed here.
    start->stillborn = made;
  }
  long copy = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (copy == 0) {
    arrange_guard(start);
    close_from(2, start);
    leave_directory();
    falconet_guard();
  }
  start->guard = copy > 0 ? (pid_t)copy : 0;
  start->guard_is_small = 0;
  start->guard_error = copy > 0 ? 0 : errno;
}

// The child, between its birth and its program.
static int become_child(void *argument) {
  struct start *start = argument;
  const struct falconet_child *child = start->child;
  setpgid(0, 0);
  make_guard(start);
  if (start->guard_error != 0) _exit(127);

  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) {
    if (number != SIGKILL && number != SIGSTOP) sigaction(number, &standard, NULL);
  }
  int failure = 0;
  if (dup2(start->null_device, 0) < 0) failure = errno;
  for (int index = 0; index < child->count && failure == 0; index++) {
    if (dup2(child->descriptors[index], index + 1) < 0) failure = errno;
  }
  close_from(child->count + 1, start);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // As a shell does, a path that may not be executed is noted, and the next tried.
  int refused = 0;
  for (char *const *path = child->paths; failure == 0 && *path; path++) {
    execve(*path, child->arguments, child->environment);
    if (errno == EACCES) refused = EACCES;
    if (errno != EACCES && errno != ENOENT && errno != ENOTDIR && errno != ESTALE) failure = errno;
    else if (!path[1]) failure = refused ? refused : errno;
  }
  start->child_error = failure ? failure : ENOENT;
  _exit(127);
}

// Waits for a process that is as good as gone.
static void reap(pid_t process) {
  while (waitpid(process, NULL, 0) == -1 && errno == EINTR) {
  }
}

// A copy of a descriptor above those of the child, or -1. It takes over `low`.
static int move_up(int low, int first) {
  if (low < 0) return -1;
  int high = fcntl(low, F_DUPFD_CLOEXEC, first);
  // So says the system if the limit of open files is not above the number.
  if (high < 0 && errno == EINVAL) errno = EMFILE;
  int failure = errno;
  close(low);
  errno = failure;
  return high;
}

int falconet_start_family(const struct falconet_child *child, struct falconet_family *family) {
  struct start start = {.child = child, .parent = -1, .guard_program = -1, .null_device = -1};
  start.lifeline = -1;
  family->lifeline = -1;
  const int first = child->count + 4;
  char *stacks = MAP_FAILED;
  int ends[2];
  int failure = 0;

  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  start.lifeline = move_up(ends[0], first);
  if (start.lifeline < 0) failure = errno;
  family->lifeline = move_up(ends[1], first);
  if (family->lifeline < 0 && failure == 0) failure = errno;
  start.other_end = family->lifeline;
  start.null_device = move_up(open("/dev/null", O_RDWR | O_CLOEXEC), first);
  if (start.null_device < 0 && failure == 0) failure = errno;
#ifdef SYS_pidfd_open
  // Shows the end of this process even if a copy of it, made by fork, keeps the lifeline.
  if (!(child->without & falconet_no_process_descriptor))
    start.parent = move_up((int)syscall(SYS_pidfd_open, getpid(), 0u), first);
#endif
  if (!(child->without & falconet_no_guard_program))
    start.guard_program = move_up(falconet_guard_file(), first);
  if (failure == 0) {
    stacks = mmap(NULL, 2 * stack_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stacks == MAP_FAILED) failure = errno;
  }
  if (failure == 0) {
    start.guard_stack = stacks + stack_size;
    // No handler of this process may run in the others.
    sigset_t all, previous;
    int cancellation;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t made =
        clone(become_child, stacks + stack_size, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    failure = made < 0 ? errno : start.guard_error ? start.guard_error : start.child_error;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    pthread_setcancelstate(cancellation, NULL);
    family->child = made;
    family->guard = start.guard;
    family->is_small = start.guard_is_small;
    if (start.stillborn > 0) reap(start.stillborn);
    if (failure != 0 && start.guard > 0) {
      kill(start.guard, SIGKILL);
      reap(start.guard);
    }
    if (failure != 0 && made > 0) reap(made);
  }
  if (stacks != MAP_FAILED) munmap(stacks, 2 * stack_size);
  close(start.lifeline);
  if (start.null_device >= 0) close(start.null_device);
  if (start.parent >= 0) close(start.parent);
  if (start.guard_program >= 0) close(start.guard_program);
  if (failure != 0 && family->lifeline >= 0) close(family->lifeline);
  return failure;
}
