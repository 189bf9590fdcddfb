//! `fill_disk`.

use rescc_core::environment::{Fill, FillAmount};
use rescc_core::error::ErrorClass;
use rescc_core::value::Value;

use crate::fake::FREE;
use crate::{Case, bites, gone, not_yet};

const SIZE: u64 = 64 << 20;

fn fill(more: &[(&str, Value)]) -> Case {
    let mut arguments = vec![("folder", Value::Text("/data".into()))];
    arguments.extend_from_slice(more);
    Case::new("fill_disk", &arguments)
}

fn by_size() -> Case {
    fill(&[("size", Value::Bytes(SIZE))])
}

fn found(case: &Case, bytes: u64, available: u64) {
    case.change(|world| {
        for held in world.fills.values_mut() {
            *held = Fill {
                bytes,
                available,
                available_before: FREE,
            };
        }
    });
}

#[tokio::test]
async fn it_asks_for_what_was_written() {
    let case = by_size();
    case.apply().await;
    assert_eq!(
        case.world.state.with(|world| world.amounts.clone()),
        [("/data".into(), FillAmount::Bytes(SIZE))]
    );
    let case = fill(&[("used", Value::Ratio(0.95))]);
    case.apply().await;
    assert_eq!(
        case.world.state.with(|world| world.amounts.clone()),
        [("/data".into(), FillAmount::UsedShare(0.95))]
    );
}

#[tokio::test]
async fn what_is_held_is_the_proof_whatever_others_write() {
    let case = by_size();
    let record = case.apply().await;
    assert_eq!(bites(case.verify(&record).await), "asked 64MiB, 64MiB are held");
    // Others delete more than is held, or write: that says nothing about the fault.
    found(&case, SIZE, FREE + SIZE);
    bites(case.verify(&record).await);

    let case = fill(&[("used", Value::Ratio(0.5))]);
    let record = case.apply().await;
    assert_eq!(
        bites(case.verify(&record).await),
        "asked 50% in use, 512MiB are held"
    );
}

#[tokio::test]
async fn too_little_is_no_effect() {
    let case = by_size();
    let record = case.apply().await;
    found(&case, SIZE / 2, FREE - SIZE / 2);
    assert!(
        not_yet(case.verify(&record).await).starts_with("too little is held: asked 64MiB, 32MiB are held")
    );

    // It was that full before.
    let case = fill(&[("used", Value::Ratio(0.5))]);
    let record = case.apply().await;
    found(&case, 0, FREE);
    not_yet(case.verify(&record).await);
}

#[tokio::test]
async fn it_lapses_when_the_room_is_back() {
    let case = by_size();
    let record = case.apply().await;
    bites(case.verify(&record).await);
    case.change(|world| world.fills.clear());
    assert_eq!(gone(case.verify(&record).await), "the room was given back");
}

#[tokio::test]
async fn the_undo_is_verified_by_what_is_held() {
    let case = by_size();
    let record = case.apply().await;
    assert_eq!(
        case.verify_undone(&record).await.unwrap_err().message,
        "64MiB are still held"
    );
    case.undo(&record).await;
    assert_eq!(case.verify_undone(&record).await.unwrap(), "no room is held");
}

#[tokio::test]
async fn exactly_one_amount_is_taken() {
    for (arguments, says) in [
        (vec![], "neither `size` nor `used` is given"),
        (
            vec![("size", Value::Bytes(1)), ("used", Value::Ratio(0.5))],
            "`size` and `used` are both given",
        ),
        (vec![("size", Value::Bytes(0))], "`size` is nothing"),
        (
            vec![("used", Value::Ratio(1.5))],
            "`used` does not lie between 1% and 100%",
        ),
        (vec![("used", Value::Bytes(1))], "`used` is not a ratio"),
        (
            vec![("size", Value::Bytes(1)), ("folder", Value::Text(String::new()))],
            "`folder` is missing",
        ),
    ] {
        let failure = fill(&arguments).prepare().await.unwrap_err();
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (ErrorClass::Permanent, says)
        );
    }
}

#[tokio::test]
async fn the_same_injection_is_not_put_in_place_twice() {
    let case = by_size();
    case.apply().await;
    assert_eq!(case.prepare().await.unwrap_err().class, ErrorClass::Conflict);
}
