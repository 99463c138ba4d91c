//! The settings form of a POS account, drawn from the plugin's manifest: groups, help, defaults of the bank, and
//! secrets that are written and never shown.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use vezne_api::{Plugin, PosAccount, SecretState};

use crate::{
    api::Fault,
    page::{dealer::at, plugin::translated},
    part::{
        field::{choice, field},
        icon::{CROSS, icon},
    },
    text::Locale,
    visit::{Sent, Visit},
};

/// What the form is drawn from: the manifest, what is stored, what was typed, what was wrong with it.
pub struct Settings<'a> {
    /// The plugin.
    pub plugin: &'a Plugin,
    /// The account; absent for a new one.
    pub account: Option<&'a PosAccount>,
    /// What was typed before the form came back.
    pub sent: &'a Sent,
    /// Why it came back.
    pub fault: Option<&'a Fault>,
    /// The bank whose defaults hold.
    pub bank: &'a str,
}

/// All fields of the form.
pub fn fields(visit: &Visit, s: &Settings<'_>) -> AnyView {
    let t = visit.t();
    let name =
        s.sent.some("name").or_else(|| s.account.map(|a| a.name.clone())).or_else(|| bank_name(s)).unwrap_or_default();
    let environment = s.account.is_none().then(|| {
        let environments =
            vec![("test".to_owned(), t.s("environment-test")), ("live".to_owned(), t.s("environment-live"))];
        choice("environment", t.s("environment"), environments, s.sent.get("environment"), at(s.fault, "/environment"))
    });
    let mut models: Vec<(String, String)> = s.plugin.models.iter().map(|m| (m.clone(), m.clone())).collect();
    models.push(("none".to_owned(), t.s("three-d-none")));
    let model = s.sent.some("three_d_model").or_else(|| s.account.map(|a| a.three_d_model.clone())).unwrap_or_default();
    view! {
        {field("name", t.s("pos-name")).value(name).error(at(s.fault, "/name")).required().view()}
        <div class="grid2">{environment}{choice("three_d_model", t.s("three-d-models"), models, &model, at(s.fault, "/three_d_model"))}
            {required(t, s)}{day_end(t, s)}{returns_commission(t, s)}{sub_dealers(t, s)}</div>
        {groups(t, s)}{secrets(visit, s)}{endpoints(visit, s)}
    }
    .into_any()
}

/// Whether no card is charged here without its holder.
fn required(t: Locale, s: &Settings<'_>) -> AnyView {
    let stored = s.account.is_some_and(|a| a.three_d_required);
    check("three_d_required", s, stored, t.s("three-d-required"), t.s("three-d-required-what"))
}

/// Whether the bank returns its commission with a refund.
fn returns_commission(t: Locale, s: &Settings<'_>) -> AnyView {
    let stored = s.account.is_some_and(|a| a.returns_commission);
    check("returns_commission", s, stored, t.s("returns-commission"), t.s("returns-commission-what"))
}

/// Whether the bank is told for which sub-dealer is sold; only a connector that can say it is asked.
fn sub_dealers(t: Locale, s: &Settings<'_>) -> Option<AnyView> {
    let can = s.plugin.capabilities.iter().any(|capability| capability == "sub-dealer-identity");
    let stored = s.account.is_some_and(|a| a.sub_dealers);
    can.then(|| check("sub_dealers", s, stored, t.s("tell-sub-dealer"), t.s("tell-sub-dealer-what")))
}

/// A box to tick. One that is not ticked sends nothing, so a form that came back says how it was left.
fn check(name: &'static str, s: &Settings<'_>, stored: bool, label: String, help: String) -> AnyView {
    let was_sent = s.sent.some("name").is_some();
    let ticked = if was_sent { s.sent.get(name) == "true" } else { stored };
    let error = at(s.fault, &format!("/{name}"));
    let invalid = error.is_some().then_some("true");
    let described = if error.is_some() { format!("{name}-e") } else { format!("{name}-h") };
    let error = error.map(|e| view! { <p class="err" id=format!("{name}-e")>{icon(CROSS)}{e}</p> }.into_any());
    view! {
        <div class="field"><label class="check"><input type="checkbox" id=name name=name value="true" checked=ticked
            aria-invalid=invalid aria-describedby=described /><span>{label}</span></label>
            <p class="hint" id=format!("{name}-h")>{help}</p>{error}</div>
    }
    .into_any()
}

/// When the bank closes its day; what the plugin states of it is filled in for a new account.
fn day_end(t: Locale, s: &Settings<'_>) -> AnyView {
    let stated = s.plugin.banks.iter().find(|b| b.id == s.bank).and_then(|b| b.day_end.clone());
    let stored = match s.account {
        Some(account) => account.day_end.clone(),
        None => stated.clone(),
    };
    let value =
        if s.sent.some("name").is_some() { s.sent.get("day_end").to_owned() } else { stored.unwrap_or_default() };
    let hint = match stated {
        Some(time) => t.f("day-end-default", [("time", time.into())]),
        None => t.s("day-end-what"),
    };
    field("day_end", t.s("day-end")).kind("time").value(value).hint(hint).error(at(s.fault, "/day_end")).view()
}

fn bank_name(s: &Settings<'_>) -> Option<String> {
    s.plugin.banks.iter().find(|b| b.id == s.bank).map(|b| b.name.clone())
}

/// The properties of the manifest's schema, in their groups, in the order the schema gives.
fn groups(t: Locale, s: &Settings<'_>) -> Vec<AnyView> {
    let Some(properties) = s.plugin.config.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let required: Vec<&str> = s
        .plugin
        .config
        .get("required")
        .and_then(Value::as_array)
        .map(|r| r.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut groups: Vec<(String, Vec<AnyView>)> = Vec::new();
    let mut ordered: Vec<(&String, &Value)> = properties.iter().collect();
    ordered.sort_by_key(|(_, schema)| schema.get("x-order").and_then(Value::as_i64).unwrap_or(i64::MAX));
    for (name, schema) in ordered {
        let group = words(t, schema.get("x-group")).unwrap_or_default();
        let one = setting(t, s, name, schema, required.contains(&name.as_str()));
        match groups.iter_mut().find(|(g, _)| *g == group) {
            Some((_, fields)) => fields.push(one),
            None => groups.push((group, vec![one])),
        }
    }
    groups
        .into_iter()
        .map(|(group, fields)| {
            let legend = if group.is_empty() { t.s("settings-general") } else { t.maybe(&format!("settings-group-{group}")).unwrap_or(group) };
            view! { <fieldset class="stack"><legend><b>{legend}</b></legend><div class="grid2">{fields}</div></fieldset> }.into_any()
        })
        .collect()
}

/// Text of a manifest: plain, or by language.
fn words(t: Locale, value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Object(by_language) => {
            [t.code(), "tr", "en"].iter().find_map(|l| by_language.get(*l)?.as_str().map(str::to_owned))
        }
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a setting holds now: typed, stored, the bank's, the schema's default.
fn current(s: &Settings<'_>, name: &str, schema: &Value) -> String {
    let typed = s.sent.some(&format!("config.{name}"));
    let bank = || s.plugin.banks.iter().find(|b| b.id == s.bank).and_then(|b| b.config.get(name));
    typed
        .or_else(|| s.account.and_then(|a| a.config.get(name)).cloned())
        .or_else(|| s.account.is_none().then(bank).flatten().cloned())
        .or_else(|| s.account.is_none().then(|| schema.get("default")).flatten().map(text_of))
        .unwrap_or_default()
}

fn setting(t: Locale, s: &Settings<'_>, name: &str, schema: &Value, required: bool) -> AnyView {
    let id = format!("config.{name}");
    let label =
        words(t, schema.get("title")).or_else(|| words(t, schema.get("x-label"))).unwrap_or_else(|| name.to_owned());
    let help = words(t, schema.get("x-help")).or_else(|| words(t, schema.get("description")));
    let error = at(s.fault, &format!("/config/{name}"));
    let value = current(s, name, schema);
    let condition = schema.get("x-show-if").and_then(Value::as_object).filter(|condition| !condition.is_empty());
    let shown_if = condition.map(|condition| Value::Object(condition.clone()).to_string());
    // Without script such a field stands there whatever was chosen above it, so a browser must not insist on it.
    let control = control(t, &id, schema, &value, required && condition.is_none(), error.is_some());
    let only = condition
        .map(|condition| view! { <p class="hint" data-condition="">{only_if(t, s, condition)}</p> }.into_any());
    let help = help.map(|h| view! { <p class="hint" id=format!("{id}-h")>{h}</p> }.into_any());
    let error = error.map(|e| view! { <p class="err" id=format!("{id}-e")>{icon(CROSS)}{e}</p> }.into_any());
    if schema.get("type").and_then(Value::as_str) == Some("boolean") {
        return view! { <div class="field" data-show-if=shown_if><label class="check">{control}<span>{label}</span></label>{help}{only}{error}</div> }.into_any();
    }
    view! { <div class="field" data-show-if=shown_if><label for=id>{label}</label>{control}{help}{only}{error}</div> }
        .into_any()
}

/// In words, when a setting counts: the script hides it otherwise and the words with it.
fn only_if(t: Locale, s: &Settings<'_>, condition: &serde_json::Map<String, Value>) -> String {
    let schemas = s.plugin.config.get("properties");
    let one = |(name, wanted): (&String, &Value)| {
        let schema = schemas.and_then(|all| all.get(name));
        let title = words(t, schema.and_then(|schema| schema.get("title"))).unwrap_or_else(|| name.clone());
        let wanted = text_of(wanted);
        let label = schema.and_then(|schema| schema.get("x-labels")).and_then(|labels| labels.get(&wanted));
        let label = words(t, label).unwrap_or(match wanted.as_str() {
            "true" => t.s("yes"),
            "false" => t.s("no"),
            _ => wanted,
        });
        format!("{title}: {label}")
    };
    t.f("setting-only-if", [("condition", condition.iter().map(one).collect::<Vec<_>>().join(" · ").into())])
}

fn control(t: Locale, id: &str, schema: &Value, value: &str, required: bool, wrong: bool) -> AnyView {
    let invalid = wrong.then_some("true");
    let id = id.to_owned();
    let options = schema.get("enum").and_then(Value::as_array);
    match (options, schema.get("type").and_then(Value::as_str)) {
        (Some(options), _) => {
            let options = options
                .iter()
                .map(|o| {
                    let o = text_of(o);
                    let label = words(t, schema.get("x-labels").and_then(|l| l.get(&o))).unwrap_or_else(|| o.clone());
                    let chosen = o == value;
                    view! { <option value=o selected=chosen>{label}</option> }.into_any()
                })
                .collect::<Vec<_>>();
            view! { <select id=id.clone() name=id aria-invalid=invalid>{options}</select> }.into_any()
        }
        (_, Some("boolean")) => {
            view! { <input type="checkbox" id=id.clone() name=id value="true" checked=value == "true" /> }.into_any()
        }
        (_, kind) => {
            let mode = matches!(kind, Some("integer" | "number")).then_some("numeric");
            view! { <input id=id.clone() name=id value=value.to_owned() inputmode=mode required=required aria-invalid=invalid autocomplete="off" /> }.into_any()
        }
    }
}

/// Secrets: an empty field keeps what is set.
fn secrets(visit: &Visit, s: &Settings<'_>) -> Option<AnyView> {
    if s.plugin.secrets.is_empty() {
        return None;
    }
    let t = visit.t();
    let fields = s
        .plugin
        .secrets
        .iter()
        .map(|secret| {
            let id = format!("secret.{}", secret.name);
            let state = s.account.and_then(|a| a.secrets.iter().find(|x| x.name == secret.name)).filter(|x| x.set);
            let hint = match state {
                Some(x) => t.f("secret-set", [("time", x.updated_at.as_deref().map_or_else(String::new, |at| visit.date_time(at)).into())]),
                None => t.s("secret-unset"),
            };
            let needed = secret.required && state.is_none();
            let error = at(s.fault, &format!("/secrets/{}", secret.name)).map(|e| view! { <p class="err">{icon(CROSS)}{e}</p> }.into_any());
            view! {
                <div class="field"><label for=id.clone()>{translated(t, &secret.label, &secret.name)}</label>
                    <input id=id.clone() name=id type="password" autocomplete="new-password" required=needed /><p class="hint">{hint}</p>{error}{state.map(|x| turns(visit, x))}</div>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    Some(view! { <fieldset class="stack"><legend><b>{t.s("secrets")}</b></legend><div class="grid2">{fields}</div></fieldset> }.into_any())
}

/// What else can be done with a secret that is set: what is typed may wait, what waits may be taken, and back.
fn turns(visit: &Visit, state: &SecretState) -> AnyView {
    let t = visit.t();
    let turn = |act: &str, words: String| {
        let name = format!("secret-{act}.{}", state.name);
        view! { <label class="check"><input type="checkbox" name=name value="yes" /><span class="small">{words}</span></label> }
            .into_any()
    };
    let at = |at: &str| visit.date_time(at);
    let take = state.next_at.as_deref().map(|time| turn("take", t.f("secret-take", [("time", at(time).into())])));
    let back = state.previous_at.as_deref().map(|time| turn("back", t.f("secret-back", [("time", at(time).into())])));
    view! { <div class="stack tight">{turn("wait", t.s("secret-wait"))}{take}{back}</div> }.into_any()
}

/// The names of the secrets whose box of this kind is ticked.
pub fn secrets_ticked(sent: &Sent, act: &str) -> Vec<String> {
    let prefix = format!("secret-{act}.");
    sent.with_prefix(&prefix).filter(|(_, ticked)| *ticked == "yes").map(|(name, _)| name.to_owned()).collect()
}

/// Addresses that differ from the manifest's: for the sandbox, so folded away.
fn endpoints(visit: &Visit, s: &Settings<'_>) -> Option<AnyView> {
    let test = visit.me().is_some_and(|me| !me.livemode);
    if !test || s.plugin.endpoints.is_empty() {
        return None;
    }
    let t = visit.t();
    let fields = s
        .plugin
        .endpoints
        .iter()
        .map(|e| {
            let id = format!("endpoint.{}", e.name);
            let value = s.sent.some(&id).or_else(|| s.account.and_then(|a| a.endpoints.get(&e.name).cloned())).unwrap_or_default();
            let example = e.urls.get("test").cloned();
            let error = at(s.fault, &format!("/endpoints/{}", e.name)).map(|e| view! { <p class="err">{icon(CROSS)}{e}</p> }.into_any());
            view! {
                <div class="field"><label for=id.clone()>{e.name.clone()}</label>
                    <input id=id.clone() name=id type="url" value=value placeholder=example autocomplete="off" />{error}</div>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    Some(view! { <details><summary>{t.s("endpoints")}</summary><p class="hint">{t.s("endpoints-what")}</p><div class="grid2">{fields}</div></details> }.into_any())
}

/// The settings that were filled in, as text; the API reads them by the schema and says what is wrong. A box that is
/// not ticked sends nothing, which is a no.
pub fn config(plugin: &Plugin, sent: &Sent) -> BTreeMap<String, String> {
    let Some(properties) = plugin.config.get("properties").and_then(Value::as_object) else { return BTreeMap::new() };
    properties
        .iter()
        .filter_map(|(name, schema)| {
            let typed = sent.get(&format!("config.{name}"));
            let value = match schema.get("type").and_then(Value::as_str) {
                Some("boolean") => (typed == "true").to_string(),
                _ if typed.is_empty() => return None,
                _ => typed.to_owned(),
            };
            Some((name.clone(), value))
        })
        .collect()
}
