//! The one door: a file and a catalogue in, findings and programs out.

mod file;

pub use file::LANGUAGE;

use std::collections::BTreeMap;
use std::sync::Arc;

use rescc_core::catalogue::Catalogue;
use rescc_core::program::{Environment as Lowered, FORMAT_VERSION, Limits, Program};
use rescc_lang::{Diagnostic, Parsed, SourceFile, Sources};

use crate::context::{Cx, Index, Params};
use crate::declare::environment::Environment;
use crate::declare::{Parts, doc};
use crate::graph::{critical_path, deadline};
use crate::names::Names;
use crate::schema::Kind;
use crate::{powers, unused};

/// What a check takes besides the spec.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of parameters from `--set name=value`, as they were written.
    pub set: BTreeMap<String, String>,
}

/// A file that was checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What is wrong with it, syntax included, in the order in which it is shown.
    pub diagnostics: Vec<Diagnostic>,
    /// The environments it declares, in the order written.
    pub environments: Vec<String>,
    /// The workflows it declares, in the order written.
    pub workflows: Vec<String>,
    programs: BTreeMap<String, Arc<Program>>,
}

/// Checks a file against a catalogue, for every environment that it declares. `parsed` is what
/// [`rescc_lang::parse()`] makes of `file`, which is one of `sources`.
#[must_use]
pub fn check(
    sources: &Sources,
    file: &SourceFile,
    parsed: &Parsed,
    catalogue: &Catalogue,
    options: &Options,
) -> Checked {
    let _ = sources;
    let tree = &parsed.file;
    let mut found = Vec::new();
    let flow = crate::flow::flow_actions();
    let index = Index::new(Names::of(tree, &mut found), catalogue, &flow);
    let language = file::check(tree, file, &parsed.diagnostics, &index, &mut found);

    let mut cx = Cx::new(file, &index, Params::new());
    let params = cx.declared_params(tree, options);
    let mut environments: Vec<(Environment<'_>, Params<'_>)> = Vec::new();
    for block in Names::in_order(tree, Kind::Environment) {
        let environment = cx.environment(block, &params, tree);
        environments.push((environment, cx.params.clone()));
    }
    for (environment, _) in &environments {
        mark_bound(environment, &index);
    }
    if environments.is_empty() {
        // What does not depend on an environment is checked with the defaults of the parameters.
        cx.defaults(&params);
        cx.parts(tree);
    }
    found.append(&mut cx.found);

    // Environments that give the parameters the same values share all but their own part.
    let mut bodies: Vec<(Params<'_>, Parts<'_>)> = Vec::new();
    let mut body_of: Vec<usize> = Vec::new();
    for (_, params) in &environments {
        let known = bodies.iter().position(|(other, _)| other == params);
        let at = known.unwrap_or_else(|| {
            let mut cx = Cx::new(file, &index, params.clone());
            let parts = cx.parts(tree);
            found.append(&mut cx.found);
            bodies.push((params.clone(), parts));
            bodies.len() - 1
        });
        body_of.push(at);
    }
    let mut programs = BTreeMap::new();
    let errors = found.iter().chain(&parsed.diagnostics).any(Diagnostic::is_error);
    for ((environment, _), at) in environments.iter().zip(&body_of) {
        let Some((_, parts)) = bodies.get(*at) else {
            continue;
        };
        powers::check(environment, &parts.acting, &mut found);
        check_deadlines(environment, parts, catalogue, &mut found);
    }
    if !errors && !found.iter().any(Diagnostic::is_error) {
        unused::check(&index.names, &mut found);
        for (index, ((environment, _), at)) in environments.into_iter().zip(&body_of).enumerate() {
            let Some((_, parts)) = bodies.get_mut(*at) else {
                continue;
            };
            let last = !body_of.iter().skip(index + 1).any(|later| later == at);
            let program = lower(tree, &language, environment, parts, last);
            programs.insert(program.environment.name.clone(), Arc::new(program));
        }
    }
    found.extend(parsed.diagnostics.iter().cloned());
    rescc_lang::diagnostic::sort(&mut found);
    let names = |kind| {
        let mut names: Vec<String> = Vec::new();
        for block in Names::in_order(tree, kind) {
            let name = &block.name.text;
            if !name.is_empty() && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    };
    Checked {
        diagnostics: found,
        environments: names(Kind::Environment),
        workflows: names(Kind::Workflow),
        programs,
    }
}

fn mark_bound(environment: &Environment<'_>, index: &Index<'_>) {
    for name in environment.bind.keys() {
        if let Some(declared) = index.names.get(name) {
            declared.used.set(true);
        }
    }
}

/// The stricter of a workflow's limits and its environment's.
fn stricter(workflow: Limits, ceiling: Limits) -> Limits {
    fn least<T: PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if b < a { b } else { a }),
            (a, b) => a.or(b),
        }
    }
    Limits {
        blast_radius: least(workflow.blast_radius, ceiling.blast_radius),
        deadline: least(workflow.deadline, ceiling.deadline),
        concurrency: least(workflow.concurrency, ceiling.concurrency),
    }
}

fn check_deadlines(
    environment: &Environment<'_>,
    parts: &Parts<'_>,
    catalogue: &Catalogue,
    found: &mut Vec<Diagnostic>,
) {
    for checked in parts.checked.iter().filter(|checked| checked.timed) {
        let name = &checked.block.name;
        let Some(workflow) = parts.workflows.get(&name.text) else {
            continue;
        };
        let own = workflow.limits.deadline.zip(checked.deadline_span);
        let ceiling = environment.limits.deadline.zip(environment.deadline_span);
        let (deadline, at, whose) = match (own, ceiling) {
            (Some((own, at)), Some((ceiling, _))) if own <= ceiling => (own, at, None),
            (_, Some((ceiling, at))) => (ceiling, at, Some(environment.block.name.text.as_str())),
            (Some((own, at)), None) => (own, at, None),
            (None, None) => continue,
        };
        let legs = critical_path::path(workflow, catalogue);
        let needed = legs
            .iter()
            .fold(std::time::Duration::ZERO, |sum, leg| sum.saturating_add(leg.time));
        if deadline < needed {
            found.push(deadline::too_short(
                &name.text, name.span, deadline, at, whose, &legs,
            ));
        }
    }
}

/// The program for an environment; the last one that shares the parts takes them.
fn lower(
    tree: &rescc_lang::tree::File,
    language: &str,
    environment: Environment<'_>,
    parts: &mut Parts<'_>,
    last: bool,
) -> Program {
    fn part<T: Clone + Default>(part: &mut T, last: bool) -> T {
        if last { std::mem::take(part) } else { part.clone() }
    }
    let mut workflows = part(&mut parts.workflows, last);
    for workflow in workflows.values_mut() {
        workflow.limits = stricter(workflow.limits, environment.limits);
    }
    let own = tree.fields().find(|field| field.name.text == "language");
    Program {
        format_version: FORMAT_VERSION.to_owned(),
        language: language.to_owned(),
        doc: own.map(|field| doc(&field.doc)).unwrap_or_default(),
        environment: Lowered {
            name: environment.block.name.text.clone(),
            adapter: environment
                .adapter
                .map(|adapter| adapter.name.to_string())
                .unwrap_or_default(),
            settings: environment.settings,
            bind: environment.bind,
            limits: environment.limits,
        },
        resources: part(&mut parts.resources, last),
        selectors: part(&mut parts.selectors, last),
        probes: part(&mut parts.probes, last),
        slos: part(&mut parts.slos, last),
        heals: part(&mut parts.heals, last),
        workflows,
    }
}

// === impl Checked ===

impl Checked {
    /// The program for an environment; `None` where there is no such environment, or the file has errors.
    #[must_use]
    pub fn program(&self, environment: &str) -> Option<Program> {
        self.programs
            .get(environment)
            .map(|program| Program::clone(program))
    }

    /// Whether the file can't be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
