/* Linux, and qemu with it, asks mmap for more arguments than the VM reads. Linked with --wrap=guest_map. */
#include "guest.h"

enum { SYS_MMAP = 5009, READ_AND_WRITE = 3, PRIVATE = 2, ANONYMOUS = 0x800, UNRESERVED = 0x400 };

void *__wrap_guest_map(u64 count);

void *__wrap_guest_map(u64 count) {
  register i64 result __asm__("$2") = SYS_MMAP;
  register u64 address __asm__("$4") = 0;
  register u64 size __asm__("$5") = count;
  register u64 protection __asm__("$6") = READ_AND_WRITE;
  register u64 flags __asm__("$7") = PRIVATE | ANONYMOUS | UNRESERVED;
  register i64 descriptor __asm__("$8") = -1;
  register u64 offset __asm__("$9") = 0;
  __asm__ volatile("syscall"
                   : "+r"(result), "+r"(flags), "+r"(descriptor), "+r"(offset)
                   : "r"(address), "r"(size), "r"(protection)
                   : "memory", "$1", "$3", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25");
  if (flags) panic("no address space");
  return (void *)result;
}
