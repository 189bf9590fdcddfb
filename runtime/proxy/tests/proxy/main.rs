//! The proxy between real sockets on 127.0.0.1.

#[cfg(test)]
mod backends;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod latency;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod order;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transfer;
