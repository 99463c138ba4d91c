//! The portal over invented data, to look at pages without a host: `cargo run -p vezne-web --example preview`.

#[path = "../tests/fake/mod.rs"]
mod fake;

use std::sync::Arc;

use axum::{
    Form, Router,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "a preview has no host to take the clock from")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = vezne_web::Options {
        secure: false,
        now: Arc::new(Timestamp::now),
        hue: None,
        help_phone: Some("0850 000 00 00".to_owned()),
    };
    let app = Router::new()
        .route("/sign-in", post(sign_in))
        .route(
            "/sign-out",
            post(|| async { ([(header::SET_COOKIE, "session=; Path=/; Max-Age=0")], Redirect::to("/sign-in")) }),
        )
        .route("/pay", post(pay))
        .merge(vezne_web::router(fake::api(), options));
    let address = std::env::var("VEZNE_PREVIEW").unwrap_or_else(|_| "127.0.0.1:7079".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await.expect("a free port");
    println!("http://{address}");
    axum::serve(listener, app).await.expect("served");
}

type Sent = Form<Vec<(String, String)>>;

fn value<'a>(sent: &'a [(String, String)], name: &str) -> &'a str {
    sent.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
}

async fn sign_in(Form(sent): Sent) -> Response {
    let who = value(&sent, "email").split('@').next().unwrap_or_default().to_owned();
    if !["firm", "dealer", "new"].contains(&who.as_str()) {
        return Redirect::to("/sign-in?error=credentials&email=x%40y.example").into_response();
    }
    ([(header::SET_COOKIE, format!("session={who}; Path=/"))], Redirect::to("/")).into_response()
}

/// The last digit of the card number chooses the outcome.
async fn pay(Form(sent): Sent) -> Redirect {
    let outcome = match value(&sent, vezne_web::pay_field::CARD_NUMBER).chars().last() {
        Some('1') => "declined",
        Some('2') => "unknown",
        None => return Redirect::to("/pay?error=card_number:required&error=expiry:required&sent=1&amount=100&open=1"),
        _ => "succeeded",
    };
    Redirect::to(&format!("/result/tok-{outcome}"))
}
