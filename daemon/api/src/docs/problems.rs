//! What every operation can answer beside what it is for: a dialect's one form of problem, and its headers.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// Statuses of problems, as ranges, and what they say.
const RANGES: [(&str, &str); 2] = [
    ("4XX", "What is wrong with the request"),
    ("5XX", "What is wrong with the kiosk; 503 passes by itself"),
];
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
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            complete(operation, schema);
        }
    }
    document
}

fn complete(operation: &mut Operation, schema: &str) {
    let responses = &mut operation.responses.responses;
    for (range, description) in RANGES {
        let problem = || RefOr::T(problem(description, schema));
        responses.entry(range.to_owned()).or_insert_with(problem);
    }
    for response in responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        for (name, description) in OF_ALL {
            response
                .headers
                .insert(name.to_owned(), RefOr::T(header(description)));
        }
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
