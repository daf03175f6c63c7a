//! Runs a snapshot with pre-images of its own source, and prints the claim of the last state.
//!
//!     rustc main.rs -L FOLDER/lib -C link-arg=-Wl,-rpath,FOLDER/lib
//!     ./main state.bin.gz preimages
//!
//! FOLDER is what Scripts/build-library filled. The second argument is a folder of files
//! 0xKEY.txt, each with a pre-image in hexadecimal.

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::{env, fs, process, ptr, slice};

type Preimage = extern "C" fn(*mut c_void, *const u8, *mut c_void) -> c_int;
type Hint = extern "C" fn(*mut c_void, *const u8, usize) -> c_int;

#[link(name = "falconet")]
extern "C" {
    fn falconet_error_message() -> *const c_char;
    fn falconet_machine_open(
        path: *const c_char,
        reading: *const c_void,
        machine: *mut *mut c_void,
    ) -> c_int;
    fn falconet_machine_free(machine: *mut c_void) -> c_int;
    fn falconet_machine_set_preimages(
        machine: *mut c_void,
        preimage: Option<Preimage>,
        hint: Option<Hint>,
        context: *mut c_void,
    ) -> c_int;
    fn falconet_answer_append(answer: *mut c_void, bytes: *const u8, count: usize) -> c_int;
    fn falconet_machine_run(
        machine: *mut c_void,
        step: u64,
        flags: u32,
        stop: *mut c_int,
    ) -> c_int;
    fn falconet_machine_step(machine: *const c_void, step: *mut u64) -> c_int;
    fn falconet_machine_claim(machine: *const c_void, claim: *mut u8) -> c_int;
}

const OK: c_int = 0;
const NOT_FOUND: c_int = 3;

type Source = HashMap<Vec<u8>, Vec<u8>>;

/// Looks a key up in the source that `context` points to.
extern "C" fn preimage(context: *mut c_void, key: *const u8, answer: *mut c_void) -> c_int {
    // Sound: the source outlives the run, and keys have 32 bytes.
    let (source, key) =
        unsafe { (&*(context as *const Source), slice::from_raw_parts(key, 32)) };
    match source.get(key) {
        Some(data) => unsafe { falconet_answer_append(answer, data.as_ptr(), data.len()) },
        None => NOT_FOUND,
    }
}

/// Ends the program if a call failed.
fn check(status: c_int) {
    if status != OK {
        let message = unsafe { CStr::from_ptr(falconet_error_message()) };
        eprintln!("error: {}", message.to_string_lossy());
        process::exit(1);
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim();
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok())
        .collect()
}

fn read_source(folder: &str) -> std::io::Result<Source> {
    let mut source = Source::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("");
        let Some(key) = name.strip_prefix("0x").and_then(hex) else { continue };
        if let Some(data) = hex(&fs::read_to_string(&path)?) {
            source.insert(key, data);
        }
    }
    Ok(source)
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let [_, snapshot, folder] = &arguments[..] else {
        eprintln!("usage: main SNAPSHOT PREIMAGES");
        process::exit(64);
    };
    let mut source = read_source(folder)?;
    let path = CString::new(snapshot.as_str())?;
    let (mut machine, mut stop, mut step, mut claim) = (ptr::null_mut(), 0, 0, [0u8; 32]);
    unsafe {
        check(falconet_machine_open(path.as_ptr(), ptr::null(), &mut machine));
        let context = &mut source as *mut Source as *mut c_void;
        check(falconet_machine_set_preimages(machine, Some(preimage), None, context));
        check(falconet_machine_run(machine, u64::MAX, 0, &mut stop));
        check(falconet_machine_step(machine, &mut step));
        check(falconet_machine_claim(machine, claim.as_mut_ptr()));
        check(falconet_machine_free(machine));
    }
    let digits: String = claim.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("step {step} claim 0x{digits}");
    Ok(())
}
