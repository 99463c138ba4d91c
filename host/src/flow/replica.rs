//! Several servers on one database: who lives, who holds which card, and what one asks of another.
//!
//! A card is in the memory of one process (P9). What needs it and reaches another server is passed on: the one-time
//! page that carries it to the bank, and the callback after which the bank wants it again. Each errand and its answer
//! are sealed with the keys that the servers share, so that the network between them learns nothing and nobody else
//! can send one; an errand opens at the server it is for, and an answer opens for its errand. An errand is passed on
//! once; a server that does not answer costs the payer nothing but the card. One that leaves in order hands over what it
//! holds (`hand_over`), and its name with it: errands for it go to its heir.

mod carried;
mod hand_over;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::id::{PaymentId, PosAccountId, ReplicaId, TenantId};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::three_ds::{callback_here, gate_take_here};
use crate::limits;
use crate::plugin::{Callback, Method, OutRequest, VersionFared};
use crate::security::hold::{Hold, Page};
use crate::store::Tx;
use crate::store::attempt::Attempt;
use crate::store::replica::{
    Replica, attempt_holder_fetch, attempt_holder_insert, replica_gone, replica_list, replica_prune, replica_seen,
};
use carried::{Answer, Carried, Errand, ErrandOf, Heard, What};
pub use hand_over::{Inherited, hand_over};

/// Where a server takes errands of the others.
pub const PATH: &str = "/replica/errand";

/// What an errand is sealed for: the server that is to do it.
fn errand_for(replica: ReplicaId) -> String {
    format!("replica-errand|{}", replica.to_text())
}

/// What an answer is sealed for: one errand. Otherwise whoever sits between could give one payer another's page.
fn answer_to(sealed_errand: &str) -> String {
    format!("replica-answer|{sealed_errand}")
}

/// Says that this server lives, forgets those that do not, and shares the limits with the rest.
pub async fn presence_round(app: &App) -> FlowResult<()> {
    let Some(url) = &app.config.replica_url else { return Ok(()) };
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    for replica_id in names(app) {
        replica_seen(&mut tx, &Replica { replica_id, url: url.clone(), seen_at_ms: now_ms }).await?;
    }
    replica_prune(&mut tx, now_ms - limits::millis(limits::REPLICA_FORGOTTEN_AFTER), now_ms).await?;
    let alive = replica_list(&mut tx, seen_since_ms(app)).await?;
    tx.commit().await?;
    // One may answer to several names.
    let alive = alive.into_iter().map(|replica| replica.url).collect::<BTreeSet<_>>().len();
    let alive = u32::try_from(alive).unwrap_or(u32::MAX);
    app.security.read_rate.share(alive);
    app.security.write_rate.share(alive);
    app.security.sign_in_rate.share(alive);
    metrics::gauge!("vezne_replicas").set(f64::from(alive));
    Ok(())
}

/// Says that this server ends: nothing more is passed on to it. Where it has an heir, the heir's word stands.
pub async fn presence_end(app: &App) -> FlowResult<()> {
    let Some(url) = &app.config.replica_url else { return Ok(()) };
    let mut tx = app.db.begin().await?;
    for replica in names(app) {
        replica_gone(&mut tx, replica, url).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The names that this server answers to: its own, and those of servers that handed over to it.
fn names(app: &App) -> Vec<ReplicaId> {
    let mut names = app.inherited.names(app.clock.now_ms());
    names.push(app.replica);
    names
}

/// Notes that this server holds the card of an attempt whose payer goes to the bank. Without the note a callback that
/// reaches another server goes on without the card: no reason to fail the payment here.
pub(super) async fn holds(app: &App, attempt: &Attempt, life_ms: i64) {
    if app.config.replica_url.is_none() || app.hold.card(attempt.attempt_id).is_none() {
        return;
    }
    if let Err(error) = holder_note(app, attempt, app.clock.now_ms() + life_ms).await {
        tracing::warn!(attempt = %attempt.attempt_id, %error, "the other servers do not know who holds a card");
    }
}

async fn holder_note(app: &App, attempt: &Attempt, until_ms: i64) -> FlowResult<()> {
    let mut tx = app.db.begin().await?;
    attempt_holder_insert(&mut tx, attempt.tenant_id, attempt.attempt_id, app.replica, until_ms).await?;
    tx.commit().await?;
    Ok(())
}

/// The other server that holds an attempt's card, if one lives.
pub(super) async fn holder(app: &App, tx: &mut Tx, attempt: &Attempt) -> FlowResult<Option<Replica>> {
    if app.config.replica_url.is_none() || app.hold.card(attempt.attempt_id).is_some() {
        return Ok(None);
    }
    let holder = attempt_holder_fetch(tx, attempt.tenant_id, attempt.attempt_id, seen_since_ms(app)).await?;
    Ok(holder.filter(|holder| !names(app).contains(&holder.replica_id)))
}

/// The page of a token that another server gave out.
pub(super) async fn page_elsewhere(app: &App, token: &str) -> FlowResult<Option<Page>> {
    let Some(holder) = Hold::holder_of(token).filter(|holder| !names(app).contains(holder)) else { return Ok(None) };
    if app.config.replica_url.is_none() {
        return Ok(None);
    }
    let mut tx = app.db.read().await?;
    let alive = replica_list(&mut tx, seen_since_ms(app)).await?;
    drop(tx);
    let Some(holder) = alive.into_iter().find(|replica| replica.replica_id == holder) else { return Ok(None) };
    match ask(app, &holder, &What::Page { token: token.to_owned() }, patience(app)).await {
        Some(Answer::Page(page)) => Ok(page.page()),
        Some(Answer::NotFound) => Err(FlowError::NotFound("page")),
        _ => Err(FlowError::Busy("the server that has this page does not answer")),
    }
}

/// Passes a callback on. Nothing where the other server gave no answer, or failed.
pub(super) async fn callback_elsewhere(
    app: &App,
    holder: &Replica,
    tenant: TenantId,
    account: PosAccountId,
    callback: &Callback,
) -> Option<PaymentId> {
    let what = What::Callback { tenant: tenant.to_text(), account: account.to_text(), callback: Heard::of(callback) };
    match ask(app, holder, &what, patience(app)).await? {
        Answer::Payment { payment } => PaymentId::from_text(&payment).ok(),
        _ => None,
    }
}

/// How a plugin fares at a firm on the other servers that live; nothing of one that gives no answer.
pub(super) async fn fared_elsewhere(
    app: &App,
    tenant: TenantId,
    plugin: &str,
) -> FlowResult<Vec<(ReplicaId, Option<Vec<VersionFared>>)>> {
    if app.config.replica_url.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = app.db.read().await?;
    let alive = replica_list(&mut tx, seen_since_ms(app)).await?;
    drop(tx);
    let own = names(app);
    let others = alive.into_iter().filter(|replica| !own.contains(&replica.replica_id));
    let asked = others.map(|replica| async move {
        let what = What::Fared { tenant: tenant.to_text(), plugin: plugin.to_owned() };
        match ask(app, &replica, &what, limits::REPLICA_FARED_WAIT).await {
            Some(Answer::Fared(fared)) => (replica.replica_id, Some(fared)),
            _ => (replica.replica_id, None),
        }
    });
    Ok(join_all(asked).await)
}

/// Does an errand of another server: sealed in, sealed out. Nothing where it is not one.
pub async fn errand(app: &App, sealed: &str) -> Option<String> {
    app.config.replica_url.as_ref()?;
    let opened = names(app).into_iter().find_map(|name| app.vault.open_message(&errand_for(name), sealed).ok())?;
    let errand: Errand = serde_json::from_slice(&opened).ok()?;
    if app.clock.now_ms().saturating_sub(errand.at_ms).saturating_abs() > limits::millis(limits::REPLICA_ERRAND_LIFE) {
        return None;
    }
    let done = match errand.what {
        What::Page { token } => gate_take_here(app, &token).await.map(|page| Answer::Page(Box::new(Carried::of(page)))),
        What::Callback { tenant, account, callback } => {
            let (Ok(tenant), Ok(account)) = (TenantId::from_text(&tenant), PosAccountId::from_text(&account)) else {
                return None;
            };
            let payment = callback_here(app, tenant, account, callback.callback()).await;
            payment.map(|payment| Answer::Payment { payment: payment.to_text() })
        }
        // Who leaves as well is no heir.
        What::Keep(_) | What::Inherit { .. } if app.leaving.is_cancelled() => Ok(Answer::Failed),
        What::Keep(kept) => Ok(kept.keep(app).map_or(Answer::Failed, |()| Answer::Taken)),
        What::Inherit { names } => hand_over::inherit(app, &names).await.map(|()| Answer::Taken),
        What::Fared { tenant, plugin } => {
            let tenant = TenantId::from_text(&tenant).ok()?;
            Ok(Answer::Fared(app.plugins.fared(tenant, &plugin)))
        }
    };
    let answer = done.unwrap_or_else(|error| match error {
        FlowError::NotFound(_) => Answer::NotFound,
        error => {
            tracing::error!(%error, "an errand of another server failed");
            Answer::Failed
        }
    });
    let answer = Zeroizing::new(serde_json::to_vec(&answer).ok()?);
    app.vault.seal_message(&answer_to(sealed), &answer).ok()
}

/// How long an answer may take: a callback may make the other server ask the bank.
fn patience(app: &App) -> Duration {
    Duration::from_millis(app.config.bank_deadline_ms) + limits::SETTLE_GRACE
}

/// Asks another server. Nothing where it gives no answer that we can open.
async fn ask(app: &App, replica: &Replica, what: &What, patience: Duration) -> Option<Answer> {
    let errand = ErrandOf { at_ms: app.clock.now_ms(), what };
    // As long as a request may be: a vector that grows leaves what it held behind.
    let mut message = Zeroizing::new(Vec::with_capacity(limits::BODY_BYTES_MAX));
    serde_json::to_writer(&mut *message, &errand).ok()?;
    let sealed = app.vault.seal_message(&errand_for(replica.replica_id), &message).ok()?;
    let request = OutRequest {
        url: url::Url::parse(&format!("{}{PATH}", replica.url)).ok()?,
        method: Method::Post,
        headers: vec![("content-type".to_owned(), Zeroizing::new(b"text/plain".to_vec()))],
        body: Zeroizing::new(sealed.clone().into_bytes()),
        sandbox: app.config.sandbox,
    };
    let response = match app.inside.send(&request, Instant::now() + patience).await {
        Ok(response) if response.status == 200 => response,
        Ok(response) => {
            tracing::warn!(replica = %replica.replica_id, status = response.status, "another server refused an errand");
            return None;
        }
        Err(failure) => {
            tracing::warn!(replica = %replica.replica_id, detail = failure.detail, "another server does not answer");
            return None;
        }
    };
    let opened = app.vault.open_message(&answer_to(&sealed), std::str::from_utf8(&response.body).ok()?).ok()?;
    serde_json::from_slice(&opened).ok()
}

/// A server not seen since then is taken for dead.
fn seen_since_ms(app: &App) -> i64 {
    app.clock.now_ms() - limits::millis(limits::REPLICA_ALIVE)
}
