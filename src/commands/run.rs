//! `rescc run`: inject, watch, undo, judge.

mod real;
mod rehearsal;

use std::path::PathBuf;
use std::sync::Arc;

use rescc_core::names::RunId;
use rescc_core::plan::Plan;
use rescc_core::report::{FORMAT_VERSION, RunReport};
use rescc_engine::driver::Outcome;

use super::compile::{Compiled, compile, only_workflow, seed};
use crate::cli::RunArgs;
use crate::exit::{self, Trouble};
use crate::kit::Kit;
use crate::load;
use crate::output::{self, Stream};

/// The environment that only rehearses.
const SIMULATED: &str = "sim";

/// What is to be run.
enum Work {
    /// A workflow of a spec; the plan is made when its turn comes.
    Spec { compiled: Compiled, workflow: String },
    /// A plan that was made before.
    Plan(Box<Plan>),
}

/// What all runs of one call share.
struct Call<'a> {
    kit: Kit,
    arguments: &'a RunArgs,
    reports: Vec<(ReportKind, PathBuf)>,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportKind {
    Json,
    Markdown,
}

pub(crate) fn run(arguments: &RunArgs) -> Result<u8, Trouble> {
    let kit = Kit::new();
    let reports = arguments
        .reports
        .iter()
        .map(|given| parse_report(given))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(work) = what_to_run(arguments, &kit)? else {
        return Ok(exit::USAGE);
    };
    // What can't be written is found out before anything is touched.
    if work.len() == 1 {
        for (_, path) in &reports {
            std::fs::File::create(path).map_err(|error| cannot_write(exit::USAGE, path, &error))?;
        }
    }
    let call = Call {
        kit,
        arguments,
        reports,
        seed: seed(arguments.what.seed),
    };
    let several = work.len() > 1;
    let mut worst = exit::OK;
    for one in work {
        let name = one.workflow().to_owned();
        let report = if one.adapter() == SIMULATED {
            rehearsal::run(&call, one)
        } else {
            real::run(&call, one)
        }?;
        let code = report.exit_code;
        write_reports(&call, &report, several.then_some(name.as_str()))?;
        worst = worse(worst, code);
        // Somebody wants to go home, or something is left behind: the next workflow is not for now.
        if matches!(code, exit::NOT_UNDONE) || report.verdict == rescc_core::verdict::Verdict::Aborted {
            break;
        }
    }
    Ok(worst)
}

impl Work {
    fn workflow(&self) -> &str {
        match self {
            Self::Spec { workflow, .. } => workflow,
            Self::Plan(plan) => &plan.workflow,
        }
    }

    fn adapter(&self) -> &str {
        match self {
            Self::Spec { compiled, .. } => &compiled.program.environment.adapter,
            Self::Plan(plan) => &plan.program.environment.adapter,
        }
    }
}

fn what_to_run(arguments: &RunArgs, kit: &Kit) -> Result<Option<Vec<Work>>, Trouble> {
    if arguments.what.file.extension().is_some_and(|end| end == "json") {
        return read_plan(arguments).map(|plan| Some(vec![Work::Plan(Box::new(plan))]));
    }
    let Some(compiled) = compile(&arguments.what, kit)? else {
        return Ok(None);
    };
    let names = if arguments.all {
        compiled.workflows.clone()
    } else if arguments.workflows.is_empty() {
        vec![only_workflow(&compiled.workflows)?.clone()]
    } else {
        for name in &arguments.workflows {
            if !compiled.workflows.contains(name) {
                return Err(unknown_workflow(name, &compiled.workflows));
            }
        }
        arguments.workflows.clone()
    };
    let work = names.into_iter().map(|workflow| {
        let compiled = Compiled {
            program: Arc::clone(&compiled.program),
            workflows: compiled.workflows.clone(),
            folder: compiled.folder.clone(),
        };
        Work::Spec { compiled, workflow }
    });
    Ok(Some(work.collect()))
}

fn read_plan(arguments: &RunArgs) -> Result<Plan, Trouble> {
    let path = &arguments.what.file;
    let name = path.display();
    if !arguments.what.set.values.is_empty()
        || arguments.what.environment.is_some()
        || arguments.what.seed.is_some()
    {
        return Err(
            Trouble::usage("a plan has its environment, seed and parameters already")
                .help("make another plan: rescc plan FILE --env … --set … --out plan.json"),
        );
    }
    let length = std::fs::metadata(path)
        .map_err(|error| Trouble::usage(format!("can't read `{name}`: {}", load::plain(&error))))?
        .len();
    if length > load::MAX_SPEC_BYTES {
        return Err(Trouble::usage(format!("`{name}` is larger than any plan")));
    }
    let text = std::fs::read(path)
        .map_err(|error| Trouble::usage(format!("can't read `{name}`: {}", load::plain(&error))))?;
    let plan: Plan = serde_json::from_slice(&text).map_err(|error| {
        Trouble::usage(format!("`{name}` is no plan of this rescc: {error}"))
            .help("make it with: rescc plan FILE --out plan.json")
    })?;
    let ours = rescc_core::program::FORMAT_VERSION;
    if plan.format_version != ours || plan.program.format_version != ours {
        return Err(Trouble::usage(format!(
            "`{name}` has plan format {}, this rescc reads {ours}",
            plan.format_version
        ))
        .help("make the plan again"));
    }
    if plan.workflow().is_none() {
        return Err(Trouble::usage(format!(
            "`{name}` has no workflow `{}`",
            plan.workflow
        )));
    }
    Ok(plan)
}

pub(super) fn unknown_workflow(name: &str, workflows: &[String]) -> Trouble {
    Trouble::usage(format!("the spec has no workflow `{name}`"))
        .help(format!("it has: {}", workflows.join(", ")))
}

fn parse_report(given: &str) -> Result<(ReportKind, PathBuf), Trouble> {
    let Some((kind, path)) = given.split_once('=') else {
        return Err(Trouble::usage(format!("`--report {given}` has no `=`"))
            .help("write `--report json=report.json`"));
    };
    let kind = match kind {
        "json" => ReportKind::Json,
        "markdown" | "md" => ReportKind::Markdown,
        other => {
            return Err(
                Trouble::usage(format!("there is no report of the kind `{other}`"))
                    .help("the kinds are: json, markdown"),
            );
        }
    };
    Ok((kind, PathBuf::from(path)))
}

/// A run that could not be reported has not been reported: that is an error, whatever the verdict is.
fn write_reports(call: &Call<'_>, report: &RunReport, workflow: Option<&str>) -> Result<(), Trouble> {
    for (kind, path) in &call.reports {
        let text = match kind {
            ReportKind::Json => rescc_report::json(report),
            ReportKind::Markdown => rescc_report::markdown(report),
        };
        // Several workflows write several reports: `report.json` becomes `report.lose_cache.json`.
        let path = match workflow {
            Some(workflow) => {
                let end = path
                    .extension()
                    .map(|end| end.to_string_lossy().into_owned())
                    .unwrap_or_default();
                path.with_extension(if end.is_empty() {
                    workflow.to_owned()
                } else {
                    format!("{workflow}.{end}")
                })
            }
            None => path.clone(),
        };
        std::fs::write(&path, text)
            .map_err(|error| cannot_write(worse(report.exit_code, exit::ERROR), &path, &error))?;
    }
    Ok(())
}

fn cannot_write(code: u8, path: &std::path::Path, error: &std::io::Error) -> Trouble {
    let message = format!(
        "the report `{}` can't be written: {}",
        path.display(),
        load::plain(error)
    );
    Trouble::new(code, message)
}

/// The report of an outcome.
fn report(call: &Call<'_>, run: &RunId, plan: &Plan, outcome: Outcome) -> RunReport {
    let judgement = outcome.judgement;
    RunReport {
        format_version: FORMAT_VERSION.into(),
        rescc_version: env!("CARGO_PKG_VERSION").into(),
        run: run.clone(),
        spec: call.arguments.what.file.display().to_string(),
        workflow: plan.workflow.clone(),
        environment: plan.program.environment.name.clone(),
        seed: plan.seed,
        started: outcome.began,
        duration: outcome.duration,
        verdict: judgement.verdict,
        exit_code: RunReport::exit(judgement.verdict, judgement.undone) as u8,
        undone: judgement.undone,
        aborted_by: judgement.aborted_by,
        reasons: judgement.reasons,
        expectations: judgement.expectations,
        steps: judgement.steps,
        injections: judgement.injections,
        heals: judgement.heals,
        probes: judgement.probes,
        events: outcome.events,
    }
}

fn show(call: &Call<'_>, report: &RunReport, path: Option<&str>) {
    let style = output::style(Stream::Out);
    // Standard output belongs to the events where they are asked for there.
    let stream = if call
        .arguments
        .events
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-")
    {
        Stream::Err
    } else {
        Stream::Out
    };
    let text = if call.arguments.quiet {
        format!("{} {} ({})\n", report.verdict, report.workflow, report.run)
    } else {
        rescc_report::human(report, path, &style)
    };
    output::write(stream, &text);
}

/// Where several codes hold: 6, 1, 5, 4, 3; refusals and wrong calls before a pass.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: u8| match code {
        exit::NOT_UNDONE => 7,
        exit::FOUND => 6,
        exit::ERROR => 5,
        4 => 4,
        3 => 3,
        exit::REFUSED => 2,
        exit::USAGE => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The runtime of a run.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Trouble::error(format!("no runtime: {error}")))
}
