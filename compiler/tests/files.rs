//! Mistakes that a single edit of the base can't show: environments, `--set`, whole files, many at once.

#![expect(clippy::unwrap_used, reason = "only in tests")]

mod support;

use std::fmt::Write as _;

use rescc_compiler::{Options, critical_path, worst_case};
use rescc_lang::{Applicability, apply_fixes};
use support::{catalogue, check_text, check_with, found};

const BASE: &str = include_str!("support/base.res");

fn codes(text: &str) -> Vec<String> {
    let checked = check_text(text);
    found(text, &checked.diagnostics)
        .iter()
        .map(|one| one.split(' ').next().unwrap().to_owned())
        .collect()
}

fn set(name: &str, value: &str) -> Options {
    Options {
        set: [(name.to_owned(), value.to_owned())].into(),
    }
}

#[test]
fn twelve_mistakes_are_twelve_findings_with_their_fixes() {
    let text = r#"language = "0.1"
environment local {
  bind = {
    cache = proces(["shop-cache"], ports = { redis = 6379 })
    api = process(["shop", "${port.htp}"], ports = { http = 8080 })
  }
}
resource cache {}
resource api { min_helthy = 1 }
probe checkout {
  check = http("http://localhost", metod = GET)
  every = 100
  timeout = 1sec
  success = it.statsu in 200..299
}
slo available { objective = checkout.success_rate >= 0.99 }
workflow lose_cache {
  steady_state = checkout.success_rate >= 99%
  abort_when = [available.burn_rate(30s) > 14.4]
  expect = [available]
  heal = [revive]
  step strike { run = kil(cache) }
  step back { run = wait(cahce.healthy, within = 15s), after = [strik] }
}
heal revive {
  watch = cache
  when = not it.healthy
  ladder = [restart(it)]
}
"#;
    let checked = check_text(text);
    let places: Vec<String> = found(text, &checked.diagnostics)
        .iter()
        .map(|one| one.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "E0208 4:13",
            "E0211 5:29",
            "E0401 9:16",
            "E0410 11:36",
            "E0302 12:11",
            "E0303 13:14",
            "E0317 14:16",
            "E0302 16:54",
            "E0314 18:27",
            "E0205 22:23",
            "E0201 23:26",
            "E0209 23:65",
        ]
    );
    let safe = checked.diagnostics.iter().filter(|one| {
        one.fixes
            .iter()
            .any(|fix| fix.applicability == Applicability::Safe)
    });
    assert!(safe.count() >= 6);
    let mended = apply_fixes(text, &checked.diagnostics);
    assert_eq!(codes(&mended), ["E0302", "E0314"], "what has two answers stays");
}

#[test]
fn what_follows_from_a_mistake_is_not_reported() {
    for (from, to, code) in [
        // A declaration whose kind is wrong may be anything.
        ("resource cache {}", "thing cache {}", "E0404"),
        ("probe checkout", "probbe checkout", "E0404"),
        // What a later build knows may hold anything.
        (
            "step back { run = wait(cache.healthy, within = patience), after = [strike] }\n",
            "phase p {\n step back { run = wait(cache.healthy, within = patience) } }\n",
            "E0417",
        ),
        (
            "step freeze { run = pause(api)",
            "step freeze { each = [api], run = pause(it)",
            "E0417",
        ),
        // A wrong value types as anything.
        (
            "objective = checkout.success_rate >= 99%",
            "objective = checkout.sucess_rate >= 99%",
            "E0312",
        ),
        ("default = 15s", "default = 15parsecs", "E0303"),
        (
            "param share { type = ratio",
            "param share { type = ratioo",
            "E0308",
        ),
        ("http(\"${base}/checkout\"", "htttp(\"${base}/checkout\"", "E0206"),
        (
            "environment local {",
            "environment local { adapter = nowhere",
            "E0207",
        ),
        (
            "run = kill(cache, signal = SIGKILL)",
            "run = explode(cache, signal = SIGKILL)",
            "E0205",
        ),
        ("run = pause(api)", "run = pause(apy)", "E0201"),
        ("    cache = process(", "    cach = process(", "E0201"),
    ] {
        let text = BASE.replacen(from, to, 1);
        let all = codes(&text);
        assert!(
            all == [code],
            "{to}: {:?}",
            found(&text, &check_text(&text).diagnostics)
        );
    }
}

#[test]
fn a_syntax_error_costs_what_it_is_in() {
    let text = BASE.replacen(
        "check   = http(\"${base}/checkout\", method = GET)",
        "check   = http(\"${base}/checkout\", method =)",
        1,
    );
    let all = codes(&text);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].starts_with("E01"));
    let unclosed = BASE
        .replacen("  cooldown = 30s\n}", "  cooldown = 30s", 1)
        .replacen("watch    = cache\n", "", 1);
    let all = codes(&unclosed);
    assert!(
        all.iter().all(|code| code.starts_with("E01")),
        "an incomplete block lacks nothing: {all:?}"
    );
}

#[test]
fn an_empty_file_lacks_what_every_spec_needs() {
    assert_eq!(codes(""), ["E0406", "E0414", "E0415"]);
    assert_eq!(codes("language = \"0.1\"\nresource a {}\n"), ["E0414"]);
    assert_eq!(codes("language = \"0.1\"\nenvironment local {}\n"), ["E0415"]);
}

#[test]
fn parameters_take_the_command_line_then_the_environment_then_the_default() {
    let wait = |options: &Options| {
        let checked = check_with(BASE, options);
        let program = checked.program("local").unwrap();
        serde_json::to_value(&program.workflows["lose_cache"].steps[2].run).unwrap()["within"].as_u64()
    };
    assert_eq!(wait(&Options::default()), Some(20_000_000_000));
    assert_eq!(wait(&set("patience", "7s")), Some(7_000_000_000));
    let with = |options: &Options| {
        let checked = check_with(BASE, options);
        found(BASE, &checked.diagnostics)
    };
    assert!(with(&set("patience", "7"))[0].starts_with("E0324 4:7"));
    assert!(with(&set("share", "700%"))[0].starts_with("E0324"));
    assert!(with(&set("patiense", "7s"))[0].starts_with("E0212 1:1"));
    assert!(
        with(&set("patience", "0s"))[0].starts_with("E0306"),
        "the value is checked where it is used"
    );
    let text = BASE
        .replacen(", default = 15s", "", 1)
        .replacen("set    = { patience = 20s }", "", 1);
    let checked = check_text(&text);
    assert!(found(&text, &checked.diagnostics)[0].starts_with("E0325 7:13"));
    assert_eq!(check_with(&text, &set("patience", "5s")).diagnostics, []);
}

const TWO: &str = r#"language = "0.1"
param wait { type = duration, default = 10s }
environment local { bind = { cache = process(["x"]) } }
environment compose { file = "compose.yaml", set = { wait = 20s }, limits = { deadline = 1m, concurrency = 2 } }
resource cache {}
workflow w {
  limits = { deadline = 2m, concurrency = 1 }
  step strike { run = kill(cache) }
  step back { run = wait(cache.healthy, within = wait), after = [strike] }
}
"#;

#[test]
fn each_environment_has_its_program() {
    let checked = check_text(TWO);
    assert_eq!(found(TWO, &checked.diagnostics), Vec::<String>::new());
    let (local, compose) = (
        checked.program("local").unwrap(),
        checked.program("compose").unwrap(),
    );
    let limits = |program: &rescc_core::program::Program| {
        let limits = program.workflows["w"].limits;
        (
            limits.deadline.map(|deadline| deadline.as_secs()),
            limits.concurrency,
        )
    };
    assert_eq!(limits(&local), (Some(120), Some(1)));
    assert_eq!(limits(&compose), (Some(60), Some(1)), "the stricter of both");
    // The bite of the fault, the wait, and its undo in the end.
    assert_eq!(worst_case(&local, "w", &catalogue()).as_secs(), 10 + 10 + 20);
    assert_eq!(worst_case(&compose, "w", &catalogue()).as_secs(), 10 + 20 + 20);
    let legs: Vec<String> = critical_path(&local, "w", &catalogue())
        .into_iter()
        .map(|leg| leg.step)
        .collect();
    assert_eq!(legs, ["strike", "back", "strike"]);
    assert!(critical_path(&local, "none", &catalogue()).is_empty());
}

#[test]
fn a_deadline_of_an_environment_counts_too() {
    let text = TWO.replacen("deadline = 1m", "deadline = 45s", 1);
    let checked = check_text(&text);
    let all = found(&text, &checked.diagnostics);
    assert_eq!(
        all,
        ["E0504 4:90 `w` may take 50s, the deadline of `compose` is 45s"]
    );
    assert!(
        checked.diagnostics[0].notes[0].contains("50s  in all"),
        "{}",
        checked.diagnostics[0].notes[0]
    );
}

#[test]
fn a_fault_must_be_possible_in_every_environment() {
    let paused = TWO.replacen("kill(cache)", "pause(cache)", 1);
    let all = found(&paused, &check_text(&paused).diagnostics);
    assert_eq!(all, ["E0605 8:23 `compose` can't honour `pause`"]);
    let slowed = "language = \"0.1\"\nenvironment local { bind = { cache = process([\"x\"]) } }\nresource cache {}\n\
        workflow w { step a { run = latency(cache, delay = 1s), duration = 5s } }\n";
    let all = found(slowed, &check_text(slowed).diagnostics);
    assert_eq!(all, ["E0606 4:29 `local` can't honour `latency` on `cache`"]);
}

#[test]
fn a_resource_without_a_use_is_a_warning() {
    let text = TWO
        .replacen(
            "environment local { bind = { cache = process([\"x\"]) } }\n",
            "",
            1,
        )
        .replacen("resource cache {}", "resource cache {}\nresource web {}", 1);
    let all = found(&text, &check_text(&text).diagnostics);
    assert_eq!(all, ["W0702 5:10 nothing uses `web`"]);
}

#[test]
fn a_workflow_has_a_bounded_number_of_steps() {
    let mut steps = String::new();
    for at in 0..1_001 {
        let _ = writeln!(steps, "step s{at} {{ run = sleep(1s) }}");
    }
    let text = TWO.replacen("limits = { deadline = 2m, concurrency = 1 }", &steps, 1);
    assert_eq!(codes(&text), ["E0420"]);
}

#[test]
fn a_cycle_is_drawn_and_every_edge_is_labelled() {
    let text = TWO.replacen("step strike { run = kill(cache) }", "step strike { run = kill(cache), after = [third] }\n  step third { run = sleep(1s), after = [back.ended] }", 1);
    let checked = check_text(&text);
    assert_eq!(
        found(&text, &checked.diagnostics),
        ["E0501 8:45 `strike`, `third` and `back` wait for one another"]
    );
    let one = &checked.diagnostics[0];
    let labels: Vec<&str> = one.labels.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(
        labels,
        [
            "`strike` waits for `third`",
            "`third` waits for `back`",
            "`back` waits for `strike`"
        ]
    );
    assert_eq!(
        one.notes,
        ["┌─────┐\n│     strike\n│     ↓\n│     third\n│     ↓\n│     back\n└─────┘"]
    );
}

#[test]
fn faults_that_exclude_or_follow_one_another_are_no_conflict() {
    let steps = |steps: &str| {
        TWO.replacen(
            "step back { run = wait(cache.healthy, within = wait), after = [strike] }",
            steps,
            1,
        )
        .replacen("param wait { type = duration, default = 10s }\n", "", 1)
        .replacen("set = { wait = 20s }, ", "", 1)
        .replacen("deadline = 1m, ", "", 1)
        .replacen("deadline = 2m, ", "", 1)
    };
    for (text, conflicts) in [
        ("step again { run = kill(cache) }", true),
        ("step again { run = kill(cache), after = [strike.active] }", true),
        ("step again { run = kill(cache), after = [strike] }", false),
        (
            "step nap { run = sleep(1s), after = [strike] }\nstep again { run = kill(cache), after = [nap] }",
            false,
        ),
        (
            "step nap { run = sleep(1s), after = [strike] }\nstep a { run = kill(cache), after = [nap] }\n\
             step b { run = kill(cache), after = [nap.failed] }",
            false,
        ),
    ] {
        let text = steps(text);
        let expected: &[&str] = if conflicts { &["E0602"] } else { &[] };
        assert_eq!(codes(&text), expected, "{text}");
    }
}

#[test]
fn a_misspelt_adapter_is_one_finding() {
    let text = BASE.replacen("environment local {", "environment here {\n  adaptor = local", 1);
    let checked = check_text(&text);
    assert_eq!(
        found(&text, &checked.diagnostics),
        ["E0401 8:3 an `environment` has no field `adaptor`"]
    );
    let mended = apply_fixes(&text, &checked.diagnostics);
    assert_eq!(codes(&mended), Vec::<String>::new());
}

#[test]
fn a_reserved_name_is_not_missed_in_bind() {
    let text = BASE.replacen("resource cache {}", "resource cache {}\nresource it {}", 1);
    assert_eq!(codes(&text), ["E0204"]);
}

#[test]
fn what_stands_behind_an_unclosed_block_is_not_out_of_place() {
    let text = BASE.replacen("  cooldown = 30s\n}\n", "  cooldown = 30s\nresource more {}\n", 1);
    assert!(text != BASE);
    let all = codes(&text);
    assert!(
        all.contains(&"E0108".to_owned()) && !all.contains(&"E0405".to_owned()),
        "{all:?}"
    );
}

#[test]
fn what_can_not_be_a_name_is_not_unknown_as_well() {
    let text = BASE.replacen("retry = constant(", "not = constant(", 1);
    assert_eq!(codes(&text), ["E0118"]);
    let text = BASE.replacen("  bind = {\n", "  bind = {\n    in = process([\"x\"])\n", 1);
    assert_eq!(codes(&text), ["E0118"]);
}

#[test]
fn an_objective_in_quotes_loses_them() {
    let text = BASE.replacen("[available, fast,", "[\"available\", fast,", 1);
    let checked = check_text(&text);
    let all = found(&text, &checked.diagnostics);
    assert!(all.len() == 1 && all[0].starts_with("E0309"), "{all:?}");
    assert_eq!(apply_fixes(&text, &checked.diagnostics), BASE);
}

#[test]
fn what_other_tools_need_is_explained() {
    for (from, to, why) in [
        (
            "  settle       =",
            "  rollbacks = [back]\n  settle       =",
            "undo",
        ),
        ("step back {", "step back { backgroud = true,", "`after`"),
    ] {
        let text = BASE.replacen(from, to, 1);
        let checked = check_text(&text);
        let [one] = checked.diagnostics.as_slice() else {
            panic!("{:?}", found(&text, &checked.diagnostics));
        };
        assert_eq!((one.code.0, one.help[0].as_str()), ("E0401", "leave it out"));
        assert!(one.notes[0].contains(why), "{:?}", one.notes);
    }
}

#[test]
fn where_nothing_of_a_kind_is_declared_help_says_how() {
    let text = BASE.replacen("pick  = share\n", "pick  = one\n", 1);
    let text = text.replacen("heal         = [revive_cache]\n", "heal = [revive]\n", 1);
    let (text, _) = text.split_once("heal revive_cache {").unwrap();
    let text = text.replacen("param share { type = ratio, default = 50% }\n", "", 1);
    let checked = check_text(&text);
    assert_eq!(found(&text, &checked.diagnostics).len(), 1);
    assert_eq!(
        checked.diagnostics[0].help,
        ["declare a healing policy: `heal some_name { … }`"]
    );
}

#[test]
fn a_description_stands_without_backticks() {
    let text = BASE.replacen("it.phase == running", "it.phase == \"running\"", 1);
    let all = found(&text, &check_text(&text).diagnostics);
    assert!(
        all.len() == 1 && all[0].contains(" this comparison takes a word"),
        "{all:?}"
    );
}

#[test]
fn a_recovery_needs_a_steady_state() {
    let text = BASE.replacen("  steady_state = checkout.success_rate(5s) >= 99%\n", "", 1);
    let all = found(&text, &check_text(&text).diagnostics);
    assert_eq!(
        all,
        ["E0318 38:36 there is no steady state to return to after `strike`"]
    );
}
