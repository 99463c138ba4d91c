//! Attempts: one try at one bank for a payment, with its own order number there.

use crate::domain::id::{AttemptId, NodeId, PaymentId, PosAccountId, TenantId};
use crate::domain::named::named;
use crate::domain::payment::{AttemptEvent, AttemptState, IllegalMove, Move};
use crate::store::json::keys;
use crate::store::{StoreResult, Tx};

named! {
    /// What an attempt wants of the bank.
    pub enum Purpose {
        /// Take the money.
        Sale = "sale",
        /// Hold it.
        Authorize = "authorize",
    }
}

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Attempt {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub attempt_id: AttemptId,
    /// For which payment.
    #[sqlx(try_from = "String")]
    pub payment_id: PaymentId,
    /// At which POS account.
    #[sqlx(try_from = "String")]
    pub pos_account_id: PosAccountId,
    /// Our number for the bank.
    pub order_no: String,
    /// Take or hold.
    #[sqlx(try_from = "String")]
    pub purpose: Purpose,
    /// `none`, `3d`, `3d-pay`, `3d-host`.
    pub model: String,
    /// First six to eight digits.
    pub card_bin: Option<String>,
    /// Last four digits.
    pub card_last4: Option<String>,
    /// `visa`, `troy`, ….
    pub card_brand: Option<String>,
    /// The bank that issued it.
    pub card_bank: Option<String>,
    /// Instalment programme.
    pub card_programme: Option<String>,
    /// `credit`, `debit`, ….
    pub card_type: Option<String>,
    /// The plugin that began it.
    pub plugin_id: String,
    /// Its version.
    pub plugin_version: String,
    /// Its digest; the attempt stays on it.
    pub plugin_digest: String,
    /// The POS account's settings at that moment, JSON.
    pub config: String,
    /// What the connector is told beside the terms, a JSON list of pairs.
    pub attributes: String,
    /// As the edge saw it.
    pub payer_ip: Option<String>,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: AttemptState,
    /// How the bank knows it, JSON.
    pub bank_ref: String,
    /// The connector's own state while the payer is away.
    pub plugin_state: Option<Vec<u8>>,
    /// Under which the callback is looked up; empty once claimed.
    pub correlation: Option<String>,
    /// Why it ended without money or is in doubt, JSON.
    pub failure: Option<String>,
    /// When the janitor looks at it next.
    pub due_ms: Option<i64>,
    /// How often the bank was asked.
    pub asks: i64,
    /// How often it said "no such order".
    pub not_found: i64,
    /// When the last send that may charge began.
    pub sent_at_ms: i64,
    /// When it ended.
    pub finished_at_ms: Option<i64>,
    /// When it began.
    pub created_at_ms: i64,
    /// For compare-and-set.
    pub version: i64,
    /// How many moves its timeline tells, its beginning the first; fewer where it is older than that.
    pub moved: i64,
    /// The proposal by which persons decided it, 26 characters; the bank's word moves it no more.
    pub proposal_id: Option<String>,
    /// The last `correlation`, kept: a callback that comes too late still names its attempt.
    pub callback_key: Option<String>,
}

/// The `bank_ref` of an attempt of which no send was ever written down: not a byte has left (P3).
pub const NOTHING_SENT: &str = "{}";

impl Attempt {
    /// The bank is asked from the beginning of the schedule, first at that time: what it said so far counts no more.
    pub fn ask_anew(&mut self, first_ms: i64) {
        self.due_ms = Some(first_ms);
        self.asks = 0;
        self.not_found = 0;
    }

    /// Whether a send was written down. Only as true as the row is fresh: whoever acts on "no" reads and writes it in
    /// one transaction.
    pub fn was_sent(&self) -> bool {
        self.bank_ref != NOTHING_SENT
    }

    /// What the state table says of an event.
    pub fn next(&self, event: AttemptEvent) -> Result<Move<AttemptState>, IllegalMove> {
        if self.proposal_id.is_some() { self.state.next_decided(event) } else { self.state.next(event) }
    }
}

/// Inserts an attempt. `false` where another one of the payment is open (P1) or the order number is taken.
pub async fn attempt_insert(tx: &mut Tx, attempt: &Attempt) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into attempt (tenant_id, attempt_id, payment_id, pos_account_id, order_no, purpose, model, card_bin, \
         card_last4, card_brand, card_bank, card_programme, card_type, plugin_id, plugin_version, plugin_digest, \
         config, payer_ip, state, bank_ref, due_ms, asks, not_found, sent_at_ms, created_at_ms, attributes, version, moved) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 0, \
         0, $22, $23, $24, 1, 1) on conflict do nothing",
        attempt.tenant_id.to_text(),
        attempt.attempt_id.to_text(),
        attempt.payment_id.to_text(),
        attempt.pos_account_id.to_text(),
        attempt.order_no.as_str(),
        attempt.purpose.as_str(),
        attempt.model.as_str(),
        attempt.card_bin.as_deref(),
        attempt.card_last4.as_deref(),
        attempt.card_brand.as_deref(),
        attempt.card_bank.as_deref(),
        attempt.card_programme.as_deref(),
        attempt.card_type.as_deref(),
        attempt.plugin_id.as_str(),
        attempt.plugin_version.as_str(),
        attempt.plugin_digest.as_str(),
        attempt.config.as_str(),
        attempt.payer_ip.as_deref(),
        attempt.state.as_str(),
        attempt.bank_ref.as_str(),
        attempt.due_ms,
        attempt.sent_at_ms,
        attempt.created_at_ms,
        attempt.attributes.as_str()
    )?;
    Ok(rows == 1)
}

/// Writes every changing column by compare-and-set on the version. `false` where somebody else was first.
pub async fn attempt_update(tx: &mut Tx, attempt: &Attempt) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update attempt set state = $4, bank_ref = $5, plugin_state = $6, correlation = $7, failure = $8, \
         due_ms = $9, asks = $10, not_found = $11, sent_at_ms = $12, finished_at_ms = $13, proposal_id = $14, \
         callback_key = $15, moved = $16, version = version + 1 \
         where tenant_id = $1 and attempt_id = $2 and version = $3",
        attempt.tenant_id.to_text(),
        attempt.attempt_id.to_text(),
        attempt.version,
        attempt.state.as_str(),
        attempt.bank_ref.as_str(),
        attempt.plugin_state.as_deref(),
        attempt.correlation.as_deref(),
        attempt.failure.as_deref(),
        attempt.due_ms,
        attempt.asks,
        attempt.not_found,
        attempt.sent_at_ms,
        attempt.finished_at_ms,
        attempt.proposal_id.as_deref(),
        attempt.callback_key.as_deref(),
        attempt.moved
    )?;
    Ok(rows == 1)
}

/// An attempt by key.
pub async fn attempt_fetch(tx: &mut Tx, tenant: TenantId, attempt: AttemptId) -> StoreResult<Option<Attempt>> {
    fetch_optional!(
        tx,
        Attempt,
        "select * from attempt where tenant_id = $1 and attempt_id = $2",
        tenant.to_text(),
        attempt.to_text()
    )
}

/// The attempt that waits for this callback.
pub async fn attempt_waiting(
    tx: &mut Tx,
    tenant: TenantId,
    pos_account: PosAccountId,
    correlation: &str,
) -> StoreResult<Option<Attempt>> {
    fetch_optional!(
        tx,
        Attempt,
        "select * from attempt where tenant_id = $1 and pos_account_id = $2 and correlation = $3",
        tenant.to_text(),
        pos_account.to_text(),
        correlation
    )
}

/// The plugin versions on which attempts of this account wait for a callback.
pub async fn attempt_waiting_digests(
    tx: &mut Tx,
    tenant: TenantId,
    pos_account: PosAccountId,
) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String,),
        "select distinct plugin_digest from attempt \
         where tenant_id = $1 and pos_account_id = $2 and correlation is not null order by plugin_digest limit 16",
        tenant.to_text(),
        pos_account.to_text()
    )?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}

/// The newest attempt that ever waited for a callback of this name.
pub async fn attempt_by_callback(
    tx: &mut Tx,
    tenant: TenantId,
    pos_account: PosAccountId,
    callback_key: &str,
) -> StoreResult<Option<Attempt>> {
    fetch_optional!(
        tx,
        Attempt,
        "select * from attempt where tenant_id = $1 and pos_account_id = $2 and callback_key = $3 \
         order by attempt_id desc limit 1",
        tenant.to_text(),
        pos_account.to_text(),
        callback_key
    )
}

/// The attempt that the bank knows by this order number.
pub async fn attempt_by_order_no(
    tx: &mut Tx,
    tenant: TenantId,
    pos_account: PosAccountId,
    order_no: &str,
) -> StoreResult<Option<Attempt>> {
    fetch_optional!(
        tx,
        Attempt,
        "select * from attempt where tenant_id = $1 and pos_account_id = $2 and order_no = $3",
        tenant.to_text(),
        pos_account.to_text(),
        order_no
    )
}

/// The attempts of payments, each payment's oldest first.
pub async fn attempt_list(tx: &mut Tx, tenant: TenantId, payments: &[PaymentId]) -> StoreResult<Vec<Attempt>> {
    fetch_all!(
        tx,
        Attempt,
        "select * from attempt where tenant_id = $1 and payment_id in (select value from json_each($2)) \
         order by payment_id, attempt_id limit 20000",
        tenant.to_text(),
        keys(payments.iter().map(|id| id.to_text()))
    )
}

/// Attempts, of every firm, that the janitor must look at: the longest due of each POS account, at most `each` of it,
/// and none of those that are `busy`.
pub async fn attempt_due(
    tx: &mut Tx,
    now_ms: i64,
    busy: &[PosAccountId],
    each: i64,
    limit: i64,
) -> StoreResult<Vec<Attempt>> {
    fetch_all!(
        tx,
        Attempt,
        "select t.* from attempt t join ( \
            select tenant_id, attempt_id, row_number() over ( \
                partition by tenant_id, pos_account_id order by due_ms, attempt_id) as place from attempt \
            where due_ms is not null and due_ms <= $1 \
            and pos_account_id not in (select value from json_each($2))) d \
         on d.tenant_id = t.tenant_id and d.attempt_id = t.attempt_id \
         where d.place <= $3 order by d.place, t.due_ms, t.attempt_id limit $4",
        now_ms,
        keys(busy.iter().map(|id| id.to_text())),
        each,
        limit
    )
}

/// What is in doubt in this part of the tree: how many payments, and how much of each currency.
pub async fn attempt_in_doubt(tx: &mut Tx, tenant: TenantId, scope: NodeId) -> StoreResult<Vec<(String, i64, i64)>> {
    fetch_all!(
        tx,
        (String, i64, i64),
        "select p.currency, count(*), cast(sum(p.charged_minor) as bigint) from payment p \
         where p.tenant_id = $1 and p.state = 'unknown' \
         and exists (select 1 from node_ancestor a where a.tenant_id = p.tenant_id and a.ancestor_id = $2 \
             and (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id))) \
         group by p.currency",
        tenant.to_text(),
        scope.to_text()
    )
}
