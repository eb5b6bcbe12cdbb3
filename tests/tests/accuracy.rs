//! How well the kiosk reads and tells apart what the project makes itself: specimens through a camera model, and
//! synthetic people before the command line. Figures are printed; each has a floor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::path::Path;
use std::process::Command;

use kiosk_inference::picture::{DecodeLimits, Picture};
use kiosk_tests::material::Material;
use kiosk_tests::models::document_reader;
use kiosk_tests::rig::built_binary;
use kiosk_tests::specimen::{Background, Fonts, Holder, Kind, Shot, Specimen, photograph};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

/// Pictures of each kind of document.
const OF_EACH: usize = 8;
/// Least share of pictures in which every character of every line is right.
const LEAST_EXACT: f64 = 0.9;

/// A way in which a page may lie under the kiosk's camera.
fn any_shot(random: &mut StdRng) -> Shot {
    let backgrounds = [
        Background::Wood,
        Background::Cloth,
        Background::Plain([200, 205, 210]),
    ];
    Shot {
        frame: (1600, 1200),
        scale: random.random_range(0.72..0.88),
        rotation_deg: random.random_range(-12.0..12.0),
        perspective: random.random_range(0.0..0.03),
        blur: random.random_range(0.0..1.0),
        noise: random.random_range(0.0..5.0),
        shade: random.random_range(0.0..0.3),
        background: backgrounds[random.random_range(0..backgrounds.len())],
        ..Shot::default()
    }
}

#[test]
fn specimens_of_every_kind_are_read_exactly_through_the_camera_and_none_wrongly_called_valid() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let portrait = material.document_portrait("traveller").unwrap();
    let fonts = Fonts::installed().unwrap();
    let mut reader = document_reader().unwrap();
    let mut random = StdRng::seed_from_u64(0x6163_6375);
    let (mut exact, mut wrong, mut all) = (0, 0, 0);
    for kind in Kind::ALL {
        let mut of_kind = 0;
        for holder in [Holder::eriksson(), Holder::almqvist()]
            .iter()
            .cycle()
            .take(OF_EACH)
        {
            let specimen = Specimen::bona_fide(kind, holder.clone(), kiosk_tests::now().date());
            let pages = specimen.render(&portrait, &fonts, 14.0).unwrap();
            let page = pages.mrz_side();
            let taken = photograph(page, &any_shot(&mut random), &mut random).unwrap();
            let read = reader.read(&taken.picture).unwrap().mrz;
            let right = read.as_ref().is_some_and(|mrz| mrz.lines == page.mrz);
            of_kind += usize::from(right);
            wrong += usize::from(!right && read.is_some_and(|mrz| mrz.valid));
            all += 1;
        }
        println!("{kind:?}: {of_kind} of {OF_EACH} exact");
        exact += of_kind;
    }
    println!(
        "specimens through the camera: {exact} of {all} exact, {wrong} called valid and wrong"
    );
    assert_eq!(wrong, 0, "a reading called valid has a wrong character");
    assert!(exact as f64 >= LEAST_EXACT * all as f64, "{exact} of {all}");
}

fn verify(document: &Path, back: Option<&Path>, clip: &Path) -> Value {
    let output = Command::new(built_binary("kioskctl").unwrap())
        .current_dir(kiosk_tests::root())
        .args([
            "verify",
            "--json",
            "--policy",
            "daemon/session/policies/specimens.toml",
            "--document",
        ])
        .arg(document)
        .args(back.iter().flat_map(|back| [Path::new("--back"), back]))
        .arg("--clip")
        .arg(clip)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

#[test]
fn the_command_line_tells_the_traveller_from_the_stranger_and_passes_no_recording_as_live() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let passport = material
        .passport_picture("traveller", kiosk_tests::now().date())
        .unwrap();

    let own = verify(&passport, None, &material.calm("traveller").unwrap());
    assert_eq!(own["status"], "manual_review", "{own}");
    assert!(
        own["reasons"]
            .to_string()
            .contains("LIVENESS_NOT_CHALLENGED"),
        "{own}"
    );
    assert!(
        !own["reasons"].to_string().contains("FAILED_FACE_MATCH"),
        "{own}"
    );

    let strange = verify(&passport, None, &material.calm("stranger").unwrap());
    assert_eq!(strange["status"], "rejected", "{strange}");
    assert!(
        strange["reasons"].to_string().contains("FAILED_FACE_MATCH"),
        "{strange}"
    );
    println!(
        "distance to the passport's portrait: traveller {}, stranger {}",
        own["face_match"]["assessed"]["distance"], strange["face_match"]["assessed"]["distance"]
    );
}

/// The reasons that signals of a document's authenticity give by the shipped policy.
const SIGNALS: [&str; 8] = [
    "SCREEN_RECAPTURE",
    "PHOTOCOPY",
    "PORTRAIT_PASTED",
    "MRZ_PRINT",
    "SUSPICIOUS_WORDS",
    "NOT_YET_VALID",
    "IMPLAUSIBLE_DATES",
    "DATA_INCONSISTENT",
];

#[test]
fn a_grey_copy_of_a_passport_needs_a_person_and_the_passport_itself_does_not() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let passport = material
        .passport_picture("traveller", kiosk_tests::now().date())
        .unwrap();
    let clip = material.calm("traveller").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.jpg");
    let bytes = std::fs::read(&passport).unwrap();
    let coloured = Picture::decode(&bytes, &DecodeLimits::default()).unwrap();
    let pixels = coloured.bgr().chunks_exact(3);
    let grey = pixels.flat_map(|pixel| {
        let [blue, green, red] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let grey = 0.114 * blue + 0.587 * green + 0.299 * red;
        // Under a lamp's tint: a picture without any colour tells of its camera, not of the page.
        [grey * 0.88, grey * 0.94, grey].map(|level| level as u8)
    });
    let grey = Picture::from_bgr(coloured.width(), coloured.height(), grey.collect()).unwrap();
    std::fs::write(&copy, grey.encode_jpeg(92).unwrap()).unwrap();

    let given = |document: &Path| {
        let judged = verify(document, None, &clip);
        let reasons = judged["reasons"].as_array().unwrap();
        let reasons: Vec<String> = reasons
            .iter()
            .map(|reason| reason.as_str().unwrap().to_owned())
            .filter(|reason| SIGNALS.contains(&reason.as_str()))
            .collect();
        (judged["status"].as_str().unwrap().to_owned(), reasons)
    };
    assert_eq!(
        given(&copy),
        ("manual_review".to_owned(), vec!["PHOTOCOPY".to_owned()])
    );
    assert_eq!(given(&passport).1, Vec::<String>::new());
}

#[test]
fn another_person_in_the_place_of_the_first_is_told_though_nobody_left_the_frame() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let passport = material
        .passport_picture("traveller", kiosk_tests::now().date())
        .unwrap();
    let clip = material.swapped("traveller", "stranger").unwrap();
    let judged = verify(&passport, None, &clip);
    let reasons = judged["reasons"].to_string();
    assert!(reasons.contains("FACE_CHANGED"), "{judged}");
    assert!(!reasons.contains("FAILED_FACE_MATCH"), "{judged}");
    assert_eq!(judged["status"], "rejected");
}

#[test]
fn a_card_s_zone_is_read_from_its_back_and_its_portrait_from_its_front() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let today = kiosk_tests::now().date();
    let (front, back) = material.identity_card("traveller", today).unwrap();
    let read = verify(&front, Some(&back), &material.calm("traveller").unwrap());
    assert_eq!(read["document"]["layout"], "TD1", "{read}");
    assert_eq!(read["document"]["kind"], "id_card", "{read}");
    assert_eq!(
        read["decision"]["checks"]["document_verified"], true,
        "{read}"
    );
    assert_eq!(
        read["decision"]["checks"]["face_match_passed"], true,
        "{read}"
    );
}

#[test]
fn what_can_t_be_used_is_told_by_its_code_and_decides_nothing() {
    let material = Material::below(&kiosk_tests::root()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let passport = material
        .passport_picture("traveller", kiosk_tests::now().date())
        .unwrap();
    let mut half = std::fs::read(&passport).unwrap();
    half.truncate(half.len() / 2);
    let clip = material.calm("traveller").unwrap();
    let blank = file("blank.jpg", &material.blank_picture().unwrap());
    for (document, clip, code) in [
        (file("half.jpg", &half), clip.clone(), "PICTURE_TRUNCATED"),
        (passport.clone(), file("empty.mp4", b""), "RECORDING_EMPTY"),
        (
            passport.clone(),
            file("text.mp4", b"no clip at all"),
            "RECORDING_FORMAT_UNKNOWN",
        ),
        (passport.clone(), blank, "NO_FACE"),
    ] {
        let told = verify(&document, None, &clip);
        assert_eq!(told["error"]["code"], code, "{told}");
        assert!(told["status"].is_null(), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ends_as_it_must_and_leaves_its_result_and_report() {
    let root = kiosk_tests::root();
    let options = kiosk_tests::demo::Options {
        root: root.clone(),
        camera: None,
        recording: None,
        document: None,
        keep: false,
        pictures: false,
        now: kiosk_tests::now(),
    };
    assert!(kiosk_tests::demo::run(options).await.unwrap());
    let text = std::fs::read_to_string(root.join("target/demo/result.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let all = result["verifications"].as_array().unwrap();
    let statuses: Vec<&str> = all
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert!(
        ["approved", "manual_review"].contains(&statuses[0]),
        "{statuses:?}"
    );
    assert_eq!(statuses[1..], ["rejected", "rejected"]);
    assert!(
        all.iter()
            .all(|one| one["central_count"] == 1 && one["chain_ok"] == true),
        "{text}"
    );
    let report = std::fs::read_to_string(root.join("target/demo/report.html")).unwrap();
    for part in [
        "<svg",
        "landmarks",
        "Liveness over time",
        "FAILED_FACE_MATCH",
        "DOCUMENT_EXPIRED",
    ] {
        assert!(report.contains(part), "the report shows {part}");
    }
}
