//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Resilience as code: say what must survive what, and prove it.
#[derive(Debug, Parser)]
#[command(
    name = "rescc",
    version,
    about,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 pass, 1 fail, 2 wrong spec or call, 3 inconclusive, 4 aborted, 5 error, \
    6 not undone, 7 refused."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find every mistake in specs; touches nothing.
    #[command(after_help = "Example: rescc check examples/shop/shop.res")]
    Check(CheckArgs),
    /// Bring specs into the one format.
    #[command(after_help = "Example: rescc fmt --check examples")]
    Fmt(FmtArgs),
    /// Show what a run would do; touches nothing.
    #[command(after_help = "Example: rescc plan examples/shop/shop.res --out plan.json")]
    Plan(PlanArgs),
    /// Run a spec or a plan: inject, watch, undo, judge.
    #[command(after_help = "Example: rescc run examples/shop/shop.res --report json=report.json")]
    Run(RunArgs),
    /// Undo what dead runs have left behind.
    #[command(after_help = "Example: rescc recover")]
    Recover(RecoverArgs),
    /// The small programs of the example: `cache` and `shop`.
    #[command(
        after_help = "Example: rescc demo cache --listen 127.0.0.1:7000",
        disable_help_flag = true
    )]
    Demo(DemoArgs),
    /// Print the JSON Schema of a machine-readable output.
    #[command(after_help = "Example: rescc schema report")]
    Schema(SchemaArgs),
    /// Outlives the runner; started by `run`.
    #[command(name = "__keeper", hide = true)]
    Keeper {
        /// The folder of the run.
        dir: PathBuf,
        /// The runner, as JSON.
        runner: String,
    },
    /// Waits until it may become a program; started by the keeper.
    #[command(name = "__gate", hide = true)]
    Gate {
        /// The keeper.
        keeper: i32,
        /// The program and its arguments.
        #[arg(last = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: the place in the text, what to do and why.
    #[default]
    Human,
    /// One line each, for editors and for reading aloud.
    Plain,
    /// For programs; see `rescc schema diagnostics`.
    Json,
}

/// Which diagnostics are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings as well.
    Warnings,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Specs, or folders of them.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Mend what can safely be mended.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Take warnings for errors.
    #[arg(long, value_enum)]
    pub(crate) deny: Option<Deny>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FormatArgs {
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value_t, env = "RESCC_FORMAT")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Give a parameter of the spec a value: `--set base=http://localhost:8080`.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Specs, or folders of them; `-` formats standard input to standard output.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 where something is not in format.
    #[arg(long)]
    pub(crate) check: bool,
    /// Show what would change; change nothing.
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WhatArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Which environment; may be left out where the spec has one, or one called `local`.
    #[arg(long = "env", value_name = "ENV")]
    pub(crate) environment: Option<String>,
    /// The seed of everything that is drawn; a new one each time where it is left out.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) set: SetArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Which workflow; may be left out where the spec has one.
    pub(crate) workflow: Option<String>,
    /// Write the plan for `rescc run PLAN`.
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Which workflows; may be left out where the spec has one.
    pub(crate) workflows: Vec<String>,
    /// All workflows of the spec, one after the other.
    #[arg(long, conflicts_with = "workflows")]
    pub(crate) all: bool,
    /// Write a report: `json=PATH` or `markdown=PATH`; may be given several times.
    #[arg(long = "report", value_name = "KIND=PATH")]
    pub(crate) reports: Vec<String>,
    /// Stream what happens as JSON lines; `-` is standard output.
    #[arg(long, value_name = "PATH")]
    pub(crate) events: Option<PathBuf>,
    /// Show the verdict only.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    /// Where journals and reports of runs are kept.
    #[arg(long = "state", value_name = "FOLDER", env = "RESCC_STATE_DIR")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    /// Which run; all dead ones where it is left out.
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// `cache` or `shop`.
    pub(crate) program: String,
    /// Its arguments; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `--report json=…`
    Report,
    /// `--events`
    Events,
    /// `rescc plan --out`
    Plan,
    /// `--format json`
    Diagnostics,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
