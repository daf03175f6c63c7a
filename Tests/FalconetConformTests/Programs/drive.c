/*
 * Drives several VMs at once through fpvm.h, each from several threads, and compares what the threads
 * saw: drive ([LIBRARY PROGRAM KEY PREIMAGE])... KEY is in hexadecimal, PREIMAGE a file; `-` is none.
 */
#include <dlfcn.h>
#include <fpvm_calls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define VMS 4

typedef struct vm {
  const fpvm_table *table;
  uint8_t *program, *preimage;
  uint64_t program_count, preimage_count, key_count;
  uint8_t key[64];
} vm;

typedef struct result {
  const vm *vm;
  uint8_t claim[FPVM_CLAIM_MAX];
  uint64_t step, proofs, output;
} result;

static void must(int holds, const char *what, const fpvm_error *error) {
  if (holds) return;
  fprintf(stderr, "%s: %.*s\n", what, error ? (int)error->count : 0, error ? error->text : "");
  exit(1);
}

static uint8_t *read_file(const char *path, uint64_t *count) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes = malloc(1 << 20);
  must(file && bytes, path, NULL);
  *count = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return bytes;
}

static int32_t preimage(void *context, const uint8_t *key, uint64_t count, fpvm_bytes *bytes) {
  const vm *v = ((result *)context)->vm;
  if (count != v->key_count || memcmp(key, v->key, count)) return FPVM_NOT_FOUND;
  bytes->bytes = v->preimage;
  bytes->count = v->preimage_count;
  return FPVM_OK;
}

static void output(void *context, uint32_t stream, const uint8_t *bytes, uint64_t count) {
  (void)stream, (void)bytes;
  ((result *)context)->output += count;
}

static void *drive(void *context) {
  result *r = context;
  const fpvm_table *t = r->vm->table;
  char text[256];
  fpvm_error error = {sizeof error, text, sizeof text, 0};
  fpvm_input input = {sizeof input, {r->vm->program, r->vm->program_count}, NULL, NULL, NULL, 0,
                      FPVM_ANY_KIND, 0};
  fpvm_callbacks callbacks = {sizeof callbacks, r, preimage, NULL, output, NULL, 0};
  fpvm_info info = {.size = sizeof info};
  fpvm_machine *m;
  must(!fpvm_call_load_program(t, &input, &m, &error), "load_program", &error);
  must(!fpvm_call_set_callbacks(t, m, &callbacks, &error), "set_callbacks", &error);
  for (;;) {
    const fpvm_proof *proof;
    fpvm_bytes state, witness;
    fpvm_stop stop = {.size = sizeof stop};
    must(!fpvm_call_info(t, m, &info, &error), "info", &error);
    fpvm_run run = {sizeof run, info.step + 37, 0, 0};
    must(!fpvm_call_run(t, m, &run, &stop, &error), "run", &error);
    if (stop.reason == FPVM_STOPPED_AT_EXIT) break;
    must(!fpvm_call_prove(t, m, &proof, &error), "prove", &error);
    must(!fpvm_call_verify(t, proof, &error), "verify", &error);
    fpvm_call_free_proof(t, proof);
    r->proofs++;
    must(!fpvm_call_witness(t, m, &witness, &error), "witness", &error);
    fpvm_call_free_bytes(t, &witness);
    /* The machine goes on from its own bytes. */
    must(!fpvm_call_save_state(t, m, &state, &error), "save_state", &error);
    must(!fpvm_call_free_machine(t, m), "free_machine", NULL);
    input.bytes = state;
    must(!fpvm_call_load_state(t, &input, &m, &error), "load_state", &error);
    fpvm_call_free_bytes(t, &state);
    must(!fpvm_call_set_callbacks(t, m, &callbacks, &error), "set_callbacks", &error);
  }
  must(!fpvm_call_info(t, m, &info, &error), "info", &error);
  r->step = info.step;
  must(!fpvm_call_claim(t, m, r->claim, sizeof r->claim, &error), "claim", &error);
  must(fpvm_call_prove(t, m, &(const fpvm_proof *){NULL}, &error) == FPVM_EXITED, "prove", &error);
  must(!fpvm_call_free_machine(t, m), "free_machine", NULL);
  return NULL;
}

int main(int argc, char **argv) {
  static vm vms[VMS];
  static result results[VMS][THREADS];
  pthread_t threads[VMS][THREADS];
  void *libraries[VMS];
  int count = (argc - 1) / 4;
  must(count > 0 && count <= VMS && argc == 1 + 4 * count, "usage", NULL);
  for (int i = 0; i < count; i++) {
    char **words = argv + 1 + 4 * i;
    vm *v = &vms[i];
    libraries[i] = dlopen(words[0], RTLD_NOW | RTLD_LOCAL);
    must(libraries[i] != NULL, words[0], NULL);
    v->table = fpvm_call_get(dlsym(libraries[i], FPVM_ENTRY));
    must(v->table != NULL, "fpvm_get", NULL);
    v->program = read_file(words[1], &v->program_count);
    if (strcmp(words[3], "-")) v->preimage = read_file(words[3], &v->preimage_count);
    for (const char *k = words[2]; strcmp(words[2], "-") && k[0] && k[1]; k += 2) {
      char digits[3] = {k[0], k[1], 0};
      v->key[v->key_count++] = (uint8_t)strtoul(digits, NULL, 16);
    }
  }
  for (int i = 0; i < count; i++)
    for (int j = 0; j < THREADS; j++) {
      results[i][j].vm = &vms[i];
      must(!pthread_create(&threads[i][j], NULL, drive, &results[i][j]), "pthread_create", NULL);
    }
  for (int i = 0; i < count; i++)
    for (int j = 0; j < THREADS; j++) pthread_join(threads[i][j], NULL);
  for (int i = 0; i < count; i++) {
    const fpvm_table *t = vms[i].table;
    for (int j = 1; j < THREADS; j++)
      must(!memcmp(&results[i][0].claim, &results[i][j].claim, sizeof results[i][j] - sizeof(void *)),
          "the threads differ", NULL);
    printf("%.*s: %llu steps, %llu proofs, %llu bytes of output on each of %d threads\n",
        (int)t->name.count, t->name.text, (unsigned long long)results[i][0].step,
        (unsigned long long)results[i][0].proofs, (unsigned long long)results[i][0].output, THREADS);
    free(vms[i].program);
    free(vms[i].preimage);
    if (t->capabilities & FPVM_CAN_UNLOAD) dlclose(libraries[i]);
  }
  return 0;
}
