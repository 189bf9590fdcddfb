//! `rescc check`: every mistake of every spec, at once.

use rescc_compiler::Options;
use rescc_lang::{Diagnostic, Severity, Sources};

use super::compile::{set_values, show};
use crate::cli::{CheckArgs, Deny, Format};
use crate::exit::{self, Trouble};
use crate::kit::Kit;
use crate::load;
use crate::output::{self, Stream};

pub(crate) fn run(arguments: &CheckArgs) -> Result<u8, Trouble> {
    let kit = Kit::new();
    let options = Options {
        set: set_values(&arguments.set)?,
    };
    let (mut sources, mut found, mut unreadable) = (Sources::new(), Vec::new(), 0);
    let paths = load::find(&arguments.paths)?;
    for path in &paths {
        let id = match load::spec(&mut sources, path) {
            Ok(id) => id,
            // One file that can't be read hides nothing in the others.
            Err(trouble) => {
                output::error(&trouble);
                unreadable += 1;
                continue;
            }
        };
        let Some(file) = sources.get(id) else { continue };
        let mut diagnostics = check_one(&sources, file, &kit, &options);
        if arguments.fix {
            let fixed = rescc_lang::apply_fixes(file.text(), &diagnostics);
            if fixed != file.text() {
                std::fs::write(path, &fixed).map_err(|error| {
                    Trouble::usage(format!(
                        "can't write `{}`: {}",
                        path.display(),
                        load::plain(&error)
                    ))
                })?;
                let id = sources.add(path.display().to_string(), fixed);
                if let Some(file) = sources.get(id) {
                    diagnostics = check_one(&sources, file, &kit, &options);
                }
            }
        }
        found.extend(diagnostics);
    }
    if arguments.deny == Some(Deny::Warnings) {
        for diagnostic in &mut found {
            diagnostic.severity = Severity::Error;
        }
    }
    let errors = found.iter().filter(|one| one.is_error()).count();
    if !found.is_empty() || arguments.format.format == Format::Json {
        show(&sources, &found, arguments.format.format, Stream::Err);
    } else if unreadable == 0 && arguments.format.format == Format::Human {
        let what = if paths.len() == 1 {
            "1 spec".to_owned()
        } else {
            format!("{} specs", paths.len())
        };
        output::write(Stream::Err, &format!("{what}: no mistakes\n"));
    }
    Ok(if errors > 0 || unreadable > 0 {
        exit::USAGE
    } else {
        exit::OK
    })
}

fn check_one(
    sources: &Sources,
    file: &rescc_lang::SourceFile,
    kit: &Kit,
    options: &Options,
) -> Vec<Diagnostic> {
    let parsed = rescc_lang::parse(file);
    rescc_compiler::check(sources, file, &parsed, &kit.catalogue, options).diagnostics
}
