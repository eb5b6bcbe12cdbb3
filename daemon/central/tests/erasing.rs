//! A session that its kiosk has erased: nothing of it stays that opens, its place in the chain does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "stories of tests: a panic is the failure"
)]

use crate::support::client::Client;
use crate::support::log::Log;
use crate::support::postgres::Postgres;
use crate::support::process::Process;
use crate::support::s3::S3;
use crate::support::{Site, files_below, until};
use axum::http::{Method, StatusCode};
use kiosk_wire::{
    Batch, Chain, ErasedFor, EvidenceId, HeldRecord, OsRandom, limits, paths, seal_evidence,
};
use serde_json::{Value, json};

/// Three records of one person, two of another, with a picture and the half of a clip of the first.
struct Story {
    log: Log,
    /// How the first one's key was sent.
    first: Batch,
    erased: uuid::Uuid,
    picture: (String, Vec<u8>),
    part: (String, Vec<u8>),
}

impl Story {
    async fn told(site: &Site, kiosk: &Client) -> Self {
        let mut log = Log::with("k-1", 3);
        let (erased, key) = (log.session, log.key.clone());
        let first = kiosk.signed(log.whole(&site.central_key));
        assert_eq!(
            kiosk.post(&log.records_path(), &first).await.0,
            StatusCode::OK
        );
        let sealed =
            |bytes: &[u8]| seal_evidence(&key, &OsRandom, &log.kiosk, erased, bytes).unwrap();
        let picture = sealed(b"a picture");
        let path = paths::evidence(&log.kiosk, &EvidenceId::of(&picture), erased);
        let (status, _) = kiosk
            .ask(Method::PUT, &path, picture.clone())
            .await
            .unwrap();
        assert_eq!(status, StatusCode::CREATED);
        let clip = sealed(&vec![7; 2 * limits::EVIDENCE_PART_BYTES]);
        let total = clip.len() as u64;
        let begun = paths::evidence_part(&log.kiosk, &EvidenceId::of(&clip), erased, (0, total));
        let part = clip[..limits::EVIDENCE_PART_BYTES].to_vec();
        let (status, _) = kiosk.ask(Method::PUT, &begun, part.clone()).await.unwrap();
        assert_eq!(status, StatusCode::ACCEPTED);
        log.begin_session();
        log.append(&json!({"type": "created"}));
        log.append(&json!({"type": "selfie_taken"}));
        let batch = log.batch(3..5, &site.central_key);
        assert_eq!(
            kiosk.post(&log.records_path(), &batch).await.0,
            StatusCode::OK
        );
        Self {
            log,
            first,
            erased,
            picture: (path, picture),
            part: (begun, part),
        }
    }

    /// The kiosk erases the first person's session, and goes on with the other's.
    async fn erase(&mut self, site: &Site, kiosk: &Client, why: ErasedFor) {
        let other = std::mem::replace(&mut self.log.session, self.erased);
        self.log.erase(why);
        self.log.session = other;
        self.log.append(&json!({"type": "cancelled"}));
        let batch = self.log.batch(5..7, &site.central_key);
        let (status, told) = kiosk.post(&self.log.records_path(), &batch).await;
        assert_eq!(
            (status, &told["durable"]),
            (StatusCode::OK, &json!(7)),
            "{told}"
        );
    }

    async fn read(&self, reader: &Client, session: uuid::Uuid) -> Value {
        let (status, view) = reader.get(&paths::session(&self.log.kiosk, session)).await;
        assert_eq!(status, StatusCode::OK);
        view
    }

    /// What is left of the first person, by everything that a reader may ask.
    async fn is_erased(&self, reader: &Client) {
        let view = self.read(reader, self.erased).await;
        assert_eq!(view["erased"], true, "{view}");
        assert_eq!(
            (&view["records"], &view["chain_ok"]),
            (&json!(4), &json!(true))
        );
        assert_eq!(view["erasure"]["why"], "asked");
        assert_eq!(view["erasure"]["at"], "2026-03-02T12:00:00Z");
        assert_eq!(
            (&view["decisions"], &view["decision"]),
            (&Value::Null, &Value::Null)
        );
        let kinds: Vec<_> = view["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].clone())
            .collect();
        assert_eq!(
            kinds,
            [Value::Null, Value::Null, Value::Null, json!("erased")]
        );
        let (_, listed) = reader.get("/v1/kiosks/k-1/sessions").await;
        let erased: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["erased"].clone())
            .collect();
        assert_eq!(erased, [json!(false), json!(true)]);
        let (_, evidence) = reader
            .get(&format!(
                "{}/evidence",
                paths::session(&self.log.kiosk, self.erased)
            ))
            .await;
        assert_eq!(evidence, json!([]));
        assert_eq!(reader.get(&self.picture.0).await.0, StatusCode::NOT_FOUND);
        let (_, chain) = reader.get("/v1/kiosks/k-1/chain").await;
        assert_eq!(
            chain,
            json!({"kiosk": "k-1", "durable": 7, "chain_ok": true})
        );

        // A copy of the whole log verifies as the kiosk's own does, with three stubs in it.
        let (_, records) = reader.get("/v1/kiosks/k-1/records").await;
        let records: Vec<HeldRecord> = serde_json::from_value(records).unwrap();
        let mut walked = Chain::default();
        records
            .iter()
            .for_each(|record| walked.accept_held(record).unwrap());
        assert_eq!(walked.head(), self.log.records[6].hash);
        let stubs = records
            .iter()
            .filter(|record| record.whole().is_none())
            .count();
        assert_eq!(stubs, 3);

        let other = self.read(reader, self.log.session).await;
        assert_eq!(
            (&other["erased"], &other["erasure"]),
            (&json!(false), &Value::Null)
        );
        assert_eq!(
            other["events"][0]["type"], "created",
            "the other person's opens as before"
        );
    }
}

async fn an_erasure_leaves_places_in_the_chain_and_nothing_that_opens(site: &mut Site) {
    let kiosk = site.kiosk();
    let mut story = Story::told(site, &kiosk).await;
    assert_eq!(files_below(&site.evidence_of("k-1")).len(), 2);

    story.erase(site, &kiosk, ErasedFor::Asked).await;

    story.is_erased(&site.reader()).await;
    let folder = site.evidence_of("k-1");
    until("the files to go", || async {
        files_below(&folder).is_empty()
    })
    .await;

    // Whatever comes again by an old way brings nothing back: the batch with the key, the picture, the clip's part.
    let (status, told) = kiosk.post(&story.log.records_path(), &story.first).await;
    assert_eq!((status, &told["durable"]), (StatusCode::OK, &json!(7)));
    for (path, bytes) in [&story.picture, &story.part] {
        let (status, told) = kiosk.ask(Method::PUT, path, bytes.clone()).await.unwrap();
        assert_eq!(
            (status, &told["error"]),
            (StatusCode::GONE, &json!("erased"))
        );
    }
    // The erasure itself comes twice, as after a lost answer.
    let again = story.log.batch(4..7, &site.central_key);
    assert_eq!(
        kiosk.post(&story.log.records_path(), &again).await.0,
        StatusCode::OK
    );
    site.restart().await;
    story.is_erased(&site.reader()).await;
    assert!(files_below(&folder).is_empty());
}

async fn a_kiosk_that_was_wiped_or_forgets_takes_nothing_from_central(site: &mut Site) {
    let told = [("k-1", ErasedFor::Wiped), ("k-2", ErasedFor::Overdue)];
    for ((name, why), files) in told.into_iter().zip(&site.paths.kiosks) {
        let mut log = Log::with(name, 2);
        log.erase(why);
        let kiosk = site.client(files);
        let (status, _) = kiosk
            .post(&log.records_path(), &log.whole(&site.central_key))
            .await;
        assert_eq!(status, StatusCode::OK);
        let (_, view) = site.reader().get(&log.session_path()).await;
        assert_eq!(
            (&view["erased"], &view["chain_ok"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(view["erasure"]["why"], why.as_str());
        assert_eq!(view["events"][0]["type"], "selfie_taken", "it still opens");
        assert_eq!(view["events"][2]["type"], "erased");
    }
}

async fn an_erasure_that_is_no_such_thing_is_refused_whole(site: &mut Site) {
    let mut log = Log::with("k-1", 2);
    log.erase(ErasedFor::Asked);
    for (what, version, content) in [
        (
            "a later reason",
            2,
            r#"{"at":"2026-03-02T12:00:00Z","why":"later"}"#,
        ),
        ("no JSON", 2, "x"),
        ("a later version", 3, "x"),
    ] {
        let mut batch = log.whole(&site.central_key);
        let record = batch.records.last_mut().unwrap();
        record.version = version;
        record.sealed = content.as_bytes().to_vec();
        let (status, told) = site.kiosk().post(&log.records_path(), &batch).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        let code = if version == 3 {
            "record_unknown"
        } else {
            "chain_broken"
        };
        assert_eq!(told["error"], code, "{what}: the hash is over what it was");
    }
    // A record with an event can't be passed off as an erasure, or the other way.
    let mut batch = log.whole(&site.central_key);
    batch.records[2].version = 1;
    assert_eq!(
        site.kiosk().post(&log.records_path(), &batch).await.1["error"],
        "chain_broken"
    );
    let (_, told) = site.kiosk().get(&log.acknowledged_path()).await;
    assert_eq!(told["durable"], 0);
}

macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&mut super::Site::sqlite().await).await;
            })*
        }

        #[tokio::test]
        async fn the_same_on_postgresql() {
            let postgres = Postgres::start();
            $(
                let database = postgres.database(stringify!($name));
                let mut site = Site::start(Some(database), |_| {}).await;
                $name(&mut site).await;
                site.stop().await;
            )*
        }
    };
}

on_both! {
    an_erasure_leaves_places_in_the_chain_and_nothing_that_opens
    a_kiosk_that_was_wiped_or_forgets_takes_nothing_from_central
    an_erasure_that_is_no_such_thing_is_refused_whole
}

#[tokio::test]
async fn evidence_goes_from_a_bucket_too_and_a_bucket_that_is_away_is_asked_again() {
    let s3 = S3::start().await;
    let mut site = Site::prepare(None);
    site.config.evidence_bucket = Some(s3.config(site.folder.path(), None));
    site.restart().await;
    let kiosk = site.kiosk();
    let mut story = Story::told(&site, &kiosk).await;
    assert_eq!(s3.names().len(), 2);
    // With another key nothing can be removed: the order to do so outlives it.
    site.config.evidence_bucket = Some(s3.config(site.folder.path(), Some("another secret")));
    site.restart().await;
    let kiosk = site.kiosk();
    story.erase(&site, &kiosk, ErasedFor::Asked).await;
    until("the bucket to refuse", || async { s3.refused() > 0 }).await;
    assert_eq!(s3.names().len(), 2);

    site.config.evidence_bucket = Some(s3.config(site.folder.path(), None));
    site.restart().await;

    until("the objects to go", || async { s3.names().is_empty() }).await;
    story.is_erased(&site.reader()).await;
}

/// A central of its own process, killed while it is being told: what it acknowledged it has carried out, and the rest
/// is carried out as the kiosk says it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_central_that_is_killed_while_it_erases_ends_it_after() {
    let site = Site::prepare(None);
    let tls = &site.config.tls;
    let text = format!(
        "listen = \"127.0.0.1:0\"\nfolder = {:?}\nsession_key_file = {:?}\n[tls]\nauthority = {:?}\ncertificate = {:?}\nkey = {:?}\n",
        site.config.folder, site.config.session_key_file, tls.authority, tls.certificate, tls.key,
    );
    let file = site.folder.path().join("central.toml");
    std::fs::write(&file, text).unwrap();
    let log_file = site.folder.path().join("log");
    let folder = site.evidence_of("k-1");
    let mut process = Process::start(&file, &log_file);
    let kiosk = Client::new(process.addr(), &site.paths.kiosks[0]);
    let mut story = Story::told(&site, &kiosk).await;
    let other = std::mem::replace(&mut story.log.session, story.erased);
    story.log.erase(ErasedFor::Asked);
    story.log.session = other;
    story.log.append(&json!({"type": "cancelled"}));
    let batch = kiosk.signed(story.log.batch(5..7, &site.central_key));
    let mut acknowledged = 0;
    for round in 0..8_u64 {
        let kiosk = Client::new(process.addr(), &site.paths.kiosks[0]);
        let (path, batch) = (story.log.records_path(), batch.clone());
        let telling = tokio::spawn(async move {
            let body = serde_json::to_vec(&batch).unwrap();
            kiosk.ask(Method::POST, &path, body).await.is_ok()
        });
        tokio::time::sleep(std::time::Duration::from_millis(round * 4)).await;
        // SIGKILL.
        drop(process);
        acknowledged += u32::from(telling.await.unwrap());
        process = Process::start(&file, &log_file);
        let reader = Client::new(process.addr(), &site.paths.reader);
        let view = story.read(&reader, story.erased).await;
        assert_eq!(view["chain_ok"], true);
        assert!(acknowledged == 0 || view["erased"] == true, "{view}");
    }
    let kiosk = Client::new(process.addr(), &site.paths.kiosks[0]);
    assert_eq!(
        kiosk.post(&story.log.records_path(), &batch).await.0,
        StatusCode::OK
    );
    let reader = Client::new(process.addr(), &site.paths.reader);
    until("the files to go", || async {
        files_below(&folder).is_empty()
    })
    .await;
    story.is_erased(&reader).await;
}
