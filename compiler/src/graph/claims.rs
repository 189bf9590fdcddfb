//! Faults that need the same thing of one target for themselves alone.

use std::collections::BTreeMap;

use rescc_core::catalogue::{ActionKind, Claim};
use rescc_lang::Diagnostic;

use super::ByName;
use super::order::Order;
use crate::codes::safety as codes;
use crate::context::Cx;
use crate::declare::step::Step;

impl<'a> Cx<'a> {
    pub(super) fn check_claims(&mut self, steps: &[Step<'a>], by_name: &ByName<'a>, order: &Order) {
        let mut undone: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            if let Some(of) = step.undoes.and_then(|name| by_name.get(name.text.as_str())) {
                undone.entry(*of).or_default().push(at);
            }
        }
        // Whether one fault has surely ended when another begins.
        let ended = |fault: usize, before: usize| {
            let by_itself = steps.get(fault).is_some_and(|step| {
                step.timed
                    || step
                        .action
                        .is_some_and(|action| action.kind == ActionKind::MomentaryFault)
            });
            (by_itself && order.is_after_end(before, fault))
                || undone
                    .get(&fault)
                    .into_iter()
                    .flatten()
                    .any(|undo| order.is_after_end(before, *undo))
        };
        let mut by_claim: BTreeMap<(&str, Claim), Vec<usize>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let Some(action) = step.action.filter(|action| action.is_fault()) else {
                continue;
            };
            let Some(resource) = step.resource.as_deref() else {
                continue;
            };
            for claim in &action.claims {
                by_claim.entry((resource, *claim)).or_default().push(at);
            }
        }
        let mut reported: Vec<(usize, usize)> = Vec::new();
        for ((resource, claim), faults) in by_claim {
            for (index, &second) in faults.iter().enumerate() {
                let conflict = faults.iter().take(index).copied().find(|&first| {
                    !ended(first, second) && !ended(second, first) && !order.exclude(first, second)
                });
                let Some(first) = conflict.filter(|first| !reported.contains(&(*first, second))) else {
                    continue;
                };
                reported.push((first, second));
                if let (Some(a), Some(b)) = (steps.get(first), steps.get(second)) {
                    self.conflict(a, b, resource, claim, order.is_after_start(second, first));
                }
            }
        }
    }

    fn conflict(&mut self, first: &Step<'a>, second: &Step<'a>, resource: &str, claim: Claim, later: bool) {
        let what = match claim {
            Claim::Process => "whether it runs at all",
            Claim::Network => "its traffic",
            Claim::Disk => "the room of its file system",
        };
        let mut report = Diagnostic::error(
            codes::CONFLICTING_CLAIMS,
            format!(
                "`{}` and `{}` may act on `{resource}` at once",
                first.name(),
                second.name()
            ),
            second.run_span,
            format!("claims {what}"),
        )
        .label(first.run_span, format!("claims {what} too"));
        let lasts = !first.timed
            && first
                .action
                .is_some_and(|action| action.kind == ActionKind::LastingFault);
        report = if lasts {
            let undo = format!("undo `{}` before `{}` begins", first.name(), second.name());
            let report = report.help(format!("give `{}` a `duration`, or {undo}", first.name()));
            if later {
                report
            } else {
                report.help(format!("and let `{}` wait for that", second.name()))
            }
        } else {
            report.help(format!(
                "let one wait for the other: `after = [{}]`",
                first.name()
            ))
        };
        self.report(report.note(format!(
            "two faults that claim the same thing of one target can't be told apart: {what} of `{resource}`"
        )));
    }
}
