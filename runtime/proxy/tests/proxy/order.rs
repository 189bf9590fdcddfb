//! Jitter never reorders, drops or invents a byte, however the chunks fall.

use std::time::Duration;

use proptest::prelude::*;
use rescc_proxy::{Direction, Fault, FaultKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_keep_their_order_and_bytes(
        sizes in prop::collection::vec(prop_oneof![4 => 1usize..50, 1 => 1usize..100_000], 1..40),
        delay in 0u64..3000,
        jitter in 0.0f64..=1.0,
        share in prop_oneof![Just(0.5), Just(1.0)],
        removed_after in 0usize..80,
        seed: u64,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(guarded(async {
            let proxy = echo_proxy(seed).await;
            let mut stream = connect(&proxy).await;
            let delay = Duration::from_micros(delay);
            let kind = FaultKind::Latency { delay, jitter: delay.mul_f64(jitter), direction: Direction::Both };
            proxy.add_fault(FAULT, Fault { backend: None, share, kind }).unwrap();
            let sent = pattern(sizes.iter().sum(), seed);
            let (mut read, mut write) = stream.split();
            let sending = async {
                let mut rest = sent.as_slice();
                for (n, size) in sizes.iter().enumerate() {
                    let (chunk, after) = rest.split_at(*size);
                    write.write_all(chunk).await.unwrap();
                    rest = after;
                    if n == removed_after {
                        proxy.remove_fault(FAULT);
                    }
                    tokio::task::yield_now().await;
                }
                write.shutdown().await.unwrap();
            };
            let mut received = Vec::new();
            let (_, result) = tokio::join!(sending, read.read_to_end(&mut received));
            result.unwrap();
            assert!(received == sent);
        }));
    }
}
