//! What the tests share: the guest, and a directory of their own.
#![allow(dead_code)]

use falconet::Machine;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub const STEPS: u64 = 50_599;
pub const FIRST_READ: u64 = 83;
pub const PRESTATE: &str = "0x03f2994220b8d7c460ea5b013d18ca2388f0c41a804d892d2da4e962048ca056";
pub const END: &str = "0x00a41a91c6f38bb68b4854866eb780779308863cc7c032e06d4767bd83704009";

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// The key of local input 1.
pub fn key() -> [u8; 32] {
    let mut key = [0; 32];
    (key[0], key[31]) = (1, 1);
    key
}

/// The guest with its input, a number.
pub fn machine(number: u64) -> Machine {
    let mut machine = Machine::open(data("state.bin.gz")).unwrap();
    machine.set_local_input(1, &number.to_be_bytes()).unwrap();
    machine
}

/// A directory that is removed at the end of its test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "falconet-rust-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
