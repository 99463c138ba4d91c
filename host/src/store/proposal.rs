//! Proposals: what one person wants done and a second one must confirm. Closed ones stay, as history.

use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, ProposalId, TenantId};
use crate::domain::proposal::{ProposalKind, ProposalState};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Proposal {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub proposal_id: ProposalId,
    /// Whoever sees this node sees it.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// What is proposed.
    #[sqlx(try_from = "String")]
    pub kind: ProposalKind,
    /// What it is about, with its prefix.
    pub subject: String,
    /// What will be done, JSON; never changed.
    pub payload: String,
    /// Why the maker knows, in the maker's words.
    pub evidence: String,
    /// The number of the bank's letter or statement.
    pub reference: Option<String>,
    /// SHA-256 of a file that the maker keeps, hex.
    pub attachment_sha256: Option<String>,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: ProposalState,
    /// The maker, `usr_…`.
    pub proposed_by: String,
    /// When.
    pub proposed_at_ms: i64,
    /// When its time is over.
    pub expires_at_ms: i64,
    /// Who ended it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at_ms: Option<i64>,
    /// What that one said.
    pub note: Option<String>,
    /// For compare-and-set.
    pub version: i64,
    /// The maker's name.
    pub proposed_by_name: Option<String>,
    /// The name of the one who ended it.
    pub decided_by_name: Option<String>,
}

/// Inserts a proposal. `false` where one about the same thing is open.
pub async fn proposal_insert(tx: &mut Tx, proposal: &Proposal) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into proposal (tenant_id, proposal_id, node_id, kind, subject, payload, evidence, reference, \
         attachment_sha256, state, proposed_by, proposed_at_ms, expires_at_ms, version) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1) on conflict do nothing",
        proposal.tenant_id.to_text(),
        proposal.proposal_id.to_text(),
        proposal.node_id.to_text(),
        proposal.kind.as_str(),
        proposal.subject.as_str(),
        proposal.payload.as_str(),
        proposal.evidence.as_str(),
        proposal.reference.as_deref(),
        proposal.attachment_sha256.as_deref(),
        proposal.state.as_str(),
        proposal.proposed_by.as_str(),
        proposal.proposed_at_ms,
        proposal.expires_at_ms
    )?;
    Ok(rows == 1)
}

/// Ends a proposal by compare-and-set on its version.
pub async fn proposal_update(tx: &mut Tx, proposal: &Proposal) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update proposal set state = $4, decided_by = $5, decided_at_ms = $6, note = $7, version = version + 1 \
         where tenant_id = $1 and proposal_id = $2 and version = $3",
        proposal.tenant_id.to_text(),
        proposal.proposal_id.to_text(),
        proposal.version,
        proposal.state.as_str(),
        proposal.decided_by.as_deref(),
        proposal.decided_at_ms,
        proposal.note.as_deref()
    )?;
    Ok(rows == 1)
}

/// A proposal that `scope` sees.
pub async fn proposal_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    proposal: ProposalId,
) -> StoreResult<Option<Proposal>> {
    fetch_optional!(
        tx,
        Proposal,
        "select p.*, m.name as proposed_by_name, c.name as decided_by_name from proposal p \
         left join user_account m on m.tenant_id = p.tenant_id and 'usr_' || m.user_id = p.proposed_by \
         left join user_account c on c.tenant_id = p.tenant_id and 'usr_' || c.user_id = p.decided_by \
         where p.tenant_id = $1 and p.proposal_id = $3 and exists (select 1 from node_ancestor a \
         where a.tenant_id = p.tenant_id and a.node_id = p.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        proposal.to_text()
    )
}

/// What a list of proposals is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct ProposalFilter {
    /// Only about this.
    pub subject: Option<String>,
    /// Only in this state.
    pub state: Option<ProposalState>,
    /// Only proposals before this id, 26 characters.
    pub before: Option<String>,
    /// Only proposals after this id; the order is turned round.
    pub after: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Proposals that `scope` sees, newest first; with `after`, oldest first.
pub async fn proposal_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &ProposalFilter,
) -> StoreResult<Vec<Proposal>> {
    fetch_all!(
        tx,
        Proposal,
        "select p.*, m.name as proposed_by_name, c.name as decided_by_name from proposal p \
         left join user_account m on m.tenant_id = p.tenant_id and 'usr_' || m.user_id = p.proposed_by \
         left join user_account c on c.tenant_id = p.tenant_id and 'usr_' || c.user_id = p.decided_by \
         where p.tenant_id = $1 and exists (select 1 from node_ancestor a \
         where a.tenant_id = p.tenant_id and a.node_id = p.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or p.subject = $3) \
         and (cast($4 as text) is null or p.state = $4) \
         and (cast($5 as text) is null or p.proposal_id < $5) \
         and (cast($6 as text) is null or p.proposal_id > $6) \
         order by case when cast($6 as text) is not null then p.proposal_id end, p.proposal_id desc limit $7",
        tenant.to_text(),
        scope.to_text(),
        filter.subject.as_deref(),
        filter.state.map(ProposalState::as_str),
        filter.before.as_deref(),
        filter.after.as_deref(),
        filter.limit
    )
}

/// Ends the open proposals about something that ended another way.
pub async fn proposal_overtake(tx: &mut Tx, tenant: TenantId, subject: &str, now_ms: i64) -> StoreResult<u64> {
    execute!(
        tx,
        "update proposal set state = 'expired', decided_by = 'job:bank', decided_at_ms = $3, version = version + 1 \
         where tenant_id = $1 and subject = $2 and state = 'proposed'",
        tenant.to_text(),
        subject,
        now_ms
    )
}

/// Ends every open proposal, of every firm, whose time is over.
pub async fn proposal_expire(tx: &mut Tx, now_ms: i64) -> StoreResult<u64> {
    execute!(
        tx,
        "update proposal set state = 'expired', decided_by = 'job:clock', decided_at_ms = $1, version = version + 1 \
         where state = 'proposed' and expires_at_ms <= $1",
        now_ms
    )
}

/// Whether any open proposal's time is over.
pub async fn proposal_is_due(tx: &mut Tx, now_ms: i64) -> StoreResult<bool> {
    let found = fetch_optional!(
        tx,
        (i64,),
        "select cast(1 as bigint) from proposal where state = 'proposed' and expires_at_ms <= $1 limit 1",
        now_ms
    )?;
    Ok(found.is_some())
}
