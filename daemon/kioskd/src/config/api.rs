//! `[api]`: where it listens, who may call, how much they may send.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::HeaderName;
use axum::http::header::FORWARDED;
use kiosk_api::auth::{ApiKey, ApiKeys, KeyFault, KeyHash, Permission};
use kiosk_api::limits::Limits;
use kiosk_session::Redacted;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::otp::otp;
use super::reader::Section;
use super::sections::{Named, optional};
use super::{Api, FirstStaff};

const MIB: u64 = 1024 * 1024;

pub(super) fn api(section: Section<'_>, named: &Named) -> Option<Api> {
    let listen = section.address("listen");
    if listen.is_some_and(|address| !address.ip().is_loopback()) {
        section.tell(
            "listen",
            "is open to the network, and the API speaks plain HTTP",
            "listen on 127.0.0.1 or [::1], and put a server that speaks TLS before it",
        );
    }
    let public_url = match section.text_if_any("public_url") {
        Some(url) => http_url(&section, "public_url", url, &["http://", "https://"]),
        None => listen.map(|address| format!("http://{address}")),
    };
    let limits = section
        .section_if_any("limits")
        .map_or_else(|| Some(Limits::default()), limits);
    let keys = api_keys(&section);
    let address_header = address_header(&section);
    let otp = section.section_if_any("otp").map(|inner| otp(inner, named));
    let staff = section.section_if_any("staff").and_then(first_staff);
    section.finish();
    Some(Api {
        listen: listen?,
        public_url: public_url?,
        keys: keys?,
        limits: limits?,
        address_header: address_header?,
        otp: optional(otp)?,
        staff,
    })
}

fn first_staff(section: Section<'_>) -> Option<FirstStaff> {
    const REMEDY: &str = "name the address that the first administrator logs in with";
    let tenant = section.name(
        "tenant",
        "name the tenant whose first administrator is made",
    );
    let email = section.text("admin_email", REMEDY);
    if email.is_some_and(|email| !email.contains('@') || email.contains(char::is_whitespace)) {
        section.tell("admin_email", "is not an e-mail address", REMEDY);
    }
    section.finish();
    Some(FirstStaff {
        tenant: tenant?,
        admin_email: Redacted::new(email?.to_owned()),
    })
}

/// A header that holds bare addresses; `None` where a fault was told.
fn address_header(section: &Section<'_>) -> Option<Option<HeaderName>> {
    let Some(text) = section.text_if_any("address_header") else {
        return Some(None);
    };
    match HeaderName::from_bytes(text.as_bytes()) {
        // RFC 7239 has a grammar of its own.
        Ok(name) if name != FORWARDED => Some(Some(name)),
        _ => {
            section.tell(
                "address_header",
                "is not a header of bare addresses",
                "name the one that your server appends to, e.g. \"X-Forwarded-For\", or leave it out",
            );
            None
        }
    }
}

fn api_keys(section: &Section<'_>) -> Option<ApiKeys> {
    let tables = section.sections("keys");
    if tables.is_empty() {
        section.tell(
            "keys",
            "has no key",
            "add [[api.keys]], or nobody can call the API",
        );
        return None;
    }
    let keys: Vec<Option<ApiKey>> = tables.into_iter().map(api_key).collect();
    let keys: Option<Vec<ApiKey>> = keys.into_iter().collect();
    match ApiKeys::new(keys?) {
        Ok(keys) => Some(keys),
        Err(faults) => {
            for fault in faults {
                let (problem, remedy) = key_fault(&fault);
                section.tell("keys", &problem, remedy);
            }
            None
        }
    }
}

fn key_fault(fault: &KeyFault) -> (String, &'static str) {
    match fault {
        KeyFault::SameName(name) => (
            format!("has two keys named `{name}`"),
            "give each a name of its own",
        ),
        KeyFault::SameKey(one, other) => (
            format!("has one sha256 for `{one}` and `{other}`"),
            "make a new key for one of them",
        ),
    }
}

fn api_key(section: Section<'_>) -> Option<ApiKey> {
    let name = section.name("name", "name the key, for logs");
    let tenant = section.name("tenant", "name the tenant whose sessions it sees");
    let remedy = "take a random key and write what `printf %s KEY | sha256sum` gives";
    let sha256 = section.text("sha256", remedy).and_then(|text| {
        let hash = KeyHash::from_hex(text);
        if hash.is_none() {
            section.tell(
                "sha256",
                "is not a SHA-256 of 64 hexadecimal digits",
                remedy,
            );
        }
        hash
    });
    let all = Permission::NAMED.map(|(_, permission)| permission);
    let permissions = section.choices_or("permissions", &Permission::NAMED, &all);
    let consent = section.text_if_any("consent").map(str::to_owned);
    let rate = section.number("rate_per_minute", 1..=60_000_000, 60);
    let sandbox = section.truth_or("sandbox", false);
    let expires_at = expiry(&section);
    section.finish();
    Some(ApiKey {
        name: name?,
        tenant: tenant?,
        sha256: sha256?,
        permissions: permissions?,
        consent,
        rate_per_minute: NonZeroU32::new(u32::try_from(rate?).ok()?)?,
        sandbox: sandbox?,
        expires_at: expires_at?,
    })
}

/// When a key's time runs out; `None` where a fault was told.
fn expiry(section: &Section<'_>) -> Option<Option<OffsetDateTime>> {
    let Some(text) = section.text_if_any("expires_at") else {
        return Some(None);
    };
    match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(at) => Some(Some(at)),
        Err(_) => {
            section.tell(
                "expires_at",
                "is not a moment",
                "write it as \"2027-01-31T00:00:00Z\", or leave it out",
            );
            None
        }
    }
}

fn limits(section: Section<'_>) -> Option<Limits> {
    let usual = Limits::default();
    let bytes = |key, most, usual: usize| {
        section
            .number(key, 1024..=most, usual as u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    let count = |key, most, usual: usize| {
        section
            .number(key, 1..=most, usual as u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    let json_bytes = bytes("json_bytes", MIB, usual.json_bytes);
    let picture_bytes = bytes("picture_bytes", 256 * MIB, usual.picture_bytes);
    let clip_bytes = bytes("clip_bytes", 1024 * MIB, usual.clip_bytes);
    let clip_files = count("clip_files", 10_000, usual.clip_files);
    let uploads_at_once = count("uploads_at_once", 256, usual.uploads_at_once);
    let rate = |key, usual: NonZeroU32| {
        let rate = section.number(key, 1..=1_000_000, u64::from(usual.get()));
        rate.and_then(|n| NonZeroU32::new(u32::try_from(n).ok()?))
    };
    let connect_per_minute = rate("connect_per_minute", usual.connect_per_minute);
    let logins = rate("connect_logins_per_hour", usual.connect_logins_per_hour);
    let submissions = rate("connect_submissions", usual.connect_submissions);
    let master_per_minute = rate("master_per_minute", usual.master_per_minute);
    let body_time_s = section.number("body_time_s", 1..=600, usual.body_time.as_secs());
    section.finish();
    Some(Limits {
        json_bytes: json_bytes?,
        picture_bytes: picture_bytes?,
        clip_bytes: clip_bytes?,
        clip_files: clip_files?,
        body_time: Duration::from_secs(body_time_s?),
        uploads_at_once: uploads_at_once?,
        connect_per_minute: connect_per_minute?,
        connect_logins_per_hour: logins?,
        connect_submissions: submissions?,
        master_per_minute: master_per_minute?,
    })
}

/// An address that begins with one of `schemes` and names a host, without a slash at its end.
pub(super) fn http_url(
    section: &Section<'_>,
    key: &str,
    text: &str,
    schemes: &[&str],
) -> Option<String> {
    let parsed: Option<axum::http::Uri> = text.parse().ok();
    let host = parsed.as_ref().and_then(|uri| uri.host());
    let scheme = schemes.iter().any(|scheme| text.starts_with(scheme));
    if host.is_none_or(str::is_empty) || !scheme || text.contains('@') {
        let starts = schemes.join(" or ");
        section.tell(
            key,
            "is not an address",
            format!("begin it with {starts} and name a host"),
        );
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}
