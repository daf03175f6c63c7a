/*
 * A fault-proof VM in one file: a stack machine of 4096 words of 64 bits. Its memory is the program,
 * from word 0 on, and the stack, which grows down from the end. The claim is the SHA-256 of the
 * witness, and the witness has the root of a Merkle tree over the memory.
 *
 * cc -std=c99 -O2 -shared -fPIC -fvisibility=hidden -I../../fpvm stack.c -o libstack.so
 *
 * SPDX-License-Identifier: MIT
 */
#include <fpvm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 12
#define WORDS (1u << DEPTH)
#define HASH 32
#define WITNESS (HASH + 5 * 8 + HASH) /* root, the numbers of `registers`, key */
#define ACCESS (16 + DEPTH * HASH)    /* address, value, siblings from the leaf up */
#define MOST_ACCESSES 5
#define STATE (HASH + WITNESS + WORDS * 8)

/* ---- Bytes and hashes ---- */

static void put64(uint8_t *to, uint64_t value) {
  for (int i = 7; i >= 0; i--, value >>= 8) to[i] = (uint8_t)value;
}

static uint64_t get64(const uint8_t *from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | from[i];
  return value;
}

static const uint32_t ROUND[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_block(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)(get64(block + i / 2 * 8) >> (i % 2 ? 0 : 32));
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
           (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t t = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                 ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUND[i] + w[i];
    uint32_t u = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
                 ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t;
    s[0] = t + u;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void sha256(uint8_t *hash, const uint8_t *bytes, uint64_t count) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t end[128] = {0};
  uint64_t whole = count / 64 * 64, rest = count - whole, size = rest < 56 ? 64 : 128;
  for (uint64_t i = 0; i < whole; i += 64) sha256_block(state, bytes + i);
  if (rest) memcpy(end, bytes + whole, rest);
  end[rest] = 0x80;
  put64(end + size - 8, count * 8);
  for (uint64_t i = 0; i < size; i += 64) sha256_block(state, end + i);
  for (int i = 0; i < 4; i++) put64(hash + 8 * i, (uint64_t)state[2 * i] << 32 | state[2 * i + 1]);
}

static void leaf(uint8_t *hash, uint64_t word) {
  memset(hash, 0, HASH);
  put64(hash, word);
}

/* The root of a tree that has `hash` at a place, and these siblings. Replaces the hash. */
static void climb(uint8_t *hash, uint64_t place, const uint8_t *siblings) {
  uint8_t pair[2 * HASH];
  for (int level = 0; level < DEPTH; level++, place >>= 1) {
    memcpy(pair + (place & 1) * HASH, hash, HASH);
    memcpy(pair + (~place & 1) * HASH, siblings + level * HASH, HASH);
    sha256(hash, pair, sizeof pair);
  }
}

/* ---- The step ---- */

typedef struct registers {
  uint64_t pc, sp, step, exited, exit_code;
  uint8_t key[HASH];
} registers;

/* What a step reaches: the memory of a machine, or the parts that a proof has. */
typedef struct environment {
  void *owner;
  int32_t (*load)(void *owner, uint64_t address, uint64_t *word);
  int32_t (*store)(void *owner, uint64_t address, uint64_t word);
  int32_t (*preimage)(void *owner, const uint8_t *key, uint64_t offset, fpvm_bytes *bytes);
  int32_t (*hint)(void *owner, const uint8_t *bytes, uint64_t count);
  void (*output)(void *owner, uint8_t byte);
  const char *fault; /* why there is no next state */
} environment;

enum {
  HALT, PUSH, LOAD, STORE, ADD, SUB, MUL, DIV, AND, XOR, SHR, EQ, LT, DUP, SWAP, DROP, JUMP, JZ,
  KEY, READ, LENGTH, HINT, WRITE, OPCODES
};

/* The names, and how many words an instruction takes from the stack and puts there. */
static const struct {
  const char *name;
  uint8_t takes, gives;
} TABLE[OPCODES] = {
  {"halt", 1, 0}, {"push", 0, 1}, {"load", 1, 1}, {"store", 2, 0}, {"add", 2, 1}, {"sub", 2, 1},
  {"mul", 2, 1}, {"div", 2, 1}, {"and", 2, 1}, {"xor", 2, 1}, {"shr", 2, 1}, {"eq", 2, 1},
  {"lt", 2, 1}, {"dup", 1, 2}, {"swap", 2, 2}, {"drop", 1, 0}, {"jump", 0, 0}, {"jz", 1, 0},
  {"key", 1, 0}, {"read", 1, 1}, {"length", 0, 1}, {"hint", 1, 0}, {"write", 1, 0}};

static int32_t panic(environment *e, const char *fault) {
  e->fault = fault;
  return FPVM_PANIC;
}

/*
 * Executes one step. An instruction has its opcode in the lowest byte and a number in the others. All
 * stores come last, so a step that fails has changed nothing; `r` is then not to be used.
 */
static int32_t step(registers *r, environment *e) {
  uint64_t word, a = 0, b = 0, result[2] = {0, 0}, address = 0;
  bool stores = false;
  fpvm_bytes read;
  int32_t status;
  uint8_t eight[8];
  if (r->pc >= WORDS) return panic(e, "the program counter is outside of the memory");
  if ((status = e->load(e->owner, r->pc, &word))) return status;
  uint64_t opcode = word & 0xFF, number = word >> 8;
  if (opcode >= OPCODES) return panic(e, "there is no such instruction");
  int takes = TABLE[opcode].takes, gives = TABLE[opcode].gives;
  if (r->sp > WORDS || WORDS - r->sp < (uint64_t)takes) return panic(e, "the stack is empty");
  if (r->sp + takes < (uint64_t)gives) return panic(e, "the stack is full");
  /* `b` is the top, and `a` below it; of one word, `a`. */
  if (takes == 2 && (status = e->load(e->owner, r->sp, &b))) return status;
  if (takes && (status = e->load(e->owner, r->sp + takes - 1, &a))) return status;
  r->pc++;
  r->step++;
  r->sp = r->sp + takes - gives;
  switch (opcode) {
    case HALT: r->exited = 1; r->exit_code = a; break;
    case PUSH: result[0] = number; break;
    case LOAD:
      if (a >= WORDS) return panic(e, "the address is outside of the memory");
      if ((status = e->load(e->owner, a, &result[0]))) return status;
      break;
    case STORE:
      if (b >= WORDS) return panic(e, "the address is outside of the memory");
      stores = true;
      address = b;
      break;
    case ADD: result[0] = a + b; break;
    case SUB: result[0] = a - b; break;
    case MUL: result[0] = a * b; break;
    case DIV:
      if (b == 0) return panic(e, "division by zero");
      result[0] = a / b;
      break;
    case AND: result[0] = a & b; break;
    case XOR: result[0] = a ^ b; break;
    case SHR: result[0] = b < 64 ? a >> b : 0; break;
    case EQ: result[0] = a == b; break;
    case LT: result[0] = a < b; break;
    case DUP: result[0] = result[1] = a; break;
    case SWAP: result[0] = a; result[1] = b; break;
    case DROP: break;
    case JUMP: r->pc = number; break;
    case JZ: if (a == 0) r->pc = number; break;
    case KEY:
      memmove(r->key, r->key + 8, HASH - 8);
      put64(r->key + HASH - 8, a);
      break;
    case READ: /* 8 bytes at an offset; what is past the end is zero */
      if ((status = e->preimage(e->owner, r->key, a, &read))) return status;
      memset(eight, 0, 8);
      if (a < read.count) memcpy(eight, read.bytes + a, read.count - a < 8 ? read.count - a : 8);
      result[0] = get64(eight);
      break;
    case LENGTH:
      if ((status = e->preimage(e->owner, r->key, 0, &read))) return status;
      result[0] = read.count;
      break;
    case HINT:
      put64(eight, a);
      if ((status = e->hint(e->owner, eight, 8))) return status;
      break;
    case WRITE: e->output(e->owner, (uint8_t)a); break;
  }
  if (stores) return e->store(e->owner, address, a);
  for (int i = gives - 1; i >= 0; i--)
    if ((status = e->store(e->owner, r->sp + i, result[i]))) return status;
  return FPVM_OK;
}

/* ---- Witness and claim ---- */

static void write_witness(uint8_t *to, const uint8_t *root, const registers *r) {
  memcpy(to, root, HASH);
  put64(to + HASH, r->pc);
  put64(to + HASH + 8, r->sp);
  put64(to + HASH + 16, r->step);
  put64(to + HASH + 24, r->exited);
  put64(to + HASH + 32, r->exit_code);
  memcpy(to + HASH + 40, r->key, HASH);
}

static bool read_witness(const uint8_t *from, registers *r) {
  r->pc = get64(from + HASH);
  r->sp = get64(from + HASH + 8);
  r->step = get64(from + HASH + 16);
  r->exited = get64(from + HASH + 24);
  r->exit_code = get64(from + HASH + 32);
  memcpy(r->key, from + HASH + 40, HASH);
  return r->exited <= 1 && (r->exited || r->exit_code == 0);
}

/* ---- Errors and arguments ---- */

static int32_t fail(fpvm_error *error, int32_t status, const char *text) {
  if (error && error->size >= sizeof *error && error->text) {
    uint64_t count = strlen(text);
    error->count = count < error->room ? count : error->room;
    memcpy(error->text, text, error->count);
  }
  return status;
}

/* The rule of sizes for an argument. Every structure of version 1 is known here as it is. */
static int32_t check_size(const void *structure, uint64_t known, fpvm_error *error) {
  uint64_t size;
  if (!structure) return fail(error, FPVM_INVALID, "a required structure is NULL");
  memcpy(&size, structure, sizeof size);
  if (size < known || size > FPVM_SIZE_MAX) return fail(error, FPVM_INVALID, "a size is not valid");
  for (uint64_t i = known; i < size; i++)
    if (((const uint8_t *)structure)[i])
      return fail(error, FPVM_UNSUPPORTED, "a structure has a part that this VM does not know");
  return FPVM_OK;
}

/* The rule of sizes for a result: sets all after the size to zero. */
static int32_t clear_result(void *structure, uint64_t known, fpvm_error *error) {
  uint64_t size;
  if (!structure) return fail(error, FPVM_INVALID, "the place of a result is NULL");
  memcpy(&size, structure, sizeof size);
  if (size < known || size > FPVM_SIZE_MAX) return fail(error, FPVM_INVALID, "a size is not valid");
  memset((uint8_t *)structure + sizeof size, 0, size - sizeof size);
  return FPVM_OK;
}

/* ---- The machine ---- */

struct fpvm_machine {
  registers registers;
  uint64_t memory[WORDS];
  uint8_t nodes[2 * WORDS][HASH]; /* node 1 is the root, node n has the children 2n and 2n + 1 */
  bool stale[2 * WORDS];
  fpvm_callbacks callbacks;
  bool is_called; /* a callback runs */
  bool has_read;
  /* What a proof records: the accesses of its step, and the pre-image. NULL if no step is proved. */
  struct proof *proof;
};

typedef struct proof {
  fpvm_proof shown; /* first, so that it is found from what the caller has */
  fpvm_field fields[2];
  uint8_t pre[HASH], post[HASH], key[HASH], witness[WITNESS];
  uint8_t accesses[MOST_ACCESSES * ACCESS];
  uint64_t count;
  uint8_t *preimage;
} proof;

static const uint8_t *node(fpvm_machine *m, uint32_t number) {
  if (m->stale[number]) {
    uint8_t pair[2 * HASH];
    if (number >= WORDS) {
      leaf(m->nodes[number], m->memory[number - WORDS]);
    } else {
      memcpy(pair, node(m, 2 * number), HASH);
      memcpy(pair + HASH, node(m, 2 * number + 1), HASH);
      sha256(m->nodes[number], pair, sizeof pair);
    }
    m->stale[number] = false;
  }
  return m->nodes[number];
}

static void record(fpvm_machine *m, uint64_t address) {
  if (!m->proof) return;
  uint8_t *access = m->proof->accesses + m->proof->count++ * ACCESS;
  put64(access, address);
  put64(access + 8, m->memory[address]);
  for (uint32_t level = 0, n = WORDS + (uint32_t)address; level < DEPTH; level++, n >>= 1)
    memcpy(access + 16 + level * HASH, node(m, n ^ 1), HASH);
}

static int32_t machine_load(void *owner, uint64_t address, uint64_t *word) {
  fpvm_machine *m = owner;
  record(m, address);
  *word = m->memory[address];
  return FPVM_OK;
}

static int32_t machine_store(void *owner, uint64_t address, uint64_t word) {
  fpvm_machine *m = owner;
  record(m, address);
  m->memory[address] = word;
  for (uint32_t n = WORDS + (uint32_t)address; n; n >>= 1) m->stale[n] = true;
  return FPVM_OK;
}

static int32_t machine_preimage(
    void *owner, const uint8_t *key, uint64_t offset, fpvm_bytes *bytes) {
  fpvm_machine *m = owner;
  uint8_t hash[HASH];
  if (!m->callbacks.preimage) return FPVM_PREIMAGE;
  bytes->bytes = NULL;
  bytes->count = 0;
  m->is_called = true;
  int32_t status = m->callbacks.preimage(m->callbacks.context, key, HASH, bytes);
  m->is_called = false;
  if (status) return status == FPVM_STOP ? FPVM_STOP : FPVM_PREIMAGE;
  sha256(hash, bytes->bytes, bytes->count);
  if (memcmp(hash, key, HASH)) return FPVM_PREIMAGE;
  m->has_read = true;
  if (m->proof) {
    proof *p = m->proof;
    if (!(p->preimage = malloc(bytes->count + 1))) return FPVM_NO_MEMORY;
    if (bytes->count) memcpy(p->preimage, bytes->bytes, bytes->count);
    memcpy(p->key, key, HASH);
    p->shown.has_read = 1;
    p->shown.key = (fpvm_bytes){p->key, HASH};
    p->shown.preimage = (fpvm_bytes){p->preimage, bytes->count};
    p->shown.offset = offset;
  }
  return FPVM_OK;
}

static int32_t machine_hint(void *owner, const uint8_t *bytes, uint64_t count) {
  fpvm_machine *m = owner;
  if (!m->callbacks.hint) return FPVM_OK;
  m->is_called = true;
  int32_t status = m->callbacks.hint(m->callbacks.context, bytes, count);
  m->is_called = false;
  return status == FPVM_OK || status == FPVM_STOP ? status : FPVM_CALLBACK;
}

static void machine_output(void *owner, uint8_t byte) {
  fpvm_machine *m = owner;
  if (!m->callbacks.output) return;
  m->is_called = true;
  m->callbacks.output(m->callbacks.context, 1, &byte, 1);
  m->is_called = false;
}

/* Executes one step. If it fails, the machine is as before. */
static int32_t machine_step(fpvm_machine *m, fpvm_error *error) {
  environment e = {m, machine_load, machine_store, machine_preimage, machine_hint, machine_output, ""};
  registers next = m->registers;
  m->has_read = false;
  int32_t status = step(&next, &e);
  if (status == FPVM_OK) {
    m->registers = next;
    return FPVM_OK;
  }
  char text[128];
  snprintf(text, sizeof text, "step %llu, pc %llu: %s", (unsigned long long)m->registers.step,
      (unsigned long long)m->registers.pc,
      status == FPVM_PANIC ? e.fault
      : status == FPVM_PREIMAGE ? "the pre-image is missing or not its key's"
      : status == FPVM_STOP ? "a callback stopped the step" : "a callback failed");
  return fail(error, status, text);
}

static int32_t check_machine(fpvm_machine *m, fpvm_error *error) {
  if (!m) return fail(error, FPVM_INVALID, "the machine is NULL");
  if (m->is_called) return fail(error, FPVM_BUSY, "a callback of the machine runs");
  return FPVM_OK;
}

static void machine_witness(fpvm_machine *m, uint8_t *witness) {
  write_witness(witness, node(m, 1), &m->registers);
}

/* ---- The functions of the table ---- */

static int32_t get_all(const fpvm_input *input, uint8_t **bytes, uint64_t *count, fpvm_error *error) {
  int32_t status = check_size(input, sizeof *input, error);
  if (status) return status;
  if (input->reserved) return fail(error, FPVM_INVALID, "a reserved number is not 0");
  if (input->option_count) return fail(error, FPVM_UNSUPPORTED, "this VM has no options");
  if (input->kind != 0 && input->kind != FPVM_ANY_KIND)
    return fail(error, FPVM_UNSUPPORTED, "this VM has no state of this kind");
  if (!input->read && input->bytes.count && !input->bytes.bytes)
    return fail(error, FPVM_INVALID, "the bytes are NULL");
  uint64_t limit = 1 << 20, got = 0;
  if (!input->read && input->bytes.count > limit)
    return fail(error, FPVM_BAD_DATA, "the input is longer than any that this VM takes");
  if (!(*bytes = malloc(limit + 1))) return fail(error, FPVM_NO_MEMORY, "no memory");
  *count = input->bytes.count;
  if (!input->read) {
    if (*count) memcpy(*bytes, input->bytes.bytes, *count);
    return FPVM_OK;
  }
  for (*count = 0; *count <= limit; *count += got) {
    got = 0;
    status = input->read(input->context, *bytes + *count, limit + 1 - *count, &got);
    if (status || got > limit + 1 - *count) {
      free(*bytes);
      return fail(error, FPVM_CALLBACK, "the input cannot be read");
    }
    if (!got) return FPVM_OK;
  }
  free(*bytes);
  return fail(error, FPVM_BAD_DATA, "the input is longer than any that this VM takes");
}

/*
 * Assembles a program: words with spaces between them, `name:` for a label, `;` before a comment. `word`
 * is followed by a word of data.
 */
static const char *assemble(char *text, uint64_t *memory) {
  static const char *const spaces = " \t\r\n";
  struct { const char *name; uint64_t place; } labels[256];
  int label_count = 0;
  uint64_t count = 0;
  char *words[2 * WORDS];
  uint64_t word_count = 0;
  for (char *c = text; *c; c++)
    if (*c == ';') while (*c && *c != '\n') *c++ = ' ';
  for (char *c = text; *(c += strspn(c, spaces));) {
    if (word_count == 2 * WORDS) return "the program has too many words";
    words[word_count++] = c;
    c += strcspn(c, spaces);
    if (*c) *c++ = 0;
  }
  for (int pass = 0; pass < 2; pass++) {
    count = 0;
    for (uint64_t i = 0; i < word_count; i++) {
      uint64_t length = strlen(words[i]), opcode = 0, number = 0;
      if (words[i][length - 1] == ':') {
        if (pass) continue;
        if (label_count == 256) return "the program has too many labels";
        labels[label_count].name = words[i];
        labels[label_count++].place = count;
        continue;
      }
      bool is_data = !strcmp(words[i], "word");
      while (!is_data && opcode < OPCODES && strcmp(TABLE[opcode].name, words[i])) opcode++;
      if (opcode == OPCODES) return "the program has a word that is no instruction";
      if (is_data || opcode == PUSH || opcode == JUMP || opcode == JZ) {
        char *end;
        if (++i == word_count) return "the program ends where a number should be";
        number = strtoull(words[i], &end, 0);
        if (*end) {
          int l = 0;
          size_t n = strlen(words[i]);
          while (l < label_count && (strncmp(labels[l].name, words[i], n) || labels[l].name[n] != ':' ||
                                     labels[l].name[n + 1])) l++;
          if (l == label_count && pass) return "the program has no such label";
          number = l < label_count ? labels[l].place : 0;
        }
      }
      if (count == WORDS) return "the program is larger than the memory";
      memory[count++] = is_data ? number : number << 8 | opcode;
    }
  }
  return count ? NULL : "the program is empty";
}

static int32_t load_program(const fpvm_input *input, fpvm_machine **machine, fpvm_error *error) {
  uint8_t *bytes;
  uint64_t count;
  if (!machine) return fail(error, FPVM_INVALID, "the place of the machine is NULL");
  *machine = NULL;
  int32_t status = get_all(input, &bytes, &count, error);
  if (status) return status;
  fpvm_machine *m = calloc(1, sizeof *m);
  if (!m) {
    free(bytes);
    return fail(error, FPVM_NO_MEMORY, "no memory");
  }
  bytes[count] = 0;
  const char *fault = memchr(bytes, 0, count) ? "the program is no text" : assemble((char *)bytes, m->memory);
  free(bytes);
  if (fault) {
    free(m);
    return fail(error, FPVM_BAD_DATA, fault);
  }
  memset(m->stale, true, sizeof m->stale);
  m->registers.sp = WORDS;
  *machine = m;
  return FPVM_OK;
}

static int32_t load_state(const fpvm_input *input, fpvm_machine **machine, fpvm_error *error) {
  uint8_t *bytes, witness[WITNESS], claim[HASH];
  uint64_t count;
  if (!machine) return fail(error, FPVM_INVALID, "the place of the machine is NULL");
  *machine = NULL;
  int32_t status = get_all(input, &bytes, &count, error);
  if (status) return status;
  fpvm_machine *m = count == STATE ? calloc(1, sizeof *m) : NULL;
  bool good = m && read_witness(bytes + HASH, &m->registers);
  if (good) {
    for (uint32_t i = 0; i < WORDS; i++) m->memory[i] = get64(bytes + HASH + WITNESS + 8 * i);
    memset(m->stale, true, sizeof m->stale);
    machine_witness(m, witness);
    sha256(claim, witness, WITNESS);
    good = !memcmp(claim, bytes, HASH) && !memcmp(witness, bytes + HASH, WITNESS);
  }
  free(bytes);
  if (good) {
    *machine = m;
    return FPVM_OK;
  }
  free(m);
  return fail(error, FPVM_BAD_DATA, "this is no state of this VM, or is corrupt");
}

static int32_t copy_machine(fpvm_machine *m, fpvm_machine **copy, fpvm_error *error) {
  int32_t status = check_machine(m, error);
  if (!copy) return fail(error, FPVM_INVALID, "the place of the machine is NULL");
  *copy = NULL;
  if (status) return status;
  if (!(*copy = malloc(sizeof **copy))) return fail(error, FPVM_NO_MEMORY, "no memory");
  **copy = *m;
  memset(&(*copy)->callbacks, 0, sizeof m->callbacks);
  return FPVM_OK;
}

static int32_t free_machine(fpvm_machine *m) {
  if (m && m->is_called) return FPVM_BUSY;
  free(m);
  return FPVM_OK;
}

static void free_bytes(fpvm_bytes *bytes) {
  if (!bytes) return;
  free((void *)bytes->bytes);
  bytes->bytes = NULL;
  bytes->count = 0;
}

static int32_t set_callbacks(fpvm_machine *m, const fpvm_callbacks *callbacks, fpvm_error *error) {
  int32_t status = check_machine(m, error);
  if (!status && callbacks) status = check_size(callbacks, sizeof *callbacks, error);
  if (status) return status;
  if (callbacks) m->callbacks = *callbacks;
  else memset(&m->callbacks, 0, sizeof m->callbacks);
  return FPVM_OK;
}

static int32_t info(fpvm_machine *m, fpvm_info *info, fpvm_error *error) {
  int32_t status = check_machine(m, error);
  if (!status) status = clear_result(info, sizeof *info, error);
  if (status) return status;
  info->step = m->registers.step;
  info->memory = sizeof m->memory;
  info->exit_code = m->registers.exit_code;
  info->exited = (uint32_t)m->registers.exited;
  return FPVM_OK;
}

static int32_t claim(fpvm_machine *m, uint8_t *claim, uint64_t room, fpvm_error *error) {
  uint8_t witness[WITNESS];
  int32_t status = check_machine(m, error);
  if (status) return status;
  if (!claim || room < HASH) return fail(error, FPVM_INVALID, "there is no room for the claim");
  machine_witness(m, witness);
  sha256(claim, witness, WITNESS);
  return FPVM_OK;
}

static int32_t new_bytes(fpvm_bytes *bytes, uint8_t **place, uint64_t count, fpvm_error *error) {
  if (!bytes) return fail(error, FPVM_INVALID, "the place of the bytes is NULL");
  bytes->bytes = *place = malloc(count);
  bytes->count = *place ? count : 0;
  return *place ? FPVM_OK : fail(error, FPVM_NO_MEMORY, "no memory");
}

static int32_t witness(fpvm_machine *m, fpvm_bytes *bytes, fpvm_error *error) {
  uint8_t *place;
  int32_t status = check_machine(m, error);
  if (!status) status = new_bytes(bytes, &place, WITNESS, error);
  if (!status) machine_witness(m, place);
  return status;
}

static int32_t claim_of_witness(uint32_t kind, const uint8_t *witness, uint64_t count,
    uint8_t *claim, uint64_t room, fpvm_error *error) {
  registers r;
  if (kind != 0) return fail(error, FPVM_UNSUPPORTED, "this VM has no state of this kind");
  if (!claim || room < HASH) return fail(error, FPVM_INVALID, "there is no room for the claim");
  if (!witness && count) return fail(error, FPVM_INVALID, "the witness is NULL");
  if (count != WITNESS || !read_witness(witness, &r))
    return fail(error, FPVM_BAD_DATA, "this is no witness of this VM");
  sha256(claim, witness, WITNESS);
  return FPVM_OK;
}

static int32_t save_state(fpvm_machine *m, fpvm_bytes *bytes, fpvm_error *error) {
  uint8_t *place;
  int32_t status = check_machine(m, error);
  if (!status) status = new_bytes(bytes, &place, STATE, error);
  if (status) return status;
  machine_witness(m, place + HASH);
  sha256(place, place + HASH, WITNESS);
  for (uint32_t i = 0; i < WORDS; i++) put64(place + HASH + WITNESS + 8 * i, m->memory[i]);
  return FPVM_OK;
}

static int32_t write_state(fpvm_machine *m, fpvm_write_fn write, void *context, fpvm_error *error) {
  fpvm_bytes state;
  if (!write) return fail(error, FPVM_INVALID, "the callback that writes is NULL");
  int32_t status = save_state(m, &state, error);
  if (status) return status;
  m->is_called = true;
  status = write(context, state.bytes, state.count);
  m->is_called = false;
  free_bytes(&state);
  return status ? fail(error, FPVM_CALLBACK, "the state cannot be written") : FPVM_OK;
}

#define PROGRESS 10000

static int32_t run(fpvm_machine *m, const fpvm_run *run, fpvm_stop *stop, fpvm_error *error) {
  int32_t status = check_machine(m, error);
  if (!status) status = check_size(run, sizeof *run, error);
  if (!status) status = clear_result(stop, sizeof *stop, error);
  if (status) return status;
  if (run->flags & ~FPVM_STOP_AT_READ) return fail(error, FPVM_UNSUPPORTED, "there is no such flag");
  if (run->reserved) return fail(error, FPVM_INVALID, "a reserved number is not 0");
  uint64_t interval = m->callbacks.progress_interval ? m->callbacks.progress_interval : PROGRESS;
  uint64_t start = m->registers.step;
  registers *r = &m->registers;
  stop->reason = FPVM_STOPPED_AT_STEP;
  while (!r->exited && r->step < run->until) {
    if (m->callbacks.progress && r->step > start && (r->step - start) % interval == 0) {
      m->is_called = true;
      status = m->callbacks.progress(m->callbacks.context, r->step);
      m->is_called = false;
      if (status) status = FPVM_STOP;
    }
    if (!status) status = machine_step(m, error);
    if (status == FPVM_STOP) stop->reason = FPVM_STOPPED_BY_CALLBACK;
    if (status) break;
    if (m->has_read && run->flags & FPVM_STOP_AT_READ) {
      stop->reason = FPVM_STOPPED_AT_READ;
      break;
    }
  }
  if (status && status != FPVM_STOP) return status;
  if (r->exited && stop->reason == FPVM_STOPPED_AT_STEP) stop->reason = FPVM_STOPPED_AT_EXIT;
  stop->step = r->step;
  return FPVM_OK;
}

static void free_proof(const fpvm_proof *shown) {
  if (!shown) return;
  proof *p = (proof *)shown;
  free(p->preimage);
  free(p);
}

static int32_t prove(fpvm_machine *m, const fpvm_proof **result, fpvm_error *error) {
  uint8_t after[WITNESS];
  int32_t status = check_machine(m, error);
  if (!result) return fail(error, FPVM_INVALID, "the place of the proof is NULL");
  *result = NULL;
  if (status) return status;
  if (m->registers.exited) return fail(error, FPVM_EXITED, "the program has exited");
  proof *p = calloc(1, sizeof *p);
  if (!p) return fail(error, FPVM_NO_MEMORY, "no memory");
  p->shown.size = sizeof p->shown;
  p->shown.step = m->registers.step;
  machine_witness(m, p->witness);
  sha256(p->pre, p->witness, WITNESS);
  m->proof = p;
  status = machine_step(m, error);
  m->proof = NULL;
  if (status) {
    free_proof(&p->shown);
    return status;
  }
  machine_witness(m, after);
  sha256(p->post, after, WITNESS);
  p->shown.pre = (fpvm_bytes){p->pre, HASH};
  p->shown.post = (fpvm_bytes){p->post, HASH};
  p->fields[0] = (fpvm_field){{"witness", 7}, {p->witness, WITNESS}};
  p->fields[1] = (fpvm_field){{"accesses", 8}, {p->accesses, p->count * ACCESS}};
  p->shown.fields = p->fields;
  p->shown.field_count = 2;
  *result = &p->shown;
  return FPVM_OK;
}

/* ---- The verifier ---- */

typedef struct verifier {
  uint8_t root[HASH];
  const uint8_t *access;
  uint64_t left;
  const fpvm_proof *proof;
  bool has_read;
} verifier;

static int32_t verifier_access(verifier *v, uint64_t address) {
  uint8_t hash[HASH];
  if (v->left < ACCESS || get64(v->access) != address) return FPVM_REJECTED;
  leaf(hash, get64(v->access + 8));
  climb(hash, address, v->access + 16);
  return memcmp(hash, v->root, HASH) ? FPVM_REJECTED : FPVM_OK;
}

static int32_t verifier_load(void *owner, uint64_t address, uint64_t *word) {
  verifier *v = owner;
  if (verifier_access(v, address)) return FPVM_REJECTED;
  *word = get64(v->access + 8);
  v->access += ACCESS;
  v->left -= ACCESS;
  return FPVM_OK;
}

static int32_t verifier_store(void *owner, uint64_t address, uint64_t word) {
  verifier *v = owner;
  if (verifier_access(v, address)) return FPVM_REJECTED;
  leaf(v->root, word);
  climb(v->root, address, v->access + 16);
  v->access += ACCESS;
  v->left -= ACCESS;
  return FPVM_OK;
}

static int32_t verifier_preimage(
    void *owner, const uint8_t *key, uint64_t offset, fpvm_bytes *bytes) {
  verifier *v = owner;
  const fpvm_proof *p = v->proof;
  uint8_t hash[HASH];
  if (p->has_read != 1 || p->key.count != HASH || memcmp(p->key.bytes, key, HASH)) return FPVM_REJECTED;
  sha256(hash, p->preimage.bytes, p->preimage.count);
  if (memcmp(hash, key, HASH) || p->offset != offset) return FPVM_REJECTED;
  *bytes = p->preimage;
  v->has_read = true;
  return FPVM_OK;
}

static int32_t verifier_hint(void *owner, const uint8_t *bytes, uint64_t count) {
  (void)owner, (void)bytes, (void)count;
  return FPVM_OK;
}

static void verifier_output(void *owner, uint8_t byte) { (void)owner, (void)byte; }

static bool is_named(const fpvm_field *field, const char *name) {
  return field->name.count == strlen(name) && field->name.text &&
         !memcmp(field->name.text, name, field->name.count) &&
         (field->bytes.bytes || !field->bytes.count);
}

static int32_t verify(const fpvm_proof *p, fpvm_error *error) {
  int32_t status = check_size(p, sizeof *p, error);
  if (status) return status;
  uint8_t hash[HASH], after[WITNESS];
  registers r;
  if (p->field_count != 2 || !p->fields || !is_named(&p->fields[0], "witness") ||
      !is_named(&p->fields[1], "accesses") || p->fields[0].bytes.count != WITNESS || p->kind != 0 ||
      p->pre.count != HASH || !p->pre.bytes || p->post.count != HASH || !p->post.bytes ||
      (p->key.count && !p->key.bytes) || (p->preimage.count && !p->preimage.bytes) ||
      (!p->has_read && (p->key.count || p->preimage.count || p->offset)))
    return fail(error, FPVM_REJECTED, "this is no proof of this VM");
  const uint8_t *before = p->fields[0].bytes.bytes;
  sha256(hash, before, WITNESS);
  if (memcmp(hash, p->pre.bytes, HASH)) return fail(error, FPVM_REJECTED, "the claim before the step is not the witness's");
  if (!read_witness(before, &r) || r.exited || r.step != p->step)
    return fail(error, FPVM_REJECTED, "the witness has no such step");
  verifier v = {{0}, p->fields[1].bytes.bytes, p->fields[1].bytes.count, p, false};
  memcpy(v.root, before, HASH);
  environment e = {&v, verifier_load, verifier_store, verifier_preimage, verifier_hint, verifier_output, ""};
  if (step(&r, &e) || v.left || v.has_read != (p->has_read != 0))
    return fail(error, FPVM_REJECTED, "the step cannot be executed with what the proof has");
  write_witness(after, v.root, &r);
  sha256(hash, after, WITNESS);
  if (memcmp(hash, p->post.bytes, HASH)) return fail(error, FPVM_REJECTED, "the claim after the step is another");
  return FPVM_OK;
}

static int32_t describe(fpvm_machine *m, fpvm_bytes *text, fpvm_error *error) {
  uint8_t *place;
  int32_t status = check_machine(m, error);
  if (!status) status = new_bytes(text, &place, 64, error);
  if (status) return status;
  const registers *r = &m->registers;
  uint64_t word = r->pc < WORDS ? m->memory[r->pc] : OPCODES;
  text->count = (uint64_t)snprintf((char *)place, 64, "pc %llu: %s %llu", (unsigned long long)r->pc,
      r->exited ? "exited" : (word & 0xFF) < OPCODES ? TABLE[word & 0xFF].name : "no instruction",
      (unsigned long long)(word >> 8));
  return FPVM_OK;
}

#define TEXT(literal) {literal, sizeof literal - 1}

static const fpvm_kind KIND = {sizeof KIND, TEXT("stack"), TEXT("4096 words of 64 bits"), WITNESS};
static const fpvm_kind *const KINDS[] = {&KIND};

static const fpvm_table VM = {
  .size = sizeof VM,
  .capabilities = FPVM_CAN_LOAD_PROGRAM | FPVM_CAN_CLONE | FPVM_CAN_PROVE | FPVM_CAN_VERIFY |
                  FPVM_CAN_DESCRIBE | FPVM_CAN_STOP_AT_READ | FPVM_CAN_UNLOAD | FPVM_HAS_EXACT_PROOFS,
  .abi = FPVM_ABI,
  .kind_count = 1,
  .kinds = KINDS,
  .name = TEXT("stack"),
  .version = TEXT("1.0"),
  .claim_size = HASH,
  .progress_limit = PROGRESS,
  .load_program = load_program,
  .load_state = load_state,
  .clone = copy_machine,
  .free_machine = free_machine,
  .free_bytes = free_bytes,
  .set_callbacks = set_callbacks,
  .info = info,
  .claim = claim,
  .witness = witness,
  .claim_of_witness = claim_of_witness,
  .save_state = save_state,
  .write_state = write_state,
  .run = run,
  .prove = prove,
  .free_proof = free_proof,
  .verify = verify,
  .describe = describe,
};

FPVM_EXPORT const fpvm_table *fpvm_get(uint32_t abi) { return abi == FPVM_ABI ? &VM : NULL; }
