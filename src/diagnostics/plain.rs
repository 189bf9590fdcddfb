//! One line a diagnostic, then what to do: for editors, for `grep`, for reading aloud.

use std::fmt::Write;

use rescc_lang::{Diagnostic, Sources};

/// `path:line:column: error[E0101]: message`, then indented help and notes.
pub(crate) fn render(sources: &Sources, found: &[Diagnostic]) -> String {
    let mut text = String::new();
    let (shown, left_out) = super::shown(found);
    for diagnostic in shown {
        let severity = super::severity(diagnostic);
        let message = &diagnostic.message;
        let _ = writeln!(
            text,
            "{}: {severity}[{}]: {message}",
            place(sources, diagnostic.span()),
            diagnostic.code.0
        );
        for label in diagnostic.labels.iter().skip(1) {
            let _ = writeln!(text, "  {}: {}", place(sources, label.span), label.text);
        }
        for help in &diagnostic.help {
            let _ = writeln!(text, "  help: {}", indent(help));
        }
        for note in &diagnostic.notes {
            let _ = writeln!(text, "  note: {}", indent(note));
        }
    }
    if left_out > 0 {
        let _ = writeln!(text, "{left_out} more not shown");
    }
    if !found.is_empty() {
        let _ = writeln!(text, "{}", super::count(found));
    }
    super::visible(&text).into_owned()
}

fn place(sources: &Sources, span: rescc_lang::Span) -> String {
    match sources.get(span.file) {
        Some(file) => {
            let at = file.line_column(span.start);
            format!("{}:{}:{}", file.name(), at.line, at.column)
        }
        None => "?".into(),
    }
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n    ")
}
