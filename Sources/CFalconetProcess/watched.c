#define _GNU_SOURCE
#include "falconet_watched.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// The child's end of the pipe that the exit code goes through; -1 in a process that nobody watches.
static int report = -1;
// The child.
static pid_t worker;

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP};
enum { passed_on_count = sizeof passed_on / sizeof passed_on[0] };

static void pass_on(int number) {
  int saved = errno;
  kill(worker, number);
  errno = saved;
}

// Ends this process by the signal that ended the child.
static void end_by(int number) {
  // The child has left a file with its memory, if one is wanted.
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  _exit(128 + number);
}

static void wait_and_end(int reports, const char *complaint) {
  int status = 0;
  while (waitpid(worker, &status, 0) == -1) {
    if (errno != EINTR) _exit(1);
  }
  if (WIFSIGNALED(status)) end_by(WTERMSIG(status));
  unsigned char code = 0;
  if (read(reports, &code, 1) == 1) _exit(code);
  const char *parts[] = {"error: ", complaint, "\n"};
  for (int index = 0; index < 3; index++) {
    // There is no other place to say that it cannot be said.
    if (write(2, parts[index], strlen(parts[index])) < 0) break;
  }
  _exit(1);
}

int falconet_go_on_watched(const char *complaint) {
  int ends[2];
  // Nobody reads before the child has ended, and a grandchild may hold the other end then.
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  // A signal that comes before the child is known would reach this process alone.
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  // If it is ignored, nobody learns how a child ended.
  signal(SIGCHLD, SIG_DFL);
  pid_t parent = getpid();
  pid_t child = fork();
  int failure = child < 0 ? errno : 0;
  if (child > 0) {
    worker = child;
    close(ends[1]);
    for (int index = 0; index < passed_on_count; index++) {
      struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART}, known;
      sigaction(passed_on[index], NULL, &known);
      // What is ignored here is ignored in the child, which unblocks the others.
      if (known.sa_handler == SIG_IGN) continue;
      sigaction(passed_on[index], &action, NULL);
      sigdelset(&before, passed_on[index]);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    wait_and_end(ends[0], complaint);
  }
  if (child == 0) {
    report = ends[1];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may be gone already.
    if (getppid() != parent) _exit(1);
  } else {
    close(ends[1]);
  }
  close(ends[0]);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return failure;
}

void falconet_report_end(int code) {
  unsigned char byte = (unsigned char)code;
  // The first byte counts, and there is always room for it.
  if (report >= 0 && write(report, &byte, 1) < 0) return;
}
