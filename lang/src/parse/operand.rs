//! What tests are about: literals, names, lists, and conditions in parentheses.

use super::cursor::{GiveUp, Parser, Res};
use super::recover::Stopped;
use super::{habits, lexical};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::tree::{Expr, ExprKind};

impl Parser<'_> {
    /// What a test is about.
    pub(super) fn operand(&mut self) -> Res<Expr> {
        let Some(byte) = self.peek() else {
            return Ok(self.missing_value());
        };
        let value = match byte {
            b'"' | b'0'..=b'9' | b'-' => self.literal_or_range(),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.word_operand(),
            b'[' => self.list(),
            b'(' => self.group(),
            b',' | b';' | b')' | b']' | b'}' => Ok(self.missing_value()),
            _ if self.at_line_end() => Ok(self.missing_value()),
            b'$' => {
                if habits::dollar(self) {
                    Ok(self.error_value(self.offset()))
                } else {
                    Err(self.not_a_value())
                }
            }
            b'.' | b'+' if habits::number(self) => self.literal_or_range(),
            _ if habits::other_quotes(self) => Ok(self.error_value(self.offset())),
            _ => Err(self.not_a_value()),
        }?;
        self.last_end = self.last_end.max(value.span.end as usize);
        Ok(value)
    }

    fn word_operand(&mut self) -> Res<Expr> {
        if !matches!(
            self.peek(),
            Some(b't' | b'f' | b'a' | b'o' | b'n' | b'i' | b'l' | b'm')
        ) {
            return self.reference_or_range();
        }
        if self.at_word("true") || self.at_word("false") {
            return self.literal_or_range();
        }
        if let Some(word) = lexical::RESERVED.iter().find(|word| self.at_word(word)) {
            self.report(Diagnostic::error(
                codes::EXPECTED_VALUE,
                format!("expected a value, found `{word}`"),
                self.found_span(),
                "a word of the language",
            ));
            return Err(GiveUp::Here);
        }
        self.reference_or_range()
    }

    /// A name; one with `..` behind it is no end of a range.
    fn reference_or_range(&mut self) -> Res<Expr> {
        let name = self.reference()?;
        if lexical::blanks(self.rest).is_ok_and(|(rest, _)| rest.starts_with("..")) {
            self.space();
            let dots = self.span(self.offset(), self.offset() + 2);
            self.report(
                Diagnostic::error(
                    codes::BAD_RANGE,
                    "a range has literals at its ends",
                    dots,
                    "not behind a name",
                )
                .note("both ends of a range are literals: `5ms..25ms`"),
            );
            return Err(GiveUp::Here);
        }
        Ok(name)
    }

    fn literal_or_range(&mut self) -> Res<Expr> {
        let left = self.literal()?;
        self.last_end = self.offset();
        let range = self.range(left)?;
        self.last_end = range.span.end as usize;
        Ok(range)
    }

    pub(super) fn literal(&mut self) -> Res<Expr> {
        let start = self.offset();
        match self.peek() {
            Some(b'"') => self.text(),
            Some(b't') if self.eat_word("true") => Ok(Expr {
                kind: ExprKind::Bool(true),
                span: self.since(start),
            }),
            Some(b'f') if self.eat_word("false") => Ok(Expr {
                kind: ExprKind::Bool(false),
                span: self.since(start),
            }),
            _ => self.quantity(),
        }
    }

    /// `( … )`
    fn group(&mut self) -> Res<Expr> {
        let start = self.offset();
        let level = self.open_bracket()?;
        let group = std::mem::replace(&mut self.group, true);
        let value = self.grouped(level, start);
        self.group = group;
        self.close_bracket(level);
        value
    }

    fn grouped(&mut self, level: usize, start: usize) -> Res<Expr> {
        self.lines();
        let value = match self.condition() {
            Ok(value) => value,
            Err(GiveUp::Here) => return self.skip_group(level, start),
            lost => return lost,
        };
        self.lines();
        match self.peek() {
            Some(b')') => {
                self.advance(1);
                self.last_end = self.offset();
                Ok(value)
            }
            None => {
                self.report_unclosed(0);
                Err(GiveUp::Lost(0))
            }
            Some(b']' | b'}') => {
                self.wrong_closer(level)?;
                Ok(self.error_value(start))
            }
            Some(_) if self.is_first_on_line() => {
                self.report_unclosed(level);
                Err(GiveUp::Lost(level))
            }
            Some(_) => {
                let found = self.found();
                self.report(Diagnostic::error(
                    codes::EXPECTED_VALUE,
                    format!("expected an operator or `)`, found {found}"),
                    self.found_span(),
                    "the value before it has ended",
                ));
                self.skip_group(level, start)
            }
        }
    }

    fn skip_group(&mut self, level: usize, start: usize) -> Res<Expr> {
        self.open.truncate(level + 1);
        match self.sync(vec![b'(']) {
            Stopped::Closed => {
                self.last_end = self.offset();
                Ok(self.error_value(start))
            }
            _ => Err(GiveUp::Lost(level)),
        }
    }

    /// Something that can't begin a value.
    pub(super) fn not_a_value(&mut self) -> GiveUp {
        let found = self.found();
        let report = Diagnostic::error(
            codes::EXPECTED_VALUE,
            format!("expected a value, found {found}"),
            self.found_span(),
            "can't begin a value",
        );
        self.report(match self.peek() {
            Some(b'{') => report.note("a record is a whole value; conditions and operators take none"),
            _ => report.help("text stands in quotes; names are of letters, digits and `_`"),
        });
        GiveUp::Here
    }
}
