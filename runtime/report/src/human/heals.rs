//! What the healing policies did.

use rescc_core::report::RunReport;

use crate::format::count;
use crate::page::Page;
use crate::style::Ink;
use crate::table::{Column, Table};

/// The most rows shown.
const MAX_ROWS: usize = 30;

pub(super) fn show(page: &mut Page, report: &RunReport) {
    // Policies that had nothing to do are no news.
    let busy: Vec<_> = report
        .heals
        .iter()
        .filter(|heal| heal.actions > 0 || heal.held)
        .collect();
    if busy.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading("Healed");
    let mut table = Table::new([
        Column::fixed(""),
        Column::text(""),
        Column::text(""),
        Column::text(""),
    ]);
    for heal in busy.iter().take(MAX_ROWS) {
        let (sign, ink) = if heal.held || heal.helped == 0 {
            (style.glyphs().bad, Ink::Bad)
        } else {
            (style.glyphs().good, Ink::Good)
        };
        let mut what = format!("acted {}, helped {}", times(heal.actions), times(heal.helped));
        if heal.held {
            what.push_str(", then had nothing left to try");
        }
        table.row(vec![
            style.line().with(ink, sign),
            style.line().with(Ink::Bold, &heal.policy),
            style.line().plain(&heal.instance),
            style
                .line()
                .with(if heal.held { Ink::Bad } else { Ink::Plain }, &what),
        ]);
    }
    page.lines(table.render(&style));
    let more = busy.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        page.line(style.line().spaces(4).with(
            Ink::Dim,
            &format!("and {} more, in the full report", count(more, "row")),
        ));
    }
}

fn times(number: u32) -> String {
    match number {
        0 => "never".into(),
        1 => "once".into(),
        2 => "twice".into(),
        many => format!("{many} times"),
    }
}
