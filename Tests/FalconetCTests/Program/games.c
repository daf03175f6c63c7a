/*
 * Asks the directory of a trace for what it is told to, through falconet.h:
 *
 *   games FOLDER PRESTATE REVISION KIND SOURCE LOCALS CLAIMS ALL STEPS TIMES
 *
 * REVISION is "-" for none. KIND says where pre-images come from: `directory` SOURCE, `server` SOURCE,
 * words that a space parts, `callback`, known by the text SOURCE ("-" for none) and answering LOCALS, or
 * `locals`, LOCALS in front of nothing. LOCALS is index=hex, parted by commas; CLAIMS, ALL and STEPS
 * are indices parted by commas. Asks each claim of CLAIMS by itself, those of ALL at once, the step data,
 * and the last step, and prints a line for each; the whole TIMES times, with the seconds that the opening
 * and each question took in front.
 */
/* For the clock. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { ROOM = 4096 };

typedef struct locals {
  size_t count;
  struct {
    uint64_t index;
    uint8_t bytes[64];
    size_t size;
  } items[8];
} locals;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void parse_locals(const char *text, locals *locals) {
  while (*text) {
    CHECK(locals->count < 8);
    char *end;
    locals->items[locals->count].index = strtoull(text, &end, 10);
    CHECK(*end == '=');
    text = end + 1;
    size_t size = 0;
    for (; text[0] && text[0] != ','; text += 2, size++) {
      unsigned byte;
      CHECK(size < 64 && sscanf(text, "%2x", &byte) == 1);
      locals->items[locals->count].bytes[size] = (uint8_t)byte;
    }
    locals->items[locals->count++].size = size;
    if (*text == ',') text++;
  }
}

static size_t parse_indices(const char *text, uint64_t indices[ROOM]) {
  size_t count = 0;
  while (*text) {
    CHECK(count < ROOM);
    char *end;
    indices[count++] = strtoull(text, &end, 10);
    CHECK(end != text);
    text = *end ? end + 1 : end;
  }
  return count;
}

static falconet_status preimage(
    void *context, const uint8_t key[32], falconet_answer *answer) {
  const locals *locals = context;
  for (size_t i = 0; i < locals->count; i++) {
    uint8_t own[32] = {1};
    for (int byte = 0; byte < 8; byte++)
      own[31 - byte] = (uint8_t)(locals->items[i].index >> 8 * byte);
    if (memcmp(own, key, 32) == 0)
      return falconet_answer_append(answer, locals->items[i].bytes, locals->items[i].size);
  }
  return FALCONET_NOT_FOUND;
}

static falconet_trace *open_trace(char **arguments, locals *locals) {
  falconet_trace *trace;
  falconet_trace_options options = {0};
  options.snapshot_interval = 50;
  if (strcmp(arguments[2], "-") != 0) options.revision = arguments[2];
  falconet_status status = falconet_trace_open(arguments[0], arguments[1], &options, &trace);
  if (status != FALCONET_OK) {
    printf("refused %d %s\n", (int)status, falconet_error_message());
    return NULL;
  }
  const char *kind = arguments[3];
  char *source = arguments[4];
  if (strcmp(kind, "directory") == 0) {
    OK(falconet_trace_set_preimage_folder(trace, source));
  } else if (strcmp(kind, "server") == 0) {
    char copy[ROOM];
    const char *words[16];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", source);
    for (char *word = strtok(copy, " "); word && count < 15; word = strtok(NULL, " "))
      words[count++] = word;
    words[count] = NULL;
    OK(falconet_trace_set_preimage_server(trace, words, 60, NULL, NULL));
  } else if (strcmp(kind, "callback") == 0) {
    OK(falconet_trace_set_preimages(trace, preimage, NULL, locals));
    if (strcmp(source, "-") != 0) OK(falconet_trace_set_source_identity(trace, source));
  } else {
    CHECK(strcmp(kind, "locals") == 0);
    for (size_t i = 0; i < locals->count; i++)
      OK(falconet_trace_set_local_input(
          trace, locals->items[i].index, locals->items[i].bytes, locals->items[i].size));
  }
  return trace;
}

static void print_hash(const char *name, uint64_t index, const uint8_t hash[32]) {
  printf("%s %" PRIu64 " 0x", name, index);
  for (int i = 0; i < 32; i++) printf("%02x", hash[i]);
  printf("\n");
}

static bool answered(double start, const char *question, falconet_status status) {
  printf("%.9f %s ", now() - start, question);
  if (status != FALCONET_OK) printf("refused %d %s\n", (int)status, falconet_error_message());
  return status == FALCONET_OK;
}

static void ask(
    falconet_trace *trace, const char *claims, const char *all, const char *steps) {
  static uint64_t indices[ROOM];
  static falconet_trace_claim answers[ROOM];
  static falconet_trace_step data[ROOM];
  size_t count = parse_indices(claims, indices);
  for (size_t i = 0; i < count; i++) {
    double start = now();
    if (answered(start, "claim", falconet_trace_claims(trace, &indices[i], 1, answers)))
      print_hash("is", indices[i], answers[0].claim);
  }
  count = parse_indices(all, indices);
  double start = now();
  if (answered(start, "claims", falconet_trace_claims(trace, indices, count, answers))) {
    printf("are\n");
    for (size_t i = 0; i < count; i++) print_hash("- claim", indices[i], answers[i].claim);
  }
  count = parse_indices(steps, indices);
  start = now();
  if (answered(start, "steps", falconet_trace_steps(trace, indices, count, data))) {
    printf("are\n");
    for (size_t i = 0; i < count; i++) {
      falconet_proof_info info;
      OK(falconet_proof_get_info(data[i].proof, &info));
      if (!data[i].past_end && info.has_pre) print_hash("- pre", indices[i], info.pre);
      print_hash("- post", indices[i], info.post);
      OK(falconet_proof_free(data[i].proof));
    }
  }
  uint64_t last;
  uint8_t claim[32];
  start = now();
  if (answered(start, "last", falconet_trace_last(trace, &last, claim, NULL)))
    print_hash("is", last, claim);
}

int main(int count, char **arguments) {
  CHECK(count == 11);
  locals locals = {0};
  parse_locals(arguments[6], &locals);
  for (int times = atoi(arguments[10]); times > 0; times--) {
    double start = now();
    falconet_trace *trace = open_trace(arguments + 1, &locals);
    if (!trace) return 0;
    printf("%.9f opened\n", now() - start);
    ask(trace, arguments[7], arguments[8], arguments[9]);
    falconet_trace_info info;
    OK(falconet_trace_get_info(trace, &info));
    printf("executed %" PRIu64 "\n", info.executed);
    OK(falconet_trace_free(trace));
  }
  return 0;
}
