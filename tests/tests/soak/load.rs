//! Work for a kiosk: people before both cameras, viewers, and a partner whose uploads are no good.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use kiosk_capture::{Clock, SystemClock};
use kiosk_inference::picture::Picture;
use kiosk_tests::branch::Branch;
use kiosk_tests::control::ControlSocket;
use kiosk_tests::material::Material;
use kiosk_tests::people::Gesture;
use kiosk_tests::preview::Screen;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What the person before the face camera does: each pair of a head's and a face's gesture is in it, in order.
pub const FACE_CAMERA_GESTURES: [Gesture; 6] = [
    Gesture::TurnLeft,
    Gesture::Blink,
    Gesture::OpenMouth,
    Gesture::TurnRight,
    Gesture::Blink,
    Gesture::OpenMouth,
];
/// A test's own key; its SHA-256 stands in the config.
const KEY: &str = "test-key-5c1f0a9be2d74a6f8d3b7e90c2a4f681";
/// From one upload that is no good to the next.
const BAD_INPUT_EVERY: Duration = Duration::from_secs(3);
/// A viewer that takes a frame only now and then.
const SLOW: Duration = Duration::from_millis(300);

/// The partner's key as the config has it.
pub fn api_key() -> String {
    format!(
        "[[api.keys]]\nname = \"partner\"\ntenant = \"demo\"\nsha256 = \"{}\"\nconsent = \"terms-1\"\nrate_per_minute = 6000\n",
        kiosk_tests::sha256_hex(KEY.as_bytes()),
    )
}

/// What was done.
pub struct Done {
    /// Sessions that came to a decision.
    pub sessions: usize,
    /// Documents read under the document camera.
    pub documents: usize,
    /// Sessions in which a step failed.
    pub troubled: usize,
    /// Uploads that were no good and were told so.
    pub refused: usize,
    /// Frames that viewers were given.
    pub shown: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sessions decided, {} documents read beside them, {} in trouble, {} bad uploads answered, {} frames shown",
            self.sessions, self.documents, self.troubled, self.refused, self.shown
        )
    }
}

/// What is no good, its bytes, and the status of its answer.
type Bad = (&'static str, Vec<u8>, u16);

/// The work, and what it is done on.
pub struct Load {
    control: ControlSocket,
    api: String,
    passport: PathBuf,
    bad: Vec<Bad>,
    preview: PathBuf,
}

impl Load {
    /// Work for a branch's kiosk.
    pub fn new(branch: &Branch, material: &Material, folder: &Path) -> Self {
        let passport = material
            .passport_picture("traveller", kiosk_tests::now().date())
            .unwrap();
        let whole = std::fs::read(&passport).unwrap();
        let bad = vec![
            ("a truncated JPEG", whole[..whole.len() / 2].to_vec(), 422),
            ("100 megapixels", huge_png(10_000, 10_000), 422),
            ("40 megapixels of grey", largest_of_nothing(), 200),
            ("an empty file", Vec::new(), 422),
            ("a text", b"no picture at all".to_vec(), 422),
        ];
        Self {
            control: branch.control(),
            api: branch.api(),
            passport,
            bad,
            preview: folder.join("preview.sock"),
        }
    }

    /// Works for that long; what is under way then is ended.
    pub fn run(self, length: Duration) -> Done {
        let over = Arc::new(AtomicBool::new(false));
        let runtime = Runtime::new().unwrap();
        let shown = Arc::new(AtomicUsize::new(0));
        let viewers = self.viewers(&over, &shown);
        let load = Arc::new(self);
        let people = runtime.spawn(Arc::clone(&load).people(Arc::clone(&over)));
        let documents = runtime.spawn(Arc::clone(&load).documents(Arc::clone(&over)));
        let refused = runtime.spawn(Arc::clone(&load).partner(Arc::clone(&over)));
        let clock = SystemClock::start();
        while clock.now() < length
            && !people.is_finished()
            && !documents.is_finished()
            && !refused.is_finished()
        {
            std::thread::sleep(Duration::from_millis(200));
        }
        over.store(true, Ordering::Release);
        let [sessions, late] = runtime.block_on(people).unwrap();
        let [documents, unread] = runtime.block_on(documents).unwrap();
        let [refused, unanswered] = runtime.block_on(refused).unwrap();
        let done = Done {
            sessions,
            documents,
            troubled: late + unread + unanswered,
            refused,
            shown: shown.load(Ordering::Acquire),
        };
        drop(viewers);
        done
    }

    /// Sessions from begin to decision, selfie and clip by the face camera; gives how many were decided, and how many not.
    async fn people(self: Arc<Self>, over: Arc<AtomicBool>) -> [usize; 2] {
        let mut done = [0, 0];
        while !over.load(Ordering::Acquire) {
            let id = self.begin().await;
            let decided = self.verify(&id).await;
            self.count(&mut done, &id, decided).await;
        }
        done
    }

    /// Takes a session to its decision.
    async fn verify(&self, id: &str) -> anyhow::Result<()> {
        let picture = json!({ "recording": self.passport });
        self.step(id, "document", picture).await?;
        self.step(id, "selfie", json!("own")).await?;
        let asked = self.step(id, "challenge", json!({})).await?;
        let clip = json!({ "source": "own", "challenge_id": asked["challenge_id"] });
        self.step(id, "liveness", clip).await?;
        let decided = self.step(id, "submit", json!({})).await?;
        assert!(decided["decision"]["status"].is_string(), "{decided}");
        Ok(())
    }

    /// Sessions that end after their document was read by the document camera; gives how many were read, and how many not.
    async fn documents(self: Arc<Self>, over: Arc<AtomicBool>) -> [usize; 2] {
        let mut done = [0, 0];
        while !over.load(Ordering::Acquire) {
            let id = self.begin().await;
            let read = self.step(&id, "document", json!("own")).await.map(drop);
            self.count(&mut done, &id, read).await;
            self.step(&id, "cancel", json!({})).await.unwrap();
        }
        done
    }

    /// Counts a session. On a machine that does much else a step may be too late; that is told, and has its limit.
    async fn count(&self, [done, troubled]: &mut [usize; 2], id: &str, ended: anyhow::Result<()>) {
        match ended {
            Ok(()) => *done += 1,
            Err(error) => {
                println!("session {id}: {error:#}");
                *troubled += 1;
            }
        }
    }

    async fn begin(&self) -> String {
        let begun = json!({ "external_user_id": "soak" });
        let begun = self.control.post("/v1/sessions", &begun).await.unwrap();
        let id = begun["session_id"].as_str().unwrap().to_owned();
        let agreed = json!({ "text_version": "1" });
        self.step(&id, "consent", agreed).await.unwrap();
        id
    }

    async fn step(&self, id: &str, step: &str, body: Value) -> anyhow::Result<Value> {
        let path = format!("/v1/sessions/{id}/{step}");
        self.control.post(&path, &body).await
    }

    /// Uploads what is no good, a session a round; gives how many were answered as they have to be, and how many in no
    /// time.
    async fn partner(self: Arc<Self>, over: Arc<AtomicBool>) -> [usize; 2] {
        let client = kiosk_tests::plain_client().unwrap();
        let mut done = [0, 0];
        while !over.load(Ordering::Acquire) {
            let url = format!("{}/partner/sessions", self.api);
            let begin = client.post(url).header("X-API-Key", KEY);
            let begin = begin.json(&json!({ "external_user_id": "bad" }));
            let begun: Value = begin.send().await.unwrap().json().await.unwrap();
            let id = begun["session_id"].as_str().unwrap().to_owned();
            for bad in &self.bad {
                if !over.load(Ordering::Acquire) {
                    let answered = self.upload(&client, &id, bad).await;
                    self.count(&mut done, &id, answered).await;
                    tokio::time::sleep(BAD_INPUT_EVERY).await;
                }
            }
        }
        done
    }

    /// Uploads one file as a document and looks at its answer's status.
    async fn upload(&self, client: &reqwest::Client, id: &str, bad: &Bad) -> anyhow::Result<()> {
        let (what, bytes, expected) = bad;
        let form = Form::new()
            .part("file", Part::bytes(bytes.clone()).file_name("document.jpg"))
            .text("document_type", "passport")
            .text("country_code", "UTO");
        let post = client.post(format!("{}/kyc/{id}/document", self.api));
        let answer = post.header("X-API-Key", KEY).multipart(form).send().await?;
        assert_eq!(answer.status().as_u16(), *expected, "{what}");
        Ok(())
    }

    /// A viewer a place, and a slow one that takes raw frames.
    fn viewers(
        &self,
        over: &Arc<AtomicBool>,
        shown: &Arc<AtomicUsize>,
    ) -> Vec<std::thread::JoinHandle<()>> {
        let wishes = [
            ("face", "jpeg", Duration::ZERO),
            ("document", "jpeg", Duration::ZERO),
            ("face", "raw", SLOW),
        ];
        let watch = |(place, form, pause): (&str, &str, Duration)| {
            let wish = format!(r#"{{"place": "{place}", "form": "{form}"}}"#);
            let mut screen = Screen::open(&self.preview, &wish).unwrap();
            let (over, shown) = (Arc::clone(over), Arc::clone(shown));
            std::thread::spawn(move || {
                while !over.load(Ordering::Acquire) {
                    // A place that is idle for long says nothing.
                    if screen.told().is_ok_and(|told| !told.picture.is_empty()) {
                        shown.fetch_add(1, Ordering::AcqRel);
                    }
                    std::thread::sleep(pause);
                }
            })
        };
        wishes.map(watch).into_iter().collect()
    }
}

/// The header of a PNG of any size, without its pixels.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// 40 megapixels of grey, as JPEG: within every limit.
fn largest_of_nothing() -> Vec<u8> {
    let (width, height) = (8_000_u32, 5_000_u32);
    let grey = vec![128; (width * height * 3) as usize];
    Picture::from_bgr(width, height, grey)
        .unwrap()
        .encode_jpeg(80)
        .unwrap()
}
