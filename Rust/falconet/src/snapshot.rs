//! Snapshots in files, described, converted and compared without loading them.

use crate::compare::{collect, Difference};
use crate::error::check;
use crate::{strings, sys, Claim, Format, OpenOptions, Result};
use std::path::Path;

/// What a snapshot is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotInfo {
    /// The number of the state version.
    pub version: u32,
    /// Steps executed since the program's start.
    pub step: u64,
    /// The program's exit code; None if it has not exited.
    pub exit_code: Option<u8>,
    /// The claim.
    pub claim: Claim,
    /// The witness.
    pub witness: Vec<u8>,
    /// Whether the claim comes from the pages. False for a `.fsnap` file whose pages are trusted.
    pub verified: bool,
}

/// What a snapshot's file is, with its claim and witness, in one pass over the file. The memory that this
/// takes does not grow with the pages.
pub fn describe(path: impl AsRef<Path>, options: &OpenOptions) -> Result<SnapshotInfo> {
    let (path, reading) = (strings::path(path)?, options.reading()?);
    // Sound: all fields are numbers, for which zeros are valid.
    let mut info: sys::falconet_snapshot_info = unsafe { std::mem::zeroed() };
    // Sound: the path and the options live during the call, and the results are writable.
    let witness = crate::error::buffer(|witness| unsafe {
        sys::falconet_snapshot_describe(path.as_ptr(), &reading.value, &mut info, witness)
    })?;
    Ok(SnapshotInfo {
        version: info.version,
        step: info.step,
        exit_code: info.exited.then_some(info.exit_code),
        claim: Claim(info.claim),
        witness,
        verified: info.verified,
    })
}

/// Writes a snapshot's file in another format, without loading it. The new file appears completely or not
/// at all, and may replace the old one. Without a format, its name selects it.
pub fn convert(
    path: impl AsRef<Path>,
    options: &OpenOptions,
    output: impl AsRef<Path>,
    format: impl Into<Option<Format>>,
) -> Result<()> {
    let (path, reading) = (strings::path(path)?, options.reading()?);
    let (output, format) = (strings::path(output)?, Format::number(format.into()));
    // Sound: the paths and the options live during the call.
    check(unsafe {
        sys::falconet_snapshot_convert(path.as_ptr(), &reading.value, output.as_ptr(), format)
    })
}

/// How the snapshots of two files differ, in any formats. The words of the `pages` pages with the lowest
/// addresses among those that differ are listed.
pub fn diff(first: impl AsRef<Path>, second: impl AsRef<Path>, pages: usize) -> Result<Difference> {
    let (first, second) = (strings::path(first)?, strings::path(second)?);
    let reading = OpenOptions::new().reading()?;
    // Sound: the paths and the options live during the call.
    collect(|take, context, totals| unsafe {
        sys::falconet_snapshot_diff(
            first.as_ptr(),
            &reading.value,
            second.as_ptr(),
            &reading.value,
            pages,
            take,
            context,
            totals,
        )
    })
}
