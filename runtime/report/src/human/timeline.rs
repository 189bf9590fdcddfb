//! The picture of a run: faults, heals, the steady state and what each probe saw, on one axis of time.

use std::time::Duration;

use rescc_core::event::What;
use rescc_core::report::{ProbeReport, RunReport};

use crate::bands::{Band, bands};
use crate::clean::width;
use crate::format::{count, share, span};
use crate::line::Line;
use crate::names::compress;
use crate::page::Page;
use crate::spark;
use crate::style::{Ink, Style};

mod axis;

use axis::Axis;

/// The most faults and the most probes that get a row.
const MAX_ROWS: usize = 12;

/// What the rows of one picture have in common.
struct Plot<'a> {
    style: &'a Style,
    axis: Axis,
    label: usize,
    remark: usize,
}

pub(super) fn show(page: &mut Page, report: &RunReport) {
    let lines = plot(report, page.style());
    if !lines.is_empty() {
        page.heading("Time line");
        page.lines(lines);
    }
}

/// The lines of the picture; none where there is nothing to be seen.
pub(crate) fn plot(report: &RunReport, style: &Style) -> Vec<Line> {
    let bands = bands(report);
    let asked: Vec<&ProbeReport> = report
        .probes
        .iter()
        .filter(|probe| !probe.slices.is_empty())
        .collect();
    if (bands.is_empty() && asked.is_empty()) || report.duration.is_zero() {
        return Vec::new();
    }
    let plot = Plot::new(report, style, &bands, &asked);
    let mut lines: Vec<Line> = bands.iter().take(MAX_ROWS).map(|band| plot.fault(band)).collect();
    plot.more(&mut lines, bands.len(), "fault");
    lines.extend(plot.heals(report));
    lines.extend(plot.steady(report));
    for probe in asked.iter().take(MAX_ROWS) {
        lines.extend([plot.success(probe), plot.latency(probe)]);
    }
    plot.more(&mut lines, asked.len(), "probe");
    lines.extend(plot.axis.lines(style, plot.label + 4));
    lines
}

impl<'a> Plot<'a> {
    fn new(report: &RunReport, style: &'a Style, bands: &[Band<'_>], probes: &[&ProbeReport]) -> Self {
        let layout = style.layout();
        let names = bands.iter().map(|band| &band.step.name).take(MAX_ROWS);
        let names = names.chain(probes.iter().map(|probe| &probe.name).take(MAX_ROWS));
        let longest = names
            .map(|name| style.line().plain(name).width())
            .max()
            .unwrap_or(0);
        // "steady state" takes 12.
        let label = longest.clamp(12, (layout / 5).clamp(12, 24));
        let remark = if layout >= 90 { 22 } else { 11 };
        let slices = probes
            .iter()
            .map(|probe| probe.slices.len())
            .max()
            .unwrap_or(60)
            .max(1);
        let room = layout.saturating_sub(label + remark + 6).clamp(10, 240);
        // Whole columns a slice look even; where there is less room slices are put together.
        let columns = if slices <= room {
            (room / slices) * slices
        } else {
            room
        };
        Self {
            style,
            axis: Axis::new(report.duration, columns),
            label,
            remark,
        }
    }

    /// A row: its label, its columns, a remark.
    fn row(&self, label: (Ink, &str), cells: Vec<(Ink, &str)>, remark: (Ink, &str)) -> Line {
        let name = self
            .style
            .line()
            .with(label.0, label.1)
            .clip(self.label)
            .pad(self.label);
        let mut columns = self.style.line();
        for (ink, cell) in cells {
            columns.push(ink, cell);
        }
        let remark = self.style.line().with(remark.0, remark.1).clip(self.remark);
        self.style
            .line()
            .spaces(2)
            .then(name)
            .spaces(2)
            .then(columns.pad(self.axis.columns))
            .spaces(2)
            .then(remark)
    }

    fn empty(&self) -> Vec<(Ink, &'static str)> {
        vec![(Ink::Plain, " "); self.axis.columns]
    }

    fn fault(&self, band: &Band<'_>) -> Line {
        let glyphs = self.style.glyphs();
        let (from, to) = (self.axis.column(band.from), self.axis.column(band.to));
        let mut cells = self.empty();
        for (at, cell) in cells.iter_mut().enumerate().take(to + 1).skip(from) {
            let sign = match at {
                _ if from == to => glyphs.band_point,
                _ if at == from => glyphs.band_from,
                _ if at == to && band.open => glyphs.band_open,
                _ if at == to => glyphs.band_to,
                _ => glyphs.band,
            };
            *cell = (Ink::Bad, sign);
        }
        self.row(
            (Ink::Bold, &band.step.name),
            cells,
            (Ink::Dim, &compress(&band.step.targets)),
        )
    }

    fn heals(&self, report: &RunReport) -> Option<Line> {
        let mut cells = self.empty();
        let (mut acted, mut last) = (0, Ink::Good);
        for event in &report.events {
            if matches!(event.what, What::HealStarted { .. }) {
                acted += 1;
                set(
                    &mut cells,
                    self.axis.column(event.at),
                    (Ink::Good, self.style.glyphs().heal),
                );
            }
            if matches!(event.what, What::HealHeld { .. }) {
                last = Ink::Warn;
                set(
                    &mut cells,
                    self.axis.column(event.at),
                    (Ink::Bad, self.style.glyphs().bad),
                );
            }
        }
        (acted > 0).then(|| self.row((last, "healing"), cells, (Ink::Dim, &count(acted, "action"))))
    }

    fn steady(&self, report: &RunReport) -> Option<Line> {
        let glyphs = self.style.glyphs();
        let mut changes = report.events.iter().filter_map(|event| match event.what {
            What::SteadyState { holds } => Some((self.axis.column(event.at), holds)),
            _ => None,
        });
        let mut next = changes.next();
        next?;
        let (mut state, mut was_lost, mut cells) = (None, false, Vec::new());
        for at in 0..self.axis.columns {
            // A loss within one column still shows.
            let mut lost_here = state == Some(false);
            while let Some((_, holds)) = next.filter(|(column, _)| *column <= at) {
                lost_here |= !holds && state == Some(true);
                was_lost |= !holds && state == Some(true);
                state = Some(holds);
                next = changes.next();
            }
            cells.push(match state {
                None => (Ink::Dim, glyphs.none),
                Some(true) if !lost_here => (Ink::Good, glyphs.holds),
                Some(_) => (Ink::Bad, glyphs.lost),
            });
        }
        let remark = match (state, was_lost) {
            (Some(true), true) => (Ink::Dim, self.longest("lost and regained", "regained")),
            (Some(true), false) => (Ink::Dim, "held"),
            _ => (Ink::Bad, "not held"),
        };
        Some(self.row((Ink::Plain, "steady state"), cells, remark))
    }

    fn success(&self, probe: &ProbeReport) -> Line {
        let mut sums = vec![(0_u64, 0_u64); self.axis.columns];
        for (at, slice) in self.axis.spread(&probe.slices) {
            if let Some((good, bad)) = sums.get_mut(at) {
                *good = good.saturating_add(slice.good);
                *bad = bad.saturating_add(slice.bad);
            }
        }
        let cells = sums
            .into_iter()
            .map(|(good, bad)| spark::success(self.style, good, bad))
            .collect();
        let short = share(probe.good, probe.samples).unwrap_or_else(|| "no samples".into());
        let long = format!(
            "{short} of {}",
            count(usize::try_from(probe.samples).unwrap_or(usize::MAX), "sample")
        );
        let ink = if probe.good == probe.samples {
            Ink::Plain
        } else {
            Ink::Warn
        };
        self.row(
            (Ink::Bold, &probe.name),
            cells,
            (
                ink,
                self.longest(if probe.samples > 0 { &long } else { "" }, &short),
            ),
        )
    }

    fn latency(&self, probe: &ProbeReport) -> Line {
        let mut greatest: Vec<Option<Duration>> = vec![None; self.axis.columns];
        for (at, slice) in self.axis.spread(&probe.slices) {
            if let Some(cell) = greatest.get_mut(at) {
                *cell = (*cell).max(slice.latency_max);
            }
        }
        let top = greatest.iter().flatten().max().copied();
        let cells = greatest
            .iter()
            .map(|cell| spark::latency(self.style, *cell, top.unwrap_or_default()))
            .collect();
        let p95 = probe
            .latency_p95
            .map(|time| format!("p95 {}", span(time)))
            .unwrap_or_default();
        let long = match top {
            Some(top) if !p95.is_empty() => format!("{p95}, max {}", span(top)),
            _ => String::new(),
        };
        self.row(
            (Ink::Dim, "  latency"),
            cells,
            (Ink::Dim, self.longest(&long, &p95)),
        )
    }

    /// The longer text where there is room for it.
    fn longest<'t>(&self, long: &'t str, short: &'t str) -> &'t str {
        if !long.is_empty() && width(long) <= self.remark {
            long
        } else {
            short
        }
    }

    fn more(&self, lines: &mut Vec<Line>, all: usize, what: &str) {
        if let Some(more) = all.checked_sub(MAX_ROWS).filter(|more| *more > 0) {
            let text = format!("and {}, in the full report", count(more, &format!("more {what}")));
            lines.push(self.style.line().spaces(2).with(Ink::Dim, &text));
        }
    }
}

fn set<T>(cells: &mut [T], at: usize, value: T) {
    if let Some(cell) = cells.get_mut(at) {
        *cell = value;
    }
}
