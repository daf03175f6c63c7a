//! Proofs of single steps.

use crate::callbacks::guarded;
use crate::error::{buffer, check};
use crate::options::written;
use crate::{strings, sys, Claim, Compression, Result};
use std::io::Write;
use std::os::raw::c_void;
use std::path::{Path, PathBuf};
use std::ptr;

/// Everything that a contract needs to execute one step, and the claim after it.
pub struct Proof {
    handle: *mut sys::falconet_proof,
}

// Sound: any thread may use a handle, one at a time.
unsafe impl Send for Proof {}

impl Drop for Proof {
    fn drop(&mut self) {
        // Sound: the only owner.
        unsafe { sys::falconet_proof_free(self.handle) };
    }
}

/// A call of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContractCall {
    /// `load` loads the part of a pre-image that the step reads, `read` asks whether it is loaded, `step`
    /// executes the step.
    pub purpose: String,
    /// `PreimageOracle` or `MIPS`.
    pub contract: String,
    /// The function's signature, such as `step(bytes,bytes,bytes32)`.
    pub function: String,
    /// The call's data: the selector and the encoded arguments.
    pub data: Vec<u8>,
}

/// What contract calls need that a proof does not contain.
#[derive(Clone, Debug, Default)]
pub struct CalldataOptions {
    /// The local context of the dispute; None is zeros.
    pub local_context: Option<[u8; 32]>,
    /// The address of the dispute game. Without it there is no call that asks for a local input.
    pub caller: Option<[u8; 20]>,
    /// The KZG proof of a blob's field element, needed to load one.
    pub kzg_proof: Option<[u8; 48]>,
    /// The directory in which a host stored what the keys of blobs and precompiles are hashes of, needed
    /// to load one of these.
    pub preimage_folder: Option<PathBuf>,
}

impl Proof {
    pub(crate) fn new(handle: *mut sys::falconet_proof) -> Proof {
        Proof { handle }
    }

    /// Opens a file with one proof, as Cannon and Falconet write it, compressed or not.
    pub fn open(path: impl AsRef<Path>) -> Result<Proof> {
        let (path, mut proof) = (strings::path(path)?, ptr::null_mut());
        // Sound: the path lives during the call, and the result is writable.
        check(unsafe { sys::falconet_proof_open(path.as_ptr(), &mut proof) })?;
        Ok(Proof { handle: proof })
    }

    /// Opens the contents of such a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Proof> {
        let mut proof = ptr::null_mut();
        // Sound: the bytes live during the call, and the result is writable.
        check(unsafe {
            sys::falconet_proof_open_memory(bytes.as_ptr().cast(), bytes.len(), &mut proof)
        })?;
        Ok(Proof { handle: proof })
    }

    fn info(&self) -> sys::falconet_proof_info {
        // Sound: all fields are numbers, for which zeros are valid, and the result is writable.
        unsafe {
            let mut info = std::mem::zeroed();
            check(sys::falconet_proof_get_info(self.handle, &mut info)).expect("a proof has these");
            info
        }
    }

    /// Steps executed before the proved one; None if the file does not say.
    pub fn step(&self) -> Option<u64> {
        let info = self.info();
        info.has_step.then_some(info.step)
    }

    /// The claim before the step; None if the file does not say.
    pub fn pre(&self) -> Option<Claim> {
        let info = self.info();
        info.has_pre.then_some(Claim(info.pre))
    }

    /// The claim after the step.
    pub fn post(&self) -> Claim {
        Claim(self.info().post)
    }

    /// The state version; None if the proof does not say.
    pub fn version(&self) -> Option<u32> {
        let version = self.info().version;
        (version != sys::FALCONET_ANY_VERSION).then_some(version)
    }

    /// What the step reads of a pre-image; None if it reads nothing.
    pub fn preimage_read(&self) -> Option<crate::PreimageRead> {
        let info = self.info();
        info.has_preimage.then_some(crate::PreimageRead {
            key: info.preimage_key,
            offset: info.preimage_offset,
        })
    }

    /// The witness before the step.
    pub fn state_data(&self) -> Result<Vec<u8>> {
        // Sound: the buffer is writable.
        buffer(|data| unsafe { sys::falconet_proof_state_data(self.handle, data) })
    }

    /// The witness of the thread, in versions with threads, followed by the memory proofs.
    pub fn proof_data(&self) -> Result<Vec<u8>> {
        // Sound: the buffer is writable.
        buffer(|data| unsafe { sys::falconet_proof_proof_data(self.handle, data) })
    }

    /// The whole pre-image that the step reads from, preceded by its length in 8 bytes, big-endian; empty
    /// for none.
    pub fn preimage(&self) -> Result<Vec<u8>> {
        // Sound: the buffer is writable.
        buffer(|data| unsafe { sys::falconet_proof_preimage(self.handle, data) })
    }

    /// Executes the step from the proof alone, and checks the claims.
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if the proof does not hold.
    ///
    /// The version is the proof's own, or else every version whose data has these sizes.
    pub fn verify(&self) -> Result<()> {
        self.verify_as(None, None)
    }

    /// Verifies the proof in a state version, and under a revision by any of its names; None is any
    /// version, and the newest revision.
    pub fn verify_as(&self, version: Option<u32>, revision: Option<&str>) -> Result<()> {
        let name = revision
            .map(|name| strings::bytes(name.as_bytes()))
            .transpose()?;
        let version = version.unwrap_or(sys::FALCONET_ANY_VERSION);
        // Sound: the name lives during the call.
        check(unsafe {
            sys::falconet_proof_verify_revision(self.handle, version, strings::pointer(&name))
        })
    }

    /// The contract calls that execute the step, in the order in which they are made. Does not verify the
    /// proof.
    pub fn calldata(&self, options: &CalldataOptions) -> Result<Vec<ContractCall>> {
        let folder = options
            .preimage_folder
            .as_ref()
            .map(strings::path)
            .transpose()?;
        let values = sys::falconet_calldata_options {
            local_context: start(&options.local_context),
            caller: start(&options.caller),
            kzg_proof: start(&options.kzg_proof),
            preimage_folder: strings::pointer(&folder),
        };
        let mut calls: Vec<ContractCall> = Vec::new();
        let context: *mut Vec<ContractCall> = &mut calls;
        // Sound: the options and the list live during the call.
        check(unsafe {
            sys::falconet_proof_calldata(self.handle, &values, Some(take), context.cast())
        })?;
        Ok(calls)
    }

    /// Writes a proof file, completely or not at all, compressed with gzip if its name ends in `.gz`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = strings::path(path)?;
        // Sound: the path lives during the call.
        check(unsafe { sys::falconet_proof_save(self.handle, path.as_ptr()) })
    }

    /// Writes the proof's JSON.
    pub fn write(&self, writer: impl Write, compression: Compression) -> Result<()> {
        // Sound: the writer lives during the call.
        written(writer, |write, context| unsafe {
            sys::falconet_proof_write(self.handle, compression.number(), write, context)
        })
    }
}

/// The start of an option; NULL if there is none.
fn start<const N: usize>(bytes: &Option<[u8; N]>) -> *const u8 {
    bytes.as_ref().map_or(ptr::null(), |bytes| bytes.as_ptr())
}

unsafe extern "C" fn take(context: *mut c_void, call: *const sys::falconet_contract_call) {
    guarded((), || {
        // Sound: the context is the list of the call, and what C passes is valid until this returns.
        unsafe {
            let call = &*call;
            (*context.cast::<Vec<ContractCall>>()).push(ContractCall {
                purpose: strings::owned(call.purpose).unwrap_or_default(),
                contract: strings::owned(call.contract).unwrap_or_default(),
                function: strings::owned(call.function).unwrap_or_default(),
                data: strings::slice(call.data, call.count),
            });
        }
    });
}
