//! A resource as its locator describes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::SpawnRequest;
use rescc_core::names::{INSTANCE_MARK, RUN_MARK, RunId};
use rescc_core::program::{Arguments, Locator};
use rescc_core::resource::{Instance, Phase};
use rescc_core::value::Value;

use crate::health::Check;
use crate::spec::{MAX_COPIES, START_LIMIT, STOP_GRACE};

/// A resource and how its processes are started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) copies: u32,
    /// The ports on which rescc listens for it.
    pub(crate) ports: BTreeMap<String, u16>,
    /// The ports on which it listens itself.
    pub(crate) fixed: BTreeMap<String, u16>,
    pub(crate) start_limit: Duration,
    pub(crate) stop_grace: Duration,
    /// Whether it is started again when it ends by itself.
    pub(crate) restart: bool,
    command: Vec<Value>,
    environment: BTreeMap<String, Value>,
    folder: PathBuf,
    ready: Option<String>,
    labels: BTreeMap<String, String>,
}

/// The name of a copy, counted from 1.
pub(crate) fn instance_name(resource: &str, number: u32) -> String {
    format!("{resource}-{number}")
}

/// The resource that an instance belongs to.
pub(crate) fn resource_of(instance: &str) -> &str {
    instance
        .rsplit_once('-')
        .map_or(instance, |(resource, _)| resource)
}

/// The variable that tells a private port.
pub(crate) fn port_variable(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("PORT_{name}")
}

fn wrong(resource: &str, what: impl std::fmt::Display) -> Failure {
    Failure::new(
        ErrorClass::Permanent,
        format!("the binding of `{resource}` can't be used: {what}"),
    )
}

// === impl Service ===

impl Service {
    /// Reads a locator. Relative paths start in `folder`.
    pub(crate) fn read(name: &str, locator: &Locator, folder: &Path) -> Result<Self, Failure> {
        if locator.locator != "process" {
            return Err(wrong(
                name,
                format_args!("`{}` is no locator of this environment", locator.locator),
            ));
        }
        let fields = Fields {
            resource: name,
            arguments: &locator.arguments,
        };
        let command = fields
            .get("command")
            .and_then(Value::as_list)
            .unwrap_or_default()
            .to_vec();
        if command.is_empty() {
            return Err(wrong(name, "`command` is empty").help("give the program and its arguments"));
        }
        let service = Self {
            name: name.to_owned(),
            copies: fields.copies()?,
            ports: fields.ports("ports")?,
            fixed: fields.ports("fixed_ports")?,
            start_limit: fields.duration("start_limit", START_LIMIT)?,
            stop_grace: fields.duration("stop_grace", STOP_GRACE)?,
            restart: fields.text("restart")?.as_deref() == Some("always"),
            command,
            environment: fields.record("environment")?.clone(),
            folder: fields
                .text("folder")?
                .map_or_else(|| folder.to_owned(), |below| folder.join(below)),
            ready: fields.text("ready")?,
            labels: fields.texts("labels")?,
        };
        service.check()?;
        Ok(service)
    }

    /// A copy as it will be once it is up.
    pub(crate) fn planned(&self, number: u32) -> Instance {
        Instance {
            name: instance_name(&self.name, number),
            resource: self.name.clone(),
            kind: "process".into(),
            labels: self.labels.clone(),
            image: None,
            phase: Phase::Running,
            healthy: Some(true),
            restarts: 0,
            remark: String::new(),
        }
    }

    /// How a copy is started, given its private ports.
    pub(crate) fn request(
        &self,
        instance: &str,
        run: &RunId,
        private: &BTreeMap<String, u16>,
        output: PathBuf,
    ) -> Result<SpawnRequest, Failure> {
        let find = |name: &str| self.late_name(name, private);
        let resolve = |value: &Value| {
            value
                .resolve_text(&find)
                .map_err(|unknown| wrong(&self.name, format_args!("`${{{unknown}}}` is not known")))
        };
        let command = self.command.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
        let mut environment = BTreeMap::new();
        for (name, port) in private.iter().chain(&self.fixed) {
            environment.insert(port_variable(name), port.to_string());
        }
        for (name, value) in &self.environment {
            environment.insert(name.clone(), resolve(value)?);
        }
        environment.insert(RUN_MARK.to_owned(), run.0.clone());
        environment.insert(INSTANCE_MARK.to_owned(), instance.to_owned());
        Ok(SpawnRequest {
            instance: instance.to_owned(),
            command: self.rooted(command),
            environment,
            folder: self.folder.clone(),
            output,
        })
    }

    /// What makes a copy healthy, given its private ports.
    pub(crate) fn check_of(&self, private: &BTreeMap<String, u16>) -> Check {
        match (self.main_port(private), &self.ready) {
            (Some(port), Some(path)) => Check::Http {
                port,
                path: path.clone(),
            },
            (Some(port), None) => Check::Tcp { port },
            (None, _) => Check::Life,
        }
    }

    /// The name of the port that tells health: `http`, or the first by name; declared ones before fixed ones.
    pub(crate) fn main_port_name(&self) -> Option<&String> {
        let names = || self.ports.keys().chain(self.fixed.keys());
        names().find(|name| *name == "http").or_else(|| names().next())
    }

    fn main_port(&self, private: &BTreeMap<String, u16>) -> Option<u16> {
        let name = self.main_port_name()?;
        private.get(name).or_else(|| self.fixed.get(name)).copied()
    }

    fn late_name(&self, name: &str, private: &BTreeMap<String, u16>) -> Option<String> {
        if name == "rescc" {
            return std::env::current_exe()
                .ok()
                .map(|path| path.to_string_lossy().into_owned());
        }
        let port = name.strip_prefix("port.")?;
        private
            .get(port)
            .or_else(|| self.fixed.get(port))
            .map(u16::to_string)
    }

    /// A program given by a relative path is meant from where the process starts, whoever starts it.
    fn rooted(&self, mut command: Vec<String>) -> Vec<String> {
        if let Some(program) = command.first_mut()
            && program.contains('/')
            && !program.starts_with('/')
        {
            *program = self.folder.join(&*program).to_string_lossy().into_owned();
        }
        command
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(name) = self.ports.keys().find(|name| self.fixed.contains_key(*name)) {
            return Err(wrong(
                &self.name,
                format_args!("port `{name}` is under `ports` and under `fixed_ports`"),
            ));
        }
        if !self.fixed.is_empty() && self.copies > 1 {
            return Err(wrong(&self.name, format_args!("{} copies can't open the same fixed port", self.copies))
                .help("set `copies = 1`, or declare the port under `ports` and tell it to the program by `${port.x}`"));
        }
        if self.ready.is_some() && self.main_port_name().is_none() {
            return Err(
                wrong(&self.name, "`ready` asks a port, and there is none").help("declare it under `ports`")
            );
        }
        if let Some(path) = self.ready.as_deref().filter(|path| !is_path(path)) {
            return Err(
                wrong(&self.name, format_args!("`{path}` is no HTTP path")).help("write it like `/health`")
            );
        }
        Ok(())
    }
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The arguments of a locator. The checker has seen them, but a plan may come from a file.
struct Fields<'a> {
    resource: &'a str,
    arguments: &'a Arguments,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.arguments.get(name)
    }

    fn mistyped(&self, name: &str) -> Failure {
        wrong(
            self.resource,
            format_args!("`{name}` has a value that it can't have"),
        )
    }

    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .as_text()
                    .map(str::to_owned)
                    .ok_or_else(|| self.mistyped(name))
            })
            .transpose()
    }

    fn duration(&self, name: &str, default: Duration) -> Result<Duration, Failure> {
        self.get(name).map_or(Ok(default), |value| {
            value.as_duration().ok_or_else(|| self.mistyped(name))
        })
    }

    fn copies(&self) -> Result<u32, Failure> {
        let count = self.get("copies").map_or(Some(1), Value::as_count);
        count
            .filter(|count| (1..=MAX_COPIES).contains(count))
            .and_then(|count| u32::try_from(count).ok())
            .ok_or_else(|| self.mistyped("copies"))
    }

    fn record(&self, name: &str) -> Result<&'a BTreeMap<String, Value>, Failure> {
        const NONE: &BTreeMap<String, Value> = &BTreeMap::new();
        self.get(name).map_or(Ok(NONE), |value| {
            value.as_record().ok_or_else(|| self.mistyped(name))
        })
    }

    fn texts(&self, name: &str) -> Result<BTreeMap<String, String>, Failure> {
        let pair = |(key, value): (&String, &Value)| {
            value
                .as_text()
                .map(|text| (key.clone(), text.to_owned()))
                .ok_or_else(|| self.mistyped(name))
        };
        self.record(name)?.iter().map(pair).collect()
    }

    fn ports(&self, name: &str) -> Result<BTreeMap<String, u16>, Failure> {
        let pair = |(key, value): (&String, &Value)| {
            let port = value
                .as_count()
                .and_then(|count| u16::try_from(count).ok())
                .filter(|&port| port > 0);
            port.map(|port| (key.clone(), port))
                .ok_or_else(|| self.mistyped(name))
        };
        self.record(name)?.iter().map(pair).collect()
    }
}
