//! One of the firm's people, who uses the API as a page of the portal does: with a session.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::store::user::UserRole;

use crate::api::{Reply, fresh_key};
use crate::browser::Browser;
use crate::http::Call;
use crate::world::World;

const PASSWORD: &str = "hikaye-hikaye-hikaye";

/// A person of the firm.
pub struct Person {
    base: String,
    email: String,
    cookie: Mutex<Option<String>>,
}

impl World {
    /// Adds a person at the firm's root.
    pub async fn person(&self, name: &str, role: UserRole) -> Result<Person> {
        self.person_at(&self.firm.node, name, role).await
    }

    /// Adds a person at a node of the firm.
    pub async fn person_at(&self, node: &str, name: &str, role: UserRole) -> Result<Person> {
        let email = format!("{name}@hikaye.example");
        let (tenant, node) = (self.firm.tenant.parse()?, node.parse()?);
        let added = vezne::flow::user::user_add(&self.host.app, tenant, node, role, &email, name, PASSWORD).await?;
        ensure!(added, "{name} is there already");
        Ok(Person { base: self.host.url.clone(), email, cookie: Mutex::new(None) })
    }
}

impl Person {
    /// Signs in; gives the cookie.
    pub async fn sign_in(&self) -> Result<String> {
        let body = json!({ "email": self.email, "password": PASSWORD }).to_string();
        let call = Call::new("POST", format!("{}/v1/sessions", self.base)).header("origin", &self.base);
        let answer = call.body("application/json", body).send().await?;
        ensure!(answer.status == 201, "{} is not signed in: {}", self.email, answer.text());
        let cookie = answer.header("set-cookie").context("no cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// Sends with the session, and with a new one where the old one has ended: stories move the clock.
    async fn send(&self, call: Call) -> Result<Reply> {
        let kept = self.cookie.lock().expect("cookie").clone();
        if let Some(cookie) = kept {
            let reply = Reply::of(call.clone().header("cookie", cookie).send().await?);
            if reply.status != 401 {
                return Ok(reply);
            }
        }
        let cookie = self.sign_in().await?;
        *self.cookie.lock().expect("cookie") = Some(cookie.clone());
        Ok(Reply::of(call.header("cookie", cookie).send().await?))
    }

    /// A browser in which this person has signed in by the page.
    pub async fn browser(&self) -> Result<Browser> {
        let browser = Browser::default();
        let page = browser.get(&format!("{}/sign-in", self.base)).await?;
        let form = page.form("/sign-in")?.set("email", &self.email).set("password", PASSWORD);
        let page = browser.submit(&form).await?;
        ensure!(
            page.status == 200 && !page.url.contains("/sign-in"),
            "{} is not signed in: {}",
            self.email,
            page.head()
        );
        Ok(browser)
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Call::new("GET", format!("{}{path}", self.base))).await
    }

    /// As [`Person::post`], where a key makes it safe to repeat.
    pub async fn post_with_key(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send(self.written(path, body).header("idempotency-key", fresh_key())).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.send(self.written(path, body)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Reply> {
        let call = Call::new("DELETE", format!("{}{path}", self.base)).header("origin", &self.base);
        self.send(call.header("x-vezne-portal", "1")).await
    }

    fn written(&self, path: &str, body: &Value) -> Call {
        Call::new("POST", format!("{}{path}", self.base))
            .header("origin", &self.base)
            .header("x-vezne-portal", "1")
            .body("application/json", body.to_string())
    }
}
