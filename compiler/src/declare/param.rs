//! `param`: its type, its default, and what `--set` gives it.

use rescc_core::value::{Type, Value};
use rescc_lang::tree::{Block, ExprKind, File};
use rescc_lang::{Diagnostic, Span};

use super::spec;
use crate::check::Options;
use crate::codes::{names, types as codes};
use crate::context::{Cx, Param, suggest_name};
use crate::names::Names;
use crate::schema::Kind;
use crate::suggest;
use crate::types::{Want, describe, quantity};

/// The types that a parameter can have.
pub const PARAM_TYPES: &[&str] = &[
    "text",
    "duration",
    "ratio",
    "count",
    "number",
    "bytes",
    "bandwidth",
    "rate",
    "bool",
];

/// A declared parameter.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    pub(crate) block: &'a Block,
    /// Its type; `None` where that could not be read.
    pub(crate) ty: Option<Type>,
    /// What it is where nobody gives it.
    pub(crate) default: Option<Value>,
    /// Whether a default is written, be it wrong.
    pub(crate) has_default: bool,
    /// What `--set` gives it.
    pub(crate) set: Option<Value>,
    /// Whether `--set` names it, be its value wrong.
    pub(crate) is_set: bool,
}

fn type_named(name: &str) -> Option<Type> {
    Some(match name {
        "text" => Type::Text,
        "duration" => Type::Duration,
        "ratio" => Type::Ratio,
        "count" => Type::Count,
        "number" => Type::Number,
        "bytes" => Type::Bytes,
        "bandwidth" => Type::Bandwidth,
        "rate" => Type::Rate,
        "bool" => Type::Bool,
        _ => return None,
    })
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// All parameters of a file; of two with one name, the first.
    pub(crate) fn declared_params(&mut self, file: &'a File, options: &Options) -> Vec<Declared<'a>> {
        let mut declared: Vec<Declared<'a>> = Vec::new();
        for block in Names::in_order(file, Kind::Param) {
            let mut param = self.param(block);
            if declared
                .iter()
                .any(|other| other.block.name.text == block.name.text)
            {
                continue;
            }
            if let Some(raw) = options.set.get(&block.name.text) {
                param.is_set = true;
                param.set = self.setting(&param, raw);
            }
            declared.push(param);
        }
        for name in options.set.keys() {
            if !declared.iter().any(|param| param.block.name.text == *name) {
                let at = Span::new(self.file.id(), 0, 0);
                let report = Diagnostic::error(
                    names::UNKNOWN_SETTING,
                    format!("`--set {name}=…` names no parameter"),
                    at,
                    "this file declares no such parameter",
                );
                let mut report = suggest_name(
                    report,
                    name,
                    at,
                    declared.iter().map(|param| param.block.name.text.as_str()),
                );
                report.fixes.clear();
                self.report(report);
            }
        }
        declared
    }

    fn param(&mut self, block: &'a Block) -> Declared<'a> {
        let fields = self.fields(block, spec("param"), Some(&[]));
        let mut ty = None;
        if let Some(field) = fields.get("type") {
            let words = Type::words(PARAM_TYPES);
            match &field.value.kind {
                ExprKind::Ref(reference) if reference.bare().is_some_and(|name| name.text == "string") => {
                    let report = Diagnostic::error(
                        codes::UNKNOWN_WORD,
                        "there is no type `string`",
                        field.value.span,
                        "not a type",
                    )
                    .help("write `text`")
                    .fix(
                        "write `text`",
                        rescc_lang::Applicability::Safe,
                        field.value.span,
                        "text",
                    );
                    self.report(report);
                }
                _ => {
                    let word = self.value(&field.value, &Want::new("type", &words));
                    ty = word.as_ref().and_then(Value::as_text).and_then(type_named);
                }
            }
        }
        let mut default = None;
        if let (Some(field), Some(ty)) = (fields.get("default"), &ty) {
            default = self.value(&field.value, &Want::new("default", ty));
        }
        Declared {
            block,
            ty,
            default,
            has_default: fields.has("default"),
            set: None,
            is_set: false,
        }
    }

    /// What `--set` says, read by the parameter's type.
    fn setting(&mut self, param: &Declared<'_>, raw: &str) -> Option<Value> {
        let ty = param.ty.as_ref()?;
        let value = match ty {
            Type::Text => Some(Value::Text(raw.to_owned())),
            Type::Bool => raw.trim().parse().ok().map(Value::Bool),
            ty => quantity::split(raw.trim()).and_then(|(number, unit)| quantity::read_as(number, unit, ty)),
        };
        let share_fits = !matches!(value, Some(Value::Ratio(share)) if !(0.0..=1.0).contains(&share));
        if let Some(value) = value.filter(|_| share_fits) {
            return Some(value);
        }
        let name = &param.block.name;
        self.report(
            Diagnostic::error(
                codes::BAD_SETTING,
                format!("`--set {}={raw}` is not {}", name.text, describe::short(ty)),
                name.span,
                "declared here",
            )
            .help(format!("give {}", describe::ty(ty))),
        );
        None
    }

    /// Gives each parameter its default, where there is no environment.
    pub(crate) fn defaults(&mut self, params: &[Declared<'a>]) {
        for param in params {
            let value = param.set.clone().or_else(|| param.default.clone());
            self.params.insert(
                &param.block.name.text,
                Param {
                    ty: param.ty.clone(),
                    value,
                },
            );
        }
    }

    /// Reports that an environment leaves a parameter without a value.
    pub(crate) fn unset(&mut self, param: &Declared<'_>, environment: &Block) {
        let (name, here) = (&param.block.name, &environment.name);
        let what = param.ty.as_ref().map_or("…".to_owned(), describe::ty);
        self.report(
            Diagnostic::error(
                codes::UNSET_PARAMETER,
                format!("`{}` gives `{}` no value", here.text, name.text),
                here.span,
                format!("`{}` has no value here", name.text),
            )
            .label(name.span, "declared here, without a default")
            .help(format!(
                "add `set = {{ {} = … }}` to `environment {}`: {what}",
                name.text, here.text
            ))
            .help(format!(
                "or give it a default, or a value on the command line: {}",
                suggest::list([&*format!("--set {}=…", name.text)])
            )),
        );
    }
}
