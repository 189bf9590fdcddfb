//! Blocks: their heads in all the ways in which people write them, and their bodies.

use super::cursor::{Open, Parser};
use super::{MAX_DEPTH, lexical};
use crate::codes;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::tree::{Block, Ident, Item};

/// Whether a block ends here, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It does not.
    Not,
    /// With its `}`.
    Closer,
    /// With the file.
    File,
    /// By the indentation of what stands here.
    Dedent,
}

impl Parser<'_> {
    /// `kind name` and whatever stands behind it.
    pub(super) fn two_names(&mut self, start: usize, kind: Ident, docs: Vec<String>) -> Option<Item> {
        let (second, at_second) = (self.rest, self.offset());
        let reports = self.looks_like(lexical::declaration) || self.looks_like(lexical::hyphenated);
        let name = if reports || self.second_is_name() {
            self.name()
        } else {
            return self.missing_equals(kind, docs).map(Item::Field);
        };
        self.last_end = self.offset();
        self.space();
        match self.peek() {
            Some(b'{') => return Some(Item::Block(self.block(start, kind, name, docs))),
            Some(b'"') => return self.labelled_block(start, kind, docs),
            Some(b'=' | b':') => return self.block_with_equals(start, kind, name, docs).map(Item::Block),
            _ if !self.at_line_end() => {
                self.rest = second;
                self.last_end = kind.span.end as usize;
                return self.missing_equals(kind, docs).map(Item::Field);
            }
            _ => {}
        }
        let head = self.span(start, self.last_end);
        let gap = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if gap.starts_with('{') {
            self.lines();
            let here = self.here();
            self.report(
                Diagnostic::error(
                    codes::MISSING_BODY,
                    format!("the `{{` of `{} {}` stands on another line", kind.text, name.text),
                    here,
                    "belongs behind the name",
                )
                .label(head, "the block begins here")
                .fix("move it", Applicability::Safe, head.after().to(here), " {"),
            );
            return Some(Item::Block(self.block(start, kind, name, docs)));
        }
        self.report(
            Diagnostic::error(
                codes::MISSING_BODY,
                format!("`{} {}` is neither a field nor a block", kind.text, name.text),
                self.span(at_second, self.last_end).after(),
                "expected `{`",
            )
            .help(format!(
                "a block has a body: `{} {} {{ … }}`",
                kind.text, name.text
            ))
            .help(format!("a field has a `=`: `{} = {}`", kind.text, name.text)),
        );
        self.damaged = true;
        None
    }

    /// Whether the second of two names is one of a block, rather than a value whose `=` is missing.
    fn second_is_name(&self) -> bool {
        !lexical::RESERVED.iter().any(|word| self.at_word(word))
    }

    /// `step x = { … }`
    fn block_with_equals(
        &mut self,
        start: usize,
        kind: Ident,
        name: Ident,
        docs: Vec<String>,
    ) -> Option<Block> {
        let equals = self.here();
        self.advance(1);
        self.space();
        if self.peek() == Some(b'{') {
            let after_name = name.span.after().to(equals);
            self.report(
                Diagnostic::error(
                    codes::BLOCK_WITH_EQUALS,
                    format!(
                        "`{}` between a block's name and its `{{`",
                        if self.text_between(equals.start as usize, equals.end as usize) == ":" {
                            ":"
                        } else {
                            "="
                        }
                    ),
                    equals,
                    "not needed",
                )
                .note("a block is `kind name { … }`; only fields have a `=`")
                .fix("remove it", Applicability::Safe, after_name, ""),
            );
            return Some(self.block(start, kind, name, docs));
        }
        let head = kind.span.to(name.span);
        let joined = format!("{}_{}", kind.text, name.text);
        self.report(
            Diagnostic::error(
                codes::EXPECTED_ITEM,
                format!("`{} {}` is no field's name", kind.text, name.text),
                head,
                "a field's name is one word",
            )
            .fix(format!("write `{joined}`"), Applicability::Maybe, head, joined),
        );
        self.skip_line();
        None
    }

    /// `workflow { … }` or `steady_state { … }`
    pub(super) fn unnamed_block(&mut self, start: usize, kind: Ident, docs: Vec<String>) -> Block {
        let after = kind.span.after();
        self.report(
            Diagnostic::error(
                codes::UNNAMED_BLOCK,
                format!("`{}` has neither a name nor a `=`", kind.text),
                after,
                "expected a name or `=`",
            )
            .help(format!(
                "if it is a block, name it: `{} some_name {{ … }}`",
                kind.text
            ))
            .help(format!("if it is a field, give it a value: `{} = …`", kind.text))
            .fix("insert `=`", Applicability::Maybe, after, " ="),
        );
        let name = Ident {
            text: String::new(),
            span: after,
            quoted: false,
        };
        self.block(start, kind, name, docs)
    }

    /// `resource "x" { … }`, `resource "x" "y" { … }`, or a field without its `=`.
    pub(super) fn labelled_block(&mut self, start: usize, kind: Ident, docs: Vec<String>) -> Option<Item> {
        let (value, value_at) = (self.rest, self.last_end);
        let mut labels: Vec<(Span, &str)> = Vec::new();
        loop {
            self.take(lexical::blanks);
            let at = self.offset();
            match self.take(lexical::quoted).or_else(|| self.take(lexical::word)) {
                Some(label) => labels.push((self.since(at), label.trim_matches('"'))),
                None => break,
            }
        }
        let (Some(b'{'), Some((first, _)), Some((last, label))) =
            (self.peek(), labels.first().copied(), labels.last().copied())
        else {
            self.rest = value;
            self.last_end = value_at;
            return self.missing_equals(kind, docs).map(Item::Field);
        };
        let all = first.to(last);
        let fits = lexical::word(label).is_ok_and(|(rest, _)| rest.is_empty())
            && !lexical::RESERVED.contains(&label);
        let bare = if fits { label.to_owned() } else { bare_name(label) };
        let safe = fits && labels.len() == 1;
        let what = if labels.len() == 1 {
            "name is quoted"
        } else {
            "block has one name, without quotes"
        };
        self.report(
            Diagnostic::error(
                codes::QUOTED_LABEL,
                format!("`{}`: {what}", kind.text),
                all,
                "expected a bare name",
            )
            .note("quoted is text from your system; bare is a name that the compiler knows")
            .fix(
                format!("write `{} {bare}`", kind.text),
                if safe {
                    Applicability::Safe
                } else {
                    Applicability::Maybe
                },
                all,
                bare.clone(),
            ),
        );
        let name = Ident {
            text: if fits { label.to_owned() } else { bare },
            span: all,
            quoted: true,
        };
        Some(Item::Block(self.block(start, kind, name, docs)))
    }

    /// The body of a block, at its `{`.
    pub(super) fn block(&mut self, start: usize, kind: Ident, name: Ident, doc: Vec<String>) -> Block {
        let body_start = self.offset();
        if self.depth >= MAX_DEPTH {
            self.nested_too_deeply();
            return Block {
                kind,
                name,
                items: Vec::new(),
                doc,
                span: self.since(start),
                body: self.since(body_start),
                complete: false,
            };
        }
        let open = Open {
            bracket: b'{',
            at: body_start,
            indent: self.indent,
            first_at: self.first_at,
            block: true,
        };
        let level = self.open.len();
        let outer_damaged = std::mem::replace(&mut self.damaged, false);
        self.open.push(open);
        self.depth += 1;
        self.advance(1);
        let items = self.items(Some(open));
        self.drop_docs();
        let closed = match self.block_end(Some(open)) {
            End::Closer => {
                self.advance(1);
                self.last_end = self.offset();
                true
            }
            End::File => {
                self.report_unclosed(0);
                false
            }
            End::Dedent | End::Not => {
                self.report_unclosed(level);
                false
            }
        };
        self.depth -= 1;
        self.open.truncate(level);
        let complete = closed && !self.damaged;
        self.damaged = outer_damaged;
        Block {
            kind,
            name,
            items,
            doc,
            span: self.span(start, self.last_end),
            body: self.span(body_start, self.last_end),
            complete,
        }
    }

    /// Whether the block ends at the word at hand. The file itself ends nowhere but at its end.
    pub(super) fn block_end(&self, block: Option<Open>) -> End {
        let Some(byte) = self.peek() else { return End::File };
        let Some(open) = block else { return End::Not };
        let begins_line = self.guided && self.is_first_on_line() && open.first_at != self.first_at;
        match byte {
            b'}' if begins_line && self.indent < open.indent => End::Dedent,
            b'}' if self.guided && self.closes_too_early(open) => End::Not,
            b'}' => End::Closer,
            _ if begins_line && self.indent <= open.indent => End::Dedent,
            _ => End::Not,
        }
    }

    /// Whether what follows the `}` at hand is indented as if it still belonged to the block.
    fn closes_too_early(&self, open: Open) -> bool {
        if self.is_first_on_line() && self.indent == open.indent {
            return false;
        }
        let Some(rest) = self.rest.strip_prefix('}') else {
            return false;
        };
        let rest = rest.trim_start_matches([' ', '\t']);
        if !rest.starts_with(['\n', '\r']) && !rest.starts_with("//") {
            return false;
        }
        let next = rest.split('\n').skip(1).find(|line| !line.trim().is_empty());
        next.is_some_and(|line| {
            let columns = line
                .bytes()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .fold(0_usize, |sum, byte| sum + if byte == b'\t' { 4 } else { 1 });
            columns > open.indent as usize
        })
    }

    /// Says that brackets from this level on are not closed before the word at hand; once for each place.
    pub(super) fn report_unclosed(&mut self, level: usize) {
        self.unbalanced = true;
        self.damaged = true;
        if self.unclosed_at.replace(self.offset()) == Some(self.offset()) {
            return;
        }
        let lost = self.open.iter().skip(level).rev().copied().collect::<Vec<_>>();
        let Some(inner) = lost.first().copied() else {
            return;
        };
        let bracket = char::from(inner.bracket);
        let opened = self.span(inner.at, inner.at + 1);
        let (code, message) = if inner.block {
            (codes::UNCLOSED_BLOCK, "block is not closed".to_owned())
        } else {
            (codes::UNCLOSED_BRACKET, format!("`{bracket}` is not closed"))
        };
        let mut report = Diagnostic::error(
            code,
            message,
            opened,
            format!("no `{}` for this", char::from(inner.closer())),
        );
        for outer in lost.iter().skip(1) {
            report = report.label(self.span(outer.at, outer.at + 1), "nor for this");
        }
        let place = if self.rest.is_empty() {
            "the file ends here"
        } else {
            "expected before this"
        };
        report = report.label(self.found_span(), place);
        let insert = self.closers(&lost);
        let title = if lost.len() == 1 { "close it" } else { "close them" };
        let edits = vec![Edit {
            span: self.span(self.last_end, self.last_end),
            text: insert,
        }];
        report.fixes.push(Fix {
            title: title.to_owned(),
            applicability: Applicability::Maybe,
            edits,
        });
        self.report(report);
    }

    /// What closes all of these, written as they were opened.
    fn closers(&self, lost: &[Open]) -> String {
        lost.iter().fold(String::new(), |text, open| {
            let here = self.text_between(open.at, self.last_end);
            let closer = char::from(open.closer());
            if here.contains('\n') {
                format!("{text}\n{}{closer}", " ".repeat(open.indent as usize))
            } else if open.bracket == b'{' {
                format!("{text} {closer}")
            } else {
                format!("{text}{closer}")
            }
        })
    }
}

/// A name for a text that is none.
fn bare_name(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() => name,
        _ => format!("_{name}"),
    }
}
