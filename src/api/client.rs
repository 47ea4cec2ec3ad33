//! Where a request comes from.

use std::net::IpAddr;

/// The address of a client: that of the peer, unless it is a trusted proxy; then the last one in `X-Forwarded-For`
/// that is none.
///
/// `forwarded_for` holds the values of all such headers, in their order.
pub fn client_ip<'a>(
    peer: Option<IpAddr>,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[IpAddr],
) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let hops = forwarded_for.rev().flat_map(|value| value.rsplit(','));
    let hops = hops.map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.map(|hop| hop.to_canonical()).find(|hop| !trusted.contains(hop)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        let of = |peer: &str, header: Option<&str>| client_ip(Some(ip(peer)), header.into_iter(), &trusted).to_string();
        assert_eq!(of("192.0.2.7", Some("203.0.113.9")), "192.0.2.7");
        assert_eq!(of("10.0.0.1", Some("203.0.113.9")), "203.0.113.9");
        assert_eq!(of("10.0.0.1", Some("1.1.1.1, 203.0.113.9, 10.0.0.2")), "203.0.113.9");
        assert_eq!(of("10.0.0.1", Some("nonsense")), "10.0.0.1");
        assert_eq!(of("10.0.0.1", None), "10.0.0.1");
        let two = ["1.1.1.1", "203.0.113.9"].into_iter();
        assert_eq!(client_ip(Some(ip("10.0.0.1")), two, &trusted), ip("203.0.113.9"));
    }
}
