//! The form of one rule: what was typed, what it asks of the API, and how it is shown.

use leptos::prelude::*;
use vezne_api::{
    Bank, CardKind, Dealer, FieldError, RoutingConditions, RoutingRule, RoutingRuleState, RoutingTable, RoutingThrough,
    Weekday,
};

use super::sentence::{day_word, kind_word};
use crate::{
    api::Fault,
    format,
    page::dealer::at,
    part::{
        field::{choice, field},
        icon::{self, icon},
    },
    text::Locale,
    visit::Sent,
};

/// Accounts that the form asks for; the API takes more.
const ACCOUNTS_ASKED: usize = 4;
const KINDS: [CardKind; 3] = [CardKind::Credit, CardKind::Debit, CardKind::Prepaid];
const DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// A rule as its form holds it: text, as people type it.
#[derive(Default)]
pub struct Typed {
    pub name: String,
    pub disabled: bool,
    accounts: Vec<String>,
    cheapest: bool,
    money_rate: String,
    daily_cap: String,
    healthy: bool,
    bins: String,
    programmes: Vec<String>,
    banks: Vec<String>,
    kinds: Vec<String>,
    commercial: String,
    instalments_min: String,
    instalments_max: String,
    amount_min: String,
    amount_max: String,
    currency: String,
    dealers: Vec<String>,
    days: Vec<String>,
    hours_from: String,
    hours_until: String,
}

fn kind_value(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Credit => "credit",
        CardKind::Debit => "debit",
        CardKind::Prepaid => "prepaid",
        CardKind::Unknown => "unknown",
    }
}

fn day_value(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

impl Typed {
    /// A rule that is there.
    pub fn of_rule(rule: &RoutingRule) -> Self {
        let (when, through) = (&rule.when, &rule.through);
        Self {
            name: rule.name.clone(),
            disabled: rule.state == RoutingRuleState::Disabled,
            accounts: through.accounts.clone(),
            cheapest: through.cheapest,
            money_rate: through.money_rate.clone().unwrap_or_default(),
            daily_cap: shown(through.daily_cap.map(format::amount_input)),
            healthy: through.healthy,
            bins: when.bins.join(" "),
            programmes: when.programmes.clone(),
            banks: when.banks.clone(),
            kinds: when.kinds.iter().map(|kind| kind_value(*kind).to_owned()).collect(),
            commercial: shown(when.commercial),
            instalments_min: shown(when.instalments_min),
            instalments_max: shown(when.instalments_max),
            amount_min: shown(when.amount_min.map(format::amount_input)),
            amount_max: shown(when.amount_max.map(format::amount_input)),
            currency: when.currency.clone().unwrap_or_default(),
            dealers: when.dealers.clone(),
            days: when.days.iter().map(|day| day_value(*day).to_owned()).collect(),
            hours_from: when.hours_from.clone().unwrap_or_default(),
            hours_until: when.hours_until.clone().unwrap_or_default(),
        }
    }

    /// What a form sent.
    pub fn of_sent(sent: &Sent) -> Self {
        let text = |name: &str| sent.get(name).to_owned();
        Self {
            name: text("name"),
            disabled: sent.get("state") == "disabled",
            accounts: sent.all("account").into_iter().filter(|id| !id.is_empty()).collect(),
            cheapest: sent.get("cheapest") == "true",
            money_rate: text("money_rate"),
            daily_cap: text("daily_cap"),
            healthy: sent.get("healthy") == "true",
            bins: text("bins"),
            programmes: sent.all("programme"),
            banks: sent.all("bank"),
            kinds: sent.all("kind"),
            commercial: text("commercial"),
            instalments_min: text("instalments_min"),
            instalments_max: text("instalments_max"),
            amount_min: text("amount_min"),
            amount_max: text("amount_max"),
            currency: text("currency"),
            dealers: sent.all("dealer"),
            days: sent.all("day"),
            hours_from: text("hours_from"),
            hours_until: text("hours_until"),
        }
    }

    /// What it asks of the API; what cannot be read is told beside its field.
    pub fn asked(&self, t: Locale) -> Result<(RoutingConditions, RoutingThrough), Fault> {
        let mut errors = Vec::new();
        let mut amount = |typed: &str, pointer: &str| {
            let read = format::parse_amount(typed);
            if read.is_none() && !typed.is_empty() {
                let pointer = pointer.to_owned();
                errors.push(FieldError { pointer, code: "amount".to_owned(), detail: t.s("error-amount") });
            }
            read
        };
        let (min, max) = (amount(&self.amount_min, "/when/amount_min"), amount(&self.amount_max, "/when/amount_max"));
        let daily_cap = amount(&self.daily_cap, "/through/daily_cap");
        let mut count = |typed: &str, pointer: &str| {
            let read = typed.parse::<u16>().ok();
            if read.is_none() && !typed.is_empty() {
                let pointer = pointer.to_owned();
                errors.push(FieldError { pointer, code: "count".to_owned(), detail: t.s("routing-error-count") });
            }
            read
        };
        let counts = (
            count(&self.instalments_min, "/when/instalments_min"),
            count(&self.instalments_max, "/when/instalments_max"),
        );
        if !errors.is_empty() {
            return Err(Fault { status: 422, errors, ..Fault::default() });
        }
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let sums = min.is_some() || max.is_some() || daily_cap.is_some();
        let when = RoutingConditions {
            bins: self
                .bins
                .split([' ', ',', ';', '\n', '\r', '\t'])
                .filter(|bin| !bin.is_empty())
                .map(str::to_owned)
                .collect(),
            programmes: self.programmes.clone(),
            banks: self.banks.clone(),
            kinds: KINDS.into_iter().filter(|kind| self.kinds.iter().any(|k| k == kind_value(*kind))).collect(),
            commercial: self.commercial.parse().ok(),
            instalments_min: counts.0,
            instalments_max: counts.1,
            amount_min: min,
            amount_max: max,
            // An amount needs a currency; nearly every one is in lira.
            currency: some(&self.currency).or_else(|| sums.then(|| "TRY".to_owned())),
            dealers: self.dealers.clone(),
            days: DAYS.into_iter().filter(|day| self.days.iter().any(|d| d == day_value(*day))).collect(),
            hours_from: some(&self.hours_from),
            hours_until: some(&self.hours_until),
        };
        let through = RoutingThrough {
            accounts: self.accounts.clone(),
            cheapest: self.cheapest,
            money_rate: some(&self.money_rate),
            daily_cap,
            healthy: self.healthy,
        };
        Ok((when, through))
    }
}

/// The first fault at a place or below it.
fn within(fault: Option<&Fault>, pointer: &str) -> Option<String> {
    fault?.errors.iter().find(|error| error.pointer.starts_with(pointer)).map(|error| error.detail.clone())
}

fn wrong(error: Option<String>) -> Option<AnyView> {
    error.map(|error| view! { <p class="err">{icon(icon::CROSS)}{error}</p> }.into_any())
}

/// Boxes of which any may be ticked.
fn boxes(
    name: &'static str,
    legend: String,
    all: Vec<(String, String)>,
    chosen: &[String],
    error: Option<String>,
) -> AnyView {
    let boxes = all
        .into_iter()
        .map(|(value, word)| {
            let checked = chosen.contains(&value);
            view! { <label class="check"><input type="checkbox" name=name value=value checked=checked /><span>{word}</span></label> }.into_any()
        })
        .collect::<Vec<_>>();
    view! { <fieldset class="stack tight field"><legend class="small">{legend}</legend><div class="grid3">{boxes}</div>{wrong(error)}</fieldset> }
        .into_any()
}

fn tick(name: &'static str, word: String, what: String, checked: bool) -> AnyView {
    view! { <label class="check tick"><input type="checkbox" name=name value="true" checked=checked /><span>{word}<small class="soft">{what}</small></span></label> }
        .into_any()
}

/// Every field of a rule.
pub fn fields(t: Locale, table: &RoutingTable, dealers: &[Dealer], typed: &Typed, fault: Option<&Fault>) -> AnyView {
    view! {
        {field("name", t.s("routing-name")).value(typed.name.clone()).hint(t.s("routing-name-hint")).error(at(fault, "/name")).max("100").view()}
        <h2>{t.s("routing-through")}</h2>{accounts(t, table, typed, fault)}
        <h2>{t.s("routing-when")}</h2><p class="hint">{t.s("routing-when-hint")}</p>
        {card_fields(t, table, typed, fault)}{sum_fields(t, table, typed, fault)}{place_fields(t, dealers, typed, fault)}
        {choice("state", t.s("state"), vec![("active".to_owned(), t.s("routing-active")), ("disabled".to_owned(), t.s("routing-disabled"))], if typed.disabled { "disabled" } else { "active" }, None)}
    }
    .into_any()
}

fn accounts(t: Locale, table: &RoutingTable, typed: &Typed, fault: Option<&Fault>) -> AnyView {
    let selects = (0..ACCOUNTS_ASKED.max(typed.accounts.len()))
        .map(|place| account_select(t, table, typed.accounts.get(place).map_or("", String::as_str), place))
        .collect::<Vec<_>>();
    view! {
        <div class="stack tight">{selects}{wrong(within(fault, "/through/accounts"))}</div>
        {tick("cheapest", t.s("routing-cheapest-first"), t.s("routing-cheapest-hint"), typed.cheapest)}
        <div class="grid2 even">
            {field("money_rate", t.s("routing-money-rate")).value(typed.money_rate.clone()).mode("decimal").unit("%").hint(t.s("routing-money-rate-hint")).error(at(fault, "/through/money_rate")).view()}
            {field("daily_cap", t.s("routing-daily-cap")).value(typed.daily_cap.clone()).mode("decimal").hint(t.s("routing-daily-cap-hint")).error(at(fault, "/through/daily_cap")).view()}
        </div>
        {tick("healthy", t.s("routing-healthy-only"), t.s("routing-healthy-hint"), typed.healthy)}
    }
    .into_any()
}

fn account_select(t: Locale, table: &RoutingTable, chosen: &str, place: usize) -> AnyView {
    let label = if place == 0 {
        t.s("routing-account-first")
    } else {
        t.f("routing-account-next", [("n", (place + 1).into())])
    };
    let id = format!("account-{}", place + 1);
    let empty = chosen.is_empty();
    let options = table
        .choices
        .accounts
        .iter()
        .map(|known| {
            let selected = known.account.id == chosen;
            let off = if known.active { String::new() } else { format!(" ({})", t.s("pos-disabled")) };
            view! { <option value=known.account.id.clone() selected=selected>{format!("{}{off}", known.account.name)}</option> }.into_any()
        })
        .collect::<Vec<_>>();
    view! {
        <div class="field"><label for=id.clone()>{label}</label>
            <select id=id name="account"><option value="" selected=empty>"–"</option>{options}</select></div>
    }
    .into_any()
}

fn card_fields(t: Locale, table: &RoutingTable, typed: &Typed, fault: Option<&Fault>) -> AnyView {
    let named = |bank: &Bank| Some((bank.code.clone()?, bank.name.clone()));
    let banks = table.choices.banks.iter().filter_map(named).collect();
    let programmes = table.choices.programmes.iter().map(|name| (name.clone(), name.clone())).collect();
    let kinds = KINDS.into_iter().map(|kind| (kind_value(kind).to_owned(), kind_word(t, kind))).collect();
    let whose = vec![
        (String::new(), t.s("routing-any")),
        ("false".to_owned(), t.s("routing-personal")),
        ("true".to_owned(), t.s("routing-company")),
    ];
    let more = !typed.banks.is_empty() || within(fault, "/when/banks").is_some();
    let invalid = within(fault, "/when/bins").is_some().then_some("true");
    view! {
        {boxes("programme", t.s("routing-programme"), programmes, &typed.programmes, within(fault, "/when/programmes"))}
        <details open=more><summary>{t.s("routing-bank")}</summary>{boxes("bank", t.s("routing-bank"), banks, &typed.banks, within(fault, "/when/banks"))}</details>
        <div class="field"><label for="bins">{t.s("routing-bin")}</label>
            <textarea id="bins" name="bins" rows="2" inputmode="numeric" autocomplete="off" aria-invalid=invalid aria-describedby="bins-h">{typed.bins.clone()}</textarea>
            <p class="hint" id="bins-h">{t.s("routing-bin-hint")}</p>{wrong(within(fault, "/when/bins"))}</div>
        {boxes("kind", t.s("routing-kind"), kinds, &typed.kinds, within(fault, "/when/kinds"))}
        {choice("commercial", t.s("routing-commercial"), whose, &typed.commercial, None)}
    }
    .into_any()
}

fn sum_fields(t: Locale, table: &RoutingTable, typed: &Typed, fault: Option<&Fault>) -> AnyView {
    let mut currencies = vec![(String::new(), t.s("routing-any"))];
    currencies.extend(table.choices.currencies.iter().map(|code| (code.clone(), code.clone())));
    view! {
        <div class="grid2">
            {field("instalments_min", t.s("routing-instalments-min")).value(typed.instalments_min.clone()).mode("numeric").error(at(fault, "/when/instalments_min")).view()}
            {field("instalments_max", t.s("routing-instalments-max")).value(typed.instalments_max.clone()).mode("numeric").error(at(fault, "/when/instalments_max")).view()}
            {field("amount_min", t.s("routing-amount-min")).value(typed.amount_min.clone()).mode("decimal").error(at(fault, "/when/amount_min")).view()}
            {field("amount_max", t.s("routing-amount-max")).value(typed.amount_max.clone()).mode("decimal").error(at(fault, "/when/amount_max")).view()}
        </div>
        {choice("currency", t.s("currency"), currencies, &typed.currency, at(fault, "/when/currency"))}
    }
    .into_any()
}

fn place_fields(t: Locale, dealers: &[Dealer], typed: &Typed, fault: Option<&Fault>) -> AnyView {
    let named = dealers.iter().map(|dealer| (dealer.id.clone(), dealer.name.clone())).collect();
    let days = DAYS.into_iter().map(|day| (day_value(day).to_owned(), day_word(t, day))).collect();
    let dealer_error = within(fault, "/when/dealers");
    let open = !typed.dealers.is_empty() || dealer_error.is_some();
    view! {
        <details open=open><summary>{t.s("routing-dealer")}</summary>{boxes("dealer", t.s("routing-dealer"), named, &typed.dealers, dealer_error)}</details>
        {boxes("day", t.s("routing-day"), days, &typed.days, within(fault, "/when/days"))}
        <div class="grid2 even">
            {field("hours_from", t.s("routing-hours-from")).value(typed.hours_from.clone()).placeholder("09:00").error(at(fault, "/when/hours_from")).view()}
            {field("hours_until", t.s("routing-hours-until")).value(typed.hours_until.clone()).placeholder("18:00").hint(t.s("routing-hours-hint")).error(at(fault, "/when/hours_until")).view()}
        </div>
    }
    .into_any()
}
