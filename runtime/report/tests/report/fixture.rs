//! Runs to render: a small shop that loses its cache.

use std::time::Duration;

use rescc_core::event::{Event, FORMAT_VERSION, Stage, StepOutcome, What};
use rescc_core::expr::Truth;
use rescc_core::names::{InjectionId, RunId};
use rescc_core::report::{Expectation, InjectionReport, ProbeReport, Slice, StepReport};
use rescc_core::resource::{Cause, Change, Instance, Phase};
use rescc_core::time::WallTime;
use rescc_core::undo::UndoState;
use rescc_core::value::Value;
use rescc_core::verdict::{Reason, ReasonCode, Verdict};

mod runs;

pub(crate) use runs::{aborted, bare, fail, inconclusive, long_names, many, not_undone, pass};

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn event(sequence: u64, at: u64, what: What) -> Event {
    Event {
        format_version: FORMAT_VERSION.into(),
        run: RunId("20261121-020455-k3f9".into()),
        sequence,
        at: ms(at),
        wall: WallTime(1_795_226_695_000_000_000 + at * 1_000_000),
        what,
    }
}

pub(crate) fn instance(name: &str, phase: Phase, healthy: Option<bool>, cause: Cause, remark: &str) -> What {
    What::Instance {
        change: Change {
            instance: Instance {
                name: name.into(),
                resource: name.split('-').next().unwrap().into(),
                kind: "process".into(),
                labels: [].into(),
                image: None,
                phase,
                healthy,
                restarts: 0,
                remark: remark.into(),
            },
            cause,
        },
    }
}

/// What happens in the run, in order.
pub(crate) fn events() -> Vec<Event> {
    let heal = |succeeded| What::HealEnded {
        policy: "revive_cache".into(),
        instance: "cache-1".into(),
        succeeded,
        detail: "started as process 4711".into(),
    };
    let all = vec![
        (
            0,
            What::RunStarted {
                workflow: "lose_cache".into(),
                environment: "local".into(),
                seed: 42,
            },
        ),
        (
            1,
            What::Stage {
                stage: Stage::Starting,
            },
        ),
        (110, instance("api-1", Phase::Starting, None, Cause::Run, "")),
        (240, instance("api-1", Phase::Running, Some(true), Cause::Run, "")),
        (
            260,
            instance("cache-1", Phase::Running, Some(true), Cause::Run, ""),
        ),
        (
            300,
            What::Stage {
                stage: Stage::Observing,
            },
        ),
        (5_320, What::SteadyState { holds: true }),
        (30_310, What::Stage { stage: Stage::Acting }),
        (
            30_320,
            What::StepStarted {
                step: "slow".into(),
                action: "latency(half_of_api, delay = 200ms, jitter = 20ms)".into(),
                targets: strings(&["api-1", "api-2", "api-3"]),
            },
        ),
        (
            30_480,
            What::StepActive {
                step: "slow".into(),
                evidence: "held back 14 of 14 answers by 198ms".into(),
            },
        ),
        (
            30_490,
            What::StepStarted {
                step: "strike".into(),
                action: "kill(cache, signal = SIGKILL)".into(),
                targets: strings(&["cache-1"]),
            },
        ),
        (
            33_204,
            instance(
                "cache-1",
                Phase::Stopped,
                Some(false),
                Cause::Run,
                "ended by signal 9",
            ),
        ),
        (
            33_210,
            What::StepActive {
                step: "strike".into(),
                evidence: "process 4242 ended by signal 9".into(),
            },
        ),
        (
            33_211,
            What::StepEnded {
                step: "strike".into(),
                outcome: StepOutcome::Passed,
                detail: String::new(),
            },
        ),
        (33_900, What::SteadyState { holds: false }),
        (
            34_205,
            What::ProbeError {
                probe: "stock".into(),
                why: "`stock-cli` can't be started: no such file".into(),
            },
        ),
        (
            34_300,
            What::HealStarted {
                policy: "revive_cache".into(),
                instance: "cache-1".into(),
                action: "start(it)".into(),
            },
        ),
        (
            34_900,
            instance("cache-1", Phase::Running, Some(true), Cause::Run, ""),
        ),
        (34_910, heal(true)),
        (41_700, What::SteadyState { holds: true }),
        (
            60_500,
            What::UndoStarted {
                injection: InjectionId("slow/api-1".into()),
            },
        ),
        (
            60_531,
            What::UndoEnded {
                injection: InjectionId("slow/api-1".into()),
                verified: true,
                detail: "the proxy lets all through again".into(),
            },
        ),
        (
            60_540,
            What::StepEnded {
                step: "slow".into(),
                outcome: StepOutcome::Passed,
                detail: String::new(),
            },
        ),
        (
            60_541,
            What::StepEnded {
                step: "rescue".into(),
                outcome: StepOutcome::Skipped,
                detail: "`back` did not fail".into(),
            },
        ),
        (
            60_550,
            What::Stage {
                stage: Stage::Recovering,
            },
        ),
        (
            60_560,
            What::Stage {
                stage: Stage::Undoing,
            },
        ),
        (
            60_590,
            What::UndoEnded {
                injection: InjectionId("strike/cache-1".into()),
                verified: true,
                detail: "it runs already".into(),
            },
        ),
        (
            60_600,
            What::Stage {
                stage: Stage::Settling,
            },
        ),
        (
            65_700,
            What::Stage {
                stage: Stage::Stopping,
            },
        ),
        (
            66_120,
            instance("cache-1", Phase::Stopped, Some(false), Cause::Run, "stopped"),
        ),
        (
            66_350,
            What::RunEnded {
                verdict: Verdict::Pass,
                undone: true,
            },
        ),
    ];
    all.into_iter()
        .zip(1..)
        .map(|((at, what), sequence)| event(sequence, at, what))
        .collect()
}

/// Sixty slices of 66.35 s: `bad` says how many of the observations of a slice are bad, `latency` its greatest.
pub(crate) fn slices(bad: impl Fn(u64) -> u64, latency: impl Fn(u64) -> u64) -> Vec<Slice> {
    (0..60)
        .map(|at| Slice {
            from: Duration::from_nanos(66_350_000_000 / 60 * at),
            good: 11 - bad(at).min(11),
            bad: bad(at).min(11),
            latency_max: Some(ms(latency(at))),
        })
        .collect()
}

pub(crate) fn probe(name: &str, bad: impl Fn(u64) -> u64, latency: impl Fn(u64) -> u64) -> ProbeReport {
    let slices = slices(bad, latency);
    let (good, bad) = slices
        .iter()
        .fold((0, 0), |(good, bad), slice| (good + slice.good, bad + slice.bad));
    ProbeReport {
        name: name.into(),
        samples: good + bad,
        good,
        errors: 0,
        dropped: 0,
        success_rate: Some(0.75),
        latency_p50: Some(ms(12)),
        latency_p95: Some(ms(223)),
        latency_p99: Some(ms(241)),
        slices,
    }
}

pub(crate) fn expectation(
    text: &str,
    met: Truth,
    measured: Option<Value>,
    wanted: &str,
    samples: u64,
) -> Expectation {
    Expectation {
        text: text.into(),
        objective: String::new(),
        met,
        measured,
        wanted: wanted.into(),
        broken_at: None,
        during: String::new(),
        samples,
    }
}

pub(crate) fn step(name: &str, action: &str, targets: &[&str], outcome: StepOutcome) -> StepReport {
    StepReport {
        name: name.into(),
        action: action.into(),
        targets: strings(targets),
        outcome,
        detail: String::new(),
        started: None,
        active: None,
        ended: None,
        time_to_detect: None,
        time_to_recover: None,
        time_to_undo: None,
        recovered_by: None,
    }
}

pub(crate) fn injection(name: &str, action: &str, undo: UndoState) -> InjectionReport {
    InjectionReport {
        injection: InjectionId(name.into()),
        action: action.into(),
        instance: name.split('/').nth(1).unwrap_or("").into(),
        evidence: "held back 14 of 14 answers by 198ms".into(),
        undo,
    }
}

pub(crate) fn verified(acted: bool, detail: &str) -> UndoState {
    UndoState::Verified {
        acted,
        detail: detail.into(),
    }
}

pub(crate) fn reason(verdict: Verdict, code: ReasonCode, about: &str, message: &str) -> Reason {
    Reason::new(verdict, code, about, message)
}
