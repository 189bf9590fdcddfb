//! Fields and blocks one after the other: the loop that always gets on.

use super::block::End;
use super::cursor::{GiveUp, Open, Parser, Res};
use super::{habits, lexical};
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::tree::{Expr, ExprKind, Field, Ident, Item, TextPart};

impl Parser<'_> {
    /// The items of a block up to its `}`, or those of the file up to its end.
    pub(super) fn items(&mut self, block: Option<Open>) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            self.separators(items.is_empty());
            if self.block_end(block) != End::Not {
                items.shrink_to_fit();
                return items;
            }
            let before = self.offset();
            self.item(&mut items);
            if self.offset() == before {
                self.advance_char();
            }
            self.drop_docs();
            // What is lost here ends with the item.
            let _ = self.end_of_value(true);
        }
    }

    fn item(&mut self, items: &mut Vec<Item>) {
        match self.peek() {
            Some(b'"') => {
                let docs = self.take_docs();
                if let Some(field) = self.quoted_field(docs) {
                    items.push(Item::Field(field));
                }
            }
            Some(b')' | b']' | b'}') => self.stray_closer(),
            Some(_) if self.looks_like(lexical::word) => {
                let docs = self.take_docs();
                if let Some(item) = self.named_item(docs) {
                    items.push(item);
                }
            }
            _ => self.not_an_item(),
        }
    }

    /// What begins with a name.
    fn named_item(&mut self, docs: Vec<String>) -> Option<Item> {
        let start = self.offset();
        if self.at_word("and") || self.at_word("or") {
            self.lone_connective();
            return None;
        }
        let name = self.name();
        self.last_end = self.offset();
        self.space();
        match self.peek() {
            Some(b'=' | b':') => Some(Item::Field(self.field_from(name, docs))),
            Some(b'{') => Some(Item::Block(self.unnamed_block(start, name, docs))),
            Some(b'"') => self.labelled_block(start, name, docs),
            Some(_) if self.looks_like(lexical::word) => self.two_names(start, name, docs),
            Some(b'.') => {
                self.report(
                    Diagnostic::error(
                        codes::EXPECTED_ITEM,
                        "a field's name has no dots",
                        self.since(start).to(self.here()),
                        "expected `name = value` or `kind name { … }`",
                    )
                    .help(format!("nest it: `{} = {{ … }}`", name.text)),
                );
                self.skip_line();
                None
            }
            _ => self.missing_equals(name, docs).map(Item::Field),
        }
    }

    /// `"name" = value`
    pub(super) fn quoted_field(&mut self, docs: Vec<String>) -> Option<Field> {
        let start = self.offset();
        let Ok(key) = self.text() else {
            self.skip_line();
            return None;
        };
        let ExprKind::Text(text) = key.kind else {
            self.damaged = true;
            return None;
        };
        let name = match text.literal() {
            Some(literal) => literal.to_owned(),
            None => {
                self.report(Diagnostic::error(
                    codes::BAD_INTERPOLATION,
                    "a field's name takes in no names",
                    key.span,
                    "expected a plain text",
                ));
                text.parts
                    .into_iter()
                    .fold(String::new(), |name, part| match part {
                        TextPart::Literal(text) => name + &text,
                        TextPart::Name { path, .. } => name + &path.join("."),
                    })
            }
        };
        let name = Ident {
            text: name,
            span: self.since(start),
            quoted: true,
        };
        self.last_end = self.offset();
        self.space();
        match self.peek() {
            Some(b'=' | b':') => Some(self.field_from(name, docs)),
            _ => self.missing_equals(name, docs),
        }
    }

    /// A name that is about to be given something: hyphens and words of the language are reported.
    pub(super) fn name(&mut self) -> Ident {
        let start = self.offset();
        let word = habits::name(self);
        if lexical::RESERVED.contains(&word) {
            self.report(
                Diagnostic::error(
                    codes::RESERVED_WORD,
                    format!("`{word}` is a word of the language"),
                    self.since(start),
                    "can't be a name",
                )
                .help("choose another name"),
            );
        }
        self.ident(word, start)
    }

    /// `= value` behind a name.
    pub(super) fn field_from(&mut self, name: Ident, docs: Vec<String>) -> Field {
        let misspelt = habits::assignment(self);
        self.last_end = self.offset();
        let value = self.field_value(misspelt);
        self.field(name, value, docs)
    }

    pub(super) fn field(&self, name: Ident, value: Expr, doc: Vec<String>) -> Field {
        let span = name.span.to(self.span(self.last_end, self.last_end));
        Field {
            span,
            name,
            value,
            doc,
        }
    }

    /// The value of a block's field; whatever happens in it ends with it.
    fn field_value(&mut self, misspelt: bool) -> Expr {
        self.space();
        let start = self.offset();
        let level = self.open.len();
        if misspelt && self.at_line_end() {
            return self.error_value(start);
        }
        let value = self.value();
        self.open.truncate(level);
        match value.and_then(|value| Ok((value, self.end_of_value(true)?))) {
            Ok((value, true)) => return value,
            Ok((_, false)) => {}
            Err(GiveUp::Here) => {
                self.sync(Vec::new());
                self.last_end = self.offset();
            }
            Err(GiveUp::Lost(_)) => {
                self.damaged = true;
                self.last_end = self.offset();
            }
        }
        self.span_error(start)
    }

    /// A value that could not be read, up to the last word.
    pub(super) fn span_error(&self, start: usize) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span: self.span(start, self.last_end),
        }
    }

    /// A name with neither `=` nor a block behind it.
    pub(super) fn missing_equals(&mut self, name: Ident, docs: Vec<String>) -> Option<Field> {
        let at = self.span(self.last_end, self.last_end);
        let report = |label: &str| {
            Diagnostic::error(
                codes::MISSING_EQUALS,
                format!("expected `=` after `{}`", name.text),
                at,
                label.to_owned(),
            )
        };
        if self.begins_value() && !self.is_first_on_line() {
            self.report(report("here").fix("insert `=`", Applicability::Maybe, at, " ="));
            let value = self.field_value(false);
            return Some(self.field(name, value, docs));
        }
        let found = self.found();
        self.report(
            report(&format!("found {found}")).help("a field is `name = value`, a block is `kind name { … }`"),
        );
        self.skip_line();
        None
    }

    /// Something that can't begin an item.
    fn not_an_item(&mut self) {
        if habits::item(self) {
            return;
        }
        let found = self.found();
        self.report(
            Diagnostic::error(
                codes::EXPECTED_ITEM,
                format!("expected a field or a block, found {found}"),
                self.found_span(),
                "can't begin either",
            )
            .help("a field is `name = value`, a block is `kind name { … }`"),
        );
        self.skip_line();
    }

    /// `and …` where no condition can be carried on.
    fn lone_connective(&mut self) {
        if !self.damaged {
            let found = self.found();
            self.report(
                Diagnostic::error(
                    codes::LEADING_CONNECTIVE,
                    format!("line begins with {found}"),
                    self.found_span(),
                    "carries nothing on",
                )
                .help(format!("put {found} at the end of the line before")),
            );
        }
        self.skip_line();
    }

    /// Gives up what stands on this line, brackets included.
    pub(super) fn skip_line(&mut self) {
        self.damaged = true;
        self.sync(Vec::new());
        self.last_end = self.offset();
    }

    /// Skips commas and new lines; a comma that separates nothing is reported.
    pub(super) fn separators(&mut self, first: bool) {
        let mut comma = first;
        loop {
            self.lines();
            match self.peek() {
                Some(b',') => {
                    if comma {
                        let here = self.here();
                        self.report(
                            Diagnostic::error(
                                codes::STRAY_COMMA,
                                "comma separates nothing",
                                here,
                                "not needed",
                            )
                            .fix("remove it", Applicability::Safe, here, ""),
                        );
                    }
                    comma = true;
                    self.advance(1);
                }
                Some(b';') => habits::semicolon(self),
                _ => return,
            }
        }
    }

    /// Whether nothing stands behind a value that does not belong there; where something does, it is reported and
    /// skipped, and the value is not to be relied on.
    pub(super) fn end_of_value(&mut self, item: bool) -> Res<bool> {
        let mut sound = true;
        loop {
            self.space();
            if self.at_line_end() || self.is_first_on_line() {
                return Ok(sound);
            }
            match self.peek() {
                Some(b',' | b';' | b'}') => return Ok(sound),
                Some(b')' | b']') if self.open.last().is_some_and(|open| !open.block) => return Ok(sound),
                Some(b')' | b']') => {
                    self.stray_closer();
                    continue;
                }
                _ => {}
            }
            match self.missing_quote() {
                Ok(()) => {}
                Err(GiveUp::Here) => {
                    sound = false;
                    continue;
                }
                Err(lost) => return Err(lost),
            }
            let another = if item {
                self.begins_item()
            } else {
                self.begins_value()
            };
            self.missing_separator(another);
            if another {
                return Ok(sound);
            }
            sound = false;
            if item {
                self.skip_line();
            } else {
                self.sync(Vec::new());
            }
        }
    }

    /// Whether a value seems to begin here.
    fn begins_value(&self) -> bool {
        matches!(self.peek(), Some(b'"' | b'[' | b'(' | b'{' | b'0'..=b'9' | b'-'))
            || self.looks_like(lexical::word)
    }

    /// Whether a field or a block seems to begin here.
    fn begins_item(&self) -> bool {
        if self.peek() == Some(b'"') {
            return lexical::quoted(self.rest)
                .is_ok_and(|(rest, _)| rest.trim_start_matches([' ', '\t']).starts_with(['=', ':']));
        }
        self.looks_like(lexical::assignment)
            || self.looks_like(lexical::colon)
            || self.looks_like(lexical::declaration)
    }

    /// Reports that two things stand side by side, or that something stands behind one.
    pub(super) fn missing_separator(&mut self, another: bool) {
        let found = self.found();
        let at = self.span(self.last_end, self.last_end);
        let report = Diagnostic::error(
            codes::MISSING_SEPARATOR,
            format!("expected a comma or a new line, found {found}"),
            self.found_span(),
            "the value before it has ended",
        );
        self.report(if another {
            report.fix("insert a comma", Applicability::Safe, at, ",")
        } else if self.looks_like(lexical::word) {
            report.help("text stands in quotes")
        } else {
            report
        });
    }
}
