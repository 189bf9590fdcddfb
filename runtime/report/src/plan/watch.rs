//! What watches and what judges: policies, probes, expectations.

use rescc_core::plan::Plan;
use rescc_core::program::{Condition, Workflow};
use rescc_core::text;

use super::PlanDetails;
use crate::format::{count, span};
use crate::names::compress;
use crate::page::Page;
use crate::style::{Ink, Style};
use crate::table::{Column, Table};

pub(super) fn show(page: &mut Page, plan: &Plan, workflow: &Workflow, details: &PlanDetails) {
    steady(page, workflow);
    expectations(page, plan, workflow, details);
    probes(page, plan, details);
    policies(page, plan, workflow);
}

fn steady(page: &mut Page, workflow: &Workflow) {
    let style = *page.style();
    if workflow.steady_state.is_none() && workflow.abort_when.is_empty() {
        return;
    }
    page.heading("Guards");
    if let Some(steady) = &workflow.steady_state {
        let lead = style.line().spaces(2).with(Ink::Dim, "steady state  ");
        let rest = format!(
            "  must hold before the faults and within {1} after them; observed for {0} first",
            text::duration(workflow.observe),
            text::duration(workflow.settle)
        );
        page.hang(lead, &style.line().plain(&steady.text).with(Ink::Dim, &rest));
    }
    for (number, condition) in workflow.abort_when.iter().enumerate() {
        let lead = if number == 0 {
            "aborted when  "
        } else {
            "          or  "
        };
        page.hang(
            style.line().spaces(2).with(Ink::Dim, lead),
            &style.line().plain(&condition.text),
        );
    }
}

fn expectations(page: &mut Page, plan: &Plan, workflow: &Workflow, details: &PlanDetails) {
    if workflow.expect.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading("Expectations");
    let mut table = Table::new([Column::text(""), Column::text("")]);
    for condition in &workflow.expect {
        let (what, meaning) = meaning(plan, condition, details);
        table.row(vec![
            style.line().with(Ink::Bold, &condition.text),
            style.line().plain(&what),
        ]);
        // Where nothing stands in the second column the meaning is what there is to say.
        table.note(style.line().with(Ink::Warn, &meaning));
    }
    page.lines(table.render(&style));
}

fn meaning(plan: &Plan, condition: &Condition, details: &PlanDetails) -> (String, String) {
    let slo = plan.program.slos.get(condition.text.trim());
    let mut meaning = details
        .meaning
        .get(condition.text.trim())
        .cloned()
        .unwrap_or_default();
    if let Some(slo) = slo.filter(|slo| slo.min_samples > 0 && meaning.is_empty()) {
        meaning = format!(
            "not judged with fewer than {}",
            count(slo.min_samples as usize, "sample")
        );
    }
    (slo.map(|slo| slo.text.clone()).unwrap_or_default(), meaning)
}

fn probes(page: &mut Page, plan: &Plan, details: &PlanDetails) {
    if plan.program.probes.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading("Probes");
    let mut table = Table::new([
        Column::text(""),
        Column::text(""),
        Column::text(""),
        Column::text(""),
    ]);
    for (name, probe) in &plan.program.probes {
        let samples = details.samples.get(name).map(|samples| {
            let samples = count(usize::try_from(*samples).unwrap_or(usize::MAX), "sample");
            format!("{samples} in at most {}", span(plan.worst_case))
        });
        table.row(vec![
            style.line().with(Ink::Bold, name),
            style.line().plain(&probe.kind),
            style
                .line()
                .plain(&format!("every {}", text::duration(probe.every))),
            style.line().with(Ink::Dim, &samples.unwrap_or_default()),
        ]);
    }
    page.lines(table.render(&style));
}

fn policies(page: &mut Page, plan: &Plan, workflow: &Workflow) {
    let policies: Vec<_> = workflow
        .heal
        .iter()
        .filter_map(|name| Some((name, plan.program.heals.get(name)?)))
        .collect();
    if policies.is_empty() {
        return;
    }
    let style: Style = *page.style();
    page.heading("Policies");
    for (name, policy) in policies {
        let lead = style.line().spaces(2).with(Ink::Bold, name).spaces(2);
        let on = compress(plan.instances_of(&policy.watch));
        let ladder: Vec<_> = policy.ladder.iter().map(|call| call.text.as_str()).collect();
        let text = format!(
            "when {} for {} on {on}: {}, {} each",
            policy.text,
            text::duration(policy.hold),
            ladder.join(&format!(" {} ", style.glyphs().arrow)),
            count(policy.retry.attempts as usize, "attempt"),
        );
        page.hang(lead, &style.line().plain(&text));
    }
}
