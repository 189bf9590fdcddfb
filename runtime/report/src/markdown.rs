//! The report of a run as Markdown, as GitHub and GitLab show it: for a comment on a pull request or the summary
//! of a job.

use rescc_core::expr::Truth;
use rescc_core::report::RunReport;
use rescc_core::undo::UndoState;

use crate::advice::advice;
use crate::format::{exact_moment, share, span};
use crate::human::{timeline, verdict};
use crate::names::compress;
use crate::style::Style;

mod escape;
mod events;
mod tables;

use escape::{code, fence, text};

/// The look of the picture in it.
const PICTURE: Style = Style {
    color: false,
    unicode: true,
    width: 110,
};

/// The most reasons, and the most open injections, that are listed.
const MAX_ITEMS: usize = 50;

/// The report of a run as Markdown. Text from outside is escaped, long tables and the list of events end.
#[must_use]
pub fn markdown(report: &RunReport) -> String {
    let mut page = String::new();
    headline(&mut page, report);
    reasons(&mut page, report);
    not_undone(&mut page, report);
    tables::expectations(&mut page, report);
    picture(&mut page, report);
    tables::steps(&mut page, report);
    tables::injections(&mut page, report);
    tables::heals(&mut page, report);
    tables::probes(&mut page, report);
    events::show(&mut page, report);
    page.push_str(&format!(
        "\n<sub>run {} · seed {} · {} · rescc {}</sub>\n",
        code(&report.run.0),
        report.seed,
        code(&report.spec),
        text(&report.rescc_version)
    ));
    page
}

fn headline(page: &mut String, report: &RunReport) {
    let (_, word, _) = verdict::word(report.verdict, report.undone, PICTURE.glyphs());
    let sign = match (report.undone, report.exit_code) {
        (true, 0) => "✅",
        (true, 1 | 5) | (false, _) => "❌",
        _ => "⚠️",
    };
    page.push_str(&format!(
        "### {sign} {word}: {} on {} in {}\n\n{}\n",
        code(&report.workflow),
        code(&report.environment),
        span(report.duration),
        verdict::counts(report).join(" · ")
    ));
    if let Some(by) = &report.aborted_by {
        page.push_str(&format!("\nEnded early by {}.\n", text(by)));
    }
}

fn reasons(page: &mut String, report: &RunReport) {
    if report.reasons.is_empty() {
        return;
    }
    page.push_str("\n#### Why\n\n");
    let mut said = Vec::new();
    for reason in report.reasons.iter().take(MAX_ITEMS) {
        page.push_str(&format!("- **{}**: {}\n", reason.verdict, text(&reason.message)));
        if let Some(advice) = advice(reason, report).filter(|advice| !said.contains(advice)) {
            page.push_str(&format!("  <br>→ {}\n", text(&advice)));
            said.push(advice);
        }
    }
    more(page, report.reasons.len(), MAX_ITEMS);
}

fn not_undone(page: &mut String, report: &RunReport) {
    if report.undone {
        return;
    }
    page.push_str("\n#### Not undone\n\n");
    let open = report.injections.iter().filter(|one| !one.undo.is_settled());
    for one in open.clone().take(MAX_ITEMS) {
        let (why, command) = match &one.undo {
            UndoState::Failed { why, command } => (why.as_str(), command.as_str()),
            _ => ("it is still open", ""),
        };
        let recover = format!("rescc recover {}", report.run);
        let command = if command.trim().is_empty() {
            &recover
        } else {
            command
        };
        page.push_str(&format!(
            "- {}: {}; run {}\n",
            code(&one.injection.0),
            text(why),
            code(command)
        ));
    }
    let open = open.count();
    if open == 0 {
        let command = format!("rescc recover {}", report.run);
        page.push_str(&format!(
            "- it could not be verified; {} looks again\n",
            code(&command)
        ));
    }
    more(page, open, MAX_ITEMS);
}

fn picture(page: &mut String, report: &RunReport) {
    let lines = timeline::plot(report, &PICTURE);
    if lines.is_empty() {
        return;
    }
    let picture: String = lines
        .into_iter()
        .map(|line| line.render(&PICTURE) + "\n")
        .collect();
    page.push_str(&format!("\n#### Time line\n\n{}", fence(&picture)));
}

fn more(page: &mut String, all: usize, shown: usize) {
    if all > shown {
        page.push_str(&format!("\n… and {} more, in the full report\n", all - shown));
    }
}
