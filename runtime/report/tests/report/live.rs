//! Progress while a run goes on.

use std::time::Duration;

use rescc_core::event::{Event, What};
use rescc_core::resource::{Cause, Phase};
use rescc_report::{Live, Style};

use crate::fixture::{self, event, instance, ms};
use crate::planned;

fn lines(style: Style, events: &[Event]) -> String {
    let mut live = Live::new(style).with_plan(&planned::plan());
    events
        .iter()
        .filter_map(|event| live.line(event))
        .map(|line| line + "\n")
        .collect()
}

/// The state after all events until a moment, with ten observations a second.
fn at(moment: u64, style: Style) -> Live {
    let mut live = Live::new(style).with_plan(&planned::plan());
    for event in fixture::events().iter().filter(|event| event.at <= ms(moment)) {
        live.line(event);
    }
    for time in (300..moment).step_by(100) {
        let good = !(33_210..33_900).contains(&time);
        live.sample(
            ms(time),
            "checkout",
            good,
            good.then(|| ms(if time > 30_480 { 214 } else { 12 })),
        );
    }
    live
}

#[test]
fn a_run_in_lines() {
    insta::assert_snapshot!(lines(Style::plain(100), &fixture::events()));
}

#[test]
fn a_run_in_lines_of_60_columns() {
    insta::assert_snapshot!(lines(Style::plain(60), &fixture::events()));
}

#[test]
fn before_the_first_fault() {
    insta::assert_snapshot!(at(12_000, Style::plain(100)).frame(ms(12_000), 20).join("\n"));
}

#[test]
fn while_faults_stand() {
    insta::assert_snapshot!(at(34_500, Style::plain(100)).frame(ms(34_500), 20).join("\n"));
}

#[test]
fn while_faults_stand_in_60_columns() {
    let style = Style {
        color: false,
        unicode: false,
        width: 60,
    };
    insta::assert_snapshot!(at(34_500, style).frame(ms(34_500), 20).join("\n"));
}

#[test]
fn when_it_is_over() {
    insta::assert_snapshot!(at(66_350, Style::plain(100)).frame(ms(66_350), 20).join("\n"));
}

#[test]
fn a_frame_is_never_higher_than_it_may_be() {
    let live = at(34_500, Style::plain(80));
    for height in 0..12 {
        let frame = live.frame(ms(34_500), height);
        assert!(frame.len() <= height);
        assert!(frame.iter().all(|line| !line.contains('\n')));
    }
    insta::assert_snapshot!(live.frame(ms(34_500), 4).join("\n"));
}

#[test]
fn a_frame_that_was_never_fed_is_shown() {
    assert_eq!(Live::new(Style::plain(80)).frame(Duration::ZERO, 10).len(), 1);
}

#[test]
fn an_event_is_told_once() {
    let mut live = Live::new(Style::plain(80));
    let one = event(1, 5, What::SteadyState { holds: true });
    assert!(live.line(&one).is_some());
    assert_eq!(live.line(&one), None);
}

#[test]
fn an_instance_that_stays_as_it_is_is_no_news() {
    let mut live = Live::new(Style::plain(80));
    let same = || instance("api-1", Phase::Running, Some(true), Cause::System, "");
    assert!(live.line(&event(1, 5, same())).is_some());
    assert_eq!(live.line(&event(2, 6, same())), None);
}

#[test]
fn what_the_system_does_by_itself_is_told_even_while_it_starts() {
    let crash = instance(
        "api-1",
        Phase::Stopped,
        Some(false),
        Cause::System,
        "exited with 1",
    );
    let line = Live::new(Style::plain(80))
        .line(&event(1, 5, crash))
        .expect("it is told");
    assert!(line.contains("by itself: exited with 1"), "{line}");
}

#[test]
fn a_probe_that_never_can_ask_does_not_fill_the_log() {
    let mut live = Live::new(Style::plain(80));
    let error = |number| {
        event(
            number,
            number,
            What::ProbeError {
                probe: "stock".into(),
                why: "no such file".into(),
            },
        )
    };
    let told = (1..=1_000)
        .filter(|number| live.line(&error(*number)).is_some())
        .count();
    assert_eq!(told, 4, "the first, the tenth, the hundredth, the thousandth");
}
