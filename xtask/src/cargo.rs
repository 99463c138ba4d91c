//! Calling cargo, and asking it what the workspace holds.

use crate::place::Place;
use crate::process;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// A cargo command in the checkout, without what `cargo run` left in our environment:
/// build scripts that watch such variables would run again each time.
pub fn cargo(place: &Place) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(place.root()).env("CARGO_TARGET_DIR", place.target());
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if ours.iter().any(|start| name.starts_with(start)) || name == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&key);
        }
    }
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// One crate of the workspace.
#[derive(Debug, Clone)]
pub struct Member {
    /// Package name.
    pub name: String,
    /// Its folder, relative to the checkout.
    pub folder: PathBuf,
    /// Its programs.
    pub binaries: Vec<String>,
    /// Whether it can become a component.
    pub is_cdylib: bool,
}

impl Member {
    /// A plugin: built for WebAssembly. The SDK is not one, it is only linked into them.
    pub fn is_plugin(&self) -> bool {
        self.is_cdylib && (self.folder.starts_with("plugins") || self.folder.starts_with("tests/plugins"))
    }

    /// A plugin that exists to be refused or to misbehave, never to run natively.
    pub fn is_guest_only(&self) -> bool {
        self.folder.starts_with("tests/plugins")
    }
}

/// A cargo act on the crates that run on the host.
///
/// Always all of them, whatever is built in the end: cargo unifies features over the crates it is
/// given, and another list would compile half of the dependencies a second time.
pub fn on_host_side(place: &Place, members: &[Member], act: &str) -> Command {
    let mut command = cargo(place);
    command.arg(act);
    for member in members.iter().filter(|member| !member.is_guest_only()) {
        command.args(["--package", &member.name]);
    }
    command
}

/// All crates of the workspace, by name.
pub fn members(place: &Place) -> Result<Vec<Member>> {
    let text = process::output(cargo(place).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut members = packages.iter().map(|package| member(place, package)).collect::<Result<Vec<_>>>()?;
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

fn member(place: &Place, package: &Value) -> Result<Member> {
    let manifest = PathBuf::from(package["manifest_path"].as_str().context("manifest_path")?);
    let folder = manifest.parent().context("a manifest lies in a folder")?;
    let targets = package["targets"].as_array().context("targets")?;
    let is_cdylib =
        targets.iter().filter_map(|target| target["crate_types"].as_array()).flatten().any(|kind| kind == "cdylib");
    let binaries = targets
        .iter()
        .filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin")))
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect();
    Ok(Member {
        binaries,
        name: package["name"].as_str().context("name")?.to_owned(),
        folder: folder.strip_prefix(place.root()).unwrap_or(folder).to_path_buf(),
        is_cdylib,
    })
}
