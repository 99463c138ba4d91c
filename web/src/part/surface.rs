//! Surfaces: cards, notes, empty states, facts, headings.

use leptos::prelude::*;

use super::icon::{BACK, CHECK, CLOCK, CROSS, DOUBT, INFO, SEARCH, icon};
use crate::{api::Fault, text::Locale};

/// What a colour and an icon say together, never the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Approved.
    Ok,
    /// Declined, wrong.
    No,
    /// The outcome is not known.
    Doubt,
    /// Given back.
    Back,
    /// Waits.
    Wait,
}

impl Tone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Doubt => "doubt",
            Self::Back => "back",
            Self::Wait => "wait",
        }
    }

    /// Its icon.
    pub fn path(self) -> &'static str {
        match self {
            Self::Ok => CHECK,
            Self::No => CROSS,
            Self::Doubt => DOUBT,
            Self::Back => BACK,
            Self::Wait => CLOCK,
        }
    }
}

/// A pill with icon and word.
pub fn pill(tone: Tone, word: impl Into<String>) -> AnyView {
    view! { <span class=format!("state {}", tone.class())>{icon(tone.path())}{word.into()}</span> }.into_any()
}

/// A strip with a bold sentence, more words and perhaps a button.
pub fn note(tone: Tone, bold: impl Into<String>, more: impl Into<String>, action: Option<AnyView>) -> AnyView {
    let path = if tone == Tone::Wait { INFO } else { tone.path() };
    let role = (tone == Tone::No).then_some("alert");
    view! {
        <div class=format!("note {}", tone.class()) role=role>
            {icon(path)}<p><b>{bold.into()}</b>" "{more.into()}</p>{action}
        </div>
    }
    .into_any()
}

/// A card with a heading.
pub fn card(id: &'static str, title: impl Into<String>, action: Option<AnyView>, body: impl IntoAny) -> AnyView {
    view! {
        <section class="card" aria-labelledby=id>
            <header><h2 id=id>{title.into()}</h2>{action}</header>{body.into_any()}
        </section>
    }
    .into_any()
}

/// Pairs of a word and a value.
pub fn facts(pairs: Vec<(String, AnyView)>) -> AnyView {
    let pairs =
        pairs.into_iter().map(|(word, value)| view! { <dt>{word}</dt><dd>{value}</dd> }.into_any()).collect::<Vec<_>>();
    view! { <dl class="facts">{pairs}</dl> }.into_any()
}

/// The heading of a page with what stands at its right.
pub fn page_head(title: impl Into<String>, below: Option<String>, actions: impl IntoAny) -> AnyView {
    let below = below.map(|below| view! { <p class="soft small">{below}</p> }.into_any());
    view! { <div class="head"><div><h1>{title.into()}</h1>{below}</div>{actions.into_any()}</div> }.into_any()
}

/// A way back above a heading.
pub fn crumb(href: &'static str, up: impl Into<String>, here: impl Into<String>) -> AnyView {
    view! { <p class="crumb"><a href=href>{up.into()}</a>{format!(" › {}", here.into())}</p> }.into_any()
}

/// A list that has nothing yet: says what will stand here and how to begin.
pub fn empty_first(
    path: &'static str,
    title: impl Into<String>,
    what: impl Into<String>,
    action: Option<AnyView>,
) -> AnyView {
    empty(path, title.into(), what.into(), action)
}

/// A list whose filters let nothing through: says which, and takes them away.
pub fn empty_filtered(t: Locale, filters: String, clear: &'static str) -> AnyView {
    let action = view! { <a class="btn" href=clear>{t.s("filter-clear-all")}</a> }.into_any();
    empty(SEARCH, t.s("empty-filtered"), filters, Some(action))
}

fn empty(path: &'static str, title: String, what: String, action: Option<AnyView>) -> AnyView {
    let action = action.map(|action| view! { <div class="row">{action}</div> }.into_any());
    view! { <div class="empty">{icon(path)}<h2>{title}</h2><p class="soft">{what}</p>{action}</div> }.into_any()
}

/// A page or list that could not be read: what is safe, the request number, and a way to try again.
pub fn trouble(t: Locale, fault: &Fault, retry: String) -> AnyView {
    let (title, what) = match fault.status {
        403 => (t.s("trouble-forbidden"), t.s("trouble-forbidden-what")),
        404 => (t.s("trouble-not-found"), t.s("trouble-not-found-what")),
        429 => (t.s("trouble-too-many"), t.s("trouble-too-many-what")),
        _ => (t.s("trouble-title"), t.s("trouble-what")),
    };
    let detail =
        fault.detail.clone().filter(|_| (400..500).contains(&fault.status) && !matches!(fault.status, 403 | 404 | 429));
    let request = fault.request_id.clone().map(|id| {
        view! { <p class="soft small">{t.s("trouble-request")}" "<span class="mono">{id}</span></p> }.into_any()
    });
    view! {
        <div class="empty" role="alert">{icon(INFO)}<h1>{title}</h1><p class="soft">{what}</p>
            {detail.map(|d| view! { <p>{d}</p> }.into_any())}{request}
            <div class="row"><a class="btn" href=retry>{t.s("trouble-retry")}</a><a class="btn plain" href="/">{t.s("nav-home")}</a></div></div>
    }
    .into_any()
}
