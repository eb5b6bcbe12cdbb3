//! Where a step's frames come from: the kiosk's own cameras, a camera that is named, or a recording.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kiosk_api::service::ServiceError;
use kiosk_capture::{Camera, CameraWish, CaptureError, FrameSource, Open, Pacing, Recording};
use kiosk_inference::convert::Plan;
use kiosk_session::SessionId;
use serde::Deserialize;

use super::feed::{EveryFrame, FrameFeed, Live, NewestFrame};
use super::{Conversion, from_capture};
use crate::config;
use crate::metrics::Metrics;
use crate::preview::{Previews, State};

/// What a caller asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceWish {
    /// The kiosk's own camera for this place, as the config names it.
    Own,
    /// A camera by index or device path.
    Camera(String),
    /// A video, a picture or a folder of pictures, below the folder that the config allows.
    Recording(PathBuf),
}

/// What a source looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The person.
    Face,
    /// The document.
    Document,
}

impl Place {
    /// Its name in messages, metrics and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Document => "document",
        }
    }

    /// The place of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Face, Self::Document]
            .into_iter()
            .find(|place| place.name() == name)
    }
}

/// How a source's frames reach a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feeding {
    /// As a camera's: at their own pace, the newest wins.
    Live,
    /// Every frame, as fast as it can be looked at.
    Every,
}

/// The sources that a station may use.
#[derive(Clone)]
pub struct Sources {
    /// The kiosk's own cameras.
    pub cameras: config::Cameras,
    /// Recordings are taken only from below this folder, and not at all without it.
    pub recordings: Option<PathBuf>,
    /// How frames reach a step.
    pub feeding: Feeding,
    /// Where frames are shown; absent where no preview is configured.
    pub previews: Option<Previews>,
    /// Who converts frames of which format.
    pub plan: Plan,
    /// Where dropped frames and stalls are told.
    pub metrics: Metrics,
}

/// A source that was chosen and is not yet open.
pub struct Chosen {
    open: Open,
    is_live: bool,
    feeding: Feeding,
    place: Place,
    previews: Option<Previews>,
    plan: Plan,
    metrics: Metrics,
}

/// How a source is opened, and whether it is a sensor, not a recording.
type Way = (Open, bool);

impl Chosen {
    /// Whether it is a sensor, not a recording.
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Opens and starts it, for a session's step that watches for `limit`. A driver may take its time: not for the
    /// async runtime.
    pub fn start(
        mut self,
        session: SessionId,
        limit: Duration,
    ) -> Result<Box<dyn FrameFeed>, ServiceError> {
        let source = (self.open)().map_err(|error| {
            // Until the next step's camera opens, this is how it stands.
            let failed = State::Failed(error.code());
            self.metrics.camera_state(self.place, failed);
            from_capture(&error)
        })?;
        let conversion = Conversion::new(&self.plan, self.metrics.clone());
        if self.feeding == Feeding::Every {
            return Ok(Box::new(EveryFrame { source, conversion }));
        }
        let live = Live {
            place: self.place,
            session,
            limit,
            hub: self
                .previews
                .map(|previews| previews.of(self.place).clone()),
            conversion,
            metrics: self.metrics,
        };
        Ok(Box::new(NewestFrame::start(source, self.open, live)?))
    }
}

impl Sources {
    /// Chooses the source for a place.
    pub fn choose(&self, place: Place, wish: SourceWish) -> Result<Chosen, ServiceError> {
        let (open, is_live) = match wish {
            SourceWish::Own => self.own(place)?,
            SourceWish::Camera(device) => camera(device, CameraWish::default()),
            SourceWish::Recording(path) => recording(self.allowed(&path)?, self.pacing()),
        };
        Ok(Chosen {
            open,
            is_live,
            feeding: self.feeding,
            place,
            previews: self.previews.clone(),
            plan: self.plan.clone(),
            metrics: self.metrics.clone(),
        })
    }

    fn own(&self, place: Place) -> Result<Way, ServiceError> {
        let configured = match place {
            Place::Face => &self.cameras.face,
            Place::Document => &self.cameras.document,
        };
        match configured {
            Some(config::Camera::Device {
                device,
                width,
                height,
                fps,
            }) => {
                let (width, height, fps) = (*width, *height, *fps);
                Ok(camera(device.clone(), CameraWish { width, height, fps }))
            }
            Some(config::Camera::Recording { path, pacing }) => {
                let pacing = match pacing {
                    config::Pacing::OwnClock => Pacing::OwnClock,
                    config::Pacing::AsFastAsAsked => Pacing::AsFastAsAsked,
                };
                Ok(recording(path.clone(), pacing))
            }
            None => Err(ServiceError::Unusable {
                code: "CAMERA_NOT_CONFIGURED",
                remedy: format!(
                    "no camera is configured; add [cameras.{}] to the config",
                    place.name()
                ),
            }),
        }
    }

    const fn pacing(&self) -> Pacing {
        match self.feeding {
            Feeding::Live => Pacing::OwnClock,
            Feeding::Every => Pacing::AsFastAsAsked,
        }
    }

    /// A recording's real path, if it lies below the folder that the config allows.
    fn allowed(&self, path: &Path) -> Result<PathBuf, ServiceError> {
        let refused = |remedy: &str| ServiceError::Unusable {
            code: "RECORDING_REFUSED",
            remedy: remedy.into(),
        };
        let Some(folder) = &self.recordings else {
            return Err(refused(
                "recordings are not taken; set [station] recordings in the config",
            ));
        };
        let (Ok(folder), Ok(path)) = (folder.canonicalize(), folder.join(path).canonicalize())
        else {
            return Err(refused(
                "there is no such recording below the folder of [station] recordings",
            ));
        };
        if !path.starts_with(&folder) {
            return Err(refused(
                "the recording lies outside the folder of [station] recordings",
            ));
        }
        Ok(path)
    }
}

fn camera(device: String, wish: CameraWish) -> Way {
    let open: Open = Box::new(move || boxed(Camera::open(&device, &wish)));
    (open, true)
}

fn recording(path: PathBuf, pacing: Pacing) -> Way {
    let open: Open = Box::new(move || boxed(Recording::open(&path, pacing)));
    (open, false)
}

fn boxed<S: FrameSource + 'static>(
    opened: Result<S, CaptureError>,
) -> Result<Box<dyn FrameSource>, CaptureError> {
    Ok(Box::new(opened?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(recordings: Option<PathBuf>) -> Sources {
        let cameras = config::Cameras::default();
        Sources {
            cameras,
            recordings,
            feeding: Feeding::Every,
            previews: None,
            plan: Plan::cpu(),
            metrics: Metrics::new(),
        }
    }

    fn code(refused: Result<Chosen, ServiceError>) -> &'static str {
        match refused {
            Err(ServiceError::Unusable { code, .. }) => code,
            _ => "not refused by a code",
        }
    }

    #[test]
    fn a_recording_outside_the_folder_is_refused_however_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(folder.path().join("secret.avi"), b"x").unwrap();
        for path in ["../secret.avi", "/etc/hostname", "missing.avi"] {
            let wish = SourceWish::Recording(path.into());
            let refused = sources(Some(inside.clone())).choose(Place::Face, wish);
            assert_eq!(code(refused), "RECORDING_REFUSED", "{path}");
        }
    }

    #[test]
    fn without_a_folder_no_recording_is_taken_and_without_a_camera_none_is_guessed() {
        let none = sources(None);
        let recording = SourceWish::Recording("a.avi".into());
        assert_eq!(
            code(none.choose(Place::Face, recording)),
            "RECORDING_REFUSED"
        );
        assert_eq!(
            code(none.choose(Place::Document, SourceWish::Own)),
            "CAMERA_NOT_CONFIGURED"
        );
    }
}
