//! Compiled components, kept between starts.
//!
//! A compiled component is machine code, and mapping it is as trusting as linking a library. So the `.wasm`
//! stays the truth, nothing compiled is ever taken from outside, the folder is ours alone, each file is
//! authenticated with a key of this node before it is used, and files are replaced, never rewritten.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

const KEY_FILE: &str = "node.key";
const MAC_BYTES: usize = 32;

/// A folder of compiled components.
pub(super) struct Cache {
    folder: PathBuf,
    key: Zeroizing<Vec<u8>>,
}

impl Cache {
    /// Opens the folder, making it (mode 0700) and its key (mode 0600) if they are not there.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        restrict(folder, 0o700)?;
        let path = folder.join(KEY_FILE);
        let key = match std::fs::read(&path) {
            Ok(key) if key.len() == 32 => Zeroizing::new(key),
            // Missing or damaged: a new key makes every old file worthless, which is all that is wanted.
            _ => {
                let mut key = Zeroizing::new(vec![0; 32]);
                getrandom::fill(&mut key).map_err(std::io::Error::other)?;
                write_whole(folder, KEY_FILE, &[&key])?;
                key
            }
        };
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// The compiled component, if it is here and ours.
    pub fn stored(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let name = file_name(engine, digest);
        let file = std::fs::read(self.folder.join(&name)).ok()?;
        let (mac, compiled) = file.split_at_checked(MAC_BYTES)?;
        if self.mac_of(&name, compiled)?.verify_slice(mac).is_err() {
            tracing::warn!(file = name, "a compiled component is not ours or damaged; compiling it again");
            return None;
        }
        deserialized(engine, compiled)
            .inspect_err(|error| tracing::info!(%error, file = name, "compiling a component again"))
            .ok()
    }

    /// Keeps what our own compiler made of a component, and gives it ready for use.
    pub fn kept(&self, engine: &Engine, digest: &str, compiled: &[u8]) -> wasmtime::Result<Component> {
        let name = file_name(engine, digest);
        let mac = self.mac(&name, compiled);
        if let Err(error) = write_whole(&self.folder, &name, &[&mac, compiled]) {
            tracing::warn!(%error, file = name, "a compiled component could not be kept");
        }
        deserialized(engine, compiled)
    }

    fn mac(&self, name: &str, compiled: &[u8]) -> Vec<u8> {
        self.mac_of(name, compiled).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }

    /// The name is part of it, so a file of another version cannot be put in its place.
    fn mac_of(&self, name: &str, compiled: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(name.as_bytes());
        mac.update(&[0]);
        mac.update(compiled);
        Some(mac)
    }
}

/// Machine code that our own compiler process made just now, for a node without a folder to keep it in.
pub(super) fn unkept(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    deserialized(engine, compiled)
}

/// Digest of the component, and everything of the engine that shapes the code.
fn file_name(engine: &Engine, digest: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{digest}-{:016x}.cwasm", hasher.finish())
}

#[expect(unsafe_code, reason = "the bytes come from our own compiler process, or were verified under this node's key")]
fn deserialized(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `compiled` came out of `precompile_component` of an engine with the same compatibility hash: just now
    // through a pipe from this same program, or from a file authenticated by HMAC. It is a private copy in memory that
    // nobody can change.
    unsafe { Component::deserialize(engine, compiled) }
}

/// Writes beside, syncs, renames: a reader sees the old file or the new one, whole.
fn write_whole(folder: &Path, name: &str, pieces: &[&[u8]]) -> std::io::Result<()> {
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let mut file = std::fs::File::create(&temporary)?;
    restrict(&temporary, 0o600)?;
    for piece in pieces {
        file.write_all(piece)?;
    }
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component there is.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    /// Compiles here where the cache has nothing.
    fn component(cache: &Cache, engine: &Engine, digest: &str) {
        if cache.stored(engine, digest).is_none() {
            cache.kept(engine, digest, &engine.precompile_component(EMPTY).unwrap()).unwrap();
        }
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
        files
    }

    #[test]
    fn only_our_own_files_are_used() {
        let folder = tempfile::tempdir().unwrap();
        let engine = super::super::engine::engines_still().unwrap().light;
        let cache = Cache::open(folder.path()).unwrap();
        component(&cache, &engine, "aa");
        let [file] = files(folder.path()).try_into().unwrap();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(cache.stored(&engine, "aa").is_some());
        assert!(Cache::open(folder.path()).unwrap().stored(&engine, "aa").is_some(), "the key is kept");

        let mut bytes = std::fs::read(&file).unwrap();
        let renamed = name.replacen("aa", "bb", 1);
        std::fs::write(folder.path().join(&renamed), &bytes).unwrap();
        assert!(cache.stored(&engine, "bb").is_none(), "another component's file");
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert!(cache.stored(&engine, "aa").is_none(), "a changed byte");
        std::fs::write(&file, b"short").unwrap();
        assert!(cache.stored(&engine, "aa").is_none(), "too short for a mac");
        component(&cache, &engine, "aa");
        assert!(cache.stored(&engine, "aa").is_some(), "made anew");

        std::fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
        assert!(Cache::open(folder.path()).unwrap().stored(&engine, "aa").is_none(), "another node's key");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_ours_alone() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("compiled");
        Cache::open(&folder).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(folder.join(KEY_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
