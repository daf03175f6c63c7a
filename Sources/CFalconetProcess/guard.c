// The guard is compiled into a section of its own and is self-contained: no call, no data, no
// library. So a program of a few pages can be made of it at run time, in a file in memory, and
// executed from there. It needs no file of ours, works from a library in any process, and keeps
// nothing of that process's memory.
#define _GNU_SOURCE
#include "guard.h"

#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define SYSTEM_CALL(result, number, a, b, c, d)                                       \
  do {                                                                                \
    register long r10 __asm__("r10") = (long)(d);                                     \
    __asm__ volatile("syscall"                                                        \
                     : "=a"(result)                                                   \
                     : "0"((long)(number)), "D"((long)(a)), "S"((long)(b)),           \
                       "d"((long)(c)), "r"(r10)                                       \
                     : "rcx", "r11", "memory");                                       \
  } while (0)
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define SYSTEM_CALL(result, number, a, b, c, d)                                       \
  do {                                                                                \
    register long x8 __asm__("x8") = (long)(number);                                  \
    register long x0 __asm__("x0") = (long)(a);                                       \
    register long x1 __asm__("x1") = (long)(b);                                       \
    register long x2 __asm__("x2") = (long)(c);                                       \
    register long x3 __asm__("x3") = (long)(d);                                       \
    __asm__ volatile("svc 0"                                                          \
                     : "+r"(x0)                                                       \
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3)                             \
                     : "memory");                                                     \
    result = x0;                                                                      \
  } while (0)
#else
// Elsewhere the guard is a copy of the process.
#define SYSTEM_CALL(result, number, a, b, c, d) (result = syscall(number, a, b, c, d))
#endif

// Volatile, so that no compiler makes a call to memset or a constant elsewhere of its setting.
__attribute__((section("falconet_guard_code"), used, noinline, no_stack_protector)) void
falconet_guard(void) {
  volatile struct pollfd watched[2];
  volatile struct timespec pause;
  long result;
  for (;;) {
    watched[0].fd = guard_lifeline;
    watched[0].events = POLLIN;
    watched[0].revents = 0;
    watched[1].fd = guard_parent;
    watched[1].events = POLLIN;
    watched[1].revents = 0;
    SYSTEM_CALL(result, SYS_ppoll, &watched[0], 2, 0, 0);
    if (result == -EINTR || result == -EAGAIN || result == -ENOMEM) continue;
    // Nothing is ever written to the lifeline: it has ended, or can't be watched.
    break;
  }
  // To its own group, whose number can't be another's while it is in it. It doesn't take the first
  // signal itself.
  SYSTEM_CALL(result, SYS_kill, 0, SIGTERM, 0, 0);
  pause.tv_sec = 1;
  pause.tv_nsec = 0;
  SYSTEM_CALL(result, SYS_nanosleep, &pause, 0, 0, 0);
  for (;;) SYSTEM_CALL(result, SYS_kill, 0, SIGKILL, 0, 0);
}

#ifdef MACHINE
extern const char guard_start[] __asm__("__start_falconet_guard_code")
    __attribute__((visibility("hidden")));
extern const char guard_stop[] __asm__("__stop_falconet_guard_code")
    __attribute__((visibility("hidden")));

int falconet_guard_file(void) {
  const uint64_t address = 0x400000, code = 256;
  struct {
    Elf64_Ehdr file;
    Elf64_Phdr segments[2];
  } header;
  size_t size = (size_t)(guard_stop - guard_start);
  memset(&header, 0, sizeof header);
  memcpy(header.file.e_ident, ELFMAG, SELFMAG);
  header.file.e_ident[EI_CLASS] = ELFCLASS64;
  header.file.e_ident[EI_DATA] = ELFDATA2LSB;
  header.file.e_ident[EI_VERSION] = EV_CURRENT;
  header.file.e_type = ET_EXEC;
  header.file.e_machine = MACHINE;
  header.file.e_version = EV_CURRENT;
  header.file.e_entry = address + code + (uint64_t)((const char *)falconet_guard - guard_start);
  header.file.e_phoff = offsetof(__typeof__(header), segments);
  header.file.e_ehsize = sizeof header.file;
  header.file.e_phentsize = sizeof header.segments[0];
  header.file.e_phnum = 2;
  header.segments[0].p_type = PT_LOAD;
  header.segments[0].p_flags = PF_R | PF_X;
  header.segments[0].p_vaddr = header.segments[0].p_paddr = address;
  header.segments[0].p_filesz = header.segments[0].p_memsz = code + size;
  header.segments[0].p_align = 0x10000;
  header.segments[1].p_type = PT_GNU_STACK;
  header.segments[1].p_flags = PF_R | PF_W;
  header.segments[1].p_align = 16;

  // MFD_CLOEXEC, and MFD_EXEC, which older systems don't know.
  int file = (int)syscall(SYS_memfd_create, "falconet-guard", 0x11u);
  if (file < 0) file = (int)syscall(SYS_memfd_create, "falconet-guard", 0x1u);
  if (file < 0) return -1;
  if (pwrite(file, &header, sizeof header, 0) != (ssize_t)sizeof header ||
      pwrite(file, guard_start, size, (off_t)code) != (ssize_t)size) {
    close(file);
    return -1;
  }
  return file;
}
#else
int falconet_guard_file(void) { return -1; }
#endif
