//! Debian's packages without installing them: own lists, download, unpack. Needs no root
//! and changes nothing on the machine.

use crate::process;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Package lists of our own, in a folder.
pub struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Fetches the lists of the machine's package sources into `folder`.
    pub fn prepare(folder: &Path) -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg", "dpkg-query"] {
            if process::find_program(program).is_none() {
                bail!("this machine has no {program}: it is not a Debian");
            }
        }
        fs::create_dir_all(folder.join("lists/partial"))?;
        fs::create_dir_all(folder.join("cache/archives/partial"))?;
        let apt = Self { folder: folder.to_path_buf() };
        eprintln!("    fetching Debian's package lists");
        process::run_quietly(apt.command("apt-get").args(["-q", "update"]))
            .context("Debian's package lists cannot be fetched")?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("LC_ALL", "C")
            .arg("-o")
            .arg(format!("Dir::State::Lists={}", self.folder.join("lists").display()))
            .arg("-o")
            .arg(format!("Dir::Cache={}", self.folder.join("cache").display()))
            // The folder is ours, not root's or _apt's.
            .args(["-o", "APT::Sandbox::User=", "-o", "Debug::NoLocking=1"]);
        command
    }

    /// The version that would be installed.
    pub fn candidate(&self, package: &str) -> Result<String> {
        let about = process::output(self.command("apt-cache").args(["show", "--no-all-versions", package]))
            .with_context(|| format!("Debian's lists have no {package}"))?;
        let version = about.lines().find_map(|line| line.strip_prefix("Version: "));
        Ok(version.with_context(|| format!("{package} has no version"))?.to_owned())
    }

    /// Packages that `package` names as its dependencies.
    pub fn depends(&self, package: &str) -> Result<Vec<String>> {
        let text = process::output(self.command("apt-cache").args(["depends", "--important", package]))?;
        Ok(text.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).map(str::to_owned).collect())
    }

    /// Downloads `packages`, and the libraries they need that the machine lacks, and unpacks them under `into`.
    pub fn unpack(&self, packages: &[String], into: &Path) -> Result<()> {
        let mut wanted: BTreeSet<String> = packages.iter().cloned().collect();
        wanted.extend(self.missing_libraries(packages)?);
        let folder = self.folder.join("packages");
        fs::create_dir_all(&folder)?;
        eprintln!("    downloading {}", wanted.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
        process::run_quietly(self.command("apt-get").current_dir(&folder).args(["-q", "download"]).args(&wanted))
            .context("Debian's packages cannot be downloaded")?;
        for file in fs::read_dir(&folder)? {
            process::run_quietly(Command::new("dpkg").arg("-x").arg(file?.path()).arg(into))?;
        }
        Ok(())
    }

    /// What the packages depend on, all the way down, of libraries that are not installed.
    /// Only libraries: compilers, scripts and users' accounts are of no use unpacked.
    fn missing_libraries(&self, packages: &[String]) -> Result<Vec<String>> {
        let mut command = self.command("apt-cache");
        command.args(["depends", "--recurse", "--important", "--no-recommends", "--no-suggests"]);
        command.args(["--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"]);
        let text = process::output(command.args(packages.iter().filter(|name| name.starts_with("lib"))))?;
        let names = text.lines().filter(|line| line.starts_with("lib")).map(str::to_owned).collect::<BTreeSet<_>>();
        let mut missing = Vec::new();
        for name in names {
            let mut query = Command::new("dpkg-query");
            query.args(["--show", "--showformat=${db:Status-Status}\n", &name]);
            let installed = process::output(&mut query).is_ok_and(|text| text.lines().any(|line| line == "installed"));
            if !installed {
                missing.push(name);
            }
        }
        Ok(missing)
    }
}
