//! `probe`

use std::time::Duration;

use rescc_core::catalogue::ProbeSpec;
use rescc_core::expr::Expr as Typed;
use rescc_core::program::{Arguments, Probe};
use rescc_lang::tree::{Block, Field};
use rescc_lang::{Diagnostic, FileId, SourceFile};

use super::spec;
use crate::calls::{Callee, call_of};
use crate::codes::{names, structure};
use crate::conditions::{It, Judge};
use crate::context::{Cx, suggest_name};
use crate::schema::Place;

impl<'a> Cx<'a> {
    pub(super) fn probe(&mut self, block: &'a Block) -> Option<Probe> {
        let fields = self.fields(block, spec("probe"), Some(&[]));
        let check = fields.get("check").and_then(|field| self.probe_call(field));
        let every = self.duration(&fields, "every");
        let rate = self.plain(&fields, "rate").and_then(|value| value.magnitude());
        if let (Some(every), Some(rate)) = (fields.get("every"), fields.get("rate")) {
            let (first, second) = if every.span < rate.span {
                (every, rate)
            } else {
                (rate, every)
            };
            self.report(
                Diagnostic::error(
                    structure::EVERY_AND_RATE,
                    format!("`{}` says how often it asks twice", block.name.text),
                    second.name.span,
                    "says it again",
                )
                .label(first.name.span, "says it here")
                .help("remove `every` or `rate`"),
            );
        }
        let timeout = self.duration(&fields, "timeout");
        let it = match check.as_ref().map(|(kind, _)| *kind) {
            Some(kind) => It::Of(&kind.answer),
            None => It::Unknown,
        };
        let judge = Judge {
            place: Place::Success,
            it,
        };
        let success = match fields.get("success") {
            Some(field) => self.condition(&field.value, &judge),
            None => check
                .as_ref()
                .and_then(|(kind, _)| self.default_success(kind, &judge)),
        };
        let every = match rate.filter(|_| fields.has("rate")) {
            Some(rate) => Duration::try_from_secs_f64(1.0 / rate).ok(),
            None => every,
        };
        let (kind, arguments) = check?;
        Some(Probe {
            kind: kind.name.to_string(),
            arguments,
            every: every?,
            timeout: timeout?,
            success: success?,
        })
    }

    fn probe_call(&mut self, field: &'a Field) -> Option<(&'a ProbeSpec, Arguments)> {
        let Some((name, reference)) = call_of(&field.value) else {
            self.wrong_shape(
                &field.value,
                "check",
                "a kind of probe",
                "http(\"http://localhost:8080\")",
            );
            return None;
        };
        let index = self.index;
        let Some(kind) = index.probes.get(name.text.as_str()).copied() else {
            let mut report = Diagnostic::error(
                names::UNKNOWN_PROBE_KIND,
                format!("there is no kind of probe `{}`", name.text),
                name.span,
                "not known here",
            );
            if index.actions.contains_key(name.text.as_str()) {
                report = report.note(format!("`{}` is an action: it stands in a step", name.text));
            }
            self.report(suggest_name(
                report,
                &name.text,
                name.span,
                index.probes.keys().copied(),
            ));
            return None;
        };
        let callee = Callee {
            name: &kind.name,
            parameters: &kind.parameters,
            late: &[],
            has_it: false,
        };
        let called = self.arguments(&callee, reference, field.value.span);
        Some((kind, called.values))
    }

    /// What is a success where the spec does not say: the catalogue says it as it would be written.
    fn default_success(&mut self, kind: &'a ProbeSpec, judge: &Judge<'_>) -> Option<Typed> {
        if let Some(known) = self.successes.get(&*kind.name) {
            return known.clone();
        }
        let typed = self.read_default_success(kind, judge);
        self.successes.insert(&kind.name, typed.clone());
        typed
    }

    fn read_default_success(&mut self, kind: &ProbeSpec, judge: &Judge<'_>) -> Option<Typed> {
        let text = format!("success = {}", kind.default_success);
        let file = SourceFile::new(FileId(u32::MAX), "catalogue", text);
        let parsed = rescc_lang::parse(&file);
        let condition = parsed
            .file
            .fields()
            .next()
            .filter(|_| parsed.diagnostics.is_empty())?;
        let before = self.found.len();
        let typed = self.condition(&condition.value, judge);
        // A catalogue that is wrong is no mistake of the spec.
        self.found.truncate(before);
        Some(typed.unwrap_or(Typed::value(rescc_core::value::Value::Bool(true))))
    }
}
