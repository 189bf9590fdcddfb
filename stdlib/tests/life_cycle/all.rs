//! What holds for every action.

use std::time::Duration;

use rescc_core::catalogue::{ActionKind, Power, UndoKind};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::value::Value;

use crate::Case;

/// Each fault with arguments that make sense.
fn faults() -> Vec<Case> {
    let cases = vec![
        Case::new("kill", &[("signal", Value::Word("SIGKILL".into()))]),
        Case::new("pause", &[]),
        Case::new(
            "latency",
            &[("delay", Value::Duration(Duration::from_millis(200)))],
        ),
        Case::new(
            "fill_disk",
            &[
                ("folder", Value::Text("/data".into())),
                ("size", Value::Bytes(64 << 20)),
            ],
        ),
    ];
    let all = rescc_stdlib::actions()
        .specs()
        .into_iter()
        .filter(|spec| spec.is_fault())
        .count();
    assert_eq!(cases.len(), all, "a fault is missing here");
    cases
}

fn name(case: &Case) -> String {
    case.fault.spec().name.into_owned()
}

#[tokio::test]
async fn a_fault_that_was_applied_is_taken_back_once_and_the_second_time_nothing_is_done() {
    for case in faults() {
        let record = case.apply().await;
        assert!(case.undo(&record).await.acted, "{}", name(&case));
        case.verify_undone(&record).await.unwrap();
        let log = case.world.state.with(|world| world.log.clone());
        let again = case.undo(&record).await;
        assert!(!again.acted, "{}: {}", name(&case), again.detail);
        assert!(!again.detail.is_empty());
        case.verify_undone(&record).await.unwrap();
        assert_eq!(
            case.world.state.with(|world| world.log.clone()),
            log,
            "{}",
            name(&case)
        );
    }
}

#[tokio::test]
async fn the_undo_of_a_fault_that_never_was_does_nothing() {
    for case in faults() {
        let record = case.record(case.prepare().await.unwrap());
        assert!(!case.undo(&record).await.acted, "{}", name(&case));
        case.verify_undone(&record).await.unwrap();
        assert!(
            case.world.state.with(|world| world.log.is_empty()),
            "{}",
            name(&case)
        );
    }
}

#[tokio::test]
async fn where_the_holder_is_gone_there_is_nothing_left_to_undo() {
    for case in faults() {
        let record = case.apply().await;
        case.change(|world| world.holder_gone = true);
        assert!(!case.undo(&record).await.acted, "{}", name(&case));
        assert!(!case.verify_undone(&record).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn preparing_changes_nothing() {
    for case in faults() {
        let before = format!("{:?}", case.world);
        case.prepare().await.unwrap();
        assert_eq!(format!("{:?}", case.world), before, "{}", name(&case));
    }
}

#[tokio::test]
async fn a_power_that_is_not_there_is_named() {
    for case in faults() {
        for power in case.fault.spec().needs {
            let record = case.record(case.prepare().await.unwrap());
            case.change(|world| _ = world.lacks.insert(power));
            let failure = case.prepare().await.unwrap_err();
            assert_eq!(failure.class, ErrorClass::Unsupported, "{}", name(&case));
            assert!(failure.message.contains(power.describe()), "{}", failure.message);
            // Kill takes back by starting alone.
            if power != Power::Signals {
                assert_eq!(
                    case.try_undo(&record).await.unwrap_err().class,
                    ErrorClass::Unsupported
                );
                assert_eq!(
                    case.verify_undone(&record).await.unwrap_err().class,
                    ErrorClass::Unsupported
                );
            }
            case.change(|world| world.lacks.clear());
        }
    }
}

#[tokio::test]
async fn a_record_of_another_version_is_refused_untouched() {
    for case in faults() {
        let mut record = case.apply().await;
        let before = format!("{:?}", case.world);
        record.version += 1;
        let failure = case.try_undo(&record).await.unwrap_err();
        assert_eq!(failure.class, ErrorClass::Permanent);
        assert!(
            failure.message.contains("version 2") && failure.message.contains("strike/cache-1"),
            "{}",
            failure.message
        );
        assert!(!failure.help.is_empty());
        assert_eq!(format!("{:?}", case.world), before);
    }
}

#[tokio::test]
async fn a_payload_that_is_none_is_refused() {
    for case in faults() {
        for payload in [
            serde_json::Value::Null,
            serde_json::json!([1]),
            serde_json::json!("x"),
        ] {
            let record = case.record(payload);
            let failure = case.try_undo(&record).await.unwrap_err();
            assert_eq!(failure.class, ErrorClass::Permanent, "{}", name(&case));
            assert!(case.fault.apply(&case.context, &record.payload).await.is_err());
            assert!(case.fault.verify(&case.context, &record.payload).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_a_power_fails_with_is_handed_on() {
    let failure = Failure::new(ErrorClass::Permission, "not allowed");
    let calls = [
        ("signal", "start"),
        ("freeze", "thaw"),
        ("add", "remove"),
        ("fill", "release"),
    ];
    for (case, (call, undo)) in faults().into_iter().zip(calls) {
        let record = case.record(case.prepare().await.unwrap());
        case.change(|world| _ = world.fails.insert(call, failure.clone()));
        assert_eq!(
            case.fault.apply(&case.context, &record.payload).await,
            Err(failure.clone()),
            "{call}"
        );
        case.change(|world| world.fails.clear());
        let record = case.apply().await;
        case.change(|world| _ = world.fails.insert(undo, failure.clone()));
        assert_eq!(case.try_undo(&record).await, Err(failure.clone()), "{undo}");
        assert!(case.verify_undone(&record).await.is_err(), "{undo}");
    }
}

#[test]
fn the_catalogue_is_complete() {
    for spec in rescc_stdlib::actions().specs() {
        let first = spec.parameters.first().unwrap();
        assert_eq!(
            (first.name.as_ref(), first.required),
            ("target", true),
            "{}",
            spec.name
        );
        assert!(
            spec.summary.ends_with('.')
                && spec
                    .parameters
                    .iter()
                    .all(|parameter| parameter.summary.ends_with('.'))
        );
        assert!(
            !spec.needs.is_empty() && !spec.claims.is_empty() && !spec.time_limit.is_zero(),
            "{}",
            spec.name
        );
        match spec.kind {
            ActionKind::Heal => assert_eq!(spec.undo, UndoKind::Nothing),
            _ => assert!(
                spec.undo == UndoKind::Automatic && !spec.undo_limit.is_zero(),
                "{}",
                spec.name
            ),
        }
        for parameter in &spec.parameters {
            let magnitude = parameter.default.as_ref().and_then(Value::magnitude);
            assert!(
                magnitude
                    .zip(parameter.min)
                    .is_none_or(|(default, min)| default >= min),
                "{}",
                parameter.name
            );
            assert!(
                magnitude
                    .zip(parameter.max)
                    .is_none_or(|(default, max)| default <= max),
                "{}",
                parameter.name
            );
        }
    }
}
