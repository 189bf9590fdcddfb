//! What parses without a mistake is formatted into something that formats to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rescc_lang::{FileId, SourceFile, format, parse};

fuzz_target!(|text: &str| {
    let file = SourceFile::new(FileId(0), "fuzz.res", text);
    let Some(once) = format(&file, &parse(&file)) else { return };
    let file = SourceFile::new(FileId(0), "fuzz.res", once.clone());
    let parsed = parse(&file);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert_eq!(format(&file, &parsed).as_deref(), Some(once.as_str()));
});
