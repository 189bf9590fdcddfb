use rescc_adapter_sim::SimOptions;
use rescc_core::probe::Answer;
use rescc_core::value::Value;

use crate::support::{locator, millis, opened, secs, span, up};

#[test]
fn an_answer_fits_every_sort_of_probe() {
    up(
        &[("db", locator(&[("latency", span(millis(5), millis(5)))]))],
        1,
        |bench| async move {
            let before = bench.clock.now();
            let Answer::Some { latency, it, value } = bench.ask().await else {
                panic!("an answer")
            };
            assert_eq!((latency, bench.clock.now().since(before)), (millis(5), millis(5)));
            assert_eq!(it.it("status", None), Some(Value::Count(200)));
            assert_eq!(it.it("connected", None), Some(Value::Bool(true)));
            assert_eq!(it.it("exit", None), Some(Value::Count(0)));
            assert_eq!(it.it("body", None), Some(Value::Text(String::new())));
            assert_eq!(it.it("output", None), Some(Value::Text(String::new())));
            assert_eq!(it.it("latency", None), Some(Value::Duration(latency)));
            assert_eq!(it.it("header", Some("date")), None);
            assert_eq!(it.it("json", Some("$.a")), None);
            assert!((0.0..=100.0).contains(&value.unwrap()));
        },
    );
}

#[test]
fn an_answer_that_is_too_late_is_none() {
    up(
        &[("db", locator(&[("latency", span(secs(3), secs(3)))]))],
        1,
        |bench| async move {
            let before = bench.clock.now();
            let answer = bench
                .environment
                .prober("late")
                .unwrap()
                .ask(secs(1))
                .await
                .unwrap();
            assert!(matches!(answer, Answer::None { .. }));
            assert_eq!(bench.clock.now().since(before), secs(1));
        },
    );
}

#[test]
fn it_answers_while_each_critical_resource_has_one_that_works() {
    let two = ("copies", Value::Count(2));
    let bind = [
        ("cache", locator(&[("critical", Value::Bool(false))])),
        ("db", locator(&[two])),
    ];
    opened(&bind, 1, SimOptions::default(), |bench| async move {
        assert_eq!(bench.latency().await, None, "not up yet");
        bench.environment.up().await.unwrap();
        assert!(bench.latency().await.is_some());
        let signals = bench.environment.signals().unwrap();
        signals.signal("cache-1", 9).await.unwrap();
        signals.signal("db-1", 9).await.unwrap();
        bench.sleep(secs(1)).await;
        for _ in 0..4 {
            assert!(bench.latency().await.is_some());
        }
        bench.environment.freeze().unwrap().freeze("db-2").await.unwrap();
        let before = bench.clock.now();
        let Answer::None { why } = bench.ask().await else {
            panic!("nobody answers")
        };
        assert_eq!(why, "connection refused: no instance of `db` answers");
        assert_eq!(bench.clock.now(), before, "at once");
        bench.environment.freeze().unwrap().thaw("db-2").await.unwrap();
        assert!(bench.latency().await.is_some());
    });
}

#[test]
fn probes_draw_for_themselves() {
    let latencies = |others: usize| {
        up(&[("db", locator(&[]))], 9, |bench| async move {
            let mut latencies = Vec::new();
            for _ in 0..20 {
                latencies.push(bench.latency().await.unwrap());
                for _ in 0..others {
                    bench
                        .environment
                        .prober("other")
                        .unwrap()
                        .ask(secs(1))
                        .await
                        .unwrap();
                }
            }
            latencies
        })
    };
    let alone = latencies(0);
    assert_eq!(alone, latencies(3));
    assert!(alone.iter().any(|latency| *latency != alone[0]));
}

#[test]
fn a_probe_that_can_not_ask_fails() {
    let options = SimOptions {
        probe_failures: 0.5,
        ..SimOptions::default()
    };
    opened(&[("db", locator(&[]))], 1, options, |bench| async move {
        bench.environment.up().await.unwrap();
        let prober = bench.environment.prober("asks").unwrap();
        let mut failed = 0;
        for _ in 0..200 {
            failed += usize::from(prober.ask(secs(1)).await.is_err());
        }
        assert!((70..130).contains(&failed), "{failed}");
    });
}
