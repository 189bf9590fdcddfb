//! What of a workflow's steps comes before what, as sets of bits.

use rescc_core::program::StepEvent;

use super::ByName;
use crate::declare::step::Step;

/// A set of steps.
#[derive(Clone, Debug, Default)]
struct Set(Vec<u64>);

/// What comes before each step. Only for steps without a cycle.
#[derive(Debug)]
pub(crate) struct Order {
    /// The steps that a step surely comes after.
    started: Vec<Set>,
    /// The steps whose actions are surely done when a step starts.
    done: Vec<Set>,
    /// The steps that must have passed for a step to start.
    passed: Vec<Set>,
    /// The steps that must have failed for a step to start.
    failed: Vec<Set>,
}

// === impl Set ===

impl Set {
    fn insert(&mut self, at: usize) {
        let word = at / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|bits| bits & (1 << (at % 64)) != 0)
    }

    fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// The first step in both.
    fn common(&self, other: &Self) -> Option<usize> {
        let words = self.0.iter().zip(&other.0).map(|(mine, theirs)| mine & theirs);
        let (word, bits) = words.enumerate().find(|(_, bits)| *bits != 0)?;
        Some(word * 64 + bits.trailing_zeros() as usize)
    }
}

// === impl Order ===

impl Order {
    pub(crate) fn of(steps: &[Step<'_>], by_name: &ByName<'_>) -> Self {
        let empty = || vec![Set::default(); steps.len()];
        let mut order = Self {
            started: empty(),
            done: empty(),
            passed: empty(),
            failed: empty(),
        };
        for at in topological(steps, by_name) {
            let Some(step) = steps.get(at) else { continue };
            let (mut started, mut done, mut passed, mut failed) =
                (Set::default(), Set::default(), Set::default(), Set::default());
            for edge in &step.after {
                let Some(&before) = by_name.get(edge.step.text.as_str()) else {
                    continue;
                };
                let get = |sets: &[Set]| sets.get(before).cloned().unwrap_or_default();
                started.insert(before);
                started.extend(&get(&order.started));
                done.extend(&get(&order.done));
                match edge.is {
                    StepEvent::Passed => passed.insert(before),
                    StepEvent::Failed => failed.insert(before),
                    StepEvent::Active | StepEvent::Ended => {}
                }
                if edge.is != StepEvent::Active {
                    done.insert(before);
                }
                // What ended may have been skipped: then nothing is known of what it waited for.
                if edge.is != StepEvent::Ended {
                    passed.extend(&get(&order.passed));
                    failed.extend(&get(&order.failed));
                }
            }
            let put = |sets: &mut Vec<Set>, set: Set| {
                if let Some(place) = sets.get_mut(at) {
                    *place = set;
                }
            };
            put(&mut order.started, started);
            put(&mut order.done, done);
            put(&mut order.passed, passed);
            put(&mut order.failed, failed);
        }
        order
    }

    /// Whether a step surely starts after another has started.
    pub(crate) fn is_after_start(&self, step: usize, other: usize) -> bool {
        self.started.get(step).is_some_and(|set| set.contains(other))
    }

    /// Whether another step's action is surely done when a step starts.
    pub(crate) fn is_after_end(&self, step: usize, other: usize) -> bool {
        self.done.get(step).is_some_and(|set| set.contains(other))
    }

    /// A step that must both have passed and have failed for a step to start.
    pub(crate) fn contradiction(&self, step: usize) -> Option<usize> {
        self.passed.get(step)?.common(self.failed.get(step)?)
    }

    /// Whether at most one of two steps ever starts.
    pub(crate) fn exclude(&self, a: usize, b: usize) -> bool {
        let one_way = |a: usize, b: usize| {
            let (passed, failed) = (self.passed.get(a), self.failed.get(b));
            passed
                .zip(failed)
                .is_some_and(|(passed, failed)| passed.common(failed).is_some())
        };
        one_way(a, b) || one_way(b, a)
    }
}

/// The steps so that each comes after what it waits for (Kahn).
fn topological(steps: &[Step<'_>], by_name: &ByName<'_>) -> Vec<usize> {
    let mut waits: Vec<usize> = vec![0; steps.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, step) in steps.iter().enumerate() {
        for edge in &step.after {
            let Some(&before) = by_name.get(edge.step.text.as_str()) else {
                continue;
            };
            if let (Some(wait), Some(list)) = (waits.get_mut(at), followers.get_mut(before)) {
                *wait += 1;
                list.push(at);
            }
        }
    }
    let mut ready: Vec<usize> = waits
        .iter()
        .enumerate()
        .filter(|(_, wait)| **wait == 0)
        .map(|(at, _)| at)
        .collect();
    let mut sorted = Vec::with_capacity(steps.len());
    while let Some(at) = ready.pop() {
        sorted.push(at);
        for &follower in followers.get(at).into_iter().flatten() {
            if let Some(wait) = waits.get_mut(follower) {
                *wait -= 1;
                if *wait == 0 {
                    ready.push(follower);
                }
            }
        }
    }
    sorted
}
