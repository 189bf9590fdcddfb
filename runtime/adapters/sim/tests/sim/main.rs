//! Tests of the simulated environment and of the runtime under the simulated clock.

#[cfg(test)]
mod chaos;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod powers;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod runtime;
#[cfg(test)]
mod support;
