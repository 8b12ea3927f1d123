//! Finds the client address of a request that may have passed proxies. `rate_limits` and `admin` count requests by it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};

use crate::config::TrustedProxies;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: `peer`, unless that is a trusted proxy. Then it is the right-most address that is not
/// a trusted proxy, in `X-Forwarded-For` or, without that header, in `Forwarded` (RFC 7239). Entries further left are
/// ignored, since a client can send them itself. If an entry is not an address, the result is the proxy that wrote it.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contain(peer) {
        return peer;
    }
    let mut client = peer;
    for entry in forwarded(headers).iter().rev() {
        let Some(address) = *entry else { break };
        client = address;
        if !trusted.contain(address) {
            break;
        }
    }
    client
}

/// The network that counts as one client: the /64 of an IPv6 address, since a provider assigns a subscriber at least that
/// much; an IPv4 address itself.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// The key of the network that has sent the request; 0 for a request without a peer.
pub fn network_key(request: &HttpRequest, trusted: &TrustedProxies) -> u128 {
    let Some(peer) = request.peer_addr() else {
        return 0;
    };
    match network(client_address(peer.ip(), request.headers(), trusted)) {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The entries of the forwarding header, the one that the nearest proxy wrote last; `None` for an entry that is not an
/// address.
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let entries = |name| {
        headers
            .get_all(name)
            .flat_map(|value: &header::HeaderValue| value.to_str().unwrap_or_default().split(','))
    };
    if headers.contains_key(X_FORWARDED_FOR) {
        let name = header::HeaderName::from_static(X_FORWARDED_FOR);
        return entries(name).map(address).collect();
    }
    entries(header::FORWARDED)
        .map(|element| {
            let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
            let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
            nodes.next().and_then(|(_, node)| address(node))
        })
        .collect()
}

/// Parses `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `"[2001:db8::1]:80"`
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"');
    let bare = node
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: Option<IpAddr> = bare.unwrap_or(node).parse().ok();
    let with_port = || node.parse().ok().map(|socket: SocketAddr| socket.ip());
    address
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::client_address;

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| {
                request.append_header(*header)
            })
            .to_http_request();
        let trusted = "10.0.0.0/8".parse().expect("a network");
        let peer = peer.parse().expect("an address");
        client_address(peer, request.headers(), &trusted).to_string()
    }

    #[test]
    fn forwarding_headers_of_an_untrusted_peer_are_ignored() {
        let headers = [
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
        ];
        assert_eq!(client("198.51.100.7", &headers), "198.51.100.7");
    }

    #[test]
    fn behind_trusted_proxies_the_right_most_untrusted_address_is_the_client() {
        for (name, value, expected) in [
            ("x-forwarded-for", "192.0.2.1", "192.0.2.1"),
            (
                "x-forwarded-for",
                "203.0.113.9, 192.0.2.1, 10.1.1.1",
                "192.0.2.1",
            ),
            ("x-forwarded-for", "192.0.2.1:4711", "192.0.2.1"),
            ("x-forwarded-for", "::ffff:192.0.2.1", "192.0.2.1"),
            ("x-forwarded-for", "192.0.2.1, unknown", "10.0.0.1"),
            (
                "x-forwarded-for",
                "192.0.2.1, unknown, 10.1.1.1",
                "10.1.1.1",
            ),
            ("x-forwarded-for", "10.2.2.2, 10.1.1.1", "10.2.2.2"),
            ("x-forwarded-for", "", "10.0.0.1"),
            (
                "forwarded",
                "for=203.0.113.9, for=192.0.2.1;proto=https",
                "192.0.2.1",
            ),
            (
                "forwarded",
                "by=10.1.1.1; For=\"[2001:db8::1]:4711\"",
                "2001:db8::1",
            ),
            ("forwarded", "for=192.0.2.1, for=_hidden", "10.0.0.1"),
            ("via", "1.1 proxy", "10.0.0.1"),
        ] {
            assert_eq!(
                client("::ffff:10.0.0.1", &[(name, value)]),
                expected,
                "{name}: {value}"
            );
        }
        let two = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        assert_eq!(client("10.0.0.1", &two), "192.0.2.1");
    }
}
