//! Values other than conditions: records, lists, literals, names and calls.

use super::cursor::{GiveUp, Open, Parser, Res};
use super::recover::Stopped;
use super::{MAX_DEPTH, habits, lexical};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::tree::{Args, Expr, ExprKind, Field, Ident, Ref};

impl Parser<'_> {
    /// `record | cond`
    pub(super) fn value(&mut self) -> Res<Expr> {
        match self.peek() {
            Some(b'{') => self.record(),
            _ => self.condition(),
        }
    }

    /// Reports that nothing stands where a value should.
    pub(super) fn missing_value(&mut self) -> Expr {
        let at = self.span(self.last_end, self.last_end);
        let found = self.found();
        let start = self.offset();
        let behind = match self.text_between(self.last_end.saturating_sub(1), self.last_end) {
            "" => String::new(),
            _ => format!("found {found}"),
        };
        self.report(
            Diagnostic::error(codes::MISSING_VALUE, "a value is missing", at, behind)
                .note("a value begins on the line of its `=` or operator"),
        );
        self.error_value(start)
    }

    // --- brackets

    /// `{ name = value … }`
    fn record(&mut self) -> Res<Expr> {
        let start = self.offset();
        let mut fields = Vec::new();
        let closed = self.container(true, |parser| {
            parser.record_field(&mut fields);
            Ok(())
        })?;
        fields.shrink_to_fit();
        Ok(self.contained(closed, ExprKind::Record(fields), start))
    }

    /// `[value …]`
    pub(super) fn list(&mut self) -> Res<Expr> {
        let start = self.offset();
        let mut values = Vec::new();
        let closed = self.container(false, |parser| {
            parser.drop_docs();
            values.push(parser.element()?);
            Ok(())
        })?;
        values.shrink_to_fit();
        Ok(self.contained(closed, ExprKind::List(values), start))
    }

    fn contained(&self, closed: bool, kind: ExprKind, start: usize) -> Expr {
        Expr {
            kind: if closed { kind } else { ExprKind::Error },
            span: self.since(start),
        }
    }

    /// Brackets with elements in them; whether they were closed as they should.
    fn container(&mut self, fields: bool, mut element: impl FnMut(&mut Self) -> Res<()>) -> Res<bool> {
        let level = self.open_bracket()?;
        let group = std::mem::replace(&mut self.group, false);
        let closed = self.elements(level, fields, &mut element);
        self.drop_docs();
        self.group = group;
        self.close_bracket(level);
        closed
    }

    /// Takes the bracket at hand; its level.
    pub(super) fn open_bracket(&mut self) -> Res<usize> {
        let level = self.open.len();
        if self.depth >= MAX_DEPTH {
            return Err(self.nested_too_deeply());
        }
        let bracket = self.peek().unwrap_or_default();
        self.open.push(Open {
            bracket,
            at: self.offset(),
            indent: self.indent,
            first_at: self.first_at,
            block: false,
        });
        self.depth += 1;
        self.advance(1);
        self.last_end = self.offset();
        Ok(level)
    }

    pub(super) fn close_bracket(&mut self, level: usize) {
        self.open.truncate(level);
        self.depth -= 1;
    }

    fn elements(
        &mut self,
        level: usize,
        fields: bool,
        element: &mut impl FnMut(&mut Self) -> Res<()>,
    ) -> Res<bool> {
        let closer = self.open.get(level).map(|open| open.closer());
        let mut first = true;
        loop {
            self.separators(first);
            first = false;
            if let Some(lost) = self.brackets_end(level, fields) {
                self.report_unclosed(lost);
                return Err(GiveUp::Lost(lost));
            }
            match self.peek() {
                None => {
                    self.report_unclosed(0);
                    return Err(GiveUp::Lost(0));
                }
                byte if byte == closer => {
                    self.advance(1);
                    self.last_end = self.offset();
                    return Ok(true);
                }
                Some(b')' | b']' | b'}') => return self.wrong_closer(level),
                Some(_) => {}
            }
            let before = self.offset();
            element(self)?;
            if self.offset() == before {
                self.advance_char();
            }
            self.drop_docs();
            self.end_of_value(fields)?;
        }
    }

    /// The value of an element; what is wrong with it ends with it.
    fn element(&mut self) -> Res<Expr> {
        let start = self.offset();
        let level = self.open.len();
        match self
            .value()
            .and_then(|value| Ok((value, self.end_of_value(false)?)))
        {
            Ok((value, true)) => return Ok(value),
            Ok((_, false)) => {}
            Err(GiveUp::Here) => {
                self.open.truncate(level);
                if self.sync(Vec::new()) == Stopped::Lost {
                    return Err(GiveUp::Lost(level.saturating_sub(1)));
                }
            }
            Err(GiveUp::Lost(lost)) if lost >= level => self.open.truncate(level),
            Err(lost) => return Err(lost),
        }
        self.last_end = self.offset();
        Ok(self.error_value(start))
    }

    fn record_field(&mut self, fields: &mut Vec<Field>) {
        let docs = self.take_docs();
        let field = match self.peek() {
            Some(b'"') => self.quoted_field(docs),
            Some(_) if self.looks_like(lexical::word) => {
                let name = self.name();
                self.last_end = self.offset();
                self.space();
                match self.peek() {
                    Some(b'=' | b':') => Some(self.field_from(name, docs)),
                    _ => self.missing_equals(name, docs),
                }
            }
            _ => {
                let found = self.found();
                self.report(
                    Diagnostic::error(
                        codes::EXPECTED_ITEM,
                        format!("expected a field, found {found}"),
                        self.found_span(),
                        "can't begin one",
                    )
                    .help("a record is `{ name = value }`, a list is `[value]`"),
                );
                self.skip_line();
                None
            }
        };
        fields.extend(field);
    }

    // --- names and calls

    /// `a.b.c` or `a.b(…)`
    pub(super) fn reference(&mut self) -> Res<Expr> {
        let start = self.offset();
        let word = habits::name(self);
        let mut path = vec![self.ident(word, start)];
        while self.peek() == Some(b'.') && !self.at("..") {
            self.advance(1);
            let at = self.offset();
            let Some(word) = self.take(lexical::word) else {
                let found = self.found();
                self.report(Diagnostic::error(
                    codes::EXPECTED_VALUE,
                    format!("expected a name after `.`, found {found}"),
                    self.found_span(),
                    "not a name",
                ));
                return Err(GiveUp::Here);
            };
            path.push(self.ident(word, at));
        }
        self.last_end = self.offset();
        let args = match self.peek() {
            Some(b'(') => Some(self.args()?),
            Some(b' ' | b'\t') if lexical::blanks(self.rest).is_ok_and(|(rest, _)| rest.starts_with('(')) => {
                self.take(lexical::blanks);
                Some(self.args()?)
            }
            _ => None,
        };
        let kind = match args {
            Some(None) => ExprKind::Error,
            Some(args) => ExprKind::Ref(Ref { path, args }),
            None => ExprKind::Ref(Ref { path, args: None }),
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    /// `(value, name = value …)`; nothing if they were not closed as they should.
    fn args(&mut self) -> Res<Option<Args>> {
        let start = self.offset();
        let mut first = None;
        let mut named: Vec<Field> = Vec::new();
        let closed = self.container(true, |parser| {
            if parser.looks_like(lexical::assignment) || parser.looks_like(lexical::colon) {
                let docs = parser.take_docs();
                let name = parser.name();
                parser.last_end = parser.offset();
                parser.space();
                habits::assignment(parser);
                parser.last_end = parser.offset();
                parser.space();
                let value = parser.element()?;
                named.push(parser.field(name, value, docs));
                return Ok(());
            }
            parser.drop_docs();
            let value = parser.element()?;
            if first.is_none() && named.is_empty() {
                first = Some(Box::new(value));
                return Ok(());
            }
            if value.kind != ExprKind::Error {
                parser.report(unnamed_parameter(&value, named.is_empty() || first.is_some()));
            }
            if first.is_none() {
                first = Some(Box::new(value));
            } else {
                let name = Ident {
                    text: String::new(),
                    span: value.span.before(),
                    quoted: false,
                };
                named.push(Field {
                    name,
                    span: value.span,
                    value,
                    doc: Vec::new(),
                });
            }
            Ok(())
        })?;
        named.shrink_to_fit();
        Ok(closed.then(|| Args {
            first,
            named,
            span: self.since(start),
        }))
    }
}

fn unnamed_parameter(value: &Expr, second: bool) -> Diagnostic {
    let report = if second {
        Diagnostic::error(
            codes::UNNAMED_PARAMETER,
            "parameter without its name",
            value.span,
            "expected `name = value`",
        )
    } else {
        Diagnostic::error(
            codes::UNNAMED_PARAMETER,
            "parameter without its name",
            value.span,
            "belongs before the others",
        )
    };
    report.note("only the first parameter is given without its name")
}
