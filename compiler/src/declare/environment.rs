//! `environment`: its adapter, what it binds, what it sets.

use std::collections::{BTreeMap, BTreeSet};

use rescc_core::catalogue::{AdapterSpec, LocatorSpec};
use rescc_core::program::{Arguments, Limits, Locator};
use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Block, Expr, ExprKind, Field, File, TextPart};
use rescc_lang::{Diagnostic, Span};

use super::param::Declared;
use super::spec;
use crate::calls::{Callee, call_of};
use crate::codes::{names, structure};
use crate::context::{Cx, Param, suggest_name};
use crate::names::Names;
use crate::schema::Kind;
use crate::structure::Fields;
use crate::types::Want;

/// A declared environment.
#[derive(Debug)]
pub(crate) struct Environment<'a> {
    pub(crate) block: &'a Block,
    /// Its adapter; `None` where that is not known, which has been reported.
    pub(crate) adapter: Option<&'a AdapterSpec>,
    pub(crate) settings: Arguments,
    pub(crate) bind: BTreeMap<String, Locator>,
    /// How resources are bound here.
    pub(crate) bound: BTreeMap<String, Bound<'a>>,
    pub(crate) limits: Limits,
    /// Where its deadline stands.
    pub(crate) deadline_span: Option<Span>,
}

/// How a resource is bound.
#[derive(Debug)]
pub(crate) struct Bound<'a> {
    pub(crate) locator: &'a LocatorSpec,
    /// The parameters that are written.
    pub(crate) given: BTreeSet<String>,
    pub(crate) span: Span,
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Checks an environment; its values of parameters are those of the context from then on.
    pub(crate) fn environment(
        &mut self,
        block: &'a Block,
        params: &[Declared<'a>],
        file: &'a File,
    ) -> Environment<'a> {
        let adapter = self.adapter(block);
        let others: Option<Vec<&'a str>> =
            adapter.map(|adapter| adapter.settings.iter().map(|setting| &*setting.name).collect());
        let fields = self.fields(block, spec("environment"), others.as_deref());
        self.set_params(block, &fields, params);
        let settings = adapter
            .map(|adapter| self.settings(block, adapter, &fields))
            .unwrap_or_default();
        let mut environment = Environment {
            block,
            adapter,
            settings,
            bind: BTreeMap::new(),
            bound: BTreeMap::new(),
            limits: Limits::default(),
            deadline_span: None,
        };
        if let Some(field) = fields.get("bind") {
            self.bind(field, &mut environment);
        }
        if let Some(adapter) = adapter.filter(|adapter| adapter.starts) {
            self.unbound(block, adapter, fields.get("bind"), file);
        }
        (environment.limits, environment.deadline_span) = self.limits(&fields);
        environment
    }

    fn adapter(&mut self, block: &Block) -> Option<&'a AdapterSpec> {
        // A field whose name is only misspelt is reported as such, and read as what was meant.
        let misspelt = |field: &&Field| {
            let name = field.name.text.as_str();
            spec("environment").field(name).is_none() && crate::suggest::nearest(name, ["adapter"]).is_some()
        };
        let field = block
            .fields()
            .find(|field| field.name.text == "adapter")
            .or_else(|| block.fields().find(misspelt));
        let index = self.index;
        let (name, at) = match field {
            Some(field) => {
                let name = self.name_of(&field.value, "adapter", &[])?;
                (name.text.as_str(), name.span)
            }
            None if block.name.text.is_empty() => return None,
            None => (block.name.text.as_str(), block.name.span),
        };
        if let Some(adapter) = index.adapters.get(name) {
            return Some(adapter);
        }
        let report = Diagnostic::error(
            names::UNKNOWN_ADAPTER,
            format!("there is no adapter `{name}`"),
            at,
            "not known here",
        );
        let mut report = suggest_name(report, name, at, index.adapters.keys().copied());
        if field.is_none() {
            report = report
                .help("say which adapter it takes: `adapter = …`")
                .note("without the field `adapter`, an environment takes the adapter of its name");
            report.fixes.clear();
        }
        self.report(report);
        None
    }

    /// Gives each parameter its value here: from the command line, else from `set`, else its default.
    fn set_params(&mut self, block: &Block, fields: &Fields<'a>, params: &[Declared<'a>]) {
        let mut set: BTreeMap<&str, Option<Value>> = BTreeMap::new();
        self.params.clear();
        if let Some(field) = fields.get("set") {
            for field in self.record(field) {
                let name = &field.name;
                let Some(param) = params.iter().find(|param| param.block.name.text == name.text) else {
                    self.name(name, &[Kind::Param]);
                    continue;
                };
                if let Some(first) = self.duplicate_key(field, &set) {
                    self.report(first);
                    continue;
                }
                let value = param
                    .ty
                    .as_ref()
                    .and_then(|ty| self.value(&field.value, &Want::new(&name.text, ty)));
                set.insert(&name.text, value);
            }
        }
        for param in params {
            let name = param.block.name.text.as_str();
            let given = if param.is_set {
                Some(param.set.clone())
            } else {
                set.remove(name)
            };
            let value = match given {
                Some(value) => value,
                None if param.has_default => param.default.clone(),
                None => {
                    if param.block.complete && param.ty.is_some() {
                        self.unset(param, block);
                    }
                    None
                }
            };
            self.params.insert(
                name,
                Param {
                    ty: param.ty.clone(),
                    value,
                },
            );
        }
    }

    fn duplicate_key<T>(&self, field: &Field, before: &BTreeMap<&str, T>) -> Option<Diagnostic> {
        before.contains_key(field.name.text.as_str()).then(|| {
            Diagnostic::error(
                structure::DUPLICATE_FIELD,
                format!("`{}` is given twice", field.name.text),
                field.name.span,
                "given again here",
            )
            .help("remove one of them")
        })
    }

    fn settings(&mut self, block: &Block, adapter: &AdapterSpec, fields: &Fields<'a>) -> Arguments {
        let mut settings = Arguments::new();
        for setting in &adapter.settings {
            if let Some(field) = fields.get(&setting.name) {
                let want = Want {
                    name: &setting.name,
                    ty: &setting.ty,
                    min: setting.min,
                    max: setting.max,
                    late: &[],
                };
                if let Some(value) = self.value(&field.value, &want) {
                    settings.insert(setting.name.to_string(), value);
                }
            } else if let Some(default) = &setting.default {
                settings.insert(setting.name.to_string(), default.clone());
            } else if setting.required && block.complete {
                self.report(
                    Diagnostic::error(
                        structure::MISSING_FIELD,
                        format!("`environment {}` has no `{}`", block.name.text, setting.name),
                        block.name.span,
                        format!("`{}` is missing", setting.name),
                    )
                    .help(format!(
                        "add `{} = …`: {}",
                        setting.name,
                        crate::types::describe::ty(&setting.ty)
                    ))
                    .note(format!("the adapter `{}` needs it", adapter.name)),
                );
            }
        }
        settings
    }

    fn bind(&mut self, field: &'a Field, environment: &mut Environment<'a>) {
        let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
        for field in self.record(field) {
            let resource = self.name(&field.name, &[Kind::Resource]).is_some();
            if let Some(report) = self.duplicate_key(field, &seen) {
                self.report(report);
                continue;
            }
            seen.insert(&field.name.text, ());
            let Some(adapter) = environment.adapter else {
                continue;
            };
            let Some((locator, bound)) = self.locator(field, adapter) else {
                continue;
            };
            if resource {
                environment.bind.insert(field.name.text.clone(), locator);
                environment.bound.insert(field.name.text.clone(), bound);
            }
        }
    }

    fn locator(&mut self, field: &'a Field, adapter: &'a AdapterSpec) -> Option<(Locator, Bound<'a>)> {
        let known = || adapter.locators.iter().map(|locator| &*locator.name);
        let Some((name, reference)) = call_of(&field.value) else {
            let example = known()
                .next()
                .map_or("service(\"x\")".to_owned(), |name| format!("{name}(…)"));
            self.wrong_shape(&field.value, &field.name.text, "a locator", &example);
            return None;
        };
        let Some(spec) = adapter.locator(&name.text) else {
            let report = Diagnostic::error(
                names::UNKNOWN_LOCATOR,
                format!("the adapter `{}` has no locator `{}`", adapter.name, name.text),
                name.span,
                "not known here",
            );
            self.report(suggest_name(report, &name.text, name.span, known()));
            return None;
        };
        let callee = Callee {
            name: &spec.name,
            parameters: &spec.parameters,
            late: &spec.late_names,
            has_it: false,
        };
        let called = self.arguments(&callee, reference, field.value.span);
        if spec.late_names.iter().any(|late| late == "port.*") {
            self.check_ports(&field.value, spec, &called.values);
        }
        let locator = Locator {
            locator: spec.name.to_string(),
            arguments: called.values,
        };
        Some((
            locator,
            Bound {
                locator: spec,
                given: called.given,
                span: field.value.span,
            },
        ))
    }

    /// `${port.x}` must be one of the ports that the locator is given.
    fn check_ports(&mut self, expr: &Expr, spec: &LocatorSpec, values: &Arguments) {
        let counts = Type::record(Type::Count);
        let ports: Vec<&str> = spec
            .parameters
            .iter()
            .filter(|parameter| parameter.ty == counts)
            .filter_map(|parameter| values.get(&*parameter.name)?.as_record())
            .flat_map(|record| record.keys().map(String::as_str))
            .collect();
        let mut used = Vec::new();
        each_port(expr, &mut used);
        for (name, at) in used.into_iter().filter(|(name, _)| !ports.contains(name)) {
            let report = Diagnostic::error(
                names::UNKNOWN_INTERPOLATION,
                format!("no port is called `{name}`"),
                at,
                "can't be put in here",
            );
            let near = crate::suggest::nearest(name, ports.iter().copied());
            let report = match near {
                Some(near) => {
                    let text = format!("${{port.{}}}", near.name);
                    report.help(format!("did you mean `{text}`?")).fix(
                        format!("write `{text}`"),
                        rescc_lang::Applicability::Safe,
                        at,
                        text,
                    )
                }
                None if ports.is_empty() => {
                    report.help(format!("give it ports: `ports = {{ {name} = 8080 }}`"))
                }
                None => report.help(format!(
                    "its ports are {}",
                    crate::suggest::list(ports.iter().copied())
                )),
            };
            self.report(report);
        }
    }

    fn unbound(&mut self, block: &Block, adapter: &AdapterSpec, bind: Option<&Field>, file: &'a File) {
        if !block.complete || matches!(bind.map(|bind| &bind.value.kind), Some(ExprKind::Error)) {
            return;
        }
        let bound: BTreeSet<&str> = match bind.map(|bind| &bind.value.kind) {
            Some(ExprKind::Record(fields)) => fields.iter().map(|field| field.name.text.as_str()).collect(),
            _ => BTreeSet::new(),
        };
        // A name that `bind` has wrong is likely the one that is missed: its own report says so.
        let wrong: Vec<&str> = bound
            .iter()
            .copied()
            .filter(|name| self.index.names.get(name).is_none())
            .collect();
        let example = adapter
            .locators
            .first()
            .map_or("…".to_owned(), |locator| format!("{}(…)", locator.name));
        for resource in Names::in_order(file, Kind::Resource) {
            let name = resource.name.text.as_str();
            let meant = wrong
                .iter()
                .any(|wrong| crate::suggest::nearest(wrong, [name]).is_some());
            if name.is_empty() || bound.contains(name) || meant || crate::names::is_reserved(name) {
                continue;
            }
            let at = bind.map_or(block.name.span, |bind| bind.name.span);
            self.report(
                Diagnostic::error(
                    structure::UNBOUND_RESOURCE,
                    format!("`{}` does not bind `{name}`", block.name.text),
                    at,
                    format!("`{name}` is missing"),
                )
                .label(resource.name.span, "declared here")
                .help(format!("add `{name} = {example}` to `bind`"))
                .note(format!(
                    "the adapter `{}` starts what it binds, so every resource must be bound",
                    adapter.name
                )),
            );
        }
    }
}

/// The ports that texts of an expression take in.
fn each_port<'e>(expr: &'e Expr, used: &mut Vec<(&'e str, Span)>) {
    match &expr.kind {
        ExprKind::Text(text) => {
            for part in &text.parts {
                if let TextPart::Name { path, span } = part
                    && let [head, port] = path.as_slice()
                    && head == "port"
                {
                    used.push((port, *span));
                }
            }
        }
        ExprKind::List(elements) => elements.iter().for_each(|element| each_port(element, used)),
        ExprKind::Record(fields) => fields.iter().for_each(|field| each_port(&field.value, used)),
        ExprKind::Ref(reference) => {
            if let Some(args) = &reference.args {
                args.first.iter().for_each(|first| each_port(first, used));
                args.named.iter().for_each(|field| each_port(&field.value, used));
            }
        }
        _ => {}
    }
}
