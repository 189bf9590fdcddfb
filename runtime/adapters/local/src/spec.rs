//! What the checker knows of this environment.

use std::time::Duration;

use rescc_core::catalogue::{AdapterSpec, LocatorSpec, ParameterSpec, Power};
use rescc_core::names::Str;
use rescc_core::value::{Type, Value};

/// The most copies of one resource.
pub(crate) const MAX_COPIES: i64 = 64;
pub(crate) const START_LIMIT: Duration = Duration::from_secs(10);
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(5);

pub(crate) fn adapter() -> AdapterSpec {
    AdapterSpec {
        name: Str::Borrowed("local"),
        summary: Str::Borrowed("processes of this machine, which rescc starts itself"),
        settings: Vec::new(),
        locators: vec![process()],
        starts: true,
        powers: vec![
            Power::Lifecycle,
            Power::Signals,
            Power::Freeze,
            Power::Ports,
            Power::Disk,
        ],
    }
}

fn process() -> LocatorSpec {
    LocatorSpec {
        name: Str::Borrowed("process"),
        summary: Str::Borrowed("a program that rescc starts, watches and stops"),
        parameters: vec![
            ParameterSpec::required(
                "command",
                Type::list(Type::Text),
                "the program and its arguments; `${port.x}` is the private port that it must open for `x`, `${rescc}` the running rescc",
            ),
            ParameterSpec::optional(
                "ports",
                Type::record(Type::Count),
                "the ports under which others reach it, by name; rescc listens there and hands on to the private port, which the program is told by `${port.x}` or the variable `PORT_X`",
            )
            .within(1.0, 65_535.0),
            ParameterSpec::optional(
                "fixed_ports",
                Type::record(Type::Count),
                "ports that the program opens itself because it can't be told; no fault can stand in front of them",
            )
            .within(1.0, 65_535.0),
            ParameterSpec::optional("copies", Type::Count, "how many of it run; connections are spread over the healthy ones")
                .or(Value::Count(1))
                .within(1.0, 64.0),
            ParameterSpec::optional("folder", Type::Text, "where it starts; the folder of the spec where it is left out"),
            ParameterSpec::optional("environment", Type::record(Type::Text), "variables besides the inherited ones"),
            ParameterSpec::optional(
                "ready",
                Type::Text,
                "an HTTP path that answers 2xx while it is healthy, on the port `http`, or the first by name; without it that port must accept connections, and without ports the process must live",
            ),
            ParameterSpec::optional("start_limit", Type::Duration, "how long it may take until it is healthy")
                .or(Value::Duration(START_LIMIT))
                .at_least(0.001),
            ParameterSpec::optional("stop_grace", Type::Duration, "how long it may take to end after SIGTERM, before SIGKILL")
                .or(Value::Duration(STOP_GRACE))
                .at_least(0.0),
            ParameterSpec::optional(
                "restart",
                Type::words(&["never", "always"]),
                "whether rescc starts it again when it ends by itself, as a service manager does; that is the system's own recovery",
            )
            .or(Value::Word("never".into())),
            ParameterSpec::optional("labels", Type::record(Type::Text), "labels of its instances"),
        ],
        powers_by_parameter: vec![(Power::Ports, Str::Borrowed("ports"))],
        late_names: vec![Str::Borrowed("port.*"), Str::Borrowed("rescc")],
    }
}
