/* What C guests of the VM share: numbers, system calls, output, and the way out. */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

#ifdef __cplusplus
extern "C" {
#endif

enum { FD_OUT = 1, FD_ERR = 2, FD_HINT_ACK = 3, FD_HINT = 4, FD_PREIMAGE = 5, FD_KEY = 6 };

/* How a program ends. */
enum { EXIT_VALID = 0, EXIT_INVALID = 1, EXIT_PANIC = 2 };

i64 guest_write(int descriptor, const void *bytes, u64 count);
i64 guest_read(int descriptor, void *bytes, u64 count);
/* Address space; the VM makes pages when they are touched. */
void *guest_map(u64 count);
void guest_exit(int code) __attribute__((noreturn));

/* All of it, in as many calls as it takes. */
void write_all(int descriptor, const void *bytes, u64 count);
void read_all(int descriptor, void *bytes, u64 count);

void print(int descriptor, const char *text);
void print_number(int descriptor, u64 number);
void print_hex(int descriptor, const u8 *bytes, u64 count);
/* Says why on standard error and ends the program as Kona's panic handler does. */
void panic(const char *reason) __attribute__((noreturn));

void *memcpy(void *to, const void *from, u64 count);
void *memmove(void *to, const void *from, u64 count);
void *memset(void *to, int value, u64 count);
int memcmp(const void *a, const void *b, u64 count);

static inline u64 load_be64(const u8 *bytes) {
  u64 value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
  return value;
}

static inline void store_be64(u8 *bytes, u64 value) {
  for (int i = 7; i >= 0; i--, value >>= 8) bytes[i] = (u8)value;
}

/* Where the program begins, after the stack is set up. */
int guest_main(void);

#ifdef __cplusplus
}
#endif

#endif
