//! One of the firm's people, who uses the API as a page of the portal does: with a session.

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
}

impl World {
    /// Adds a person at the firm's root.
    pub async fn person(&self, name: &str, role: UserRole) -> Result<Person> {
        let email = format!("{name}@hikaye.example");
        let (tenant, node) = (self.firm.tenant.parse()?, self.firm.node.parse()?);
        let added = vezne::seed::user_add(&self.host.app, tenant, node, role, &email, name, PASSWORD).await?;
        ensure!(added, "{name} is there already");
        Ok(Person { base: self.host.url.clone(), email })
    }
}

impl Person {
    /// A fresh session each time: stories move the clock past the end of every session.
    async fn cookie(&self) -> Result<String> {
        let body = json!({ "email": self.email, "password": PASSWORD }).to_string();
        let call = Call::new("POST", format!("{}/v1/sessions", self.base)).header("origin", &self.base);
        let answer = call.body("application/json", body).send().await?;
        ensure!(answer.status == 201, "{} is not signed in: {}", self.email, answer.text());
        let cookie = answer.header("set-cookie").context("no cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        let call = Call::new("GET", format!("{}{path}", self.base)).header("cookie", self.cookie().await?);
        Ok(Reply::of(call.send().await?))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        let call = Call::new("POST", format!("{}{path}", self.base))
            .header("cookie", self.cookie().await?)
            .header("origin", &self.base)
            .header("x-vezne-portal", "1")
            .body("application/json", body.to_string());
        Ok(Reply::of(call.send().await?))
    }
}
