#include "CFalconetVectors.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

// The areas in the order of VectorArea, and the proofs.
static const uint8_t instructions[] = {
#embed "../../vectors/instructions.json.zst"
};
static const uint8_t delay_slots[] = {
#embed "../../vectors/delay-slots.json.zst"
};
static const uint8_t memory[] = {
#embed "../../vectors/memory.json.zst"
};
static const uint8_t reservations[] = {
#embed "../../vectors/reservations.json.zst"
};
static const uint8_t system_calls[] = {
#embed "../../vectors/system-calls.json.zst"
};
static const uint8_t futexes[] = {
#embed "../../vectors/futexes.json.zst"
};
static const uint8_t scheduler[] = {
#embed "../../vectors/scheduler.json.zst"
};
static const uint8_t preimages[] = {
#embed "../../vectors/preimages.json.zst"
};
static const uint8_t programs[] = {
#embed "../../vectors/programs.json.zst"
};
static const uint8_t recorded[] = {
#embed "../../vectors/recorded.json.zst"
};
static const uint8_t proofs[] = {
#embed "../../vectors/proofs.json.zst"
};

#define FILE_OF(name) {name, sizeof name}

static const struct {
  const uint8_t *bytes;
  size_t count;
} files[] = {
    FILE_OF(instructions),
    FILE_OF(delay_slots),
    FILE_OF(memory),
    FILE_OF(reservations),
    FILE_OF(system_calls),
    FILE_OF(futexes),
    FILE_OF(scheduler),
    FILE_OF(preimages),
    FILE_OF(programs),
    FILE_OF(recorded),
    FILE_OF(proofs),
};

const uint8_t *cfalconetvectors_file(int32_t number, size_t *count) {
  if (number < 0 || (size_t)number >= sizeof files / sizeof files[0]) return NULL;
  *count = files[number].count;
  return files[number].bytes;
}
