//! The folder of a run, and the lock that says who may write its journal and undo its faults.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rescc_core::names::RunId;
use rustix::fs::{FlockOperation, flock};

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunDir {
    run: RunId,
    path: PathBuf,
}

/// The lock of a run. Whoever has it is the one who undoes; it ends with its holder, whatever ends that.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

// === impl RunDir ===

impl RunDir {
    /// Makes the folder of a new run below a state folder. Only its user can look into it.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn create(state: &Path, run: &RunId) -> io::Result<Self> {
        let path = state.join("runs").join(&run.0);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state.join("runs"))?;
        DirBuilder::new().mode(0o700).create(&path)?;
        DirBuilder::new().mode(0o700).create(path.join("output"))?;
        Ok(Self {
            run: run.clone(),
            path,
        })
    }

    /// The folder of a run that exists.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(state: &Path, run: &RunId) -> io::Result<Self> {
        let path = state.join("runs").join(&run.0);
        if path.is_dir() {
            Ok(Self {
                run: run.clone(),
                path,
            })
        } else {
            Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("there is no run `{run}` in {}", state.display()),
            ))
        }
    }

    /// All runs below a state folder, oldest first. A state folder that is not there has none.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn all(state: &Path) -> io::Result<Vec<Self>> {
        let entries = match std::fs::read_dir(state.join("runs")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry?;
            if let Some(run) = entry.file_name().to_str().and_then(RunId::parse)
                && entry.path().is_dir()
            {
                runs.push(Self {
                    run,
                    path: entry.path(),
                });
            }
        }
        runs.sort_by(|a, b| a.run.cmp(&b.run));
        Ok(runs)
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// Its report.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.path.join("report.json")
    }

    /// Its events.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Takes the lock, where nobody has it.
    ///
    /// # Errors
    /// Where the file of the lock can't be opened.
    pub fn try_lock(&self) -> io::Result<Option<RunLock>> {
        let path = self.path.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(RunLock { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the lock. Meant for a holder that is known to be ending.
    ///
    /// # Errors
    /// Where the file of the lock can't be opened.
    pub fn lock(&self) -> io::Result<RunLock> {
        let path = self.path.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(RunLock { _file: file }),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
