//! Where a request comes from: the connection's address, or what a trusted server before the API says of it.
//!
//! The API listens on loopback; behind a server that speaks TLS every connection is that server's. Such a server appends
//! the address that it saw to a header; only what it appended itself, the last address, is believed, and only where the
//! config names the header. Whoever reaches the API past that server can write what they like there.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap, HeaderName};
use axum::middleware::{Next, from_fn};

/// The address of a request, where it is known.
#[derive(Clone, Copy)]
struct Origin(IpAddr);

/// The routes, told of every request where it comes from. Connections have to come with their `ConnectInfo<SocketAddr>`.
pub fn told(router: Router, trusted: Option<HeaderName>) -> Router {
    router.layer(from_fn(move |mut request: Request, next: Next| {
        let address = address(request.extensions(), request.headers(), trusted.as_ref());
        if let Some(address) = address {
            request.extensions_mut().insert(Origin(address));
        }
        next.run(request)
    }))
}

/// Where a request comes from, as [`told`] found.
pub(crate) fn of(request: &Request) -> Option<IpAddr> {
    let origin = request.extensions().get::<Origin>()?;
    Some(origin.0)
}

fn address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: Option<&HeaderName>,
) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let Some(name) = trusted else { return peer };
    match headers.get_all(name).iter().next_back() {
        // Whoever is on this machine may call without the server before it.
        None => peer,
        Some(value) => value.to_str().ok().and_then(last),
    }
}

/// The last address of a list; with or without a port, as servers write it.
fn last(list: &str) -> Option<IpAddr> {
    let text = list.rsplit(',').next()?.trim();
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address: IpAddr = bare.parse().or_else(|_| with_port()).ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

    fn seen(values: &[&str], trusted: Option<&HeaderName>) -> Option<String> {
        let mut extensions = Extensions::new();
        let peer: SocketAddr = "[::ffff:127.0.0.1]:4711".parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED, value.parse().unwrap());
        }
        address(&extensions, &headers, trusted).map(|address| address.to_string())
    }

    #[test]
    fn a_header_is_believed_only_where_the_config_names_it() {
        assert_eq!(seen(&["198.51.100.7"], None).unwrap(), "127.0.0.1");
        let trusted = seen(&["198.51.100.7"], Some(&FORWARDED));
        assert_eq!(trusted.unwrap(), "198.51.100.7");
        assert_eq!(seen(&[], Some(&FORWARDED)).unwrap(), "127.0.0.1");
    }

    #[test]
    fn of_a_list_only_what_the_server_before_us_appended_counts() {
        for (values, address) in [
            (&["203.0.113.9, 198.51.100.7"][..], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7:50123"][..], "198.51.100.7"),
            (&["x, [2001:db8::7]:443"][..], "2001:db8::7"),
            (&["[2001:db8::7]"][..], "2001:db8::7"),
        ] {
            assert_eq!(seen(values, Some(&FORWARDED)).unwrap(), address);
        }
    }

    #[test]
    fn what_is_no_address_is_unknown_and_never_the_servers_own() {
        for value in ["unknown", "", "198.51.100.7, _hidden", "300.1.1.1"] {
            assert_eq!(seen(&[value], Some(&FORWARDED)), None, "{value}");
        }
    }
}
