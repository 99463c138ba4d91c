//! Installed plugins and what their manifests say.

use axum::extract::State;
use vezne_api::{Page, Permission, Plugin, PluginBank, PluginEndpoint, PluginSecret, Translated};

use super::error::{Error, Result};
use super::extract::{Caller, Path};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::plugin::PluginInfo;
use crate::plugin::manifest::{Environments, LocalText};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/plugins", "Lists installed plugin versions")
                .needs(Permission::PosAccountRead)
                .reply::<Page<Plugin>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/plugins/{id}", "Shows the newest installed version of a plugin")
                .needs(Permission::PosAccountRead)
                .reply::<Plugin>(200),
            show,
        )
}

async fn list(State(app): State<App>, _: Caller) -> axum::Json<Page<Plugin>> {
    axum::Json(Page::whole(app.plugins.list().iter().map(plugin_view).collect()))
}

async fn show(State(app): State<App>, _: Caller, Path(id): Path<String>) -> Result<axum::Json<Plugin>> {
    let plugin = app.plugins.latest(&id).ok_or(Error::NotFound)?;
    Ok(axum::Json(plugin_view(&plugin)))
}

fn plugin_view(plugin: &PluginInfo) -> Plugin {
    let manifest = &plugin.manifest;
    Plugin {
        id: plugin.id.clone(),
        version: plugin.version.clone(),
        digest: format!("sha256:{}", plugin.digest),
        kind: manifest.kind.clone(),
        api: manifest.api.clone(),
        publisher: manifest.publisher.clone(),
        licence: manifest.licence.clone(),
        names: translated(&manifest.names),
        banks: manifest
            .banks
            .iter()
            .map(|bank| PluginBank { id: bank.id.clone(), name: bank.name.clone(), config: bank.config.clone() })
            .collect(),
        capabilities: manifest.capabilities.iter().cloned().collect(),
        models: manifest.models.clone(),
        endpoints: manifest
            .endpoints
            .iter()
            .map(|(name, request)| PluginEndpoint {
                name: name.clone(),
                purposes: request.purposes.clone(),
                takes_card: request.takes_card,
                urls: urls(&request.urls),
            })
            .collect(),
        secrets: manifest
            .secrets
            .iter()
            .map(|secret| PluginSecret {
                name: secret.name.clone(),
                kind: secret.kind.clone(),
                required: secret.required,
                label: translated(&secret.label),
            })
            .collect(),
        config: serde_json::to_value(&manifest.config).unwrap_or_default(),
    }
}

fn translated(text: &LocalText) -> Translated {
    ["tr", "en", "az"].into_iter().map(|tag| (tag.to_owned(), text.get(tag).to_owned())).collect()
}

fn urls(urls: &Environments) -> std::collections::BTreeMap<String, String> {
    [("test", &urls.test), ("live", &urls.live)]
        .into_iter()
        .filter_map(|(name, url)| url.clone().map(|url| (name.to_owned(), url)))
        .collect()
}
