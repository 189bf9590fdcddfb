//! What the tests share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::error::Failure;
use rescc_core::expr::ItScope;
use rescc_core::names::RunId;
use rescc_core::probe::{Answer, ProbeSetup, Prober};
use rescc_core::program::Arguments;
use rescc_core::time::{Clock, Moment, WallTime};
use rescc_core::value::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// The timeout of all questions; it passes when a test says so.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub(crate) struct HandClock(watch::Sender<Moment>);

/// What came back, with its fields.
pub(crate) struct Got {
    pub(crate) latency: Duration,
    pub(crate) it: Box<dyn ItScope + Send>,
    pub(crate) value: Option<f64>,
}

/// A probe of a test.
pub(crate) struct Asked {
    pub(crate) prober: Arc<dyn Prober>,
    pub(crate) clock: Arc<HandClock>,
}

// === impl HandClock ===

impl HandClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.after(by));
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Moment {
        *self.0.borrow()
    }

    fn wall(&self) -> WallTime {
        WallTime(0)
    }

    async fn sleep_until(&self, moment: Moment) {
        self.0.subscribe().wait_for(|now| *now >= moment).await.unwrap();
    }
}

// === impl Asked ===

impl Asked {
    pub(crate) async fn ask(&self) -> Result<Answer, Failure> {
        self.prober.ask(TIMEOUT).await
    }

    pub(crate) async fn answer(&self) -> Got {
        got(self.ask().await)
    }

    pub(crate) async fn silence(&self) -> String {
        silent(self.ask().await)
    }
}

// === impl Got ===

impl Got {
    pub(crate) fn count(&self, field: &str) -> i64 {
        self.it.it(field, None).unwrap().as_count().unwrap()
    }

    pub(crate) fn text(&self, field: &str) -> String {
        self.it.it(field, None).unwrap().as_text().unwrap().to_owned()
    }
}

pub(crate) fn got(answer: Result<Answer, Failure>) -> Got {
    match answer.unwrap() {
        Answer::Some { latency, it, value } => {
            assert_eq!(it.it("latency", None), Some(Value::Duration(latency)));
            assert_eq!(it.it("nothing", None), None);
            Got { latency, it, value }
        }
        Answer::None { why } => panic!("no answer: {why}"),
    }
}

pub(crate) fn silent(answer: Result<Answer, Failure>) -> String {
    match answer.unwrap() {
        Answer::None { why } => why,
        Answer::Some { .. } => panic!("an answer where none was expected"),
    }
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

pub(crate) fn try_open(kind: &str, arguments: &[(&str, Value)], folder: &Path) -> Result<Asked, Failure> {
    let clock = Arc::new(HandClock(watch::Sender::new(Moment(1_000))));
    let arguments: Arguments = arguments
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let setup = ProbeSetup {
        run: RunId("run-1".into()),
        folder: folder.to_owned(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
    };
    let prober = rescc_probes::all().kind(kind).unwrap().open(&arguments, &setup)?;
    Ok(Asked { prober, clock })
}

pub(crate) fn open(kind: &str, arguments: &[(&str, Value)]) -> Asked {
    try_open(kind, arguments, Path::new("/")).unwrap()
}

/// Ends a test that hangs; no test relies on how long this is.
pub(crate) async fn guarded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .expect("the test hangs")
}

pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// A port that is taken and where nobody listens.
pub(crate) fn deaf() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

/// Closes with a reset.
pub(crate) fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// Reads a request with a body of `content-length`; `None` where the connection ends before.
pub(crate) async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => read.extend(chunk.iter().take(count)),
            _ => return None,
        }
    }
}

/// Answers every request of every connection with the same bytes; tells how many connections there were.
pub(crate) async fn server(answer: &str) -> (String, watch::Receiver<usize>) {
    let (listener, address) = listen().await;
    let (connections, seen) = watch::channel(0);
    let answer = answer.to_owned();
    tokio::spawn(async move {
        loop {
            let mut stream = accept(&listener).await;
            connections.send_modify(|count| *count += 1);
            let answer = answer.clone();
            tokio::spawn(async move {
                while request(&mut stream).await.is_some() {
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, seen)
}

/// An answer of HTTP.
pub(crate) fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
