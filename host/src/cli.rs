//! Sub-commands besides `serve`: what an operator does by hand.

pub mod audit;
pub mod plugin;
pub mod replay;

use anyhow::{Context, Result, ensure};
use zeroize::Zeroizing;

use crate::app::App;
use crate::flow::tenant::firm_add;
use crate::flow::user::user_add;
use crate::store::node::{node_by_code, node_firm};
use crate::store::session::session_end_all;
use crate::store::tenant::tenant_by_slug;
use crate::store::user::{UserRole, UserState, user_by_email, user_set_password, user_set_state};

/// What can be done with firms.
#[derive(Debug, clap::Subcommand)]
pub enum FirmCommand {
    /// Adds a firm; its people are added with `vezne user add`.
    Add {
        /// Short name for addresses and logs: lower-case letters, digits and hyphens.
        #[arg(long)]
        tenant: String,
        /// Name to show.
        #[arg(long)]
        name: String,
        /// Its own code in its tree.
        #[arg(long, default_value = "MERKEZ")]
        code: String,
        /// Tax number, ten digits.
        #[arg(long)]
        tax_no: String,
    },
}

/// What can be done with people.
#[derive(Debug, clap::Subcommand)]
pub enum UserCommand {
    /// Adds a person; the password is read from standard input.
    Add {
        /// The firm's short name.
        #[arg(long)]
        tenant: String,
        /// The node's code; the firm itself if absent.
        #[arg(long)]
        node: Option<String>,
        /// `firm_administrator`, `firm_clerk`, `dealer` or `sub_dealer`.
        #[arg(long)]
        role: String,
        /// What the person signs in with.
        #[arg(long)]
        email: String,
        /// Name to show.
        #[arg(long)]
        name: String,
    },
    /// Sets a new password, read from standard input, and ends all sessions.
    Password {
        /// What the person signs in with.
        #[arg(long)]
        email: String,
    },
    /// Keeps a person out, and ends all sessions.
    Disable {
        /// What the person signs in with.
        #[arg(long)]
        email: String,
    },
    /// Lets a person in again.
    Enable {
        /// What the person signs in with.
        #[arg(long)]
        email: String,
    },
}

/// Does one of them.
pub async fn firm(app: &App, command: FirmCommand) -> Result<String> {
    let FirmCommand::Add { tenant, name, code, tax_no } = command;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        (1..=40).contains(&tenant.len()) && tenant.bytes().all(plain),
        "--tenant must be 1 to 40 lower-case letters, digits and hyphens"
    );
    ensure!(tax_no.len() == 10 && tax_no.bytes().all(|byte| byte.is_ascii_digit()), "--tax-no must be ten digits");
    for (option, text) in [("--name", &name), ("--code", &code)] {
        ensure!(!text.trim().is_empty() && text.chars().count() <= 120, "{option} must be 1 to 120 characters");
    }
    let mut tx = app.db.read().await?;
    ensure!(tenant_by_slug(&mut tx, &tenant).await?.is_none(), "there is a firm {tenant} already");
    drop(tx);
    firm_add(app, &tenant, (name.trim(), code.trim(), &tax_no)).await?;
    Ok(format!("added {tenant}; next: vezne user add --tenant {tenant} --role firm_administrator --email … --name …"))
}

/// Does one of them.
pub async fn user(app: &App, command: UserCommand) -> Result<String> {
    match command {
        UserCommand::Add { tenant, node, role, email, name } => {
            let role: UserRole = role.parse()?;
            let mut tx = app.db.read().await?;
            let firm = tenant_by_slug(&mut tx, &tenant).await?.with_context(|| format!("there is no firm {tenant}"))?;
            let node = match &node {
                Some(code) => node_by_code(&mut tx, firm.tenant_id, code).await?,
                None => node_firm(&mut tx, firm.tenant_id).await?,
            };
            let node = node.context("there is no such node")?;
            drop(tx);
            let password = password()?;
            let added = user_add(app, firm.tenant_id, node.node_id, role, &email, &name, &password).await?;
            ensure!(added, "there is somebody with this address already");
            Ok(format!("added {email}"))
        }
        UserCommand::Password { email } => {
            let hash = app.security.passwords.hash(password()?).await?;
            let mut tx = app.db.begin().await?;
            let user = user_by_email(&mut tx, &email).await?.context("there is nobody with this address")?;
            user_set_password(&mut tx, &user, &hash).await?;
            let ended = session_end_all(&mut tx, user.tenant_id, user.user_id, app.clock.now_ms()).await?;
            tx.commit().await?;
            Ok(format!("changed; {ended} sessions ended"))
        }
        UserCommand::Disable { email } => state(app, &email, UserState::Disabled).await,
        UserCommand::Enable { email } => state(app, &email, UserState::Active).await,
    }
}

async fn state(app: &App, email: &str, state: UserState) -> Result<String> {
    let mut tx = app.db.begin().await?;
    let user = user_by_email(&mut tx, email).await?.context("there is nobody with this address")?;
    user_set_state(&mut tx, &user, state).await?;
    if state == UserState::Disabled {
        session_end_all(&mut tx, user.tenant_id, user.user_id, app.clock.now_ms()).await?;
    }
    tx.commit().await?;
    Ok(format!("{email} is {state}"))
}

/// One line of standard input; never an argument, which other people on the machine could read.
fn password() -> Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().read_line(&mut line).context("no password on standard input")?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
