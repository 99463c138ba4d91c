//! Plugins into components: cargo for WebAssembly, then the componentizer.

use crate::cargo::{self, Member, cargo};
use crate::place::Place;
use crate::process;
use crate::wasm_target::{self, Compiler};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A small stack and three initial pages: what the host's pool keeps resident and a guest
/// of this size fills (plugin-host §3.3). A guest that needs more states it in its own build script.
const GUEST_FLAGS: &str = "-Clink-arg=-zstack-size=32768 -Clink-arg=--initial-memory=196608";

/// Builds every plugin into `target/components/NAME.wasm` and returns the files.
pub fn build(place: &Place, compiler: &Compiler) -> Result<Vec<PathBuf>> {
    let members = cargo::members(place)?;
    let plugins: Vec<&Member> = members.iter().filter(|member| member.is_plugin()).collect();
    let folder = place.components();
    fs::create_dir_all(&folder)?;
    if plugins.is_empty() {
        return Ok(Vec::new());
    }
    let _lock = place.lock("components")?;
    let componentizer = componentizer(place, &members)?;
    modules(place, compiler, &plugins)?;
    let files = plugins.iter().map(|plugin| component(place, &componentizer, plugin)).collect::<Result<Vec<_>>>()?;
    prune(&folder, &plugins)?;
    offer(place, &plugins)?;
    Ok(files)
}

/// Removes components of plugins that are gone: a server loads whatever lies in the folder.
fn prune(folder: &Path, plugins: &[&Member]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let is_component = file.extension().is_some_and(|end| end == "wasm");
        let is_ours = file.file_stem().is_some_and(|stem| plugins.iter().any(|plugin| stem == plugin.name.as_str()));
        if is_component && !is_ours {
            fs::remove_file(&file).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

/// Puts the real plugins, without those that only tests want, into a folder of their own.
fn offer(place: &Place, plugins: &[&Member]) -> Result<()> {
    let real: Vec<&Member> = plugins.iter().copied().filter(|plugin| !plugin.is_guest_only()).collect();
    fs::create_dir_all(place.plugins())?;
    prune(&place.plugins(), &real)?;
    for plugin in real {
        let name = format!("{}.wasm", plugin.name);
        let (from, unfinished) = (place.components().join(&name), place.plugins().join(format!("{name}.unfinished")));
        // A running server must never see half a component.
        fs::copy(&from, &unfinished).with_context(|| from.display().to_string())?;
        fs::rename(&unfinished, place.plugins().join(&name))?;
    }
    Ok(())
}

/// Builds the componentizer, a crate of its own so that xtask starts in seconds.
fn componentizer(place: &Place, members: &[Member]) -> Result<PathBuf> {
    process::run(cargo::on_host_side(place, members, "build").args(["--quiet", "--bin", "vezne-componentize"]))?;
    Ok(place.binary("vezne-componentize"))
}

/// All core modules in one cargo call.
fn modules(place: &Place, compiler: &Compiler, plugins: &[&Member]) -> Result<()> {
    let mut command = cargo(place);
    command.args(["build", "--lib", "--profile", "component", "--target", wasm_target::TARGET]);
    command.env("CARGO_TARGET_DIR", place.wasm_target());
    for plugin in plugins {
        command.args(["--package", &plugin.name]);
    }
    // Flags meant for the person's own machine code must not reach the guests, nor replace theirs.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", GUEST_FLAGS);
    if let Some(rustc) = compiler.rustc() {
        // A wrapper such as clippy's or a cache's belongs to the other compiler.
        command.env("RUSTC", rustc).env_remove("RUSTC_WRAPPER").env_remove("RUSTC_WORKSPACE_WRAPPER");
    }
    process::run(&mut command).context("the plugins do not build for WebAssembly")
}

fn component(place: &Place, componentizer: &Path, plugin: &Member) -> Result<PathBuf> {
    let module = place
        .wasm_target()
        .join(wasm_target::TARGET)
        .join("component")
        .join(format!("{}.wasm", plugin.name.replace('-', "_")));
    let manifest = place.root().join(&plugin.folder).join("manifest.json");
    if !manifest.is_file() {
        bail!("{} has no manifest.json", plugin.folder.display());
    }
    let out = place.components().join(format!("{}.wasm", plugin.name));
    let stamp = place.components().join(format!(".{}.stamp", plugin.name));
    // Equal and not merely older: with a shared target folder another worktree's newer component may lie here.
    let made_of = format!("{}\n{}\n{}\n", trace(&module)?, trace(&manifest)?, trace(componentizer)?);
    let fresh = out.is_file() && fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == made_of);
    if !fresh {
        process::run(
            std::process::Command::new(componentizer)
                .arg("--module")
                .arg(&module)
                .arg("--manifest")
                .arg(&manifest)
                .arg("--out")
                .arg(&out),
        )?;
        fs::write(&stamp, made_of)?;
        let size = fs::metadata(&out)?.len() / 1024;
        eprintln!("    {} ({size} kB)", out.display());
    }
    Ok(out)
}

/// A file's path, size and time of change: equal means the same file as before.
fn trace(file: &Path) -> Result<String> {
    let about = fs::metadata(file).with_context(|| file.display().to_string())?;
    let changed = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!("{} {} {changed}", file.display(), about.len()))
}
