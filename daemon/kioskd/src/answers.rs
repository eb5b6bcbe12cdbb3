//! How long the API's answers took, and how much of that the store did: whoever is slow is named by its route.
//!
//! ```text
//! request ─► timed ─► handler ─► journal ─► store        spent(): of this request
//!              └─ total, and what was spent ─► bucket by total: answers, seconds of the store, seconds of the rest
//! ```
//!
//! Seconds are kept by the bucket that their answer's whole time fell into, so that of the slowest hundredth it can be told how much
//! the store took (`cargo xtask bench api`): two histograms apart could not.

use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

/// Most seconds of a bucket, and how it is called; what took longer is `+Inf`.
const WITHIN: [(f64, &str); 24] = [
    (0.00005, "0.00005"),
    (0.0001, "0.0001"),
    (0.0002, "0.0002"),
    (0.00035, "0.00035"),
    (0.0005, "0.0005"),
    (0.001, "0.001"),
    (0.0015, "0.0015"),
    (0.002, "0.002"),
    (0.003, "0.003"),
    (0.004, "0.004"),
    (0.006, "0.006"),
    (0.008, "0.008"),
    (0.011, "0.011"),
    (0.016, "0.016"),
    (0.022, "0.022"),
    (0.032, "0.032"),
    (0.045, "0.045"),
    (0.064, "0.064"),
    (0.09, "0.09"),
    (0.128, "0.128"),
    (0.256, "0.256"),
    (0.512, "0.512"),
    (1.0, "1"),
    (4.0, "4"),
];

tokio::task_local! {
    /// What the store took of the request that is answered.
    static OF_STORE: Cell<Duration>;
}

/// The store took this long of the request that is answered; of anything else it counts nowhere.
pub(crate) fn spent_in_store(took: Duration) {
    let _ = OF_STORE.try_with(|sum| sum.set(sum.get() + took));
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByTime {
    method: &'static str,
    route: String,
    within: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByTimeAndPart {
    method: &'static str,
    route: String,
    within: &'static str,
    part: &'static str,
}

/// The answers. Clones count together.
#[derive(Clone, Default)]
pub struct Answers {
    count: Family<ByTime, Counter>,
    seconds: Family<ByTimeAndPart, Counter<f64, AtomicU64>>,
}

impl Answers {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "answers",
            "Answers of the API by how long they took",
            self.count.clone(),
        );
        registry.register_with_unit(
            "answer",
            "What those answers took, by how long each took: in the store and beside it",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }

    fn note(&self, method: &'static str, route: &str, total: Duration, store: Duration) {
        let (total, store) = (total.as_secs_f64(), store.as_secs_f64());
        let bucket = WITHIN.iter().find(|(most, _)| total <= *most);
        let within = bucket.map_or("+Inf", |(_, name)| name);
        let route = route.to_owned();
        for (part, seconds) in [("store", store), ("rest", (total - store).max(0.0))] {
            let label = ByTimeAndPart {
                method,
                route: route.clone(),
                within,
                part,
            };
            self.seconds.get_or_create(&label).inc_by(seconds);
        }
        let label = ByTime {
            method,
            route,
            within,
        };
        self.count.get_or_create(&label).inc();
    }
}

/// Times an answer. Routes are patterns: no session's name gets into a label.
pub(crate) async fn timed(
    State(answers): State<Answers>,
    request: Request,
    next: Next,
) -> Response {
    let method = word(request.method());
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let began = Instant::now();
    let answered = async {
        let response = next.run(request).await;
        (response, OF_STORE.with(Cell::get))
    };
    let (response, store) = OF_STORE.scope(Cell::default(), answered).await;
    let route = pattern.as_ref().map_or("(none)", MatchedPath::as_str);
    answers.note(method, route, began.elapsed(), store);
    response
}

/// A closed list: anybody may send a method of their own.
fn word(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let found = known.into_iter().find(|known| *known == method.as_str());
    found.unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use prometheus_client::encoding::text::encode;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_counted_by_its_time_with_what_the_store_took_of_it() {
        let answers = Answers::default();
        let handler = async || {
            tokio::time::sleep(Duration::from_millis(10)).await;
            spent_in_store(Duration::from_millis(4));
            spent_in_store(Duration::from_millis(3));
        };
        let router = Router::new()
            .route("/sessions/{id}", get(handler))
            .layer(from_fn_with_state(answers.clone(), timed));
        spent_in_store(Duration::from_secs(9));
        for path in ["/sessions/one", "/sessions/two"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        let mut registry = Registry::default();
        answers.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let labels = "method=\"GET\",route=\"/sessions/{id}\",within=\"0.011\"";
        assert!(
            text.contains(&format!("answers_total{{{labels}}} 2")),
            "{text}"
        );
        for (part, seconds) in [("store", 0.014), ("rest", 0.006)] {
            let name = format!("answer_seconds_total{{{labels},part=\"{part}\"}} ");
            let (_, rest) = text.split_once(&name).unwrap();
            let told: f64 = rest.lines().next().unwrap().parse().unwrap();
            assert!((told - seconds).abs() < 0.001, "{part}: {told}");
        }
    }
}
