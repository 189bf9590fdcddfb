//! Probes of rescc: HTTP, TCP and commands.
