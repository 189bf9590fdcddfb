//! `rescc demo`: the programs of the example.

use crate::cli::DemoArgs;
use crate::exit::{self, Trouble};

pub(crate) fn run(arguments: DemoArgs) -> Result<u8, Trouble> {
    if matches!(arguments.program.as_str(), "-h" | "--help") {
        crate::output::write(
            crate::output::Stream::Out,
            "The small programs of the example: `rescc demo cache` and `rescc demo shop`; each knows `--help`.\n",
        );
        return Ok(exit::OK);
    }
    crate::demo::run(&arguments.program, arguments.arguments.into_iter())
        .map(|()| exit::OK)
        .map_err(|message| Trouble::new(exit::FOUND, message))
}
