//! Diagnostics for people: the place in the text with its remarks, what to do, and why.
//!
//! miette draws; its own source type looks for a line from the beginning of the file each time, so it is given
//! one that knows where its lines begin.

use std::borrow::Cow;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};
use rescc_lang::{Diagnostic, FileId, SourceFile, Sources, Span};

/// Renders all of them, and the count.
pub(crate) fn render(
    sources: &Sources,
    found: &[Diagnostic],
    color: bool,
    unicode: bool,
    width: u16,
) -> String {
    let theme = match (color, unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme {
            characters: miette::ThemeCharacters::ascii(),
            ..GraphicalTheme::unicode()
        },
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(usize::from(width.clamp(60, 120)))
        .with_context_lines(1)
        .with_links(false)
        .with_show_related_as_nested(true);
    let mut text = String::new();
    let texts: Vec<Cow<'_, str>> = sources.iter().map(|file| super::visible(file.text())).collect();
    let files: Vec<Lines<'_>> = sources
        .iter()
        .zip(&texts)
        .map(|(file, text)| Lines { file, text })
        .collect();
    let (shown, left_out) = super::shown(found);
    for diagnostic in shown {
        let view = View::new(&files, diagnostic);
        if handler.render_report(&mut text, &view).is_err() {
            text.push_str(&diagnostic.message);
        }
        text.push('\n');
    }
    if left_out > 0 {
        text.push_str(&format!("{left_out} more not shown\n"));
    }
    if !found.is_empty() {
        let files: std::collections::BTreeSet<_> = found.iter().map(|one| one.span().file).collect();
        let place = if files.len() > 1 {
            format!(" in {} files", files.len())
        } else {
            String::new()
        };
        text.push_str(&format!("{}{place}\n", super::count(found)));
    }
    text
}

/// A diagnostic as miette wants to see it.
struct View<'a> {
    diagnostic: &'a Diagnostic,
    message: Cow<'a, str>,
    source: Option<Lines<'a>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    related: Vec<View<'a>>,
    is_child: bool,
}

/// A source file that knows where its lines begin, and its text as it may be shown.
#[derive(Clone, Copy)]
struct Lines<'a> {
    file: &'a SourceFile,
    text: &'a str,
}

// === impl View ===

impl<'a> View<'a> {
    fn new(files: &[Lines<'a>], diagnostic: &'a Diagnostic) -> Self {
        let file = |id: FileId| files.iter().find(|lines| lines.file.id() == id).copied();
        let home = diagnostic.span().file;
        let labels = diagnostic.labels.iter().filter(|label| label.span.file == home);
        let labels = labels.enumerate().map(|(index, label)| {
            let text = (!label.text.is_empty()).then(|| super::visible(&label.text).into_owned());
            let span = source_span(label.span);
            if index == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        });
        let elsewhere = diagnostic.labels.iter().filter(|label| label.span.file != home);
        let related = elsewhere.map(|label| Self {
            diagnostic,
            message: super::visible(&label.text),
            source: file(label.span.file),
            labels: vec![LabeledSpan::new_primary_with_span(None, source_span(label.span))],
            help: None,
            related: Vec::new(),
            is_child: true,
        });
        let mut help: Vec<String> = diagnostic.help.clone();
        help.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
        let help = help.join("\n");
        Self {
            diagnostic,
            message: super::visible(&diagnostic.message),
            source: file(home),
            labels: labels.collect(),
            help: (!help.is_empty()).then(|| super::visible(&help).into_owned()),
            related: related.collect(),
            is_child: false,
        }
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let head = || format!("{}[{}]", super::severity(self.diagnostic), self.diagnostic.code.0);
        if self.is_child {
            None
        } else {
            Some(Box::new(head()))
        }
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match (self.is_child, self.diagnostic.is_error()) {
            (true, _) => miette::Severity::Advice,
            (false, true) => miette::Severity::Error,
            (false, false) => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(
            self.related.iter().map(|view| view as &dyn miette::Diagnostic),
        ))
    }
}

fn source_span(span: Span) -> SourceSpan {
    SourceSpan::new((span.start as usize).into(), span.len() as usize)
}

// === impl Lines ===

impl SourceCode for Lines<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let file = self.file;
        let byte = |at: usize| u32::try_from(at).map_err(|_| MietteError::OutOfBounds);
        let start = file.line_column(byte(span.offset())?);
        let end = file.line_column(byte(span.offset() + span.len())?);
        let first = u32::try_from((start.line as usize).saturating_sub(before))
            .unwrap_or(1)
            .max(1);
        let last = u32::try_from(end.line as usize + after).unwrap_or(u32::MAX);
        // Without lines before it, miette wants the span itself, and tells its column in the head line.
        let (from, column) = match before {
            0 => (span.offset(), start.column as usize - 1),
            _ => (
                file.line_start(first).ok_or(MietteError::OutOfBounds)? as usize,
                0,
            ),
        };
        let to = file
            .line_start(last.saturating_add(1))
            .map_or(self.text.len(), |next| next as usize);
        let data = self
            .text
            .as_bytes()
            .get(from..to)
            .ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            file.name().to_owned(),
            data,
            SourceSpan::new(from.into(), data.len()),
            (first - 1) as usize,
            column,
            last.saturating_sub(first) as usize + 1,
        )))
    }
}
