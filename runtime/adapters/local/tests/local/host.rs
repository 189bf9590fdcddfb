//! A parent of processes: what the keeper is in earnest.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{self, BoxStream, StreamExt};
use rescc_core::async_trait;
use rescc_core::error::Failure;
use rescc_core::host::{Exit, ExitStatus, ProcessHost, ProcessIdentity, ProcessNote, SpawnRequest};
use rescc_core::sync::Lock;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tokio::sync::broadcast;

/// Takes what a program is about to need.
pub(crate) type Obstacle = fn(&SpawnRequest) -> Option<std::net::TcpListener>;

/// Starts processes as its own children and keeps their numbers until they are released.
#[derive(Debug)]
pub(crate) struct TestHost {
    children: Arc<Lock<BTreeMap<ProcessIdentity, Child>>>,
    exits: broadcast::Sender<Exit>,
    pub(crate) notes: Lock<Vec<serde_json::Value>>,
    pub(crate) released: Lock<Vec<ProcessIdentity>>,
    /// Run before a start, with the request: to get in its way.
    pub(crate) before: Lock<Option<Obstacle>>,
    /// Whether it keeps the ends of processes to itself.
    pub(crate) mute: Arc<AtomicBool>,
    pub(crate) in_the_way: Lock<Vec<std::net::TcpListener>>,
}

impl TestHost {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            children: Arc::default(),
            exits: broadcast::channel(1024).0,
            notes: Lock::default(),
            released: Lock::default(),
            before: Lock::default(),
            mute: Arc::default(),
            in_the_way: Lock::default(),
        })
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        // Only its own children, whatever became of the test.
        self.children.with(|children| {
            for child in children.values_mut() {
                let _ = child.kill();
                let _ = child.wait();
            }
        });
    }
}

#[async_trait]
impl ProcessHost for TestHost {
    async fn spawn(&self, request: SpawnRequest) -> Result<ProcessIdentity, Failure> {
        if let Some(before) = self.before.with(Option::take)
            && let Some(socket) = before(&request)
        {
            self.in_the_way.with(|sockets| sockets.push(socket));
        }
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&request.output)?;
        let child = Command::new(&request.command[0])
            .args(&request.command[1..])
            .envs(&request.environment)
            .current_dir(&request.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()?;
        let pid = i32::try_from(child.id()).unwrap();
        // It can't be gone: it was not waited for.
        let identity = rescc_process::identity(pid)?.unwrap();
        let note = ProcessNote::new(identity.clone(), request.instance);
        self.notes
            .with(|notes| notes.push(serde_json::to_value(&note).unwrap()));
        self.children
            .with(|children| children.insert(identity.clone(), child));
        let (exits, ended, mute) = (self.exits.clone(), identity.clone(), Arc::clone(&self.mute));
        std::thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let status = waitid(WaitId::Pid(Pid::from_raw(pid).unwrap()), options);
            let Ok(Some(status)) = status else { return };
            if mute.load(Ordering::SeqCst) {
                return;
            }
            let status = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => ExitStatus::Code(code),
                (None, signal) => ExitStatus::Signal(signal.unwrap_or_default()),
            };
            let _ = exits.send(Exit {
                identity: ended,
                status,
            });
        });
        Ok(identity)
    }

    fn exits(&self) -> BoxStream<'static, Exit> {
        let exits = self.exits.subscribe();
        stream::unfold(exits, |mut exits| async move {
            exits.recv().await.ok().map(|exit| (exit, exits))
        })
        .boxed()
    }

    async fn release(&self, identity: &ProcessIdentity) -> Result<(), Failure> {
        if let Some(mut child) = self.children.with(|children| children.remove(identity)) {
            let status = child.wait()?;
            assert!(status.code().is_some() || status.signal().is_some());
        }
        self.released.with(|released| released.push(identity.clone()));
        Ok(())
    }
}
