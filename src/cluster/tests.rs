//! The forms of a URL; the rest needs a Redis, and is tested with real nodes.

use super::RedisUrl;

fn parsed(text: &str) -> Result<RedisUrl, String> {
    text.parse()
}

#[test]
fn every_form_is_read_and_its_password_is_never_shown() {
    let cases = [
        ("redis://127.0.0.1:6379", "127.0.0.1:6379"),
        ("redis://ann:p4ssw0rd@redis.example:6379/3", "redis.example:6379"),
        ("rediss://:p4ssw0rd@redis.example:6380", "redis.example:6380"),
        ("redis+cluster://ann:p4ssw0rd@a:1,b:2,c:3", "cluster a:1, b:2, c:3"),
        ("rediss+cluster://a:1", "cluster a:1"),
        ("redis+sentinel://:p4ssw0rd@a:1,b:2/main", "main by sentinels a:1, b:2"),
        ("redis+sentinel://a:1/main/2", "main by sentinels a:1"),
    ];
    for (text, shown) in cases {
        let url = parsed(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(url.description(), shown);
        assert!(!format!("{url:?}").contains("p4ssw0rd"));
    }
}

#[test]
fn a_cluster_s_password_goes_to_its_nodes_and_a_sentinel_s_to_the_master() {
    let RedisUrl::Cluster(nodes) = parsed("redis+cluster://ann:p4ssw0rd@a:1,b:2").unwrap() else { panic!() };
    assert_eq!(nodes, ["redis://ann:p4ssw0rd@a:1", "redis://ann:p4ssw0rd@b:2"]);
    let RedisUrl::Sentinel { sentinels, master, node } = parsed("redis+sentinel://:p4ssw0rd@a:1/main/2").unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (sentinels, master.as_str(), node.as_str()),
        (vec!["redis://a:1".into()], "main", "redis://:p4ssw0rd@master/2")
    );
}

#[test]
fn what_is_no_such_url_is_refused() {
    for text in [
        "",
        "redis",
        "http://a:1",
        "redis://",
        "redis://a:1,b:2",
        "redis+cluster://",
        "redis+cluster://a:1/3",
        "redis+sentinel://a:1",
        "redis+sentinel:///main",
        "redis+moon://a:1",
        "redis://a:port",
    ] {
        assert!(parsed(text).is_err_and(|said| said.contains("redis+sentinel://")), "{text}");
    }
}
