//! The report of a run for people: the verdict first, then why, then everything else, most wanted first.

use rescc_core::report::RunReport;

use crate::page::Page;
use crate::style::Style;

pub(crate) mod expectations;
mod footer;
mod heals;
mod reasons;
pub(crate) mod steps;
pub(crate) mod timeline;
mod undo;
pub(crate) mod verdict;

/// The report of a run as a person wants it afterwards, each line ended. `full_report` is where the whole report
/// lies, where it was written.
#[must_use]
pub fn human(report: &RunReport, full_report: Option<&str>, style: &Style) -> String {
    let mut page = Page::new(style);
    verdict::show(&mut page, report);
    reasons::show(&mut page, report);
    if !report.undone {
        undo::show(&mut page, report);
    }
    expectations::show(&mut page, report);
    steps::show(&mut page, report);
    timeline::show(&mut page, report);
    heals::show(&mut page, report);
    if report.undone {
        undo::show(&mut page, report);
    }
    footer::show(&mut page, report, full_report);
    page.render()
}
