//! Whose sale it is: the bank's book has the sub-dealer that the account's settings name, or the one that sells.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne_it::World;
use vezne_it::family::families;
use vezne_it::http::Call;
use vezne_it::seed::pos_account_add;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_sandbox::Kind;

use super::till::{Sold, Till, stands};

/// A main dealer's account, and who its sales are for.
struct Main {
    family: &'static str,
    /// Settings and secrets that differ from the usual account's.
    config: Value,
    secrets: Value,
    /// Some banks are told at the gate alone.
    model: &'static str,
    /// As the bank's book has it.
    named: &'static str,
}

/// Where the account's settings name the sub-dealer: one account for each.
fn named_by_settings() -> [Main; 4] {
    let boa = |family| Main {
        family,
        config: json!({ "sub-merchant-id": "77" }),
        secrets: json!({}),
        model: "none",
        named: "77",
    };
    [
        Main {
            family: "akbank",
            config: json!({
                "merchant-safe-id": "20260101000000000000000000000D01",
                "terminal-safe-id": "20260101000000000000000000000D02", "sub-merchant-id": "ALT1",
            }),
            secrets: json!({ "secret-key": "6b65792d6f662d7468652d6465616c6572" }),
            model: "none",
            named: "ALT1",
        },
        Main {
            family: "payflex",
            config: json!({
                "merchant-id": "000000000222222", "terminal-id": "VP000096", "merchant-type": "1", "sub-merchant-id": "77",
            }),
            secrets: json!({ "api-password": "3XT&gE<9ş" }),
            model: "3d",
            named: "77",
        },
        boa("katilim"),
        boa("kuveyt"),
    ]
}

/// Every family whose bank knows of sub-dealers.
pub async fn are_in_the_banks_book(world: &World) -> Result<()> {
    for main in named_by_settings() {
        by_settings(world, &main).await.with_context(|| main.family)?;
    }
    by_who_sells(world).await.context("posnet")
}

async fn by_settings(world: &World, main: &Main) -> Result<()> {
    let family = families().into_iter().find(|family| family.name == main.family).context("no such family")?;
    let till = Till::of_none(world, &family).await?;
    let own = till.sold("none").await?;
    ensure!(whose(world, &own)?.is_empty(), "the usual account names {}", whose(world, &own)?);
    let mut account = family.account(world, main.model);
    account["name"] = json!(format!("{family} main dealer"));
    for (place, changes) in [("config", &main.config), ("secrets", &main.secrets)] {
        for (name, value) in changes.as_object().context("an object")? {
            account[place][name] = value.clone();
        }
    }
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos_account_add(&world.api, &account).await?);
    if main.model != "none" {
        body["three_d_secure"] = json!("required");
    }
    let sold = paid(&till, &body).await?;
    ensure!(whose(world, &sold)? == main.named, "the bank's book has {}", whose(world, &sold)?);
    Ok(())
}

/// One account for all: the bank is told by whose payment it is.
async fn by_who_sells(world: &World) -> Result<()> {
    let family = families().into_iter().find(|family| family.name == "posnet").context("no such family")?;
    let till = Till::of_none(world, &family).await?;
    let mut account = family.account(world, "none");
    account["name"] = json!("PosNet for sub-dealers");
    account["sub_dealers"] = json!(true);
    let account = pos_account_add(&world.api, &account).await?;
    let dealer = json!({ "name": "Ankara", "code": "ANK", "parent": world.firm.node, "tax_no": "1234567890" });
    let dealer = id(&world.api.post("/v1/dealers", &dealer).await?.good()?)?;
    let sale = |node: &str| {
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(account);
        body["node"] = json!(node);
        body
    };
    for (node, named) in [(&world.firm.node, ""), (&dealer, "1234567890")] {
        let sold = paid(&till, &sale(node)).await?;
        ensure!(whose(world, &sold)? == named, "the bank's book has {}", whose(world, &sold)?);
    }
    let code = json!({ "settings": { "sub_dealer_code": "77" } }).to_string();
    let call = Call::new("PATCH", format!("{}/v1/dealers/{dealer}", world.api.base)).header("if-match", "\"1\"");
    world.api.send(call.body("application/json", code)).await?.good()?;
    let sold = paid(&till, &sale(&dealer)).await?;
    ensure!(whose(world, &sold)? == "1234567890/77", "the bank's book has {}", whose(world, &sold)?);
    // What is given back is the sub-dealer's, too.
    let back = world.refund(&sold.payment, &json!({ "mode": "void" })).await?.good()?;
    ensure!(back.text("/state") == "succeeded", "{}", back.answer.text());
    let view = world.order(&sold.order)?;
    ensure!(view.entries.iter().all(|entry| entry.sub_dealer == "1234567890/77"), "{:?}", view.entries);
    Ok(())
}

async fn paid(till: &Till<'_>, body: &Value) -> Result<Sold> {
    let paid = till.pay(body).await?;
    stands(till.world, &paid, "succeeded").await?;
    Sold::of(&paid)
}

/// For whom the bank booked the sale.
fn whose(world: &World, sold: &Sold) -> Result<String> {
    let entries = world.order(&sold.order)?.entries;
    let sale = entries.into_iter().find(|entry| entry.kind == Kind::Auth && entry.approved);
    Ok(sale.context("the bank has no sale")?.sub_dealer)
}
