//! The parser of `.res` files: it always returns a tree, and every syntax error of the file.
//!
//! Parsers never fail upward past a field: what could not be read is reported at once, skipped up to the next
//! place where reading can go on, and stands in the tree as an [`ExprKind::Error`](crate::tree::ExprKind::Error).
//! Where brackets or braces don't fit together, the file is read a second time with its indentation as the guide,
//! and the reading with fewer errors is taken: so a forgotten `}` costs the block that lacks it, and no other.

mod block;
mod condition;
mod cursor;
mod habits;
mod item;
mod lexical;
mod literal;
mod operand;
mod recover;
mod text;
mod unseen;
mod value;

use crate::codes;
use crate::diagnostic::{self, Diagnostic};
use crate::source::{SourceFile, Span};
use crate::tree;

use cursor::Parser;

/// How deep blocks, brackets and negations may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many syntax errors of a file are reported.
pub const MAX_DIAGNOSTICS: usize = 200;

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What it says.
    pub file: tree::File,
    /// What is wrong with its syntax, in the order of the file; empty if nothing is.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file. It takes any text, ends in time linear to its length, and never gives up.
#[must_use]
pub fn parse(file: &SourceFile) -> Parsed {
    let mut read = Parser::new(file, false).file();
    if read.unbalanced {
        let guided = Parser::new(file, true).file();
        if guided.errors <= read.errors {
            read = guided;
        }
    }
    let mut diagnostics = read.diagnostics;
    let invisible = unseen::invisible_characters(file);
    let errors = read.errors + invisible.len();
    diagnostics.extend(invisible);
    diagnostic::sort(&mut diagnostics);
    if errors > MAX_DIAGNOSTICS {
        diagnostics.truncate(MAX_DIAGNOSTICS);
        let end = u32::try_from(file.text().len()).unwrap_or(u32::MAX);
        diagnostics.push(
            Diagnostic::error(
                codes::TOO_MANY,
                format!("more than {MAX_DIAGNOSTICS} syntax errors"),
                Span::new(file.id(), end, end),
                "the others are not shown",
            )
            .help("mend the first ones and look again"),
        );
    }
    Parsed {
        file: read.file,
        diagnostics,
    }
}
