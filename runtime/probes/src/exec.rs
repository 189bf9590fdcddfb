//! `exec`: runs a program and takes its exit code and what it prints.

mod group;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::catalogue::{AnswerField, ParameterSpec, ProbeSpec};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::expr::ItScope;
use rescc_core::names::RUN_MARK;
use rescc_core::probe::{Answer, ProbeKind, ProbeSetup, Prober};
use rescc_core::program::Arguments;
use rescc_core::text;
use rescc_core::time::Clock;
use rescc_core::value::{Type, Value};

use self::group::{Group, Printed};
use crate::arguments::{optional_text, record, refused, texts};
use crate::limit::{no_answer, until};
use crate::trouble::could_not_ask;

/// How long the end of a killed program is waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// The kind of probe.
#[derive(Clone, Copy, Debug)]
pub struct Exec;

struct Runner {
    /// As it was written, for messages.
    name: String,
    program: OsString,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    clock: Arc<dyn Clock>,
}

struct Outcome {
    exit: i32,
    output: String,
    latency: Duration,
}

// === impl Exec ===

impl ProbeKind for Exec {
    fn spec(&self) -> ProbeSpec {
        ProbeSpec {
            name: "exec".into(),
            summary: "Runs a program without a shell and waits for its end; where all that it prints is one number, \
                      that is the value of the probe. What it leaves running in its process group is ended."
                .into(),
            parameters: vec![
                ParameterSpec::required(
                    "command",
                    Type::list(Type::Text),
                    "The program and its arguments; a relative path with a `/` starts at `folder`, a plain name is looked \
                     up in `PATH`.",
                ),
                ParameterSpec::optional("folder", Type::Text, "Where it runs; left out, the folder of the spec."),
                ParameterSpec::optional(
                    "environment",
                    Type::record(Type::Text),
                    "Variables that it gets besides those of rescc itself.",
                ),
            ],
            answer: vec![
                field("exit", Type::Count, "Its exit code; 128 and the number of the signal where one ended it."),
                field("output", Type::Text, "What it printed to standard output, at most 64KiB, without line breaks at the end."),
                field("latency", Type::Duration, "From its start to its end."),
            ],
            default_success: "it.exit == 0".into(),
            has_value: true,
        }
    }

    fn open(&self, arguments: &Arguments, setup: &ProbeSetup) -> Result<Arc<dyn Prober>, Failure> {
        let mut command = texts(arguments, "command")?.into_iter();
        let name = command.next().filter(|name| !name.is_empty()).ok_or_else(|| {
            refused("`command` names no program").help("write it first: `exec([\"program\", \"argument\"])`")
        })?;
        let rest: Vec<String> = command.collect();
        let mut environment = record(arguments, "environment")?;
        if environment.keys().any(|key| key.is_empty() || key.contains('=')) {
            return Err(refused("`environment` has a name that no variable can have"));
        }
        if rest
            .iter()
            .chain([&name])
            .chain(environment.keys())
            .chain(environment.values())
            .any(|text| text.contains('\0'))
        {
            return Err(refused(
                "neither a command nor its variables can have a zero byte",
            ));
        }
        environment.insert(RUN_MARK.to_owned(), setup.run.0.clone());
        let start = std::path::absolute(&setup.folder)
            .map_err(|error| Failure::from(error).during("finding the folder of the spec"))?;
        let folder = start.join(optional_text(arguments, "folder")?.unwrap_or_default());
        // Whether a relative program starts at the old folder or the new one is left open by `Command`.
        let program = if name.contains('/') {
            folder.join(&name).into_os_string()
        } else {
            OsString::from(&name)
        };
        Ok(Arc::new(Runner {
            name,
            program,
            arguments: rest,
            folder,
            environment,
            clock: Arc::clone(&setup.clock),
        }))
    }
}

// === impl Runner ===

impl Runner {
    fn spawn(&self) -> Result<Group, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(&self.environment)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        Group::spawn(&mut command).map_err(|error| self.not_started(&error))
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        if let Some(failure) = could_not_ask(error) {
            return failure;
        }
        let name = &self.name;
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory if !Path::new(&self.folder).is_dir() => {
                Failure::new(
                    ErrorClass::NotFound,
                    format!("the folder `{}` is not there", self.folder.display()),
                )
            }
            ErrorKind::NotFound | ErrorKind::NotADirectory => Failure::new(
                ErrorClass::NotFound,
                format!("the program `{name}` is not there"),
            )
            .help(
                "`exec` has no shell: the first text is the program alone, each argument a text of its own",
            ),
            ErrorKind::PermissionDenied => Failure::new(
                ErrorClass::Permission,
                format!("the program `{name}` may not be run"),
            )
            .help("is it a file that may be executed (`chmod +x`)?"),
            ErrorKind::ExecutableFileBusy => Failure::new(
                ErrorClass::Transient,
                format!("the program `{name}` is being written to"),
            ),
            ErrorKind::WouldBlock => Failure::new(
                ErrorClass::Transient,
                "this machine lets no further process start",
            ),
            _ => Failure::from(std::io::Error::from(error.kind())).during(format!("starting `{name}`")),
        }
    }
}

#[async_trait]
impl Prober for Runner {
    async fn ask(&self, timeout: Duration) -> Result<Answer, Failure> {
        let began = self.clock.now();
        let mut group = self.spawn()?;
        let mut printed = Printed::default();
        let ended = until(self.clock.as_ref(), began.after(timeout), group.run(&mut printed)).await;
        let latency = self.clock.now().since(began);
        if ended.is_none() {
            group.kill();
            // Where even that takes its time, whoever drops the group waits for it, in the background.
            if until(
                self.clock.as_ref(),
                self.clock.now().after(FAREWELL),
                group.ended(),
            )
            .await
            .is_some()
            {
                group.reap();
            }
            return Ok(no_answer(format!(
                "it had not ended within {}, and was killed",
                text::duration(timeout)
            )));
        }
        group.kill();
        let status = group.reap().ok_or_else(|| {
            Failure::new(
                ErrorClass::Transient,
                format!("the end of `{}` was lost", self.name),
            )
        })?;
        group.rest(&mut printed);
        if latency > timeout {
            return Ok(no_answer(format!(
                "it had not ended within {}",
                text::duration(timeout)
            )));
        }
        let value = printed.number();
        let it = Outcome {
            exit: code(status),
            output: printed.text(),
            latency,
        };
        Ok(Answer::Some {
            latency,
            it: Box::new(it),
            value,
        })
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("name", &self.name)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

// === impl Outcome ===

impl ItScope for Outcome {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        match (field, argument) {
            ("exit", None) => Some(Value::Count(i64::from(self.exit))),
            ("output", None) => Some(Value::Text(self.output.clone())),
            ("latency", None) => Some(Value::Duration(self.latency)),
            _ => None,
        }
    }
}

fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}

fn field(name: &'static str, ty: Type, summary: &'static str) -> AnswerField {
    AnswerField {
        name: name.into(),
        ty,
        takes_key: false,
        summary: summary.into(),
    }
}
