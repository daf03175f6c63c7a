/*
 * Compares runs and states, and looks at a program, through falconet.h:
 *
 *   compare GUEST.elf PREIMAGES FOLDER OTHER-PREIMAGES
 *
 * runs the guest for state version 8 with two directories of pre-images, finds the step in which the
 * runs part, and asks everything there is to ask of it. Files go to FOLDER, which exists. Prints what
 * it found, a fact a line; exits with 1 at the first surprise.
 */
#include "check.h"
#include <inttypes.h>
#include <string.h>

static void print(const char *name, const uint8_t claim[32]) {
  printf("%s 0x", name);
  for (int i = 0; i < 32; i++) printf("%02x", claim[i]);
  printf("\n");
}

/* A run of which only claims are known: a second machine, and how many were asked for. */
typedef struct opponent {
  falconet_machine *machine;
  const char *guest, *preimages;
  unsigned claims;
  falconet_status status;
} opponent;

static falconet_machine *load(const char *guest, const char *preimages) {
  falconet_machine *machine;
  OK(falconet_machine_load_elf(guest, 8, &machine));
  OK(falconet_machine_set_preimage_folder(machine, preimages));
  return machine;
}

static falconet_status claim(void *context, uint64_t step, uint8_t claim[32]) {
  opponent *opponent = context;
  falconet_stop stop;
  uint64_t now;
  opponent->claims++;
  if (opponent->status != FALCONET_OK) return opponent->status;
  OK(falconet_machine_step(opponent->machine, &now));
  if (now > step) {
    falconet_machine_free(opponent->machine);
    opponent->machine = load(opponent->guest, opponent->preimages);
  }
  OK(falconet_machine_run(opponent->machine, step, 0, &stop));
  return falconet_machine_claim(opponent->machine, claim);
}

/* What the differences were. */
typedef struct differences {
  unsigned kinds[5];
  bool has_pc, has_bytes;
} differences;

static void differ(void *context, const falconet_difference *difference) {
  differences *differences = context;
  CHECK((unsigned)difference->kind < 5);
  differences->kinds[difference->kind]++;
  CHECK(difference->in_first || difference->in_second);
  if (difference->kind == FALCONET_DIFFERENCE_WORD)
    CHECK(difference->first != difference->second && !difference->name);
  if (difference->kind <= FALCONET_DIFFERENCE_THREAD_FIELD) CHECK(difference->name);
  if (difference->name && !strcmp(difference->name, "pc")) differences->has_pc = true;
  if (difference->first_bytes && difference->first_count == 32) differences->has_bytes = true;
}

static void contract_call(void *context, const falconet_contract_call *call) {
  (void)context;
  CHECK(call->count > 4);
  printf("call %s %s %s %zu\n", call->purpose, call->contract, call->function, call->count);
}

static void find(void *context, const falconet_finding *finding) {
  unsigned *findings = context;
  CHECK(finding->problem[0] && finding->path);
  if (finding->kind != FALCONET_FINDING_CONCERN) CHECK(finding->function && finding->address_count > 0);
  findings[finding->harmful]++;
}

static int32_t append(void *context, const void *bytes, size_t count) {
  char *text = context;
  /* As much as fits, for a look at the beginning. */
  size_t used = strlen(text), room = 999 - used;
  memcpy(text + used, bytes, count < room ? count : room);
  return 0;
}

static falconet_divergence bisect(const char *guest, const char *preimages, const char *other) {
  falconet_machine *machines[2] = {load(guest, preimages), load(guest, other)};
  falconet_divergence found, same;
  OK(falconet_machine_bisect(machines[0], machines[1], UINT64_MAX, &found));
  CHECK(found.differs && !found.at_start && found.has_first && found.has_second);
  CHECK(found.first_proof && found.second_proof);
  OK(falconet_proof_verify(found.first_proof, FALCONET_ANY_VERSION));
  OK(falconet_proof_verify(found.second_proof, 8));
  printf("step %" PRIu64 "\n", found.step);
  print("first", found.first);
  print("second", found.second);

  /* No further than the last step that is the same. */
  OK(falconet_machine_bisect(machines[0], machines[1], found.step, &same));
  CHECK(!same.differs && same.step == found.step && !same.first_proof);
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_machine_bisect(machines[0], machines[0], 10, &same));
  OK(falconet_machine_cancel(machines[1]));
  FAILS(FALCONET_CANCELLED, falconet_machine_bisect(machines[0], machines[1], UINT64_MAX, &same));
  CHECK(!same.differs && !same.first_proof);

  /* The opponent's claims lead to the same step. */
  opponent opponent = {load(guest, other), guest, other, 0, FALCONET_OK};
  OK(falconet_machine_bisect_claims(machines[0], claim, &opponent, UINT64_MAX, &same));
  CHECK(same.step == found.step && same.first_proof && !same.second_proof);
  CHECK(!memcmp(same.first, found.first, 32) && !memcmp(same.second, found.second, 32));
  OK(falconet_proof_free(same.first_proof));
  opponent.status = FALCONET_PANIC;
  OK(falconet_machine_bisect_claims(machines[0], claim, &opponent, UINT64_MAX, &same));
  CHECK(same.differs && same.at_start && same.has_first && !same.has_second);
  opponent.status = FALCONET_LOCKED;
  FAILS(FALCONET_LOCKED,
        falconet_machine_bisect_claims(machines[0], claim, &opponent, UINT64_MAX, &same));
  OK(falconet_machine_free(opponent.machine));

  /* The machines stayed where they were. */
  for (int i = 0; i < 2; i++) {
    uint64_t step;
    OK(falconet_machine_step(machines[i], &step));
    CHECK(step == 0);
    OK(falconet_machine_free(machines[i]));
  }
  return found;
}

static void check_files(const char *guest, const char *preimages, const char *folder, uint64_t step) {
  char paths[2][4096];
  uint8_t claims[2][32];
  falconet_machine *machines[2];
  falconet_stop stop;
  falconet_snapshot_info info;
  falconet_buffer witness, expected;
  falconet_difference_totals totals;
  for (int i = 0; i < 2; i++) {
    machines[i] = load(guest, preimages);
    OK(falconet_machine_run(machines[i], step + (i ? 700000 : 0), 0, &stop));
    OK(falconet_machine_claim(machines[i], claims[i]));
    snprintf(paths[i], sizeof paths[i], "%s/compare-%d.bin.gz", folder, i);
    OK(falconet_machine_save(machines[i], paths[i], FALCONET_FORMAT_AUTO));
  }
  OK(falconet_snapshot_describe(paths[1], NULL, &info, &witness));
  OK(falconet_machine_witness(machines[1], &expected));
  CHECK(witness.count == expected.count && !memcmp(witness.bytes, expected.bytes, witness.count));
  falconet_buffer_free(&witness);
  falconet_buffer_free(&expected);
  CHECK(info.step == step + 700000 && info.version == 8 && !info.exited && info.verified);
  CHECK(!memcmp(info.claim, claims[1], 32));

  /* Converted there and back, in place: the same state. */
  OK(falconet_snapshot_convert(paths[1], NULL, paths[1], FALCONET_FORMAT_FSNAP));
  OK(falconet_snapshot_describe(paths[1], NULL, &info, NULL));
  CHECK(!memcmp(info.claim, claims[1], 32));
  falconet_reading reading = {.format = FALCONET_FORMAT_BIN};
  FAILS(FALCONET_BAD_DATA, falconet_snapshot_describe(paths[1], &reading, &info, NULL));
  FAILS(FALCONET_UNSUPPORTED,
        falconet_snapshot_convert(paths[1], NULL, paths[0], FALCONET_FORMAT_JSON));

  differences found[2] = {{{0}, false, false}, {{0}, false, false}};
  falconet_difference_totals machine_totals;
  OK(falconet_snapshot_diff(paths[0], NULL, paths[1], NULL, SIZE_MAX / 2, differ, &found[0], &totals));
  OK(falconet_machine_diff(
      machines[0], machines[1], SIZE_MAX / 2, differ, &found[1], &machine_totals));
  CHECK(!totals.same && totals.words > 0 && totals.pages > 0);
  CHECK(totals.words == machine_totals.words && totals.pages == machine_totals.pages);
  CHECK(!memcmp(&found[0], &found[1], sizeof found[0]));
  CHECK(found[0].kinds[FALCONET_DIFFERENCE_WORD] == totals.words && found[0].has_pc);
  CHECK(found[0].kinds[FALCONET_DIFFERENCE_FIELD] > 0 && found[0].has_bytes);
  OK(falconet_snapshot_diff(paths[0], NULL, paths[0], NULL, 0, NULL, NULL, &totals));
  CHECK(totals.same && totals.words == 0);
  FAILS(FALCONET_INVALID_ARGUMENT,
        falconet_machine_diff(machines[0], machines[0], 0, NULL, NULL, &totals));
  for (int i = 0; i < 2; i++) OK(falconet_machine_free(machines[i]));
}

static void check_program(const char *guest, const char *preimages, const char *folder) {
  falconet_program *program;
  falconet_machine *machine;
  falconet_profile *profile;
  falconet_stop stop;
  falconet_check check;
  falconet_buffer text;
  unsigned findings[2] = {0, 0};
  char path[4096], start[1000] = "";
  OK(falconet_program_open(guest, &program));
  OK(falconet_program_check(program, 8, NULL, find, findings, &check));
  CHECK(check.compatible && check.functions > check.reachable_functions && findings[true] == 0);
  OK(falconet_program_check(program, 8, "1.7.0", find, findings, NULL));
  FAILS(FALCONET_NOT_FOUND, falconet_program_check(program, 8, "0.1", find, findings, &check));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_program_check(program, 77, NULL, NULL, NULL, &check));

  machine = load(guest, preimages);
  OK(falconet_machine_profile(machine, 100000, program, 0, &stop, &profile));
  CHECK(stop == FALCONET_STOP_STEP);
  for (int i = 0; i < 3; i++) {
    static const char *const endings[] = {"pb.gz", "folded", "svg"};
    snprintf(path, sizeof path, "%s/profile.%s", folder, endings[i]);
    OK(falconet_profile_save(profile, path));
  }
  FAILS(FALCONET_UNSUPPORTED, falconet_profile_save(profile, "profile"));
  OK(falconet_profile_write(
      profile, FALCONET_PROFILE_FLAME_GRAPH, FALCONET_COMPRESSION_NONE, append, start));
  CHECK(strstr(start, "<svg"));
  OK(falconet_profile_free(profile));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_profile_free(profile));
  OK(falconet_machine_cancel(machine));
  OK(falconet_machine_profile(machine, 200000, NULL, 1, &stop, &profile));
  CHECK(stop == FALCONET_STOP_CANCELLED);
  OK(falconet_profile_free(profile));

  OK(falconet_machine_traceback(machine, program, &text));
  CHECK(text.count > 0 && text.bytes[text.count - 1] == '\n');
  printf("traceback %.*s\n", (int)strcspn((char *)text.bytes, "\n"), (char *)text.bytes);
  falconet_buffer_free(&text);
  OK(falconet_program_free(program));
  OK(falconet_machine_traceback(machine, NULL, &text));
  falconet_buffer_free(&text);
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_machine_traceback(machine, program, &text));
  OK(falconet_machine_free(machine));
}

int main(int count, char **arguments) {
  CHECK(count >= 5);
  const char *guest = arguments[1], *preimages = arguments[2];
  falconet_divergence found = bisect(guest, preimages, arguments[4]);

  uint8_t caller[20] = {1};
  falconet_calldata_options options = {.caller = caller};
  OK(falconet_proof_calldata(found.first_proof, NULL, contract_call, NULL));
  OK(falconet_proof_calldata(found.first_proof, &options, contract_call, NULL));
  options.preimage_folder = "/nowhere";
  FAILS(FALCONET_PREIMAGE_ERROR,
        falconet_proof_calldata(found.first_proof, &options, contract_call, NULL));
  FAILS(FALCONET_INVALID_ARGUMENT, falconet_proof_calldata(found.first_proof, NULL, NULL, NULL));
  OK(falconet_proof_free(found.first_proof));
  OK(falconet_proof_free(found.second_proof));

  check_files(guest, preimages, arguments[3], 5000);
  check_program(guest, preimages, arguments[3]);
  return 0;
}
