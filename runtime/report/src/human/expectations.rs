//! What was expected, what was measured, what was wanted.

use rescc_core::expr::Truth;
use rescc_core::report::{Expectation, RunReport};
use rescc_core::text;
use rescc_core::value::Value;

use crate::format::{moment, rough_ratio, span};
use crate::page::Page;
use crate::style::{Ink, Style};
use crate::table::{Column, Table};

/// The most expectations shown.
const MAX_ROWS: usize = 50;

/// From this width on an expectation takes one line.
const WIDE: usize = 90;

/// A measured value, rounded for reading; the full report has it exactly.
pub(crate) fn measured(one: &Expectation) -> String {
    match &one.measured {
        Some(Value::Duration(time)) => span(*time),
        Some(Value::Ratio(share)) => rough_ratio(*share),
        Some(value) => text::value(value),
        None if one.met == Truth::NoData => "no data".into(),
        None => String::new(),
    }
}

/// From when on and during what it was broken.
pub(crate) fn broken(one: &Expectation) -> String {
    match one.broken_at {
        Some(at) if one.during.is_empty() => moment(at),
        Some(at) => format!("{} {}", moment(at), one.during),
        None => String::new(),
    }
}

pub(crate) fn sign(met: Truth, style: &Style) -> (&'static str, Ink) {
    match met {
        Truth::Yes => (style.glyphs().good, Ink::Good),
        Truth::No => (style.glyphs().bad, Ink::Bad),
        Truth::NoData => (style.glyphs().unknown, Ink::Warn),
    }
}

pub(super) fn show(page: &mut Page, report: &RunReport) {
    if report.expectations.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading("Expectations");
    let wide = style.layout() >= WIDE;
    let mut columns = vec![
        Column::fixed(""),
        Column::text(""),
        Column::number("measured"),
        Column::number("wanted"),
        Column::number("samples"),
    ];
    if wide {
        columns.push(Column::text("broken since"));
    }
    let mut table = Table::new(columns);
    for one in report.expectations.iter().take(MAX_ROWS) {
        let (sign, ink) = sign(one.met, &style);
        let mut what = style.line().with(Ink::Bold, &one.text);
        let objective = if one.objective == one.text {
            ""
        } else {
            &one.objective
        };
        if wide && !objective.is_empty() {
            what = what.plain(" ").with(Ink::Dim, objective);
        }
        let value = if one.met == Truth::Yes { Ink::Plain } else { ink };
        let samples = if one.samples == 0 {
            String::new()
        } else {
            one.samples.to_string()
        };
        table.row(vec![
            style.line().with(ink, sign),
            what,
            style.line().with(value, &measured(one)),
            style.line().plain(&one.wanted),
            style.line().with(Ink::Dim, &samples),
            style.line().with(value, &broken(one)),
        ]);
        if !wide {
            table.note(style.line().with(Ink::Dim, objective));
            if one.broken_at.is_some() {
                table.note(style.line().with(value, &format!("broken since {}", broken(one))));
            }
        }
    }
    let more = report.expectations.len().saturating_sub(MAX_ROWS);
    page.lines(table.render(&style));
    if more > 0 {
        page.line(
            style
                .line()
                .spaces(4)
                .with(Ink::Dim, &format!("and {more} more, in the full report")),
        );
    }
}
