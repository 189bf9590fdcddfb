//! What is shown and streamed while a run goes on. It has a thread of its own: a slow terminal or a full pipe
//! must not slow the run.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rescc_core::event::Event;
use rescc_core::sync::Lock;
use rescc_core::time::Clock;
use rescc_engine::clock::BootClock;
use rescc_engine::driver::Listener;
use rescc_report::Live;
use rescc_slo::Sample;

use crate::exit::Trouble;
use crate::load;
use crate::output::{self, Stream};

/// The most that may wait to be shown; beyond it samples are not drawn and events not streamed.
const MAX_WAITING: usize = 65_536;

/// How often the picture is drawn anew.
const FRAME: Duration = Duration::from_millis(100);

/// Shows and streams.
#[derive(Debug)]
pub(crate) struct Progress {
    sender: Lock<Option<SyncSender<Message>>>,
    thread: Lock<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
enum Message {
    Event(Event),
    Sample(String, Sample),
}

/// Where to show and stream.
pub(crate) struct Sinks {
    /// Whether anything is shown.
    pub(crate) quiet: bool,
    /// The history's file.
    pub(crate) history: Option<File>,
    /// What `--events` names.
    pub(crate) events: Option<Box<dyn Write + Send>>,
}

// === impl Progress ===

impl Progress {
    /// Starts showing.
    pub(crate) fn start(sinks: Sinks) -> Self {
        let (sender, receiver) = sync_channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("progress".into())
            .spawn(move || show(&receiver, sinks))
            .ok();
        Self {
            sender: Lock::new(Some(sender)),
            thread: Lock::new(thread),
        }
    }

    /// Shows what is left and stops.
    pub(crate) fn finish(&self) {
        drop(self.sender.with(Option::take));
        if let Some(thread) = self.thread.with(Option::take) {
            let _ = thread.join();
        }
    }

    fn send(&self, message: Message) {
        self.sender.with(|sender| {
            if let Some(sender) = sender {
                // What can't be shown in time is not worth waiting for.
                let _ = sender.try_send(message);
            }
        });
    }
}

impl Listener for Progress {
    fn event(&self, event: &Event) {
        self.send(Message::Event(event.clone()));
    }

    fn sample(&self, probe: &str, sample: &Sample) {
        self.send(Message::Sample(probe.to_owned(), *sample));
    }
}

/// Opens what `--events` names.
pub(crate) fn open_events(path: &Path) -> Result<Box<dyn Write + Send>, Trouble> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdout()));
    }
    let file = File::create(path).map_err(|error| {
        Trouble::usage(format!(
            "can't write `{}`: {}",
            path.display(),
            load::plain(&error)
        ))
    })?;
    Ok(Box::new(file))
}

fn show(receiver: &Receiver<Message>, mut sinks: Sinks) {
    let terminal = output::is_terminal(Stream::Err) && std::env::var_os("CI").is_none();
    let style = output::style(Stream::Err);
    let mut live = Live::new(style);
    let mut screen = Screen { drawn: 0 };
    let mut ended = false;
    let began = BootClock.now();
    let mut drawn = began;
    while !ended {
        match receiver.recv_timeout(FRAME) {
            Ok(Message::Event(event)) => {
                stream(&mut sinks, &event);
                if let Some(line) = live.line(&event).filter(|_| !sinks.quiet) {
                    screen.clear();
                    output::write(Stream::Err, &format!("{line}\n"));
                }
            }
            Ok(Message::Sample(probe, sample)) => {
                let latency = sample.latency.map(Duration::from_nanos);
                live.sample(BootClock.now().since(began), &probe, sample.good, latency);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => ended = true,
        }
        let now = BootClock.now();
        if terminal && !sinks.quiet && !ended && now.since(drawn) >= FRAME {
            drawn = now;
            screen.draw(&live.frame(now.since(began), 8));
        }
    }
    screen.clear();
}

fn stream(sinks: &mut Sinks, event: &Event) {
    let Ok(mut line) = serde_json::to_vec(event) else {
        return;
    };
    line.push(b'\n');
    // A disk that is full or a reader that has gone changes nothing about the run.
    if let Some(history) = &mut sinks.history {
        let _ = history.write_all(&line);
    }
    if let Some(events) = &mut sinks.events {
        let _ = events.write_all(&line).and_then(|()| events.flush());
    }
}

/// The lines at the foot of the terminal that are drawn over.
struct Screen {
    drawn: usize,
}

impl Screen {
    fn clear(&mut self) {
        if self.drawn > 0 {
            output::write(Stream::Err, &format!("\x1b[{}A\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }

    fn draw(&mut self, lines: &[String]) {
        let mut text = if self.drawn > 0 {
            format!("\x1b[{}A\x1b[J", self.drawn)
        } else {
            String::new()
        };
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        output::write(Stream::Err, &text);
        self.drawn = lines.len();
    }
}
