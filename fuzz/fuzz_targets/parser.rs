//! Any text parses: no panic, every span within the file and on the boundaries of characters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rescc_lang::{FileId, SourceFile, parse};

fuzz_target!(|text: &str| {
    let file = SourceFile::new(FileId(0), "fuzz.res", text);
    for diagnostic in parse(&file).diagnostics {
        assert!(!diagnostic.labels.is_empty());
        for label in &diagnostic.labels {
            assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
        }
    }
});
