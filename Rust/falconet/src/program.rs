//! Programs: what an ELF file says, and whether the VM can execute it.

use crate::callbacks::guarded;
use crate::error::check;
use crate::options::written;
use crate::{strings, sys, Compression, ProfileFormat, Result};
use std::io::Write;
use std::os::raw::c_void;
use std::path::Path;
use std::ptr;

/// The program of an ELF file. Threads may share one.
pub struct Program {
    handle: *mut sys::falconet_program,
}

// Sound: many threads may use a program at once.
unsafe impl Send for Program {}
unsafe impl Sync for Program {}

impl Drop for Program {
    fn drop(&mut self) {
        // Sound: the only owner.
        unsafe { sys::falconet_program_free(self.handle) };
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// An instruction that the state version lacks.
    Instruction,
    /// A system call that the state version lacks.
    SystemCall,
    /// Another reason why the program may not do in the VM what it does elsewhere.
    Concern,
}

/// Something that may stop the VM or corrupt the program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What the finding is about.
    pub kind: FindingKind,
    /// Whether calls lead there from the entry, as far as can be seen, and nothing excuses it.
    pub harmful: bool,
    /// What is wrong.
    pub problem: String,
    /// The function that contains it; None for a concern.
    pub function: Option<String>,
    /// A shortest chain of calls from the entry, such as `main > f > g`; empty if there is none.
    pub path: String,
    /// Why it does no harm, if that is known.
    pub excuse: Option<String>,
    /// What to do about it, if that is known.
    pub remedy: Option<String>,
    /// Where it is, ascending.
    pub addresses: Vec<u64>,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramCheck {
    /// Whether no finding is harmful. That proves nothing: some calls cannot be followed.
    pub compatible: bool,
    /// Functions of the program.
    pub functions: u64,
    /// Functions that calls lead to from the program's entry.
    pub reachable_functions: u64,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl Program {
    /// Opens an ELF file, which may be stripped.
    pub fn open(path: impl AsRef<Path>) -> Result<Program> {
        let (path, mut handle) = (strings::path(path)?, ptr::null_mut());
        // Sound: the path lives during the call, and the result is writable.
        check(unsafe { sys::falconet_program_open(path.as_ptr(), &mut handle) })?;
        Ok(Program { handle })
    }

    /// Opens an ELF file in memory.
    pub fn from_bytes(bytes: &[u8]) -> Result<Program> {
        let mut handle = ptr::null_mut();
        // Sound: the bytes live during the call, and the result is writable.
        check(unsafe {
            sys::falconet_program_open_memory(bytes.as_ptr().cast(), bytes.len(), &mut handle)
        })?;
        Ok(Program { handle })
    }

    pub(crate) fn handle(&self) -> *const sys::falconet_program {
        self.handle
    }

    /// Looks for what a revision of a state version lacks in the program; None is the newest revision.
    pub fn check(&self, version: u32, revision: Option<&str>) -> Result<ProgramCheck> {
        let name = revision
            .map(|name| strings::bytes(name.as_bytes()))
            .transpose()?;
        let mut totals = sys::falconet_check {
            functions: 0,
            reachable_functions: 0,
            compatible: false,
        };
        let mut findings: Vec<Finding> = Vec::new();
        let context: *mut Vec<Finding> = &mut findings;
        // Sound: the name and the list live during the call, and the result is writable.
        check(unsafe {
            sys::falconet_program_check(
                self.handle,
                version,
                strings::pointer(&name),
                Some(take),
                context.cast(),
                &mut totals,
            )
        })?;
        Ok(ProgramCheck {
            compatible: totals.compatible,
            functions: totals.functions,
            reachable_functions: totals.reachable_functions,
            findings,
        })
    }
}

unsafe extern "C" fn take(context: *mut c_void, finding: *const sys::falconet_finding) {
    guarded((), || {
        // Sound: the context is the list of the call, and what C passes is valid until this returns.
        unsafe {
            let finding = &*finding;
            let addresses = if finding.address_count == 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(finding.addresses, finding.address_count).to_vec()
            };
            (*context.cast::<Vec<Finding>>()).push(Finding {
                kind: match finding.kind {
                    sys::FALCONET_FINDING_INSTRUCTION => FindingKind::Instruction,
                    sys::FALCONET_FINDING_SYSTEM_CALL => FindingKind::SystemCall,
                    _ => FindingKind::Concern,
                },
                harmful: finding.harmful,
                problem: strings::owned(finding.problem).unwrap_or_default(),
                function: strings::owned(finding.function),
                path: strings::owned(finding.path).unwrap_or_default(),
                excuse: strings::owned(finding.excuse),
                remedy: strings::owned(finding.remedy),
                addresses,
            });
        }
    });
}

/// How many steps a run spent in which function, by the calls that led there.
pub struct Profile {
    handle: *mut sys::falconet_profile,
}

// Sound: any thread may use a handle, one at a time.
unsafe impl Send for Profile {}

impl Drop for Profile {
    fn drop(&mut self) {
        // Sound: the only owner.
        unsafe { sys::falconet_profile_free(self.handle) };
    }
}

impl Profile {
    pub(crate) fn new(handle: *mut sys::falconet_profile) -> Profile {
        Profile { handle }
    }

    /// Writes a file, completely or not at all. The name selects the format: `.pb.gz`, `.folded` or
    /// `.svg`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_profile_save(self.handle, path.as_ptr()) })
    }

    /// Writes the profile.
    pub fn write(
        &self,
        writer: impl Write,
        format: ProfileFormat,
        compression: Compression,
    ) -> Result<()> {
        let (format, compression) = (format.number(), compression.number());
        // Sound: the writer lives during the call.
        written(writer, |write, context| unsafe {
            sys::falconet_profile_write(self.handle, format, compression, write, context)
        })
    }
}
