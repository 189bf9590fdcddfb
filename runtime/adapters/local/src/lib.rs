//! The local environment of rescc: processes of this machine.
