//! One line an event.

use rescc_core::event::{Event, Stage, StepOutcome, What};
use rescc_core::resource::{Cause, Change, Phase};

use super::Live;
use crate::format::exact_moment;
use crate::human::verdict::word;
use crate::names::compress;
use crate::style::Ink;

/// What a line consists of.
struct Said<'a> {
    kind: &'static str,
    subject: &'a str,
    word: (Ink, String),
    detail: String,
}

/// An event in one line; `None` for what nobody wants to read.
pub(super) fn line(live: &Live, event: &Event) -> Option<String> {
    let said = said(live, &event.what)?;
    let line = live
        .style
        .line()
        .with(Ink::Dim, &exact_moment(event.at))
        .pad_left(10)
        .spaces(2)
        .with(Ink::Dim, said.kind)
        .pad(18)
        .with(Ink::Bold, said.subject)
        .pad(18 + live.subject)
        .spaces(2)
        .with(said.word.0, &said.word.1)
        .pad(20 + live.subject + 9)
        .spaces(2)
        .with(
            Ink::Plain,
            said.detail
                .lines()
                .map(str::trim)
                .collect::<Vec<_>>()
                .join("; ")
                .as_str(),
        );
    Some(line.render(&live.style))
}

fn said<'a>(live: &'a Live, what: &'a What) -> Option<Said<'a>> {
    let say = |kind, subject, ink, word: &str, detail: &str| {
        Some(Said {
            kind,
            subject,
            word: (ink, word.to_owned()),
            detail: detail.to_owned(),
        })
    };
    match what {
        What::RunStarted {
            workflow,
            environment,
            seed,
        } => say(
            "run",
            workflow,
            Ink::Plain,
            "started",
            &format!("on {environment}, seed {seed}"),
        ),
        What::Stage { stage: Stage::Done } => None,
        What::Stage { stage } => say("stage", stage.as_str(), Ink::Plain, "", ""),
        What::Instance { change } => instance(live, change),
        What::StepStarted {
            step,
            action,
            targets,
        } => {
            // Most actions name their targets well enough; the instances are what the line adds.
            let on = if targets.is_empty() {
                String::new()
            } else {
                format!(" on {}", compress(targets))
            };
            say("step", step, Ink::Plain, "started", &format!("{action}{on}"))
        }
        What::StepActive { step, evidence } => say("step", step, Ink::Warn, "active", evidence),
        What::StepEnded {
            step,
            outcome,
            detail,
        } => {
            let ink = match outcome {
                StepOutcome::Passed => Ink::Good,
                StepOutcome::Failed => Ink::Bad,
                StepOutcome::Skipped | StepOutcome::Aborted => Ink::Warn,
            };
            say("step", step, ink, outcome.as_str(), detail)
        }
        // Its end says it all; how long it takes is shown by the frame.
        What::UndoStarted { .. } => None,
        What::UndoEnded {
            injection,
            verified: true,
            detail,
        } => say("undo", &injection.0, Ink::Good, "verified", detail),
        What::UndoEnded {
            injection, detail, ..
        } => say("undo", &injection.0, Ink::Bad, "failed", detail),
        What::HealStarted {
            policy,
            instance,
            action,
        } => say(
            "heal",
            policy,
            Ink::Plain,
            "acts",
            &format!("{action} on {instance}"),
        ),
        What::HealEnded {
            policy,
            instance,
            succeeded,
            detail,
        } => {
            let (ink, word) = if *succeeded {
                (Ink::Good, "done")
            } else {
                (Ink::Bad, "failed")
            };
            let detail = if detail.is_empty() {
                instance.clone()
            } else {
                format!("{instance}: {detail}")
            };
            say("heal", policy, ink, word, &detail)
        }
        What::HealHeld { policy, instance } => say(
            "heal",
            policy,
            Ink::Bad,
            "held",
            &format!("nothing is left to try on {instance}"),
        ),
        What::SteadyState { holds: true } => say("state", "steady state", Ink::Good, "holds", ""),
        What::SteadyState { holds: false } => say("state", "steady state", Ink::Bad, "lost", ""),
        What::ProbeError { probe, why } => {
            let count = live.probe_errors.get(probe).copied().unwrap_or(1);
            let times = if count > 1 {
                format!("{count} times by now: ")
            } else {
                String::new()
            };
            say("probe", probe, Ink::Bad, "error", &format!("{times}{why}"))
        }
        What::Aborting { why } => say("run", &live.workflow, Ink::Warn, "aborting", why),
        What::RunEnded { verdict, undone } => {
            let (_, word, ink) = word(*verdict, *undone, live.style.glyphs());
            let detail = if *undone {
                ""
            } else {
                "something is left; the report says what"
            };
            Some(Said {
                kind: "run",
                subject: &live.workflow,
                word: (ink, word.to_owned()),
                detail: detail.to_owned(),
            })
        }
    }
}

/// What this run brought about itself is expected and told shortly; at the beginning and at the end only what
/// the system did by itself is told.
fn instance<'a>(live: &Live, change: &'a Change) -> Option<Said<'a>> {
    let one = &change.instance;
    let expected = change.cause == Cause::Run;
    let aside = matches!(live.stage, None | Some((Stage::Starting | Stage::Stopping, _)));
    let working = one.phase == Phase::Running && one.healthy == Some(true);
    if expected && aside && !working || expected && matches!(live.stage, Some((Stage::Stopping, _))) {
        return None;
    }
    let word = match (one.phase, one.healthy) {
        (Phase::Running, Some(true)) => "healthy",
        (Phase::Running, Some(false)) => "unhealthy",
        (phase, _) => phase.as_str(),
    };
    let ink = match (working, expected) {
        (true, _) => Ink::Good,
        (false, true) => Ink::Dim,
        (false, false) => Ink::Warn,
    };
    let detail = match (expected, one.remark.is_empty()) {
        (true, _) => String::new(),
        (false, false) => format!("by itself: {}", one.remark),
        (false, true) => "by itself".into(),
    };
    Some(Said {
        kind: "seen",
        subject: &one.name,
        word: (ink, word.to_owned()),
        detail,
    })
}
