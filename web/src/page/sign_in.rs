//! Sign-in. The form posts to the host, which checks the password and sets the session.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    api::Fault,
    part::{
        field::{field, hidden},
        surface::{Tone, note},
    },
    shell::{self, WindowFrame},
    visit::Visit,
};

/// `GET /sign-in`; `?error=` and `?email=` come from the host after a refusal, `?next=` from the page that was wanted.
pub async fn show(visit: Visit) -> Result<Response, Fault> {
    let t = visit.t();
    let next = local(visit.query("next"));
    let error = visit.query("error");
    if error.is_empty() && visit.sign_in_needed().await.is_ok() {
        return Ok(Redirect::to(&next).into_response());
    }
    let refused = (!error.is_empty()).then(|| {
        let words = t.maybe(&format!("sign-in-error-{error}")).unwrap_or_else(|| t.s("sign-in-error"));
        note(Tone::No, words, t.s("sign-in-error-what"), None)
    });
    let email = field("email", t.s("sign-in-email"))
        .kind("email")
        .autocomplete("username")
        .value(visit.query("email"))
        .required()
        .view();
    let password =
        field("password", t.s("sign-in-password")).kind("password").autocomplete("current-password").required().view();
    let main = view! {
        <form class="window stack" id="sign-in" method="post" action="/sign-in" aria-labelledby="title">
            <div><h1 id="title">{t.s("sign-in-title")}</h1><p class="soft">{t.s("sign-in-what")}</p></div>
            {refused}{email}{password}{hidden("next", next)}
            <div class="counter"><button class="btn go big">{t.s("sign-in")}</button></div>
        </form>
    };
    let status = if error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = t.s("sign-in-title");
    let frame = WindowFrame {
        title: &title,
        firm: "Vezne",
        skip_to: "sign-in",
        slim: true,
        test: false,
        poll: None,
        signed_in: false,
    };
    Ok(shell::window_page(&visit, status, &frame, main.into_any()))
}

/// Only a path of ours may be gone on to: `//elsewhere` and `/\elsewhere` are other sites to a browser.
pub fn local(next: &str) -> String {
    let second = next.chars().nth(1);
    let ours = next.starts_with('/') && !matches!(second, Some('/' | '\\')) && !next.contains(char::is_control);
    if ours { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_our_own_pages_are_gone_on_to() {
        assert_eq!(local("/payments?q=1"), "/payments?q=1");
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\n/x"] {
            assert_eq!(local(other), "/", "{other}");
        }
    }
}
