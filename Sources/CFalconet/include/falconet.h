/*
 * Falconet, a fault-proof VM that executes what Cannon executes, for programs in any language.
 *
 * Errors. A call gives a falconet_status; FALCONET_OK, 0, is success. After any other,
 * falconet_error_message() says on the same thread what was wrong, where, and what to do. A
 * call that fails sets a handle that it was to make to NULL and a buffer to empty, and writes
 * no other result.
 *
 * Handles. Machines, proofs and traces are opaque. Whoever gets one frees it, once, with the free
 * function of its kind. NULL, a handle of another kind and one that is freed are
 * FALCONET_INVALID_ARGUMENT: no handle is given twice.
 *
 * Buffers. What is passed in stays the caller's, and is not used after the call. A
 * falconet_buffer that the library fills is the caller's, who frees it with
 * falconet_buffer_free(). Strings end with a zero byte; those that the library returns are its
 * own. Paths and a command's words are bytes, whatever they say. All other strings are UTF-8; a
 * path in a message has \xFF for a byte that is not.
 *
 * Threads. Any thread may use any handle, one call at a time. A call for a handle that another
 * call is using, on another thread or around the callback that makes the call, does nothing and
 * gives FALCONET_BUSY. The functions that cancel and resume are exceptions, and so are traces,
 * which many threads may use at once. Different handles are independent, so machines run in
 * parallel. A thread that calls needs 64 KiB of stack. After fork(), the child must not use what its
 * parent made.
 *
 * Callbacks run on the thread of the call that needs them, before it returns; only the output of
 * a pre-image server comes on a thread of its own. They get the context that they were given
 * with. Pointers that they get are valid until they return. They must return: no exception or
 * longjmp may leave them.
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
 * Goes up when a declaration of this header changes or goes; additions leave it. The library's
 * file is named libfalconet.so.FALCONET_ABI_VERSION.
 */
#define FALCONET_ABI_VERSION 1

/* FALCONET_ABI_VERSION as the library was built with it. */
uint32_t falconet_abi_version(void);

/* The version of Falconet, such as "0.1.0". */
const char *falconet_version(void);

typedef enum falconet_status {
  FALCONET_OK = 0,
  /* A pointer that is needed is NULL, a handle is no such handle, a value is out of range. */
  FALCONET_INVALID_ARGUMENT = 1,
  /* Another call is using the handle. */
  FALCONET_BUSY = 2,
  /* There is no such file, thread, pre-image, or whatever was asked for. */
  FALCONET_NOT_FOUND = 3,
  /* A file can't be opened, read or written, or a read or write callback failed. */
  FALCONET_IO_ERROR = 4,
  /* The data is damaged, or none of the kind. */
  FALCONET_BAD_DATA = 5,
  /* The data is of a kind, or a format is asked for, that can't be had for it. */
  FALCONET_UNSUPPORTED = 6,
  /* A pre-image can't be had, or is not its key's. Says nothing about the claim. */
  FALCONET_PREIMAGE_ERROR = 7,
  /* The guest did something illegal: there is no next state. */
  FALCONET_PANIC = 8,
  /* The host has no memory for the next state, or the guest may have no more. */
  FALCONET_NO_MEMORY = 9,
  /* The program has exited, so there is no step to prove. */
  FALCONET_EXITED = 10,
  /* The proof does not hold. */
  FALCONET_REJECTED = 11,
  /*
   * Two computations of one state differ: those of the engines that are compared, or what a trace
   * knows and what it computes. No result can be trusted.
   */
  FALCONET_MISMATCH = 12,
  /* The call was cancelled. */
  FALCONET_CANCELLED = 13,
  /* Another process, or another handle, has the folder. */
  FALCONET_LOCKED = 14,
  /* The disk budget has no room. */
  FALCONET_NO_ROOM = 15
} falconet_status;

/*
 * What was wrong in the last call of this thread that failed; "" before the first. Valid until
 * the next call that fails. At most 4095 bytes.
 */
const char *falconet_error_message(void);

/* Bytes that the library hands out. */
typedef struct falconet_buffer {
  uint8_t *bytes; /* NULL where count is 0 */
  size_t count;
} falconet_buffer;

/* Frees a buffer's bytes and makes it empty. NULL and an empty buffer are allowed. */
void falconet_buffer_free(falconet_buffer *buffer);

/* ---- Streams ---- */

/*
 * Reads up to count bytes, which is at least 1. Returns how many were read; 0 is the end, and a
 * negative number a failure.
 */
typedef int64_t (*falconet_read_fn)(void *context, void *bytes, size_t count);

/* Takes all of the bytes. Returns 0; any other number is a failure. */
typedef int32_t (*falconet_write_fn)(void *context, const void *bytes, size_t count);

typedef enum falconet_compression {
  FALCONET_COMPRESSION_NONE = 0,
  FALCONET_COMPRESSION_GZIP = 1,
  FALCONET_COMPRESSION_ZSTD = 2
} falconet_compression;

/* ---- Machines: opening ---- */

/* A machine: a state, its memory, and where its pre-images come from. */
typedef struct falconet_machine falconet_machine;

typedef enum falconet_format {
  /* By the content where a snapshot is read, by the file's name where it is written. */
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

/* How a snapshot is read. All zero is what NULL stands for. */
typedef struct falconet_reading {
  falconet_format format;
  /*
   * Of a delta: its base, or a folder of bases. NULL: beside the delta's file; a delta that
   * does not come from a file needs it.
   */
  const char *base;
  /*
   * Whether the pages of a .fsnap file are not hashed: for files that this installation wrote. Its claim
   * is unverified then: see falconet_machine_is_verified().
   */
  bool trust_pages;
} falconet_reading;

/* Opens a snapshot in a file, compressed with gzip, zstd or not at all. */
falconet_status falconet_machine_open(
    const char *path, const falconet_reading *reading, falconet_machine **machine);

/* Opens a snapshot in memory. */
falconet_status falconet_machine_open_memory(
    const void *bytes, size_t count, const falconet_reading *reading, falconet_machine **machine);

/* Opens a snapshot that a callback reads, from its start to its end. */
falconet_status falconet_machine_open_stream(
    falconet_read_fn read, void *context, const falconet_reading *reading,
    falconet_machine **machine);

/* Loads an ELF file into a machine of a state version, 0 to 8, about to execute its first step. */
falconet_status falconet_machine_load_elf(
    const char *path, uint32_t version, falconet_machine **machine);

/* Loads an ELF file in memory. */
falconet_status falconet_machine_load_elf_memory(
    const void *bytes, size_t count, uint32_t version, falconet_machine **machine);

/* Frees a machine. NULL is allowed. */
falconet_status falconet_machine_free(falconet_machine *machine);

/* ---- Revisions ---- */

/*
 * A state version's semantics changed now and then without a new version: each change is a
 * revision, named by a contract version or by a date. A machine executes by the revision that its
 * snapshot records (only .fsnap files do), and else by the newest.
 */

/*
 * The name of a revision of a state version, by its position, the newest first, 0; NULL if there is
 * no such version or revision. What `falconet list` prints first of it.
 */
const char *falconet_revision_name(uint32_t version, size_t position);

/*
 * Has steps executed by the rules of a revision of the machine's state version, by any of its
 * names; NULL: of the newest. FALCONET_NOT_FOUND if the version has none of the name.
 */
falconet_status falconet_machine_set_revision(falconet_machine *machine, const char *revision);

/* The name of the revision by whose rules steps are executed. */
falconet_status falconet_machine_revision(
    const falconet_machine *machine, const char **revision);

/* ---- Machines: pre-images and output ---- */

/* Where a callback puts a pre-image; valid until the callback returns. */
typedef struct falconet_answer falconet_answer;

/* Appends bytes to the pre-image, 1 GiB in all at most. */
falconet_status falconet_answer_append(falconet_answer *answer, const void *bytes, size_t count);

/* Says why there is no pre-image, for the message of the error that follows. */
falconet_status falconet_answer_explain(falconet_answer *answer, const char *reason);

/*
 * Gives the whole pre-image of a key, without a length prefix, to answer; nothing for an empty
 * one. Returns FALCONET_OK, FALCONET_NOT_FOUND where there is none, or any other status for a
 * failure.
 */
typedef falconet_status (*falconet_preimage_fn)(
    void *context, const uint8_t key[32], falconet_answer *answer);

/* Takes one hint, without its length prefix. Any status but FALCONET_OK ends the run. */
typedef falconet_status (*falconet_hint_fn)(void *context, const uint8_t *hint, size_t count);

/*
 * Has pre-images come from a callback, asked once each time the guest names another key, and
 * hints go to another. NULL: no pre-images, hints dropped. Pre-images of types 2 (keccak256)
 * and 4 (sha256) are checked against their keys.
 */
falconet_status falconet_machine_set_preimages(
    falconet_machine *machine, falconet_preimage_fn preimage, falconet_hint_fn hint, void *context);

/* Has pre-images come from a folder as a host stores them. Hints are dropped. */
falconet_status falconet_machine_set_preimage_folder(falconet_machine *machine, const char *path);

/* Sets the local input (key type 1) of an index, which goes before what the source has. */
falconet_status falconet_machine_set_local_input(
    falconet_machine *machine, uint64_t index, const void *bytes, size_t count);

/* Takes what is written: to standard output (stream 1) or standard error (stream 2). */
typedef void (*falconet_output_fn)(
    void *context, int32_t stream, const uint8_t *bytes, size_t count);

/* A timeout that never comes. */
#define FALCONET_FOREVER UINT32_MAX

/*
 * Starts a pre-image server as op-challenger does, and has pre-images come from it and hints go to
 * it. `command` is its program, looked up in PATH where the name has no slash, and its arguments;
 * NULL ends it. `timeout` is in seconds, how long it may let a request wait without a byte; 0
 * stands for 900. `output` takes what the server writes, on a thread of its own or, if the
 * system gives none, on the thread of a call, and must call nothing for the machine; NULL drops it. The server is ended with the machine, with this
 * process however it ends, or when another
 * source is set, which takes as long as the server does: at most a minute or so, where it ignores
 * the end of its input and SIGINT.
 */
falconet_status falconet_machine_set_preimage_server(
    falconet_machine *machine, const char *const *command, uint32_t timeout,
    falconet_output_fn output, void *context);

/* Has the guest's output go to a callback. NULL: nowhere, as at first. */
falconet_status falconet_machine_set_output(
    falconet_machine *machine, falconet_output_fn output, void *context);

/* ---- Machines: running ---- */

/* How steps are executed. All give the same states; where the host can't, the next one is used. */
typedef enum falconet_engine {
  /* Translated to the host's machine code, as at first. */
  FALCONET_ENGINE_JIT = 0,
  FALCONET_ENGINE_INTERPRETER = 1,
  /* One step at a time. */
  FALCONET_ENGINE_STEP = 2,
  /* The first of these beside the last, and both states compared every so many steps. */
  FALCONET_ENGINE_CHECK = 3
} falconet_engine;

falconet_status falconet_machine_set_engine(falconet_machine *machine, falconet_engine engine);

/*
 * The most pages of 4096 bytes that the guest may have; 0: no limit, as at first. A step that needs
 * one more gives FALCONET_NO_MEMORY, and the machine is in the state before it.
 */
falconet_status falconet_machine_set_page_limit(falconet_machine *machine, uint64_t pages);

/*
 * The most bytes of hints that the source of pre-images may have to get at once, unfinished ones
 * counted; 0 stands for 8 GiB, as at first. A step that would make it more gives
 * FALCONET_PREIMAGE_ERROR, and the machine is in the state before it. One hint has at most 1 GiB.
 */
falconet_status falconet_machine_set_hint_limit(falconet_machine *machine, uint64_t bytes);

/* Is told the number of steps executed. Returns whether to go on; false is as a cancellation. */
typedef bool (*falconet_progress_fn)(void *context, uint64_t step);

/*
 * Has a run report its progress, at least every 25 million steps, but not before `interval`
 * steps have passed since the last report. NULL: no reports, as at first.
 */
falconet_status falconet_machine_set_progress(
    falconet_machine *machine, falconet_progress_fn progress, uint64_t interval, void *context);

/*
 * Stops the run in progress within 25 million steps, or 200 ms where it waits for a pre-image
 * server, or else the next one before its first step. A step that waits is given up, also by
 * falconet_machine_prove(), which then gives FALCONET_CANCELLED, and the server is started anew
 * for the next. Allowed at any time from any thread, and from callbacks.
 */
falconet_status falconet_machine_cancel(falconet_machine *machine);

/* Withdraws a cancellation that no run has taken. Allowed at any time from any thread. */
falconet_status falconet_machine_resume(falconet_machine *machine);

/*
 * Has runs stop before an instruction at an address from start up to, but not at, end. Where
 * start is end, they don't, as at first.
 */
falconet_status falconet_machine_set_stop_range(
    falconet_machine *machine, uint64_t start, uint64_t end);

/* Why a run came back. */
typedef enum falconet_stop {
  /* The step is reached. */
  FALCONET_STOP_STEP = 0,
  /* The program exited. */
  FALCONET_STOP_EXITED = 1,
  /* The last step read part of a pre-image: see falconet_machine_last_read(). */
  FALCONET_STOP_PREIMAGE_READ = 2,
  /* The run was cancelled. It can go on. */
  FALCONET_STOP_CANCELLED = 3,
  /* The next instruction is in the range of falconet_machine_set_stop_range(). */
  FALCONET_STOP_ADDRESS = 4
} falconet_stop;

/* A flag of falconet_machine_run(): stop after each step that reads part of a pre-image. */
#define FALCONET_RUN_TO_PREIMAGE_READ 1u

/*
 * Runs until `step` steps are executed in all, counted from the program's start, or until
 * something else stops it. A machine past that step does nothing. `flags` is 0 or
 * FALCONET_RUN_TO_PREIMAGE_READ.
 *
 * FALCONET_PANIC, FALCONET_PREIMAGE_ERROR and FALCONET_NO_MEMORY leave the machine in the state
 * before the step that failed.
 */
falconet_status falconet_machine_run(
    falconet_machine *machine, uint64_t step, uint32_t flags, falconet_stop *stop);

/*
 * The key and offset of the part of a pre-image that the last step read, the offset counted
 * from the length prefix; FALCONET_NOT_FOUND where it read none.
 */
falconet_status falconet_machine_last_read(
    const falconet_machine *machine, uint8_t key[32], uint64_t *offset);

/* ---- Machines: state ---- */

/* The state version, 0 to 8. */
falconet_status falconet_machine_version(const falconet_machine *machine, uint32_t *version);

/* Steps executed since the program's start. */
falconet_status falconet_machine_step(const falconet_machine *machine, uint64_t *step);

/* Whether the program has exited, and its exit code, 0 where it has not. */
falconet_status falconet_machine_exit(
    const falconet_machine *machine, bool *exited, uint8_t *code);

/* The claim: 32 bytes. Hashes the pages that changed. */
falconet_status falconet_machine_claim(const falconet_machine *machine, uint8_t claim[32]);

/* The witness, whose hash the claim is but for its first byte. Hashes the pages that changed. */
falconet_status falconet_machine_witness(
    const falconet_machine *machine, falconet_buffer *witness);

/*
 * Whether the machine's state is known to be the one that its snapshot's claim is of. False at first if
 * it was opened with trust_pages. The next call that hashes pages in any case, before a step is executed,
 * compares them with the claim: for a claim, a witness, a proof, a .fsnap snapshot or a trace. If they
 * differ, that call and all later ones of these give FALCONET_BAD_DATA; if not, the machine is verified.
 * Once a step is executed there is nothing left to compare: what such a machine gives stays unverified.
 */
falconet_status falconet_machine_is_verified(const falconet_machine *machine, bool *verified);

/* The pages of 4096 bytes that the memory has. */
falconet_status falconet_machine_page_count(const falconet_machine *machine, uint64_t *count);

/* Reads memory; the range wraps at the end of the address space. What was never written is zero. */
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
  /* What a thread waits for, in state versions 1, 3 and 4; else 0. */
  uint64_t futex_address; /* all ones where it waits for nothing */
  uint64_t futex_value;
  uint64_t futex_timeout_step;
  uint8_t exit_code;
  bool exited;
  /* Whether it is on the right stack. */
  bool right;
  /* Whether the next step runs it. */
  bool active;
} falconet_thread;

/* The number of threads. */
falconet_status falconet_machine_thread_count(const falconet_machine *machine, size_t *count);

/* A thread by its position: those of the left stack first, each stack from the bottom. */
falconet_status falconet_machine_thread(
    const falconet_machine *machine, size_t position, falconet_thread *thread);

/* ---- Machines: saving ---- */

/*
 * Writes a snapshot. The file appears whole, or not at all; it is compressed with gzip where
 * its name ends in .gz.
 */
falconet_status falconet_machine_save(
    const falconet_machine *machine, const char *path, falconet_format format);

/* Writes a snapshot through a callback, in any format but FALCONET_FORMAT_AUTO. */
falconet_status falconet_machine_write(
    const falconet_machine *machine, falconet_format format, falconet_compression compression,
    falconet_write_fn write, void *context);

/* ---- Proofs ---- */

/* What a contract needs to execute one step, and the claim that follows. */
typedef struct falconet_proof falconet_proof;

/* Executes one step and proves it. FALCONET_EXITED where the program has exited. */
falconet_status falconet_machine_prove(falconet_machine *machine, falconet_proof **proof);

/* Opens a file of one proof, as Cannon and Falconet write it, compressed or not. */
falconet_status falconet_proof_open(const char *path, falconet_proof **proof);

/* Opens the contents of such a file in memory. */
falconet_status falconet_proof_open_memory(
    const void *bytes, size_t count, falconet_proof **proof);

/* Frees a proof. NULL is allowed. */
falconet_status falconet_proof_free(falconet_proof *proof);

/* A state version that is not known, or of no matter. */
#define FALCONET_ANY_VERSION 0xFFFFFFFFu

/* The parts of a proof that have a fixed size. */
typedef struct falconet_proof_info {
  /* Steps executed before the one that is proved. */
  uint64_t step;
  uint8_t pre[32];
  uint8_t post[32];
  uint8_t preimage_key[32];
  /* Where the part that is read starts, counted from the length prefix. */
  uint64_t preimage_offset;
  /* FALCONET_ANY_VERSION where the proof does not tell. */
  uint32_t version;
  /* Files may leave these out; the fields that they speak of are zero then. */
  bool has_step;
  bool has_pre;
  /* Whether the step reads part of a pre-image. */
  bool has_preimage;
} falconet_proof_info;

falconet_status falconet_proof_get_info(const falconet_proof *proof, falconet_proof_info *info);

/* The witness before the step. */
falconet_status falconet_proof_state_data(const falconet_proof *proof, falconet_buffer *data);

/* The thread's witness, where there are threads, and the memory proofs. */
falconet_status falconet_proof_proof_data(const falconet_proof *proof, falconet_buffer *data);

/* The whole pre-image that the step reads from, its length in 8 bytes, big-endian, in front. */
falconet_status falconet_proof_preimage(const falconet_proof *proof, falconet_buffer *preimage);

/* Writes a proof file: whole or not at all, compressed with gzip where its name ends in .gz. */
falconet_status falconet_proof_save(const falconet_proof *proof, const char *path);

/* Writes a proof's JSON through a callback. */
falconet_status falconet_proof_write(
    const falconet_proof *proof, falconet_compression compression, falconet_write_fn write,
    void *context);

/*
 * Executes the step from the proof alone, and checks that the claims are right. FALCONET_OK
 * means that the proof holds, FALCONET_REJECTED that it does not; the message says why.
 *
 * With FALCONET_ANY_VERSION the version is the proof's own, or else all whose data has these
 * sizes: the proof must hold in each of them.
 */
falconet_status falconet_proof_verify(const falconet_proof *proof, uint32_t version);

/*
 * As falconet_proof_verify(), by the rules of a revision, by any of its names, of the versions that
 * have it; NULL: of the newest of each version, as there. FALCONET_NOT_FOUND if no version that is
 * asked for has one of the name.
 */
falconet_status falconet_proof_verify_revision(
    const falconet_proof *proof, uint32_t version, const char *revision);

/* ---- Traces: opening ---- */

/*
 * A trace: answers what a challenger asks of a program, the claim and the step data at an index,
 * and keeps the answers, and states to go on from, in a folder of its own.
 *
 * The index of a step is the number of steps executed before it. The claim at an index is the one
 * after that step; an index past the end has the claim of the state that exited.
 *
 * Many threads may use a trace at once. What is known is answered at once; what has to be
 * executed, one call at a time, and the others wait. A call from a callback of the same trace is
 * FALCONET_BUSY; a callback must not wait for another thread's call either. A call that fails
 * changes nothing, and is answered when it is made again once the cause is gone.
 */
typedef struct falconet_trace falconet_trace;

/* How a trace works, and what it may use. All zero is what NULL stands for. */
typedef struct falconet_trace_options {
  /* How the prestate's file is read. */
  falconet_reading prestate;
  /* Steps between snapshots on the way; 0 stands for 1,000,000,000. */
  uint64_t snapshot_interval;
  /* Bytes that the folder may take; 0 stands for 16 GiB. Answers are kept, snapshots thinned. */
  uint64_t disk_budget;
  /* Bytes that states in memory may take beside the machine; 0 stands for 512 MiB. */
  uint64_t memory_budget;
  /* States that are kept in memory; 0 stands for 64. */
  uint32_t checkpoints;
  falconet_engine engine;
  /*
   * The revision that steps are executed by, by contract version or date; NULL: the one that the
   * prestate records, else the newest of its version.
   */
  const char *revision;
  /* As falconet_machine_set_hint_limit(); 0 stands for 8 GiB. */
  uint64_t hint_limit;
} falconet_trace_options;

/*
 * Opens the folder of a trace, or makes it. The prestate is a snapshot's file. It is read when
 * steps must be executed, and now where the folder does not know it by its inode and times.
 * FALCONET_LOCKED if the directory is in use, FALCONET_INVALID_ARGUMENT if it is of another prestate
 * or revision, or not a trace's and not empty.
 */
falconet_status falconet_trace_open(
    const char *folder, const char *prestate, const falconet_trace_options *options,
    falconet_trace **trace);

/* Opens a trace whose prestate is the state that a machine is in. The machine may go on. */
falconet_status falconet_trace_open_machine(
    const char *folder, falconet_machine *prestate, const falconet_trace_options *options,
    falconet_trace **trace);

/*
 * Frees a trace, and unlocks its folder, which stays. FALCONET_BUSY where another call is using
 * it. NULL is allowed.
 */
falconet_status falconet_trace_free(falconet_trace *trace);

/* ---- Traces: pre-images, progress ---- */

/*
 * As their namesakes of machines. A source is used from the next step that is executed on, and is
 * opened anew after it failed: a server is started when steps are to be executed, and again after
 * it ended. After one of these calls, an earlier source's callbacks are no longer called. Each
 * waits for a call that executes steps.
 */
falconet_status falconet_trace_set_preimages(
    falconet_trace *trace, falconet_preimage_fn preimage, falconet_hint_fn hint, void *context);
falconet_status falconet_trace_set_preimage_folder(falconet_trace *trace, const char *path);
falconet_status falconet_trace_set_preimage_server(
    falconet_trace *trace, const char *const *command, uint32_t timeout,
    falconet_output_fn output, void *context);
falconet_status falconet_trace_set_local_input(
    falconet_trace *trace, uint64_t index, const void *bytes, size_t count);

/*
 * Says what the source that was set last is known by: a text that is another whenever the source could
 * give other local pre-images (key type 1), which are inputs of the trace. NULL: by nothing, as after
 * each of the calls above but the one for a server, which is known by its command line.
 *
 * The directory records the local pre-images that were read. If the source is known by the same text as
 * before, known answers are given without it. Else it is asked for those that are recorded before
 * anything is answered. If one differs, or is missing, calls that answer give
 * FALCONET_INVALID_ARGUMENT, and the message names the key.
 */
falconet_status falconet_trace_set_source_identity(falconet_trace *trace, const char *identity);

/*
 * Has calls report the steps that led to where the machine is, several times a second while steps
 * are executed, but not before `interval` steps have passed since the last report. A callback that
 * returns false has its call give FALCONET_CANCELLED. NULL: no reports, as at first.
 */
falconet_status falconet_trace_set_progress(
    falconet_trace *trace, falconet_progress_fn progress, uint64_t interval, void *context);

/*
 * Has the calls in progress give FALCONET_CANCELLED within 25 million steps, or 200 ms where they
 * wait for a pre-image server, if they must execute steps; where no call is in progress, the next one that must. Allowed at any time from any thread,
 * and from callbacks.
 */
falconet_status falconet_trace_cancel(falconet_trace *trace);

/* Withdraws a cancellation that no call has taken. Allowed at any time from any thread. */
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
 * The claims at `count` indices, in their order, from one pass over the trace. Where calls of other
 * threads execute meanwhile, they take turns at each index.
 */
falconet_status falconet_trace_claims(
    falconet_trace *trace, const uint64_t *indices, size_t count, falconet_trace_claim *claims);

/* The step data at an index. */
typedef struct falconet_trace_step {
  /* The last index of the trace where a later one was asked for. */
  uint64_t index;
  /*
   * To be freed by the caller. Past the end: the state that exited, without proof data; there is
   * nothing to verify then.
   */
  falconet_proof *proof;
  /* Whether the trace ends before the index that was asked for. */
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
 * its end where that is not known. Any result may be NULL.
 */
falconet_status falconet_trace_last(
    falconet_trace *trace, uint64_t *index, uint8_t claim[32], falconet_buffer *witness);

/* ---- Traces: the folder ---- */

/* How a trace stands. */
typedef struct falconet_trace_info {
  /* The index of the last step, where has_end. */
  uint64_t end;
  /* Claims that are known. */
  uint64_t claims;
  /* States in the folder, and in memory. */
  uint64_t snapshots;
  uint64_t checkpoints;
  /* Bytes that the folder takes, and may take. */
  uint64_t size;
  uint64_t budget;
  /* Steps executed since the trace was opened. */
  uint64_t executed;
  /* The state version, 0 to 8. */
  uint32_t version;
  bool has_end;
} falconet_trace_info;

/* How a trace stands. Waits for a call that executes steps. */
falconet_status falconet_trace_get_info(falconet_trace *trace, falconet_trace_info *info);

/*
 * The steps of the states in the folder, ascending: writes `room` of them at most, and how many
 * there are to `count`. Waits for a call that executes steps.
 */
falconet_status falconet_trace_snapshots(
    falconet_trace *trace, uint64_t *steps, size_t room, size_t *count);

/*
 * Is told of a file that is wrong: its path, what is wrong with it, and where it was put; "" where
 * it stayed.
 */
typedef void (*falconet_incident_fn)(
    void *context, const char *path, const char *reason, const char *moved_to);

/* Tells of the files that were found damaged or foreign since the trace was opened. */
falconet_status falconet_trace_incidents(
    falconet_trace *trace, falconet_incident_fn incident, void *context);

/*
 * Gives up what was put aside, then states, then step data, until the folder is within its budget.
 */
falconet_status falconet_trace_prune(falconet_trace *trace);

/* Writes what is known into a folder as op-challenger keeps it for a game. */
falconet_status falconet_trace_export(falconet_trace *trace, const char *path);

/* What was taken over. */
typedef struct falconet_trace_adoption {
  uint64_t proofs;
  uint64_t snapshots;
  /* Whether the end of the trace was taken over, or was known. */
  bool has_end;
} falconet_trace_adoption;

/*
 * Takes over the proofs, the states and the end of a folder that op-challenger keeps of this
 * trace: the caller answers for it that it is of this one. What does not hold is left out, and
 * told to `refused`, which may be NULL, as `adoption` may.
 */
falconet_status falconet_trace_adopt(
    falconet_trace *trace, const char *path, falconet_trace_adoption *adoption,
    falconet_incident_fn refused, void *context);

/* Deletes the folder. The trace answers nothing after that, and is still to be freed. */
falconet_status falconet_trace_delete(falconet_trace *trace);

/* Deletes the folder of a trace that is not open, whichever it is, whatever state it is in. */
falconet_status falconet_trace_delete_folder(const char *path);

#ifdef __cplusplus
}
#endif

#endif
