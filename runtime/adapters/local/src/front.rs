//! The proxies in front of the declared ports, and faults in them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::environment::{PortEvidence, PortFault};
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::names::InjectionId;
use rescc_core::sync::Lock;
use rescc_core::time::Clock;
use rescc_proxy::{Backend, Direction, Evidence, Fault, FaultError, FaultId, FaultKind, Proxy};

use crate::ports;
use crate::service::Service;
use crate::wait::within;

/// How long a proxy may take to close.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// All proxies of an environment.
#[derive(Debug, Default)]
pub(crate) struct Fronts {
    open: Lock<Vec<Arc<Front>>>,
    injections: Lock<BTreeMap<InjectionId, Vec<Place>>>,
}

/// Where a fault was put, and under which name.
type Place = (Arc<Front>, FaultId);

/// The proxy in front of one declared port.
#[derive(Debug)]
pub(crate) struct Front {
    resource: String,
    port: String,
    proxy: Proxy,
    backends: Lock<BTreeMap<String, Backend>>,
}

/// FNV-1a, 64 bit: the same in every process and on every machine.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn fault(instance: &str, fault: &PortFault) -> Result<Fault, Failure> {
    match fault {
        PortFault::Latency { delay, jitter, share } => Ok(Fault {
            backend: Some(instance.to_owned()),
            share: *share,
            kind: FaultKind::Latency {
                delay: *delay,
                jitter: *jitter,
                direction: Direction::Downstream,
            },
        }),
        _ => Err(Failure::new(
            ErrorClass::Unsupported,
            "this environment does not know that fault in front of a port",
        )),
    }
}

fn refused(error: &FaultError) -> Failure {
    let class = match error {
        FaultError::Duplicate(_) => ErrorClass::Conflict,
        FaultError::Closed => ErrorClass::NotFound,
        _ => ErrorClass::Permanent,
    };
    Failure::new(class, error.to_string())
}

/// The sum of what a fault did on several ports.
fn total(evidence: &[Evidence]) -> PortEvidence {
    let chunks: u64 = evidence.iter().map(|one| one.chunks).sum();
    let time: Duration = evidence.iter().map(|one| one.delay_total).sum();
    let divisor = u32::try_from(chunks).unwrap_or(u32::MAX).max(1);
    let released = || evidence.iter().filter(|one| one.chunks > 0);
    PortEvidence {
        connections: evidence.iter().map(|one| one.connections).sum(),
        // What it still holds back, or held back when it was removed, it acted on.
        acted: chunks.saturating_add(evidence.iter().map(|one| one.held).sum()),
        mean_delay: time / divisor,
        min_delay: released().map(|one| one.delay_min).min().unwrap_or_default(),
        max_delay: released().map(|one| one.delay_max).max().unwrap_or_default(),
    }
}

// === impl Fronts ===

impl Fronts {
    /// Listens on all declared ports of the services.
    pub(crate) fn open(&self, services: &[Arc<Service>], seed: u64) -> Result<(), Failure> {
        let mut open = Vec::new();
        for service in services {
            for (port, &number) in &service.ports {
                let seed = seed ^ hash(&[&service.name, port]);
                let proxy =
                    Proxy::listen(ports::local(number), seed).map_err(|error| match error.kind() {
                        std::io::ErrorKind::AddrInUse => ports::conflict(&service.name, port, number),
                        _ => Failure::from(error).during(format_args!(
                            "listening on port {number} for `{port}` of `{}`",
                            service.name
                        )),
                    })?;
                open.push(Arc::new(Front {
                    resource: service.name.clone(),
                    port: port.clone(),
                    proxy,
                    backends: Lock::default(),
                }));
            }
        }
        self.open.with(|fronts| *fronts = open);
        Ok(())
    }

    /// Sets where an instance listens and whether it gets connections; `None` takes it away.
    pub(crate) fn set(
        &self,
        resource: &str,
        instance: &str,
        ports: Option<&BTreeMap<String, u16>>,
        healthy: bool,
    ) {
        for front in self.of(resource, None) {
            let address = ports
                .and_then(|ports| ports.get(&front.port))
                .map(|&port| ports::local(port));
            front.set(instance, address, healthy);
        }
    }

    /// Adds a fault on one port of an instance, or on all; on none where one fails.
    pub(crate) fn add(
        &self,
        service: &Service,
        instance: &str,
        port: Option<&str>,
        id: &InjectionId,
        wanted: &PortFault,
    ) -> Result<(), Failure> {
        let wanted = fault(instance, wanted)?;
        let number = FaultId(hash(&[&id.0]));
        let fronts = self.wanted(service, port)?;
        // The name is taken first, so that whatever happens the removal finds all of it.
        let fresh = self.injections.with(|injections| {
            let fresh = !injections.contains_key(id);
            if fresh {
                injections.insert(id.clone(), Vec::new());
            }
            fresh
        });
        if !fresh {
            return Err(Failure::new(
                ErrorClass::Conflict,
                format!("the fault `{id}` is there already"),
            ));
        }
        for front in fronts {
            if let Err(error) = front.proxy.add_fault(number, wanted.clone()) {
                self.remove(id);
                return Err(
                    refused(&error).during(format_args!("a fault on port `{}` of `{instance}`", front.port))
                );
            }
            self.injections.with(|injections| {
                injections.entry(id.clone()).or_default().push((front, number));
            });
        }
        Ok(())
    }

    pub(crate) fn remove(&self, id: &InjectionId) -> Option<PortEvidence> {
        let places = self.injections.with(|injections| injections.remove(id))?;
        let evidence: Vec<Evidence> = places
            .iter()
            .filter_map(|(front, number)| front.proxy.remove_fault(*number))
            .collect();
        Some(total(&evidence))
    }

    pub(crate) fn evidence(&self, id: &InjectionId) -> Option<PortEvidence> {
        let places = self.injections.with(|injections| injections.get(id).cloned())?;
        let evidence: Vec<Evidence> = places
            .iter()
            .filter_map(|(front, number)| front.proxy.evidence(*number))
            .collect();
        Some(total(&evidence))
    }

    /// Removes all faults. How many there were.
    pub(crate) fn remove_all(&self) -> usize {
        let ids: Vec<InjectionId> = self
            .injections
            .with(|injections| injections.keys().cloned().collect());
        ids.iter().filter_map(|id| self.remove(id)).count()
    }

    /// Closes all proxies and waits until their ports are free. How many there were.
    pub(crate) async fn close(&self, clock: &dyn Clock) -> Result<usize, Failure> {
        let open = self.open.get();
        for front in &open {
            if within(clock, CLOSE_LIMIT, front.proxy.shutdown()).await.is_none() {
                let what = format!(
                    "the proxy of `{}` of `{}` does not close",
                    front.port, front.resource
                );
                return Err(Failure::new(ErrorClass::Timeout, what));
            }
            let port = front.proxy.local_addr().port();
            // Somebody else may have opened it already; that is none of our concern.
            if !ports::is_free(port) && ports::is_held_by_us(port) {
                let what = format!(
                    "port {port} (`{}` of `{}`) is still open",
                    front.port, front.resource
                );
                return Err(Failure::new(ErrorClass::Permanent, what));
            }
        }
        self.open.with(Vec::clear);
        Ok(open.len())
    }

    fn of(&self, resource: &str, port: Option<&str>) -> Vec<Arc<Front>> {
        let wanted =
            |front: &&Arc<Front>| front.resource == resource && port.is_none_or(|port| front.port == port);
        self.open
            .with(|fronts| fronts.iter().filter(wanted).cloned().collect())
    }

    fn wanted(&self, service: &Service, port: Option<&str>) -> Result<Vec<Arc<Front>>, Failure> {
        let known = service
            .ports
            .keys()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        match port {
            Some(port) if service.fixed.contains_key(port) => Err(Failure::new(
                ErrorClass::Unsupported,
                format!(
                    "`{}` opens its port `{port}` itself, so nothing can stand in front of it",
                    service.name
                ),
            )
            .help("declare it under `ports` and tell the program its private port by `${port.x}`")),
            Some(port) if !service.ports.contains_key(port) => Err(Failure::new(
                ErrorClass::NotFound,
                format!("`{}` has no port `{port}`", service.name),
            )
            .help(if known.is_empty() {
                "it has none".into()
            } else {
                format!("it has {known}")
            })),
            None if service.ports.is_empty() => Err(Failure::new(
                ErrorClass::Unsupported,
                format!("`{}` has no port that rescc stands in front of", service.name),
            )
            .help("declare it under `ports` and tell the program its private port by `${port.x}`")),
            _ => match self.of(&service.name, port) {
                fronts if fronts.is_empty() => Err(Failure::new(
                    ErrorClass::NotFound,
                    format!("the ports of `{}` are not open", service.name),
                )),
                fronts => Ok(fronts),
            },
        }
    }
}

// === impl Front ===

impl Front {
    fn set(&self, instance: &str, address: Option<SocketAddr>, healthy: bool) {
        self.backends.with(|backends| {
            match address {
                Some(addr) => {
                    let backend = Backend {
                        name: instance.to_owned(),
                        addr,
                        healthy,
                    };
                    if backends.insert(instance.to_owned(), backend.clone()) == Some(backend) {
                        return;
                    }
                }
                None => {
                    if backends.remove(instance).is_none() {
                        return;
                    }
                }
            }
            self.proxy.set_backends(backends.values().cloned().collect());
        });
    }
}
