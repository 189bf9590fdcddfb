//! What every check has at hand: the names, the catalogue, the values of parameters, and where findings go.

use std::collections::BTreeMap;

use rescc_core::catalogue::{ActionSpec, AdapterSpec, AnswerField, Catalogue, ProbeSpec};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Block, Ident};
use rescc_lang::{Applicability, Diagnostic, SourceFile, Span};

use crate::codes::names as codes;
use crate::flow::BackoffSpec;
use crate::names::{Declared, Names};
use crate::schema::Kind;
use crate::suggest;

/// What is the same for all environments.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    pub(crate) names: Names<'a>,
    pub(crate) actions: BTreeMap<&'a str, &'a ActionSpec>,
    pub(crate) probes: BTreeMap<&'a str, &'a ProbeSpec>,
    pub(crate) adapters: BTreeMap<&'a str, &'a AdapterSpec>,
    pub(crate) backoffs: Vec<BackoffSpec>,
    pub(crate) instance: Vec<AnswerField>,
}

/// A parameter in one environment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Param {
    /// Its type; `None` where that could not be read.
    pub(crate) ty: Option<Type>,
    /// Its value; `None` where there is none, which has been reported.
    pub(crate) value: Option<Value>,
}

/// The parameters in one environment.
pub(crate) type Params<'a> = BTreeMap<&'a str, Param>;

/// What a check has at hand.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) file: &'a SourceFile,
    pub(crate) index: &'a Index<'a>,
    pub(crate) params: Params<'a>,
    /// The steps of the workflow at hand.
    pub(crate) steps: BTreeMap<&'a str, &'a Block>,
    /// Whether the workflow at hand surely has no steady state.
    pub(crate) never_steady: bool,
    /// What is a success of a kind of probe where a spec does not say.
    pub(crate) successes: BTreeMap<&'a str, Option<rescc_core::expr::Expr>>,
    pub(crate) found: Vec<Diagnostic>,
}

// === impl Index ===

impl<'a> Index<'a> {
    pub(crate) fn new(names: Names<'a>, catalogue: &'a Catalogue, flow: &'a [ActionSpec]) -> Self {
        let actions = catalogue
            .actions
            .iter()
            .chain(flow)
            .map(|action| (&*action.name, action));
        Self {
            names,
            actions: actions.collect(),
            probes: catalogue
                .probes
                .iter()
                .map(|probe| (&*probe.name, probe))
                .collect(),
            adapters: catalogue
                .adapters
                .iter()
                .map(|adapter| (&*adapter.name, adapter))
                .collect(),
            backoffs: crate::flow::backoffs(),
            instance: crate::flow::instance_fields(),
        }
    }
}

// === impl Cx ===

impl<'a> Cx<'a> {
    pub(crate) fn new(file: &'a SourceFile, index: &'a Index<'a>, params: Params<'a>) -> Self {
        Self {
            file,
            index,
            params,
            steps: BTreeMap::new(),
            never_steady: false,
            successes: BTreeMap::new(),
            found: Vec::new(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// The text under a span with its white space folded.
    pub(crate) fn text(&self, span: Span) -> String {
        let mut text = String::new();
        for word in self.file.slice(span).split_whitespace() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// What a name stands for, where it is one of some kinds; anything else is reported.
    pub(crate) fn name(&mut self, name: &Ident, kinds: &[Kind]) -> Option<&'a Declared<'a>> {
        let index = self.index;
        let Some(declared) = index.names.get(&name.text) else {
            if let Some(step) = self.steps.get(name.text.as_str()) {
                let step = step.name.span;
                self.wrong_kind(name, Kind::Step, step, kinds);
            } else {
                self.unknown_name(name, kinds, &[]);
            }
            return None;
        };
        declared.used.set(true);
        if declared.kind == Kind::Unknown {
            return None;
        }
        if !kinds.contains(&declared.kind) {
            self.wrong_kind(name, declared.kind, declared.block.name.span, kinds);
            return None;
        }
        Some(declared)
    }

    pub(crate) fn wrong_kind(&mut self, name: &Ident, is: Kind, declared: Span, kinds: &[Kind]) {
        let wanted = describe_kinds(kinds);
        let mut report = Diagnostic::error(
            codes::WRONG_KIND,
            format!("`{}` is {}", name.text, is.describe()),
            name.span,
            format!("expected {wanted}"),
        )
        .label(declared, format!("declared as {} here", is.describe()));
        let right: Vec<&str> = self.index.names.of_kinds(kinds).collect();
        if !right.is_empty() {
            report = report.help(format!("{wanted} would be {}", suggest::either(right)));
        } else if let Some(help) = declare_one(kinds) {
            report = report.help(help);
        }
        self.report(report);
    }

    /// Reports a name that nothing declares.
    pub(crate) fn unknown_name(&mut self, name: &Ident, kinds: &[Kind], others: &[&str]) {
        // A word of the language as a name has been reported as such.
        if crate::structure::is_word(&name.text) {
            return;
        }
        let steps: Vec<&str> = if kinds.contains(&Kind::Step) {
            self.steps.keys().copied().collect()
        } else {
            Vec::new()
        };
        let known = || {
            self.index
                .names
                .of_kinds(kinds)
                .chain(steps.iter().copied())
                .chain(others.iter().copied())
        };
        let wanted = describe_kinds(kinds);
        let what = if kinds.is_empty() {
            "a name".to_owned()
        } else {
            wanted
        };
        let report = Diagnostic::error(
            codes::UNKNOWN_NAME,
            format!("nothing is called `{}`", name.text),
            name.span,
            format!("expected {what}"),
        );
        let mut report = suggest_name(report, &name.text, name.span, known());
        if report.help.is_empty()
            && let Some(help) = declare_one(kinds)
        {
            report = report.help(help);
        }
        self.report(report);
    }
}

/// What to do where nothing of these kinds is declared.
fn declare_one(kinds: &[Kind]) -> Option<String> {
    let (kind, keyword) = kinds
        .iter()
        .find_map(|kind| kind.keyword().map(|keyword| (kind, keyword)))?;
    Some(format!(
        "declare {}: `{keyword} some_name {{ … }}`",
        kind.describe()
    ))
}

/// "a resource or a selector"
pub(crate) fn describe_kinds(kinds: &[Kind]) -> String {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.describe()).collect();
    match kinds.split_last() {
        None => "a name".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Adds the nearest of the candidates with a fix, or the list of them.
pub(crate) fn suggest_name<'n>(
    report: Diagnostic,
    written: &str,
    at: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<&str> = known.collect();
    match suggest::nearest(written, known.iter().copied()) {
        Some(near) => {
            let safe = if near.only {
                Applicability::Safe
            } else {
                Applicability::Maybe
            };
            report.help(format!("did you mean `{}`?", near.name)).fix(
                format!("write `{}`", near.name),
                safe,
                at,
                near.name,
            )
        }
        None if known.is_empty() => report,
        None => report.help(format!("known here: {}", suggest::list(known))),
    }
}
