//! The pure machine against a scripted world: no time passes but the one that the tests make, nothing is touched.

#[cfg(test)]
mod decisions;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod healing;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod observing;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod table;
#[cfg(test)]
mod undoing;
#[cfg(test)]
mod world;
