//! Claims.

use std::fmt;
use std::str::FromStr;

/// The claim of a state: keccak256 of its witness, the first byte replaced by the VM's status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim(pub [u8; 32]);

/// What a claim says of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VmStatus {
    /// The program exited with code 0.
    Valid,
    /// The program exited with code 1.
    Invalid,
    /// The program exited with another code.
    Panic,
    /// The program has not exited.
    Unfinished,
}

impl Claim {
    /// What the claim says of the program; None if its first byte is no status.
    pub fn status(&self) -> Option<VmStatus> {
        match self.0[0] {
            0 => Some(VmStatus::Valid),
            1 => Some(VmStatus::Invalid),
            2 => Some(VmStatus::Panic),
            3 => Some(VmStatus::Unfinished),
            _ => None,
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({self})")
    }
}

/// The text is not 32 bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseClaimError;

impl fmt::Display for ParseClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a claim is 32 bytes in hexadecimal")
    }
}

impl std::error::Error for ParseClaimError {}

impl FromStr for Claim {
    type Err = ParseClaimError;

    /// Reads 64 digits, with or without `0x`.
    fn from_str(text: &str) -> Result<Claim, ParseClaimError> {
        let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(ParseClaimError);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let value = |digit: u8| (digit as char).to_digit(16).ok_or(ParseClaimError);
            *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
        }
        Ok(Claim(bytes))
    }
}
