//! Private ports, and who is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use rescc_core::error::{ErrorClass, Failure};
use rescc_core::sync::Lock;

/// The most tries for one private port.
const TRIES: usize = 256;

/// The private ports of a run.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Ports that may not be given out: in use, or declared by the spec.
    taken: Lock<BTreeSet<u16>>,
}

pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whether nobody listens on it. By binding it for a moment.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind(local(port)).is_ok()
}

/// Whether this process listens on it.
pub(crate) fn is_held_by_us(port: u16) -> bool {
    let own = i32::try_from(std::process::id()).ok();
    rescc_process::listener(port)
        .ok()
        .flatten()
        .is_some_and(|holder| Some(holder.pid) == own)
}

/// The failure of a port that somebody else listens on.
pub(crate) fn conflict(resource: &str, name: &str, port: u16) -> Failure {
    let holder = rescc_process::listener(port).ok().flatten();
    let by = match &holder {
        Some(holder) => format!(" by process {} (`{}`)", holder.pid, holder.command),
        None => String::new(),
    };
    let help = if holder.is_some() {
        "end that process, or choose another port"
    } else {
        "choose another port"
    };
    Failure::new(
        ErrorClass::Conflict,
        format!("port {port} (`{name}` of `{resource}`) is in use{by}"),
    )
    .help(format!("{help} for `{name}` of `{resource}`"))
}

// === impl Pool ===

impl Pool {
    /// `declared` are the ports of the spec.
    pub(crate) fn new(declared: impl IntoIterator<Item = u16>) -> Self {
        Self {
            taken: Lock::new(declared.into_iter().collect()),
        }
    }

    /// A free port for each name.
    pub(crate) fn take<'a>(
        &self,
        names: impl Iterator<Item = &'a String>,
    ) -> Result<BTreeMap<String, u16>, Failure> {
        let mut ports = BTreeMap::new();
        for name in names {
            match self.take_one() {
                Ok(port) => ports.insert(name.clone(), port),
                Err(failure) => {
                    self.give_back(&ports);
                    return Err(failure);
                }
            };
        }
        Ok(ports)
    }

    pub(crate) fn give_back(&self, ports: &BTreeMap<String, u16>) {
        self.taken
            .with(|taken| ports.values().for_each(|port| _ = taken.remove(port)));
    }

    fn take_one(&self) -> Result<u16, Failure> {
        // Held until one is found, so that the kernel does not offer the same one again.
        let mut refused = Vec::new();
        for _ in 0..TRIES {
            let socket = TcpListener::bind(local(0))?;
            let port = socket.local_addr()?.port();
            if self.taken.with(|taken| taken.insert(port)) {
                return Ok(port);
            }
            refused.push(socket);
        }
        Err(Failure::new(
            ErrorClass::Transient,
            "this machine has no free port left",
        ))
    }
}
