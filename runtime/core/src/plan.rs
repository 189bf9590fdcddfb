//! The plan: a program with its targets resolved and its dice thrown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expr::{OnlyIt, Truth};
use crate::program::{Pick, Program, Run, Selector, Target, Workflow};
use crate::resource::Instance;
use crate::time::as_nanos;

/// A program, ready to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// See [`crate::program::FORMAT_VERSION`].
    pub format_version: String,
    /// The program.
    pub program: Program,
    /// Which of its workflows.
    pub workflow: String,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// What the environment listed.
    pub instances: Vec<PlannedInstance>,
    /// The instances that each resource and selector stands for.
    pub targets: BTreeMap<String, Vec<String>>,
    /// The longest that the workflow can take.
    #[serde(with = "as_nanos")]
    #[schemars(with = "u64")]
    pub worst_case: Duration,
    /// The folder of the spec, which relative paths in it start from.
    pub folder: String,
}

/// What of an instance a plan is about; another id, PID or phase is no drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedInstance {
    /// Its logical name.
    pub name: String,
    /// The resource it belongs to.
    pub resource: String,
    /// What it is.
    pub kind: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The digest of what it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Why targets can't be resolved, or may not be touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is there to act on.
    #[error("`{target}` selects nothing: {why}")]
    Empty {
        /// The resource or selector.
        target: String,
        /// Why.
        why: String,
    },
    /// More is asked for than there is.
    #[error("`{selector}` picks {wanted}, but only {found} of `{from}` fit")]
    TooFew {
        /// The selector.
        selector: String,
        /// Its source.
        from: String,
        /// How many it picks.
        wanted: u32,
        /// How many there are.
        found: usize,
    },
    /// Too much would be touched at once.
    #[error("{touched} of {all} instances would be touched at once, the blast radius allows {allowed}")]
    BlastRadius {
        /// How many at once.
        touched: usize,
        /// Of how many.
        all: usize,
        /// How many may be.
        allowed: usize,
    },
    /// Too few would stay healthy.
    #[error("a fault of `{step}` would leave {left} of `{resource}` healthy, {wanted} must be")]
    MinHealthy {
        /// The step.
        step: String,
        /// The resource.
        resource: String,
        /// How many would be left.
        left: usize,
        /// How many must be.
        wanted: usize,
    },
    /// What must not be touched would be.
    #[error("`{step}` would touch `{resource}`, which is protected")]
    Protected {
        /// The step.
        step: String,
        /// The resource.
        resource: String,
    },
}

impl From<&Instance> for PlannedInstance {
    fn from(instance: &Instance) -> Self {
        Self {
            name: instance.name.clone(),
            resource: instance.resource.clone(),
            kind: instance.kind.clone(),
            labels: instance.labels.clone(),
            image: instance.image.clone(),
        }
    }
}

// === impl Plan ===

impl Plan {
    /// The workflow of the plan.
    #[must_use]
    pub fn workflow(&self) -> Option<&Workflow> {
        self.program.workflows.get(&self.workflow)
    }

    /// The instances a target stands for; `it` stands for none of its own.
    #[must_use]
    pub fn instances_of(&self, target: &Target) -> &[String] {
        match target {
            Target::Resource(name) | Target::Selector(name) => {
                self.targets.get(name).map_or(&[], Vec::as_slice)
            }
            Target::It => &[],
        }
    }

    /// The resource that an instance belongs to.
    #[must_use]
    pub fn resource_of(&self, instance: &str) -> Option<&str> {
        self.instances
            .iter()
            .find(|one| one.name == instance)
            .map(|one| one.resource.as_str())
    }

    /// How many instances may be touched at one moment.
    #[must_use]
    pub fn allowed_touched(&self) -> usize {
        let share = self.workflow().and_then(|workflow| workflow.limits.blast_radius);
        share.map_or(usize::MAX, |share| portion(share, self.instances.len()))
    }

    /// What has changed against what an environment lists now, in sentences; empty where nothing has.
    #[must_use]
    pub fn drift(&self, now: &[Instance]) -> Vec<String> {
        let now: BTreeMap<_, _> = now
            .iter()
            .map(|one| (one.name.as_str(), PlannedInstance::from(one)))
            .collect();
        let mut drift = Vec::new();
        for planned in &self.instances {
            match now.get(planned.name.as_str()) {
                None => drift.push(format!("`{}` is gone", planned.name)),
                Some(found) if found != planned => {
                    let mut what = Vec::new();
                    if found.resource != planned.resource {
                        what.push(format!(
                            "resource `{}` was `{}`",
                            found.resource, planned.resource
                        ));
                    }
                    if found.kind != planned.kind {
                        what.push(format!("kind `{}` was `{}`", found.kind, planned.kind));
                    }
                    if found.labels != planned.labels {
                        what.push("its labels differ".into());
                    }
                    if found.image != planned.image {
                        what.push("its image differs".into());
                    }
                    drift.push(format!("`{}` has changed: {}", planned.name, what.join(", ")));
                }
                Some(_) => {}
            }
        }
        let known: BTreeSet<_> = self.instances.iter().map(|one| one.name.as_str()).collect();
        drift.extend(
            now.keys()
                .filter(|name| !known.contains(*name))
                .map(|name| format!("`{name}` is new")),
        );
        drift
    }
}

/// Resolves the targets of a workflow against what an environment lists, and applies the limits that can be
/// told beforehand.
///
/// # Errors
/// Every reason for which the workflow may not start.
pub fn resolve(
    program: Program,
    workflow: &str,
    seed: u64,
    listed: &[Instance],
    worst_case: Duration,
    folder: String,
) -> Result<Plan, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut targets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in program.resources.keys() {
        let mut instances: Vec<_> = listed
            .iter()
            .filter(|one| one.resource == *name)
            .map(|one| one.name.clone())
            .collect();
        instances.sort();
        targets.insert(name.clone(), instances);
    }
    let used = used_targets(&program, workflow);
    for (name, selector) in &program.selectors {
        match pick(name, selector, listed, seed) {
            Ok(instances) => {
                targets.insert(name.clone(), instances);
            }
            Err(refusal) if used.contains(name.as_str()) => refusals.push(refusal),
            Err(_) => {
                targets.insert(name.clone(), Vec::new());
            }
        }
    }
    for name in &used {
        if program.resources.contains_key(*name) && targets.get(*name).is_none_or(Vec::is_empty) {
            let why = format!(
                "the environment `{}` lists no instance of it",
                program.environment.name
            );
            refusals.push(Refusal::Empty {
                target: (*name).to_owned(),
                why,
            });
        }
    }
    let instances = listed.iter().map(PlannedInstance::from).collect();
    let plan = Plan {
        format_version: crate::program::FORMAT_VERSION.to_owned(),
        program,
        workflow: workflow.to_owned(),
        seed,
        instances,
        targets,
        worst_case,
        folder,
    };
    check_limits(&plan, &mut refusals);
    if refusals.is_empty() {
        Ok(plan)
    } else {
        Err(refusals)
    }
}

fn used_targets<'a>(program: &'a Program, workflow: &str) -> BTreeSet<&'a str> {
    let Some(workflow) = program.workflows.get(workflow) else {
        return BTreeSet::new();
    };
    let mut used = BTreeSet::new();
    let mut add = |target: &'a Target| {
        if let Target::Resource(name) | Target::Selector(name) = target {
            used.insert(name.as_str());
        }
    };
    for step in &workflow.steps {
        if let Some(call) = step.run.call() {
            add(&call.target);
        }
    }
    for policy in workflow.heal.iter().filter_map(|name| program.heals.get(name)) {
        add(&policy.watch);
    }
    used
}

fn pick(name: &str, selector: &Selector, listed: &[Instance], seed: u64) -> Result<Vec<String>, Refusal> {
    let of_resource: Vec<_> = listed
        .iter()
        .filter(|one| one.resource == selector.from)
        .collect();
    let mut fit: Vec<&str> = of_resource
        .iter()
        .filter(|one| {
            selector
                .filter
                .as_ref()
                .is_none_or(|filter| filter.truth(&OnlyIt(**one)) == Truth::Yes)
        })
        .map(|one| one.name.as_str())
        .collect();
    fit.sort_unstable();
    if fit.is_empty() {
        let why = if of_resource.is_empty() {
            format!("there is no instance of `{}`", selector.from)
        } else {
            format!(
                "none of the {} instances of `{}` fits its `where`",
                of_resource.len(),
                selector.from
            )
        };
        return Err(Refusal::Empty {
            target: name.to_owned(),
            why,
        });
    }
    let count = match selector.pick {
        Pick::All => fit.len(),
        Pick::Count(wanted) if wanted as usize > fit.len() => {
            let (selector_name, from) = (name.to_owned(), selector.from.clone());
            return Err(Refusal::TooFew {
                selector: selector_name,
                from,
                wanted,
                found: fit.len(),
            });
        }
        Pick::Count(wanted) => wanted as usize,
        Pick::Share(share) => portion(share, fit.len()).max(1),
    };
    let mut drawn: Vec<String> = draw(name, seed, &fit, count);
    drawn.sort();
    Ok(drawn)
}

/// Draws `count` of the candidates: the same name, seed and candidates give the same ones on any machine
/// (Fisher and Yates, with PCG64-MCG, which is stable over versions).
fn draw(name: &str, seed: u64, candidates: &[&str], count: usize) -> Vec<String> {
    // Each selector throws its own dice, so that adding one does not change what another draws (FNV-1a).
    let salt = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut dice = Pcg64Mcg::seed_from_u64(seed ^ salt);
    let mut rest: Vec<&str> = candidates.to_vec();
    let mut drawn = Vec::new();
    while drawn.len() < count && !rest.is_empty() {
        let at = usize::try_from(dice.next_u64() % rest.len() as u64).unwrap_or(0);
        drawn.push(rest.swap_remove(at).to_owned());
    }
    drawn
}

/// A share of a count, rounded down.
fn portion(share: f64, of: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a count of instances; the small addend undoes the rounding of, say, 0.29 × 100"
    )]
    let part = (of as f64 * share + 1e-9).floor().max(0.0) as usize;
    part.min(of)
}

fn check_limits(plan: &Plan, refusals: &mut Vec<Refusal>) {
    let Some(workflow) = plan.workflow() else { return };
    for step in &workflow.steps {
        let Run::Fault(call) = &step.run else { continue };
        let touched = plan.instances_of(&call.target);
        let mut by_resource: BTreeMap<&str, usize> = BTreeMap::new();
        for instance in touched {
            if let Some(resource) = plan.resource_of(instance) {
                *by_resource.entry(resource).or_default() += 1;
            }
        }
        for (resource, count) in by_resource {
            let Some(declared) = plan.program.resources.get(resource) else {
                continue;
            };
            if declared.protected {
                refusals.push(Refusal::Protected {
                    step: step.name.clone(),
                    resource: resource.to_owned(),
                });
            }
            let all = plan.targets.get(resource).map_or(0, Vec::len);
            let (left, wanted) = (all.saturating_sub(count), declared.min_healthy.of(all));
            if left < wanted {
                refusals.push(Refusal::MinHealthy {
                    step: step.name.clone(),
                    resource: resource.to_owned(),
                    left,
                    wanted,
                });
            }
        }
        let allowed = plan.allowed_touched();
        if touched.len() > allowed {
            let all = plan.instances.len();
            refusals.push(Refusal::BlastRadius {
                touched: touched.len(),
                all,
                allowed,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down() {
        assert_eq!(portion(0.5, 3), 1);
        assert_eq!(portion(0.29, 100), 29);
        assert_eq!(portion(1.0, 7), 7);
        assert_eq!(portion(0.1, 3), 0);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let candidates = ["a", "b", "c", "d", "e"];
        assert_eq!(draw("s", 7, &candidates, 2), draw("s", 7, &candidates, 2));
        let all: BTreeSet<Vec<String>> = (0..50).map(|seed| draw("s", seed, &candidates, 2)).collect();
        assert!(all.len() > 5, "different seeds draw differently");
    }
}
