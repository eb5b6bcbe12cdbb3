//! Same origin: a page that another server gave may not open the preview, whoever's browser it runs in.
//!
//! A browser states the page's origin and cannot be made to lie about it; a page that had our name resolve to this
//! machine (DNS rebinding) still states its own. So both have to be names of ours: the origin, and the host asked.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, Uri, header};

/// The names that this API has.
#[derive(Debug, Clone)]
pub struct Origins(Vec<Origin>);

/// A scheme, a host in small letters, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        Some(Self {
            https,
            host: uri.host()?.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
        })
    }
}

impl Origins {
    /// What the outside calls the API, and where it listens.
    pub fn new(public_url: &str, listen: SocketAddr) -> Self {
        let names = [public_url.to_owned(), format!("http://{listen}")];
        Self(
            names
                .iter()
                .filter_map(|name| Origin::parse(name))
                .collect(),
        )
    }

    /// Whether a request comes from a page of ours: it states exactly one origin and one host, the host is the
    /// origin's, and both are ours.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let (Some(origin), Some(host)) =
            (one(headers, &header::ORIGIN), one(headers, &header::HOST))
        else {
            return false;
        };
        // A path or query behind an origin is none.
        let bare = origin.matches('/').count() == 2 && !origin.contains('?');
        let Some(origin) = Origin::parse(origin).filter(|_| bare) else {
            return false;
        };
        let scheme = if origin.https { "https" } else { "http" };
        let asked = Origin::parse(&format!("{scheme}://{host}"));
        asked.as_ref() == Some(&origin) && self.0.contains(&origin)
    }
}

/// A header that is there exactly once, as text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    all.next().is_none().then(|| first.to_str().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, host: &str) -> bool {
        let ours = Origins::new(
            "https://kiosk.example/kyc",
            "127.0.0.1:9000".parse().unwrap(),
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        ours.allow(&headers)
    }

    #[test]
    fn a_page_of_ours_is_let_in_by_both_of_our_names() {
        assert!(allowed(Some("https://kiosk.example"), "kiosk.example"));
        assert!(allowed(Some("https://kiosk.example"), "Kiosk.example:443"));
        assert!(allowed(Some("http://127.0.0.1:9000"), "127.0.0.1:9000"));
    }

    #[test]
    fn a_foreign_page_is_refused_whatever_host_it_asks() {
        for (origin, host) in [
            (Some("https://evil.example"), "kiosk.example"),
            (Some("https://evil.example"), "evil.example"),
            (Some("http://kiosk.example"), "kiosk.example"),
            (Some("https://kiosk.example:8443"), "kiosk.example:8443"),
            (Some("https://kiosk.example.evil"), "kiosk.example"),
            (Some("https://kiosk.example@evil"), "kiosk.example"),
            (Some("https://kiosk.example/x"), "kiosk.example"),
            (Some("http://127.0.0.1:9000"), "kiosk.example"),
            (Some("null"), "kiosk.example"),
            (Some(""), "kiosk.example"),
            (None, "kiosk.example"),
            (None, "127.0.0.1:9000"),
        ] {
            assert!(!allowed(origin, host), "{origin:?} {host}");
        }
    }

    #[test]
    fn two_origins_are_none() {
        let ours = Origins::new("http://127.0.0.1:9000", "127.0.0.1:9000".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:9000".parse().unwrap());
        for _ in 0..2 {
            headers.append(header::ORIGIN, "http://127.0.0.1:9000".parse().unwrap());
        }
        assert!(!ours.allow(&headers));
    }
}
