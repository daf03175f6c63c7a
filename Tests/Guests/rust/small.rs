//! A Rust guest without the standard library, as Kona's client is one: generics, traits, closures,
//! formatting, and a panic handler that ends with Kona's code.
#![no_std]
#![no_main]
#![feature(asm_experimental_arch)]

use core::fmt::{self, Write};
use core::ops::Add;

mod vm {
    use core::arch::asm;

    /// A system call. Its error, if any, is told by register 7.
    pub fn call(number: u64, a: u64, b: u64, c: u64) -> Result<u64, ()> {
        let (mut result, mut failed) = (number, 0u64);
        unsafe {
            asm!("syscall", inout("$2") result, in("$4") a, in("$5") b, in("$6") c,
                inout("$7") failed, out("$3") _, out("$8") _, out("$9") _, out("$10") _,
                out("$11") _, out("$12") _, out("$13") _, out("$14") _, out("$15") _,
                out("$24") _, out("$25") _);
        }
        if failed == 0 { Ok(result) } else { Err(()) }
    }

    pub fn exit(code: u64) -> ! {
        loop {
            let _ = call(5205, code, 0, 0);
        }
    }

    pub fn write_all(descriptor: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match call(5001, descriptor, bytes.as_ptr() as u64, bytes.len() as u64) {
                Ok(done) if done > 0 => bytes = &bytes[done as usize..],
                _ => exit(2),
            }
        }
    }

    pub fn read_all(descriptor: u64, bytes: &mut [u8]) {
        let mut next = 0;
        while next < bytes.len() {
            let rest = &mut bytes[next..];
            match call(5000, descriptor, rest.as_mut_ptr() as u64, rest.len() as u64) {
                Ok(done) if done > 0 => next += done as usize,
                _ => panic!("a pre-image ends early"),
            }
        }
    }
}

struct Stream(u64);

impl Write for Stream {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        vm::write_all(self.0, text.as_bytes());
        Ok(())
    }
}

fn local_input(index: u64) -> u64 {
    let mut key = [0u8; 32];
    key[0] = 1;
    key[24..].copy_from_slice(&index.to_be_bytes());
    vm::write_all(6, &key);
    let mut word = [0u8; 8];
    vm::read_all(5, &mut word);
    assert_eq!(u64::from_be_bytes(word), 8, "the length of a local input");
    vm::read_all(5, &mut word);
    u64::from_be_bytes(word)
}

trait Shape {
    fn area(&self) -> u64;
}

struct Square<Number>(Number);
struct Rectangle<Number> {
    width: Number,
    height: Number,
}

impl<Number: Copy + Into<u64>> Shape for Square<Number> {
    #[inline(never)]
    fn area(&self) -> u64 {
        let side = self.0.into();
        side.wrapping_mul(side)
    }
}

impl<Number: Copy + Into<u64>> Shape for Rectangle<Number> {
    #[inline(never)]
    fn area(&self) -> u64 {
        self.width.into().wrapping_mul(self.height.into())
    }
}

#[inline(never)]
fn fold<Item, const COUNT: usize>(
    items: &[Item; COUNT], start: u64, body: &mut dyn FnMut(u64, &Item) -> u64,
) -> u64 {
    items.iter().fold(start, |sum, item| body(sum, item))
}

#[inline(never)]
fn descend(depth: u64, shapes: &[&dyn Shape; 3]) -> u64 {
    let mut count = 0;
    let sum = fold(shapes, depth, &mut |sum, shape| {
        count += 1;
        sum.wrapping_mul(31).add(shape.area())
    });
    if depth == 0 { sum + count } else { sum ^ descend(depth - 1, shapes) }
}

#[no_mangle]
pub extern "C" fn _start() -> ! {
    let number = local_input(1);
    let shapes: [&dyn Shape; 3] =
        [&Square(number as u32), &Rectangle { width: number as u16, height: 3u16 }, &Square(7u8)];
    let result = descend(number, &shapes);
    let _ = writeln!(Stream(1), "descend({number}) = {result:#018x}");
    if number > 1000 {
        panic!("the number is too large: {}", number);
    }
    vm::exit(if number == 30 { 0 } else { 1 })
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = writeln!(Stream(2), "Panic: {info}");
    vm::exit(2)
}

// What the compiler calls. The loops must not become calls of themselves.

#[no_mangle]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    for index in 0..count {
        to.add(index).write_volatile(*from.add(index));
    }
    to
}

#[no_mangle]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize) <= from as usize {
        return memcpy(to, from, count);
    }
    for index in (0..count).rev() {
        to.add(index).write_volatile(*from.add(index));
    }
    to
}

#[no_mangle]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, count: usize) -> *mut u8 {
    for index in 0..count {
        to.add(index).write_volatile(value as u8);
    }
    to
}

#[no_mangle]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    for index in 0..count {
        let (left, right) = (a.add(index).read_volatile(), b.add(index).read_volatile());
        if left != right {
            return left as i32 - right as i32;
        }
    }
    0
}
