//! Turns a plugin's core module and its manifest into one file: a component that imports
//! `vezne:*` and nothing else, with the manifest in a custom section.
//!
//! The manifest travels inside the component, so that a plugin is one file with one digest,
//! and so that the host can read it without running the guest.

use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// Name of the custom section that holds the manifest as JSON.
pub const MANIFEST_SECTION: &str = "vezne:manifest";

/// Every import of a plugin starts with this; anything else is refused.
const ALLOWED_IMPORTS: &str = "vezne:";

/// Encodes `module` as a component and appends `manifest`.
///
/// Refuses a module or component that imports anything but `vezne:*`, and names what it imports.
pub fn componentize(module: &[u8], manifest: &str) -> Result<Vec<u8>> {
    let manifest = manifest_checked(manifest)?;
    // Before the encoder, whose own complaint about a stray import names only the first.
    refuse_foreign(&module_imports(module)?)?;
    let mut component = ComponentEncoder::default()
        .module(module)
        .context("the module carries no WIT metadata: was it built with wit-bindgen?")?
        .validate(true)
        .encode()
        .context("the module cannot be encoded as a component")?;
    refuse_foreign(&component_imports(&component)?)?;
    let section = CustomSection { name: Cow::Borrowed(MANIFEST_SECTION), data: Cow::Owned(manifest.into_bytes()) };
    section.append_to_component(&mut component);
    Ok(component)
}

/// The manifest as one line of JSON, after checking what the host cannot do without.
///
/// The full schema is the host's to check, when the plugin is loaded; here only what
/// a build would otherwise get wrong silently.
fn manifest_checked(text: &str) -> Result<String> {
    let manifest: serde_json::Value = serde_json::from_str(text).context("the manifest is not JSON")?;
    for key in ["id", "version", "kind"] {
        if !manifest.get(key).is_some_and(serde_json::Value::is_string) {
            bail!("the manifest has no text `{key}`");
        }
    }
    Ok(manifest.to_string())
}

/// Modules that a core module imports from, in order, each once.
fn module_imports(module: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload.context("not a WebAssembly module")? {
            for import in section.into_imports() {
                // `[export]…` are the canonical built-ins for resources of an exported interface.
                let from = import?.module;
                names.push(from.strip_prefix("[export]").unwrap_or(from).to_owned());
            }
        }
    }
    names.dedup();
    Ok(names)
}

/// Names that a component imports at its outermost level.
pub fn component_imports(component: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("not a WebAssembly component")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

/// The manifest section of a component, if it has one.
pub fn manifest_of(component: &[u8]) -> Result<Option<String>> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.context("not a WebAssembly component")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                return Ok(Some(String::from_utf8(section.data().to_vec())?));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn refuse_foreign(imports: &[String]) -> Result<()> {
    let foreign: Vec<&str> =
        imports.iter().map(String::as_str).filter(|name| !name.starts_with(ALLOWED_IMPORTS)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    bail!("a plugin may import only `{ALLOWED_IMPORTS}*`; this one also imports: {}", foreign.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{ "id": "demo", "version": "0.1.0", "kind": "pos" }"#;

    /// `(module (import NAME "f" (func)))`, written out: the tests need no text parser.
    fn module_importing(name: &str) -> Vec<u8> {
        use wasm_encoder::{EntityType, ImportSection, Module, TypeSection};
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import(name, "f", EntityType::Function(0));
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }

    #[test]
    fn names_every_foreign_import() {
        let error = componentize(&module_importing("wasi_snapshot_preview1"), MANIFEST).unwrap_err();
        assert!(error.to_string().contains("also imports: wasi_snapshot_preview1"), "{error}");
    }

    #[test]
    fn a_module_without_metadata_is_refused() {
        let error = componentize(&module_importing("vezne:host/log@1.0.0"), MANIFEST).unwrap_err();
        assert!(!format!("{error:#}").contains("also imports"), "{error:#}");
    }

    #[test]
    fn the_manifest_must_say_who_it_is() {
        assert!(manifest_checked("{").is_err());
        assert!(manifest_checked(r#"{"id":"x","version":"1"}"#).unwrap_err().to_string().contains("kind"));
        assert_eq!(manifest_checked(MANIFEST).unwrap(), r#"{"id":"demo","kind":"pos","version":"0.1.0"}"#);
    }
}
