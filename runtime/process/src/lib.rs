//! Processes of this machine: identities that can't be mistaken, signals by pidfd, marks and the sweep.
