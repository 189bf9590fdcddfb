//! The stages of a run.

use rescc_core::event::{Stage, StepOutcome, What};
use rescc_core::text;
use rescc_core::time::Moment;
use rescc_core::undo::UndoState;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

use super::step::StepPhase;
use super::{Injection, Machine};

impl Machine {
    pub(super) fn enter(&mut self, now: Moment, stage: Stage) {
        self.stage = stage;
        self.stage_since = now;
        self.emit(What::Stage { stage });
    }

    pub(super) fn pump_stage(&mut self, now: Moment) -> bool {
        match self.stage {
            Stage::Observing => self.pump_observing(now),
            Stage::Acting if self.steps.iter().all(|step| step.phase == StepPhase::Ended) => {
                self.enter(now, Stage::Recovering);
                true
            }
            Stage::Recovering => self.pump_recovering(now),
            Stage::Undoing => self.pump_undoing(now),
            Stage::Settling => self.pump_settling(now),
            Stage::Acting | Stage::Starting | Stage::Stopping | Stage::Done => false,
        }
    }

    fn pump_observing(&mut self, now: Moment) -> bool {
        let observed = now.since(self.stage_since);
        let Some(steady) = self.workflow.steady_state.clone() else {
            if observed < self.workflow.observe {
                return false;
            }
            return self.begin_acting(now);
        };
        if observed >= self.workflow.observe && self.observed.is_steady() {
            return self.begin_acting(now);
        }
        let window = steady.expr.longest_window().unwrap_or_default();
        let allowed = self
            .workflow
            .observe
            .max(window)
            .saturating_add(self.workflow.settle);
        if observed < allowed {
            return false;
        }
        let measured = self.explain(&steady.expr, now);
        let message = format!(
            "the steady state `{}` did not hold within {} before the first fault{measured}; nothing was touched",
            steady.text,
            text::duration(self.workflow.settle)
        );
        self.reasons.push(Reason::new(
            Verdict::Inconclusive,
            ReasonCode::SteadyStateNotReached,
            "steady_state",
            message,
        ));
        for index in 0..self.steps.len() {
            if let Some(step) = self.steps.get_mut(index) {
                step.phase = StepPhase::Ended;
                step.outcome = Some(StepOutcome::Skipped);
                step.detail = "the steady state did not hold before".into();
            }
        }
        self.judged_until = Some(now);
        self.enter(now, Stage::Done);
        true
    }

    fn begin_acting(&mut self, now: Moment) -> bool {
        self.acting_since = Some(now);
        self.enter(now, Stage::Acting);
        true
    }

    /// The steps are done. The system gets its time to come back by itself while what has no duration still
    /// stands; only then is that taken back.
    fn pump_recovering(&mut self, now: Moment) -> bool {
        // Steps that failed are being cleaned up: that comes first.
        let busy = self
            .injections
            .iter()
            .any(|injection| injection.is_open() && injection.undo_asked.is_some());
        let healing = self
            .locks
            .values()
            .any(|holder| matches!(holder, super::Holder::Heal(_)));
        if busy || healing {
            return false;
        }
        let Some(steady) = self.workflow.steady_state.clone() else {
            return self.begin_undoing(now);
        };
        if self.is_steady_since_we_acted(now) {
            return self.begin_undoing(now);
        }
        let window = steady.expr.longest_window().unwrap_or_default();
        if now.since(self.stage_since) < self.workflow.settle.saturating_add(window) {
            return false;
        }
        self.lost_before_undo = true;
        let measured = self.explain(&steady.expr, now);
        let message = format!(
            "the steady state `{}` did not come back within {}{measured}",
            steady.text,
            text::duration(self.workflow.settle)
        );
        self.reasons.push(Reason::new(
            Verdict::Fail,
            ReasonCode::SteadyStateLost,
            "steady_state",
            message,
        ));
        self.begin_undoing(now)
    }

    fn begin_undoing(&mut self, now: Moment) -> bool {
        self.judged_until.get_or_insert(now);
        self.enter(now, Stage::Undoing);
        self.request_all_undos(now);
        true
    }

    fn pump_undoing(&mut self, now: Moment) -> bool {
        let healing = self
            .locks
            .values()
            .any(|holder| matches!(holder, super::Holder::Heal(_)));
        if healing || self.injections.iter().any(Injection::is_open) {
            return false;
        }
        let failed = self
            .injections
            .iter()
            .any(|one| matches!(one.undo, UndoState::Failed { .. }));
        if self.aborted_by.is_some()
            || self.workflow.steady_state.is_none()
            || self.first_fault.is_none()
            || failed
        {
            self.enter(now, Stage::Done);
            return true;
        }
        self.enter(now, Stage::Settling);
        true
    }

    fn pump_settling(&mut self, now: Moment) -> bool {
        let Some(steady) = self.workflow.steady_state.clone() else {
            self.enter(now, Stage::Done);
            return true;
        };
        if self.is_steady_since_we_acted(now) {
            if self.lost_before_undo && self.undo_acted() {
                // It came back, but only when the fault was taken away.
                for reason in &mut self.reasons {
                    if reason.code == ReasonCode::SteadyStateLost {
                        reason.code = ReasonCode::RecoveredOnlyByUndo;
                        reason.message = format!(
                            "{}; it came back only when rescc took its faults back",
                            reason.message
                        );
                    }
                }
            }
            self.enter(now, Stage::Done);
            return true;
        }
        let window = steady.expr.longest_window().unwrap_or_default();
        if now.since(self.stage_since) < self.workflow.settle.saturating_add(window) {
            return false;
        }
        if !self.lost_before_undo {
            let measured = self.explain(&steady.expr, now);
            let message = format!(
                "the steady state `{}` did not hold again within {} after the last undo{measured}",
                steady.text,
                text::duration(self.workflow.settle)
            );
            self.reasons.push(Reason::new(
                Verdict::Fail,
                ReasonCode::SteadyStateLost,
                "steady_state",
                message,
            ));
        }
        self.enter(now, Stage::Done);
        true
    }

    /// Whether an undo at the end of the run had to do something.
    pub(super) fn undo_acted(&self) -> bool {
        let judged_until = self.judged_until;
        self.injections.iter().any(|one| {
            matches!(one.undo, UndoState::Verified { acted: true, .. }) && one.undo_asked >= judged_until
        })
    }
}
