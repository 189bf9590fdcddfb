//! Questions to the simulated system, and the faults in front of the ports that they pass.

use std::time::Duration;

use rescc_core::environment::{PortEvidence, PortFault};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::time::Moment;

use super::member::Member;
use super::state::{Stage, State, What};
use crate::random::Dice;

/// The greatest value that an answer carries.
const MAX_VALUE: u64 = 100;

/// A fault in front of an instance's ports.
#[derive(Debug)]
pub(super) struct PortState {
    pub(super) instance: String,
    port: Option<String>,
    fault: PortFault,
    dice: Dice,
    acted: u64,
    total: Duration,
    least: Duration,
    most: Duration,
}

/// What became of a question.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It is answered after a while.
    Answered { latency: Duration, value: f64 },
    /// Nobody answers.
    Refused { why: String },
}

// === impl State ===

impl State {
    /// One question of a probe: it passes one instance of every critical resource, each in its turn.
    pub(crate) fn ask(&mut self, probe: &str) -> Result<Reply, Failure> {
        if let Some(failure) = self.chaos.probe_failure() {
            return Err(failure);
        }
        if self.stage != Stage::Up {
            return Ok(Reply::Refused {
                why: "connection refused: the environment is not up".to_owned(),
            });
        }
        let critical: Vec<String> = self
            .turns
            .keys()
            .filter(|&resource| {
                self.members
                    .iter()
                    .any(|member| member.resource == *resource && member.traits.critical)
            })
            .cloned()
            .collect();
        let mut route = Vec::new();
        for resource in &critical {
            let able: Vec<&Member> = self
                .members
                .iter()
                .filter(|member| member.resource == *resource && member.answers())
                .collect();
            let turn = self.turns.get(resource).copied().unwrap_or(0);
            let chosen = turn
                .checked_rem(able.len() as u64)
                .and_then(|at| able.get(usize::try_from(at).ok()?));
            let Some(member) = chosen else {
                return Ok(Reply::Refused {
                    why: format!("connection refused: no instance of `{resource}` answers"),
                });
            };
            route.push((member.name.clone(), member.traits.latency));
        }
        for resource in critical {
            *self.turns.entry(resource).or_default() += 1;
        }
        let seed = self.seed;
        let dice = self
            .probe_dice
            .entry(probe.to_owned())
            .or_insert_with(|| Dice::new(seed, &format!("probe {probe}")));
        let mut latency = Duration::ZERO;
        for (_, span) in &route {
            latency = latency.saturating_add(dice.within(*span));
        }
        let value = dice.below(MAX_VALUE + 1) as f64;
        for fault in self
            .ports
            .values_mut()
            .filter(|fault| route.iter().any(|(name, _)| *name == fault.instance))
        {
            latency = latency.saturating_add(fault.pass());
        }
        Ok(Reply::Answered { latency, value })
    }

    /// Puts a fault in front of the ports of an instance. The same fault again changes nothing.
    pub(crate) fn add_port_fault(
        &mut self,
        at: usize,
        now: Moment,
        port: Option<&str>,
        id: &InjectionId,
        fault: PortFault,
        effective: bool,
    ) -> Result<(), Failure> {
        let PortFault::Latency { share, .. } = &fault else {
            return Err(Failure::new(
                ErrorClass::Unsupported,
                "the simulation does not know this fault of ports",
            ));
        };
        if !(0.0..=1.0).contains(share) {
            return Err(Failure::new(
                ErrorClass::Permanent,
                "the share of the connections must be from 0% to 100%",
            ));
        }
        let Some(instance) = self.members.get(at).map(|member| member.name.clone()) else {
            return Ok(());
        };
        if let Some(there) = self.ports.get(id) {
            let same = there.instance == instance && there.port.as_deref() == port && there.fault == fault;
            let conflict = || Failure::new(ErrorClass::Conflict, format!("another fault is called `{id}`"));
            return if same { Ok(()) } else { Err(conflict()) };
        }
        let lapse = self.chaos.lapse();
        if effective {
            let state = PortState::new(instance, port, fault, Dice::new(self.seed, &id.0));
            self.ports.insert(id.clone(), state);
            if let Some(after) = lapse {
                self.schedule(now.after(after), at, What::LapsePort(id.clone()));
            }
        }
        Ok(())
    }

    pub(crate) fn remove_port_fault(&mut self, id: &InjectionId) -> Option<PortEvidence> {
        let gone = self.ports.remove(id)?;
        for at in 0..self.members.len() {
            self.cancel(
                at,
                Moment(0),
                |what| matches!(what, What::LapsePort(lapsing) if lapsing == id),
            );
        }
        Some(gone.evidence())
    }

    pub(crate) fn port_evidence(&self, id: &InjectionId) -> Option<PortEvidence> {
        self.ports.get(id).map(PortState::evidence)
    }
}

// === impl PortState ===

impl PortState {
    fn new(instance: String, port: Option<&str>, fault: PortFault, dice: Dice) -> Self {
        Self {
            instance,
            port: port.map(str::to_owned),
            fault,
            dice,
            acted: 0,
            total: Duration::ZERO,
            least: Duration::MAX,
            most: Duration::ZERO,
        }
    }

    /// One connection passes: by how much it is held back.
    fn pass(&mut self) -> Duration {
        let PortFault::Latency { delay, jitter, share } = self.fault else {
            return Duration::ZERO;
        };
        let acts = self.dice.chance(share);
        let held = self.dice.around(delay, jitter);
        if !acts {
            return Duration::ZERO;
        }
        self.acted += 1;
        self.total = self.total.saturating_add(held);
        self.least = self.least.min(held);
        self.most = self.most.max(held);
        held
    }

    fn evidence(&self) -> PortEvidence {
        if self.acted == 0 {
            return PortEvidence::default();
        }
        PortEvidence {
            connections: self.acted,
            acted: self.acted,
            mean_delay: self.total / u32::try_from(self.acted).unwrap_or(u32::MAX),
            min_delay: self.least,
            max_delay: self.most,
        }
    }
}
