//! The axis of time that all rows of a picture share.

use std::time::Duration;

use rescc_core::report::Slice;
use rescc_core::time::nanos;

use crate::clean::width;
use crate::format::span;
use crate::line::Line;
use crate::style::{Ink, Style};

/// Distances of ticks that people count in, in nanoseconds.
const STEPS: [u64; 27] = [
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
    2_000_000_000,
    5_000_000_000,
    10_000_000_000,
    15_000_000_000,
    30_000_000_000,
    60_000_000_000,
    120_000_000_000,
    300_000_000_000,
    600_000_000_000,
    900_000_000_000,
    1_800_000_000_000,
    3_600_000_000_000,
    7_200_000_000_000,
    21_600_000_000_000,
    86_400_000_000_000,
    604_800_000_000_000,
    6_048_000_000_000_000,
];

/// The least columns from tick to tick, so that their labels don't touch.
const APART: u64 = 9;

/// The axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    end: u64,
    pub(super) columns: usize,
}

// === impl Axis ===

impl Axis {
    pub(super) fn new(end: Duration, columns: usize) -> Self {
        Self {
            end: nanos(end).max(1),
            columns: columns.max(1),
        }
    }

    /// The column of a moment.
    pub(super) fn column(&self, at: Duration) -> usize {
        let column = u128::from(nanos(at)) * self.columns as u128 / u128::from(self.end);
        usize::try_from(column)
            .unwrap_or(usize::MAX)
            .min(self.columns - 1)
    }

    /// Which slices lie in which column: each column gets at least the slice it lies in, so that none is empty
    /// for want of width, and each slice at least one column.
    pub(super) fn spread<'a>(&self, slices: &'a [Slice]) -> impl Iterator<Item = (usize, &'a Slice)> {
        let axis = *self;
        slices.iter().enumerate().flat_map(move |(number, slice)| {
            let from = axis.column_of_slice(slice, number);
            // The next one that lies in a later column ends it.
            let to = slices
                .get(number + 1)
                .map_or(axis.columns, |next| axis.column_of_slice(next, number + 1));
            (from..to.max(from + 1)).map(move |at| (at, slice))
        })
    }

    fn column_of_slice(&self, slice: &Slice, number: usize) -> usize {
        // Slices are cut in whole nanoseconds: without the addend a slice would begin a column too early.
        let slack = Duration::from_nanos(number as u64 + 1);
        self.column(slice.from.saturating_add(slack))
    }

    /// The line with the ticks and the line with their times.
    pub(super) fn lines(&self, style: &Style, indent: usize) -> [Line; 2] {
        let glyphs = style.glyphs();
        let columns = self.columns as u64;
        let least = u128::from(self.end) * u128::from(APART) / u128::from(columns);
        let step = STEPS
            .into_iter()
            .find(|step| u128::from(*step) >= least)
            .unwrap_or(u64::MAX);
        let mut ruler = vec![glyphs.axis; self.columns];
        let mut labels = String::from("0s");
        let mut tick = step;
        while tick < self.end {
            let at = self.column(Duration::from_nanos(tick));
            let label = span(Duration::from_nanos(tick));
            // The label stands centred below its tick.
            let start = at.saturating_sub(width(&label) / 2);
            let fits = start + width(&label) <= self.columns && start > width(&labels);
            if let Some(cell) = ruler.get_mut(at).filter(|_| fits) {
                *cell = glyphs.axis_tick;
                labels.push_str(&" ".repeat(start - width(&labels)));
                labels.push_str(&label);
            }
            tick = tick.saturating_add(step);
        }
        if let Some(first) = ruler.first_mut() {
            *first = glyphs.axis_from;
        }
        if let Some(last) = ruler.last_mut() {
            *last = glyphs.axis_to;
        }
        let end = span(Duration::from_nanos(self.end));
        // The end stands behind the ruler, where it never meets a tick's label.
        let ruler = style
            .line()
            .spaces(indent)
            .with(Ink::Dim, &ruler.concat())
            .with(Ink::Dim, &format!("  {end}"));
        [ruler, style.line().spaces(indent).with(Ink::Dim, &labels)]
    }
}
