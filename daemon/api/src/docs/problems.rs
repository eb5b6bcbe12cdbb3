//! What every operation can answer beside what it is for: a dialect's one form of problem, and its headers.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Statuses of problems, as ranges, and what they say.
const RANGES: [(&str, &str); 2] = [
    ("4XX", "What is wrong with the request"),
    ("5XX", "What is wrong with the kiosk; 503 passes by itself"),
];
/// What each status of a problem says, for dialects that name theirs one by one.
const NAMED: [(u16, &str); 11] = [
    (
        400,
        "The request can't be read, or the session's rules stand against it as it is now",
    ),
    (401, "No credential, or none that holds"),
    (403, "The credential may not do that"),
    (404, "There is no such thing for this credential"),
    (408, "The body took too long"),
    (
        409,
        "Somebody else changed it meanwhile; read it again and repeat the change",
    ),
    (413, "The body is too large"),
    (
        415,
        "The body is of another media type than the operation takes",
    ),
    (422, "A field is missing or wrong, or a file can't be used"),
    (429, "Too many calls; Retry-After says when to come back"),
    (
        503,
        "Out of room or parts for now; Retry-After says when to come back",
    ),
];
/// What is said of a fault of ours.
const FAULT: (u16, &str) = (500, "A fault of the kiosk's; its log names it");
/// Headers of every answer.
const OF_ALL: [(&str, &str); 2] = [
    (
        "RateLimit-Policy",
        "The credential's quota, as draft-ietf-httpapi-ratelimit-headers-10 writes it",
    ),
    ("RateLimit", "What remains of it"),
];
/// Headers of problems.
const OF_PROBLEMS: [(&str, &str); 2] = [
    ("X-Error-Code", "The stable code"),
    (
        "Retry-After",
        "When to come back, in seconds; with 429 and 503",
    ),
];

/// Adds the dialect's problems, which have the schema of that name, to every operation, and the headers to every answer.
pub(crate) fn with_problems(mut document: OpenApi, schema: &str) -> OpenApi {
    for operation in operations(&mut document) {
        complete(operation, schema);
        put_headers(operation);
    }
    document
}

/// The problems with those statuses, by the names that [`with_named_problems`] gives them; a fault of ours with all of them.
pub(crate) fn problems(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let named = NAMED.iter().map(|(status, _)| *status);
    let named = named.filter(|status| statuses.contains(status));
    named
        .chain([FAULT.0])
        .map(|status| {
            let named = Ref::from_response_name(name(status));
            (status.to_string(), RefOr::Ref(named))
        })
        .collect()
}

fn name(status: u16) -> String {
    format!("Problem{status}")
}

/// Adds the problems that [`problems`] refers to, which have the schema of that name; the headers of every answer; and that a fault
/// of ours can happen to any call.
pub(crate) fn with_named_problems(mut document: OpenApi, schema: &str) -> OpenApi {
    for operation in operations(&mut document) {
        for (status, fault) in problems(&[]) {
            let responses = &mut operation.responses.responses;
            responses.entry(status).or_insert(fault);
        }
        put_headers(operation);
    }
    let components = document.components.get_or_insert_default();
    for (status, says) in NAMED.iter().chain([&FAULT]) {
        let mut response = problem(says, schema);
        put_headers_of(&mut response);
        let response = RefOr::T(response);
        components.responses.insert(name(*status), response);
    }
    document
}

/// Every operation of a document.
pub(super) fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.paths.values_mut();
    items.flat_map(|item| {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        operations.into_iter().flatten()
    })
}

fn complete(operation: &mut Operation, schema: &str) {
    let responses = &mut operation.responses.responses;
    for (range, description) in RANGES {
        let problem = || RefOr::T(problem(description, schema));
        responses.entry(range.to_owned()).or_insert_with(problem);
    }
}

fn put_headers(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            put_headers_of(response);
        }
    }
}

fn put_headers_of(response: &mut Response) {
    for (name, description) in OF_ALL {
        response
            .headers
            .insert(name.to_owned(), RefOr::T(header(description)));
    }
}

fn problem(description: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
    let mut response = ResponseBuilder::new()
        .description(description)
        .content("application/json", content.build())
        .build();
    for (name, description) in OF_PROBLEMS {
        response
            .headers
            .insert(name.to_owned(), RefOr::T(header(description)));
    }
    response
}

fn header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(text))
        .build()
}
