//! The `vezne` binary.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use vezne::app::App;
use vezne::cli::audit::AuditCommand;
use vezne::cli::plugin::PluginCommand;
use vezne::cli::{self, FirmCommand, UserCommand};
use vezne::config::Config;
use vezne::ctx::Clock;
use vezne::limits;
use vezne::plugin::{CompileBounds, compile_child};
use vezne::store::{Db, backup};
use vezne::{observe, seed, serve};

/// The teller's window: collects money from dealers, sub-dealers and customers.
#[derive(Debug, Parser)]
#[command(version)]
struct Command {
    /// Configuration file (TOML); variables `VEZNE_…` override it.
    #[arg(long, env = "VEZNE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Serves the API and the portal until it is asked to end.
    Serve,
    /// Brings the database up to date.
    Migrate,
    /// Writes the demo firm into a sandbox and prints its logins.
    Seed,
    /// Derives every balance, allocation and state again, checks the audit trail, and names each difference; fails if
    /// there is one.
    Audit {
        #[command(flatten)]
        command: AuditCommand,
    },
    /// Copies the whole database to a new file while it is served. The keys (`private_dir/keys`) are not in it: keep
    /// them apart.
    Backup {
        /// Where to; nothing is overwritten.
        file: PathBuf,
    },
    /// Puts a copy where no database is yet, checks it and brings it up to date.
    Restore {
        /// What `backup` made.
        file: PathBuf,
    },
    /// Adds firms.
    Firm {
        #[command(subcommand)]
        command: FirmCommand,
    },
    /// Adds people, changes their passwords, keeps them out.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Brings plugin versions in, says which one serves, takes one back.
    Plugin {
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// Compiles a component from standard input to standard output, within limits; the server runs it.
    #[command(name = vezne::plugin::COMPILE_COMMAND, hide = true)]
    Compile {
        /// Gives way to everything else.
        #[arg(long)]
        gently: bool,
        /// Processor time it may take.
        #[arg(long, default_value_t = limits::PLUGIN_COMPILE_CPU_S)]
        cpu_seconds: u64,
        /// Memory it may take.
        #[arg(long, default_value_t = limits::PLUGIN_COMPILE_MEMORY_BYTES)]
        memory_bytes: u64,
    },
}

fn main() -> Result<()> {
    vezne::runtime::server()?.block_on(run(Command::parse()))
}

async fn run(command: Command) -> Result<()> {
    let act = match command.act {
        Act::Compile { gently, cpu_seconds, memory_bytes } => {
            return compile_child(CompileBounds { gently, cpu_seconds, memory_bytes }).map_err(anyhow::Error::msg);
        }
        Act::Plugin { command } => match command.alone()? {
            Ok(text) => {
                println!("{text}");
                return Ok(());
            }
            Err(command) => Act::Plugin { command },
        },
        act => act,
    };
    if let Act::Plugin { command: PluginCommand::Replay { file, plugin, json } } = &act {
        let (text, same) = cli::replay::replay(file, plugin, *json).await?;
        println!("{text}");
        anyhow::ensure!(same, "the component does not do what was recorded");
        return Ok(());
    }
    let config = Config::load(command.config.as_deref())?;
    let collector = match act {
        Act::Serve => observe::otlp::Settings::from_env().map_err(anyhow::Error::msg)?,
        _ => None,
    };
    observe::log_begin(config.log_json, collector);
    match act {
        Act::Migrate => {
            vezne::app::database_dir(&config)?;
            let db = Db::open(&config.database_url.0).await.context("the database cannot be brought up to date")?;
            db.close().await;
        }
        Act::Serve => {
            observe::metrics_begin();
            let listener = TcpListener::bind(config.listen).await;
            let listener = listener.with_context(|| format!("cannot listen on {}", config.listen))?;
            let app = App::build(config, Clock::system()).await?;
            serve::serve(app, listener).await?;
        }
        Act::Seed => {
            let app = App::build(config, Clock::system()).await?;
            let logins = seed::seed(&app).await?;
            print!("{}", seed::logins_text(&logins));
            app.drain().await;
        }
        Act::Audit { command } => {
            let app = App::build(config, Clock::system()).await?;
            let clean = cli::audit::audit(&app, &command, &mut std::io::stdout()).await?;
            app.drain().await;
            anyhow::ensure!(clean, "the audit found differences");
        }
        Act::Backup { file } => {
            let bytes = backup::backup(&config.database_url.0, &file).await.context("no copy was made")?;
            println!("{}: {bytes} bytes", file.display());
        }
        Act::Restore { file } => {
            vezne::app::database_dir(&config)?;
            backup::restore(&config.database_url.0, &file).await.context("nothing was restored")?;
            println!("restored; now run `vezne audit`");
        }
        Act::Firm { command } => {
            let app = App::build(config, Clock::system()).await?;
            println!("{}", cli::firm(&app, command).await?);
            app.drain().await;
        }
        Act::User { command } => {
            let app = App::build(config, Clock::system()).await?;
            println!("{}", cli::user(&app, command).await?);
            app.drain().await;
        }
        Act::Plugin { command } => {
            let app = App::build(config, Clock::system()).await?;
            println!("{}", cli::plugin::plugin(&app, command).await?);
            app.drain().await;
        }
        Act::Compile { .. } => bail!("this is done without a server"),
    }
    Ok(())
}
