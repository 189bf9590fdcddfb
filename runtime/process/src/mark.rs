//! The mark of a run: every process that it starts has it in its environment, and hands it on to its children.

use std::fs::File;
use std::io::{self, Read};

use rescc_core::host::ProcessIdentity;
use rescc_core::names::{INSTANCE_MARK, RUN_MARK, RunId};

use crate::stat::{Stat, Table, read};

/// The most that is read of an environment; the kernel's own limit is a quarter of the stack, mostly 2 MiB.
const MAX_ENVIRONMENT: u64 = 8 << 20;

/// A process that bears the mark of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    /// Which process.
    pub identity: ProcessIdentity,
    /// The instance it belongs to, where it says so.
    pub instance: Option<String>,
}

/// All living processes that bear the mark of a run, but for the calling one. Those whose environment can't be read
/// belong to other users and are left out.
///
/// # Errors
/// `/proc` can't be read.
pub fn marked(run: &RunId) -> io::Result<Vec<Marked>> {
    Ok(Table::read()?.marked(run))
}

fn variables(pid: i32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(format!("/proc/{pid}/environ"))?
        .take(MAX_ENVIRONMENT)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The value of a variable; of several, the first, as getenv(3) does.
fn value<'a>(variables: &'a [u8], name: &str) -> Option<&'a [u8]> {
    variables.split(|&byte| byte == 0).find_map(|variable| {
        variable
            .strip_prefix(name.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
    })
}

// === impl Table ===

impl Table {
    pub(crate) fn marked(&self, run: &RunId) -> Vec<Marked> {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        self.rows
            .values()
            .filter(|stat| stat.pid != own && stat.is_alive())
            .filter_map(|stat| self.mark(stat, run))
            .collect()
    }

    fn mark(&self, stat: &Stat, run: &RunId) -> Option<Marked> {
        let variables = variables(stat.pid).ok()?;
        if value(&variables, RUN_MARK)? != run.0.as_bytes() {
            return None;
        }
        // The number may have been given to another between the two files.
        let again = read(stat.pid).ok()??;
        (again.start_ticks == stat.start_ticks).then(|| Marked {
            identity: self.identity(stat),
            instance: value(&variables, INSTANCE_MARK).map(|name| String::from_utf8_lossy(name).into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_of_a_name_counts_and_a_prefix_does_not() {
        let variables = b"RESCC_RUNNER=no\0RESCC_RUN=r1\0RESCC_RUN=r2\0RESCC_INSTANCE=a=b\0";
        assert_eq!(value(variables, RUN_MARK), Some(&b"r1"[..]));
        assert_eq!(value(variables, INSTANCE_MARK), Some(&b"a=b"[..]));
        assert_eq!(value(b"", RUN_MARK), None);
    }
}
