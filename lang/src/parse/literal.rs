//! Numbers with their units, and what is made of them.

use super::cursor::{GiveUp, Parser, Res};
use super::lexical;
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::source::Span;
use crate::tree::{Expr, ExprKind, Quantity};

/// The units that are known well enough to say that a space before them is a mistake.
const UNITS: &[&str] = &[
    "ns", "us", "ms", "s", "m", "h", "d", "w", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB",
    "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hour", "hours", "day", "days",
];

impl Parser<'_> {
    /// A number with its unit, `… of baseline`, or the beginning of a range.
    pub(super) fn quantity(&mut self) -> Res<Expr> {
        let start = self.offset();
        let Some(number) = self.take(lexical::number) else {
            return Err(self.not_a_value());
        };
        let number = number.to_owned();
        let at = self.offset();
        let mut unit = self.take(lexical::unit).unwrap_or("").to_owned();
        let mut unit_span = self.since(at);
        self.last_end = self.offset();
        if unit.is_empty() && self.peek() == Some(b'.') && !self.at("..") {
            let here = self.here();
            self.report(
                Diagnostic::error(
                    codes::BAD_NUMBER,
                    "malformed number",
                    here,
                    "expected one point with a digit behind it",
                )
                .help("a text, such as a version or an address, stands in quotes"),
            );
            return Err(GiveUp::Here);
        }
        if unit.is_empty()
            && let Some((word, span)) = self.spaced_unit(at)
        {
            (unit, unit_span) = (word, span);
        }
        let quantity = Quantity {
            number,
            unit,
            unit_span,
        };
        let quantity = Expr {
            kind: ExprKind::Quantity(quantity),
            span: self.since(start),
        };
        self.last_end = self.offset();
        self.baseline(quantity, start)
    }

    /// ` s` behind a number.
    fn spaced_unit(&mut self, number_end: usize) -> Option<(String, Span)> {
        let (rest, _) = lexical::blanks(self.rest).ok()?;
        if rest.len() == self.rest.len() {
            return None;
        }
        let (after, unit) = lexical::unit(rest).ok()?;
        let name = unit.split('/').next().unwrap_or("");
        let follows = after.trim_start_matches([' ', '\t']);
        let known = unit == "%" || UNITS.contains(&name) || (name.is_empty() && unit.len() > 1);
        if !known || (follows.starts_with('=') && !follows.starts_with("==")) {
            return None;
        }
        let at = self.offset() + self.rest.len() - rest.len();
        self.rest = after;
        let span = self.span(at, at + unit.len());
        let gap = self.span(number_end, at);
        self.report(
            Diagnostic::error(
                codes::SPACED_UNIT,
                "a number and its unit are one word",
                gap,
                "no space here",
            )
            .fix("remove the space", Applicability::Safe, gap, ""),
        );
        Some((unit.to_owned(), span))
    }

    /// `of baseline` behind a quantity.
    fn baseline(&mut self, quantity: Expr, start: usize) -> Res<Expr> {
        let next = lexical::blanks(self.rest).map_or("", |(rest, _)| rest);
        if !next.starts_with("of") {
            return Ok(quantity);
        }
        let (before, last_end) = (self.rest, self.last_end);
        self.space();
        if !self.eat_word("of") {
            (self.rest, self.last_end) = (before, last_end);
            return Ok(quantity);
        }
        self.last_end = self.offset();
        self.gap();
        if self.eat_word("baseline") {
            self.last_end = self.offset();
            return Ok(Expr {
                kind: ExprKind::OfBaseline(Box::new(quantity)),
                span: self.since(start),
            });
        }
        let found = self.found();
        self.report(Diagnostic::error(
            codes::BAD_BASELINE,
            format!("expected `baseline` after `of`, found {found}"),
            self.found_span(),
            "a quantity is `of baseline` or of nothing",
        ));
        Err(GiveUp::Here)
    }

    /// `..literal` behind a literal.
    pub(super) fn range(&mut self, left: Expr) -> Res<Expr> {
        let next = lexical::blanks(self.rest).map_or("", |(rest, _)| rest);
        if !next.starts_with("..") {
            return Ok(left);
        }
        self.space();
        let dots = self.offset();
        self.advance(2);
        let extra = [".", "=", "<"].into_iter().find(|&extra| self.at(extra));
        if let Some(extra) = extra {
            self.advance(1);
            let span = self.since(dots);
            let applicability = if extra == "<" {
                Applicability::Maybe
            } else {
                Applicability::Safe
            };
            self.report(
                Diagnostic::error(
                    codes::BAD_RANGE,
                    format!("a range is written with `..`, not with `..{extra}`"),
                    span,
                    "expected `..`",
                )
                .note("both ends of a range belong to it")
                .fix("write `..`", applicability, span, ".."),
            );
        }
        self.last_end = self.offset();
        self.gap();
        let is_literal = matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'"'))
            || self.at_word("true")
            || self.at_word("false");
        if !is_literal {
            let found = self.found();
            self.report(
                Diagnostic::error(
                    codes::BAD_RANGE,
                    format!("expected the end of the range, found {found}"),
                    self.found_span(),
                    "not a literal",
                )
                .note("both ends of a range are literals: `5ms..25ms`"),
            );
            return Err(GiveUp::Here);
        }
        let right = self.literal()?;
        let span = left.span.to(right.span);
        Ok(Expr {
            kind: ExprKind::Range(Box::new(left), Box::new(right)),
            span,
        })
    }
}
