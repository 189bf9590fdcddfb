//! `http`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rescc_core::error::ErrorClass;
use rescc_core::value::Value;
use tokio::io::AsyncWriteExt;

use crate::support::*;

fn http(address: &str, more: &[(&str, Value)]) -> Asked {
    let mut arguments = vec![("url", text(format!("http://{address}/health?token=secret")))];
    arguments.extend_from_slice(more);
    open("http", &arguments)
}

fn headers(headers: &[(&str, &str)]) -> (&'static str, Value) {
    let record: BTreeMap<_, _> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), text(*value)))
        .collect();
    ("headers", Value::Record(record))
}

#[tokio::test]
async fn a_status_is_an_answer_whatever_it_is() {
    guarded(async {
        for (status, code) in [
            ("200 OK", 200),
            ("404 Not Found", 404),
            ("500 Internal Server Error", 500),
            ("302 Found", 302),
        ] {
            let (address, _) = server(&reply(status, "hello")).await;
            let answer = http(&address, &[]).answer().await;
            assert_eq!(
                (answer.count("status"), answer.text("body")),
                (code, "hello".into())
            );
            assert_eq!(answer.value, None);
        }
    })
    .await;
}

#[tokio::test]
async fn the_request_is_what_was_written() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = http(
            &address,
            &[
                ("method", Value::Word("POST".into())),
                ("body", text("{}")),
                headers(&[("X-Token", "secret"), ("accept", "a/b")]),
            ],
        );
        let (answer, request) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            let request = request(&mut stream).await.unwrap();
            stream
                .write_all(reply("204 No Content", "").as_bytes())
                .await
                .unwrap();
            request
        });
        assert_eq!(answer.count("status"), 204);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<_> = head.lines().collect();
        assert_eq!(lines.remove(0), "POST /health?token=secret HTTP/1.1");
        lines.sort_unstable();
        let (host, agent) = (
            format!("host: {address}"),
            format!("user-agent: rescc/{}", env!("CARGO_PKG_VERSION")),
        );
        assert_eq!(
            lines,
            [
                "accept: a/b",
                "content-length: 2",
                &host,
                &agent,
                "x-token: secret"
            ]
        );
        assert_eq!(body, "{}");
    })
    .await;
}

#[tokio::test]
async fn all_methods_are_asked_with() {
    guarded(async {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let (listener, address) = listen().await;
            let probe = http(&address, &[("method", Value::Word(method.into()))]);
            let (answer, request) = tokio::join!(probe.answer(), async {
                let mut stream = accept(&listener).await;
                let request = request(&mut stream).await.unwrap();
                let body = if method == "HEAD" {
                    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".into()
                } else {
                    reply("200 OK", "x")
                };
                stream.write_all(body.as_bytes()).await.unwrap();
                request
            });
            assert!(request.starts_with(&format!("{method} /health")), "{request}");
            assert_eq!(answer.count("status"), 200);
        }
    })
    .await;
}

#[tokio::test]
async fn fields_of_an_answer() {
    guarded(async {
        let body = r#"{"queue":{"sizes":[3,4]},"state":"ok"}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (address, _) = server(&answer).await;
        let answer = http(&address, &[]).answer().await;
        let it = |field: &str, key: &str| answer.it.it(field, Some(key));
        assert_eq!(it("header", "X-a"), Some(text("1, 2")));
        assert_eq!(it("header", "x-b"), None);
        assert_eq!(it("header", "no\nname"), None);
        assert_eq!(it("json", "$.state"), Some(text("ok")));
        assert_eq!(it("json_number", "$.queue.sizes[1]"), Some(Value::Number(4.0)));
        assert_eq!(it("json", "$.queue.sizes[2]"), None);
        assert_eq!(it("status", "x"), None);
    })
    .await;
}

#[tokio::test]
async fn latency_ends_with_the_last_byte() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = http(&address, &[]);
        let (answer, ()) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            request(&mut stream).await.unwrap();
            probe.clock.advance(Duration::from_millis(7));
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na")
                .await
                .unwrap();
            probe.clock.advance(Duration::from_millis(3));
            stream.write_all(b"b").await.unwrap();
        });
        assert_eq!(answer.latency, Duration::from_millis(10));
    })
    .await;
}

#[tokio::test]
async fn what_does_not_answer_in_time_has_not_answered() {
    guarded(async {
        for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na"] {
            let (listener, address) = listen().await;
            let probe = http(&address, &[]);
            let (why, end) = tokio::join!(probe.silence(), async {
                let mut stream = accept(&listener).await;
                request(&mut stream).await.unwrap();
                stream.write_all(head.as_bytes()).await.unwrap();
                probe.clock.advance(TIMEOUT);
                // The question is taken back: the connection ends.
                request(&mut stream).await
            });
            assert_eq!((why.as_str(), end), ("no answer within 1s", None));
        }
    })
    .await;
}

#[tokio::test]
async fn what_refuses_resets_or_closes_has_not_answered() {
    guarded(async {
        let (_socket, address) = deaf();
        assert_eq!(
            http(&address, &[]).silence().await,
            format!("`{address}` refused the connection")
        );

        let (listener, address) = listen().await;
        let probe = http(&address, &[]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            request(&mut stream).await.unwrap();
            reset(stream);
        });
        assert_eq!(why, format!("`{address}` reset the connection"));

        for head in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab",
        ] {
            let (listener, address) = listen().await;
            let probe = http(&address, &[]);
            let (why, ()) = tokio::join!(probe.silence(), async {
                let mut stream = accept(&listener).await;
                request(&mut stream).await.unwrap();
                stream.write_all(head.as_bytes()).await.unwrap();
            });
            assert_eq!(
                why,
                format!("`{address}` closed the connection before the answer was complete"),
                "{head}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    guarded(async {
        for garbage in [
            "SSH-2.0-OpenSSH_9.9\r\n\r\n",
            "\0\u{1}\u{2}\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
        ] {
            let (address, _) = server(garbage).await;
            assert_eq!(
                http(&address, &[]).silence().await,
                format!("what came back from `{address}` is not HTTP")
            );
        }
        // A head without an end is not read for ever.
        let (listener, address) = listen().await;
        let probe = http(&address, &[]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            request(&mut stream).await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            while stream
                .write_all(format!("x: {}\r\n", "y".repeat(1000)).as_bytes())
                .await
                .is_ok()
            {}
        });
        assert!(!why.contains("yyy"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn of_a_huge_body_the_beginning_is_kept() {
    guarded(async {
        let (address, _) = server(&reply("200 OK", &"x".repeat(3 << 20))).await;
        let answer = http(&address, &[]).answer().await;
        assert_eq!(
            (answer.count("status"), answer.text("body").len()),
            (200, 1 << 20)
        );

        let (listener, address) = listen().await;
        let probe = http(&address, &[]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let block = vec![b'x'; 1 << 20];
            while stream.write_all(&block).await.is_ok() {}
        });
        assert_eq!(
            why,
            format!("the body of the answer from `{address}` is longer than 64MiB")
        );
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_kept_or_not() {
    guarded(async {
        for (reuse, all) in [(true, false), (false, true)] {
            let (address, connections) = server(&reply("200 OK", "x")).await;
            let probe = http(&address, &[("reuse", Value::Bool(reuse))]);
            for _ in 0..20 {
                probe.answer().await;
            }
            assert_eq!(
                *connections.borrow() == 20,
                all,
                "reuse = {reuse}: {} connections",
                *connections.borrow()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_not_taken_for_a_failure() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = http(&address, &[]);
        for _ in 0..5 {
            let (answer, ()) = tokio::join!(probe.answer(), async {
                let mut stream = accept(&listener).await;
                request(&mut stream).await.unwrap();
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                    .await
                    .unwrap();
            });
            assert_eq!(answer.count("status"), 200);
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_no_answer() {
    guarded(async {
        // No name has a part of more than 63 letters (RFC 1035 2.3.4): no server is asked for it.
        let why = http(&format!("{}.test:80", "a".repeat(64)), &[]).silence().await;
        assert!(
            why.starts_with("the name of `aaa") && why.contains("does not resolve"),
            "{why}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_does_not_speak_tls_is_no_answer() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = open("http", &[("url", text(format!("https://{address}/")))]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            request(&mut stream).await;
        });
        assert!(why.starts_with(&format!("no TLS with `{address}`: ")), "{why}");
    })
    .await;
}

#[tokio::test]
async fn secrets_are_not_shown() {
    guarded(async {
        let (_socket, address) = deaf();
        let probe = http(
            &address,
            &[("body", text("secret")), headers(&[("authorization", "secret")])],
        );
        let why = probe.silence().await;
        assert!(!why.contains("secret"), "{why}");
        let debug = format!("{:?}", probe.prober);
        assert!(debug.contains(&address) && !debug.contains("secret"), "{debug}");
    })
    .await;
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused() {
    let url = ("url", text("http://localhost/"));
    for arguments in [
        vec![],
        vec![("url", text("localhost"))],
        vec![("url", Value::Count(1))],
        vec![url.clone(), ("method", Value::Word("CONNECT".into()))],
        vec![url.clone(), ("reuse", text("yes"))],
        vec![url.clone(), headers(&[("a b", "c")])],
        vec![url.clone(), headers(&[("connection", "close")])],
        vec![url.clone(), ("headers", text("a: b"))],
    ] {
        let failure = try_open("http", &arguments, Path::new("/"))
            .err()
            .expect("a failure");
        assert_eq!(failure.class, ErrorClass::Permanent, "{arguments:?}");
    }
}
