//! When each fault stood.

use std::time::Duration;

use rescc_core::event::What;
use rescc_core::report::{RunReport, StepReport};
use rescc_core::undo::UndoState;

/// The time in which a step's fault stood.
#[derive(Clone, Debug)]
pub(crate) struct Band<'a> {
    pub(crate) step: &'a StepReport,
    pub(crate) from: Duration,
    pub(crate) to: Duration,
    /// Whether it stood still when the run ended.
    pub(crate) open: bool,
}

/// The step of an injection: `strike` of `strike/cache-1`.
pub(crate) fn step_of(injection: &str) -> &str {
    injection.split_once('/').map_or(injection, |(step, _)| step)
}

/// The bands of all faults that bit, in the order of the steps.
pub(crate) fn bands(report: &RunReport) -> Vec<Band<'_>> {
    report
        .steps
        .iter()
        .filter_map(|step| band(report, step))
        .collect()
}

fn band<'a>(report: &'a RunReport, step: &'a StepReport) -> Option<Band<'a>> {
    let injections: Vec<_> = report
        .injections
        .iter()
        .filter(|one| step_of(&one.injection.0) == step.name)
        .collect();
    if injections.is_empty() {
        return None;
    }
    let from = step.active?;
    let open = injections.iter().any(|one| !one.undo.is_settled());
    let undone = report
        .events
        .iter()
        .filter(|event| {
            matches!(&event.what, What::UndoEnded { injection, verified: true, .. } if step_of(&injection.0) == step.name)
        })
        .map(|event| event.at)
        .max();
    // A fault whose undo found nothing to do was over before: when its instances were well again.
    let was_over = injections
        .iter()
        .all(|one| matches!(&one.undo, UndoState::Verified { acted: false, .. }));
    let well = if was_over {
        well_again(report, step, from)
    } else {
        None
    };
    let to = match (open, well, undone) {
        (true, ..) => report.duration,
        (false, Some(well), _) => well,
        (false, None, Some(undone)) => undone,
        (false, None, None) => step.ended.unwrap_or(from),
    };
    Some(Band {
        step,
        from,
        to: to.max(from),
        open,
    })
}

/// When the last of a step's instances was healthy again after the fault bit.
fn well_again(report: &RunReport, step: &StepReport, from: Duration) -> Option<Duration> {
    // The loss may be seen before the proof that the fault bit.
    let since = step.started.unwrap_or(from).min(from);
    step.targets
        .iter()
        .map(|target| {
            let changes = report
                .events
                .iter()
                .filter(|event| event.at >= since)
                .filter_map(|event| match &event.what {
                    What::Instance { change } if change.instance.name == *target => {
                        Some((event.at, change.instance.healthy == Some(true)))
                    }
                    _ => None,
                });
            changes
                .skip_while(|(_, healthy)| *healthy)
                .find(|(_, healthy)| *healthy)
                .map(|(at, _)| at)
        })
        .try_fold(from, |latest, at| Some(latest.max(at?)))
}
