/*
 * Drives a whole run through falconet.h, as a program without any Swift would:
 *
 *   drive GUEST.elf PREIMAGES FOLDER ENGINE STEP [LAST]
 *
 * loads the guest for state version 8, takes its pre-images from files in PREIMAGES by a callback
 * of its own, stops at STEP to save, reopen, prove and verify, then runs to the end, or to step LAST.
 * Files go to FOLDER, which exists. Prints what it found, a fact a line; exits with 1 at the first
 * surprise.
 */
#include "check.h"
#include <inttypes.h>
#include <string.h>

/* Bytes in memory that callbacks read and write. */
typedef struct memory {
  uint8_t *bytes;
  size_t count, room, position;
} memory;

static int32_t append(void *context, const void *bytes, size_t count) {
  memory *memory = context;
  if (memory->count + count > memory->room) {
    memory->room = 2 * (memory->count + count);
    memory->bytes = realloc(memory->bytes, memory->room);
    if (!memory->bytes) return -1;
  }
  memcpy(memory->bytes + memory->count, bytes, count);
  memory->count += count;
  return 0;
}

static int64_t take(void *context, void *bytes, size_t count) {
  memory *memory = context;
  size_t rest = memory->count - memory->position;
  if (count > rest) count = rest;
  /* Short counts are allowed. */
  if (count > 1000) count = 1000;
  memcpy(bytes, memory->bytes + memory->position, count);
  memory->position += count;
  return (int64_t)count;
}

static int32_t refuse(void *context, const void *bytes, size_t count) {
  (void)context, (void)bytes, (void)count;
  return 7;
}

/* What the callbacks of a run saw. */
typedef struct run {
  const char *preimages;
  falconet_machine *machine;
  unsigned reads, hints, reports;
  bool goes_on;
  memory output;
} run;

static falconet_status preimage(void *context, const uint8_t key[32], falconet_answer *answer) {
  run *run = context;
  run->reads++;
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/0x", run->preimages);
  for (int i = 0; i < 32; i++) length += snprintf(path + length, 3, "%02x", key[i]);
  snprintf(path + length, sizeof path - (size_t)length, ".txt");
  FILE *file = fopen(path, "r");
  if (!file) {
    falconet_answer_explain(answer, "the folder has no such file");
    return FALCONET_NOT_FOUND;
  }
  unsigned byte;
  while (fscanf(file, "%2x", &byte) == 1) {
    uint8_t value = (uint8_t)byte;
    if (falconet_answer_append(answer, &value, 1) != FALCONET_OK) break;
  }
  fclose(file);
  /* The machine is in use by the run around this callback. */
  uint64_t step;
  return falconet_machine_step(run->machine, &step) == FALCONET_BUSY ? FALCONET_OK
                                                                     : FALCONET_IO_ERROR;
}

static falconet_status hint(void *context, const uint8_t *bytes, size_t count) {
  (void)bytes, (void)count;
  ((run *)context)->hints++;
  return FALCONET_OK;
}

static void output(void *context, int32_t stream, const uint8_t *bytes, size_t count) {
  if (stream == 1) append(&((run *)context)->output, bytes, count);
}

static bool progress(void *context, uint64_t step) {
  (void)step;
  ((run *)context)->reports++;
  return ((run *)context)->goes_on;
}

static void print_claim(const char *name, falconet_machine *machine) {
  uint8_t claim[32];
  OK(falconet_machine_claim(machine, claim));
  printf("%s 0x", name);
  for (int i = 0; i < 32; i++) printf("%02x", claim[i]);
  printf("\n");
}

static void check_same(falconet_machine *left, falconet_machine *right) {
  uint8_t claims[2][32];
  OK(falconet_machine_claim(left, claims[0]));
  OK(falconet_machine_claim(right, claims[1]));
  CHECK(memcmp(claims[0], claims[1], 32) == 0);
  OK(falconet_machine_free(right));
}

/* Saves a machine in every way, and opens what was saved in every way. */
static void save_and_reopen(falconet_machine *machine, const char *folder) {
  falconet_machine *copy;
  char path[4096];
  const char *names[] = {"state.bin", "state.bin.gz", "state.fsnap"};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    OK(falconet_machine_save(machine, path, FALCONET_FORMAT_AUTO));
    OK(falconet_machine_open(path, NULL, &copy));
    check_same(machine, copy);
  }
  FAILS(FALCONET_UNSUPPORTED, falconet_machine_save(machine, "state.other", FALCONET_FORMAT_AUTO));
  FAILS(FALCONET_NOT_FOUND, falconet_machine_open("/nowhere/state.bin", NULL, &copy));
  CHECK(copy == NULL);

  falconet_format formats[] = {FALCONET_FORMAT_BIN, FALCONET_FORMAT_FSNAP};
  for (int i = 0; i < 2; i++) {
    for (unsigned compression = 0; compression < 3; compression++) {
      memory snapshot = {0};
      OK(falconet_machine_write(
          machine, formats[i], (falconet_compression)compression, append, &snapshot));
      if (compression == FALCONET_COMPRESSION_GZIP) {
        falconet_reading reading = {0};
        reading.format = formats[i];
        OK(falconet_machine_open_stream(take, &snapshot, &reading, &copy));
      } else {
        OK(falconet_machine_open_memory(snapshot.bytes, snapshot.count, NULL, &copy));
      }
      check_same(machine, copy);
      FAILS(FALCONET_BAD_DATA, falconet_machine_open_memory(snapshot.bytes, 1000, NULL, &copy));
      free(snapshot.bytes);
    }
  }
  FAILS(
      FALCONET_IO_ERROR,
      falconet_machine_write(
          machine, FALCONET_FORMAT_BIN, FALCONET_COMPRESSION_GZIP, refuse, NULL));
}

/* Proves one step, and verifies the proof, what was saved of it, and one that is corrupt. */
static void prove_and_verify(falconet_machine *machine, const char *folder) {
  falconet_proof *proof, *copy;
  falconet_proof_info info;
  uint64_t step;
  OK(falconet_machine_step(machine, &step));
  OK(falconet_machine_prove(machine, &proof));
  OK(falconet_proof_get_info(proof, &info));
  CHECK(info.has_step && info.step == step && info.has_pre);
  OK(falconet_proof_verify(proof, FALCONET_ANY_VERSION));
  OK(falconet_proof_verify(proof, 8));
  FAILS(FALCONET_REJECTED, falconet_proof_verify(proof, 2));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_proof_verify(proof, 9));

  falconet_buffer data = {0};
  OK(falconet_proof_state_data(proof, &data));
  CHECK(data.count > 100);
  falconet_buffer_free(&data);
  CHECK(data.bytes == NULL && data.count == 0);
  falconet_buffer_free(&data);
  OK(falconet_proof_proof_data(proof, &data));
  CHECK(data.count > 3000);
  falconet_buffer_free(&data);
  OK(falconet_proof_preimage(proof, &data));
  CHECK((data.count > 0) == info.has_preimage);
  falconet_buffer_free(&data);

  char path[4096];
  snprintf(path, sizeof path, "%s/proof.json.gz", folder);
  OK(falconet_proof_save(proof, path));
  OK(falconet_proof_open(path, &copy));
  OK(falconet_proof_verify(copy, FALCONET_ANY_VERSION));
  OK(falconet_proof_free(copy));

  memory text = {0};
  OK(falconet_proof_write(proof, FALCONET_COMPRESSION_NONE, append, &text));
  OK(append(&text, "", 1));
  char *post = strstr((char *)text.bytes, "\"post\"");
  CHECK(post != NULL && (post = strstr(post, "0x")) != NULL);
  /* Another claim than the one that follows. */
  post[20] = post[20] == '0' ? '1' : '0';
  OK(falconet_proof_open_memory(text.bytes, text.count - 1, &copy));
  FAILS(FALCONET_REJECTED, falconet_proof_verify(copy, FALCONET_ANY_VERSION));
  OK(falconet_proof_free(copy));
  free(text.bytes);
  OK(falconet_proof_free(proof));
}

/* Looks at threads and memory. */
static void look(falconet_machine *machine) {
  size_t count, active = 0;
  uint64_t pages;
  falconet_thread thread;
  OK(falconet_machine_thread_count(machine, &count));
  CHECK(count > 0);
  for (size_t i = 0; i < count; i++) {
    OK(falconet_machine_thread(machine, i, &thread));
    CHECK(thread.registers[0] == 0);
    if (!thread.active) continue;
    uint8_t instruction[4], page[8192];
    active++;
    OK(falconet_machine_read_memory(machine, thread.pc, instruction, 4));
    OK(falconet_machine_read_memory(machine, thread.pc - 100, page, sizeof page));
    CHECK(memcmp(instruction, page + 100, 4) == 0);
    OK(falconet_machine_read_memory(machine, UINT64_MAX - 10, page, 100));
  }
  CHECK(active == 1);
  FAILS(FALCONET_NOT_FOUND, falconet_machine_thread(machine, count, &thread));
  OK(falconet_machine_page_count(machine, &pages));
  printf("threads %zu, pages %" PRIu64 "\n", count, pages);
}

/* Chooses between the revisions of version 8. */
static void choose_revisions(falconet_machine *machine, const char *folder) {
  const char *name;
  falconet_proof *proof;
  falconet_machine *other;
  char path[4096];
  OK(falconet_machine_revision(machine, &name));
  CHECK(strcmp(name, falconet_revision_name(8, 0)) == 0);
  CHECK(falconet_revision_name(8, 2) != NULL && falconet_revision_name(8, 3) == NULL);
  CHECK(falconet_revision_name(9, 0) == NULL && falconet_revision_name(7, 1) == NULL);
  FAILS(FALCONET_NOT_FOUND, falconet_machine_set_revision(machine, "0.1"));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_machine_revision(machine, NULL));
  OK(falconet_machine_set_revision(machine, "1.10.1"));
  OK(falconet_machine_revision(machine, &name));
  CHECK(strcmp(name, "1.8.0") == 0);
  OK(falconet_machine_prove(machine, &proof));
  OK(falconet_proof_verify_revision(proof, 8, "1.9.0"));
  OK(falconet_proof_verify_revision(proof, 8, NULL));
  OK(falconet_proof_verify_revision(proof, FALCONET_ANY_VERSION, "1.7.0"));
  FAILS(FALCONET_NOT_FOUND, falconet_proof_verify_revision(proof, 7, "2026-06"));
  OK(falconet_proof_free(proof));
  snprintf(path, sizeof path, "%s/revision.fsnap", folder);
  OK(falconet_machine_save(machine, path, FALCONET_FORMAT_FSNAP));
  OK(falconet_machine_open(path, NULL, &other));
  OK(falconet_machine_revision(other, &name));
  CHECK(strcmp(name, "1.8.0") == 0);
  OK(falconet_machine_free(other));
  OK(falconet_machine_set_revision(machine, NULL));
  OK(falconet_machine_revision(machine, &name));
  CHECK(strcmp(name, "2026-06") == 0);
}

int main(int count, char **arguments) {
  if (count < 6) return 64;
  uint64_t step = strtoull(arguments[5], NULL, 10);
  uint64_t last = count > 6 ? strtoull(arguments[6], NULL, 10) : UINT64_MAX;
  const char *engines[] = {"translator", "portable", "step"};
  unsigned engine = 0;
  while (engine < 3 && strcmp(arguments[4], engines[engine]) != 0) engine++;
  CHECK(falconet_abi_version() == FALCONET_ABI_VERSION);
  CHECK(falconet_version()[0] != 0);

  falconet_machine *machine;
  FAILS(FALCONET_UNSUPPORTED, falconet_machine_load_elf(arguments[0], 8, &machine));
  CHECK(machine == NULL);
  OK(falconet_machine_load_elf(arguments[1], 8, &machine));
  print_claim("prestate", machine);

  run run = {.preimages = arguments[2], .machine = machine};
  OK(falconet_machine_set_engine(machine, (falconet_engine)engine));
  OK(falconet_machine_set_preimages(machine, preimage, hint, &run));
  OK(falconet_machine_set_output(machine, output, &run));
  OK(falconet_machine_set_progress(machine, progress, 0, &run));

  falconet_stop stop;
  /* The progress callback says to stop, and so does a cancellation ahead of the run. */
  OK(falconet_machine_run(machine, UINT64_MAX, 0, &stop));
  CHECK(stop == FALCONET_STOP_CANCELLED && run.reports == 1);
  run.goes_on = true;
  OK(falconet_machine_cancel(machine));
  OK(falconet_machine_run(machine, UINT64_MAX, 0, &stop));
  CHECK(stop == FALCONET_STOP_CANCELLED);

  OK(falconet_machine_run(machine, step, 0, &stop));
  CHECK(stop == FALCONET_STOP_STEP);
  save_and_reopen(machine, arguments[3]);
  look(machine);
  prove_and_verify(machine, arguments[3]);
  choose_revisions(machine, arguments[3]);

  uint8_t key[32];
  uint64_t offset;
  OK(falconet_machine_run(machine, UINT64_MAX, FALCONET_RUN_TO_PREIMAGE_READ, &stop));
  CHECK(stop == FALCONET_STOP_PREIMAGE_READ);
  OK(falconet_machine_last_read(machine, key, &offset));
  OK(falconet_machine_run(machine, last, 0, &stop));
  CHECK(stop == (last == UINT64_MAX ? FALCONET_STOP_EXITED : FALCONET_STOP_STEP));

  falconet_proof *proof;
  bool exited;
  uint8_t code;
  OK(falconet_machine_step(machine, &step));
  OK(falconet_machine_exit(machine, &exited, &code));
  CHECK(exited == (stop == FALCONET_STOP_EXITED));
  if (exited) FAILS(FALCONET_EXITED, falconet_machine_prove(machine, &proof));
  printf("steps %" PRIu64 ", exit code %u\n", step, code);
  printf("reads %u, hints %u\n", run.reads, run.hints);
  printf("output %.*s", (int)run.output.count, (const char *)run.output.bytes);
  print_claim("claim", machine);
  OK(falconet_machine_free(machine));
  free(run.output.bytes);
  return 0;
}
