//! `http`: one request, one answer, no redirects, no proxies of the environment.

mod answer;
mod client;
mod path;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use rescc_core::async_trait;
use rescc_core::catalogue::{AnswerField, ParameterSpec, ProbeSpec};
use rescc_core::error::Failure;
use rescc_core::probe::{Answer, ProbeKind, ProbeSetup, Prober};
use rescc_core::program::Arguments;
use rescc_core::time::Clock;
use rescc_core::value::{Type, Value};

use self::answer::Reply;
use self::client::{Client, Trouble};
use crate::arguments::{flag, optional_text, record, refused, text};
use crate::limit::{no_answer, too_late, until};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// How much of a body is kept.
const KEPT: usize = 1 << 20;

/// How much of a body is read.
const READ: usize = 64 << 20;

/// Headers that say where a message ends: hyper's business.
const FRAMING: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// The kind of probe.
#[derive(Clone, Copy, Debug)]
pub struct Http;

struct Asker {
    client: Client,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    /// `host:port`, all that messages show of the URL.
    peer: String,
    clock: Arc<dyn Clock>,
}

// === impl Http ===

impl ProbeKind for Http {
    fn spec(&self) -> ProbeSpec {
        ProbeSpec {
            name: "http".into(),
            summary: "Sends one HTTP/1.1 request and reads the whole answer; follows no redirect, takes no proxy from \
                      the environment, and trusts the certificates that this machine trusts."
                .into(),
            parameters: vec![
                ParameterSpec::required("url", Type::Text, "What is asked: an `http://` or `https://` URL."),
                ParameterSpec::optional("method", Type::words(&METHODS), "The method of the request.")
                    .or(Value::Word("GET".into())),
                ParameterSpec::optional("headers", Type::record(Type::Text), "Headers of the request, by name."),
                ParameterSpec::optional("body", Type::Text, "The body of the request."),
                ParameterSpec::optional(
                    "reuse",
                    Type::Bool,
                    "Whether a connection is kept for later requests; without it each one pays for its own.",
                )
                .or(Value::Bool(true)),
            ],
            answer: vec![
                field("status", Type::Count, false, "The status code."),
                field("body", Type::Text, false, "The body, at most its first 1MiB."),
                field("header", Type::Text, true, "A header by name: `it.header(\"content-type\")`; several of one name are joined by commas."),
                field("json", Type::Text, true, "What stands at a path of a JSON body, as text: `it.json(\"$.items[0].name\")`."),
                field("json_number", Type::Number, true, "The number that stands at a path of a JSON body: `it.json_number(\"$.queue.length\")`."),
                field("latency", Type::Duration, false, "From the beginning of the request, the connect included, to the last byte of the body."),
            ],
            default_success: "it.status in 200..299".into(),
            has_value: false,
        }
    }

    fn open(&self, arguments: &Arguments, setup: &ProbeSetup) -> Result<Arc<dyn Prober>, Failure> {
        let url = text(arguments, "url")?;
        let (uri, peer) = parse(url)?;
        let method = match optional_text(arguments, "method")?.unwrap_or("GET") {
            word if METHODS.contains(&word) => {
                Method::from_bytes(word.as_bytes()).map_err(|_| refused("`method` is no method of HTTP"))?
            }
            word => {
                return Err(refused(format!(
                    "`{word}` is no method that a probe can ask with"
                )));
            }
        };
        let reuse = flag(arguments, "reuse", true)?;
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("rescc/", env!("CARGO_PKG_VERSION"))),
        );
        for (name, value) in record(arguments, "headers")? {
            let (name, value) = header(&name, &value)?;
            headers.insert(name, value);
        }
        // hyper keeps no connection whose request says this.
        if !reuse {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(Arc::new(Asker {
            client: Client::new(uri.scheme_str() == Some("https"))?,
            method,
            uri,
            headers,
            body: Bytes::from(optional_text(arguments, "body")?.unwrap_or_default().to_owned()),
            peer,
            clock: Arc::clone(&setup.clock),
        }))
    }
}

// === impl Asker ===

impl Asker {
    async fn exchange(&self) -> Result<Reply, Trouble> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let response = self.client.request(request, &self.peer).await?;
        self.read(response).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Reply, Trouble> {
        let (head, mut incoming) = response.into_parts();
        let (mut body, mut read) = (Vec::new(), 0_usize);
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| client::trouble(&error, &self.peer))?;
            let Some(data) = frame.data_ref() else { continue };
            let room = KEPT.saturating_sub(body.len());
            body.extend(data.iter().take(room));
            read = read.saturating_add(data.len());
            if read > READ {
                return Err(Trouble::Silent(format!(
                    "the body of the answer from `{}` is longer than 64MiB",
                    self.peer
                )));
            }
        }
        Ok(Reply::new(head.status, head.headers, &body))
    }
}

#[async_trait]
impl Prober for Asker {
    async fn ask(&self, timeout: Duration) -> Result<Answer, Failure> {
        let began = self.clock.now();
        let outcome = until(self.clock.as_ref(), began.after(timeout), self.exchange()).await;
        let latency = self.clock.now().since(began);
        match outcome {
            Some(Err(Trouble::Failed(failure))) => Err(failure),
            Some(Err(Trouble::Silent(why))) => Ok(no_answer(why)),
            Some(Ok(reply)) if latency <= timeout => Ok(Answer::Some {
                latency,
                it: Box::new(reply.after(latency)),
                value: None,
            }),
            _ => Ok(too_late(timeout)),
        }
    }
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asker")
            .field("method", &self.method)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

fn field(name: &'static str, ty: Type, takes_key: bool, summary: &'static str) -> AnswerField {
    AnswerField {
        name: name.into(),
        ty,
        takes_key,
        summary: summary.into(),
    }
}

/// A URL, and the `host:port` of it.
fn parse(url: &str) -> Result<(Uri, String), Failure> {
    // What may be secret, a password or a query, is not shown.
    let shown = url
        .split(['?', '#'])
        .next()
        .filter(|head| !head.contains('@'))
        .unwrap_or("url");
    let hint = "write the whole URL, such as `http://localhost:8080/health`";
    let bad = |why: &str| refused(format!("`{shown}` {why}")).help(hint);
    let uri: Uri = url.parse().map_err(|_| bad("is not a URL"))?;
    let default_port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return Err(bad("does not begin with `http://` or `https://`")),
    };
    let authority = uri.authority().ok_or_else(|| bad("names no host"))?;
    if authority.as_str().contains('@') {
        return Err(refused("a URL can't carry a user and a password here")
            .help("hand them over as a header: `headers = { authorization = … }`"));
    }
    if authority.host().is_empty() {
        return Err(bad("names no host"));
    }
    // `http` takes a port that is no number for no port.
    let port = match authority.as_str().strip_prefix(authority.host()) {
        None | Some("") => default_port,
        Some(rest) => rest
            .strip_prefix(':')
            .and_then(|port| port.parse::<u16>().ok())
            .filter(|&port| port != 0)
            .ok_or_else(|| bad("has a port that is none"))?,
    };
    let peer = format!("{}:{port}", authority.host());
    Ok((uri, peer))
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| refused(format!("`{name}` is no name of a header")))?;
    if FRAMING.contains(&parsed) {
        return Err(refused(format!("the header `{name}` can't be set"))
            .help("leave it out; for `connection: close` write `reuse = false`"));
    }
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        refused(format!(
            "the header `{name}` has characters that no header can have"
        ))
    })?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, peer) in [
            ("http://localhost", "localhost:80"),
            ("https://example.org/a?b=c", "example.org:443"),
            ("http://[::1]:8080/", "[::1]:8080"),
            ("http://127.0.0.1:1", "127.0.0.1:1"),
        ] {
            assert_eq!(parse(url).unwrap().1, peer);
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_its_secrets() {
        for url in [
            "",
            "localhost:8080",
            "/health",
            "ftp://a/",
            "http://",
            "http://:80/",
            "http://a:b/",
            "http://a:0/",
            "http://a b/?token=secret",
            "http://a:99999/?token=secret",
            "http://user:secret@a/",
            "http://user:secret@a b/",
            "user:secret@a?secret",
        ] {
            let failure = parse(url).expect_err(url);
            assert!(!format!("{failure:?}").contains("secret"), "{failure:?}");
        }
    }

    #[test]
    fn headers_that_frame_a_message_are_refused() {
        assert!(header("Content-Length", "1").is_err());
        assert!(header("transfer-encoding", "chunked").is_err());
        let failure = header("x-token", "secret\nsecret").unwrap_err();
        assert!(!format!("{failure:?}").contains("secret"), "{failure:?}");
        assert!(header("x-token", "secret").is_ok_and(|(_, value)| value.is_sensitive()));
    }
}
