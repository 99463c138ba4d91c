//! The API as people and programs meet it, over the real router and an SQLite file.

mod access;
mod entrance;
mod nouns;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::App;
use crate::config::{Config, DatabaseUrl};
use crate::ctx::Clock;
use crate::seed::demo_without_bank;

/// 22 November 2026, 14:05 in Istanbul.
const NOW_MS: i64 = 1_795_345_500_000;

/// A server with the demo firm, in a folder of its own.
struct Place {
    app: App,
    clock: Clock,
    server: Router,
    _folder: tempfile::TempDir,
}

/// An answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }
}

impl Place {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plugins_dir = folder.path().join("plugins");
        std::fs::create_dir(&plugins_dir).unwrap();
        let mut config = Config {
            database_url: DatabaseUrl(format!("sqlite:{}", folder.path().join("t.sqlite").display())),
            plugins_dir,
            private_dir: folder.path().join("private"),
            sandbox: true,
            password_memory_kib: 8,
            ..Config::default()
        };
        change(&mut config);
        let clock = Clock::simulated(NOW_MS);
        let app = App::build(config, clock.clone()).await.unwrap();
        demo_without_bank(&app).await.unwrap();
        let server = super::server(&app, Router::new());
        Self { app, clock, server, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.server.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// A call as a page of ours makes it: cookie, origin and our header.
    async fn call(&self, cookie: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(request(method, path, body, &[("cookie", cookie), ORIGIN, ("x-vezne-portal", "1")])).await
    }

    async fn sign_in(&self, who: &str) -> String {
        let answer = self.try_sign_in(&format!("{who}@mavileylek.example"), password(who)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.cookie()
    }

    async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.send(request("POST", "/v1/sessions", Some(body), &[ORIGIN])).await
    }
}

const ORIGIN: (&str, &str) = ("origin", "http://127.0.0.1:7070");

fn password(who: &str) -> &'static str {
    match who {
        "yonetici" => "mavi-leylek-yonetici",
        "muhasebe" => "mavi-leylek-muhasebe",
        "bayi" => "mavi-leylek-bayi",
        "altbayi" => "mavi-leylek-altbayi",
        "izmir" => "mavi-leylek-izmir",
        other => panic!("nobody is called {other}"),
    }
}

fn request(method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7070");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    match body {
        Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap(),
        None => request.body(Body::empty()).unwrap(),
    }
}
