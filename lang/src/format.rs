//! The one format: no options, idempotent, and it never changes what a spec means.
//!
//! - Two spaces a level; no line is longer than 110 columns if it can be broken.
//! - What was written on one line stays there if it fits and holds no block; what was broken stays broken, one element
//!   a line. Between lines there are no commas, but for the elements of lists and calls, which end with one each.
//! - The `=` of consecutive fields stand below each other; a field of many lines ends such a run.
//! - Comments stay at what they stand at; of blank lines in a row one is kept, of those at the ends of a block none.
//! - Texts and numbers are left as they are written; parentheses that change nothing go.

mod body;
mod comments;
mod value;

use crate::parse::{Parsed, parse};
use crate::source::SourceFile;
use crate::tree::{Comment, File};

use body::Entry;

/// The most columns of a line.
const WIDTH: usize = 110;

/// The columns of a level.
const STEP: usize = 2;

/// The text of a file in the one format, or nothing if it has syntax errors. `parsed` must come from `file`.
#[must_use]
pub fn format(file: &SourceFile, parsed: &Parsed) -> Option<String> {
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let (text, moved) = print(file, &parsed.file);
    if !moved {
        return Some(text);
    }
    // A comment was moved out of the middle of a value: what was broken for its sake may fit now.
    let file = SourceFile::new(file.id(), file.name(), text);
    Some(print(&file, &parse(&file).file).0)
}

/// The text, and whether a comment was moved.
fn print(source: &SourceFile, file: &File) -> (String, bool) {
    let mut printer = Printer {
        source,
        comments: &file.comments,
        next: 0,
        moved: false,
    };
    let entries: Vec<Entry<'_>> = file.items.iter().map(Entry::from).collect();
    let start = if source.text().starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut text = printer.body(&entries, start, source.text().len(), 0, "");
    if !text.is_empty() {
        text.push('\n');
    }
    (text, printer.moved)
}

/// The state of one printing.
struct Printer<'a> {
    source: &'a SourceFile,
    comments: &'a [Comment],
    /// The first comment that has not been printed.
    next: usize,
    /// Whether a comment was moved out of the middle of a value.
    moved: bool,
}

/// How many columns a text takes on one line.
fn columns(text: &str) -> usize {
    text.chars().count()
}

/// How many columns the last line of a text takes that begins at a column.
fn end_column(text: &str, start: usize) -> usize {
    match text.rsplit_once('\n') {
        Some((_, last)) => columns(last),
        None => start + columns(text),
    }
}

/// Whether a text fits from a column on, with so many columns behind it. Only its first and last line count: the
/// others are those of a raw text, which nobody may change.
fn fits(text: &str, start: usize, behind: usize) -> bool {
    let first = text.split('\n').next().unwrap_or("");
    start + columns(first) <= WIDTH && end_column(text, start) + behind <= WIDTH
}
