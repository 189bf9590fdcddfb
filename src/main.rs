//! The `rescc` command line.
fn main() {}
