//! The demo's report: one page that shows what the machine saw and why it decided as it did.
//!
//! It holds the pictures themselves, so it stays in `target/demo`. With `pictures` off, only what was drawn
//! over them is shown: a report that may be shown to anyone.

use std::fmt::Write as _;

use serde_json::Value;

use super::plot::timeline;
use super::verification::Verification;

const STYLE: &str = include_str!("report.css");

/// Renders the page.
pub fn render(verifications: &[Verification], network: &str, pictures: bool) -> String {
    let mut page = String::new();
    page.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let _ = write!(
        page,
        "<title>kioskd: demo report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    page.push_str("<header><h1>kioskd demo report</h1>\n<p>Three verifications, each through camera, models, ");
    page.push_str("decision, sealed log and sync. The documents are specimens of ICAO's Utopia; the people are ");
    page.push_str(
        "public-domain portraits moved in 3D, so a network that doubts them is right to.</p>\n",
    );
    let _ = writeln!(
        page,
        "<p class=\"network\">{}</p></header>",
        escape(network)
    );
    summary(&mut page, verifications);
    for verification in verifications {
        section(&mut page, verification, pictures);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn summary(page: &mut String, verifications: &[Verification]) {
    page.push_str(
        "<table class=\"summary\"><thead><tr><th>Verification</th><th>Decision</th><th>Why</th>",
    );
    page.push_str("<th>Time</th><th>Held by central</th><th>Chain</th></tr></thead><tbody>\n");
    for one in verifications {
        let _ = writeln!(
            page,
            "<tr><td><a href=\"#{}\">{}</a></td><td>{}</td><td>{}</td><td>{:.0} ms</td>\
             <td>{}</td><td>{}</td></tr>",
            one.slug,
            escape(&one.title),
            badge(&one.status),
            codes(&one.reasons),
            one.ms,
            held(one.central_count),
            if one.chain_ok {
                "whole"
            } else {
                "<strong>broken</strong>"
            },
        );
    }
    page.push_str("</tbody></table>\n");
}

fn held(count: u64) -> String {
    match count {
        1 => "once".into(),
        other => format!("<strong>{other} times</strong>"),
    }
}

fn section(page: &mut String, one: &Verification, pictures: bool) {
    let _ = writeln!(
        page,
        "<section id=\"{}\"><h2>{} {}</h2>\n<p>{}</p>",
        one.slug,
        escape(&one.title),
        badge(&one.status),
        escape(&one.story),
    );
    page.push_str("<div class=\"figures\">\n");
    figure(
        page,
        "Document: page, machine-readable lines, portrait",
        &document(&one.document, pictures),
    );
    figure(
        page,
        "Selfie: face and landmarks",
        &face(&one.selfie, pictures),
    );
    figure(
        page,
        "Liveness: the frame kept as evidence",
        &face(&one.clip, pictures),
    );
    page.push_str("</div>\n");
    if pictures {
        fields(page, &one.document["fields"]);
    }
    let _ = writeln!(
        page,
        "<h3>Liveness over time</h3>\n<p>Asked for: {}</p>",
        asked(&one.challenge)
    );
    page.push_str(&timeline(&one.clip["timeline"], &one.clip["gestures"]));
    decision(page, one);
    events(page, &one.events);
    page.push_str("</section>\n");
}

fn figure(page: &mut String, caption: &str, drawing: &str) {
    let _ = writeln!(
        page,
        "<figure>{drawing}<figcaption>{}</figcaption></figure>",
        escape(caption)
    );
}

/// A picture with shapes over it, in the picture's own px.
fn drawing(picture: Option<&str>, size: (f64, f64), shapes: &str, show: bool) -> String {
    let (width, height) = size;
    let image = match picture.filter(|_| show) {
        Some(base64) => {
            format!(
                "<image width=\"{width}\" height=\"{height}\" href=\"data:image/jpeg;base64,{base64}\"/>"
            )
        }
        None => format!("<rect class=\"blank\" width=\"{width}\" height=\"{height}\"/>"),
    };
    format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\">{image}{shapes}</svg>")
}

fn document(found: &Value, pictures: bool) -> String {
    let mut shapes = String::new();
    polygon(&mut shapes, &found["outline"], "outline");
    polygon(&mut shapes, &found["portrait_box"], "portrait");
    for line in found["line_boxes"].as_array().into_iter().flatten() {
        polygon(&mut shapes, line, "line");
    }
    drawing(found["picture"].as_str(), size(found), &shapes, pictures)
}

fn face(found: &Value, pictures: bool) -> String {
    let mut shapes = String::new();
    let face = &found["face"];
    if let Some(bounds) = face["bounds"].as_array() {
        let side = |place: usize| {
            bounds
                .get(place)
                .and_then(Value::as_f64)
                .unwrap_or_default()
        };
        let _ = write!(
            shapes,
            "<rect class=\"face\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            side(0),
            side(1),
            side(2),
            side(3),
        );
    }
    shapes.push_str("<g class=\"landmarks\">");
    for point in face["landmarks"].as_array().into_iter().flatten() {
        if let Some((x, y)) = pair(point) {
            let _ = write!(shapes, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.4\"/>");
        }
    }
    shapes.push_str("</g>");
    drawing(found["picture"].as_str(), size(found), &shapes, pictures)
}

fn size(found: &Value) -> (f64, f64) {
    let side = |name: &str| found[name].as_f64().unwrap_or(1.0);
    (side("width"), side("height"))
}

fn polygon(shapes: &mut String, corners: &Value, class: &str) {
    let Some(corners) = corners.as_array() else {
        return;
    };
    let points: Vec<String> = corners
        .iter()
        .filter_map(pair)
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let _ = write!(
        shapes,
        "<polygon class=\"{class}\" points=\"{}\"/>",
        points.join(" ")
    );
}

fn pair(point: &Value) -> Option<(f64, f64)> {
    Some((point.get(0)?.as_f64()?, point.get(1)?.as_f64()?))
}

fn asked(challenge: &[String]) -> String {
    if challenge.is_empty() {
        return "nothing: the recording was made before".into();
    }
    challenge
        .iter()
        .map(|gesture| escape(&gesture.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", then ")
}

fn fields(page: &mut String, fields: &Value) {
    page.push_str(
        "<h3>Document fields, from its machine-readable zone</h3>\n<dl class=\"fields\">\n",
    );
    for field in fields.as_array().into_iter().flatten() {
        let _ = writeln!(
            page,
            "<div><dt>{}</dt><dd>{}</dd></div>",
            text(&field[0]),
            text(&field[1])
        );
    }
    page.push_str("</dl>\n");
}

fn decision(page: &mut String, one: &Verification) {
    page.push_str("<h3>Decision</h3>\n<table class=\"facts\"><tbody>\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{value}</td></tr>",
            escape(name)
        );
    };
    row("Status", badge(&one.status));
    row("Reasons", codes(&one.reasons));
    row("Warnings", list(&one.decision["warnings"]));
    let checks = &one.decision["checks"];
    row("Document verified", check(&checks["document_verified"]));
    row(
        "Face match",
        format!(
            "{} (score {})",
            check(&checks["face_match_passed"]),
            score(&checks["face_match_score"])
        ),
    );
    row(
        "Face distance",
        score(&one.selfie["face_match"]["assessed"]["distance"]),
    );
    row("Liveness", check(&checks["liveness_passed"]));
    row(
        "Passive PAD score",
        score(&one.clip["passive"]["assessed"]["score"]),
    );
    row("Watch lists", check(&checks["sanctions_clear"]));
    row(
        "Risk",
        format!(
            "{} ({})",
            score(&one.decision["risk_score"]),
            text(&one.decision["risk_level"])
        ),
    );
    row("Policy", text(&one.decision["policy"]));
    page.push_str("</tbody></table>\n");
}

fn events(page: &mut String, events: &Value) {
    page.push_str("<h3>Event log and its hash chain</h3>\n<table class=\"events\"><thead><tr><th>No.</th><th>Event</th>");
    page.push_str("<th>Time (UTC)</th><th>Follows</th><th>Hash</th></tr></thead><tbody>\n");
    for event in events.as_array().into_iter().flatten() {
        let _ = writeln!(
            page,
            "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td><code>{}</code></td><td><code>{}</code></td></tr>",
            event["number"],
            text(&event["type"]),
            text(&event["at"]).chars().take(23).collect::<String>(),
            short(&event["previous"]),
            short(&event["hash"]),
        );
    }
    page.push_str("</tbody></table>\n");
}

fn short(hash: &Value) -> String {
    text(hash).chars().take(16).collect()
}

fn badge(status: &str) -> String {
    format!(
        "<span class=\"badge {0}\">{1}</span>",
        escape(status),
        escape(&status.replace('_', " "))
    )
}

fn codes(reasons: &[String]) -> String {
    if reasons.is_empty() {
        return "all checks passed".into();
    }
    reasons
        .iter()
        .map(|reason| format!("<code>{}</code>", escape(reason)))
        .collect::<Vec<_>>()
        .join("<br>")
}

fn list(values: &Value) -> String {
    let codes: Vec<String> = values
        .as_array()
        .into_iter()
        .flatten()
        .map(|value| format!("<code>{}</code>", text(value)))
        .collect();
    if codes.is_empty() {
        "none".into()
    } else {
        codes.join("<br>")
    }
}

fn check(value: &Value) -> String {
    match value.as_bool() {
        Some(true) => "passed".into(),
        Some(false) => "<strong>failed</strong>".into(),
        None => "not assessed".into(),
    }
}

fn score(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "not assessed".into(), |score| format!("{score:.3}"))
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or("not assessed"))
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
