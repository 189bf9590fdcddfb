//! The rescc language as text: source files, diagnostics as plain data, the `.res` parser with recovery, the
//! tree and the one formatter.
//!
//! Everything here is a pure function of its input: no file is read, no clock, no environment, no types.
//! The one door is [`parse()`]: it always returns a tree, together with every syntax error of the file.

pub mod codes;
pub mod diagnostic;
mod fix;
mod format;
pub mod parse;
pub mod source;
pub mod tree;

pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
pub use fix::apply_fixes;
pub use format::format;
pub use parse::{Parsed, parse};
pub use source::{FileId, LineColumn, SourceFile, Sources, Span};
