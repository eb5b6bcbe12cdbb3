//! The published dialects against a running kioskd with the real models, a real broker and a real central:
//! the ways that their documents show, and what happens to input that is no good.
// long file: the whole way of each dialect, one after the other on one kiosk

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

#[path = "api/connect.rs"]
mod connect;
#[path = "api/idle.rs"]
mod idle;
#[path = "api/kyc.rs"]
mod kyc;

use kiosk_tests::branch::{Branch, Plan};
use kiosk_tests::mailbox::{Mailbox, Manners, code_in};
use kiosk_tests::material::Material;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// A test's own key; its SHA-256 stands in the config.
const KEY: &str = "test-key-5c1f0a9be2d74a6f8d3b7e90c2a4f681";

/// The operator's own watch list, in the kiosk's folder.
const LIST: &str = "own.csv";

/// It, with one person.
fn listed(name: &str, born: &str) -> String {
    format!("id,name,kind,aliases,birth_date,country,programme\nx1,{name},person,,{born},,FRAUD\n")
}

/// Where the kiosk's codes go.
const EMAIL: &str = "traveller@example.org";

/// Who logs in first.
const ADMIN: &str = "admin@yourfirm.com";

struct Partner {
    branch: Branch,
    mailbox: Mailbox,
    client: reqwest::Client,
    material: Material,
}

impl Partner {
    async fn of_a_new_branch(folder: &std::path::Path) -> Self {
        let root = kiosk_tests::root();
        let material = Material::below(&root).unwrap();
        let now = kiosk_tests::now();
        let mailbox = Mailbox::open(Manners::default()).await.unwrap();
        let keys = format!(
            "address_header = \"X-Forwarded-For\"\n[[api.keys]]\nname = \"partner\"\ntenant = \"demo\"\nsha256 = \"{}\"\nconsent = \"terms-1\"\nrate_per_minute = 6000\n\
             [api.otp.email]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"kiosk@example.org\"\n",
            kiosk_tests::sha256_hex(KEY.as_bytes()),
            mailbox.port(),
        );
        let plan = Plan {
            root,
            folder: folder.to_owned(),
            recordings: material.folder().to_owned(),
            now,
            validity: kiosk_pki::Validity::days(now, 2),
            api_keys: keys,
            policy: SHORT_PAUSES.into(),
            more: format!(
                "[api.staff]\ntenant = \"demo\"\nadmin_email = \"{ADMIN}\"\n[webhooks]\nprivate_addresses = \"allow\"\nplain_http = \"allow\"\n[screening]\nlists = [{:?}]\n",
                folder.join(LIST)
            ),
        };
        std::fs::write(folder.join(LIST), listed("Sigbjorn Vaapukka", "1950-01-02")).unwrap();
        let branch = tokio::task::spawn_blocking(move || Branch::start(plan))
            .await
            .unwrap()
            .unwrap();
        let client = kiosk_tests::plain_client().unwrap();
        Self {
            branch,
            mailbox,
            client,
            material,
        }
    }

    async fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .client
            .post(self.url(path))
            .header("X-API-Key", KEY)
            .json(body);
        answer(request).await
    }

    async fn post(&self, path: &str, form: Form) -> (u16, Value) {
        let request = self
            .client
            .post(self.url(path))
            .header("X-API-Key", KEY)
            .multipart(form);
        answer(request).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(self.url(path)).header("X-API-Key", KEY)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.branch.api())
    }

    async fn new_session(&self) -> String {
        let (status, session) = self
            .post_json(
                "/partner/sessions",
                &json!({ "external_user_id": "user_123" }),
            )
            .await;
        assert_eq!(status, 200, "{session}");
        session["session_id"].as_str().unwrap().to_owned()
    }

    fn passport(&self) -> Vec<u8> {
        let today = kiosk_tests::now().date();
        std::fs::read(self.material.passport_picture("traveller", today).unwrap()).unwrap()
    }

    fn selfie(&self) -> Vec<u8> {
        self.material.selfie("traveller").unwrap()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

fn document(bytes: Vec<u8>, kind: &str) -> Form {
    Form::new()
        .part("file", Part::bytes(bytes).file_name("document.jpg"))
        .text("document_type", kind.to_owned())
        .text("country_code", "UTO")
}

fn selfie(bytes: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(bytes).file_name("selfie.jpg"))
}

fn clip(challenge: &Value, bytes: Vec<u8>) -> Form {
    Form::new()
        .text(
            "challenge_id",
            challenge["challenge_id"].as_str().unwrap().to_owned(),
        )
        .part("files", Part::bytes(bytes).file_name("clip.avi"))
}

/// What a client that knows of moments shows the person, and when.
fn asked(challenge: &Value) -> Vec<(String, u32)> {
    let schedule = challenge["schedule"].as_array().unwrap();
    let one = |asked: &Value| {
        let at_ms = asked["at_ms"].as_u64().unwrap();
        let gesture = asked["gesture"].as_str().unwrap();
        (gesture.to_owned(), u32::try_from(at_ms).unwrap())
    };
    schedule.iter().map(one).collect()
}

/// Shorter than the shipped policy's, so that the test is.
///
/// Drawn people are no bona fide presentations to networks that were trained on people, and films of one drawn person are as
/// alike as one film that comes again: neither decides here. What is tested is the way to an approval and what may be done
/// with it.
const SHORT_PAUSES: &str = r"
[active_liveness]
first_ms = [500, 900]
gap_ms = [2500, 3200]
answer_within_ms = 1500

[passive_pad]
min_score = 0.0

[presentation]
review_from = 1.0

[injection]
review_from = 1.0
reject_seen_from = 1.0
";

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_walks_the_whole_way_and_bad_input_is_answered_by_type() {
    let folder = tempfile::tempdir().unwrap();
    let mut partner = Partner::of_a_new_branch(folder.path()).await;
    idle::a_thousand_connections_that_wait_cost_little(&partner).await;
    the_way_of_the_document(&partner).await;
    the_way_of_kairos(&partner).await;
    liveness_alone(&partner).await;
    kyc::the_way_of_the_kyc_api(&mut partner).await;
    the_way_of_master_ekyc(&partner).await;
    bad_input(&partner).await;
    nothing_without_a_key(&partner).await;
    the_audit(&partner).await;
    connect::the_way_of_kyconnect(&partner).await;
    the_lists(&partner, folder.path()).await;
    nothing_personal_in_the_log(&partner);
}

async fn the_way_of_the_document(partner: &Partner) {
    let id = partner.new_session().await;
    let (status, document) = partner
        .post(
            &format!("/kyc/{id}/document"),
            document(partner.passport(), "passport"),
        )
        .await;
    assert_eq!(status, 200, "{document}");
    assert_eq!(document["mrz_valid"], true, "{document}");
    assert_eq!(document["is_valid"], true, "{document}");
    assert_eq!(document["validation_errors"], json!([]));
    assert!(
        document["document_number_masked"]
            .as_str()
            .unwrap()
            .starts_with("****")
    );

    let (status, selfie) = partner
        .post(&format!("/kyc/{id}/selfie"), selfie(partner.selfie()))
        .await;
    assert_eq!(status, 200, "{selfie}");
    assert_eq!(selfie["match_passed"], true, "{selfie}");

    let (status, challenge) = partner
        .post_json(&format!("/kyc/{id}/liveness/challenge"), &json!({}))
        .await;
    assert_eq!(status, 200, "{challenge}");
    let film = partner
        .material
        .answer("traveller", &asked(&challenge))
        .unwrap();
    let (status, liveness) = partner
        .post(
            &format!("/kyc/{id}/liveness"),
            clip(&challenge, std::fs::read(film).unwrap()),
        )
        .await;
    assert_eq!(status, 200, "{liveness}");
    let prompts = liveness["prompts"].as_array().unwrap();
    assert_eq!(prompts.len(), 3, "{liveness}");
    assert!(
        prompts.iter().all(|prompt| prompt["outcome"] == "met"),
        "{liveness}"
    );

    let (status, decided) = partner
        .post_json(&format!("/kyc/{id}/submit"), &json!({}))
        .await;
    assert_eq!(status, 200, "{decided}");
    assert_eq!(decided["document_verified"], true, "{decided}");
    assert_eq!(decided["face_match_passed"], true, "{decided}");
    assert_ne!(decided["decision"], "rejected", "{decided}");
    assert_eq!(decided["screening_passed"], true, "no list names them");

    let (status, session) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(status, 200);
    assert_eq!(session["status"], decided["status"]);
    assert_eq!(session["external_user_id"], "user_123");
    let (_, list) = partner
        .get("/partner/sessions?external_user_id=user_123&limit=10")
        .await;
    assert!(list.to_string().contains(&id), "{list}");
    let (status, again) = partner
        .post_json(&format!("/kyc/{id}/submit"), &json!({}))
        .await;
    assert_eq!(
        (status, again["status_code"].as_u64()),
        (400, Some(400)),
        "{again}"
    );
}

/// As its quick start shows it: one form, then a question every while until there is a result.
async fn the_way_of_kairos(partner: &Partner) {
    let (uuid, result) = full_id(partner).await;
    assert_eq!(result["response_code"], 1, "{result}");
    assert_eq!(result["api_req_uid"].as_str(), Some(uuid.as_str()));
    let data = &result["response_data"];
    assert_eq!(data["biometric"]["selfie"]["faces_predicted"], 1, "{data}");
    assert!(data["biometric"]["face_match_confidence"].as_f64().unwrap() > 0.5);
    assert_eq!(data["document"]["data"]["country_full"], "Utopia", "{data}");
    assert!(data["document"]["data"]["days_to_expiry"].as_i64().unwrap() > 0);
    let details = data["decision"]["details"].to_string();
    assert!(details.contains("LIVENESS_NOT_CHALLENGED"), "{details}");
    assert_eq!(data["decision"]["reject_score"], 0, "{details}");
    let (_, session) = partner.get(&format!("/partner/sessions/{uuid}")).await;
    assert_eq!(session["status"], "manual_review", "{session}");
}

/// A full verification, polled until there is a result.
async fn full_id(partner: &Partner) -> (String, Value) {
    let form = Form::new()
        .part("selfie", Part::bytes(partner.selfie()).file_name("file"))
        .part(
            "document",
            Part::bytes(partner.passport()).file_name("file"),
        );
    asked_of_kairos(partner, "/v0.1/full-id-verification", form).await
}

/// A living person alone: the selfie, and a film of the same person.
async fn liveness_alone(partner: &Partner) {
    let film = partner.material.calm("traveller").unwrap();
    let film = std::fs::read(film).unwrap();
    let form = Form::new()
        .part("selfie", Part::bytes(partner.selfie()).file_name("file"))
        .part("clip", Part::bytes(film).file_name("file"));
    let (_, result) = asked_of_kairos(partner, "/v0.1/liveness-verification", form).await;
    assert_eq!(result["response_code"], 1, "{result}");
    let data = &result["response_data"];
    assert!(
        data["biometric"]["selfie"]["faces_liveness"].is_f64(),
        "{data}"
    );
    assert_eq!(
        data["biometric"]["face_match_confidence"],
        Value::Null,
        "nobody is compared with anybody"
    );
    let details = data["decision"]["details"].to_string();
    assert!(details.contains("LIVENESS_NOT_CHALLENGED"), "{details}");
    assert!(!details.contains("FACE_CHANGED"), "{details}");
}

/// A request, polled until there is a result.
async fn asked_of_kairos(partner: &Partner, path: &str, form: Form) -> (String, Value) {
    let as_app = |request: reqwest::RequestBuilder| {
        request.header("app_id", "partner").header("app_key", KEY)
    };
    let request = partner.client.post(partner.url(path)).multipart(form);
    let (status, begun) = answer(as_app(request)).await;
    assert_eq!(status, 200, "{begun}");
    let uuid = begun["api_req_uuid"].as_str().unwrap().to_owned();
    let mut result = Value::Null;
    for _ in 0..120 {
        let url = partner.url(&format!("{path}/{uuid}"));
        let (status, polled) = answer(as_app(partner.client.get(url))).await;
        assert_eq!(status, 200, "{polled}");
        result = polled;
        if result["response_code"] != 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    (uuid, result)
}

/// The steps of the document in its order: an applicant, a code by mail, then by an SDK token the document, the selfie, a challenge
/// and its film; and the check by the API token.
async fn the_way_of_master_ekyc(partner: &Partner) {
    let url = |path: &str| partner.url(&format!("/api{path}"));
    let post = async |token: &str, path: &str, body: Value| {
        let request = partner.client.post(url(path)).bearer_auth(token);
        let (status, told) = answer(request.json(&body)).await;
        assert!([200, 201].contains(&status), "{path}: {told}");
        told
    };
    let upload = async |token: &str, path: &str, form: Form| {
        let request = partner.client.post(url(path)).bearer_auth(token);
        let (status, told) = answer(request.multipart(form)).await;
        assert_eq!(status, 201, "{path}: {told}");
        told
    };
    let person = json!({"first_name": "Anna", "last_name": "Traveller", "email": EMAIL});
    let applicant = post(KEY, "/applicants", person).await;
    let id = applicant["id"].as_str().unwrap().to_owned();
    let of = json!({ "applicant_id": id });
    let made = post(KEY, "/sdk_tokens", of.clone()).await;
    let token = made["token"].as_str().unwrap();

    let early = Form::new().text("applicant_id", id.clone()).part(
        "file",
        Part::bytes(partner.passport()).file_name("front.jpg"),
    );
    let request = partner.client.post(url("/documents")).bearer_auth(token);
    let (status, told) = answer(request.multipart(early)).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (400, &json!("OTP_NOT_VERIFIED"))
    );
    let with = |more: Value| {
        let mut body = of.clone();
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        body
    };
    post(token, "/otp", with(json!({"channel": "email"}))).await;
    let letter = partner.mailbox.letter().await.unwrap();
    assert!(letter.contains(&format!("RCPT TO:<{EMAIL}>")), "{letter:?}");
    let said = letter.iter().find(|line| line.contains("code is"));
    let code = code_in(said.unwrap()).unwrap();
    let back = with(json!({"channel": "email", "code": code}));
    let proved = post(token, "/verify_otp", back.clone()).await;
    assert_eq!(proved["verified"], true, "{proved}");
    let again = partner.client.post(url("/verify_otp")).bearer_auth(token);
    assert_eq!(
        answer(again.json(&back)).await.0,
        400,
        "a code is right once"
    );

    let front = Form::new()
        .text("applicant_id", id.clone())
        .text("type", "passport")
        .text("issuing_country", "UTO")
        .part(
            "file",
            Part::bytes(partner.passport()).file_name("front.jpg"),
        );
    let document = upload(token, "/documents", front).await;
    assert_eq!(document["readable"], true, "{document}");
    assert_eq!(document["extracted"], Value::Null, "not to an SDK token");
    let live = post(token, "/check_liveness_document", of.clone()).await;
    assert_eq!(live["passed"], true, "{live}");
    let selfie = Form::new()
        .text("applicant_id", id.clone())
        .part("selfie", Part::bytes(partner.selfie()).file_name("selfie"));
    let taken = upload(token, "/videos", selfie).await;
    assert_eq!(taken["selfie"]["faces"], 1, "{taken}");
    let asked = post(token, "/challenges", of.clone()).await;
    let steps = asked["steps"].as_array().unwrap().iter().map(|step| {
        let at_ms = u32::try_from(step["at_ms"].as_u64().unwrap()).unwrap();
        (step["gesture"].as_str().unwrap().to_owned(), at_ms)
    });
    let steps: Vec<(String, u32)> = steps.collect();
    let film = partner.material.answer("traveller", &steps).unwrap();
    let film = std::fs::read(film).unwrap();
    let last = steps.last().map_or(0, |(_, at_ms)| u64::from(*at_ms));
    tokio::time::sleep(std::time::Duration::from_millis(last + 5_000)).await;
    let clip = Form::new()
        .text("applicant_id", id.clone())
        .text("challenge_id", asked["id"].as_str().unwrap().to_owned())
        .part("video", Part::bytes(film).file_name("film.avi"));
    let video = upload(token, "/videos", clip).await;
    assert_eq!(video["video"]["challenged"], true, "{video}");
    let live = post(token, "/check_liveness_video", of.clone()).await;
    assert_eq!(
        live["challenge"]["met"], live["challenge"]["asked"],
        "{live}"
    );

    let check = post(KEY, "/checks", of.clone()).await;
    assert_eq!(check["reports"]["document"], true, "{check}");
    assert_eq!(check["reports"]["facial_similarity"], true, "{check}");
    assert_ne!(check["result"], "rejected", "{check}");
    let (_, session) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(session["status"], check["result"], "{session}");
    let read = |path: String| partner.client.get(url(&path)).bearer_auth(KEY);
    let (_, listed) = answer(read(format!("/documents?applicant_id={id}"))).await;
    let extracted = &listed["documents"][0]["extracted"];
    assert_eq!(extracted["issuing_country"], "UTO", "{listed}");
    let gone = partner.client.delete(url(&format!("/applicants/{id}")));
    assert_eq!(answer(gone.bearer_auth(KEY)).await.0, 204);
    let (status, _) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(status, 404, "what was erased is gone in every dialect");
}

async fn bad_input(partner: &Partner) {
    let id = partner.new_session().await;
    let document_path = format!("/kyc/{id}/document");
    let mut truncated = partner.passport();
    truncated.truncate(truncated.len() / 2);
    for (what, form) in [
        ("a truncated JPEG", document(truncated, "passport")),
        (
            "a picture of 100 megapixels",
            document(huge_png(10_000, 10_000), "passport"),
        ),
        ("an empty file", document(Vec::new(), "passport")),
        (
            "a text",
            document(b"no picture at all".to_vec(), "passport"),
        ),
        (
            "an unknown type of document",
            document(partner.passport(), "library_card"),
        ),
    ] {
        let (status, answer) = partner.post(&document_path, form).await;
        assert_eq!(status, 422, "{what}: {answer}");
        assert_eq!(answer["status_code"], 422, "{what}");
        assert!(
            answer["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty()),
            "{what}"
        );
    }
    let (status, _) = partner
        .post(&document_path, document(partner.passport(), "passport"))
        .await;
    assert_eq!(status, 200, "after bad input a good picture is still read");
    let blank = partner.material.blank_picture().unwrap();
    for (what, picture) in [
        ("no face", blank),
        ("two faces", partner.material.two_faces().unwrap()),
    ] {
        let (status, answer) = partner
            .post(&format!("/kyc/{id}/selfie"), selfie(picture))
            .await;
        assert_eq!(status, 422, "{what}: {answer}");
    }
    let (status, _) = partner
        .post(&format!("/kyc/{id}/selfie"), selfie(partner.selfie()))
        .await;
    assert_eq!(status, 200);
    let (_, challenge) = partner
        .post_json(&format!("/kyc/{id}/liveness/challenge"), &json!({}))
        .await;
    for (what, bytes) in [
        ("a clip of 0 bytes", Vec::new()),
        ("a clip that is none", vec![7; 4096]),
    ] {
        let (status, answer) = partner
            .post(&format!("/kyc/{id}/liveness"), clip(&challenge, bytes))
            .await;
        assert_eq!(status, 422, "{what}: {answer}");
    }
    let peak = partner.branch.kiosk_peak_rss_mib().unwrap();
    println!("kioskd's peak memory after bad input: {peak} MiB");
    assert!(peak < 1500, "bad input took {peak} MiB");
}

/// The operator's list changes while the kiosk runs: from then on the person on it is looked at by somebody.
async fn the_lists(partner: &Partner, folder: &std::path::Path) {
    let in_use = || {
        let log = partner.branch.kiosk_log();
        log.matches("a watch list is in use").count()
    };
    let before = in_use();
    std::fs::write(
        folder.join(LIST),
        listed("Anna Maria Eriksson", "1974-08-12"),
    )
    .unwrap();
    for _ in 0..60 {
        if in_use() > before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    assert_eq!(in_use(), before + 1, "read at each start, and again");
    let name = json!({"name": "Eriksson, Anna Maria", "date_of_birth": "1974-08-12"});
    let asked = partner.client.post(partner.url("/api/v1/aml/screen"));
    let (status, screened) = answer(asked.header("X-API-Key", KEY).json(&name)).await;
    assert_eq!(
        (status, screened["status"].as_str()),
        (200, Some("assessed")),
        "{screened}"
    );
    assert_eq!(screened["sanctions_clear"], false, "{screened}");
    assert_eq!(
        screened["hits"][0]["main_name"], "Anna Maria Eriksson",
        "{screened}"
    );
    let (uuid, result) = full_id(partner).await;
    let decision = &result["response_data"]["decision"];
    assert!(
        decision["details"].to_string().contains("WATCH_LIST_HIT"),
        "{decision}"
    );
    assert_eq!(decision["reject_score"], 0, "a name alone rejects nobody");
    let (_, session) = partner.get(&format!("/partner/sessions/{uuid}")).await;
    assert_eq!(
        session["verification_results"]["sanctions_clear"], false,
        "{session}"
    );
}

/// Every change so far by whom and from where, over the control socket, as `kioskctl audit` asks for it.
async fn the_audit(partner: &Partner) {
    let begun = partner.client.post(partner.url("/partner/sessions"));
    let begun = begun
        .header("X-API-Key", KEY)
        .header("X-Forwarded-For", "203.0.113.9, 198.51.100.7")
        .json(&json!({ "external_user_id": "user_456" }));
    let (status, session) = answer(begun).await;
    assert_eq!(status, 200, "{session}");
    let id = session["session_id"].as_str().unwrap();

    let control = partner.branch.control();
    let asked = json!({ "tenant": "demo" });
    let page = control.post("/v1/audit/entries", &asked).await.unwrap();
    let entries = page["entries"].as_array().unwrap();
    let of = |action: &str| {
        let found = entries.iter().filter(|entry| entry["action"] == action);
        found.collect::<Vec<_>>()
    };
    let last = of("session.created").pop().unwrap();
    assert_eq!(last["object"], id);
    let actor = json!({ "name": "partner", "address": "198.51.100.7" });
    assert_eq!(last["actor"], actor, "what the server before us appended");
    let decided = of("session.decided");
    assert!(
        decided.len() >= 2,
        "of each dialect that keeps its session: {decided:?}"
    );
    let actor = json!({ "name": "partner", "address": "127.0.0.1" });
    assert!(
        decided.iter().all(|entry| entry["actor"] == actor),
        "{decided:?}"
    );
    let erased = of("session.erased");
    assert_eq!(
        erased.len(),
        3,
        "two of the KYC API, one of Master EKYC: {erased:?}"
    );
    assert!(
        erased.iter().all(|entry| entry["actor"] == actor),
        "{erased:?}"
    );
    assert!(!page.to_string().contains("user_456"), "nothing personal");

    let verdict = control.post("/v1/audit/verify", &asked).await.unwrap();
    assert_eq!(verdict["whole"], true, "{verdict}");
    assert!(verdict["entries"].as_u64().unwrap() >= entries.len() as u64);
    let nobody = json!({ "tenant": "nobody" });
    let others = control.post("/v1/audit/entries", &nobody).await.unwrap();
    assert_eq!(others, json!({ "entries": [], "next": null }));
}

async fn nothing_without_a_key(partner: &Partner) {
    let request = partner.client.get(partner.url("/partner/sessions"));
    assert_eq!(answer(request).await.0, 401);
    let request = partner
        .client
        .get(partner.url("/partner/sessions"))
        .header("X-API-Key", "wrong");
    assert_eq!(answer(request).await.0, 401);
    let (status, health) = answer(partner.client.get(partner.url("/health"))).await;
    assert_eq!((status, &health["database"]), (200, &json!("connected")));
}

fn nothing_personal_in_the_log(partner: &Partner) {
    let log = partner.branch.kiosk_log();
    assert!(log.contains("decided"), "the log tells of decisions");
    for personal in partner.material.personal_words("traveller") {
        assert!(
            !log.to_lowercase().contains(&personal.to_lowercase()),
            "the log holds {personal}"
        );
    }
    assert!(!log.contains("user_123") && !log.contains(KEY));
    assert!(
        log.contains("a one-time code was handed over")
            && !log.contains(EMAIL)
            && !log.contains(ADMIN)
    );
}

/// The header of a PNG of any size, without its pixels.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}
