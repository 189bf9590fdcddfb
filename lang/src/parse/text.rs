//! Texts: escapes, names taken in, raw texts.

use super::cursor::{GiveUp, Parser, Res};
use super::lexical;
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Label};
use crate::source::Span;
use crate::tree::{Expr, ExprKind, Text, TextPart};

impl Parser<'_> {
    /// A text, at its quote.
    pub(super) fn text(&mut self) -> Res<Expr> {
        let start = self.offset();
        if self.eat("\"\"\"") {
            return self.raw_text(start);
        }
        self.advance(1);
        let after_quote = self.rest;
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut bad_escapes: Vec<Span> = Vec::new();
        loop {
            let bytes = self.rest.as_bytes();
            let len = bytes
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'\n'))
                .unwrap_or(bytes.len());
            literal.push_str(self.take(|rest| lexical::split(rest, len)).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.advance(1);
                    break;
                }
                Some(b'\\') if !matches!(self.peek_second(), None | Some(b'\n')) => {
                    let at = self.offset();
                    match self.escape() {
                        Some(c) => literal.push(c),
                        None => bad_escapes.push(self.since(at)),
                    }
                }
                Some(b'$') => {
                    if self.eat("$${") {
                        literal.push_str("${");
                    } else if self.at("${") {
                        if let Some(name) = self.interpolation() {
                            if !literal.is_empty() {
                                parts.push(TextPart::Literal(std::mem::take(&mut literal)));
                            }
                            parts.push(name);
                        }
                    } else {
                        self.advance(1);
                        literal.push('$');
                    }
                }
                _ => {
                    self.rest = after_quote;
                    return self.unclosed_text(start);
                }
            }
        }
        self.report_escapes(bad_escapes);
        if !literal.is_empty() {
            parts.push(TextPart::Literal(literal));
        }
        Ok(Expr {
            kind: ExprKind::Text(Text { parts, raw: false }),
            span: self.since(start),
        })
    }

    /// `"""…"""`: nothing in it has a meaning. One that begins with a new line is taken by its lines, without the
    /// space that they share, without the first and the last line end.
    fn raw_text(&mut self, start: usize) -> Res<Expr> {
        let Some(len) = self.rest.find("\"\"\"") else {
            return self.unclosed_raw_text(start);
        };
        let text = self.take(|rest| lexical::split(rest, len)).unwrap_or("");
        self.advance(3);
        let value = dedent(text);
        let parts = if value.is_empty() {
            Vec::new()
        } else {
            vec![TextPart::Literal(value)]
        };
        Ok(Expr {
            kind: ExprKind::Text(Text { parts, raw: true }),
            span: self.since(start),
        })
    }

    fn escape(&mut self) -> Option<char> {
        self.advance(1);
        let c = match self.peek()? {
            b'"' => '"',
            b'\\' => '\\',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'u' => {
                let Some(digits) = self.take(lexical::unicode_escape) else {
                    self.advance(1);
                    return None;
                };
                return u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
            }
            _ => {
                self.advance_char();
                return None;
            }
        };
        self.advance(1);
        Some(c)
    }

    /// The unknown escapes of one text are one mistake.
    fn report_escapes(&mut self, escapes: Vec<Span>) {
        let Some(&first) = escapes.first() else { return };
        let text = self.text_between(first.start as usize, first.end as usize);
        let mut report = Diagnostic::error(
            codes::BAD_ESCAPE,
            format!("`{text}` is no escape"),
            first,
            "not known",
        )
        .help(
            "the escapes are `\\\"`, `\\\\`, `\\n`, `\\r`, `\\t` and `\\u{…}`; a raw text `\"\"\"…\"\"\"` has none",
        );
        let others = escapes.iter().skip(1).map(|&span| Label {
            span,
            text: "nor this".to_owned(),
        });
        report.labels.extend(others.take(8));
        report.fixes.push(Fix {
            title: "write `\\\\`".to_owned(),
            applicability: Applicability::Maybe,
            edits: escapes
                .iter()
                .map(|span| Edit {
                    span: span.before(),
                    text: "\\".to_owned(),
                })
                .collect(),
        });
        self.report(report);
    }

    /// `${name}` in a text.
    fn interpolation(&mut self) -> Option<TextPart> {
        let start = self.offset();
        self.advance(2);
        if let Some(path) = self.take(lexical::path) {
            let path = path.split('.').map(str::to_owned).collect();
            if self.eat("}") {
                return Some(TextPart::Name {
                    path,
                    span: self.since(start),
                });
            }
        }
        let rest = self.rest.as_bytes();
        let len = rest
            .iter()
            .position(|byte| matches!(byte, b'}' | b'"' | b'\n'))
            .unwrap_or(rest.len());
        self.advance(len);
        if self.peek() == Some(b'\n') || self.rest.is_empty() {
            return None;
        }
        let closed = self.eat("}");
        let span = self.since(start);
        let inner = self.text_since(start + 2).trim_end_matches('}').trim().to_owned();
        let mut report = Diagnostic::error(
            codes::BAD_INTERPOLATION,
            if closed {
                "expected a name in `${…}`"
            } else {
                "`${` is not closed"
            },
            span,
            if closed { "not a name" } else { "no `}` for this" },
        );
        report = if lexical::path(&inner).is_ok_and(|(rest, _)| rest.is_empty()) {
            report.fix(
                format!("write `${{{inner}}}`"),
                Applicability::Safe,
                span,
                format!("${{{inner}}}"),
            )
        } else {
            report
                .note("a text takes in declared names and their parts: `${base}`, `${port.http}`")
                .fix(
                    "write `$${` for a literal `${`",
                    Applicability::Maybe,
                    span.before(),
                    "$",
                )
        };
        self.report(report);
        None
    }

    fn unclosed_text(&mut self, start: usize) -> Res<Expr> {
        let quote = self.span(start, start + 1);
        let end = self.after_unclosed_text();
        let at = self.span(self.offset(), self.offset());
        self.report(
            Diagnostic::error(
                codes::UNCLOSED_TEXT,
                "text is not closed",
                quote,
                "no other `\"` on this line",
            )
            .help("a text of many lines stands in three quotes: `\"\"\"`")
            .fix("close it", Applicability::Maybe, at, "\""),
        );
        end.map(|()| self.error_value(start))
    }

    /// Three quotes without three others: what follows is read on from the next declaration.
    fn unclosed_raw_text(&mut self, start: usize) -> Res<Expr> {
        let quotes = self.span(start, start + 3);
        self.report(Diagnostic::error(
            codes::UNCLOSED_TEXT,
            "text is not closed",
            quotes,
            "no other `\"\"\"` in this file",
        ));
        self.unclosed_at = Some(self.text_len());
        loop {
            self.take(lexical::line);
            let before = self.rest;
            let line = (self.indent, self.first_at);
            if !self.newline() {
                break;
            }
            self.unclosed_at = Some(self.offset());
            if self.looks_like(lexical::declaration) {
                self.rest = before;
                (self.indent, self.first_at) = line;
                break;
            }
        }
        self.unbalanced = true;
        let block = self
            .open
            .iter()
            .rposition(|open| open.block)
            .map_or(0, |at| at + 1);
        Err(GiveUp::Lost(block))
    }
}

/// The lines of a raw text without the space that they share.
fn dedent(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let Some(body) = text.strip_prefix('\n') else {
        return text;
    };
    let body = match body.rsplit_once('\n') {
        Some((lines, last)) if last.trim_matches([' ', '\t']).is_empty() => lines,
        None if body.trim_matches([' ', '\t']).is_empty() => "",
        _ => body,
    };
    let margin = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = body
        .split('\n')
        .filter(|line| !line.trim().is_empty())
        .map(|line| margin(&line))
        .min();
    let strip = |line| match lexical::split(line, shared.unwrap_or(0)) {
        Ok((rest, head)) if head.trim().is_empty() => rest,
        _ => line.trim_start(),
    };
    body.split('\n').map(strip).collect::<Vec<_>>().join("\n")
}
