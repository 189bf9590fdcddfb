//! `tcp`.

use std::path::Path;
use std::time::Duration;

use rescc_core::error::ErrorClass;
use rescc_core::value::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

fn tcp(address: &str, more: &[(&str, &str)]) -> Asked {
    let mut arguments = vec![("address", text(address))];
    arguments.extend(more.iter().map(|(name, value)| (*name, text(*value))));
    open("tcp", &arguments)
}

#[tokio::test]
async fn a_connection_alone_is_an_answer() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = tcp(&address, &[]);
        let (answer, _) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            // A greeting ends the look whether it is reset.
            stream.write_all(b"hello").await.unwrap();
            stream
        });
        assert_eq!(answer.it.it("connected", None), Some(Value::Bool(true)));
        assert_eq!((answer.text("received").as_str(), answer.value), ("", None));
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_gets_its_answer() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = tcp(&address, &[("send", "PING\r\n")]);
        let (answer, heard) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            let mut heard = [0; 6];
            stream.read_exact(&mut heard).await.unwrap();
            probe.clock.advance(Duration::from_millis(4));
            stream.write_all(b"+PONG\r\n").await.unwrap();
            heard
        });
        assert_eq!(&heard, b"PING\r\n");
        assert_eq!(
            (answer.text("received").as_str(), answer.latency),
            ("+PONG\r\n", Duration::from_millis(4))
        );
    })
    .await;
}

#[tokio::test]
async fn the_expected_text_may_come_in_pieces() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = tcp(&address, &[("expect", "ready")]);
        let (answer, ()) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            stream.set_nodelay(true).unwrap();
            stream.write_all(b"220 re").await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(b"ady\n").await.unwrap();
        });
        assert_eq!(answer.text("received"), "220 ready\n");
    })
    .await;
}

#[tokio::test]
async fn without_the_expected_text_there_is_no_answer() {
    guarded(async {
        for (sent, says) in [
            (
                "220 busy\n".to_owned(),
                "closed the connection before the expected text came",
            ),
            (
                String::new(),
                "closed the connection before the expected text came",
            ),
            ("x".repeat(5000), "lack the expected text"),
        ] {
            let (listener, address) = listen().await;
            let probe = tcp(&address, &[("expect", "ready")]);
            let (why, ()) = tokio::join!(probe.silence(), async {
                let mut stream = accept(&listener).await;
                let _ = stream.write_all(sent.as_bytes()).await;
            });
            assert!(why.contains(says) && why.contains(&address), "{why}");
        }
    })
    .await;
}

#[tokio::test]
async fn at_most_4_kib_are_kept() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = tcp(&address, &[("expect", "y")]);
        let (answer, ()) = tokio::join!(probe.answer(), async {
            let mut stream = accept(&listener).await;
            let _ = stream
                .write_all(format!("{}y{}", "x".repeat(4095), "z".repeat(4096)).as_bytes())
                .await;
        });
        assert_eq!(answer.text("received").len(), 4096);
    })
    .await;
}

#[tokio::test]
async fn what_refuses_resets_or_stays_silent_has_not_answered() {
    guarded(async {
        let (_socket, address) = deaf();
        assert_eq!(
            tcp(&address, &[]).silence().await,
            format!("`{address}` refused the connection")
        );

        let (listener, address) = listen().await;
        let probe = tcp(&address, &[("send", "x")]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            stream.read_exact(&mut [0]).await.unwrap();
            reset(stream);
        });
        assert_eq!(why, format!("`{address}` reset the connection"));

        let probe = tcp(&address, &[("expect", "ready")]);
        let (why, end) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            probe.clock.advance(TIMEOUT);
            stream.read(&mut [0]).await.unwrap()
        });
        assert_eq!((why.as_str(), end), ("no answer within 1s", 0));
    })
    .await;
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_no_answer() {
    guarded(async {
        let why = tcp(&format!("{}.test:80", "a".repeat(64)), &[]).silence().await;
        assert!(
            why.starts_with("the name `aaa") && why.contains("does not resolve"),
            "{why}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_and_expected_is_not_shown() {
    guarded(async {
        let (listener, address) = listen().await;
        let probe = tcp(&address, &[("send", "AUTH secret"), ("expect", "secret ok")]);
        let (why, ()) = tokio::join!(probe.silence(), async {
            let mut stream = accept(&listener).await;
            stream.read_exact(&mut [0; 11]).await.unwrap();
            stream.write_all(b"secret no").await.unwrap();
        });
        assert!(!why.contains("secret"), "{why}");
        assert!(!format!("{:?}", probe.prober).contains("secret"));
    })
    .await;
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        vec![],
        vec![("address", text("localhost"))],
        vec![("address", text("localhost:1")), ("expect", text(""))],
        vec![("address", text("localhost:1")), ("send", Value::Count(1))],
    ] {
        let failure = try_open("tcp", &arguments, Path::new("/"))
            .err()
            .expect("a failure");
        assert_eq!(failure.class, ErrorClass::Permanent, "{arguments:?}");
    }
}
