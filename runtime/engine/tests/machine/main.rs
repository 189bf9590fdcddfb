//! The pure machine against a scripted world: no time passes but the one that the tests make, nothing is touched.

mod decisions;
mod harness;
mod healing;
mod laws;
mod observing;
mod steps;
mod undoing;
mod world;
