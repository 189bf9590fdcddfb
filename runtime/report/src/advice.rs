//! What to do about a reason.

use rescc_core::report::RunReport;
use rescc_core::verdict::{Reason, ReasonCode};

use crate::format::moment;

/// What to do about a reason, where that can be said.
pub(crate) fn advice(reason: &Reason, report: &RunReport) -> Option<String> {
    let about = &reason.about;
    Some(match reason.code {
        ReasonCode::ExpectationNotMet => {
            let missed = report.expectations.iter().find(|one| one.text == *about)?;
            let at = moment(missed.broken_at?);
            format!("look at {at} in the time line; the events around it are in the full report")
        }
        ReasonCode::SteadyStateLost => {
            "give it more time with `settle`, or find what keeps it from recovering: the time line shows which probe \
             stayed bad"
                .into()
        }
        ReasonCode::RecoveredOnlyByUndo => {
            "nothing but our undo brought it back: it needs a healing policy, a restart policy or a stand-in".into()
        }
        ReasonCode::AbortCondition => {
            "the fault did more harm than was allowed: mend what broke, or lower its dose, before the next run".into()
        }
        ReasonCode::WaitTimedOut => {
            "where the system is only slow, raise `within`; else handle it with a step after `.failed`".into()
        }
        ReasonCode::HealFailed => "see what the heal said, and what the process wrote: its output is kept beside the report".into(),
        ReasonCode::SteadyStateNotReached => {
            "nothing was touched: make the system well first, or give it more time with `settle`".into()
        }
        // It ended before it could tell: another reason says why.
        ReasonCode::NoData if report.aborted_by.is_some() || report.reasons.len() > 1 => return None,
        ReasonCode::NoData => {
            "let it run longer, or let the probe ask more often (`every`), so that there are enough samples".into()
        }
        ReasonCode::ProbeError => "see that what the probe needs is there; a probe that can't ask proves nothing".into(),
        ReasonCode::NotInjected => {
            "mend what the message names: a fault that was not injected proves nothing".into()
        }
        ReasonCode::NoEffect => {
            "see that the target does the work that the fault disturbs: a fault that nobody felt proves nothing".into()
        }
        ReasonCode::EffectLapsed => {
            "something took the fault away: find who (a supervisor, a restart), or shorten `duration`".into()
        }
        ReasonCode::StepSkipped => "see what became of the steps in its `after`".into(),
        ReasonCode::NothingDone => "see why each step was skipped; a run without a fault proves nothing".into(),
        ReasonCode::Interrupted | ReasonCode::Stopped => again(report),
        ReasonCode::DeadlinePassed => {
            "raise `deadline` or shorten the steps; `rescc plan` shows the longest path".into()
        }
        ReasonCode::EnvironmentFailed => "the output of each process is kept beside the report".into(),
        ReasonCode::NotUndone => format!("`rescc recover {}` tries again", report.run),
        ReasonCode::JournalFailed => "make room and see that the state folder can be written".into(),
        ReasonCode::KeeperLost | ReasonCode::RunnerLost if report.undone => again(report),
        ReasonCode::KeeperLost | ReasonCode::RunnerLost => {
            format!("`rescc recover {}` takes back what may be left", report.run)
        }
        ReasonCode::Limit => "pick fewer targets, or raise the limit where it is declared".into(),
        ReasonCode::Drift => "make a new plan: `rescc plan` shows the targets as they are now".into(),
        ReasonCode::Conflict => "wait for what holds it, or end that".into(),
    })
}

fn again(report: &RunReport) -> String {
    format!(
        "for the same draw again: `rescc run {} {} --seed {}`",
        report.spec, report.workflow, report.seed
    )
}
