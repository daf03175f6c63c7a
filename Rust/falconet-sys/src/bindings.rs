// Scripts/rust-bindings writes this file from falconet.h: do not edit it.
// For 64-bit systems, on which the sizes below were computed.

use std::marker::{PhantomData, PhantomPinned};
use std::mem::{align_of, size_of};
use std::os::raw::{c_char, c_uint, c_void};

/// Increases when a declaration of this header changes or is removed; additions do not change it.
/// The library's file is named libfalconet.so.FALCONET_ABI_VERSION.
pub const FALCONET_ABI_VERSION: u32 = 1;

/// No timeout.
pub const FALCONET_FOREVER: u32 = u32::MAX;

/// A flag of falconet_machine_run(): stop after each step that reads part of a pre-image.
pub const FALCONET_RUN_TO_PREIMAGE_READ: u32 = 1;

/// A state version that is unknown, or any.
pub const FALCONET_ANY_VERSION: u32 = 0xFFFFFFFF;

pub type falconet_status = c_uint;

pub const FALCONET_OK: falconet_status = 0;
/// A required pointer is NULL, a handle is not valid, or a value is out of range.
pub const FALCONET_INVALID_ARGUMENT: falconet_status = 1;
/// Another call is using the handle.
pub const FALCONET_BUSY: falconet_status = 2;
/// There is no such file, thread, pre-image, or other thing that was requested.
pub const FALCONET_NOT_FOUND: falconet_status = 3;
/// A file cannot be opened, read or written, or a read or write callback failed.
pub const FALCONET_IO_ERROR: falconet_status = 4;
/// The data is corrupt, or not of this kind.
pub const FALCONET_BAD_DATA: falconet_status = 5;
/// This kind of data, or the requested format, does not support the operation.
pub const FALCONET_UNSUPPORTED: falconet_status = 6;
/// A pre-image is not available, or does not match its key. Says nothing about the claim.
pub const FALCONET_PREIMAGE_ERROR: falconet_status = 7;
/// The guest did something illegal: there is no next state.
pub const FALCONET_PANIC: falconet_status = 8;
/// The host has no memory for the next state, or the guest has reached its page limit.
pub const FALCONET_NO_MEMORY: falconet_status = 9;
/// The program has exited, so there is no step to prove.
pub const FALCONET_EXITED: falconet_status = 10;
/// The proof does not hold.
pub const FALCONET_REJECTED: falconet_status = 11;
/// Two computations of one state differ: those of the compared engines, or what a trace knows and
/// what it computes. No result can be trusted.
pub const FALCONET_MISMATCH: falconet_status = 12;
/// The call was cancelled.
pub const FALCONET_CANCELLED: falconet_status = 13;
/// Another process, or another handle, is using the directory.
pub const FALCONET_LOCKED: falconet_status = 14;
/// The disk budget is exhausted, or the disk is full.
pub const FALCONET_NO_ROOM: falconet_status = 15;

/// Bytes that the library hands out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_buffer {
    /// NULL if count is 0
    pub bytes: *mut u8,
    pub count: usize,
}

/// Reads up to count bytes; count is at least 1. Returns how many were read; 0 is the end, and a
/// negative number a failure.
pub type falconet_read_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, bytes: *mut c_void, count: usize) -> i64>;

/// Accepts all of the bytes. Returns 0; any other number is a failure.
pub type falconet_write_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, bytes: *const c_void, count: usize) -> i32>;

pub type falconet_compression = c_uint;

pub const FALCONET_COMPRESSION_NONE: falconet_compression = 0;
pub const FALCONET_COMPRESSION_GZIP: falconet_compression = 1;
pub const FALCONET_COMPRESSION_ZSTD: falconet_compression = 2;

/// A machine: a state, its memory, and its source of pre-images.
#[repr(C)]
pub struct falconet_machine {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Everything that a contract needs to execute one step, and the claim after it.
#[repr(C)]
pub struct falconet_proof {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type falconet_format = c_uint;

/// By the content when a snapshot is read, by the file's name when it is written.
pub const FALCONET_FORMAT_AUTO: falconet_format = 0;
/// Cannon's binary format, all state versions.
pub const FALCONET_FORMAT_BIN: falconet_format = 1;
/// Cannon's JSON format, state version 0.
pub const FALCONET_FORMAT_JSON: falconet_format = 2;
/// The binary format that was proposed and never merged, state version 0.
pub const FALCONET_FORMAT_PR7559: falconet_format = 3;
/// Falconet's own format, all state versions.
pub const FALCONET_FORMAT_FSNAP: falconet_format = 4;

/// How to read a snapshot. NULL stands for all zeros.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_reading {
    pub format: falconet_format,
    /// The base of a delta, or a directory of bases. NULL: the directory of the delta's file; a delta
    /// that does not come from a file needs a base.
    pub base: *const c_char,
    /// Do not hash the pages of a .fsnap file. Use it only for files that this installation wrote. The
    /// claim is then unverified: see falconet_machine_is_verified().
    pub trust_pages: bool,
}

/// Receives a pre-image from a callback; valid until the callback returns.
#[repr(C)]
pub struct falconet_answer {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Appends the whole pre-image of a key, without a length prefix, to answer; nothing for an empty
/// one. Returns FALCONET_OK, FALCONET_NOT_FOUND if there is none, or any other status for a failure.
pub type falconet_preimage_fn = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        key: *const u8,
        answer: *mut falconet_answer,
    ) -> falconet_status,
>;

/// Receives one hint, without its length prefix. Any status but FALCONET_OK ends the run.
pub type falconet_hint_fn = Option<
    unsafe extern "C" fn(context: *mut c_void, hint: *const u8, count: usize) -> falconet_status,
>;

/// Receives what is written to standard output (stream 1) or standard error (stream 2).
pub type falconet_output_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, stream: i32, bytes: *const u8, count: usize)>;

/// Which hints a server gets if there is a store.
pub type falconet_hints = c_uint;

/// Before a request that the store cannot answer, the last hint of each kind.
pub const FALCONET_HINTS_LAST: falconet_hints = 0;
/// Before such a request, all hints since the request before.
pub const FALCONET_HINTS_ALL: falconet_hints = 1;
/// Each hint when the guest writes it.
pub const FALCONET_HINTS_EAGER: falconet_hints = 2;

/// Receives a sentence, or a key.
pub type falconet_report_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, text: *const c_char)>;

/// How a store is used.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_store_options {
    /// Bytes that its file may have; 0 stands for 10 GiB. What was not used for longest goes first.
    pub limit: u64,
    /// Which hints a server gets.
    pub hints: falconet_hints,
    /// Whether blobs and results of precompiles, which cannot be checked, are served that the same
    /// host gave before.
    pub trusts_blobs: bool,
    pub trusts_precompiles: bool,
    /// The name of the host: a program and its words before the first flag, with spaces between them.
    /// NULL stands for the server's command, or for the directory; callbacks have none, and without
    /// one such pre-images are neither stored nor served.
    pub host: *const c_char,
    /// Receives what could not be read or written, on the thread of the call that executes; NULL drops
    /// it.
    pub report: falconet_report_fn,
    pub context: *mut c_void,
}

/// What executes steps. All give the same states. If the host does not support one, the next one is
/// used.
pub type falconet_engine = c_uint;

/// Translated to the host's machine code. The default.
pub const FALCONET_ENGINE_TRANSLATOR: falconet_engine = 0;
/// Decoded blocks, on any processor.
pub const FALCONET_ENGINE_PORTABLE: falconet_engine = 1;
/// One step at a time.
pub const FALCONET_ENGINE_STEP: falconet_engine = 2;
/// The first of these together with the last; both states are compared at intervals.
pub const FALCONET_ENGINE_CHECK: falconet_engine = 3;
/// Former names.
pub const FALCONET_ENGINE_JIT: falconet_engine = 0;
pub const FALCONET_ENGINE_INTERPRETER: falconet_engine = 1;

/// Receives the number of steps executed. Returns whether to continue; false has the effect of a
/// cancellation.
pub type falconet_progress_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, step: u64) -> bool>;

/// Why a run returned.
pub type falconet_stop = c_uint;

/// The run has reached the step.
pub const FALCONET_STOP_STEP: falconet_stop = 0;
/// The program exited.
pub const FALCONET_STOP_EXITED: falconet_stop = 1;
/// The last step read part of a pre-image: see falconet_machine_last_read().
pub const FALCONET_STOP_PREIMAGE_READ: falconet_stop = 2;
/// The run was cancelled. It can continue.
pub const FALCONET_STOP_CANCELLED: falconet_stop = 3;
/// The next instruction is in the range of falconet_machine_set_stop_range().
pub const FALCONET_STOP_ADDRESS: falconet_stop = 4;

/// The steps at which something happens. All zeros is none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_steps {
    /// `count` steps in any order. NULL is allowed if count is 0.
    pub at: *const u64,
    pub count: usize,
    /// Also every step that this number divides, including step 0; 0 is no such step.
    pub every: u64,
}

/// Receives the proof of a step that has just been executed, and must free it, during the callback or
/// later. Returns whether to continue; false has the effect of a cancellation.
pub type falconet_proof_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, proof: *mut falconet_proof) -> bool>;

/// Receives the machine before it executes a step. The callback may call every function that takes a
/// const falconet_machine: it may save the state, compute its claim, or read its memory. Returns
/// whether to continue; false has the effect of a cancellation.
pub type falconet_pause_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, machine: *const falconet_machine) -> bool>;

/// What happens during a run. At one step, the pause comes before the proof.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_events {
    /// The steps that are proved, and what receives the proofs. NULL drops them.
    pub proofs: falconet_steps,
    pub on_proof: falconet_proof_fn,
    /// The steps before which the run pauses, and what is called then.
    pub pauses: falconet_steps,
    pub on_pause: falconet_pause_fn,
    /// What the callbacks get.
    pub context: *mut c_void,
}

/// Bytes of the guest's memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_range {
    pub start: u64,
    /// The number of bytes; 0 is no range.
    pub count: u64,
}

/// The steps that falconet_machine_observe() reports: those that one of the conditions holds for. All
/// zeros is none. Lists may be NULL if they have no elements.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_filter {
    /// Bytes that a step writes. With those of reads they are at most 1 MiB.
    pub writes: *const falconet_range,
    pub write_count: usize,
    /// Bytes that a step reads. The run is slower while there are any.
    pub reads: *const falconet_range,
    pub read_count: usize,
    /// Addresses of instructions that a step executes.
    pub addresses: *const u64,
    pub address_count: usize,
    /// Whether a step counts that executes a system call.
    pub system_calls: bool,
    /// Whether a step counts that begins to read a pre-image, or completes a hint.
    pub host_requests: bool,
}

/// What a step did.
pub type falconet_observed = c_uint;

pub const FALCONET_OBSERVED_INSTRUCTION: falconet_observed = 0;
pub const FALCONET_OBSERVED_WRITE: falconet_observed = 1;
pub const FALCONET_OBSERVED_READ: falconet_observed = 2;
pub const FALCONET_OBSERVED_SYSTEM_CALL: falconet_observed = 3;
pub const FALCONET_OBSERVED_PREIMAGE: falconet_observed = 4;
pub const FALCONET_OBSERVED_HINT: falconet_observed = 5;

/// One thing that a step did. Words of 32-bit machines are zero-extended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_observation {
    pub kind: falconet_observed,
    /// Steps executed before this one; the thread, and its instruction.
    pub step: u64,
    pub thread: u64,
    pub pc: u64,
    /// The thread's 32 registers, then HI and LO, before the step. Valid during the callback.
    pub registers: *const u64,
    /// Of a write or a read: the first byte.
    pub address: u64,
    /// Bytes that are written or read, or that the pre-image or the hint has.
    pub size: u64,
    /// Of a write or a read: the first 8 bytes, or all if they are fewer, as a number.
    pub before: u64,
    pub after: u64,
    /// Of a system call: its number, Linux's name or NULL, and its arguments, 4 in a 32-bit machine.
    pub number: u64,
    pub name: *const c_char,
    pub arguments: [u64; 6],
    /// Its answer, or the number of its error, if any. The thread waits if it has not been answered.
    pub is_answered: bool,
    pub result: u64,
    pub error: u64,
    /// The key of the pre-image, or the first 1024 bytes of the hint. Valid during the callback.
    pub bytes: *const u8,
    pub count: usize,
}

/// Receives what a step did, right after the step. The callback may call every function that takes a
/// const falconet_machine. Returns whether to continue; false has the effect of a cancellation after the
/// step.
pub type falconet_observe_fn = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        machine: *const falconet_machine,
        observation: *const falconet_observation,
    ) -> bool,
>;

/// A thread. Words of 32-bit machines are zero-extended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_thread {
    pub id: u64,
    pub pc: u64,
    pub next_pc: u64,
    pub lo: u64,
    pub hi: u64,
    pub registers: [u64; 32],
    /// What a thread waits for, in state versions 1, 3 and 4; otherwise 0.
    pub futex_address: u64,
    pub futex_value: u64,
    pub futex_timeout_step: u64,
    pub exit_code: u8,
    pub exited: bool,
    /// Whether it is on the right stack.
    pub right: bool,
    /// Whether the next step executes it.
    pub active: bool,
}

/// What a snapshot is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_snapshot_info {
    /// Steps executed since the program's start.
    pub step: u64,
    pub claim: [u8; 32],
    /// The number of the state version.
    pub version: u32,
    /// Whether the program has exited, and its exit code, 0 if it has not.
    pub exited: bool,
    pub exit_code: u8,
    /// Whether the claim comes from the pages. False for a .fsnap file that is read with trust_pages.
    pub verified: bool,
}

pub type falconet_difference_kind = c_uint;

/// A field of the state.
pub const FALCONET_DIFFERENCE_FIELD: falconet_difference_kind = 0;
/// A field or a register of a thread that both states have.
pub const FALCONET_DIFFERENCE_THREAD_FIELD: falconet_difference_kind = 1;
/// A thread that only one state has.
pub const FALCONET_DIFFERENCE_THREAD: falconet_difference_kind = 2;
/// A page that only one state has. Its words follow; the other state's count as zeros.
pub const FALCONET_DIFFERENCE_PAGE: falconet_difference_kind = 3;
/// A word of memory, 4 or 8 bytes as the first state's version has them.
pub const FALCONET_DIFFERENCE_WORD: falconet_difference_kind = 4;

/// One difference of two states. Pointers are valid until the callback returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_difference {
    pub kind: falconet_difference_kind,
    /// Which of the states has the field, thread, page or word. At least one has it.
    pub in_first: bool,
    pub in_second: bool,
    /// The name of the field or register, as `falconet diff` prints it; NULL for other kinds.
    pub name: *const c_char,
    /// The number of the thread; 0 if the difference is not one of a thread.
    pub thread: u64,
    /// The address of the page or word; 0 for other kinds.
    pub address: u64,
    /// The values of a field, a register or a word; 0 for a state that does not have it.
    pub first: u64,
    pub second: u64,
    /// The values of a field that holds bytes, such as a hash; NULL for all others.
    pub first_bytes: *const u8,
    pub first_count: usize,
    pub second_bytes: *const u8,
    pub second_count: usize,
}

/// Receives one difference.
pub type falconet_difference_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, difference: *const falconet_difference)>;

/// How much of two states differs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_difference_totals {
    /// Pages of 4096 bytes that differ, and words in them. All are counted.
    pub pages: u64,
    pub words: u64,
    /// Whether the two are the same state with the same memory.
    pub same: bool,
}

/// The parts of a proof that have a fixed size.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_proof_info {
    /// Steps executed before the proved one.
    pub step: u64,
    pub pre: [u8; 32],
    pub post: [u8; 32],
    pub preimage_key: [u8; 32],
    /// Offset of the part that is read, counted from the length prefix.
    pub preimage_offset: u64,
    /// FALCONET_ANY_VERSION if the proof does not say.
    pub version: u32,
    /// Files may omit these; their fields are then zero.
    pub has_step: bool,
    pub has_pre: bool,
    /// Whether the step reads part of a pre-image.
    pub has_preimage: bool,
}

/// A call of a contract. Pointers are valid until the callback returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_contract_call {
    /// "load" loads the part of a pre-image that the step reads, "read" asks whether it is loaded,
    /// "step" executes the step.
    pub purpose: *const c_char,
    /// "PreimageOracle" or "MIPS".
    pub contract: *const c_char,
    /// The function's signature, such as "step(bytes,bytes,bytes32)".
    pub function: *const c_char,
    /// The call's data: the selector and the encoded arguments.
    pub data: *const u8,
    pub count: usize,
}

/// Receives one call of a contract.
pub type falconet_contract_call_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, call: *const falconet_contract_call)>;

/// What contract calls need that a proof does not contain. NULL stands for all zeros.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_calldata_options {
    /// The local context of the dispute, 32 bytes; NULL: zeros.
    pub local_context: *const u8,
    /// The address of the dispute game, 20 bytes, for "read" of local inputs; NULL: there is none
    /// then.
    pub caller: *const u8,
    /// The KZG proof of a blob's field element, 48 bytes; needed to load one.
    pub kzg_proof: *const u8,
    /// The directory in which a host stored what the keys of blobs and precompiles are hashes of;
    /// needed to load one of these.
    pub preimage_folder: *const c_char,
}

/// The first step at which two runs differ.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_divergence {
    /// Steps executed before the one that differs; the states before it are the same, unless at_start.
    /// If the runs do not differ, the last step that was compared.
    pub step: u64,
    /// The claims after the step; zeros for a run that cannot execute it.
    pub first: [u8; 32],
    pub second: [u8; 32],
    /// The proofs of the step, each of which the caller frees; NULL for a run that cannot execute it
    /// or of which only claims are known, if at_start, and if the runs do not differ.
    pub first_proof: *mut falconet_proof,
    pub second_proof: *mut falconet_proof,
    /// Whether the runs differ up to the limit.
    pub differs: bool,
    /// Whether they differ from the first state on.
    pub at_start: bool,
    /// Whether each run can execute the step.
    pub has_first: bool,
    pub has_second: bool,
}

/// Writes the claim of the state after `step` steps of a run, after its end that of the state that
/// exited. Returns FALCONET_OK, FALCONET_PANIC if the run cannot execute that many, or any other
/// status for a failure.
pub type falconet_claim_fn = Option<
    unsafe extern "C" fn(context: *mut c_void, step: u64, claim: *mut u8) -> falconet_status,
>;

/// The program of an ELF file. Many threads may use one at once.
#[repr(C)]
pub struct falconet_program {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type falconet_finding_kind = c_uint;

/// An instruction that the state version lacks.
pub const FALCONET_FINDING_INSTRUCTION: falconet_finding_kind = 0;
/// A system call that the state version lacks.
pub const FALCONET_FINDING_SYSTEM_CALL: falconet_finding_kind = 1;
/// Another reason why the program may not do in the VM what it does elsewhere.
pub const FALCONET_FINDING_CONCERN: falconet_finding_kind = 2;

/// Something that may stop the VM or corrupt the program. Pointers are valid until the callback
/// returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_finding {
    pub kind: falconet_finding_kind,
    /// Whether calls lead there from the entry, as far as can be seen, and nothing excuses it.
    pub harmful: bool,
    /// What is wrong.
    pub problem: *const c_char,
    /// The function that contains it; NULL for a concern.
    pub function: *const c_char,
    /// A shortest chain of calls from the entry, such as "main \> f \> g"; "" if there is none.
    pub path: *const c_char,
    /// Why it does no harm, and what to do about it; NULL if that is not known.
    pub excuse: *const c_char,
    pub remedy: *const c_char,
    /// Where it is, ascending.
    pub addresses: *const u64,
    pub address_count: usize,
}

/// Receives one finding.
pub type falconet_finding_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, finding: *const falconet_finding)>;

/// What was checked.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_check {
    /// Functions of the program, and those that calls lead to from its entry.
    pub functions: u64,
    pub reachable_functions: u64,
    /// Whether no finding is harmful.
    pub compatible: bool,
}

/// How many steps a run spent in which function, by the calls that led there.
#[repr(C)]
pub struct falconet_profile {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type falconet_profile_format = c_uint;

/// For pprof, not compressed: a file of it usually is, with gzip.
pub const FALCONET_PROFILE_PPROF: falconet_profile_format = 0;
/// A line for each stack, with the steps at its end.
pub const FALCONET_PROFILE_FOLDED: falconet_profile_format = 1;
/// A flame graph in SVG.
pub const FALCONET_PROFILE_FLAME_GRAPH: falconet_profile_format = 2;

/// A trace answers what a challenger asks of a program, the claim and the step data at an index. It
/// caches the answers, and states to continue from, in a directory of its own.
///
/// The index of a step is the number of steps executed before it. The claim at an index is the one
/// after that step; an index past the end has the claim of the state that exited.
///
/// Many threads may use a trace at once. Cached answers are returned immediately. Calls that must
/// execute steps do so one at a time, and the others wait. A call from a callback of the same trace
/// is FALCONET_BUSY; a callback must not wait for another thread's call either. A call that fails
/// changes nothing, and can be retried once the cause is gone.
#[repr(C)]
pub struct falconet_trace {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

/// Options of a trace. NULL stands for all zeros.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_trace_options {
    /// How to read the prestate's file.
    pub prestate: falconet_reading,
    /// Steps between snapshots; 0 stands for 1,000,000,000.
    pub snapshot_interval: u64,
    /// Bytes that the directory may take; 0 stands for 16 GiB. Answers are kept, snapshots thinned.
    pub disk_budget: u64,
    /// Bytes that states in memory may take in addition to the machine; 0 stands for 512 MiB.
    pub memory_budget: u64,
    /// States in memory; 0 stands for 64.
    pub checkpoints: u32,
    pub engine: falconet_engine,
    /// The revision by which steps are executed, by contract version or date. NULL: the one that the
    /// prestate records, or else the newest of its version.
    pub revision: *const c_char,
    /// Like falconet_machine_set_hint_limit(); 0 stands for 8 GiB.
    pub hint_limit: u64,
}

/// The claim at an index.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_trace_claim {
    pub index: u64,
    pub claim: [u8; 32],
    /// Whether the trace ends before the index.
    pub past_end: bool,
}

/// The step data at an index.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_trace_step {
    /// The last index of the trace, if a later one was requested.
    pub index: u64,
    /// The caller frees it. Past the end: the state that exited, without proof data; there is nothing
    /// to verify then.
    pub proof: *mut falconet_proof,
    /// Whether the trace ends before the requested index.
    pub past_end: bool,
}

/// The status of a trace.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_trace_info {
    /// The index of the last step, if has_end.
    pub end: u64,
    /// Known claims.
    pub claims: u64,
    /// States in the directory, and in memory.
    pub snapshots: u64,
    pub checkpoints: u64,
    /// Bytes that the directory takes, and may take.
    pub size: u64,
    pub budget: u64,
    /// Steps executed since the trace was opened.
    pub executed: u64,
    /// The number of the state version.
    pub version: u32,
    pub has_end: bool,
}

/// Receives a file that is wrong: its path, what is wrong with it, and the path it was moved to, ""
/// if it was not moved.
pub type falconet_incident_fn = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        path: *const c_char,
        reason: *const c_char,
        moved_to: *const c_char,
    ),
>;

/// What was adopted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_trace_adoption {
    pub proofs: u64,
    pub snapshots: u64,
    /// Whether the end of the trace was adopted or was known.
    pub has_end: bool,
}

/// Pre-images of one type, and from one host if they cannot be checked.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_store_part {
    /// The first byte of their keys.
    pub r#type: u8,
    /// The host that gave them; NULL for those whose keys are their hashes.
    pub host: *const c_char,
    pub count: u64,
    /// Bytes of the pre-images.
    pub bytes: u64,
}

pub type falconet_store_part_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, part: *const falconet_store_part)>;

/// What a store has.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_store_info {
    pub count: u64,
    /// Bytes of the pre-images, and of the files.
    pub bytes: u64,
    pub file_bytes: u64,
    /// When the one was last used that was not used for longest, and when any was: seconds since 1970,
    /// as whole hours; 0 if there is none.
    pub oldest_use: i64,
    pub newest_use: i64,
}

/// What became of pre-images that were to be imported.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct falconet_store_import_result {
    pub added: u64,
    /// Those that the store had.
    pub known: u64,
    /// Local inputs, and what cannot be checked if no host is named.
    pub left_out: u64,
    /// Those that are not their keys'.
    pub wrong: u64,
    /// Files of a database of which not all could be read.
    pub unreadable: u64,
}

#[link(name = "falconet")]
extern "C" {
    /// The FALCONET_ABI_VERSION that the library was built with.
    pub fn falconet_abi_version() -> u32;
    /// The version of Falconet, such as "0.1.0".
    pub fn falconet_version() -> *const c_char;
    /// What was wrong in the last failed call of this thread; "" before the first. Valid until the next
    /// call that fails. At most 4095 bytes.
    pub fn falconet_error_message() -> *const c_char;
    /// Frees a buffer's bytes and makes it empty. NULL and an empty buffer are allowed.
    pub fn falconet_buffer_free(buffer: *mut falconet_buffer);
    /// Opens a snapshot in a file, uncompressed or compressed with gzip or zstd.
    pub fn falconet_machine_open(
        path: *const c_char,
        reading: *const falconet_reading,
        machine: *mut *mut falconet_machine,
    ) -> falconet_status;
    /// Opens a snapshot in memory.
    pub fn falconet_machine_open_memory(
        bytes: *const c_void,
        count: usize,
        reading: *const falconet_reading,
        machine: *mut *mut falconet_machine,
    ) -> falconet_status;
    /// Opens a snapshot that a callback reads from start to end.
    pub fn falconet_machine_open_stream(
        read: falconet_read_fn,
        context: *mut c_void,
        reading: *const falconet_reading,
        machine: *mut *mut falconet_machine,
    ) -> falconet_status;
    /// Loads an ELF file into a machine of a state version, ready to execute its first step.
    pub fn falconet_machine_load_elf(
        path: *const c_char,
        version: u32,
        machine: *mut *mut falconet_machine,
    ) -> falconet_status;
    /// Loads an ELF file in memory.
    pub fn falconet_machine_load_elf_memory(
        bytes: *const c_void,
        count: usize,
        version: u32,
        machine: *mut *mut falconet_machine,
    ) -> falconet_status;
    /// Frees a machine. NULL is allowed.
    pub fn falconet_machine_free(machine: *mut falconet_machine) -> falconet_status;
    /// The name of a revision of a state version, by its position; 0 is the newest. NULL if there is no
    /// such version or revision. It is the first name that `falconet list` prints for it.
    pub fn falconet_revision_name(version: u32, position: usize) -> *const c_char;
    /// Sets the revision by which the machine executes steps. Any name of a revision of its state
    /// version is accepted; NULL selects the newest. FALCONET_NOT_FOUND if the version has no revision
    /// of that name.
    pub fn falconet_machine_set_revision(
        machine: *mut falconet_machine,
        revision: *const c_char,
    ) -> falconet_status;
    /// The name of the revision by which steps are executed.
    pub fn falconet_machine_revision(
        machine: *const falconet_machine,
        revision: *mut *const c_char,
    ) -> falconet_status;
    /// Appends bytes to the pre-image, at most 1 GiB in total.
    pub fn falconet_answer_append(
        answer: *mut falconet_answer,
        bytes: *const c_void,
        count: usize,
    ) -> falconet_status;
    /// States why there is no pre-image, for the message of the resulting error.
    pub fn falconet_answer_explain(
        answer: *mut falconet_answer,
        reason: *const c_char,
    ) -> falconet_status;
    /// Sets a callback as the source of pre-images, called once each time the guest names another key,
    /// and another callback that receives hints. NULL: no pre-images, hints are dropped. Pre-images of
    /// types 2 (keccak256) and 4 (sha256) are checked against their keys.
    pub fn falconet_machine_set_preimages(
        machine: *mut falconet_machine,
        preimage: falconet_preimage_fn,
        hint: falconet_hint_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Sets a directory in which a host stored pre-images as their source. Hints are dropped.
    pub fn falconet_machine_set_preimage_folder(
        machine: *mut falconet_machine,
        path: *const c_char,
    ) -> falconet_status;
    /// Sets the local input (key type 1) of an index, which takes precedence over the source.
    pub fn falconet_machine_set_local_input(
        machine: *mut falconet_machine,
        index: u64,
        bytes: *const c_void,
        count: usize,
    ) -> falconet_status;
    /// Starts a pre-image server as op-challenger does, as the source of pre-images and the receiver of
    /// hints. `command` is its program, looked up in PATH if the name has no slash, and its arguments,
    /// and ends with NULL. `timeout` is how many seconds a request may wait without a byte; 0 stands for
    /// 900. `output` receives what the server writes, on a thread of its own or, if the system gives
    /// none, on the thread of a call, and must not call anything for the machine; NULL drops it. The
    /// server is ended with the machine, with this process however it ends, or when another source is
    /// set. This takes as long as the server does, and at most about a minute if it ignores the end of
    /// its input and SIGINT.
    pub fn falconet_machine_set_preimage_server(
        machine: *mut falconet_machine,
        command: *const *const c_char,
        timeout: u32,
        output: falconet_output_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Sets a callback that receives the guest's output. NULL, the default, drops it.
    pub fn falconet_machine_set_output(
        machine: *mut falconet_machine,
        output: falconet_output_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Sets a directory of pre-images that processes share, which answers before the source is asked and
    /// keeps what the source gives. It is created if it does not exist. `options` may be NULL: nothing
    /// that cannot be checked is served. NULL as `path`, the default, is no store. With a store, a server
    /// is started at the first request that the store cannot answer; one that runs is ended by this call.
    ///
    /// A store fails no run: what cannot be read is missing, and what cannot be written is left out. When
    /// a call that executes steps returns, what its source gave is written, and outlasts the process.
    pub fn falconet_machine_set_preimage_store(
        machine: *mut falconet_machine,
        path: *const c_char,
        options: *const falconet_store_options,
    ) -> falconet_status;
    pub fn falconet_machine_set_engine(
        machine: *mut falconet_machine,
        engine: falconet_engine,
    ) -> falconet_status;
    /// The most pages of 4096 bytes that the guest may have; 0, the default, is no limit. A step that
    /// needs one more gives FALCONET_NO_MEMORY, and the machine is in the state before it.
    pub fn falconet_machine_set_page_limit(
        machine: *mut falconet_machine,
        pages: u64,
    ) -> falconet_status;
    /// The most bytes of hints that the source of pre-images gets at once, including unfinished ones; 0,
    /// the default, stands for 8 GiB. A step that would exceed it gives FALCONET_PREIMAGE_ERROR, and the
    /// machine is in the state before it. A single hint may have at most 1 GiB.
    pub fn falconet_machine_set_hint_limit(
        machine: *mut falconet_machine,
        bytes: u64,
    ) -> falconet_status;
    /// Sets a callback for the progress of a run, called at least every 25 million steps, but not before
    /// `interval` steps have passed since the last call. NULL, the default, reports nothing.
    pub fn falconet_machine_set_progress(
        machine: *mut falconet_machine,
        progress: falconet_progress_fn,
        interval: u64,
        context: *mut c_void,
    ) -> falconet_status;
    /// Stops the run in progress within 25 million steps, or 200 ms if it waits for a pre-image server.
    /// If none is in progress, the next one stops before its first step. A step that waits is abandoned,
    /// also in falconet_machine_prove(), which then gives FALCONET_CANCELLED, and the server is
    /// restarted for the next one. May be called at any time from any thread, and from callbacks.
    pub fn falconet_machine_cancel(machine: *mut falconet_machine) -> falconet_status;
    /// Withdraws a cancellation that has not stopped a run yet. May be called at any time from any
    /// thread.
    pub fn falconet_machine_resume(machine: *mut falconet_machine) -> falconet_status;
    /// Makes runs stop before an instruction at an address from start up to, but not at, end. If start
    /// equals end, the default, they do not.
    pub fn falconet_machine_set_stop_range(
        machine: *mut falconet_machine,
        start: u64,
        end: u64,
    ) -> falconet_status;
    /// Runs until `step` steps have been executed in total, counted from the program's start, or until
    /// something else stops it. A machine past that step does nothing. `flags` is 0 or
    /// FALCONET_RUN_TO_PREIMAGE_READ.
    ///
    /// FALCONET_PANIC, FALCONET_PREIMAGE_ERROR and FALCONET_NO_MEMORY leave the machine in the state
    /// before the step that failed.
    pub fn falconet_machine_run(
        machine: *mut falconet_machine,
        step: u64,
        flags: u32,
        stop: *mut falconet_stop,
    ) -> falconet_status;
    /// Like falconet_machine_run(), with events on the way, in one pass. NULL is no events. Events before
    /// the step at which the run starts, or at or after the one at which it stops, do not happen. After an
    /// error or a cancellation the next run can continue with the same events; a pause whose callback
    /// returned false happens again.
    pub fn falconet_machine_run_events(
        machine: *mut falconet_machine,
        step: u64,
        flags: u32,
        events: *const falconet_events,
        stop: *mut falconet_stop,
    ) -> falconet_status;
    /// Runs like falconet_machine_run() with flags 0, and reports what steps do. Between these steps the
    /// engine runs at its speed. The stop range does not count.
    pub fn falconet_machine_observe(
        machine: *mut falconet_machine,
        step: u64,
        filter: *const falconet_filter,
        observe: falconet_observe_fn,
        context: *mut c_void,
        stop: *mut falconet_stop,
    ) -> falconet_status;
    /// The key and offset of the part of a pre-image that the last step read. The offset is counted from
    /// the length prefix. FALCONET_NOT_FOUND if it read none.
    pub fn falconet_machine_last_read(
        machine: *const falconet_machine,
        key: *mut u8,
        offset: *mut u64,
    ) -> falconet_status;
    /// The number of the state version.
    pub fn falconet_machine_version(
        machine: *const falconet_machine,
        version: *mut u32,
    ) -> falconet_status;
    /// Steps executed since the program's start.
    pub fn falconet_machine_step(
        machine: *const falconet_machine,
        step: *mut u64,
    ) -> falconet_status;
    /// Whether the program has exited, and its exit code, 0 if it has not.
    pub fn falconet_machine_exit(
        machine: *const falconet_machine,
        exited: *mut bool,
        code: *mut u8,
    ) -> falconet_status;
    /// The claim: 32 bytes. Hashes the pages that have changed.
    pub fn falconet_machine_claim(
        machine: *const falconet_machine,
        claim: *mut u8,
    ) -> falconet_status;
    /// The witness. The claim is its hash, except for the first byte. Hashes the pages that have
    /// changed.
    pub fn falconet_machine_witness(
        machine: *const falconet_machine,
        witness: *mut falconet_buffer,
    ) -> falconet_status;
    /// Whether the machine's state is known to have its snapshot's claim. False at first if it was
    /// opened with trust_pages. The next call that hashes pages anyway, before a step is executed,
    /// compares them with the claim: a call for a claim, a witness, a proof, a .fsnap snapshot or a
    /// trace. If they differ, that call and all later ones of this kind give FALCONET_BAD_DATA; if not,
    /// the machine is verified. Once a step has been executed there is nothing left to compare, and
    /// everything that such a machine returns stays unverified.
    pub fn falconet_machine_is_verified(
        machine: *const falconet_machine,
        verified: *mut bool,
    ) -> falconet_status;
    /// The number of pages of 4096 bytes in the memory.
    pub fn falconet_machine_page_count(
        machine: *const falconet_machine,
        count: *mut u64,
    ) -> falconet_status;
    /// Reads memory. The range wraps at the end of the address space. Memory that was never written is
    /// zero.
    pub fn falconet_machine_read_memory(
        machine: *const falconet_machine,
        address: u64,
        bytes: *mut c_void,
        count: usize,
    ) -> falconet_status;
    /// The number of threads.
    pub fn falconet_machine_thread_count(
        machine: *const falconet_machine,
        count: *mut usize,
    ) -> falconet_status;
    /// A thread by its position: the threads of the left stack first, each stack from the bottom.
    pub fn falconet_machine_thread(
        machine: *const falconet_machine,
        position: usize,
        thread: *mut falconet_thread,
    ) -> falconet_status;
    /// Writes a snapshot. The file appears completely or not at all. It is compressed with gzip if its
    /// name ends in .gz.
    ///
    /// A .fsnap file states a claim, but not whether it was verified: if a machine was opened with
    /// trust_pages and has executed steps since, falconet_machine_is_verified() says so, and
    /// nothing in the file does.
    pub fn falconet_machine_save(
        machine: *const falconet_machine,
        path: *const c_char,
        format: falconet_format,
    ) -> falconet_status;
    /// Writes a snapshot through a callback, in any format except FALCONET_FORMAT_AUTO.
    pub fn falconet_machine_write(
        machine: *const falconet_machine,
        format: falconet_format,
        compression: falconet_compression,
        write: falconet_write_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// The claim of a snapshot's file and its witness, in one pass over the file. The memory that this
    /// takes does not grow with the pages. `witness` may be NULL.
    pub fn falconet_snapshot_describe(
        path: *const c_char,
        reading: *const falconet_reading,
        info: *mut falconet_snapshot_info,
        witness: *mut falconet_buffer,
    ) -> falconet_status;
    /// Writes a snapshot's file in another format, without loading it. The new file appears completely
    /// or not at all, and may replace the old one. It is compressed with gzip if its name ends in .gz.
    pub fn falconet_snapshot_convert(
        path: *const c_char,
        reading: *const falconet_reading,
        output: *const c_char,
        format: falconet_format,
    ) -> falconet_status;
    /// Compares two snapshots' files as they are read, in any formats. Reports fields first, then threads,
    /// then the words of the `pages` pages with the lowest addresses among those that differ. The pages of
    /// the first are stored in a temporary file (TMPDIR). `difference` and `totals` may be NULL.
    pub fn falconet_snapshot_diff(
        first: *const c_char,
        first_reading: *const falconet_reading,
        second: *const c_char,
        second_reading: *const falconet_reading,
        pages: usize,
        difference: falconet_difference_fn,
        context: *mut c_void,
        totals: *mut falconet_difference_totals,
    ) -> falconet_status;
    /// Like falconet_snapshot_diff(), of the current states of two different machines.
    pub fn falconet_machine_diff(
        first: *const falconet_machine,
        second: *const falconet_machine,
        pages: usize,
        difference: falconet_difference_fn,
        context: *mut c_void,
        totals: *mut falconet_difference_totals,
    ) -> falconet_status;
    /// Executes one step and proves it. FALCONET_EXITED if the program has exited.
    pub fn falconet_machine_prove(
        machine: *mut falconet_machine,
        proof: *mut *mut falconet_proof,
    ) -> falconet_status;
    /// Opens a file with one proof, as Cannon and Falconet write it, compressed or not.
    pub fn falconet_proof_open(
        path: *const c_char,
        proof: *mut *mut falconet_proof,
    ) -> falconet_status;
    /// Opens the contents of such a file in memory.
    pub fn falconet_proof_open_memory(
        bytes: *const c_void,
        count: usize,
        proof: *mut *mut falconet_proof,
    ) -> falconet_status;
    /// Frees a proof. NULL is allowed.
    pub fn falconet_proof_free(proof: *mut falconet_proof) -> falconet_status;
    pub fn falconet_proof_get_info(
        proof: *const falconet_proof,
        info: *mut falconet_proof_info,
    ) -> falconet_status;
    /// The witness before the step.
    pub fn falconet_proof_state_data(
        proof: *const falconet_proof,
        data: *mut falconet_buffer,
    ) -> falconet_status;
    /// The witness of the thread (in versions with threads), followed by the memory proofs.
    pub fn falconet_proof_proof_data(
        proof: *const falconet_proof,
        data: *mut falconet_buffer,
    ) -> falconet_status;
    /// The whole pre-image that the step reads from, preceded by its length in 8 bytes, big-endian.
    pub fn falconet_proof_preimage(
        proof: *const falconet_proof,
        preimage: *mut falconet_buffer,
    ) -> falconet_status;
    /// Writes a proof file. It appears completely or not at all, and is compressed with gzip if its name
    /// ends in .gz.
    pub fn falconet_proof_save(
        proof: *const falconet_proof,
        path: *const c_char,
    ) -> falconet_status;
    /// Writes a proof's JSON through a callback.
    pub fn falconet_proof_write(
        proof: *const falconet_proof,
        compression: falconet_compression,
        write: falconet_write_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Executes the step from the proof alone, and checks the claims. FALCONET_OK means that the proof
    /// holds, FALCONET_REJECTED that it does not; the message says why.
    ///
    /// With FALCONET_ANY_VERSION the version is the proof's own, or else every version whose data has
    /// these sizes; the proof must then hold in each of them.
    pub fn falconet_proof_verify(proof: *const falconet_proof, version: u32) -> falconet_status;
    /// Like falconet_proof_verify(), but under the named revision, in the versions that have it. Any of
    /// its names is accepted. NULL selects the newest of each version, as there. FALCONET_NOT_FOUND if
    /// no requested version has a revision of that name.
    pub fn falconet_proof_verify_revision(
        proof: *const falconet_proof,
        version: u32,
        revision: *const c_char,
    ) -> falconet_status;
    /// Reports the contract calls that execute a proof's step, in the order in which they are made: load
    /// and read if the step reads a pre-image, then step. Does not verify the proof. FALCONET_NOT_FOUND
    /// if an option that this proof needs is missing; the message says which.
    pub fn falconet_proof_calldata(
        proof: *const falconet_proof,
        options: *const falconet_calldata_options,
        call: falconet_contract_call_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Finds the first step at which two different machines differ, by executing copies with the machines'
    /// sources of pre-images, engines and revisions. The machines do not change. `limit` is the last step
    /// that is compared. FALCONET_INVALID_ARGUMENT if they are not at the same step, or not of the same
    /// version. falconet_machine_cancel() on either ends the call with FALCONET_CANCELLED.
    ///
    /// Each copy executes at most three times as many steps as precede the difference.
    pub fn falconet_machine_bisect(
        first: *mut falconet_machine,
        second: *mut falconet_machine,
        limit: u64,
        divergence: *mut falconet_divergence,
    ) -> falconet_status;
    /// Like falconet_machine_bisect(), with a run of which only claims are known as the second: those of
    /// a trace, of another VM, or of an opponent. The callback is called for steps from the machine's
    /// on, and must not use the machine. If it fails, this call gives the callback's status.
    pub fn falconet_machine_bisect_claims(
        first: *mut falconet_machine,
        second: falconet_claim_fn,
        context: *mut c_void,
        limit: u64,
        divergence: *mut falconet_divergence,
    ) -> falconet_status;
    /// Opens an ELF file, which may be stripped.
    pub fn falconet_program_open(
        path: *const c_char,
        program: *mut *mut falconet_program,
    ) -> falconet_status;
    /// Opens an ELF file in memory.
    pub fn falconet_program_open_memory(
        bytes: *const c_void,
        count: usize,
        program: *mut *mut falconet_program,
    ) -> falconet_status;
    /// Frees a program. NULL is allowed.
    pub fn falconet_program_free(program: *mut falconet_program) -> falconet_status;
    /// Looks for what a revision of a state version lacks in a program, and reports each finding. NULL
    /// is the version's newest revision. That nothing is harmful proves nothing: some calls cannot be
    /// followed. `finding` and `check` may be NULL.
    pub fn falconet_program_check(
        program: *const falconet_program,
        version: u32,
        revision: *const c_char,
        finding: falconet_finding_fn,
        context: *mut c_void,
        check: *mut falconet_check,
    ) -> falconet_status;
    /// The calls that each thread is in, the active thread first, as lines of text in the style of Go's
    /// tracebacks. Without a program, which may be NULL, only a Go program's functions have names.
    pub fn falconet_machine_traceback(
        machine: *const falconet_machine,
        program: *const falconet_program,
        text: *mut falconet_buffer,
    ) -> falconet_status;
    /// Runs like falconet_machine_run() with flags 0, and profiles the run. `program` names the
    /// functions; without one, NULL, only a Go program's have names. A sample is taken every `interval`
    /// steps; 0 adapts the interval to keep the run fast.
    pub fn falconet_machine_profile(
        machine: *mut falconet_machine,
        step: u64,
        program: *const falconet_program,
        interval: u64,
        stop: *mut falconet_stop,
        profile: *mut *mut falconet_profile,
    ) -> falconet_status;
    /// Writes a profile to a file, which appears completely or not at all. The name selects the format:
    /// .pb.gz, .folded or .svg.
    pub fn falconet_profile_save(
        profile: *const falconet_profile,
        path: *const c_char,
    ) -> falconet_status;
    /// Writes a profile through a callback.
    pub fn falconet_profile_write(
        profile: *const falconet_profile,
        format: falconet_profile_format,
        compression: falconet_compression,
        write: falconet_write_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Frees a profile. NULL is allowed.
    pub fn falconet_profile_free(profile: *mut falconet_profile) -> falconet_status;
    /// Opens the directory of a trace, or creates it. The prestate is a snapshot's file. It is read when
    /// steps must be executed, and immediately if the directory does not recognize its inode and times.
    /// FALCONET_LOCKED if the directory is in use. FALCONET_INVALID_ARGUMENT if it belongs to another
    /// prestate or revision, or if it is neither empty nor the directory of a trace.
    pub fn falconet_trace_open(
        folder: *const c_char,
        prestate: *const c_char,
        options: *const falconet_trace_options,
        trace: *mut *mut falconet_trace,
    ) -> falconet_status;
    /// Opens a trace whose prestate is the current state of a machine. The machine may continue.
    pub fn falconet_trace_open_machine(
        folder: *const c_char,
        prestate: *mut falconet_machine,
        options: *const falconet_trace_options,
        trace: *mut *mut falconet_trace,
    ) -> falconet_status;
    /// Frees a trace and unlocks its directory, which stays. FALCONET_BUSY if another call is using it.
    /// NULL is allowed.
    pub fn falconet_trace_free(trace: *mut falconet_trace) -> falconet_status;
    /// Like the functions of the same name for machines. A source is used from the next executed step
    /// on, and is reopened after a failure: a server is started when steps must be executed, and
    /// restarted if it has ended. After one of these calls, callbacks of an earlier source are no longer
    /// called. Each of them waits for a call that executes steps.
    pub fn falconet_trace_set_preimages(
        trace: *mut falconet_trace,
        preimage: falconet_preimage_fn,
        hint: falconet_hint_fn,
        context: *mut c_void,
    ) -> falconet_status;
    pub fn falconet_trace_set_preimage_folder(
        trace: *mut falconet_trace,
        path: *const c_char,
    ) -> falconet_status;
    pub fn falconet_trace_set_preimage_server(
        trace: *mut falconet_trace,
        command: *const *const c_char,
        timeout: u32,
        output: falconet_output_fn,
        context: *mut c_void,
    ) -> falconet_status;
    pub fn falconet_trace_set_local_input(
        trace: *mut falconet_trace,
        index: u64,
        bytes: *const c_void,
        count: usize,
    ) -> falconet_status;
    pub fn falconet_trace_set_preimage_store(
        trace: *mut falconet_trace,
        path: *const c_char,
        options: *const falconet_store_options,
    ) -> falconet_status;
    /// Sets the identity of the source that was set last: a text that changes whenever the source could
    /// give other local pre-images (key type 1), which are inputs of the trace. NULL, the default after
    /// each of the calls above, is no identity; a server's identity is its command line.
    ///
    /// The directory records the local pre-images that were read. If the source has the same identity as
    /// before, cached answers are returned without it. Otherwise it is asked for the recorded ones
    /// before anything is answered. If one differs or is missing, calls that answer give
    /// FALCONET_INVALID_ARGUMENT, and the message names the key.
    pub fn falconet_trace_set_source_identity(
        trace: *mut falconet_trace,
        identity: *const c_char,
    ) -> falconet_status;
    /// Sets a callback for the step that the machine has reached, called several times a second while
    /// steps are executed, but not before `interval` steps have passed since the last call. If it
    /// returns false, its call gives FALCONET_CANCELLED. NULL, the default, reports nothing.
    pub fn falconet_trace_set_progress(
        trace: *mut falconet_trace,
        progress: falconet_progress_fn,
        interval: u64,
        context: *mut c_void,
    ) -> falconet_status;
    /// Makes the calls in progress that must execute steps give FALCONET_CANCELLED within 25 million
    /// steps, or 200 ms if they wait for a pre-image server. If no call is in progress, the next one
    /// that must execute steps does. May be called at any time from any thread, and from callbacks.
    pub fn falconet_trace_cancel(trace: *mut falconet_trace) -> falconet_status;
    /// Withdraws a cancellation that has not stopped a call yet. May be called at any time from any
    /// thread.
    pub fn falconet_trace_resume(trace: *mut falconet_trace) -> falconet_status;
    /// The claim and the witness of the prestate. Either result may be NULL.
    pub fn falconet_trace_prestate(
        trace: *mut falconet_trace,
        claim: *mut u8,
        witness: *mut falconet_buffer,
    ) -> falconet_status;
    /// The claims at `count` indices, in their order, from one pass over the trace. If calls on other
    /// threads also execute steps, the calls take turns, one index at a time.
    pub fn falconet_trace_claims(
        trace: *mut falconet_trace,
        indices: *const u64,
        count: usize,
        claims: *mut falconet_trace_claim,
    ) -> falconet_status;
    /// The step data at `count` indices, in their order, from one pass over the trace. A call that
    /// fails sets all proofs to NULL.
    pub fn falconet_trace_steps(
        trace: *mut falconet_trace,
        indices: *const u64,
        count: usize,
        steps: *mut falconet_trace_step,
    ) -> falconet_status;
    /// The last step's index, its claim, and the witness of the state that exited. Runs the program to
    /// its end if that is not known. Any result may be NULL.
    pub fn falconet_trace_last(
        trace: *mut falconet_trace,
        index: *mut u64,
        claim: *mut u8,
        witness: *mut falconet_buffer,
    ) -> falconet_status;
    /// The status of a trace. Waits for a call that executes steps.
    pub fn falconet_trace_get_info(
        trace: *mut falconet_trace,
        info: *mut falconet_trace_info,
    ) -> falconet_status;
    /// The steps of the states in the directory, ascending. Writes at most `room` of them, and their
    /// number to `count`. Waits for a call that executes steps.
    pub fn falconet_trace_snapshots(
        trace: *mut falconet_trace,
        steps: *mut u64,
        room: usize,
        count: *mut usize,
    ) -> falconet_status;
    /// Reports the files that have been found corrupt or foreign since the trace was opened.
    pub fn falconet_trace_incidents(
        trace: *mut falconet_trace,
        incident: falconet_incident_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Deletes files in quarantine, then states, then step data, until the directory is within its
    /// budget.
    pub fn falconet_trace_prune(trace: *mut falconet_trace) -> falconet_status;
    /// Writes what is known into a directory in the layout that op-challenger uses for a game.
    pub fn falconet_trace_export(
        trace: *mut falconet_trace,
        path: *const c_char,
    ) -> falconet_status;
    /// Adopts the proofs, the states and the end in one of op-challenger's directories. The caller must
    /// ensure that it belongs to this trace. Anything that fails its check is not adopted, and is
    /// reported to `refused`.
    /// `refused` and `adoption` may be NULL.
    pub fn falconet_trace_adopt(
        trace: *mut falconet_trace,
        path: *const c_char,
        adoption: *mut falconet_trace_adoption,
        refused: falconet_incident_fn,
        context: *mut c_void,
    ) -> falconet_status;
    /// Deletes the directory. The trace can then no longer be used, but must still be freed.
    pub fn falconet_trace_delete(trace: *mut falconet_trace) -> falconet_status;
    /// Deletes the directory of a trace that is not open, whatever state it is in.
    pub fn falconet_trace_delete_folder(path: *const c_char) -> falconet_status;
    /// What the store in a directory has, part by part. `part` and `info` may be NULL. A directory that
    /// has no store is FALCONET_BAD_DATA.
    pub fn falconet_store_status(
        path: *const c_char,
        part: falconet_store_part_fn,
        context: *mut c_void,
        info: *mut falconet_store_info,
    ) -> falconet_status;
    /// Adds the pre-images of a directory that a host or a recorded run wrote to a store, which is
    /// created if it does not exist. `options` may be NULL; of it `limit`, `host` (NULL: what cannot be
    /// checked is left out) and `report` count, which also receives what is wrong or unreadable.
    pub fn falconet_store_import(
        path: *const c_char,
        directory: *const c_char,
        options: *const falconet_store_options,
        result: *mut falconet_store_import_result,
    ) -> falconet_status;
    /// Writes the pre-images to a directory that serves as a source: blobs and results of precompiles of
    /// `host` alone; NULL: none of them.
    pub fn falconet_store_export(
        path: *const c_char,
        directory: *const c_char,
        host: *const c_char,
        count: *mut u64,
    ) -> falconet_status;
    /// Checks the database and each pre-image, and removes those that are wrong: `removed` receives their
    /// keys. `right` counts the others. A database whose structure is corrupt is FALCONET_BAD_DATA.
    pub fn falconet_store_check(
        path: *const c_char,
        removed: falconet_report_fn,
        context: *mut c_void,
        right: *mut u64,
    ) -> falconet_status;
    /// Removes what was not used for longest until the file has at most so many bytes, and returns the
    /// room to the file system.
    pub fn falconet_store_prune(path: *const c_char, limit: u64) -> falconet_status;
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<falconet_buffer>() == 16);
    assert!(align_of::<falconet_buffer>() == 8);
    assert!(size_of::<falconet_reading>() == 24);
    assert!(align_of::<falconet_reading>() == 8);
    assert!(size_of::<falconet_store_options>() == 40);
    assert!(align_of::<falconet_store_options>() == 8);
    assert!(size_of::<falconet_steps>() == 24);
    assert!(align_of::<falconet_steps>() == 8);
    assert!(size_of::<falconet_events>() == 72);
    assert!(align_of::<falconet_events>() == 8);
    assert!(size_of::<falconet_range>() == 16);
    assert!(align_of::<falconet_range>() == 8);
    assert!(size_of::<falconet_filter>() == 56);
    assert!(align_of::<falconet_filter>() == 8);
    assert!(size_of::<falconet_observation>() == 176);
    assert!(align_of::<falconet_observation>() == 8);
    assert!(size_of::<falconet_thread>() == 328);
    assert!(align_of::<falconet_thread>() == 8);
    assert!(size_of::<falconet_snapshot_info>() == 48);
    assert!(align_of::<falconet_snapshot_info>() == 8);
    assert!(size_of::<falconet_difference>() == 80);
    assert!(align_of::<falconet_difference>() == 8);
    assert!(size_of::<falconet_difference_totals>() == 24);
    assert!(align_of::<falconet_difference_totals>() == 8);
    assert!(size_of::<falconet_proof_info>() == 120);
    assert!(align_of::<falconet_proof_info>() == 8);
    assert!(size_of::<falconet_contract_call>() == 40);
    assert!(align_of::<falconet_contract_call>() == 8);
    assert!(size_of::<falconet_calldata_options>() == 32);
    assert!(align_of::<falconet_calldata_options>() == 8);
    assert!(size_of::<falconet_divergence>() == 96);
    assert!(align_of::<falconet_divergence>() == 8);
    assert!(size_of::<falconet_finding>() == 64);
    assert!(align_of::<falconet_finding>() == 8);
    assert!(size_of::<falconet_check>() == 24);
    assert!(align_of::<falconet_check>() == 8);
    assert!(size_of::<falconet_trace_options>() == 72);
    assert!(align_of::<falconet_trace_options>() == 8);
    assert!(size_of::<falconet_trace_claim>() == 48);
    assert!(align_of::<falconet_trace_claim>() == 8);
    assert!(size_of::<falconet_trace_step>() == 24);
    assert!(align_of::<falconet_trace_step>() == 8);
    assert!(size_of::<falconet_trace_info>() == 64);
    assert!(align_of::<falconet_trace_info>() == 8);
    assert!(size_of::<falconet_trace_adoption>() == 24);
    assert!(align_of::<falconet_trace_adoption>() == 8);
    assert!(size_of::<falconet_store_part>() == 32);
    assert!(align_of::<falconet_store_part>() == 8);
    assert!(size_of::<falconet_store_info>() == 40);
    assert!(align_of::<falconet_store_info>() == 8);
    assert!(size_of::<falconet_store_import_result>() == 40);
    assert!(align_of::<falconet_store_import_result>() == 8);
};
