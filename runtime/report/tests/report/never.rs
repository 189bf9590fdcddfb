//! What no report does, whatever is in it: panic, get wider than it may, drive the terminal.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rescc_core::event::StepOutcome;
use rescc_core::expr::Truth;
use rescc_core::report::{RecoveredBy, RunReport, Slice};
use rescc_core::undo::UndoState;
use rescc_core::value::Value;
use rescc_core::verdict::{ReasonCode, Verdict};
use rescc_report::{Live, PlanDetails, Style, human, markdown, plan_human};
use unicode_width::UnicodeWidthStr;

use crate::{fixture, planned};

/// Text of all sorts: plain, wide, of marks, hostile.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,12}(-[0-9]{1,3})?",
        "[a-z ]{0,200}",
        "[東京都庁👩🏽‍🚀é\u{301}\u{fe0f} `|<@#]{0,30}",
        "[\u{0}-\u{a0}\u{200b}-\u{202e}\u{feff}a]{0,40}",
        any::<String>(),
        "\u{1b}\\[[0-9;]{0,6}[a-zA-Z]x",
    ]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        (0..200_000_000_000_u64).prop_map(Duration::from_nanos),
        any::<u64>().prop_map(Duration::from_nanos),
    ]
}

fn slices() -> impl Strategy<Value = Vec<Slice>> {
    let slice = (time(), any::<u64>(), any::<u64>(), proptest::option::of(time())).prop_map(
        |(from, good, bad, latency_max)| Slice {
            from,
            good,
            bad,
            latency_max,
        },
    );
    prop_oneof![vec(slice, 0..80), Just(fixture::slices(|at| at, |at| at))]
}

fn value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        any::<f64>().prop_map(|share| Some(Value::Ratio(share))),
        any::<f64>().prop_map(|number| Some(Value::Number(number))),
        time().prop_map(|time| Some(Value::Duration(time))),
        text().prop_map(|text| Some(Value::Text(text))),
    ]
}

/// A report in which every text and every number is replaced by something else.
fn report() -> impl Strategy<Value = RunReport> {
    let texts = vec(text(), 24);
    let times = vec(time(), 8);
    let undo = prop_oneof![
        Just(UndoState::Open),
        Just(UndoState::NotApplied),
        any::<bool>().prop_map(|acted| UndoState::Verified {
            acted,
            detail: "x".into()
        }),
        (text(), text()).prop_map(|(why, command)| UndoState::Failed { why, command }),
    ];
    let base = prop_oneof![Just(0), Just(1), Just(2), Just(3)];
    (
        base,
        texts,
        times,
        slices(),
        value(),
        undo,
        any::<(bool, u64, u32, bool)>(),
    )
        .prop_map(
            |(base, texts, times, slices, value, undo, (undone, number, count, turned))| {
                let mut report = match base {
                    0 => fixture::pass(),
                    1 => fixture::fail(),
                    2 => fixture::many(),
                    _ => fixture::long_names(),
                };
                let mut texts = texts.into_iter();
                let mut text = || texts.next().unwrap_or_default();
                report.workflow = text();
                report.environment = text();
                report.spec = text();
                report.run.0 = text();
                report.undone = undone;
                report.seed = number;
                report.aborted_by = turned.then(&mut text);
                if turned {
                    report.duration = times[0];
                }
                report.reasons.push(fixture::reason(
                    Verdict::Error,
                    ReasonCode::KeeperLost,
                    "",
                    &text(),
                ));
                report.reasons.push(fixture::reason(
                    Verdict::Fail,
                    ReasonCode::ExpectationNotMet,
                    "x",
                    &text(),
                ));
                let expectation = &mut report.expectations[0];
                (expectation.text, expectation.objective, expectation.wanted) = (text(), text(), text());
                (expectation.measured, expectation.met, expectation.samples) = (value, Truth::NoData, number);
                (expectation.broken_at, expectation.during) = (Some(times[1]), text());
                let step = &mut report.steps[0];
                (step.name, step.action, step.detail) = (text(), text(), text());
                step.targets = vec![text(), text(), "api-1".into()];
                (step.active, step.ended) = (Some(times[2]), Some(times[3]));
                (step.time_to_detect, step.time_to_recover) = (Some(times[4]), Some(times[5]));
                step.recovered_by = Some(RecoveredBy::Policy(text()));
                let name = step.name.clone();
                report.injections[0].injection.0 = format!("{name}/{}", text());
                report.injections[0].undo = undo;
                report.heals[0].policy = text();
                (report.heals[0].actions, report.heals[0].held) = (count, turned);
                let probe = &mut report.probes[0];
                (probe.name, probe.slices) = (text(), slices);
                (probe.good, probe.samples, probe.latency_p95) = (number, u64::from(count), Some(times[6]));
                if let Some(event) = report.events.get_mut(10) {
                    event.at = times[7];
                }
                report
            },
        )
}

fn style() -> impl Strategy<Value = Style> {
    (any::<bool>(), any::<bool>(), prop_oneof![0..200_u16, 40..130_u16]).prop_map(
        |(color, unicode, width)| Style {
            color,
            unicode,
            width,
        },
    )
}

/// Characters without a shape, and those that turn the direction of writing.
fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text without what colours it; everything else that drives a terminal is a mistake.
fn check(text: &str, style: &Style) -> Result<(), TestCaseError> {
    let columns = if style.width == 0 {
        80
    } else {
        usize::from(style.width)
    };
    for line in text.split('\n') {
        let mut shown = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            shown.push_str(before);
            let end = after.find('m').map(|at| at + 1).unwrap_or(0);
            prop_assert!(
                style.color && after.starts_with('['),
                "an escape that is not ours: {line:?}"
            );
            prop_assert!(
                after[1..end.max(2) - 1]
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == ';'),
                "{line:?}"
            );
            rest = &after[end..];
        }
        shown.push_str(rest);
        prop_assert!(!shown.chars().any(|c| c.is_control()), "{line:?}");
        prop_assert!(!shown.chars().any(turns_or_hides), "{line:?}");
        prop_assert!(style.unicode || shown.is_ascii(), "{line:?}");
        let by_character: usize = shown
            .chars()
            .map(|c| UnicodeWidthStr::width(c.to_string().as_str()))
            .sum();
        prop_assert!(by_character <= columns, "{by_character} > {columns}: {line:?}");
        prop_assert!(
            shown.width() <= columns,
            "{} > {columns}: {line:?}",
            shown.width()
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_report_drives_the_terminal_or_gets_too_wide(report in report(), path in proptest::option::of(text()), style in style()) {
        check(&human(&report, path.as_deref(), &style), &style)?;
    }

    #[test]
    fn markdown_holds_control_characters(report in report()) {
        let text = markdown(&report);
        prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert!(!text.chars().any(turns_or_hides), "an invisible character");
    }

    #[test]
    fn progress_drives_the_terminal_or_gets_too_wide(
        report in report(),
        names in vec(text(), 4),
        at in time(),
        height in 0..20_usize,
        style in style(),
    ) {
        let mut plan = planned::plan();
        for workflow in plan.program.workflows.values_mut() {
            for (step, name) in workflow.steps.iter_mut().zip(&names) {
                step.name.clone_from(name);
            }
        }
        let mut live = Live::new(style).with_plan(&plan);
        for name in &names {
            live.sample(at, name, name.is_empty(), Some(at));
        }
        for event in &report.events {
            if let Some(line) = live.line(event) {
                prop_assert!(!line.contains('\n'));
                check(&line, &style)?;
            }
            let frame = live.frame(at, height);
            prop_assert!(frame.len() <= height);
            check(&frame.join("\n"), &style)?;
        }
    }

    #[test]
    fn a_plan_drives_the_terminal_or_gets_too_wide(texts in vec(text(), 10), time in time(), style in style()) {
        let mut plan = planned::plan();
        plan.seed = 7;
        plan.worst_case = time;
        plan.program.environment.name.clone_from(&texts[0]);
        plan.instances[0].name.clone_from(&texts[1]);
        plan.targets.insert("half_of_api".into(), vec![texts[1].clone(), texts[2].clone()]);
        for workflow in plan.program.workflows.values_mut() {
            workflow.doc.clone_from(&texts[3]);
            workflow.steps[0].name.clone_from(&texts[4]);
            workflow.steps[1].duration = Some(time);
            workflow.expect[0].text.clone_from(&texts[5]);
        }
        let details = PlanDetails {
            spec: texts[6].clone(),
            undo: [(texts[4].clone(), texts[7].clone())].into(),
            worst_case: [(texts[4].clone(), time)].into(),
            critical_path: texts.clone(),
            remarks: vec![texts[8].clone()],
            meaning: [(texts[5].clone(), texts[9].clone())].into(),
            ..planned::details()
        };
        check(&plan_human(&plan, &details, &style), &style)?;
    }
}

#[test]
fn a_hostile_name_is_shown_as_what_it_is() {
    let mut report = fixture::pass();
    report.workflow = "a\u{1b}[2Jb\rc".into();
    report.steps[0].outcome = StepOutcome::Failed;
    report.steps[0].detail = "one\u{1b}]0;title\u{7}".into();
    let text = human(&report, None, &Style::plain(100));
    assert!(text.contains("a\\u{1b}[2Jb\\rc"), "{text}");
    assert!(text.contains("one\\u{1b}]0;title\\u{7}"), "{text}");
}
