//! How a plugin fares for a firm, on every server.

use crate::app::App;
use crate::domain::id::{ReplicaId, TenantId};
use crate::flow::error::FlowResult;
use crate::flow::replica::fared_elsewhere;
use crate::plugin::VersionFared;

/// What one server says.
#[derive(Debug, Clone)]
pub struct PluginFared {
    /// Which.
    pub server: ReplicaId,
    /// It is this one.
    pub this: bool,
    /// Its versions; none where it gave no answer.
    pub versions: Option<Vec<VersionFared>>,
}

/// Asks this server and all others that live.
pub async fn plugin_fared(app: &App, tenant: TenantId, plugin: &str) -> FlowResult<Vec<PluginFared>> {
    let here = PluginFared { server: app.replica, this: true, versions: Some(app.plugins.fared(tenant, plugin)) };
    let others = fared_elsewhere(app, tenant, plugin).await?;
    let others = others.into_iter().map(|(server, versions)| PluginFared { server, this: false, versions });
    Ok(std::iter::once(here).chain(others).collect())
}
