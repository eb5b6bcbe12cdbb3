//! A multipart body, read within its bounds: files of known names, short texts, nothing kept of the rest.

use std::time::Duration;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::problem::Problem;

/// Longest text part, in bytes.
const TEXT_BYTES: usize = 256;
/// Most parts of a form beside its files.
const OTHER_PARTS: usize = 16;

/// What an operation takes.
pub(crate) struct Shape {
    /// Names of its texts.
    pub(crate) texts: &'static [&'static str],
    /// Names of its files.
    pub(crate) files: &'static [&'static str],
    /// Largest file, in bytes.
    pub(crate) file_bytes: usize,
    /// Most files.
    pub(crate) most_files: usize,
}

/// A form as it came. It holds its place among the uploads for as long as its files are in memory.
pub(crate) struct Form {
    texts: Vec<(&'static str, String)>,
    files: Vec<(&'static str, Bytes)>,
    _place: OwnedSemaphorePermit,
}

impl Form {
    /// The text named `name`.
    pub(crate) fn text(&self, name: &'static str) -> Result<&str, Problem> {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        let (_, text) =
            found.ok_or_else(|| Problem::validation(format!("Field `{name}` is required")))?;
        Ok(text.as_str())
    }

    /// The text named `name`, which may be absent.
    pub(crate) fn text_if_any(&self, name: &'static str) -> Option<&str> {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// The one file named `name`.
    pub(crate) fn file(&self, name: &'static str) -> Result<Bytes, Problem> {
        self.file_if_any(name)?
            .ok_or_else(|| Problem::validation(format!("File `{name}` is required")))
    }

    /// The one file named `name`, which may be absent.
    pub(crate) fn file_if_any(&self, name: &'static str) -> Result<Option<Bytes>, Problem> {
        let mut found = self.files.iter().filter(|(known, _)| *known == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(Problem::validation(format!(
                "File `{name}` was sent twice; send it once"
            )));
        }
        Ok(first.map(|(_, bytes)| bytes.clone()))
    }

    /// The files named `name` in the order sent.
    pub(crate) fn files_named(&self, name: &'static str) -> Vec<Bytes> {
        let named = self.files.iter().filter(|(known, _)| *known == name);
        named.map(|(_, bytes)| bytes.clone()).collect()
    }

    /// All files in the order sent.
    pub(crate) fn files(&self) -> Vec<Bytes> {
        self.files.iter().map(|(_, bytes)| bytes.clone()).collect()
    }
}

/// Reads a form. A caller that sends it too slowly is told so; while too many uploads are held, it waits.
pub(crate) async fn read(app: &App, request: Request, shape: &Shape) -> Result<Form, Problem> {
    let within = app.settings.limits.body_time;
    let place = place(app, within).await?;
    let reading = tokio::time::timeout(within, parts(request, shape, place));
    reading.await.map_err(|_| Problem::TOO_SLOW)?
}

/// A place among the uploads, for whoever waits no longer than that.
pub(crate) async fn place(app: &App, within: Duration) -> Result<OwnedSemaphorePermit, Problem> {
    let waiting = tokio::time::timeout(within, app.uploads.clone().acquire_owned());
    match waiting.await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(Problem::unavailable("too many uploads at once")),
    }
}

async fn parts(
    request: Request,
    shape: &Shape,
    place: OwnedSemaphorePermit,
) -> Result<Form, Problem> {
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|_| Problem::media_type("multipart/form-data"))?;
    let mut form = Form {
        texts: Vec::new(),
        files: Vec::new(),
        _place: place,
    };
    let mut others = 0;
    while let Some(mut part) = multipart.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if let Some(name) = known(shape.files, &name) {
            if form.files.len() == shape.most_files {
                let most = shape.most_files;
                return Err(Problem::validation(format!(
                    "At most {most} files are taken"
                )));
            }
            let bytes = whole(&mut part, shape.file_bytes).await?;
            if bytes.is_empty() {
                return Err(Problem::unusable(
                    "FILE_EMPTY",
                    "a file is empty; send it again",
                ));
            }
            form.files.push((name, bytes));
            continue;
        }
        others += 1;
        if others > OTHER_PARTS {
            return Err(Problem::validation("The form has too many parts"));
        }
        if let Some(name) = known(shape.texts, &name) {
            let text = text(&mut part, name).await?;
            if form.texts.iter().any(|(known, _)| *known == name) {
                return Err(Problem::validation(format!(
                    "Field `{name}` was sent twice; send it once"
                )));
            }
            form.texts.push((name, text));
        }
    }
    Ok(form)
}

/// The name as the operation knows it; `files[]` is how some clients spell a list.
fn known(names: &'static [&'static str], name: &str) -> Option<&'static str> {
    let name = name.strip_suffix("[]").unwrap_or(name);
    names.iter().copied().find(|known| *known == name)
}

async fn text(part: &mut Field<'_>, name: &'static str) -> Result<String, Problem> {
    let wrong = || {
        Problem::validation(format!(
            "Field `{name}` has to be a text of at most {TEXT_BYTES} bytes"
        ))
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > TEXT_BYTES {
            return Err(wrong());
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    Ok(text.trim().to_owned())
}

async fn whole(part: &mut Field<'_>, most: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > most {
            return Err(Problem::TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "this is the shape that map_err takes"
)]
fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::media_type("multipart/form-data"),
        _ => Problem::BROKEN_BODY,
    }
}
