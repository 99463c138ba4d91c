//! `vezne plugin …`: what the portal's plugin pages do, for everyone or for one firm; and signing.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::plugin::{PluginState, Reach};
use crate::flow::error::FlowError;
use crate::flow::plugin::{
    Operator, Share, Standing, plugin_add, plugin_revoke, plugin_roll_back, plugin_serve, plugin_shadow,
    plugin_shadow_end, plugin_standings,
};
use crate::plugin::Candidate;
use crate::security::keys::Key;
use crate::security::publisher::{PluginSignature, Statement, public_key, sign};
use crate::store::tenant::tenant_by_slug;

/// What can be done with plugins. A version is named `ID@VERSION` or by the beginning of its digest.
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    /// Brings a component in: checked, compiled apart, tried once. Nothing runs on it yet.
    #[command(visible_alias = "stage")]
    Add {
        /// The component.
        file: PathBuf,
        /// Its signature; `FILE.sig` if that is there.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
    /// Lists versions, newest first.
    List {
        /// Of this plugin alone.
        plugin: Option<String>,
        /// As they stand for this firm.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Shows one version with what it asks for.
    Show {
        /// Which.
        version: String,
        /// As it stands for this firm.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Gives a version all new attempts.
    Activate {
        /// Which.
        version: String,
        /// Allow it what it asks for.
        #[arg(long)]
        approve: bool,
        /// For this firm alone.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Plays on a version what the others do, and counts the differences; nothing of it is sent.
    Shadow {
        /// Which.
        version: String,
        /// End that.
        #[arg(long)]
        end: bool,
        /// For this firm alone.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Gives a version a share of new attempts.
    Canary {
        /// Which.
        version: String,
        /// How large a share.
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=100))]
        percent: i64,
        /// Allow it what it asks for.
        #[arg(long)]
        approve: bool,
        /// For this firm alone.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Takes back the canary, or where there is none the active version in favour of the one before it.
    Rollback {
        /// The plugin's id.
        plugin: String,
        /// For the audit trail.
        #[arg(long, default_value = "")]
        reason: String,
        /// For this firm alone.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Withdraws a version for good.
    Revoke {
        /// Which.
        version: String,
        /// For the audit trail.
        #[arg(long)]
        reason: String,
        /// From this firm alone.
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Plays a recording (a support bundle) on a component and shows where it does something else; nothing is sent. Fails
    /// if there is a difference.
    Replay {
        /// The recording.
        file: PathBuf,
        /// The component.
        #[arg(long)]
        plugin: PathBuf,
        /// Print the comparison as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a publisher's key and prints its public half for trust stores.
    Key {
        /// Where the secret half goes; must not be there yet.
        file: PathBuf,
    },
    /// Signs a component; writes `FILE.sig` beside it.
    Sign {
        /// The component.
        file: PathBuf,
        /// The publisher's key.
        #[arg(long)]
        key: PathBuf,
        /// The publisher's name in trust stores.
        #[arg(long)]
        publisher: String,
    },
}

impl PluginCommand {
    /// Does what needs no server: an author's laptop has none. Gives back what does.
    pub fn alone(self) -> Result<std::result::Result<String, Self>> {
        match self {
            Self::Key { file } => key_make(&file).map(Ok),
            Self::Sign { file, key, publisher } => file_sign(&file, &key, &publisher).map(Ok),
            other => Ok(Err(other)),
        }
    }
}

/// Does one of them.
pub async fn plugin(app: &App, command: PluginCommand) -> Result<String> {
    match command {
        PluginCommand::Add { file, signature } => {
            let wasm = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let signature = signature_of(&file, signature)?;
            let by = Operator::job("cli", Reach::Everyone);
            let standing = plugin_add(app, &by, Bytes::from(wasm), signature).await.map_err(told)?;
            Ok(shown(&standing))
        }
        PluginCommand::List { plugin, tenant } => {
            let reach = reach(app, tenant.as_deref()).await?;
            let standings = plugin_standings(app, reach, plugin.as_deref()).await?;
            Ok(standings.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        PluginCommand::Show { version, tenant } => {
            let reach = reach(app, tenant.as_deref()).await?;
            named(app, reach, &version).await.map(|standing| shown(&standing))
        }
        PluginCommand::Activate { version, approve, tenant } => {
            serve(app, &version, Share::All, approve, tenant.as_deref()).await
        }
        PluginCommand::Shadow { version, end, tenant } => {
            let by = Operator::job("cli", reach(app, tenant.as_deref()).await?);
            let found = named(app, by.reach, &version).await?.version;
            let (plugin, digest) = (&found.plugin_id, &found.digest);
            let standing = if end {
                plugin_shadow_end(app, &by, plugin, digest).await
            } else {
                plugin_shadow(app, &by, plugin, digest).await
            };
            Ok(line(&standing.map_err(told)?))
        }
        PluginCommand::Canary { version, percent, approve, tenant } => {
            serve(app, &version, Share::Percent(percent), approve, tenant.as_deref()).await
        }
        PluginCommand::Rollback { plugin, reason, tenant } => {
            let by = Operator::job("cli", reach(app, tenant.as_deref()).await?);
            let taken = plugin_roll_back(app, &by, &plugin, &reason).await.map_err(told)?;
            let all = plugin_standings(app, by.reach, Some(&plugin)).await?;
            let now = all.iter().find(|standing| standing.state == PluginState::Active);
            let now = now.map_or_else(|| "nothing of its own".to_owned(), line);
            Ok(format!("taken back: {}\nactive:     {now}", line(&taken)))
        }
        PluginCommand::Revoke { version, reason, tenant } => {
            ensure!(!reason.trim().is_empty(), "say why: --reason");
            let by = Operator::job("cli", reach(app, tenant.as_deref()).await?);
            let found = named(app, by.reach, &version).await?.version;
            let standing = plugin_revoke(app, &by, &found.plugin_id, &found.digest, &reason).await.map_err(told)?;
            Ok(line(&standing))
        }
        PluginCommand::Key { .. } | PluginCommand::Sign { .. } | PluginCommand::Replay { .. } => {
            bail!("this is done without a server")
        }
    }
}

async fn serve(app: &App, version: &str, share: Share, approve: bool, tenant: Option<&str>) -> Result<String> {
    let by = Operator::job("cli", reach(app, tenant).await?);
    let found = named(app, by.reach, version).await?;
    if !found.wishes.is_empty() && !approve {
        bail!("it asks for more than was allowed before; look at it and add --approve:\n{}", asks(&found));
    }
    let (plugin, digest) = (&found.version.plugin_id, &found.version.digest);
    let standing = plugin_serve(app, &by, plugin, digest, share, approve).await.map_err(told)?;
    Ok(line(&standing))
}

async fn reach(app: &App, tenant: Option<&str>) -> Result<Reach> {
    let Some(slug) = tenant else { return Ok(Reach::Everyone) };
    let mut tx = app.db.read().await?;
    let firm = tenant_by_slug(&mut tx, slug).await?.with_context(|| format!("there is no firm {slug}"))?;
    Ok(Reach::Firm(firm.tenant_id))
}

/// A version by `ID@VERSION` or by the beginning of its digest.
async fn named(app: &App, reach: Reach, name: &str) -> Result<Standing> {
    let digest = name.strip_prefix("sha256:").unwrap_or(name);
    let mut found: Vec<Standing> = plugin_standings(app, reach, None).await?;
    found.retain(|standing| match name.split_once('@') {
        Some((id, version)) => standing.version.plugin_id == id && standing.version.version == version,
        None => digest.len() >= 8 && standing.version.digest.starts_with(digest),
    });
    match found.len() {
        1 => found.pop().context("no such version"),
        0 => bail!("there is no version {name}; `vezne plugin list` names them"),
        _ => bail!("{name} names {} versions; say the digest", found.len()),
    }
}

/// A refusal's own sentence, without the words for programs.
fn told(error: FlowError) -> anyhow::Error {
    match error {
        FlowError::Refused { sentence, .. } => anyhow::anyhow!("the plugin is refused: {sentence}"),
        other => other.into(),
    }
}

fn line(standing: &Standing) -> String {
    let version = &standing.version;
    let state = match standing.state {
        PluginState::Canary => format!("canary {} %", standing.percent),
        state => state.to_string(),
    };
    format!("{:<16} {:<10} {state:<12} {:<9} {}", version.plugin_id, version.version, version.origin, version.digest)
}

fn shown(standing: &Standing) -> String {
    let version = &standing.version;
    let mut lines = vec![
        line(standing),
        format!("contract  {}", version.api),
        format!("publisher {}", version.publisher),
        format!("size      {} bytes", version.size_bytes),
    ];
    lines.extend(version.revoked_why.iter().map(|why| format!("withdrawn {why}")));
    if !standing.wishes.is_empty() {
        lines.extend(["asks for:".to_owned(), asks(standing)]);
    }
    lines.join("\n")
}

fn asks(standing: &Standing) -> String {
    let words = standing.wishes.iter().map(|wish| format!("  {} {} {}", wish.kind, wish.name, wish.value));
    words.map(|words| words.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn signature_of(file: &Path, named: Option<PathBuf>) -> Result<Option<PluginSignature>> {
    let beside = signature_file(file);
    let Some(path) = named.or_else(|| beside.exists().then_some(beside)) else { return Ok(None) };
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).map(Some).with_context(|| format!("{} is no signature", path.display()))
}

fn signature_file(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

fn key_make(path: &Path) -> Result<String> {
    let seed: Key = Zeroizing::new(crate::security::random());
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    let text = Zeroizing::new(hex::encode(&seed[..]));
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
    Ok(public_key(&seed))
}

fn file_sign(path: &Path, key: &Path, publisher: &str) -> Result<String> {
    let text = Zeroizing::new(fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?);
    let mut seed: Key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut seed[..]).ok().context("the key is not 32 bytes in hex")?;
    let wasm = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let candidate = Candidate::read(&wasm).map_err(|sentence| anyhow::anyhow!("no plugin: {sentence}"))?;
    let manifest = &candidate.manifest;
    let statement =
        Statement { digest: &candidate.digest, id: &manifest.id, version: &manifest.version, kind: &manifest.kind };
    let created = format!("{:.0}", jiff::Timestamp::from_millisecond(crate::ctx::Clock::system().now_ms())?);
    let signature = sign(&seed, publisher, &created, &statement);
    let out = signature_file(path);
    fs::write(&out, serde_json::to_string_pretty(&signature)? + "\n")?;
    Ok(out.display().to_string())
}
