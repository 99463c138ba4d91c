//! A compiler for `wasm32-unknown-unknown`: the ordinary one where it has the target or rustup
//! can add it, otherwise a private one unpacked from Debian's packages under the target folder.
//!
//! The private one never touches the machine: own package lists, `dpkg -x` instead of an
//! installation, no root. Its standard library is compiled here once, since Debian ships none
//! for this target that fits the compiler.

use crate::debian;
use crate::place::Place;
use crate::process;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What plugins are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where rustup's server is out of reach it may hang instead of refusing.
const RUSTUP_TIME: Duration = Duration::from_secs(90);

/// Change this when the steps below change: the toolchain is then made anew.
const LAYOUT: &str = "1";

/// Which way to get the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// The installed toolchain, through rustup if the target is missing.
    Rustup,
    /// The private toolchain from Debian's packages.
    Debian,
}

/// Who compiles for WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// The same as for the host.
    Ordinary,
    /// The private toolchain's wrapper.
    Private(PathBuf),
}

impl Compiler {
    /// What to set `RUSTC` to, if anything.
    pub fn rustc(&self) -> Option<&Path> {
        match self {
            Self::Ordinary => None,
            Self::Private(wrapper) => Some(wrapper),
        }
    }
}

/// Finds or makes a compiler. Quick when there is one already.
pub fn setup(place: &Place, way: Option<Way>) -> Result<Compiler> {
    let _lock = place.lock("wasm-toolchain")?;
    let folder = place.wasm_toolchain();
    if way == Some(Way::Debian) {
        return private(&folder);
    }
    if installed(place)? {
        return Ok(Compiler::Ordinary);
    }
    // Made in an earlier run: rustup was out of reach then, do not wait for it again.
    if way.is_none() && is_made(&folder) {
        return private(&folder);
    }
    if process::find_program("rustup").is_some() {
        eprintln!("    asking rustup for {TARGET}");
        let added = process::succeeds_within(Command::new("rustup").args(["target", "add", TARGET]), RUSTUP_TIME);
        if added && installed(place)? {
            return Ok(Compiler::Ordinary);
        }
        eprintln!("    rustup cannot add it here");
    }
    if way == Some(Way::Rustup) {
        bail!("rustup cannot add {TARGET}: run `rustup target add {TARGET}` and see what it says");
    }
    private(&folder).with_context(|| {
        format!(
            "no compiler for {TARGET}. Install it with `rustup target add {TARGET}`, \
             or use Debian 12 or later with the package rustc-web (1.95 or later) in reach of apt-get"
        )
    })
}

/// Whether the host's own toolchain has the target's standard library.
fn installed(place: &Place) -> Result<bool> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let folder =
        process::output(rustc.current_dir(place.root()).args(["--print", "target-libdir", "--target", TARGET]))?;
    let mut files = fs::read_dir(folder.trim()).into_iter().flatten().flatten();
    Ok(files.any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}

fn stamp(folder: &Path) -> PathBuf {
    folder.join("stamp")
}

fn is_made(folder: &Path) -> bool {
    fs::read_to_string(stamp(folder)).is_ok_and(|text| text == LAYOUT)
}

fn private(folder: &Path) -> Result<Compiler> {
    let wrapper = folder.join("rustc-wasm");
    if !is_made(folder) {
        eprintln!("    making a private toolchain from Debian's packages, once (1 to 4 minutes, 0.5 GB)");
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(folder)?;
        unpack(folder)?;
        write_wrapper(&wrapper)?;
        link_linker(folder)?;
        build_std(folder, &wrapper)?;
        try_out(folder, &wrapper)?;
        // Only the standard library was built from it, and it is half of the size.
        fs::remove_dir_all(folder.join("usr/src")).context("the compiler's sources")?;
        fs::write(stamp(folder), LAYOUT)?;
    }
    Ok(Compiler::Private(wrapper))
}

/// Unpacks compiler, its libraries and sources, and the linker.
fn unpack(folder: &Path) -> Result<()> {
    let apt = debian::Apt::prepare(&folder.join("apt"))?;
    let version = apt.candidate("rustc-web")?;
    let minor = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let library = format!("libstd-rust-web-{minor}");
    // The linker of the compiler's own LLVM.
    let llvm = apt
        .depends(&library)?
        .iter()
        .find_map(|name| name.strip_prefix("libllvm").map(str::to_owned))
        .with_context(|| format!("{library} names no LLVM"))?;
    let wanted = [
        "rustc-web".to_owned(),
        "rust-web-src".to_owned(),
        "libstd-rust-web-dev".to_owned(),
        library,
        format!("libllvm{llvm}"),
        format!("lld-{llvm}"),
    ];
    apt.unpack(&wanted, folder)?;
    symlink(format!("../lib/llvm-{llvm}/bin/lld"), folder.join("usr/bin/lld"))?;
    fs::remove_dir_all(folder.join("apt")).context("package lists")
}

/// The compiler looks for its libraries where they would be if it were installed: tell it better.
/// Relative to the wrapper, so that the folder may be moved or linked to.
fn write_wrapper(wrapper: &Path) -> Result<()> {
    let text = format!(
        "#!/bin/sh\nhere=$(dirname \"$(readlink -f \"$0\")\")\n\
         export LD_LIBRARY_PATH=\"$here/usr/lib/{arch}-linux-gnu\"\nexec \"$here/usr/bin/rustc\" \"$@\"\n",
        arch = std::env::consts::ARCH
    );
    fs::write(wrapper, text)?;
    fs::set_permissions(wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Puts lld where the compiler looks for `rust-lld` unaided.
fn link_linker(folder: &Path) -> Result<()> {
    let bin = folder.join(format!("usr/lib/rustlib/{}-unknown-linux-gnu/bin", std::env::consts::ARCH));
    fs::create_dir_all(&bin)?;
    symlink("../../../../bin/lld", bin.join("rust-lld"))?;
    Ok(())
}

/// Compiles the standard library in an empty crate and puts it where the compiler looks for it.
fn build_std(folder: &Path, wrapper: &Path) -> Result<()> {
    eprintln!("    compiling the standard library for {TARGET}");
    let empty = folder.join("std");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(
        empty.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
         [profile.release]\nopt-level = \"z\"\ncodegen-units = 1\n",
    )?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(&empty)
        .args(["build", "--release", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test")
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .env("RUSTC", wrapper)
        // The one place where an unstable option is needed; plugins are built without it.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Cembed-bitcode=yes -Zforce-unstable-if-unmarked")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    process::run_quietly(&mut command).context("the standard library for WebAssembly does not build")?;
    let library = folder.join("usr/lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&library)?;
    for file in fs::read_dir(empty.join("target").join(TARGET).join("release/deps"))? {
        let file = file?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.extension().is_some_and(|end| end == "rlib") && !name.starts_with("libempty") {
            fs::copy(&file, library.join(name))?;
        }
    }
    fs::remove_dir_all(&empty).context("the empty crate")
}

/// A toolchain counts as made only after it has compiled something.
fn try_out(folder: &Path, wrapper: &Path) -> Result<()> {
    let (source, module) = (folder.join("try.rs"), folder.join("try.wasm"));
    fs::write(&source, "#[unsafe(no_mangle)] pub extern \"C\" fn answer() -> usize { vec![0; 42].len() }\n")?;
    process::run_quietly(
        Command::new(wrapper)
            .args(["--edition", "2024", "--crate-type", "cdylib", "--target", TARGET, "-Cpanic=abort", "-o"])
            .arg(&module)
            .arg(&source),
    )
    .context("the private toolchain cannot compile")?;
    if !fs::read(&module)?.starts_with(b"\0asm") {
        bail!("the private toolchain made something that is not WebAssembly");
    }
    fs::remove_file(source)?;
    fs::remove_file(module)?;
    Ok(())
}
