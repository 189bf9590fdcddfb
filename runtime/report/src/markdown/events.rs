//! What happened, folded away.

use super::{RunReport, exact_moment, fence};
use crate::live::Live;
use crate::style::Style;

/// The most events listed: a comment on GitHub has at most 65,536 characters.
const MAX_EVENTS: usize = 250;

/// How wide the list is.
const WIDTH: u16 = 140;

pub(super) fn show(page: &mut String, report: &RunReport) {
    let mut live = Live::new(Style::plain(WIDTH));
    let lines: Vec<String> = report
        .events
        .iter()
        .filter_map(|event| live.line(event))
        .collect();
    let Some(last) = report.events.last().filter(|_| !lines.is_empty()) else {
        return;
    };
    let mut list: String = lines
        .iter()
        .take(MAX_EVENTS)
        .map(|line| format!("{line}\n"))
        .collect();
    if lines.len() > MAX_EVENTS {
        list.push_str(&format!(
            "… and {} more, in the full report\n",
            lines.len() - MAX_EVENTS
        ));
    }
    // The empty lines make the fence Markdown again inside HTML.
    page.push_str(&format!(
        "\n<details><summary>{} events until {}</summary>\n\n{}\n</details>\n",
        report.events.len(),
        exact_moment(last.at),
        fence(&list)
    ));
}
