//! Specs from files.

use std::io::Read;
use std::path::{Path, PathBuf};

use rescc_lang::Sources;

use crate::exit::Trouble;

/// The largest spec that is read, unless `--max-size` says otherwise.
pub(crate) const MAX_SPEC_BYTES: u64 = 256 << 20;

/// Reads a spec into the sources; `-` is standard input.
pub(crate) fn spec(sources: &mut Sources, path: &Path) -> Result<rescc_lang::FileId, Trouble> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = if name == "-" {
        std::io::stdin()
            .lock()
            .take(MAX_SPEC_BYTES + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_SPEC_BYTES + 1).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        let trouble = Trouble::usage(format!("can't read `{name}`: {}", plain(&error)));
        return Err(match error.kind() {
            std::io::ErrorKind::NotFound => {
                trouble.help("name the spec as it lies on the disk, such as `examples/shop/shop.res`")
            }
            _ => trouble,
        });
    }
    if bytes.len() as u64 > MAX_SPEC_BYTES {
        return Err(Trouble::usage(format!(
            "`{name}` is larger than {}",
            rescc_core::text::bytes(MAX_SPEC_BYTES)
        ))
        .help("is this the spec, or its data?"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(sources.add(name, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let head = error.as_bytes().get(..at).unwrap_or_default();
            let line = head.iter().filter(|&&byte| byte == b'\n').count() + 1;
            Err(
                Trouble::usage(format!("`{name}` is not UTF-8 text: byte {at}, line {line}"))
                    .help("save it as UTF-8; a spec has no binary parts"),
            )
        }
    }
}

/// All specs below the given paths, sorted; a folder stands for the `.res` files below it.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, 0)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(
            Trouble::usage(format!("there is no spec in {}", names.join(", "))).help("specs end in `.res`"),
        );
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>, depth: u32) -> Result<(), Trouble> {
    if depth > 64 {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Trouble::usage(format!("can't read `{}`: {}", folder.display(), plain(&error))))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Links are not followed: they may lead in a circle.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !hidden && entry.file_name() != "target" {
            walk(&path, found, depth + 1)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "res") {
            found.push(path);
        }
    }
    Ok(())
}

/// An error of the system without its number.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
