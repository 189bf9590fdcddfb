//! `tcp`: connects, may say something, may wait for something.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rescc_core::async_trait;
use rescc_core::catalogue::{AnswerField, ParameterSpec, ProbeSpec};
use rescc_core::error::Failure;
use rescc_core::expr::ItScope;
use rescc_core::probe::{Answer, ProbeKind, ProbeSetup, Prober};
use rescc_core::program::Arguments;
use rescc_core::time::{Clock, Moment};
use rescc_core::value::{Type, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::arguments::{optional_text, refused, text};
use crate::limit::{no_answer, too_late, until};
use crate::trouble::{could_not_ask, why};

/// How much of what comes back is kept and looked at.
const KEPT: usize = 4 << 10;

/// How long a connection that is only made is looked at whether it is reset at once.
const RESET_WINDOW: Duration = Duration::from_millis(20);

/// The kind of probe.
#[derive(Clone, Copy, Debug)]
pub struct Tcp;

struct Dial {
    host: String,
    port: u16,
    /// As it was written.
    peer: String,
    send: Option<String>,
    expect: Option<String>,
    clock: Arc<dyn Clock>,
}

struct Heard {
    received: String,
    latency: Duration,
}

/// How an exchange went wrong.
enum Trouble {
    /// No answer, and why.
    Silent(String),
    /// It could not be asked.
    Failed(Failure),
}

// === impl Tcp ===

impl ProbeKind for Tcp {
    fn spec(&self) -> ProbeSpec {
        ProbeSpec {
            name: "tcp".into(),
            summary: "Opens a TCP connection, sends `send` where it is given, waits for `expect` where it is given, \
                      and closes."
                .into(),
            parameters: vec![
                ParameterSpec::required(
                    "address",
                    Type::Text,
                    "Where to connect: `host:port`, an IPv6 address in brackets (`[::1]:6379`).",
                ),
                ParameterSpec::optional(
                    "send",
                    Type::Text,
                    "What is sent once the connection is there; without `expect`, the first bytes that come back end \
                     the question.",
                ),
                ParameterSpec::optional(
                    "expect",
                    Type::Text,
                    "What must come back within the first 4KiB; where the other side closes before, there is no answer.",
                ),
            ],
            answer: vec![
                field("connected", Type::Bool, "Whether the connection was made, and not reset at once."),
                field("received", Type::Text, "What came back, at most 4KiB; empty where nothing was waited for."),
                field("latency", Type::Duration, "From the beginning of the connect to the last byte waited for."),
            ],
            default_success: "it.connected".into(),
            has_value: false,
        }
    }

    fn open(&self, arguments: &Arguments, setup: &ProbeSetup) -> Result<Arc<dyn Prober>, Failure> {
        let peer = text(arguments, "address")?;
        let (host, port) = split(peer).ok_or_else(|| {
            refused(format!("`{peer}` is not an address to connect to"))
                .help("write `host:port`, such as `localhost:6379`")
        })?;
        let expect = optional_text(arguments, "expect")?;
        if expect == Some("") {
            return Err(refused("`expect` is empty").help("leave it out, or say what must come back"));
        }
        Ok(Arc::new(Dial {
            host: host.to_owned(),
            port,
            peer: peer.to_owned(),
            send: optional_text(arguments, "send")?.map(str::to_owned),
            expect: expect.map(str::to_owned),
            clock: Arc::clone(&setup.clock),
        }))
    }
}

// === impl Dial ===

impl Dial {
    /// What came back, and when all that was waited for was there.
    async fn exchange(&self) -> Result<(String, Moment), Trouble> {
        let mut stream = self.connect().await?;
        let connected = self.clock.now();
        if let Some(send) = &self.send {
            stream
                .write_all(send.as_bytes())
                .await
                .map_err(|error| self.trouble(&error))?;
        }
        let mut chunk = [0; 1024];
        if self.send.is_none() && self.expect.is_none() {
            // Whoever stands before a program (a proxy, a load balancer, a port forwarding) takes the connection in
            // before it knows whether the program is there, and resets it where it is not.
            let look = until(
                self.clock.as_ref(),
                connected.after(RESET_WINDOW),
                stream.read(&mut chunk),
            );
            if let Some(Err(error)) = look.await {
                return Err(self.trouble(&error));
            }
            return Ok((String::new(), connected));
        }
        let mut received = Vec::new();
        loop {
            let count = stream
                .read(&mut chunk)
                .await
                .map_err(|error| self.trouble(&error))?;
            let room = KEPT.saturating_sub(received.len());
            received.extend(chunk.iter().take(count.min(room)));
            match &self.expect {
                None => break,
                Some(expect) if contains(&received, expect.as_bytes()) => break,
                Some(_) if count == 0 => {
                    return Err(Trouble::Silent(format!(
                        "`{}` closed the connection before the expected text came",
                        self.peer
                    )));
                }
                Some(_) if received.len() >= KEPT => {
                    return Err(Trouble::Silent(format!(
                        "the first 4KiB from `{}` lack the expected text",
                        self.peer
                    )));
                }
                Some(_) => {}
            }
        }
        Ok((String::from_utf8_lossy(&received).into_owned(), self.clock.now()))
    }

    async fn connect(&self) -> Result<TcpStream, Trouble> {
        let addresses = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| {
                could_not_ask(&error).map_or_else(
                    || {
                        Trouble::Silent(format!(
                            "the name `{}` does not resolve: {}",
                            self.host,
                            error.to_string().to_lowercase()
                        ))
                    },
                    Trouble::Failed,
                )
            })?;
        let mut last = Trouble::Silent(format!("the name `{}` has no address", self.host));
        for address in addresses {
            match TcpStream::connect(address).await {
                // On the loopback a connect to a port of the ephemeral range can meet itself (simultaneous open,
                // RFC 9293 3.5): nobody listens there.
                Ok(stream) if stream.local_addr().ok() == stream.peer_addr().ok() => {
                    last = Trouble::Silent(format!("`{}` refused the connection", self.peer));
                }
                Ok(stream) => {
                    // What is sent is one small piece: it must not wait for an acknowledgement.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => last = self.trouble(&error),
            }
        }
        Err(last)
    }

    fn trouble(&self, error: &std::io::Error) -> Trouble {
        could_not_ask(error).map_or_else(|| Trouble::Silent(why(error, &self.peer)), Trouble::Failed)
    }
}

#[async_trait]
impl Prober for Dial {
    async fn ask(&self, timeout: Duration) -> Result<Answer, Failure> {
        let began = self.clock.now();
        let outcome = until(self.clock.as_ref(), began.after(timeout), self.exchange()).await;
        let latency = match &outcome {
            Some(Ok((_, there))) => there.since(began),
            _ => self.clock.now().since(began),
        };
        match outcome {
            Some(Err(Trouble::Failed(failure))) => Err(failure),
            Some(Err(Trouble::Silent(why))) => Ok(no_answer(why)),
            Some(Ok((received, _))) if latency <= timeout => Ok(Answer::Some {
                latency,
                it: Box::new(Heard { received, latency }),
                value: None,
            }),
            _ => Ok(too_late(timeout)),
        }
    }
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dial")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

// === impl Heard ===

impl ItScope for Heard {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        match (field, argument) {
            ("connected", None) => Some(Value::Bool(true)),
            ("received", None) => Some(Value::Text(self.received.clone())),
            ("latency", None) => Some(Value::Duration(self.latency)),
            _ => None,
        }
    }
}

fn field(name: &'static str, ty: Type, summary: &'static str) -> AnswerField {
    AnswerField {
        name: name.into(),
        ty,
        takes_key: false,
        summary: summary.into(),
    }
}

fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|&port| port != 0)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bare {
        Some(bare) => bare
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_ipv6())
            .then_some(bare)?,
        None => host,
    };
    let fits = !host.is_empty()
        && !host.contains(|letter: char| {
            letter == '/' || letter == '@' || letter.is_whitespace() || letter.is_control()
        })
        && (bare.is_some() || !host.contains(':'));
    fits.then_some((host, port))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, split_in) in [
            ("localhost:80", Some(("localhost", 80))),
            ("[::1]:6379", Some(("::1", 6379))),
            ("10.0.0.1:1", Some(("10.0.0.1", 1))),
            ("localhost", None),
            ("localhost:0", None),
            ("localhost:65536", None),
            ("::1:6379", None),
            ("[localhost]:80", None),
            (":80", None),
            ("tcp://localhost:80", None),
            ("a b:80", None),
            ("", None),
        ] {
            assert_eq!(split(address), split_in, "{address}");
        }
    }
}
