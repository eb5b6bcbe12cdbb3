//! Numbers in Prometheus form. Their labels are words of ours from closed lists: nothing personal, and no
//! session's name.
//!
//! | metric | type | labels |
//! |---|---|---|
//! | `kioskd_sessions` | gauge | `state` |
//! | `kioskd_decisions_total` | counter | `status` |
//! | `kioskd_frames_dropped_total` | counter | `camera` |
//! | `kioskd_camera_state` | gauge, 1 for the one that holds | `camera`, `state` |
//! | `kioskd_camera_stalls_total` | counter | `camera` |
//! | `kioskd_camera_reopenings_total` | counter | `camera` |
//! | `kioskd_conversion_by` | gauge, 1 for the way that frames are converted by | `format`, `way` |
//! | `kioskd_conversion_measured_seconds` | gauge, as measured at start | `format`, `way` |
//! | `kioskd_engine_state` | gauge, 1 for the one that holds | `state` |
//! | `kioskd_engine_networks` | gauge, while it is built | `part`: `done`, `of` |
//! | `kioskd_outbox_records` | gauge | |
//! | `kioskd_sync_state` | gauge, 1 for the one that holds | `state` |
//! | `kioskd_model_stage_seconds` | histogram | `stage` |
//! | `kioskd_answers_total` | counter | `method`, `route`, `within` (seconds) |
//! | `kioskd_answer_seconds_total` | counter | `method`, `route`, `within`, `part`: `store`, `rest` |
//! | `kioskd_build_info` | info | `version` |

// long file: every number stands once in the table, the struct, the register and a setter; apart they would drift

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kiosk_api::screening::ListsState;
use kiosk_inference::engine::EngineState;
use kiosk_session::Status;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::answers::Answers;
use crate::preview::State;
use crate::station::{Cameras, Place};

/// The media type of the OpenMetrics text form, which Prometheus reads.
const TEXT_FORM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCamera {
    camera: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCameraState {
    camera: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPart {
    part: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByWay {
    format: &'static str,
    way: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStage {
    stage: &'static str,
}

/// How sync stands, for the gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncGauge {
    /// Nothing leaves this kiosk.
    Off,
    /// Central answers.
    Online,
    /// It waits; the log says why.
    Waiting,
}

impl SyncGauge {
    const ALL: [Self; 3] = [Self::Off, Self::Online, Self::Waiting];

    const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Online => "online",
            Self::Waiting => "waiting",
        }
    }
}

type Stages = Family<ByStage, Histogram, fn() -> Histogram>;

/// Every number of the daemon. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    sessions: Family<ByState, Gauge>,
    decisions: Family<ByStatus, Counter>,
    frames_dropped: Family<ByCamera, Counter>,
    camera_state: Family<ByCameraState, Gauge>,
    camera_stalls: Family<ByCamera, Counter>,
    camera_reopenings: Family<ByCamera, Counter>,
    conversion_by: Family<ByWay, Gauge>,
    conversion_measured: Family<ByWay, Gauge<f64, AtomicU64>>,
    engine_state: Family<ByState, Gauge>,
    engine_networks: Family<ByPart, Gauge>,
    outbox: Gauge,
    sync: Family<ByState, Gauge>,
    watch_lists: Family<ByState, Gauge>,
    stages: Stages,
    answers: Answers,
    cameras: Cameras,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at nothing; sync is off.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("kioskd");
        let stages: Stages = Family::new_with_constructor(stage_histogram);
        let metrics = Self {
            sessions: Family::default(),
            decisions: Family::default(),
            frames_dropped: Family::default(),
            camera_state: Family::default(),
            camera_stalls: Family::default(),
            camera_reopenings: Family::default(),
            conversion_by: Family::default(),
            conversion_measured: Family::default(),
            engine_state: Family::default(),
            engine_networks: Family::default(),
            outbox: Gauge::default(),
            sync: Family::default(),
            watch_lists: Family::default(),
            stages,
            answers: Answers::default(),
            registry: Arc::default(),
            cameras: Cameras::default(),
        };
        metrics.register(&mut registry);
        metrics.set_sync(SyncGauge::Off);
        Self {
            registry: Arc::new(registry),
            ..metrics
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("sessions", "Sessions by state", self.sessions.clone());
        registry.register("decisions", "Decisions by status", self.decisions.clone());
        registry.register(
            "frames_dropped",
            "Frames replaced by a newer one before anyone looked at them",
            self.frames_dropped.clone(),
        );
        registry.register(
            "camera_state",
            "1 for the state that a camera is in",
            self.camera_state.clone(),
        );
        registry.register(
            "camera_stalls",
            "How often a camera gave nothing for too long",
            self.camera_stalls.clone(),
        );
        registry.register(
            "camera_reopenings",
            "How often a camera was opened again, or tried to be",
            self.camera_reopenings.clone(),
        );
        registry.register(
            "conversion_by",
            "1 for the way that frames of a format are converted by",
            self.conversion_by.clone(),
        );
        registry.register_with_unit(
            "conversion_measured",
            "How long a frame of a format took by a way, as measured at start",
            Unit::Seconds,
            self.conversion_measured.clone(),
        );
        registry.register(
            "engine_state",
            "1 for the state of the engine that runs the models",
            self.engine_state.clone(),
        );
        registry.register(
            "engine_networks",
            "Networks of an engine that is built",
            self.engine_networks.clone(),
        );
        registry.register(
            "outbox_records",
            "Records that central has not acknowledged",
            self.outbox.clone(),
        );
        registry.register(
            "sync_state",
            "1 for the state that sync is in",
            self.sync.clone(),
        );
        registry.register(
            "watch_lists_state",
            "1 for the state that the watch lists are in; unreadable: nobody is screened",
            self.watch_lists.clone(),
        );
        registry.register_with_unit(
            "model_stage",
            "How long a stage of a model took",
            Unit::Seconds,
            self.stages.clone(),
        );
        self.answers.register(registry);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What is running", version);
    }

    /// Sessions that stand in a state, by the state's own name.
    pub fn set_sessions(&self, state: &'static str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.sessions.get_or_create(&ByState { state }).set(count);
    }

    /// A decision was made.
    pub fn decided(&self, status: Status) {
        let status = match status {
            Status::Approved => "approved",
            Status::ManualReview => "manual_review",
            Status::Rejected => "rejected",
        };
        self.decisions.get_or_create(&ByStatus { status }).inc();
    }

    /// A camera's frames were dropped since this was last called for it.
    pub fn frames_dropped(&self, camera: &'static str, count: u64) {
        self.frames_dropped
            .get_or_create(&ByCamera { camera })
            .inc_by(count);
    }

    /// How long the API's answers took.
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// How each camera stands by itself, for `/health`.
    pub const fn cameras(&self) -> &Cameras {
        &self.cameras
    }

    /// A camera stands so from now on.
    pub fn camera_state(&self, place: Place, now: State) {
        let camera = place.name();
        self.cameras.stands(place, now);
        for state in State::NAMES {
            let holds = i64::from(state == now.name());
            self.camera_state
                .get_or_create(&ByCameraState { camera, state })
                .set(holds);
        }
        let counter = match now {
            State::Stalled => &self.camera_stalls,
            State::Reopening => &self.camera_reopenings,
            _ => return,
        };
        counter.get_or_create(&ByCamera { camera }).inc();
    }

    /// How far the engine is.
    pub fn set_engine(&self, now: &EngineState) {
        for state in EngineState::NAMES {
            self.engine_state
                .get_or_create(&ByState { state })
                .set(i64::from(state == now.name()));
        }
        if let EngineState::Building { done, of, .. } = now {
            for (part, count) in [("done", *done), ("of", *of)] {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                self.engine_networks
                    .get_or_create(&ByPart { part })
                    .set(count);
            }
        } else {
            self.engine_networks.clear();
        }
    }

    /// Frames of a format are converted by this way.
    pub fn converts(&self, format: &'static str, way: &'static str) {
        self.conversion_by
            .get_or_create(&ByWay { format, way })
            .set(1);
    }

    /// A frame of a format took this long by that way.
    pub fn conversion(&self, format: &'static str, way: &'static str, took: Duration) {
        self.conversion_measured
            .get_or_create(&ByWay { format, way })
            .set(took.as_secs_f64());
    }

    /// Records that central has not acknowledged.
    pub fn set_outbox(&self, records: u64) {
        self.outbox.set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    /// How sync stands.
    pub fn set_sync(&self, now: SyncGauge) {
        for known in SyncGauge::ALL {
            let holds = i64::from(known == now);
            self.sync
                .get_or_create(&ByState {
                    state: known.word(),
                })
                .set(holds);
        }
    }

    /// How the watch lists stand.
    pub fn set_watch_lists(&self, now: ListsState) {
        for known in ListsState::ALL {
            let holds = i64::from(known == now);
            let state = known.name();
            self.watch_lists
                .get_or_create(&ByState { state })
                .set(holds);
        }
    }

    /// A stage of a model took this long.
    pub fn stage(&self, stage: &'static str, took: Duration) {
        self.stages
            .get_or_create(&ByStage { stage })
            .observe(took.as_secs_f64());
    }

    /// All of it in the text form.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// `GET /metrics`, before each of which `refresh` may set what is known only by asking; and
    /// `GET /health/live`, which is 200 for as long as `alive` says so, else 503.
    pub fn router(
        self,
        refresh: impl Fn(&Self) + Clone + Send + Sync + 'static,
        alive: impl Fn() -> bool + Clone + Send + Sync + 'static,
    ) -> Router {
        let metrics = async move || {
            refresh(&self);
            self.answer()
        };
        let live = async move || {
            if alive() {
                (StatusCode::OK, "alive\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not alive\n")
            }
        };
        Router::new()
            .route("/metrics", get(metrics))
            .route("/health/live", get(live))
    }

    fn answer(&self) -> Response {
        match self.text() {
            Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORM)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// 0.5 ms to 8 s: a pre-processing step to the slowest network on a slow processor.
fn stage_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_the_text_form() {
        let metrics = Metrics::new();
        metrics.set_sessions("documented", 3);
        metrics.decided(Status::ManualReview);
        metrics.frames_dropped("face", 7);
        metrics.camera_state(Place::Face, State::Stalled);
        metrics.camera_state(Place::Face, State::Reopening);
        metrics.set_outbox(12);
        metrics.set_sync(SyncGauge::Waiting);
        metrics.set_watch_lists(ListsState::Stale);
        metrics.stage("face_detector.run", Duration::from_millis(3));
        let text = metrics.text().unwrap();
        for line in [
            "kioskd_sessions{state=\"documented\"} 3",
            "kioskd_decisions_total{status=\"manual_review\"} 1",
            "kioskd_frames_dropped_total{camera=\"face\"} 7",
            "kioskd_camera_state{camera=\"face\",state=\"reopening\"} 1",
            "kioskd_camera_state{camera=\"face\",state=\"stalled\"} 0",
            "kioskd_camera_stalls_total{camera=\"face\"} 1",
            "kioskd_camera_reopenings_total{camera=\"face\"} 1",
            "kioskd_outbox_records 12",
            "kioskd_sync_state{state=\"waiting\"} 1",
            "kioskd_watch_lists_state{state=\"stale\"} 1",
            "kioskd_watch_lists_state{state=\"ready\"} 0",
            "kioskd_sync_state{state=\"off\"} 0",
            "kioskd_model_stage_seconds_count{stage=\"face_detector.run\"} 1",
            "kioskd_build_info{version=\"0.1.0\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn clones_count_together() {
        let metrics = Metrics::new();
        metrics.clone().decided(Status::Approved);
        metrics.decided(Status::Approved);
        assert!(
            metrics
                .text()
                .unwrap()
                .contains("kioskd_decisions_total{status=\"approved\"} 2")
        );
    }
}
