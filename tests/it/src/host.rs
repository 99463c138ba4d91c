//! The host in this process, on a port of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use vezne::app::App;
use vezne::config::{Config, DatabaseUrl};
use vezne::ctx::Clock;
use vezne::flow::inquire::janitor_due;

use crate::patience::Patience;

/// An act at the bank may take this long before its outcome counts as unknown.
pub const BANK_DEADLINE_MS: u64 = 4_000;

/// Where the built components lie; `cargo xtask` names it.
pub const COMPONENTS: &str = "VEZNE_COMPONENTS";

/// A running host.
pub struct Host {
    pub app: App,
    pub url: String,
    pub config: Config,
    task: tokio::task::JoinHandle<()>,
}

/// How a story's host is set up.
pub fn config(database_url: &str, addr: SocketAddr, bank_url: &str) -> Result<Config> {
    Ok(Config {
        database_url: DatabaseUrl(database_url.to_owned()),
        listen: addr,
        public_url: format!("http://{addr}"),
        plugins_dir: bundled()?,
        private_dir: private_dir(),
        trust_store: Some(trust_store()?),
        allow_unsigned_plugins: true,
        compiler: compiler(),
        sandbox: true,
        sandbox_url: Some(bank_url.to_owned()),
        bank_deadline_ms: BANK_DEADLINE_MS,
        janitor_every_ms: 25,
        password_memory_kib: 256,
        leave_notice_ms: 100,
        // A story's clock stands still, and with it every caller's bucket.
        reads_per_second: 2_000,
        writes_per_second: 2_000,
        ..Config::default()
    })
}

impl Host {
    /// Builds the application and serves it.
    pub async fn start(database_url: &str, bank_url: &str, clock: Clock) -> Result<Self> {
        Self::start_with(database_url, bank_url, clock, |_| ()).await
    }

    /// As [`Host::start`], with a configuration that the story changes.
    pub async fn start_with(
        database_url: &str,
        bank_url: &str,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self> {
        // All stories share keys and compiled components: the first one makes them, the others wait for it.
        static FIRST: OnceCell<()> = OnceCell::const_new();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut config = config(database_url, listener.local_addr()?, bank_url)?;
        let url = config.public_url.clone();
        change(&mut config);
        let mut first = None;
        FIRST
            .get_or_try_init(|| async {
                first = Some(build(&config, &clock).await?);
                anyhow::Ok(())
            })
            .await?;
        let app = match first {
            Some(app) => app,
            None => build(&config, &clock).await?,
        };
        let serving = app.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = vezne::serve::serve(serving, listener).await {
                eprintln!("the host ended: {error:?}");
            }
        });
        Ok(Self { app, url, config, task })
    }

    /// Waits until nothing is under way and nothing is due: from then on only the clock can change things.
    pub async fn rest(&self) -> Result<()> {
        let mut patience = Patience::new();
        while !(janitor_due(&self.app, &[]).await?.is_empty() && self.app.tasks.is_empty()) {
            ensure!(patience.lasts().await, "the host does not come to rest");
        }
        Ok(())
    }

    /// Lets it leave in order, as when the process is asked to end.
    pub async fn leave(self) -> Result<()> {
        self.app.leaving.cancel();
        self.task.await.context("the host did not end by itself")
    }

    /// Ends it at once, and waits for its flows.
    pub async fn stop(self) {
        self.app.drain().await;
        self.task.abort();
    }
}

async fn build(config: &Config, clock: &Clock) -> Result<App> {
    App::build(config.clone(), clock.clone()).await.context("the application is not built")
}

/// The folder that cargo builds into.
pub fn target_dir() -> PathBuf {
    let exe = std::env::current_exe().unwrap_or_default();
    // target/debug/deps/it-…
    exe.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), Path::to_path_buf)
}

/// Where the built components lie.
pub fn components() -> Result<PathBuf> {
    let folder = std::env::var_os(COMPONENTS).map_or_else(|| target_dir().join("components"), PathBuf::from);
    anyhow::ensure!(
        folder.join("pos-nestpay.wasm").exists() || folder.join("pos_nestpay.wasm").exists(),
        "no connector in {}: build it with `cargo xtask build` or set {COMPONENTS}",
        folder.display()
    );
    Ok(folder)
}

/// The program under test.
pub fn vezne() -> PathBuf {
    std::env::var_os("VEZNE_BIN").map_or_else(|| target_dir().join("debug/vezne"), PathBuf::from)
}

/// The program that compiles components: the harness of the stories cannot do it itself, the other programs can.
fn compiler() -> Option<PathBuf> {
    let is_harness = std::env::current_exe().ok()?.parent()?.ends_with("deps");
    (is_harness || std::env::var_os("VEZNE_BIN").is_some()).then(vezne)
}

/// Compiles and ends where this very program was started to do so. The first thing a program does that starts a host.
pub fn compile_if_asked() {
    if std::env::args().nth(1).is_some_and(|argument| argument == vezne::plugin::COMPILE_COMMAND) {
        if let Err(sentence) = vezne::plugin::compile_child(vezne::plugin::CompileBounds::default()) {
            eprintln!("{sentence}");
            std::process::exit(1);
        }
        std::process::exit(0);
    }
}

/// What comes with a story's server: the connector that most stories are about. The others are brought in where they
/// are needed (`Family::pos_account`), since every server would check and keep all of them.
fn bundled() -> Result<PathBuf> {
    static MAKING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = MAKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = private_dir().with_extension("plugins");
    let file = folder.join("pos-nestpay.wasm");
    if !file.exists() {
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(connector()?, &file)?;
    }
    Ok(folder)
}

/// The built NestPay connector.
pub(crate) fn connector() -> Result<PathBuf> {
    let folder = components()?;
    let names = ["pos-nestpay.wasm", "pos_nestpay.wasm"].map(|name| folder.join(name));
    names.into_iter().find(|path| path.exists()).context("no connector")
}

/// The publishers that the stories' hosts believe.
fn trust_store() -> Result<PathBuf> {
    let path = private_dir().with_extension("trust.toml");
    std::fs::write(&path, crate::component::trust_store())?;
    Ok(path)
}

/// Keys and compiled components, shared by all stories of this process.
fn private_dir() -> PathBuf {
    std::env::temp_dir().join(format!("vezne-it-{}", std::process::id()))
}
