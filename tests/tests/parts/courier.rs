//! One-time codes on their way out: a real SMTP conversation in clear, by TLS and by STARTTLS, and a real gateway for text
//! messages; and what is told where a server is away, silent, refuses, or is not to be trusted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kiosk_api::courier::{Channel, Courier, Letter, Undelivered};
use kiosk_session::Redacted;
use kiosk_tests::mailbox::{Mailbox, Manners, Speaks, code_in, tls};
use kiosk_tests::rig::free_port;
use kioskd::config::{MailLogin, MailServer, MailTls, Otp, Secret, SmsGateway};
use kioskd::courier::codes;
use serde_json::{Value, json};

fn server(port: u16, tls: MailTls) -> MailServer {
    MailServer {
        server: "localhost".into(),
        port,
        tls,
        from: "Kiosk <kiosk@example.com>".parse().unwrap(),
        login: None,
        ca: None,
    }
}

fn by_mail(server: MailServer) -> Arc<dyn Courier> {
    let wanted = Otp {
        required: true,
        email: Some(server),
        sms: None,
    };
    codes(&wanted).unwrap().courier
}

fn by_sms(gateway: SmsGateway) -> Arc<dyn Courier> {
    let wanted = Otp {
        required: false,
        email: None,
        sms: Some(gateway),
    };
    codes(&wanted).unwrap().courier
}

fn letter(channel: Channel, to: &str) -> Letter {
    Letter {
        channel,
        to: Redacted::new(to.to_owned()),
        subject: "Your verification code",
        text: Redacted::new("Your verification code is 123456.\n".to_owned()),
    }
}

async fn mailed(courier: &Arc<dyn Courier>) -> Result<(), Undelivered> {
    courier
        .carry(letter(Channel::Email, "john@example.org"))
        .await
}

/// What the server heard has sender, recipient and the letter.
fn is_whole(heard: &[String]) {
    let has = |wanted: &str| assert!(heard.iter().any(|line| line == wanted), "{heard:?}");
    has("MAIL FROM:<kiosk@example.com>");
    has("RCPT TO:<john@example.org>");
    has("To: john@example.org");
    has("Subject: Your verification code");
    has("Your verification code is 123456.");
}

/// A server's certificate for `localhost`, and the authority that signed it.
fn certificate(folder: &Path) -> kiosk_pki::SetPaths {
    let set = kiosk_pki::DemoSet {
        tenant: "demo",
        kiosks: &[],
        hosts: &["localhost"],
        validity: kiosk_pki::Validity::days(kiosk_tests::now(), 2),
    };
    kiosk_pki::write_demo_set(folder, &set).unwrap()
}

#[tokio::test]
async fn a_letter_goes_to_a_server_on_this_machine() {
    let mailbox = Mailbox::open(Manners::default()).await.unwrap();
    let courier = by_mail(server(mailbox.port(), MailTls::InClear));
    assert!(courier.goes_by(Channel::Email) && !courier.goes_by(Channel::Sms));
    mailed(&courier).await.unwrap();
    let heard = mailbox.letter().await.unwrap();
    is_whole(&heard);
    let said = heard.iter().find(|line| line.contains("code is"));
    assert_eq!(code_in(said.unwrap()).unwrap(), "123456");
}

#[tokio::test]
async fn a_letter_goes_by_tls_and_by_starttls_with_a_login_and_only_to_a_server_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let paths = certificate(folder.path());
    let config = tls(&paths.central.certificate, &paths.central.key).unwrap();
    let password = folder.path().join("password");
    kiosk_pki::write_secret(&password, b"open sesame\n").unwrap();
    for (speaks, tls) in [
        (Speaks::Tls(Arc::clone(&config)), MailTls::FromTheStart),
        (Speaks::StartTls(config), MailTls::StartTls),
    ] {
        let manners = Manners {
            speaks,
            wants_login: true,
            ..Manners::default()
        };
        let mailbox = Mailbox::open(manners).await.unwrap();
        let untrusted = by_mail(server(mailbox.port(), tls));
        assert_eq!(mailed(&untrusted).await, Err(Undelivered::Failed));
        mailbox.empty();
        let login = MailLogin {
            user: "kiosk".into(),
            password: Secret::File(password.clone()),
        };
        let courier = by_mail(MailServer {
            login: Some(login),
            ca: Some(paths.authority.clone()),
            ..server(mailbox.port(), tls)
        });
        mailed(&courier).await.unwrap();
        let heard = mailbox.letter().await.unwrap();
        is_whole(&heard);
        let told = BASE64_STANDARD.encode("\0kiosk\0open sesame");
        assert!(heard.contains(&format!("AUTH PLAIN {told}")), "{heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_offers_no_starttls_hears_nothing_of_a_letter() {
    let mailbox = Mailbox::open(Manners::default()).await.unwrap();
    let courier = by_mail(server(mailbox.port(), MailTls::StartTls));
    assert_eq!(mailed(&courier).await, Err(Undelivered::Failed));
    let heard = mailbox.letter().await.unwrap();
    assert!(
        !heard.iter().any(|line| line.contains("example.org")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn what_a_server_refuses_is_told_by_whose_fault_it_is() {
    for (says, why) in [
        ("550 nobody is here", Undelivered::Address),
        ("553 no such name", Undelivered::Address),
        ("450 come again", Undelivered::Failed),
        ("554 no relaying", Undelivered::Failed),
    ] {
        let manners = Manners {
            to_recipient: Some(says),
            ..Manners::default()
        };
        let mailbox = Mailbox::open(manners).await.unwrap();
        let courier = by_mail(server(mailbox.port(), MailTls::InClear));
        assert_eq!(mailed(&courier).await, Err(why), "{says}");
    }
    let login = Manners {
        wants_login: true,
        ..Manners::default()
    };
    let mailbox = Mailbox::open(login).await.unwrap();
    let courier = by_mail(server(mailbox.port(), MailTls::InClear));
    assert_eq!(mailed(&courier).await, Err(Undelivered::Failed));
    let odd = letter(Channel::Email, "john@@example.org");
    assert_eq!(courier.carry(odd).await, Err(Undelivered::Address));
}

#[tokio::test]
async fn a_server_that_is_away_fails_at_once() {
    let courier = by_mail(server(free_port().unwrap(), MailTls::InClear));
    assert_eq!(mailed(&courier).await, Err(Undelivered::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_fails_in_its_time() {
    let manners = Manners {
        is_silent: true,
        ..Manners::default()
    };
    let mailbox = Mailbox::open(manners).await.unwrap();
    let courier = by_mail(server(mailbox.port(), MailTls::InClear));
    let began = tokio::time::Instant::now();
    assert_eq!(mailed(&courier).await, Err(Undelivered::Failed));
    assert!(began.elapsed() <= Duration::from_secs(16));
}

/// A gateway that keeps what it is posted: its answer by the path, its headers and its body.
async fn gateway() -> (String, Arc<Mutex<Vec<(HeaderMap, Value)>>>) {
    let kept = Arc::<Mutex<Vec<(HeaderMap, Value)>>>::default();
    let mut router = Router::new().route("/moved", post(async || Redirect::temporary("/200")));
    for status in [200_u16, 202, 404, 422, 401, 500] {
        let kept = Arc::clone(&kept);
        let handler = async move |headers: HeaderMap, body: String| {
            let body = serde_json::from_str(&body).unwrap();
            kept.lock().unwrap().push((headers, body));
            StatusCode::from_u16(status).unwrap()
        };
        router = router.route(&format!("/{status}"), post(handler));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (_running, stop) = tokio::sync::watch::channel(false);
        let listener = kioskd::serve::Listener::Tcp(listener);
        kioskd::serve::serve(listener, router, stop).await;
    });
    (format!("http://{address}"), kept)
}

#[tokio::test]
async fn a_text_message_is_posted_to_the_gateway_with_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    kiosk_pki::write_secret(&token, b"gateway-token").unwrap();
    let (url, kept) = gateway().await;
    let courier = by_sms(SmsGateway {
        url: format!("{url}/202"),
        token: Some(Secret::File(token)),
    });
    assert!(courier.goes_by(Channel::Sms) && !courier.goes_by(Channel::Email));
    let message = letter(Channel::Sms, "+4722000000");
    courier.carry(message).await.unwrap();
    let kept = kept.lock().unwrap();
    let (headers, body) = &kept[0];
    assert_eq!(headers["authorization"], "Bearer gateway-token");
    assert_eq!(
        *body,
        json!({"to": "+4722000000", "text": "Your verification code is 123456."})
    );
}

#[tokio::test]
async fn what_a_gateway_refuses_is_told_by_whose_fault_it_is_and_redirects_are_not_followed() {
    let (url, kept) = gateway().await;
    for (path, told) in [
        ("200", Ok(())),
        ("404", Err(Undelivered::Address)),
        ("422", Err(Undelivered::Address)),
        ("401", Err(Undelivered::Failed)),
        ("500", Err(Undelivered::Failed)),
        ("moved", Err(Undelivered::Failed)),
    ] {
        let courier = by_sms(SmsGateway {
            url: format!("{url}/{path}"),
            token: None,
        });
        let carried = courier.carry(letter(Channel::Sms, "+4722000000")).await;
        assert_eq!(carried, told, "{path}");
    }
    let messages = kept.lock().unwrap().len();
    assert_eq!(messages, 5, "one for each but the redirect");
    let away = by_sms(SmsGateway {
        url: format!("http://127.0.0.1:{}/", free_port().unwrap()),
        token: None,
    });
    let carried = away.carry(letter(Channel::Sms, "+4722000000")).await;
    assert_eq!(carried, Err(Undelivered::Failed));
}

#[test]
fn a_secret_that_is_open_to_others_or_empty_is_refused_before_start() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    let made = |token: &Path| {
        let gateway = SmsGateway {
            url: "http://127.0.0.1:1/".into(),
            token: Some(Secret::File(token.to_owned())),
        };
        let wanted = Otp {
            required: true,
            email: None,
            sms: Some(gateway),
        };
        codes(&wanted).map(|_| ())
    };
    std::fs::write(&token, "gateway-token").unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = format!("{:#}", made(&token).unwrap_err());
    assert!(
        told.contains("[api.otp.sms]") && !told.contains("gateway-token"),
        "{told}"
    );
    kiosk_pki::write_secret(&token, b"\n").unwrap();
    let told = format!("{:#}", made(&token).unwrap_err());
    assert!(told.contains("empty"), "{told}");
    kiosk_pki::write_secret(&token, b"gateway-token\n").unwrap();
    made(&token).unwrap();
}
