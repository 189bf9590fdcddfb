use std::collections::BTreeMap;

use rescc_adapter_sim::{SimAdapter, SimOptions, SimRuntime};
use rescc_core::environment::{Adapter, Fate, Frozen, Leftovers};
use rescc_core::error::ErrorClass;
use rescc_core::names::RunId;
use rescc_core::resource::{Cause, Phase};
use rescc_core::value::Value;

use crate::support::{id, locator, millis, opened, secs, setup, span, text, up, word};

#[test]
fn before_it_is_up_all_is_listed_as_it_will_be() {
    let labels = Value::Record(BTreeMap::from([("tier".to_owned(), text("front"))]));
    let bind = [
        (
            "api",
            locator(&[("copies", Value::Count(11)), ("labels", labels)]),
        ),
        ("db", locator(&[])),
    ];
    opened(&bind, 1, SimOptions::default(), |bench| async move {
        let planned = bench.environment.list().await.unwrap();
        let names: Vec<_> = planned.iter().map(|instance| instance.name.as_str()).collect();
        assert_eq!(
            (names[0], names[1], names[10], names[11]),
            ("api-1", "api-2", "api-11", "db-1")
        );
        assert!(
            planned
                .iter()
                .all(|instance| instance.phase == Phase::Running && instance.healthy == Some(true))
        );
        assert_eq!(
            (planned[0].resource.as_str(), planned[0].kind.as_str()),
            ("api", "thing")
        );
        assert_eq!(planned[0].labels["tier"], "front");
        assert!(bench.world.alive().is_empty());
        let lifecycle = bench.environment.lifecycle().unwrap();
        assert_eq!(
            lifecycle.start("db-1").await.unwrap_err().class,
            ErrorClass::NotFound
        );
        bench.environment.up().await.unwrap();
        assert_eq!(bench.environment.list().await.unwrap(), planned);
        assert_eq!(bench.world.alive().len(), 12);
    });
}

#[test]
fn it_is_up_when_all_are_healthy_and_down_when_all_are_gone() {
    let bind = [(
        "db",
        locator(&[
            ("start_time", span(millis(200), millis(300))),
            ("copies", Value::Count(3)),
        ]),
    )];
    opened(&bind, 1, SimOptions::default(), |bench| async move {
        let changes = bench.watch();
        let start = bench.clock.now();
        bench.environment.up().await.unwrap();
        let took = bench.clock.now().since(start);
        assert!((millis(200)..millis(360)).contains(&took), "{took:?}");
        bench.environment.up().await.unwrap();
        let down = bench.environment.down().await.unwrap();
        assert!(down.acted);
        assert!(!bench.environment.down().await.unwrap().acted);
        assert!(
            bench
                .environment
                .list()
                .await
                .unwrap()
                .iter()
                .all(|one| one.phase == Phase::Absent)
        );
        assert!(bench.environment.up().await.is_err());
        bench.sleep(millis(1)).await;
        let of_one: Vec<_> = changes
            .get()
            .into_iter()
            .filter(|(_, change)| change.instance.name == "db-2")
            .collect();
        let phases: Vec<_> = of_one
            .iter()
            .map(|(_, change)| (change.instance.phase, change.instance.healthy))
            .collect();
        let (yes, no) = (Some(true), Some(false));
        let expected = [
            (Phase::Starting, no),
            (Phase::Running, no),
            (Phase::Running, yes),
            (Phase::Stopped, no),
            (Phase::Absent, no),
        ];
        assert_eq!(phases, expected);
        assert!(of_one.iter().all(|(_, change)| change.cause == Cause::Run));
    });
}

#[test]
fn stop_start_and_restart_reach_their_phase_and_are_idempotent() {
    up(
        &[("db", locator(&[("recovers", word("restarts"))]))],
        2,
        |bench| async move {
            let lifecycle = bench.environment.lifecycle().unwrap();
            let signals = bench.environment.signals().unwrap();
            let first = signals.incarnation("db-1").await.unwrap().unwrap();
            assert!(lifecycle.stop("db-1", secs(5)).await.unwrap().acted);
            assert_eq!(lifecycle.look("db-1").await.unwrap().phase, Phase::Stopped);
            assert!(!lifecycle.stop("db-1", secs(5)).await.unwrap().acted);
            bench.sleep(secs(60)).await;
            assert_eq!(
                bench.instance("db-1").await.phase,
                Phase::Stopped,
                "what was stopped on purpose stays so"
            );

            assert!(lifecycle.start("db-1").await.unwrap().acted);
            let started = lifecycle.look("db-1").await.unwrap();
            assert_eq!(
                (started.phase, started.healthy, started.restarts),
                (Phase::Running, Some(false), 0)
            );
            assert!(!lifecycle.start("db-1").await.unwrap().acted);
            bench.sleep(secs(1)).await;
            assert_eq!(bench.instance("db-1").await.healthy, Some(true));

            let second = signals.incarnation("db-1").await.unwrap().unwrap();
            assert!(lifecycle.restart("db-1", secs(5)).await.unwrap().acted);
            let third = signals.incarnation("db-1").await.unwrap().unwrap();
            assert!(first != second && second != third);
            assert_eq!(signals.fate("db-1", &third).await.unwrap(), Fate::Alive);
            let fate = signals.fate("db-1", &second).await.unwrap();
            assert_eq!(
                fate,
                Fate::Ended {
                    how: "ended by signal 15".to_owned(),
                    signal: Some(15)
                }
            );
            assert_eq!(
                lifecycle.start("db-2").await.unwrap_err().class,
                ErrorClass::NotFound
            );
        },
    );
}

#[test]
fn who_does_not_stop_on_a_signal_is_ended_after_the_grace() {
    up(
        &[("db", locator(&[("stops_on_signal", Value::Bool(false))]))],
        2,
        |bench| async move {
            let begun = bench.clock.now();
            bench
                .environment
                .lifecycle()
                .unwrap()
                .stop("db-1", secs(7))
                .await
                .unwrap();
            let took = bench.clock.now().since(begun);
            assert!((secs(7)..millis(7_010)).contains(&took), "{took:?}");
            assert_eq!(bench.instance("db-1").await.remark, "ended by signal 9");
        },
    );
}

#[test]
fn one_that_died_stays_dead_or_comes_back_by_itself() {
    let back = span(secs(2), secs(2));
    let bind = [
        ("db", locator(&[])),
        (
            "web",
            locator(&[
                ("recovers", word("restarts")),
                ("recovers_in", back),
                ("critical", Value::Bool(false)),
            ]),
        ),
    ];
    up(&bind, 3, |bench| async move {
        let changes = bench.watch();
        let signals = bench.environment.signals().unwrap();
        for instance in ["db-1", "web-1"] {
            let life = signals.signal(instance, 9).await.unwrap();
            bench.sleep(millis(30)).await;
            assert!(matches!(
                signals.fate(instance, &life).await.unwrap(),
                Fate::Ended { signal: Some(9), .. }
            ));
            let dead = bench.instance(instance).await;
            assert_eq!((dead.phase, dead.healthy), (Phase::Stopped, Some(false)));
        }
        bench.sleep(secs(30)).await;
        assert_eq!(bench.instance("db-1").await.phase, Phase::Stopped);
        let web = bench.instance("web-1").await;
        assert_eq!(
            (web.phase, web.healthy, web.restarts),
            (Phase::Running, Some(true), 1)
        );
        let of_web: Vec<_> = changes
            .get()
            .into_iter()
            .filter(|(_, change)| change.instance.name == "web-1")
            .collect();
        assert_eq!(
            (of_web[0].1.cause, of_web[0].1.instance.phase),
            (Cause::Run, Phase::Stopped)
        );
        assert!(
            of_web[1..]
                .iter()
                .all(|(_, change)| change.cause == Cause::System),
            "{of_web:?}"
        );
        assert_eq!(
            of_web[1].0.since(of_web[0].0),
            secs(2),
            "who watches is told at the very moment"
        );
        assert_eq!(of_web.len(), 4);
    });
}

#[test]
fn what_happens_does_not_depend_on_who_looks() {
    let story = |watched: bool| {
        up(
            &[("db", locator(&[("recovers", word("restarts"))]))],
            4,
            |bench| async move {
                let _seen = watched.then(|| bench.watch());
                bench
                    .environment
                    .signals()
                    .unwrap()
                    .signal("db-1", 9)
                    .await
                    .unwrap();
                for _ in 0..100 {
                    bench.sleep(millis(100)).await;
                    if watched {
                        let _ = bench.world.instances();
                    }
                }
                bench.world.log()
            },
        )
    };
    let log = story(false);
    assert_eq!(log, story(true));
    assert!(
        log.iter()
            .any(|(_, line)| line == "db-1 is running, healthy by itself"),
        "{log:#?}"
    );
}

#[test]
fn of_a_dead_run_nothing_is_left() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let ended = runtime.block_on(async move {
        let left = Leftovers {
            run: RunId("dead".to_owned()),
            notes: Vec::new(),
            clock,
        };
        let gone = SimAdapter::new().reopen(left).await.unwrap();
        assert!(gone.list().await.unwrap().is_empty());
        assert!(!gone.down().await.unwrap().acted);
        assert!(!gone.freeze().unwrap().thaw("db-1").await.unwrap().acted);
        assert_eq!(gone.freeze().unwrap().state("db-1").await.unwrap(), Frozen::Gone);
        assert_eq!(gone.ports().unwrap().remove(&id("a/db-1")).await.unwrap(), None);
        assert!(!gone.disk().unwrap().release(&id("a/db-1")).await.unwrap().acted);
        assert_eq!(
            gone.lifecycle().unwrap().look("db-1").await.unwrap().phase,
            Phase::Absent
        );
        assert_eq!(
            gone.lifecycle().unwrap().start("db-1").await.unwrap_err().class,
            ErrorClass::NotFound
        );
    });
    ended.unwrap();
}

#[test]
fn what_makes_no_sense_is_refused_when_it_is_opened() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let wrong = [
        ("copies", Value::Count(65)),
        ("copies", Value::Count(0)),
        ("kind", Value::Bool(true)),
        ("recovers", word("perhaps")),
        ("latency", span(secs(2), secs(1))),
        ("start_time", span(secs(1), secs(100_000))),
        ("critical", text("yes")),
        ("labels", text("tier")),
    ];
    let ended = runtime.block_on(async {
        for (name, value) in wrong {
            let setup = setup(&[("db", locator(&[(name, value)]))], 1, clock.clone());
            let failure = SimAdapter::new().open(setup).await.unwrap_err();
            assert!(
                failure.message.contains(&format!("`{name}` of `db`")),
                "{failure}"
            );
        }
        let mut other = locator(&[]);
        other.locator = "process".to_owned();
        let failure = SimAdapter::new()
            .open(setup(&[("db", other)], 1, clock.clone()))
            .await
            .unwrap_err();
        assert_eq!(failure.class, ErrorClass::Unsupported);
    });
    ended.unwrap();
}
