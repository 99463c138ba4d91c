//! A version in the shadow: beginning and ending it, and what it did otherwise.

use leptos::prelude::*;
use vezne_api::{PluginShadowDifference, PluginShadowRun, PluginState, PluginVersion};

use super::plugin_run;
use crate::{
    api::segment,
    part::{field::hidden, surface::facts},
    text::Locale,
    visit::Visit,
};

/// The button that begins or ends it; one that serves is in nobody's shadow.
pub(super) fn form(t: Locale, id: &str, v: &PluginVersion) -> Option<AnyView> {
    let (act, words) = match v.state {
        PluginState::Shadow => ("shadow-end", "plugin-shadow-end"),
        PluginState::Staged | PluginState::Draining | PluginState::Retired => ("shadow", "plugin-shadow-begin"),
        PluginState::Canary | PluginState::Active | PluginState::Revoked => return None,
    };
    let action = format!("/plugins/{}", segment(id));
    Some(
        view! {
            <form class="stack tight" method="post" action=action>{hidden("digest", &v.digest)}{hidden("act", act)}
                <p class="soft small">{t.s("plugin-shadow-what")}</p><div class="row"><button class="btn">{t.s(words)}</button></div></form>
        }
        .into_any(),
    )
}

/// Counts and the last differences, while a version is in the shadow.
pub(super) fn results(visit: &Visit, id: &str, v: &PluginVersion) -> Option<AnyView> {
    let (t, shadow) = (visit.t(), v.shadow.as_ref()?);
    let number = |word: &str, number: i64| (t.s(word), number.to_string().into_any());
    let counts = facts(vec![
        number("plugin-shadow-runs", shadow.played),
        number("plugin-shadow-differing", shadow.differing),
        number("plugin-shadow-failed", shadow.failed),
        number("plugin-shadow-skipped", shadow.skipped),
    ]);
    let nothing = shadow.played + shadow.failed + shadow.skipped == 0;
    let nothing = nothing.then(|| view! { <p class="soft small">{t.s("plugin-shadow-none")}</p> }.into_any());
    let runs = shadow.last.iter().map(|run| differing(visit, id, run)).collect::<Vec<_>>();
    Some(
        view! { <div class="stack tight"><h3>{t.s("plugin-shadow-counts")}</h3>{nothing}{counts}{runs}</div> }
            .into_any(),
    )
}

fn differing(visit: &Visit, id: &str, run: &PluginShadowRun) -> AnyView {
    let t = visit.t();
    let title = format!("{} · {}", plugin_run::function(t, &run.function), visit.date_time(&run.at));
    let count = format!(" · {}: {}", t.s("plugin-shadow-differences"), run.differences.len());
    let places = run.differences.iter().map(|d| difference(t, d)).collect::<Vec<_>>();
    view! {
        <details><summary class="small">{title}{count}</summary>
            <div class="stack tight"><p class="small"><a class="mono wrap" href=plugin_run::address(id, &run.run)>{run.run.clone()}</a></p>{places}</div></details>
    }
    .into_any()
}

fn difference(t: Locale, d: &PluginShadowDifference) -> AnyView {
    let place = if d.turn > 0 { format!("{}. {}", d.turn, d.place) } else { d.place.clone() };
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    view! {
        <div><p class="mono small wrap">{place}</p>
            <p class="soft small">{t.s("plugin-shadow-recorded")}</p><pre class="mono small wrap" tabindex="0">{shown(&d.recorded)}</pre>
            <p class="soft small">{t.s("plugin-shadow-played")}</p><pre class="mono small wrap" tabindex="0">{shown(&d.played)}</pre></div>
    }
    .into_any()
}
