//! What is in a simulated world, and what is going to happen.

use std::collections::{BTreeMap, VecDeque};
use std::task::Waker;
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::resource::{Cause, Change, Instance, Phase};
use rescc_core::time::Moment;

use super::chaos::Chaos;
use super::log::Log;
use super::member::Member;
use super::room::Held;
use super::traffic::PortState;
use crate::options::SimOptions;
use crate::random::Dice;
use crate::simulated::Simulated;

/// How many changes wait for one who is slow before states in between are left out.
const MAX_WAITING_CHANGES: usize = 1_024;

/// What is in a simulated world.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) stage: Stage,
    pub(super) members: Vec<Member>,
    pub(super) chaos: Chaos,
    pub(super) log: Log,
    pub(super) ports: BTreeMap<InjectionId, PortState>,
    pub(super) fills: BTreeMap<InjectionId, Held>,
    /// What was left over when the environment was taken down.
    pub(super) swept: Vec<String>,
    /// How many questions each resource has answered: whose turn it is.
    pub(super) turns: BTreeMap<String, u64>,
    pub(super) probe_dice: BTreeMap<String, Dice>,
    pub(super) seed: u64,
    events: BTreeMap<(Moment, u64), Event>,
    watchers: BTreeMap<u64, VecDeque<Change>>,
    pub(super) wakers: BTreeMap<u64, Waker>,
    /// Goes up whenever somebody who waits should look again.
    pub(super) version: u64,
    numbers: u64,
}

/// Where an environment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Planned,
    Up,
    Down,
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The place of the instance in the list.
    pub(super) member: usize,
    pub(super) what: What,
}

/// What is going to happen to an instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Its program runs.
    Boot(Cause),
    /// It works.
    Healthy(Cause),
    /// It is found not to answer.
    Unhealthy,
    /// It ends.
    End {
        how: String,
        signal: Option<i32>,
        cause: Cause,
    },
    /// It is started again by itself.
    Recover,
    /// A hold ends by itself.
    LapseHold,
    /// A port fault ends by itself.
    LapsePort(InjectionId),
    /// What was held on the disk is given back by itself.
    LapseFill(InjectionId),
}

// === impl State ===

impl State {
    pub(super) fn new(resources: BTreeMap<String, Simulated>, seed: u64, options: SimOptions) -> Self {
        let members = resources
            .iter()
            .flat_map(|(resource, traits)| {
                (1..=traits.copies).map(move |number| Member::new(resource, number, traits, seed))
            })
            .collect();
        Self {
            stage: Stage::Planned,
            members,
            chaos: Chaos::new(options, seed),
            log: Log::default(),
            ports: BTreeMap::new(),
            fills: BTreeMap::new(),
            swept: Vec::new(),
            turns: resources.into_keys().map(|resource| (resource, 0)).collect(),
            probe_dice: BTreeMap::new(),
            seed,
            events: BTreeMap::new(),
            watchers: BTreeMap::new(),
            wakers: BTreeMap::new(),
            version: 0,
            numbers: 0,
        }
    }

    /// Plays all that is due, each at the moment it belongs to.
    pub(super) fn settle(&mut self, now: Moment) {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), event) = entry.remove_entry();
            self.play(event, at);
        }
    }

    pub(super) fn next_event(&self) -> Option<Moment> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn schedule(&mut self, at: Moment, member: usize, what: What) {
        let number = self.number();
        self.events.insert((at, number), Event { member, what });
        self.version += 1;
    }

    /// Takes what fits out of what is going to happen to an instance; in order, with the time that was left.
    pub(super) fn cancel(
        &mut self,
        member: usize,
        now: Moment,
        fits: impl Fn(&What) -> bool,
    ) -> Vec<(Duration, What)> {
        let keys: Vec<_> = self
            .events
            .iter()
            .filter(|(_, event)| event.member == member && fits(&event.what))
            .map(|(key, _)| *key)
            .collect();
        let gone = keys
            .into_iter()
            .filter_map(|key| Some((key.0.since(now), self.events.remove(&key)?.what)));
        gone.collect()
    }

    pub(super) fn is_expected(&self, member: usize, fits: impl Fn(&What) -> bool) -> bool {
        self.events
            .values()
            .any(|event| event.member == member && fits(&event.what))
    }

    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The place of an instance.
    pub(crate) fn find(&self, instance: &str) -> Result<usize, Failure> {
        self.members
            .iter()
            .position(|member| member.name == instance)
            .ok_or_else(|| Failure::new(ErrorClass::NotFound, format!("there is no instance `{instance}`")))
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn set_up(&mut self) {
        self.stage = Stage::Up;
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    /// An instance by its place.
    pub(crate) fn member(&self, at: usize) -> Option<&Member> {
        self.members.get(at)
    }

    /// The place of an instance that may be changed: not before the environment is up, nor when it is down.
    pub(crate) fn find_up(&self, instance: &str) -> Result<usize, Failure> {
        let why = match self.stage {
            Stage::Planned => "the environment is not up yet",
            Stage::Up => return self.find(instance),
            Stage::Down => "the environment has been taken down",
        };
        Err(Failure::new(ErrorClass::NotFound, why))
    }

    /// All instances; before the environment is up, as they will be.
    pub(crate) fn list(&self) -> Vec<Instance> {
        let as_they_will_be = |mut instance: Instance| {
            instance.phase = Phase::Running;
            instance.healthy = Some(true);
            instance
        };
        let instances = self.members.iter().map(Member::instance);
        if self.stage == Stage::Planned {
            instances.map(as_they_will_be).collect()
        } else {
            instances.collect()
        }
    }

    /// What is left over right now, in words.
    pub(super) fn residue(&self) -> Vec<String> {
        let held = self.members.iter().filter(|member| member.hold.is_some());
        let held = held.map(|member| format!("`{}` is held still", member.name));
        let ports = self
            .ports
            .iter()
            .map(|(id, fault)| format!("port fault `{id}` on `{}`", fault.instance));
        let fills = self
            .fills
            .iter()
            .map(|(id, fill)| format!("`{id}` holds room on `{}`", fill.instance));
        held.chain(ports).chain(fills).collect()
    }

    /// Tells a change to all who watch.
    pub(super) fn emit(&mut self, at: usize, now: Moment, cause: Cause) {
        let Some(instance) = self.members.get(at).map(Member::instance) else {
            return;
        };
        let health = match instance.healthy {
            None => "",
            Some(true) => ", healthy",
            Some(false) => ", not healthy",
        };
        let who = if cause == Cause::System {
            "by itself"
        } else {
            "by the run"
        };
        let remark = if instance.remark.is_empty() {
            String::new()
        } else {
            format!(": {}", instance.remark)
        };
        self.log.push(
            now,
            format!("{} is {}{health} {who}{remark}", instance.name, instance.phase),
        );
        for waiting in self.watchers.values_mut() {
            if waiting.len() >= MAX_WAITING_CHANGES {
                leave_one_out(waiting);
            }
            waiting.push_back(Change {
                instance: instance.clone(),
                cause,
            });
        }
        self.version += 1;
    }

    pub(super) fn subscribe(&mut self) -> u64 {
        let id = self.number();
        self.watchers.insert(id, VecDeque::new());
        id
    }

    pub(super) fn unsubscribe(&mut self, id: u64) {
        self.watchers.remove(&id);
    }

    pub(super) fn take_change(&mut self, id: u64) -> Option<Change> {
        self.watchers.get_mut(&id)?.pop_front()
    }
}

/// Leaves out the oldest change of an instance that has a later one.
fn leave_one_out(waiting: &mut VecDeque<Change>) {
    let superseded = waiting.iter().enumerate().position(|(at, change)| {
        waiting
            .iter()
            .skip(at + 1)
            .any(|later| later.instance.name == change.instance.name)
    });
    if let Some(at) = superseded {
        waiting.remove(at);
    }
}
