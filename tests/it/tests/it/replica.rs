//! Two servers on one PostgreSQL: whichever a request reaches, a payment is charged once and its payer goes on.

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use vezne_it::api::fresh_key;
use vezne_it::family::{Family, families};
use vezne_it::host::Host;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Api, Browser, Page, Reply, World, stories};

/// Two servers; the proxy in front of them sends payers and banks to the second one.
struct Two {
    first: Host,
    second: Host,
    first_api: Api,
    second_api: Api,
}

impl Two {
    async fn start(world: &World) -> Result<Self> {
        let server = async |public_url: Option<String>| {
            Host::start_with(&world.database_url, &world.bank.url(), world.clock.clone(), |config| {
                config.replica_url = Some(config.public_url.clone());
                if let Some(url) = public_url {
                    config.public_url = url;
                }
            })
            .await
        };
        let second = server(None).await?;
        let first = server(Some(second.url.clone())).await?;
        for host in [&first, &second] {
            vezne::flow::replica::presence_round(&host.app).await?;
        }
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

/// A payment begun at the first server, its payer's browser led by the second as far as the one-time code.
async fn at_the_issuer(world: &World, two: &Two) -> Result<(Reply, Browser, Page)> {
    let pos = card_wanted_twice()?.pos_account(world, "3d").await?;
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos);
    body["three_d_secure"] = json!("required");
    let begun = two.first_api.post("/v1/payments", &body).await?.good()?;
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

async fn confirmed(browser: &Browser, page: &Page) -> Result<Page> {
    let form = page.form("/acs/")?.set("code", "123456").set("action", "confirm");
    let page = browser.submit(&form).await?;
    browser.settle(page).await
}

stories! {
    on Postgres as postgres;

    async fn the_payer_comes_back_to_the_other_server(world) {
        let two = Two::start(world).await?;
        let (begun, browser, page) = at_the_issuer(world, &two).await?;
        let result = confirmed(&browser, &page).await?;
        ensure!(result.url.starts_with(&two.second.url), "{}", result.url);
        world.until(&id(&begun)?, "succeeded").await?;
        let order = world.order(&order_no(&begun)?)?;
        ensure!((order.net, order.approvals) == (AMOUNT, 1), "{} {}", order.net, order.approvals);
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

    async fn a_server_that_ends_takes_its_cards_along_and_no_money(world) {
        let two = Two::start(world).await?;
        let (begun, browser, page) = at_the_issuer(world, &two).await?;
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

    async fn an_errand_is_for_who_has_the_keys(world) {
        let two = Two::start(world).await?;
        let path = format!("{}/replica/errand", two.first.url);
        for body in ["", "v1.00000000.AAAA"] {
            let answer = vezne_it::http::Call::new("POST", path.clone()).body("text/plain", body.to_owned()).send().await?;
            ensure!(answer.status == 404, "{}: {}", answer.status, answer.text());
        }
        two.stop().await;
        Ok(())
    }
}
