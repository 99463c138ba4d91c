//! `cargo xtask smoke`'s scenario: a dealer pays as a browser without script would, an administrator takes back,
//! and the bank's book, the payments and the ledger must agree. Prints one line of JSON.
//!
//! Reads `VEZNE_URL`, `VEZNE_BANK_URL` and `VEZNE_DATABASE_URL`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use vezne_it::browser::{Browser, Form, Page};
use vezne_it::database::Auditor;
use vezne_it::http::Call;

const DEALER: (&str, &str) = ("bayi@mavileylek.example", "mavi-leylek-bayi");
const ADMINISTRATOR: (&str, &str) = ("yonetici@mavileylek.example", "mavi-leylek-yonetici");
const GOOD_CARD: &str = "4508034508034509";

/// Both ends of the scenario.
struct Smoke {
    host: String,
    bank: String,
    dealer: Browser,
    administrator: Browser,
}

#[tokio::main]
async fn main() -> Result<()> {
    let host = std::env::var("VEZNE_URL").context("VEZNE_URL")?;
    let bank = std::env::var("VEZNE_BANK_URL").context("VEZNE_BANK_URL")?;
    let database = std::env::var("VEZNE_DATABASE_URL").context("VEZNE_DATABASE_URL")?;
    let dealer = sign_in(&host, DEALER).await?;
    let administrator = sign_in(&host, ADMINISTRATOR).await?;
    let smoke = Smoke { host, bank, dealer, administrator };
    let counts = smoke.play(&Auditor::new(&database)).await?;
    println!("{counts}");
    Ok(())
}

async fn sign_in(host: &str, (email, password): (&str, &str)) -> Result<Browser> {
    let browser = Browser::reading("tr");
    let page = browser.get(&format!("{host}/sign-in")).await?;
    let form = page.form("/sign-in")?.set("email", email).set("password", password);
    let page = browser.submit(&form).await?;
    ensure!(page.status == 200 && !page.url.contains("/sign-in"), "{email} is not signed in: {}", page.head());
    Ok(browser)
}

impl Smoke {
    async fn play(&self, auditor: &Auditor) -> Result<Value> {
        let declining = self.card_that_declines().await?;
        let owed = self.owed().await?;
        let sold = self.pay("250,00", GOOD_CARD).await?;
        self.expect(&sold, "succeeded").await?;
        let declined = self.pay("120,00", &declining).await?;
        self.expect(&declined, "declined").await?;
        let voided = self.pay("90,00", GOOD_CARD).await?;
        self.expect(&voided, "succeeded").await?;
        self.take_back(&voided, None).await?;
        let read = self.ask(&format!("/v1/payments/{voided}")).await?;
        ensure!(read["voided"] == true, "not voided: {read}");
        let refunded = self.pay("200,00", GOOD_CARD).await?;
        self.expect(&refunded, "succeeded").await?;
        Call::new("POST", format!("{}/admin/day-end", self.bank)).send().await?;
        self.take_back(&refunded, Some("50,00")).await?;
        let counts = self.counts(auditor).await?;
        let closed = owed - self.owed().await?;
        ensure!(counts["kept_minor"] == closed, "the dealer paid, and its debt fell by {closed}: {counts}");
        Ok(counts)
    }

    /// What the dealer owes.
    async fn owed(&self) -> Result<i64> {
        let me = asked(&self.dealer, &self.host, "/v1/me").await?;
        let debtor = me["node"]["id"].as_str().context("whose the dealer's sign-in is")?;
        let debts = self.ask(&format!("/v1/receivables?limit=200&debtor={debtor}")).await?;
        let debts = debts["data"].as_array().context("debts")?;
        Ok(debts.iter().filter_map(|debt| debt["outstanding"].as_i64()).sum())
    }

    /// The test card that is authenticated and then refused.
    async fn card_that_declines(&self) -> Result<String> {
        let cards = json_of(&Call::new("GET", format!("{}/admin/cards", self.bank))).await?;
        let found = cards["cards"].as_array().into_iter().flatten();
        let found = found.clone().find(|c| c["group"] == "three_d" && c["bank_code"] == "51");
        let number = found.and_then(|c| c["number"].as_str()).context("the bank lists no such card")?;
        Ok(number.to_owned())
    }

    /// From the pay page through the bank's pages to the result; returns the payment's id.
    async fn pay(&self, amount: &str, card: &str) -> Result<String> {
        let newest = self.newest().await?;
        let typed = amount.replace(',', "%2C");
        let page = self.dealer.get(&format!("{}/pay?sent=1&amount={typed}", self.host)).await?;
        let form = page.forms().into_iter().find(|f: &Form| f.fields.iter().any(|(k, _)| k == "card_number"));
        let form = form.with_context(|| format!("no card form: {}", page.head()))?;
        let form = form
            .set("card_number", card)
            .set("card_holder", "DENEME KARTI")
            .set("expiry", "12 / 30")
            .set("security_code", "000");
        let page = self.dealer.submit(&form).await?;
        let page = self.dealer.settle(page).await?;
        let acs = page.form("/acs/").with_context(|| format!("{} is not the bank's page", page.url))?;
        let acs = acs.set("code", "123456").set("action", "confirm");
        let page = self.dealer.submit(&acs).await?;
        let page: Page = self.dealer.settle(page).await?;
        ensure!(page.status < 500, "{}: {}", page.url, page.head());
        let made = self.newest().await?;
        ensure!(made != newest, "no payment was made: {}", page.head());
        made.context("no payment")
    }

    async fn newest(&self) -> Result<Option<String>> {
        let list = self.ask("/v1/payments?limit=1").await?;
        Ok(list.pointer("/data/0/id").and_then(Value::as_str).map(str::to_owned))
    }

    /// Asks the API with the administrator's session.
    async fn ask(&self, path: &str) -> Result<Value> {
        asked(&self.administrator, &self.host, path).await
    }

    async fn expect(&self, payment: &str, state: &str) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let read = self.ask(&format!("/v1/payments/{payment}")).await?;
            if read["state"] == state {
                return Ok(());
            }
            if Instant::now() > end {
                bail!("{payment} is not {state}: {read}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Gives all or a part back by the portal's form.
    async fn take_back(&self, payment: &str, amount: Option<&str>) -> Result<()> {
        let page = self.administrator.get(&format!("{}/payments/{payment}/refund", self.host)).await?;
        let mut form = page.form(&format!("/payments/{payment}/refund"))?;
        if let Some(amount) = amount {
            form = form.set("amount", amount);
        }
        let page = self.administrator.submit(&form.set("reason", "other")).await?;
        ensure!(page.status == 200 && !page.url.ends_with("/refund"), "not taken back: {}", page.head());
        Ok(())
    }

    /// The bank's book beside our payments, both ways, and the ledger's sum.
    async fn counts(&self, auditor: &Auditor) -> Result<Value> {
        let book = json_of(&Call::new("GET", format!("{}/admin/book", self.bank))).await?;
        let orders = book["orders"].as_array().cloned().unwrap_or_default();
        let list = self.ask("/v1/payments?limit=200").await?;
        let payments = list["data"].as_array().cloned().unwrap_or_default();
        let mut equal = true;
        let mut kept = 0;
        for payment in &payments {
            let order = orders.iter().find(|o| o["order"] == payment["order_no"]);
            let theirs = order.and_then(|o| o["net"].as_i64()).unwrap_or(0);
            // A void takes back the sale itself: nothing is refunded, and nothing is kept.
            let taken = payment["state"] == "succeeded" && payment["voided"] != true;
            let charged = if taken { payment["charged"].as_i64().unwrap_or(0) } else { 0 };
            let ours = charged - if charged > 0 { payment["amount_refunded"].as_i64().unwrap_or(0) } else { 0 };
            if ours != theirs {
                eprintln!("{}: ours {ours}, the bank's {theirs}: {payment}", payment["order_no"]);
                equal = false;
            }
            kept += ours;
        }
        let known = |order: &Value| payments.iter().any(|p| p["order_no"] == order["order"]);
        for order in orders.iter().filter(|o| !known(o)) {
            eprintln!("the bank knows {} and we do not", order["order"]);
            equal = false;
        }
        let single = orders.iter().all(|o| o["approvals"].as_i64().unwrap_or(0) <= 1);
        let count = |state: &str| payments.iter().filter(|p| p["state"] == state).count();
        let broken = "select posting_id from entry group by posting_id, currency having sum(minor) <> 0";
        ensure!(auditor.column(broken).await?.is_empty(), "a posting does not balance");
        Ok(json!({
            "payments": payments.len(),
            "succeeded": count("succeeded"),
            "declined": count("declined"),
            "voided": payments.iter().filter(|p| p["voided"] == true).count(),
            "kept_minor": kept,
            "bank_orders": orders.len(),
            "bank_book_equal": equal && single,
            "ledger_sum": auditor.number("select coalesce(sum(minor), 0) from entry").await?,
        }))
    }
}

async fn asked(browser: &Browser, host: &str, path: &str) -> Result<Value> {
    let page = browser.get(&format!("{host}{path}")).await?;
    ensure!(page.status == 200, "{path}: {} {}", page.status, page.head());
    serde_json::from_str(&page.html).with_context(|| format!("{path} is no JSON"))
}

async fn json_of(call: &Call) -> Result<Value> {
    let answer = call.send().await?;
    ensure!(answer.status == 200, "{}: {}", call.url, answer.status);
    Ok(serde_json::from_slice(&answer.body)?)
}
