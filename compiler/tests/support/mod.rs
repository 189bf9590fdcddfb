//! A catalogue like the real one, and how tests look at what the checker finds.

#![expect(clippy::unwrap_used, reason = "only in tests")]
#![allow(dead_code, reason = "each test crate uses a part of this")]

use std::time::Duration;

use rescc_compiler::{Checked, Options, check};
use rescc_core::catalogue::{
    ActionKind, ActionSpec, AdapterSpec, AnswerField, Catalogue, Changes, Claim, LocatorSpec, ParameterSpec,
    Power, ProbeSpec, UndoKind,
};
use rescc_core::value::{Type, Value};
use rescc_lang::{Diagnostic, Sources};

fn action(name: &'static str, kind: ActionKind, parameters: Vec<ParameterSpec>) -> ActionSpec {
    let target = ParameterSpec::required("target", Type::Target, "What it acts on.");
    ActionSpec {
        name: name.into(),
        kind,
        summary: "".into(),
        parameters: std::iter::once(target).chain(parameters).collect(),
        undo: if kind == ActionKind::Heal {
            UndoKind::Nothing
        } else {
            UndoKind::Automatic
        },
        claims: Vec::new(),
        changes: vec![Changes::Health],
        needs: vec![Power::Lifecycle],
        time_limit: Duration::from_secs(10),
        undo_limit: Duration::from_secs(20),
    }
}

fn actions() -> Vec<ActionSpec> {
    let signal = ParameterSpec::optional(
        "signal",
        Type::words(&["SIGKILL", "SIGTERM", "SIGINT"]),
        "Which signal.",
    );
    let share = || ParameterSpec::optional("share", Type::Ratio, "Of what share.").or(Value::Ratio(1.0));
    vec![
        ActionSpec {
            claims: vec![Claim::Process],
            needs: vec![Power::Signals],
            ..action(
                "kill",
                ActionKind::MomentaryFault,
                vec![signal.or(Value::Word("SIGKILL".into()))],
            )
        },
        ActionSpec {
            claims: vec![Claim::Process],
            needs: vec![Power::Freeze],
            ..action("pause", ActionKind::LastingFault, vec![])
        },
        ActionSpec {
            claims: vec![Claim::Network],
            needs: vec![Power::Ports],
            ..action(
                "latency",
                ActionKind::LastingFault,
                vec![
                    ParameterSpec::required("delay", Type::range(Type::Duration), "How much later."),
                    ParameterSpec::optional("jitter", Type::Duration, "By how much it varies.")
                        .within(0.0, 60.0),
                    share(),
                    ParameterSpec::optional("port", Type::Count, "Of which port.").within(1.0, 65_535.0),
                ],
            )
        },
        ActionSpec {
            claims: vec![Claim::Disk],
            needs: vec![Power::Disk],
            ..action(
                "fill_disk",
                ActionKind::LastingFault,
                vec![
                    ParameterSpec::required("folder", Type::Text, "Where."),
                    ParameterSpec::required("size", Type::Bytes, "How much."),
                ],
            )
        },
        ActionSpec {
            undo: UndoKind::Impossible,
            ..action("wipe", ActionKind::MomentaryFault, vec![])
        },
        ActionSpec {
            undo: UndoKind::Nothing,
            ..action("poke", ActionKind::MomentaryFault, vec![])
        },
        action("restart", ActionKind::Heal, vec![]),
        action("start", ActionKind::Heal, vec![]),
    ]
}

fn probes() -> Vec<ProbeSpec> {
    let field = |name: &'static str, ty, takes_key| AnswerField {
        name: name.into(),
        ty,
        takes_key,
        summary: "".into(),
    };
    vec![
        ProbeSpec {
            name: "http".into(),
            summary: "".into(),
            parameters: vec![
                ParameterSpec::required("url", Type::Text, "Where."),
                ParameterSpec::optional("method", Type::words(&["GET", "POST", "PUT"]), "How.")
                    .or(Value::Word("GET".into())),
                ParameterSpec::optional("headers", Type::record(Type::Text), "Headers."),
                ParameterSpec::optional("body", Type::Text, "The body."),
            ],
            answer: vec![
                field("status", Type::Count, false),
                field("body", Type::Text, false),
                field("header", Type::Text, true),
                field("json", Type::Text, true),
                field("latency", Type::Duration, false),
            ],
            default_success: "it.status in 200..299".into(),
            has_value: false,
        },
        ProbeSpec {
            name: "tcp".into(),
            summary: "".into(),
            parameters: vec![ParameterSpec::required("address", Type::Text, "Where.")],
            answer: vec![field("connected", Type::Bool, false)],
            default_success: "it.connected".into(),
            has_value: false,
        },
        ProbeSpec {
            name: "exec".into(),
            summary: "".into(),
            parameters: vec![ParameterSpec::required(
                "command",
                Type::list(Type::Text),
                "What.",
            )],
            answer: vec![
                field("exit", Type::Count, false),
                field("output", Type::Text, false),
                field("value", Type::Number, false),
            ],
            default_success: "it.exit == 0".into(),
            has_value: true,
        },
    ]
}

/// A catalogue like the real one.
pub(crate) fn catalogue() -> Catalogue {
    let process = LocatorSpec {
        name: "process".into(),
        summary: "".into(),
        parameters: vec![
            ParameterSpec::required("command", Type::list(Type::Text), "What is started."),
            ParameterSpec::optional("ports", Type::record(Type::Count), "Its ports."),
            ParameterSpec::optional(
                "fixed_ports",
                Type::Bool,
                "Whether its ports are taken as they are.",
            ),
            ParameterSpec::optional("copies", Type::Count, "How many.")
                .or(Value::Count(1))
                .within(1.0, 100.0),
        ],
        powers_by_parameter: vec![(Power::Ports, "ports".into())],
        late_names: vec!["port.*".into(), "rescc".into()],
    };
    let service = LocatorSpec {
        name: "service".into(),
        summary: "".into(),
        parameters: vec![ParameterSpec::required(
            "name",
            Type::Text,
            "The name of the service.",
        )],
        powers_by_parameter: Vec::new(),
        late_names: Vec::new(),
    };
    let adapters = vec![
        AdapterSpec {
            name: "local".into(),
            summary: "".into(),
            settings: vec![ParameterSpec::optional("folder", Type::Text, "Where it runs.")],
            locators: vec![process],
            starts: true,
            powers: vec![
                Power::Lifecycle,
                Power::Signals,
                Power::Freeze,
                Power::Ports,
                Power::Disk,
            ],
        },
        AdapterSpec {
            name: "compose".into(),
            summary: "".into(),
            settings: vec![ParameterSpec::required("file", Type::Text, "The compose file.")],
            locators: vec![service],
            starts: false,
            powers: vec![Power::Lifecycle, Power::Signals],
        },
    ];
    Catalogue {
        actions: actions(),
        probes: probes(),
        adapters,
    }
    .sorted()
}

/// Checks a text.
pub(crate) fn check_text(text: &str) -> Checked {
    check_with(text, &Options::default())
}

/// Checks a text with options.
pub(crate) fn check_with(text: &str, options: &Options) -> Checked {
    let mut sources = Sources::new();
    let id = sources.add("test.res", text);
    let file = sources.get(id).unwrap();
    let parsed = rescc_lang::parse(file);
    check(&sources, file, &parsed, &catalogue(), options)
}

/// `CODE line:column message` of each finding.
pub(crate) fn found(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("test.res", text);
    let file = sources.get(id).unwrap();
    diagnostics
        .iter()
        .map(|one| {
            let at = file.line_column(one.span().start);
            format!("{} {}:{} {}", one.code.0, at.line, at.column, one.message)
        })
        .collect()
}

/// The spec of the quick start.
pub(crate) const QUICKSTART: &str = include_str!("quickstart.res");
