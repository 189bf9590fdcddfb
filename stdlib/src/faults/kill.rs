//! `kill`: ends an instance's main process by a signal.

use std::time::Duration;

use rescc_core::action::{ActionContext, Effect, Fault, UndoContext};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Changes, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::environment::{Fate, Incarnation};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::resource::Phase;
use rescc_core::undo::{UndoRecord, Undone};
use rescc_core::value::{Type, Value};
use serde::{Deserialize, Serialize};

use crate::arguments::{refused, text};
use crate::payload;
use crate::powers::{lifecycle, nothing_to_do, signals, unless_gone};

/// Signals that end a process which does not handle them, with the numbers that they have on every Linux
/// (signal(7)).
const SIGNALS: [(&str, i32); 7] = [
    ("SIGKILL", 9),
    ("SIGTERM", 15),
    ("SIGINT", 2),
    ("SIGQUIT", 3),
    ("SIGABRT", 6),
    ("SIGSEGV", 11),
    ("SIGHUP", 1),
];

/// How long an undo waits for an instance that may still be about to end by our signal.
const ABOUT_TO_END: Duration = Duration::from_secs(2);

/// How often it looks meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The fault.
#[derive(Clone, Copy, Debug)]
pub struct Kill;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// The life that is ended.
    incarnation: Incarnation,
    /// The phase that its undo brings back.
    phase: Phase,
    /// The number of the signal.
    signal: i32,
}

// === impl Kill ===

#[async_trait]
impl Fault for Kill {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "kill".into(),
            kind: ActionKind::MomentaryFault,
            summary: "Ends the target's main process by a signal, as a crash would; proved by its end. The undo starts \
                      the target again where nothing else has."
                .into(),
            parameters: vec![
                ParameterSpec::required("target", Type::Target, "What is killed."),
                ParameterSpec::optional(
                    "signal",
                    Type::words(&SIGNALS.map(|(word, _)| word)),
                    "The signal; all but `SIGKILL` can be handled or ignored by the target, which then shows as no effect.",
                )
                .or(Value::Word("SIGKILL".into())),
            ],
            undo: UndoKind::Automatic,
            claims: vec![Claim::Process],
            changes: vec![Changes::Phase, Changes::Health],
            needs: vec![Power::Signals, Power::Lifecycle],
            time_limit: Duration::from_secs(10),
            undo_limit: Duration::from_secs(10),
        }
    }

    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure> {
        let name = &context.instance.name;
        let word = text(&context.arguments, "signal")?.unwrap_or("SIGKILL");
        let (_, signal) = SIGNALS
            .into_iter()
            .find(|(known, _)| *known == word)
            .ok_or_else(|| refused(format!("`{word}` is no signal to end a process with")))?;
        let phase = lifecycle(&*context.environment)?.look(name).await?.phase;
        let incarnation = signals(&*context.environment)?.incarnation(name).await?;
        match incarnation {
            Some(incarnation) if phase == Phase::Running => payload::write(&Payload {
                incarnation,
                phase,
                signal,
            }),
            _ if phase == Phase::Running => Err(not_running(name, "it has no process")),
            _ => Err(not_running(name, &format!("it is {phase}"))),
        }
    }

    async fn apply(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<(), Failure> {
        let name = &context.instance.name;
        let Payload {
            incarnation, signal, ..
        } = payload::read(payload)?;
        let signals = signals(&*context.environment)?;
        if signals.incarnation(name).await? != Some(incarnation.clone()) {
            return Err(another_life(name, "before the signal"));
        }
        if signals.signal(name, signal).await? != incarnation {
            return Err(another_life(name, "and the signal reached its new life"));
        }
        Ok(())
    }

    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure> {
        let name = &context.instance.name;
        let Payload {
            incarnation,
            signal: asked,
            ..
        } = payload::read(payload)?;
        Ok(
            match signals(&*context.environment)?.fate(name, &incarnation).await? {
                Fate::Alive => Effect::NotYet(format!("`{name}` lives on after {}", named(asked))),
                Fate::Ended {
                    signal: Some(signal), ..
                } if signal == asked => Effect::Bites(format!("`{name}` ended by {}", named(asked))),
                Fate::Ended { how, .. } => {
                    Effect::Bites(format!("`{name}` ended after {}: {how}", named(asked)))
                }
            },
        )
    }

    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure> {
        let payload: Payload = payload::of(self, record)?;
        let name = &record.instance;
        let lifecycle = lifecycle(&*context.environment)?;
        let Some(before) = unless_gone(lifecycle.look(name).await)? else {
            return Ok(left_with_its_holder(name));
        };
        let phase = if exists(before.phase) {
            self.settled(context, name, &payload).await?
        } else {
            Some(before.phase)
        };
        let Some(phase) = phase else {
            return Ok(left_with_its_holder(name));
        };
        match phase {
            Phase::Paused => Ok(nothing_to_do(format!(
                "`{name}` is there, held still by something else"
            ))),
            phase if exists(phase) => Ok(nothing_to_do(format!("`{name}` runs already"))),
            phase => {
                let started = lifecycle.start(name).await?;
                Ok(Undone {
                    detail: format!("`{name}` was {phase}: {}", started.detail),
                    ..started
                })
            }
        }
    }

    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure> {
        let name = &record.instance;
        match unless_gone(lifecycle(&*context.environment)?.look(name).await)? {
            None => Ok(left_with_its_holder(name).detail),
            Some(now) if exists(now.phase) => Ok(format!("`{name}` is {}", now.phase)),
            Some(now) => Err(Failure::new(
                ErrorClass::Transient,
                format!("`{name}` is {}, not running", now.phase),
            )),
        }
    }
}

impl Kill {
    /// The phase, once it is clear that the signal does not end this life any more: a life that still goes on may have
    /// the signal before it.
    async fn settled(
        &self,
        context: &UndoContext,
        name: &str,
        payload: &Payload,
    ) -> Result<Option<Phase>, Failure> {
        let lifecycle = lifecycle(&*context.environment)?;
        let give_up = context.clock.now().after(ABOUT_TO_END);
        if let Some(signals) = context.environment.signals() {
            while unless_gone(signals.incarnation(name).await)?.flatten().as_ref()
                == Some(&payload.incarnation)
                && context.clock.now() < give_up
            {
                context
                    .clock
                    .sleep_until(context.clock.now().after(LOOK_EVERY))
                    .await;
            }
        }
        Ok(unless_gone(lifecycle.look(name).await)?.map(|now| now.phase))
    }
}

fn exists(phase: Phase) -> bool {
    matches!(phase, Phase::Running | Phase::Starting | Phase::Paused)
}

fn left_with_its_holder(name: &str) -> Undone {
    nothing_to_do(format!("`{name}` is gone with whoever started it"))
}

fn not_running(name: &str, why: &str) -> Failure {
    Failure::new(ErrorClass::Permanent, format!("`{name}` is not running: {why}"))
        .help("let the step wait until it runs: `wait(….healthy, within = …)`")
}

fn another_life(name: &str, when: &str) -> Failure {
    Failure::new(
        ErrorClass::Transient,
        format!("`{name}` was started anew since it was looked at, {when}"),
    )
}

fn named(signal: i32) -> String {
    match SIGNALS.iter().find(|(_, number)| *number == signal) {
        Some((word, _)) => format!("signal {signal} ({word})"),
        None => format!("signal {signal}"),
    }
}
