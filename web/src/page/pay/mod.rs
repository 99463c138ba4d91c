//! The pay page: tick what is paid or type an amount, enter the card, choose instalments.
//!
//! Two forms stand side by side. The left one (`GET /pay`) says what is paid; without script its button renders the
//! page again with the new amount and, from the first digits of the card, the instalments. The right one
//! (`POST /pay`, a route of the host) carries the card; card fields go nowhere else. Where the bank's own page takes the
//! card, that form has no card fields at all.

mod points;
mod view;

use axum::{
    body::Body,
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;
use jiff::civil::Date;
use leptos::prelude::*;
use vezne_api::{
    CardAt, Checkout, Customer, Dealer, InstalmentMatrix, InstalmentQuote, InstalmentQuoteCreate, Me, Page, Party,
    PartyKind, Permission, Receivable, ReceivableState,
};

use crate::{
    api::{Fault, path},
    format,
    shell::{self, Nav, WindowFrame},
    visit::{Sent, Visit},
};

/// Names of the fields that `POST /pay` receives: the seam between this page and the host's route.
pub mod field {
    /// Minor units.
    pub const AMOUNT: &str = "amount";
    /// ISO 4217 letters.
    pub const CURRENCY: &str = "currency";
    /// `rcv_…`, several times; none means oldest first.
    pub const RECEIVABLE: &str = "receivable";
    /// `dlr_…` or `cus_…`; empty where nobody is named.
    pub const DEBTOR: &str = "debtor";
    /// 13 to 19 digits, blanks allowed.
    pub const CARD_NUMBER: &str = "card_number";
    /// Name on the card.
    pub const CARD_HOLDER: &str = "card_holder";
    /// `MM / YY`, `MM/YY`, `MMYY`, `MM / YYYY`.
    pub const EXPIRY: &str = "expiry";
    /// Three or four digits.
    pub const SECURITY_CODE: &str = "security_code";
    /// What points of the card shall pay, as people write amounts; empty where they shall not.
    pub const POINTS: &str = "points";
    /// What the bank said that the card's points are worth, minor units.
    pub const POINTS_AVAILABLE: &str = "points_available";
    /// `opt_…` of a quote; empty for a single payment.
    pub const INSTALMENT_OPTION: &str = "instalment_option";
    /// [`MAIL_ORDER`] where somebody types the card for its holder.
    pub const CHANNEL: &str = "channel";
    /// The only value of [`CHANNEL`].
    pub const MAIL_ORDER: &str = "mail_order";
    /// One per rendered form.
    pub const IDEMPOTENCY_KEY: &str = "idempotency_key";
    /// In the address `/pay?…` that a refused form is sent back to: `field:code`, several times. The other values
    /// come along, except those of the card.
    pub const ERROR: &str = "error";
}

/// Days ahead within which a due day is counted down.
const SOON_DAYS: i32 = 7;

/// Everything the page shows.
struct Model {
    me: Me,
    debtor: Option<Party>,
    owed: Vec<Owed>,
    amount: i64,
    amount_typed: String,
    bin: String,
    /// Whose page takes the card.
    card_at: CardAt,
    /// Where points of the card can be asked for and used.
    points: Option<points::Points>,
    /// Whether the visitor may type a card for its holder, and means to.
    mail_order: Option<bool>,
    quote: Option<InstalmentQuote>,
    matrix: Option<InstalmentMatrix>,
    errors: Vec<(String, String)>,
}

/// A receivable that may be ticked.
struct Owed {
    row: Receivable,
    ticked: bool,
    /// Days until it is due; below zero is late.
    days: i32,
}

/// `GET /pay`
pub async fn show(visit: Visit) -> Result<Response, Fault> {
    let me = visit.sign_in_needed().await?.clone();
    let debtor_id = match visit.query("debtor") {
        "" if me.path.len() > 1 => me.node.id.clone(),
        id => id.to_owned(),
    };
    let wants_choice = debtor_id.is_empty() && visit.query("open").is_empty();
    if wants_choice {
        return choose(&visit).await;
    }
    let model = load(&visit, me, &debtor_id).await?;
    let t = visit.t();
    let status = if model.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = format!("{} · {}", t.s("pay-title"), model.me.firm);
    let frame = WindowFrame {
        title: &title,
        firm: &model.me.firm,
        skip_to: "card",
        slim: false,
        test: !model.me.livemode,
        poll: None,
        signed_in: true,
    };
    Ok(shell::window_page(&visit, status, &frame, view::page(&visit, &model)))
}

async fn load(visit: &Visit, me: Me, debtor_id: &str) -> Result<Model, Fault> {
    let owed = if debtor_id.is_empty() { Vec::new() } else { open_receivables(visit, debtor_id).await? };
    let debtor = match owed.first() {
        Some(first) => Some(first.debtor.clone()),
        None if debtor_id == me.node.id => {
            Some(Party { kind: PartyKind::Node, id: me.node.id.clone(), name: me.node.name.clone() })
        }
        None => None,
    };
    let owed = tick(visit, owed);
    let (amount, amount_typed, amount_error) = amount_of(visit, &owed);
    let bin: String = visit.query("bin").chars().filter(char::is_ascii_digit).take(8).collect();
    let mut errors: Vec<(String, String)> = visit
        .query_all(field::ERROR)
        .iter()
        .filter_map(|e| e.split_once(':'))
        .map(|(f, c)| (f.to_owned(), c.to_owned()))
        .collect();
    errors.extend(amount_error.map(|code| (field::AMOUNT.to_owned(), code.to_owned())));
    let mail_order = visit.may(Permission::PaymentMailOrder).then(|| visit.query(field::CHANNEL) == field::MAIL_ORDER);
    let (mut quote, mut matrix, mut card_at, mut debtor) = (None, None, CardAt::Here, debtor);
    // The first digits of a card are asked for only where we take it, so whoever sends them knows that much.
    if amount > 0 && bin.len() >= 6 {
        quote = self::quote(visit, &bin, amount, debtor_id).await.ok();
    }
    let known = checkout(visit, amount, debtor_id, mail_order == Some(true)).await?;
    debtor = debtor.or(known.payer);
    let points = (known.points && known.card_at == CardAt::Here).then(|| points::Points::of(visit));
    if quote.is_none() {
        (card_at, matrix) = (known.card_at, known.matrix);
    }
    Ok(Model { me, debtor, owed, amount, amount_typed, bin, card_at, points, mail_order, quote, matrix, errors })
}

async fn open_receivables(visit: &Visit, debtor: &str) -> Result<Vec<Receivable>, Fault> {
    let asked = path("/v1/receivables", &[("debtor", debtor), ("open", "true"), ("limit", "100")]);
    let mut page: Page<Receivable> = visit.get(&asked).await?;
    page.data.retain(|r| r.state != ReceivableState::Paid && r.currency == "TRY");
    page.data.sort_by(|a, b| a.due_on.cmp(&b.due_on));
    Ok(page.data)
}

/// Who pays, whose page takes the card, what every programme offers: one call.
async fn checkout(visit: &Visit, amount: i64, payer: &str, mail_order: bool) -> Result<Checkout, Fault> {
    let amount = if amount > 0 { amount.to_string() } else { String::new() };
    let channel = if mail_order { field::MAIL_ORDER } else { "" };
    let asked = [("amount", amount.as_str()), ("currency", "TRY"), ("payer", payer), (field::CHANNEL, channel)];
    let asked: Vec<_> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    visit.get(&path("/v1/checkout", &asked)).await
}

/// Ticks what the visitor ticked; on a first visit what is late, or else what is due first.
fn tick(visit: &Visit, rows: Vec<Receivable>) -> Vec<Owed> {
    let today = format::today(visit.now(), &visit.zone());
    let chosen = visit.query_all(field::RECEIVABLE);
    let first_visit = visit.query("sent").is_empty() && chosen.is_empty() && visit.query(field::AMOUNT).is_empty();
    let any_late = rows.iter().any(|r| r.overdue && r.in_doubt == 0);
    let first_free = rows.iter().find(|r| r.in_doubt == 0).map(|r| r.id.clone());
    rows.into_iter()
        .map(|row| {
            let days =
                row.due_on.parse::<Date>().ok().and_then(|due| today.until(due).ok()).map_or(0, |span| span.get_days());
            let free = row.in_doubt == 0;
            let ticked = if first_visit {
                free && if any_late { row.overdue } else { first_free.as_ref() == Some(&row.id) }
            } else {
                free && chosen.contains(&row.id)
            };
            Owed { row, ticked, days }
        })
        .collect()
}

/// What is paid: the typed amount, or the sum of the ticks where the amount was left as it had been.
fn amount_of(visit: &Visit, owed: &[Owed]) -> (i64, String, Option<&'static str>) {
    let sum: i64 = owed.iter().filter(|o| o.ticked).map(|o| o.row.outstanding).sum();
    let typed = visit.query(field::AMOUNT);
    let untouched = typed.is_empty() || (typed == visit.query("was") && sum > 0);
    if untouched {
        let shown = if sum > 0 { format::amount_input(sum) } else { String::new() };
        return (sum, shown, None);
    }
    match format::parse_amount(typed) {
        Some(minor) => (minor, format::amount_input(minor), None),
        None => (0, typed.to_owned(), Some("amount")),
    }
}

async fn quote(visit: &Visit, bin: &str, amount: i64, payer: &str) -> Result<InstalmentQuote, Fault> {
    let payer = Some(payer.to_owned()).filter(|payer| !payer.is_empty());
    let asked =
        InstalmentQuoteCreate { bin: Some(bin.to_owned()), amount, currency: "TRY".to_owned(), node: None, payer };
    visit.post("/v1/instalment_quotes", None, &asked).await
}

/// `POST /pay/options`: card and instalments as pieces of the page, for the script. Takes the first digits only.
pub async fn options(visit: Visit, body: Body) -> Result<Response, Fault> {
    let sent = Sent::read(body).await?;
    let bin = sent.get("bin");
    let amount = format::parse_amount(sent.get("amount")).unwrap_or_default();
    let known = (6..=8).contains(&bin.len()) && bin.bytes().all(|b| b.is_ascii_digit());
    let quote =
        if known && amount > 0 { Some(quote(&visit, bin, amount, sent.get(field::DEBTOR)).await?) } else { None };
    let words = view::words(visit.t(), amount).into_any();
    let pieces = view! {
        <div data-part="known">{view::known_card(visit.t(), quote.as_ref().and_then(|q| q.bin.as_ref()), bin)}</div>
        <div data-part="plan">{view::plan(visit.t(), amount, quote.as_ref())}</div>
        <div data-part="words">{words}</div>
    };
    Ok(Html(shell::render(pieces.into_any())).into_response())
}

/// Whose debt is paid, where that does not follow from who is signed in.
async fn choose(visit: &Visit) -> Result<Response, Fault> {
    let q = visit.query("q");
    let customers: Page<Customer> = if visit.may(Permission::CustomerRead) {
        visit.get(&path("/v1/customers", &[("q", q), ("limit", "50")])).await?
    } else {
        Page::whole(Vec::new())
    };
    let dealers: Page<Dealer> = visit.get(&path("/v1/dealers", &[("q", q), ("limit", "50")])).await?;
    let me = visit.sign_in_needed().await?;
    let rows: Vec<Party> = dealers
        .data
        .into_iter()
        .filter(|d| d.id != me.node.id)
        .map(|d| Party { kind: PartyKind::Node, id: d.id, name: d.name })
        .chain(customers.data.into_iter().map(|c| Party { kind: PartyKind::Customer, id: c.id, name: c.name }))
        .collect();
    Ok(shell::page(visit, Nav::Pay, &visit.t().s("nav-pay"), view::chooser(visit, q, rows)))
}
