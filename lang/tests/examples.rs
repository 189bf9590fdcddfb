//! The example specs.

use rescc_lang::{FileId, SourceFile, parse};

mod common;

#[test]
fn every_example_is_read_without_a_diagnostic() {
    for (name, text) in common::EXAMPLES {
        let parsed = parse(&SourceFile::new(FileId(0), *name, *text));
        assert_eq!(parsed.diagnostics, [], "{name}");
        assert!(parsed.file.blocks().all(|block| block.complete), "{name}");
    }
}
