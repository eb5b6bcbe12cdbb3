//! A running kioskd: tokens from its control socket and its API, frames with what the models saw beside them, and an
//! end with the session; a face on the block list is told in its decision.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kiosk_tests::branch::{Branch, Plan};
use kiosk_tests::material::Material;
use kiosk_tests::preview::Screen;
use serde_json::{Value, json};

use crate::support::FACE;
use crate::web::{Asking, dial, next};

const KEY: &str = "a-key-of-this-test-alone-5c1f0a9be2d74a6f";
const STAFF: &str = "5c1f0a9be2d74a6f8d3b7e90c2a4f681";

async fn branch(folder: &Path) -> (Branch, Material) {
    let root = kiosk_tests::root();
    let material = Material::below(&root).unwrap();
    let now = kiosk_tests::now();
    let staff = folder.join("staff-token");
    std::fs::write(&staff, STAFF).unwrap();
    std::fs::set_permissions(&staff, PermissionsExt::from_mode(0o600)).unwrap();
    let key = kiosk_tests::sha256_hex(KEY.as_bytes());
    let plan = Plan {
        root,
        folder: folder.to_owned(),
        recordings: material.folder().to_owned(),
        now,
        validity: kiosk_pki::Validity::days(now, 2),
        api_keys: format!(
            "[[api.keys]]\nname = \"partner\"\ntenant = \"demo\"\nsha256 = \"{key}\"\n"
        ),
        policy: String::new(),
        more: "[preview]\nsocket = \"preview.sock\"\nstaff_token = \"staff-token\"\n".into(),
    };
    let started = tokio::task::spawn_blocking(move || Branch::start(plan));
    (started.await.unwrap().unwrap(), material)
}

/// Begins a session of a person who agrees.
async fn begin(branch: &Branch) -> String {
    let control = branch.control();
    let begun = json!({ "external_user_id": "somebody" });
    let session = control.post("/v1/sessions", &begun).await.unwrap();
    let id = session["session_id"].as_str().unwrap().to_owned();
    let agreed = json!({ "text_version": "1" });
    control
        .post(&format!("/v1/sessions/{id}/consent"), &agreed)
        .await
        .unwrap();
    id
}

/// Asks for a token as a partner with that key.
async fn by_partner(branch: &Branch, id: &str, key: &str) -> (u16, Value) {
    let url = format!("{}/kyc/{id}/preview-token", branch.api());
    let client = kiosk_tests::plain_client().unwrap();
    let request = client.post(url).header("X-API-Key", key);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Puts a face on the block list, as an operator does.
fn block(branch: &Branch, name: &str, picture: &[u8]) {
    let file = branch.folder().join("blocked.jpg");
    std::fs::write(&file, picture).unwrap();
    let kioskctl = kiosk_tests::rig::built_binary("kioskctl").unwrap();
    let listed = std::process::Command::new(kioskctl)
        .args(["block", "add", name])
        .arg(&file)
        .arg("--socket")
        .arg(branch.control().path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert!(listed.status.success(), "{told}");
    assert_eq!(String::from_utf8_lossy(&listed.stdout).trim(), name);
}

async fn token(branch: &Branch, id: &str) -> (u16, Value) {
    let path = format!("/v1/sessions/{id}/preview-token");
    let control = branch.control();
    control
        .call("POST".parse().unwrap(), &path, "{}".into())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_and_the_screen_see_a_session_with_what_the_models_saw_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (branch, material) = branch(folder.path()).await;
    let socket = folder.path().join("preview.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let address: SocketAddr = branch
        .api()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();

    let (id, other) = (begin(&branch).await, begin(&branch).await);
    assert!(by_partner(&branch, &other, KEY).await.1["token"].is_string());
    assert_eq!(by_partner(&branch, &other, "wrong").await.0, 401);
    let (_, minted) = token(&branch, &id).await;
    let token_of_it = minted["token"].as_str().unwrap().to_owned();
    assert!(minted["expires_at"].is_string());
    let asking = |session: &str| Asking {
        path: format!("/preview/{session}/face"),
        origin: Some(branch.api()),
        host: None,
        token: Some(token_of_it.clone()),
    };
    assert_eq!(dial(address, &asking(&other)).await.unwrap_err().0, 401);
    let mut tablet = dial(address, &asking(&id)).await.unwrap();
    let screen = std::thread::spawn(move || {
        let mut screen = Screen::open(&socket, FACE).unwrap();
        screen
            .until(|told| told.head["observation"]["faces"] == 1)
            .unwrap()
    });

    let today = kiosk_tests::now().date();
    let passport = material.passport_picture("traveller", today).unwrap();
    let calm = material.calm("traveller").unwrap();
    block(&branch, "case-1", &material.selfie("traveller").unwrap());
    let control = branch.control();
    let step = |name: &str| format!("/v1/sessions/{id}/{name}");
    control
        .post(&step("document"), &json!({ "recording": passport }))
        .await
        .unwrap();
    control
        .post(&step("selfie"), &json!({ "recording": calm }))
        .await
        .unwrap();
    let clip = json!({ "source": { "recording": calm } });
    let liveness = step("liveness");
    let watched = async {
        loop {
            let told = next(&mut tablet).await.unwrap();
            let observation = &told.head["observation"];
            if observation["gestures_met"] == 0 {
                break (told.sequence().unwrap(), observation.clone());
            }
        }
    };
    let (_, (sequence, observation)) = tokio::join!(control.post(&liveness, &clip), watched);
    assert_eq!(observation["faces"], 1);
    assert!(observation["face"]["yaw_deg"].is_number(), "{observation}");
    assert!(observation["sequence"].as_u64().unwrap() <= sequence);
    for sure in ["eye_openness", "mouth_openness"] {
        assert!(
            observation["face"][sure]["confidence"].is_number(),
            "{observation}"
        );
    }
    assert!(observation["face"]["gaze"].is_object(), "{observation}");
    assert!(observation["track"].is_number(), "{observation}");
    assert!(observation.get("landmarks").is_none());
    assert!(!screen.join().unwrap().picture.is_empty());

    let decided = control.post(&step("submit"), &json!({})).await.unwrap();
    let reasons = decided["decision"]["reasons"].as_array().unwrap();
    assert!(reasons.contains(&json!("BLOCK_LISTED")), "{decided}");
    let why = loop {
        if let Err(why) = next(&mut tablet).await {
            break why.unwrap();
        }
    };
    assert_eq!(u16::from(why.code), 1008);
    assert_eq!(
        token(&branch, &id).await.0,
        409,
        "an ended session gets no token"
    );
    assert_eq!(dial(address, &asking(&id)).await.unwrap_err().0, 401);
    let log = branch.kiosk_log();
    assert!(!log.contains(&token_of_it) && !log.contains(STAFF));
}
