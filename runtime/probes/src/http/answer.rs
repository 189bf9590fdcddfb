//! What came back, for `success` to judge.

use std::cell::OnceCell;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderMap;
use rescc_core::expr::ItScope;
use rescc_core::value::Value;

use super::path;

/// An answer.
pub(super) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    latency: Duration,
    /// The body as JSON, read when it is first asked for; `None` where it is none.
    json: OnceCell<Option<serde_json::Value>>,
}

// === impl Reply ===

impl Reply {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body).into_owned();
        Self {
            status,
            headers,
            body,
            latency: Duration::ZERO,
            json: OnceCell::new(),
        }
    }

    pub(super) fn after(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    fn header(&self, name: &str) -> Option<Value> {
        let values: Vec<_> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        (!values.is_empty()).then(|| Value::Text(values.join(", ")))
    }

    fn json(&self, path: &str) -> Option<&serde_json::Value> {
        let whole = self
            .json
            .get_or_init(|| serde_json::from_str(&self.body).ok())
            .as_ref()?;
        path::find(whole, path)
    }
}

impl ItScope for Reply {
    fn it(&self, field: &str, argument: Option<&str>) -> Option<Value> {
        match (field, argument) {
            ("status", None) => Some(Value::Count(i64::from(self.status.as_u16()))),
            ("body", None) => Some(Value::Text(self.body.clone())),
            ("latency", None) => Some(Value::Duration(self.latency)),
            ("header", Some(name)) => self.header(name),
            ("json", Some(path)) => Some(Value::Text(match self.json(path)? {
                serde_json::Value::Null => return None,
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            })),
            ("json_number", Some(path)) => self.json(path)?.as_f64().map(Value::Number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply::new(StatusCode::OK, HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn json_is_read_by_type() {
        let reply = reply(r#"{"text":"1","number":2.5,"whole":3,"no":null,"yes":true,"list":[1,"a"]}"#);
        let text = |path: &str| reply.it("json", Some(path));
        assert_eq!(text("$.text"), Some(Value::Text("1".into())));
        assert_eq!(text("$.number"), Some(Value::Text("2.5".into())));
        assert_eq!(text("$.yes"), Some(Value::Text("true".into())));
        assert_eq!(text("$.list"), Some(Value::Text("[1,\"a\"]".into())));
        assert_eq!(text("$.no"), None);
        assert_eq!(text("$.nothing"), None);
        let number = |path: &str| reply.it("json_number", Some(path));
        assert_eq!(number("$.number"), Some(Value::Number(2.5)));
        assert_eq!(number("$.whole"), Some(Value::Number(3.0)));
        assert_eq!(number("$.text"), None);
    }

    #[test]
    fn what_is_no_json_has_no_data() {
        for body in ["", "<html>", "{\"a\":", &"[".repeat(100_000)] {
            assert_eq!(reply(body).it("json", Some("$")), None);
        }
    }
}
