//! The page behind `kyc_url`: it says where to continue, and asks for no key. It looks nothing up, so that
//! it tells nobody whether a session exists.

use axum::http::{HeaderName, header};
use axum::response::Html;
use kiosk_session::SessionId;

use crate::web::path::Id;

/// `GET /kyc/{session_id}`
#[utoipa::path(get, path = "/kyc/{session_id}", operation_id = "show_page", summary = "A page that says where to continue", params(("session_id" = Uuid, Path, description = "The session")), security(()), responses((status = 200, description = "HTML; of any session alike", body = String, content_type = "text/html")))]
pub(super) async fn show(Id(id): Id) -> ([(HeaderName, &'static str); 2], Html<String>) {
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(page(id)))
}

fn page(id: SessionId) -> String {
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Identity verification</title>\n\
         <h1>Identity verification</h1>\n\
         <p>Continue in the app of the service that sent you here, or at its kiosk: \
         have your identity document ready and show this reference.</p>\n\
         <p><code>{id}</code></p>\n\
         <p>Nothing is uploaded on this page.</p>\n\
         </html>\n"
    )
}
