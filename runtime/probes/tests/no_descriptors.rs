//! A machine that can't ask is not a system that does not answer. Alone in its process: it lets no further
//! descriptor be opened there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::error::ErrorClass;
use rescc_core::names::RunId;
use rescc_core::probe::ProbeSetup;
use rescc_core::time::{Clock, Moment, WallTime};
use rescc_core::value::Value;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[derive(Debug)]
struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Moment {
        Moment(0)
    }

    fn wall(&self) -> WallTime {
        WallTime(0)
    }

    async fn sleep_until(&self, _: Moment) {
        std::future::pending().await
    }
}

#[tokio::test]
async fn without_descriptors_a_probe_fails() {
    let text = |text: &str| Value::Text(text.into());
    let command = Value::List(vec![text("true")]);
    let setup = ProbeSetup {
        run: RunId("run-1".into()),
        folder: Path::new("/").into(),
        clock: Arc::new(StandingClock),
    };
    let probes = rescc_probes::all();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut probers = Vec::new();
    for (kind, name, value) in [
        ("http", "url", text(&format!("http://{address}/"))),
        ("tcp", "address", text(&address)),
        ("exec", "command", command),
    ] {
        let arguments = [(name.to_owned(), value)].into_iter().collect();
        probers.push((kind, probes.kind(kind).unwrap().open(&arguments, &setup).unwrap()));
    }
    let before = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(3),
            ..before
        },
    )
    .unwrap();
    let mut failures = Vec::new();
    for (kind, prober) in probers {
        failures.push((kind, prober.ask(Duration::from_secs(1)).await));
    }
    setrlimit(Resource::Nofile, before).unwrap();
    for (kind, outcome) in failures {
        let failure = outcome.expect_err(kind);
        assert_eq!(failure.class, ErrorClass::Transient, "{kind}: {failure}");
        assert_eq!(
            failure.message, "no file descriptor is left to ask with",
            "{kind}"
        );
    }
}
