//! Signals: the first asks for the end, the second leaves the undo to the keeper.

use rescc_engine::driver::Notice;
use rescc_engine::machine::Interrupt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::exit;
use crate::output::{self, Stream};

/// Forwards signals to the run. What was ignored on purpose (`nohup`) stays ignored, but for an interrupt:
/// shells ignore that for whatever they start in the background, and nobody meant it.
pub(crate) fn forward(notices: &mpsc::Sender<Notice>) -> std::io::Result<()> {
    let signals = [
        ("SIGINT", SignalKind::interrupt(), 2),
        ("SIGTERM", SignalKind::terminate(), 15),
        ("SIGHUP", SignalKind::hangup(), 1),
    ];
    for (name, kind, number) in signals {
        if name != "SIGINT" && is_ignored(number) {
            continue;
        }
        let mut stream = signal(kind)?;
        let notices = notices.clone();
        tokio::spawn(async move {
            let mut seen = 0;
            while stream.recv().await.is_some() {
                seen += 1;
                if seen > 1 && name != "SIGHUP" {
                    output::write(
                        Stream::Err,
                        "\nleaving at once: the keeper undoes what is open (`rescc recover` shows what is left)\n",
                    );
                    std::process::exit(i32::from(exit::NOT_UNDONE));
                }
                output::write(
                    Stream::Err,
                    &format!("\n{name}: ending the run and undoing; once more leaves that to the keeper\n"),
                );
                let _ = notices
                    .send(Notice::Interrupt(Interrupt::Signal(name.to_owned())))
                    .await;
            }
        });
    }
    Ok(())
}

/// Whether the process was started with a signal ignored: the mask in `/proc/self/status` (proc(5)).
fn is_ignored(number: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .map(str::trim);
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .unwrap_or(0);
    mask >> (number - 1) & 1 == 1
}
