/* The least that a guest does: output, a local input, calls with frames of every kind, a panic. */
#include "guest.h"

static u64 read_local(u64 index) {
  u8 key[32] = {1}, value[8];
  store_be64(key + 24, index);
  write_all(FD_KEY, key, 32);
  read_all(FD_PREIMAGE, value, 8);
  if (load_be64(value) != 8) panic("the local input is not 8 bytes long");
  read_all(FD_PREIMAGE, value, 8);
  return load_be64(value);
}

__attribute__((noinline)) static u64 leaf(const u64 *numbers, u64 count) {
  u64 sum = 0;
  for (u64 i = 0; i < count; i++) sum = sum * 31 + numbers[i];
  return sum;
}

/* A frame whose size is known only when it is made: found from the frame pointer. */
__attribute__((noinline)) static u64 varying(u64 count) {
  u64 numbers[count];
  for (u64 i = 0; i < count; i++) numbers[i] = i * i + count;
  u64 sum = leaf(numbers, count);
  return count > 1 ? sum ^ varying(count - 1) : sum;
}

/* A frame too large for the offsets of loads and stores. */
__attribute__((noinline)) static u64 large(u64 seed) {
  u64 numbers[10000];
  for (u64 i = 0; i < 100; i++) numbers[i * 99] = seed + i;
  u64 sum = 0;
  for (u64 i = 0; i < 100; i++) sum += leaf(numbers + i * 99, 1);
  return sum + varying(5);
}

typedef u64 (*function)(u64);
static function volatile table[3] = {varying, large, varying};

/* Calls through a table, and returns early before its frame is used. */
__attribute__((noinline)) static u64 choose(u64 number) {
  if (number == 0) return 0;
  return table[number % 3](number % 20 + 1) + choose(number - 1);
}

int guest_main(void) {
  u64 number = read_local(1);
  if (number > 1000) panic("the number is too large");
  print(FD_OUT, "choose ");
  print_number(FD_OUT, number);
  print(FD_OUT, " is ");
  print_number(FD_OUT, choose(number));
  print(FD_OUT, "\n");
  return number == 30 ? EXIT_VALID : EXIT_INVALID;
}
