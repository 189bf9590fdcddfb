//! The local environment with real processes, started by a small host.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod helper;
#[cfg(test)]
mod host;
#[cfg(test)]
mod life;
#[cfg(test)]
mod remains;
#[cfg(test)]
mod support;
