//! What a firm has set up, as an act reads it: tree, POS accounts, instalment table, BIN table, routing rules.
//!
//! Whatever moves money reads it in its own transaction ([`Setup::in_tx`]), and so everything as it is. A dry run may read
//! what is kept ([`Setup::lately`]): for as long as nothing of the firm's setup was changed (`store/change.rs`).

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::routing::{Table, table_in_tx};
use crate::app::App;
use crate::domain::bin::BinFacts;
use crate::domain::id::{NodeId, PosAccountId, TenantId};
use crate::domain::instalment::SchemeLine;
use crate::flow::error::FlowResult;
use crate::limits;
use crate::store::bin::bin_look_up;
use crate::store::instalment::{scheme_lines, scheme_next};
use crate::store::node::{PathStep, node_firm, node_path};
use crate::store::pos_account::{PosAccount, USABLE_MAX, pos_account_fetch, pos_account_usable, pos_secret_list};
use crate::store::{Db, StoreResult, Tx};

/// From the firm down to a node, that node included.
pub type Path = Arc<[Arc<PathStep>]>;

/// A firm's setup, read from the database or as it is kept.
pub struct Setup<'a> {
    tenant: TenantId,
    source: Source<'a>,
    kept: Option<Arc<Kept>>,
}

enum Source<'a> {
    /// The act's own transaction.
    Act(&'a mut Tx),
    /// One that is begun when something is not kept.
    Own { db: &'a Db, tx: Option<Tx> },
}

/// What is kept of the firms' setups.
#[derive(Default)]
pub struct Setups {
    firms: Mutex<HashMap<TenantId, Arc<Kept>>>,
    /// Entries of all firms.
    entries: Arc<AtomicUsize>,
}

/// What is kept of a firm's setup that was changed so often.
struct Kept {
    count: i64,
    since: Instant,
    parts: Mutex<Parts>,
    /// Of this firm, and of all.
    entries: AtomicUsize,
    all: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Parts {
    firm: Option<NodeId>,
    steps: HashMap<NodeId, Arc<PathStep>>,
    paths: HashMap<NodeId, Path>,
    /// A node's own active accounts.
    usable: HashMap<NodeId, Vec<Arc<PosAccount>>>,
    accounts: HashMap<PosAccountId, Arc<PosAccount>>,
    /// Which secrets an account has, by name.
    secrets: HashMap<PosAccountId, Arc<BTreeSet<String>>>,
    cards: HashMap<String, Option<BinFacts>>,
    lines: Option<Lines>,
    rules: Option<Rules>,
}

/// A firm may have none, which is known as well.
#[derive(Clone)]
struct Rules(Option<Arc<Table>>);

/// The lines that count from an instant on, until the next version begins.
#[derive(Clone)]
struct Lines {
    from_ms: i64,
    until_ms: i64,
    all: Arc<[SchemeLine]>,
}

impl Setups {
    /// What is kept of a firm; nothing where this server has not looked just now whether it is still so.
    fn of(&self, db: &Db, tenant: TenantId) -> Option<Arc<Kept>> {
        let count = db.counts(tenant)?.setup;
        let mut firms = self.firms.lock().unwrap_or_else(PoisonError::into_inner);
        let is_true = |kept: &&Arc<Kept>| kept.count == count && kept.since.elapsed() < limits::KEPT_LIFE;
        if let Some(kept) = firms.get(&tenant).filter(is_true) {
            return Some(Arc::clone(kept));
        }
        if self.entries.load(Ordering::Relaxed) >= limits::SETUP_KEPT_MAX {
            firms.clear();
        }
        let kept = Arc::new(Kept {
            count,
            since: Instant::now(),
            parts: Mutex::default(),
            entries: AtomicUsize::new(0),
            all: Arc::clone(&self.entries),
        });
        firms.insert(tenant, Arc::clone(&kept));
        Some(kept)
    }
}

impl Kept {
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps something that is so many entries, where there is room.
    fn put(&self, entries: usize, put: impl FnOnce(&mut Parts)) {
        if self.all.load(Ordering::Relaxed) + entries > limits::SETUP_KEPT_MAX {
            return;
        }
        self.all.fetch_add(entries, Ordering::Relaxed);
        self.entries.fetch_add(entries, Ordering::Relaxed);
        put(&mut self.parts());
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all.fetch_sub(self.entries.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl<'a> Setup<'a> {
    /// As the act's transaction sees it.
    pub fn in_tx(tx: &'a mut Tx, tenant: TenantId) -> Self {
        Self { tenant, source: Source::Act(tx), kept: None }
    }

    /// As it was a moment ago: for what decides nothing.
    pub fn lately(app: &'a App, tenant: TenantId) -> Self {
        Self { tenant, source: Source::Own { db: &app.db, tx: None }, kept: app.setups.of(&app.db, tenant) }
    }

    /// A transaction, for what is never kept.
    pub async fn tx(&mut self) -> StoreResult<&mut Tx> {
        match &mut self.source {
            Source::Act(tx) => Ok(tx),
            Source::Own { db, tx } => match tx {
                Some(tx) => Ok(tx),
                None => Ok(tx.insert(db.read().await?)),
            },
        }
    }

    fn known<T>(&self, look: impl FnOnce(&Parts) -> Option<T>) -> Option<T> {
        look(&self.kept.as_ref()?.parts())
    }

    fn keep(&self, entries: usize, put: impl FnOnce(&mut Parts)) {
        if let Some(kept) = &self.kept {
            kept.put(entries, put);
        }
    }

    /// The firm's own node.
    pub async fn firm(&mut self) -> StoreResult<Option<NodeId>> {
        if let Some(firm) = self.known(|parts| parts.firm) {
            return Ok(Some(firm));
        }
        let tenant = self.tenant;
        let firm = node_firm(self.tx().await?, tenant).await?.map(|node| node.node_id);
        self.keep(1, |parts| parts.firm = firm);
        Ok(firm)
    }

    /// From the firm down to a node; empty where there is no such node.
    pub async fn path(&mut self, node: NodeId) -> StoreResult<Path> {
        if let Some(path) = self.known(|parts| parts.paths.get(&node).map(Arc::clone)) {
            return Ok(path);
        }
        let tenant = self.tenant;
        let steps = node_path(self.tx().await?, tenant, None, node).await?;
        let mut path: Path = steps.into_iter().map(Arc::new).collect();
        if !path.is_empty() {
            self.keep(2, |parts| {
                // Nodes above are shared by all below them.
                let shared = |step: &Arc<PathStep>| {
                    Arc::clone(parts.steps.entry(step.node_id).or_insert_with(|| Arc::clone(step)))
                };
                path = path.iter().map(shared).collect();
                parts.paths.insert(node, Arc::clone(&path));
            });
        }
        Ok(path)
    }

    /// The active accounts that a node may collect with, nearest first.
    pub async fn usable(&mut self, node: NodeId) -> StoreResult<Vec<Arc<PosAccount>>> {
        if self.kept.is_none() {
            let tenant = self.tenant;
            let usable = pos_account_usable(self.tx().await?, tenant, node).await?;
            return Ok(usable.into_iter().map(Arc::new).collect());
        }
        let path = self.path(node).await?;
        let known = self.known(|parts| {
            let own = path.iter().rev().map(|step| parts.usable.get(&step.node_id));
            own.collect::<Option<Vec<_>>>().map(|own| own.into_iter().flatten().take(USABLE_MAX).cloned().collect())
        });
        if let Some(usable) = known {
            return Ok(usable);
        }
        let tenant = self.tenant;
        let usable = pos_account_usable(self.tx().await?, tenant, node).await?;
        let usable: Vec<Arc<PosAccount>> = usable.into_iter().map(Arc::new).collect();
        // Cut off, the last node's would not be whole.
        if usable.len() < USABLE_MAX {
            self.keep(1 + usable.len(), |parts| {
                for step in path.iter() {
                    let own = usable.iter().filter(|account| account.node_id == step.node_id).cloned();
                    parts.usable.insert(step.node_id, own.collect());
                }
            });
        }
        Ok(usable)
    }

    /// An account of the firm, whoever may use it.
    pub async fn account(&mut self, account: PosAccountId) -> StoreResult<Option<Arc<PosAccount>>> {
        if let Some(known) = self.known(|parts| parts.accounts.get(&account).map(Arc::clone)) {
            return Ok(Some(known));
        }
        let tenant = self.tenant;
        let row = pos_account_fetch(self.tx().await?, tenant, account).await?.map(Arc::new);
        if let Some(row) = &row {
            self.keep(1, |parts| drop(parts.accounts.insert(account, Arc::clone(row))));
        }
        Ok(row)
    }

    /// Which secrets an account has, by name; none is opened.
    pub async fn secrets(&mut self, account: PosAccountId) -> StoreResult<Arc<BTreeSet<String>>> {
        if let Some(known) = self.known(|parts| parts.secrets.get(&account).map(Arc::clone)) {
            return Ok(known);
        }
        let tenant = self.tenant;
        let rows = pos_secret_list(self.tx().await?, tenant, account).await?;
        let names: Arc<BTreeSet<String>> = Arc::new(rows.into_iter().map(|secret| secret.name).collect());
        self.keep(1, |parts| drop(parts.secrets.insert(account, Arc::clone(&names))));
        Ok(names)
    }

    /// The lines of the instalment table that count at an instant.
    pub async fn lines(&mut self, at_ms: i64) -> StoreResult<Arc<[SchemeLine]>> {
        let counts = |kept: &&Lines| (kept.from_ms..kept.until_ms).contains(&at_ms);
        if let Some(lines) = self.known(|parts| parts.lines.as_ref().filter(counts).map(|kept| Arc::clone(&kept.all))) {
            return Ok(lines);
        }
        let (tenant, keeps) = (self.tenant, self.kept.is_some());
        let tx = self.tx().await?;
        let lines: Arc<[SchemeLine]> = scheme_lines(tx, tenant, at_ms).await?.into();
        if keeps {
            let until_ms = scheme_next(tx, tenant, at_ms).await?.unwrap_or(i64::MAX);
            let kept = Lines { from_ms: at_ms, until_ms, all: Arc::clone(&lines) };
            self.keep(1 + lines.len(), |parts| parts.lines = Some(kept));
        }
        Ok(lines)
    }

    /// What is known of a card from its first digits.
    pub async fn card(&mut self, digits: &str) -> StoreResult<Option<BinFacts>> {
        if let Some(card) = self.known(|parts| parts.cards.get(digits).cloned()) {
            return Ok(card);
        }
        let tenant = self.tenant;
        let card = bin_look_up(self.tx().await?, tenant, digits).await?;
        self.keep(1, |parts| drop(parts.cards.insert(digits.to_owned(), card.clone())));
        Ok(card)
    }

    /// The firm's routing rules; nothing where it has none.
    pub(super) async fn rules(&mut self, app: &App) -> FlowResult<Option<Arc<Table>>> {
        if let Some(Rules(rules)) = self.known(|parts| parts.rules.clone()) {
            return Ok(rules);
        }
        let tenant = self.tenant;
        let rules = table_in_tx(app, self.tx().await?, tenant).await?;
        self.keep(1, |parts| parts.rules = Some(Rules(rules.clone())));
        Ok(rules)
    }
}
