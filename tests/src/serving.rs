//! A whole branch that stays, for who writes a client: an address, and a credential for each dialect.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Value, json};

use crate::branch::{Branch, Plan, TENANT};
use crate::material::Material;
use crate::{now, root, sha256_hex};

/// How long its certificates hold: nobody leaves it running for longer.
const DAYS: u16 = 30;
/// The credentials' names, one a dialect. All are of one tenant, so that each reads what another began.
const NAMES: [&str; 5] = ["onboarder", "kairos", "kyc", "master", "kyconnect"];
/// Who logs in first.
const ADMIN: &str = "admin@yourfirm.com";
/// What kioskd prints before that person's password.
const PASSWORD_IS: &str = "first administrator's one-time password: ";

/// A branch that runs, and what a client has to know of it.
pub struct Serving {
    /// Kept for as long as it is to run.
    pub branch: Branch,
    /// Address and credentials.
    pub told: Value,
}

/// What a kiosk is asked to bear, beside what is the same for all.
#[derive(Debug, Clone)]
pub struct Load {
    /// Calls a minute of each credential.
    pub per_minute: u32,
    /// More lines for the kiosk's config.
    pub more: String,
}

impl Default for Load {
    /// Of one who tries a client out.
    fn default() -> Self {
        Self {
            per_minute: 6000,
            more: String::new(),
        }
    }
}

/// Starts a branch in `folder`.
pub fn start(folder: PathBuf) -> anyhow::Result<Serving> {
    start_under(folder, &Load::default())
}

/// The same, for that load.
pub fn start_under(folder: PathBuf, load: &Load) -> anyhow::Result<Serving> {
    let root = root();
    let material = Material::below(&root)?;
    let secrets = NAMES.map(|name| (name, hex::encode(rand::random::<[u8; 32]>())));
    let api_keys = secrets.iter().map(|(name, secret)| {
        format!(
            "[[api.keys]]\nname = \"{name}\"\ntenant = \"{TENANT}\"\nsha256 = \"{}\"\nconsent = \"terms-1\"\nrate_per_minute = {}\n",
            sha256_hex(secret.as_bytes()),
            load.per_minute,
        )
    });
    let now = now();
    let plan = Plan {
        recordings: material.folder().to_owned(),
        root,
        folder,
        now,
        validity: kiosk_pki::Validity::days(now, DAYS),
        api_keys: api_keys.collect(),
        policy: String::new(),
        more: format!(
            "[api.staff]\ntenant = \"{TENANT}\"\nadmin_email = \"{ADMIN}\"\n{}",
            load.more
        ),
    };
    let branch = Branch::start(plan).context("the branch can't be started")?;
    let log = branch.kiosk_log();
    let mut lines = log.lines();
    let password = lines.find_map(|line| line.strip_prefix(PASSWORD_IS));
    let password = password.context("kioskd printed no password for the first administrator")?;
    let told = told(&branch.api(), &secrets, password);
    Ok(Serving { branch, told })
}

fn told(address: &str, secrets: &[(&str, String); 5], password: &str) -> Value {
    let [onboarder, kairos, kyc, master, kyconnect] = secrets;
    json!({
        "address": address,
        "onboarder": {"headers": {"X-API-Key": onboarder.1}},
        "kairos": {"headers": {"app_id": kairos.0, "app_key": kairos.1}},
        "kyc": {
            "token_url": format!("{address}/oauth2/token"),
            "client_id": kyc.0,
            "client_secret": kyc.1,
            "headers": {"X-Client-Id": kyc.0},
        },
        "master": {"headers": {"Authorization": format!("Bearer {}", master.1)}},
        "kyconnect": {
            "base_url": format!("{address}/api/v1"),
            "headers": {"X-API-Key": kyconnect.1},
            "email": ADMIN,
            "one_time_password": password,
        },
    })
}
