//! The runner's side.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt};
use rescc_core::async_trait;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::{Exit, ProcessHost, ProcessIdentity, ProcessNote, SpawnRequest};
use rescc_core::names::{INSTANCE_MARK, RUN_MARK};
use rescc_core::sync::Lock;
use rescc_core::time::{Clock, Moment};
use rescc_core::verdict::ReasonCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::children::TRACKING_VARIABLES;
use super::protocol::{Messages, Order, Word, encode};
use crate::clock::BootClock;
use crate::driver::{Notice, Watchdog, within};
use crate::journal::{Entry, Recorder};
use crate::run_dir::RunDir;

/// How long the keeper may take to be there.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// How long the keeper may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// The runner's end of the keeper.
#[derive(Debug)]
pub struct Keeper {
    orders: mpsc::UnboundedSender<Order>,
    shared: Arc<Shared>,
    recorder: Arc<dyn Recorder>,
    tokens: AtomicU64,
    process: Lock<Option<Child>>,
}

/// Who waits for an answer of the keeper: a process that waits at its gate is named.
type Waiting = oneshot::Sender<Result<Option<ProcessIdentity>, Failure>>;

#[derive(Debug)]
struct Shared {
    waiting: Lock<BTreeMap<u64, Waiting>>,
    exits: broadcast::Sender<Exit>,
    /// Whether it was told that all is done.
    over: Lock<bool>,
    /// Whether it is gone, asked or unasked.
    gone: Lock<bool>,
}

/// Why there is no keeper.
#[derive(Debug, thiserror::Error)]
#[error("the keeper did not start: {0}")]
pub struct KeeperError(#[from] io::Error);

// === impl Keeper ===

impl Keeper {
    /// Starts the keeper of a run and waits until it is there. When it goes away unasked, `notices` hears of it.
    ///
    /// # Errors
    /// Where it can't be started.
    pub async fn start(
        dir: &RunDir,
        recorder: Arc<dyn Recorder>,
        notices: mpsc::Sender<Notice>,
    ) -> Result<Self, KeeperError> {
        let runner = rescc_process::own_identity()?;
        let runner = serde_json::to_string(&runner).map_err(io::Error::from)?;
        let mut last = io::Error::other("it did not answer");
        for launch in launches(dir, &runner) {
            match start_with(launch).await {
                Ok((process, stream, messages)) => {
                    return Ok(Self::attach(process, stream, messages, recorder, notices));
                }
                Err(error) => last = error,
            }
        }
        Err(KeeperError(last))
    }

    fn attach(
        process: Child,
        stream: UnixStream,
        messages: Messages,
        recorder: Arc<dyn Recorder>,
        notices: mpsc::Sender<Notice>,
    ) -> Self {
        let (orders, mut queue) = mpsc::unbounded_channel::<Order>();
        let shared = Arc::new(Shared {
            waiting: Lock::new(BTreeMap::new()),
            exits: broadcast::channel(1_024).0,
            over: Lock::new(false),
            gone: Lock::new(false),
        });
        let (mut read, mut write) = stream.into_split();
        tokio::spawn(async move {
            while let Some(order) = queue.recv().await {
                if write.write_all(&encode(&order)).await.is_err() {
                    return;
                }
            }
        });
        let listening = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut messages = messages;
            let mut bytes = vec![0; 16 << 10];
            loop {
                while let Some(word) = messages.next::<Word>() {
                    listening.hear(word);
                }
                match read.read(&mut bytes).await {
                    Ok(count) if count > 0 && messages.push(bytes.get(..count).unwrap_or_default()) => {}
                    _ => break,
                }
            }
            listening.gone.with(|gone| *gone = true);
            listening.waiting.with(BTreeMap::clear);
            if !listening.over.get() {
                let why = "the keeper is gone".to_owned();
                let _ = notices
                    .send(Notice::Lost {
                        code: ReasonCode::KeeperLost,
                        why,
                    })
                    .await;
            }
        });
        Self {
            orders,
            shared,
            recorder,
            tokens: AtomicU64::new(1),
            process: Lock::new(Some(process)),
        }
    }

    /// Tells the keeper that all is undone, and waits until it is gone.
    pub async fn finish(&self) {
        self.shared.over.with(|over| *over = true);
        let _ = self.orders.send(Order::Done);
        let process = self.process.with(Option::take);
        let Some(mut process) = process else { return };
        let waited = tokio::task::spawn_blocking(move || process.wait());
        let clock: Arc<dyn Clock> = Arc::new(BootClock);
        let _ = within(&clock, ANSWER_LIMIT, async { Ok(waited.await.is_ok()) }).await;
    }

    async fn ask(&self, token: u64, order: Order) -> Result<Option<ProcessIdentity>, Failure> {
        let (answer, answered) = oneshot::channel();
        self.shared.waiting.with(|waiting| waiting.insert(token, answer));
        if self.orders.send(order).is_err() {
            return Err(gone());
        }
        let clock: Arc<dyn Clock> = Arc::new(BootClock);
        within(&clock, ANSWER_LIMIT, async {
            answered.await.unwrap_or_else(|_| Err(gone()))
        })
        .await
    }
}

impl Shared {
    fn hear(&self, word: Word) {
        let (token, answer) = match word {
            Word::Ready => return,
            Word::Waiting { token, identity } => (token, Ok(Some(identity))),
            Word::Running { token } => (token, Ok(None)),
            Word::Refused { token, failure } => (token, Err(failure)),
            Word::Ended { exit } => {
                // Nobody may be listening yet; then nobody has started anything.
                let _ = self.exits.send(exit);
                return;
            }
        };
        if let Some(waiting) = self.waiting.with(|waiting| waiting.remove(&token)) {
            let _ = waiting.send(answer);
        }
    }
}

#[async_trait]
impl ProcessHost for Keeper {
    async fn spawn(&self, request: SpawnRequest) -> Result<ProcessIdentity, Failure> {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        let instance = request.instance.clone();
        let identity = self
            .ask(token, Order::Spawn { token, request })
            .await?
            .ok_or_else(|| Failure::new(ErrorClass::Permanent, "the keeper named no process"))?;
        let note = ProcessNote::new(identity.clone(), instance);
        let noted = serde_json::to_value(&note)
            .map_err(io::Error::from)
            .and_then(|note| self.recorder.append(&Entry::Note { note }));
        if let Err(error) = noted {
            let _ = self.orders.send(Order::Shut { token });
            return Err(Failure::from(error).during("the journal can't be written, so nothing is started"));
        }
        self.ask(token, Order::Open { token }).await?;
        Ok(identity)
    }

    fn exits(&self) -> BoxStream<'static, Exit> {
        let exits = self.shared.exits.subscribe();
        futures_util::stream::unfold(exits, |mut exits| async move {
            loop {
                match exits.recv().await {
                    Ok(exit) => return Some((exit, exits)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
        .boxed()
    }

    async fn release(&self, identity: &ProcessIdentity) -> Result<(), Failure> {
        self.orders
            .send(Order::Release {
                identity: identity.clone(),
            })
            .map_err(|_| gone())
    }

    fn is_gone(&self) -> bool {
        self.shared.gone.get()
    }
}

impl Watchdog for Keeper {
    fn arm(&self, id: &str, until: Moment) {
        let until = crate::hooks::hang_limit().map_or(until, |limit| BootClock.now().after(limit));
        let _ = self.orders.send(Order::Arm {
            id: id.to_owned(),
            until,
        });
    }

    fn disarm(&self, id: &str) {
        let _ = self.orders.send(Order::Disarm { id: id.to_owned() });
    }
}

fn gone() -> Failure {
    Failure::new(ErrorClass::Permanent, "the keeper is gone")
}

/// The ways to start the keeper, best first: in a scope of its own, where a service manager gives one, so that
/// the end of the job's cgroup is not its own; else as it is.
fn launches(dir: &RunDir, runner: &str) -> Vec<Command> {
    let mut launches = Vec::new();
    for (socket, flag) in scope_managers() {
        if socket.exists() {
            let mut command = Command::new("systemd-run");
            command
                .args(flag)
                .args(["--scope", "--quiet", "--collect", "--unit"]);
            command
                .arg(format!("rescc-keeper-{}.scope", dir.run()))
                .arg("--")
                .arg("/proc/self/exe");
            launches.push(command);
        }
    }
    launches.push(Command::new("/proc/self/exe"));
    for command in &mut launches {
        if command.get_program() == "systemd-run" {
            // `/proc/self/exe` would be systemd-run's own.
            let Ok(own) = std::env::current_exe() else {
                continue;
            };
            let mut replaced = Command::new("systemd-run");
            let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
            replaced
                .args(arguments.iter().take(arguments.len().saturating_sub(1)))
                .arg(own);
            *command = replaced;
        }
        command.arg("__keeper").arg(dir.path()).arg(runner);
        // A keeper with the mark of a run would be swept with what it keeps.
        command
            .env_remove(RUN_MARK)
            .env_remove(INSTANCE_MARK)
            .env_remove(crate::hooks::CRASH);
        for variable in TRACKING_VARIABLES {
            command.env_remove(variable);
        }
        let log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(dir.path().join("keeper.log"));
        command
            .stdout(Stdio::null())
            .stderr(log.map_or_else(|_| Stdio::null(), Stdio::from));
    }
    launches
}

fn scope_managers() -> Vec<(std::path::PathBuf, Option<&'static str>)> {
    let mut managers = Vec::new();
    if rustix::process::geteuid().is_root() {
        managers.push(("/run/systemd/private".into(), None));
    } else if let Ok(folder) = std::env::var("XDG_RUNTIME_DIR") {
        managers.push((
            std::path::Path::new(&folder).join("systemd/private"),
            Some("--user"),
        ));
    }
    managers
}

async fn start_with(mut launch: Command) -> io::Result<(Child, UnixStream, Messages)> {
    let (ours, theirs) = StdStream::pair()?;
    launch.stdin(Stdio::from(OwnedFd::from(theirs)));
    let mut process = launch.spawn()?;
    // The descriptor in `launch` would keep the socket open after the keeper has gone.
    drop(launch);
    ours.set_nonblocking(true)?;
    let mut stream = UnixStream::from_std(ours)?;
    let clock: Arc<dyn Clock> = Arc::new(BootClock);
    let ready = within(&clock, READY_LIMIT, async {
        let mut messages = Messages::default();
        let mut bytes = vec![0; 4 << 10];
        loop {
            let count = stream.read(&mut bytes).await?;
            if count == 0 || !messages.push(bytes.get(..count).unwrap_or_default()) {
                return Err(Failure::new(ErrorClass::Permanent, "it ended at once"));
            }
            if let Some(Word::Ready) = messages.next() {
                return Ok(messages);
            }
        }
    })
    .await;
    match ready {
        Ok(messages) => Ok((process, stream, messages)),
        Err(failure) => {
            let _ = process.kill();
            let _ = process.wait();
            Err(io::Error::other(failure.message))
        }
    }
}
