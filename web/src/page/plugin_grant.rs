//! What a version asks for beside what is allowed, what is new marked.

use leptos::prelude::*;
use vezne_api::{PluginCapability, PluginGrant, PluginVersion};

use crate::{
    part::{
        surface::{Tone, pill},
        table::{Cell, cell, col, head, table},
    },
    text::Locale,
};

/// Grants and capabilities, folded away unless something is new.
pub fn table_of(t: Locale, v: &PluginVersion) -> Option<AnyView> {
    if v.grants.is_empty() && v.capabilities.is_empty() {
        return None;
    }
    let fresh = |c: &PluginCapability| c.here && c.active == Some(false);
    let open = v.grants.iter().any(|g| g.new) || v.capabilities.iter().any(fresh);
    let cols = vec![col(t.s("grant")), col(t.s("grant-asked")), col(t.s("grant-allowed"))];
    let mut rows: Vec<Vec<Cell>> = v.grants.iter().map(|g| grant(t, g)).collect();
    rows.extend(v.capabilities.iter().map(|c| capability(t, c)));
    Some(
        view! {
            <details open=open><summary class="small">{t.s("grants-title")}</summary>
                <div class="card">{table(&t.s("grants-title"), false, cols, rows)}</div></details>
        }
        .into_any(),
    )
}

fn grant(t: Locale, g: &PluginGrant) -> Vec<Cell> {
    let what = t.maybe(&format!("grant-kind-{}", g.kind.replace('_', "-"))).unwrap_or_else(|| g.kind.clone());
    let marked = g.new.then(|| pill(Tone::Doubt, t.s("grant-new")));
    let name = g.name.clone();
    let value = |value: Option<&String>| match value {
        None => t.s("none"),
        Some(value) if value.is_empty() => t.s("yes"),
        Some(value) => value.clone(),
    };
    vec![
        head(view! { {what}" "{marked}<small class="mono">{name}</small> }),
        cell(value(g.asked.as_ref())).class("mono small").label(t.s("grant-asked")),
        cell(value(g.granted.as_ref())).class("mono small").label(t.s("grant-allowed")),
    ]
}

fn capability(t: Locale, c: &PluginCapability) -> Vec<Cell> {
    let marked = (c.here && c.active == Some(false)).then(|| pill(Tone::Doubt, t.s("grant-new")));
    let can = |can: bool| if can { t.s("yes") } else { t.s("none") };
    vec![
        head(view! { {t.s("grant-kind-capability")}" "{marked}<small class="mono">{c.name.clone()}</small> }),
        cell(can(c.here)).class("small").label(t.s("grant-asked")),
        cell(c.active.map_or_else(|| t.s("none"), can)).class("small").label(t.s("grant-allowed")),
    ]
}
