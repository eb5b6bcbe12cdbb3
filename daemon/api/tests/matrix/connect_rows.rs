//! KYConnect's rows: scopes of people and machines.

use serde_json::json;

use super::common::Part;
use super::rows::{self, About, Row, Sent, nothing, row};

const OPEN: About = About::Public("by the document");
const LETS_IN: About = About::Public("it is where one comes in; tried on its own below");
const SESSION: About = About::One("session");
const USER: About = About::One("user");
const INVITATION: About = About::One("invitation");
const KEY: About = About::One("key");
/// A person's own: their login, their password, their second factor.
const PERSON: &[&str] = &["person"];
const ONBOARDING: &[&str] = &["onboarding:read"];
const ONBOARDS: &[&str] = &["onboarding:write"];
const VERIFICATION: &[&str] = &["verification:read"];
const VERIFIES: &[&str] = &["verification:write"];
const AML: &[&str] = &["aml:read"];
const EXCEPTS: &[&str] = &["aml:write"];
const AUDIT: &[&str] = &["audit:read"];
const USERS: &[&str] = &["users:read"];
const MANAGES: &[&str] = &["users:write"];
const KEYS: &[&str] = &["api-keys:read"];
const MAKES: &[&str] = &["api-keys:write"];

/// A body that every operation finds its fields in, and that changes nothing for good.
fn whole(id: &str) -> Sent {
    rows::json(&json!({
        "session_id": id, "file": "selfie", "text_version": "terms-1", "active": true,
        "reference": "customer-1", "name": "core", "scopes": ["audit:read"],
        "entry": "user:x1", "note": "another person",
        "current_password": "not this one at all", "new_password": "not this one either",
        "mfa_code": "000000", "password": "not this one at all",
    }))
}

fn document(_: &str) -> Sent {
    rows::form(&[
        Part::File("file", b"passport.jpg"),
        Part::Text("document_type", "passport"),
        Part::Text("country_code", "US"),
    ])
}

fn selfie(_: &str) -> Sent {
    rows::form(&[Part::File("file", b"selfie.jpg")])
}

fn clip(_: &str) -> Sent {
    rows::form(&[
        Part::Text("challenge_id", "chl_1"),
        Part::File("files", b"frame"),
    ])
}

pub const ROWS: &[Row] = &[
    row("POST /api/v1/auth/login", &[], LETS_IN, nothing),
    row("POST /api/v1/auth/refresh", &[], LETS_IN, nothing),
    row("POST /api/v1/auth/forgot-password", &[], LETS_IN, nothing),
    row("POST /api/v1/auth/reset-password", &[], LETS_IN, nothing),
    row(
        "POST /api/v1/users/invitations/accept",
        &[],
        LETS_IN,
        nothing,
    ),
    row(
        "GET /api/v1/storage/files/{link}",
        &[],
        About::Public("the address is the credential; tried on its own below"),
        nothing,
    ),
    row("GET /api/v1/health", &[], OPEN, nothing),
    row("GET /api/v1/health/live", &[], OPEN, nothing),
    row("GET /api/v1/health/ready", &[], OPEN, nothing),
    row("GET /api/v1/health/postman-collection", &[], OPEN, nothing),
    row("GET /api/v1/auth/me", &["anybody"], About::Own, nothing),
    row("POST /api/v1/auth/mfa/setup", PERSON, About::Own, whole),
    row("POST /api/v1/auth/mfa/enable", PERSON, About::Own, whole),
    row("GET /api/v1/api-keys", KEYS, About::All, nothing),
    row("POST /api/v1/api-keys", MAKES, About::Own, whole),
    row("GET /api/v1/users", USERS, About::All, nothing),
    row("GET /api/v1/users/invitations", USERS, About::All, nothing),
    row("POST /api/v1/users/invitations", MANAGES, About::Own, whole),
    row("GET /api/v1/users/{id}", USERS, USER, nothing),
    row("PATCH /api/v1/users/{id}", MANAGES, USER, whole),
    row("GET /api/v1/audit", AUDIT, About::All, nothing),
    // It tells the length of the one log that all tenants share (decision 0013), and of what is in it the own entries alone.
    row("GET /api/v1/audit/verify", AUDIT, About::Own, nothing),
    row("GET /api/v1/audit/export", AUDIT, About::All, nothing),
    row("GET /api/v1/onboarding", ONBOARDING, About::All, nothing),
    row(
        "POST /api/v1/onboarding/individual",
        ONBOARDS,
        About::Own,
        whole,
    ),
    row(
        "POST /api/v1/onboarding/business",
        ONBOARDS,
        About::Own,
        whole,
    ),
    row(
        "GET /api/v1/onboarding/{session_id}",
        ONBOARDING,
        SESSION,
        nothing,
    ),
    row(
        "POST /api/v1/storage/presign",
        &["storage:read"],
        SESSION,
        whole,
    ),
    row(
        "GET /api/v1/verification/sessions",
        VERIFICATION,
        About::All,
        nothing,
    ),
    row(
        "POST /api/v1/verification/sessions",
        VERIFIES,
        About::Own,
        whole,
    ),
    row(
        "GET /api/v1/verification/sessions/{session_id}",
        VERIFICATION,
        SESSION,
        nothing,
    ),
    row(
        "GET /api/v1/verification/sessions/{session_id}/result",
        VERIFICATION,
        SESSION,
        nothing,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/consent",
        VERIFIES,
        SESSION,
        whole,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/document",
        VERIFIES,
        SESSION,
        document,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/selfie",
        VERIFIES,
        SESSION,
        selfie,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/liveness/challenge",
        VERIFIES,
        SESSION,
        nothing,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/liveness",
        VERIFIES,
        SESSION,
        clip,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/submit",
        VERIFIES,
        SESSION,
        whole,
    ),
    row(
        "POST /api/v1/verification/sessions/{session_id}/cancel",
        VERIFIES,
        SESSION,
        whole,
    ),
    row("POST /api/v1/aml/screen", AML, About::Own, whole),
    row("GET /api/v1/aml/lists", AML, About::All, nothing),
    row("GET /api/v1/aml/exceptions", AML, About::All, nothing),
    row("POST /api/v1/aml/exceptions", EXCEPTS, About::Own, whole),
    row(
        "DELETE /api/v1/aml/exceptions/{id}",
        EXCEPTS,
        About::One("exception"),
        nothing,
    ),
    row("DELETE /api/v1/api-keys/{id}", MAKES, KEY, nothing),
    row(
        "DELETE /api/v1/users/invitations/{id}",
        MANAGES,
        INVITATION,
        nothing,
    ),
    row("DELETE /api/v1/users/{id}", MANAGES, USER, nothing),
    row("POST /api/v1/auth/mfa/disable", PERSON, About::Own, whole),
    row(
        "POST /api/v1/auth/change-password",
        PERSON,
        About::Own,
        whole,
    ),
    row("POST /api/v1/auth/logout", PERSON, About::Own, nothing),
];
