//! `rescc plan`: what a run would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use rescc_core::names::RunId;
use rescc_core::plan::Plan;
use rescc_core::program::Run;
use rescc_core::time::Clock;
use rescc_engine::clock::BootClock;
use rescc_report::PlanDetails;

use super::compile::{compile, dice, make_plan, only_workflow, open, seed};
use crate::cli::PlanArgs;
use crate::exit::{self, Trouble};
use crate::kit::Kit;
use crate::load;
use crate::output::{self, Stream};

pub(crate) fn run(arguments: &PlanArgs) -> Result<u8, Trouble> {
    let kit = Kit::new();
    let Some(compiled) = compile(&arguments.what, &kit)? else {
        return Ok(exit::USAGE);
    };
    let workflow = match &arguments.workflow {
        Some(name) if compiled.workflows.contains(name) => name.clone(),
        Some(name) => return Err(super::run::unknown_workflow(name, &compiled.workflows)),
        None => only_workflow(&compiled.workflows)?.clone(),
    };
    let seed = seed(arguments.what.seed);
    let clock: Arc<dyn Clock> = Arc::new(BootClock);
    let run = RunId::new(clock.wall(), dice());
    let plan = super::run::runtime()?.block_on(async {
        let place = (std::env::temp_dir(), None);
        let environment = open(
            &kit,
            &compiled.program,
            &run,
            seed,
            clock,
            &compiled.folder,
            place,
        )
        .await?;
        make_plan(&kit, &compiled, &workflow, seed, &environment).await
    })?;
    if let Some(path) = &arguments.out {
        let json = serde_json::to_string_pretty(&plan).map_err(|error| Trouble::error(error.to_string()))?;
        std::fs::write(path, json + "\n").map_err(|error| {
            Trouble::usage(format!(
                "can't write `{}`: {}",
                path.display(),
                load::plain(&error)
            ))
        })?;
    }
    let style = output::style(Stream::Out);
    output::write(
        Stream::Out,
        &rescc_report::plan_human(
            &plan,
            &details(&plan, &kit, arguments.what.file.display().to_string()),
            &style,
        ),
    );
    if let Some(path) = &arguments.out {
        output::write(
            Stream::Out,
            &format!("\nrun it with: rescc run {}\n", path.display()),
        );
    }
    Ok(exit::OK)
}

fn details(plan: &Plan, kit: &Kit, spec: String) -> PlanDetails {
    let mut details = PlanDetails {
        spec,
        ..PlanDetails::default()
    };
    let Some(workflow) = plan.workflow() else {
        return details;
    };
    for step in &workflow.steps {
        let Some(call) = step.run.call() else { continue };
        let Some(spec) = kit.catalogue.action(&call.action) else {
            continue;
        };
        if let Run::Fault(_) = step.run {
            details
                .undo
                .insert(step.name.clone(), describe_undo(&call.action, spec.undo));
        }
        let needs: Vec<_> = spec.needs.iter().map(|power| power.describe()).collect();
        details.needs.insert(step.name.clone(), needs.join(", "));
    }
    for leg in rescc_compiler::critical_path(&plan.program, &plan.workflow, &kit.catalogue) {
        if details.critical_path.last() != Some(&leg.step) {
            details.critical_path.push(leg.step.clone());
        }
        *details.worst_case.entry(leg.step).or_default() += leg.time;
    }
    for (name, probe) in &plan.program.probes {
        let samples = plan.worst_case.as_nanos() / probe.every.as_nanos().max(1);
        details
            .samples
            .insert(name.clone(), u64::try_from(samples).unwrap_or(u64::MAX));
    }
    details.meaning = sample_notes(plan);
    details
}

fn describe_undo(action: &str, undo: rescc_core::catalogue::UndoKind) -> String {
    use rescc_core::catalogue::UndoKind;
    match (undo, action) {
        (UndoKind::Automatic, "kill") => {
            "started again at the workflow's end, where it does not run by then".into()
        }
        (UndoKind::Automatic, _) => "taken back at its end, and verified".into(),
        (UndoKind::Nothing, _) => "nothing to take back".into(),
        (UndoKind::Impossible, _) => "can't be taken back; the spec accepts that".into(),
    }
}

/// What the objectives mean with the samples that the shortest run would give.
fn sample_notes(plan: &Plan) -> BTreeMap<String, String> {
    let mut notes = BTreeMap::new();
    for (name, slo) in &plan.program.slos {
        let mut probe = None;
        slo.objective.each_measure(&mut |measure| {
            if let rescc_core::expr::Subject::Probe(of) = &measure.of {
                probe = plan.program.probes.get(of);
            }
        });
        let rescc_core::expr::Expr::Compare { right, .. } = &slo.objective else {
            continue;
        };
        let rescc_core::expr::Expr::Value { value } = &**right else {
            continue;
        };
        if let (Some(probe), Some(objective)) = (probe, value.as_ratio())
            && let Some(least) = rescc_slo::min_samples_to_tell(objective)
        {
            let time = probe
                .every
                .saturating_mul(u32::try_from(least).unwrap_or(u32::MAX));
            let note = format!(
                "with fewer than {least} samples ({} at this rate) none may fail",
                rescc_core::text::duration(time)
            );
            notes.insert(name.clone(), note);
        }
    }
    notes
}
