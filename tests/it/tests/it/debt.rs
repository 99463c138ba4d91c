//! Debts, the payments that close them, and the ones that may have.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::store::user::UserRole;
use vezne_it::api::fresh_key;
use vezne_it::browser::Browser;
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

/// A debt of somebody else.
async fn owing_other(world: &World) -> Result<String> {
    let body = json!({ "name": "Başka Müşteri", "code": "120.01.002" });
    let customer = id(&world.api.post("/v1/customers", &body).await?.good()?)?;
    debt(world, "customer", &customer, "B-1", 10_000).await
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

/// A dealer below the firm or another dealer.
async fn dealer(world: &World, parent: &str, name: &str) -> Result<String> {
    let body = json!({ "parent": parent, "name": name, "code": name });
    id(&world.api.post("/v1/dealers", &body).await?.good()?)
}

/// What a node or customer owes, one document of principal only.
async fn debt(world: &World, kind: &str, debtor: &str, document_no: &str, amount: i64) -> Result<String> {
    let body = json!({
        "debtor": { "kind": kind, "id": debtor }, "currency": "TRY", "document_no": document_no, "due_on": "2026-01-10",
        "components": [{ "kind": "principal", "amount": amount }],
    });
    id(&world.api.post("/v1/receivables", &body).await?.good()?)
}

/// Fills in the pay page at this address and sends it off; gives the payment's result page.
async fn paid_by_page(world: &World, browser: &Browser, query: &str) -> Result<()> {
    let page = browser.get(&format!("{}/pay?{query}", world.host.url)).await?;
    let form = page.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "card_number"));
    let form = form.with_context(|| format!("no card form: {}", page.head()))?;
    let form = form.set("card_number", GOOD_CARD).set("card_holder", "DENEME").set("expiry", "12 / 30");
    let page = browser.submit(&form.set("security_code", "000")).await?;
    let page = browser.settle(page).await?;
    ensure!(page.status == 200 && page.url.contains("/result/"), "{}: {}", page.url, page.head());
    Ok(())
}

/// The accounts in which a node's books hold something, with the sums.
async fn books(world: &World, node: &str) -> Result<Vec<String>> {
    let sql = format!(
        "select account || ' ' || cast(sum(minor) as text) from entry where node_id = '{}' \
         group by account having sum(minor) <> 0 order by account",
        node.split('_').nth(1).unwrap_or_default()
    );
    world.auditor().column(&sql).await
}

stories! {
    async fn a_dealer_pays_its_own_debt_and_its_customer_s_debt_closes_in_its_own_books(world) {
        let ankara = dealer(world, &world.firm.node, "Ankara").await?;
        let owed = debt(world, "node", &ankara, "F-1", 30_000).await?;
        let person = world.person_at(&ankara, "ankara", UserRole::Dealer).await?;
        let browser = person.browser().await?;
        paid_by_page(world, &browser, &format!("sent=1&receivable={owed}&amount=300%2C00")).await?;
        ensure!(figures(world, &owed).await? == (0, 0), "{:?}", figures(world, &owed).await?);
        ensure!(books(world, &world.firm.node).await? == ["billed -30000", "pos_clearing 30000"], "{:?}", books(world, &world.firm.node).await?);
        ensure!(books(world, &ankara).await?.is_empty(), "{:?}", books(world, &ankara).await?);
        let seen = person.get("/v1/payments").await?.good()?;
        ensure!(seen.text("/data/0/node/id") == world.firm.node, "{}", seen.answer.text());
        ensure!(seen.text("/data/0/payer/id") == ankara, "{}", seen.answer.text());

        let body = json!({ "name": "Kuğulu", "code": "K-1", "node": ankara });
        let customer = id(&world.api.post("/v1/customers", &body).await?.good()?)?;
        let owed = debt(world, "customer", &customer, "A-1", 20_000).await?;
        paid_by_page(world, &browser, &format!("sent=1&debtor={customer}&amount=200%2C00")).await?;
        ensure!(figures(world, &owed).await? == (0, 0), "{:?}", figures(world, &owed).await?);
        ensure!(books(world, &ankara).await? == ["billed -20000", "due_from 20000"], "{:?}", books(world, &ankara).await?);
        Ok(())
    }

    async fn nobody_pays_into_a_strange_branch_nor_for_a_strange_debtor(world) {
        let ankara = dealer(world, &world.firm.node, "Ankara").await?;
        let izmir = dealer(world, &world.firm.node, "İzmir").await?;
        let body = json!({ "name": "Ege Banyo", "code": "E-1", "node": izmir });
        let strange = id(&world.api.post("/v1/customers", &body).await?.good()?)?;
        let payer = |kind: &str, id: &str, node: Option<&str>| {
            let mut body = world.sale(10_000, GOOD_CARD);
            body["payer"] = json!({ "kind": kind, "id": id });
            if let Some(node) = node {
                body["node"] = json!(node);
            }
            body
        };
        let person = world.person_at(&ankara, "ankara", UserRole::Dealer).await?;
        for (body, code) in [
            (payer("customer", &strange, None), "not_found"),
            (payer("node", &izmir, None), "not_found"),
            (payer("node", &ankara, Some(&izmir)), "not_allowed"),
            (payer("node", &ankara, Some(&ankara)), "not_allowed"),
        ] {
            let refused = person.post_with_key("/v1/payments", &body).await?;
            ensure!(refused.status == 422 && refused.text("/errors/0/code") == code, "{}", refused.answer.text());
        }
        let mut body = world.sale(10_000, GOOD_CARD);
        body["node"] = json!(izmir);
        ensure!(person.post_with_key("/v1/payments", &body).await?.status == 404);
        // The firm itself owes nobody above it.
        let refused = world.api.post("/v1/payments", &payer("node", &world.firm.node, None)).await?;
        ensure!(refused.status == 422, "{}", refused.answer.text());
        ensure!(world.bank.bank.requests().is_empty(), "the bank was asked");
        ensure!(world.auditor().number("select count(*) from payment").await? == 0);
        Ok(())
    }

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

    async fn a_share_is_kept_and_what_is_not_owed_is_refused(world) {
        let (customer, [first, second]) = owing(world).await?;
        let mut body = sale_of(world, &customer, 30_000, &[]);
        let mut with = |shares: Value, amount: i64| {
            body["receivables"] = shares;
            body["amount"] = json!(amount);
            body.clone()
        };
        let other = owing_other(world).await?;
        for (shares, amount, pointer) in [
            (json!([{ "receivable": other }]), 10_000, "/receivables/0/receivable"),
            (json!([{ "receivable": first, "amount": 30_001 }]), 40_000, "/receivables/0/amount"),
            (json!([{ "receivable": first, "amount": 0 }]), 40_000, "/receivables/0/amount"),
            (json!([{ "receivable": first, "amount": 1_000 }, { "receivable": first }]), 10_000, "/receivables/1/receivable"),
            (json!([{ "receivable": first, "amount": 6_000 }, { "receivable": second, "amount": 5_000 }]), 10_000, "/receivables/1/amount"),
        ] {
            let refused = world.pay_with_key(&with(shares, amount), &fresh_key()).await?;
            ensure!(refused.status == 422 && refused.text("/errors/0/pointer") == pointer, "{}", refused.answer.text());
        }
        let mut nobody = world.sale(10_000, GOOD_CARD);
        nobody["receivables"] = json!([{ "receivable": first }]);
        ensure!(world.pay_with_key(&nobody, &fresh_key()).await?.status == 422);
        let shares = json!([{ "receivable": first, "amount": 6_000 }, { "receivable": second }]);
        world.pay(&with(shares, 20_000)).await?;
        ensure!(figures(world, &first).await? == (24_000, 0) && figures(world, &second).await? == (36_000, 0));
        Ok(())
    }

    async fn a_debt_in_doubt_is_not_paid_again(world) {
        let (customer, [first, second]) = owing(world).await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let doubtful = world.pay(&sale_of(world, &customer, 30_000, &[&first])).await?;
        ensure!(doubtful.text("/state") == "unknown", "{}", doubtful.answer.text());
        // Neither by name nor by an amount that would reach it.
        for (amount, chosen) in [(30_000, &[first.as_str()][..]), (50_001, &[]), (80_000, &[])] {
            let refused = world.pay_with_key(&sale_of(world, &customer, amount, chosen), &fresh_key()).await?;
            ensure!(refused.status == 409 && refused.text("/code") == "in_doubt", "{}", refused.answer.text());
        }
        let paid = world.pay(&sale_of(world, &customer, 50_000, &[&second])).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        world.until_asked(&id(&doubtful)?, "succeeded").await?;
        ensure!(figures(world, &first).await? == (0, 0) && figures(world, &second).await? == (0, 0));
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
        let few = world.api.get(&format!("{path}?fields=state,amount")).await?.good()?;
        ensure!(few.json == json!({"state": "succeeded", "amount": 12_345}), "{}", few.answer.text());
        let few = world.api.get("/v1/payments?limit=1&fields=id").await?.good()?;
        ensure!(few.json["data"] == json!([{"id": paid.text("/id")}]) && few.json["has_more"] == false);
        let refused = world.api.get(&format!("{path}?fields=state,colour")).await?;
        ensure!(refused.status == 422 && refused.text("/errors/0/pointer") == "/fields/colour");
        Ok(())
    }
}
