//! Programs that a command needs and the machine may lack: found, or installed where that is
//! permitted (Debian, root), or named in a sentence that says what to install.

use crate::process;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether this run must not skip anything.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Whether we may install packages.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder with PostgreSQL's server programs, newest version first.
pub fn postgres_binaries() -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    // Debian's package would start a server for the whole machine; ours is private and temporary.
    let settings = Path::new("/etc/postgresql-common/createcluster.conf");
    if is_root() && !settings.exists() {
        std::fs::create_dir_all("/etc/postgresql-common")?;
        std::fs::write(settings, "create_main_cluster = false\n")?;
    }
    install(&["postgresql"], "PostgreSQL (Debian: apt-get install postgresql)")?;
    find_postgres().context("PostgreSQL was installed but its initdb is not found")
}

fn find_postgres() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    match versions.pop() {
        Some((_, folder)) => Some(folder),
        None => process::find_program("initdb").and_then(|file| file.parent().map(Path::to_path_buf)),
    }
}

/// Chromium's program file.
pub fn chromium() -> Result<PathBuf> {
    let find = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(process::find_program);
    if let Some(file) = find() {
        return Ok(file);
    }
    install(&["chromium"], "Chromium (Debian: apt-get install chromium)")?;
    find().context("Chromium was installed but is not on the search path")
}

/// Makes sure that node and npm are there.
pub fn node() -> Result<()> {
    let there = || process::find_program("node").is_some() && process::find_program("npm").is_some();
    if !there() {
        install(&["nodejs", "npm"], "Node.js with npm (Debian: apt-get install nodejs npm)")?;
    }
    if !there() {
        bail!("Node.js was installed but node or npm is not on the search path");
    }
    Ok(())
}

/// Clippy in the compiler's place. Beside the compiler itself: rustup puts a program of that name on the search path
/// even where the component is missing.
pub fn clippy() -> Result<PathBuf> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let sysroot = process::output(rustc.args(["--print", "sysroot"]))?;
    let program = Path::new(sysroot.trim()).join("bin/clippy-driver");
    let what = "clippy (`rustup component add clippy`, Debian: apt-get install rust-clippy)";
    if !program.is_file() && process::find_program("rustup").is_some() {
        process::run_quietly(Command::new("rustup").args(["component", "add", "clippy"]))
            .with_context(|| format!("this needs {what}"))?;
    } else if !program.is_file() {
        install(&["rust-clippy"], what)?;
    }
    if !program.is_file() {
        bail!("clippy was installed but {} is not there", program.display());
    }
    Ok(program)
}

/// Installs Debian's packages, or says what to install.
fn install(packages: &[&str], what: &str) -> Result<()> {
    if !is_root() || process::find_program("apt-get").is_none() {
        bail!("this needs {what}");
    }
    eprintln!("    installing {}", packages.join(" "));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "Dpkg::Options::=--force-confold"]);
        command
    };
    process::run_quietly(apt().arg("update")).with_context(|| format!("this needs {what}"))?;
    process::run_quietly(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
        .with_context(|| format!("this needs {what}"))
}
