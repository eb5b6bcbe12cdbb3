//! A partner has a person's session erased, through a published dialect, while kiosk and central are killed: central erases
//! what it held, evidence too, and nobody else's; its chain stays whole.

use std::time::Duration;

use kiosk_tests::branch::{Branch, KIOSK, Plan};
use kiosk_tests::material::Material;
use kiosk_tests::rig::until_async;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// A test's own key; its SHA-256 stands in the config.
const KEY: &str = "test-key-77d0f1f2a94c4be0b3f6a1f8c55e2a90";
const TOLD_WITHIN: Duration = Duration::from_secs(60);

struct Partner {
    branch: Branch,
    client: reqwest::Client,
    passport: Vec<u8>,
}

impl Partner {
    async fn of_a_new_branch(folder: &std::path::Path) -> Self {
        let root = kiosk_tests::root();
        let material = Material::below(&root).unwrap();
        let now = kiosk_tests::now();
        let passport = material.passport_picture("traveller", now.date()).unwrap();
        let plan = Plan {
            root,
            folder: folder.to_owned(),
            recordings: material.folder().to_owned(),
            now,
            validity: kiosk_pki::Validity::days(now, 2),
            api_keys: format!(
                "[[api.keys]]\nname = \"partner\"\ntenant = \"demo\"\nsha256 = \"{}\"\nconsent = \"terms-1\"\nrate_per_minute = 6000\n",
                kiosk_tests::sha256_hex(KEY.as_bytes()),
            ),
            policy: String::new(),
            more: String::new(),
        };
        let branch = tokio::task::spawn_blocking(move || Branch::start(plan));
        Self {
            branch: branch.await.unwrap().unwrap(),
            client: kiosk_tests::plain_client().unwrap(),
            passport: std::fs::read(passport).unwrap(),
        }
    }

    /// Asks the KYC API with a token of its own: a kiosk that was killed knows no former one.
    async fn ask(&self, path: &str) -> Option<reqwest::RequestBuilder> {
        let form = format!("grant_type=client_credentials&client_id=partner&client_secret={KEY}");
        let request = self
            .client
            .post(format!("{}/oauth2/token", self.branch.api()));
        let request = request
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let given: Value = request.send().await.ok()?.json().await.ok()?;
        let request = self.client.post(format!("{}{path}", self.branch.api()));
        let request = request.bearer_auth(given["access_token"].as_str()?);
        Some(request.header("X-Client-Id", "partner"))
    }

    /// A session with a document and its picture.
    async fn somebody_comes(&self) -> String {
        let create = self.ask("/idv/session/create").await.unwrap();
        let body = json!({"liveness_mode": "passive_active"});
        let created: Value = create
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let id = created["session_id"].as_str().unwrap().to_owned();
        let picture = Part::bytes(self.passport.clone()).file_name("front.jpg");
        let form = Form::new()
            .text("session_id", id.clone())
            .text("latitude", "59.9")
            .text("longitude", "10.75")
            .part("image", picture);
        let add = self.ask("/idv/sdk/document/front/add").await.unwrap();
        let added = add.multipart(form).send().await.unwrap();
        assert_eq!(added.status(), 200);
        id
    }

    async fn evidence_at_central(&self, id: &str) -> usize {
        let what = format!("sessions/{id}/evidence");
        let listed = self.branch.of_kiosk(KIOSK, &what);
        let listed = listed.await.ok().flatten().unwrap_or_default();
        listed.as_array().map_or(0, Vec::len)
    }

    async fn view(&self, id: &str) -> Value {
        self.branch
            .at_central(id)
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_reaches_central_whoever_is_killed_on_the_way_and_takes_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut partner = Partner::of_a_new_branch(folder.path()).await;
    let mut random = StdRng::seed_from_u64(0x6572_6173);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(partner.somebody_comes().await);
    }
    for id in &ids {
        until_async("central to hold the picture", TOLD_WITHIN, || async {
            partner.evidence_at_central(id).await > 0
        })
        .await
        .unwrap();
    }
    let stays = ids.pop().unwrap();

    let mut answered = 0;
    for (round, id) in ids.iter().enumerate() {
        // Central is away for one, killed beside the kiosk for the next, and there for the last.
        if round < 2 {
            partner.branch.kill_central();
        }
        let delete = partner.ask("/idv/session/delete").await.unwrap();
        let asked = tokio::spawn(delete.json(&json!({"session_id": id})).send());
        tokio::time::sleep(Duration::from_millis(random.random_range(0..12))).await;
        partner.branch.kill_kiosk();
        let told = asked.await.unwrap().is_ok_and(|told| told.status() == 200);
        answered += usize::from(told);
        tokio::task::block_in_place(|| {
            partner.branch.start_kiosk().unwrap();
            if round < 2 {
                partner.branch.restart_central().unwrap();
            }
        });
        if !told {
            // Nobody was promised anything: the partner asks again. Gone already is gone.
            let delete = partner.ask("/idv/session/delete").await.unwrap();
            let again = delete
                .json(&json!({"session_id": id}))
                .send()
                .await
                .unwrap();
            assert!([200, 404].contains(&again.status().as_u16()), "{again:?}");
        }
    }
    for id in &ids {
        until_async("central to erase", TOLD_WITHIN, || async {
            partner.view(id).await["erased"] == true && partner.evidence_at_central(id).await == 0
        })
        .await
        .unwrap();
        let view = partner.view(id).await;
        assert_eq!(
            (&view["chain_ok"], &view["erasure"]["why"]),
            (&json!(true), &json!("asked"))
        );
        assert_eq!(
            view["decisions"],
            Value::Null,
            "its content is not known any more"
        );
    }
    let other = partner.view(&stays).await;
    assert_eq!(
        (&other["erased"], &other["chain_ok"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(other["events"][0]["type"], "created");
    assert!(partner.evidence_at_central(&stays).await > 0);
    let chain = partner
        .branch
        .of_kiosk(KIOSK, "chain")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(chain["chain_ok"], true);
    println!(
        "{} sessions erased through the KYC API with the kiosk killed at each, {answered} answered before, central away \
         for two: all erased at central, one other untouched",
        ids.len()
    );
}
