//! From a file to a program: what `plan` and `run` share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rescc_compiler::Options;
use rescc_core::environment::{Environment, Setup};
use rescc_core::host::ProcessHost;
use rescc_core::names::RunId;
use rescc_core::plan::{Plan, resolve};
use rescc_core::program::Program;
use rescc_core::time::Clock;
use rescc_lang::Sources;

use crate::cli::{Format, SetArgs, WhatArgs};
use crate::diagnostics;
use crate::exit::Trouble;
use crate::kit::Kit;
use crate::load;
use crate::output::{self, Stream};

/// A spec that has no errors.
pub(super) struct Compiled {
    pub(super) program: Arc<Program>,
    pub(super) workflows: Vec<String>,
    pub(super) folder: PathBuf,
}

/// The values of `--set`.
pub(super) fn set_values(arguments: &SetArgs) -> Result<BTreeMap<String, String>, Trouble> {
    let mut values = BTreeMap::new();
    for given in &arguments.values {
        let Some((name, value)) = given.split_once('=') else {
            return Err(
                Trouble::usage(format!("`--set {given}` has no `=`")).help("write `--set name=value`")
            );
        };
        if values.insert(name.trim().to_owned(), value.to_owned()).is_some() {
            return Err(Trouble::usage(format!("`--set {name}` is given twice")));
        }
    }
    Ok(values)
}

/// Compiles a spec for an environment. `Ok(None)`: it has errors, which have been shown.
pub(super) fn compile(arguments: &WhatArgs, kit: &Kit) -> Result<Option<Compiled>, Trouble> {
    let mut sources = Sources::new();
    let id = load::spec(&mut sources, &arguments.file)?;
    let Some(file) = sources.get(id) else {
        return Ok(None);
    };
    let parsed = rescc_lang::parse(file);
    let options = Options {
        set: set_values(&arguments.set)?,
    };
    let checked = rescc_compiler::check(&sources, file, &parsed, &kit.catalogue, &options);
    let errors = checked.diagnostics.iter().any(rescc_lang::Diagnostic::is_error);
    if errors || (!checked.diagnostics.is_empty() && arguments.format.format == Format::Human) {
        show(
            &sources,
            &checked.diagnostics,
            arguments.format.format,
            Stream::Err,
        );
    }
    if errors {
        return Ok(None);
    }
    let environment = choose_environment(&checked.environments, arguments.environment.as_deref())?;
    let program = checked.program(&environment).ok_or_else(|| {
        Trouble::error(format!(
            "the spec has no program for `{environment}`, and no diagnostic says why"
        ))
    })?;
    let folder = std::path::absolute(&arguments.file)
        .ok()
        .and_then(|path| path.parent().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."));
    Ok(Some(Compiled {
        program: Arc::new(program),
        workflows: checked.workflows.clone(),
        folder,
    }))
}

/// Shows diagnostics in a format.
pub(super) fn show(sources: &Sources, found: &[rescc_lang::Diagnostic], format: Format, stream: Stream) {
    let style = output::style(stream);
    match format {
        Format::Human => output::write(
            stream,
            &diagnostics::human::render(sources, found, style.color, style.unicode, style.width),
        ),
        Format::Plain => output::write(stream, &diagnostics::plain::render(sources, found)),
        // Programs read standard output.
        Format::Json => output::write(
            Stream::Out,
            &format!("{}\n", diagnostics::json::render(sources, found)),
        ),
    }
}

/// `local` where the spec declares it, else its only environment.
fn choose_environment(declared: &[String], wanted: Option<&str>) -> Result<String, Trouble> {
    let list = declared.join(", ");
    if let Some(wanted) = wanted {
        return declared
            .iter()
            .find(|name| *name == wanted)
            .cloned()
            .ok_or_else(|| {
                Trouble::usage(format!("the spec declares no environment `{wanted}`"))
                    .help(format!("it declares: {list}"))
            });
    }
    match declared {
        [only] => Ok(only.clone()),
        _ if declared.iter().any(|name| name == "local") => Ok("local".into()),
        [] => Err(Trouble::usage("the spec declares no environment")),
        _ => Err(Trouble::usage("the spec declares several environments")
            .help(format!("choose with `--env`: {list}"))),
    }
}

/// The workflow that is meant where none is named.
pub(super) fn only_workflow(workflows: &[String]) -> Result<&String, Trouble> {
    match workflows {
        [only] => Ok(only),
        [] => Err(Trouble::usage("the spec has no workflow")),
        _ => Err(Trouble::usage("the spec has several workflows").help(format!(
            "name one or more, or say `--all`: {}",
            workflows.join(", ")
        ))),
    }
}

/// The seed that was given, or a new one.
pub(super) fn seed(given: Option<u64>) -> u64 {
    // Seeds are read and typed by people: nine digits are enough.
    given.unwrap_or_else(|| u64::from(dice()) % 1_000_000_000)
}

/// Randomness from the kernel, for names and seeds only.
pub(super) fn dice() -> u32 {
    let mut bytes = [0; 4];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(_) => u32::from_le_bytes(bytes),
        Err(_) => std::process::id(),
    }
}

/// Opens the environment of a program.
pub(super) async fn open(
    kit: &Kit,
    program: &Arc<Program>,
    run: &RunId,
    seed: u64,
    clock: Arc<dyn Clock>,
    folder: &Path,
    place: (PathBuf, Option<Arc<dyn ProcessHost>>),
) -> Result<Arc<dyn Environment>, Trouble> {
    let name = &program.environment.adapter;
    let adapter = kit
        .adapter(name)
        .ok_or_else(|| Trouble::usage(format!("this build has no environment `{name}`")))?;
    let (state, host) = place;
    let setup = Setup {
        program: Arc::clone(program),
        run: run.clone(),
        seed,
        clock,
        folder: folder.to_owned(),
        state,
        host,
    };
    adapter.open(setup).await.map_err(|failure| {
        let trouble = Trouble::error(format!(
            "the environment `{}` can't be opened: {failure}",
            program.environment.name
        ));
        if failure.help.is_empty() {
            trouble
        } else {
            trouble.help(failure.help)
        }
    })
}

/// Resolves the targets of a workflow.
pub(super) async fn make_plan(
    kit: &Kit,
    compiled: &Compiled,
    workflow: &str,
    seed: u64,
    environment: &Arc<dyn Environment>,
) -> Result<Plan, Trouble> {
    let listed = environment
        .list()
        .await
        .map_err(|failure| Trouble::error(format!("the environment can't be listed: {failure}")))?;
    let worst = rescc_compiler::worst_case(&compiled.program, workflow, &kit.catalogue);
    let folder = compiled.folder.display().to_string();
    resolve(
        (*compiled.program).clone(),
        workflow,
        seed,
        &listed,
        worst,
        folder,
    )
    .map_err(|refusals| {
        let mut trouble = Trouble::refused(format!(
            "`{workflow}` may not run in `{}`; nothing was touched",
            compiled.program.environment.name
        ));
        for refusal in refusals {
            trouble = trouble.help(refusal.to_string());
        }
        trouble
    })
}
