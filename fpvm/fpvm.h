/*
 * fpvm.h: one interface to every fault-proof VM.
 *
 * A fault-proof VM executes a program step by step, commits to each state with a claim, and proves
 * single steps. A VM's shared library exports one function, fpvm_get(), which returns a table of
 * functions. A tool that calls the table drives any VM. docs/fpvm.md is the specification; this
 * comment has its rules in short.
 *
 * Status. A function returns an int32_t, FPVM_OK or another FPVM_ status. If it fails, it writes the
 * text of the error and NULL as the machine or the proof that it was to return. Other results are
 * then not to be used, and a machine that it was to change is unchanged.
 *
 * Sizes. Each structure that may grow begins with `size`. Who allocates a structure sets it to
 * sizeof as compiled, which is at least its size in version 1 and at most FPVM_SIZE_MAX, or else the
 * VM returns FPVM_INVALID. The other side reads and writes nothing past it. If the caller's structure
 * is larger than the VM knows, a byte past that must be zero in an argument, or else the VM returns
 * FPVM_UNSUPPORTED; in a result the VM sets it to zero. The table grows in the same way: new
 * functions come at its end.
 *
 * Memory. Arguments belong to the caller and are not used after the call, except the callbacks and
 * their context. Bytes, machines and proofs that the VM returns are freed once, with the function of
 * their kind. Texts are UTF-8, have a count, and no zero byte at the end.
 *
 * Limits. A VM gives at most FPVM_LIST_MAX elements of a list, FPVM_TEXT_MAX bytes of a text, and
 * FPVM_BYTES_MAX bytes in one piece. A tool takes more for an error of the VM.
 *
 * Threads. Any thread may use any machine, one call at a time. Different machines are independent.
 * Functions without a machine may be called at any time, also at once.
 *
 * Callbacks run on the thread of the call that needs them. They return normally: no exception and no
 * longjmp leaves them. A call for a machine from one of its own callbacks is FPVM_BUSY.
 *
 * A VM writes nothing to the standard streams, handles no signals, does not end the process, and
 * reads neither files nor the environment. Two libraries in one process do not meet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef FPVM_H
#define FPVM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It increases when a declaration changes; additions keep it. */
#define FPVM_ABI 1u

/* The name of the one exported function, for dlsym(). */
#define FPVM_ENTRY "fpvm_get"

#if defined(_WIN32)
#define FPVM_EXPORT __declspec(dllexport)
#else
#define FPVM_EXPORT __attribute__((visibility("default")))
#endif

/* The most bytes of a structure that a caller allocates. */
#define FPVM_SIZE_MAX 4096u

/* The most kinds, the most options, and the most fields of a proof. */
#define FPVM_LIST_MAX 4096u

/* The most bytes of a text. */
#define FPVM_TEXT_MAX 0x100000u

/*
 * The most bytes that a VM gives at once, such as a witness, a field of a proof, or a hint. A longer
 * state goes through write_state, in pieces.
 */
#define FPVM_BYTES_MAX 0x100000000ull

/* ---- Status ---- */

#define FPVM_OK 0
/* A required pointer is NULL, a size is not valid, or a value is out of range. */
#define FPVM_INVALID 1
/* A callback of a machine called a function for the same machine. */
#define FPVM_BUSY 2
/* The VM does not have this: a function, a kind, a flag, an option, a part of a structure. */
#define FPVM_UNSUPPORTED 3
/* A program, a state or a witness is corrupt, or not of this VM. */
#define FPVM_BAD_DATA 4
/* From a pre-image callback: there is no such pre-image. */
#define FPVM_NOT_FOUND 5
/* A pre-image is missing, cannot be had, or is not its key's. Says nothing about the claim. */
#define FPVM_PREIMAGE 6
/* The program did something illegal: the state has no next one. */
#define FPVM_PANIC 7
/* The program has exited: there is no step to prove. */
#define FPVM_EXITED 8
/* The proof does not hold. */
#define FPVM_REJECTED 9
/* The host has no memory for this. */
#define FPVM_NO_MEMORY 10
/* A callback that reads, writes or takes a hint failed. */
#define FPVM_CALLBACK 11
/* The VM contradicts itself. No result of it can be trusted. */
#define FPVM_INTERNAL 12
/* From a callback: stop. Also the status of a proof that a callback stopped. */
#define FPVM_STOP 13

/* ---- Bytes, texts, errors ---- */

/* These two, fpvm_field and fpvm_option are elements of arrays. They never grow. */
typedef struct fpvm_bytes {
  const uint8_t *bytes; /* may be NULL if count is 0 */
  uint64_t count;
} fpvm_bytes;

typedef struct fpvm_text {
  const char *text; /* may be NULL if count is 0 */
  uint64_t count;
} fpvm_text;

/*
 * What was wrong, where, and what to do. The caller provides room; NULL drops the text. A function
 * that fails writes the first `room` bytes of the text, cut between characters, and sets `count` to
 * the bytes that it wrote. A function that succeeds writes nothing here.
 */
typedef struct fpvm_error {
  uint64_t size;
  char *text;
  uint64_t room;
  uint64_t count;
} fpvm_error;

/* ---- Machines ---- */

/* A state with its memory, its callbacks, and nothing shared with another machine. */
typedef struct fpvm_machine fpvm_machine;

/* Any kind of state: the one that the input says, or else the VM's usual one. */
#define FPVM_ANY_KIND 0xFFFFFFFFu

/* A kind of state, such as a version of the VM. Its number is its place in the table's list. */
typedef struct fpvm_kind {
  uint64_t size;
  fpvm_text name;
  fpvm_text description;
  /* Bytes of each witness; 0 if they vary. */
  uint64_t witness_size;
} fpvm_kind;

/* The name of an option that an input may have, and what its values are. */
typedef struct fpvm_option_info {
  uint64_t size;
  fpvm_text name;
  fpvm_text description;
} fpvm_option_info;

/* A chosen option. */
typedef struct fpvm_option {
  fpvm_text name;
  fpvm_text value;
} fpvm_option;

/*
 * Reads up to `room` bytes, and sets *count to their number; 0 is the end. `room` is at least 1. Any
 * status but FPVM_OK is a failure, and so is a count that is larger than the room.
 */
typedef int32_t (*fpvm_read_fn)(void *context, uint8_t *bytes, uint64_t room, uint64_t *count);

/* Takes all of the bytes; there is at least 1. Any status but FPVM_OK is a failure. */
typedef int32_t (*fpvm_write_fn)(void *context, const uint8_t *bytes, uint64_t count);

/* Where a machine comes from: bytes in memory, or a stream if `read` is not NULL. */
typedef struct fpvm_input {
  uint64_t size;
  fpvm_bytes bytes;
  fpvm_read_fn read;
  void *context;
  const fpvm_option *options;
  uint64_t option_count;
  uint32_t kind; /* a number of a kind, or FPVM_ANY_KIND */
  uint32_t reserved; /* 0 */
} fpvm_input;

/* What a machine is. */
typedef struct fpvm_info {
  uint64_t size;
  /* Steps executed since the program's start. */
  uint64_t step;
  /* Bytes of memory that the program has; 0 if the VM does not count them. */
  uint64_t memory;
  /* The program's exit code, 0 until it has exited. */
  uint64_t exit_code;
  uint32_t kind;
  /* 1 if the program has exited, else 0. */
  uint32_t exited;
} fpvm_info;

/* The most bytes of a claim. */
#define FPVM_CLAIM_MAX 64u

/* ---- Callbacks ---- */

/*
 * Sets *preimage to the bytes behind a key. They stay as they are until the VM makes another call
 * of a callback, or the call that made this one returns. Returns FPVM_OK, FPVM_NOT_FOUND, FPVM_STOP,
 * or any other status for a failure.
 */
typedef int32_t (*fpvm_preimage_fn)(
    void *context, const uint8_t *key, uint64_t count, fpvm_bytes *preimage);

/* Takes a hint. Returns FPVM_OK, FPVM_STOP, or any other status for a failure. */
typedef int32_t (*fpvm_hint_fn)(void *context, const uint8_t *hint, uint64_t count);

/* Takes what the program writes to a stream: 1 is its output, 2 its errors. */
typedef void (*fpvm_output_fn)(
    void *context, uint32_t stream, const uint8_t *bytes, uint64_t count);

/* Receives the number of steps executed. Returns FPVM_OK, or FPVM_STOP to stop the run here. */
typedef int32_t (*fpvm_progress_fn)(void *context, uint64_t step);

/* What a machine calls. A callback that is NULL has no pre-image, or drops what it would get. */
typedef struct fpvm_callbacks {
  uint64_t size;
  void *context;
  fpvm_preimage_fn preimage;
  fpvm_hint_fn hint;
  fpvm_output_fn output;
  fpvm_progress_fn progress;
  /*
   * Steps between two calls of `progress`, counted from a run's start; 0 leaves it to the VM. The
   * VM may be late by up to the table's progress_limit.
   */
  uint64_t progress_interval;
} fpvm_callbacks;

/* ---- Runs ---- */

/* Stop after each step that reads a pre-image. Needs FPVM_CAN_STOP_AT_READ. */
#define FPVM_STOP_AT_READ 1u

/* How far a run goes. */
typedef struct fpvm_run {
  uint64_t size;
  /* The number of steps since the program's start at which the run stops. */
  uint64_t until;
  uint32_t flags;
  uint32_t reserved; /* 0 */
} fpvm_run;

/* Why a run returned. */
#define FPVM_STOPPED_AT_STEP 0u
#define FPVM_STOPPED_AT_EXIT 1u
#define FPVM_STOPPED_AT_READ 2u
/* A callback wished it. The step that called it for a pre-image or a hint is not executed. */
#define FPVM_STOPPED_BY_CALLBACK 3u

typedef struct fpvm_stop {
  uint64_t size;
  /* Where the machine is. */
  uint64_t step;
  uint32_t reason;
  uint32_t reserved; /* the VM sets it to 0 */
} fpvm_stop;

/* ---- Proofs ---- */

/* A named part of a proof. Its bytes are the VM's own. */
typedef struct fpvm_field {
  fpvm_text name;
  fpvm_bytes bytes;
} fpvm_field;

/*
 * Everything that is needed to execute one step, and the claims before and after it. A VM returns
 * one, and verifies one that a caller made of the same parts.
 */
typedef struct fpvm_proof {
  uint64_t size;
  /* Steps executed before the proved one. */
  uint64_t step;
  uint32_t kind;
  /* 1 if the step reads a pre-image, else 0. The last three are empty then. */
  uint32_t has_read;
  fpvm_bytes pre;
  fpvm_bytes post;
  /* In the VM's order. */
  const fpvm_field *fields;
  uint64_t field_count;
  /* The pre-image that the step reads: its key, its bytes as the callback gave them, */
  fpvm_bytes key;
  fpvm_bytes preimage;
  /* and where the step reads, as the VM's verifier counts. */
  uint64_t offset;
} fpvm_proof;

/* ---- The table ---- */

/* What is optional. A function of an FPVM_CAN_ bit is NULL if and only if the bit is not set. */
#define FPVM_CAN_LOAD_PROGRAM 1ull
#define FPVM_CAN_CLONE 2ull
#define FPVM_CAN_PROVE 4ull /* prove and free_proof */
#define FPVM_CAN_VERIFY 8ull
#define FPVM_CAN_DESCRIBE 16ull
#define FPVM_CAN_STOP_AT_READ 32ull
/* The library may be unloaded when all that it returned is freed. */
#define FPVM_CAN_UNLOAD 64ull
/* Each byte of a proof matters: with another, or one more, or one less, it does not hold. */
#define FPVM_HAS_EXACT_PROOFS 128ull

/* Lives as long as the library, and does not change. */
typedef struct fpvm_table {
  uint64_t size;
  uint64_t capabilities;
  uint32_t abi; /* FPVM_ABI */
  uint32_t kind_count; /* at least 1 */
  const fpvm_kind *const *kinds;
  uint64_t option_count;
  const fpvm_option_info *const *options;
  /* The VM's name, and the version of this implementation. */
  fpvm_text name;
  fpvm_text version;
  /* Bytes of each claim, 1 to FPVM_CLAIM_MAX. */
  uint64_t claim_size;
  /* The most steps by which a call of the progress callback is late. */
  uint64_t progress_limit;

  /* Makes the first state of a program, in a form that the VM takes programs in. */
  int32_t (*load_program)(
      const fpvm_input *program, fpvm_machine **machine, fpvm_error *error);

  /*
   * Makes a machine of the bytes of a state. They begin with the state's claim. If the state has
   * another claim, this is FPVM_BAD_DATA.
   */
  int32_t (*load_state)(const fpvm_input *state, fpvm_machine **machine, fpvm_error *error);

  /* A second machine in the same state, without callbacks. */
  int32_t (*clone)(fpvm_machine *machine, fpvm_machine **copy, fpvm_error *error);

  /* Frees a machine. NULL does nothing. */
  int32_t (*free_machine)(fpvm_machine *machine);

  /* Frees the bytes and sets `bytes` to none. NULL, and none, do nothing. */
  void (*free_bytes)(fpvm_bytes *bytes);

  /* Sets the callbacks, all at once. NULL is none, as at first. */
  int32_t (*set_callbacks)(
      fpvm_machine *machine, const fpvm_callbacks *callbacks, fpvm_error *error);

  /* Sets all of *info that its size has room for. */
  int32_t (*info)(fpvm_machine *machine, fpvm_info *info, fpvm_error *error);

  /*
   * Writes the claim, table->claim_size bytes. If `room` is less, this is FPVM_INVALID, and nothing
   * is written. The same holds for claim_of_witness, which needs no machine.
   */
  int32_t (*claim)(fpvm_machine *machine, uint8_t *claim, uint64_t room, fpvm_error *error);

  /* What the claim is computed of. */
  int32_t (*witness)(fpvm_machine *machine, fpvm_bytes *witness, fpvm_error *error);

  /* The claim of a witness. FPVM_BAD_DATA if this can be no witness of the kind. */
  int32_t (*claim_of_witness)(
      uint32_t kind, const uint8_t *witness, uint64_t count, uint8_t *claim, uint64_t room,
      fpvm_error *error);

  /* The bytes of the state, which begin with its claim. */
  int32_t (*save_state)(fpvm_machine *machine, fpvm_bytes *state, fpvm_error *error);

  /* The same, as a stream. */
  int32_t (*write_state)(
      fpvm_machine *machine, fpvm_write_fn write, void *context, fpvm_error *error);

  /*
   * Executes steps until `until`, an exit, or what the flags or a callback wish. If a step fails,
   * with FPVM_PREIMAGE, FPVM_CALLBACK, FPVM_PANIC or FPVM_NO_MEMORY, the machine is in the state
   * before it. This is no change back: the steps before the one that failed are executed.
   */
  int32_t (*run)(fpvm_machine *machine, const fpvm_run *run, fpvm_stop *stop, fpvm_error *error);

  /* Executes one step and proves it. Free *proof with free_proof. */
  int32_t (*prove)(fpvm_machine *machine, const fpvm_proof **proof, fpvm_error *error);

  /* Frees a proof that `prove` returned. NULL does nothing. */
  void (*free_proof)(const fpvm_proof *proof);

  /*
   * Executes the step from the proof alone and checks the claims. FPVM_OK: the proof holds.
   * FPVM_REJECTED: it does not, or is no proof of this VM.
   */
  int32_t (*verify)(const fpvm_proof *proof, fpvm_error *error);

  /* One line for people about what the next step does. */
  int32_t (*describe)(fpvm_machine *machine, fpvm_bytes *text, fpvm_error *error);
} fpvm_table;

/* Whether a table has a function, or another member that is a pointer. */
#define FPVM_HAS(table, member)                                                      \
  ((table)->size >= offsetof(fpvm_table, member) + sizeof((table)->member) && \
   (table)->member != NULL)

/* A VM's one exported function. NULL if it does not have this version of the interface. */
FPVM_EXPORT const fpvm_table *fpvm_get(uint32_t abi);

typedef const fpvm_table *(*fpvm_get_fn)(uint32_t abi);

#ifdef __cplusplus
}
#endif

#endif
