//! The client: its connections and what can go wrong with them.

use std::error::Error;
use std::io;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rescc_core::error::{ErrorClass, Failure};

use crate::trouble::{could_not_ask, why};

/// A connection that was idle for longer is not used again: a server may be about to close it, and a request that
/// meets the close would look like a failure. The shortest usual keep-alive of servers is two seconds.
const IDLE: Duration = Duration::from_secs(1);

/// How many idle connections are kept.
const KEPT: usize = 256;

/// How many errors deep a cause is looked for.
const DEPTH: usize = 16;

/// A client of its own for each probe.
pub(super) enum Client {
    Plain(Legacy<HttpConnector, Full<Bytes>>),
    Tls(Legacy<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// How an exchange went wrong.
pub(super) enum Trouble {
    /// No answer, and why.
    Silent(String),
    /// It could not be asked.
    Failed(Failure),
}

// === impl Client ===

impl Client {
    /// A client; where it has to speak TLS, the certificates that this machine trusts are read here.
    pub(super) fn new(tls: bool) -> Result<Self, Failure> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let mut builder = Legacy::builder(TokioExecutor::new());
        builder.pool_max_idle_per_host(KEPT).pool_idle_timeout(IDLE);
        if !tls {
            return Ok(Self::Plain(builder.build(connector)));
        }
        let roots = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| {
                Failure::new(
                    ErrorClass::NotFound,
                    format!("no certificates to trust: {}", error.to_string().to_lowercase()),
                )
                .help("install the system's CA certificates, or name a file of them in `SSL_CERT_FILE`")
            })?;
        Ok(Self::Tls(builder.build(
            roots.https_only().enable_http1().wrap_connector(connector),
        )))
    }

    pub(super) async fn request(
        &self,
        request: Request<Full<Bytes>>,
        peer: &str,
    ) -> Result<Response<Incoming>, Trouble> {
        let answer = match self {
            Self::Plain(client) => client.request(request).await,
            Self::Tls(client) => client.request(request).await,
        };
        answer.map_err(|error| trouble(&error, peer))
    }
}

/// What an error of the client means: the innermost cause that says it best.
pub(super) fn trouble(error: &(dyn Error + 'static), peer: &str) -> Trouble {
    let causes = causes(error);
    let ios = causes
        .iter()
        .rev()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    if let Some(failure) = ios.clone().find_map(could_not_ask) {
        return Trouble::Failed(failure);
    }
    if let Some(tls) = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
    {
        return Trouble::Silent(format!(
            "no TLS with `{peer}`: {}",
            tls.to_string().to_lowercase()
        ));
    }
    // The one way to tell: the resolver's error is private to `HttpConnector`, but for these words.
    if causes.iter().any(|cause| cause.to_string() == "dns error") {
        let how = ios.clone().next().map_or_else(String::new, |cause| {
            format!(": {}", cause.to_string().to_lowercase())
        });
        return Trouble::Silent(format!("the name of `{peer}` does not resolve{how}"));
    }
    if let Some(io) = ios.clone().next() {
        return Trouble::Silent(why(io, peer));
    }
    match causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<hyper::Error>())
    {
        Some(hyper) if hyper.is_parse() => {
            Trouble::Silent(format!("what came back from `{peer}` is not HTTP"))
        }
        Some(hyper) if hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled() => {
            Trouble::Silent(format!(
                "`{peer}` closed the connection before the answer was complete"
            ))
        }
        _ => Trouble::Silent(format!("asking `{peer}`: {}", error.to_string().to_lowercase())),
    }
}

/// An error and what caused it, outermost first. `io::Error` hides what it wraps from `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut at = Some(error);
    while let Some(cause) = at.filter(|_| causes.len() < DEPTH) {
        causes.push(cause);
        at = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    causes
}
