//! Room on the simulated file systems.

use rescc_core::environment::{Fill, FillAmount};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::time::Moment;

use super::member::DISK;
use super::state::{State, What};

/// Room that is held on an instance's file system.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) instance: String,
    folder: String,
    amount: FillAmount,
    bytes: u64,
    available_before: u64,
}

// === impl State ===

impl State {
    /// Bytes that are free on an instance's file system.
    fn available(&self, instance: &str) -> u64 {
        let own = self
            .members
            .iter()
            .find(|member| member.name == instance)
            .map_or(DISK, |member| member.own_use);
        let held = self
            .fills
            .values()
            .filter(|fill| fill.instance == instance)
            .map(|fill| fill.bytes);
        DISK.saturating_sub(held.fold(own, u64::saturating_add))
    }

    /// Takes up room. The same again changes nothing.
    pub(crate) fn fill(
        &mut self,
        at: usize,
        now: Moment,
        folder: &str,
        id: &InjectionId,
        amount: FillAmount,
        effective: bool,
    ) -> Result<(), Failure> {
        let Some(instance) = self.members.get(at).map(|member| member.name.clone()) else {
            return Ok(());
        };
        if let Some(there) = self.fills.get(id) {
            let same = there.instance == instance && there.folder == folder && there.amount == amount;
            let conflict = || {
                Failure::new(
                    ErrorClass::Conflict,
                    format!("other room is held under the name `{id}`"),
                )
            };
            return if same { Ok(()) } else { Err(conflict()) };
        }
        let available_before = self.available(&instance);
        let bytes = match amount {
            FillAmount::Bytes(bytes) => bytes,
            FillAmount::UsedShare(share) => bytes_for(share, available_before)?,
        };
        if bytes > available_before {
            let message = format!("{bytes} bytes are more than the {available_before} that are free");
            return Err(Failure::new(ErrorClass::NoSpace, message));
        }
        let lapse = self.chaos.lapse();
        if effective {
            let folder = folder.to_owned();
            self.fills.insert(
                id.clone(),
                Held {
                    instance,
                    folder,
                    amount,
                    bytes,
                    available_before,
                },
            );
            if let Some(after) = lapse {
                self.schedule(now.after(after), at, What::LapseFill(id.clone()));
            }
        }
        Ok(())
    }

    /// Gives room back; how many bytes it was.
    pub(crate) fn release(&mut self, id: &InjectionId) -> Option<u64> {
        let gone = self.fills.remove(id)?;
        for at in 0..self.members.len() {
            self.cancel(
                at,
                Moment(0),
                |what| matches!(what, What::LapseFill(lapsing) if lapsing == id),
            );
        }
        Some(gone.bytes)
    }

    pub(crate) fn held_room(&self, id: &InjectionId) -> Option<Fill> {
        let fill = self.fills.get(id)?;
        let available = self.available(&fill.instance);
        Some(Fill {
            bytes: fill.bytes,
            available,
            available_before: fill.available_before,
        })
    }
}

/// How many more bytes bring the use to a share of the file system.
fn bytes_for(share: f64, available: u64) -> Result<u64, Failure> {
    if !(0.0..=1.0).contains(&share) {
        return Err(Failure::new(
            ErrorClass::Permanent,
            "the share of the file system must be from 0% to 100%",
        ));
    }
    let wanted = (DISK as f64 * share) as u64;
    Ok(wanted.saturating_sub(DISK.saturating_sub(available)))
}
