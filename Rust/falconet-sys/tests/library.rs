//! The library that is linked is the one that the declarations are of.

use falconet_sys::{falconet_abi_version, falconet_error_message, falconet_machine_free};
use std::ffi::CStr;

#[test]
fn the_library_has_the_version_of_the_declarations() {
    // Sound: functions without arguments, and NULL is allowed.
    unsafe {
        assert_eq!(falconet_abi_version(), falconet_sys::FALCONET_ABI_VERSION);
        assert_eq!(
            falconet_machine_free(std::ptr::null_mut()),
            falconet_sys::FALCONET_OK
        );
        assert!(CStr::from_ptr(falconet_error_message())
            .to_bytes()
            .is_empty());
    }
}
