/*
 * Asks a trace through falconet.h, as a challenger without any Swift would:
 *
 *   trace GUEST.elf PREIMAGES FOLDER INDEX [LAST]
 *
 * opens a trace of the guest for state version 8 in FOLDER/trace, asks for claims and for the step
 * data of INDEX, and again after a restart; exports, adopts, deletes. Runs to the program's end, or
 * to index LAST. FOLDER exists and is empty. Prints what it found, a fact a line; exits with 1 at
 * the first surprise.
 */
#include "check.h"
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

static char paths[5][4096];
enum { TRACE, PRESTATE, GAME, OTHER, DAMAGED };

static uint64_t index_of_step, last_index;

static void print_hash(const char *name, const uint8_t hash[32]) {
  printf("%s 0x", name);
  for (int i = 0; i < 32; i++) printf("%02x", hash[i]);
  printf("\n");
}

/* What callbacks saw. */
typedef struct counts {
  falconet_trace *trace;
  unsigned reports, incidents;
  bool goes_on;
} counts;

static bool progress(void *context, uint64_t step) {
  counts *counts = context;
  falconet_trace_info info;
  (void)step;
  counts->reports++;
  /* The trace is in use by the call around this callback. */
  FAILS(FALCONET_BUSY, falconet_trace_get_info(counts->trace, &info));
  FAILS(FALCONET_BUSY, falconet_trace_free(counts->trace));
  return counts->goes_on;
}

static void incident(
    void *context, const char *path, const char *reason, const char *moved_to) {
  CHECK(path[0] && reason[0] && moved_to);
  ((counts *)context)->incidents++;
}

static falconet_trace *open_trace(const char *folder, const char *preimages) {
  falconet_trace *trace;
  falconet_trace_options options = {0};
  options.snapshot_interval = 300000;
  options.disk_budget = 1u << 30;
  OK(falconet_trace_open(folder, paths[PRESTATE], &options, &trace));
  OK(falconet_trace_set_preimage_folder(trace, preimages));
  return trace;
}

/* Indices in no order, one of them twice, and the claims at them. */
static void ask_claims(falconet_trace *trace, falconet_trace_claim claims[4]) {
  uint64_t indices[] = {last_index, 1000, index_of_step, 1000};
  OK(falconet_trace_claims(trace, indices, 4, claims));
  for (int i = 0; i < 4; i++) CHECK(claims[i].index == indices[i]);
  CHECK(memcmp(claims[1].claim, claims[3].claim, 32) == 0);
  CHECK(memcmp(claims[1].claim, claims[2].claim, 32) != 0);
}

static void ask_step(falconet_trace *trace, const falconet_trace_claim *claim) {
  uint64_t indices[] = {index_of_step, 0};
  falconet_trace_step steps[2];
  falconet_proof_info info;
  OK(falconet_trace_steps(trace, indices, 2, steps));
  for (int i = 0; i < 2; i++) {
    CHECK(steps[i].index == indices[i] && !steps[i].past_end);
    OK(falconet_proof_verify(steps[i].proof, 8));
    OK(falconet_proof_get_info(steps[i].proof, &info));
    CHECK(info.has_step && info.step == indices[i]);
    if (i == 0) CHECK(memcmp(info.post, claim->claim, 32) == 0 && info.has_preimage);
    OK(falconet_proof_free(steps[i].proof));
  }
}

static void *ask_from_thread(void *context) {
  falconet_trace_claim claims[4];
  for (int i = 0; i < 3; i++) ask_claims(context, claims);
  return NULL;
}

static void ask_from_threads(falconet_trace *trace) {
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) CHECK(!pthread_create(&threads[i], NULL, ask_from_thread, trace));
  for (int i = 0; i < 8; i++) CHECK(!pthread_join(threads[i], NULL));
}

static void cancel(falconet_trace *trace, counts *counts) {
  uint64_t index = 5000;
  falconet_trace_claim claim;
  counts->trace = trace;
  OK(falconet_trace_set_progress(trace, progress, 0, counts));
  FAILS(FALCONET_CANCELLED, falconet_trace_claims(trace, &index, 1, &claim));
  CHECK(counts->reports > 0);
  OK(falconet_trace_set_progress(trace, NULL, 0, NULL));
  OK(falconet_trace_cancel(trace));
  FAILS(FALCONET_CANCELLED, falconet_trace_claims(trace, &index, 1, &claim));
  counts->goes_on = true;
  OK(falconet_trace_set_progress(trace, progress, 0, counts));
}

/* Goes through what the folder can do. */
static void keep_house(falconet_trace *trace, const char *preimages, counts *counts) {
  falconet_trace *other;
  falconet_trace_adoption adoption;
  falconet_trace_info info;
  uint64_t steps[2];
  size_t count;
  FAILS(FALCONET_LOCKED, falconet_trace_open(paths[TRACE], paths[PRESTATE], NULL, &other));
  CHECK(other == NULL);
  OK(falconet_trace_get_info(trace, &info));
  CHECK(info.version == 8 && info.claims >= 4 && info.size <= info.budget && info.executed > 0);
  CHECK(info.snapshots > 0 && info.checkpoints > 0);
  OK(falconet_trace_snapshots(trace, steps, 2, &count));
  CHECK(count == info.snapshots);
  OK(falconet_trace_prune(trace));
  OK(falconet_trace_export(trace, paths[GAME]));
  snprintf(paths[DAMAGED], sizeof paths[DAMAGED], "%.4000s/proofs/99.json.gz", paths[GAME]);
  FILE *file = fopen(paths[DAMAGED], "w");
  CHECK(file && !fclose(file));

  other = open_trace(paths[OTHER], preimages);
  OK(falconet_trace_adopt(other, paths[GAME], &adoption, incident, counts));
  CHECK(adoption.proofs >= 2 && adoption.snapshots > 0 && adoption.has_end == info.has_end);
  CHECK(counts->incidents == 1);
  OK(falconet_trace_delete(other));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_trace_get_info(other, &info));
  OK(falconet_trace_free(other));
  FAILS(FALCONET_NOT_FOUND, falconet_trace_delete_folder(paths[OTHER]));
  FAILS(FALCONET_LOCKED, falconet_trace_delete_folder(paths[TRACE]));
}

static void ask_last(falconet_trace *trace, uint64_t *index, uint8_t claim[32]) {
  falconet_buffer witness;
  OK(falconet_trace_last(trace, index, claim, &witness));
  CHECK(witness.count > 0);
  falconet_buffer_free(&witness);

  uint64_t past[] = {UINT64_MAX, *index};
  falconet_trace_claim claims[2];
  falconet_trace_step step;
  OK(falconet_trace_claims(trace, past, 2, claims));
  CHECK(claims[0].past_end && !claims[1].past_end);
  CHECK(memcmp(claims[0].claim, claim, 32) == 0 && memcmp(claims[1].claim, claim, 32) == 0);
  OK(falconet_trace_steps(trace, past, 1, &step));
  CHECK(step.past_end && step.index == *index);
  OK(falconet_proof_free(step.proof));
}

int main(int count, char **arguments) {
  if (count < 5) return 64;
  const char *names[] = {"trace", "prestate.fsnap", "game", "other"};
  for (int i = 0; i < 4; i++) {
    snprintf(paths[i], sizeof paths[i], "%.4000s/%s", arguments[3], names[i]);
  }
  const char *preimages = arguments[2];
  index_of_step = strtoull(arguments[4], NULL, 10);
  last_index = count > 5 ? strtoull(arguments[5], NULL, 10) : UINT64_MAX;

  falconet_machine *machine;
  falconet_trace *trace;
  falconet_trace_claim claims[4], again[4];
  OK(falconet_machine_load_elf(arguments[1], 8, &machine));
  OK(falconet_machine_save(machine, paths[PRESTATE], FALCONET_FORMAT_FSNAP));
  OK(falconet_trace_open_machine(paths[TRACE], machine, NULL, &trace));
  OK(falconet_machine_free(machine));

  counts counts = {0};
  uint8_t prestate[32];
  falconet_buffer witness;
  OK(falconet_trace_prestate(trace, prestate, &witness));
  OK(falconet_trace_prestate(trace, NULL, NULL));
  falconet_buffer_free(&witness);
  print_hash("prestate", prestate);
  cancel(trace, &counts);
  FAILS(FALCONET_PREIMAGE_ERROR, falconet_trace_claims(trace, &last_index, 1, claims));
  FAILS(FALCONET_PREIMAGE_ERROR, falconet_trace_set_preimage_folder(trace, "/nowhere"));
  OK(falconet_trace_set_preimage_folder(trace, preimages));
  ask_claims(trace, claims);
  OK(falconet_trace_free(trace));

  trace = open_trace(paths[TRACE], preimages);
  counts.trace = trace;
  ask_step(trace, &claims[2]);
  ask_from_threads(trace);
  ask_claims(trace, again);
  for (int i = 0; i < 4; i++) CHECK(memcmp(claims[i].claim, again[i].claim, 32) == 0);
  keep_house(trace, preimages, &counts);
  if (last_index == UINT64_MAX) {
    uint64_t index;
    uint8_t claim[32];
    ask_last(trace, &index, claim);
    printf("last %" PRIu64 "\n", index);
    print_hash("claim", claim);
  } else {
    print_hash("claim", claims[0].claim);
  }
  OK(falconet_trace_delete(trace));
  OK(falconet_trace_free(trace));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_trace_cancel(trace));
  return 0;
}
