//! `cargo xtask serve`'s program: it tells one line that is enough to call every dialect, and ends with all that it started.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has to end")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kiosk_tests::rig::built_binary;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Ended by its id, whatever comes of the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_told_is_enough_to_call_every_dialect_and_nothing_stays_behind() {
    let child = Command::new(built_binary("serve").unwrap())
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Server(child.unwrap());
    let mut line = String::new();
    let out = server.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let address = told["address"].as_str().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(call_each(address, &told));

    let id = i32::try_from(server.0.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    let pause = Duration::from_millis(50);
    let ended = (0..600).find_map(|_| {
        std::thread::sleep(pause);
        server.0.try_wait().unwrap()
    });
    let status = ended.unwrap();
    assert!(status.success(), "{status}");
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let listens = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(listens.is_err(), "kioskd went on after it");
}

async fn call_each(address: &str, told: &Value) {
    let client = kiosk_tests::plain_client().unwrap();
    let key = told["onboarder"]["headers"]["X-API-Key"].as_str().unwrap();
    let list = client
        .get(format!("{address}/partner/sessions"))
        .header("X-API-Key", key);
    assert_eq!(list.send().await.unwrap().status(), 200);
    let of = |name: &str| told["kairos"]["headers"][name].as_str().unwrap().to_owned();
    let nobody = uuid::Uuid::nil();
    let asked = client
        .get(format!("{address}/v0.1/full-id-verification/{nobody}"))
        .header("app_id", of("app_id"))
        .header("app_key", of("app_key"));
    assert_eq!(
        asked.send().await.unwrap().status(),
        404,
        "known, and there is none"
    );
    let token = told["master"]["headers"]["Authorization"].as_str().unwrap();
    let list = client
        .get(format!("{address}/api/applicants"))
        .header("Authorization", token);
    assert_eq!(list.send().await.unwrap().status(), 200);
    let office = &told["kyconnect"];
    let of = |name: &str| office[name].as_str().unwrap().to_owned();
    let login = serde_json::json!({"email": of("email"), "password": of("one_time_password")});
    let came = client
        .post(format!("{}/auth/login", of("base_url")))
        .json(&login);
    let came: Value = came.send().await.unwrap().json().await.unwrap();
    assert_eq!(came["password_change_required"], true, "{came}");
    let key = office["headers"]["X-API-Key"].as_str().unwrap();
    let cases = client
        .get(format!("{}/onboarding", of("base_url")))
        .header("X-API-Key", key);
    assert_eq!(cases.send().await.unwrap().status(), 200);
    let of = |name: &str| told["kyc"][name].as_str().unwrap().to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        of("client_id"),
        of("client_secret")
    );
    let given = client
        .post(of("token_url"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let given: Value = given.send().await.unwrap().json().await.unwrap();
    let list = client
        .post(format!("{address}/idv/session/list"))
        .bearer_auth(given["access_token"].as_str().unwrap())
        .json(&serde_json::json!({}));
    assert_eq!(list.send().await.unwrap().status(), 200);
}
