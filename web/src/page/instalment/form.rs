//! The form of a new version: what was typed, what it asks of the API, and how it is shown. More lines, a preview and
//! saving are three buttons of one form, so that it works without script.

use axum::{
    body::Body,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{
    FieldError, InstalmentEvaluate, InstalmentEvaluation, InstalmentLine, InstalmentTable, InstalmentVersion,
    InstalmentVersionCreate,
};

use super::{PREVIEW_MINOR, law, paste, plain, why};
use crate::{
    api::{Fault, segment},
    format,
    page::dealer::{at, refused, status_of},
    part::{
        field::{field, hidden},
        icon::{self, icon},
        surface::{Tone, card, crumb, note, page_head},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// The field for lines of a spreadsheet.
const PASTED: &str = "pasted";
/// Lines that are added at once.
const LINES_ADDED: usize = 5;
/// The numbers a firm begins with where it has no table.
const FIRST_COUNTS: [u16; 6] = [1, 2, 3, 6, 9, 12];

/// A line as the form holds it: text, as people type it.
#[derive(Clone, Default)]
pub(super) struct TypedLine {
    pub instalments: String,
    pub programme: String,
    pub account: String,
    pub cards: String,
    pub offer_rate: String,
    pub payer_share: String,
    pub bank_rate: String,
    pub amount_min: String,
    pub extra: String,
    pub blocked_days: String,
}

impl TypedLine {
    fn of_line(line: &InstalmentLine) -> Self {
        Self {
            instalments: line.instalments.to_string(),
            programme: line.programme.clone().unwrap_or_default(),
            account: line.pos_account.clone().unwrap_or_default(),
            cards: line.commercial.map(|commercial| commercial.to_string()).unwrap_or_default(),
            offer_rate: line.offer_rate.replace('.', ","),
            payer_share: line.payer_share.replace('.', ","),
            bank_rate: line.bank_rate.replace('.', ","),
            amount_min: if line.amount_min == 0 { String::new() } else { format::amount_input(line.amount_min) },
            extra: if line.extra == 0 { String::new() } else { line.extra.to_string() },
            blocked_days: line.blocked_days.to_string(),
        }
    }

    fn blank() -> Self {
        Self { payer_share: "100".to_owned(), blocked_days: "1".to_owned(), ..Self::default() }
    }
}

/// A version as its form holds it.
struct Typed {
    /// How often the table had been changed when the form was drawn.
    version: Option<i64>,
    begins_on: String,
    lines: Vec<TypedLine>,
}

impl Typed {
    /// What a form sent. A line without a number of instalments is taken out.
    fn of_sent(sent: &Sent) -> Self {
        let columns =
            ["n", "prog", "acc", "cards", "offer", "share", "bank", "min", "extra", "days"].map(|name| sent.all(name));
        let text =
            |column: usize, row: usize| columns[column].get(row).map(|text| text.trim().to_owned()).unwrap_or_default();
        let line = |row: usize| TypedLine {
            instalments: text(0, row),
            programme: text(1, row),
            account: text(2, row),
            cards: text(3, row),
            offer_rate: text(4, row),
            payer_share: text(5, row),
            bank_rate: text(6, row),
            amount_min: text(7, row),
            extra: text(8, row),
            blocked_days: text(9, row),
        };
        let lines = (0..columns[0].len()).map(line).filter(|line| !line.instalments.is_empty()).collect();
        Self { version: sent.get("version").parse().ok(), begins_on: sent.get("begins_on").to_owned(), lines }
    }

    fn of_lines(lines: &[InstalmentLine]) -> Self {
        let mut lines: Vec<TypedLine> = lines.iter().map(TypedLine::of_line).collect();
        if lines.is_empty() {
            lines.extend(FIRST_COUNTS.map(|n| TypedLine { instalments: n.to_string(), ..TypedLine::blank() }));
        }
        Self { version: None, begins_on: String::new(), lines }
    }

    /// What it asks of the API; what cannot be read is told beside its field.
    fn asked(&self, visit: &Visit) -> Result<InstalmentVersionCreate, Fault> {
        let t = visit.t();
        let mut errors = Vec::new();
        let begins_at = self.begins_at(visit, &mut errors);
        let lines = self.lines.iter().enumerate().map(|(row, line)| line_asked(t, row, line, &mut errors)).collect();
        if errors.is_empty() {
            Ok(InstalmentVersionCreate { begins_at, lines })
        } else {
            Err(Fault { status: 422, errors, ..Fault::default() })
        }
    }

    /// The first moment of the day in the firm's zone; today is at once.
    fn begins_at(&self, visit: &Visit, errors: &mut Vec<FieldError>) -> Option<String> {
        if self.begins_on.is_empty() {
            return None;
        }
        let zone = visit.zone();
        let day: Option<jiff::civil::Date> = self.begins_on.parse().ok();
        if day == Some(format::today(visit.now(), &zone)) {
            return None;
        }
        let at = day.and_then(|day| day.to_zoned(zone).ok()).map(|at| at.timestamp().to_string());
        if at.is_none() {
            let (pointer, detail) = ("/begins_at".to_owned(), visit.t().s("inst-error-day"));
            errors.push(FieldError { pointer, code: "day".to_owned(), detail });
        }
        at
    }
}

fn line_asked(t: Locale, row: usize, line: &TypedLine, errors: &mut Vec<FieldError>) -> InstalmentLine {
    let mut wrong = |name: &str, detail: String| {
        errors.push(FieldError { pointer: format!("/lines/{row}/{name}"), code: "malformed".to_owned(), detail });
    };
    let mut count = |typed: &str, empty: u16, name: &str| {
        let read = if typed.is_empty() { Some(empty) } else { typed.parse().ok() };
        read.unwrap_or_else(|| {
            wrong(name, t.s("routing-error-count"));
            0
        })
    };
    let instalments = count(&line.instalments, 0, "instalments");
    let (extra, blocked_days) = (count(&line.extra, 0, "extra"), count(&line.blocked_days, 1, "blocked_days"));
    // Nothing at all is a smallest amount too, which the reader of amounts does not know.
    let nothing = line.amount_min.chars().all(|c| matches!(c, '0' | ',' | '.'));
    let amount_min = if nothing { Some(0) } else { format::parse_amount(&line.amount_min) };
    let amount_min = amount_min.unwrap_or_else(|| {
        wrong("amount_min", t.s("error-amount"));
        0
    });
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let rate = |text: &str, empty: &str| if text.is_empty() { empty.to_owned() } else { text.replace(',', ".") };
    InstalmentLine {
        pos_account: some(&line.account),
        programme: some(&line.programme),
        commercial: line.cards.parse().ok(),
        instalments,
        extra,
        offer_rate: rate(&line.offer_rate, "0"),
        payer_share: rate(&line.payer_share, "100"),
        bank_rate: rate(&line.bank_rate, "0"),
        amount_min,
        blocked_days,
    }
}

/// `GET /instalments/new?from=`: a new version from another, from the one in force, or from nothing.
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let rules: InstalmentTable = visit.get("/v1/instalment_rules").await?;
    let from = match visit.query("from") {
        "" => rules.in_force.clone(),
        id => Some(visit.get::<InstalmentVersion>(&format!("/v1/instalment_rules/{}", segment(id))).await?),
    };
    let typed = Typed::of_lines(from.as_ref().map_or(&[][..], |version| &version.lines));
    Ok(render(&visit, &rules, &typed, &Shown::default()))
}

/// `POST /instalments`: more lines, a preview, or the version itself.
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let mut typed = Typed::of_sent(&sent);
    if sent.get("act") == "paste" {
        let rules: InstalmentTable = visit.get("/v1/instalment_rules").await?;
        let read = paste::lines(visit.t(), &rules, sent.get(PASTED));
        let (text, error) = match read {
            Ok(lines) => {
                typed.lines = lines;
                ("", None)
            }
            Err(sentence) => (sent.get(PASTED), Some(sentence)),
        };
        return Ok(render(&visit, &rules, &typed, &Shown { pasted: Some((text, error)), ..Shown::default() }));
    }
    let (preview, fault) = match (sent.get("act"), typed.asked(&visit)) {
        ("add", _) => (None, None),
        (_, Err(fault)) => (None, Some(fault)),
        ("save", Ok(asked)) => {
            let version = typed.version.unwrap_or_default();
            match visit.post_at::<_, InstalmentVersion>("/v1/instalment_rules", version, &asked).await {
                Ok(_) => return Ok(Redirect::to("/instalments?saved=1").into_response()),
                Err(fault) => (None, Some(fault)),
            }
        }
        (_, Ok(asked)) => {
            let asked = InstalmentEvaluate { lines: Some(asked.lines), ..plain(PREVIEW_MINOR) };
            let answer = visit.post::<_, InstalmentEvaluation>("/v1/instalment_rules/evaluate", None, &asked).await;
            answer.map_or_else(|fault| (None, Some(fault)), |answer| (Some(answer), None))
        }
    };
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.is_about_input()) {
        return Err(fault.clone());
    }
    let rules: InstalmentTable = visit.get("/v1/instalment_rules").await?;
    let more = if sent.get("act") == "add" { LINES_ADDED } else { 0 };
    let shown = Shown { more, preview: preview.as_ref(), fault: fault.as_ref(), pasted: None };
    Ok(render(&visit, &rules, &typed, &shown))
}

/// What the form is shown with beside what was typed.
#[derive(Default)]
struct Shown<'a> {
    /// Blank lines below the others.
    more: usize,
    preview: Option<&'a InstalmentEvaluation>,
    fault: Option<&'a Fault>,
    /// What was pasted and not read, and why.
    pasted: Option<(&'a str, Option<String>)>,
}

fn render(visit: &Visit, rules: &InstalmentTable, typed: &Typed, shown: &Shown<'_>) -> Response {
    let t = visit.t();
    let Shown { more, preview, fault, ref pasted } = *shown;
    // Somebody wrote a version meanwhile: that was told, so what is saved next follows it.
    let changed = fault.is_some_and(|fault| fault.status == 412);
    let version = typed.version.filter(|_| !changed).unwrap_or(rules.version);
    let blank = std::iter::repeat_n(TypedLine::blank(), if typed.lines.is_empty() { LINES_ADDED } else { more });
    let lines: Vec<TypedLine> = typed.lines.iter().cloned().chain(blank).collect();
    let lines = lines.iter().enumerate().map(|(row, line)| line_fields(t, rules, row, line, fault)).collect::<Vec<_>>();
    let all = at(fault, "/lines").map(|words| note(Tone::No, words, String::new(), None));
    let begins = field("begins_on", t.s("inst-begins")).kind("date").value(typed.begins_on.clone());
    let main = view! {
        {crumb("/instalments", t.s("nav-instalments"), t.s("inst-add"))}{page_head(t.s("inst-add"), Some(law(t, &rules.law)), ())}
        <div class="stack">{preview.map(|answer| why::answer(visit, rules, answer))}
            <form class="stack" method="post" action="/instalments">{refused(visit, fault)}{all}{hidden("version", version.to_string())}
                {card("lines", t.s("inst-lines"), None, view! { <p class="body small soft">{t.s("inst-lines-what")}</p><ol class="lines">{lines}</ol> })}
                <section class="card" aria-label=t.s("inst-begins")><div class="body stack"><div class="num-short">{begins.hint(t.s("inst-begins-hint")).error(at(fault, "/begins_at")).view()}</div>
                    <div class="row"><button class="btn" name="act" value="preview">{icon(icon::PLAY)}{t.s("inst-preview")}</button>
                        <button class="btn" name="act" value="add">{icon(icon::PLUS)}{t.f("inst-more-lines", [("n", u32::try_from(LINES_ADDED).unwrap_or(5).into())])}</button>
                        <a class="btn plain end" href="/instalments">{t.s("cancel")}</a><button class="btn go" name="act" value="save">{t.s("save")}</button></div></div></section>
                {paste_part(t, pasted.as_ref())}</form></div>
    };
    shell::page_with_status(visit, status_of(fault), Nav::Instalments, &t.s("inst-add"), main.into_any())
}

/// A place for lines of a spreadsheet, folded away until it is wanted. Last in the form: Enter in a field presses the
/// form's first button.
fn paste_part(t: Locale, pasted: Option<&(&str, Option<String>)>) -> AnyView {
    let (text, error) = pasted.map_or(("", None), |(text, error)| (*text, error.clone()));
    let open = error.is_some();
    let invalid = open.then_some("true");
    let error = error.map(|error| view! { <p class="err" id="pasted-e">{icon(icon::CROSS)}{error}</p> }.into_any());
    let columns = [
        "routing-instalments",
        "routing-programme",
        "inst-cards",
        "inst-account",
        "inst-offer-rate",
        "inst-payer-share",
        "inst-bank-rate",
        "inst-amount-min",
        "inst-extra",
        "inst-blocked-days",
    ];
    let columns = columns.map(|key| t.s(key)).join(" · ");
    view! {
        <section class="card" aria-label=t.s("inst-paste")><details class="body" open=open><summary class="small">{t.s("inst-paste")}</summary>
            <div class="stack"><div class="field"><label for="pasted">{t.s("inst-paste-here")}</label>
                <textarea id="pasted" name=PASTED rows="6" maxlength=paste::CHARACTERS_MAX.to_string() spellcheck="false" aria-invalid=invalid aria-describedby="pasted-h">{text.to_owned()}</textarea>
                {error}<p class="hint" id="pasted-h">{t.f("inst-paste-columns-are", [("columns", columns.into())])}</p></div>
                <div class="row"><button class="btn" name="act" value="paste">{icon(icon::PLUS)}{t.s("inst-paste-take")}</button></div></div></details></section>
    }
    .into_any()
}

/// One line. Names come once per line, ids carry its number.
fn line_fields(t: Locale, rules: &InstalmentTable, row: usize, line: &TypedLine, fault: Option<&Fault>) -> AnyView {
    let error = |name: &str| at(fault, &format!("/lines/{row}/{name}"));
    let mut programmes = vec![(String::new(), t.s("inst-every-card"))];
    programmes.extend(rules.choices.programmes.iter().map(|name| (name.clone(), name.clone())));
    let mut accounts = vec![(String::new(), t.s("inst-any-account"))];
    accounts.extend(rules.choices.accounts.iter().map(|known| (known.account.id.clone(), known.account.name.clone())));
    let cards = vec![
        (String::new(), t.s("routing-any")),
        ("false".to_owned(), t.s("routing-personal")),
        ("true".to_owned(), t.s("routing-company")),
    ];
    let label = t.f("inst-line-n", [("n", u32::try_from(row + 1).unwrap_or(u32::MAX).into())]);
    let one = Line { row };
    view! {
        <li><div class="line" role="group" aria-label=label>
            {one.input("n", t.s("routing-instalments"), &line.instalments, "numeric", error("instalments"))}
            {one.select("prog", t.s("routing-programme"), programmes, &line.programme, error("programme"))}
            {one.select("cards", t.s("inst-cards"), cards, &line.cards, None)}
            {one.select("acc", t.s("inst-account"), accounts, &line.account, error("pos_account"))}
            {one.input("offer", t.s("inst-offer-rate"), &line.offer_rate, "decimal", error("offer_rate"))}
            {one.input("share", t.s("inst-payer-share"), &line.payer_share, "decimal", error("payer_share"))}
            {one.input("bank", t.s("inst-bank-rate"), &line.bank_rate, "decimal", error("bank_rate"))}
            {one.input("min", t.s("inst-amount-min"), &line.amount_min, "decimal", error("amount_min"))}
            {one.input("extra", t.s("inst-extra"), &line.extra, "numeric", error("extra"))}
            {one.input("days", t.s("inst-blocked-days"), &line.blocked_days, "numeric", error("blocked_days"))}
        </div></li>
    }
    .into_any()
}

/// The controls of one line.
struct Line {
    row: usize,
}

impl Line {
    fn input(
        &self,
        name: &'static str,
        label: String,
        value: &str,
        mode: &'static str,
        error: Option<String>,
    ) -> AnyView {
        let id = format!("{name}-{}", self.row);
        let invalid = error.is_some().then_some("true");
        let described = error.is_some().then(|| format!("{id}-e"));
        view! {
            <div class="field"><label for=id.clone()>{label}</label>
                <input id=id.clone() name=name value=value.to_owned() inputmode=mode autocomplete="off" aria-invalid=invalid aria-describedby=described />{below(&id, error)}</div>
        }
        .into_any()
    }

    fn select(
        &self,
        name: &'static str,
        label: String,
        options: Vec<(String, String)>,
        chosen: &str,
        error: Option<String>,
    ) -> AnyView {
        let id = format!("{name}-{}", self.row);
        let options = options
            .into_iter()
            .map(|(value, words)| {
                let selected = value == chosen;
                view! { <option value=value selected=selected>{words}</option> }.into_any()
            })
            .collect::<Vec<_>>();
        let invalid = error.is_some().then_some("true");
        let described = error.is_some().then(|| format!("{id}-e"));
        view! {
            <div class="field"><label for=id.clone()>{label}</label>
                <select id=id.clone() name=name aria-invalid=invalid aria-describedby=described>{options}</select>{below(&id, error)}</div>
        }
        .into_any()
    }
}

fn below(id: &str, error: Option<String>) -> Option<AnyView> {
    error.map(|error| view! { <p class="err" id=format!("{id}-e")>{icon(icon::CROSS)}{error}</p> }.into_any())
}
