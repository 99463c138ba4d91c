//! Who is no longer let in reads and changes nothing from that moment on.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use vezne::domain::id::TenantId;
use vezne::store::user::{UserRole, UserState, user_by_email, user_set_state};
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Api, Person, Reply, World, stories};

/// A key that reads and writes POS accounts and their rules: its id and its secret.
pub async fn key(administrator: &Person) -> Result<(String, String)> {
    let wanted = json!({ "name": "Muhasebe", "scopes": ["pos:read", "pos:write", "payments:write"] });
    let made: Reply = administrator.post("/v1/api_keys", &wanted).await?.good()?;
    Ok((made.text("/id").to_owned(), made.text("/secret").to_owned()))
}

fn call(world: &World, method: &'static str, path: &str, body: &serde_json::Value) -> Call {
    let call = Call::new(method, format!("{}{path}", world.host.url)).header("idempotency-key", "bir");
    if method == "GET" { call } else { call.body("application/json", body.to_string()) }
}

stories! {
    async fn a_key_that_was_revoked_is_refused_at_once(world) {
        let administrator = world.person("derya", UserRole::FirmAdministrator).await?;
        let (id, secret) = key(&administrator).await?;
        let api = Api::new(&world.host.url, &secret);
        let explain = json!({ "bin": &GOOD_CARD[..8], "amount": AMOUNT, "currency": "TRY" });
        let mut calls = Vec::new();
        for (method, path, body) in [
            ("GET", "/v1/routing/rules", &json!({})),
            ("POST", "/v1/routing/explain", &explain),
            ("POST", "/v1/routing/rules", &json!({})),
            ("POST", "/v1/payments", &world.sale(AMOUNT, GOOD_CARD)),
        ] {
            calls.push(api.authorized(call(world, method, path, body)).await?);
        }
        // Several times, so that who comes in is kept.
        for _ in 0..3 {
            let mut told = Vec::new();
            for call in &calls[..3] {
                told.push(call.send().await?.status);
            }
            ensure!(told == [200, 200, 422], "{told:?}");
        }
        ensure!(administrator.delete(&format!("/v1/api_keys/{id}")).await?.status == 204);
        for call in &calls {
            let answer = call.send().await?;
            ensure!(answer.status == 401, "{}: {}", answer.status, answer.text());
        }
        ensure!(world.authorize_calls() == 0, "a revoked key charged a card");
        Ok(())
    }

    async fn a_session_that_ended_and_a_person_who_is_locked_out_are_refused_at_once(world) {
        let person = world.person("okan", UserRole::FirmClerk).await?;
        let (first, second) = (person.sign_in().await?, person.sign_in().await?);
        let me = |cookie: &str| call(world, "GET", "/v1/me", &json!({})).header("cookie", cookie);
        for cookie in [&first, &second, &first, &second] {
            ensure!(me(cookie).send().await?.status == 200);
        }
        let out = Call::new("DELETE", format!("{}/v1/sessions/current", world.host.url));
        let out = out.header("cookie", &first).header("origin", &world.host.url).header("x-vezne-portal", "1");
        ensure!(out.send().await?.status == 204);
        ensure!(me(&first).send().await?.status == 401 && me(&second).send().await?.status == 200);
        let tenant: TenantId = world.firm.tenant.parse()?;
        let mut tx = world.host.app.db.begin().await?;
        let user = user_by_email(&mut tx, "okan@hikaye.example").await?.context("nobody")?;
        ensure!(user.tenant_id == tenant);
        user_set_state(&mut tx, &user, UserState::Disabled).await?;
        tx.commit().await?;
        ensure!(me(&second).send().await?.status == 401);
        Ok(())
    }
}
