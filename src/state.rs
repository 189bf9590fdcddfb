//! Where runs keep their journals and reports.

use std::path::PathBuf;

use crate::exit::Trouble;

/// The state folder: `--state`, `RESCC_STATE_DIR`, `$XDG_STATE_HOME/rescc`, `~/.local/state/rescc`.
pub(crate) fn folder(given: Option<&PathBuf>) -> Result<PathBuf, Trouble> {
    if let Some(given) = given {
        return std::path::absolute(given)
            .map_err(|error| Trouble::usage(format!("{}: {error}", given.display())));
    }
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    // XDG Base Directory Specification: a relative path in the variable is to be ignored.
    if let Some(base) = variable("XDG_STATE_HOME").filter(|path| path.is_absolute()) {
        return Ok(base.join("rescc"));
    }
    if let Some(home) = variable("HOME").filter(|path| path.is_absolute()) {
        return Ok(home.join(".local/state/rescc"));
    }
    Err(
        Trouble::usage("there is no folder for the journals of runs: `HOME` is not set")
            .help("name one with `--state FOLDER` or `RESCC_STATE_DIR`"),
    )
}
