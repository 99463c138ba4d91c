//! Everything that lives as long as the process, built once.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::ctx::Clock;
use crate::domain::id::ReplicaId;
use crate::flow::access::Callers;
use crate::flow::plugin::{plugins_bundled, plugins_follow};
use crate::flow::replica::Inherited;
use crate::flow::routing::Tables;
use crate::flow::setup::Setups;
use crate::flow::silence::Silence;
use crate::limits;
use crate::plugin::{Egress, Plugins, Transport, roots};
use crate::security::hold::Hold;
use crate::security::publisher::TrustStore;
use crate::security::{Keys, PasswordCost, Security, Vault};
use crate::store::Db;

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application is made of.
pub struct Parts {
    /// How this node runs.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// Every connector.
    pub plugins: Plugins,
    /// Whose plugins are taken.
    pub trust: TrustStore,
    /// Which banks do not answer.
    pub silence: Silence,
    /// Up to which change of the database `plugins` has followed.
    pub plugins_followed: Mutex<Option<i64>>,
    /// Versions that nobody uses yet are made ready one after another.
    pub plugins_staging: Mutex<()>,
    /// A version could not be loaded; it is tried again.
    pub plugins_failed: AtomicBool,
    /// The guarded way out, for what is told to the outside.
    pub egress: Arc<dyn Transport>,
    /// The way to the other servers on this database.
    pub inside: Arc<dyn Transport>,
    /// Which of them this is; new at each start.
    pub replica: ReplicaId,
    /// Servers that have ended and handed over to this one what they held.
    pub inherited: Inherited,
    /// Passwords, tokens, fingerprints.
    pub security: Security,
    /// Opens the secrets of POS accounts.
    pub vault: Vault,
    /// Cards of running attempts.
    pub hold: Hold,
    /// The firms' routing rules, made ready.
    pub routing: Tables,
    /// What firms have set up, for dry runs.
    pub setups: Setups,
    /// Who came in lately.
    pub callers: Callers,
    /// What is under way: flows, which must end before the process does, and what the janitor tends to.
    pub tasks: TaskTracker,
    /// Wakes the janitor before its time.
    pub janitor_wake: Notify,
    /// Wakes the one who tells the outside: a commit wrote to the outbox.
    pub webhook_wake: Notify,
    /// Set when the process is asked to end: jobs begin nothing more, others are sent elsewhere, and what comes all the
    /// same is still taken. Set with `shutdown` at the latest.
    pub leaving: CancellationToken,
    /// Set when nothing more is taken.
    pub shutdown: CancellationToken,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Opens the database, loads the plugins and the keys.
    pub async fn build(config: Config, clock: Clock) -> Result<Self> {
        database_dir(&config)?;
        private_dir(&config.private_dir)?;
        let keys = Keys::open(&config.private_dir.join("keys")).context("the keys cannot be opened")?;
        let db = Db::open_syncing(&config.database_url.0, config.sandbox_commit_sync)
            .await
            .context("the database cannot be opened")?;
        let cache = config.private_dir.join("components");
        let compiler = config.compiler.clone();
        let roots = roots(config.extra_ca_file.as_deref()).map_err(anyhow::Error::msg).context("extra_ca_file")?;
        let inside = Arc::new(Egress::inside(roots.clone()).context("TLS cannot be set up")?);
        let egress = Arc::new(Egress::new(roots).context("TLS cannot be set up")?);
        let way_out = Arc::clone(&egress);
        let plugins = tokio::task::spawn_blocking(move || Plugins::new(&cache, compiler, way_out)).await??;
        let trust = TrustStore::open(config.trust_store.as_deref())?;
        let cost = PasswordCost { memory_kib: config.password_memory_kib, ..PasswordCost::PRODUCTION };
        let security = Security::new(&keys, cost, &clock, &config.public_url);
        let security = security.with_rates(config.reads_per_second, config.writes_per_second, &clock);
        let app = Self::assemble(config, clock, db, plugins, trust, (egress, inside), security);
        plugins_bundled(&app).await.context("the plugins that come with the server cannot be taken")?;
        plugins_follow(&app).await.context("the plugins cannot be loaded")?;
        app.plugins.serving_begins();
        Ok(app)
    }

    /// From parts that are there already; the ways out are the guarded one and the one to the other servers.
    pub fn assemble(
        config: Config,
        clock: Clock,
        db: Db,
        plugins: Plugins,
        trust: TrustStore,
        (egress, inside): (Arc<dyn Transport>, Arc<dyn Transport>),
        security: Security,
    ) -> Self {
        let replica = ReplicaId::at(clock.now_ms());
        let shutdown = CancellationToken::new();
        Self(Arc::new(Parts {
            vault: security.vault.clone(),
            hold: Hold::new(clock.clone(), config.replica_url.is_some().then_some(replica)),
            replica,
            inherited: Inherited::default(),
            inside,
            routing: Tables::default(),
            setups: Setups::default(),
            callers: Callers::default(),
            silence: Silence::default(),
            tasks: TaskTracker::new(),
            janitor_wake: Notify::new(),
            webhook_wake: Notify::new(),
            leaving: shutdown.child_token(),
            shutdown,
            egress,
            config,
            clock,
            db,
            plugins,
            trust,
            plugins_followed: Mutex::new(None),
            plugins_staging: Mutex::new(()),
            plugins_failed: AtomicBool::new(false),
            security,
        }))
    }

    /// Runs a flow in a task of its own: it goes on when nobody waits for it any more, and the process ends only
    /// after it.
    pub fn spawn<F>(&self, flow: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let attended = self.clock.attend();
        self.tasks.spawn(async move {
            let ended = flow.await;
            drop(attended);
            ended
        })
    }

    /// Waits for the flows that are under way, as long as anybody would wait for their answers.
    pub async fn flows_ended(&self) {
        self.tasks.close();
        if tokio::time::timeout(limits::LEAVE_FLOWS_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "flows are left to their rows: the bank will be asked");
        }
    }

    /// Ends what may end, and waits for the flows that may not.
    pub async fn drain(&self) {
        self.shutdown.cancel();
        self.flows_ended().await;
        if tokio::time::timeout(limits::LEAVE_CONNECTIONS_MAX, self.db.close()).await.is_err() {
            tracing::warn!("the database does not let go of its connections");
        }
    }
}

/// Makes the folder of an embedded database.
pub fn database_dir(config: &Config) -> Result<()> {
    if let Some(path) = config.database_url.0.strip_prefix("sqlite:")
        && let Some(folder) = std::path::Path::new(path).parent()
    {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(())
}

/// A folder that only we may read: keys and compiled code lie in it.
fn private_dir(path: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let show = || format!("cannot keep {} private", path.display());
    if !path.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(show)?;
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).with_context(show)
}
