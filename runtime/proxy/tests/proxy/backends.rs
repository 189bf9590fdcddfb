//! Who gets the next connection.

use std::io::ErrorKind;

use rescc_proxy::Proxy;
use tokio::net::TcpStream;

use crate::support::*;

async fn turns(proxy: &Proxy, count: usize) -> String {
    let mut who = String::new();
    for _ in 0..count {
        who.extend(
            answer(proxy.local_addr())
                .await
                .unwrap()
                .into_iter()
                .map(char::from),
        );
    }
    who
}

#[tokio::test]
async fn healthy_backends_take_turns() {
    guarded(async {
        let proxy = Proxy::listen(ANY, 1).unwrap();
        let mut backends = Vec::new();
        for name in [b'a', b'b', b'c'] {
            backends.push(backend(&format!("api-{name}"), greeter(name).await));
        }
        proxy.set_backends(backends.clone());
        assert_eq!(turns(&proxy, 7).await, "abcabca");
        backends[1].healthy = false;
        proxy.set_backends(backends.clone());
        let without = turns(&proxy, 4).await;
        assert!(without == "acac" || without == "caca", "{without}");
        assert_eq!(proxy.backends(), backends);
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_refuses_is_passed_over() {
    guarded(async {
        let proxy = Proxy::listen(ANY, 1).unwrap();
        proxy.set_backends(vec![
            backend("api-1", nobody().await),
            backend("api-2", greeter(b'b').await),
        ]);
        assert_eq!(turns(&proxy, 4).await, "bbbb");
        assert_eq!(proxy.totals().failed, 0);
    })
    .await;
}

#[tokio::test]
async fn when_all_refuse_the_client_is_reset() {
    guarded(async {
        let proxy = Proxy::listen(ANY, 1).unwrap();
        proxy.set_backends(vec![
            backend("api-1", nobody().await),
            backend("api-2", nobody().await),
        ]);
        let error = answer(proxy.local_addr()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(proxy.totals().failed, 1);
    })
    .await;
}

#[tokio::test]
async fn open_connections_stay_when_the_backends_change() {
    guarded(async {
        let proxy = echo_proxy(1).await;
        let mut stream: TcpStream = connect(&proxy).await;
        ping(&mut stream).await;
        proxy.set_backends(Vec::new());
        ping(&mut stream).await;
    })
    .await;
}
