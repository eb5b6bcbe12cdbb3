//! `kioskctl block`: the block list of the kiosk that runs, over its control socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Failed;
use super::output::Output;

/// A picture is looked at within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Faces that the kiosk must not let in.
#[derive(Debug, Subcommand)]
pub enum Block {
    /// Puts the nearest face of a picture on the list.
    Add {
        /// The entry's name: a-z, 0-9, `-` and `_`. It says whose case it is, and is no person's name.
        name: String,
        /// A JPEG, PNG, WebP or BMP.
        picture: PathBuf,
        /// Where the kiosk is reached.
        #[command(flatten)]
        at: Socket,
    },
    /// Takes an entry off the list.
    Remove {
        /// The entry's name.
        name: String,
        /// Where the kiosk is reached.
        #[command(flatten)]
        at: Socket,
    },
    /// Prints the entries' names.
    List {
        /// Where the kiosk is reached.
        #[command(flatten)]
        at: Socket,
    },
}

/// The socket of a kiosk that runs.
#[derive(Debug, Args)]
pub struct Socket {
    /// `[control] socket` of its config.
    #[arg(long, default_value = "/run/kioskd/control.sock")]
    socket: PathBuf,
}

/// Runs the command.
pub fn run(args: &Block) -> Result<(), Failed> {
    let (at, method, path, body) = match args {
        Block::Add { name, picture, at } => {
            let bytes = std::fs::read(picture).map_err(|error| {
                Failed::Usage(format!("{} can't be read: {error}", picture.display()))
            })?;
            let body = json!({ "name": name, "picture": STANDARD.encode(bytes) });
            (
                at,
                Method::POST,
                "/v1/block-list".to_owned(),
                body.to_string(),
            )
        }
        Block::Remove { name, at } => {
            let path = format!("/v1/block-list/{name}");
            (at, Method::DELETE, path, String::new())
        }
        Block::List { at } => (at, Method::GET, "/v1/block-list".to_owned(), String::new()),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(Failed::work)?;
    // A time limit is made within a runtime.
    let _inside = runtime.enter();
    let asked = tokio::time::timeout(ANSWER_WITHIN, ask(&at.socket, method, &path, body));
    let names: Vec<String> = runtime
        .block_on(asked)
        .map_err(|_| Failed::Work(format!("no answer in {ANSWER_WITHIN:?}")))??;
    let mut output = Output::new();
    names.iter().try_for_each(|name| output.line(name))
}

/// Calls the kiosk that runs; gives what it answers.
pub(super) async fn ask<T: DeserializeOwned>(
    socket: &Path,
    method: Method,
    path: &str,
    body: String,
) -> Result<T, Failed> {
    let stream = tokio::net::UnixStream::connect(socket)
        .await
        .map_err(|error| {
            let socket = socket.display();
            Failed::Work(format!(
                "no kiosk answers at {socket} ({error}); start kioskd, or name its socket with --socket"
            ))
        })?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(Failed::work)?;
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "kiosk")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(Failed::usage)?;
    let answer = sender.send_request(request).await.map_err(Failed::work)?;
    let right = answer.status().is_success();
    let told = answer.into_body().collect().await.map_err(Failed::work)?;
    drop(sender);
    driver.abort();
    let told: Value = serde_json::from_slice(&told.to_bytes()).map_err(Failed::work)?;
    if !right {
        let why = told["detail"].as_str().unwrap_or("the kiosk refused it");
        return Err(Failed::Work(why.to_owned()));
    }
    serde_json::from_value(told).map_err(Failed::work)
}
