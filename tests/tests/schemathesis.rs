//! Schemathesis holds each published OpenAPI document against a running kioskd: no fault of ours, no answer that its document does
//! not have, nothing taken that it forbids, nothing refused that it allows.
//!
//! ```text
//! docs/api/{dialect}.openapi.json ─┐
//! tests/schemathesis/{dialect}.toml ├─► schemathesis ─► kioskd of `cargo xtask serve`, with high limits ─► figures, findings
//! credentials, in the environment ──┘
//! ```
//!
//! What a dialect's file leaves out of a check stands there with its reason. `KIOSK_EXAMPLES` sets how many requests are drawn
//! for an operation beside the document's own and its edges; with it they are drawn anew each time, else always the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has to end, and prints its figures"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use kiosk_tests::mailbox::{Mailbox, Manners};
use kiosk_tests::serving::{self, Load, Serving};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Requests that are drawn for an operation in CI.
const EXAMPLES: u32 = 8;
/// How long a dialect may take in CI; more examples may take as many times as long.
const WITHIN: Duration = Duration::from_secs(90);
/// Characters of a report that are shown: a fault of the program's own may be told with all of its source.
const MOST_SHOWN: usize = 40_000;
/// A new password for the first administrator, of a kiosk that ends with the test.
const PASSWORD: &str = "a long way to the river 7";

/// One run over a dialect's document, or a part of it.
struct Pass {
    dialect: &'static str,
    /// Which operations, and with what.
    arguments: Vec<String>,
}

/// What came of a run.
#[derive(Default)]
struct Figures {
    operations: u64,
    cases: u64,
    answers: BTreeMap<u64, u64>,
    seconds: f64,
    findings: Vec<String>,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.cases += other.cases;
        self.seconds += other.seconds;
        for (status, times) in other.answers {
            *self.answers.entry(status).or_default() += times;
        }
        self.findings.extend(other.findings);
    }

    /// The share of answers whose status is in that range.
    fn share(&self, range: std::ops::Range<u64>) -> f64 {
        let all: u64 = self.answers.values().sum();
        let of_it: u64 = self.answers.range(range).map(|(_, times)| times).sum();
        100.0 * of_it as f64 / all.max(1) as f64
    }
}

/// A kiosk, and what its callers come with.
struct Kiosk {
    serving: Serving,
    folder: PathBuf,
    /// Everything that no report may show.
    secrets: Vec<String>,
    _mailbox: Mailbox,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_what_the_kiosk_answers() {
    let program = kiosk_tests::root().join("target/schemathesis/bin/st");
    assert!(
        program.is_file(),
        "{} is missing: cargo xtask test --api makes it",
        program.display()
    );
    let folder = tempfile::tempdir().unwrap();
    let mut kiosk = Kiosk::start(folder.path()).await;
    let mut all: BTreeMap<&str, Figures> = BTreeMap::new();
    for pass in kiosk.passes().await {
        let (program, address) = (program.clone(), kiosk.serving.branch.api());
        let (folder, secrets) = (kiosk.folder.clone(), kiosk.secrets.clone());
        let dialect = pass.dialect;
        let run = move || run(&program, &pass, &address, &folder, &secrets);
        let figures = tokio::task::spawn_blocking(run).await.unwrap();
        all.entry(dialect).or_default().add(figures);
    }
    let mut findings = Vec::new();
    for (dialect, figures) in all {
        println!(
            "{dialect}: {} operations, {} cases, {:.1} % answered 2xx, {:.1} % answered 429, {} findings, {:.0} s",
            figures.operations,
            figures.cases,
            figures.share(200..300),
            figures.share(429..430),
            figures.findings.len(),
            figures.seconds,
        );
        assert!(figures.cases > 100, "{dialect} was hardly asked");
        assert!(
            figures.share(429..430) < 5.0,
            "{dialect}: limits hid what is behind them"
        );
        findings.extend(figures.findings);
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

impl Kiosk {
    async fn start(folder: &Path) -> Self {
        let mailbox = Mailbox::open(Manners::default()).await.unwrap();
        let load = Load {
            per_minute: 100_000,
            more: format!(
                "[api.limits]\nconnect_per_minute = 1000000\nconnect_logins_per_hour = 1000000\nconnect_submissions = 1000000\nmaster_per_minute = 100000\n\
                 [api.otp.email]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"kiosk@example.org\"\n\
                 [preview]\nsocket = \"preview.sock\"\n",
                mailbox.port(),
            ),
        };
        let of_branch = folder.join("branch");
        let starting = move || serving::start_under(of_branch, &load);
        let serving = tokio::task::spawn_blocking(starting).await.unwrap();
        Self {
            serving: serving.unwrap(),
            folder: folder.to_owned(),
            secrets: Vec::new(),
            _mailbox: mailbox,
        }
    }

    /// Every run, with credentials that no other run ends.
    async fn passes(&mut self) -> Vec<Pass> {
        let told = self.serving.told.clone();
        let of = |dialect: &str, name: &str| text(&told[dialect]["headers"][name]);
        let header = |name: &str, value: &str| vec!["-H".to_owned(), format!("{name}: {value}")];
        let bearer = |token: &str| header("Authorization", &format!("Bearer {token}"));
        let (client, secret) = (
            text(&told["kyc"]["client_id"]),
            text(&told["kyc"]["client_secret"]),
        );
        let token = self.token_of_kyc(&client, &secret).await;
        let (admin, second, third) = (self.login().await, self.login().await, self.login().await);
        let key = self.key_of(&admin).await;
        let app = [
            header("app_id", &of("kairos", "app_id")),
            header("app_key", &of("kairos", "app_key")),
        ];
        let sdk = [bearer(&token), header("X-Client-Id", &client)];
        self.secrets.extend([
            of("onboarder", "X-API-Key"),
            of("kairos", "app_key"),
            of("master", "Authorization"),
            secret.clone(),
            token,
            admin,
            second.clone(),
            third.clone(),
            key.clone(),
            PASSWORD.to_owned(),
            text(&told["kyconnect"]["one_time_password"]),
        ]);
        vec![
            Pass::of(
                "onboarder",
                &[header("X-API-Key", &of("onboarder", "X-API-Key"))],
                &[],
            ),
            Pass::of("kyc", &sdk, &["--exclude-path", "/oauth2/token"]),
            Pass::of(
                "kyc",
                &[vec!["--auth".into(), format!("{client}:{secret}")]],
                &["--include-path", "/oauth2/token"],
            ),
            Pass::of("kairos", &app, &[]),
            Pass::of(
                "master",
                &[header("Authorization", &of("master", "Authorization"))],
                &[],
            ),
            Pass::of(
                "kyconnect",
                &[header("X-API-Key", &key)],
                &["--exclude-path-regex", PEOPLES],
            ),
            Pass::of(
                "kyconnect",
                &[bearer(&second)],
                &["--include-path-regex", PEOPLES, "--exclude-path", LOGOUT],
            ),
            // It ends the login that it is called with.
            Pass::of("kyconnect", &[bearer(&third)], &["--include-path", LOGOUT]),
        ]
    }

    async fn token_of_kyc(&self, client: &str, secret: &str) -> String {
        let form =
            format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let asked = kiosk_tests::plain_client()
            .unwrap()
            .post(format!("{}/oauth2/token", self.serving.branch.api()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let given: Value = asked.send().await.unwrap().json().await.unwrap();
        text(&given["access_token"])
    }

    /// A login of the first administrator's, who has a password of their own after the first.
    async fn login(&self) -> String {
        let office = &self.serving.told["kyconnect"];
        let (email, first) = (text(&office["email"]), text(&office["one_time_password"]));
        let own = json!({"email": email, "password": PASSWORD});
        let mut came = self.connect("/auth/login", None, &own).await;
        if came["access_token"].is_null() {
            let once = json!({"email": email, "password": first});
            came = self.connect("/auth/login", None, &once).await;
            let change = json!({"current_password": first, "new_password": PASSWORD});
            let token = text(&came["access_token"]);
            self.connect("/auth/change-password", Some(&token), &change)
                .await;
            came = self.connect("/auth/login", None, &own).await;
        }
        text(&came["access_token"])
    }

    /// A key that may do all that a key can.
    async fn key_of(&self, admin: &str) -> String {
        let scopes: Vec<String> = ["onboarding", "verification", "aml", "users", "api-keys"]
            .iter()
            .flat_map(|of| [format!("{of}:read"), format!("{of}:write")])
            .chain(["audit:read".to_owned(), "storage:read".to_owned()])
            .collect();
        let wanted = json!({"name": "schemathesis", "scopes": scopes});
        let made = self.connect("/api-keys", Some(admin), &wanted).await;
        text(&made["key"])
    }

    async fn connect(&self, path: &str, token: Option<&str>, body: &Value) -> Value {
        let url = format!("{}/api/v1{path}", self.serving.branch.api());
        let mut call = kiosk_tests::plain_client().unwrap().post(url).json(body);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        call.send().await.unwrap().json().await.unwrap()
    }
}

/// Operations that only a person may call, or that may end the credential of who calls.
const PEOPLES: &str = "/(auth/(logout|change-password|mfa)|api-keys/|users/\\{id)";
const LOGOUT: &str = "/api/v1/auth/logout";

impl Pass {
    fn of(dialect: &'static str, credentials: &[Vec<String>], which: &[&str]) -> Self {
        let mut arguments: Vec<String> = credentials.concat();
        arguments.extend(which.iter().map(|&word| word.to_owned()));
        Self { dialect, arguments }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// How many examples, and whether they are drawn anew.
fn examples() -> (u32, bool) {
    let wanted = std::env::var("KIOSK_EXAMPLES").ok();
    let wanted = wanted.map(|text| text.parse().unwrap());
    (wanted.unwrap_or(EXAMPLES), wanted.is_some())
}

fn run(program: &Path, pass: &Pass, address: &str, folder: &Path, secrets: &[String]) -> Figures {
    let root = kiosk_tests::root();
    let dialect = pass.dialect;
    let (count, anew) = examples();
    let report = |kind: &str| folder.join(format!("{dialect}.{kind}"));
    // What another run of the same dialect left is not read for this one's.
    for kind in ["json", "ndjson"] {
        let _ = std::fs::remove_file(report(kind));
    }
    let out = std::fs::File::create(report("txt")).unwrap();
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .arg("--config-file")
        .arg(root.join(format!("tests/schemathesis/{dialect}.toml")))
        .arg("run")
        .arg(root.join(format!("docs/api/{dialect}.openapi.json")))
        .args(["--url", address, "--workers", "1", "--no-color"])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--continue-on-failure",
        ])
        .args(["--warnings", "off", "--request-timeout", "30"])
        // The credentials are good, but where a check takes them away: what is behind them is asked.
        .args(["--generation-with-security-parameters", "false"])
        .args(["--max-examples", &count.to_string()])
        .args(["--report", "json,ndjson"])
        .arg("--report-json-path")
        .arg(report("json"))
        .arg("--report-ndjson-path")
        .arg(report("ndjson"))
        .args(&pass.arguments)
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .stdin(Stdio::null());
    if !anew {
        command.arg("--generation-deterministic");
    }
    let within = WITHIN * count.div_ceil(EXAMPLES);
    let (code, seconds) = wait(&mut command, within);
    let said = without(&std::fs::read_to_string(report("txt")).unwrap(), secrets);
    let told: Value = std::fs::read(report("json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_else(|| panic!("{dialect}: no report\n{said}"));
    let count = |part: &str, name: &str| told[part][name].as_u64().unwrap();
    let mut figures = Figures {
        operations: count("operations", "tested"),
        cases: count("test_cases", "generated"),
        answers: answers(&report("ndjson")),
        seconds,
        findings: Vec::new(),
    };
    assert_eq!(told["complete"], true, "{dialect} ended early\n{said}");
    if code != Some(0) {
        let shown: String = said.chars().take(MOST_SHOWN).collect();
        figures.findings.push(format!("{dialect}:\n{shown}"));
    }
    figures
}

/// Ends with the command, or ends the command.
fn wait(command: &mut Command, within: Duration) -> (Option<i32>, f64) {
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), began.elapsed().as_secs_f64());
        }
        if began.elapsed() > within {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("schemathesis took longer than {within:?}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// How often each status was answered.
fn answers(report: &Path) -> BTreeMap<u64, u64> {
    let mut answers = BTreeMap::new();
    let lines = std::fs::read_to_string(report).unwrap();
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let interactions = &event["ScenarioFinished"]["recorder"]["interactions"];
        for one in interactions
            .as_object()
            .into_iter()
            .flat_map(|all| all.values())
        {
            if let Some(status) = one["response"]["status_code"].as_u64() {
                *answers.entry(status).or_default() += 1;
            }
        }
    }
    answers
}

/// The text without what nobody is to read.
fn without(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let bare = secret.strip_prefix("Bearer ").unwrap_or(secret);
        text = text.replace(bare, "[secret]");
    }
    text
}
