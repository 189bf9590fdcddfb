//! Aligned tables that shrink sensibly.

use crate::line::Line;
use crate::style::{Ink, Style};

/// The most lines of one cell.
const MAX_LINES: usize = 4;

/// The space between columns.
const GAP: usize = 2;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    right: bool,
    /// Wraps rather than is cut, and gives way first.
    flexible: bool,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<(Vec<Line>, Vec<Line>)>,
    indent: usize,
}

// === impl Column ===

impl Column {
    /// Of fixed width: signs, outcomes, times.
    pub(crate) const fn fixed(heading: &'static str) -> Self {
        Self {
            heading,
            right: false,
            flexible: false,
        }
    }

    /// Numbers, aligned at their right.
    pub(crate) const fn number(heading: &'static str) -> Self {
        Self {
            heading,
            right: true,
            flexible: false,
        }
    }

    /// Text that may be wrapped.
    pub(crate) const fn text(heading: &'static str) -> Self {
        Self {
            heading,
            right: false,
            flexible: true,
        }
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            indent: 2,
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<Line>) {
        self.rows.push((cells, Vec::new()));
    }

    /// Something about the last row that stands below it, from its second column on.
    pub(crate) fn note(&mut self, note: Line) {
        if let Some((_, notes)) = self.rows.last_mut().filter(|_| !note.is_empty()) {
            notes.push(note);
        }
    }

    /// The lines of the table. Columns in which nothing stands are left out.
    pub(crate) fn render(self, style: &Style) -> Vec<Line> {
        let room = style.layout().saturating_sub(self.indent);
        let widths = self.widths(room);
        let shown = || {
            widths
                .iter()
                .enumerate()
                .filter_map(|(at, width)| Some((at, (*width)?)))
        };
        let mut lines = Vec::new();
        let headed = shown().any(|(at, _)| {
            self.columns
                .get(at)
                .is_some_and(|column| !column.heading.is_empty())
        });
        if headed {
            let mut line = style.line().spaces(self.indent);
            for (number, (at, width)) in shown().enumerate() {
                let column = self.columns.get(at).copied().unwrap_or(Column::fixed(""));
                let heading = style.line().with(Ink::Dim, column.heading);
                line = line
                    .spaces(if number == 0 { 0 } else { GAP })
                    .then(fit(heading, width, column.right));
            }
            lines.push(line);
        }
        let under = self.indent + widths.first().copied().flatten().map_or(0, |first| first + GAP);
        for (cells, notes) in self.rows {
            let wrapped: Vec<(usize, bool, Vec<Line>)> = shown()
                .map(|(at, width)| {
                    let column = self.columns.get(at).copied().unwrap_or(Column::fixed(""));
                    let cell = cells.get(at).cloned().unwrap_or_else(|| style.line());
                    (width, column.right, cell_lines(cell, width, column.flexible))
                })
                .collect();
            let height = wrapped.iter().map(|(_, _, cell)| cell.len()).max().unwrap_or(1);
            for row in 0..height {
                let mut line = style.line().spaces(self.indent);
                for (number, (width, right, cell)) in wrapped.iter().enumerate() {
                    let part = cell.get(row).cloned().unwrap_or_else(|| style.line());
                    line = line
                        .spaces(if number == 0 { 0 } else { GAP })
                        .then(fit(part, *width, *right));
                }
                lines.push(line);
            }
            for note in notes {
                let parts = note.wrap(style.layout().saturating_sub(under + GAP).max(10));
                lines.extend(
                    parts
                        .into_iter()
                        .map(|part| style.line().spaces(under).then(part)),
                );
            }
        }
        lines
    }

    /// The width of each column; `None` for an empty one.
    fn widths(&self, room: usize) -> Vec<Option<usize>> {
        let natural = |at: usize| {
            self.rows
                .iter()
                .filter_map(|(cells, _)| Some(cells.get(at)?.width()))
                .max()
        };
        let mut widths: Vec<Option<usize>> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                natural(at)
                    .filter(|width| *width > 0)
                    .map(|width| width.max(column.heading.len()))
            })
            .collect();
        let gaps = widths.iter().flatten().count().saturating_sub(1) * GAP;
        // The widest gives way first: text down to 16 columns, then what is fixed, then text again.
        for (flexible, least) in [(true, 16), (false, 6), (true, 6), (false, 1), (true, 1)] {
            loop {
                let total: usize = widths.iter().flatten().sum::<usize>() + gaps;
                let excess = total.saturating_sub(room);
                let widest = widths
                    .iter_mut()
                    .zip(&self.columns)
                    .filter(|(_, column)| column.flexible == flexible)
                    .filter_map(|(width, _)| width.as_mut())
                    .max_by_key(|width| **width);
                match widest {
                    Some(width) if excess > 0 && *width > least => {
                        // A single very long text goes down at once, neighbours of like width in turns.
                        let step = if *width > room { *width - room } else { 1 };
                        *width = width.saturating_sub(step).max(least);
                    }
                    _ => break,
                }
            }
        }
        widths
    }
}

fn fit(line: Line, width: usize, right: bool) -> Line {
    let line = line.clip(width);
    if right {
        line.pad_left(width)
    } else {
        line.pad(width)
    }
}

fn cell_lines(cell: Line, width: usize, wraps: bool) -> Vec<Line> {
    if !wraps {
        return vec![cell];
    }
    let mut lines = cell.wrap(width);
    if lines.len() > MAX_LINES {
        let rest = lines.split_off(MAX_LINES - 1);
        let last = rest.into_iter().reduce(Line::then);
        lines.extend(last);
    }
    lines
}
