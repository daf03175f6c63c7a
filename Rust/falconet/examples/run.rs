//! Runs a snapshot with pre-images of its own source, and prints the claim of the last state.
//!
//!     cargo run --example run state.bin.gz preimages
//!
//! The second argument is a directory of files `0xKEY.txt`, each with a pre-image in hexadecimal.

use falconet::Machine;
use std::path::PathBuf;
use std::{env, fs, io};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn decode(text: &str) -> Result<Vec<u8>> {
    let digits = text.trim();
    (0..digits.len())
        .step_by(2)
        .map(|i| {
            digits
                .get(i..i + 2)
                .ok_or("an odd number of digits")
                .map_err(Into::into)
        })
        .map(|pair: Result<&str>| Ok(u8::from_str_radix(pair?, 16)?))
        .collect()
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (snapshot, folder) = match &arguments[..] {
        [snapshot, folder] => (snapshot, PathBuf::from(folder)),
        _ => return Err("usage: run SNAPSHOT PREIMAGES".into()),
    };
    let mut machine = Machine::open(snapshot)?;
    machine.set_preimages(move |key: &[u8; 32]| {
        let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        match fs::read_to_string(folder.join(format!("0x{digits}.txt"))) {
            Ok(text) => Ok(Some(decode(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    })?;
    machine.run(u64::MAX)?;
    println!("step {} claim {}", machine.step(), machine.claim()?);
    Ok(())
}
