//! `[api.otp]`: what carries one-time codes. There is no default server, and no default secret.

use std::net::IpAddr;
use std::path::PathBuf;

use super::Secret;
use super::api::http_url;
use super::reader::Section;
use super::sections::{Named, file, secret};

/// What carries one-time codes; at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otp {
    /// Whether nothing is captured of a Master EKYC applicant before a code came back.
    pub required: bool,
    /// By mail.
    pub email: Option<MailServer>,
    /// By text message.
    pub sms: Option<SmsGateway>,
}

/// A server that takes mail by SMTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its host, as its certificate names it.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// From when on TLS is spoken.
    pub tls: MailTls,
    /// Whom mail comes from.
    pub from: lettre::message::Mailbox,
    /// Absent where the server asks for none.
    pub login: Option<MailLogin>,
    /// Certificate of the authority that signed the server's, PEM, beside those that this machine trusts.
    pub ca: Option<PathBuf>,
}

/// From when on TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (RFC 8314).
    FromTheStart,
    /// From STARTTLS on, which the server has to offer (RFC 3207).
    StartTls,
    /// Never: this machine's own server alone.
    InClear,
}

/// Who the mail server is told that we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLogin {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A gateway that sends text messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsGateway {
    /// What is posted to: `https://`, or `http://` on this machine.
    pub url: String,
    /// Bearer token; absent where the gateway asks for none.
    pub token: Option<Secret>,
}

const TLS: [(&str, MailTls); 3] = [
    ("always", MailTls::FromTheStart),
    ("starttls", MailTls::StartTls),
    ("none", MailTls::InClear),
];

pub(super) fn otp(section: Section<'_>, named: &Named) -> Option<Otp> {
    let required = section.truth_or("required", true);
    let email = section
        .section_if_any("email")
        .map(|inner| mail(inner, named));
    let sms = section
        .section_if_any("sms")
        .map(|inner| gateway(inner, named));
    if email.is_none() && sms.is_none() {
        section.tell(
            "email",
            "and `sms` are missing",
            "add [api.otp.email] or [api.otp.sms], or remove [api.otp]: then no codes are sent",
        );
        return None;
    }
    section.finish();
    Some(Otp {
        required: required?,
        email: super::sections::optional(email)?,
        sms: super::sections::optional(sms)?,
    })
}

fn mail(section: Section<'_>, named: &Named) -> Option<MailServer> {
    let server = section.text("server", "name the host that takes your mail");
    let tls = section.choice_or("tls", &TLS, MailTls::FromTheStart);
    if tls == Some(MailTls::InClear) && server.is_some_and(|server| !is_loopback(server)) {
        section.tell(
            "tls",
            "is none, and the server is another machine",
            "set it to \"always\" or \"starttls\"; only a server on 127.0.0.1, ::1 or localhost may be spoken to in clear",
        );
    }
    let usual = match tls {
        Some(MailTls::StartTls) => 587,
        Some(MailTls::InClear) => 25,
        _ => 465,
    };
    let port = section.number("port", 1..=65_535, usual);
    let remedy = "write whom mail comes from, e.g. \"Kiosk <kiosk@example.com>\"";
    let from = section.text("from", remedy).and_then(|text| {
        let from = text.parse().ok();
        if from.is_none() {
            section.tell("from", "is not a mail address", remedy);
        }
        from
    });
    let login = login(&section, named);
    let remedy =
        "name the PEM file of the authority that signed the server's certificate, or leave it out";
    let ca = match section.text_if_any("ca") {
        Some(_) => Some(file(&section, named, "ca", remedy)?),
        None => None,
    };
    section.finish();
    Some(MailServer {
        server: server?.to_owned(),
        port: u16::try_from(port?).ok()?,
        tls: tls?,
        from: from?,
        login: login?,
        ca,
    })
}

/// Both halves, or neither.
fn login(section: &Section<'_>, named: &Named) -> Option<Option<MailLogin>> {
    let user = section.text_if_any("user");
    let password = password(section, named, "password");
    match (user, password) {
        (None, None) => Some(None),
        (Some(user), Some(password)) => Some(Some(MailLogin {
            user: user.to_owned(),
            password: password?,
        })),
        (user, _) => {
            let (there, missing) = match user {
                Some(_) => ("user", "password"),
                None => ("password", "user"),
            };
            section.tell(
                there,
                &format!("stands without `{missing}`"),
                "give both, or neither where the server asks for none",
            );
            None
        }
    }
}

/// A secret that may be absent; `Some(None)` where it is there and wrong, which was told.
fn password(section: &Section<'_>, named: &Named, key: &'static str) -> Option<Option<Secret>> {
    section.text_if_any(key)?;
    let remedy = "name a file of mode 0600 that holds it, or \"credential:NAME\"";
    Some(secret(section, named, key, remedy, remedy))
}

fn gateway(section: Section<'_>, named: &Named) -> Option<SmsGateway> {
    let remedy = "name the gateway's address, e.g. \"https://sms.example/send\"";
    let url = section.text("url", remedy).and_then(|url| {
        let of_this_machine = url
            .parse::<axum::http::Uri>()
            .is_ok_and(|uri| uri.host().is_some_and(is_loopback));
        let schemes: &[&str] = match of_this_machine {
            true => &["https://", "http://"],
            false => &["https://"],
        };
        http_url(&section, "url", url, schemes)
    });
    let token = password(&section, named, "token");
    section.finish();
    Some(SmsGateway {
        url: url?,
        token: match token {
            None => None,
            Some(right) => Some(right?),
        },
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    bare == "localhost" || address.is_some_and(|address| address.is_loopback())
}
