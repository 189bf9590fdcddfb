//! What `rescc plan` shows.

use rescc_report::{PlanDetails, Style, plan_human};

use crate::fixture::ms;
use crate::planned;

#[test]
fn a_plan() {
    insta::assert_snapshot!(plan_human(
        &planned::plan(),
        &planned::details(),
        &Style::plain(100)
    ));
}

#[test]
fn a_plan_in_60_columns_without_unicode() {
    let style = Style {
        color: false,
        unicode: false,
        width: 60,
    };
    let text = plan_human(&planned::plan(), &planned::details(), &style);
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_beyond_its_limits_of_which_nothing_else_is_known() {
    let mut plan = planned::plan();
    plan.worst_case = ms(200_000);
    plan.targets.insert(
        "half_of_api".into(),
        vec!["api-1".into(), "api-2".into(), "api-3".into()],
    );
    insta::assert_snapshot!(plan_human(&plan, &PlanDetails::default(), &Style::plain(80)));
}

#[test]
fn a_plan_without_its_workflow() {
    let mut plan = planned::plan();
    plan.workflow = "gone\u{1b}".into();
    insta::assert_snapshot!(plan_human(&plan, &PlanDetails::default(), &Style::plain(80)));
}

#[test]
fn steps_come_in_the_order_in_which_they_can_begin() {
    let text = plan_human(&planned::plan(), &planned::details(), &Style::plain(100));
    let places: Vec<_> = ["1  slow", "2  strike", "3  back", "4  rescue"]
        .map(|step| text.find(step).expect("it is shown"))
        .into();
    assert!(places.is_sorted());
}

#[test]
fn steps_in_a_circle_are_still_shown() {
    let mut plan = planned::plan();
    for workflow in plan.program.workflows.values_mut() {
        let after = workflow.steps[0].after.clone();
        workflow.steps[2].after = vec![rescc_core::program::After {
            step: "rescue".into(),
            ..after[0].clone()
        }];
    }
    let text = plan_human(&plan, &planned::details(), &Style::plain(100));
    assert!(
        ["rescue", "strike", "back", "slow"]
            .iter()
            .all(|step| text.contains(step))
    );
}
