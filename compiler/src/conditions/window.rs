//! Over what time a measure is taken.

use std::time::Duration;

use rescc_core::value::Type;
use rescc_lang::tree::Args;
use rescc_lang::{Applicability, Diagnostic, Span};

use super::Judge;
use super::measures::Found;
use crate::codes::types as codes;
use crate::context::Cx;
use crate::schema::ABOVE_ZERO;
use crate::types::Want;

impl Cx<'_> {
    /// The window of a measure: nothing where something about it is wrong.
    #[expect(clippy::option_option, reason = "no window is not the same as a wrong one")]
    pub(super) fn window(
        &mut self,
        args: Option<&Args>,
        at: Span,
        path: &str,
        found: Found,
        judge: &Judge<'_>,
    ) -> Option<Option<Duration>> {
        let Some(args) = args else {
            if found.over_time && judge.place.is_live() {
                self.report(
                    Diagnostic::error(
                        codes::MISSING_WINDOW,
                        format!("`{path}` does not say over what time"),
                        at,
                        "expected a window behind it",
                    )
                    .help(format!("write, for example, `{path}(10s)`"))
                    .note(format!(
                        "`{}` is judged while the run goes on, over the latest time",
                        judge.place.as_str()
                    ))
                    .fix(
                        format!("write `{path}(10s)`"),
                        Applicability::Maybe,
                        at.after(),
                        "(10s)",
                    ),
                );
                return None;
            }
            return Some(None);
        };
        if !found.over_time {
            let what = if path.is_empty() {
                "it".to_owned()
            } else {
                format!("`{path}`")
            };
            self.report(
                Diagnostic::error(
                    codes::MISPLACED_WINDOW,
                    format!("{what} takes nothing in parentheses"),
                    args.span,
                    "not needed",
                )
                .help("remove the parentheses")
                .note("it is not measured over a time")
                .fix("remove them", Applicability::Safe, args.span, ""),
            );
            return None;
        }
        if let Some(named) = args.named.first() {
            self.report(
                Diagnostic::error(
                    codes::MISPLACED_WINDOW,
                    "a window is one duration without a name",
                    named.span,
                    "not known here",
                )
                .help(format!("write, for example, `{path}(10s)`")),
            );
            return None;
        }
        let Some(first) = &args.first else {
            self.report(
                Diagnostic::error(
                    codes::MISSING_WINDOW,
                    format!("`{path}` does not say over what time"),
                    args.span,
                    "is empty",
                )
                .help(format!("write, for example, `{path}(10s)`"))
                .fix(
                    format!("write `{path}(10s)`"),
                    Applicability::Maybe,
                    args.span,
                    "(10s)",
                ),
            );
            return None;
        };
        let want = Want {
            min: Some(ABOVE_ZERO),
            ..Want::new("window", &Type::Duration)
        };
        let value = self.value(first, &want)?;
        Some(value.as_duration())
    }
}
