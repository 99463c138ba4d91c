//! Where things lie: the checkout, the target folder and what xtask keeps in it.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// Folders of this checkout and its build.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// Finds the checkout through cargo's environment and the target folder as cargo itself would.
    pub fn find() -> Result<Self> {
        // At run time first: one target folder may serve several worktrees.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask lies in a folder of the checkout")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder, for the host.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// WebAssembly has a build folder of its own: its compiler may be another one.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// The private WebAssembly toolchain, where one is needed.
    pub fn wasm_toolchain(&self) -> PathBuf {
        self.target.join("wasm-toolchain")
    }

    /// Components that a server may offer: those of `plugins/`.
    pub fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// All finished components, those that misbehave for tests too.
    pub fn components(&self) -> PathBuf {
        self.target.join("components")
    }

    /// A host binary of the development profile.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// An optimised host binary.
    pub fn release(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }

    /// Locks `name` in the target folder, waiting while another xtask holds it.
    pub fn lock(&self, name: &str) -> Result<std::fs::File> {
        std::fs::create_dir_all(&self.target)?;
        let path = self.target.join(format!(".{name}.lock"));
        let file = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
        file.lock().with_context(|| path.display().to_string())?;
        Ok(file)
    }
}
