//! The tests' own surroundings do what they say: the proxy's weather, Redis alone, in a cluster, and under sentinels.

use crate::support::proxy::{BLACKHOLE, Proxy, Weather};
use crate::support::redis::{Redis, RedisCluster, SentinelSet};
use crate::support::*;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// An echo server, and a proxy before it.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    Proxy::start(port)
}

async fn say(stream: &mut TcpStream, word: &[u8]) {
    stream.write_all(word).await.unwrap();
}

/// What comes within 300 ms: `None` for nothing, empty for the end.
async fn heard(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 100];
    let count = timeout(Duration::from_millis(300), stream.read(&mut bytes)).await.ok()?.unwrap_or(0);
    bytes.truncate(count);
    Some(bytes)
}

#[test]
fn a_proxy_has_weather() {
    block_on(async {
        let proxy = echo().await;
        let connect = async || TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        let mut stream = connect().await;
        say(&mut stream, b"fair").await;
        assert_eq!(heard(&mut stream).await.unwrap(), b"fair");

        proxy.set(Weather::Slow(Duration::from_millis(100)));
        let asked = Instant::now();
        say(&mut stream, b"slow").await;
        assert_eq!(heard(&mut stream).await.unwrap(), b"slow");
        assert!(asked.elapsed() >= Duration::from_millis(200), "{:?}", asked.elapsed());

        proxy.set(Weather::Held);
        say(&mut stream, b"held").await;
        assert_eq!(heard(&mut stream).await, None);
        proxy.heal();
        assert_eq!(heard(&mut stream).await.unwrap(), b"held");

        for lossy in [BLACKHOLE, Weather::Lost { requests: false, answers: true }] {
            let (mut idle, mut busy) = (connect().await, connect().await);
            say(&mut idle, b"1").await;
            heard(&mut idle).await;
            proxy.set(lossy);
            say(&mut busy, b"lost").await;
            assert_eq!(heard(&mut busy).await, None);
            let mut new = connect().await;
            say(&mut new, b"lost too").await;
            assert_eq!(heard(&mut new).await, None);
            proxy.heal();
            assert_eq!(heard(&mut busy).await.unwrap(), b"", "what lost bytes is reset");
            assert_eq!(heard(&mut new).await.unwrap(), b"");
            say(&mut idle, b"still").await;
            assert_eq!(heard(&mut idle).await.unwrap(), b"still", "what lost none goes on");
        }

        proxy.set(Weather::Cut);
        assert_eq!(heard(&mut stream).await.unwrap(), b"");
        if let Ok(mut refused) = TcpStream::connect(("127.0.0.1", proxy.port())).await {
            assert_eq!(heard(&mut refused).await.unwrap(), b"");
        }
        proxy.heal();
        let mut stream = connect().await;
        say(&mut stream, b"back").await;
        assert_eq!(heard(&mut stream).await.unwrap(), b"back");
        stream.shutdown().await.unwrap();
        assert_eq!(heard(&mut stream).await.unwrap(), b"", "an end is handed on");
    });
}

#[test]
fn a_redis_dies_and_freezes() {
    let mut redis = Redis::start();
    redis.command(&["SET", "key", "value"]);
    redis.flush();
    assert_eq!(redis.command(&["GET", "key"]), "");
    redis.command(&["SET", "key", "value"]);
    redis.freeze();
    redis.thaw();
    assert_eq!(redis.command(&["GET", "key"]), "value");
    redis.kill();
    redis.restart();
    assert_eq!(redis.command(&["GET", "key"]), "", "it keeps nothing");
}

#[test]
fn a_redis_cluster_loses_a_master() {
    block_on(async {
        let mut cluster = RedisCluster::start().await;
        cluster.masters[0].kill();
        until("the others notice", async || {
            cluster.masters[1].command(&["CLUSTER", "INFO"]).contains("cluster_slots_fail:")
                && !cluster.masters[1].command(&["CLUSTER", "INFO"]).contains("cluster_slots_fail:0")
        })
        .await;
        cluster.masters[0].restart();
        cluster.settled().await;
    });
}

#[test]
fn sentinels_fail_over() {
    block_on(async {
        let mut set = SentinelSet::start().await;
        set.master.command(&["SET", "key", "value"]);
        set.master.command(&["WAIT", "1", "1000"]);
        set.fail_over().await;
        assert_eq!(set.replica.command(&["GET", "key"]), "value");
    });
}
