//! The `rescc` command line: one file per subcommand, wiring and terminal output. The rules of the language live
//! in the compiler, the rules of execution in the engine.

mod cli;
mod commands;
mod demo;
mod diagnostics;
mod exit;
mod kit;
mod load;
mod output;
mod progress;
mod signals;
mod state;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    let code = match commands::run(cli) {
        Ok(code) => code,
        Err(trouble) => {
            output::error(&trouble);
            trouble.code
        }
    };
    ExitCode::from(code)
}
