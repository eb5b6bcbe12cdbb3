//! A store that speaks as much of S3 as evidence needs, in memory. It computes each request's signature
//! (AWS Signature Version 4, header form) by itself and refuses what does not fit.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use kiosk_central::BucketConfig;
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

const KEY_ID: &str = "central";
const SECRET: &str = "a secret of forty letters, or about that";

#[derive(Default)]
struct Shelf {
    objects: Mutex<BTreeMap<String, Bytes>>,
    refused: Mutex<usize>,
}

pub struct S3 {
    addr: SocketAddr,
    shelf: Arc<Shelf>,
    server: JoinHandle<()>,
}

impl S3 {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shelf = Arc::new(Shelf::default());
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shelf));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            addr,
            shelf,
            server,
        }
    }

    /// The configuration of a client with this secret, or the right one.
    pub fn config(&self, folder: &std::path::Path, secret: Option<&str>) -> BucketConfig {
        let file = folder.join("s3.key");
        kiosk_pki::write_secret(&file, secret.unwrap_or(SECRET).as_bytes()).unwrap();
        BucketConfig {
            endpoint: format!("http://{}", self.addr),
            bucket: "evidence".into(),
            region: "eu-central-1".into(),
            access_key_id: KEY_ID.into(),
            secret_key_file: file,
            authority: None,
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.shelf.objects.lock().unwrap().keys().cloned().collect()
    }

    pub fn object(&self, name: &str) -> Bytes {
        self.shelf.objects.lock().unwrap()[name].clone()
    }

    pub fn refused(&self) -> usize {
        *self.shelf.refused.lock().unwrap()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(shelf): State<Arc<Shelf>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_signed(&method, &uri, &headers, &body) {
        *shelf.refused.lock().unwrap() += 1;
        let why = "<Error><Code>SignatureDoesNotMatch</Code></Error>";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let name = uri.path().trim_start_matches("/evidence/").to_owned();
    let mut objects = shelf.objects.lock().unwrap();
    match method {
        Method::PUT => {
            objects.insert(name, body);
            ([("etag", "\"1\"")], "").into_response()
        }
        Method::DELETE => {
            objects.remove(&name);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => match objects.get(&name) {
            Some(bytes) => {
                let head = [
                    ("etag", "\"1\""),
                    ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
                ];
                (head, bytes.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// "Create a signed AWS API request", AWS IAM User Guide.
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    let authorization = text("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name)?;
        rest.split(',').next().map(str::trim)
    };
    let (Some(scope), Some(signed), Some(signature)) = (
        part("Credential="),
        part("SignedHeaders="),
        part("Signature="),
    ) else {
        return false;
    };
    let payload = text("x-amz-content-sha256");
    if payload != "UNSIGNED-PAYLOAD" && payload != hex::encode(Sha256::digest(body)) {
        return false;
    }
    let mut query: Vec<&str> = uri
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|one| !one.is_empty())
        .collect();
    query.sort_unstable();
    let named: String = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", text(name).trim()))
        .collect();
    let canonical = format!(
        "{method}\n{}\n{}\n{named}\n{signed}\n{payload}",
        uri.path(),
        query.join("&")
    );
    let scope: Vec<&str> = scope.split('/').collect();
    let [KEY_ID, day, region, service, last] = scope[..] else {
        return false;
    };
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{day}/{region}/{service}/{last}\n{}",
        text("x-amz-date"),
        hex::encode(Sha256::digest(&canonical))
    );
    let key = [day, region, service, last]
        .iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| {
            mac(&key, part)
        });
    hex::encode(mac(&key, &to_sign)) == signature
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
