//! Any bytes read as a journal: whole lines up to the first that is not, and no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(contents) = rescc_engine::journal::parse(bytes) {
        assert!(contents.end <= bytes.len() as u64);
        let _ = contents.open_undos();
    }
});
