//! Which fields and blocks stand in a block: unknown, missing, given twice, out of place.

mod habits;

pub(crate) use habits::is_word;

use rescc_lang::tree::{Block, ExprKind, Field, Item};
use rescc_lang::{Applicability, Diagnostic, Span};

use crate::codes::structure as codes;
use crate::context::Cx;
use crate::schema::{self, BlockSpec, FieldSpec};
use crate::suggest;

/// The fields of a block, by what they mean.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) spec: &'static BlockSpec,
    given: Vec<(&'a str, &'a Field)>,
}

/// Where fields stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a, 'b> {
    /// The fields in it.
    pub(crate) fields: &'a [&'b Field],
    /// The kinds of the blocks in it.
    pub(crate) blocks: &'a [&'b str],
    /// Where to say that something is missing.
    pub(crate) head: Span,
    /// What it is called: "`workflow lose_cache`".
    pub(crate) what: &'a str,
    /// Whether it is all there.
    pub(crate) complete: bool,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// A field that was given.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Field> {
        self.given
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, field)| *field)
    }

    /// Whether a field was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// What is known of a field.
    pub(crate) fn spec(&self, name: &str) -> Option<&'static FieldSpec> {
        self.spec.field(name)
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Reads the fields of a block. `others` are names of further fields; `None` where they can't be told.
    pub(crate) fn fields(
        &mut self,
        block: &'a Block,
        spec: &'static BlockSpec,
        others: Option<&[&'a str]>,
    ) -> Fields<'a> {
        let what = if block.name.text.is_empty() {
            spec.kind.to_owned()
        } else {
            format!("{} {}", spec.kind, block.name.text)
        };
        let head = if block.name.text.is_empty() {
            block.kind.span
        } else {
            block.name.span
        };
        let fields: Vec<&'a Field> = block.fields().collect();
        let blocks: Vec<&'a str> = block.blocks().map(|block| block.kind.text.as_str()).collect();
        let body = Body {
            fields: &fields,
            blocks: &blocks,
            head,
            what: &what,
            complete: block.complete,
        };
        let given = self.given(body, spec.kind, spec.fields, others);
        self.blocks(&block.items, spec.kind, block.complete);
        Fields { spec, given }
    }

    /// Reads fields, and checks which there are.
    pub(crate) fn given<'b>(
        &mut self,
        body: Body<'_, 'b>,
        kind: &str,
        specs: &'static [FieldSpec],
        others: Option<&[&'b str]>,
    ) -> Vec<(&'b str, &'b Field)> {
        let mut given: Vec<(&'b str, &'b Field)> = Vec::new();
        let mut unknown: Vec<&'b Field> = Vec::new();
        for &field in body.fields {
            let name = field.name.text.as_str();
            let known = specs.iter().any(|spec| spec.name == name)
                || others.is_some_and(|others| others.contains(&name));
            if name.is_empty() {
                continue;
            }
            if !known {
                unknown.push(field);
            } else if let Some((_, first)) = given.iter().find(|(given, _)| *given == name) {
                self.report(duplicate_field(field, first));
            } else {
                given.push((name, field));
            }
        }
        for field in unknown {
            let taken: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
            if let Some(meant) = self.unknown_field(field, kind, specs, others, &taken) {
                given.push((meant, field));
            }
        }
        // A field that was written as a block has been reported as such.
        let as_block = |name: &str| body.blocks.contains(&name);
        let lacks = |spec: &&FieldSpec| {
            spec.required && !given.iter().any(|(name, _)| *name == spec.name) && !as_block(spec.name)
        };
        if body.complete {
            for spec in specs.iter().filter(lacks) {
                self.report(missing_field(body, spec, &given));
            }
        }
        given
    }

    /// Reports a field that is not known; returns the one that was meant, where that is beyond doubt.
    fn unknown_field<'b>(
        &mut self,
        field: &'b Field,
        kind: &str,
        specs: &'static [FieldSpec],
        others: Option<&[&'b str]>,
        taken: &[&str],
    ) -> Option<&'b str> {
        let name = field.name.text.as_str();
        let at = field.name.span;
        if let Some(what) = habits::later_field(kind, name) {
            self.report(not_in_build(&format!("`{name}`"), at, what));
            return None;
        }
        if let Some((right, why)) = habits::renamed(kind, name) {
            self.report(
                Diagnostic::error(
                    codes::RENAMED_FIELD,
                    format!("`{name}` is called `{right}`"),
                    at,
                    format!("write `{right}`"),
                )
                .help(format!("write `{right}`"))
                .note(why)
                .fix(format!("write `{right}`"), Applicability::Safe, at, right),
            );
            return (!taken.contains(&right)).then_some(right);
        }
        let others = others?;
        // A word of the language as a name has been reported as such.
        if habits::is_word(name) {
            return None;
        }
        let report = Diagnostic::error(
            codes::UNKNOWN_FIELD,
            format!("{} has no field `{name}`", with_article(kind)),
            at,
            "not known here",
        );
        let names = || specs.iter().map(|spec| spec.name).chain(others.iter().copied());
        let meant = habits::field(kind, name)
            .map(|meant| (meant, true))
            .or_else(|| suggest::nearest(name, names()).map(|near| (near.name, near.only)));
        if schema::block(name).is_some() {
            // A block that could not be read has been reported as such.
            if matches!(field.value.kind, ExprKind::Error) {
                return None;
            }
            self.report(report.help(format!("`{name}` is a block: `{name} some_name {{ … }}`")));
            return None;
        }
        let Some((meant, only)) = meant else {
            if let Some(why) = habits::needless(kind, name) {
                self.report(report.help("leave it out").note(why));
                return None;
            }
            self.report(report.help(format!("its fields are {}", suggest::list(names()))));
            return None;
        };
        let free = !taken.contains(&meant);
        let safe = if only && free {
            Applicability::Safe
        } else {
            Applicability::Maybe
        };
        self.report(report.help(format!("did you mean `{meant}`?")).fix(
            format!("write `{meant}`"),
            safe,
            at,
            meant,
        ));
        // The field is read as what was meant, so that it is not missed as well.
        let meant = names().find(|name| *name == meant)?;
        free.then_some(meant)
    }

    /// Checks which blocks stand in a body.
    ///
    /// What stands in a block that is not closed is likely meant to stand behind it.
    pub(crate) fn blocks(&mut self, items: &'a [Item], inside: &str, complete: bool) {
        let top = inside == "file";
        for item in items {
            let Item::Block(block) = item else { continue };
            let kind = block.kind.text.as_str();
            let fits = schema::block(kind).is_some_and(|spec| spec.inside == (!top).then_some(inside));
            let is_field = schema::block(inside).is_some_and(|spec| spec.field(kind).is_some());
            let behind = !complete && schema::block(kind).is_some_and(|spec| spec.inside != Some(inside));
            if fits || behind || (is_field && block.name.text.is_empty()) {
                continue;
            }
            let report = self.wrong_block(block, inside, is_field);
            self.report(report);
        }
    }

    fn wrong_block(&self, block: &Block, inside: &str, is_field: bool) -> Diagnostic {
        let (kind, at) = (block.kind.text.as_str(), block.kind.span);
        let top = inside == "file";
        if let Some(what) = habits::later_block(kind, inside) {
            return not_in_build(&format!("`{kind}`"), at, what);
        }
        if is_field {
            return Diagnostic::error(
                codes::MISPLACED_BLOCK,
                format!("`{kind}` is a field"),
                at,
                "written as a block",
            )
            .help(format!("write `{kind} = {{ … }}`"));
        }
        if let Some(spec) = schema::block(kind) {
            let place = spec.inside.map_or("at the top level".to_owned(), |inside| {
                format!("in {}", with_article(inside))
            });
            let here = if top {
                "the top level".to_owned()
            } else {
                with_article(inside)
            };
            return Diagnostic::error(
                codes::MISPLACED_BLOCK,
                format!("`{kind}` can't stand here"),
                at,
                format!("this is {here}"),
            )
            .help(format!("put it {place}"));
        }
        let kinds = || {
            schema::BLOCKS
                .iter()
                .filter(|spec| spec.inside == (!top).then_some(inside))
                .map(|spec| spec.kind)
        };
        let report = Diagnostic::error(
            codes::UNKNOWN_BLOCK,
            format!("there is no kind of block `{kind}`"),
            at,
            "not known here",
        );
        let meant = habits::block(kind).or_else(|| suggest::nearest(kind, kinds()).map(|near| near.name));
        match meant.filter(|meant| kinds().any(|kind| kind == *meant)) {
            Some(meant) => report.help(format!("did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                Applicability::Safe,
                at,
                meant,
            ),
            None if kinds().next().is_none() => {
                report.help(format!("{} has fields only", with_article(inside)))
            }
            None => report.help(format!("known here: {}", suggest::list(kinds()))),
        }
    }
}

/// A part of the language that this build does not have.
pub(crate) fn not_in_build(what: &str, at: Span, meaning: &str) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_IN_BUILD,
        format!("{what} is not part of language 0.1 of this build"),
        at,
        "not supported yet",
    )
    .help("leave it out")
    .note(meaning)
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    match kind {
        "file" => "the top level".to_owned(),
        "slo" => "an `slo`".to_owned(),
        "limits" => "`limits`".to_owned(),
        _ => format!("{article} `{kind}`"),
    }
}

fn duplicate_field(field: &Field, first: &Field) -> Diagnostic {
    Diagnostic::error(
        codes::DUPLICATE_FIELD,
        format!("`{}` is given twice", field.name.text),
        field.name.span,
        "given again here",
    )
    .label(first.name.span, "first given here")
    .help("remove one of them")
}

fn missing_field(body: Body<'_, '_>, spec: &FieldSpec, given: &[(&str, &Field)]) -> Diagnostic {
    let report = Diagnostic::error(
        codes::MISSING_FIELD,
        format!("`{}` has no `{}`", body.what, spec.name),
        body.head,
        format!("`{}` is missing", spec.name),
    )
    .help(format!("add `{} = …`: {}", spec.name, spec.ty.describe()));
    let there = suggest::list(given.iter().map(|(name, _)| *name));
    if given.is_empty() {
        report
    } else {
        report.note(format!("there is {there}"))
    }
}
