//! Bringing a version in: a form with the component and its signature, and the sentence of a refusal beside the file.

use axum::{
    body::Body,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use leptos::prelude::*;
use vezne_api::PluginVersion;

use super::plugin;
use crate::{
    api::{Fault, segment},
    part::{
        icon::{self, icon},
        surface::card,
    },
    text::Locale,
    upload::Upload,
    visit::Visit,
};

/// The API takes components of 40 MB.
const BYTES_MAX: usize = 40 << 20;

/// What was wrong with what was chosen.
pub(super) struct Refusal {
    sentence: String,
    /// It is about the signature's file and not about the component.
    signature: bool,
}

/// `POST /plugins`: stages the version and shows it, or says at the file what is wrong with it.
pub async fn add(visit: Visit, headers: HeaderMap, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let upload = Upload::read(&headers, body, BYTES_MAX).await?;
    let Some(component) = upload.file("component") else {
        let refusal = Refusal { sentence: visit.t().s("plugin-upload-missing"), signature: false };
        return plugin::render(&visit, Some(&refusal)).await;
    };
    let signature = upload.file("signature").map(|file| ("plugin-signature", STANDARD.encode(file)));
    let sent = visit.upload::<PluginVersion>("/v1/plugins", "application/wasm", signature, component).await;
    match sent {
        Ok(version) => Ok(Redirect::to(&format!("/plugins/{}", segment(&version.plugin))).into_response()),
        Err(fault) if fault.is_about_input() => plugin::render(&visit, Some(&refusal(fault))).await,
        Err(fault) => Err(fault),
    }
}

fn refusal(fault: Fault) -> Refusal {
    let signature = fault.code == "signature_malformed";
    let told = fault.errors.into_iter().map(|error| error.detail).next();
    Refusal { sentence: told.or(fault.detail).unwrap_or(fault.code), signature }
}

/// The form.
pub(super) fn form(t: Locale, refusal: Option<&Refusal>) -> AnyView {
    let at = |signature: bool| refusal.filter(|refusal| refusal.signature == signature).map(|r| r.sentence.clone());
    let inside = view! {
        <form class="body stack" method="post" action="/plugins" enctype="multipart/form-data">
            <p class="soft small">{t.s("plugin-upload-what")}</p>
            {file("component", t.s("plugin-upload-file"), ".wasm", None, at(false))}
            {file("signature", t.s("plugin-upload-signature"), ".sig", Some(t.s("plugin-upload-signature-hint")), at(true))}
            <div class="row"><button class="btn go">{t.s("plugin-upload-send")}</button></div></form>
    };
    card("upload", t.s("plugin-upload"), None, inside)
}

fn file(id: &'static str, label: String, accept: &'static str, hint: Option<String>, error: Option<String>) -> AnyView {
    let (wrong, is_component) = (error.is_some(), id == "component");
    let described = match (hint.is_some(), wrong) {
        (_, true) => Some(format!("{id}-e")),
        (true, false) => Some(format!("{id}-h")),
        (false, false) => None,
    };
    let hint = hint.map(|hint| view! { <p class="hint" id=format!("{id}-h")>{hint}</p> }.into_any());
    let error = error.map(|error| {
        view! { <p class="err" id=format!("{id}-e") role="alert">{icon(icon::CROSS)}{error}</p> }.into_any()
    });
    view! {
        <div class="field"><label for=id>{label}</label>
            <input type="file" id=id name=id accept=accept required=is_component aria-invalid=wrong.then_some("true") aria-describedby=described />{hint}{error}</div>
    }
    .into_any()
}
