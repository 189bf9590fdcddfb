//! `pause`: holds an instance still.

use std::time::Duration;

use rescc_core::action::{ActionContext, Effect, Fault, UndoContext};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Changes, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::environment::{Frozen, Incarnation};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::undo::{UndoRecord, Undone};
use rescc_core::value::Type;
use serde::{Deserialize, Serialize};

use crate::payload;
use crate::powers::{freeze, nothing_to_do, unless_gone};

/// The fault.
#[derive(Clone, Copy, Debug)]
pub struct Pause;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// The life that is held, where the environment can tell lives apart before it is.
    incarnation: Option<Incarnation>,
}

// === impl Pause ===

#[async_trait]
impl Fault for Pause {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "pause".into(),
            kind: ActionKind::LastingFault,
            summary: "Holds all processes of the target still, so that it hangs: connections are taken and nothing is \
                      answered. The undo lets it go on where it stopped."
                .into(),
            parameters: vec![ParameterSpec::required("target", Type::Target, "What is held still.")],
            undo: UndoKind::Automatic,
            claims: vec![Claim::Process],
            changes: vec![Changes::Phase, Changes::Health],
            needs: vec![Power::Freeze],
            time_limit: Duration::from_secs(10),
            undo_limit: Duration::from_secs(10),
        }
    }

    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure> {
        let name = &context.instance.name;
        match freeze(&*context.environment)?.state(name).await? {
            Frozen::Running => {}
            Frozen::Held(_) => {
                return Err(
                    Failure::new(ErrorClass::Conflict, format!("`{name}` is held still already"))
                        .help("let it go on first: what somebody else holds is not ours to undo"),
                );
            }
            Frozen::Gone => {
                return Err(Failure::new(
                    ErrorClass::Permanent,
                    format!("`{name}` is not running"),
                ));
            }
        }
        let incarnation = match context.environment.signals() {
            Some(signals) => signals.incarnation(name).await?,
            None => None,
        };
        payload::write(&Payload { incarnation })
    }

    async fn apply(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<(), Failure> {
        let Payload { incarnation } = payload::read(payload)?;
        let held = freeze(&*context.environment)?
            .freeze(&context.instance.name)
            .await?;
        match incarnation {
            Some(noted) if noted != held => Err(Failure::new(
                ErrorClass::Transient,
                format!(
                    "`{}` was started anew since it was looked at",
                    context.instance.name
                ),
            )),
            _ => Ok(()),
        }
    }

    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure> {
        let name = &context.instance.name;
        let Payload { incarnation } = payload::read(payload)?;
        Ok(
            match (freeze(&*context.environment)?.state(name).await?, incarnation) {
                (Frozen::Held(held), Some(noted)) if held != noted => Effect::Gone(format!(
                    "`{name}` ended while it was held, and what is held now is a later life"
                )),
                (Frozen::Held(_), _) => Effect::Bites(format!("all processes of `{name}` are held still")),
                (Frozen::Running, _) => Effect::Gone(format!("`{name}` runs: somebody let it go on")),
                (Frozen::Gone, _) => Effect::Gone(format!("`{name}` ended while it was held")),
            },
        )
    }

    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure> {
        let _: Payload = payload::of(self, record)?;
        let name = &record.instance;
        let freeze = freeze(&*context.environment)?;
        // Only the end is a reason not to thaw: "runs" is also said of one whose processes are held in part.
        let thawed = match unless_gone(freeze.state(name).await) {
            Ok(None | Some(Frozen::Gone)) => None,
            Ok(Some(_)) | Err(_) => unless_gone(freeze.thaw(name).await)?,
        };
        Ok(thawed.unwrap_or_else(|| nothing_to_do(format!("`{name}` is gone, nothing is held"))))
    }

    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure> {
        let name = &record.instance;
        match unless_gone(freeze(&*context.environment)?.state(name).await)? {
            Some(Frozen::Held(_)) => Err(Failure::new(
                ErrorClass::Transient,
                format!("`{name}` is still held"),
            )),
            Some(Frozen::Running) => Ok(format!("`{name}` runs")),
            Some(Frozen::Gone) | None => Ok(format!("`{name}` is gone, nothing is held")),
        }
    }
}
