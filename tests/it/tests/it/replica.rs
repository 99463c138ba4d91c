//! Two servers on one PostgreSQL: whichever a request reaches, a payment is charged once and its payer goes on.

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use vezne::flow::replica::presence_round;
use vezne::store::user::UserRole;
use vezne_it::api::fresh_key;
use vezne_it::family::{Family, families};
use vezne_it::host::Host;
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Api, Browser, Page, Patience, Reply, World, stories};

use super::access;

/// Two servers; the proxy in front of them sends payers and banks to the second one.
struct Two {
    first: Host,
    second: Host,
    first_api: Api,
    second_api: Api,
}

/// One more server; payers and banks are sent to `public_url`, or to itself.
async fn server(world: &World, public_url: Option<String>) -> Result<Host> {
    let host = Host::start_with(&world.database_url, &world.bank.url(), world.clock.clone(), |config| {
        config.replica_url = Some(config.public_url.clone());
        if let Some(url) = public_url {
            config.public_url = url;
        }
    })
    .await?;
    presence_round(&host.app).await?;
    Ok(host)
}

impl Two {
    async fn start(world: &World) -> Result<Self> {
        let second = server(world, None).await?;
        let first = server(world, Some(second.url.clone())).await?;
        let first_api = Api::new(&first.url, &world.firm.secret);
        let second_api = Api::new(&second.url, &world.firm.secret);
        Ok(Self { first, second, first_api, second_api })
    }

    async fn stop(self) {
        self.first.stop().await;
        self.second.stop().await;
    }
}

/// Vakıfbank wants the card again after the payer has been at the card's bank.
fn card_wanted_twice() -> Result<Family> {
    families().into_iter().find(|family| family.plugin == "pos-payflex").context("no such family")
}

/// A payment begun at the first server; nobody has followed where its payer is sent.
async fn begun(world: &World, two: &Two, pos: &str) -> Result<Reply> {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos);
    body["three_d_secure"] = json!("required");
    two.first_api.post("/v1/payments", &body).await?.good()
}

/// A payment begun at the first server, its payer's browser led by the second as far as the one-time code.
async fn at_the_issuer(world: &World, two: &Two, pos: &str) -> Result<(Reply, Browser, Page)> {
    let begun = begun(world, two, pos).await?;
    let url = begun.text("/next_action/redirect_url").to_owned();
    ensure!(url.starts_with(&two.second.url), "{url}");
    let browser = Browser::default();
    let gate = browser.get(&url).await?;
    ensure!(gate.status == 200, "{}: {}", gate.status, gate.head());
    let again = Browser::default().get(&url).await?;
    ensure!(again.status == 410, "the page was shown twice, by two servers: {}", again.status);
    let page = browser.settle(gate).await?;
    Ok((begun, browser, page))
}

/// The payment succeeds, charged once. Where the machine was too slow for the bank's deadline, the bank is asked.
async fn paid(world: &World, begun: &Reply) -> Result<()> {
    world.until_asked(&id(begun)?, "succeeded").await?;
    let order = world.order(&order_no(begun)?)?;
    ensure!((order.net, order.approvals) == (AMOUNT, 1), "{} {}", order.net, order.approvals);
    Ok(())
}

fn explain() -> serde_json::Value {
    json!({ "bin": &GOOD_CARD[..8], "amount": AMOUNT, "currency": "TRY" })
}

async fn confirmed(browser: &Browser, page: &Page) -> Result<Page> {
    let form = page.form("/acs/")?.set("code", "123456").set("action", "confirm");
    let page = browser.submit(&form).await?;
    browser.settle(page).await
}

stories! {
    on Postgres as postgres;

    async fn the_payer_comes_back_to_the_other_server(world) {
        let two = Two::start(world).await?;
        let pos = card_wanted_twice()?.pos_account(world, "3d").await?;
        let (begun, browser, page) = at_the_issuer(world, &two, &pos).await?;
        let result = confirmed(&browser, &page).await?;
        ensure!(result.url.starts_with(&two.second.url), "{}", result.url);
        paid(world, &begun).await?;
        two.stop().await;
        Ok(())
    }

    async fn how_a_plugin_fares_is_told_by_every_server(world) {
        let two = Two::start(world).await?;
        for (api, sales) in [(&two.first_api, 1), (&two.second_api, 2)] {
            for _ in 0..sales {
                api.post("/v1/payments", &world.sale(AMOUNT, GOOD_CARD)).await?.good()?;
            }
        }
        let told = two.first_api.get("/v1/plugins/pos-nestpay").await?.good()?;
        let acts = |place: &str| told.number(&format!("/health{place}/figures/acts"));
        ensure!(acts("") == Some(3), "{}", told.answer.text());
        ensure!(acts("/servers/0/versions/0") == Some(1), "this server first: {}", told.answer.text());
        ensure!(acts("/servers/1/versions/0") == Some(2), "{}", told.answer.text());
        ensure!(told.number("/health/figures/p95_us") > Some(0), "{}", told.answer.text());
        let list = two.first_api.get("/v1/plugins").await?.good()?;
        let rows = list.json["data"].as_array().cloned().unwrap_or_default();
        let row = rows.iter().find(|row| row["id"] == "pos-nestpay").context("it is not listed")?;
        ensure!(row["health"]["figures"]["acts"] == 1, "the list is of one server: {row}");

        two.second.stop().await;
        let told = two.first_api.get("/v1/plugins/pos-nestpay").await?.good()?;
        let servers = told.json["health"]["servers"].as_array().cloned().unwrap_or_default();
        ensure!(servers.iter().filter(|server| server["answered"] == true).count() == 1, "{}", told.answer.text());
        ensure!(told.number("/health/figures/acts") == Some(1), "{}", told.answer.text());
        two.first.stop().await;
        Ok(())
    }

    async fn a_server_that_leaves_hands_its_cards_and_pages_over(world) {
        let two = Two::start(world).await?;
        let pos = card_wanted_twice()?.pos_account(world, "3d").await?;
        let (one, other) = (at_the_issuer(world, &two, &pos).await?, at_the_issuer(world, &two, &pos).await?);
        let unseen = begun(world, &two, &pos).await?;
        // The one that began last is the heir.
        world.advance(Duration::from_secs(1));
        let third = server(world, Some(two.second.url.clone())).await?;
        presence_round(&two.second.app).await?;
        two.first.leave().await?;
        // The second server passes on to the third what was the first one's.
        let page = unseen.text("/next_action/redirect_url");
        let gate = Browser::default().get(page).await?;
        ensure!(gate.status == 200, "{}: {}", gate.status, gate.head());
        let again = Browser::default().get(page).await?;
        ensure!(again.status == 410, "the page was shown twice: {}", again.status);
        let (begun, browser, page) = one;
        confirmed(&browser, &page).await?;
        paid(world, &begun).await?;
        // And the heir's heir.
        third.leave().await?;
        let (begun, browser, page) = other;
        confirmed(&browser, &page).await?;
        paid(world, &begun).await?;
        ensure!(world.bank.bank.orders().iter().map(|order| order.approvals).sum::<usize>() == 2);
        two.second.stop().await;
        world.until_asked_any(&id(&unseen)?, &["failed", "declined", "expired", "canceled"]).await?;
        Ok(())
    }

    async fn a_server_that_dies_takes_its_cards_along_and_no_money(world) {
        let two = Two::start(world).await?;
        let pos = card_wanted_twice()?.pos_account(world, "3d").await?;
        let (begun, browser, page) = at_the_issuer(world, &two, &pos).await?;
        two.first.stop().await;
        confirmed(&browser, &page).await?;
        let ended = world.until_asked_any(&id(&begun)?, &["failed", "declined", "expired", "canceled"]).await?;
        ensure!(world.bank_net(&order_no(&begun)?) == 0, "{}", ended.answer.text());
        two.second.stop().await;
        Ok(())
    }

    async fn one_key_at_both_servers_charges_once(world) {
        let two = Two::start(world).await?;
        let tries = (0..20).map(|_| async {
            let (key, body) = (fresh_key(), world.sale(AMOUNT, GOOD_CARD));
            let posts = [&two.first_api, &two.second_api, &two.first_api, &two.second_api]
                .map(|api| api.post_with_key("/v1/payments", &body, &key));
            let mut payments = Vec::new();
            for reply in join_all(posts).await {
                let reply = reply?;
                match reply.status {
                    200..=299 => payments.push((id(&reply)?, order_no(&reply)?)),
                    409 => {}
                    status => anyhow::bail!("{status}: {}", reply.answer.text()),
                }
            }
            payments.dedup();
            ensure!(payments.len() == 1, "{payments:?}");
            let order = &payments[0].1;
            ensure!(world.bank_net(order) == AMOUNT && world.bank.bank.authorize_calls(order) == 1, "{order}");
            Ok(())
        });
        join_all(tries).await.into_iter().collect::<Result<Vec<()>>>()?;
        two.stop().await;
        Ok(())
    }

    async fn what_one_server_changes_is_known_at_the_other(world) {
        let two = Two::start(world).await?;
        let administrator = world.person("derya", UserRole::FirmAdministrator).await?;
        let (key, secret) = access::key(&administrator).await?;
        let call = async |api: &Api, method: &'static str, path: &str| {
            let call = Call::new(method, format!("{}{path}", api.base)).body("application/json", explain().to_string());
            api.authorized(call).await
        };
        let api = Api::new(&two.second.url, &secret);
        let dry = call(&api, "POST", "/v1/routing/explain").await?;
        let write = call(&api, "POST", "/v1/routing/rules").await?;
        for _ in 0..3 {
            ensure!(dry.send().await?.text().contains("nearest"));
        }
        // A rule of one server is soon the other's.
        let rule = json!({ "when": {}, "through": { "accounts": [world.pos] } });
        two.first_api.post("/v1/routing/rules", &rule).await?.good()?;
        let mut patience = Patience::new();
        while !dry.send().await?.text().contains("decided") {
            ensure!(patience.lasts().await, "the other server never hears of the rule");
        }
        // Who is no longer let in changes nothing from then on, and soon reads nothing.
        ensure!(write.send().await?.status == 422);
        ensure!(administrator.delete(&format!("/v1/api_keys/{key}")).await?.status == 204);
        ensure!(write.send().await?.status == 401, "a revoked key changes something");
        let mut patience = Patience::new();
        while dry.send().await?.status != 401 {
            ensure!(patience.lasts().await, "the other server never hears of the key");
        }
        two.stop().await;
        Ok(())
    }

    async fn an_errand_is_for_who_has_the_keys(world) {
        let two = Two::start(world).await?;
        let path = format!("{}/replica/errand", two.first.url);
        for body in ["", "v1.00000000.AAAA"] {
            let answer = Call::new("POST", path.clone()).body("text/plain", body.to_owned()).send().await?;
            ensure!(answer.status == 404, "{}: {}", answer.status, answer.text());
        }
        two.stop().await;
        Ok(())
    }
}
