//! Views of the pay page.

use leptos::prelude::*;
use vezne_api::{Bin, CardAt, CardKind, InstalmentMatrix, InstalmentOption, InstalmentQuote, Party, PartyKind};

use super::{Model, Owed, SOON_DAYS, field, points};
use crate::{
    api::path,
    format,
    part::{
        field::{field as text_field, hidden},
        icon::{self, icon},
        surface::{Tone, note, page_head},
        table::{cell, col, head, table, table_of_class},
    },
    text::Locale,
    visit::{Visit, nonce},
    words,
};

/// Amounts from this on are also written in words, minor units.
const WORDS_FROM: i64 = 10_000_000;

pub(super) fn page(visit: &Visit, model: &Model) -> AnyView {
    let t = visit.t();
    view! { <div class="cols">{what(visit, model)}{card_form(visit, model)}{promises(t, model)}</div> }.into_any()
}

/// The left form: what is paid.
fn what(visit: &Visit, model: &Model) -> AnyView {
    let t = visit.t();
    let payer = model.debtor.as_ref().map(|p| payer_line(t, p));
    let owed = model.owed.iter().map(|o| owed_row(t, o)).collect::<Vec<_>>();
    let owed = (!owed.is_empty()).then(|| view! { <ul class="owed">{owed}</ul> }.into_any());
    let heading = if model.owed.is_empty() { t.s("pay-how-much") } else { t.s("pay-what") };
    let debtor = model.debtor.as_ref().map_or(String::new(), |p| p.id.clone());
    view! {
        <form class="stack" method="get" action="/pay" id="what" aria-labelledby="what-title">
            {hidden("sent", "1")}{hidden(field::DEBTOR, debtor)}{hidden("was", model.amount_typed.clone())}
            {model.debtor.is_none().then(|| hidden("open", "1"))}
            {(model.mail_order == Some(true)).then(|| hidden(field::CHANNEL, field::MAIL_ORDER))}
            {payer}<h1 id="what-title">{heading}</h1>{owed}{amount_field(t, model)}{without_script(t, model)}
            {model.matrix.as_ref().map(|m| matrix(t, m))}
        </form>
    }
    .into_any()
}

fn payer_line(t: Locale, payer: &Party) -> AnyView {
    let kind = match payer.kind {
        PartyKind::Node => t.s("party-dealer"),
        PartyKind::Customer => t.s("party-customer"),
    };
    view! { <div><p class="soft">{t.s("pay-payer")}</p><p><b>{payer.name.clone()}</b>" "<span class="soft">{format!("· {kind}")}</span></p></div> }.into_any()
}

fn owed_row(t: Locale, owed: &Owed) -> AnyView {
    let row = &owed.row;
    let id = format!("o-{}", row.id);
    let name = row.document_no.clone().or_else(|| row.description.clone()).unwrap_or_else(|| row.id.clone());
    let due = row.due_on.parse().map_or_else(|_| row.due_on.clone(), format::date);
    let (class, due) = match owed.days {
        _ if row.in_doubt > 0 => ("tone doubt", t.s("pay-owed-in-doubt")),
        days if days < 0 => ("tone no", t.f("pay-due-late", [("date", due.into()), ("days", (-days).into())])),
        days if days <= SOON_DAYS => ("", t.f("pay-due-soon", [("date", due.into()), ("days", days.into())])),
        _ => ("", t.f("pay-due", [("date", due.into())])),
    };
    let class = (!class.is_empty()).then_some(class);
    view! {
        <li>
            <input type="checkbox" id=id.clone() name=field::RECEIVABLE value=row.id.clone() checked=owed.ticked disabled=row.in_doubt.is_positive()
                data-minor=row.outstanding.to_string() autocomplete="off" />
            <label for=id>{name}<small class=class>{due}</small></label><b class="n">{format::money(row.outstanding, &row.currency)}</b>
        </li>
    }
    .into_any()
}

fn amount_field(t: Locale, model: &Model) -> AnyView {
    let error = error_of(t, model, field::AMOUNT);
    let invalid = error.is_some().then_some("true");
    let error = error.map(|e| view! { <p class="err" id="amount-e">{icon(icon::CROSS)}{e}</p> }.into_any());
    let rest = if model.owed.is_empty() { t.s("pay-amount-open") } else { t.s("pay-amount-oldest") };
    view! {
        <div class="field"><label for="amount">{t.s("pay-amount")}</label>
            <div class="in"><input id="amount" name=field::AMOUNT inputmode="decimal" autocomplete="off" value=model.amount_typed.clone()
                aria-describedby="amount-h" aria-invalid=invalid required=true /><span class="soft">"₺"</span></div>
            {error}<p class="hint" id="amount-h"><span id="words">{words(t, model.amount)}</span>{rest}</p></div>
    }
    .into_any()
}

/// The amount in words, where it is large enough that a digit too many hurts.
pub(super) fn words(t: Locale, amount: i64) -> Option<String> {
    (amount >= WORDS_FROM).then(|| words::lira(amount, t)).flatten().map(|w| format!("{w}. "))
}

/// The round trip for browsers without script: new amount, and instalments from the first digits.
fn without_script(t: Locale, model: &Model) -> AnyView {
    if model.card_at == CardAt::Bank {
        return view! { <noscript><button class="btn">{t.s("pay-take-amount")}</button></noscript> }.into_any();
    }
    let bin = text_field("bin", t.s("pay-bin"))
        .value(model.bin.clone())
        .mode("numeric")
        .max("8")
        .hint(t.s("pay-bin-hint"))
        .view();
    view! { <noscript><div class="stack">{bin}<button class="btn">{t.s("pay-show-plan")}</button></div></noscript> }
        .into_any()
}

fn matrix(t: Locale, matrix: &InstalmentMatrix) -> AnyView {
    let mut counts: Vec<u32> =
        matrix.rows.iter().flat_map(|r| r.cells.iter().map(|c| c.instalments)).filter(|n| *n > 1).collect();
    counts.sort_unstable();
    counts.dedup();
    let counts: Vec<u32> =
        if counts.len() > 4 { counts.into_iter().filter(|n| n % 3 == 0).take(4).collect() } else { counts };
    if counts.is_empty() {
        return ().into_any();
    }
    let mut cols = vec![col(t.s("pay-card"))];
    cols.extend(counts.iter().map(|n| col(n.to_string()).class("n")));
    let rows = matrix
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![head(row.programme.clone()).class("")];
            cells.extend(counts.iter().map(|n| {
                let offer = row.cells.iter().find(|c| c.instalments == *n);
                let text = offer.map_or_else(
                    || t.s("none"),
                    |c| if c.difference == 0 { t.s("pay-free") } else { format!("+{}", format::amount(c.difference)) },
                );
                cell(text).class("n")
            }));
            cells
        })
        .collect();
    view! {
        <details><summary class="small">{t.s("pay-which-card")}</summary>
            <div class="card">{table(&t.s("pay-which-card"), true, cols, rows)}</div></details>
    }
    .into_any()
}

/// The right form: the card. Posts to the host, which reads card fields into types that are wiped.
fn card_form(visit: &Visit, model: &Model) -> AnyView {
    let t = visit.t();
    let ticked =
        model.owed.iter().filter(|o| o.ticked).map(|o| hidden(field::RECEIVABLE, o.row.id.clone())).collect::<Vec<_>>();
    let debtor = model.debtor.as_ref().map_or(String::new(), |p| p.id.clone());
    let refused = (!model.errors.is_empty()).then(|| note(Tone::No, t.s("pay-refused"), refused_text(t, model), None));
    view! {
        <form class="window stack" id="card" method="post" action="/pay" aria-labelledby="card-title" autocomplete="on"
            data-late=t.s("pay-going") data-expired=t.s("error-expiry") data-luhn=t.s("error-card_number") data-options="/pay/options">
            {hidden(field::AMOUNT, model.amount.to_string())}{hidden(field::CURRENCY, "TRY")}
            {hidden(field::DEBTOR, debtor)}{hidden(field::IDEMPOTENCY_KEY, nonce())}<div id="ticked" hidden=true>{ticked}</div>
            {points::pressed_by_enter(model)}{refused}
            <div><h2 class="soft small" id="card-title">{t.s("pay-you-pay")}</h2><p class="sum" id="total">{format::money(model.amount, "TRY")}</p></div>
            {card_part(t, model)}{mail_order(t, model)}
            <div id="plan">{plan(t, model.amount, model.quote.as_ref())}</div>
            {points::part(t, model)}
            <div class="counter stick">{pay_button(t, model)}</div>
        </form>
    }
    .into_any()
}

fn refused_text(t: Locale, model: &Model) -> String {
    let general = model.errors.iter().find(|(f, _)| f == "form" || f == field::INSTALMENT_OPTION);
    general.and_then(|(_, code)| t.maybe(&format!("error-{code}"))).unwrap_or_else(|| t.s("pay-refused-what"))
}

pub(super) fn error_of(t: Locale, model: &Model, name: &str) -> Option<String> {
    let (_, code) = model.errors.iter().find(|(f, _)| f == name)?;
    t.maybe(&format!("error-{name}-{code}"))
        .or_else(|| t.maybe(&format!("error-{name}")))
        .or_else(|| Some(t.s("error-field")))
}

/// The card's fields, or why there are none.
fn card_part(t: Locale, model: &Model) -> AnyView {
    match model.card_at {
        CardAt::Here => card_fields(t, model),
        CardAt::Bank => note(Tone::Wait, t.s("pay-card-at-bank"), t.s("pay-card-at-bank-what"), None),
    }
}

/// For who may type a card that is not theirs: at the bank's own page by a link, as the card's fields are not there yet.
fn mail_order(t: Locale, model: &Model) -> Option<AnyView> {
    let chosen = model.mail_order?;
    if model.card_at == CardAt::Bank {
        let (who, open) = model.debtor.as_ref().map_or(("", "1"), |debtor| (debtor.id.as_str(), ""));
        let query = [
            (field::DEBTOR, who),
            ("open", open),
            (field::AMOUNT, &model.amount_typed),
            (field::CHANNEL, field::MAIL_ORDER),
        ];
        return Some(
            view! { <p class="small"><a href=path("/pay", &query)>{t.s("pay-mail-order-here")}</a></p> }.into_any(),
        );
    }
    let error = error_of(t, model, field::CHANNEL);
    let invalid = error.is_some().then_some("true");
    let error = error.map(|e| view! { <p class="err" id="channel-e">{icon(icon::CROSS)}{e}</p> }.into_any());
    let view = view! {
        <div class="field"><label class="check"><input type="checkbox" id=field::CHANNEL name=field::CHANNEL value=field::MAIL_ORDER checked=chosen
            aria-describedby="channel-h" aria-invalid=invalid autocomplete="off" /><span>{t.s("pay-mail-order")}</span></label>
            {error}<p class="hint" id="channel-h">{t.s("pay-mail-order-what")}</p></div>
    };
    Some(view.into_any())
}

fn card_fields(t: Locale, model: &Model) -> AnyView {
    let holder = text_field(field::CARD_HOLDER, t.s("pay-holder"))
        .autocomplete("cc-name")
        .placeholder(t.s("pay-holder-example"));
    let expiry = text_field(field::EXPIRY, t.s("pay-expiry"))
        .autocomplete("cc-exp")
        .mode("numeric")
        .placeholder(t.s("pay-expiry-example"))
        .max("9");
    let code = text_field(field::SECURITY_CODE, t.s("pay-code"))
        .autocomplete("cc-csc")
        .mode("numeric")
        .placeholder(t.s("pay-code-example"))
        .max("4");
    view! {
        {number_field(t, model)}
        {holder.error(error_of(t, model, field::CARD_HOLDER)).view()}
        <div class="two">
            {expiry.required().error(error_of(t, model, field::EXPIRY)).view()}
            {if model.mail_order == Some(true) { code } else { code.required() }.error(error_of(t, model, field::SECURITY_CODE)).view()}
        </div>
    }
    .into_any()
}

fn number_field(t: Locale, model: &Model) -> AnyView {
    let error = error_of(t, model, field::CARD_NUMBER);
    let invalid = error.is_some().then_some("true");
    let error = error.map(|e| view! { <p class="err" id="card_number-e">{icon(icon::CROSS)}{e}</p> }.into_any());
    let bin = model.quote.as_ref().and_then(|q| q.bin.as_ref());
    view! {
        <div class="field"><label for="card_number">{t.s("pay-number")}</label>
            <input id="card_number" name=field::CARD_NUMBER inputmode="numeric" autocomplete="cc-number" placeholder="0000 0000 0000 0000"
                maxlength="23" required=true aria-describedby="known" aria-invalid=invalid />
            {error}<div class="small" id="known" role="status">{known_card(t, bin, &model.bin)}</div></div>
    }
    .into_any()
}

/// What is known of the card: bank, programme, kind; or why there is nothing to say.
pub(super) fn known_card(t: Locale, bin: Option<&Bin>, digits: &str) -> Option<AnyView> {
    let Some(bin) = bin else {
        return (digits.len() >= 6).then(|| view! { <p class="soft">{t.s("pay-card-unknown")}</p> }.into_any());
    };
    let kind = match bin.kind {
        CardKind::Credit if bin.commercial => t.s("card-credit-commercial"),
        CardKind::Credit => t.s("card-credit"),
        CardKind::Debit => t.s("card-debit"),
        CardKind::Prepaid => t.s("card-prepaid"),
        CardKind::Unknown => String::new(),
    };
    let brand = bin.brand.as_deref().map(format::brand);
    let bank = bin.bank.as_ref().map(|b| b.name.clone());
    let words: Vec<String> =
        [bank, bin.programme.clone(), Some(kind)].into_iter().flatten().filter(|w| !w.is_empty()).collect();
    if words.is_empty() && brand.is_none() {
        return Some(view! { <p class="soft">{t.s("pay-card-unknown")}</p> }.into_any());
    }
    let brand = brand.map(|b| view! { <span class="tag">{b}</span> }.into_any());
    Some(view! { <p class="row on"><span class="tone ok">{icon(icon::CHECK)}</span><span>{words.join(" · ")}" "{brand}</span></p> }.into_any())
}

/// The table of instalments. Before the card is known it holds the single payment only.
pub(super) fn plan(t: Locale, amount: i64, quote: Option<&InstalmentQuote>) -> AnyView {
    let cols = vec![
        col(t.s("plan-count")),
        col(t.s("plan-monthly")).class("n"),
        col(t.s("plan-total")).class("n"),
        col(t.s("plan-difference")).class("n"),
    ];
    let rows = match quote {
        Some(quote) => quote.options.iter().enumerate().map(|(i, o)| option_row(t, o, i == 0)).collect(),
        None => vec![vec![
            head(radio(t, "", 1, amount, true, false)).class(""),
            cell(()).class("n"),
            cell(format::amount(amount)).class("n lo").label(t.s("plan-total")),
            cell(view! { <span class="soft">{t.s("none")}</span> }).class("n").label(t.s("plan-difference")),
        ]],
    };
    table_of_class("plan", &t.s("plan-caption"), cols, rows)
}

fn option_row(t: Locale, option: &InstalmentOption, first: bool) -> Vec<crate::part::table::Cell> {
    let n = option.instalments;
    let choice = head(radio(t, &option.id, n, option.total, first && option.available, !option.available)).class("");
    if !option.available {
        let reason = option.unavailable_reason.as_deref().unwrap_or_default();
        let why = t.maybe(&format!("plan-no-{reason}")).unwrap_or_else(|| t.s("plan-no"));
        return vec![choice, cell(why).class("off n").span(3)];
    }
    let monthly = if n > 1 {
        format!("{n} × {}", format::amount(option.parts.first().copied().unwrap_or_default()))
    } else {
        String::new()
    };
    let difference = if option.difference == 0 {
        view! { <span class="soft">{t.s("none")}</span> }.into_any()
    } else {
        format!("+{}", format::amount(option.difference)).into_any()
    };
    vec![
        choice,
        cell(monthly).class("n"),
        cell(format::amount(option.total)).class("n lo").label(t.s("plan-total")),
        cell(difference).class("n").label(t.s("plan-difference")),
    ]
}

fn radio(t: Locale, id: &str, n: u32, total: i64, checked: bool, disabled: bool) -> AnyView {
    let words = if n == 1 { t.s("single-payment") } else { t.f("instalments", [("n", n.into())]) };
    let pay = t.f("pay-button", [("amount", format::money(total, "TRY").into())]);
    view! {
        <label class=disabled.then_some("off")>
            <input type="radio" name=field::INSTALMENT_OPTION value=id.to_owned() checked=checked disabled=disabled data-pay=pay
                data-total=format::money(total, "TRY") data-n=n.to_string() autocomplete="off" />{words}
        </label>
    }
    .into_any()
}

fn pay_button(t: Locale, model: &Model) -> AnyView {
    let total = model.quote.as_ref().and_then(|q| q.options.first()).map_or(model.amount, |o| o.total);
    let words = t.f("pay-button", [("amount", format::money(total, "TRY").into())]);
    let nothing = model.amount <= 0;
    view! {
        <button class="btn go big" id="go" aria-live="polite" disabled=nothing>{icon(icon::LOCK)}<span>{words}</span></button>
    }
    .into_any()
}

fn promises(t: Locale, model: &Model) -> AnyView {
    let line =
        |path, text: String| view! { <p class="row on small soft">{icon(path)}<span>{text}</span></p> }.into_any();
    view! {
        <section class="stack tight" aria-label=t.s("pay-safety")>
            {(model.mail_order != Some(true)).then(|| line(icon::SHIELD, t.s("pay-safety-3d")))}{line(icon::LOCK, t.s("pay-safety-card"))}{line(icon::RECEIPT, t.s("pay-safety-receipt"))}
        </section>
    }
    .into_any()
}

/// Whom to collect from.
pub(super) fn chooser(visit: &Visit, q: &str, rows: Vec<Party>) -> AnyView {
    let t = visit.t();
    let none = rows.is_empty();
    let rows = rows
        .into_iter()
        .map(|p| {
            let kind = match p.kind {
                PartyKind::Node => t.s("party-dealer"),
                PartyKind::Customer => t.s("party-customer"),
            };
            vec![
                head(view! { <a href=format!("/pay?debtor={}", p.id)>{p.name}</a><small>{kind}</small> }),
                cell(view! { <a class="btn" href=format!("/pay?debtor={}", p.id)>{t.s("pay-collect")}</a> })
                    .class("n amt"),
            ]
        })
        .collect();
    let list = if none {
        crate::part::surface::empty_filtered(t, q.to_owned(), "/pay")
    } else {
        table(&t.s("pay-who"), false, vec![col(t.s("party")), col(t.s("action")).class("n").spoken_only()], rows)
    };
    view! {
        {page_head(t.s("pay-who"), Some(t.s("pay-who-what")), view! { <a class="btn" href="/pay?open=1">{t.s("pay-without-party")}</a> })}
        <div class="stack">
            <form class="row on" role="search" action="/pay"><label class="in quiet grow">{icon(icon::SEARCH)}<span class="vh">{t.s("search")}</span>
                <input type="search" name="q" value=q.to_owned() placeholder=t.s("pay-who-search") /></label><button class="btn">{t.s("search")}</button></form>
            <section class="card" aria-label=t.s("pay-who")>{list}</section>
        </div>
    }
    .into_any()
}
