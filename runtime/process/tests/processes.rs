//! Real processes: identities, signals, trees, marks, the sweep.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rescc_core::host::ProcessIdentity;
use rescc_core::names::{INSTANCE_MARK, RUN_MARK, RunId};
use rescc_process::{
    Handle, ProcessState, Tree, TreeState, descendants, identity, kill_all, marked, own_identity, signal,
    state, stop_all, sweep,
};

const TERM: i32 = 15;
const KILL: i32 = 9;
const STOP: i32 = 19;
const CONT: i32 = 18;
const LIMIT: Duration = Duration::from_secs(20);

/// Ends its process whatever becomes of the test.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Guard {
    fn identity(&self) -> ProcessIdentity {
        identity(self.pid()).unwrap().unwrap()
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// Waits until it has written a line.
    fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        line.trim().to_owned()
    }

    fn wait(&mut self) -> Option<i32> {
        self.0.wait().unwrap().signal()
    }
}

fn run(name: &str) -> RunId {
    RunId(format!("test-{name}-{}", std::process::id()))
}

fn shell(run: &RunId, instance: &str, script: &str) -> Guard {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", script])
        .env(RUN_MARK, &run.0)
        .env(INSTANCE_MARK, instance);
    Guard(command.stdout(Stdio::piped()).process_group(0).spawn().unwrap())
}

fn sleep() -> Guard {
    Guard(Command::new("sleep").arg("1000").spawn().unwrap())
}

#[test]
fn a_process_is_who_it_is_until_it_was_waited_for() {
    let mut child = sleep();
    let who = child.identity();
    assert_eq!(state(&who).unwrap(), ProcessState::Running);
    assert!(signal(&who, KILL).unwrap());
    let handle = Handle::open(&who).unwrap();
    assert_eq!(kill_all(std::slice::from_ref(&who)).unwrap(), []);
    assert_eq!(state(&who).unwrap(), ProcessState::Zombie);
    assert_eq!(identity(who.pid).unwrap(), Some(who.clone()));
    assert!(
        !signal(&who, CONT).unwrap(),
        "a signal to the dead is not delivered"
    );
    assert_eq!(child.wait(), Some(KILL));
    assert_eq!(state(&who).unwrap(), ProcessState::Gone);
    assert!(!signal(&who, CONT).unwrap());
    assert!(!handle.unwrap().signal(CONT).unwrap());
}

#[test]
fn a_number_that_was_given_again_is_left_alone() {
    let mut child = sleep();
    let who = child.identity();
    let earlier = ProcessIdentity {
        start_ticks: who.start_ticks - 1,
        ..who.clone()
    };
    let before_boot = ProcessIdentity {
        boot_id: "another".into(),
        ..who.clone()
    };
    for stranger in [earlier, before_boot] {
        assert_eq!(state(&stranger).unwrap(), ProcessState::Gone);
        assert!(!signal(&stranger, KILL).unwrap());
        assert!(Handle::open(&stranger).unwrap().is_none());
        assert_eq!(
            stop_all(std::slice::from_ref(&stranger), Duration::ZERO).unwrap(),
            []
        );
        assert_eq!(
            Tree::new(stranger, run("stranger"), "x-1").kill().unwrap(),
            (0, vec![])
        );
    }
    assert_eq!(child.0.try_wait().unwrap(), None);
    assert_eq!(state(&who).unwrap(), ProcessState::Running);
}

#[test]
fn numbers_that_no_process_can_have_are_gone() {
    for pid in [0, -1, i32::MAX] {
        let nobody = ProcessIdentity {
            pid,
            ..own_identity().unwrap()
        };
        assert_eq!(state(&nobody).unwrap(), ProcessState::Gone);
        assert!(!signal(&nobody, KILL).unwrap());
    }
    assert!(signal(&sleep().identity(), 12345).is_err());
}

#[test]
fn a_program_may_have_parentheses_in_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let program: PathBuf = folder.path().join("a) (b");
    std::fs::copy("/bin/sleep", &program).unwrap();
    let mut child = Guard(Command::new(&program).arg("1000").spawn().unwrap());
    let who = child.identity();
    assert_eq!(
        std::fs::read_to_string(format!("/proc/{}/comm", who.pid))
            .unwrap()
            .trim(),
        "a) (b"
    );
    assert_eq!(state(&who).unwrap(), ProcessState::Running);
    assert!(signal(&who, TERM).unwrap());
    assert_eq!(child.wait(), Some(TERM));
}

#[test]
fn who_does_not_heed_sigterm_is_killed_after_the_grace() {
    let run = run("grace");
    let mut meek = shell(&run, "meek-1", "echo ready; exec sleep 1000");
    let mut stubborn = shell(
        &run,
        "stubborn-1",
        "trap '' TERM; echo ready; while :; do read x; done < /dev/zero",
    );
    assert_eq!((meek.line(), stubborn.line()), ("ready".into(), "ready".into()));
    let all = [meek.identity(), stubborn.identity()];
    assert_eq!(stop_all(&all, Duration::from_millis(200)).unwrap(), []);
    assert_eq!((meek.wait(), stubborn.wait()), (Some(TERM), Some(KILL)));
}

#[test]
fn who_is_held_still_can_heed_sigterm() {
    let mut child = shell(
        &run("held"),
        "held-1",
        "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done",
    );
    child.line();
    let who = child.identity();
    assert!(signal(&who, STOP).unwrap());
    assert_eq!(stop_all(&[who], LIMIT).unwrap(), []);
    assert_eq!(child.0.wait().unwrap().code(), Some(7));
}

#[test]
fn a_tree_is_held_and_let_go_as_one() {
    let run = run("tree");
    // Three levels, and a shell that forks without pause.
    let script = "sh -c 'sleep 1000 & echo ready; wait' & while :; do /bin/true; done";
    let mut child = shell(&run, "tree-1", script);
    assert_eq!(child.line(), "ready");
    let tree = Tree::new(child.identity(), run, "tree-1");
    assert_eq!(tree.state().unwrap(), TreeState::Running);
    for _ in 0..20 {
        assert_eq!(tree.freeze(LIMIT).unwrap(), TreeState::Held);
        assert_eq!(tree.state().unwrap(), TreeState::Held);
        let held = tree.members().unwrap();
        assert!(held.len() >= 3, "{held:?}");
        assert_eq!(
            tree.members().unwrap(),
            held,
            "nothing can change while it is held"
        );
        assert_eq!(tree.thaw(LIMIT).unwrap(), (true, TreeState::Running));
    }
    assert_eq!(tree.thaw(LIMIT).unwrap(), (false, TreeState::Running));
    let (ended, left) = tree.kill().unwrap();
    assert!(ended >= 3 && left.is_empty(), "{ended} {left:?}");
    assert_eq!(tree.state().unwrap(), TreeState::Gone);
    assert_eq!(child.wait(), Some(KILL));
    assert_eq!(tree.freeze(LIMIT).unwrap(), TreeState::Gone);
    assert_eq!(tree.thaw(LIMIT).unwrap(), (false, TreeState::Gone));
}

#[test]
fn a_child_that_is_held_already_does_not_keep_its_parent_from_it() {
    let run = run("vfork");
    let mut child = shell(
        &run,
        "vfork-1",
        "sleep 1000 & echo $!; while :; do /bin/true; done",
    );
    let below = identity(child.line().parse().unwrap()).unwrap().unwrap();
    assert!(signal(&below, STOP).unwrap());
    let tree = Tree::new(child.identity(), run, "vfork-1");
    assert_eq!(tree.freeze(LIMIT).unwrap(), TreeState::Held);
    assert_eq!(state(&below).unwrap(), ProcessState::Stopped);
    assert_eq!(tree.kill().unwrap().1, []);
}

#[test]
fn what_lost_its_parent_and_its_mark_is_still_in_the_tree() {
    let run = run("orphan");
    // The inner shell ends at once: its child belongs to init, or to whoever takes orphans, and has no mark.
    let mut child = shell(
        &run,
        "orphan-1",
        "sh -c 'env -i sleep 1000 & echo $!'; exec sleep 1000",
    );
    let orphan = child.line().parse().unwrap();
    let orphan = identity(orphan).unwrap().unwrap();
    let tree = Tree::new(child.identity(), run.clone(), "orphan-1");
    assert!(
        tree.members()
            .unwrap()
            .iter()
            .any(|member| member.identity == orphan)
    );
    // Its group tells it as long as the leader was not waited for.
    assert!(signal(tree.main(), KILL).unwrap());
    assert_eq!(kill_all(std::slice::from_ref(tree.main())).unwrap(), []);
    assert_eq!(tree.members().unwrap().len(), 1);
    assert_eq!(tree.kill().unwrap(), (1, vec![]));
    child.wait();
    assert!(matches!(
        state(&orphan).unwrap(),
        ProcessState::Zombie | ProcessState::Gone
    ));
}

#[test]
fn marks_tell_run_and_instance() {
    let (mine, other) = (run("mark"), run("mark-other"));
    let mut first = shell(&mine, "api-1", "sleep 1000 & echo $!; wait");
    let mut second = shell(&other, "api-1", "echo ready; exec sleep 1000");
    let (below, _) = (first.line().parse::<i32>().unwrap(), second.line());
    let found = marked(&mine).unwrap();
    let mut pids: Vec<i32> = found.iter().map(|marked| marked.identity.pid).collect();
    pids.sort_unstable();
    let mut expected = vec![first.pid(), below];
    expected.sort_unstable();
    assert_eq!(pids, expected);
    assert!(
        found
            .iter()
            .all(|marked| marked.instance.as_deref() == Some("api-1"))
    );
    assert_eq!(
        descendants(first.pid())
            .unwrap()
            .iter()
            .map(|who| who.pid)
            .collect::<Vec<_>>(),
        [below]
    );
    let except = sweep(&mine, &[first.pid(), below]).unwrap();
    assert_eq!((except.killed, except.left.len()), (0, 0));
    let swept = sweep(&mine, &[]).unwrap();
    assert_eq!((swept.killed, swept.left), (2, vec![]));
    assert_eq!(first.wait(), Some(KILL));
    assert_eq!(marked(&mine).unwrap(), []);
    assert_eq!(marked(&other).unwrap().len(), 1, "another run is left alone");
}

#[test]
fn a_sweep_ends_what_is_held_and_what_multiplies() {
    let run = run("sweep");
    let mut held = shell(&run, "held-1", "echo ready; exec sleep 1000");
    let mut forks = shell(
        &run,
        "forks-1",
        "echo ready; while :; do sleep 1000 & /bin/true; kill %1 2>/dev/null; done",
    );
    held.line();
    forks.line();
    assert!(signal(&held.identity(), STOP).unwrap());
    let swept = sweep(&run, &[]).unwrap();
    assert!(swept.killed >= 2, "{swept:?}");
    assert_eq!(swept.left, []);
    assert_eq!((held.wait(), forks.wait()), (Some(KILL), Some(KILL)));
    assert_eq!(marked(&run).unwrap(), []);
}
