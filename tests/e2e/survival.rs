//! The rows of `specs/survival.md`: however a run ends, somebody undoes, and nothing is left.

use crate::common::{Bench, code, keepers, send, send_to_group, text};

const KILL: i32 = 9;
const INT: i32 = 2;
const TERM: i32 = 15;
const HUP: i32 = 1;
const STOP: i32 = 19;

/// A cache behind a probe, and one fault of each kind.
fn spec(fault: &str) -> String {
    format!(
        r#"
language = "0.1"
environment local {{
  bind = {{ cache = process(["${{rescc}}", "demo", "cache", "--listen", "127.0.0.1:${{port.redis}}"], ports = {{ redis = {{0}} }}) }}
}}
resource cache {{}}
probe ping {{ check = tcp("127.0.0.1:{{0}}", send = "PING\n", expect = "PONG"), every = 20ms }}
slo answers {{ objective = ping.success_rate >= 1% }}
workflow w {{
  expect = [answers]
  step fault {{ {fault} }}
  step rest {{ run = sleep(300ms), after = [fault.active] }}
}}
"#
    )
}

const FAULTS: [(&str, &str); 4] = [
    ("kill", "run = kill(cache)"),
    ("pause", "run = pause(cache), duration = 300ms"),
    ("latency", "run = latency(cache, delay = 20ms), duration = 300ms"),
    (
        "fill_disk",
        "run = fill_disk(cache, folder = \"{data}\", size = 8MiB), duration = 300ms",
    ),
];

/// Ends a run at each entry of its journal, before and after it is written. The keeper undoes all.
fn killed_at_every_step(fault: &str) {
    let mut steps = 0;
    for side in ["before", "after"] {
        for step in 0.. {
            let bench = Bench::new(1);
            let path = bench.spec(&spec(fault));
            let order = format!("kill:{side}:{step}");
            let mut child = bench.start(&path, &[("RESCC_TEST_CRASH", &order)]);
            let status = child.wait().unwrap();
            bench.wait_for_keepers();
            if code(status) != 128 + KILL {
                // The run has fewer entries than that: every one has been tried.
                assert!(
                    step > 4,
                    "{order}: the run ended with {status} before it began\n{}",
                    bench.output()
                );
                break;
            }
            steps += 1;
            if side == "before" && step == 0 {
                // Nothing was written, so nothing was touched, and nobody had to be told.
                continue;
            }
            // With only the first line on the disk there is no keeper yet: the next `recover` closes the journal.
            if side == "after" && step == 0 || side == "before" && step == 1 {
                assert_eq!(bench.recover().status.code(), Some(0), "{order}");
            }
            assert_eq!(
                bench.residue(),
                Vec::<String>::new(),
                "{order}\n{}",
                bench.output()
            );
            let recovered = bench.recover();
            assert_eq!(recovered.status.code(), Some(0), "{order}: {}", text(&recovered));
        }
    }
    assert!(steps >= 10, "the crash points were reached {steps} times");
}

#[test]
fn the_keeper_undoes_a_kill_at_every_step_of_the_journal() {
    killed_at_every_step(FAULTS[0].1);
}

#[test]
fn the_keeper_undoes_a_pause_at_every_step_of_the_journal() {
    killed_at_every_step(FAULTS[1].1);
}

#[test]
fn the_keeper_undoes_latency_at_every_step_of_the_journal() {
    killed_at_every_step(FAULTS[2].1);
}

#[test]
fn the_keeper_undoes_a_full_disk_at_every_step_of_the_journal() {
    killed_at_every_step(FAULTS[3].1);
}

/// Runs until the fault stands, does something to the run, and says how it ended.
fn disturbed(fault: &str, variables: &[(&str, &str)], disturb: impl FnOnce(&Bench, u32)) -> (Bench, i32) {
    let bench = Bench::new(1);
    let path = bench.spec(&spec(fault).replace("300ms", "60s"));
    let mut child = bench.start(&path, variables);
    assert!(
        bench.wait_for_journal(&mut child, "\"entry\":\"intent\""),
        "{}",
        bench.output()
    );
    disturb(&bench, child.id());
    let status = child.wait().unwrap();
    bench.wait_for_keepers();
    (bench, code(status))
}

#[test]
fn signals_undo_and_exit_with_aborted() {
    for signal in [INT, TERM, HUP] {
        for (name, fault) in FAULTS {
            let (bench, code) = disturbed(fault, &[], |_, pid| send(pid, signal));
            assert_eq!(code, 4, "{name}, signal {signal}\n{}", bench.output());
            assert_eq!(bench.residue(), Vec::<String>::new(), "{name}, signal {signal}");
            assert_eq!(bench.report()["verdict"], "aborted");
            assert_eq!(bench.report()["undone"], true);
        }
    }
}

#[test]
fn a_killed_process_group_is_undone_by_the_keeper() {
    for (name, fault) in FAULTS {
        let (bench, code) = disturbed(fault, &[], |_, pid| send_to_group(pid, KILL));
        assert_eq!(code, 128 + KILL, "{name}");
        assert_eq!(bench.residue(), Vec::<String>::new(), "{name}");
        assert_eq!(bench.report()["reasons"][0]["code"], "runner_lost", "{name}");
    }
}

#[test]
fn a_killed_keeper_is_noticed_and_the_runner_undoes() {
    for (name, fault) in FAULTS {
        let (bench, code) = disturbed(fault, &[], |bench, _| {
            for keeper in keepers(bench.only_run().unwrap().run()) {
                send(keeper as u32, KILL);
            }
        });
        assert_eq!(code, 5, "{name}\n{}", bench.output());
        assert_eq!(bench.residue(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn recover_undoes_when_runner_and_keeper_are_killed() {
    for (name, fault) in FAULTS {
        let (bench, code) = disturbed(fault, &[], |bench, pid| {
            // The runner first is held still, so that it can't undo before it is killed as well.
            send(pid, STOP);
            for keeper in keepers(bench.only_run().unwrap().run()) {
                send(keeper as u32, KILL);
            }
            send(pid, KILL);
        });
        assert_eq!(code, 128 + KILL, "{name}");
        let recovered = bench.recover();
        assert_eq!(recovered.status.code(), Some(0), "{name}: {}", text(&recovered));
        assert_eq!(bench.residue(), Vec::<String>::new(), "{name}");
        let again = bench.recover();
        assert!(
            text(&again).contains("nothing was left behind"),
            "{name}: {}",
            text(&again)
        );
    }
}

#[test]
fn a_runner_that_hangs_is_ended_by_the_keeper() {
    for (name, fault) in FAULTS {
        let (bench, code) = disturbed(fault, &[("RESCC_TEST_HANG_LIMIT_MS", "1500")], |_, pid| {
            send(pid, STOP)
        });
        assert_eq!(code, 128 + KILL, "{name}\n{}", bench.output());
        assert_eq!(bench.residue(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn recover_ends_a_runner_that_was_stopped() {
    let (bench, code) = disturbed(FAULTS[1].1, &[], |bench, pid| {
        send(pid, STOP);
        let recovered = bench.recover();
        assert_eq!(recovered.status.code(), Some(0), "{}", text(&recovered));
    });
    assert_eq!(code, 128 + KILL);
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn recover_leaves_a_live_run_alone() {
    let (bench, code) = disturbed(FAULTS[1].1, &[], |bench, pid| {
        let recovered = bench.recover();
        assert!(text(&recovered).contains("still running"), "{}", text(&recovered));
        send(pid, INT);
    });
    assert_eq!(code, 4);
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn a_second_interrupt_leaves_the_undo_to_the_keeper() {
    let bench = Bench::new(1);
    let stubborn = r#"
language = "0.1"
environment local {
  bind = { stubborn = process(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"], stop_grace = 30s) }
}
resource stubborn {}
workflow w {
  step fault { run = pause(stubborn), duration = 60s }
}
"#;
    let path = bench.spec(stubborn);
    let mut child = bench.start(&path, &[]);
    assert!(
        bench.wait_for_journal(&mut child, "\"entry\":\"intent\""),
        "{}",
        bench.output()
    );
    send(child.id(), INT);
    // The end takes its time, since the program does not end when it is asked to.
    assert!(
        bench.wait_for_journal(&mut child, "\"entry\":\"mark\""),
        "{}",
        bench.output()
    );
    send(child.id(), INT);
    assert_eq!(code(child.wait().unwrap()), 6);
    bench.wait_for_keepers();
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn what_a_program_starts_and_abandons_is_found() {
    let bench = Bench::new(1);
    let path = bench.spec(
        r#"
language = "0.1"
environment local {
  bind = { parent = process(["/bin/sh", "-c", "(setsid sleep 1000 &) ; setsid sleep 1000 & sleep 1000"]) }
}
resource parent {}
workflow w {
  step fault { run = pause(parent), duration = 60s }
}
"#,
    );
    for also_keeper in [false, true] {
        let mut child = bench.start(&path, &[]);
        let text = || std::fs::read_to_string(bench.path().join("output")).unwrap_or_default();
        assert!(
            crate::common::wait_until(&mut child, || text().contains("active")),
            "{}",
            text()
        );
        send(child.id(), STOP);
        if also_keeper {
            for run in rescc_engine::run_dir::RunDir::all(&bench.state()).unwrap() {
                for keeper in keepers(run.run()) {
                    send(keeper as u32, KILL);
                }
            }
        }
        send(child.id(), KILL);
        child.wait().unwrap();
        bench.wait_for_keepers();
        if also_keeper {
            assert_eq!(bench.recover().status.code(), Some(0));
        }
        assert_eq!(
            bench.residue(),
            Vec::<String>::new(),
            "keeper killed as well: {also_keeper}"
        );
    }
}

/// 20 in every test run; `RESCC_TEST_KILLS=200 cargo test --test e2e random` for more.
#[test]
fn killed_at_random_moments_from_outside() {
    let kills: u64 = std::env::var("RESCC_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20);
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..kills {
        // Marsaglia's xorshift: the moments differ, and are the same in every test run.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let (name, fault) = FAULTS[(dice % 4) as usize];
        let bench = Bench::new(1);
        let path = bench.spec(&spec(fault));
        let mut child = bench.start(&path, &[]);
        let moment = std::time::Duration::from_micros(dice >> 8 & 0xf_ffff);
        let time = rustix::event::Timespec {
            tv_sec: moment.as_secs() as i64,
            tv_nsec: i64::from(moment.subsec_nanos()),
        };
        let _ = rustix::event::poll(&mut [], Some(&time));
        send(child.id(), KILL);
        child.wait().unwrap();
        bench.wait_for_keepers();
        assert_eq!(
            bench.recover().status.code(),
            Some(0),
            "round {round}, {name}, killed after {moment:?}"
        );
        assert_eq!(
            bench.residue(),
            Vec::<String>::new(),
            "round {round}, {name}, killed after {moment:?}"
        );
    }
}

#[test]
fn the_keeper_sheds_the_variables_of_ci_systems() {
    let tracked = [
        ("RUNNER_TRACKING_ID", "github_1"),
        ("JENKINS_NODE_COOKIE", "2"),
        ("BUILD_ID", "3"),
    ];
    let (bench, code) = disturbed(FAULTS[1].1, &tracked, |bench, pid| {
        let run = bench.only_run().unwrap();
        let keeper = keepers(run.run())[0];
        let mut watched = vec![keeper];
        watched.extend(
            rescc_process::marked(run.run())
                .unwrap()
                .iter()
                .map(|marked| marked.identity.pid),
        );
        assert!(
            watched.len() >= 2,
            "the keeper and what it has started: {watched:?}"
        );
        for process in watched {
            let variables = std::fs::read(format!("/proc/{process}/environ")).unwrap();
            let variables = String::from_utf8_lossy(&variables).into_owned();
            for (name, _) in tracked {
                assert!(!variables.contains(name), "{process} has {name}");
            }
        }
        send(pid, KILL);
    });
    assert_eq!(code, 128 + KILL);
    assert_eq!(bench.residue(), Vec::<String>::new());
}

/// A PID that a journal names is a stranger's after a reboot, and where it was given again.
#[test]
fn after_a_reboot_recover_touches_no_stranger() {
    use rescc_core::host::{ProcessIdentity, ProcessNote};
    use rescc_core::names::{InjectionId, RunId};
    use rescc_core::time::{Moment, WallTime};
    use rescc_core::undo::UndoRecord;
    use rescc_engine::journal::{Entry, FileJournal, Opened, Recorder};
    use rescc_engine::run_dir::RunDir;

    let mut stranger = std::process::Command::new("sleep")
        .arg("60")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let own = rescc_process::identity(stranger.id() as i32).unwrap().unwrap();
    let strangers = [
        ProcessIdentity {
            boot_id: "00000000-0000-0000-0000-000000000000".into(),
            ..own.clone()
        },
        ProcessIdentity {
            start_ticks: own.start_ticks - 1,
            ..own.clone()
        },
    ];
    for (number, identity) in strangers.into_iter().enumerate() {
        let bench = Bench::new(0);
        let run = RunId::new(WallTime(0), number as u32);
        let dir = RunDir::create(&bench.state(), &run).unwrap();
        let journal = FileJournal::create(&dir.journal(), 0).unwrap();
        let environment = serde_json::json!({
            "name": "local", "adapter": "local", "settings": {}, "bind": {}, "limits": { "blast_radius": null, "concurrency": null }
        });
        let opened = Opened {
            version: Opened::VERSION,
            rescc_version: "0".into(),
            run: run.clone(),
            spec: "spec.res".into(),
            workflow: "w".into(),
            environment: serde_json::from_value(environment).unwrap(),
            runner: identity.clone(),
            at: Moment(0),
            wall: WallTime(0),
        };
        journal.append(&Entry::Opened(Box::new(opened))).unwrap();
        let note = serde_json::to_value(ProcessNote::new(identity, "cache-1")).unwrap();
        journal.append(&Entry::Note { note }).unwrap();
        for action in ["pause", "kill", "latency", "fill_disk"] {
            // The payloads are those that the faults write; see `stdlib/src/faults/`.
            let payload = match action {
                "kill" => serde_json::json!({ "incarnation": "1@1", "phase": "running", "signal": 9 }),
                "latency" => serde_json::json!({ "port": null, "delay": 1000000, "jitter": 0, "share": 1.0 }),
                "fill_disk" => serde_json::json!({ "folder": "/tmp", "amount": { "bytes": 1 } }),
                _ => serde_json::json!({ "incarnation": "1@1" }),
            };
            let undo = UndoRecord {
                injection: InjectionId::new(action, "cache-1", 0),
                action: action.into(),
                version: 1,
                instance: "cache-1".into(),
                payload,
                deadline: Moment(0),
            };
            journal.append(&Entry::Intent { undo }).unwrap();
        }
        drop(journal);
        let recovered = bench.recover();
        assert!(
            stranger.try_wait().unwrap().is_none(),
            "the stranger was ended: {}",
            text(&recovered)
        );
        assert_eq!(recovered.status.code(), Some(0), "{}", text(&recovered));
        assert_eq!(bench.residue(), Vec::<String>::new(), "{}", text(&recovered));
    }
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// Runs a shell with a small file system of its own at `small`; `None` where that is not allowed.
fn with_small_disk(bench: &Bench, size: &str, script: &str) -> Option<std::process::Output> {
    let small = bench.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={size} none {} || exit 77\n{script}",
        small.display()
    );
    let mut command = bench.rescc();
    let rescc = command.get_program().to_owned();
    command = std::process::Command::new("unshare");
    let output = command
        .args(["--user", "--map-root-user", "--mount", "/bin/sh", "-c", &script])
        .current_dir(bench.path())
        .env("RESCC", rescc)
        .env("RESCC_STATE_DIR", small.join("state"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let refused = output.status.code() == Some(77) || text(&output).contains("unshare failed");
    if refused {
        eprintln!("SKIPPED: this machine gives no name space to mount a small file system in");
        return None;
    }
    Some(output)
}

#[test]
fn a_full_disk_refuses_the_run_before_anything_is_touched() {
    let bench = Bench::new(1);
    let path = bench.spec(&spec(FAULTS[0].1));
    let script = format!("$RESCC run {}", path.display());
    let Some(output) = with_small_disk(&bench, "40k", &script) else {
        return;
    };
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains("nothing was touched"), "{}", text(&output));
    assert!(!text(&output).contains("starting"), "{}", text(&output));
}

#[test]
fn a_disk_that_fills_later_does_not_keep_the_undo_back() {
    let bench = Bench::new(1);
    let path = bench.spec(&spec(FAULTS[2].1).replace("300ms", "2s"));
    let script = format!(
        "$RESCC run {} & pid=$!\n\
         until grep -q intent small/state/runs/*/journal 2>/dev/null; do kill -0 $pid || exit 78; sleep 0.02; done\n\
         cat /dev/zero > small/filler 2>/dev/null\n\
         wait $pid; code=$?\n\
         grep -a -o '\"entry\":\"closed\".*' small/state/runs/*/journal\n\
         exit $code",
        path.display()
    );
    let Some(output) = with_small_disk(&bench, "1m", &script) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("\"undone\":true"), "{}", text(&output));
    assert_eq!(bench.residue(), Vec::<String>::new());
}
