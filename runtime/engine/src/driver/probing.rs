//! Asks at fixed times, whether or not the last answer is there (open loop): a slow system must not lower the
//! rate at which it is asked, or its slowness is told too small.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rescc_core::expr::{Expr, OnlyIt};
use rescc_core::probe::{Answer, Prober};
use rescc_core::program::Probe;
use rescc_core::time::{Clock, Spawner, nanos};
use rescc_slo::Sample;
use tokio::sync::mpsc::Sender;

use super::Session;
use crate::machine::Input;

/// The most questions of one probe that may be open at once.
const MAX_OPEN: u32 = 256;

/// What all questions of a probe share.
struct Asker {
    name: String,
    prober: Arc<dyn Prober>,
    success: Expr,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    open: AtomicU32,
    samples: Sender<Input>,
}

/// Starts all probes of a session. They end when nobody reads their samples any more.
pub(super) fn start(session: &Session, samples: &Sender<Input>) {
    for (name, probe) in &session.plan.program.probes {
        let Some(prober) = session.probers.get(name) else {
            continue;
        };
        let asker = Arc::new(Asker {
            name: name.clone(),
            prober: Arc::clone(prober),
            success: probe.success.clone(),
            timeout: probe.timeout,
            clock: Arc::clone(&session.clock),
            open: AtomicU32::new(0),
            samples: samples.clone(),
        });
        let spawner = Arc::clone(&session.spawner);
        session
            .spawner
            .spawn(Box::pin(ask_on_time(asker, probe.clone(), spawner)));
    }
}

async fn ask_on_time(asker: Arc<Asker>, probe: Probe, spawner: Arc<dyn Spawner>) {
    let start = asker.clock.now();
    let every = nanos(probe.every).max(1);
    let mut number: u64 = 0;
    while !asker.samples.is_closed() {
        if asker.open.load(Ordering::Relaxed) >= MAX_OPEN {
            // A full channel loses only the count of what was not asked.
            let _ = asker.samples.try_send(Input::ProbeDropped {
                probe: asker.name.clone(),
            });
        } else {
            asker.open.fetch_add(1, Ordering::Relaxed);
            let one = Arc::clone(&asker);
            spawner.spawn(Box::pin(async move {
                one.ask().await;
                one.open.fetch_sub(1, Ordering::Relaxed);
            }));
        }
        number += 1;
        // Times that have passed (the machine slept) are not made up for.
        let due = start.after(Duration::from_nanos(number.saturating_mul(every)));
        let now = asker.clock.now();
        if due < now {
            number = nanos(now.since(start)) / every + 1;
        }
        let due = start.after(Duration::from_nanos(number.saturating_mul(every)));
        asker.clock.sleep_until(due).await;
    }
}

impl Asker {
    async fn ask(&self) {
        let begun = self.clock.now();
        let input = match self.prober.ask(self.timeout).await {
            Err(failure) => Input::ProbeError {
                probe: self.name.clone(),
                why: failure.to_string(),
            },
            Ok(answer) => {
                let ended = self.clock.now();
                let sample = |good, latency, value| Sample {
                    begun: begun.0,
                    ended: ended.0,
                    good,
                    latency,
                    value,
                };
                let sample = match answer {
                    Answer::Some { latency, it, value } => {
                        let good = self.success.truth(&OnlyIt(&*it)).holds();
                        sample(good, Some(nanos(latency)), value)
                    }
                    Answer::None { .. } => sample(false, None, None),
                };
                Input::Sample {
                    probe: self.name.clone(),
                    sample,
                }
            }
        };
        // The channel closes when the run is over; what is asked then is not wanted any more.
        let _ = self.samples.send(input).await;
    }
}
