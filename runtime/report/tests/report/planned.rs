//! A plan to render: the shop, with four steps.

use std::collections::BTreeMap;

use rescc_core::expr::Expr;
use rescc_core::plan::{Plan, PlannedInstance};
use rescc_core::program::{
    After, Backoff, Call, Condition, Environment, HealPolicy, Limits, OnError, Probe, Program, Resource, Run,
    Slo, Step, StepEvent, Target, Workflow,
};
use rescc_core::value::Value;
use rescc_report::PlanDetails;

use crate::fixture::{ms, strings};

fn yes(text: &str) -> Condition {
    Condition {
        expr: Expr::value(Value::Bool(true)),
        text: text.into(),
    }
}

fn call(action: &str, target: Target, text: &str) -> Call {
    Call {
        action: action.into(),
        target,
        arguments: BTreeMap::new(),
        text: text.into(),
    }
}

fn step(name: &str, run: Run, after: &[(&str, StepEvent)]) -> Step {
    Step {
        name: name.into(),
        doc: String::new(),
        run,
        duration: None,
        after: after
            .iter()
            .map(|(step, is)| After {
                step: (*step).into(),
                is: *is,
            })
            .collect(),
        on_error: OnError::Abort,
        retry: None,
        timeout: None,
    }
}

fn workflow() -> Workflow {
    let cache = || Target::Resource("cache".into());
    let slow = call(
        "latency",
        Target::Selector("half_of_api".into()),
        "latency(half_of_api, delay = 200ms)",
    );
    let mut slow = step("slow", Run::Fault(slow), &[]);
    slow.duration = Some(ms(30_000));
    let mut back = step(
        "back",
        Run::Wait {
            until: yes("cache.healthy"),
            within: ms(15_000),
        },
        &[("strike", StepEvent::Passed)],
    );
    back.on_error = OnError::Continue;
    let mut rescue = step(
        "rescue",
        Run::Heal(call("restart", cache(), "restart(cache)")),
        &[("back", StepEvent::Failed)],
    );
    rescue.retry = Some(Backoff {
        first: ms(1_000),
        max: ms(60_000),
        factor: 2.0,
        attempts: 3,
    });
    let strike = Run::Fault(call("kill", cache(), "kill(cache, signal = SIGKILL)"));
    Workflow {
        doc: "The shop keeps selling when it loses its cache.".into(),
        steady_state: Some(yes("checkout.success_rate(5s) >= 99%")),
        settle: ms(30_000),
        observe: ms(30_000),
        abort_when: vec![
            yes("available.burn_rate(30s) > 14.4"),
            yes("api.healthy_count < 1"),
        ],
        expect: vec![yes("available"), yes("fast"), yes("strike.time_to_recover < 15s")],
        heal: strings(&["revive_cache"]),
        limits: Limits {
            blast_radius: Some(0.6),
            deadline: Some(ms(180_000)),
            concurrency: Some(3),
        },
        // Not in the order in which they begin.
        steps: vec![
            rescue,
            step("strike", strike, &[("slow", StepEvent::Active)]),
            back,
            slow,
        ],
    }
}

pub(crate) fn plan() -> Plan {
    let instance = |name: &str, resource: &str| PlannedInstance {
        name: name.into(),
        resource: resource.into(),
        kind: "process".into(),
        labels: BTreeMap::new(),
        image: None,
    };
    let slo = |text: &str| Slo {
        objective: Expr::value(Value::Bool(true)),
        text: text.into(),
        budget_period: None,
        min_samples: 20,
    };
    let probe = Probe {
        kind: "http".into(),
        arguments: BTreeMap::new(),
        every: ms(100),
        timeout: ms(1_000),
        success: Expr::value(Value::Bool(true)),
    };
    let policy = HealPolicy {
        watch: Target::Resource("cache".into()),
        when: Expr::value(Value::Bool(true)),
        text: "not it.healthy".into(),
        hold: ms(1_000),
        ladder: vec![
            call("start", Target::It, "start(it)"),
            call("restart", Target::It, "restart(it)"),
        ],
        retry: Backoff {
            first: ms(1_000),
            max: ms(60_000),
            factor: 2.0,
            attempts: 3,
        },
        cooldown: ms(10_000),
    };
    let program = Program {
        format_version: "1.0".into(),
        language: "0.1".into(),
        doc: String::new(),
        environment: Environment {
            name: "laptop".into(),
            adapter: "local".into(),
            settings: BTreeMap::new(),
            bind: BTreeMap::new(),
            limits: Limits::default(),
        },
        resources: [
            ("api".into(), Resource::default()),
            ("cache".into(), Resource::default()),
        ]
        .into(),
        selectors: BTreeMap::new(),
        probes: [("checkout".into(), probe)].into(),
        slos: [
            ("available".into(), slo("checkout.success_rate >= 99%")),
            ("fast".into(), slo("checkout.latency.p95 <= 150% of baseline")),
        ]
        .into(),
        heals: [("revive_cache".into(), policy)].into(),
        workflows: [("lose_cache".into(), workflow())].into(),
    };
    Plan {
        format_version: "1.0".into(),
        program,
        workflow: "lose_cache".into(),
        seed: 42,
        instances: ["api-1", "api-2", "api-3", "api-4"]
            .map(|name| instance(name, "api"))
            .into_iter()
            .chain([instance("cache-1", "cache")])
            .collect(),
        targets: [
            ("api".into(), strings(&["api-1", "api-2", "api-3", "api-4"])),
            ("cache".into(), strings(&["cache-1"])),
            ("half_of_api".into(), strings(&["api-2", "api-3"])),
        ]
        .into(),
        worst_case: ms(156_000),
        folder: "/home/me/shop".into(),
    }
}

pub(crate) fn details() -> PlanDetails {
    let texts = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    PlanDetails {
        spec: "examples/shop/shop.res".into(),
        undo: texts(&[
            (
                "slow",
                "the proxy lets everything through again; verified by asking it",
            ),
            (
                "strike",
                "started again at the end of the workflow, unless it runs by then",
            ),
        ]),
        needs: texts(&[
            ("slow", "faults in front of ports"),
            ("strike", "sending signals"),
        ]),
        worst_case: [
            ("slow".into(), ms(45_000)),
            ("strike".into(), ms(20_000)),
            ("back".into(), ms(15_000)),
        ]
        .into(),
        critical_path: strings(&["slow", "strike", "back", "rescue"]),
        touched_at_once: None,
        samples: [("checkout".into(), 1_560)].into(),
        meaning: texts(&[("available", "99% of 1560 samples: 15 may fail")]),
        remarks: strings(&["a run costs up to 3.1% of the error budget of `available`"]),
    }
}
