//! Answers to every probe.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::error::Failure;
use rescc_core::expr::ItScope;
use rescc_core::probe::{Answer, Prober};
use rescc_core::value::Value;

use crate::world::{Reply, World};

/// Asks the simulated system, whatever sort of probe it is.
#[derive(Debug)]
pub(super) struct SimProber {
    world: Arc<World>,
    probe: String,
}

/// The fields of an answer: those of all sorts of probes, as if all went well.
struct Fields {
    latency: Duration,
}

// === impl SimProber ===

impl SimProber {
    pub(super) fn new(world: Arc<World>, probe: &str) -> Self {
        Self {
            world,
            probe: probe.to_owned(),
        }
    }
}

#[async_trait]
impl Prober for SimProber {
    async fn ask(&self, timeout: Duration) -> Result<Answer, Failure> {
        match self.world.act(|state, _| state.ask(&self.probe))? {
            Reply::Refused { why } => Ok(Answer::None { why }),
            Reply::Answered { latency, .. } if latency > timeout => {
                self.world.sleep(timeout).await;
                Ok(Answer::None {
                    why: "no answer in time".to_owned(),
                })
            }
            Reply::Answered { latency, value } => {
                self.world.sleep(latency).await;
                Ok(Answer::Some {
                    latency,
                    it: Box::new(Fields { latency }),
                    value: Some(value),
                })
            }
        }
    }
}

// === impl Fields ===

impl ItScope for Fields {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        match (field, argument) {
            ("status", None) => Some(Value::Count(200)),
            ("connected", None) => Some(Value::Bool(true)),
            ("exit", None) => Some(Value::Count(0)),
            ("body" | "output" | "received", None) => Some(Value::Text(String::new())),
            ("latency", None) => Some(Value::Duration(self.latency)),
            _ => None,
        }
    }
}
