//! `exec`.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::value::Value;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe::{OpenOptions, Receiver};

use crate::support::*;

fn command(parts: &[&str]) -> (&'static str, Value) {
    (
        "command",
        Value::List(parts.iter().map(|part| text(*part)).collect()),
    )
}

fn sh(script: &str) -> Asked {
    open("exec", &[command(&["sh", "-c", script])])
}

fn exec(arguments: &[(&str, Value)], folder: &Path) -> Asked {
    try_open("exec", arguments, folder).unwrap()
}

/// A pipe by which a program and all that it starts can be heard: it ends when the last of them has ended.
struct Lifeline {
    _folder: TempDir,
    path: PathBuf,
    ear: BufReader<Receiver>,
}

impl Lifeline {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let ear = BufReader::new(OpenOptions::new().open_receiver(&path).unwrap());
        Self {
            _folder: folder,
            path,
            ear,
        }
    }

    /// A program that holds the pipe as descriptor 3.
    fn sh(&self, script: &str) -> Asked {
        open(
            "exec",
            &[command(&[
                "sh",
                "-c",
                &format!("exec 3>\"$0\"; {script}"),
                self.path.to_str().unwrap(),
            ])],
        )
    }

    async fn pid(&mut self) -> Pid {
        let mut line = String::new();
        self.ear.read_line(&mut line).await.unwrap();
        Pid::from_raw(line.trim().parse().unwrap()).unwrap()
    }

    async fn all_ended(&mut self) {
        let mut rest = String::new();
        while self.ear.read_line(&mut rest).await.unwrap() > 0 {}
    }
}

fn is_there(pid: Pid) -> bool {
    Path::new(&format!("/proc/{}", pid.as_raw_nonzero())).exists()
}

#[tokio::test]
async fn an_exit_code_is_an_answer_whatever_it_is() {
    guarded(async {
        for (script, exit) in [
            ("exit 0", 0),
            ("exit 3", 3),
            ("kill -KILL $$", 137),
            ("kill -TERM $$", 143),
        ] {
            let answer = sh(script).answer().await;
            assert_eq!(
                (answer.count("exit"), answer.text("output").as_str()),
                (exit, ""),
                "{script}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn one_number_alone_is_the_value() {
    guarded(async {
        for (script, output, value) in [
            ("echo 42.5", "42.5", Some(42.5)),
            ("printf '\\n -3e2 \\n\\n'", "\n -3e2 ", Some(-300.0)),
            ("echo 1; exit 1", "1", Some(1.0)),
            ("echo 4 of 5", "4 of 5", None),
            ("echo inf", "inf", None),
            ("echo NaN", "NaN", None),
            ("true", "", None),
            ("echo 7 >&2", "", None),
        ] {
            let answer = sh(script).answer().await;
            assert_eq!(
                (answer.text("output").as_str(), answer.value),
                (output, value),
                "{script}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn of_a_long_output_the_beginning_is_kept() {
    guarded(async {
        let answer = sh("head -c 1000000 /dev/zero | tr '\\0' 1").answer().await;
        assert_eq!(answer.text("output").len(), 64 << 10);
        assert_eq!((answer.count("exit"), answer.value), (0, None));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_of_what_is_printed_last() {
    guarded(async {
        for _ in 0..50 {
            assert_eq!(
                sh("echo first; echo last").answer().await.text("output"),
                "first\nlast"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn it_gets_its_folder_its_variables_and_the_mark_of_the_run() {
    guarded(async {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("in")).unwrap();
        symlink("/bin/sh", real.join("in/shell")).unwrap();
        let variables: BTreeMap<_, _> = [
            ("A".to_owned(), text("b c")),
            ("RESCC_RUN".to_owned(), text("forged")),
        ]
        .into_iter()
        .collect();
        let arguments = [
            command(&["./shell", "-c", "echo \"$PWD|$A|$RESCC_RUN\"; cat"]),
            ("folder", text("in")),
            ("environment", Value::Record(variables)),
        ];
        let answer = exec(&arguments, &real).answer().await;
        assert_eq!(
            answer.text("output"),
            format!("{}|b c|run-1", real.join("in").display())
        );
    })
    .await;
}

#[tokio::test]
async fn there_is_no_shell() {
    guarded(async {
        let answer = open("exec", &[command(&["echo", "$HOME", "a  b", ";", "*"])])
            .answer()
            .await;
        assert_eq!(answer.text("output"), "$HOME a  b ; *");
    })
    .await;
}

#[tokio::test]
async fn what_does_not_end_in_time_is_killed_with_all_that_it_started() {
    guarded(async {
        let mut line = Lifeline::new();
        let probe = line.sh("trap '' TERM INT HUP; sleep 1000 & sh -c 'sleep 1000' & echo $$ >&3; wait");
        let (why, pid) = tokio::join!(probe.silence(), async {
            let pid = line.pid().await;
            probe.clock.advance(TIMEOUT);
            pid
        });
        assert_eq!(why, "it had not ended within 1s, and was killed");
        assert!(!is_there(pid), "a zombie is left");
        line.all_ended().await;
    })
    .await;
}

#[tokio::test]
async fn what_prints_without_end_is_killed_too() {
    guarded(async {
        let mut line = Lifeline::new();
        let probe = line.sh("echo $$ >&3; yes");
        let (why, pid) = tokio::join!(probe.silence(), async {
            let pid = line.pid().await;
            probe.clock.advance(TIMEOUT);
            pid
        });
        assert_eq!(why, "it had not ended within 1s, and was killed");
        assert!(!is_there(pid), "a zombie is left");
        line.all_ended().await;
    })
    .await;
}

#[tokio::test]
async fn what_it_leaves_running_is_ended_and_not_waited_for() {
    guarded(async {
        let mut line = Lifeline::new();
        let probe = line.sh("sleep 1000 & echo $$ >&3; echo done");
        let (answer, pid) = tokio::join!(probe.answer(), line.pid());
        assert_eq!(
            (answer.count("exit"), answer.text("output").as_str()),
            (0, "done")
        );
        assert!(!is_there(pid), "a zombie is left");
        line.all_ended().await;
    })
    .await;
}

#[tokio::test]
async fn what_closes_its_output_is_still_waited_for() {
    guarded(async {
        let mut line = Lifeline::new();
        let go = line.path.with_extension("go");
        mknodat(CWD, &go, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let probe = line.sh("echo early; exec >&-; echo $$ >&3; read -r _ <\"$0.go\"; exit 5");
        let (answer, ()) = tokio::join!(probe.answer(), async {
            line.pid().await;
            tokio::task::spawn_blocking(|| std::fs::write(go, "go\n"))
                .await
                .unwrap()
                .unwrap();
        });
        assert_eq!(
            (answer.count("exit"), answer.text("output").as_str()),
            (5, "early")
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_that_is_dropped_leaves_nothing() {
    guarded(async {
        let mut line = Lifeline::new();
        let probe = line.sh("sleep 1000 & echo $$ >&3; wait");
        let prober = Arc::clone(&probe.prober);
        let asking = tokio::spawn(async move { prober.ask(TIMEOUT).await });
        let pid = line.pid().await;
        let life = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        asking.abort();
        line.all_ended().await;
        // Reaped is what can't be waited for any more.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while !matches!(waitid(WaitId::PidFd(life.as_fd()), options), Err(Errno::CHILD)) {
            tokio::task::yield_now().await;
        }
        assert!(!is_there(pid));
    })
    .await;
}

async fn failure(arguments: &[(&str, Value)], folder: &Path) -> Failure {
    exec(arguments, folder).ask().await.expect_err("a failure")
}

#[tokio::test]
async fn what_can_not_be_run_is_a_failure() {
    guarded(async {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "x").unwrap();
        for (name, class, says) in [
            (
                "rescc-no-such-program",
                ErrorClass::NotFound,
                "the program `rescc-no-such-program` is not there",
            ),
            (
                "./rescc-no-such-program",
                ErrorClass::NotFound,
                "the program `./rescc-no-such-program` is not there",
            ),
            (
                "./plain/x",
                ErrorClass::NotFound,
                "the program `./plain/x` is not there",
            ),
            (
                "./plain",
                ErrorClass::Permission,
                "the program `./plain` may not be run",
            ),
        ] {
            let failure = failure(&[command(&[name, "secret"])], folder.path()).await;
            assert_eq!((failure.class, failure.message.as_str()), (class, says));
        }
        let failure = failure(&[command(&["sh"]), ("folder", text("missing"))], folder.path()).await;
        assert_eq!(failure.class, ErrorClass::NotFound);
        assert_eq!(
            failure.message,
            format!(
                "the folder `{}` is not there",
                folder.path().join("missing").display()
            )
        );
    })
    .await;
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused() {
    let record = |name: &str| Value::Record([(name.to_owned(), text("x"))].into_iter().collect());
    for arguments in [
        vec![],
        vec![command(&[])],
        vec![command(&[""])],
        vec![command(&["a\0b"])],
        vec![("command", text("sh -c"))],
        vec![command(&["sh"]), ("environment", record("A=B"))],
        vec![command(&["sh"]), ("environment", record(""))],
        vec![command(&["sh"]), ("folder", Value::Bool(true))],
    ] {
        let failure = try_open("exec", &arguments, Path::new("/"))
            .err()
            .expect("a failure");
        assert_eq!(failure.class, ErrorClass::Permanent, "{arguments:?}");
    }
    let probe = open(
        "exec",
        &[command(&["sh", "secret"]), ("environment", record("A"))],
    );
    assert!(!format!("{:?}", probe.prober).contains("secret"));
}
