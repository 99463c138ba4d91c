//! The demo firm: a tree, people, debts, an instalment table and a POS account at the sandbox bank.
//!
//! Everything is looked up by its code before it is written, so a second run writes nothing.

mod debts;
mod firm;
mod offers;

use anyhow::{Context, Result, ensure};

use crate::app::App;
use crate::ctx::{Actor, Ctx};
use crate::domain::locale::Locale;

pub use firm::{Login, SLUG};

/// Where the sandbox bank stands if the configuration does not say.
const BANK_URL: &str = "http://127.0.0.1:7071";

/// Writes the demo firm, or what is missing of it, and gives the logins to print.
pub async fn seed(app: &App) -> Result<Vec<Login>> {
    ensure!(app.config.sandbox, "the demo firm is for sandboxes: set `sandbox = true`");
    let tree = firm::tree(app).await.context("the tree")?;
    let logins = firm::people(app, &tree).await.context("the people")?;
    let ctx = Ctx {
        tenant: tree.tenant,
        actor: Actor::Job("seed"),
        scope: tree.firm,
        request_id: "seed".to_owned(),
        locale: Locale::Tr,
        clock: app.clock.clone(),
    };
    debts::write(app, &tree).await.context("the debts")?;
    let bank = app.config.sandbox_url.clone().unwrap_or_else(|| BANK_URL.to_owned());
    offers::pos_account(app, &ctx, &bank).await.context("the POS account")?;
    offers::instalment_table(app, &tree).await.context("the instalment table")?;
    Ok(logins)
}

/// The demo firm without its POS account: what tests of the tree and its people need.
#[cfg(test)]
pub(crate) async fn demo_without_bank(app: &App) -> Result<()> {
    let tree = firm::tree(app).await?;
    firm::people(app, &tree).await?;
    debts::write(app, &tree).await
}

/// The logins as lines of text.
pub fn logins_text(logins: &[Login]) -> String {
    let line = |login: &Login| format!("{:<24} {:<32} {}\n", login.who, login.email, login.password);
    logins.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_login_is_on_a_line_of_its_own() {
        let text = logins_text(&[Login { who: "Bayi", email: "a@b.example", password: "p" }]);
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("a@b.example"));
    }
}
