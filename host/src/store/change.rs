//! What was changed of a firm, counted, so that what a server keeps in memory is known to be true.
//!
//! Whoever writes what others keep notes it in the transaction ([`Tx::changed`]), and the commit counts it in the firm's
//! row. Every server reads all counts many times a second ([`Db::follow`]); the one whose commit counted knows at once.
//! What is kept belongs to a count and is gone with it. And counts are told only while the last reading is young
//! (`limits::CHANGE_SEEN_WITHIN`): a server that is late, or has lost the database, keeps nothing and asks it each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{Db, StoreResult, Tx};
use crate::domain::id::TenantId;
use crate::limits;

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Who may come in: a key was revoked, a session ended, a person locked out.
    Access,
    /// What is set up: the tree, POS accounts, rules, instalment tables, own rows of the BIN table.
    Setup,
}

/// How often a firm was changed. Never less than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// See [`Changed::Access`].
    pub access: i64,
    /// See [`Changed::Setup`].
    pub setup: i64,
}

impl Counts {
    /// One change, however often a transaction notes it.
    pub(super) fn note(&mut self, changed: Changed) {
        match changed {
            Changed::Access => self.access = 1,
            Changed::Setup => self.setup = 1,
        }
    }

    fn later(self, other: Self) -> Self {
        Self { access: self.access.max(other.access), setup: self.setup.max(other.setup) }
    }
}

/// Counts changes of a firm; gives its counts with them.
pub(super) async fn counted(tx: &mut Tx, tenant: TenantId, more: Counts) -> StoreResult<Counts> {
    execute!(
        tx,
        "insert into firm_change (tenant_id, access, setup) values ($1, $2, $3) \
         on conflict (tenant_id) do update set access = firm_change.access + excluded.access, \
         setup = firm_change.setup + excluded.setup",
        tenant.to_text(),
        more.access,
        more.setup
    )?;
    let (access, setup) =
        fetch_one!(tx, (i64, i64), "select access, setup from firm_change where tenant_id = $1", tenant.to_text())?;
    Ok(Counts { access, setup })
}

/// The counts that this server has seen.
#[derive(Default)]
pub(super) struct Changes(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    firms: HashMap<TenantId, Counts>,
    /// Counts every firm's change together.
    moved: u64,
    /// When the newest reading began; absent while there is none to believe.
    read_at: Option<Instant>,
    /// Readings that began before this tell nothing: a commit's outcome was not known then.
    doubted_at: Option<Instant>,
}

impl Seen {
    fn is_young(&self) -> bool {
        self.read_at.is_some_and(|read_at| read_at.elapsed() < limits::CHANGE_SEEN_WITHIN)
    }

    fn raise(&mut self, tenant: TenantId, counts: Counts) {
        let known = self.firms.entry(tenant).or_default();
        let later = known.later(counts);
        if later != *known {
            *known = later;
            self.moved += 1;
        }
    }
}

impl Changes {
    fn state(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A commit of this server counted them.
    pub(super) fn seen(&self, counted: &[(TenantId, Counts)]) {
        let mut seen = self.state();
        for (tenant, counts) in counted {
            seen.raise(*tenant, *counts);
        }
    }

    /// A commit may have counted or not: nothing is believed until the next reading.
    pub(super) fn doubt(&self) {
        let mut seen = self.state();
        seen.read_at = None;
        seen.doubted_at = Some(Instant::now());
        seen.moved += 1;
    }

    /// What a reading told that began then; nothing where there are too many firms to follow.
    fn read(&self, begun: Instant, rows: Option<&[(TenantId, Counts)]>) {
        let mut seen = self.state();
        let Some(rows) = rows else {
            seen.read_at = None;
            return;
        };
        for (tenant, counts) in rows {
            seen.raise(*tenant, *counts);
        }
        if seen.doubted_at.is_none_or(|doubted_at| begun > doubted_at) {
            seen.read_at = seen.read_at.max(Some(begun));
        }
    }
}

impl Db {
    /// Reads the counts of all firms. What was committed before this began is known after it.
    pub async fn follow(&self) -> StoreResult<()> {
        let begun = Instant::now();
        let mut tx = self.read().await?;
        let rows = fetch_all!(
            &mut tx,
            (String, i64, i64),
            "select tenant_id, access, setup from firm_change limit $1",
            limits::CHANGE_FIRMS_MAX
        )?;
        drop(tx);
        let all = i64::try_from(rows.len()).unwrap_or(i64::MAX) < limits::CHANGE_FIRMS_MAX;
        let rows: Vec<(TenantId, Counts)> = rows
            .into_iter()
            .filter_map(|(tenant, access, setup)| Some((TenantId::from_text(&tenant).ok()?, Counts { access, setup })))
            .collect();
        self.changes.read(begun, all.then_some(&rows));
        Ok(())
    }

    /// How often a firm was changed, as far as this server has seen; nothing where it has not looked just now. What is
    /// read from the database after this was asked is at least as new.
    pub fn counts(&self, tenant: TenantId) -> Option<Counts> {
        let seen = self.changes.state();
        seen.is_young().then(|| seen.firms.get(&tenant).copied().unwrap_or_default())
    }

    /// Counts the changes of all firms that this server has seen: for what is read before it is known whose it is.
    pub fn moved(&self) -> u64 {
        self.changes.state().moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Db;

    /// What is kept in memory somewhere. Every statement that writes it stands in a function that notes so.
    const KEPT: &[&str] = &[
        "api_key",
        "session",
        "user_account",
        "node",
        "node_ancestor",
        "pos_account",
        "pos_secret",
        "bin_override",
        "routing",
        "routing_rule",
        "instalment",
        "scheme",
        "scheme_line",
    ];
    /// What writes it and changes nothing that is kept, or stands only behind one that notes it.
    const QUIET: &[(&str, &str)] = &[
        ("api_key_insert", "nobody keeps that a key is not there"),
        ("api_key_touch", "when it was used is not kept"),
        ("session_insert", "nobody keeps that a session is not there"),
        ("session_touch", "it holds longer than was kept"),
        ("user_insert", "has no session yet"),
        ("user_try", "tries and locks are asked where a password is"),
        ("user_succeeded", "the same"),
        ("user_set_password", "the caller ends the sessions"),
        ("scheme_insert", "calls scheme_change"),
        ("scheme_line_insert", "a line of a version that scheme_insert wrote"),
        ("routing_rule_insert", "whoever writes rules calls routing_change first"),
        ("routing_rule_update", "the same"),
        ("routing_rule_place", "the same"),
        ("routing_rule_delete", "the same"),
    ];

    fn writes_kept(function: &str) -> bool {
        KEPT.iter().any(|table| {
            ["insert into", "update", "delete from"].iter().any(|verb| function.contains(&format!("\"{verb} {table} ")))
        })
    }

    #[test]
    fn whatever_is_kept_is_noted_where_it_is_written() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut quiet: Vec<&str> = QUIET.iter().map(|(name, _)| *name).collect();
        let mut noted = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            for function in text.split("async fn ").skip(1).filter(|function| writes_kept(function)) {
                let name = function.split('(').next().unwrap_or_default();
                if function.contains("tx.changed(") {
                    noted += 1;
                } else if let Some(at) = quiet.iter().position(|known| *known == name) {
                    quiet.remove(at);
                } else {
                    panic!("{}: {name} writes what is kept and does not note it", path.display());
                }
            }
        }
        assert!(quiet.is_empty() && noted >= 9, "{quiet:?} {noted}");
    }

    async fn db(folder: &tempfile::TempDir) -> Db {
        Db::open(&format!("sqlite:{}", folder.path().join("c.db").display())).await.unwrap()
    }

    async fn change(db: &Db, firm: TenantId, changed: Changed) {
        let mut tx = db.begin().await.unwrap();
        tx.changed(firm, changed);
        tx.changed(firm, changed);
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_commit_is_seen_here_at_once_and_elsewhere_by_the_next_reading() {
        let folder = tempfile::tempdir().unwrap();
        let (here, there) = (db(&folder).await, db(&folder).await);
        let (firm, other) = (TenantId::at(1), TenantId::at(2));
        assert_eq!(here.counts(firm), None, "nothing was read yet");
        there.follow().await.unwrap();
        here.follow().await.unwrap();
        change(&here, firm, Changed::Access).await;
        let seen = |db: &Db, firm| db.changes.state().firms.get(&firm).copied();
        assert_eq!((seen(&here, firm), seen(&there, firm)), (Some(Counts { access: 1, setup: 0 }), None));
        there.follow().await.unwrap();
        assert_eq!(seen(&there, firm), Some(Counts { access: 1, setup: 0 }));
        change(&there, firm, Changed::Setup).await;
        here.follow().await.unwrap();
        assert_eq!((seen(&here, firm), seen(&here, other)), (Some(Counts { access: 1, setup: 1 }), None));
        // Taken back, nothing is counted.
        let mut tx = here.begin().await.unwrap();
        tx.changed(other, Changed::Setup);
        drop(tx);
        here.follow().await.unwrap();
        assert_eq!(seen(&here, other), None);
    }

    #[test]
    fn an_old_reading_or_one_from_before_a_doubt_is_not_believed() {
        let changes = Changes::default();
        let (firm, long_ago) = (TenantId::at(1), Instant::now().checked_sub(limits::CHANGE_SEEN_WITHIN).unwrap());
        changes.read(long_ago, Some(&[]));
        assert!(!changes.state().is_young());
        let begun = Instant::now();
        changes.read(begun, Some(&[]));
        // An older reading that ends later takes nothing back.
        changes.read(long_ago, Some(&[(firm, Counts { access: 2, setup: 0 })]));
        assert_eq!(changes.state().read_at, Some(begun));
        changes.read(begun, Some(&[(firm, Counts { access: 1, setup: 3 })]));
        assert_eq!(changes.state().firms[&firm], Counts { access: 2, setup: 3 });
        changes.doubt();
        changes.read(begun, Some(&[]));
        assert_eq!(changes.state().read_at, None);
        changes.read(Instant::now() + limits::CHANGE_FOLLOW_EVERY, Some(&[]));
        assert!(changes.state().is_young());
        changes.read(Instant::now(), None);
        assert!(!changes.state().is_young());
    }
}
