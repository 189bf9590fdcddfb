use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join3, select};
use rescc_adapter_sim::{ClockFaults, SimRuntime, Stuck};
use rescc_core::sync::Lock;
use rescc_core::time::Moment;

use crate::support::{millis, secs};

#[test]
fn the_clock_moves_on_to_the_earliest_timer() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let (start, wall) = (clock.now(), clock.wall());
    assert_eq!(start, Moment(1_000_000_000_000));
    let seen = Lock::new(Vec::new());
    let note = |name: &'static str, after: Duration| {
        let (seen, clock) = (&seen, &clock);
        async move {
            clock.sleep_until(start.after(after)).await;
            seen.with(|seen| seen.push((name, clock.now().since(start))));
        }
    };
    runtime
        .block_on(join3(
            note("late", secs(3)),
            note("early", secs(1)),
            note("late too", secs(3)),
        ))
        .unwrap();
    assert_eq!(
        seen.get(),
        [("early", secs(1)), ("late", secs(3)), ("late too", secs(3))]
    );
    assert_eq!(clock.wall().0 - wall.0, 3_000_000_000);
}

#[test]
fn what_is_due_at_one_moment_runs_in_the_order_of_registration() {
    let mut runtime = SimRuntime::new(1);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    let until = clock.now().after(secs(1));
    let seen = Arc::new(Lock::new(Vec::new()));
    for number in 0..20 {
        let (clock, seen) = (Arc::clone(&clock), Arc::clone(&seen));
        spawner.spawn(Box::pin(async move {
            clock.sleep_until(until).await;
            seen.with(|seen| seen.push(number));
        }));
    }
    assert_eq!(runtime.unfinished(), 20);
    runtime
        .block_on(clock.sleep_until(until.after(millis(1))))
        .unwrap();
    assert_eq!(seen.get(), (0..20).collect::<Vec<_>>());
    assert_eq!(runtime.unfinished(), 0);
}

#[test]
fn what_has_passed_is_not_waited_for() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let start = clock.now();
    runtime.block_on(clock.sleep_until(Moment(5))).unwrap();
    assert_eq!(clock.now(), start);
}

#[test]
fn a_timer_that_was_let_go_does_not_move_the_clock() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let start = clock.now();
    let stuck = runtime.block_on(async {
        select(
            clock.sleep_until(start.after(secs(1))),
            clock.sleep_until(start.after(secs(60))),
        )
        .await;
        std::future::pending::<()>().await;
    });
    assert_eq!(
        stuck,
        Err(Stuck::Deadlock {
            at: start.after(secs(1)),
            waiting: 0
        })
    );
}

#[test]
fn the_end_of_time_never_comes() {
    let mut runtime = SimRuntime::new(1);
    let clock = runtime.clock();
    let start = clock.now();
    let stuck = runtime.block_on(clock.sleep_until(start.after(Duration::MAX)));
    assert_eq!(
        stuck,
        Err(Stuck::Deadlock {
            at: start,
            waiting: 0
        })
    );
}

#[test]
fn who_waits_for_nothing_is_a_deadlock_with_all_who_wait() {
    let mut runtime = SimRuntime::new(1);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    spawner.spawn(Box::pin(std::future::pending()));
    let sleeper = runtime.clock();
    spawner.spawn(Box::pin(async move {
        sleeper.sleep_until(sleeper.now().after(secs(2))).await
    }));
    let start = clock.now();
    let stuck = runtime.block_on(std::future::pending::<()>()).unwrap_err();
    assert_eq!(
        stuck,
        Stuck::Deadlock {
            at: start.after(secs(2)),
            waiting: 1
        }
    );
    assert!(stuck.to_string().contains("1 tasks wait"), "{stuck}");
}

#[test]
fn what_never_rests_is_ended() {
    let mut runtime = SimRuntime::new(1).with_max_polls(100);
    let clock = runtime.clock();
    let stuck = runtime.block_on(async {
        loop {
            clock.sleep_until(clock.now().after(millis(1))).await;
        }
    });
    let at = Moment(1_000_000_000_000).after(millis(100));
    assert_eq!(stuck, Err::<(), _>(Stuck::TooManyPolls { at, polls: 100 }));
}

#[test]
fn tasks_go_on_where_the_call_before_left_them() {
    let mut runtime = SimRuntime::new(1);
    let (clock, spawner) = (runtime.clock(), runtime.spawner());
    let done = Arc::new(Lock::new(false));
    let (task_clock, task_done, until) = (runtime.clock(), Arc::clone(&done), clock.now().after(secs(5)));
    spawner.spawn(Box::pin(async move {
        task_clock.sleep_until(until).await;
        task_done.with(|done| *done = true);
    }));
    runtime
        .block_on(clock.sleep_until(clock.now().after(secs(1))))
        .unwrap();
    assert!(!done.get());
    runtime
        .block_on(clock.sleep_until(clock.now().after(secs(9))))
        .unwrap();
    assert!(done.get());
}

#[test]
fn what_a_task_holds_is_let_go_with_the_runtime() {
    let held = Arc::new(());
    let runtime = SimRuntime::new(1);
    let (spawner, of_task, late) = (runtime.spawner(), runtime.spawner(), Arc::clone(&held));
    let early = Arc::clone(&held);
    spawner.spawn(Box::pin(async move {
        let _held = (early, of_task);
        std::future::pending::<()>().await;
    }));
    drop(runtime);
    spawner.spawn(Box::pin(async move { drop(late) }));
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn jumps_are_seeded_bounded_and_only_forward() {
    let walk = |seed| {
        let faults = ClockFaults {
            chance: 0.1,
            limit: 5,
            ..ClockFaults::default()
        };
        let mut runtime = SimRuntime::new(seed).with_clock_faults(faults);
        let clock = runtime.clock();
        let steps = runtime.block_on(async {
            let mut steps = Vec::new();
            for _ in 0..200 {
                let before = clock.now();
                clock.sleep_until(before.after(millis(100))).await;
                steps.push(clock.now().since(before));
            }
            steps
        });
        (steps.unwrap(), runtime.jumps())
    };
    let (steps, jumps) = walk(3);
    assert_eq!(jumps, 5);
    let long: Vec<_> = steps.iter().filter(|step| **step != millis(100)).collect();
    assert_eq!(long.len(), 5);
    assert!(
        long.iter()
            .all(|step| (millis(1_100)..=millis(60_100)).contains(*step)),
        "{long:?}"
    );
    assert_eq!(walk(3).0, steps);
    assert_ne!(walk(4).0, steps);
}
