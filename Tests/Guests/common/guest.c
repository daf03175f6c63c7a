#include "guest.h"

enum { SYS_READ = 5000, SYS_WRITE = 5001, SYS_MMAP = 5009, SYS_EXIT_GROUP = 5205 };

/* An error is whatever register 7 is not 0 with: versions differ in where the error's number is. */
static i64 system_call(i64 number, u64 a, u64 b, u64 c) {
  register i64 result __asm__("$2") = number;
  register u64 first __asm__("$4") = a;
  register u64 second __asm__("$5") = b;
  register u64 third __asm__("$6") = c;
  register i64 failed __asm__("$7") = 0;
  __asm__ volatile("syscall"
                   : "+r"(result), "+r"(failed)
                   : "r"(first), "r"(second), "r"(third)
                   : "memory", "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
                     "$24", "$25");
  return failed ? -1 : result;
}

i64 guest_write(int descriptor, const void *bytes, u64 count) {
  return system_call(SYS_WRITE, (u64)descriptor, (u64)bytes, count);
}

i64 guest_read(int descriptor, void *bytes, u64 count) {
  return system_call(SYS_READ, (u64)descriptor, (u64)bytes, count);
}

void *guest_map(u64 count) {
  i64 address = system_call(SYS_MMAP, 0, count, 0);
  if (address <= 0) panic("no address space");
  return (void *)address;
}

void guest_exit(int code) {
  for (;;) system_call(SYS_EXIT_GROUP, (u64)code, 0, 0);
}

void write_all(int descriptor, const void *bytes, u64 count) {
  const u8 *next = bytes;
  while (count > 0) {
    i64 done = guest_write(descriptor, next, count);
    if (done <= 0) guest_exit(EXIT_PANIC);
    next += done;
    count -= (u64)done;
  }
}

void read_all(int descriptor, void *bytes, u64 count) {
  u8 *next = bytes;
  while (count > 0) {
    i64 done = guest_read(descriptor, next, count);
    if (done <= 0) panic("a pre-image ends early");
    next += done;
    count -= (u64)done;
  }
}

void print(int descriptor, const char *text) {
  u64 count = 0;
  while (text[count]) count++;
  write_all(descriptor, text, count);
}

void print_number(int descriptor, u64 number) {
  char digits[20];
  int first = 20;
  do digits[--first] = (char)('0' + number % 10);
  while (number /= 10);
  write_all(descriptor, digits + first, (u64)(20 - first));
}

void print_hex(int descriptor, const u8 *bytes, u64 count) {
  char text[64];
  u64 length = 0;
  print(descriptor, "0x");
  for (u64 i = 0; i < count; i++) {
    text[length++] = "0123456789abcdef"[bytes[i] >> 4];
    text[length++] = "0123456789abcdef"[bytes[i] & 15];
    if (length < sizeof text && i + 1 < count) continue;
    write_all(descriptor, text, length);
    length = 0;
  }
}

void panic(const char *reason) {
  print(FD_ERR, "Panic: ");
  print(FD_ERR, reason);
  print(FD_ERR, "\n");
  guest_exit(EXIT_PANIC);
}

void *memcpy(void *to, const void *from, u64 count) {
  u8 *out = to;
  const u8 *in = from;
  if ((((u64)out | (u64)in) & 7) == 0)
    for (; count >= 8; count -= 8, out += 8, in += 8) *(u64 *)out = *(const u64 *)in;
  while (count-- > 0) *out++ = *in++;
  return to;
}

void *memmove(void *to, const void *from, u64 count) {
  u8 *out = to;
  const u8 *in = from;
  if (out <= in || out >= in + count) return memcpy(to, from, count);
  while (count-- > 0) out[count] = in[count];
  return to;
}

void *memset(void *to, int value, u64 count) {
  u8 *out = to;
  while (count-- > 0) *out++ = (u8)value;
  return to;
}

int memcmp(const void *a, const void *b, u64 count) {
  const u8 *left = a, *right = b;
  for (; count-- > 0; left++, right++)
    if (*left != *right) return *left - *right;
  return 0;
}

void _start(void) { guest_exit(guest_main()); }
