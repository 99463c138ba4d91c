//! A known card number and security code must be nowhere afterwards (P9), whatever form they might have taken.
//!
//! Exempt are exactly two places: the one-time page that hands the card to the bank's gate, and what the vault has
//! sealed, which is not readable and so cannot be found.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use vezne::store::user::UserRole;
use vezne_it::browser::Browser;
use vezne_it::canary::{Canary, Place};
use vezne_it::component::Component;
use vezne_it::echo::{Echo, FORMS};
use vezne_it::family::families;
use vezne_it::http::{self, Call};
use vezne_it::receiver::Receiver;
use vezne_it::seed::{Store, pos_account_add};
use vezne_it::world::{AMOUNT, id};
use vezne_it::{Database, World, log, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

use crate::family::TAKE_POINTS;
use crate::three_ds::{Visit, confirm, type_card};
use crate::webhook;

const CARD: &str = "5401341234567891";
/// Four digits: three would be found in every file.
const CODE: &str = "8374";
/// A card without money, typed at the portal's page.
const POOR_CODE: &str = "6283";

fn poor_card() -> Result<String> {
    let cards = vezne_sandbox::test_cards();
    let poor = cards.iter().find(|card| card.group == "three_d" && card.bank_code == Some("51"));
    poor.map(|card| card.number.clone()).context("no card without money")
}

fn sale(world: &World, amount: i64, pos: &str) -> serde_json::Value {
    let mut body = world.sale(amount, CARD);
    body["card"]["security_code"] = json!(CODE);
    body["pos_account"] = json!(pos);
    body
}

/// Time for a caller's next two hundred requests.
fn breathe(world: &World) {
    world.advance(std::time::Duration::from_secs(61));
}

async fn sales_and_refunds(world: &World) -> Result<()> {
    let body = sale(world, AMOUNT, &world.pos);
    let voided = world.pay(&body).await?;
    world.refund(&id(&voided)?, &json!({})).await?.good()?;
    let refunded = world.pay(&body).await?;
    for fault in [FaultKind::SilenceAfter, FaultKind::Garbage, FaultKind::Html, FaultKind::Truncated] {
        world.bank.bank.fault(Fault::once(fault));
        let doubt = world.pay(&body).await?;
        world.until_asked(&id(&doubt)?, "succeeded").await?;
        breathe(world);
    }
    let mut declined = body.clone();
    declined["amount"] = json!(1_051);
    world.pay(&declined).await?;
    world.advance(std::time::Duration::from_hours(26));
    world.bank.bank.day_end();
    world.refund(&id(&refunded)?, &json!({ "amount": 1_000, "reason": "eksik" })).await?.good()?;
    let tested = world.api.post(&format!("/v1/pos_accounts/{}/test", world.pos), &json!({})).await?.good()?;
    let public = Component::built("pos-nestpay")?.manifest["test_card"]["number"].as_str().map(str::to_owned);
    let public = public.context("no test card")?;
    ensure!(!tested.answer.text().contains(&public), "the test of an account holds its card");
    ensure!(log::count(&public) == 0, "a log line holds the card of a test");
    Ok(())
}

/// What callers get wrong: each answer names what is wrong and never what was sent.
async fn refused_requests(world: &World) -> Result<()> {
    let good = sale(world, AMOUNT, &world.pos);
    let mut wrong = Vec::new();
    for (pointer, value) in [
        ("/amount", json!("much")),
        ("/card/number", json!(CARD.parse::<u64>()?)),
        ("/card/number", json!(format!("{CARD}x"))),
        ("/card/number", json!({ "pan": CARD })),
        ("/card/expiry_month", json!(CARD)),
        ("/card/security_code", json!(format!("{CODE}{CODE}"))),
        ("/card/security_code", json!({ "code": CODE })),
        ("/card", json!(CARD)),
        ("/currency", json!(CARD)),
        ("/pos_account", json!(CARD)),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).context(pointer)? = value;
        wrong.push(body.to_string());
    }
    let mut more = good.clone();
    more["card"]["cvv2"] = json!(CODE);
    more["pan"] = json!(CARD);
    wrong.push(more.to_string());
    let whole = good.to_string();
    wrong.push(whole[..whole.len() - 9].to_owned());
    wrong.push(format!("[{whole}]"));
    for body in wrong {
        for path in ["/v1/payments", "/v1/points"] {
            let call = Call::new("POST", format!("{}{path}", world.api.base))
                .header("idempotency-key", vezne_it::api::fresh_key())
                .body("application/json", body.clone());
            let refused = world.api.send(call).await?;
            ensure!((400..500).contains(&refused.status), "{path}: {}", refused.answer.text());
        }
    }
    let form = Call::new("POST", format!("{}/v1/payments", world.api.base))
        .body("application/x-www-form-urlencoded", format!("card_number={CARD}&security_code={CODE}"));
    world.api.send(form).await?;
    for query in [format!("card={CARD}"), format!("cursor={CARD}"), format!("limit={CODE}&cvv={CODE}")] {
        world.api.get(&format!("/v1/payments?{query}")).await?;
    }
    world.api.get(&format!("/v1/payments/{CARD}")).await?;
    Ok(())
}

async fn through_gates(world: &World) -> Result<()> {
    for model in ["3d", "3d-pay", "3d-host"] {
        let pos = world.add_pos(model, model, Store::Demo).await?;
        let mut body = sale(world, AMOUNT, &pos);
        body["three_d_secure"] = json!("required");
        if model == "3d-host" {
            // The bank's own page takes it.
            body["card"].take();
        }
        let begun = world.pay(&body).await?;
        let browser = Browser::default();
        let page = browser.get(begun.text("/next_action/redirect_url")).await?;
        let page = browser.settle(page).await?;
        let (payment, order) = (id(&begun)?, vezne_it::world::order_no(&begun)?);
        let mut visit = Visit { payment, order, browser, page };
        type_card(&mut visit, CARD).await?;
        malformed_callbacks(world, &pos).await?;
        let back = confirm(&visit).await?;
        visit.browser.settle(back).await?;
        crate::three_ds::paid(world, &visit).await.context(model)?;
        breathe(world);
    }
    Ok(())
}

/// What anybody may post to the address that banks come back to.
async fn malformed_callbacks(world: &World, pos: &str) -> Result<()> {
    let url = format!("{}/pos/{}/{pos}/callback", world.host.url, world.firm.tenant);
    let fields = format!("oid=1&pan={CARD}&cv2={CODE}&Ecom_Payment_Card_ExpDate_Month=12&ErrMsg={CARD}");
    let calls = [
        Call::new("POST", &url).body("application/x-www-form-urlencoded", fields.clone()),
        Call::new("POST", &url).body("application/x-www-form-urlencoded", format!("{CARD}={CODE}&&==%zz")),
        Call::new("POST", &url).body("application/json", json!({ "pan": CARD, "cvv": CODE }).to_string()),
        Call::new("POST", &url).body("text/xml", format!("<a><pan>{CARD}</pan><cvv>{CODE}</cvv>")),
        Call::new("POST", &url).body("application/octet-stream", format!("\u{0}{CARD}\u{0}{CODE}")),
        Call::new("GET", format!("{url}?{fields}")),
        Call::new("GET", format!("{}/pos/{CARD}/{pos}/callback?{fields}", world.host.url)),
    ];
    for call in calls {
        call.header("referer", format!("https://bank.example/?pan={CARD}&cvv={CODE}")).send().await?;
    }
    Ok(())
}

/// The portal's page: a payment, one that is declined, and one that is sent back to be corrected.
async fn at_the_portal(world: &World) -> Result<()> {
    let clerk = world.person("kanarya", UserRole::FirmAdministrator).await?;
    let browser = clerk.browser().await?;
    for (number, code, expiry) in
        [(CARD, CODE, "12 / 30"), (CARD, CODE, "13 / 30"), (&*poor_card()?, POOR_CODE, "12 / 30")]
    {
        let page = browser.get(&format!("{}/pay?open=1&sent=1&amount=123%2C45", world.host.url)).await?;
        let form = page.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "card_number"));
        let form = form.with_context(|| format!("no card form: {}", page.head()))?;
        let form = form.set("card_number", number).set("card_holder", "DENEME").set("expiry", expiry);
        let page = browser.submit(&form.set("security_code", code)).await?;
        let page = browser.settle(page).await?;
        // An account whose gate is asked first: the payer goes through it.
        if let Ok(form) = page.form("/acs/") {
            let back = browser.submit(&form.set("code", "123456").set("action", "confirm")).await?;
            browser.settle(back).await?;
        }
    }
    let list = world.api.get("/v1/payments?limit=5").await?.good()?;
    for payment in list.json["data"].as_array().into_iter().flatten() {
        let id = payment["id"].as_str().unwrap_or_default();
        for page in [format!("/payments/{id}"), format!("/payments/{id}/receipt")] {
            browser.get(&format!("{}{page}", world.host.url)).await?;
        }
    }
    for page in ["/", "/payments", "/doubts", "/plugins/pos-nestpay"] {
        browser.get(&format!("{}{page}", world.host.url)).await?;
    }
    Ok(())
}

/// A bank that answers with what it was sent, in every form.
async fn at_a_careless_bank(world: &World) -> Result<()> {
    let echo = Echo::start().await?;
    let body = json!({
        "name": "Yankı", "plugin": "pos-nestpay", "bank": "isbank", "environment": "test", "three_d_model": "none",
        "config": { "client-id": "700655000200", "user-name": "ISBANKAPI" },
        "endpoints": { "api": format!("{}/fim/api", echo.url), "gate": format!("{}/fim/est3Dgate", world.bank.url()) },
        "secrets": { "api-password": "ISBANK07", "store-key": "TRPS0200" },
    });
    let pos = pos_account_add(&world.api, &body).await?;
    for _ in 0..2 * FORMS {
        world.pay(&sale(world, AMOUNT, &pos)).await?;
    }
    ensure!(echo.asked() >= 2 * FORMS, "the careless bank was asked {} times", echo.asked());
    Ok(())
}

/// The card goes along with a question that is not about a payment, and the bank answers nonsense too.
async fn asking_for_points(world: &World) -> Result<()> {
    for family in families().into_iter().filter(|family| TAKE_POINTS.contains(&family.name)) {
        let body = sale(world, AMOUNT, &family.pos_account(world, "none").await?);
        for kind in [None, Some(FaultKind::Html), Some(FaultKind::Garbage), Some(FaultKind::Truncated)] {
            if let Some(kind) = kind {
                world.bank.bank.fault(Fault { count: Some(9), ..Fault::once(kind).on(Op::Points) });
            }
            let told = world.api.post("/v1/points", &body).await?;
            world.bank.bank.clear_faults();
            let expected = if kind.is_some() { 502 } else { 200 };
            ensure!(told.status == expected, "{family} {kind:?}: {}", told.answer.text());
        }
        breathe(world);
    }
    Ok(())
}

/// Everything about every payment that can be asked for.
async fn read_everything(world: &World) -> Result<()> {
    breathe(world);
    let list = world.api.get("/v1/payments?limit=100").await?.good()?;
    let payments = list.json["data"].as_array().cloned().unwrap_or_default();
    ensure!(payments.len() > 20, "only {} payments", payments.len());
    for payment in payments {
        let id = payment["id"].as_str().unwrap_or_default().to_owned();
        for part in ["", "/events", "/attempts", "/refunds"] {
            world.api.get(&format!("/v1/payments/{id}{part}")).await?.good()?;
        }
        breathe(world);
    }
    let mut read = 0;
    for plugin in ["pos-garanti", "pos-posnet", "pos-nestpay"] {
        let runs = world.api.get(&format!("/v1/plugins/{plugin}/runs")).await?.good()?;
        for run in runs.json["data"].as_array().into_iter().flatten() {
            let id = run["id"].as_str().unwrap_or_default();
            for part in ["", "/recording"] {
                let answer = world.api.get(&format!("/v1/plugins/{plugin}/runs/{id}{part}")).await?;
                // Newer runs push the oldest out while the clock goes on.
                if answer.status != 404 {
                    answer.good()?;
                    read += 1;
                }
            }
        }
        breathe(world);
    }
    ensure!(read > 20, "only {read} runs are kept");
    breathe(world);
    for path in ["/v1/events", "/v1/doubts", "/v1/webhook_deliveries", "/v1/alarms", "/metrics"] {
        world.api.get(path).await?;
    }
    Ok(())
}

/// Every column of every table, as text.
async fn every_column(world: &World, canary: &Canary) -> Result<()> {
    let auditor = world.auditor();
    let (tables, columns_of) = match world.database {
        Database::Sqlite => {
            ("select name from sqlite_master where type = 'table'", "select name from pragma_table_info")
        }
        Database::Postgres => (
            "select table_name from information_schema.tables where table_schema = 'public'",
            "select column_name from information_schema.columns where table_schema = 'public' and table_name =",
        ),
    };
    let tables = auditor.column(tables).await?;
    ensure!(tables.len() > 20, "only {} tables", tables.len());
    for table in tables {
        let columns = match world.database {
            Database::Sqlite => format!("{columns_of}('{table}')"),
            Database::Postgres => format!("{columns_of} '{table}'"),
        };
        for column in auditor.column(&columns).await? {
            // PostgreSQL shows bytes as hexadecimal digits by itself.
            let shown = match world.database {
                Database::Sqlite => {
                    format!("case typeof(\"{column}\") when 'blob' then hex(\"{column}\") else \"{column}\" end")
                }
                Database::Postgres => format!("\"{column}\""),
            };
            for value in auditor.column(&format!("select {shown} from \"{table}\"")).await? {
                canary.nowhere_in_column(&format!("{table}.{column}"), &value)?;
            }
        }
    }
    Ok(())
}

/// The files too: what was deleted may still lie in a page or in the log of changes.
async fn every_file(world: &World, canary: &Canary) -> Result<()> {
    let own = canary.nowhere_below(world.folder.path())? + canary.nowhere_below(&world.host.config.private_dir)?;
    if world.database == Database::Sqlite {
        ensure!(own >= 3, "the database and its log were not among {own} files");
        return Ok(());
    }
    let auditor = world.auditor();
    let data = auditor.column("select setting from pg_settings where name = 'data_directory'").await?;
    let data = data.first().map(String::as_str).unwrap_or_default();
    // A server on another machine keeps its files to itself; the one that `cargo xtask test` starts is here.
    if data.is_empty() || std::fs::read_dir(data).is_err() {
        ensure!(std::env::var("CI").as_deref() != Ok("true"), "PostgreSQL's files cannot be read in {data:?}");
        eprintln!("PostgreSQL's files are not here: its tables were looked through, its files were not");
        return Ok(());
    }
    auditor.change("checkpoint").await?;
    let own = auditor.column("select pg_relation_filepath('payment')").await?;
    let folder = Path::new(data).join(own.first().context("no file of a table")?);
    let folder = folder.parent().context("no folder of the database")?;
    ensure!(canary.nowhere_below(folder)? > 100, "hardly any file in {}", folder.display());
    ensure!(canary.nowhere_below(&Path::new(data).join("pg_wal"))? > 0, "no log of changes");
    Ok(())
}

stories! {
    async fn a_card_is_nowhere_afterwards(world) {
        let mut canary = Canary::new(CARD, CODE);
        canary.watch(&poor_card()?, POOR_CODE);
        http::listen(&world.host.url);
        let receiver = Receiver::start().await?;
        webhook::endpoint(world, &receiver.url, json!({})).await?;
        sales_and_refunds(world).await?;
        refused_requests(world).await?;
        at_the_portal(world).await?;
        through_gates(world).await?;
        at_a_careless_bank(world).await?;
        asking_for_points(world).await?;
        read_everything(world).await?;

        let (gates, answers): (Vec<_>, Vec<_>) =
            http::heard(&world.host.url).into_iter().partition(|(url, _)| url.contains("/gate/"));
        // The one page that may: if nobody saw the card on it, we would not see it anywhere else either.
        let carried = gates.iter().filter(|(_, page)| canary.nowhere(Place::Text, "a page", &page.body).is_err());
        ensure!(carried.count() >= 2, "the gate's pages were not among {} answers", gates.len());
        ensure!(answers.len() > 150, "only {} answers", answers.len());
        for (url, answer) in &answers {
            // What the caller put into the address stands there by his own hand.
            let path = url.split('?').next().unwrap_or_default().replace(CARD, "…").replace(CODE, "…");
            canary.nowhere(Place::Text, &format!("the answer of {path}"), &answer.body)?;
            // Four digits of a length are no code.
            for (name, value) in answer.headers.iter().filter(|(name, _)| name != "content-length") {
                canary.nowhere(Place::Text, &format!("the header {name} of {path}"), value.as_bytes())?;
            }
        }
        let told = receiver.told();
        ensure!(told.len() > 10, "only {} webhooks", told.len());
        for one in &told {
            canary.nowhere(Place::Text, "a webhook", one.raw.as_bytes())?;
        }
        every_column(world, &canary).await?;
        every_file(world, &canary).await?;
        let lines = log::all();
        ensure!(lines.len() > 10_000, "hardly anything was logged");
        canary.nowhere(Place::Text, "the log", &lines)?;
        // The careless bank's orders are nobody's.
        world.may_differ();
        Ok(())
    }
}
