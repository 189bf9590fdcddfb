//! What the tests have in common.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt};
use rescc_adapter_local::LocalAdapter;
use rescc_core::async_trait;
use rescc_core::environment::{Adapter, Environment, Setup};
use rescc_core::error::Failure;
use rescc_core::host::ProcessHost;
use rescc_core::names::RunId;
use rescc_core::program::{self, Arguments, Limits, Locator, Program};
use rescc_core::resource::{Change, Instance};
use rescc_core::time::{Clock, Moment, WallTime};
use rescc_core::value::{TemplatePart, Value};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::helper;
use crate::host::TestHost;

/// The longest that a test waits for anything: only a defect takes so long.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct BootClock;

#[async_trait]
impl Clock for BootClock {
    fn now(&self) -> Moment {
        let now = clock_gettime(ClockId::Boottime);
        Moment(u64::try_from(now.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap())
    }

    fn wall(&self) -> WallTime {
        WallTime(0)
    }

    async fn sleep_until(&self, moment: Moment) {
        while self.now() < moment {
            let _ = tokio::time::timeout(moment.since(self.now()), std::future::pending::<()>()).await;
        }
    }
}

/// An environment with its folders and its host.
pub(crate) struct World {
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) host: Arc<TestHost>,
    pub(crate) run: RunId,
    pub(crate) folder: TempDir,
}

/// A locator in the making.
#[derive(Clone)]
pub(crate) struct Binding(Arguments);

impl Binding {
    pub(crate) fn new(command: &[&str]) -> Self {
        let command = command.iter().map(|word| text(word)).collect();
        Self(BTreeMap::from([("command".to_owned(), Value::List(command))]))
    }

    /// The helper, which listens on its private port and is ready when it answers.
    pub(crate) fn helper(port: u16) -> Self {
        Self::mode("serve")
            .ports("ports", &[("http", port)])
            .with("ready", text("/health"))
    }

    pub(crate) fn mode(mode: &str) -> Self {
        Self::new(&helper::COMMAND).variable(helper::MODE, mode)
    }

    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        let record = self
            .0
            .entry("environment".to_owned())
            .or_insert_with(|| Value::Record(BTreeMap::new()));
        let Value::Record(record) = record else { panic!() };
        record.insert(name.to_owned(), text(value));
        self
    }

    pub(crate) fn ports(self, name: &str, ports: &[(&str, u16)]) -> Self {
        let ports = ports
            .iter()
            .map(|(name, port)| ((*name).to_owned(), Value::Count(i64::from(*port))))
            .collect();
        self.with(name, Value::Record(ports))
    }

    pub(crate) fn always(self) -> Self {
        self.with("restart", Value::Word("always".into()))
    }
}

/// A text with names in it.
pub(crate) fn text(source: &str) -> Value {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}').unwrap();
        parts.push(TemplatePart::Literal(before.to_owned()));
        parts.push(TemplatePart::Name(name.to_owned()));
        rest = after;
    }
    if parts.is_empty() {
        return Value::Text(source.to_owned());
    }
    parts.push(TemplatePart::Literal(rest.to_owned()));
    Value::Template(parts)
}

/// Ports that are free now.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let sockets = [(); COUNT].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

pub(crate) fn free_port() -> u16 {
    free_ports::<1>()[0]
}

fn program(bindings: &[(&str, Binding)]) -> Program {
    let locator = |binding: &Binding| Locator {
        locator: "process".into(),
        arguments: binding.0.clone(),
    };
    Program {
        format_version: program::FORMAT_VERSION.into(),
        language: "1".into(),
        doc: String::new(),
        environment: program::Environment {
            name: "local".into(),
            adapter: "local".into(),
            settings: Arguments::new(),
            bind: bindings
                .iter()
                .map(|(name, binding)| ((*name).to_owned(), locator(binding)))
                .collect(),
            limits: Limits::default(),
        },
        resources: BTreeMap::new(),
        selectors: BTreeMap::new(),
        probes: BTreeMap::new(),
        slos: BTreeMap::new(),
        heals: BTreeMap::new(),
        workflows: BTreeMap::new(),
    }
}

impl World {
    pub(crate) async fn open(bindings: &[(&str, Binding)]) -> Self {
        Self::try_open(bindings).await.unwrap()
    }

    pub(crate) async fn try_open(bindings: &[(&str, Binding)]) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let host = TestHost::new();
        let run = RunId(format!(
            "local-{}",
            folder.path().file_name().unwrap().to_str().unwrap()
        ));
        let setup = setup(program(bindings), &run, folder.path(), Some(host.clone()));
        let environment = LocalAdapter.open(setup).await?;
        Ok(Self {
            environment,
            host,
            run,
            folder,
        })
    }

    pub(crate) async fn up(bindings: &[(&str, Binding)]) -> Self {
        let world = Self::open(bindings).await;
        bounded(world.environment.up()).await.unwrap();
        world
    }

    /// Takes it down and proves that nothing is left.
    pub(crate) async fn down(&self) {
        bounded(self.environment.down()).await.unwrap();
        assert_eq!(rescc_process::marked(&self.run).unwrap(), []);
        assert!(!bounded(self.environment.down()).await.unwrap().acted);
    }

    pub(crate) async fn look(&self, instance: &str) -> Instance {
        self.environment
            .lifecycle()
            .unwrap()
            .look(instance)
            .await
            .unwrap()
    }

    pub(crate) fn output(&self, instance: &str) -> PathBuf {
        self.folder
            .path()
            .join("state/output")
            .join(format!("{instance}.log"))
    }
}

pub(crate) fn setup(
    program: Program,
    run: &RunId,
    folder: &Path,
    host: Option<Arc<dyn ProcessHost>>,
) -> Setup {
    Setup {
        program: Arc::new(program),
        run: run.clone(),
        seed: 7,
        clock: Arc::new(BootClock),
        folder: folder.to_owned(),
        state: folder.join("state"),
        host,
    }
}

pub(crate) async fn plan(bindings: &[(&str, Binding)]) -> Result<Arc<dyn Environment>, Failure> {
    LocalAdapter
        .open(setup(
            program(bindings),
            &RunId("plan".into()),
            Path::new("/nowhere"),
            None,
        ))
        .await
}

pub(crate) async fn bounded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work).await.expect("takes too long")
}

/// Waits for a change.
pub(crate) async fn until(
    changes: &mut BoxStream<'static, Change>,
    wanted: impl Fn(&Change) -> bool,
) -> Change {
    bounded(async {
        loop {
            let change = changes.next().await.unwrap();
            if wanted(&change) {
                return change;
            }
        }
    })
    .await
}

/// The body of what a port answers; empty where it does not.
pub(crate) async fn get(port: u16, path: &str) -> String {
    bounded(async {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else {
            return String::new();
        };
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        if stream.write_all(request.as_bytes()).await.is_err()
            || stream.read_to_string(&mut answer).await.is_err()
        {
            return String::new();
        }
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default()
    })
    .await
}
