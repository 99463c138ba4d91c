//! Payments: the obligation to collect an amount once.

mod names;

use std::collections::BTreeMap;

pub use names::{AccountNames, PaymentNames, payment_accounts, payment_names};

use crate::domain::id::{NodeId, PaymentId, TenantId};
use crate::domain::money::{Currency, Money};
use crate::domain::named::named;
use crate::domain::payment::{PaymentEvent, PaymentState, Told};
use crate::limits;
use crate::store::json::Json;
use crate::store::{StoreResult, Tx};

named! {
    /// What kind of debtor pays.
    pub enum PayerKind {
        /// A node of the tree.
        Node = "node",
        /// A customer.
        Customer = "customer",
        /// Nobody we know.
        None = "none",
    }
}

named! {
    /// Whether the amount is taken at once or only held.
    pub enum CaptureMode {
        /// A sale.
        Automatic = "automatic",
        /// A pre-authorization.
        Manual = "manual",
    }
}

/// A share of a receivable that the payer chose.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReceivableChoice {
    /// 26 characters.
    pub receivable_id: String,
    /// Minor units; as much as is open if absent.
    pub amount_minor: Option<i64>,
}

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Payment {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub payment_id: PaymentId,
    /// Whose money it is.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// What kind of debtor pays.
    #[sqlx(try_from = "String")]
    pub payer_kind: PayerKind,
    /// The debtor's id, 26 characters.
    pub payer_id: Option<String>,
    /// Settled against debt.
    pub amount_minor: i64,
    /// Taken from the card.
    pub charged_minor: i64,
    /// Of what is taken from the card, what its points shall pay; nought where none shall.
    pub points_minor: i64,
    /// Of all these amounts.
    #[sqlx(try_from = "String")]
    pub currency: Currency,
    /// 1 for a single charge.
    pub instalments: i64,
    /// The offer the payer chose from.
    pub quote_id: Option<String>,
    /// The chosen offer, frozen: what was seen is what is charged.
    #[sqlx(try_from = "String")]
    pub terms: Json<serde_json::Value>,
    /// Who chose the POS account and why, JSON.
    pub routing: Option<String>,
    /// `ecommerce`, `mail-order`, ….
    pub entry: String,
    /// Sale or pre-authorization.
    #[sqlx(try_from = "String")]
    pub capture: CaptureMode,
    /// The caller's own number.
    pub reference: Option<String>,
    /// Free text for people.
    pub description: Option<String>,
    /// The caller's pairs.
    #[sqlx(try_from = "String")]
    pub metadata: Json<BTreeMap<String, String>>,
    /// What the payer ticked, in order.
    #[sqlx(try_from = "String")]
    pub receivables: Json<Vec<ReceivableChoice>>,
    /// Where the payer's browser goes after the bank's page.
    pub return_url: Option<String>,
    /// The payer's language.
    pub locale: String,
    /// What it asks for beside this row, JSON, until it is confirmed.
    pub draft: Option<String>,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: PaymentState,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at_ms: i64,
    /// When it last moved.
    pub updated_at_ms: i64,
    /// For compare-and-set.
    pub version: i64,
    /// How many moves its timeline tells, its beginning the first; fewer where it is older than that.
    pub moved: i64,
}

impl Payment {
    /// What is settled against debt.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }

    /// What the card is charged.
    pub fn charged(&self) -> Money {
        Money::new(self.charged_minor, self.currency)
    }
}

/// Inserts a payment. `false` where its node has used the reference before.
pub async fn payment_insert(tx: &mut Tx, payment: &Payment) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into payment (tenant_id, payment_id, node_id, payer_kind, payer_id, amount_minor, charged_minor, \
         currency, instalments, quote_id, terms, entry, capture, reference, description, metadata, receivables, \
         return_url, locale, state, created_by, created_at_ms, updated_at_ms, version, routing, draft, moved, \
         points_minor) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26, $27, $28) on conflict do nothing",
        payment.tenant_id.to_text(),
        payment.payment_id.to_text(),
        payment.node_id.to_text(),
        payment.payer_kind.as_str(),
        payment.payer_id.as_deref(),
        payment.amount_minor,
        payment.charged_minor,
        payment.currency.code(),
        payment.instalments,
        payment.quote_id.as_deref(),
        payment.terms.to_text(),
        payment.entry.as_str(),
        payment.capture.as_str(),
        payment.reference.as_deref(),
        payment.description.as_deref(),
        payment.metadata.to_text(),
        payment.receivables.to_text(),
        payment.return_url.as_deref(),
        payment.locale.as_str(),
        payment.state.as_str(),
        payment.created_by.as_str(),
        payment.created_at_ms,
        payment.updated_at_ms,
        payment.version,
        payment.routing.as_deref(),
        payment.draft.as_deref(),
        payment.moved,
        payment.points_minor
    )?;
    Ok(rows == 1)
}

/// A payment of the firm, whoever asks: for flows that already know it.
pub async fn payment_fetch(tx: &mut Tx, tenant: TenantId, payment: PaymentId) -> StoreResult<Option<Payment>> {
    fetch_optional!(
        tx,
        Payment,
        "select * from payment where tenant_id = $1 and payment_id = $2",
        tenant.to_text(),
        payment.to_text()
    )
}

/// A payment, if it belongs to the part of the tree that `scope` sees: its own and what its payers below pay.
pub async fn payment_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    payment: PaymentId,
) -> StoreResult<Option<Payment>> {
    fetch_optional!(
        tx,
        Payment,
        "select p.* from payment p where p.tenant_id = $1 and p.payment_id = $3 and exists (\
         select 1 from node_ancestor a where a.tenant_id = p.tenant_id and a.ancestor_id = $2 and \
         (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id)))",
        tenant.to_text(),
        scope.to_text(),
        payment.to_text()
    )
}

/// Payments of a firm that may yet turn out to have paid a debt: at the bank, or without a known outcome.
pub async fn payment_doubtful(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<Payment>> {
    fetch_all!(
        tx,
        Payment,
        "select * from payment where tenant_id = $1 and state in ('processing', 'unknown') and payer_id is not null
         order by payment_id limit 10000",
        tenant.to_text()
    )
}

/// Moves a payment by compare-and-set, and says what a line of the same commit must tell. Nothing where somebody else
/// moved it first.
pub async fn payment_move(
    tx: &mut Tx,
    payment: &mut Payment,
    event: PaymentEvent,
    to: PaymentState,
    now_ms: i64,
) -> StoreResult<Option<Told>> {
    let number = payment.moved + 1;
    let rows = execute!(
        tx,
        "update payment set state = $4, updated_at_ms = $5, moved = $6, version = version + 1 \
         where tenant_id = $1 and payment_id = $2 and version = $3",
        payment.tenant_id.to_text(),
        payment.payment_id.to_text(),
        payment.version,
        to.as_str(),
        now_ms,
        number
    )?;
    if rows != 1 {
        return Ok(None);
    }
    let told = Told::of(number, payment.state, event, to);
    payment.state = to;
    payment.moved = number;
    payment.updated_at_ms = now_ms;
    payment.version += 1;
    Ok(Some(told))
}

/// Counts an act on a payment that moves nothing, by compare-and-set: of two that saw the same, one goes on.
pub async fn payment_touch(tx: &mut Tx, payment: &Payment, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update payment set updated_at_ms = $4, version = version + 1 \
         where tenant_id = $1 and payment_id = $2 and version = $3",
        payment.tenant_id.to_text(),
        payment.payment_id.to_text(),
        payment.version,
        now_ms
    )?;
    Ok(rows == 1)
}

/// Sends a payment on to another POS account, by compare-and-set: what the payer was shown stays, the account's own
/// side of the terms and the explanation are new. `false` where somebody else moved it first.
pub async fn payment_reroute(
    tx: &mut Tx,
    payment: &Payment,
    terms: &Json<serde_json::Value>,
    routing: &str,
    now_ms: i64,
) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update payment set terms = $4, routing = $5, updated_at_ms = $6, version = version + 1 \
         where tenant_id = $1 and payment_id = $2 and version = $3",
        payment.tenant_id.to_text(),
        payment.payment_id.to_text(),
        payment.version,
        terms.to_text(),
        routing,
        now_ms
    )?;
    Ok(rows == 1)
}

/// What a list of payments is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// Only payments before this id (26 characters): newest first.
    pub before: Option<String>,
    /// Only payments after this id: oldest first.
    pub after: Option<String>,
    /// Wanted states, `,unknown,declined,`: commas at both ends; empty for all.
    pub states: String,
    /// At or after.
    pub created_from_ms: Option<i64>,
    /// Before.
    pub created_until_ms: Option<i64>,
    /// At least.
    pub amount_min: Option<i64>,
    /// At most.
    pub amount_max: Option<i64>,
    /// Only this POS account.
    pub pos_account_id: Option<String>,
    /// Only this payer.
    pub payer_id: Option<String>,
    /// An exact word: id, reference, last four digits, order number, authorization code.
    pub word: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// The payments of a filter, apart from where to begin and in which order.
macro_rules! payments_of_filter {
    () => {
        "select p.* from payment p where p.tenant_id = $1 \
         and exists (select 1 from node_ancestor a where a.tenant_id = p.tenant_id and a.ancestor_id = $2 \
             and (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id))) \
         and ($4 = '' or $4 like '%,' || p.state || ',%') \
         and (cast($5 as bigint) is null or p.created_at_ms >= $5) \
         and (cast($6 as bigint) is null or p.created_at_ms < $6) \
         and (cast($7 as bigint) is null or p.amount_minor >= $7) \
         and (cast($8 as bigint) is null or p.amount_minor <= $8) \
         and (cast($9 as text) is null or exists (select 1 from attempt t where t.tenant_id = p.tenant_id \
             and t.payment_id = p.payment_id and t.pos_account_id = $9)) \
         and (cast($10 as text) is null or p.payer_id = $10) \
         and (cast($11 as text) is null or p.payment_id = $11 or p.reference = $11 or exists (\
             select 1 from attempt t where t.tenant_id = p.tenant_id and t.payment_id = p.payment_id \
             and (t.order_no = $11 or t.card_last4 = $11 or t.bank_ref like '%\"' || $11 || '\"%'))) "
    };
}

/// Payments that `scope` sees, newest first; with `after`, oldest first.
pub async fn payment_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &PaymentFilter,
) -> StoreResult<Vec<Payment>> {
    // One text each, for an index can only be walked in an order that the text states.
    macro_rules! listed {
        ($begin:literal, $mark:expr) => {
            fetch_all!(
                tx,
                Payment,
                concat!(payments_of_filter!(), $begin),
                tenant.to_text(),
                scope.to_text(),
                $mark,
                filter.states.as_str(),
                filter.created_from_ms,
                filter.created_until_ms,
                filter.amount_min,
                filter.amount_max,
                filter.pos_account_id.as_deref(),
                filter.payer_id.as_deref(),
                filter.word.as_deref(),
                filter.limit
            )
        };
    }
    if let Some(after) = filter.after.as_deref() {
        return listed!("and p.payment_id > $3 order by p.payment_id limit $12", after);
    }
    listed!(
        "and (cast($3 as text) is null or p.payment_id < $3) order by p.payment_id desc limit $12",
        filter.before.as_deref()
    )
}

/// How many payments `scope` sees through a filter, wherever its page begins; one more than the cap where there are more.
pub async fn payment_count(tx: &mut Tx, tenant: TenantId, scope: NodeId, filter: &PaymentFilter) -> StoreResult<i64> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        concat!(
            "select cast(count(*) as bigint) from (",
            payments_of_filter!(),
            "and cast($3 as text) is null limit $12) counted"
        ),
        tenant.to_text(),
        scope.to_text(),
        None::<String>,
        filter.states.as_str(),
        filter.created_from_ms,
        filter.created_until_ms,
        filter.amount_min,
        filter.amount_max,
        filter.pos_account_id.as_deref(),
        filter.payer_id.as_deref(),
        filter.word.as_deref(),
        limits::TOTAL_ROWS_MAX + 1
    )?;
    Ok(count)
}
