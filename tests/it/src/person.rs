//! One of the firm's people, who uses the API as a page of the portal does: with a session.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::store::user::UserRole;

use crate::api::Reply;
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
        let email = format!("{name}@hikaye.example");
        let (tenant, node) = (self.firm.tenant.parse()?, self.firm.node.parse()?);
        let added = vezne::flow::user::user_add(&self.host.app, tenant, node, role, &email, name, PASSWORD).await?;
        ensure!(added, "{name} is there already");
        Ok(Person { base: self.host.url.clone(), email, cookie: Mutex::new(None) })
    }
}

impl Person {
    async fn sign_in(&self) -> Result<String> {
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

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Call::new("GET", format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        let call = Call::new("POST", format!("{}{path}", self.base))
            .header("origin", &self.base)
            .header("x-vezne-portal", "1")
            .body("application/json", body.to_string());
        self.send(call).await
    }
}
