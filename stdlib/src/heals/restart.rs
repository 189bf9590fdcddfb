//! `restart`: stops an instance and starts it.

use std::time::Duration;

use rescc_core::action::{ActionContext, Heal};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Changes, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::error::Failure;
use rescc_core::undo::Undone;
use rescc_core::value::{Type, Value};

use crate::arguments;
use crate::powers::lifecycle;

const GRACE: Duration = Duration::from_secs(5);

/// The longest grace: it must fit into the time limit.
const LONGEST_GRACE: Duration = Duration::from_secs(30);

/// The heal.
#[derive(Clone, Copy, Debug)]
pub struct Restart;

// === impl Restart ===

#[async_trait]
impl Heal for Restart {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "restart".into(),
            kind: ActionKind::Heal,
            summary: "Stops the target where it runs, and starts it; done when it runs, which is not yet healthy.".into(),
            parameters: vec![
                ParameterSpec::required("target", Type::Target, "What is restarted."),
                ParameterSpec::optional(
                    "grace",
                    Type::Duration,
                    "How long it may take to stop by itself once it is asked to, before it is ended; at most 30s.",
                )
                .or(Value::Duration(GRACE))
                .within(0.0, LONGEST_GRACE.as_secs_f64()),
            ],
            undo: UndoKind::Nothing,
            claims: vec![Claim::Process],
            changes: vec![Changes::Phase, Changes::Health],
            needs: vec![Power::Lifecycle],
            time_limit: Duration::from_secs(60),
            undo_limit: Duration::ZERO,
        }
    }

    async fn run(&self, context: &ActionContext) -> Result<Undone, Failure> {
        let grace = arguments::duration(&context.arguments, "grace")?.unwrap_or(GRACE);
        if grace > LONGEST_GRACE {
            return Err(arguments::refused("`grace` is longer than 30s"));
        }
        lifecycle(&*context.environment)?
            .restart(&context.instance.name, grace)
            .await
    }
}
