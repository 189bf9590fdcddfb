//! What stands in a block, record, list or call that is broken: one entry a line.

use super::comments::comment_text;
use super::{Printer, STEP, columns, end_column, fits};
use crate::source::Span;
use crate::tree::{Block, Expr, Field, Item};

/// Something with a line of its own.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Field(&'a Field),
    Block(&'a Block),
    Value(&'a Expr),
}

/// An entry with what is printed around it.
#[derive(Default)]
struct Row {
    /// Whether a blank line stands before it.
    blank: bool,
    /// Comments and doc comments before it.
    before: Vec<String>,
    /// The entry; it may have many lines.
    text: Option<String>,
    /// The comment behind it.
    trailing: Option<String>,
}

/// How a field is printed.
#[derive(Clone, Copy, Default)]
struct Layout {
    /// Whether it is aligned with the entry before.
    joins: bool,
    /// Whether its value is broken.
    broken: bool,
    /// The columns of its name.
    width: usize,
}

impl<'a> From<&'a Item> for Entry<'a> {
    fn from(item: &'a Item) -> Self {
        match item {
            Item::Field(field) => Entry::Field(field),
            Item::Block(block) => Entry::Block(block),
        }
    }
}

// === impl Entry ===

impl<'a> Entry<'a> {
    pub(super) fn span(self) -> Span {
        match self {
            Entry::Field(field) => field.span,
            Entry::Block(block) => block.span,
            Entry::Value(value) => value.span,
        }
    }

    fn doc(self) -> &'a [String] {
        match self {
            Entry::Field(field) => &field.doc,
            Entry::Block(block) => &block.doc,
            Entry::Value(_) => &[],
        }
    }
}

// === impl Printer ===

impl Printer<'_> {
    /// The lines of a body from behind its opening bracket (`start`) to its closing one (`end`), without the
    /// indentation of the first line.
    pub(super) fn body(
        &mut self,
        entries: &[Entry<'_>],
        start: usize,
        end: usize,
        indent: usize,
        comma: &str,
    ) -> String {
        let layouts = self.layouts(entries, start, indent, columns(comma));
        let mut rows: Vec<Row> = Vec::new();
        let mut behind = start;
        for (index, (entry, layout)) in entries.iter().zip(layouts).enumerate() {
            let span = entry.span();
            let mut row = Row {
                blank: self.has_blank_line(behind),
                ..Row::default()
            };
            behind = self.comment_rows(&mut rows, &mut row, behind, span.start as usize);
            if let Entry::Field(field) = entry {
                self.moved_comments(&mut row, field.value.span.start as usize);
            }
            let text = self.entry(*entry, layout, indent, columns(comma));
            self.moved_comments(&mut row, span.end as usize);
            row.before.extend(entry.doc().iter().map(|line| doc_line(line)));
            row.text = Some(text + comma);
            behind = behind.max(span.end as usize);
            let next = entries
                .get(index + 1)
                .map_or(end, |next| next.span().start as usize);
            if let Some(comment) = self.trailing(behind, next) {
                row.trailing = Some(comment_text(comment));
                behind = comment.span.end as usize;
            }
            rows.push(row);
        }
        let mut row = Row {
            blank: self.has_blank_line(behind),
            ..Row::default()
        };
        self.comment_rows(&mut rows, &mut row, behind, end);
        join(&rows, indent)
    }

    /// Comments in the middle of a value, where none can stay: they stand before the entry then.
    fn moved_comments(&mut self, row: &mut Row, before: usize) {
        while let Some(comment) = self.next_before(before) {
            row.before.push(comment_text(comment));
            self.moved = true;
        }
    }

    /// The comments before the next entry: each is a row, and what is left of `row` is that of the entry.
    fn comment_rows(
        &mut self,
        rows: &mut Vec<Row>,
        row: &mut Row,
        mut behind: usize,
        before: usize,
    ) -> usize {
        while let Some(comment) = self.next_before(before) {
            rows.push(Row {
                blank: row.blank,
                text: Some(comment_text(comment)),
                ..Row::default()
            });
            behind = comment.span.end as usize;
            row.blank = self.has_blank_line(behind);
        }
        behind
    }

    /// Which fields are aligned, and which are broken. Broken fields end a run of aligned ones; breaking those that
    /// don't fit makes runs shorter and so names narrower, never wider: two rounds settle it.
    fn layouts(&mut self, entries: &[Entry<'_>], start: usize, indent: usize, behind: usize) -> Vec<Layout> {
        let flat: Vec<Option<String>> = entries
            .iter()
            .map(|entry| match entry {
                Entry::Field(field) => self.flat(&field.value),
                _ => None,
            })
            .collect();
        let mut layouts = vec![Layout::default(); entries.len()];
        let mut place = start;
        let mut last_is_field = false;
        for (entry, layout) in entries.iter().zip(&mut layouts) {
            let span = entry.span();
            let apart = self.has_blank_line(self.behind_comment(place, span.start))
                || !entry.doc().is_empty()
                || self.own_comments(place, span);
            // The fields of the file itself have little to do with each other.
            layout.joins = indent > 0 && last_is_field && !apart && matches!(entry, Entry::Field(_));
            last_is_field = matches!(entry, Entry::Field(_));
            place = span.end as usize;
        }
        for (layout, flat) in layouts.iter_mut().zip(&flat) {
            layout.broken = flat.as_ref().is_none_or(|flat| flat.contains('\n'));
        }
        for _ in 0..2 {
            align(entries, &mut layouts, |name| columns(&self.name(name)));
            for ((entry, layout), flat) in entries.iter().zip(&mut layouts).zip(&flat) {
                if let (Entry::Field(field), Some(flat)) = (entry, flat) {
                    let column = indent + layout.width + " = ".len();
                    layout.broken |= !fits(flat, column, behind) && super::value::can_break(&field.value);
                }
            }
        }
        layouts
    }

    /// The end of the comment that stands behind a place on its line and before the next entry, else the place.
    fn behind_comment(&self, place: usize, before: u32) -> usize {
        let first = self
            .comments
            .partition_point(|comment| (comment.span.start as usize) < place);
        match self.comments.get(first) {
            Some(comment)
                if comment.span.start < before && !self.has_newline(place, comment.span.start as usize) =>
            {
                comment.span.end as usize
            }
            _ => place,
        }
    }

    /// Whether a comment stands between a place and an entry, other than behind the place, or within the entry.
    fn own_comments(&self, place: usize, entry: Span) -> bool {
        let first = self
            .comments
            .partition_point(|comment| (comment.span.start as usize) < place);
        let mut comments = self
            .comments
            .iter()
            .skip(first)
            .take_while(|comment| comment.span.start < entry.end);
        match comments.next() {
            None => false,
            Some(comment) => {
                let start = comment.span.start as usize;
                let behind =
                    comment.trailing && comment.span.start < entry.start && !self.has_newline(place, start);
                !behind || comments.next().is_some()
            }
        }
    }

    fn entry(&mut self, entry: Entry<'_>, layout: Layout, indent: usize, behind: usize) -> String {
        match entry {
            Entry::Field(field) => {
                let name = self.name(&field.name);
                let gap = " ".repeat(layout.width.saturating_sub(columns(&name)));
                let column = end_column(&name, indent) + gap.len() + " = ".len();
                let value = match self.flat(&field.value) {
                    Some(flat) if flat.contains('\n') && fits(&flat, column, behind) => flat,
                    _ => self.print(&field.value, indent, column, behind, layout.broken),
                };
                format!("{name}{gap} = {value}")
            }
            Entry::Block(block) => self.block(block, indent),
            Entry::Value(value) => self.print(value, indent, indent, behind, false),
        }
    }

    fn block(&mut self, block: &Block, indent: usize) -> String {
        if let Some(flat) = self.flat_block(block)
            && fits(&flat, indent, 0)
        {
            return flat;
        }
        let head = format!("{} {} {{", block.kind.text, self.name(&block.name));
        let entries: Vec<Entry<'_>> = block.items.iter().map(Entry::from).collect();
        self.broken(&head, "}", &entries, block.body, indent, "")
    }

    /// `open`, the entries one a line, `close`. The span is that of the brackets.
    pub(super) fn broken(
        &mut self,
        open: &str,
        close: &str,
        entries: &[Entry<'_>],
        span: Span,
        indent: usize,
        comma: &str,
    ) -> String {
        let (start, end) = (span.start as usize + 1, (span.end as usize).saturating_sub(1));
        let first = entries.first().map_or(end, |entry| entry.span().start as usize);
        let comment = self.trailing(start, first).cloned();
        let (head, start) = match &comment {
            Some(comment) => (
                format!("{open}  {}", comment_text(comment)),
                comment.span.end as usize,
            ),
            None => (open.to_owned(), start),
        };
        let deeper = indent + STEP;
        let body = self.body(entries, start, end, deeper, comma);
        let (deeper, indent) = (" ".repeat(deeper), " ".repeat(indent));
        if body.is_empty() {
            format!("{head}\n{indent}{close}")
        } else {
            format!("{head}\n{deeper}{body}\n{indent}{close}")
        }
    }

    /// A block of nothing but fields on one line, if it was written on one.
    fn flat_block(&self, block: &Block) -> Option<String> {
        let head = format!("{} {}", block.kind.text, self.name(&block.name));
        if block.items.is_empty() {
            return (!self.has_comments(block.body)).then(|| format!("{head} {{}}"));
        }
        if self.has_newline(block.body.start as usize, block.body.end as usize) {
            return None;
        }
        let mut items = Vec::new();
        for item in &block.items {
            items.push(match item {
                Item::Field(field) => self.flat_field(field)?,
                Item::Block(_) => return None,
            });
        }
        Some(format!("{head} {{ {} }}", items.join(", ")))
    }
}

/// Gives each field the width of the widest name of its run.
fn align(entries: &[Entry<'_>], layouts: &mut [Layout], width: impl Fn(&crate::tree::Ident) -> usize) {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut ended = true;
    for (entry, layout) in entries.iter().zip(layouts.iter()) {
        let Entry::Field(field) = entry else {
            runs.push((0, 1));
            ended = true;
            continue;
        };
        let width = width(&field.name);
        match runs.last_mut() {
            Some((widest, count)) if layout.joins && !ended => {
                *widest = width.max(*widest);
                *count += 1;
            }
            _ => runs.push((width, 1)),
        }
        ended = layout.broken;
    }
    let widths = runs
        .into_iter()
        .flat_map(|(width, count)| std::iter::repeat_n(width, count));
    for (layout, width) in layouts.iter_mut().zip(widths) {
        layout.width = width;
    }
}

fn doc_line(line: &str) -> String {
    if line.is_empty() {
        "///".to_owned()
    } else {
        format!("/// {line}")
    }
}

/// The rows as text; comments behind consecutive lines stand below each other.
fn join(rows: &[Row], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut lines = String::new();
    let mut width = 0;
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            lines.push('\n');
            if row.blank {
                lines.push('\n');
            }
            lines.push_str(&pad);
        }
        for line in &row.before {
            lines.push_str(line);
            lines.push('\n');
            lines.push_str(&pad);
        }
        let text = row.text.as_deref().unwrap_or("");
        lines.push_str(text);
        let Some(comment) = &row.trailing else { continue };
        let joins = |row: &Row| !row.blank && row.before.is_empty();
        let simple =
            |row: &Row| row.trailing.is_some() && row.text.as_ref().is_some_and(|text| !text.contains('\n'));
        let follows = index
            .checked_sub(1)
            .and_then(|at| rows.get(at))
            .is_some_and(|before| simple(before) && simple(row) && joins(row));
        if !follows {
            let others = rows
                .iter()
                .skip(index + 1)
                .take_while(|next| simple(next) && joins(next) && simple(row));
            width = others
                .filter_map(|next| next.text.as_deref())
                .map(columns)
                .chain([end_column(text, 0)])
                .max()
                .unwrap_or(0);
        }
        let gap = width.saturating_sub(end_column(text, 0)) + 2;
        lines.push_str(&" ".repeat(gap));
        lines.push_str(comment);
    }
    lines
}
