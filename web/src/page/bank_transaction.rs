//! What a bank's own book says, beside ours: of one payment, and of a day at a POS account.

use axum::{extract::Path, http::StatusCode, response::Response};
use leptos::prelude::*;
use vezne_api::{
    BankAgreement, BankDifference, BankMatch, BankStanding, BankTransaction, BankTransactions, OperationKind,
    OurStanding, PosAccount,
};

use crate::{
    api::{Fault, path, segment},
    format,
    part::{
        field::field,
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, note, page_head, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// `GET /payments/{id}/bank`
pub async fn of_payment(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let told = told(visit.get(&format!("/v1/payments/{}/bank_transactions", segment(&id))).await)?;
    let back =
        view! { <a class="btn" href=format!("/payments/{}", segment(&id))>{icon(icon::CARD)}{t.s("payment")}</a> };
    let main = view! {
        {crumb("/payments", t.s("nav-payments"), super::payment::short_id(&id))}
        {page_head(t.s("bank-book"), Some(t.s("bank-book-what")), back)}
        <div class="stack">{body(&visit, &told, t.s("bank-book-empty"))}</div>
    };
    Ok(shell::page_with_status(&visit, status(&told), Nav::Payments, &t.s("bank-book"), main.into_any()))
}

/// `GET /pos/{id}/bank?day=`; today where no day is named.
pub async fn of_day(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let account: PosAccount = visit.get(&format!("/v1/pos_accounts/{}", segment(&id))).await?;
    let today = format::today(visit.now(), &visit.zone()).to_string();
    let day = Some(visit.query("day")).filter(|day| !day.is_empty()).unwrap_or(&today);
    let asked = path(&format!("/v1/pos_accounts/{}/bank_transactions", segment(&id)), &[("day", day)]);
    let told = told(visit.get(&asked).await)?;
    let main = view! {
        {crumb("/pos", t.s("nav-pos"), account.name.clone())}
        {page_head(t.s("bank-day"), Some(account.name.clone()), ())}
        <div class="stack"><section class="card" aria-label=t.s("bank-day")><div class="body">{day_form(t, &account.id, day)}</div></section>
            {body(&visit, &told, t.s("bank-day-empty"))}</div>
    };
    Ok(shell::page_with_status(&visit, status(&told), Nav::Pos, &t.s("bank-day"), main.into_any()))
}

/// Asks for the bank's list of a day.
pub fn day_form(t: Locale, account: &str, day: &str) -> AnyView {
    view! {
        <form class="stack" action=format!("/pos/{account}/bank")>
            <div class="two-dates">{field("day", t.s("bank-day-field")).kind("date").value(day).required().view()}</div>
            <div class="row"><button class="btn">{icon(icon::BANK)}{t.s("bank-day-ask")}</button></div></form>
    }
    .into_any()
}

/// A bank that cannot be heard, and one that has no such list, leave the page and its form standing.
fn told(answer: Result<BankTransactions, Fault>) -> Result<Result<BankTransactions, Fault>, Fault> {
    match answer {
        Err(fault) if !matches!(fault.status, 400 | 409 | 502 | 503) => Err(fault),
        told => Ok(told),
    }
}

fn status(told: &Result<BankTransactions, Fault>) -> StatusCode {
    match told {
        Ok(_) => StatusCode::OK,
        Err(fault) => StatusCode::from_u16(fault.status).unwrap_or(StatusCode::BAD_GATEWAY),
    }
}

fn body(visit: &Visit, told: &Result<BankTransactions, Fault>, nothing: String) -> AnyView {
    let t = visit.t();
    let book = match told {
        Ok(book) => book,
        Err(fault) => {
            let said = fault.errors.iter().map(|error| error.detail.as_str());
            let words: Vec<&str> = fault.detail.as_deref().into_iter().chain(said).collect();
            return note(Tone::No, t.s("bank-book-none"), words.join(" "), None);
        }
    };
    if book.lines.is_empty() && book.missing.is_empty() {
        return view! { <section class="card" aria-label=t.s("bank-lines")>{empty_first(icon::BANK, nothing, t.s("bank-empty-what"), None)}</section> }
            .into_any();
    }
    let asked = t.f("bank-asked-at", [("time", visit.time(&book.asked_at).into())]);
    let verdict = if book.agrees {
        note(Tone::Ok, t.s("bank-agrees"), asked, None)
    } else {
        note(Tone::Doubt, t.s("bank-differs"), asked, None)
    };
    view! { {verdict}{lines(visit, &book.lines)}{missing(visit, &book.missing)} }.into_any()
}

fn lines(visit: &Visit, lines: &[BankTransaction]) -> Option<AnyView> {
    let t = visit.t();
    let cols = vec![
        col(t.s("bank-operation")),
        col(t.s("amount")).class("n"),
        col(t.s("bank-standing")),
        col(t.s("bank-order-no")),
        col(t.s("bank-agreement")),
    ];
    let rows = lines.iter().map(|line| row(visit, line)).collect();
    let shown = || card("bank-lines", t.s("bank-lines"), None, table(&t.s("bank-lines"), false, cols, rows));
    (!lines.is_empty()).then(shown)
}

fn row(visit: &Visit, line: &BankTransaction) -> Vec<Cell> {
    let t = visit.t();
    let operation = line.operation.map_or_else(|| t.s("bank-operation-any"), |operation| operation_words(t, operation));
    let at = line.at.as_deref().map(|at| view! { <small>{visit.date_time(at)}</small> }.into_any());
    let sum = line.amount.map(|amount| format::money(amount, line.currency.as_deref().unwrap_or_default()));
    let numbers = [line.bank_reference.as_deref(), line.auth_code.as_deref(), line.bank_code.as_deref()];
    let numbers = numbers.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    vec![
        head(view! { {operation}{at} }),
        cell(sum.unwrap_or_default()).class("n amt"),
        cell(standing_words(t, line.standing)).class("small").label(t.s("bank-standing")),
        cell(view! { <span class="mono">{line.order_no.clone().unwrap_or_default()}</span><small>{numbers}</small> })
            .class("all"),
        cell(agreement(t, line)).class("all"),
    ]
}

/// Whether it is in our book, what differs, and whose payment it is.
fn agreement(t: Locale, line: &BankTransaction) -> AnyView {
    let (tone, word) = match line.agreement {
        BankAgreement::Matched => (Tone::Ok, t.s("bank-matched")),
        BankAgreement::Differs => (Tone::Doubt, t.s("bank-differs-word")),
        BankAgreement::UnknownToUs => (Tone::No, t.s("bank-unknown-to-us")),
    };
    let ours = line.matched.as_ref();
    let differs = line.differences.iter().filter_map(|difference| Some(difference_words(t, *difference, ours?)));
    let differs = differs.collect::<Vec<_>>().join(" ");
    let payment = line.payment.as_ref().map(|id| {
        view! { <small><a href=format!("/payments/{id}")>{super::payment::short_id(id)}</a></small> }.into_any()
    });
    view! { {pill(tone, word)}<small>{differs}</small>{payment} }.into_any()
}

fn difference_words(t: Locale, difference: BankDifference, ours: &BankMatch) -> String {
    let ours = match difference {
        BankDifference::Amount | BankDifference::Currency => format::money(ours.amount, &ours.currency),
        BankDifference::Standing => our_words(t, ours.standing),
    };
    t.f("bank-ours", [("ours", ours.into())])
}

fn missing(visit: &Visit, missing: &[BankMatch]) -> Option<AnyView> {
    let t = visit.t();
    let cols =
        vec![col(t.s("bank-operation")), col(t.s("amount")).class("n"), col(t.s("bank-order-no")), col(t.s("payment"))];
    let row = |ours: &BankMatch| {
        let at = view! { <small>{visit.date_time(&ours.at)}</small> };
        let link = format!("/payments/{}", ours.payment);
        vec![
            head(view! { {operation_words(t, ours.operation)}{at} }),
            cell(format::money(ours.amount, &ours.currency)).class("n amt"),
            cell(view! { <span class="mono">{ours.order_no.clone()}</span> }).class("all"),
            cell(view! { <a href=link>{super::payment::short_id(&ours.payment)}</a> }).class("all"),
        ]
    };
    let rows = missing.iter().map(row).collect();
    let shown = || card("bank-missing", t.s("bank-missing"), None, table(&t.s("bank-missing"), false, cols, rows));
    (!missing.is_empty()).then(shown)
}

fn operation_words(t: Locale, operation: OperationKind) -> String {
    match operation {
        OperationKind::Sale => t.s("operation-sale"),
        OperationKind::Authorization => t.s("operation-authorization"),
        OperationKind::Capture => t.s("operation-capture"),
        OperationKind::Void => t.s("operation-void"),
        OperationKind::Refund => t.s("operation-refund"),
        OperationKind::Inquiry => t.s("operation-inquiry"),
    }
}

fn standing_words(t: Locale, standing: BankStanding) -> String {
    match standing {
        BankStanding::Done => t.s("bank-standing-done"),
        BankStanding::Voided => t.s("bank-standing-voided"),
        BankStanding::Failed => t.s("bank-standing-failed"),
        BankStanding::Pending => t.s("bank-standing-pending"),
        BankStanding::Unclear => t.s("bank-standing-unclear"),
    }
}

fn our_words(t: Locale, standing: OurStanding) -> String {
    match standing {
        OurStanding::Done => t.s("bank-standing-done"),
        OurStanding::Voided => t.s("bank-standing-voided"),
        OurStanding::NotDone => t.s("bank-standing-failed"),
        OurStanding::InDoubt => t.s("bank-standing-in-doubt"),
    }
}
