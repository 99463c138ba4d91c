//! Points of the card: a quiet step of the card's form. Its button sends the form to the host's `POST /pay/points`, which
//! asks the bank and comes back here with the answer and without the card; the script does that beside the form.

use leptos::prelude::*;

use super::{Model, field, view::error_of};
use crate::{
    format,
    part::field::{field as text_field, hidden},
    text::Locale,
    visit::Visit,
};

/// What was asked and typed before.
pub(super) struct Points {
    /// What the bank said that they are worth, minor units.
    available: Option<i64>,
    /// What shall be used of them.
    typed: String,
}

impl Points {
    pub(super) fn of(visit: &Visit) -> Self {
        let available = visit.query(field::POINTS_AVAILABLE).parse().ok().filter(|minor: &i64| *minor >= 0);
        Self { available, typed: visit.query(field::POINTS).to_owned() }
    }
}

/// What an Enter in one of the form's fields presses: a browser takes a form's first button, and that shall not be ours.
pub(super) fn pressed_by_enter(model: &Model) -> Option<AnyView> {
    model.points.as_ref()?;
    Some(view! { <button class="vh" tabindex="-1" aria-hidden="true"></button> }.into_any())
}

pub(super) fn part(t: Locale, model: &Model) -> Option<AnyView> {
    let points = model.points.as_ref()?;
    let error = error_of(t, model, field::POINTS);
    let open = points.available.is_some() || !points.typed.is_empty() || error.is_some();
    let told = points.available.map(|minor| match minor {
        0 => t.s("pay-points-none"),
        _ => t.f("pay-points-available", [("amount", format::money(minor, "TRY").into())]),
    });
    let kept = points.available.map(|minor| hidden(field::POINTS_AVAILABLE, minor.to_string()));
    let used = text_field(field::POINTS, t.s("pay-points-used"))
        .value(points.typed.clone())
        .mode("decimal")
        .unit("₺")
        .hint(t.s("pay-points-hint"))
        .error(error);
    let view = view! {
        <details id="points" open=open><summary class="small">{t.s("pay-points")}</summary>
            <div class="stack tight">
                <p class="small" role="status">{told}</p>{kept}
                <p><button class="btn" formaction="/pay/points">{t.s("pay-points-ask")}</button></p>
                {used.view()}
            </div></details>
    };
    Some(view.into_any())
}
