//! The subcommands, a file each.

mod check;
mod compile;
mod demo;
mod fmt;
mod gate;
mod keeper;
mod plan;
mod recover;
mod run;
mod schema;

use crate::cli::{Cli, Command};
use crate::exit::Trouble;

/// Runs what was asked for; says with what to exit.
pub(crate) fn run(cli: Cli) -> Result<u8, Trouble> {
    match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Recover(arguments) => recover::run(&arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Keeper { dir, runner } => keeper::run(&dir, &runner),
        Command::Gate { keeper, command } => Ok(gate::run(keeper, &command)),
    }
}
