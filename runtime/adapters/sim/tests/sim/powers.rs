use rescc_core::environment::{Fate, FillAmount, Frozen, Incarnation, PortFault};
use rescc_core::error::ErrorClass;
use rescc_core::resource::{Cause, Phase};
use rescc_core::value::Value;

use crate::support::{id, locator, millis, secs, up};

const GIB: u64 = 1 << 30;

#[test]
fn signals_end_hold_or_do_nothing() {
    let bind = [
        ("db", locator(&[])),
        ("deaf", locator(&[("stops_on_signal", Value::Bool(false))])),
    ];
    up(&bind, 1, |bench| async move {
        let signals = bench.environment.signals().unwrap();
        let deaf = signals.signal("deaf-1", 15).await.unwrap();
        let db = signals.signal("db-1", 0).await.unwrap();
        bench.sleep(secs(1)).await;
        assert_eq!(signals.fate("deaf-1", &deaf).await.unwrap(), Fate::Alive);
        assert_eq!(signals.fate("db-1", &db).await.unwrap(), Fate::Alive);
        assert_eq!(signals.signal("deaf-1", 9).await.unwrap(), deaf);
        signals.signal("db-1", 19).await.unwrap();
        assert_eq!(bench.instance("db-1").await.phase, Phase::Paused);
        signals.signal("db-1", 15).await.unwrap();
        bench.sleep(secs(1)).await;
        assert_eq!(
            signals.fate("db-1", &db).await.unwrap(),
            Fate::Alive,
            "a held one gets it later"
        );
        signals.signal("db-1", 18).await.unwrap();
        bench.sleep(secs(1)).await;
        assert!(matches!(
            signals.fate("db-1", &db).await.unwrap(),
            Fate::Ended { signal: Some(15), .. }
        ));
        assert_eq!(signals.incarnation("db-1").await.unwrap(), None);
        assert_eq!(
            signals.signal("db-1", 9).await.unwrap_err().class,
            ErrorClass::NotFound
        );
        assert_eq!(
            signals.signal("deaf-1", 65).await.unwrap_err().class,
            ErrorClass::Permanent
        );
        let never = Incarnation("db-1#7".to_owned());
        assert_eq!(
            signals.fate("db-1", &never).await.unwrap_err().class,
            ErrorClass::NotFound
        );
    });
}

#[test]
fn one_that_is_held_is_not_healthy_after_a_second_and_comes_back() {
    up(&[("db", locator(&[]))], 2, |bench| async move {
        let freeze = bench.environment.freeze().unwrap();
        let changes = bench.watch();
        let life = freeze.freeze("db-1").await.unwrap();
        assert_eq!(freeze.freeze("db-1").await.unwrap(), life);
        assert_eq!(freeze.state("db-1").await.unwrap(), Frozen::Held(life));
        let held = bench.instance("db-1").await;
        assert_eq!((held.phase, held.healthy), (Phase::Paused, Some(true)));
        assert_eq!(bench.world.residue(), ["`db-1` is held still"]);
        bench.sleep(millis(1_100)).await;
        assert_eq!(bench.instance("db-1").await.healthy, Some(false));
        assert!(freeze.thaw("db-1").await.unwrap().acted);
        assert!(!freeze.thaw("db-1").await.unwrap().acted);
        assert_eq!(freeze.state("db-1").await.unwrap(), Frozen::Running);
        assert!(bench.world.residue().is_empty());
        bench.sleep(secs(1)).await;
        assert_eq!(bench.instance("db-1").await.healthy, Some(true));
        let seen: Vec<_> = changes.get().into_iter().map(|(_, change)| change).collect();
        let phases: Vec<_> = seen
            .iter()
            .map(|change| (change.instance.phase, change.instance.healthy))
            .collect();
        let (yes, no) = (Some(true), Some(false));
        let expected = [
            (Phase::Paused, yes),
            (Phase::Paused, no),
            (Phase::Running, no),
            (Phase::Running, yes),
        ];
        assert_eq!(phases, expected);
        assert!(
            seen.iter().all(|change| change.cause == Cause::Run),
            "what our own undo brings back is ours"
        );
    });
}

#[test]
fn a_short_hold_is_not_noticed_and_an_end_ends_it() {
    up(&[("db", locator(&[]))], 3, |bench| async move {
        let freeze = bench.environment.freeze().unwrap();
        freeze.freeze("db-1").await.unwrap();
        freeze.thaw("db-1").await.unwrap();
        bench.sleep(secs(3)).await;
        assert!(
            !bench
                .world
                .log()
                .iter()
                .any(|(_, line)| line.contains("paused, not healthy"))
        );
        freeze.freeze("db-1").await.unwrap();
        bench
            .environment
            .signals()
            .unwrap()
            .signal("db-1", 9)
            .await
            .unwrap();
        bench.sleep(secs(1)).await;
        assert_eq!(freeze.state("db-1").await.unwrap(), Frozen::Gone);
        assert!(!freeze.thaw("db-1").await.unwrap().acted);
        assert_eq!(
            freeze.freeze("db-1").await.unwrap_err().class,
            ErrorClass::NotFound
        );
        assert!(bench.world.residue().is_empty());
    });
}

#[test]
fn one_that_is_held_while_it_starts_starts_when_it_is_let_go() {
    up(&[("db", locator(&[]))], 4, |bench| async move {
        bench
            .environment
            .lifecycle()
            .unwrap()
            .restart("db-1", secs(1))
            .await
            .unwrap();
        let freeze = bench.environment.freeze().unwrap();
        freeze.freeze("db-1").await.unwrap();
        bench.sleep(secs(60)).await;
        assert_eq!(bench.instance("db-1").await.healthy, Some(false));
        freeze.thaw("db-1").await.unwrap();
        assert_eq!(bench.instance("db-1").await.healthy, Some(false));
        bench.sleep(millis(500)).await;
        assert_eq!(bench.instance("db-1").await.healthy, Some(true));
    });
}

#[test]
fn a_port_fault_slows_answers_and_only_traffic_proves_it() {
    up(
        &[("db", locator(&[("copies", Value::Count(2))]))],
        5,
        |bench| async move {
            let ports = bench.environment.ports().unwrap();
            let (name, fault) = (id("slow/db-1"), latency(1.0));
            ports.add("db-1", None, &name, fault.clone()).await.unwrap();
            ports.add("db-1", None, &name, fault.clone()).await.unwrap();
            let conflict = ports.add("db-2", None, &name, fault).await.unwrap_err();
            assert_eq!(conflict.class, ErrorClass::Conflict);
            assert_eq!(bench.world.residue(), ["port fault `slow/db-1` on `db-1`"]);
            assert_eq!(ports.evidence(&name).await.unwrap().unwrap().acted, 0);
            let mut slow = 0;
            for _ in 0..10 {
                let latency = bench.latency().await.unwrap();
                slow += usize::from(latency >= millis(180));
                assert!(
                    latency <= millis(10) || (millis(182)..=millis(230)).contains(&latency),
                    "{latency:?}"
                );
            }
            assert_eq!(slow, 5, "every second question passes the other copy");
            let evidence = ports.remove(&name).await.unwrap().unwrap();
            assert_eq!((evidence.connections, evidence.acted), (5, 5));
            assert!(evidence.min_delay >= millis(180) && evidence.max_delay <= millis(220));
            assert!((evidence.min_delay..=evidence.max_delay).contains(&evidence.mean_delay));
            assert_eq!(ports.remove(&name).await.unwrap(), None);
            assert_eq!(ports.evidence(&name).await.unwrap(), None);
            assert!(bench.latency().await.unwrap() <= millis(10));
            assert!(bench.world.residue().is_empty());
        },
    );
}

#[test]
fn a_share_of_the_connections_is_a_share() {
    up(&[("db", locator(&[]))], 6, |bench| async move {
        let ports = bench.environment.ports().unwrap();
        ports
            .add("db-1", Some("sql"), &id("half"), latency(0.5))
            .await
            .unwrap();
        ports
            .add("db-1", Some("sql"), &id("none"), latency(0.0))
            .await
            .unwrap();
        for _ in 0..200 {
            bench.ask().await;
        }
        let half = ports.evidence(&id("half")).await.unwrap().unwrap().acted;
        assert!((70..130).contains(&half), "{half}");
        assert_eq!(
            ports.evidence(&id("none")).await.unwrap().unwrap(),
            Default::default()
        );
        let nonsense = ports
            .add("db-1", None, &id("bad"), latency(f64::NAN))
            .await
            .unwrap_err();
        assert_eq!(nonsense.class, ErrorClass::Permanent);
    });
}

#[test]
fn room_is_held_until_it_is_given_back() {
    up(&[("db", locator(&[]))], 7, |bench| async move {
        let disk = bench.environment.disk().unwrap();
        let (share, bytes) = (id("fill/db-1"), id("more/db-1"));
        disk.fill("db-1", "/data", &share, FillAmount::UsedShare(0.9))
            .await
            .unwrap();
        let held = disk.held(&share).await.unwrap().unwrap();
        assert_eq!(held.available_before - held.bytes, held.available);
        assert!(held.available.abs_diff(GIB / 10) <= 1, "{held:?}");
        disk.fill("db-1", "/data", &bytes, FillAmount::Bytes(4_096))
            .await
            .unwrap();
        disk.fill("db-1", "/data", &bytes, FillAmount::Bytes(4_096))
            .await
            .unwrap();
        assert_eq!(
            disk.held(&share).await.unwrap().unwrap().available,
            held.available - 4_096
        );
        assert_eq!(bench.world.residue().len(), 2);
        let full = disk
            .fill("db-1", "/data", &id("full"), FillAmount::Bytes(GIB))
            .await
            .unwrap_err();
        assert_eq!(full.class, ErrorClass::NoSpace);
        let other = disk
            .fill("db-1", "/tmp", &bytes, FillAmount::Bytes(4_096))
            .await
            .unwrap_err();
        assert_eq!(other.class, ErrorClass::Conflict);
        assert!(disk.release(&share).await.unwrap().acted);
        assert!(!disk.release(&share).await.unwrap().acted);
        assert_eq!(disk.held(&share).await.unwrap(), None);
        disk.release(&bytes).await.unwrap();
        assert!(bench.world.residue().is_empty());
    });
}

#[test]
fn what_was_not_taken_back_is_swept_up_and_told() {
    up(&[("db", locator(&[]))], 8, |bench| async move {
        bench.environment.freeze().unwrap().freeze("db-1").await.unwrap();
        bench
            .environment
            .ports()
            .unwrap()
            .add("db-1", None, &id("slow"), latency(1.0))
            .await
            .unwrap();
        assert!(bench.world.swept().is_empty());
        bench.environment.down().await.unwrap();
        assert!(bench.world.residue().is_empty() && bench.world.alive().is_empty());
        assert_eq!(
            bench.world.swept(),
            ["`db-1` is held still", "port fault `slow` on `db-1`"]
        );
        let late = bench
            .environment
            .freeze()
            .unwrap()
            .freeze("db-1")
            .await
            .unwrap_err();
        assert_eq!(late.class, ErrorClass::NotFound);
    });
}

fn latency(share: f64) -> PortFault {
    PortFault::Latency {
        delay: millis(200),
        jitter: millis(20),
        share,
    }
}
