//! The bank's own book, through the API: what was done stands in it and agrees with ours; what only the bank has, or only
//! we, is told; and a bank that cannot be heard has no empty book.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use vezne_it::family::Family;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Reply, World};
use vezne_sandbox::{Entry, Fault, FaultKind as K, Kind, Op};

use super::Failures;
use super::operation::PART;
use super::till::{Sold, Till};

/// What a manifest promises, and what is asked for with it.
const ORDER: &str = "order-history";
const DAY: &str = "day-history";

/// What the bank's staff sold by itself, minor units; and its number.
const THEIRS: (i64, &str) = (77_700, "BANKSOWN1");

/// Faults of an answer to such a question, and the word for each.
const FAULTS: [(K, &str); 6] = [
    (K::SilenceBefore, "bank_unreachable"),
    (K::SilenceAfter, "bank_unreachable"),
    (K::InquiryDown, "bank_unreachable"),
    (K::Html, "bank_unclear"),
    (K::Garbage, "bank_unclear"),
    (K::Truncated, "bank_unreachable"),
];

/// The family that signs its answers, too.
const SIGNED: &str = "garanti";

/// What such a question may be to the bank.
const QUESTIONS: [Op; 3] = [Op::Status, Op::History, Op::Report];

/// Plays what a family declares of the bank's book, and asks for what it does not.
pub async fn play(world: &World, family: &Family) -> Result<()> {
    let till = Till::of_none(world, family).await?;
    let declared = family.capabilities()?;
    let has = |capability: &str| declared.contains(capability);
    let asker = Asker { till: &till, account: till.account("none")? };
    if !has(ORDER) && !has(DAY) {
        let sold = till.sold("none").await?;
        refused(&asker.of_order(&sold).await?)?;
        return refused(&asker.of_day(&asker.today()?).await?);
    }
    // No midnight falls into the story.
    world.advance(until_noon(&now(world)?)?);
    let first = asker.today()?;
    let [kept, voided, refunded] = [till.sold("none").await?, till.sold("none").await?, till.sold("none").await?];
    let back = world.refund(&voided.payment, &json!({ "mode": "void" })).await?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());
    world.advance(Duration::from_hours(24));
    world.bank.bank.day_end();
    let second = asker.today()?;
    let back = world.refund(&refunded.payment, &json!({ "mode": "refund", "amount": PART })).await?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
    let refund = back.text("/id").to_owned();
    let mut failures = Failures::default();
    let scene = Scene { asker, first, second, kept, voided, refunded, refund };
    if has(ORDER) {
        failures.note("orders agree", scene.orders_agree().await);
    } else {
        failures.note("orders are refused", refused(&scene.asker.of_order(&scene.kept).await?));
    }
    if has(DAY) {
        failures.note("days agree", scene.days_agree().await);
    } else {
        failures.note("days are refused", refused(&scene.asker.of_day(&scene.first).await?));
    }
    let signed = (family.name == SIGNED).then_some((K::WrongHash, "bank_unclear"));
    for (kind, code) in FAULTS.into_iter().chain(signed) {
        let what = format!("{kind:?}");
        if has(ORDER) {
            failures.note(&what, scene.unheard(kind, code, ORDER).await);
        }
        if has(DAY) {
            failures.note(&what, scene.unheard(kind, code, DAY).await);
        }
    }
    // From here on the bank's book is not ours, on purpose.
    world.may_differ();
    failures.note("what the bank has by itself", scene.strange(has(ORDER), has(DAY)).await);
    failures.note("what the bank has lost", scene.missing(has(ORDER), has(DAY)).await);
    failures.done()
}

/// Who asks for the bank's book at one account.
struct Asker<'a> {
    till: &'a Till<'a>,
    account: String,
}

impl Asker<'_> {
    async fn of_order(&self, sold: &Sold) -> Result<Reply> {
        self.till.world.api.get(&format!("/v1/payments/{}/bank_transactions", sold.payment)).await
    }

    async fn of_day(&self, day: &str) -> Result<Reply> {
        self.till.world.api.get(&format!("/v1/pos_accounts/{}/bank_transactions?day={day}", self.account)).await
    }

    /// The calendar day at the bank.
    fn today(&self) -> Result<String> {
        Ok(now(self.till.world)?.date().to_string())
    }
}

fn now(world: &World) -> Result<jiff::Zoned> {
    let now = Timestamp::from_millisecond(world.clock.now_ms())?;
    Ok(now.to_zoned(TimeZone::get("Europe/Istanbul")?))
}

fn until_noon(now: &jiff::Zoned) -> Result<Duration> {
    let day = if now.hour() < 12 { now.date() } else { now.date().tomorrow()? };
    let noon = day.at(12, 0, 0, 0).to_zoned(now.time_zone().clone())?;
    Ok(Duration::try_from(now.duration_until(&noon))?)
}

/// A connector that does not declare it is not asked, and says so with a sentence.
fn refused(reply: &Reply) -> Result<()> {
    let told = (reply.status, reply.text("/code"));
    ensure!(told == (409, "capability_missing"), "{}: {}", reply.status, reply.answer.text());
    ensure!(!reply.text("/detail").is_empty() && reply.json.get("lines").is_none(), "{}", reply.answer.text());
    Ok(())
}

fn lines(book: &Reply) -> Result<&Vec<Value>> {
    book.json["lines"].as_array().with_context(|| format!("no list: {}", book.answer.text()))
}

fn agrees(book: &Reply) -> Result<()> {
    let all = lines(book)?.iter().all(|line| line["agreement"] == "matched");
    ensure!(all && book.json["agrees"] == true, "it does not agree: {}", book.answer.text());
    ensure!(book.json["missing"].as_array().is_some_and(Vec::is_empty), "{}", book.answer.text());
    Ok(())
}

/// The line that is this of our book.
fn matched<'b>(book: &'b Reply, payment: &str, operation: &str) -> Result<&'b Value> {
    let of = |line: &&Value| line["matched"]["payment"] == payment && line["matched"]["operation"] == operation;
    let mut found = lines(book)?.iter().filter(of);
    let line = found.next().with_context(|| format!("no {operation} of {payment}: {}", book.answer.text()))?;
    ensure!(found.next().is_none(), "{operation} of {payment} is there twice: {}", book.answer.text());
    Ok(line)
}

/// Three payments of one day, of which one was voided, and a part of one given back on the next.
struct Scene<'a> {
    asker: Asker<'a>,
    first: String,
    second: String,
    kept: Sold,
    voided: Sold,
    refunded: Sold,
    refund: String,
}

impl Scene<'_> {
    fn world(&self) -> &World {
        self.asker.till.world
    }

    fn lists_changes(&self) -> bool {
        self.asker.till.family.lists_changes
    }

    async fn orders_agree(&self) -> Result<()> {
        let lists_changes = self.lists_changes();
        for sold in [&self.kept, &self.voided].into_iter().chain(lists_changes.then_some(&self.refunded)) {
            let book = self.asker.of_order(sold).await?.good()?;
            agrees(&book).with_context(|| sold.order.clone())?;
            let sale = matched(&book, &sold.payment, "sale")?;
            ensure!(sale["order_no"] == sold.order.as_str() && sale["amount"] == AMOUNT, "{sale}");
            ensure!(sale["matched"]["id"].as_str().is_some_and(|id| id.starts_with("att_")), "{sale}");
        }
        let book = self.asker.of_order(&self.refunded).await?;
        if lists_changes { self.has_refund(&book.good()?) } else { refused(&book) }
    }

    async fn days_agree(&self) -> Result<()> {
        let book = self.asker.of_day(&self.first).await?.good()?;
        ensure!(book.text("/day") == self.first);
        agrees(&book)?;
        for sold in [&self.kept, &self.voided, &self.refunded] {
            let sale = matched(&book, &sold.payment, "sale")?;
            ensure!(sale["order_no"] == sold.order.as_str() && sale["amount"] == AMOUNT, "{sale}");
        }
        let book = self.asker.of_day(&self.second).await?.good()?;
        agrees(&book)?;
        self.has_refund(&book)?;
        ensure!(lines(&book)?.len() == 1, "{}", book.answer.text());
        let empty = self.asker.of_day("2025-01-02").await?.good()?;
        agrees(&empty)?;
        ensure!(lines(&empty)?.is_empty(), "{}", empty.answer.text());
        for (day, code) in [("22.11.2026", "day_malformed"), ("2999-01-01", "day_to_come")] {
            let refused = self.asker.of_day(day).await?;
            ensure!((refused.status, refused.text("/code")) == (400, code), "{}", refused.answer.text());
        }
        Ok(())
    }

    fn has_refund(&self, book: &Reply) -> Result<()> {
        let refund = matched(book, &self.refunded.payment, "refund")?;
        ensure!(refund["matched"]["id"] == self.refund.as_str() && refund["amount"] == PART, "{refund}");
        Ok(())
    }

    /// A bank that is silent or cannot be read has no list; least of all an empty one.
    async fn unheard(&self, kind: K, code: &str, what: &str) -> Result<()> {
        let bank = &self.world().bank.bank;
        let questions = || bank.requests().iter().filter(|seen| QUESTIONS.contains(&seen.op)).count();
        for on in QUESTIONS {
            bank.fault(Fault::always(kind).on(on));
        }
        let asked = questions();
        let told = match what {
            ORDER => self.asker.of_order(&self.kept).await,
            _ => self.asker.of_day(&self.first).await,
        };
        bank.clear_faults();
        let told = told?;
        ensure!(questions() > asked, "{what}: the bank was not asked");
        ensure!((told.status, told.text("/code")) == (502, code), "{what}: {}", told.answer.text());
        let silent = told.text("/detail").is_empty() || told.text("/errors/0/detail").is_empty();
        ensure!(!silent && told.json.get("lines").is_none(), "{what}: {}", told.answer.text());
        Ok(())
    }

    /// The bank's staff sell, refund and void by themselves.
    async fn strange(&self, orders: bool, days: bool) -> Result<()> {
        let bank = &self.world().bank.bank;
        let charge = |sold: &Sold| -> Result<Entry> {
            let entries = self.world().order(&sold.order)?.entries;
            entries.into_iter().find(|entry| entry.kind == Kind::Auth && entry.approved).context("no charge")
        };
        let (sold, kept) = (charge(&self.refunded)?, charge(&self.kept)?);
        let at_ms = bank.clock().now_ms();
        let own = |entry: &Entry, kind, number: &str| {
            let (trans_id, host_ref) = (format!("{}{number}", &entry.trans_id), format!("9{}", &entry.host_ref));
            Entry { kind, trans_id, host_ref, at_ms, undoes: None, ..entry.clone() }
        };
        let (amount, order) = THEIRS;
        bank.write(Entry { amount, order: order.to_owned(), ..own(&kept, Kind::Auth, "1") });
        bank.write(Entry { amount: 700, ..own(&sold, Kind::Credit, "2") });
        bank.write(Entry { undoes: Some(kept.seq), ..own(&kept, Kind::Void, "3") });
        if orders {
            self.own_refund_is_told().await?;
            let book = self.asker.of_order(&self.kept).await?.good()?;
            ensure!(book.json["agrees"] == false && self.void_is_told(&book)?, "{}", book.answer.text());
        }
        if days {
            let book = self.asker.of_day(&self.second).await?.good()?;
            ensure!(book.json["agrees"] == false, "{}", book.answer.text());
            let line = lines(&book)?.iter().find(|line| line["order_no"] == order).context("the bank's own sale")?;
            ensure!(line["agreement"] == "unknown_to_us" && line["amount"] == amount, "{line}");
            ensure!(line.get("payment").is_none(), "{line}");
            let refund = lines(&book)?.iter().find(|line| line["amount"] == 700).context("the bank's own refund")?;
            ensure!(refund["agreement"] == "unknown_to_us", "{refund}");
            let first = self.asker.of_day(&self.first).await?.good()?;
            ensure!(self.void_is_told(&first)? || self.void_is_told(&book)?, "{}", first.answer.text());
        }
        Ok(())
    }

    async fn own_refund_is_told(&self) -> Result<()> {
        let book = self.asker.of_order(&self.refunded).await?;
        if !self.lists_changes() {
            return refused(&book);
        }
        let book = book.good()?;
        ensure!(book.json["agrees"] == false, "{}", book.answer.text());
        self.has_refund(&book)?;
        let line = lines(&book)?.iter().find(|line| line["amount"] == 700).context("the bank's own refund")?;
        ensure!(line["agreement"] == "unknown_to_us" && line.get("matched").is_none(), "{line}");
        ensure!(line["payment"] == self.refunded.payment.as_str(), "{line}");
        Ok(())
    }

    /// The charge differs, or the void stands in a line that we do not know.
    fn void_is_told(&self, book: &Reply) -> Result<bool> {
        let differs = |line: &Value| {
            line["matched"]["payment"] == self.kept.payment.as_str()
                && line["agreement"] == "differs"
                && line["differences"] == json!(["standing"])
        };
        let alone = |line: &Value| line["operation"] == "void" && line["agreement"] == "unknown_to_us";
        Ok(lines(book)?.iter().any(|line| differs(line) || alone(line)))
    }

    /// A bank that has lost its book: what stands in ours is missing there, and what was undone is not.
    async fn missing(&self, orders: bool, days: bool) -> Result<()> {
        self.world().bank.bank.lose_book();
        let missing = |book: &Reply| -> Result<Vec<String>> {
            ensure!(lines(book)?.is_empty() && book.json["agrees"] == false, "{}", book.answer.text());
            let all = book.json["missing"].as_array().context("no list of what is missing")?;
            let word = |one: &Value| format!("{} {}", one["operation"], one["payment"]).replace('"', "");
            let mut all: Vec<String> = all.iter().map(word).collect();
            all.sort();
            Ok(all)
        };
        let (kept, refunded) = (format!("sale {}", self.kept.payment), format!("sale {}", self.refunded.payment));
        let refund = format!("refund {}", self.refunded.payment);
        let sorted = |mut all: Vec<String>| {
            all.sort();
            all
        };
        if orders {
            let found = missing(&self.asker.of_order(&self.refunded).await?.good()?)?;
            ensure!(found == sorted(vec![refunded.clone(), refund.clone()]), "{found:?}");
        }
        if days {
            let found = missing(&self.asker.of_day(&self.first).await?.good()?)?;
            ensure!(found == sorted(vec![kept, refunded]), "{found:?}");
            let found = missing(&self.asker.of_day(&self.second).await?.good()?)?;
            ensure!(found == [refund], "{found:?}");
        }
        Ok(())
    }
}

/// Only who sees POS accounts asks a bank, and nobody asks about another's payment.
pub async fn strangers_are_refused(world: &World) -> Result<()> {
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    let sold = Sold::of(&paid)?;
    let path = format!("/v1/payments/{}/bank_transactions", sold.payment);
    let book = world.api.get(&path).await?.good()?;
    agrees(&book)?;
    // A bank is asked as seldom as it is written to.
    let counted = book.answer.header("ratelimit").unwrap_or_default();
    ensure!(counted.starts_with("\"write\""), "counted as {counted}");
    let requests = world.bank.bank.requests().len();
    for (path, status) in [
        ("/v1/payments/pay_01KB7XA2000000000000000000/bank_transactions".to_owned(), 404),
        ("/v1/payments/nonsense/bank_transactions".to_owned(), 404),
        ("/v1/pos_accounts/pos_01KB7XA2000000000000000000/bank_transactions?day=2026-01-01".to_owned(), 404),
        (format!("/v1/pos_accounts/{}/bank_transactions", world.pos), 400),
    ] {
        let told = world.api.get(&path).await?;
        ensure!(told.status == status, "{path}: {} {}", told.status, told.answer.text());
    }
    ensure!(world.bank.bank.requests().len() == requests, "the bank was asked");
    Ok(())
}
