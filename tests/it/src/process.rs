//! The real binary, for stories that kill it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::host::vezne;
use crate::http::Call;
use crate::world::World;

/// Long enough for its notice, what it is at, and a busy machine.
const LEAVING_MAX: Duration = Duration::from_secs(40);

/// A host in a process of its own, on the world's database and with its keys.
pub struct Process {
    child: Child,
    pub url: String,
}

impl Process {
    /// Starts `vezne serve`; it aborts itself at `crash_at`, if that is named.
    pub async fn start(world: &World, crash_at: Option<&str>) -> Result<Self> {
        let port = free_port().await?;
        let crash_at = crash_at.map(|point| ("VEZNE_CRASH_AT", point));
        Self::start_on(world, port, crash_at.as_slice()).await
    }

    /// Starts `vezne serve` where no file may grow beyond so many bytes, as on a disk that is full.
    pub async fn start_limited(world: &World, bytes: u64) -> Result<Self> {
        // The signal is ignored, so that a write fails as it does on a full disk. Blocks of the shell are 512 bytes.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" serve", bytes / 512);
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(binary()?);
        Self::spawn(world, free_port().await?, command, &[]).await
    }

    /// Starts `vezne serve` on a port, with more in its environment.
    pub async fn start_on(world: &World, port: u16, environment: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.arg("serve");
        Self::spawn(world, port, command, environment).await
    }

    /// Starts one of several servers on the world's database, behind a proxy at `front`.
    pub async fn start_node(world: &World, port: u16, front: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let url = format!("http://127.0.0.1:{port}");
        let mut environment = environment.to_vec();
        environment.extend([("VEZNE_PUBLIC_URL", front), ("VEZNE_REPLICA_URL", url.as_str())]);
        Self::start_on(world, port, &environment).await
    }

    async fn spawn(world: &World, port: u16, mut command: Command, environment: &[(&str, &str)]) -> Result<Self> {
        let config = &world.host.config;
        command
            .env("VEZNE_DATABASE_URL", &world.database_url)
            .env("VEZNE_LISTEN", format!("127.0.0.1:{port}"))
            .env("VEZNE_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .env("VEZNE_PLUGINS_DIR", &config.plugins_dir)
            .env("VEZNE_PRIVATE_DIR", &config.private_dir)
            .env("VEZNE_SANDBOX", "true")
            .env("VEZNE_ALLOW_UNSIGNED_PLUGINS", "true")
            .env("VEZNE_BANK_DEADLINE_MS", config.bank_deadline_ms.to_string())
            .env("VEZNE_JANITOR_EVERY_MS", "50")
            .env("VEZNE_READS_PER_SECOND", config.reads_per_second.to_string())
            .env("VEZNE_WRITES_PER_SECOND", config.writes_per_second.to_string())
            .stdout(Stdio::null())
            .stderr(if std::env::var_os("VEZNE_IT_LOG").is_some() { Stdio::inherit() } else { Stdio::null() })
            .kill_on_drop(true)
            .envs(environment.iter().copied());
        let mut process = Self { child: command.spawn()?, url: format!("http://127.0.0.1:{port}") };
        process.until_healthy().await?;
        Ok(process)
    }

    async fn until_healthy(&mut self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("vezne ended at its start: {status}");
            }
            let asked = Call::new("GET", format!("{}/healthz", self.url)).send().await;
            if asked.is_ok_and(|a| a.status == 200) {
                return Ok(());
            }
            ensure!(Instant::now() < end, "vezne is not healthy after 30 s");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// `kill -9`.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("the process cannot be killed")
    }

    /// Asks it to end (SIGTERM), as a supervisor does.
    pub async fn ask_to_end(&self) -> Result<()> {
        let id = self.child.id().context("it has ended already")?;
        // The shell's own `kill`: no machine is without it.
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id.to_string()]).status().await?;
        ensure!(sent.success(), "no signal: {sent}");
        Ok(())
    }

    /// Waits until it has ended well.
    pub async fn until_ended(mut self) -> Result<()> {
        let status = tokio::time::timeout(LEAVING_MAX, self.child.wait()).await.context("it does not end")??;
        ensure!(status.success(), "it did not end well: {status}");
        Ok(())
    }

    /// Lets it leave in order.
    pub async fn leave(self) -> Result<()> {
        self.ask_to_end().await?;
        self.until_ended().await
    }

    /// Waits for the end it was told to find.
    pub async fn until_crashed(mut self) -> Result<()> {
        let status =
            tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.context("it did not crash")??;
        ensure!(!status.success(), "it ended well");
        Ok(())
    }
}

fn binary() -> Result<PathBuf> {
    let binary = vezne();
    ensure!(binary.exists(), "{} is not built: cargo build -p vezne", binary.display());
    Ok(binary)
}

/// A port that nobody listens on.
pub async fn free_port() -> Result<u16> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    drop(listener);
    // Nobody may sit there already.
    ensure!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "port {port} is taken");
    Ok(port)
}
