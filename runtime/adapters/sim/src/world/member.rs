//! One simulated instance: plain data.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_core::environment::{Fate, Frozen, Incarnation};
use rescc_core::resource::{Instance, Phase};

use super::state::What;
use crate::random::{Dice, Span};
use crate::simulated::Simulated;

/// How many ended lives are remembered.
const MAX_ENDS: usize = 64;

/// The size of an instance's file system.
pub(super) const DISK: u64 = 1 << 30;

/// How much of it the instance itself uses, in percent.
const OWN_USE: (u64, u64) = (20, 40);

/// One simulated instance.
#[derive(Debug)]
pub(crate) struct Member {
    pub(super) name: String,
    pub(super) resource: String,
    pub(super) traits: Simulated,
    pub(super) phase: Phase,
    pub(super) healthy: Option<bool>,
    pub(super) restarts: u32,
    pub(super) remark: String,
    pub(super) alive: bool,
    /// How many lives have begun.
    pub(super) life: u64,
    /// Whether it is meant to run; what was stopped on purpose is not started again by itself.
    pub(super) wanted: bool,
    pub(super) hold: Option<Hold>,
    pub(super) ends: BTreeMap<u64, (String, Option<i32>)>,
    pub(super) own_use: u64,
    pub(super) dice: Dice,
}

/// What stands still while an instance is held.
#[derive(Debug)]
pub(super) struct Hold {
    /// The phase it goes back to.
    pub(super) before: Phase,
    /// What would have happened, and how long after the hold began.
    pub(super) postponed: Vec<(Duration, What)>,
}

// === impl Member ===

impl Member {
    pub(super) fn new(resource: &str, number: usize, traits: &Simulated, seed: u64) -> Self {
        let name = format!("{resource}-{number}");
        let mut dice = Dice::new(seed, &name);
        let share = Span::micros(OWN_USE.0, OWN_USE.1);
        let percent = u64::try_from(dice.within(share).as_micros()).unwrap_or(OWN_USE.0);
        Self {
            name,
            resource: resource.to_owned(),
            traits: traits.clone(),
            phase: Phase::Absent,
            healthy: None,
            restarts: 0,
            remark: String::new(),
            alive: false,
            life: 0,
            wanted: false,
            hold: None,
            ends: BTreeMap::new(),
            own_use: DISK / 100 * percent,
            dice,
        }
    }

    /// As it is now.
    pub(crate) fn instance(&self) -> Instance {
        Instance {
            name: self.name.clone(),
            resource: self.resource.clone(),
            kind: self.traits.kind.clone(),
            labels: self.traits.labels.clone(),
            image: None,
            phase: self.phase,
            healthy: self.healthy,
            restarts: self.restarts,
            remark: self.remark.clone(),
        }
    }

    /// Its present life, or its last.
    pub(crate) fn incarnation(&self) -> Incarnation {
        Incarnation(format!("{}#{}", self.name, self.life))
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive
    }

    pub(crate) fn life(&self) -> u64 {
        self.life
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy == Some(true)
    }

    /// Whether it answers: it works and is not held.
    pub(super) fn answers(&self) -> bool {
        self.alive && self.is_healthy() && self.hold.is_none() && self.phase == Phase::Running
    }

    pub(crate) fn frozen(&self) -> Frozen {
        match (self.alive, &self.hold) {
            (false, _) => Frozen::Gone,
            (true, Some(_)) => Frozen::Held(self.incarnation()),
            (true, None) => Frozen::Running,
        }
    }

    /// What became of a life; `None` where there never was such a one.
    pub(crate) fn fate(&self, incarnation: &Incarnation) -> Option<Fate> {
        if self.alive && *incarnation == self.incarnation() {
            return Some(Fate::Alive);
        }
        let (name, life) = incarnation.0.rsplit_once('#')?;
        let life: u64 = life
            .parse()
            .ok()
            .filter(|life| name == self.name && (1..=self.life).contains(life))?;
        let (how, signal) = self
            .ends
            .get(&life)
            .cloned()
            .unwrap_or_else(|| ("ended long ago".to_owned(), None));
        Some(Fate::Ended { how, signal })
    }

    pub(super) fn remember_end(&mut self, how: &str, signal: Option<i32>) {
        self.ends.insert(self.life, (how.to_owned(), signal));
        while self.ends.len() > MAX_ENDS {
            self.ends.pop_first();
        }
    }
}
