//! Conditions: `and`, `or`, `not`, comparisons and what they compare.

use super::cursor::{GiveUp, Parser, Res};
use super::{MAX_DEPTH, habits, lexical};
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::tree::{CompareOp, Expr, ExprKind};

/// A test of a chain: where it begins and ends, parentheses included, and what joins it to the one before.
struct Link {
    test: Expr,
    whole: Span,
    or: bool,
    connective: Span,
}

impl Parser<'_> {
    /// Tests with `and` or `or` between them.
    pub(super) fn condition(&mut self) -> Res<Expr> {
        let start = self.offset();
        let first = self.test()?;
        let mut whole = self.span(start, self.last_end);
        let mut connective = self.connective();
        if connective.is_none() {
            return Ok(first);
        }
        let mut links = vec![Link {
            test: first,
            whole,
            or: false,
            connective: whole.before(),
        }];
        while let Some((or, at)) = connective {
            self.last_end = at.end as usize;
            self.lines();
            let start = self.offset();
            let next_item = self.is_first_on_line()
                && !self.group
                && (self.looks_like(lexical::assignment) || self.looks_like(lexical::declaration));
            let test = if next_item {
                self.missing_value()
            } else {
                self.test()?
            };
            whole = self.span(start, self.last_end);
            links.push(Link {
                test,
                whole,
                or,
                connective: at,
            });
            connective = self.connective();
        }
        Ok(self.chain(links))
    }

    /// `and` or `or`: whether it is `or`, and where it stands.
    fn connective(&mut self) -> Option<(bool, Span)> {
        let before = self.last_end;
        self.gap();
        if self.at_line_end() {
            self.leading_connective(before)?;
        }
        let start = self.offset();
        let or = match self.peek() {
            Some(b'a') if self.eat_word("and") => false,
            Some(b'o') if self.eat_word("or") => true,
            Some(b'&' | b'|' | b'A' | b'O') => habits::connective(self)? == "or",
            _ => return None,
        };
        Some((or, self.since(start)))
    }

    /// Whether the next line carries the condition on.
    fn leading_connective(&mut self, before: usize) -> Option<()> {
        let (rest, _) = lexical::newline(self.rest).ok()?;
        let (rest, _) = lexical::blanks(rest).ok()?;
        let word = ["and", "or"].into_iter().find(|word| {
            rest.strip_prefix(word).is_some_and(|rest| {
                !rest.bytes().next().is_some_and(lexical::is_name_byte)
                    && !rest.trim_start_matches([' ', '\t']).starts_with(['=', ':', '{'])
            })
        })?;
        self.newline();
        let at = self.span(self.offset(), self.offset() + word.len());
        let after = self
            .rest
            .get(word.len()..)
            .map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
        let remove = self.span(self.offset(), self.offset() + word.len() + after);
        let mut report = Diagnostic::error(
            codes::LEADING_CONNECTIVE,
            format!("line begins with `{word}`"),
            at,
            "belongs at the end of the line before",
        )
        .note("a value ends with its line, unless the line ends with `and` or `or`");
        report.fixes.push(Fix {
            title: format!("move `{word}`"),
            applicability: Applicability::Safe,
            edits: vec![
                Edit {
                    span: self.span(before, before),
                    text: format!(" {word}"),
                },
                Edit {
                    span: remove,
                    text: String::new(),
                },
            ],
        });
        self.report(report);
        Some(())
    }

    /// Makes one value of a chain; `and` and `or` mixed are reported, and read as everybody else reads them.
    fn chain(&mut self, links: Vec<Link>) -> Expr {
        let whole = links.iter().fold(None, |span: Option<Span>, link| {
            Some(span.map_or(link.whole, |span| span.to(link.whole)))
        });
        let whole = whole.unwrap_or_default();
        let any_or = links.iter().skip(1).any(|link| link.or);
        let any_and = links.iter().skip(1).any(|link| !link.or);
        if any_or && any_and {
            self.report(mixed(&links, whole));
        }
        if !any_or {
            let tests = links.into_iter().map(|link| link.test).collect();
            return Expr {
                kind: ExprKind::And(tests),
                span: whole,
            };
        }
        let mut alternatives: Vec<(Vec<Expr>, Span)> = Vec::new();
        for link in links {
            match alternatives.last_mut() {
                Some((tests, span)) if !link.or => {
                    tests.push(link.test);
                    *span = span.to(link.whole);
                }
                _ => alternatives.push((vec![link.test], link.whole)),
            }
        }
        let join = |(mut tests, span): (Vec<Expr>, Span)| match (tests.len(), tests.pop()) {
            (1, Some(test)) => test,
            (_, last) => {
                tests.extend(last);
                Expr {
                    kind: ExprKind::And(tests),
                    span,
                }
            }
        };
        Expr {
            kind: ExprKind::Or(alternatives.into_iter().map(join).collect()),
            span: whole,
        }
    }

    /// `not … a < b`
    fn test(&mut self) -> Res<Expr> {
        if self.peek() != Some(b'n') && self.peek() != Some(b'!') {
            return self.comparison();
        }
        let mut starts = Vec::new();
        loop {
            let start = self.offset();
            if !self.eat_word("not") && !habits::negation(self) {
                break;
            }
            starts.push(start);
            self.last_end = self.offset();
            self.gap();
            if self.depth + starts.len() > MAX_DEPTH {
                return Err(self.nested_too_deeply());
            }
        }
        self.depth += starts.len();
        let test = self.comparison();
        self.depth -= starts.len();
        let mut test = test?;
        for start in starts.into_iter().rev() {
            let span = self.span(start, self.last_end);
            test = Expr {
                kind: ExprKind::Not(Box::new(test)),
                span,
            };
        }
        Ok(test)
    }

    fn comparison(&mut self) -> Res<Expr> {
        let start = self.offset();
        let left = self.operand()?;
        let Some((op, op_span, negated)) = self.operator(start) else {
            return Ok(left);
        };
        self.last_end = op_span.end as usize;
        self.gap();
        let right = self.operand()?;
        let span = self.span(start, self.last_end);
        let compare = ExprKind::Compare {
            op,
            op_span,
            left: Box::new(left),
            right: Box::new(right),
        };
        let mut test = Expr { kind: compare, span };
        if negated {
            test = Expr {
                kind: ExprKind::Not(Box::new(test)),
                span,
            };
        }
        self.chained(op_span)?;
        Ok(test)
    }

    /// A second comparison behind the first.
    fn chained(&mut self, first: Span) -> Res<()> {
        let (from, end) = (self.offset(), self.last_end);
        let Some((op, span, _)) = self.operator(from) else {
            self.last_end = end;
            return Ok(());
        };
        self.report(
            Diagnostic::error(
                codes::CHAINED_COMPARISON,
                "comparisons can't be chained",
                span,
                format!("a second `{}`", op.as_str()),
            )
            .label(first, "the first one")
            .help("join two comparisons with `and`; a range is tested with `in a..b`"),
        );
        Err(GiveUp::Here)
    }

    /// A comparison: what it is, where it stands, and whether a `not` stood before it (which is reported).
    fn operator(&mut self, left: usize) -> Option<(CompareOp, Span, bool)> {
        self.gap();
        let start = self.offset();
        let op = match self.peek()? {
            b'=' if self.at("==") && !self.at("===") => {
                self.advance(2);
                CompareOp::Eq
            }
            b'!' if self.at("!=") && !self.at("!==") => {
                self.advance(2);
                CompareOp::Ne
            }
            b'<' if !self.at("<>") => {
                self.advance(1);
                if self.eat("=") {
                    CompareOp::Le
                } else {
                    CompareOp::Lt
                }
            }
            b'>' => {
                self.advance(1);
                if self.eat("=") {
                    CompareOp::Ge
                } else {
                    CompareOp::Gt
                }
            }
            b'=' if self.group && self.is_first_on_line() => return None,
            b'=' | b'!' | b'<' => habits::comparison(self)?,
            b'n' if self.at_word("not") => return self.not_in(left),
            _ => self.operator_word()?,
        };
        Some((op, self.since(start), false))
    }

    fn operator_word(&mut self) -> Option<CompareOp> {
        let (word, op) = [
            ("in", CompareOp::In),
            ("like", CompareOp::Like),
            ("matches", CompareOp::Matches),
        ]
        .into_iter()
        .find(|(word, _)| self.at_word(word))?;
        self.advance(word.len());
        Some(op)
    }

    /// `a not in b`
    fn not_in(&mut self, left: usize) -> Option<(CompareOp, Span, bool)> {
        let start = self.offset();
        let before = self.rest;
        self.advance(3);
        self.take(lexical::blanks);
        let not = self.since(start);
        let at = self.offset();
        let Some(op) = self.operator_word() else {
            self.rest = before;
            return None;
        };
        let mut report = Diagnostic::error(
            codes::NOT_IN,
            "`not` stands before the test",
            not,
            format!("before the left side of `{}`", op.as_str()),
        );
        report.fixes.push(Fix {
            title: "move it".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![
                Edit {
                    span: self.span(left, left),
                    text: "not ".to_owned(),
                },
                Edit {
                    span: not,
                    text: String::new(),
                },
            ],
        });
        self.report(report);
        Some((op, self.since(at), true))
    }
}

/// `a and b or c`, with a fix that puts the parentheses where most languages imagine them.
fn mixed(links: &[Link], whole: Span) -> Diagnostic {
    let mut edits = Vec::new();
    let mut runs: Vec<(Span, usize)> = Vec::new();
    for link in links {
        match runs.last_mut() {
            Some((span, count)) if !link.or => {
                *span = span.to(link.whole);
                *count += 1;
            }
            _ => runs.push((link.whole, 1)),
        }
    }
    for (span, count) in runs {
        if count > 1 {
            edits.push(Edit {
                span: span.before(),
                text: "(".to_owned(),
            });
            edits.push(Edit {
                span: span.after(),
                text: ")".to_owned(),
            });
        }
    }
    let connective = |or: bool| {
        links
            .iter()
            .skip(1)
            .find(|link| link.or == or)
            .map_or(whole, |link| link.connective)
    };
    let mut report = Diagnostic::error(
        codes::MIXED_AND_OR,
        "`and` and `or` are mixed without parentheses",
        connective(true),
        "`or` here",
    )
    .label(connective(false), "`and` here")
    .note("neither binds tighter than the other");
    report.fixes.push(Fix {
        title: "put parentheses around what `and` joins".to_owned(),
        applicability: Applicability::Maybe,
        edits,
    });
    report
}
