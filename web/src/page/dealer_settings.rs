//! What holds for a dealer and whose setting it is, and the form that sets what the dealer's own are.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{
    Dealer, DealerKind, DealerSettings, DealerUpdate, EffectiveSetting, EffectiveSettings, FieldError, Permission,
};

use crate::{
    api::{Fault, segment},
    format,
    page::{
        dealer::{self, at, refused},
        instalment::sector_word,
    },
    part::{
        field::{choice, field, hidden},
        icon::{self, icon},
        surface::{Tone, card, note, pill},
        table::{cell, col, head, table},
    },
    text::Locale,
    visit::{Sent, Visit},
};

/// Before the programme in the name of its field.
const PROGRAMME: &str = "programme_max:";

/// `POST /dealers/{id}/settings`
pub async fn save(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let id = segment(&id);
    // The version the form was drawn from: somebody else's change in between is not overwritten.
    let version = sent.get("version").parse().unwrap_or_default();
    let changed = match asked(visit.t(), &sent) {
        Err(fault) => Err(fault),
        Ok(settings) => {
            let update = DealerUpdate { settings: Some(settings) };
            visit.patch::<_, Dealer>(&format!("/v1/dealers/{id}"), version, &update).await
        }
    };
    match changed {
        Ok(_) => Ok(Redirect::to(&format!("/dealers/{id}?saved=1")).into_response()),
        Err(fault) if fault.is_about_input() => dealer::render_one(&visit, &id, Some((&sent, &fault))).await,
        Err(fault) => Err(fault),
    }
}

/// What the form asks of the API; what cannot be read is told beside its field.
fn asked(t: Locale, sent: &Sent) -> Result<DealerSettings, Fault> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, detail: String| {
        errors.push(FieldError { pointer, code: "malformed".to_owned(), detail });
    };
    let mut amount = |name: &str| {
        let typed = sent.get(name);
        let read = format::parse_amount(typed);
        if read.is_none() && !typed.is_empty() {
            wrong(format!("/settings/{name}"), t.s("error-amount"));
        }
        read
    };
    let (amount_min, amount_max) = (amount("amount_min"), amount("amount_max"));
    let mut count = |typed: &str, pointer: String| {
        let read = typed.parse().ok();
        if read.is_none() && !typed.is_empty() {
            wrong(pointer, t.s("routing-error-count"));
        }
        read
    };
    let instalments_max = count(sent.get("instalments_max"), "/settings/instalments_max".to_owned());
    let programme_instalments_max = sent
        .with_prefix(PROGRAMME)
        .filter_map(|(programme, typed)| {
            let pointer = format!("/settings/programme_instalments_max/{programme}");
            Some((programme.to_owned(), count(typed, pointer)?))
        })
        .collect();
    if !errors.is_empty() {
        return Err(Fault { status: 422, errors, ..Fault::default() });
    }
    let pos_share = sent.some("pos_share").map(|typed| typed.replace(',', "."));
    Ok(DealerSettings {
        instalments_max,
        programme_instalments_max,
        amount_min,
        amount_max,
        pos_share,
        sector: sent.some("sector"),
        sub_dealer_code: sent.some("sub_dealer_code"),
    })
}

/// The section of the dealer's page: what holds, and the form for those who may set it. `refused` is a form that came
/// back.
pub fn section(visit: &Visit, dealer: &Dealer, came_back: Option<(&Sent, &Fault)>) -> Option<AnyView> {
    let t = visit.t();
    let settings = dealer.settings.as_ref()?;
    let own_node = visit.me().is_some_and(|me| me.node.id == dealer.id);
    let is_firm = dealer.kind == DealerKind::Firm;
    let may = visit.may(Permission::PosAccountWrite) && (is_firm || !own_node);
    let saved = (visit.query("saved") == "1").then(|| note(Tone::Ok, t.s("saved"), t.s("terms-saved-what"), None));
    let form = may.then(|| form(visit, dealer, settings, came_back));
    let body = view! { <div class="body stack">{saved}<p class="small soft">{t.s("terms-what")}</p></div>{holds(t, settings)}{form} };
    Some(card("terms", t.s("terms"), None, body))
}

/// What holds, and whose setting it is.
fn holds(t: Locale, settings: &EffectiveSettings) -> AnyView {
    if settings.settings.is_empty() {
        return view! { <p class="body small soft">{t.s("terms-none")}</p> }.into_any();
    }
    let cols = vec![col(t.s("terms-setting")), col(t.s("terms-value")).class("n"), col(t.s("terms-from"))];
    let rows = settings
        .settings
        .iter()
        .map(|setting| {
            let whose = if setting.inherited {
                pill(Tone::Back, t.f("terms-inherited", [("name", setting.from.name.clone().into())]))
            } else {
                pill(Tone::Ok, t.s("terms-own"))
            };
            vec![head(setting_word(t, setting)), cell(value_word(t, setting)).class("n amt"), cell(whose).class("all")]
        })
        .collect();
    let most =
        |commercial: bool| settings.law.iter().find(|row| row.commercial == commercial).map(|row| row.instalments_max);
    let sector = settings.law.first().map(|row| sector_word(t, &row.sector)).unwrap_or_default();
    let law = t.f(
        "inst-law",
        [
            ("sector", sector.into()),
            ("personal", most(false).map(|n| n.to_string()).unwrap_or_default().into()),
            ("company", most(true).map(|n| n.to_string()).unwrap_or_default().into()),
        ],
    );
    view! { {table(&t.s("terms"), false, cols, rows)}<p class="body small soft">{law}</p> }.into_any()
}

fn setting_word(t: Locale, setting: &EffectiveSetting) -> String {
    match setting.name.as_str() {
        "instalments_max" => t.s("terms-instalments-max"),
        "programme_instalments_max" => {
            let programme = setting.programme.clone().unwrap_or_default();
            t.f("terms-programme-max", [("programme", programme.into())])
        }
        "amount_min" => t.s("terms-amount-min"),
        "amount_max" => t.s("terms-amount-max"),
        "pos_share" => t.s("terms-pos-share"),
        "sector" => t.s("terms-sector"),
        other => other.to_owned(),
    }
}

fn value_word(t: Locale, setting: &EffectiveSetting) -> String {
    match setting.name.as_str() {
        "amount_min" | "amount_max" => setting.value.parse().map_or_else(|_| setting.value.clone(), format::amount),
        "pos_share" => format::percent(&setting.value, t),
        "sector" => sector_word(t, &setting.value),
        _ => setting.value.clone(),
    }
}

/// The dealer's own settings as the fields show them.
struct Shown<'a> {
    own: &'a DealerSettings,
    came_back: Option<(&'a Sent, &'a Fault)>,
}

impl Shown<'_> {
    fn text(&self, name: &str, own: Option<String>) -> String {
        self.came_back.map_or_else(|| own.unwrap_or_default(), |(sent, _)| sent.get(name).to_owned())
    }

    fn fault(&self) -> Option<&Fault> {
        self.came_back.map(|(_, fault)| fault)
    }
}

fn form(visit: &Visit, dealer: &Dealer, settings: &EffectiveSettings, came_back: Option<(&Sent, &Fault)>) -> AnyView {
    let t = visit.t();
    let shown = Shown { own: &settings.own, came_back };
    let (own, fault) = (shown.own, shown.fault());
    // Somebody changed it meanwhile: that was told, so what is saved next follows it.
    let changed = fault.is_some_and(|fault| fault.status == 412);
    let version = came_back.map(|(sent, _)| sent.get("version").to_owned()).filter(|_| !changed);
    let version = version.unwrap_or_else(|| settings.version.to_string());
    let mut sectors = vec![(String::new(), t.s("terms-sector-inherited"))];
    sectors.extend(settings.choices.sectors.iter().map(|sector| (sector.clone(), sector_word(t, sector))));
    let most = shown.text("instalments_max", own.instalments_max.map(|n| n.to_string()));
    let min = shown.text("amount_min", own.amount_min.map(format::amount_input));
    let max = shown.text("amount_max", own.amount_max.map(format::amount_input));
    let share = shown.text("pos_share", own.pos_share.as_ref().map(|rate| rate.replace('.', ",")));
    let code = shown.text("sub_dealer_code", own.sub_dealer_code.clone());
    let code = (dealer.kind == DealerKind::Dealer).then(|| {
        field("sub_dealer_code", t.s("terms-bank-code"))
            .value(code)
            .max("15")
            .hint(t.s("terms-bank-code-hint"))
            .error(at(fault, "/settings/sub_dealer_code"))
            .view()
    });
    let share = (dealer.kind == DealerKind::Dealer).then(|| {
        field("pos_share", t.s("terms-pos-share"))
            .value(share)
            .mode("decimal")
            .unit("%")
            .hint(t.s("terms-pos-share-hint"))
            .error(at(fault, "/settings/pos_share"))
            .view()
    });
    view! {
        <form class="body stack" method="post" action=format!("/dealers/{}/settings", dealer.id)>
            <h3>{t.s("terms-set")}</h3><p class="small soft">{t.s("terms-set-what")}</p>{refused(visit, fault)}{hidden("version", version)}
            <div class="grid2 even">
                {field("instalments_max", t.s("terms-instalments-max")).value(most).mode("numeric").max("2").error(at(fault, "/settings/instalments_max")).view()}
                {choice("sector", t.s("terms-sector"), sectors, &shown.text("sector", own.sector.clone()), at(fault, "/settings/sector"))}
                {field("amount_min", t.s("terms-amount-min")).value(min).mode("decimal").error(at(fault, "/settings/amount_min")).view()}
                {field("amount_max", t.s("terms-amount-max")).value(max).mode("decimal").error(at(fault, "/settings/amount_max")).view()}
                {share}{code}
            </div>
            {programmes(t, settings, &shown)}
            <div class="row"><button class="btn go end">{t.s("save")}</button></div></form>
    }
    .into_any()
}

fn programmes(t: Locale, settings: &EffectiveSettings, shown: &Shown<'_>) -> AnyView {
    let fields = settings
        .choices
        .programmes
        .iter()
        .enumerate()
        .map(|(place, programme)| {
            let name = format!("{PROGRAMME}{programme}");
            let own = shown.own.programme_instalments_max.get(programme).map(ToString::to_string);
            let value = shown.text(&name, own);
            let error = at(shown.fault(), &format!("/settings/programme_instalments_max/{programme}"));
            let id = format!("programme-{place}");
            let invalid = error.is_some().then_some("true");
            let described = error.is_some().then(|| format!("{id}-e"));
            let below = error.map(|words| view! { <p class="err" id=format!("{id}-e")>{icon(icon::CROSS)}{words}</p> }.into_any());
            view! {
                <div class="field"><label for=id.clone()>{programme.clone()}</label>
                    <input id=id name=name value=value inputmode="numeric" maxlength="2" autocomplete="off" aria-invalid=invalid aria-describedby=described />{below}</div>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    let open = !shown.own.programme_instalments_max.is_empty() || shown.came_back.is_some();
    view! { <details open=open><summary>{t.s("terms-by-programme")}</summary><div class="grid3">{fields}</div></details> }
        .into_any()
}
