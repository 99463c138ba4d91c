//! A known card number and security code must be nowhere afterwards.

use anyhow::{Result, ensure};
use serde_json::json;
use vezne_it::browser::Browser;
use vezne_it::log;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, id};
use vezne_it::{Database, World, stories};
use vezne_sandbox::{Fault, FaultKind};

const CARD: &str = "5401341234567891";
/// Not a number that anything else in the database would be.
const CODE: &str = "837";

async fn pay_in_every_way(world: &World) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    let mut body = world.sale(AMOUNT, CARD);
    body["card"]["security_code"] = json!(CODE);
    let paid = world.pay(&body).await?;
    answers.push(paid.answer.text());
    for fault in [FaultKind::SilenceAfter, FaultKind::Garbage, FaultKind::Html] {
        world.bank.bank.fault(Fault::once(fault));
        let doubt = world.pay(&body).await?;
        answers.push(doubt.answer.text());
        world.until_asked(&id(&doubt)?, "succeeded").await?;
    }
    let mut declined = body.clone();
    declined["amount"] = json!(1_051);
    answers.push(world.pay(&declined).await?.answer.text());
    let mut wrong = body.clone();
    wrong["amount"] = json!("much");
    answers.push(world.pay_with_key(&wrong, &vezne_it::api::fresh_key()).await?.answer.text());
    for model in ["3d", "3d-pay"] {
        let pos = world.add_pos(model, model, Store::Demo).await?;
        let mut body = body.clone();
        body["pos_account"] = json!(pos);
        body["three_d_secure"] = json!("required");
        let begun = world.pay(&body).await?;
        answers.push(begun.answer.text());
        let browser = Browser::default();
        // This one page may hold the card: it carries it to the bank.
        let page = browser.get(begun.text("/next_action/redirect_url")).await?;
        let page = browser.settle(page).await?;
        let form = page.form("/acs/")?.set("code", "123456").set("action", "confirm");
        let page = browser.submit(&form).await?;
        let page = browser.settle(page).await?;
        answers.push(page.html);
        world.until(&id(&begun)?, "succeeded").await?;
    }
    let list = world.api.get("/v1/payments?limit=50").await?.good()?;
    for payment in list.json["data"].as_array().cloned().unwrap_or_default() {
        let id = payment["id"].as_str().unwrap_or_default().to_owned();
        for part in ["", "/events", "/attempts"] {
            answers.push(world.api.get(&format!("/v1/payments/{id}{part}")).await?.good()?.answer.text());
        }
    }
    answers.push(list.answer.text());
    Ok(answers)
}

/// `needle` with no letter or digit on either side.
fn stands_alone(text: &str, needle: &str) -> bool {
    text.match_indices(needle).any(|(at, _)| {
        let edge = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
        edge(text[..at].chars().next_back()) && edge(text[at + needle.len()..].chars().next())
    })
}

async fn every_row(world: &World) -> Result<Vec<(String, String)>> {
    let auditor = world.auditor();
    let tables = match world.database {
        Database::Sqlite => auditor.column("select name from sqlite_master where type = 'table'").await?,
        Database::Postgres => {
            auditor.column("select table_name from information_schema.tables where table_schema = 'public'").await?
        }
    };
    let mut rows = Vec::new();
    for table in tables {
        let columns = match world.database {
            Database::Sqlite => auditor.column(&format!("select name from pragma_table_info('{table}')")).await?,
            Database::Postgres => {
                let sql = format!(
                    "select column_name from information_schema.columns where table_schema = 'public' and table_name = '{table}'"
                );
                auditor.column(&sql).await?
            }
        };
        for column in columns {
            // Components are bytes and no text; PostgreSQL shows them as hexadecimal digits by itself.
            let bytes = world.database == Database::Sqlite && column == "wasm";
            let shown = if bytes { format!("hex({column})") } else { format!("\"{column}\"") };
            for value in auditor.column(&format!("select {shown} from \"{table}\"")).await? {
                rows.push((format!("{table}.{column}"), value));
            }
        }
    }
    Ok(rows)
}

stories! {
#[expect(clippy::format_collect, reason = "a handful of bytes")]
    async fn a_card_is_nowhere_afterwards(world) {
        let answers = pay_in_every_way(world).await?;
        let digits_hex: String = CARD.bytes().map(|b| format!("{b:02x}")).collect();
        for answer in &answers {
            ensure!(!answer.contains(CARD), "an answer holds the card number");
            ensure!(!stands_alone(answer, CODE), "an answer holds the security code: {answer}");
        }
        for (place, value) in every_row(world).await? {
            ensure!(!value.contains(CARD) && !value.contains(&digits_hex), "{place} holds the card number");
            ensure!(!stands_alone(&value, CODE), "{place} holds the security code: {value}");
        }
        // The files too: what was deleted may still lie in a page or in the log of changes.
        for entry in std::fs::read_dir(world.folder.path())? {
            let bytes = std::fs::read(entry?.path())?;
            ensure!(log::find(&bytes, CARD.as_bytes()) == 0, "a database file holds the card number");
            ensure!(log::find(&bytes, format!("\"{CODE}\"").as_bytes()) == 0, "a database file holds the security code");
        }
        ensure!(log::count(CARD) == 0, "a log line holds the card number");
        ensure!(log::count(&format!("\"{CODE}\"")) == 0 && log::count(&format!("code={CODE}")) == 0);
        Ok(())
    }
}
