//! The KYConnect dialect on a real kiosk, as its page leads: an administrator comes in and chooses a password and a second factor,
//! a colleague is invited by e-mail, a machine gets a key, a case goes its whole way to a result, and what was done is looked up.
// long file: one office's day, told in order

use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use super::{ADMIN, KEY, Partner, answer, asked, clip, document, selfie};

const PASSWORD: &str = "a long password of one's own";
const NEXT_PASSWORD: &str = "another long password of one's own";
const AGENT: &str = "agent@bank.example";
/// What kioskd prints before the first administrator's password.
const PASSWORD_IS: &str = "first administrator's one-time password: ";
/// Seconds that a code of an authenticator holds.
const STEP_S: u64 = 30;

/// A caller of the dialect: somebody's token, or a machine's key.
struct Caller<'a> {
    partner: &'a Partner,
    header: (&'static str, String),
}

impl<'a> Caller<'a> {
    fn person(partner: &'a Partner, tokens: &Value) -> Self {
        let token = tokens["access_token"].as_str().unwrap();
        let header = ("Authorization", format!("Bearer {token}"));
        Self { partner, header }
    }

    fn machine(partner: &'a Partner, key: &str) -> Self {
        let header = ("X-API-Key", key.to_owned());
        Self { partner, header }
    }

    fn ask(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = self.partner.url(&format!("/api/v1{path}"));
        let request = self.partner.client.request(method, url);
        request.header(self.header.0, &self.header.1)
    }

    async fn get(&self, path: &str) -> Value {
        done(path, answer(self.ask(Method::GET, path)).await)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        done(path, answer(self.ask(Method::POST, path).json(&body)).await)
    }

    async fn upload(&self, path: &str, form: Form) -> Value {
        let request = self.ask(Method::POST, path).multipart(form);
        done(path, answer(request).await)
    }

    /// The stable code of a refusal, which has the published form.
    async fn refused(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        refusal(self.ask(method, path).json(&body)).await
    }
}

fn done(path: &str, (status, told): (u16, Value)) -> Value {
    assert!([200, 201].contains(&status), "{path}: {status} {told}");
    told
}

async fn refusal(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let code = answer.headers()["x-error-code"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["statusCode"], status.as_u16(), "{body}");
    assert!(
        body["message"]
            .as_array()
            .is_some_and(|told| !told.is_empty()),
        "{body}"
    );
    assert_eq!(body["error"].as_str(), status.canonical_reason(), "{body}");
    (status.as_u16(), code)
}

/// Somebody's way in: `POST /api/v1/auth/login` as the page shows it.
fn login(
    partner: &Partner,
    email: &str,
    password: &str,
    code: Option<String>,
) -> reqwest::RequestBuilder {
    let mut body = json!({"email": email, "password": password});
    if let Some(code) = code {
        body["mfa_code"] = code.into();
    }
    partner
        .client
        .post(partner.url("/api/v1/auth/login"))
        .json(&body)
}

/// The token in the newest letter: the one line that is nothing else than letters and digits, and many of them.
async fn token_sent(partner: &Partner, to: &str) -> String {
    let letter = partner.mailbox.letter().await.unwrap();
    assert!(letter.contains(&format!("RCPT TO:<{to}>")), "to {to}");
    // Quoted-printable: a line that ends with a sign goes on in the next.
    let text = letter.join("\n").replace("=\n", "");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let token = text
        .lines()
        .find(|line| line.len() >= 30 && line.chars().all(plain));
    token.expect("a token stands in the letter").to_owned()
}

pub(super) async fn the_way_of_kyconnect(partner: &Partner) {
    let (admin, factor) = the_first_administrator_comes(partner).await;
    let agent = a_colleague_is_invited(partner, &admin).await;
    let case = a_case_goes_its_whole_way(partner, &agent).await;
    the_pictures_are_lent_for_minutes(partner, &agent, &case).await;
    a_machine_reads_by_its_key(partner, &admin, &case).await;
    what_was_done_is_looked_up(&admin, &case).await;
    a_forgotten_password_and_the_second_factor(partner, &admin, &factor).await;
    what_is_public(partner).await;
}

/// Step 1 to 3 of the page: log in, use the token, refresh it.
async fn the_first_administrator_comes(partner: &Partner) -> (Caller<'_>, totp_rs::Totp) {
    let log = partner.branch.kiosk_log();
    let once = log
        .lines()
        .find_map(|line| line.strip_prefix(PASSWORD_IS))
        .unwrap();
    let came = done("login", answer(login(partner, ADMIN, once, None)).await);
    assert_eq!(came["password_change_required"], true, "{came}");
    let admin = Caller::person(partner, &came);
    let barred = admin.refused(Method::GET, "/users", json!({})).await;
    assert_eq!(barred, (403, "PASSWORD_ONE_TIME".into()));
    let change = json!({"current_password": once, "new_password": PASSWORD});
    admin.post("/auth/change-password", change).await;
    let gone = refusal(login(partner, ADMIN, once, None)).await;
    assert_eq!(gone, (401, "CREDENTIALS_WRONG".into()));

    let came = done("login", answer(login(partner, ADMIN, PASSWORD, None)).await);
    assert_eq!(
        (&came["token_type"], &came["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let me = Caller::person(partner, &came).get("/auth/me").await;
    assert_eq!(
        (&me["email"], &me["role"]),
        (&json!(ADMIN), &json!("admin"))
    );
    let refresh = |tokens: &Value| json!({"refresh_token": tokens["refresh_token"]});
    let renewed = Caller::person(partner, &came)
        .post("/auth/refresh", refresh(&came))
        .await;
    let admin = Caller::person(partner, &renewed);
    admin.get("/auth/me").await;

    let drawn = admin.post("/auth/mfa/setup", json!({})).await;
    let secret = totp_rs::Secret::try_from_base32(drawn["secret"].as_str().unwrap()).unwrap();
    let factor = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = factor.generate(seconds()).to_string();
    admin
        .post("/auth/mfa/enable", json!({"mfa_code": code}))
        .await;
    (admin, factor)
}

fn seconds() -> u64 {
    kiosk_tests::now().unix_timestamp().unsigned_abs()
}

async fn a_colleague_is_invited<'a>(partner: &'a Partner, admin: &Caller<'a>) -> Caller<'a> {
    partner.mailbox.empty();
    let wanted = json!({"email": AGENT, "role": "agent"});
    let invited = admin.post("/users/invitations", wanted).await;
    assert_eq!(invited["sent"], true, "{invited}");
    assert!(
        invited.get("token").is_none_or(Value::is_null),
        "by the letter alone"
    );
    let token = token_sent(partner, AGENT).await;
    let accepting = json!({"token": token, "name": "An agent", "password": PASSWORD});
    let accept = partner
        .client
        .post(partner.url("/api/v1/users/invitations/accept"));
    done("accept", answer(accept.json(&accepting)).await);
    let twice = partner
        .client
        .post(partner.url("/api/v1/users/invitations/accept"));
    assert_eq!(
        refusal(twice.json(&accepting)).await.0,
        401,
        "an invitation serves once"
    );
    let came = done("login", answer(login(partner, AGENT, PASSWORD, None)).await);
    let agent = Caller::person(partner, &came);
    let denied = agent.refused(Method::GET, "/users", json!({})).await;
    assert_eq!(denied, (403, "SCOPE_MISSING".into()));
    assert_eq!(admin.get("/users").await["total"], 2);
    agent
}

/// Onboarding and verification: the case is made, the person agrees and is looked at, and there is a result.
async fn a_case_goes_its_whole_way(partner: &Partner, agent: &Caller<'_>) -> String {
    let person = json!({
        "email": "traveller@example.org", "first_name": "Anna Maria", "last_name": "Eriksson",
        "date_of_birth": "1974-08-12", "country": "UTO",
    });
    let wrong = json!({"email": "no address", "first_name": "Anna"});
    let told = agent
        .refused(Method::POST, "/onboarding/individual", wrong)
        .await;
    assert_eq!(told, (400, "VALIDATION".into()));
    let case = agent.post("/onboarding/individual", person).await;
    assert_eq!(
        (&case["type"], &case["status"]),
        (&json!("individual"), &json!("pending"))
    );
    let id = case["id"].as_str().unwrap().to_owned();
    let of = |step: &str| format!("/verification/sessions/{id}/{step}");

    let early = agent.refused(Method::GET, &of("result"), json!({})).await;
    assert_eq!(early, (409, "NOT_DECIDED".into()));
    agent
        .post(&of("consent"), json!({"text_version": "terms-1"}))
        .await;
    let page = agent
        .upload(&of("document"), document(partner.passport(), "passport"))
        .await;
    assert_eq!(page["mrz_valid"], true, "{page}");
    let face = agent.upload(&of("selfie"), selfie(partner.selfie())).await;
    assert_eq!(face["match_passed"], true, "{face}");
    let challenge = agent.post(&of("liveness/challenge"), json!({})).await;
    let steps = asked(&challenge);
    let film = partner.material.answer("traveller", &steps).unwrap();
    let film = std::fs::read(film).unwrap();
    // A clip that is longer than the time since it was asked for comes from no camera: the person's time is waited for.
    let last = steps.last().map_or(0, |(_, at_ms)| u64::from(*at_ms));
    tokio::time::sleep(std::time::Duration::from_millis(last + 5_000)).await;
    let alive = agent.upload(&of("liveness"), clip(&challenge, film)).await;
    let met = |prompt: &Value| prompt["outcome"] == "met";
    assert!(
        alive["prompts"].as_array().unwrap().iter().all(met),
        "{alive}"
    );
    agent.post(&of("submit"), json!({})).await;

    let result = agent.get(&of("result")).await;
    assert_eq!(result["provider"], "local");
    assert_eq!(result["document_verified"], true, "{result}");
    assert_eq!(result["face_match_passed"], true, "{result}");
    assert_eq!(result["liveness_passed"], true, "{result}");
    assert_eq!(result["decision"], "approved", "{result}");
    let shown = agent.get(&format!("/onboarding/{id}")).await;
    assert_eq!(shown["status"], result["decision"], "{shown}");
    let (_, session) = partner.get(&format!("/partner/sessions/{id}")).await;
    assert_eq!(
        session["status"], "approved",
        "the other dialects read it: {session}"
    );
    let listed = agent.get("/verification/sessions?status=approved").await;
    assert!(listed.to_string().contains(&id), "{listed}");
    id
}

/// Pre-signed: the address alone is enough, for its time.
async fn the_pictures_are_lent_for_minutes(partner: &Partner, agent: &Caller<'_>, case: &str) {
    let wanted = json!({"session_id": case, "file": "selfie", "expires_in": 60});
    let lent = agent.post("/storage/presign", wanted).await;
    let url = lent["url"].as_str().unwrap();
    let path = &url[url.find("/api/v1/").unwrap()..];
    let picture = partner.client.get(partner.url(path)).send().await.unwrap();
    assert_eq!(picture.status(), 200);
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let bytes = picture.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xff\xd8"), "{} bytes", bytes.len());
    let (link, code) = path.rsplit_once('.').unwrap();
    let flipped: String = code.chars().rev().collect();
    let forged = refusal(
        partner
            .client
            .get(partner.url(&format!("{link}.{flipped}"))),
    )
    .await;
    assert_eq!(forged, (404, "LINK_OVER".into()));
}

async fn a_machine_reads_by_its_key(partner: &Partner, admin: &Caller<'_>, case: &str) {
    let wanted =
        json!({"name": "core banking", "scopes": ["verification:read"], "expires_in_days": 30});
    let made = admin.post("/api-keys", wanted).await;
    let machine = Caller::machine(partner, made["key"].as_str().unwrap());
    let result = format!("/verification/sessions/{case}/result");
    assert_eq!(machine.get(&result).await["decision"], "approved");
    let denied = machine
        .refused(Method::POST, "/onboarding/individual", json!({}))
        .await;
    assert_eq!(denied, (403, "SCOPE_MISSING".into()));
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    done(&path, answer(admin.ask(Method::DELETE, &path)).await);
    let ended = machine.refused(Method::GET, &result, json!({})).await;
    assert_eq!(ended, (401, "API_KEY_INVALID".into()));
}

/// AML and the audit trail.
async fn what_was_done_is_looked_up(admin: &Caller<'_>, case: &str) {
    let screened = admin
        .post(
            "/aml/screen",
            json!({"name": "Sigbjørn Vaapukka", "type": "individual"}),
        )
        .await;
    assert_eq!(screened["sanctions_clear"], false, "{screened}");
    let clear = admin
        .post(
            "/aml/screen",
            json!({"name": "Anna Maria Eriksson", "type": "individual"}),
        )
        .await;
    assert_eq!(clear["sanctions_clear"], true, "{clear}");
    assert_eq!(admin.get("/aml/lists").await["total"], 1);
    let entries = admin.get(&format!("/audit?object={case}&limit=100")).await;
    for action in ["session.created", "session.decided", "file.linked"] {
        assert!(entries.to_string().contains(action), "{action}: {entries}");
    }
    assert_eq!(admin.get("/audit/verify").await["whole"], true);
}

async fn a_forgotten_password_and_the_second_factor(
    partner: &Partner,
    admin: &Caller<'_>,
    factor: &totp_rs::Totp,
) {
    partner.mailbox.empty();
    let forgot = partner
        .client
        .post(partner.url("/api/v1/auth/forgot-password"));
    done(
        "forgot",
        answer(forgot.json(&json!({"email": ADMIN}))).await,
    );
    let token = token_sent(partner, ADMIN).await;
    let reset = partner
        .client
        .post(partner.url("/api/v1/auth/reset-password"));
    done(
        "reset",
        answer(reset.json(&json!({"token": token, "password": NEXT_PASSWORD}))).await,
    );
    let ended = admin.refused(Method::GET, "/auth/me", json!({})).await;
    assert_eq!(
        ended,
        (401, "TOKEN_INVALID".into()),
        "a new password ends every login"
    );

    let bare = refusal(login(partner, ADMIN, NEXT_PASSWORD, None)).await;
    assert_eq!(bare, (401, "MFA_CODE_MISSING".into()));
    // A code serves once, and the one of this half minute may have been used.
    tokio::time::sleep(std::time::Duration::from_secs(STEP_S - seconds() % STEP_S)).await;
    let code = factor.generate(seconds()).to_string();
    let came = done(
        "login",
        answer(login(partner, ADMIN, NEXT_PASSWORD, Some(code))).await,
    );
    let admin = Caller::person(partner, &came);
    assert_eq!(admin.get("/auth/me").await["mfa_enabled"], true);
    admin.post("/auth/logout", json!({})).await;
    let ended = admin.refused(Method::GET, "/auth/me", json!({})).await;
    assert_eq!(ended, (401, "TOKEN_INVALID".into()));
}

async fn what_is_public(partner: &Partner) {
    let url = |path: &str| partner.url(&format!("/api/v1{path}"));
    let (status, health) = answer(partner.client.get(url("/health"))).await;
    assert_eq!(status, 200, "{health}");
    let collection = partner
        .client
        .get(url("/health/postman-collection"))
        .send()
        .await
        .unwrap();
    let named = collection.headers()["content-disposition"]
        .to_str()
        .unwrap();
    assert!(
        named.contains("kyconnect_postman_collection.json"),
        "{named}"
    );
    let text = collection.text().await.unwrap();
    for variable in ["KYCONNECT_BASE_URL", "KYCONNECT_JWT", "KYCONNECT_API_KEY"] {
        assert!(text.contains(variable), "{variable}");
    }
    assert!(!text.contains(KEY));
}
