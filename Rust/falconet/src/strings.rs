//! Strings and paths between Rust and C.

use crate::{Error, Result};
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A path as C takes it.
pub(crate) fn path(path: impl AsRef<Path>) -> Result<CString> {
    bytes(path.as_ref().as_os_str().as_bytes())
}

/// A text, or a word of a command, as C takes it.
pub(crate) fn bytes(text: &[u8]) -> Result<CString> {
    CString::new(text).map_err(|_| {
        Error::invalid(format!(
            "a zero byte in \"{}\"",
            String::from_utf8_lossy(text)
        ))
    })
}

/// The pointer of an optional string; NULL if there is none.
pub(crate) fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
}

/// A string of C; None if it is NULL or not UTF-8.
///
/// # Safety
///
/// The string lives as long as the result.
pub(crate) unsafe fn borrowed<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // Sound: a string of C that the caller promises to live long enough.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}

/// A copy of a string of C; None if it is NULL.
///
/// # Safety
///
/// The pointer is NULL or a string of C.
pub(crate) unsafe fn owned(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // Sound: as the caller promises.
    Some(
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned(),
    )
}

/// A copy of bytes of C; empty if there are none.
///
/// # Safety
///
/// `count` bytes are readable unless it is 0.
pub(crate) unsafe fn slice(bytes: *const u8, count: usize) -> Vec<u8> {
    if count == 0 {
        return Vec::new();
    }
    // Sound: as the caller promises.
    unsafe { std::slice::from_raw_parts(bytes, count) }.to_vec()
}
