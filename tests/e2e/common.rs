//! Runs the real `rescc` on real processes, and looks at what is left of it.

use std::net::TcpListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rescc_core::names::RunId;
use rescc_engine::run_dir::RunDir;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The longest that anything here waits for; reached only where something is wrong.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug)]
/// A place of its own for a test: a spec, a state folder, ports that nobody else uses.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) ports: Vec<u16>,
}

/// What a run left behind, in the normal form of `specs/residue.md`: sorted lines, none where all is well.
pub(crate) type Residue = Vec<String>;

impl Bench {
    pub(crate) fn new(ports: usize) -> Self {
        // Held until all are known, so that no two are the same.
        let held: Vec<_> = (0..ports)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports = held
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        Self { folder, ports }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Writes a spec; `{0}`, `{1}`, … are the ports, `{data}` is the data folder.
    pub(crate) fn spec(&self, text: &str) -> PathBuf {
        let mut text = text.replace("{data}", &self.data().display().to_string());
        for (index, port) in self.ports.iter().enumerate() {
            text = text.replace(&format!("{{{index}}}"), &port.to_string());
        }
        let path = self.path().join("spec.res");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn rescc(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rescc"));
        command
            .current_dir(self.path())
            .env("RESCC_STATE_DIR", self.state())
            .env("NO_COLOR", "1")
            .env_remove("CI")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, spec: &Path) -> Output {
        self.rescc().arg("run").arg(spec).output().unwrap()
    }

    /// Starts a run in a process group of its own.
    pub(crate) fn start(&self, spec: &Path, variables: &[(&str, &str)]) -> Child {
        let output = std::fs::File::create(self.path().join("output")).unwrap();
        let errors = output.try_clone().unwrap();
        let mut command = self.rescc();
        command
            .arg("run")
            .arg(spec)
            .envs(variables.iter().copied())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        command.spawn().unwrap()
    }

    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.path().join("output")).unwrap_or_default()
    }

    pub(crate) fn recover(&self) -> Output {
        self.rescc().arg("recover").output().unwrap()
    }

    /// The only run of this bench.
    pub(crate) fn only_run(&self) -> Option<RunDir> {
        let mut runs = RunDir::all(&self.state()).unwrap();
        assert!(runs.len() <= 1, "{runs:?}");
        runs.pop()
    }

    /// The report of the only run.
    pub(crate) fn report(&self) -> serde_json::Value {
        let run = self.only_run().expect("there is a run");
        let text = std::fs::read_to_string(run.report()).expect("the run has a report");
        serde_json::from_str(&text).unwrap()
    }

    /// What is left of all runs of this bench.
    pub(crate) fn residue(&self) -> Residue {
        let mut left = Vec::new();
        for run in RunDir::all(&self.state()).unwrap() {
            for marked in rescc_process::marked(run.run()).unwrap() {
                left.push(format!(
                    "process {} {}",
                    marked.identity.pid,
                    command_line(marked.identity.pid)
                ));
            }
            for keeper in keepers(run.run()) {
                left.push(format!("keeper {keeper}"));
            }
            if let Ok(contents) = rescc_engine::journal::read(&run.journal()) {
                for undo in contents.open_undos() {
                    left.push(format!("open undo {}", undo.injection));
                }
                // Without a first line nothing was touched.
                if contents.opened.is_some() && !contents.closed().is_some_and(|(_, undone)| undone) {
                    left.push("journal not closed".to_owned());
                }
            }
        }
        for port in &self.ports {
            if TcpListener::bind(("127.0.0.1", *port)).is_err() {
                left.push(format!("port {port}"));
            }
        }
        for entry in std::fs::read_dir(self.data()).unwrap() {
            left.push(format!("file {}", entry.unwrap().file_name().to_string_lossy()));
        }
        left.sort();
        left
    }

    /// Waits until the keepers of all runs of this bench are gone.
    pub(crate) fn wait_for_keepers(&self) {
        for run in RunDir::all(&self.state()).unwrap() {
            for keeper in keepers(run.run()) {
                assert!(
                    wait_for_end(keeper),
                    "the keeper {keeper} of {} does not end",
                    run.run()
                );
            }
        }
    }

    /// Waits until the journal of the only run says something.
    pub(crate) fn wait_for_journal(&self, child: &mut Child, wanted: &str) -> bool {
        wait_until(child, || {
            let text = self
                .only_run()
                .and_then(|run| std::fs::read(run.journal()).ok())
                .unwrap_or_default();
            String::from_utf8_lossy(&text).contains(wanted)
        })
    }
}

/// Looks again and again until something is so; `false` where the process ends before.
pub(crate) fn wait_until(child: &mut Child, mut is_so: impl FnMut() -> bool) -> bool {
    let rounds = PATIENCE.as_millis() / 5;
    for _ in 0..rounds {
        if is_so() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return is_so();
        }
        nap(5);
    }
    panic!("nothing happened for {PATIENCE:?}");
}

fn nap(milliseconds: i64) {
    let time = Timespec {
        tv_sec: 0,
        tv_nsec: milliseconds * 1_000_000,
    };
    let _ = poll(&mut [], Some(&time));
}

/// Waits for the end of a process that is not ours.
pub(crate) fn wait_for_end(pid: i32) -> bool {
    let Some(handle) = Pid::from_raw(pid) else {
        return true;
    };
    let Ok(pidfd) = pidfd_open(handle, PidfdFlags::empty()) else {
        return true;
    };
    let time = Timespec {
        tv_sec: PATIENCE.as_secs() as i64,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    poll(&mut fds, Some(&time)).unwrap() > 0
}

/// The keepers of a run: by what they were started as.
pub(crate) fn keepers(run: &RunId) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let line = command_line(pid);
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let zombie = state
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z'));
        if line.contains("__keeper") && line.contains(&run.0) && !zombie {
            found.push(pid);
        }
    }
    found
}

pub(crate) fn command_line(pid: i32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

pub(crate) fn send(pid: u32, signal: i32) {
    let pid = Pid::from_raw(pid as i32).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::from_named_raw(signal).unwrap());
}

pub(crate) fn send_to_group(pid: u32, signal: i32) {
    let pid = Pid::from_raw(pid as i32).unwrap();
    let _ =
        rustix::process::kill_process_group(pid, rustix::process::Signal::from_named_raw(signal).unwrap());
}

/// The exit code, or 128 and the signal, as shells say it.
pub(crate) fn code(status: std::process::ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

pub(crate) fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
