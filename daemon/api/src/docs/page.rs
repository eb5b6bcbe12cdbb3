//! A dialect's OpenAPI document as one page: its operations in their order, then its schemas.

use std::fmt::Write;

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\
table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}\
code{background:#f2f2f2}h2{margin-top:2em;border-top:1px solid #bbb;padding-top:1em}nav li{list-style:none}";

/// The page.
pub(super) fn page(name: &str, document: &OpenApi) -> String {
    let spec = serde_json::to_value(document).unwrap_or_default();
    let info = &spec["info"];
    let mut page = String::new();
    let title = text(&info["title"]);
    // Writing to a text can't fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n{about}\
         <p><a href=\"/docs/{name}/openapi.json\">OpenAPI document</a></p>\n",
        about = paragraphs(&info["description"]),
    );
    contents(&spec, &mut page);
    for (path, method, operation) in operations(&spec) {
        described(path, method, operation, &spec, &mut page);
    }
    page.push_str("<h2>Schemas</h2>\n");
    for (schema, shape) in entries(&spec["components"]["schemas"]) {
        let _ = writeln!(page, "<h3 id=\"{0}\">{0}</h3>", escaped(schema));
        page.push_str(&paragraphs(&shape["description"]));
        fields(shape, &mut page);
    }
    page.push_str("</html>\n");
    page
}

fn contents(spec: &Value, page: &mut String) {
    page.push_str("<nav><ul>\n");
    for (path, method, operation) in operations(spec) {
        let _ = writeln!(
            page,
            "<li><a href=\"#{}\"><code>{} {}</code></a> {}</li>",
            anchor(path, method),
            method.to_uppercase(),
            escaped(path),
            text(&operation["summary"]),
        );
    }
    page.push_str("</ul></nav>\n");
}

fn described(path: &str, method: &str, operation: &Value, spec: &Value, page: &mut String) {
    let _ = writeln!(
        page,
        "<h2 id=\"{}\"><code>{} {}</code></h2>",
        anchor(path, method),
        method.to_uppercase(),
        escaped(path),
    );
    page.push_str(&paragraphs(&operation["summary"]));
    page.push_str(&paragraphs(&operation["description"]));
    parameters(&operation["parameters"], page);
    for (kind, content) in entries(&operation["requestBody"]["content"]) {
        let _ = writeln!(
            page,
            "<p>Body: <code>{}</code>, {}</p>",
            escaped(kind),
            shape_of(&content["schema"])
        );
    }
    page.push_str("<table><tr><th>Status</th><th>Answer</th><th></th></tr>\n");
    for (status, answer) in entries(&operation["responses"]) {
        let answer = whole(answer, spec);
        let content = entries(&answer["content"]);
        let shapes: Vec<String> = content
            .map(|(_, content)| shape_of(&content["schema"]))
            .collect();
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(status),
            shapes.join(", "),
            text(&answer["description"]),
        );
    }
    page.push_str("</table>\n");
}

/// An answer, where it is only named the one of that name.
fn whole<'a>(answer: &'a Value, spec: &'a Value) -> &'a Value {
    let name = answer["$ref"].as_str();
    let name = name.and_then(|to| to.rsplit('/').next());
    name.map_or(answer, |name| &spec["components"]["responses"][name])
}

fn parameters(parameters: &Value, page: &mut String) {
    let Some(parameters) = parameters.as_array().filter(|all| !all.is_empty()) else {
        return;
    };
    page.push_str("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>\n");
    for parameter in parameters {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            text(&parameter["name"]),
            text(&parameter["in"]),
            shape_of(&parameter["schema"]),
            text(&parameter["description"]),
        );
    }
    page.push_str("</table>\n");
}

fn fields(shape: &Value, page: &mut String) {
    for part in shape["allOf"].as_array().into_iter().flatten() {
        if part["$ref"].is_string() {
            let _ = writeln!(page, "<p>All fields of {}, and:</p>", shape_of(part));
        } else {
            fields(part, page);
        }
    }
    if !shape["properties"].is_object() {
        return;
    }
    let required = shape["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    page.push_str("<table><tr><th>Field</th><th>Type</th><th>Required</th><th></th></tr>\n");
    for (name, field) in entries(&shape["properties"]) {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            shape_of(field),
            if is_required(name) { "yes" } else { "no" },
            text(&field["description"]),
        );
    }
    page.push_str("</table>\n");
}

/// A schema's type in words, with a link to a schema of its own.
fn shape_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(any) = schema[choice].as_array() {
            let any: Vec<String> = any.iter().map(shape_of).collect();
            return any.join(" or ");
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let format = schema["format"].as_str();
    let named = kinds.into_iter().map(|kind| match (kind, format) {
        ("array", _) => format!("list of {}", shape_of(&schema["items"])),
        ("null", _) | (_, None) => escaped(kind),
        (kind, Some(format)) => format!("{} ({})", escaped(kind), escaped(format)),
    });
    let mut named = named.collect::<Vec<String>>().join(" or ");
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .map(|word| escaped(&word.to_string()))
            .collect();
        let _ = write!(named, ": {}", words.join(", "));
    }
    named
}

/// Path, method and operation, in the document's order.
fn operations(spec: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    entries(&spec["paths"]).flat_map(|(path, methods)| {
        entries(methods)
            .filter(|(_, operation)| operation["responses"].is_object())
            .map(move |(method, operation)| (path, method, operation))
    })
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = value.as_object().into_iter().flat_map(Map::iter);
    fields.map(|(name, value)| (name.as_str(), value))
}

fn anchor(path: &str, method: &str) -> String {
    let word = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    format!("{method}{}", path.chars().map(word).collect::<String>())
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn paragraphs(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let parts = text.split("\n\n").filter(|part| !part.trim().is_empty());
    parts
        .map(|part| format!("<p>{}</p>\n", escaped(part.trim())))
        .collect()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_type_is_told_in_words() {
        for (schema, words) in [
            (json!({"type": "string"}), "string"),
            (
                json!({"type": ["string", "null"], "format": "uuid"}),
                "string (uuid) or null",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Sign"}}),
                "list of <a href=\"#Sign\">Sign</a>",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Film"}]}),
                "null or <a href=\"#Film\">Film</a>",
            ),
            (
                json!({"type": "string", "enum": ["email", "sms"]}),
                "string: &quot;email&quot;, &quot;sms&quot;",
            ),
        ] {
            assert_eq!(shape_of(&schema), words);
        }
    }

    #[test]
    fn what_a_document_says_cannot_become_markup() {
        assert_eq!(escaped("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
