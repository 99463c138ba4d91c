//! Debts, the payments that close them, and the ones that may have.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne_it::world::{GOOD_CARD, id};
use vezne_it::{World, stories};
use vezne_sandbox::{Fault, FaultKind};

/// A customer that owes the firm two documents: 300.00, of which 50.00 interest, and later 500.00.
async fn owing(world: &World) -> Result<(String, [String; 2])> {
    let body = json!({ "name": "Güneş Yapı Market", "code": "120.01.001" });
    let customer = world.api.post("/v1/customers", &body).await?.good()?;
    let customer = customer.text("/id").to_owned();
    let mut debts = Vec::new();
    for (document_no, due_on, components) in [
        (
            "F-1",
            "2026-01-10",
            json!([{ "kind": "principal", "amount": 25_000 }, { "kind": "default_interest", "amount": 5_000 }]),
        ),
        ("F-2", "2026-02-10", json!([{ "kind": "principal", "amount": 50_000 }])),
    ] {
        let body = json!({
            "debtor": { "kind": "customer", "id": customer }, "currency": "TRY", "document_no": document_no,
            "due_on": due_on, "components": components,
        });
        debts.push(id(&world.api.post("/v1/receivables", &body).await?.good()?)?);
    }
    let [first, second] = <[String; 2]>::try_from(debts).map_err(|_| anyhow::anyhow!("two debts"))?;
    Ok((customer, [first, second]))
}

fn sale_of(world: &World, customer: &str, amount: i64, receivables: &[&str]) -> Value {
    let mut body = world.sale(amount, GOOD_CARD);
    body["payer"] = json!({ "kind": "customer", "id": customer });
    body["receivables"] = receivables.iter().map(|receivable| json!({ "receivable": receivable })).collect();
    body
}

async fn figures(world: &World, receivable: &str) -> Result<(i64, i64)> {
    let read = world.api.get(&format!("/v1/receivables/{receivable}")).await?.good()?;
    let number = |pointer| read.number(pointer).unwrap_or(-1);
    Ok((number("/outstanding"), number("/in_doubt")))
}

stories! {
    async fn a_payment_says_what_it_closed(world) {
        let (customer, [first, second]) = owing(world).await?;
        let paid = world.pay(&sale_of(world, &customer, 32_000, &[])).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        let read = world.payment(&id(&paid)?).await?;
        // Interest before principal over all debts (art. 100), then the older debt.
        let closed = json!([
            { "receivable": first, "document_no": "F-1", "component": "default_interest", "amount": 5_000 },
            { "receivable": first, "document_no": "F-1", "component": "principal", "amount": 25_000 },
            { "receivable": second, "document_no": "F-2", "component": "principal", "amount": 2_000 },
        ]);
        ensure!(read.json["allocations"] == closed, "{}", read.answer.text());
        ensure!(figures(world, &first).await? == (0, 0) && figures(world, &second).await? == (48_000, 0));
        // A void opens them again, to the kuruş.
        world.refund(&id(&paid)?, &json!({})).await?.good()?;
        let read = world.payment(&id(&paid)?).await?;
        ensure!(read.json.get("allocations").is_none(), "{}", read.answer.text());
        ensure!(figures(world, &first).await? == (30_000, 0) && figures(world, &second).await? == (50_000, 0));
        Ok(())
    }

    async fn a_debt_shows_what_is_in_doubt_until_the_bank_has_spoken(world) {
        let (customer, [first, second]) = owing(world).await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let paid = world.pay(&sale_of(world, &customer, 40_000, &[&second])).await?;
        ensure!(paid.text("/state") == "unknown", "{}", paid.answer.text());
        ensure!(figures(world, &first).await? == (30_000, 0), "the other debt is in no doubt");
        ensure!(figures(world, &second).await? == (50_000, 40_000));
        let list = world.api.get("/v1/receivables?open=true").await?.good()?;
        let shown: Vec<_> = list.json["data"].as_array().into_iter().flatten().map(|row| row["in_doubt"].clone()).collect();
        ensure!(shown == [json!(0), json!(40_000)], "{}", list.answer.text());
        world.until_asked(&id(&paid)?, "succeeded").await?;
        ensure!(figures(world, &second).await? == (10_000, 0));
        Ok(())
    }

    async fn one_call_shows_a_payment_with_its_attempts_and_events(world) {
        let paid = world.pay(&world.sale(12_345, GOOD_CARD)).await?;
        let path = format!("/v1/payments/{}", id(&paid)?);
        let read = world.api.get(&format!("{path}?expand=attempts,events")).await?.good()?;
        ensure!(read.text("/attempts/0/state") == "captured", "{}", read.answer.text());
        ensure!(read.json["events"].as_array().is_some_and(|events| events.len() >= 3), "{}", read.answer.text());
        ensure!(world.api.get(&path).await?.json.get("events").is_none());
        ensure!(world.api.get(&format!("{path}?expand=card")).await?.status == 400);
        Ok(())
    }
}
