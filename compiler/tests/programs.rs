//! What correct specs become.

mod support;

use rescc_core::program::{MinHealthy, Pick, Run, StepEvent, Target};
use support::{QUICKSTART, check_text, found};

const BASE: &str = include_str!("support/base.res");

#[test]
fn the_quick_start_has_no_finding_and_two_programs() {
    let checked = check_text(QUICKSTART);
    assert_eq!(found(QUICKSTART, &checked.diagnostics), Vec::<String>::new());
    assert_eq!(checked.environments, ["local", "compose"]);
    assert_eq!(checked.workflows, ["lose_cache"]);
    let program = checked.program("local").unwrap();
    assert_eq!(program.doc, "The shop keeps selling when it loses its cache.");
    assert_eq!(program.environment.bind["cache"].locator, "process");
    assert_eq!(
        program.environment.bind["api"].arguments["copies"].as_count(),
        Some(1)
    );
    assert_eq!(
        checked.program("compose").unwrap().environment.settings["file"].as_text(),
        Some("docker-compose.yml")
    );
    assert!(checked.program("staging").is_none());
}

#[test]
fn everything_that_is_written_is_in_the_program() {
    let program = check_text(BASE).program("local").unwrap();
    assert_eq!(program.resources["api"].min_healthy, MinHealthy::Count(1));
    assert_eq!(program.selectors["half_of_api"].pick, Pick::Share(0.5));
    assert!(program.selectors["half_of_api"].filter.is_some());
    let checkout = &program.probes["checkout"];
    assert_eq!(
        checkout.arguments["url"].as_text(),
        Some("http://localhost:8080/checkout")
    );
    assert_eq!(program.probes["depth"].every.as_millis(), 100, "`rate = 10/s`");
    assert_eq!(program.slos["fast"].min_samples, 20);
    assert_eq!(
        program.slos["fast"].text,
        "checkout.latency.p95 <= 150% of baseline"
    );
    let workflow = &program.workflows["lose_cache"];
    assert_eq!(workflow.observe.as_secs(), 30, "an objective needs the baseline");
    assert_eq!(workflow.limits.blast_radius, Some(0.5));
    let [slow, strike, back, rescue, freeze, thaw] = workflow.steps.as_slice() else {
        panic!()
    };
    let Run::Fault(call) = &slow.run else { panic!() };
    assert_eq!(call.target, Target::Selector("half_of_api".into()));
    assert_eq!(call.text, "latency(half_of_api, delay = 200ms, jitter = 20ms)");
    assert_eq!(slow.duration.map(|time| time.as_secs()), Some(30));
    assert_eq!(
        (strike.after[0].step.as_str(), strike.after[0].is),
        ("slow", StepEvent::Active)
    );
    let Run::Wait { until, .. } = &back.run else {
        panic!()
    };
    assert_eq!(until.text, "cache.healthy");
    assert_eq!(rescue.retry.map(|retry| retry.attempts), Some(3));
    assert!(matches!(freeze.run, Run::Fault(_)));
    assert_eq!(
        thaw.run,
        Run::Undo {
            step: "freeze".into()
        }
    );
    assert_eq!(program.heals["revive_cache"].ladder.len(), 2);
}

#[test]
fn white_space_of_a_condition_is_folded() {
    let text = BASE.replacen(
        "it.status in 200..299",
        "it.status in 200..299 and\n      it.latency   < 1s",
        1,
    );
    let program = check_text(&text).program("local");
    assert!(program.is_some());
    let text = BASE.replacen(
        "when     = not it.healthy",
        "when     = not it.healthy or\n     it.restarts   > 3",
        1,
    );
    let program = check_text(&text).program("local").unwrap();
    assert_eq!(
        program.heals["revive_cache"].text,
        "not it.healthy or it.restarts > 3"
    );
}
