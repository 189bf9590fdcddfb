use futures_util::future::{Either, select};
use futures_util::pin_mut;
use rescc_adapter_sim::SimOptions;
use rescc_core::environment::{FillAmount, Frozen, PortFault};
use rescc_core::error::Failure;
use rescc_core::resource::{Cause, Phase};
use rescc_core::time::Moment;
use rescc_core::value::Value;

use crate::support::{Bench, id, locator, millis, opened, secs, word};

/// Does an operation and gives up after a minute.
async fn patiently<T>(
    bench: &Bench,
    work: impl Future<Output = Result<T, Failure>>,
) -> Option<Result<T, Failure>> {
    let limit = bench.sleep(secs(60));
    pin_mut!(work, limit);
    match select(work, limit).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}

/// Freezes and thaws again and again; what came of each and what is left.
fn storm(seed: u64, options: SimOptions) -> (Vec<(Moment, String)>, usize, usize, usize) {
    let bind = [(
        "db",
        locator(&[("copies", Value::Count(3)), ("recovers", word("restarts"))]),
    )];
    opened(&bind, seed, options, |bench| async move {
        let _seen = bench.watch();
        for _ in 0..20 {
            if let Some(Ok(())) = patiently(&bench, bench.environment.up()).await {
                break;
            }
        }
        let freeze = bench.environment.freeze().unwrap();
        let (mut failed, mut hung, mut good) = (0, 0, 0);
        for round in 0..60 {
            let instance = format!("db-{}", round % 3 + 1);
            for turn in 0..2 {
                let result = if turn == 0 {
                    patiently(&bench, freeze.freeze(&instance))
                        .await
                        .map(|result| result.map(|_| ()))
                } else {
                    patiently(&bench, freeze.thaw(&instance))
                        .await
                        .map(|result| result.map(|_| ()))
                };
                match result {
                    None => hung += 1,
                    Some(Err(_)) => failed += 1,
                    Some(Ok(())) => good += 1,
                }
                bench.sleep(millis(250)).await;
            }
        }
        let _ = patiently(&bench, bench.environment.down()).await;
        (bench.world.log(), failed, hung, good)
    })
}

fn everything(seed: u64) -> SimOptions {
    SimOptions {
        seed,
        failures: 0.1,
        hangs: 0.05,
        slow: 0.1,
        lapses: 0.2,
        no_effect: 0.1,
        crashes: 0.2,
        probe_failures: 0.1,
    }
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let (log, failed, hung, good) = storm(11, everything(5));
    assert!(failed > 0 && hung > 0 && good > 50, "{failed} {hung} {good}");
    assert!(log.len() > 200);
    assert!(log.is_sorted_by_key(|(at, _)| *at));
    assert_eq!(storm(11, everything(5)).0, log);
    assert_ne!(storm(12, everything(5)).0, log);
    assert_ne!(storm(11, everything(6)).0, log);
}

#[test]
fn whatever_goes_wrong_down_leaves_nothing_in_the_end() {
    for seed in 0..100 {
        let bind = [(
            "db",
            locator(&[("copies", Value::Count(2)), ("recovers", word("restarts"))]),
        )];
        opened(&bind, seed, everything(seed), |bench| async move {
            let _ = patiently(&bench, bench.environment.up()).await;
            let _ = patiently(&bench, bench.environment.freeze().unwrap().freeze("db-1")).await;
            let _ = patiently(
                &bench,
                bench.environment.lifecycle().unwrap().restart("db-2", secs(2)),
            )
            .await;
            let mut tries = 0;
            while !matches!(patiently(&bench, bench.environment.down()).await, Some(Ok(_))) {
                tries += 1;
                assert!(tries < 20, "seed {seed}");
            }
            bench.sleep(secs(60)).await;
            assert!(
                bench.world.residue().is_empty() && bench.world.alive().is_empty(),
                "seed {seed}"
            );
            let listed = bench.environment.list().await.unwrap();
            assert!(
                listed.iter().all(|instance| instance.phase == Phase::Absent),
                "seed {seed}: {listed:?}"
            );
        });
    }
}

#[test]
fn without_options_nothing_goes_wrong() {
    let (log, failed, hung, good) = storm(1, SimOptions::default());
    assert_eq!((failed, hung, good), (0, 0, 120));
    assert!(
        !log.iter()
            .any(|(_, line)| line.contains('(') || line.contains("by itself")),
        "{log:#?}"
    );
}

#[test]
fn each_option_does_what_it_says() {
    let of = |options: SimOptions| storm(2, options);
    let (_, failed, hung, _) = of(SimOptions {
        failures: 0.3,
        ..SimOptions::default()
    });
    assert!((15..60).contains(&failed) && hung == 0, "{failed} {hung}");
    let (_, failed, hung, _) = of(SimOptions {
        hangs: 0.3,
        ..SimOptions::default()
    });
    assert!((15..60).contains(&hung) && failed == 0, "{failed} {hung}");
    let log = of(SimOptions {
        crashes: 1.0,
        ..SimOptions::default()
    })
    .0;
    assert!(
        log.iter()
            .any(|(_, line)| line == "db-1 is stopped, not healthy by itself: crashed"),
        "{log:#?}"
    );
    let took = |log: &[(Moment, String)]| log.last().unwrap().0.since(log[0].0);
    let slow = of(SimOptions {
        slow: 0.5,
        ..SimOptions::default()
    })
    .0;
    assert!(took(&slow) > took(&of(SimOptions::default()).0) * 4);
}

#[test]
fn a_trouble_can_come_before_or_after_the_effect() {
    for options in [
        SimOptions {
            failures: 1.0,
            ..SimOptions::default()
        },
        SimOptions {
            hangs: 1.0,
            ..SimOptions::default()
        },
    ] {
        let (mut before, mut after) = (0, 0);
        for seed in 0..40 {
            let alive = opened(
                &[("db", locator(&[]))],
                seed,
                options.clone(),
                |bench| async move {
                    assert!(!matches!(
                        patiently(&bench, bench.environment.up()).await,
                        Some(Ok(()))
                    ));
                    bench.world.alive().len()
                },
            );
            if alive == 0 { before += 1 } else { after += 1 }
        }
        assert!(before > 5 && after > 5, "{before} {after}");
    }
}

#[test]
fn what_says_it_is_done_may_have_done_nothing() {
    let options = SimOptions {
        no_effect: 1.0,
        ..SimOptions::default()
    };
    opened(&[("db", locator(&[]))], 1, options, |bench| async move {
        bench.environment.up().await.unwrap();
        bench.environment.freeze().unwrap().freeze("db-1").await.unwrap();
        let fault = PortFault::Latency {
            delay: secs(1),
            jitter: secs(0),
            share: 1.0,
        };
        bench
            .environment
            .ports()
            .unwrap()
            .add("db-1", None, &id("a"), fault)
            .await
            .unwrap();
        let disk = bench.environment.disk().unwrap();
        disk.fill("db-1", "/", &id("b"), FillAmount::Bytes(1))
            .await
            .unwrap();
        bench
            .environment
            .signals()
            .unwrap()
            .signal("db-1", 9)
            .await
            .unwrap();
        let lifecycle = bench.environment.lifecycle().unwrap();
        assert!(lifecycle.stop("db-1", secs(1)).await.unwrap().acted);
        bench.sleep(secs(5)).await;
        assert!(bench.world.residue().is_empty());
        let db = bench.instance("db-1").await;
        assert_eq!((db.phase, db.healthy), (Phase::Running, Some(true)));
        assert!(
            bench
                .world
                .log()
                .iter()
                .any(|(_, line)| line == "freeze db-1 (without effect)")
        );
        assert!(bench.environment.down().await.unwrap().acted, "an end is an end");
        assert!(bench.world.alive().is_empty());
    });
}

#[test]
fn effects_end_by_themselves() {
    let options = SimOptions {
        lapses: 1.0,
        ..SimOptions::default()
    };
    opened(&[("db", locator(&[]))], 1, options, |bench| async move {
        bench.environment.up().await.unwrap();
        let changes = bench.watch();
        let freeze = bench.environment.freeze().unwrap();
        freeze.freeze("db-1").await.unwrap();
        let fault = PortFault::Latency {
            delay: secs(1),
            jitter: secs(0),
            share: 1.0,
        };
        bench
            .environment
            .ports()
            .unwrap()
            .add("db-1", None, &id("a"), fault)
            .await
            .unwrap();
        bench
            .environment
            .disk()
            .unwrap()
            .fill("db-1", "/", &id("b"), FillAmount::Bytes(1))
            .await
            .unwrap();
        assert_eq!(bench.world.residue().len(), 3);
        bench.sleep(millis(10_100)).await;
        assert!(bench.world.residue().is_empty());
        assert_eq!(freeze.state("db-1").await.unwrap(), Frozen::Running);
        assert_eq!(
            bench
                .environment
                .ports()
                .unwrap()
                .evidence(&id("a"))
                .await
                .unwrap(),
            None
        );
        let seen = changes.get();
        let back = seen
            .iter()
            .find(|(_, change)| change.instance.phase == Phase::Running)
            .unwrap();
        assert_eq!(back.1.cause, Cause::System);
    });
}

#[test]
fn a_note_of_a_test_stands_in_its_place() {
    opened(
        &[("db", locator(&[]))],
        1,
        SimOptions::default(),
        |bench| async move {
            bench.environment.up().await.unwrap();
            bench.world.note("journal: intent hold/db-1");
            bench.environment.freeze().unwrap().freeze("db-1").await.unwrap();
            let log = bench.world.log();
            let at = |line: &str| log.iter().position(|(_, found)| found == line).unwrap();
            assert!(at("journal: intent hold/db-1") < at("freeze db-1"));
            assert!(at("freeze db-1") < at("db-1 is paused, healthy by the run"));
            assert_eq!(bench.world.log_dropped(), 0);
        },
    );
}
