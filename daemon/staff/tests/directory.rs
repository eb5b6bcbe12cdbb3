//! Coming in, staying in, and being put out: people and machines over a shelf in memory.
// long file: one directory, a story for each way in and out

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has to end"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kiosk_staff::{
    Directory, Login, NewKey, Principal, Role, Scope, Shelf, ShelfError, StaffError, Who,
};
use kiosk_wire::OsRandom;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use totp_rs::{Builder, Secret};
use uuid::Uuid;
use zeroize::Zeroizing;

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
const ADMIN: &str = "admin@bank.example";
const PASSWORD: &str = "a long password of one's own";

type Place = (String, &'static str, Uuid);

#[derive(Default)]
struct Memory(Mutex<BTreeMap<Place, Vec<u8>>>);

#[async_trait]
impl Shelf for Memory {
    fn tenants(&self) -> Vec<String> {
        let held = self.0.lock().unwrap();
        let mut tenants: Vec<String> = held.keys().map(|(tenant, ..)| tenant.clone()).collect();
        tenants.dedup();
        tenants
    }

    async fn all(
        &self,
        tenant: &str,
        kind: &'static str,
    ) -> Result<Vec<(Uuid, Zeroizing<Vec<u8>>)>, ShelfError> {
        let held = self.0.lock().unwrap();
        let of_kind = held
            .iter()
            .filter(|((of, known, _), _)| of == tenant && *known == kind);
        Ok(of_kind
            .map(|((.., id), bytes)| (*id, Zeroizing::new(bytes.clone())))
            .collect())
    }

    async fn put(
        &self,
        tenant: &str,
        kind: &'static str,
        id: Uuid,
        record: Zeroizing<Vec<u8>>,
    ) -> Result<(), ShelfError> {
        self.0
            .lock()
            .unwrap()
            .insert((tenant.to_owned(), kind, id), record.to_vec());
        Ok(())
    }

    async fn remove(&self, tenant: &str, kind: &'static str, id: Uuid) -> Result<(), ShelfError> {
        self.0
            .lock()
            .unwrap()
            .remove(&(tenant.to_owned(), kind, id));
        Ok(())
    }
}

async fn open(shelf: &Arc<Memory>) -> Directory {
    let shelf: Arc<dyn Shelf> = Arc::clone(shelf) as Arc<dyn Shelf>;
    Directory::open(shelf, Arc::new(OsRandom)).await.unwrap()
}

fn login<'a>(password: &'a str, mfa_code: Option<&'a str>) -> Login<'a> {
    Login {
        email: ADMIN,
        password,
        mfa_code,
    }
}

/// A tenant whose administrator has chosen a password.
async fn staffed() -> (Arc<Memory>, Directory, Principal) {
    let shelf = Arc::<Memory>::default();
    let directory = open(&shelf).await;
    let first = directory
        .first_admin("demo", ADMIN, NOW)
        .await
        .unwrap()
        .unwrap();
    let came = directory
        .login(login(&first.password, None), NOW)
        .await
        .unwrap();
    directory
        .change_password("demo", came.user.id, &first.password, PASSWORD)
        .await
        .unwrap();
    let came = directory.login(login(PASSWORD, None), NOW).await.unwrap();
    let admin = directory.bearer(&came.pair.access, NOW).await.unwrap();
    (shelf, directory, admin)
}

fn id_of(principal: &Principal) -> (Uuid, Uuid) {
    match principal.who {
        Who::User { id, login } => (id, login),
        Who::Machine => panic!("a machine"),
    }
}

#[tokio::test]
async fn the_first_administrator_is_made_once_and_has_to_choose_a_password() {
    let shelf = Arc::<Memory>::default();
    let directory = open(&shelf).await;
    let first = directory
        .first_admin("demo", ADMIN, NOW)
        .await
        .unwrap()
        .unwrap();
    assert!(
        directory
            .first_admin("demo", ADMIN, NOW)
            .await
            .unwrap()
            .is_none()
    );
    let came = directory
        .login(login(&first.password, None), NOW)
        .await
        .unwrap();
    assert!(came.user.has_one_time_password());
    let barred = directory.bearer(&came.pair.access, NOW).await;
    assert!(matches!(barred, Err(StaffError::PasswordIsOneTime)));
    let short = directory
        .change_password("demo", came.user.id, &first.password, "too short")
        .await;
    assert!(matches!(short, Err(StaffError::Password)));
    directory
        .change_password("demo", came.user.id, &first.password, PASSWORD)
        .await
        .unwrap();
    assert!(
        directory
            .bearer_of_any_password(&came.pair.access, NOW)
            .await
            .is_err(),
        "its login has ended"
    );
    assert!(
        directory
            .login(login(&first.password, None), NOW)
            .await
            .is_err()
    );
    directory.login(login(PASSWORD, None), NOW).await.unwrap();
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_read_alike() {
    let (_, directory, _) = staffed().await;
    let wrong = directory
        .login(login("not the password at all", None), NOW)
        .await
        .err()
        .unwrap();
    let nobody = Login {
        email: "nobody@bank.example",
        ..login(PASSWORD, None)
    };
    let unknown = directory.login(nobody, NOW).await.err().unwrap();
    assert_eq!(wrong.to_string(), unknown.to_string());
}

#[tokio::test]
async fn a_refresh_token_serves_once_and_its_second_use_ends_the_login() {
    let (shelf, directory, _) = staffed().await;
    let first = directory
        .login(login(PASSWORD, None), NOW)
        .await
        .unwrap()
        .pair;
    let second = directory.refresh(&first.refresh, NOW).await.unwrap();
    directory.bearer(&second.access, NOW).await.unwrap();
    // Over a restart, too.
    let directory = {
        drop(directory);
        open(&shelf).await
    };
    directory.bearer(&second.access, NOW).await.unwrap();
    let again = directory.refresh(&first.refresh, NOW).await;
    assert!(matches!(again, Err(StaffError::Reused)));
    assert!(matches!(
        directory.refresh(&second.refresh, NOW).await,
        Err(StaffError::Token)
    ));
    assert!(directory.bearer(&second.access, NOW).await.is_err());
}

#[tokio::test]
async fn a_login_ends_after_a_week_without_use_and_after_a_month_at_the_latest() {
    let (_, directory, _) = staffed().await;
    let pair = directory
        .login(login(PASSWORD, None), NOW)
        .await
        .unwrap()
        .pair;
    assert!(
        directory
            .refresh(&pair.refresh, NOW + Duration::days(8))
            .await
            .is_err()
    );
    let mut pair = directory
        .login(login(PASSWORD, None), NOW)
        .await
        .unwrap()
        .pair;
    for week in 1..=4 {
        pair = directory
            .refresh(&pair.refresh, NOW + Duration::days(6 * week))
            .await
            .unwrap();
    }
    assert!(
        directory
            .refresh(&pair.refresh, NOW + Duration::days(31))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn going_ends_the_access_token_as_well() {
    let (_, directory, admin) = staffed().await;
    let pair = directory
        .login(login(PASSWORD, None), NOW)
        .await
        .unwrap()
        .pair;
    let (_, here) = id_of(&directory.bearer(&pair.access, NOW).await.unwrap());
    directory.logout(&admin.tenant, here).await.unwrap();
    assert!(directory.bearer(&pair.access, NOW).await.is_err());
    assert!(directory.refresh(&pair.refresh, NOW).await.is_err());
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_its_owner_has_shown_a_code() {
    let (_, directory, admin) = staffed().await;
    let (id, _) = id_of(&admin);
    let told = directory.draw_factor("demo", id).await.unwrap();
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(&told.secret).unwrap())
        .build()
        .unwrap();
    let code = |at: OffsetDateTime| {
        totp.generate(at.unix_timestamp().unsigned_abs())
            .to_string()
    };
    directory.login(login(PASSWORD, None), NOW).await.unwrap();
    directory
        .enable_factor("demo", id, &code(NOW), NOW)
        .await
        .unwrap();
    let without = directory.login(login(PASSWORD, None), NOW).await;
    assert!(matches!(without, Err(StaffError::CodeMissing)));
    let used = directory
        .login(login(PASSWORD, Some(&code(NOW))), NOW)
        .await;
    assert!(
        matches!(used, Err(StaffError::CodeWrong)),
        "a code serves once"
    );
    let later = NOW + Duration::seconds(60);
    directory
        .login(login(PASSWORD, Some(&code(later))), later)
        .await
        .unwrap();
    let after = later + Duration::seconds(60);
    directory
        .disable_factor("demo", id, (PASSWORD, &code(after)), after)
        .await
        .unwrap();
    directory.login(login(PASSWORD, None), after).await.unwrap();
}

#[tokio::test]
async fn who_is_invited_comes_once_within_a_week() {
    let (_, directory, admin) = staffed().await;
    let by = (admin.tenant.as_str(), admin.name.as_str());
    let asked = directory
        .invite(by, "Agent@Bank.example", Role::Agent, NOW)
        .await
        .unwrap();
    let late = directory
        .accept(&asked.token, ("Agent", PASSWORD), NOW + Duration::days(7))
        .await;
    assert!(matches!(late, Err(StaffError::Token)));
    let (tenant, user) = directory
        .accept(&asked.token, ("Agent", PASSWORD), NOW)
        .await
        .unwrap();
    assert_eq!(
        (tenant.as_str(), user.email.as_str()),
        ("demo", "agent@bank.example")
    );
    assert!(
        directory
            .accept(&asked.token, ("Agent", PASSWORD), NOW)
            .await
            .is_err()
    );
    let twice = directory
        .invite(by, "agent@bank.example", Role::Admin, NOW)
        .await;
    assert!(matches!(twice, Err(StaffError::Exists(_))));
}

#[tokio::test]
async fn whether_an_address_works_for_another_tenant_learns_only_who_comes_by_the_token() {
    let (_, directory, admin) = staffed().await;
    let asked = directory
        .invite(("other", "somebody"), ADMIN, Role::Agent, NOW)
        .await
        .unwrap();
    let unknown = directory
        .invite(("other", "somebody"), "new@bank.example", Role::Agent, NOW)
        .await
        .unwrap();
    let shown = directory.invitations("other", NOW).await.unwrap();
    let mut shown: Vec<&str> = shown.iter().map(|asked| asked.email.as_str()).collect();
    shown.sort_unstable();
    assert_eq!(shown, [ADMIN, "new@bank.example"]);
    let came = directory
        .accept(&asked.token, ("Somebody", PASSWORD), NOW)
        .await;
    assert!(matches!(came, Err(StaffError::AddressTaken)));
    let again = directory
        .accept(&asked.token, ("Somebody", PASSWORD), NOW)
        .await;
    assert!(matches!(again, Err(StaffError::Token)));
    let other = directory.first_admin("other", ADMIN, NOW).await;
    assert!(matches!(other, Err(StaffError::AddressTaken)));
    assert!(directory.users("other").await.unwrap().is_empty());
    directory
        .accept(&unknown.token, ("Somebody", PASSWORD), NOW)
        .await
        .unwrap();
    // The one who was there first logs in as before.
    let came = directory.login(login(PASSWORD, None), NOW).await.unwrap();
    assert_eq!(
        (came.tenant.as_str(), came.user.id),
        ("demo", id_of(&admin).0)
    );
}

#[tokio::test]
async fn a_refresh_token_that_was_never_given_out_ends_no_login() {
    let (_, directory, _) = staffed().await;
    let pair = directory
        .login(login(PASSWORD, None), NOW)
        .await
        .unwrap()
        .pair;
    let (named, secret) = pair.refresh.rsplit_once('_').unwrap();
    let mut turned = secret.to_owned();
    turned.insert(0, turned.chars().next_back().unwrap());
    turned.pop();
    for spoilt in ["0".repeat(64), turned] {
        let spoilt = directory.refresh(&format!("{named}_{spoilt}"), NOW).await;
        assert!(matches!(spoilt, Err(StaffError::Token)));
    }
    directory.bearer(&pair.access, NOW).await.unwrap();
    directory.refresh(&pair.refresh, NOW).await.unwrap();
}

#[tokio::test]
async fn the_last_administrator_can_neither_go_nor_become_another() {
    let (_, directory, admin) = staffed().await;
    let (id, _) = id_of(&admin);
    for changed in [
        directory
            .change_user("demo", id, Some(Role::Viewer), None)
            .await
            .err(),
        directory
            .change_user("demo", id, None, Some(false))
            .await
            .err(),
        directory.remove_user("demo", id).await.err(),
    ] {
        assert!(matches!(changed, Some(StaffError::Rule(_))));
    }
    assert!(directory.login(login(PASSWORD, None), NOW).await.is_ok());
}

#[tokio::test]
async fn who_is_put_out_is_out_at_once() {
    let (_, directory, admin) = staffed().await;
    let by = (admin.tenant.as_str(), admin.name.as_str());
    let asked = directory
        .invite(by, "agent@bank.example", Role::Agent, NOW)
        .await
        .unwrap();
    let (_, user) = directory
        .accept(&asked.token, ("Agent", PASSWORD), NOW)
        .await
        .unwrap();
    let as_agent = Login {
        email: "agent@bank.example",
        password: PASSWORD,
        mfa_code: None,
    };
    let pair = directory.login(as_agent, NOW).await.unwrap().pair;
    assert!(
        !directory
            .bearer(&pair.access, NOW)
            .await
            .unwrap()
            .may(Scope::UsersWrite)
    );
    directory
        .change_user("demo", user.id, None, Some(false))
        .await
        .unwrap();
    assert!(directory.bearer(&pair.access, NOW).await.is_err());
    assert!(directory.refresh(&pair.refresh, NOW).await.is_err());
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_who_has_the_address_once() {
    let (_, directory, _) = staffed().await;
    assert!(
        directory
            .forgot("nobody@bank.example", NOW)
            .await
            .unwrap()
            .is_none()
    );
    let token = directory.forgot(ADMIN, NOW).await.unwrap().unwrap();
    let other = "another long password of one's own";
    let late = directory
        .reset(&token, other, NOW + Duration::minutes(30))
        .await;
    assert!(matches!(late, Err(StaffError::Token)));
    directory.reset(&token, other, NOW).await.unwrap();
    assert!(directory.reset(&token, other, NOW).await.is_err());
    assert!(directory.login(login(PASSWORD, None), NOW).await.is_err());
    directory.login(login(other, None), NOW).await.unwrap();
}

#[tokio::test]
async fn a_key_lets_a_machine_in_until_it_is_over_or_ended() {
    let (shelf, directory, admin) = staffed().await;
    let new = NewKey {
        name: "core banking",
        scopes: vec![Scope::VerificationRead],
        expires_at: Some(NOW + Duration::days(1)),
    };
    let (key, told) = directory.make_key(&admin, new, NOW).await.unwrap();
    let directory = {
        drop(directory);
        open(&shelf).await
    };
    let machine = directory.machine(&told, NOW).await.unwrap();
    assert_eq!(
        (machine.tenant.as_str(), machine.name.as_str()),
        ("demo", "core banking")
    );
    assert!(machine.may(Scope::VerificationRead) && !machine.may(Scope::VerificationWrite));
    assert!(
        directory
            .machine(&told, NOW + Duration::days(1))
            .await
            .is_err()
    );
    let more = NewKey {
        name: "more",
        scopes: vec![Scope::UsersWrite],
        expires_at: None,
    };
    assert!(matches!(
        directory.make_key(&machine, more, NOW).await,
        Err(StaffError::Rule(_))
    ));
    directory.revoke_key("demo", key.id, NOW).await.unwrap();
    assert!(directory.machine(&told, NOW).await.is_err());
    let kept = shelf.0.lock().unwrap();
    let secret = told.rsplit('_').next().unwrap().as_bytes().to_vec();
    let holds = |bytes: &Vec<u8>| bytes.windows(secret.len()).any(|window| window == secret);
    assert!(!kept.values().any(holds), "the key lies in clear");
}

#[tokio::test]
async fn a_try_to_come_in_costs_one_comparison_whoever_it_is_of() {
    let (_, directory, admin) = staffed().await;
    let gone = directory
        .invite(("demo", "a test"), "gone@bank.example", Role::Agent, NOW)
        .await
        .unwrap();
    let (_, gone) = directory
        .accept(&gone.token, ("Gone", PASSWORD), NOW)
        .await
        .unwrap();
    let out = directory.change_user(&admin.tenant, gone.id, None, Some(false));
    out.await.unwrap();
    for (email, password, comes_in) in [
        (ADMIN, PASSWORD, true),
        (ADMIN, "not the password", false),
        ("nobody@bank.example", PASSWORD, false),
        ("gone@bank.example", PASSWORD, false),
        ("gone@bank.example", "not the password", false),
    ] {
        let before = directory.passwords_worked();
        let login = Login {
            email,
            password,
            mfa_code: None,
        };
        let came = directory.login(login, NOW).await;
        assert_eq!(came.is_ok(), comes_in, "{email}");
        let worked = directory.passwords_worked() - before;
        assert_eq!(worked, 1, "{email} by `{password}`");
    }
    // What is too long to be a password is refused before that, for everybody alike.
    let long = "x".repeat(257);
    for email in [ADMIN, "nobody@bank.example"] {
        let before = directory.passwords_worked();
        let login = Login {
            email,
            password: &long,
            mfa_code: None,
        };
        assert!(directory.login(login, NOW).await.is_err());
        assert_eq!(directory.passwords_worked(), before);
    }
}
