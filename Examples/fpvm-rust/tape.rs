//! The smallest fault-proof VM: Brainfuck, with 256 cells and a program of up to 4096 bytes. The
//! witness is the whole state, so a proof is the witness, and the claim is a hash of 16 bytes that
//! is too small for anything but an example.
//!
//! `.` writes a byte. `,` reads the next byte of the pre-image of the key `input`, and 0 after its
//! end. Each other character is a step that does nothing. The program exits at its end, with the
//! cell under the head as its exit code. If the head leaves the tape, there is no next state.
//!
//! rustc --edition 2021 -O --crate-type cdylib tape.rs -o libtape.so
//!
//! It has no fpvm_clone, no description, and does not stop at reads: those are optional.
//!
//! SPDX-License-Identifier: MIT

#![allow(non_camel_case_types)]

use std::ffi::c_void;
use std::ptr;

// ---- What fpvm.h declares ----

const OK: i32 = 0;
const INVALID: i32 = 1;
const BUSY: i32 = 2;
const UNSUPPORTED: i32 = 3;
const BAD_DATA: i32 = 4;
const PREIMAGE: i32 = 6;
const PANIC: i32 = 7;
const EXITED: i32 = 8;
const REJECTED: i32 = 9;
const CALLBACK: i32 = 11;
const STOP: i32 = 13;
const ANY_KIND: u32 = 0xFFFF_FFFF;
const SIZE_MAX: u64 = 4096;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_bytes {
    bytes: *const u8,
    count: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_text {
    text: *const u8,
    count: u64,
}

#[repr(C)]
pub struct fpvm_error {
    size: u64,
    text: *mut u8,
    room: u64,
    count: u64,
}

#[repr(C)]
pub struct fpvm_kind {
    size: u64,
    name: fpvm_text,
    description: fpvm_text,
    witness_size: u64,
}

type Read = unsafe extern "C" fn(*mut c_void, *mut u8, u64, *mut u64) -> i32;
type Write = unsafe extern "C" fn(*mut c_void, *const u8, u64) -> i32;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_input {
    size: u64,
    bytes: fpvm_bytes,
    read: Option<Read>,
    context: *mut c_void,
    options: *const c_void,
    option_count: u64,
    kind: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_info {
    size: u64,
    step: u64,
    memory: u64,
    exit_code: u64,
    kind: u32,
    exited: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_callbacks {
    size: u64,
    context: *mut c_void,
    preimage: Option<unsafe extern "C" fn(*mut c_void, *const u8, u64, *mut fpvm_bytes) -> i32>,
    hint: Option<Write>,
    output: Option<unsafe extern "C" fn(*mut c_void, u32, *const u8, u64)>,
    progress: Option<unsafe extern "C" fn(*mut c_void, u64) -> i32>,
    progress_interval: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_run {
    size: u64,
    until: u64,
    flags: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_stop {
    size: u64,
    step: u64,
    reason: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_field {
    name: fpvm_text,
    bytes: fpvm_bytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct fpvm_proof {
    size: u64,
    step: u64,
    kind: u32,
    has_read: u32,
    pre: fpvm_bytes,
    post: fpvm_bytes,
    fields: *const fpvm_field,
    field_count: u64,
    key: fpvm_bytes,
    preimage: fpvm_bytes,
    offset: u64,
}

type Machine = *mut Handle;
type Error = *mut fpvm_error;

#[repr(C)]
pub struct fpvm_table {
    size: u64,
    capabilities: u64,
    abi: u32,
    kind_count: u32,
    kinds: *const *const fpvm_kind,
    option_count: u64,
    options: *const *const c_void,
    name: fpvm_text,
    version: fpvm_text,
    claim_size: u64,
    progress_limit: u64,
    load_program: Option<unsafe extern "C" fn(*const fpvm_input, *mut Machine, Error) -> i32>,
    load_state: Option<unsafe extern "C" fn(*const fpvm_input, *mut Machine, Error) -> i32>,
    clone: Option<unsafe extern "C" fn(Machine, *mut Machine, Error) -> i32>,
    free_machine: Option<unsafe extern "C" fn(Machine) -> i32>,
    free_bytes: Option<unsafe extern "C" fn(*mut fpvm_bytes)>,
    set_callbacks: Option<unsafe extern "C" fn(Machine, *const fpvm_callbacks, Error) -> i32>,
    info: Option<unsafe extern "C" fn(Machine, *mut fpvm_info, Error) -> i32>,
    claim: Option<unsafe extern "C" fn(Machine, *mut u8, u64, Error) -> i32>,
    witness: Option<unsafe extern "C" fn(Machine, *mut fpvm_bytes, Error) -> i32>,
    claim_of_witness:
        Option<unsafe extern "C" fn(u32, *const u8, u64, *mut u8, u64, Error) -> i32>,
    save_state: Option<unsafe extern "C" fn(Machine, *mut fpvm_bytes, Error) -> i32>,
    write_state: Option<unsafe extern "C" fn(Machine, Option<Write>, *mut c_void, Error) -> i32>,
    run: Option<unsafe extern "C" fn(Machine, *const fpvm_run, *mut fpvm_stop, Error) -> i32>,
    prove: Option<unsafe extern "C" fn(Machine, *mut *const fpvm_proof, Error) -> i32>,
    free_proof: Option<unsafe extern "C" fn(*const fpvm_proof)>,
    verify: Option<unsafe extern "C" fn(*const fpvm_proof, Error) -> i32>,
    describe: Option<unsafe extern "C" fn(Machine, *mut fpvm_bytes, Error) -> i32>,
}

// Pointers to constants, which any thread may read.
unsafe impl Sync for fpvm_kind {}
unsafe impl Sync for fpvm_table {}
struct Kinds([&'static fpvm_kind; 1]);

// ---- The machine ----

const CELLS: usize = 256;
const PROGRAM: usize = 4096;
const CLAIM: usize = 16;
const KEY: &[u8] = b"input";
/// Four numbers of 8 bytes, the tape, and then the program to the end.
const HEAD: usize = 4 * 8 + CELLS;

#[derive(Clone)]
struct State {
    step: u64,
    pc: u64,
    head: u64,
    /// Bytes of the input that were read.
    input: u64,
    tape: [u8; CELLS],
    program: Vec<u8>,
}

/// Why a step does not happen: a status, and why.
type Fault = (i32, &'static str);

/// The hash behind the claims: two lanes of 64 bits, each multiplied and turned by turns.
fn hash(bytes: &[u8]) -> [u8; CLAIM] {
    let (mut a, mut b) = (0x6A09_E667_F3BC_C908_u64, bytes.len() as u64);
    for byte in bytes {
        a = (a ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23) ^ b;
        b = (b ^ a).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    }
    let mut result = [0; CLAIM];
    result[..8].copy_from_slice(&(a ^ b.rotate_left(7)).to_be_bytes());
    result[8..].copy_from_slice(&b.to_be_bytes());
    result
}

impl State {
    fn of_program(program: &[u8]) -> Result<State, Fault> {
        if program.len() > PROGRAM {
            return Err((BAD_DATA, "the program has more than 4096 bytes"));
        }
        let mut depth = 0_i64;
        for byte in program {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                break;
            }
        }
        if depth != 0 {
            return Err((BAD_DATA, "the program has a bracket without its other one"));
        }
        let program = program.to_vec();
        Ok(State { step: 0, pc: 0, head: 0, input: 0, tape: [0; CELLS], program })
    }

    fn witness(&self) -> Vec<u8> {
        let mut result = Vec::with_capacity(HEAD + self.program.len());
        for number in [self.step, self.pc, self.head, self.input] {
            result.extend_from_slice(&number.to_be_bytes());
        }
        result.extend_from_slice(&self.tape);
        result.extend_from_slice(&self.program);
        result
    }

    fn of_witness(bytes: &[u8]) -> Result<State, Fault> {
        if bytes.len() < HEAD {
            return Err((BAD_DATA, "the witness is too short"));
        }
        let number =
            |at: usize| u64::from_be_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap());
        let mut state = State::of_program(&bytes[HEAD..])?;
        (state.step, state.pc, state.head, state.input) =
            (number(0), number(1), number(2), number(3));
        state.tape.copy_from_slice(&bytes[32..HEAD]);
        if state.pc > state.program.len() as u64 || state.head >= CELLS as u64 {
            return Err((BAD_DATA, "the witness has a place that no state has"));
        }
        Ok(state)
    }

    fn has_exited(&self) -> bool {
        self.pc == self.program.len() as u64
    }

    /// The place of the bracket that belongs to the one at `pc`.
    fn other_bracket(&self) -> usize {
        let (mut at, mut depth) = (self.pc as usize, 0_i64);
        let forward = self.program[at] == b'[';
        loop {
            match self.program[at] {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at;
            }
            at = if forward { at + 1 } else { at - 1 };
        }
    }

    /// Executes one step. `input` gives a byte of the input; `output` takes one.
    fn step(
        &mut self, input: &mut dyn FnMut(u64) -> Result<u8, Fault>, output: &mut dyn FnMut(u8),
    ) -> Result<(), Fault> {
        let head = self.head as usize;
        match self.program[self.pc as usize] {
            b'>' if head + 1 == CELLS => return Err((PANIC, "the head leaves the tape")),
            b'<' if head == 0 => return Err((PANIC, "the head leaves the tape")),
            b'>' => self.head += 1,
            b'<' => self.head -= 1,
            b'+' => self.tape[head] = self.tape[head].wrapping_add(1),
            b'-' => self.tape[head] = self.tape[head].wrapping_sub(1),
            b'.' => output(self.tape[head]),
            b',' => {
                self.tape[head] = input(self.input)?;
                self.input = self.input.wrapping_add(1);
            }
            b'[' if self.tape[head] == 0 => self.pc = self.other_bracket() as u64,
            b']' if self.tape[head] != 0 => self.pc = self.other_bracket() as u64,
            _ => {}
        }
        self.pc += 1;
        self.step = self.step.wrapping_add(1);
        Ok(())
    }
}

pub struct Handle {
    state: State,
    callbacks: Option<fpvm_callbacks>,
    /// Whether one of the callbacks runs.
    is_called: bool,
}

#[repr(C)]
struct Proof {
    /// First, so that the caller's pointer is that of all.
    shown: fpvm_proof,
    field: fpvm_field,
    pre: [u8; CLAIM],
    post: [u8; CLAIM],
    witness: Vec<u8>,
    preimage: Vec<u8>,
}

/// Executes one step of a machine; a pre-image that it reads goes to `read`.
unsafe fn step(handle: Machine, read: &mut Option<Vec<u8>>) -> Result<(), Fault> {
    let mut next = (*handle).state.clone();
    let callbacks = (*handle).callbacks;
    let mut input = |offset: u64| {
        let missing = (PREIMAGE, "the pre-image of the key `input` is missing");
        let callbacks = callbacks.ok_or(missing)?;
        let mut bytes = fpvm_bytes { bytes: ptr::null(), count: 0 };
        (*handle).is_called = true;
        let preimage = callbacks.preimage.ok_or(missing);
        let status =
            preimage.map(|it| it(callbacks.context, KEY.as_ptr(), KEY.len() as u64, &mut bytes));
        (*handle).is_called = false;
        match status? {
            OK => {}
            STOP => return Err((STOP, "the pre-image callback stopped the step")),
            _ => return Err(missing),
        }
        let bytes = slice(bytes).ok_or(missing)?;
        *read = Some(bytes.to_vec());
        Ok(usize::try_from(offset).ok().and_then(|at| bytes.get(at)).copied().unwrap_or(0))
    };
    let mut output = |byte: u8| {
        if let Some((callbacks, output)) = callbacks.and_then(|it| Some((it, it.output?))) {
            (*handle).is_called = true;
            output(callbacks.context, 1, &byte, 1);
            (*handle).is_called = false;
        }
    };
    next.step(&mut input, &mut output)?;
    (*handle).state = next;
    Ok(())
}

// ---- Arguments and results ----

unsafe fn slice<'a>(bytes: fpvm_bytes) -> Option<&'a [u8]> {
    if bytes.count == 0 {
        return Some(&[]);
    }
    if bytes.bytes.is_null() {
        return None;
    }
    Some(std::slice::from_raw_parts(bytes.bytes, usize::try_from(bytes.count).ok()?))
}

/// Ends a function: the status, and the text of a fault in the caller's room.
unsafe fn end(error: Error, result: Result<(), Fault>) -> i32 {
    let Err((status, text)) = result else { return OK };
    if !error.is_null() && (*error).size >= 32 && !(*error).text.is_null() {
        // The texts are ASCII, so that each byte is a character.
        let count = (text.len() as u64).min((*error).room);
        ptr::copy_nonoverlapping(text.as_ptr(), (*error).text, count as usize);
        (*error).count = count;
    }
    status
}

/// An argument by the rule of sizes.
unsafe fn argument<T: Copy>(structure: *const T) -> Result<T, Fault> {
    if structure.is_null() {
        return Err((INVALID, "a required structure is NULL"));
    }
    let (size, known) = (*structure.cast::<u64>(), std::mem::size_of::<T>() as u64);
    if size < known || size > SIZE_MAX {
        return Err((INVALID, "a size is not valid"));
    }
    let bytes = std::slice::from_raw_parts(structure.cast::<u8>(), size as usize);
    if bytes[known as usize..].iter().any(|byte| *byte != 0) {
        return Err((UNSUPPORTED, "a structure has a part that this VM does not know"));
    }
    Ok(structure.read())
}

/// A result by the rule of sizes: all zero after the size.
unsafe fn result<'a, T>(structure: *mut T) -> Result<&'a mut T, Fault> {
    if structure.is_null() {
        return Err((INVALID, "the place of a result is NULL"));
    }
    let (size, known) = (*structure.cast::<u64>(), std::mem::size_of::<T>() as u64);
    if size < known || size > SIZE_MAX {
        return Err((INVALID, "a size is not valid"));
    }
    ptr::write_bytes(structure.cast::<u8>().add(8), 0, size as usize - 8);
    Ok(&mut *structure)
}

unsafe fn check(handle: Machine) -> Result<(), Fault> {
    if handle.is_null() {
        return Err((INVALID, "the machine is NULL"));
    }
    if (*handle).is_called {
        return Err((BUSY, "a callback of the machine runs"));
    }
    Ok(())
}

unsafe fn give(to: *mut fpvm_bytes, bytes: Vec<u8>) -> Result<(), Fault> {
    if to.is_null() {
        return Err((INVALID, "the place of the bytes is NULL"));
    }
    let count = bytes.len() as u64;
    *to = fpvm_bytes { bytes: Box::into_raw(bytes.into_boxed_slice()).cast(), count };
    Ok(())
}

unsafe fn put_claim(claim: *mut u8, room: u64, witness: &[u8]) -> Result<(), Fault> {
    if claim.is_null() || room < CLAIM as u64 {
        return Err((INVALID, "there is no room for the claim"));
    }
    ptr::copy_nonoverlapping(hash(witness).as_ptr(), claim, CLAIM);
    Ok(())
}

/// All bytes of an input.
unsafe fn all(input: *const fpvm_input) -> Result<Vec<u8>, Fault> {
    let input = argument(input)?;
    if input.reserved != 0 {
        return Err((INVALID, "a reserved number is not 0"));
    }
    if input.option_count != 0 {
        return Err((UNSUPPORTED, "this VM has no options"));
    }
    if input.kind != 0 && input.kind != ANY_KIND {
        return Err((UNSUPPORTED, "this VM has no state of this kind"));
    }
    let limit = CLAIM + HEAD + PROGRAM;
    let Some(read) = input.read else {
        let bytes = slice(input.bytes).ok_or((INVALID, "the bytes are NULL"))?;
        return if bytes.len() > limit {
            Err((BAD_DATA, "the input is longer than any that this VM takes"))
        } else {
            Ok(bytes.to_vec())
        };
    };
    let (mut bytes, mut room) = (Vec::new(), [0; 1024]);
    loop {
        let mut count = 0;
        let status = read(input.context, room.as_mut_ptr(), room.len() as u64, &mut count);
        if status != OK || count > room.len() as u64 {
            return Err((CALLBACK, "the input cannot be read"));
        }
        if count == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&room[..count as usize]);
        if bytes.len() > limit {
            return Err((BAD_DATA, "the input is longer than any that this VM takes"));
        }
    }
}

unsafe fn open(
    machine: *mut Machine, error: Error, state: impl FnOnce() -> Result<State, Fault>,
) -> i32 {
    if machine.is_null() {
        return end(error, Err((INVALID, "the place of the machine is NULL")));
    }
    *machine = ptr::null_mut();
    let opened = state().map(|state| {
        let handle = Handle { state, callbacks: None, is_called: false };
        *machine = Box::into_raw(Box::new(handle));
    });
    end(error, opened)
}

// ---- The functions of the table ----

unsafe extern "C" fn load_program(
    program: *const fpvm_input, machine: *mut Machine, error: Error,
) -> i32 {
    open(machine, error, || State::of_program(&all(program)?))
}

unsafe extern "C" fn load_state(
    state: *const fpvm_input, machine: *mut Machine, error: Error,
) -> i32 {
    open(machine, error, || {
        let bytes = all(state)?;
        if bytes.len() < CLAIM || hash(&bytes[CLAIM..]) != bytes[..CLAIM] {
            return Err((BAD_DATA, "this is no state of this VM, or is corrupt"));
        }
        State::of_witness(&bytes[CLAIM..])
    })
}

unsafe extern "C" fn free_machine(machine: Machine) -> i32 {
    if machine.is_null() {
        return OK;
    }
    if (*machine).is_called {
        return BUSY;
    }
    drop(Box::from_raw(machine));
    OK
}

unsafe extern "C" fn free_bytes(bytes: *mut fpvm_bytes) {
    if bytes.is_null() || (*bytes).bytes.is_null() {
        return;
    }
    let place = ptr::slice_from_raw_parts_mut((*bytes).bytes as *mut u8, (*bytes).count as usize);
    drop(Box::from_raw(place));
    *bytes = fpvm_bytes { bytes: ptr::null(), count: 0 };
}

unsafe extern "C" fn set_callbacks(
    machine: Machine, callbacks: *const fpvm_callbacks, error: Error,
) -> i32 {
    end(error, check(machine).and_then(|()| {
        (*machine).callbacks =
            if callbacks.is_null() { None } else { Some(argument(callbacks)?) };
        Ok(())
    }))
}

unsafe extern "C" fn info(machine: Machine, info: *mut fpvm_info, error: Error) -> i32 {
    end(error, check(machine).and_then(|()| {
        let (info, state) = (result(info)?, &(*machine).state);
        info.step = state.step;
        info.memory = CELLS as u64;
        info.exited = u32::from(state.has_exited());
        info.exit_code =
            if state.has_exited() { u64::from(state.tape[state.head as usize]) } else { 0 };
        Ok(())
    }))
}

unsafe extern "C" fn claim(machine: Machine, claim: *mut u8, room: u64, error: Error) -> i32 {
    end(error, check(machine).and_then(|()| {
        put_claim(claim, room, &(*machine).state.witness())
    }))
}

unsafe extern "C" fn witness(machine: Machine, witness: *mut fpvm_bytes, error: Error) -> i32 {
    end(error, check(machine).and_then(|()| give(witness, (*machine).state.witness())))
}

unsafe extern "C" fn claim_of_witness(
    kind: u32, witness: *const u8, count: u64, claim: *mut u8, room: u64, error: Error,
) -> i32 {
    end(error, (|| {
        if kind != 0 {
            return Err((UNSUPPORTED, "this VM has no state of this kind"));
        }
        let witness = slice(fpvm_bytes { bytes: witness, count });
        let witness = witness.ok_or((INVALID, "the witness is NULL"))?;
        State::of_witness(witness)?;
        put_claim(claim, room, witness)
    })())
}

unsafe fn saved(machine: Machine) -> Vec<u8> {
    let witness = (*machine).state.witness();
    [&hash(&witness)[..], &witness].concat()
}

unsafe extern "C" fn save_state(machine: Machine, state: *mut fpvm_bytes, error: Error) -> i32 {
    end(error, check(machine).and_then(|()| give(state, saved(machine))))
}

unsafe extern "C" fn write_state(
    machine: Machine, write: Option<Write>, context: *mut c_void, error: Error,
) -> i32 {
    end(error, check(machine).and_then(|()| {
        let write = write.ok_or((INVALID, "the callback that writes is NULL"))?;
        let state = saved(machine);
        (*machine).is_called = true;
        let status = write(context, state.as_ptr(), state.len() as u64);
        (*machine).is_called = false;
        if status == OK { Ok(()) } else { Err((CALLBACK, "the state cannot be written")) }
    }))
}

const PROGRESS: u64 = 1000;

unsafe extern "C" fn run(
    machine: Machine, run: *const fpvm_run, stop: *mut fpvm_stop, error: Error,
) -> i32 {
    end(error, check(machine).and_then(|()| {
        let (run, stop) = (argument(run)?, result(stop)?);
        if run.flags != 0 {
            return Err((UNSUPPORTED, "this VM has no such flag"));
        }
        if run.reserved != 0 {
            return Err((INVALID, "a reserved number is not 0"));
        }
        let start = (*machine).state.step;
        let callbacks = (*machine).callbacks;
        let interval = callbacks.map_or(0, |it| it.progress_interval);
        let interval = if interval == 0 { PROGRESS } else { interval };
        loop {
            let now = (*machine).state.step;
            stop.step = now;
            if (*machine).state.has_exited() {
                stop.reason = 1;
                return Ok(());
            }
            if now >= run.until {
                return Ok(());
            }
            let progress = callbacks.and_then(|it| Some((it.context, it.progress?)));
            if let Some((context, progress)) = progress {
                if now > start && (now - start) % interval == 0 {
                    (*machine).is_called = true;
                    let status = progress(context, now);
                    (*machine).is_called = false;
                    if status != OK {
                        stop.reason = 3;
                        return Ok(());
                    }
                }
            }
            match step(machine, &mut None) {
                Ok(()) => {}
                Err((STOP, _)) => {
                    stop.reason = 3;
                    return Ok(());
                }
                Err(fault) => return Err(fault),
            }
        }
    }))
}

unsafe extern "C" fn prove(
    machine: Machine, proof: *mut *const fpvm_proof, error: Error,
) -> i32 {
    end(error, check(machine).and_then(|()| {
        if proof.is_null() {
            return Err((INVALID, "the place of the proof is NULL"));
        }
        *proof = ptr::null();
        if (*machine).state.has_exited() {
            return Err((EXITED, "the program has exited"));
        }
        let before = (*machine).state.clone();
        let mut read = None;
        step(machine, &mut read)?;
        let none = fpvm_bytes { bytes: ptr::null(), count: 0 };
        let witness = before.witness();
        let mut made = Box::new(Proof {
            shown: fpvm_proof {
                size: std::mem::size_of::<fpvm_proof>() as u64,
                step: before.step,
                kind: 0,
                has_read: u32::from(read.is_some()),
                pre: none,
                post: none,
                fields: ptr::null(),
                field_count: 1,
                key: none,
                preimage: none,
                offset: if read.is_some() { before.input } else { 0 },
            },
            field: fpvm_field { name: text("witness"), bytes: none },
            pre: hash(&witness),
            post: hash(&(*machine).state.witness()),
            witness,
            preimage: read.unwrap_or_default(),
        });
        let bytes = |it: &[u8]| fpvm_bytes { bytes: it.as_ptr(), count: it.len() as u64 };
        made.field.bytes = bytes(&made.witness);
        made.shown.pre = bytes(&made.pre);
        made.shown.post = bytes(&made.post);
        made.shown.fields = &made.field;
        if made.shown.has_read == 1 {
            made.shown.key = bytes(KEY);
            made.shown.preimage = bytes(&made.preimage);
        }
        *proof = Box::into_raw(made).cast();
        Ok(())
    }))
}

unsafe extern "C" fn free_proof(proof: *const fpvm_proof) {
    if !proof.is_null() {
        drop(Box::from_raw(proof as *mut Proof));
    }
}

unsafe extern "C" fn verify(proof: *const fpvm_proof, error: Error) -> i32 {
    end(error, argument(proof).and_then(|proof| {
        let no_proof = (REJECTED, "this is no proof of this VM");
        if proof.kind != 0 || proof.field_count != 1 || proof.fields.is_null() {
            return Err(no_proof);
        }
        let field = *proof.fields;
        let name = slice(fpvm_bytes { bytes: field.name.text, count: field.name.count });
        if name != Some(b"witness") {
            return Err(no_proof);
        }
        let witness = slice(field.bytes).ok_or(no_proof)?;
        if slice(proof.pre) != Some(&hash(witness)) {
            return Err((REJECTED, "the claim before the step is not the witness's"));
        }
        let rejected = |fault: Fault| (REJECTED, fault.1);
        let mut state = State::of_witness(witness).map_err(rejected)?;
        if state.has_exited() || state.step != proof.step {
            return Err((REJECTED, "the witness has no such step"));
        }
        let (key, preimage) = (slice(proof.key), slice(proof.preimage));
        let mut has_read = 0;
        let mut input = |offset: u64| {
            let preimage = preimage.ok_or(no_proof)?;
            if key != Some(KEY) || proof.offset != offset {
                return Err((REJECTED, "the step reads another pre-image"));
            }
            has_read = 1;
            Ok(usize::try_from(offset).ok().and_then(|at| preimage.get(at)).copied().unwrap_or(0))
        };
        state.step(&mut input, &mut |_| {}).map_err(rejected)?;
        let is_empty = proof.key.count == 0 && proof.preimage.count == 0 && proof.offset == 0;
        if proof.has_read != has_read || (has_read == 0 && !is_empty) {
            return Err((REJECTED, "the step reads another pre-image"));
        }
        if slice(proof.post) != Some(&hash(&state.witness())) {
            return Err((REJECTED, "the claim after the step is another"));
        }
        Ok(())
    }))
}

// ---- The table ----

const fn text(text: &'static str) -> fpvm_text {
    fpvm_text { text: text.as_ptr(), count: text.len() as u64 }
}

static KIND: fpvm_kind = fpvm_kind {
    size: std::mem::size_of::<fpvm_kind>() as u64,
    name: text("tape"),
    description: text("256 cells"),
    witness_size: 0,
};
static KINDS: Kinds = Kinds([&KIND]);

static VM: fpvm_table = fpvm_table {
    size: std::mem::size_of::<fpvm_table>() as u64,
    // Programs, proofs, verifying, unloading, exact proofs.
    capabilities: 1 | 4 | 8 | 64 | 128,
    abi: 1,
    kind_count: 1,
    kinds: KINDS.0.as_ptr().cast(),
    option_count: 0,
    options: ptr::null(),
    name: text("tape"),
    version: text("1.0"),
    claim_size: CLAIM as u64,
    progress_limit: PROGRESS,
    load_program: Some(load_program),
    load_state: Some(load_state),
    clone: None,
    free_machine: Some(free_machine),
    free_bytes: Some(free_bytes),
    set_callbacks: Some(set_callbacks),
    info: Some(info),
    claim: Some(claim),
    witness: Some(witness),
    claim_of_witness: Some(claim_of_witness),
    save_state: Some(save_state),
    write_state: Some(write_state),
    run: Some(run),
    prove: Some(prove),
    free_proof: Some(free_proof),
    verify: Some(verify),
    describe: None,
};

#[no_mangle]
pub extern "C" fn fpvm_get(abi: u32) -> *const fpvm_table {
    if abi == 1 {
        &VM
    } else {
        ptr::null()
    }
}
