//! Whole runs on real processes: verdicts, exit codes, and that nothing is left.

use std::process::Output;

use crate::common::{Bench, send, text};

/// The cache of the example, `restart` as asked for.
fn cache(more: &str, rest: &str) -> String {
    format!(
        r#"
language = "0.1"
environment local {{
  bind = {{ cache = process(["${{rescc}}", "demo", "cache", "--listen", "127.0.0.1:${{port.redis}}"], ports = {{ redis = {{0}} }}{more}) }}
}}
resource cache {{}}
probe ping {{ check = tcp("127.0.0.1:{{0}}", send = "PING\n", expect = "PONG"), every = 20ms }}
{rest}
"#
    )
}

fn run(spec: &str) -> (Bench, Output) {
    let bench = Bench::new(2);
    let path = bench.spec(spec);
    let output = bench.run(&path);
    assert_eq!(bench.residue(), Vec::<String>::new(), "{}", text(&output));
    (bench, output)
}

fn reasons(bench: &Bench) -> Vec<String> {
    let report = bench.report();
    let reasons = report["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|reason| reason["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_crash_that_the_service_manager_mends_passes() {
    let (bench, output) = run(&cache(
        ", restart = always",
        r#"
workflow w {
  steady_state = ping.success_rate(1s) >= 99%
  settle = 10s
  expect = [strike.time_to_recover < 5s]
  step strike { run = kill(cache) }
  step back { run = wait(cache.healthy, within = 10s), after = [strike] }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let report = bench.report();
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["steps"][0]["recovered_by"], "system", "{report:#}");
}

#[test]
fn what_only_our_undo_brings_back_has_not_recovered() {
    let (bench, output) = run(&cache(
        "",
        r#"
workflow w {
  steady_state = ping.success_rate(500ms) >= 99%
  settle = 1s
  step strike { run = kill(cache) }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(reasons(&bench), ["recovered_only_by_undo"]);
    assert_eq!(bench.report()["injections"][0]["undo"]["acted"], true);
}

#[test]
fn a_fault_that_nobody_feels_is_inconclusive() {
    let bench = Bench::new(2);
    // The probe asks another port than the one that is delayed.
    let spec = cache(
        "",
        r#"
workflow w {
  expect = [ping.error_rate >= 0%]
  step slow { run = latency(cache, delay = 50ms), duration = 500ms }
}
"#,
    )
    .replacen("tcp(\"127.0.0.1:{0}\"", "tcp(\"127.0.0.1:{1}\"", 1);
    let path = bench.spec(&spec);
    let output = bench.run(&path);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(reasons(&bench), ["no_effect"]);
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn a_fault_that_lapses_is_inconclusive() {
    let bench = Bench::new(1);
    let path = bench.spec(&cache(
        "",
        "workflow w { step hang { run = pause(cache), duration = 5s } }",
    ));
    let mut child = bench.start(&path, &[]);
    assert!(
        crate::common::wait_until(&mut child, || bench.output().contains("active")),
        "{}",
        bench.output()
    );
    for marked in rescc_process::marked(bench.only_run().unwrap().run()).unwrap() {
        send(marked.identity.pid as u32, 18);
    }
    assert_eq!(
        crate::common::code(child.wait().unwrap()),
        3,
        "{}",
        bench.output()
    );
    assert_eq!(reasons(&bench), ["effect_lapsed"]);
    bench.wait_for_keepers();
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn a_target_that_dies_or_restarts_under_its_fault_leaves_nothing() {
    for (fault, restart) in [
        ("pause(cache)", ""),
        ("pause(cache)", ", restart = always"),
        ("latency(cache, delay = 20ms)", ""),
    ] {
        let bench = Bench::new(1);
        let path = bench.spec(&cache(
            restart,
            &format!("workflow w {{ step s {{ run = {fault}, duration = 3s }} }}"),
        ));
        let mut child = bench.start(&path, &[]);
        assert!(
            crate::common::wait_until(&mut child, || bench.output().contains("active")),
            "{}",
            bench.output()
        );
        for marked in rescc_process::marked(bench.only_run().unwrap().run()).unwrap() {
            send(marked.identity.pid as u32, 9);
        }
        let code = crate::common::code(child.wait().unwrap());
        bench.wait_for_keepers();
        assert_eq!(bench.residue(), Vec::<String>::new());
        // A delay in front of a port stands whether or not anybody is behind it.
        let wanted = if fault.starts_with("pause") { 3 } else { 0 };
        assert_eq!(code, wanted, "{fault}\n{}", bench.output());
    }
}

#[test]
fn a_probe_that_can_not_ask_is_never_a_pass() {
    let (bench, output) = run(&cache(
        "",
        r#"
probe gone { check = exec(["/no/such/program"]), every = 100ms }
workflow w {
  expect = [ping.success_rate >= 0%, gone.success_rate >= 50%]
  step hang { run = pause(cache), duration = 300ms }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        reasons(&bench).contains(&"probe_error".to_owned()),
        "{:?}",
        reasons(&bench)
    );
}

#[test]
fn an_objective_without_samples_is_never_a_pass() {
    let (bench, output) = run(&cache(
        "",
        r#"
slo rare { objective = ping.success_rate >= 50%, min_samples = 100000 }
workflow w {
  expect = [rare]
  step hang { run = pause(cache), duration = 300ms }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(reasons(&bench), ["no_data"]);
}

#[test]
fn an_action_that_can_not_inject_is_never_a_pass() {
    let (bench, output) = run(&cache(
        "",
        r#"workflow w { step fill { run = fill_disk(cache, folder = "/no/such/folder", size = 1MiB), duration = 300ms } }"#,
    ));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(reasons(&bench), ["not_injected"]);
}

#[test]
fn a_steady_state_that_does_not_hold_touches_nothing() {
    let (bench, output) = run(&cache(
        "",
        r#"
workflow w {
  steady_state = ping.success_rate(200ms) > 100%
  settle = 300ms
  step strike { run = kill(cache) }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(reasons(&bench), ["steady_state_not_reached"]);
    assert!(bench.report()["injections"].as_array().unwrap().is_empty());
}

#[test]
fn a_port_in_use_is_refused() {
    let bench = Bench::new(1);
    let held = std::net::TcpListener::bind(("127.0.0.1", bench.ports[0])).unwrap();
    let path = bench.spec(&cache("", "workflow w { step strike { run = kill(cache) } }"));
    let output = bench.run(&path);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert!(
        text(&output).contains(&bench.ports[0].to_string()),
        "{}",
        text(&output)
    );
    drop(held);
    assert_eq!(bench.residue(), Vec::<String>::new());
}

#[test]
fn programs_that_do_not_run_are_errors_that_say_why() {
    for (command, wanted) in [
        (r#"["/no/such/program"]"#, "/no/such/program"),
        (
            r#"["/bin/sh", "-c", "echo because of me >&2; exit 3"]"#,
            "because of me",
        ),
        (r#"["/bin/sleep", "1000"]"#, "port"),
    ] {
        let bench = Bench::new(1);
        let path = bench.spec(&format!(
            r#"
language = "0.1"
environment local {{ bind = {{ cache = process({command}, ports = {{ redis = {{0}} }}, start_limit = 1s) }} }}
resource cache {{}}
workflow w {{ step strike {{ run = kill(cache) }} }}
"#
        ));
        let output = bench.run(&path);
        assert_eq!(output.status.code(), Some(5), "{command}: {}", text(&output));
        assert!(text(&output).contains(wanted), "{command}: {}", text(&output));
        assert_eq!(bench.residue(), Vec::<String>::new(), "{command}");
    }
}

#[test]
fn a_plan_runs_and_refuses_drift() {
    let bench = Bench::new(1);
    let path = bench.spec(&cache(
        ", restart = always",
        "workflow w { step strike { run = kill(cache) } }",
    ));
    let plan = bench.path().join("plan.json");
    let output = bench
        .rescc()
        .arg("plan")
        .arg(&path)
        .arg("--out")
        .arg(&plan)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = bench.rescc().arg("run").arg(&plan).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let text_of_plan = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(
        &plan,
        text_of_plan.replace("\"kind\": \"process\"", "\"kind\": \"container\""),
    )
    .unwrap();
    let output = bench.rescc().arg("run").arg(&plan).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert!(text(&output).contains("cache-1"), "{}", text(&output));
}

#[test]
fn machine_output_is_as_its_schema_says() {
    let bench = Bench::new(1);
    let path = bench.spec(&cache(
        ", restart = always",
        "slo up { objective = ping.success_rate >= 1% }\nworkflow w { expect = [up], step slow { run = latency(cache, delay = 20ms), duration = 300ms } }",
    ));
    let schema = |what: &str| -> serde_json::Value {
        let output = bench.rescc().args(["schema", what]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let check = |what: &str, value: &serde_json::Value| {
        let schema = schema(what);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}");
    };
    let (report, events, plan) = (
        bench.path().join("r.json"),
        bench.path().join("e.jsonl"),
        bench.path().join("p.json"),
    );
    let output = bench
        .rescc()
        .arg("run")
        .arg(&path)
        .arg("--report")
        .arg(format!("json={}", report.display()))
        .arg("--events")
        .arg(&events)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    check(
        "report",
        &serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap(),
    );
    let lines = std::fs::read_to_string(&events).unwrap();
    assert!(lines.lines().count() > 8);
    for line in lines.lines() {
        check("events", &serde_json::from_str(line).unwrap());
    }
    let output = bench
        .rescc()
        .arg("plan")
        .arg(&path)
        .arg("--out")
        .arg(&plan)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    check(
        "plan",
        &serde_json::from_slice(&std::fs::read(&plan).unwrap()).unwrap(),
    );
    std::fs::write(&path, "language = 1").unwrap();
    let output = bench
        .rescc()
        .args(["check", "--format", "json"])
        .arg(&path)
        .output()
        .unwrap();
    check("diagnostics", &serde_json::from_slice(&output.stdout).unwrap());
}

#[test]
fn a_rehearsal_of_the_same_seed_tells_the_same() {
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/rehearsal.res");
    let bench = Bench::new(0);
    let tell = || {
        let events = bench.path().join("events");
        let output = bench
            .rescc()
            .arg("run")
            .arg(spec)
            .args(["--seed", "7", "--events"])
            .arg(&events)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let events = std::fs::read_to_string(&events).unwrap();
        let run = events
            .split("\"run\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        events.replace(&run, "RUN")
    };
    assert_eq!(tell(), tell());
}

#[test]
fn secrets_stay_out_of_journal_report_and_events() {
    let (bench, output) = run(&cache(
        r#", environment = { TOKEN = "hunter2" }"#,
        r#"
probe page { check = http("http://127.0.0.1:{0}/", headers = { authorization = "hunter2" }), every = 50ms }
workflow w {
  expect = [page.error_rate >= 0%]
  step hang { run = pause(cache), duration = 300ms }
}
"#,
    ));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let run = bench.only_run().unwrap();
    let mut looked_at = 0;
    for entry in std::fs::read_dir(run.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !String::from_utf8_lossy(&bytes).contains("hunter2"),
                "{}",
                path.display()
            );
            looked_at += 1;
        }
    }
    assert!(looked_at >= 4, "journal, report, events and lock are there");
    assert!(!text(&output).contains("hunter2"));
}

#[test]
fn a_target_that_never_answers_under_its_fault_ends_with_the_rest() {
    let (bench, output) = run(r#"
language = "0.1"
environment local {
  bind = { deaf = process(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done"], stop_grace = 200ms) }
}
resource deaf {}
workflow w {
  step end { run = kill(deaf, signal = SIGTERM) }
}
"#);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(reasons(&bench), ["no_effect"]);
}

#[test]
fn a_closed_standard_output_ends_nothing() {
    let bench = Bench::new(1);
    let path = bench.spec(&cache(
        ", restart = always",
        "workflow w { step strike { run = kill(cache) } }",
    ));
    let rescc = bench.rescc();
    let script = format!(
        "{} run {} >&- 2>&-",
        rescc.get_program().to_string_lossy(),
        path.display()
    );
    let mut shell = std::process::Command::new("/bin/sh");
    shell
        .arg("-c")
        .arg(script)
        .current_dir(bench.path())
        .env("RESCC_STATE_DIR", bench.state());
    assert_eq!(shell.status().unwrap().code(), Some(0));
    assert_eq!(bench.report()["verdict"], "pass");
    assert_eq!(bench.residue(), Vec::<String>::new());
}
