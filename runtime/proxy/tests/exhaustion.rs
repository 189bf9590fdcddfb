//! Out of file descriptors. Alone in its process, because the limit is the process's.

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::os::fd::OwnedFd;

    use rescc_proxy::{Backend, Proxy};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[test]
    fn a_connection_waits_until_there_are_descriptors() {
        let any = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let proxy = runtime.block_on(async {
            let listener = TcpListener::bind(any).await.unwrap();
            let proxy = Proxy::listen(any, 1).unwrap();
            let addr = listener.local_addr().unwrap();
            proxy.set_backends(vec![Backend {
                name: "api-1".into(),
                addr,
                healthy: true,
            }]);
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    stream.write_all(b"here").await.unwrap();
                }
            });
            proxy
        });
        let limit = getrlimit(Resource::Nofile);
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(64),
                maximum: limit.maximum,
            },
        )
        .unwrap();
        let mut client = TcpStream::connect(proxy.local_addr()).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        // The kernel completes the handshake of the next one, but nobody can accept it.
        let client = rustix::net::socket(
            rustix::net::AddressFamily::INET,
            rustix::net::SocketType::STREAM,
            None,
        );
        let client: OwnedFd = client.unwrap();
        let hoard: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
        assert!(!hoard.is_empty());
        rustix::net::connect(&client, &proxy.local_addr()).unwrap();
        let mut client = TcpStream::from(client);
        client.write_all(b"x").unwrap();
        while proxy.totals().exhausted == 0 {
            std::thread::yield_now();
        }
        assert_eq!(proxy.totals().accepted, 1);
        drop(hoard);
        client.read_exact(&mut [0; 4]).unwrap();
        runtime.block_on(proxy.shutdown());
    }
}
