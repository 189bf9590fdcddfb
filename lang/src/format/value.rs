//! Values: on one line where they fit, else broken at their outermost bracket or at `and` and `or`.

use super::body::Entry;
use super::comments::comment_text;
use super::{Printer, end_column, fits};
use crate::source::Span;
use crate::tree::{Args, Expr, ExprKind, Field, Ident, Ref};

impl Printer<'_> {
    /// A name as it was written.
    pub(super) fn name(&self, name: &Ident) -> String {
        if name.quoted {
            self.source.slice(name.span).replace("\r\n", "\n")
        } else {
            name.text.clone()
        }
    }

    /// A value from a column on, on lines that are indented by `indent`, with so many columns `behind` it.
    /// With `broken` it is broken even if it fits.
    pub(super) fn print(
        &mut self,
        value: &Expr,
        indent: usize,
        column: usize,
        behind: usize,
        broken: bool,
    ) -> String {
        if let Some(flat) = self.flat(value)
            && (fits(&flat, column, behind) && !broken || !can_break(value))
        {
            return flat;
        }
        match &value.kind {
            ExprKind::List(values) => {
                let entries: Vec<Entry<'_>> = values.iter().map(Entry::Value).collect();
                self.broken("[", "]", &entries, value.span, indent, ",")
            }
            ExprKind::Record(fields) => {
                let entries: Vec<Entry<'_>> = fields.iter().map(Entry::Field).collect();
                self.broken("{", "}", &entries, value.span, indent, "")
            }
            ExprKind::Ref(Ref { args: Some(args), .. }) => {
                self.call(value, args, indent, column, behind, broken)
            }
            ExprKind::Not(inner) => {
                let inner = self.operand(
                    inner,
                    is_chain(inner),
                    indent,
                    column + "not ".len(),
                    behind,
                    broken,
                );
                format!("not {inner}")
            }
            ExprKind::And(tests) => self.chain(tests, "and", column, behind),
            ExprKind::Or(tests) => self.chain(tests, "or", column, behind),
            ExprKind::Compare { op, left, right, .. } => {
                let (op, right_breaks) = (op.as_str(), can_break(right));
                let left = self.operand(
                    left,
                    is_test(left),
                    indent,
                    column,
                    op.len() + 1,
                    broken && !right_breaks,
                );
                let column = end_column(&left, column) + op.len() + 2;
                let right = self.operand(right, is_test(right), indent, column, behind, broken);
                format!("{left} {op} {right}")
            }
            _ => self.plain(value),
        }
    }

    /// A part of a test, in parentheses where it needs them.
    fn operand(
        &mut self,
        value: &Expr,
        parentheses: bool,
        indent: usize,
        column: usize,
        behind: usize,
        broken: bool,
    ) -> String {
        if parentheses {
            let pad = " ".repeat(column + 1);
            let mut open = "(".to_owned();
            while let Some(comment) = self.next_before(value.span.start as usize) {
                let gap = if open == "(" && comment.trailing {
                    "  ".to_owned()
                } else {
                    format!("\n{pad}")
                };
                open = open + &gap + &comment_text(comment);
            }
            if open != "(" {
                open = format!("{open}\n{pad}");
            }
            let value = self.print(value, indent, column + 1, behind + 1, broken);
            format!("{open}{value})")
        } else {
            self.print(value, indent, column, behind, broken)
        }
    }

    /// Tests with a line each.
    fn chain(&mut self, tests: &[Expr], word: &str, column: usize, behind: usize) -> String {
        let pad = " ".repeat(column);
        let mut text = String::new();
        let mut last_end = None;
        for (index, test) in tests.iter().enumerate() {
            if let Some(last_end) = last_end {
                text.push(' ');
                text.push_str(word);
                let start = test.span.start as usize;
                if let Some(comment) = self.trailing(last_end, start) {
                    text.push_str("  ");
                    text.push_str(&comment_text(comment));
                }
                while let Some(comment) = self.next_before(start) {
                    text.push('\n');
                    text.push_str(&pad);
                    text.push_str(&comment_text(comment));
                }
                text.push('\n');
                text.push_str(&pad);
            }
            let behind = if index + 1 == tests.len() {
                behind
            } else {
                word.len() + 1
            };
            text.push_str(&self.operand(test, is_chain(test), column, column, behind, false));
            last_end = Some(test.span.end as usize);
        }
        text
    }

    fn call(
        &mut self,
        value: &Expr,
        args: &Args,
        indent: usize,
        column: usize,
        behind: usize,
        broken: bool,
    ) -> String {
        let ExprKind::Ref(name) = &value.kind else {
            return self.plain(value);
        };
        let head = format!("{}(", name.dotted());
        let mut entries: Vec<Entry<'_>> = Vec::new();
        entries.extend(args.first.as_deref().map(Entry::Value));
        entries.extend(args.named.iter().map(Entry::Field));
        if let [Entry::Value(only)] = entries.as_slice()
            && matches!(only.kind, ExprKind::List(_) | ExprKind::Record(_))
            && can_break(only)
            && !self.written_broken(&entries, args.span)
            && !self.has_comments(Span {
                end: only.span.start,
                ..args.span
            })
            && !self.has_comments(Span {
                start: only.span.end,
                ..args.span
            })
        {
            let inner = self.print(only, indent, column + head.chars().count(), behind + 1, broken);
            return format!("{head}{inner})");
        }
        self.broken(&head, ")", &entries, args.span, indent, ",")
    }

    // --- on one line

    /// A value on one line; nothing if it was broken or has a comment in it. Only raw texts have line ends.
    pub(super) fn flat(&self, value: &Expr) -> Option<String> {
        if self.has_comments(value.span) {
            return None;
        }
        let flat_operand = |value: &Expr, parentheses: bool| {
            let flat = self.flat(value)?;
            Some(if parentheses { format!("({flat})") } else { flat })
        };
        match &value.kind {
            ExprKind::List(values) => {
                let entries: Vec<Entry<'_>> = values.iter().map(Entry::Value).collect();
                self.flat_entries("[", "]", &entries, value.span)
            }
            ExprKind::Record(fields) if fields.is_empty() => Some("{}".to_owned()),
            ExprKind::Record(fields) => {
                let entries: Vec<Entry<'_>> = fields.iter().map(Entry::Field).collect();
                self.flat_entries("{ ", " }", &entries, value.span)
            }
            ExprKind::Ref(name) => {
                let Some(args) = &name.args else {
                    return Some(name.dotted());
                };
                let mut entries: Vec<Entry<'_>> = Vec::new();
                entries.extend(args.first.as_deref().map(Entry::Value));
                entries.extend(args.named.iter().map(Entry::Field));
                self.flat_entries(&format!("{}(", name.dotted()), ")", &entries, args.span)
            }
            ExprKind::Not(inner) => Some(format!("not {}", flat_operand(inner, is_chain(inner))?)),
            ExprKind::And(tests) | ExprKind::Or(tests) => {
                let word = if matches!(value.kind, ExprKind::And(_)) {
                    " and "
                } else {
                    " or "
                };
                let entries: Vec<Entry<'_>> = tests.iter().map(Entry::Value).collect();
                if self.written_broken(&entries, value.span) {
                    return None;
                }
                let tests: Option<Vec<String>> = tests
                    .iter()
                    .map(|test| flat_operand(test, is_chain(test)))
                    .collect();
                Some(tests?.join(word))
            }
            ExprKind::Compare { op, left, right, .. } => {
                let left = flat_operand(left, is_test(left))?;
                Some(format!(
                    "{left} {} {}",
                    op.as_str(),
                    flat_operand(right, is_test(right))?
                ))
            }
            _ => Some(self.plain(value)),
        }
    }

    pub(super) fn flat_field(&self, field: &Field) -> Option<String> {
        if !field.doc.is_empty() {
            return None;
        }
        Some(format!(
            "{} = {}",
            self.name(&field.name),
            self.flat(&field.value)?
        ))
    }

    fn flat_entries(&self, open: &str, close: &str, entries: &[Entry<'_>], span: Span) -> Option<String> {
        if !entries.is_empty() && self.written_broken(entries, span) {
            return None;
        }
        let mut parts = Vec::new();
        for entry in entries {
            parts.push(match entry {
                Entry::Field(field) => self.flat_field(field)?,
                Entry::Value(value) => self.flat(value)?,
                Entry::Block(_) => return None,
            });
        }
        Some(format!("{open}{}{close}", parts.join(", ")))
    }

    /// Whether a line ends between the brackets' own words, not within an entry.
    fn written_broken(&self, entries: &[Entry<'_>], span: Span) -> bool {
        let mut behind = span.start as usize;
        for entry in entries {
            let entry = entry.span();
            if self.has_newline(behind, entry.start as usize) {
                return true;
            }
            behind = entry.end as usize;
        }
        self.has_newline(behind, span.end as usize)
    }

    /// A value that has no other values in it but literals.
    fn plain(&self, value: &Expr) -> String {
        match &value.kind {
            ExprKind::Quantity(quantity) => format!("{}{}", quantity.number, quantity.unit),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Range(left, right) => format!("{}..{}", self.plain(left), self.plain(right)),
            ExprKind::OfBaseline(quantity) => format!("{} of baseline", self.plain(quantity)),
            ExprKind::Ref(name) if name.args.is_none() => name.dotted(),
            _ => self.source.slice(value.span).replace("\r\n", "\n"),
        }
    }
}

/// Whether a value has a place where it can be broken.
pub(super) fn can_break(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::List(values) => !values.is_empty(),
        ExprKind::Record(fields) => !fields.is_empty(),
        ExprKind::Ref(Ref { args: Some(args), .. }) => args.first.is_some() || !args.named.is_empty(),
        ExprKind::And(_) | ExprKind::Or(_) => true,
        ExprKind::Not(inner) => can_break(inner),
        ExprKind::Compare { left, right, .. } => can_break(left) || can_break(right),
        _ => false,
    }
}

/// `and` and `or`: what needs parentheses behind `not` and within each other.
fn is_chain(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::And(_) | ExprKind::Or(_))
}

/// What needs parentheses beside a comparison.
fn is_test(value: &Expr) -> bool {
    is_chain(value) || matches!(value.kind, ExprKind::Not(_) | ExprKind::Compare { .. })
}
