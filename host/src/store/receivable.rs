//! What is owed, and the one lock under which it is closed.

use jiff::civil::Date;

use super::{StoreError, StoreResult, Tx};
use crate::domain::fold::fold;
use crate::domain::id::{ComponentId, NodeId, ReceivableId, TenantId};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::domain::receivable::{ComponentKind, OpenComponent};

/// A receivable as it is stored, without its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivableRow {
    /// Which.
    pub id: ReceivableId,
    /// To whom it is owed.
    pub node: NodeId,
    /// Who owes.
    pub debtor: Party,
    /// In which currency.
    pub currency: Currency,
    /// The document behind it.
    pub document_no: Option<String>,
    /// Free text for people.
    pub description: Option<String>,
    /// When it falls due.
    pub due_on: Date,
    /// Who wrote it.
    pub created_by: String,
    /// When it was written.
    pub created_at_ms: i64,
}

/// A part of a receivable and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRow {
    /// Which.
    pub id: ComponentId,
    /// Of which receivable.
    pub receivable: ReceivableId,
    /// Of which kind.
    pub kind: ComponentKind,
    /// What was charged.
    pub charged: i64,
    /// What is left.
    pub outstanding: i64,
}

/// A receivable with the names that a reader wants beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivableShown {
    /// The row.
    pub row: ReceivableRow,
    /// To whom it is owed.
    pub node_name: String,
    /// Who owes; empty where the party has no name.
    pub debtor_name: String,
    /// Its parts.
    pub components: Vec<ComponentRow>,
}

/// Which receivables a list shows. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct ReceivableFilter {
    /// Owed to this node only.
    pub node: Option<NodeId>,
    /// Owed by this party only.
    pub debtor: Option<Party>,
    /// Only those with something left.
    pub open_only: bool,
    /// Words in document number, text or the debtor's name.
    pub words: Option<String>,
    /// Walk forward behind this mark (`due_on|id`, the order of the list).
    pub after: Option<String>,
    /// Walk backward before this mark; the rows then come in the opposite order.
    pub before: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Writes a receivable; its components are written beside it.
pub async fn receivable_insert(tx: &mut Tx, tenant: TenantId, row: &ReceivableRow) -> StoreResult<()> {
    let debtor_node = match row.debtor {
        Party::Node(node) => Some(node.to_text()),
        Party::Customer(_) | Party::PosAccount(_) | Party::Payer(_) => None,
    };
    execute!(
        tx,
        "insert into receivable (tenant_id, receivable_id, node_id, debtor, debtor_node_id, currency, document_no,
            description, due_on, created_by, created_at_ms, folded)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.to_text(),
        row.id.to_text(),
        row.node.to_text(),
        row.debtor.to_string(),
        debtor_node,
        row.currency.code(),
        row.document_no.as_deref(),
        row.description.as_deref(),
        row.due_on.to_string(),
        row.created_by.as_str(),
        row.created_at_ms,
        fold(&format!(
            "{} {}",
            row.document_no.as_deref().unwrap_or_default(),
            row.description.as_deref().unwrap_or_default()
        )),
    )?;
    Ok(())
}

/// Writes one part of a receivable.
pub async fn component_insert(
    tx: &mut Tx,
    tenant: TenantId,
    receivable: ReceivableId,
    component: ComponentId,
    kind: ComponentKind,
    charged: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into component (tenant_id, component_id, receivable_id, kind, charged_minor)
         values ($1, $2, $3, $4, $5)",
        tenant.to_text(),
        component.to_text(),
        receivable.to_text(),
        kind.as_str(),
        charged,
    )?;
    Ok(())
}

/// Takes a debtor's account with a node for the rest of the transaction. Whatever is read after this is what
/// the holder before left, on both databases: SQLite has one writer, and PostgreSQL's READ COMMITTED reads
/// anew for each statement after it has waited for the row. Take several in the order of their text.
pub async fn debtor_lock(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    debtor: Party,
    currency: Currency,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into debtor (tenant_id, node_id, debtor, currency, version) values ($1, $2, $3, $4, 0)
         on conflict (tenant_id, node_id, debtor, currency) do nothing",
        tenant.to_text(),
        node.to_text(),
        debtor.to_string(),
        currency.code(),
    )?;
    execute!(
        tx,
        "update debtor set version = version + 1
         where tenant_id = $1 and node_id = $2 and debtor = $3 and currency = $4",
        tenant.to_text(),
        node.to_text(),
        debtor.to_string(),
        currency.code(),
    )?;
    Ok(())
}

/// The components of a debtor that have something left. Read it under [`debtor_lock`] before allocating.
pub async fn receivable_open(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    debtor: Party,
    currency: Currency,
) -> StoreResult<Vec<OpenComponent>> {
    let rows = fetch_all!(
        tx,
        (String, String, String, String, i64),
        "select r.receivable_id, c.component_id, c.kind, r.due_on,
            cast(c.charged_minor - coalesce((select sum(a.minor) from allocation a
                where a.tenant_id = c.tenant_id and a.component_id = c.component_id), 0) as bigint)
         from receivable r
         join component c on c.tenant_id = r.tenant_id and c.receivable_id = r.receivable_id
         where r.tenant_id = $1 and r.node_id = $2 and r.debtor = $3 and r.currency = $4
         order by r.due_on, c.component_id",
        tenant.to_text(),
        node.to_text(),
        debtor.to_string(),
        currency.code(),
    )?;
    rows.into_iter()
        .filter(|row| row.4 != 0)
        .map(|(receivable, component, kind, due_on, outstanding)| {
            Ok(OpenComponent {
                receivable: ReceivableId::from_text(&receivable)
                    .map_err(|_| corrupt("receivable", "receivable_id", &receivable))?,
                component: ComponentId::from_text(&component)
                    .map_err(|_| corrupt("component", "component_id", &component))?,
                kind: kind.parse().map_err(|_| corrupt("component", "kind", &component))?,
                due_on: due_on.parse().map_err(|_| corrupt("receivable", "due_on", &receivable))?,
                outstanding,
            })
        })
        .collect()
}

/// What is left of one component.
pub async fn component_outstanding(tx: &mut Tx, tenant: TenantId, component: ComponentId) -> StoreResult<i64> {
    let (left,) = fetch_one!(
        tx,
        (i64,),
        "select cast(c.charged_minor - coalesce((select sum(a.minor) from allocation a
            where a.tenant_id = c.tenant_id and a.component_id = c.component_id), 0) as bigint)
         from component c where c.tenant_id = $1 and c.component_id = $2",
        tenant.to_text(),
        component.to_text(),
    )?;
    Ok(left)
}

/// The parts of one receivable.
pub async fn components_of(tx: &mut Tx, tenant: TenantId, receivable: ReceivableId) -> StoreResult<Vec<ComponentRow>> {
    let rows = fetch_all!(
        tx,
        (String, String, i64, i64),
        "select c.component_id, c.kind, c.charged_minor,
            cast(c.charged_minor - coalesce((select sum(a.minor) from allocation a
                where a.tenant_id = c.tenant_id and a.component_id = c.component_id), 0) as bigint)
         from component c where c.tenant_id = $1 and c.receivable_id = $2 order by c.component_id",
        tenant.to_text(),
        receivable.to_text(),
    )?;
    rows.into_iter()
        .map(|(component, kind, charged, outstanding)| {
            let id =
                ComponentId::from_text(&component).map_err(|_| corrupt("component", "component_id", &component))?;
            let kind = kind.parse().map_err(|_| corrupt("component", "kind", &component))?;
            Ok(ComponentRow { id, receivable, kind, charged, outstanding })
        })
        .collect()
}

type Stored =
    (String, String, String, String, Option<String>, Option<String>, String, String, i64, String, Option<String>);

fn read(stored: Stored) -> StoreResult<ReceivableShown> {
    let (
        id,
        node,
        debtor,
        currency,
        document_no,
        description,
        due_on,
        created_by,
        created_at_ms,
        node_name,
        debtor_name,
    ) = stored;
    let wrong = |column| corrupt("receivable", column, &id);
    let row = ReceivableRow {
        id: ReceivableId::from_text(&id).map_err(|_| wrong("receivable_id"))?,
        node: NodeId::from_text(&node).map_err(|_| wrong("node_id"))?,
        debtor: debtor.parse().map_err(|_| wrong("debtor"))?,
        currency: Currency::from_code(&currency).ok_or_else(|| wrong("currency"))?,
        due_on: due_on.parse().map_err(|_| wrong("due_on"))?,
        document_no,
        description,
        created_by,
        created_at_ms,
    };
    Ok(ReceivableShown { row, node_name, debtor_name: debtor_name.unwrap_or_default(), components: Vec::new() })
}

/// One receivable that the scope may see: owed to a node in it, or by one.
pub async fn receivable_fetch(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    id: ReceivableId,
) -> StoreResult<Option<ReceivableShown>> {
    let stored = fetch_optional!(
        tx,
        Stored,
        "select r.receivable_id, r.node_id, r.debtor, r.currency, r.document_no, r.description, r.due_on,
            r.created_by, r.created_at_ms, n.name, coalesce(d.name, c.name)
         from receivable r
         join node n on n.tenant_id = r.tenant_id and n.node_id = r.node_id
         left join node d on d.tenant_id = r.tenant_id and d.node_id = r.debtor_node_id
         left join customer c on c.tenant_id = r.tenant_id and c.customer_id = substr(r.debtor, 5)
         where r.tenant_id = $1 and r.receivable_id = $2 and exists (select 1 from node_ancestor a
            where a.tenant_id = r.tenant_id and a.ancestor_id = $3 and a.node_id in (r.node_id, r.debtor_node_id))",
        tenant.to_text(),
        id.to_text(),
        scope.to_text(),
    )?;
    let Some(stored) = stored else { return Ok(None) };
    let mut shown = read(stored)?;
    shown.components = components_of(tx, tenant, id).await?;
    Ok(Some(shown))
}

/// A page of receivables that the scope may see, by due day, with their parts.
pub async fn receivable_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &ReceivableFilter,
) -> StoreResult<Vec<ReceivableShown>> {
    let backward = filter.before.is_some();
    let mark = filter.before.as_deref().or(filter.after.as_deref()).unwrap_or_default();
    let (day, id) = mark.split_once('|').unwrap_or_default();
    let words = filter.words.as_deref().map(fold).filter(|words| !words.is_empty());
    // One text for both ways: the flag turns the comparison and the order.
    let stored = fetch_all!(
        tx,
        Stored,
        "select r.receivable_id, r.node_id, r.debtor, r.currency, r.document_no, r.description, r.due_on,
            r.created_by, r.created_at_ms, n.name, coalesce(d.name, c.name)
         from receivable r
         join node n on n.tenant_id = r.tenant_id and n.node_id = r.node_id
         left join node d on d.tenant_id = r.tenant_id and d.node_id = r.debtor_node_id
         left join customer c on c.tenant_id = r.tenant_id and c.customer_id = substr(r.debtor, 5)
         where r.tenant_id = $1
           and exists (select 1 from node_ancestor a where a.tenant_id = r.tenant_id and a.ancestor_id = $2
                and a.node_id in (r.node_id, r.debtor_node_id))
           and ($3 = '' or r.node_id = $3)
           and ($4 = '' or r.debtor = $4)
           and ($5 = '' or r.folded like $5 or coalesce(d.folded, c.folded) like $5)
           and ($6 = '' or ($9 = 0 and (r.due_on > $6 or (r.due_on = $6 and r.receivable_id > $7)))
                or ($9 = 1 and (r.due_on < $6 or (r.due_on = $6 and r.receivable_id < $7))))
           and ($8 = 0 or (select sum(c.charged_minor) from component c
                where c.tenant_id = r.tenant_id and c.receivable_id = r.receivable_id)
              > coalesce((select sum(l.minor) from allocation l
                join component c on c.tenant_id = l.tenant_id and c.component_id = l.component_id
                where c.tenant_id = r.tenant_id and c.receivable_id = r.receivable_id), 0))
         order by case when $9 = 0 then r.due_on else '' end, case when $9 = 0 then r.receivable_id else '' end,
            r.due_on desc, r.receivable_id desc
         limit $10",
        tenant.to_text(),
        scope.to_text(),
        filter.node.map(NodeId::to_text).unwrap_or_default(),
        filter.debtor.map(|debtor| debtor.to_string()).unwrap_or_default(),
        words.map(|words| format!("%{words}%")).unwrap_or_default(),
        day,
        id,
        i64::from(filter.open_only),
        i64::from(backward),
        filter.limit,
    )?;
    let mut shown = Vec::with_capacity(stored.len());
    for stored in stored {
        let mut one = read(stored)?;
        one.components = components_of(tx, tenant, one.row.id).await?;
        shown.push(one);
    }
    Ok(shown)
}

pub(super) fn corrupt(table: &'static str, column: &'static str, row: &str) -> StoreError {
    StoreError::Corrupt { table, column, row: row.to_owned() }
}
