//! Whether an environment can do what a spec asks of it.

use rescc_lang::Diagnostic;

use crate::codes::safety as codes;
use crate::declare::Acting;
use crate::declare::environment::Environment;
use crate::suggest;

/// Reports what an environment can't honour.
pub(crate) fn check(environment: &Environment<'_>, acting: &[Acting<'_>], found: &mut Vec<Diagnostic>) {
    let Some(adapter) = environment.adapter else {
        return;
    };
    let here = &environment.block.name;
    for act in acting {
        let lacking = act
            .action
            .needs
            .iter()
            .find(|power| !adapter.powers.contains(power));
        if let Some(power) = lacking {
            found.push(
                Diagnostic::error(
                    codes::MISSING_POWER,
                    format!("`{}` can't honour `{}`", here.text, act.action.name),
                    act.span,
                    format!("needs {}", power.describe()),
                )
                .label(here.span, format!("`{}` has no power over that", adapter.name))
                .help("take another action, or another environment")
                .note("a spec must hold for every environment that it declares"),
            );
            continue;
        }
        let Some(resource) = &act.resource else { continue };
        let Some(bound) = environment.bound.get(resource) else {
            continue;
        };
        let missing = bound
            .locator
            .powers_by_parameter
            .iter()
            .find(|(power, parameter)| {
                act.action.needs.contains(power) && !bound.given.contains(&**parameter)
            });
        if let Some((power, parameter)) = missing {
            found.push(
                Diagnostic::error(
                    codes::POWER_NOT_GIVEN,
                    format!(
                        "`{}` can't honour `{}` on `{resource}`",
                        here.text, act.action.name
                    ),
                    act.span,
                    format!("needs {}", power.describe()),
                )
                .label(
                    bound.span,
                    format!("`{resource}` has no {} here", suggest::list([&**parameter])),
                )
                .help(format!(
                    "give `{}` its parameter `{parameter}` in `environment {}`",
                    bound.locator.name, here.text
                ))
                .note("a spec must hold for every environment that it declares"),
            );
        }
    }
}
