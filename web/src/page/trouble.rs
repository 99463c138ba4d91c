//! Pages for what went wrong: they say what is safe, name the request, and offer a way on.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    api::Fault,
    part::surface::trouble,
    shell::{self, Nav, WindowFrame},
    visit::Visit,
};

/// A path that no page has.
pub async fn unknown_path() -> Result<Response, Fault> {
    Err(Fault::of(StatusCode::NOT_FOUND))
}

/// A fault as a page, inside the portal for those who are signed in.
pub async fn page(visit: &Visit, fault: &Fault) -> Response {
    let t = visit.t();
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let main = trouble(t, fault, visit.here_with(&[]));
    let title = t.s("trouble-title");
    // A page that failed may have failed before anybody asked who is signed in.
    if visit.sign_in_needed().await.is_ok() {
        return shell::page_with_status(
            visit,
            status,
            Nav::None,
            &title,
            view! { <section class="card">{main}</section> }.into_any(),
        );
    }
    let frame = WindowFrame {
        title: &title,
        firm: "Vezne",
        skip_to: "trouble",
        slim: true,
        test: false,
        poll: None,
        signed_in: false,
    };
    shell::window_page(
        visit,
        status,
        &frame,
        view! { <section class="window" id="trouble">{main}</section> }.into_any(),
    )
}
