//! Who may open a WebSocket, and what is seen over it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use kiosk_api::auth::KeyHash;
use kiosk_api::service::Caller;
use kiosk_session::SessionId;
use kiosk_tests::preview::{Habit, Told};
use kioskd::preview::{Origins, Sessions, Tokens, WebPreview};
use kioskd::serve::{Listener, bind_tcp, serve};
use kioskd::station::Place;
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::{Kiosk, never, session};

const STAFF: &str = "staff0123456789abcdef0123456789abcdef";
const SOON: Duration = Duration::from_secs(20);

/// The sessions that are open, at the time 0.
#[derive(Default)]
struct Register(Mutex<HashSet<SessionId>>);

#[async_trait]
impl Sessions for Register {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }

    async fn is_open(&self, caller: &Caller, session: SessionId) -> bool {
        caller.tenant == "demo" && self.0.lock().unwrap().contains(&session)
    }
}

struct Web {
    kiosk: Kiosk,
    address: SocketAddr,
    tokens: Arc<Tokens>,
    register: Arc<Register>,
}

pub type Viewer = WebSocketStream<TcpStream>;

/// How a viewer introduces itself.
#[derive(Clone)]
pub struct Asking {
    pub path: String,
    pub origin: Option<String>,
    pub host: Option<String>,
    pub token: Option<String>,
}

impl Web {
    fn new(folder: &std::path::Path) -> Self {
        let kiosk = Kiosk::new(folder);
        let tokens = Arc::new(Tokens::new(Some(KeyHash::of(STAFF.as_bytes()))));
        let register = Arc::new(Register::default());
        let _entered = kiosk.runtime.enter();
        let listener = bind_tcp("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let web = WebPreview {
            previews: kiosk.previews.clone(),
            tokens: Arc::clone(&tokens),
            origins: Origins::new("https://kiosk.example", address),
            sessions: Arc::clone(&register) as Arc<dyn Sessions>,
            stop: kiosk.stop.subscribe(),
        };
        let stop = kiosk.stop.subscribe();
        kiosk
            .runtime
            .spawn(serve(Listener::Tcp(listener), web.router(), stop));
        drop(_entered);
        Self {
            kiosk,
            address,
            tokens,
            register,
        }
    }

    /// Opens a session and gives its token.
    fn token(&self, session: SessionId) -> String {
        self.register.0.lock().unwrap().insert(session);
        let caller = Caller::new("demo", "test");
        let now = OffsetDateTime::UNIX_EPOCH;
        let until = now + Duration::from_secs(600);
        self.tokens.mint(session, &caller, (now, until)).unwrap()
    }

    fn asking(&self, session: &str, token: &str) -> Asking {
        Asking {
            path: format!("/preview/{session}/face"),
            origin: Some(format!("http://{}", self.address)),
            host: None,
            token: Some(token.to_owned()),
        }
    }

    async fn open(&self, asking: &Asking) -> Result<Viewer, (u16, String)> {
        dial(self.address, asking).await
    }

    async fn refusal(&self, asking: &Asking) -> (u16, String) {
        self.open(asking).await.expect_err("it has to be refused")
    }
}

/// Opens a WebSocket, or gives the status and code of the refusal.
pub async fn dial(address: SocketAddr, asking: &Asking) -> Result<Viewer, (u16, String)> {
    let url = format!("ws://{}{}", address, asking.path);
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    if let Some(origin) = &asking.origin {
        headers.insert("origin", origin.parse().unwrap());
    }
    if let Some(host) = &asking.host {
        headers.insert("host", host.parse().unwrap());
    }
    let token = asking.token.iter().map(|token| format!(", token.{token}"));
    let offered: String = std::iter::once("kiosk.preview.v1".to_owned())
        .chain(token)
        .collect();
    headers.insert("sec-websocket-protocol", offered.parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    match client_async(request, stream).await {
        Ok((viewer, answer)) => {
            let chosen = &answer.headers()["sec-websocket-protocol"];
            assert_eq!(chosen, "kiosk.preview.v1", "the token is not sent back");
            Ok(viewer)
        }
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let code = body["code"].as_str().unwrap_or_default().to_owned();
            Err((answer.status().as_u16(), code))
        }
        Err(error) => panic!("{error}"),
    }
}

pub async fn next(viewer: &mut Viewer) -> Result<Told, Option<CloseFrame>> {
    loop {
        let message = tokio::time::timeout(SOON, viewer.next()).await.unwrap();
        match message {
            Some(Ok(Message::Binary(bytes))) => return Ok(Told::parse(&bytes).unwrap()),
            Some(Ok(Message::Close(why))) => return Err(why),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

#[test]
fn a_viewer_without_a_token_from_a_foreign_page_or_with_another_sessions_token_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(folder.path());
    let (own, other) = (web.token(session(1)), web.token(session(2)));
    let name = session(1).to_string();
    let good = web.asking(&name, &own);
    web.kiosk.runtime.block_on(async {
        let with = |change: &dyn Fn(&mut Asking)| {
            let mut asking = good.clone();
            change(&mut asking);
            asking
        };
        let cases: [(&str, u16, &str, Asking); 11] = [
            ("no token", 401, "TOKEN_MISSING", with(&|a| a.token = None)),
            (
                "empty token",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.token = Some(String::new())),
            ),
            (
                "another session's",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.token = Some(other.clone())),
            ),
            (
                "one letter wrong",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.token = Some(own.replacen(&own[..1], "x", 1))),
            ),
            (
                "no such session",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.path = format!("/preview/{}/face", session(3))),
            ),
            (
                "no session",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.path = "/preview/1/face".into()),
            ),
            (
                "whatever is on, as a session",
                401,
                "TOKEN_REFUSED",
                with(&|a| a.path = "/preview/current/face".into()),
            ),
            (
                "no origin",
                403,
                "FOREIGN_ORIGIN",
                with(&|a| a.origin = None),
            ),
            (
                "a foreign page",
                403,
                "FOREIGN_ORIGIN",
                with(&|a| a.origin = Some("https://evil.example".into())),
            ),
            (
                "a name that was made ours",
                403,
                "FOREIGN_ORIGIN",
                with(&|a| {
                    a.origin = Some("http://evil.example".into());
                    a.host = Some("evil.example".into());
                }),
            ),
            (
                "no such place",
                404,
                "NO_SUCH_PLACE",
                with(&|a| a.path = format!("/preview/{name}/back")),
            ),
        ];
        for (what, status, code, asking) in cases {
            assert_eq!(
                web.refusal(&asking).await,
                (status, code.to_owned()),
                "{what}"
            );
        }
        web.register.0.lock().unwrap().remove(&session(1));
        assert_eq!(web.refusal(&good).await.0, 401, "its session is over");
    });
}

#[test]
fn a_sessions_viewer_sees_its_session_alone_and_staff_whatever_is_on() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(folder.path());
    let (own, other) = (web.token(session(1)), web.token(session(2)));
    let feed = web.kiosk.feed_of(
        session(1),
        Place::Face,
        web.kiosk.camera(Habit::EndsAfter(300)),
        never(),
    );
    web.kiosk.runtime.block_on(async {
        let mut own = web
            .open(&web.asking(&session(1).to_string(), &own))
            .await
            .unwrap();
        let mut other = web
            .open(&web.asking(&session(2).to_string(), &other))
            .await
            .unwrap();
        let mut staff = web.open(&web.asking("current", STAFF)).await.unwrap();
        for viewer in [&mut own, &mut staff] {
            let told = loop {
                let told = next(viewer).await.unwrap();
                if told.sequence().is_some() {
                    break told;
                }
            };
            assert!(told.picture.starts_with(&[0xFF, 0xD8]));
            assert_eq!(
                (told.head["width"].as_u64(), told.head["place"].as_str()),
                (Some(320), Some("face"))
            );
        }
        assert_eq!(next(&mut other).await.unwrap().state(), Some("idle"));
        let more = tokio::time::timeout(Duration::from_millis(500), other.next()).await;
        assert!(more.is_err(), "another session's frames are not seen");

        web.register.0.lock().unwrap().remove(&session(1));
        let why = loop {
            if let Err(why) = next(&mut own).await {
                break why;
            }
        };
        assert_eq!(u16::from(why.unwrap().code), 1008, "its session is over");
        web.kiosk.stop.send_replace(true);
        let why = loop {
            if let Err(why) = next(&mut staff).await {
                break why;
            }
        };
        assert_eq!(u16::from(why.unwrap().code), 1001, "the kiosk stops");
    });
    drop(feed);
}

#[test]
fn one_viewer_too_many_is_refused_until_another_goes() {
    let folder = tempfile::tempdir().unwrap();
    let web = Web::new(folder.path());
    let asking = web.asking("current", STAFF);
    web.kiosk.runtime.block_on(async {
        let mut viewers = Vec::new();
        let full = loop {
            match web.open(&asking).await {
                Ok(viewer) => viewers.push(viewer),
                Err(refused) => break refused,
            }
        };
        assert_eq!((full.0, viewers.len()), (503, 32));
        viewers.pop();
        let mut tries = 0;
        while web.open(&asking).await.is_err() {
            tries += 1;
            assert!(tries < 100, "a viewer that went makes room");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}
