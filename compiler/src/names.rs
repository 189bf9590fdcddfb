//! What the names of a file stand for: one namespace, whatever the kinds.

use std::cell::Cell;
use std::collections::BTreeMap;

use rescc_lang::tree::{Block, File, Ident};
use rescc_lang::{Diagnostic, Span};

use crate::codes::names as codes;
use crate::schema::{self, Kind};

/// A declared name.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    /// What it stands for.
    pub(crate) kind: Kind,
    /// Its block.
    pub(crate) block: &'a Block,
    /// Whether something uses it.
    pub(crate) used: Cell<bool>,
}

/// The names that a file declares at its top level.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    by_name: BTreeMap<&'a str, Declared<'a>>,
}

/// The names that `${…}` has besides parameters.
pub(crate) const LATE_NAMES: &[&str] = &["port", "key", "rescc"];

// === impl Names ===

impl<'a> Names<'a> {
    /// Reads the declarations of a file.
    pub(crate) fn of(file: &'a File, found: &mut Vec<Diagnostic>) -> Self {
        let mut names = Self::default();
        for block in file.blocks().filter(|block| !block.name.text.is_empty()) {
            let known = schema::block(&block.kind.text).filter(|spec| spec.inside.is_none());
            let kind = known
                .and_then(|spec| Kind::of_block(spec.kind))
                .unwrap_or(Kind::Unknown);
            check_reserved(&block.name, kind, found);
            match names.by_name.get(block.name.text.as_str()) {
                Some(first) => found.push(duplicate(&block.name, kind, first.block.name.span, first.kind)),
                None => {
                    let declared = Declared {
                        kind,
                        block,
                        used: Cell::new(false),
                    };
                    names.by_name.insert(block.name.text.as_str(), declared);
                }
            }
        }
        names
    }

    /// What a name stands for.
    pub(crate) fn get(&self, name: &str) -> Option<&Declared<'a>> {
        self.by_name.get(name)
    }

    /// The names of some kinds, in the order of the alphabet.
    pub(crate) fn of_kinds(&self, kinds: &[Kind]) -> impl Iterator<Item = &'a str> {
        self.by_name
            .iter()
            .filter(|(_, declared)| kinds.contains(&declared.kind))
            .map(|(name, _)| *name)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &Declared<'a>)> {
        self.by_name.iter().map(|(name, declared)| (*name, declared))
    }

    /// The declarations of a kind in the order written.
    pub(crate) fn in_order(file: &'a File, kind: Kind) -> impl Iterator<Item = &'a Block> {
        file.blocks()
            .filter(move |block| Kind::of_block(&block.kind.text) == Some(kind))
    }
}

/// Whether no declaration can have this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "it" | "baseline")
}

/// Refuses names that the language uses itself.
pub(crate) fn check_reserved(name: &Ident, kind: Kind, found: &mut Vec<Diagnostic>) {
    let why = match name.text.as_str() {
        "it" => "`it` is what a condition judges",
        "baseline" => "`baseline` is the time before the first fault",
        "rescc" | "port" | "key" if kind == Kind::Param => {
            "texts use it for what is only known while a workflow runs"
        }
        "one" | "all" if kind == Kind::Param => "`pick` uses it",
        _ => return,
    };
    found.push(
        Diagnostic::error(
            codes::RESERVED_NAME,
            format!("`{}` can't be declared", name.text),
            name.span,
            "the language uses this name",
        )
        .help("take another name")
        .note(why),
    );
}

/// Two declarations share a name.
pub(crate) fn duplicate(name: &Ident, kind: Kind, first: Span, first_kind: Kind) -> Diagnostic {
    let what = |kind: Kind| {
        if kind == Kind::Unknown {
            ""
        } else {
            kind.describe()
        }
    };
    Diagnostic::error(
        codes::DUPLICATE_NAME,
        format!("`{}` is declared twice", name.text),
        name.span,
        format!("declared again {}", as_what(what(kind)))
            .trim_end()
            .to_owned(),
    )
    .label(
        first,
        format!("first declared {}", as_what(what(first_kind)))
            .trim_end()
            .to_owned(),
    )
    .help("rename one of them")
    .note("no two declarations share a name, whatever their kind")
}

fn as_what(what: &str) -> String {
    if what.is_empty() {
        "here".to_owned()
    } else {
        format!("as {what}")
    }
}
