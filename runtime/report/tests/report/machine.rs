//! The report for machines.

use rescc_core::event::Event;
use rescc_core::report::RunReport;
use rescc_report::{json, schema};

use crate::fixture;

#[test]
fn a_report_can_be_read_again() {
    for report in [
        fixture::pass(),
        fixture::fail(),
        fixture::not_undone(),
        fixture::bare(),
        fixture::long_names(),
    ] {
        let text = json(&report);
        assert!(text.ends_with("}\n"));
        assert_eq!(
            serde_json::from_str::<RunReport>(&text).expect("it is a report"),
            report
        );
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(json(&fixture::pass()), json(&fixture::pass().clone()));
}

#[test]
fn json_of_a_small_report() {
    insta::assert_snapshot!(json(&fixture::bare()));
}

#[test]
fn every_field_of_a_report_is_in_its_schema() {
    let schema = schema::report();
    let known = schema["properties"].as_object().expect("it has properties");
    let report: serde_json::Value = serde_json::from_str(&json(&fixture::aborted())).expect("it is JSON");
    for field in report.as_object().expect("it is an object").keys() {
        assert!(known.contains_key(field), "{field}");
    }
    assert_eq!(known["duration_ns"]["type"], "integer");
}

#[test]
fn the_schemas_are_of_what_they_say() {
    assert_eq!(schema::report()["title"], "RunReport");
    assert_eq!(schema::event()["title"], "Event");
    assert_eq!(schema::plan()["title"], "Plan");
    let event = serde_json::to_value(&fixture::events()[0]).expect("it can be written");
    assert!(serde_json::from_value::<Event>(event).is_ok());
}
