//! `latency`: what an instance answers arrives later.

use std::time::Duration;

use rescc_core::action::{ActionContext, Effect, Fault, UndoContext};
use rescc_core::async_trait;
use rescc_core::catalogue::{ActionKind, ActionSpec, Claim, ParameterSpec, Power, UndoKind};
use rescc_core::environment::{PortEvidence, PortFault};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::text;
use rescc_core::time::as_nanos;
use rescc_core::undo::{UndoRecord, Undone};
use rescc_core::value::{Type, Value};
use serde::{Deserialize, Serialize};

use crate::arguments;
use crate::payload;
use crate::powers::{nothing_to_do, ports, unless_gone};

/// The shortest delay: below, the clock of the machine is too coarse.
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest delay.
const LONGEST: Duration = Duration::from_secs(3_600);

/// The smallest share of the connections.
const SMALLEST_SHARE: f64 = 0.001;

/// By how much a timer may be early, at most; of short delays it is a twentieth.
const TOLERANCE: Duration = Duration::from_millis(1);

/// The fault.
#[derive(Clone, Copy, Debug)]
pub struct Latency;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    #[serde(with = "as_nanos")]
    delay: Duration,
    #[serde(with = "as_nanos")]
    jitter: Duration,
    share: f64,
    port: Option<String>,
}

// === impl Latency ===

#[async_trait]
impl Fault for Latency {
    fn spec(&self) -> ActionSpec {
        ActionSpec {
            name: "latency".into(),
            kind: ActionKind::LastingFault,
            summary: "Holds back what the target answers, each piece by `delay` more or less `jitter`; proved by the delay \
                      that its traffic really had. The undo takes the delay away from connections that are open, too."
                .into(),
            parameters: vec![
                ParameterSpec::required("target", Type::Target, "Whose answers are late."),
                ParameterSpec::required("delay", Type::Duration, "By how much they are late, from 1ms to 1h.")
                    .within(SHORTEST.as_secs_f64(), LONGEST.as_secs_f64()),
                ParameterSpec::optional(
                    "jitter",
                    Type::Duration,
                    "How far each delay may lie from `delay`, evenly drawn; at most `delay` itself.",
                )
                .or(Value::Duration(Duration::ZERO))
                .within(0.0, LONGEST.as_secs_f64()),
                ParameterSpec::optional("share", Type::Ratio, "Which share of the connections, drawn for each when it is opened.")
                    .or(Value::Ratio(1.0))
                    .within(SMALLEST_SHARE, 1.0),
                ParameterSpec::optional("port", Type::Text, "On which port, by its name in the binding; left out, on all."),
            ],
            undo: UndoKind::Automatic,
            claims: vec![Claim::Network],
            changes: Vec::new(),
            needs: vec![Power::Ports],
            time_limit: Duration::from_secs(10),
            undo_limit: Duration::from_secs(10),
        }
    }

    async fn prepare(&self, context: &ActionContext) -> Result<serde_json::Value, Failure> {
        let wanted = Payload::wanted(context)?;
        if ports(&*context.environment)?
            .evidence(&context.injection)
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
        let Payload {
            delay,
            jitter,
            share,
            port,
        } = payload::read(payload)?;
        let fault = PortFault::Latency { delay, jitter, share };
        ports(&*context.environment)?
            .add(&context.instance.name, port.as_deref(), &context.injection, fault)
            .await
    }

    async fn verify(&self, context: &ActionContext, payload: &serde_json::Value) -> Result<Effect, Failure> {
        let wanted: Payload = payload::read(payload)?;
        Ok(
            match ports(&*context.environment)?.evidence(&context.injection).await? {
                None => Effect::Gone("nothing holds the traffic back any more".into()),
                Some(evidence) if evidence.acted == 0 && wanted.share < 1.0 => {
                    Effect::NotYet("no traffic has come through on the connections that it acts on".into())
                }
                Some(evidence) if evidence.acted == 0 => Effect::NotYet("no traffic has come through".into()),
                Some(evidence) if evidence.mean_delay < wanted.least() => {
                    Effect::NotYet(format!("too little is held back: {}", wanted.against(&evidence)))
                }
                Some(evidence) => Effect::Bites(wanted.against(&evidence)),
            },
        )
    }

    async fn undo(&self, context: &UndoContext, record: &UndoRecord) -> Result<Undone, Failure> {
        let _: Payload = payload::of(self, record)?;
        let taken = unless_gone(ports(&*context.environment)?.remove(&record.injection).await)?.flatten();
        Ok(match taken {
            None => nothing_to_do(format!("nothing holds back the traffic of `{}`", record.instance)),
            Some(evidence) => Undone {
                acted: true,
                detail: format!(
                    "the delay in front of `{}` was taken away after {}",
                    record.instance,
                    traffic(&evidence)
                ),
            },
        })
    }

    async fn verify_undone(&self, context: &UndoContext, record: &UndoRecord) -> Result<String, Failure> {
        match unless_gone(ports(&*context.environment)?.evidence(&record.injection).await)?.flatten() {
            None => Ok(format!("nothing holds back the traffic of `{}`", record.instance)),
            Some(_) => Err(Failure::new(
                ErrorClass::Transient,
                format!("the delay in front of `{}` is still in place", record.instance),
            )),
        }
    }
}

// === impl Payload ===

impl Payload {
    fn wanted(context: &ActionContext) -> Result<Self, Failure> {
        let given = &context.arguments;
        let delay = arguments::duration(given, "delay")?.ok_or_else(|| arguments::missing("delay"))?;
        let jitter = arguments::duration(given, "jitter")?.unwrap_or_default();
        let share = arguments::ratio(given, "share")?.unwrap_or(1.0);
        let port = arguments::text(given, "port")?.map(str::to_owned);
        if !(SHORTEST..=LONGEST).contains(&delay) {
            return Err(arguments::refused("`delay` does not lie between 1ms and 1h"));
        }
        if jitter > delay {
            return Err(arguments::refused(format!(
                "`jitter` is {}, longer than `delay` with {}",
                text::duration(jitter),
                text::duration(delay)
            ))
            .help("a delay can't be less than none: take a jitter of at most `delay`"));
        }
        if !(SMALLEST_SHARE..=1.0).contains(&share) {
            return Err(arguments::refused("`share` does not lie between 0.1% and 100%"));
        }
        Ok(Self {
            delay,
            jitter,
            share,
            port,
        })
    }

    /// The least mean that is no sign of a fault which lets traffic pass.
    fn least(&self) -> Duration {
        self.delay
            .saturating_sub(self.jitter)
            .saturating_sub(TOLERANCE.min(self.delay / 20))
    }

    fn against(&self, evidence: &PortEvidence) -> String {
        let jitter = if self.jitter.is_zero() {
            String::new()
        } else {
            format!(" ± {}", text::duration(self.jitter))
        };
        let share = if self.share < 1.0 {
            format!(" on {} of the connections", text::ratio(self.share))
        } else {
            String::new()
        };
        format!(
            "asked {}{jitter}{share}, measured {} over {}",
            text::duration(self.delay),
            text::duration(readable(evidence.mean_delay)),
            traffic(evidence)
        )
    }
}

fn traffic(evidence: &PortEvidence) -> String {
    format!(
        "{} of {}",
        counted(evidence.acted, "answer"),
        counted(evidence.connections, "connection")
    )
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// A measured duration with no more places than it is worth.
fn readable(measured: Duration) -> Duration {
    let step = if measured < SHORTEST { 1_000 } else { 100_000 };
    let nanos = rescc_core::time::nanos(measured);
    Duration::from_nanos((nanos.saturating_add(step / 2)) / step * step)
}
