//! Room on file systems, held by files that have no name: the kernel gives it back when this process is gone.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rescc_core::environment::{Fill, FillAmount};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::{InjectionId, RunId};
use rescc_core::sync::Lock;
use rescc_core::text;
use rescc_core::time::Clock;
use rescc_core::undo::Undone;
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, fallocate, fstat, fstatvfs, openat, unlinkat};
use rustix::io::Errno;

use crate::powers::undone;
use crate::wait::blocking;

/// What must stay free on the file system on which the run keeps its own files.
const RESERVE: u64 = 64 << 20;
/// How much is taken at once; less where that much is not left.
const PORTION: u64 = 256 << 20;
const LEAST_PORTION: u64 = 4 << 10;
/// How long the file system may take to show that room was given back, and how often it is asked.
const RETURN_LIMIT: Duration = Duration::from_secs(5);
const RETURN_PAUSE: Duration = Duration::from_millis(20);

/// What is held of all file systems.
#[derive(Debug)]
pub(crate) struct Disks {
    run: RunId,
    clock: Arc<dyn Clock>,
    /// Where relative paths start.
    folder: PathBuf,
    /// Where the run keeps its own files.
    state: PathBuf,
    held: Lock<BTreeMap<InjectionId, Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    instance: String,
    /// Its room is given back when the last of these is gone.
    file: Arc<File>,
    /// To ask the file system afterwards.
    folder: Arc<File>,
    bytes: u64,
    available_before: u64,
}

/// The room of a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    used: u64,
    /// Free for ordinary users.
    available: u64,
}

fn take(
    path: &Path,
    state: &Path,
    name: &str,
    amount: FillAmount,
    instance: String,
) -> Result<Held, Failure> {
    let shown = path.display();
    let folder = open_folder(path).map_err(|failure| failure.during(format_args!("the folder `{shown}`")))?;
    let room = Room::of(&folder)?;
    let wanted = room.wanted(amount)?;
    // A folder that does not exist yet will lie on the file system of the one that it will lie in.
    let state = state.ancestors().find_map(|folder| open_folder(folder).ok());
    let same = match &state {
        Some(state) => {
            fstat(state).map_err(std::io::Error::from)?.st_dev
                == fstat(&folder).map_err(std::io::Error::from)?.st_dev
        }
        None => true,
    };
    if same && room.available.saturating_sub(wanted) < RESERVE {
        let what = format!(
            "`{shown}` lies on the file system on which rescc keeps its journal: taking {} would leave it {}",
            text::bytes(wanted),
            text::bytes(room.available.saturating_sub(wanted)),
        );
        return Err(Failure::new(ErrorClass::Conflict, what).help(format!(
            "leave at least {} free, or put either of them on another file system, such as a `tmpfs`",
            text::bytes(RESERVE)
        )));
    }
    if wanted > room.available {
        let what = format!(
            "`{shown}` has {} free, {} are wanted",
            text::bytes(room.available),
            text::bytes(wanted)
        );
        return Err(Failure::new(ErrorClass::NoSpace, what)
            .help("say how full it shall be by a share, such as `100%`"));
    }
    let file = nameless(&folder, name)?;
    let bytes = allocate(&file, wanted)?;
    if bytes < wanted && matches!(amount, FillAmount::Bytes(_)) {
        let what = format!(
            "only {} of {} could be taken",
            text::bytes(bytes),
            text::bytes(wanted)
        );
        return Err(Failure::new(ErrorClass::NoSpace, what));
    }
    Ok(Held {
        instance,
        file: Arc::new(file),
        folder: Arc::new(folder),
        bytes,
        available_before: room.available,
    })
}

fn open_folder(path: &Path) -> Result<File, Failure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder: OwnedFd = rustix::fs::open(path, flags, Mode::empty()).map_err(std::io::Error::from)?;
    Ok(folder.into())
}

/// A file without a name. Where the file system has none such, it has one for a moment.
fn nameless(folder: &File, name: &str) -> Result<File, Failure> {
    let mode = Mode::RUSR | Mode::WUSR;
    match openat(
        folder,
        ".",
        OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
        mode,
    ) {
        Ok(file) => Ok(file.into()),
        // The last two are what a kernel or a file system answers that does not know the flag (open(2)).
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT) => {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
            let file = openat(folder, name, flags, mode).map_err(std::io::Error::from)?;
            unlinkat(folder, name, AtFlags::empty()).map_err(std::io::Error::from)?;
            Ok(file.into())
        }
        Err(errno) => Err(Failure::from(std::io::Error::from(errno)).during("making a file without a name")),
    }
}

/// Takes room for a file, as much as there is of what is wanted.
fn allocate(file: &File, wanted: u64) -> Result<u64, Failure> {
    let (mut taken, mut portion) = (0, PORTION);
    while taken < wanted {
        let next = portion.min(wanted - taken);
        match reserve(file, taken, next) {
            Ok(()) => taken += next,
            Err(Errno::NOSPC | Errno::DQUOT) if portion > LEAST_PORTION => portion /= 2,
            Err(Errno::NOSPC | Errno::DQUOT) => break,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::from(std::io::Error::from(errno)).during("taking room")),
        }
    }
    Ok(taken)
}

fn reserve(file: &File, offset: u64, bytes: u64) -> Result<(), Errno> {
    match fallocate(file, FallocateFlags::empty(), offset, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_zeros(file, offset, bytes),
        result => result,
    }
}

fn write_zeros(file: &File, offset: u64, bytes: u64) -> Result<(), Errno> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut written = 0;
    while written < bytes {
        let next = usize::try_from(bytes - written)
            .unwrap_or(ZEROS.len())
            .min(ZEROS.len());
        let result = file.write_all_at(ZEROS.get(..next).unwrap_or_default(), offset + written);
        result.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        written += next as u64;
    }
    // What is not on the disk yet may not have found room.
    rustix::fs::fdatasync(file)
}

// === impl Room ===

impl Room {
    fn of(folder: &File) -> Result<Self, Failure> {
        let stat = fstatvfs(folder).map_err(std::io::Error::from)?;
        Ok(Self {
            used: stat
                .f_blocks
                .saturating_sub(stat.f_bfree)
                .saturating_mul(stat.f_frsize),
            available: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    /// How many bytes that are. A share is meant as df(1) shows it: of what ordinary users can use.
    fn wanted(self, amount: FillAmount) -> Result<u64, Failure> {
        match amount {
            FillAmount::Bytes(bytes) => Ok(bytes),
            FillAmount::UsedShare(share) => {
                let usable = self.used.saturating_add(self.available);
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of a file system; saturates"
                )]
                let target = (usable as f64 * share.clamp(0.0, 1.0)).ceil() as u64;
                match target.saturating_sub(self.used).min(self.available) {
                    0 => Err(Failure::new(
                        ErrorClass::Permanent,
                        format!("the file system is more than {} full already", text::ratio(share)),
                    )),
                    bytes => Ok(bytes),
                }
            }
        }
    }
}

// === impl Disks ===

impl Disks {
    pub(crate) fn new(run: RunId, clock: Arc<dyn Clock>, folder: PathBuf, state: PathBuf) -> Self {
        Self {
            run,
            clock,
            folder,
            state,
            held: Lock::default(),
        }
    }

    pub(crate) async fn fill(
        &self,
        instance: &str,
        folder: &str,
        id: &InjectionId,
        amount: FillAmount,
    ) -> Result<(), Failure> {
        if self.held.with(|held| held.contains_key(id)) {
            return Err(Failure::new(
                ErrorClass::Conflict,
                format!("room is held under the name `{id}` already"),
            ));
        }
        let (path, state) = (self.folder.join(folder), self.state.clone());
        let name = format!(
            ".rescc-{}-{}",
            self.run,
            id.0.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
        );
        let instance = instance.to_owned();
        let held = blocking(move || take(&path, &state, &name, amount, instance)).await?;
        self.held.with(|all| all.insert(id.clone(), held));
        Ok(())
    }

    /// Gives room back. Which instance it was held for, and what came of it.
    pub(crate) async fn release(&self, id: &InjectionId) -> (Option<String>, Result<Undone, Failure>) {
        let Some(held) = self.held.with(|all| all.remove(id)) else {
            return (None, Ok(undone(false, "nothing is held under that name")));
        };
        (Some(held.instance.clone()), self.give_back(held).await)
    }

    pub(crate) async fn held(&self, id: &InjectionId) -> Result<Option<Fill>, Failure> {
        let Some(held) = self.held.with(|all| all.get(id).cloned()) else {
            return Ok(None);
        };
        let room = Room::of(&held.folder)?;
        Ok(Some(Fill {
            // What the file system has really set aside for it: blocks of 512 bytes (stat(2)).
            bytes: held.file.metadata()?.blocks().saturating_mul(512).min(held.bytes),
            available: room.available,
            available_before: held.available_before,
        }))
    }

    /// Gives all back. How many there were, and the first failure.
    pub(crate) async fn release_all(&self) -> Result<usize, Failure> {
        let ids: Vec<InjectionId> = self.held.with(|all| all.keys().cloned().collect());
        let mut result = Ok(ids.len());
        for id in ids {
            if let (_, Err(failure)) = self.release(&id).await {
                result = result.and(Err(failure));
            }
        }
        result
    }

    async fn give_back(&self, held: Held) -> Result<Undone, Failure> {
        let Held {
            file, folder, bytes, ..
        } = held;
        let before = Room::of(&folder)?.available;
        drop(file);
        // Others write meanwhile; half of it is proof enough that the file is gone.
        let expected = before.saturating_add(bytes / 2);
        let end = self.clock.now().after(RETURN_LIMIT);
        loop {
            let available = Room::of(&folder)?.available;
            if available >= expected || bytes == 0 {
                let shown = text::bytes(available.saturating_sub(before));
                return Ok(undone(
                    true,
                    format!(
                        "gave back {}; the file system shows {shown} more",
                        text::bytes(bytes)
                    ),
                ));
            }
            if self.clock.now() >= end {
                // The last descriptor of a file without a name is closed: the kernel has given its blocks back.
                let what = format!("gave back {}; others take up room meanwhile", text::bytes(bytes));
                return Ok(undone(true, what));
            }
            self.clock.sleep_until(self.clock.now().after(RETURN_PAUSE)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_ordinary_users_can_use() {
        let room = Room {
            used: 60,
            available: 40,
        };
        assert_eq!(room.wanted(FillAmount::UsedShare(0.9)).unwrap(), 30);
        assert_eq!(room.wanted(FillAmount::UsedShare(1.0)).unwrap(), 40);
        assert_eq!(room.wanted(FillAmount::Bytes(7)).unwrap(), 7);
        assert!(room.wanted(FillAmount::UsedShare(0.5)).is_err());
        assert!(room.wanted(FillAmount::UsedShare(0.6)).is_err());
        let strange = Room {
            used: u64::MAX,
            available: u64::MAX,
        };
        assert!(strange.wanted(FillAmount::UsedShare(f64::NAN)).is_err());
    }

    #[test]
    fn zeros_take_room_where_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = nameless(&open_folder(folder.path()).unwrap(), ".x").unwrap();
        write_zeros(&file, 0, 100_000).unwrap();
        write_zeros(&file, 100_000, 100_000).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 200_000);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
