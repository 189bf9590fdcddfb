//! Stopping a process.

use std::sync::Arc;
use std::time::Duration;

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::host::ExitStatus;
use rescc_core::resource::Phase;
use rescc_core::undo::Undone;
use rustix::process::Signal;

use super::{Supervisor, done};
use crate::fates::NEWS_LIMIT;
use crate::unit::{Life, ending};
use crate::wait::{blocking, within};

/// How long letting it go may take, so that it can heed the signal.
const THAW_LIMIT: Duration = Duration::from_secs(2);

// === impl Supervisor ===

impl Supervisor {
    /// Asks it to end, ends it after `grace`, and buries it.
    pub(super) async fn stop(&mut self, grace: Duration) -> Result<Undone, Failure> {
        let called_off = self.restart_at.take().is_some();
        let Some(life) = self.unit.life() else {
            let detail = if called_off {
                "it did not run; its next start is called off"
            } else {
                "it did not run"
            };
            return Ok(done(called_off, detail));
        };
        self.check = None;
        self.unit.about_to_signal(&life.identity, Signal::TERM.as_raw());
        self.unit.update_by_us(|state| {
            state.instance.phase = Phase::Stopping;
            state.instance.healthy = Some(false);
            state.instance.remark = "stops".into();
        });
        let result = self.end(&life, grace).await;
        match result {
            Ok(status) => {
                self.bury(status, Phase::Stopped).await;
                Ok(done(
                    true,
                    format!("process {} {}", life.identity.pid, ending(status)),
                ))
            }
            Err(failure) => {
                self.check_at(self.unit.shared.clock.now());
                Err(failure)
            }
        }
    }

    async fn end(&mut self, life: &Life, grace: Duration) -> Result<Option<ExitStatus>, Failure> {
        let clock = Arc::clone(&self.unit.shared.clock);
        let tree = self.unit.tree(&life.identity);
        rescc_process::signal(&life.identity, Signal::TERM.as_raw())?;
        // One that is held still can't heed it.
        let held = tree.clone();
        blocking(move || Ok(held.thaw(THAW_LIMIT)?)).await?;
        if let Some(status) = within(&*clock, grace, self.until_ended()).await {
            return Ok(status);
        }
        let (_, left) = blocking(move || Ok(tree.kill()?)).await?;
        if let Some(status) = within(&*clock, NEWS_LIMIT.saturating_mul(2), self.until_ended()).await {
            return Ok(status);
        }
        let pids: Vec<String> = left.iter().map(|process| process.pid.to_string()).collect();
        let what = format!(
            "`{}` does not end, not even by SIGKILL: processes {}",
            self.unit.name,
            pids.join(", ")
        );
        Err(Failure::new(ErrorClass::Timeout, what)
            .help("such a process hangs in the kernel; see its `/proc/PID/stack`"))
    }

    async fn until_ended(&mut self) -> Option<ExitStatus> {
        match &mut self.end {
            Some(end) => {
                let status = end.await;
                self.end = None;
                status
            }
            None => None,
        }
    }
}
