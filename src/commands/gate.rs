//! `rescc __gate`: what a process of a run is before it is its program.

/// Returns only where it does not become the program.
pub(crate) fn run(keeper: i32, command: &[String]) -> u8 {
    rescc_engine::keeper::pass_gate(keeper, command)
}
