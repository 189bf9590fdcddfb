//! `start`: starts an instance that does not run.

use std::time::Duration;

use rescc_core::action::{ActionContext, Heal};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Changes, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::error::Failure;
use rescc_core::undo::Undone;
use rescc_core::value::Type;

use crate::powers::lifecycle;

/// The heal.
#[derive(Clone, Copy, Debug)]
pub struct Start;

// === impl Start ===

#[async_trait]
impl Heal for Start {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "start".into(),
            kind: ActionKind::Heal,
            summary: "Starts the target where it does not run, else leaves it alone; done when it runs, which is not yet \
                      healthy."
                .into(),
            parameters: vec![ParameterSpec::required("target", Type::Target, "What is started.")],
            undo: UndoKind::Nothing,
            claims: vec![Claim::Process],
            changes: vec![Changes::Phase, Changes::Health],
            needs: vec![Power::Lifecycle],
            time_limit: Duration::from_secs(30),
            undo_limit: Duration::ZERO,
        }
    }

    async fn run(&self, context: &ActionContext) -> Result<Undone, Failure> {
        lifecycle(&*context.environment)?
            .start(&context.instance.name)
            .await
    }
}
