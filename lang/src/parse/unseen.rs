//! What means nothing and yet is reported: characters that can't be seen, and the comments of other languages.

use super::cursor::Parser;
use super::{MAX_DIAGNOSTICS, lexical};
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::source::{SourceFile, Span};

/// Control characters and marks that turn the direction of text, wherever they stand; a run of them is one finding.
pub(super) fn invisible_characters(file: &SourceFile) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let bytes = file.text().as_bytes();
    let mut run: Option<(usize, usize)> = None;
    // Most files have none: whole pieces are passed over without a look at each place.
    let suspicious =
        |byte: u8| (byte < b' ') & (byte != b'\n') & (byte != b'\t') | (byte == 0x7f) | (byte == 0xe2);
    if !bytes
        .chunks(64)
        .any(|piece| piece.iter().fold(false, |any, &byte| any | suspicious(byte)))
    {
        return found;
    }
    let mut finish = |run: Option<(usize, usize)>| {
        if let Some((start, end)) = run {
            let at = |byte| u32::try_from(byte).unwrap_or(u32::MAX);
            let span = Span::new(file.id(), at(start), at(end));
            found.push(invisible(file.slice(span), span));
        }
        found.len() <= MAX_DIAGNOSTICS
    };
    for (at, &byte) in bytes.iter().enumerate() {
        let len = match byte {
            b'\n' | b'\t' | b' '..=b'~' => continue,
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => continue,
            0..=0x1f | 0x7f => 1,
            0xe2 => match (bytes.get(at + 1), bytes.get(at + 2)) {
                (Some(0x80), Some(0xaa..=0xae)) | (Some(0x81), Some(0xa6..=0xa9)) => 3,
                _ => continue,
            },
            _ => continue,
        };
        match &mut run {
            Some((_, end)) if *end == at => *end = at + len,
            _ => {
                if !finish(run.replace((at, at + len))) {
                    return found;
                }
            }
        }
    }
    finish(run);
    found
}

fn invisible(text: &str, span: Span) -> Diagnostic {
    let names = text
        .chars()
        .take(4)
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect::<Vec<_>>()
        .join(" ");
    let more = if text.chars().nth(4).is_some() { " …" } else { "" };
    Diagnostic::error(
        codes::INVISIBLE_CHARACTER,
        format!("invisible character {names}{more}"),
        span,
        "stands here",
    )
    .help("remove it; in a text, write `\\u{…}`")
}

/// Skips one character that can't be seen; `false` if the one at hand can. Those that
/// [`invisible_characters`] has not reported are reported.
pub(super) fn skip_invisible(parser: &mut Parser<'_>) -> bool {
    let Some(c) = parser.rest.chars().next() else {
        return false;
    };
    if !lexical::is_invisible(c) {
        return false;
    }
    let reported = c.is_ascii() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !reported {
        let here = parser.here();
        let space = c.is_whitespace();
        let (title, text) = if space {
            ("write a space", " ")
        } else {
            ("remove it", "")
        };
        parser.report(invisible(c.encode_utf8(&mut [0; 4]), here).fix(
            title,
            Applicability::Safe,
            here,
            text,
        ));
    }
    parser.advance_char();
    true
}

/// `# …`
pub(super) fn hash_comment(parser: &mut Parser<'_>) {
    let start = parser.offset();
    let line = parser.take(lexical::line).unwrap_or("").trim_end();
    let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
    let slashes = if hashes == 2 { "///" } else { "//" };
    let span = parser.span(start, start + hashes);
    parser.report(
        Diagnostic::error(
            codes::OTHER_COMMENT,
            "`#` begins no comment",
            span,
            "a comment begins with `//`",
        )
        .fix(format!("write `{slashes}`"), Applicability::Safe, span, slashes),
    );
    let trailing = start != parser.first_at;
    parser.remember_comment(line, start, trailing, false);
}

/// `/* … */`
pub(super) fn block_comment(parser: &mut Parser<'_>) {
    let start = parser.offset();
    let end = if parser.no_comment_end {
        None
    } else {
        parser.rest.find("*/")
    };
    parser.no_comment_end = end.is_none();
    let Some(len) = end else {
        let here = parser.span(start, start + 2);
        parser.take(lexical::line);
        parser.report(
            Diagnostic::error(
                codes::OTHER_COMMENT,
                "`/*` begins no comment",
                here,
                "a comment begins with `//`",
            )
            .help("begin each line of the comment with `//`"),
        );
        return;
    };
    let text = parser.text_between(start + 2, start + len).trim();
    let lines = parser
        .text_between(start, start + len)
        .bytes()
        .filter(|&byte| byte == b'\n')
        .count();
    parser.advance(len + 2);
    let whole = parser.since(start);
    let mut report = Diagnostic::error(
        codes::OTHER_COMMENT,
        "`/*` begins no comment",
        whole,
        "a comment begins with `//`",
    )
    .help("begin each line of the comment with `//`");
    let ends_line =
        lexical::blanks(parser.rest).is_ok_and(|(rest, _)| rest.is_empty() || rest.starts_with(['\n', '\r']));
    if lines == 0 && ends_line {
        report = report.fix(
            format!("write `// {text}`"),
            Applicability::Safe,
            whole,
            format!("// {text}"),
        );
    }
    parser.report(report);
}
