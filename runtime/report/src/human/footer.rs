//! What one needs to find this run again.

use rescc_core::report::RunReport;

use crate::page::Page;
use crate::style::Ink;

pub(super) fn show(page: &mut Page, report: &RunReport, full_report: Option<&str>) {
    let style = *page.style();
    page.blank();
    let dot = style.glyphs().dot;
    let run = style
        .line()
        .with(Ink::Dim, "run ")
        .with(Ink::Note, &report.run.0)
        .with(Ink::Dim, &format!("{dot}seed "))
        .with(Ink::Note, &report.seed.to_string())
        .with(
            Ink::Dim,
            &format!("{dot}{}{dot}rescc {}", report.spec, report.rescc_version),
        );
    page.hang(style.line(), &run);
    if let Some(path) = full_report {
        page.hang(
            style.line().with(Ink::Dim, "full report "),
            &style.line().with(Ink::Note, path),
        );
    }
}
