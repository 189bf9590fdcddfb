//! `fill_disk`: takes up room on the file system of a folder.

use std::time::Duration;

use rescc_core::action::{ActionContext, Effect, Fault, UndoContext};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::environment::{Fill, FillAmount};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::text;
use rescc_core::undo::{UndoRecord, Undone};
use rescc_core::value::Type;
use serde::{Deserialize, Serialize};

use crate::arguments;
use crate::payload;
use crate::powers::{disk, nothing_to_do, unless_gone};

/// The least share of the file system that can be asked for.
const LEAST_USED: f64 = 0.01;

/// The fault.
#[derive(Clone, Copy, Debug)]
pub struct FillDisk;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    folder: String,
    amount: FillAmount,
}

// === impl FillDisk ===

#[async_trait]
impl Fault for FillDisk {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "fill_disk".into(),
            kind: ActionKind::LastingFault,
            summary: "Takes up room on the file system that a folder of the target lies on, with a file that has no name; \
                      proved by the room that is missing. All on the same file system lose that room; the kernel gives it \
                      back when whoever holds the file ends. Takes `size` or `used`, one of them."
                .into(),
            parameters: vec![
                ParameterSpec::required("target", Type::Target, "Whose file system."),
                ParameterSpec::required("folder", Type::Text, "A folder on that file system, as the target sees it."),
                ParameterSpec::optional("size", Type::Bytes, "How much room is taken up.").at_least(1.0),
                ParameterSpec::optional(
                    "used",
                    Type::Ratio,
                    "How full the file system is afterwards; of what ordinary users may fill.",
                )
                .within(LEAST_USED, 1.0),
            ],
            undo: UndoKind::Automatic,
            claims: vec![Claim::Disk],
            changes: Vec::new(),
            needs: vec![Power::Disk],
            time_limit: Duration::from_secs(60),
            undo_limit: Duration::from_secs(30),
        }
    }

    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure> {
        let wanted = Payload::wanted(context)?;
        if disk(&*context.environment)?
            .held(&context.injection)
            .await?
            .is_some()
        {
            return Err(Failure::new(
                ErrorClass::Conflict,
                format!("`{}` is in place already", context.injection),
            ));
        }
        payload::write(&wanted)
    }

    async fn apply(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<(), Failure> {
        let Payload { folder, amount } = payload::read(payload)?;
        disk(&*context.environment)?
            .fill(&context.instance.name, &folder, &context.injection, amount)
            .await
    }

    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure> {
        let Payload { amount, .. } = payload::read(payload)?;
        let Some(held) = disk(&*context.environment)?.held(&context.injection).await? else {
            return Ok(Effect::Gone("the room was given back".into()));
        };
        Ok(judge(amount, &held))
    }

    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure> {
        let _: Payload = payload::of(self, record)?;
        let released = unless_gone(disk(&*context.environment)?.release(&record.injection).await)?;
        Ok(released.unwrap_or_else(|| nothing_to_do("no room is held: whoever held it is gone")))
    }

    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure> {
        match unless_gone(disk(&*context.environment)?.held(&record.injection).await)?.flatten() {
            None => Ok("no room is held".into()),
            Some(held) => Err(Failure::new(
                ErrorClass::Transient,
                format!("{} are still held", text::bytes(held.bytes)),
            )),
        }
    }
}

// === impl Payload ===

impl Payload {
    fn wanted(context: &ActionContext) -> Result<Self, Failure> {
        let given = &context.arguments;
        let folder = arguments::text(given, "folder")?.filter(|folder| !folder.is_empty());
        let folder = folder.ok_or_else(|| arguments::missing("folder"))?.to_owned();
        let amount = match (arguments::bytes(given, "size")?, arguments::ratio(given, "used")?) {
            (Some(0), None) => return Err(arguments::refused("`size` is nothing")),
            (Some(size), None) => FillAmount::Bytes(size),
            (None, Some(used)) if (LEAST_USED..=1.0).contains(&used) => FillAmount::UsedShare(used),
            (None, Some(_)) => return Err(arguments::refused("`used` does not lie between 1% and 100%")),
            (Some(_), Some(_)) => {
                return Err(
                    arguments::refused("`size` and `used` are both given").help("leave one of them out")
                );
            }
            (None, None) => {
                return Err(arguments::refused("neither `size` nor `used` is given").help(
                    "say how much room is taken up (`size = 1GiB`) or how full it gets (`used = 95%`)",
                ));
            }
        };
        Ok(Self { folder, amount })
    }
}

/// What is held is the proof: what is free changes with all that others write and delete meanwhile.
fn judge(amount: FillAmount, held: &Fill) -> Effect {
    let (asked, wanted) = match amount {
        FillAmount::Bytes(size) => (text::bytes(size), size),
        FillAmount::UsedShare(share) => (format!("{} in use", text::ratio(share)), 1),
    };
    let found = format!("asked {asked}, {} are held", text::bytes(held.bytes));
    if held.bytes == 0 || held.bytes < most_of(wanted) {
        Effect::NotYet(format!("too little is held: {found}"))
    } else {
        Effect::Bites(found)
    }
}

/// 95 % of it, and never nothing.
fn most_of(size: u64) -> u64 {
    size.saturating_sub(size / 20).max(1)
}
