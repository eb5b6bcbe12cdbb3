//! KYConnect's ways in that ask for no credential: a password, a refresh token, an invitation, a picture's address. Who is not let in
//! learns nothing of why.

use serde_json::json;
use time::Duration;

use super::common::ADMIN;
use super::connect::{OTHER_ADMIN, PASSWORD, ROWS, World, bearer, key, published};
use super::rows::{self, NOBODY, Row, wrong};

#[tokio::test]
async fn a_first_password_serves_for_choosing_another_and_for_going() {
    let world = World::open().await;
    let token = bearer(&world.login(OTHER_ADMIN, &world.first[1]).await);
    let stage = world.stage(token.clone(), token.clone());
    let barred = |row: &Row| match row.path() {
        "/api/v1/auth/logout" | "/api/v1/auth/change-password" => vec![],
        _ => {
            let token = token.clone();
            vec![wrong("a first password", token, 403, "PASSWORD_ONE_TIME")]
        }
    };
    let tried = stage.refuses(ROWS, barred).await;
    assert_eq!(tried, (rows::guarded(ROWS) - 2) * 2);
}

#[tokio::test]
async fn who_is_not_let_in_by_a_password_or_token_learns_nothing_of_why() {
    let world = World::open().await;
    let admin = bearer(&world.login(ADMIN, PASSWORD).await);
    let (id, _) = world.colleague(&admin, "gone@bank.example", "agent").await;
    let out = json!({"active": false});
    world
        .send("PATCH", &format!("/users/{id}"), &admin, &out)
        .await;
    let tries = [
        (ADMIN, "not the password at all"),
        ("nobody@bank.example", PASSWORD),
        ("gone@bank.example", PASSWORD),
        ("gone@bank.example", "not the password at all"),
        (OTHER_ADMIN, PASSWORD),
    ];
    let mut told = Vec::new();
    for (email, password) in tries {
        let answer = world.try_in(email, password).await;
        assert_eq!(published(&answer), (401, "CREDENTIALS_WRONG".into()));
        told.push(answer.bytes);
    }
    told.dedup();
    assert_eq!(told.len(), 1);
    for (path, prefix, field) in [
        ("/auth/refresh", "krt", "refresh_token"),
        ("/auth/reset-password", "kpr", "token"),
        ("/users/invitations/accept", "kiv", "token"),
    ] {
        let never = format!("{prefix}_{}_{}", "0".repeat(32), "0".repeat(64));
        let mut told = Vec::new();
        for token in [never.as_str(), "nothing", "kky_1_2"] {
            let body = json!({field: token, "name": "Nobody", "password": PASSWORD});
            let answer = world.post(path, &vec![], &body).await;
            assert_eq!(published(&answer), (401, "TOKEN_INVALID".into()), "{path}");
            told.push(answer.bytes);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{path}");
    }
}

#[tokio::test]
async fn an_invitation_that_was_used_taken_back_or_spoilt_is_one_that_never_was() {
    let world = World::open().await;
    let admin = bearer(&world.login(ADMIN, PASSWORD).await);
    let invite = async |email: &str| {
        let asked = json!({"email": email, "role": "agent"});
        let made = world.made("/users/invitations", &admin, &asked).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    };
    let accept = async |token: &str| {
        let body = json!({"token": token, "name": "Agent", "password": PASSWORD});
        world
            .post("/users/invitations/accept", &vec![], &body)
            .await
    };
    let (_, used) = invite("used@bank.example").await;
    assert_eq!(accept(&used).await.status.as_u16(), 201);
    let (id, back) = invite("back@bank.example").await;
    let path = format!("/users/invitations/{id}");
    world.send("DELETE", &path, &admin, &json!({})).await;
    let (_, spoilt) = invite("spoilt@bank.example").await;
    let spoilt = format!("{}{}", &spoilt[..37], "0".repeat(64));
    let (_, over) = invite("over@bank.example").await;
    world.memory.wait(Duration::days(8));
    let mut told = Vec::new();
    for token in [used, back, spoilt, over] {
        let answer = accept(&token).await;
        assert_eq!(published(&answer), (401, "TOKEN_INVALID".into()));
        told.push(answer.bytes);
    }
    told.dedup();
    assert_eq!(told.len(), 1);
}

#[tokio::test]
async fn a_pictures_address_that_is_over_or_forged_is_one_that_never_was() {
    let world = World::open().await;
    let session = world.caller.by(Some("key-for-all")).assessed().await;
    let asked = json!({"session_id": session, "file": "selfie"});
    let linked = world
        .post("/storage/presign", &key("key-for-all"), &asked)
        .await
        .ok();
    let url = linked["url"].as_str().unwrap().to_owned();
    let link = url.strip_prefix("http://localhost:9000").unwrap();
    assert_eq!(world.caller.get(link).await.status.as_u16(), 200);
    let (said, sealed) = link.rsplit_once('.').unwrap();
    let mut told = vec![
        world.caller.get(&format!("{said}x.{sealed}")).await,
        world.caller.get(&format!("{link}A")).await,
        world
            .caller
            .get(&format!("/api/v1/storage/files/{NOBODY}"))
            .await,
    ];
    world.memory.wait(Duration::minutes(5));
    told.push(world.caller.get(link).await);
    for answer in &told {
        assert_eq!(published(answer), (404, "LINK_OVER".into()));
        assert_eq!(answer.bytes, told[0].bytes);
    }
}
