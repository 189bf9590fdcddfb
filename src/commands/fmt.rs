//! `rescc fmt`: the one format.

use std::io::Write;
use std::path::Path;

use rescc_lang::Sources;

use super::compile::show;
use crate::cli::{FmtArgs, Format};
use crate::exit::{self, Trouble};
use crate::load;
use crate::output::{self, Stream};

pub(crate) fn run(arguments: &FmtArgs) -> Result<u8, Trouble> {
    let standard_input = matches!(arguments.paths.as_slice(), [only] if only.as_os_str() == "-");
    let paths = if standard_input {
        arguments.paths.clone()
    } else {
        load::find(&arguments.paths)?
    };
    let (mut unformatted, mut broken) = (0, 0);
    for path in &paths {
        let mut sources = Sources::new();
        let id = match load::spec(&mut sources, path) {
            Ok(id) => id,
            Err(trouble) => {
                output::error(&trouble);
                broken += 1;
                continue;
            }
        };
        let Some(file) = sources.get(id) else { continue };
        let parsed = rescc_lang::parse(file);
        let Some(formatted) = rescc_lang::format(file, &parsed) else {
            show(&sources, &parsed.diagnostics, Format::Human, Stream::Err);
            broken += 1;
            continue;
        };
        let changed = formatted != file.text();
        if standard_input && !arguments.check && !arguments.diff {
            output::write(Stream::Out, &formatted);
        } else if changed {
            unformatted += 1;
            if arguments.diff {
                output::write(Stream::Out, &diff(path, file.text(), &formatted));
            } else if arguments.check {
                output::write(Stream::Out, &format!("{}\n", path.display()));
            } else {
                replace(path, &formatted)?;
            }
        }
    }
    Ok(if broken > 0 {
        exit::USAGE
    } else if arguments.check && unformatted > 0 {
        exit::FOUND
    } else {
        exit::OK
    })
}

/// Puts a new text in a file's place in one step: a full disk or a kill leaves the old one.
fn replace(path: &Path, text: &str) -> Result<(), Trouble> {
    let trouble = |error: std::io::Error| {
        Trouble::usage(format!(
            "can't write `{}`: {}",
            path.display(),
            load::plain(&error)
        ))
    };
    // A link is written through, not replaced.
    let path = std::fs::canonicalize(path).map_err(trouble)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(&path).map_err(trouble)?.permissions();
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(trouble)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().set_permissions(permissions))
        .map_err(trouble)?;
    file.persist(&path).map_err(|error| trouble(error.error))?;
    Ok(())
}

fn diff(path: &Path, old: &str, new: &str) -> String {
    let name = path.display().to_string();
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&name, &name)
        .to_string()
}
