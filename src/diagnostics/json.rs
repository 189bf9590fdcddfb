//! Diagnostics for programs: a contract with a version.

use rescc_lang::{Applicability, Diagnostic, Sources};
use schemars::JsonSchema;
use serde::Serialize;

/// The version of this form; a new minor only adds.
const FORMAT_VERSION: &str = "1.0";

/// All diagnostics of a call.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// The version of this form.
    format_version: String,
    /// How many are errors.
    errors: usize,
    /// How many are warnings.
    warnings: usize,
    /// All of them, by file and place.
    diagnostics: Vec<Finding>,
}

/// One diagnostic.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding {
    /// Its stable code.
    code: String,
    /// `error` or `warning`.
    severity: String,
    /// What is wrong.
    message: String,
    /// Where.
    #[serde(flatten)]
    place: Place,
    /// All places with their remarks, the primary one first.
    labels: Vec<Remark>,
    /// What to do.
    help: Vec<String>,
    /// Why.
    notes: Vec<String>,
    /// Edits that mend it.
    fixes: Vec<Mend>,
}

/// A place: lines and columns from 1, columns in characters; bytes from 0.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// The file as it was named.
    file: String,
    /// The line.
    line: u32,
    /// The column.
    column: u32,
    /// The line of its end.
    end_line: u32,
    /// The column behind its end.
    end_column: u32,
    /// The first byte.
    byte_start: u32,
    /// The byte behind the last.
    byte_end: u32,
}

/// A place with a remark.
#[derive(Debug, Serialize, JsonSchema)]
struct Remark {
    /// Where.
    #[serde(flatten)]
    place: Place,
    /// The remark.
    text: String,
}

/// A mend.
#[derive(Debug, Serialize, JsonSchema)]
struct Mend {
    /// What it does.
    title: String,
    /// `safe`: it says what was meant; `maybe`: look at it.
    applicability: String,
    /// The edits.
    edits: Vec<Change>,
}

/// A replacement.
#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// What goes.
    #[serde(flatten)]
    place: Place,
    /// What comes.
    text: String,
}

/// The JSON document.
pub(crate) fn render(sources: &Sources, found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|one| one.is_error()).count();
    let document = Document {
        format_version: FORMAT_VERSION.into(),
        errors,
        warnings: found.len() - errors,
        diagnostics: found.iter().map(|one| finding(sources, one)).collect(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// The schema of the document.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

fn finding(sources: &Sources, diagnostic: &Diagnostic) -> Finding {
    let remark = |label: &rescc_lang::Label| Remark {
        place: place(sources, label.span),
        text: label.text.clone(),
    };
    Finding {
        code: diagnostic.code.0.into(),
        severity: super::severity(diagnostic).into(),
        message: diagnostic.message.clone(),
        place: place(sources, diagnostic.span()),
        labels: diagnostic.labels.iter().map(remark).collect(),
        help: diagnostic.help.clone(),
        notes: diagnostic.notes.clone(),
        fixes: diagnostic.fixes.iter().map(|fix| mend(sources, fix)).collect(),
    }
}

fn mend(sources: &Sources, fix: &rescc_lang::Fix) -> Mend {
    let applicability = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Maybe => "maybe",
    };
    let change = |edit: &rescc_lang::Edit| Change {
        place: place(sources, edit.span),
        text: edit.text.clone(),
    };
    Mend {
        title: fix.title.clone(),
        applicability: applicability.into(),
        edits: fix.edits.iter().map(change).collect(),
    }
}

fn place(sources: &Sources, span: rescc_lang::Span) -> Place {
    let file = sources.get(span.file);
    let at = |byte| {
        file.map_or(rescc_lang::LineColumn { line: 0, column: 0 }, |file| {
            file.line_column(byte)
        })
    };
    let (start, end) = (at(span.start), at(span.end));
    Place {
        file: file.map(|file| file.name().to_owned()).unwrap_or_default(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_start: span.start,
        byte_end: span.end,
    }
}
