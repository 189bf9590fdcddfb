//! `heal`: healing policies.

use rescc_core::catalogue::ActionKind;
use rescc_core::program::{Backoff, Call, HealPolicy, Target};
use rescc_lang::Diagnostic;
use rescc_lang::tree::{Block, Expr};

use super::{Acting, spec};
use crate::calls::{Callee, call_of};
use crate::codes::names;
use crate::conditions::{It, Judge};
use crate::context::{Cx, suggest_name};
use crate::schema::{Kind, Place};
use crate::suggest;

const WATCHED: &[Kind] = &[Kind::Resource, Kind::Selector];

impl<'a> Cx<'a> {
    pub(super) fn heal(&mut self, block: &'a Block, acting: &mut Vec<Acting<'a>>) -> Option<HealPolicy> {
        let fields = self.fields(block, spec("heal"), Some(&[]));
        let watch = fields.get("watch").and_then(|field| {
            let name = self.name_of(&field.value, "watch", WATCHED)?;
            Some(match self.name(name, WATCHED)?.kind {
                Kind::Selector => Target::Selector(name.text.clone()),
                _ => Target::Resource(name.text.clone()),
            })
        });
        let index = self.index;
        let judge = Judge {
            place: Place::When,
            it: It::Of(&index.instance),
        };
        let when = fields.get("when").and_then(|field| {
            let typed = self.condition(&field.value, &judge)?;
            Some((typed, self.text(field.value.span)))
        });
        let hold = self.duration(&fields, "hold");
        let mut ladder = Vec::new();
        if let Some(field) = fields.get("ladder") {
            let rungs = self.elements(field);
            if rungs.is_empty() && matches!(field.value.kind, rescc_lang::tree::ExprKind::List(_)) {
                self.empty_list(field);
            }
            for rung in rungs {
                ladder.push(self.rung(rung, watch.as_ref(), acting));
            }
        }
        let retry = fields
            .get("retry")
            .map_or(Some(Backoff::ONCE), |field| self.backoff(field));
        let cooldown = self.duration(&fields, "cooldown");
        let (when, text) = when?;
        let ladder = ladder.into_iter().collect::<Option<Vec<Call>>>()?;
        Some(HealPolicy {
            watch: watch?,
            when,
            text,
            hold: hold?,
            ladder,
            retry: retry?,
            cooldown: cooldown?,
        })
    }

    fn rung(&mut self, expr: &Expr, watch: Option<&Target>, acting: &mut Vec<Acting<'a>>) -> Option<Call> {
        let heals = || {
            self.index
                .actions
                .values()
                .filter(|action| action.kind == ActionKind::Heal)
                .map(|action| &*action.name)
        };
        let Some((name, reference)) = call_of(expr) else {
            self.wrong_shape(expr, "ladder", "heals", "[restart(it)]");
            return None;
        };
        let Some(action) = self.index.actions.get(name.text.as_str()).copied() else {
            let report = Diagnostic::error(
                names::UNKNOWN_ACTION,
                format!("there is no action `{}`", name.text),
                name.span,
                "not known here",
            );
            let report = suggest_name(report, &name.text, name.span, heals());
            self.report(report);
            return None;
        };
        if action.kind != ActionKind::Heal {
            let known = suggest::list(heals());
            self.report(
                Diagnostic::error(
                    names::WRONG_CALL,
                    format!("`{}` is no heal", name.text),
                    name.span,
                    "expected a heal",
                )
                .help(format!("the heals are {known}"))
                .note("a policy mends the system; faults are injected by steps"),
            );
            return None;
        }
        let callee = Callee {
            name: &action.name,
            parameters: &action.parameters,
            late: &[],
            has_it: true,
        };
        let called = self.arguments(&callee, reference, expr.span);
        let target = called.target?;
        let on = if target == Target::It {
            watch.cloned()
        } else {
            Some(target.clone())
        };
        let resource = on.and_then(|on| self.resource_of(&on));
        acting.push(Acting {
            action,
            resource,
            span: expr.span,
        });
        Some(Call {
            action: action.name.to_string(),
            target,
            arguments: called.values,
            text: self.text(expr.span),
        })
    }
}
