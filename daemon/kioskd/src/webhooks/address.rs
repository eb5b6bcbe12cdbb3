//! Where a message may go: an address that is looked up, judged, and then pinned, so that what was judged is what is called.
//!
//! Nothing of this machine or its network is called unless the config allows it: whoever names an address would otherwise reach
//! what only the kiosk can.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use async_trait::async_trait;
use reqwest::Url;
use thiserror::Error;

/// What the config allows beside public addresses behind TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Addresses of this machine and of private networks.
    pub private: bool,
    /// Plain HTTP.
    pub plain_http: bool,
    /// A certificate authority that is trusted beside the machine's own.
    pub ca: Option<PathBuf>,
}

/// Who says where a host is.
#[async_trait]
pub trait Names: Send + Sync {
    /// Every address that the host has now.
    ///
    /// # Errors
    ///
    /// Where nobody knows it.
    async fn find(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
}

/// The machine's own resolver.
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn find(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Unfit {
    /// It is none.
    #[error("not an address")]
    NoAddress,
    /// It is without TLS.
    #[error("plain HTTP")]
    PlainHttp,
    /// Nobody knows the name now.
    #[error("the name can't be resolved")]
    Unknown,
    /// It is of this machine or a private network.
    #[error("a private address")]
    Private,
}

/// An address with where it was found.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) url: Url,
    pub(super) host: String,
    pub(super) addresses: Vec<SocketAddr>,
}

/// Reads an address and looks its host up. One private address among several is one too many.
pub(super) async fn pinned(
    text: &str,
    allowed: &Allowed,
    names: &dyn Names,
) -> Result<Pinned, Unfit> {
    let url = Url::parse(text).map_err(|_| Unfit::NoAddress)?;
    match url.scheme() {
        "https" => {}
        "http" if allowed.plain_http => {}
        "http" => return Err(Unfit::PlainHttp),
        _ => return Err(Unfit::NoAddress),
    }
    let host = url.host_str().ok_or(Unfit::NoAddress)?.to_owned();
    let port = url.port_or_known_default().ok_or(Unfit::NoAddress)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = names.find(bare, port).await;
    let addresses = found.map_err(|_| Unfit::Unknown)?;
    if addresses.is_empty() {
        return Err(Unfit::Unknown);
    }
    if !allowed.private && !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(Unfit::Private);
    }
    Ok(Pinned {
        url,
        host,
        addresses,
    })
}

/// Whether an address is one of the public Internet's (IANA's special-purpose registries, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match inner(address) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// Global unicast is 2000::/3; of it documentation, benchmarks, tunnels and protocol assignments are none.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    let special = (first == 0x2001 && (second < 0x200 || second == 0xdb8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    global && !special
}

/// The IPv4 address in an IPv6 one that stands for it: mapped, or by NAT64's well-known prefix.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let nat64 = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
    let octets = (u32::from(high) << 16) | u32::from(low);
    match nat64 {
        true => Some(Ipv4Addr::from(octets)),
        false => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

    use super::*;

    #[test]
    fn what_is_not_of_the_public_internet_is_told_from_what_is() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for other in [
            "127.0.0.1",
            "127.8.9.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }

    #[tokio::test]
    async fn an_address_is_judged_before_it_is_called_however_it_is_written() {
        let strict = Allowed {
            plain_http: true,
            ..Allowed::default()
        };
        for text in [
            "http://127.0.0.1:9/",
            "http://localhost/",
            "http://[::1]/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest",
        ] {
            assert_eq!(
                pinned(text, &strict, &SystemNames).await.unwrap_err(),
                Unfit::Private,
                "{text}"
            );
        }
        let usual = Allowed::default();
        assert_eq!(
            pinned("http://1.1.1.1/", &usual, &SystemNames)
                .await
                .unwrap_err(),
            Unfit::PlainHttp
        );
        for text in ["ftp://1.1.1.1/", "file:///etc/passwd", "no address"] {
            assert_eq!(
                pinned(text, &usual, &SystemNames).await.unwrap_err(),
                Unfit::NoAddress,
                "{text}"
            );
        }
        let open = Allowed {
            private: true,
            ..Allowed::default()
        };
        let found = pinned("https://127.0.0.1:9/hook?x=1", &open, &SystemNames)
            .await
            .unwrap();
        assert_eq!(found.addresses, ["127.0.0.1:9".parse().unwrap()]);
    }
}
