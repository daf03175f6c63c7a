/*
 * Falconet, a fault-proof VM that is compatible with Cannon. This is its interface for C and other
 * languages.
 *
 * Errors. A call returns a falconet_status; FALCONET_OK, 0, is success. After any other status,
 * falconet_error_message() on the same thread says what was wrong, where, and what to do. A call
 * that fails sets the handle that it would have created to NULL, or its buffer to empty, and writes
 * no other result.
 *
 * Handles. Machines, proofs, traces, programs and profiles are opaque. Free each handle once, with
 * the free function of its kind. NULL, a handle of another kind and one that has been freed are
 * FALCONET_INVALID_ARGUMENT: no handle value is used twice.
 *
 * Buffers. Arguments belong to the caller and are not used after the call. A falconet_buffer that
 * the library fills belongs to the caller, who frees it with falconet_buffer_free(). Strings end
 * with a zero byte; those that the library returns belong to the library. Paths and a command's
 * words are bytes in any encoding. All other strings are UTF-8; in a message, \xFF stands for a
 * byte of a path that is not.
 *
 * Threads. Any thread may use any handle, one call at a time. If another call is using the handle,
 * on another thread or around the callback that makes the call, the call does nothing and returns
 * FALCONET_BUSY. There are three exceptions: the functions that cancel and resume; traces and
 * programs, which many threads may use at once; and the callbacks of falconet_machine_run_events()
 * and falconet_machine_observe(), which may look at their machine. Different handles are independent, so machines run in parallel.
 * A calling thread needs 64 KiB of stack. After fork(), the child must not use handles that its
 * parent created.
 *
 * Callbacks run on the thread of the call that needs them, before it returns; only the output of a
 * pre-image server arrives on a thread of its own. They receive the context that was passed when
 * they were set. Pointers passed to them are valid until they return. They must return normally: an
 * exception or longjmp must not leave them.
 *
 * The library handles no signals and writes nothing to standard output or error.
 */
#ifndef FALCONET_H
#define FALCONET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Versions, errors, buffers ---- */

/*
 * Increases when a declaration of this header changes or is removed; additions do not change it.
 * The library's file is named libfalconet.so.FALCONET_ABI_VERSION.
 */
#define FALCONET_ABI_VERSION 1

/* The FALCONET_ABI_VERSION that the library was built with. */
uint32_t falconet_abi_version(void);

/* The version of Falconet, such as "0.1.0". */
const char *falconet_version(void);

typedef enum falconet_status {
  FALCONET_OK = 0,
  /* A required pointer is NULL, a handle is not valid, or a value is out of range. */
  FALCONET_INVALID_ARGUMENT = 1,
  /* Another call is using the handle. */
  FALCONET_BUSY = 2,
  /* There is no such file, thread, pre-image, or other thing that was requested. */
  FALCONET_NOT_FOUND = 3,
  /* A file cannot be opened, read or written, or a read or write callback failed. */
  FALCONET_IO_ERROR = 4,
  /* The data is corrupt, or not of this kind. */
  FALCONET_BAD_DATA = 5,
  /* This kind of data, or the requested format, does not support the operation. */
  FALCONET_UNSUPPORTED = 6,
  /* A pre-image is not available, or does not match its key. Says nothing about the claim. */
  FALCONET_PREIMAGE_ERROR = 7,
  /* The guest did something illegal: there is no next state. */
  FALCONET_PANIC = 8,
  /* The host has no memory for the next state, or the guest has reached its page limit. */
  FALCONET_NO_MEMORY = 9,
  /* The program has exited, so there is no step to prove. */
  FALCONET_EXITED = 10,
  /* The proof does not hold. */
  FALCONET_REJECTED = 11,
  /*
   * Two computations of one state differ: those of the compared engines, or what a trace knows and
   * what it computes. No result can be trusted.
   */
  FALCONET_MISMATCH = 12,
  /* The call was cancelled. */
  FALCONET_CANCELLED = 13,
  /* Another process, or another handle, is using the directory. */
  FALCONET_LOCKED = 14,
  /* The disk budget is exhausted, or the disk is full. */
  FALCONET_NO_ROOM = 15
} falconet_status;

/*
 * What was wrong in the last failed call of this thread; "" before the first. Valid until the next
 * call that fails. At most 4095 bytes.
 */
const char *falconet_error_message(void);

/* Bytes that the library hands out. */
typedef struct falconet_buffer {
  uint8_t *bytes; /* NULL if count is 0 */
  size_t count;
} falconet_buffer;

/* Frees a buffer's bytes and makes it empty. NULL and an empty buffer are allowed. */
void falconet_buffer_free(falconet_buffer *buffer);

/* ---- Streams ---- */

/*
 * Reads up to count bytes; count is at least 1. Returns how many were read; 0 is the end, and a
 * negative number a failure.
 */
typedef int64_t (*falconet_read_fn)(void *context, void *bytes, size_t count);

/* Accepts all of the bytes. Returns 0; any other number is a failure. */
typedef int32_t (*falconet_write_fn)(void *context, const void *bytes, size_t count);

typedef enum falconet_compression {
  FALCONET_COMPRESSION_NONE = 0,
  FALCONET_COMPRESSION_GZIP = 1,
  FALCONET_COMPRESSION_ZSTD = 2
} falconet_compression;

/* ---- Machines: opening ---- */

/* A machine: a state, its memory, and its source of pre-images. */
typedef struct falconet_machine falconet_machine;

/* Everything that a contract needs to execute one step, and the claim after it. */
typedef struct falconet_proof falconet_proof;

typedef enum falconet_format {
  /* By the content when a snapshot is read, by the file's name when it is written. */
  FALCONET_FORMAT_AUTO = 0,
  /* Cannon's binary format, all state versions. */
  FALCONET_FORMAT_BIN = 1,
  /* Cannon's JSON format, state version 0. */
  FALCONET_FORMAT_JSON = 2,
  /* The binary format that was proposed and never merged, state version 0. */
  FALCONET_FORMAT_PR7559 = 3,
  /* Falconet's own format, all state versions. */
  FALCONET_FORMAT_FSNAP = 4
} falconet_format;

/* How to read a snapshot. NULL stands for all zeros. */
typedef struct falconet_reading {
  falconet_format format;
  /*
   * The base of a delta, or a directory of bases. NULL: the directory of the delta's file; a delta
   * that does not come from a file needs a base.
   */
  const char *base;
  /*
   * Do not hash the pages of a .fsnap file. Use it only for files that this installation wrote. The
   * claim is then unverified: see falconet_machine_is_verified().
   */
  bool trust_pages;
} falconet_reading;

/* Opens a snapshot in a file, uncompressed or compressed with gzip or zstd. */
falconet_status falconet_machine_open(
    const char *path, const falconet_reading *reading, falconet_machine **machine);

/* Opens a snapshot in memory. */
falconet_status falconet_machine_open_memory(
    const void *bytes, size_t count, const falconet_reading *reading, falconet_machine **machine);

/* Opens a snapshot that a callback reads from start to end. */
falconet_status falconet_machine_open_stream(
    falconet_read_fn read, void *context, const falconet_reading *reading,
    falconet_machine **machine);

/* Loads an ELF file into a machine of a state version, ready to execute its first step. */
falconet_status falconet_machine_load_elf(
    const char *path, uint32_t version, falconet_machine **machine);

/* Loads an ELF file in memory. */
falconet_status falconet_machine_load_elf_memory(
    const void *bytes, size_t count, uint32_t version, falconet_machine **machine);

/* Frees a machine. NULL is allowed. */
falconet_status falconet_machine_free(falconet_machine *machine);

/* ---- Revisions ---- */

/*
 * The semantics of a state version have sometimes changed without a new version number. Each such
 * change is a revision, named by a contract version or by a date. A machine executes by the
 * revision that its snapshot records (only .fsnap files do), or else by the newest.
 */

/*
 * The name of a revision of a state version, by its position; 0 is the newest. NULL if there is no
 * such version or revision. It is the first name that `falconet list` prints for it.
 */
const char *falconet_revision_name(uint32_t version, size_t position);

/*
 * Sets the revision by which the machine executes steps. Any name of a revision of its state
 * version is accepted; NULL selects the newest. FALCONET_NOT_FOUND if the version has no revision
 * of that name.
 */
falconet_status falconet_machine_set_revision(falconet_machine *machine, const char *revision);

/* The name of the revision by which steps are executed. */
falconet_status falconet_machine_revision(
    const falconet_machine *machine, const char **revision);

/* ---- Machines: pre-images and output ---- */

/* Receives a pre-image from a callback; valid until the callback returns. */
typedef struct falconet_answer falconet_answer;

/* Appends bytes to the pre-image, at most 1 GiB in total. */
falconet_status falconet_answer_append(falconet_answer *answer, const void *bytes, size_t count);

/* States why there is no pre-image, for the message of the resulting error. */
falconet_status falconet_answer_explain(falconet_answer *answer, const char *reason);

/*
 * Appends the whole pre-image of a key, without a length prefix, to answer; nothing for an empty
 * one. Returns FALCONET_OK, FALCONET_NOT_FOUND if there is none, or any other status for a failure.
 */
typedef falconet_status (*falconet_preimage_fn)(
    void *context, const uint8_t key[32], falconet_answer *answer);

/* Receives one hint, without its length prefix. Any status but FALCONET_OK ends the run. */
typedef falconet_status (*falconet_hint_fn)(void *context, const uint8_t *hint, size_t count);

/*
 * Sets a callback as the source of pre-images, called once each time the guest names another key,
 * and another callback that receives hints. NULL: no pre-images, hints are dropped. Pre-images of
 * types 2 (keccak256) and 4 (sha256) are checked against their keys.
 */
falconet_status falconet_machine_set_preimages(
    falconet_machine *machine, falconet_preimage_fn preimage, falconet_hint_fn hint, void *context);

/* Sets a directory in which a host stored pre-images as their source. Hints are dropped. */
falconet_status falconet_machine_set_preimage_folder(falconet_machine *machine, const char *path);

/* Sets the local input (key type 1) of an index, which takes precedence over the source. */
falconet_status falconet_machine_set_local_input(
    falconet_machine *machine, uint64_t index, const void *bytes, size_t count);

/* Receives what is written to standard output (stream 1) or standard error (stream 2). */
typedef void (*falconet_output_fn)(
    void *context, int32_t stream, const uint8_t *bytes, size_t count);

/* No timeout. */
#define FALCONET_FOREVER UINT32_MAX

/*
 * Starts a pre-image server as op-challenger does, as the source of pre-images and the receiver of
 * hints. `command` is its program, looked up in PATH if the name has no slash, and its arguments,
 * and ends with NULL. `timeout` is how many seconds a request may wait without a byte; 0 stands for
 * 900. `output` receives what the server writes, on a thread of its own or, if the system gives
 * none, on the thread of a call, and must not call anything for the machine; NULL drops it. The
 * server is ended with the machine, with this process however it ends, or when another source is
 * set. This takes as long as the server does, and at most about a minute if it ignores the end of
 * its input and SIGINT.
 */
falconet_status falconet_machine_set_preimage_server(
    falconet_machine *machine, const char *const *command, uint32_t timeout,
    falconet_output_fn output, void *context);

/* Sets a callback that receives the guest's output. NULL, the default, drops it. */
falconet_status falconet_machine_set_output(
    falconet_machine *machine, falconet_output_fn output, void *context);

/* Which hints a server gets if there is a store. */
typedef enum falconet_hints {
  /* Before a request that the store cannot answer, the last hint of each kind. */
  FALCONET_HINTS_LAST = 0,
  /* Before such a request, all hints since the request before. */
  FALCONET_HINTS_ALL = 1,
  /* Each hint when the guest writes it. */
  FALCONET_HINTS_EAGER = 2
} falconet_hints;

/* Receives a sentence, or a key. */
typedef void (*falconet_report_fn)(void *context, const char *text);

/* How a store is used. */
typedef struct falconet_store_options {
  /* Bytes that its file may have; 0 stands for 10 GiB. What was not used for longest goes first. */
  uint64_t limit;
  /* Which hints a server gets. */
  falconet_hints hints;
  /*
   * Whether blobs and results of precompiles, which cannot be checked, are served that the same
   * host gave before.
   */
  bool trusts_blobs;
  bool trusts_precompiles;
  /*
   * The name of the host: a program and its words before the first flag, with spaces between them.
   * NULL stands for the server's command, or for the directory; callbacks have none, and without
   * one such pre-images are neither stored nor served.
   */
  const char *host;
  /*
   * Receives what could not be read or written, on the thread of the call that executes; NULL drops
   * it.
   */
  falconet_report_fn report;
  void *context;
} falconet_store_options;

/*
 * Sets a directory of pre-images that processes share, which answers before the source is asked and
 * keeps what the source gives. It is created if it does not exist. `options` may be NULL: nothing
 * that cannot be checked is served. NULL as `path`, the default, is no store. With a store, a server
 * is started at the first request that the store cannot answer; one that runs is ended by this call.
 *
 * A store fails no run: what cannot be read is missing, and what cannot be written is left out. When
 * a call that executes steps returns, what its source gave is written, and outlasts the process.
 */
falconet_status falconet_machine_set_preimage_store(
    falconet_machine *machine, const char *path, const falconet_store_options *options);

/* ---- Machines: running ---- */

/*
 * What executes steps. All give the same states. If the host does not support one, the next one is
 * used.
 */
typedef enum falconet_engine {
  /* Translated to the host's machine code. The default. */
  FALCONET_ENGINE_TRANSLATOR = 0,
  /* Decoded blocks, on any processor. */
  FALCONET_ENGINE_PORTABLE = 1,
  /* One step at a time. */
  FALCONET_ENGINE_STEP = 2,
  /* The first of these together with the last; both states are compared at intervals. */
  FALCONET_ENGINE_CHECK = 3,
  /* Former names. */
  FALCONET_ENGINE_JIT = FALCONET_ENGINE_TRANSLATOR,
  FALCONET_ENGINE_INTERPRETER = FALCONET_ENGINE_PORTABLE
} falconet_engine;

falconet_status falconet_machine_set_engine(falconet_machine *machine, falconet_engine engine);

/*
 * The most pages of 4096 bytes that the guest may have; 0, the default, is no limit. A step that
 * needs one more gives FALCONET_NO_MEMORY, and the machine is in the state before it.
 */
falconet_status falconet_machine_set_page_limit(falconet_machine *machine, uint64_t pages);

/*
 * The most bytes of hints that the source of pre-images gets at once, including unfinished ones; 0,
 * the default, stands for 8 GiB. A step that would exceed it gives FALCONET_PREIMAGE_ERROR, and the
 * machine is in the state before it. A single hint may have at most 1 GiB.
 */
falconet_status falconet_machine_set_hint_limit(falconet_machine *machine, uint64_t bytes);

/*
 * Receives the number of steps executed. Returns whether to continue; false has the effect of a
 * cancellation.
 */
typedef bool (*falconet_progress_fn)(void *context, uint64_t step);

/*
 * Sets a callback for the progress of a run, called at least every 25 million steps, but not before
 * `interval` steps have passed since the last call. NULL, the default, reports nothing.
 */
falconet_status falconet_machine_set_progress(
    falconet_machine *machine, falconet_progress_fn progress, uint64_t interval, void *context);

/*
 * Stops the run in progress within 25 million steps, or 200 ms if it waits for a pre-image server.
 * If none is in progress, the next one stops before its first step. A step that waits is abandoned,
 * also in falconet_machine_prove(), which then gives FALCONET_CANCELLED, and the server is
 * restarted for the next one. May be called at any time from any thread, and from callbacks.
 */
falconet_status falconet_machine_cancel(falconet_machine *machine);

/*
 * Withdraws a cancellation that has not stopped a run yet. May be called at any time from any
 * thread.
 */
falconet_status falconet_machine_resume(falconet_machine *machine);

/*
 * Makes runs stop before an instruction at an address from start up to, but not at, end. If start
 * equals end, the default, they do not.
 */
falconet_status falconet_machine_set_stop_range(
    falconet_machine *machine, uint64_t start, uint64_t end);

/* Why a run returned. */
typedef enum falconet_stop {
  /* The run has reached the step. */
  FALCONET_STOP_STEP = 0,
  /* The program exited. */
  FALCONET_STOP_EXITED = 1,
  /* The last step read part of a pre-image: see falconet_machine_last_read(). */
  FALCONET_STOP_PREIMAGE_READ = 2,
  /* The run was cancelled. It can continue. */
  FALCONET_STOP_CANCELLED = 3,
  /* The next instruction is in the range of falconet_machine_set_stop_range(). */
  FALCONET_STOP_ADDRESS = 4
} falconet_stop;

/* A flag of falconet_machine_run(): stop after each step that reads part of a pre-image. */
#define FALCONET_RUN_TO_PREIMAGE_READ 1u

/*
 * Runs until `step` steps have been executed in total, counted from the program's start, or until
 * something else stops it. A machine past that step does nothing. `flags` is 0 or
 * FALCONET_RUN_TO_PREIMAGE_READ.
 *
 * FALCONET_PANIC, FALCONET_PREIMAGE_ERROR and FALCONET_NO_MEMORY leave the machine in the state
 * before the step that failed.
 */
falconet_status falconet_machine_run(
    falconet_machine *machine, uint64_t step, uint32_t flags, falconet_stop *stop);

/* ---- Machines: runs with events ---- */

/* The steps at which something happens. All zeros is none. */
typedef struct falconet_steps {
  /* `count` steps in any order. NULL is allowed if count is 0. */
  const uint64_t *at;
  size_t count;
  /* Also every step that this number divides, including step 0; 0 is no such step. */
  uint64_t every;
} falconet_steps;

/*
 * Receives the proof of a step that has just been executed, and must free it, during the callback or
 * later. Returns whether to continue; false has the effect of a cancellation.
 */
typedef bool (*falconet_proof_fn)(void *context, falconet_proof *proof);

/*
 * Receives the machine before it executes a step. The callback may call every function that takes a
 * const falconet_machine: it may save the state, compute its claim, or read its memory. Returns
 * whether to continue; false has the effect of a cancellation.
 */
typedef bool (*falconet_pause_fn)(void *context, const falconet_machine *machine);

/* What happens during a run. At one step, the pause comes before the proof. */
typedef struct falconet_events {
  /* The steps that are proved, and what receives the proofs. NULL drops them. */
  falconet_steps proofs;
  falconet_proof_fn on_proof;
  /* The steps before which the run pauses, and what is called then. */
  falconet_steps pauses;
  falconet_pause_fn on_pause;
  /* What the callbacks get. */
  void *context;
} falconet_events;

/*
 * Like falconet_machine_run(), with events on the way, in one pass. NULL is no events. Events before
 * the step at which the run starts, or at or after the one at which it stops, do not happen. After an
 * error or a cancellation the next run can continue with the same events; a pause whose callback
 * returned false happens again.
 */
falconet_status falconet_machine_run_events(
    falconet_machine *machine, uint64_t step, uint32_t flags, const falconet_events *events,
    falconet_stop *stop);

/* ---- Machines: observing steps ---- */

/* Bytes of the guest's memory. */
typedef struct falconet_range {
  uint64_t start;
  /* The number of bytes; 0 is no range. */
  uint64_t count;
} falconet_range;

/*
 * The steps that falconet_machine_observe() reports: those that one of the conditions holds for. All
 * zeros is none. Lists may be NULL if they have no elements.
 */
typedef struct falconet_filter {
  /* Bytes that a step writes. With those of reads they are at most 1 MiB. */
  const falconet_range *writes;
  size_t write_count;
  /* Bytes that a step reads. The run is slower while there are any. */
  const falconet_range *reads;
  size_t read_count;
  /* Addresses of instructions that a step executes. */
  const uint64_t *addresses;
  size_t address_count;
  /* Whether a step counts that executes a system call. */
  bool system_calls;
  /* Whether a step counts that begins to read a pre-image, or completes a hint. */
  bool host_requests;
} falconet_filter;

/* What a step did. */
typedef enum falconet_observed {
  FALCONET_OBSERVED_INSTRUCTION = 0,
  FALCONET_OBSERVED_WRITE = 1,
  FALCONET_OBSERVED_READ = 2,
  FALCONET_OBSERVED_SYSTEM_CALL = 3,
  FALCONET_OBSERVED_PREIMAGE = 4,
  FALCONET_OBSERVED_HINT = 5
} falconet_observed;

/* One thing that a step did. Words of 32-bit machines are zero-extended. */
typedef struct falconet_observation {
  falconet_observed kind;
  /* Steps executed before this one; the thread, and its instruction. */
  uint64_t step;
  uint64_t thread;
  uint64_t pc;
  /* The thread's 32 registers, then HI and LO, before the step. Valid during the callback. */
  const uint64_t *registers;
  /* Of a write or a read: the first byte. */
  uint64_t address;
  /* Bytes that are written or read, or that the pre-image or the hint has. */
  uint64_t size;
  /* Of a write or a read: the first 8 bytes, or all if they are fewer, as a number. */
  uint64_t before;
  uint64_t after;
  /* Of a system call: its number, Linux's name or NULL, and its arguments, 4 in a 32-bit machine. */
  uint64_t number;
  const char *name;
  uint64_t arguments[6];
  /* Its answer, or the number of its error, if any. The thread waits if it has not been answered. */
  bool is_answered;
  uint64_t result;
  uint64_t error;
  /* The key of the pre-image, or the first 1024 bytes of the hint. Valid during the callback. */
  const uint8_t *bytes;
  size_t count;
} falconet_observation;

/*
 * Receives what a step did, right after the step. The callback may call every function that takes a
 * const falconet_machine. Returns whether to continue; false has the effect of a cancellation after the
 * step.
 */
typedef bool (*falconet_observe_fn)(
    void *context, const falconet_machine *machine, const falconet_observation *observation);

/*
 * Runs like falconet_machine_run() with flags 0, and reports what steps do. Between these steps the
 * engine runs at its speed. The stop range does not count.
 */
falconet_status falconet_machine_observe(
    falconet_machine *machine, uint64_t step, const falconet_filter *filter,
    falconet_observe_fn observe, void *context, falconet_stop *stop);

/*
 * The key and offset of the part of a pre-image that the last step read. The offset is counted from
 * the length prefix. FALCONET_NOT_FOUND if it read none.
 */
falconet_status falconet_machine_last_read(
    const falconet_machine *machine, uint8_t key[32], uint64_t *offset);

/* ---- Machines: state ---- */

/* The number of the state version. */
falconet_status falconet_machine_version(const falconet_machine *machine, uint32_t *version);

/* Steps executed since the program's start. */
falconet_status falconet_machine_step(const falconet_machine *machine, uint64_t *step);

/* Whether the program has exited, and its exit code, 0 if it has not. */
falconet_status falconet_machine_exit(
    const falconet_machine *machine, bool *exited, uint8_t *code);

/* The claim: 32 bytes. Hashes the pages that have changed. */
falconet_status falconet_machine_claim(const falconet_machine *machine, uint8_t claim[32]);

/*
 * The witness. The claim is its hash, except for the first byte. Hashes the pages that have
 * changed.
 */
falconet_status falconet_machine_witness(
    const falconet_machine *machine, falconet_buffer *witness);

/*
 * Whether the machine's state is known to have its snapshot's claim. False at first if it was
 * opened with trust_pages. The next call that hashes pages anyway, before a step is executed,
 * compares them with the claim: a call for a claim, a witness, a proof, a .fsnap snapshot or a
 * trace. If they differ, that call and all later ones of this kind give FALCONET_BAD_DATA; if not,
 * the machine is verified. Once a step has been executed there is nothing left to compare, and
 * everything that such a machine returns stays unverified.
 */
falconet_status falconet_machine_is_verified(const falconet_machine *machine, bool *verified);

/* The number of pages of 4096 bytes in the memory. */
falconet_status falconet_machine_page_count(const falconet_machine *machine, uint64_t *count);

/*
 * Reads memory. The range wraps at the end of the address space. Memory that was never written is
 * zero.
 */
falconet_status falconet_machine_read_memory(
    const falconet_machine *machine, uint64_t address, void *bytes, size_t count);

/* A thread. Words of 32-bit machines are zero-extended. */
typedef struct falconet_thread {
  uint64_t id;
  uint64_t pc;
  uint64_t next_pc;
  uint64_t lo;
  uint64_t hi;
  uint64_t registers[32];
  /* What a thread waits for, in state versions 1, 3 and 4; otherwise 0. */
  uint64_t futex_address; /* all ones if it waits for nothing */
  uint64_t futex_value;
  uint64_t futex_timeout_step;
  uint8_t exit_code;
  bool exited;
  /* Whether it is on the right stack. */
  bool right;
  /* Whether the next step executes it. */
  bool active;
} falconet_thread;

/* The number of threads. */
falconet_status falconet_machine_thread_count(const falconet_machine *machine, size_t *count);

/* A thread by its position: the threads of the left stack first, each stack from the bottom. */
falconet_status falconet_machine_thread(
    const falconet_machine *machine, size_t position, falconet_thread *thread);

/* ---- Machines: saving ---- */

/*
 * Writes a snapshot. The file appears completely or not at all. It is compressed with gzip if its
 * name ends in .gz.
 *
 * A .fsnap file states a claim, but not whether it was verified: if a machine was opened with
 * trust_pages and has executed steps since, falconet_machine_is_verified() says so, and
 * nothing in the file does.
 */
falconet_status falconet_machine_save(
    const falconet_machine *machine, const char *path, falconet_format format);

/* Writes a snapshot through a callback, in any format except FALCONET_FORMAT_AUTO. */
falconet_status falconet_machine_write(
    const falconet_machine *machine, falconet_format format, falconet_compression compression,
    falconet_write_fn write, void *context);

/* ---- Snapshots in files, without loading them ---- */

/* What a snapshot is. */
typedef struct falconet_snapshot_info {
  /* Steps executed since the program's start. */
  uint64_t step;
  uint8_t claim[32];
  /* The number of the state version. */
  uint32_t version;
  /* Whether the program has exited, and its exit code, 0 if it has not. */
  bool exited;
  uint8_t exit_code;
  /* Whether the claim comes from the pages. False for a .fsnap file that is read with trust_pages. */
  bool verified;
} falconet_snapshot_info;

/*
 * The claim of a snapshot's file and its witness, in one pass over the file. The memory that this
 * takes does not grow with the pages. `witness` may be NULL.
 */
falconet_status falconet_snapshot_describe(
    const char *path, const falconet_reading *reading, falconet_snapshot_info *info,
    falconet_buffer *witness);

/*
 * Writes a snapshot's file in another format, without loading it. The new file appears completely
 * or not at all, and may replace the old one. It is compressed with gzip if its name ends in .gz.
 */
falconet_status falconet_snapshot_convert(
    const char *path, const falconet_reading *reading, const char *output, falconet_format format);

/* ---- Differences of states ---- */

typedef enum falconet_difference_kind {
  /* A field of the state. */
  FALCONET_DIFFERENCE_FIELD = 0,
  /* A field or a register of a thread that both states have. */
  FALCONET_DIFFERENCE_THREAD_FIELD = 1,
  /* A thread that only one state has. */
  FALCONET_DIFFERENCE_THREAD = 2,
  /* A page that only one state has. Its words follow; the other state's count as zeros. */
  FALCONET_DIFFERENCE_PAGE = 3,
  /* A word of memory, 4 or 8 bytes as the first state's version has them. */
  FALCONET_DIFFERENCE_WORD = 4
} falconet_difference_kind;

/* One difference of two states. Pointers are valid until the callback returns. */
typedef struct falconet_difference {
  falconet_difference_kind kind;
  /* Which of the states has the field, thread, page or word. At least one has it. */
  bool in_first;
  bool in_second;
  /* The name of the field or register, as `falconet diff` prints it; NULL for other kinds. */
  const char *name;
  /* The number of the thread; 0 if the difference is not one of a thread. */
  uint64_t thread;
  /* The address of the page or word; 0 for other kinds. */
  uint64_t address;
  /* The values of a field, a register or a word; 0 for a state that does not have it. */
  uint64_t first;
  uint64_t second;
  /* The values of a field that holds bytes, such as a hash; NULL for all others. */
  const uint8_t *first_bytes;
  size_t first_count;
  const uint8_t *second_bytes;
  size_t second_count;
} falconet_difference;

/* Receives one difference. */
typedef void (*falconet_difference_fn)(void *context, const falconet_difference *difference);

/* How much of two states differs. */
typedef struct falconet_difference_totals {
  /* Pages of 4096 bytes that differ, and words in them. All are counted. */
  uint64_t pages;
  uint64_t words;
  /* Whether the two are the same state with the same memory. */
  bool same;
} falconet_difference_totals;

/*
 * Compares two snapshots' files as they are read, in any formats. Reports fields first, then threads,
 * then the words of the `pages` pages with the lowest addresses among those that differ. The pages of
 * the first are stored in a temporary file (TMPDIR). `difference` and `totals` may be NULL.
 */
falconet_status falconet_snapshot_diff(
    const char *first, const falconet_reading *first_reading, const char *second,
    const falconet_reading *second_reading, size_t pages, falconet_difference_fn difference,
    void *context, falconet_difference_totals *totals);

/* Like falconet_snapshot_diff(), of the current states of two different machines. */
falconet_status falconet_machine_diff(
    const falconet_machine *first, const falconet_machine *second, size_t pages,
    falconet_difference_fn difference, void *context, falconet_difference_totals *totals);

/* ---- Proofs ---- */

/* Executes one step and proves it. FALCONET_EXITED if the program has exited. */
falconet_status falconet_machine_prove(falconet_machine *machine, falconet_proof **proof);

/* Opens a file with one proof, as Cannon and Falconet write it, compressed or not. */
falconet_status falconet_proof_open(const char *path, falconet_proof **proof);

/* Opens the contents of such a file in memory. */
falconet_status falconet_proof_open_memory(
    const void *bytes, size_t count, falconet_proof **proof);

/* Frees a proof. NULL is allowed. */
falconet_status falconet_proof_free(falconet_proof *proof);

/* A state version that is unknown, or any. */
#define FALCONET_ANY_VERSION 0xFFFFFFFFu

/* The parts of a proof that have a fixed size. */
typedef struct falconet_proof_info {
  /* Steps executed before the proved one. */
  uint64_t step;
  uint8_t pre[32];
  uint8_t post[32];
  uint8_t preimage_key[32];
  /* Offset of the part that is read, counted from the length prefix. */
  uint64_t preimage_offset;
  /* FALCONET_ANY_VERSION if the proof does not say. */
  uint32_t version;
  /* Files may omit these; their fields are then zero. */
  bool has_step;
  bool has_pre;
  /* Whether the step reads part of a pre-image. */
  bool has_preimage;
} falconet_proof_info;

falconet_status falconet_proof_get_info(const falconet_proof *proof, falconet_proof_info *info);

/* The witness before the step. */
falconet_status falconet_proof_state_data(const falconet_proof *proof, falconet_buffer *data);

/* The witness of the thread (in versions with threads), followed by the memory proofs. */
falconet_status falconet_proof_proof_data(const falconet_proof *proof, falconet_buffer *data);

/* The whole pre-image that the step reads from, preceded by its length in 8 bytes, big-endian. */
falconet_status falconet_proof_preimage(const falconet_proof *proof, falconet_buffer *preimage);

/*
 * Writes a proof file. It appears completely or not at all, and is compressed with gzip if its name
 * ends in .gz.
 */
falconet_status falconet_proof_save(const falconet_proof *proof, const char *path);

/* Writes a proof's JSON through a callback. */
falconet_status falconet_proof_write(
    const falconet_proof *proof, falconet_compression compression, falconet_write_fn write,
    void *context);

/*
 * Executes the step from the proof alone, and checks the claims. FALCONET_OK means that the proof
 * holds, FALCONET_REJECTED that it does not; the message says why.
 *
 * With FALCONET_ANY_VERSION the version is the proof's own, or else every version whose data has
 * these sizes; the proof must then hold in each of them.
 */
falconet_status falconet_proof_verify(const falconet_proof *proof, uint32_t version);

/*
 * Like falconet_proof_verify(), but under the named revision, in the versions that have it. Any of
 * its names is accepted. NULL selects the newest of each version, as there. FALCONET_NOT_FOUND if
 * no requested version has a revision of that name.
 */
falconet_status falconet_proof_verify_revision(
    const falconet_proof *proof, uint32_t version, const char *revision);

/* A call of a contract. Pointers are valid until the callback returns. */
typedef struct falconet_contract_call {
  /*
   * "load" loads the part of a pre-image that the step reads, "read" asks whether it is loaded,
   * "step" executes the step.
   */
  const char *purpose;
  /* "PreimageOracle" or "MIPS". */
  const char *contract;
  /* The function's signature, such as "step(bytes,bytes,bytes32)". */
  const char *function;
  /* The call's data: the selector and the encoded arguments. */
  const uint8_t *data;
  size_t count;
} falconet_contract_call;

/* Receives one call of a contract. */
typedef void (*falconet_contract_call_fn)(void *context, const falconet_contract_call *call);

/* What contract calls need that a proof does not contain. NULL stands for all zeros. */
typedef struct falconet_calldata_options {
  /* The local context of the dispute, 32 bytes; NULL: zeros. */
  const uint8_t *local_context;
  /*
   * The address of the dispute game, 20 bytes, for "read" of local inputs; NULL: there is none
   * then.
   */
  const uint8_t *caller;
  /* The KZG proof of a blob's field element, 48 bytes; needed to load one. */
  const uint8_t *kzg_proof;
  /*
   * The directory in which a host stored what the keys of blobs and precompiles are hashes of;
   * needed to load one of these.
   */
  const char *preimage_folder;
} falconet_calldata_options;

/*
 * Reports the contract calls that execute a proof's step, in the order in which they are made: load
 * and read if the step reads a pre-image, then step. Does not verify the proof. FALCONET_NOT_FOUND
 * if an option that this proof needs is missing; the message says which.
 */
falconet_status falconet_proof_calldata(
    const falconet_proof *proof, const falconet_calldata_options *options,
    falconet_contract_call_fn call, void *context);

/* ---- Comparing runs ---- */

/* The first step at which two runs differ. */
typedef struct falconet_divergence {
  /*
   * Steps executed before the one that differs; the states before it are the same, unless at_start.
   * If the runs do not differ, the last step that was compared.
   */
  uint64_t step;
  /* The claims after the step; zeros for a run that cannot execute it. */
  uint8_t first[32];
  uint8_t second[32];
  /*
   * The proofs of the step, each of which the caller frees; NULL for a run that cannot execute it
   * or of which only claims are known, if at_start, and if the runs do not differ.
   */
  falconet_proof *first_proof;
  falconet_proof *second_proof;
  /* Whether the runs differ up to the limit. */
  bool differs;
  /* Whether they differ from the first state on. */
  bool at_start;
  /* Whether each run can execute the step. */
  bool has_first;
  bool has_second;
} falconet_divergence;

/*
 * Finds the first step at which two different machines differ, by executing copies with the machines'
 * sources of pre-images, engines and revisions. The machines do not change. `limit` is the last step
 * that is compared. FALCONET_INVALID_ARGUMENT if they are not at the same step, or not of the same
 * version. falconet_machine_cancel() on either ends the call with FALCONET_CANCELLED.
 *
 * Each copy executes at most three times as many steps as precede the difference.
 */
falconet_status falconet_machine_bisect(
    falconet_machine *first, falconet_machine *second, uint64_t limit,
    falconet_divergence *divergence);

/*
 * Writes the claim of the state after `step` steps of a run, after its end that of the state that
 * exited. Returns FALCONET_OK, FALCONET_PANIC if the run cannot execute that many, or any other
 * status for a failure.
 */
typedef falconet_status (*falconet_claim_fn)(void *context, uint64_t step, uint8_t claim[32]);

/*
 * Like falconet_machine_bisect(), with a run of which only claims are known as the second: those of
 * a trace, of another VM, or of an opponent. The callback is called for steps from the machine's
 * on, and must not use the machine. If it fails, this call gives the callback's status.
 */
falconet_status falconet_machine_bisect_claims(
    falconet_machine *first, falconet_claim_fn second, void *context, uint64_t limit,
    falconet_divergence *divergence);

/* ---- Programs ---- */

/* The program of an ELF file. Many threads may use one at once. */
typedef struct falconet_program falconet_program;

/* Opens an ELF file, which may be stripped. */
falconet_status falconet_program_open(const char *path, falconet_program **program);

/* Opens an ELF file in memory. */
falconet_status falconet_program_open_memory(
    const void *bytes, size_t count, falconet_program **program);

/* Frees a program. NULL is allowed. */
falconet_status falconet_program_free(falconet_program *program);

typedef enum falconet_finding_kind {
  /* An instruction that the state version lacks. */
  FALCONET_FINDING_INSTRUCTION = 0,
  /* A system call that the state version lacks. */
  FALCONET_FINDING_SYSTEM_CALL = 1,
  /* Another reason why the program may not do in the VM what it does elsewhere. */
  FALCONET_FINDING_CONCERN = 2
} falconet_finding_kind;

/*
 * Something that may stop the VM or corrupt the program. Pointers are valid until the callback
 * returns.
 */
typedef struct falconet_finding {
  falconet_finding_kind kind;
  /* Whether calls lead there from the entry, as far as can be seen, and nothing excuses it. */
  bool harmful;
  /* What is wrong. */
  const char *problem;
  /* The function that contains it; NULL for a concern. */
  const char *function;
  /* A shortest chain of calls from the entry, such as "main > f > g"; "" if there is none. */
  const char *path;
  /* Why it does no harm, and what to do about it; NULL if that is not known. */
  const char *excuse;
  const char *remedy;
  /* Where it is, ascending. */
  const uint64_t *addresses;
  size_t address_count;
} falconet_finding;

/* Receives one finding. */
typedef void (*falconet_finding_fn)(void *context, const falconet_finding *finding);

/* What was checked. */
typedef struct falconet_check {
  /* Functions of the program, and those that calls lead to from its entry. */
  uint64_t functions;
  uint64_t reachable_functions;
  /* Whether no finding is harmful. */
  bool compatible;
} falconet_check;

/*
 * Looks for what a revision of a state version lacks in a program, and reports each finding. NULL
 * is the version's newest revision. That nothing is harmful proves nothing: some calls cannot be
 * followed. `finding` and `check` may be NULL.
 */
falconet_status falconet_program_check(
    const falconet_program *program, uint32_t version, const char *revision,
    falconet_finding_fn finding, void *context, falconet_check *check);

/*
 * The calls that each thread is in, the active thread first, as lines of text in the style of Go's
 * tracebacks. Without a program, which may be NULL, only a Go program's functions have names.
 */
falconet_status falconet_machine_traceback(
    const falconet_machine *machine, const falconet_program *program, falconet_buffer *text);

/* ---- Profiles ---- */

/* How many steps a run spent in which function, by the calls that led there. */
typedef struct falconet_profile falconet_profile;

typedef enum falconet_profile_format {
  /* For pprof, not compressed: a file of it usually is, with gzip. */
  FALCONET_PROFILE_PPROF = 0,
  /* A line for each stack, with the steps at its end. */
  FALCONET_PROFILE_FOLDED = 1,
  /* A flame graph in SVG. */
  FALCONET_PROFILE_FLAME_GRAPH = 2
} falconet_profile_format;

/*
 * Runs like falconet_machine_run() with flags 0, and profiles the run. `program` names the
 * functions; without one, NULL, only a Go program's have names. A sample is taken every `interval`
 * steps; 0 adapts the interval to keep the run fast.
 */
falconet_status falconet_machine_profile(
    falconet_machine *machine, uint64_t step, const falconet_program *program, uint64_t interval,
    falconet_stop *stop, falconet_profile **profile);

/*
 * Writes a profile to a file, which appears completely or not at all. The name selects the format:
 * .pb.gz, .folded or .svg.
 */
falconet_status falconet_profile_save(const falconet_profile *profile, const char *path);

/* Writes a profile through a callback. */
falconet_status falconet_profile_write(
    const falconet_profile *profile, falconet_profile_format format,
    falconet_compression compression, falconet_write_fn write, void *context);

/* Frees a profile. NULL is allowed. */
falconet_status falconet_profile_free(falconet_profile *profile);

/* ---- Traces: opening ---- */

/*
 * A trace answers what a challenger asks of a program, the claim and the step data at an index. It
 * caches the answers, and states to continue from, in a directory of its own.
 *
 * The index of a step is the number of steps executed before it. The claim at an index is the one
 * after that step; an index past the end has the claim of the state that exited.
 *
 * Many threads may use a trace at once. Cached answers are returned immediately. Calls that must
 * execute steps do so one at a time, and the others wait. A call from a callback of the same trace
 * is FALCONET_BUSY; a callback must not wait for another thread's call either. A call that fails
 * changes nothing, and can be retried once the cause is gone.
 */
typedef struct falconet_trace falconet_trace;

/* Options of a trace. NULL stands for all zeros. */
typedef struct falconet_trace_options {
  /* How to read the prestate's file. */
  falconet_reading prestate;
  /* Steps between snapshots; 0 stands for 1,000,000,000. */
  uint64_t snapshot_interval;
  /* Bytes that the directory may take; 0 stands for 16 GiB. Answers are kept, snapshots thinned. */
  uint64_t disk_budget;
  /* Bytes that states in memory may take in addition to the machine; 0 stands for 512 MiB. */
  uint64_t memory_budget;
  /* States in memory; 0 stands for 64. */
  uint32_t checkpoints;
  falconet_engine engine;
  /*
   * The revision by which steps are executed, by contract version or date. NULL: the one that the
   * prestate records, or else the newest of its version.
   */
  const char *revision;
  /* Like falconet_machine_set_hint_limit(); 0 stands for 8 GiB. */
  uint64_t hint_limit;
} falconet_trace_options;

/*
 * Opens the directory of a trace, or creates it. The prestate is a snapshot's file. It is read when
 * steps must be executed, and immediately if the directory does not recognize its inode and times.
 * FALCONET_LOCKED if the directory is in use. FALCONET_INVALID_ARGUMENT if it belongs to another
 * prestate or revision, or if it is neither empty nor the directory of a trace.
 */
falconet_status falconet_trace_open(
    const char *folder, const char *prestate, const falconet_trace_options *options,
    falconet_trace **trace);

/* Opens a trace whose prestate is the current state of a machine. The machine may continue. */
falconet_status falconet_trace_open_machine(
    const char *folder, falconet_machine *prestate, const falconet_trace_options *options,
    falconet_trace **trace);

/*
 * Frees a trace and unlocks its directory, which stays. FALCONET_BUSY if another call is using it.
 * NULL is allowed.
 */
falconet_status falconet_trace_free(falconet_trace *trace);

/* ---- Traces: pre-images, progress ---- */

/*
 * Like the functions of the same name for machines. A source is used from the next executed step
 * on, and is reopened after a failure: a server is started when steps must be executed, and
 * restarted if it has ended. After one of these calls, callbacks of an earlier source are no longer
 * called. Each of them waits for a call that executes steps.
 */
falconet_status falconet_trace_set_preimages(
    falconet_trace *trace, falconet_preimage_fn preimage, falconet_hint_fn hint, void *context);
falconet_status falconet_trace_set_preimage_folder(falconet_trace *trace, const char *path);
falconet_status falconet_trace_set_preimage_server(
    falconet_trace *trace, const char *const *command, uint32_t timeout,
    falconet_output_fn output, void *context);
falconet_status falconet_trace_set_local_input(
    falconet_trace *trace, uint64_t index, const void *bytes, size_t count);
falconet_status falconet_trace_set_preimage_store(
    falconet_trace *trace, const char *path, const falconet_store_options *options);

/*
 * Sets the identity of the source that was set last: a text that changes whenever the source could
 * give other local pre-images (key type 1), which are inputs of the trace. NULL, the default after
 * each of the calls above, is no identity; a server's identity is its command line.
 *
 * The directory records the local pre-images that were read. If the source has the same identity as
 * before, cached answers are returned without it. Otherwise it is asked for the recorded ones
 * before anything is answered. If one differs or is missing, calls that answer give
 * FALCONET_INVALID_ARGUMENT, and the message names the key.
 */
falconet_status falconet_trace_set_source_identity(falconet_trace *trace, const char *identity);

/*
 * Sets a callback for the step that the machine has reached, called several times a second while
 * steps are executed, but not before `interval` steps have passed since the last call. If it
 * returns false, its call gives FALCONET_CANCELLED. NULL, the default, reports nothing.
 */
falconet_status falconet_trace_set_progress(
    falconet_trace *trace, falconet_progress_fn progress, uint64_t interval, void *context);

/*
 * Makes the calls in progress that must execute steps give FALCONET_CANCELLED within 25 million
 * steps, or 200 ms if they wait for a pre-image server. If no call is in progress, the next one
 * that must execute steps does. May be called at any time from any thread, and from callbacks.
 */
falconet_status falconet_trace_cancel(falconet_trace *trace);

/*
 * Withdraws a cancellation that has not stopped a call yet. May be called at any time from any
 * thread.
 */
falconet_status falconet_trace_resume(falconet_trace *trace);

/* ---- Traces: answers ---- */

/* The claim and the witness of the prestate. Either result may be NULL. */
falconet_status falconet_trace_prestate(
    falconet_trace *trace, uint8_t claim[32], falconet_buffer *witness);

/* The claim at an index. */
typedef struct falconet_trace_claim {
  uint64_t index;
  uint8_t claim[32];
  /* Whether the trace ends before the index. */
  bool past_end;
} falconet_trace_claim;

/*
 * The claims at `count` indices, in their order, from one pass over the trace. If calls on other
 * threads also execute steps, the calls take turns, one index at a time.
 */
falconet_status falconet_trace_claims(
    falconet_trace *trace, const uint64_t *indices, size_t count, falconet_trace_claim *claims);

/* The step data at an index. */
typedef struct falconet_trace_step {
  /* The last index of the trace, if a later one was requested. */
  uint64_t index;
  /*
   * The caller frees it. Past the end: the state that exited, without proof data; there is nothing
   * to verify then.
   */
  falconet_proof *proof;
  /* Whether the trace ends before the requested index. */
  bool past_end;
} falconet_trace_step;

/*
 * The step data at `count` indices, in their order, from one pass over the trace. A call that
 * fails sets all proofs to NULL.
 */
falconet_status falconet_trace_steps(
    falconet_trace *trace, const uint64_t *indices, size_t count, falconet_trace_step *steps);

/*
 * The last step's index, its claim, and the witness of the state that exited. Runs the program to
 * its end if that is not known. Any result may be NULL.
 */
falconet_status falconet_trace_last(
    falconet_trace *trace, uint64_t *index, uint8_t claim[32], falconet_buffer *witness);

/* ---- Traces: the directory ---- */

/* The status of a trace. */
typedef struct falconet_trace_info {
  /* The index of the last step, if has_end. */
  uint64_t end;
  /* Known claims. */
  uint64_t claims;
  /* States in the directory, and in memory. */
  uint64_t snapshots;
  uint64_t checkpoints;
  /* Bytes that the directory takes, and may take. */
  uint64_t size;
  uint64_t budget;
  /* Steps executed since the trace was opened. */
  uint64_t executed;
  /* The number of the state version. */
  uint32_t version;
  bool has_end;
} falconet_trace_info;

/* The status of a trace. Waits for a call that executes steps. */
falconet_status falconet_trace_get_info(falconet_trace *trace, falconet_trace_info *info);

/*
 * The steps of the states in the directory, ascending. Writes at most `room` of them, and their
 * number to `count`. Waits for a call that executes steps.
 */
falconet_status falconet_trace_snapshots(
    falconet_trace *trace, uint64_t *steps, size_t room, size_t *count);

/*
 * Receives a file that is wrong: its path, what is wrong with it, and the path it was moved to, ""
 * if it was not moved.
 */
typedef void (*falconet_incident_fn)(
    void *context, const char *path, const char *reason, const char *moved_to);

/* Reports the files that have been found corrupt or foreign since the trace was opened. */
falconet_status falconet_trace_incidents(
    falconet_trace *trace, falconet_incident_fn incident, void *context);

/*
 * Deletes files in quarantine, then states, then step data, until the directory is within its
 * budget.
 */
falconet_status falconet_trace_prune(falconet_trace *trace);

/* Writes what is known into a directory in the layout that op-challenger uses for a game. */
falconet_status falconet_trace_export(falconet_trace *trace, const char *path);

/* What was adopted. */
typedef struct falconet_trace_adoption {
  uint64_t proofs;
  uint64_t snapshots;
  /* Whether the end of the trace was adopted or was known. */
  bool has_end;
} falconet_trace_adoption;

/*
 * Adopts the proofs, the states and the end in one of op-challenger's directories. The caller must
 * ensure that it belongs to this trace. Anything that fails its check is not adopted, and is
 * reported to `refused`.
 * `refused` and `adoption` may be NULL.
 */
falconet_status falconet_trace_adopt(
    falconet_trace *trace, const char *path, falconet_trace_adoption *adoption,
    falconet_incident_fn refused, void *context);

/* Deletes the directory. The trace can then no longer be used, but must still be freed. */
falconet_status falconet_trace_delete(falconet_trace *trace);

/* Deletes the directory of a trace that is not open, whatever state it is in. */
falconet_status falconet_trace_delete_folder(const char *path);

/* ---- Stores of pre-images ---- */

/* Pre-images of one type, and from one host if they cannot be checked. */
typedef struct falconet_store_part {
  /* The first byte of their keys. */
  uint8_t type;
  /* The host that gave them; NULL for those whose keys are their hashes. */
  const char *host;
  uint64_t count;
  /* Bytes of the pre-images. */
  uint64_t bytes;
} falconet_store_part;

typedef void (*falconet_store_part_fn)(void *context, const falconet_store_part *part);

/* What a store has. */
typedef struct falconet_store_info {
  uint64_t count;
  /* Bytes of the pre-images, and of the files. */
  uint64_t bytes;
  uint64_t file_bytes;
  /*
   * When the one was last used that was not used for longest, and when any was: seconds since 1970,
   * as whole hours; 0 if there is none.
   */
  int64_t oldest_use;
  int64_t newest_use;
} falconet_store_info;

/*
 * What the store in a directory has, part by part. `part` and `info` may be NULL. A directory that
 * has no store is FALCONET_BAD_DATA.
 */
falconet_status falconet_store_status(
    const char *path, falconet_store_part_fn part, void *context, falconet_store_info *info);

/* What became of pre-images that were to be imported. */
typedef struct falconet_store_import_result {
  uint64_t added;
  /* Those that the store had. */
  uint64_t known;
  /* Local inputs, and what cannot be checked if no host is named. */
  uint64_t left_out;
  /* Those that are not their keys'. */
  uint64_t wrong;
  /* Files of a database of which not all could be read. */
  uint64_t unreadable;
} falconet_store_import_result;

/*
 * Adds the pre-images of a directory that a host or a recorded run wrote to a store, which is
 * created if it does not exist. `options` may be NULL; of it `limit`, `host` (NULL: what cannot be
 * checked is left out) and `report` count, which also receives what is wrong or unreadable.
 */
falconet_status falconet_store_import(
    const char *path, const char *directory, const falconet_store_options *options,
    falconet_store_import_result *result);

/*
 * Writes the pre-images to a directory that serves as a source: blobs and results of precompiles of
 * `host` alone; NULL: none of them.
 */
falconet_status falconet_store_export(
    const char *path, const char *directory, const char *host, uint64_t *count);

/*
 * Checks the database and each pre-image, and removes those that are wrong: `removed` receives their
 * keys. `right` counts the others. A database whose structure is corrupt is FALCONET_BAD_DATA.
 */
falconet_status falconet_store_check(
    const char *path, falconet_report_fn removed, void *context, uint64_t *right);

/*
 * Removes what was not used for longest until the file has at most so many bytes, and returns the
 * room to the file system.
 */
falconet_status falconet_store_prune(const char *path, uint64_t limit);

#ifdef __cplusplus
}
#endif

#endif
