//! What a seed stands for: a plan, and all that goes wrong while it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use rescc_adapter_sim::{ClockFaults, SimOptions};
use rescc_core::program::{
    self, Arguments, Environment, Limits, Locator, MinHealthy, Pick, Probe, Program, Resource, Selector, Slo,
};
use rescc_core::value::Value;
use rescc_core::verdict::ReasonCode;
use rescc_engine::driver::Notice;
use rescc_engine::machine::Interrupt;

use crate::conditions::{self, Names};
use crate::dice::Dice;
use crate::steps;

/// The one workflow of all programs.
pub(crate) const WORKFLOW: &str = "w";

/// What a seed stands for.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) program: Program,
    pub(crate) options: SimOptions,
    pub(crate) clock: ClockFaults,
    pub(crate) journal: JournalFaults,
    /// What comes from outside, and when.
    pub(crate) notices: Vec<(Duration, Notice)>,
    /// Whether nobody is left who could say anything, after the last notice.
    pub(crate) hangs_up: bool,
}

/// Which appends fail, counted from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JournalFaults {
    pub(crate) from: Option<u64>,
    /// Whether only that one fails.
    pub(crate) once: bool,
    /// Whether the line is on the disk all the same: the write was done, and only the sync failed.
    pub(crate) lands: bool,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Calm,
    Mixed,
    Wild,
}

// === impl Scenario ===

impl Scenario {
    pub(crate) fn of(seed: u64) -> Self {
        let weather = match Dice::new(seed, 1).below(100) {
            0..=39 => Weather::Calm,
            40..=74 => Weather::Mixed,
            _ => Weather::Wild,
        };
        let (notices, hangs_up) = notices(&mut Dice::new(seed, 5), weather);
        Self {
            seed,
            program: program(&mut Dice::new(seed, 2)),
            options: options(seed, &mut Dice::new(seed, 3), weather),
            clock: clock(&mut Dice::new(seed, 4), weather),
            journal: journal(&mut Dice::new(seed, 6), weather),
            notices,
            hangs_up,
        }
    }
}

fn options(seed: u64, dice: &mut Dice, weather: Weather) -> SimOptions {
    // In mixed weather one or two things go wrong; then what they do can be seen for itself.
    let mut chance = |most: u64| match weather {
        Weather::Calm => 0.0,
        Weather::Mixed if !dice.percent(25) => 0.0,
        _ => dice.share(0, most),
    };
    SimOptions {
        seed,
        failures: chance(80),
        hangs: chance(25),
        slow: chance(50),
        lapses: chance(600),
        no_effect: chance(300),
        crashes: chance(600),
        probe_failures: chance(40),
    }
}

fn clock(dice: &mut Dice, weather: Weather) -> ClockFaults {
    if weather == Weather::Calm || !dice.percent(20) {
        return ClockFaults::default();
    }
    ClockFaults {
        chance: dice.share(1, 10),
        least: dice.millis(10, 1_000),
        most: dice.millis(1_000, 60_000),
        limit: 1 + dice.below(3) as u32,
    }
}

fn journal(dice: &mut Dice, weather: Weather) -> JournalFaults {
    if weather == Weather::Calm || !dice.percent(20) {
        return JournalFaults::default();
    }
    JournalFaults {
        from: Some(dice.below(8)),
        once: dice.percent(40),
        lands: dice.percent(30),
    }
}

fn notices(dice: &mut Dice, weather: Weather) -> (Vec<(Duration, Notice)>, bool) {
    let chance = if weather == Weather::Calm { 5 } else { 25 };
    let count = if dice.percent(chance) {
        dice.within(1, 3)
    } else {
        0
    };
    let mut notices: Vec<_> = (0..count)
        .map(|_| {
            let notice = match dice.below(6) {
                0..=2 => Notice::Interrupt(Interrupt::Signal("SIGINT".into())),
                3 | 4 => Notice::Interrupt(Interrupt::Stop),
                _ => Notice::Lost {
                    code: ReasonCode::KeeperLost,
                    why: "the keeper is gone".into(),
                },
            };
            (dice.millis(0, 12_000), notice)
        })
        .collect();
    notices.sort_by_key(|(at, _)| *at);
    (notices, dice.percent(10))
}

fn program(dice: &mut Dice) -> Program {
    let mut bind = BTreeMap::new();
    let mut resources = BTreeMap::new();
    let mut names = Names::default();
    for name in ["web", "cache", "queue", "store"]
        .into_iter()
        .take(dice.within(1, 4) as usize)
    {
        let copies = dice.within(1, 4);
        bind.insert(name.to_owned(), locator(dice, copies));
        let min_healthy = match dice.below(12) {
            0 if copies > 1 => MinHealthy::Count(1),
            1 if copies > 1 => MinHealthy::Share(0.5),
            _ => MinHealthy::Any,
        };
        resources.insert(
            name.to_owned(),
            Resource {
                doc: String::new(),
                min_healthy,
                protected: false,
            },
        );
        names.resources.push((name.to_owned(), copies));
    }
    let selectors = selectors(dice, &mut names);
    let probes: BTreeMap<_, _> = ["checkout", "health"]
        .into_iter()
        .take(dice.below(3) as usize)
        .map(|name| (name.to_owned(), probe(dice)))
        .collect();
    names.probes = probes.keys().cloned().collect();
    let slos = slos(dice, &mut names);
    let heals = steps::policies(dice, &names);
    let workflow = steps::workflow(dice, &mut names, heals.keys().cloned().collect());
    Program {
        format_version: program::FORMAT_VERSION.to_owned(),
        language: "1".to_owned(),
        doc: String::new(),
        environment: Environment {
            name: "rehearsal".to_owned(),
            adapter: "sim".to_owned(),
            settings: Arguments::new(),
            bind,
            limits: Limits::default(),
        },
        resources,
        selectors,
        probes,
        slos,
        heals,
        workflows: BTreeMap::from([(WORKFLOW.to_owned(), workflow)]),
    }
}

fn locator(dice: &mut Dice, copies: u64) -> Locator {
    let span = |least: Duration, most: Duration| {
        Value::Range(Box::new(Value::Duration(least)), Box::new(Value::Duration(most)))
    };
    let recovers = if dice.percent(60) { "restarts" } else { "never" };
    let (start, back) = (dice.millis(50, 400), dice.millis(200, 2_000));
    Locator {
        locator: "simulated".to_owned(),
        arguments: BTreeMap::from([
            ("kind".to_owned(), Value::Text("thing".to_owned())),
            ("copies".to_owned(), Value::Count(copies as i64)),
            ("critical".to_owned(), Value::Bool(dice.percent(70))),
            ("recovers".to_owned(), Value::Word(recovers.to_owned())),
            ("start_time".to_owned(), span(start, start * 2)),
            ("recovers_in".to_owned(), span(back, back * 2)),
            ("stops_on_signal".to_owned(), Value::Bool(dice.percent(80))),
        ]),
    }
}

fn selectors(dice: &mut Dice, names: &mut Names) -> BTreeMap<String, Selector> {
    let mut selectors = BTreeMap::new();
    for (resource, copies) in names.resources.clone() {
        if copies < 2 || dice.percent(30) {
            continue;
        }
        let pick = match dice.below(3) {
            0 => Pick::Share(0.5),
            1 => Pick::Count(dice.within(1, copies) as u32),
            _ => Pick::Count(1),
        };
        let name = format!("some_{resource}");
        names.selectors.push(name.clone());
        selectors.insert(
            name,
            Selector {
                from: resource,
                filter: None,
                pick,
            },
        );
    }
    selectors
}

fn probe(dice: &mut Dice) -> Probe {
    Probe {
        kind: "http".to_owned(),
        arguments: Arguments::new(),
        every: dice.millis(100, 500),
        timeout: dice.millis(100, 1_000),
        success: conditions::success(dice),
    }
}

fn slos(dice: &mut Dice, names: &mut Names) -> BTreeMap<String, Slo> {
    let mut slos = BTreeMap::new();
    for probe in names.probes.clone() {
        if dice.percent(50) {
            let name = format!("{probe}_works");
            let objective = conditions::objective(dice, &probe);
            let min_samples = dice.within(1, 12) as u32;
            names.slos.push(name.clone());
            slos.insert(
                name,
                Slo {
                    objective,
                    text: format!("objective of {probe}"),
                    budget_period: None,
                    min_samples,
                },
            );
        }
    }
    slos
}
