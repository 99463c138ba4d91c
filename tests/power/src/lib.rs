//! Power loss for a story: loaded into the host with `LD_PRELOAD`, it stands in front of `fsync` and `fdatasync` and
//! keeps each file of the database as it was when it was last synced. What the machine would still know after the
//! plug was pulled is at least that; a story that puts those images in the files' places has lost everything else.
//!
//! For a benchmark it makes every disk the same: each sync takes longer by a given time, and is counted.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "the two functions take the places of the C library's")]

use std::ffi::{OsString, c_int, c_long};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The database's file, which must have its journal as a write-ahead log beside it (`-wal`) when the program starts: a
/// rollback journal is deleted when it has served, and an image of it would be served again.
const FILE: &str = "VEZNE_POWER_FILE";
/// The folder for the images.
const IMAGES: &str = "VEZNE_POWER_IMAGES";
/// By how much longer a sync takes, microseconds.
const DELAY: &str = "VEZNE_POWER_DELAY_US";
/// A file that grows by a byte with each sync.
const COUNT: &str = "VEZNE_POWER_COUNT";

/// `fsync(2)`, and an image of what is safe now.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(file: c_int) -> c_int {
    synced(libc::SYS_fsync, file)
}

/// `fdatasync(2)`, and an image of what is safe now.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(file: c_int) -> c_int {
    synced(libc::SYS_fdatasync, file)
}

fn synced(call: c_long, file: c_int) -> c_int {
    counted();
    // SAFETY: both calls take a descriptor and touch no memory of ours.
    let done = unsafe { libc::syscall(call, file) };
    if done == 0 && image_kept(file).is_none() {
        eprintln!("vezne-power: no image of descriptor {file}");
    }
    c_int::try_from(done).unwrap_or(-1)
}

/// Takes its time, and is counted.
fn counted() {
    let delay_us = std::env::var(DELAY).ok().and_then(|text| text.parse().ok());
    if let Some(delay_us) = delay_us {
        std::thread::sleep(std::time::Duration::from_micros(delay_us));
    }
    if let Some(file) = std::env::var_os(COUNT) {
        let counted = std::fs::OpenOptions::new().append(true).create(true).open(file);
        if counted.and_then(|mut file| file.write_all(b".")).is_err() {
            eprintln!("vezne-power: a sync was not counted");
        }
    }
}

/// `None` where a file of the database has no image; every other file needs none.
fn image_kept(file: c_int) -> Option<()> {
    let (Some(database), Some(images)) = (std::env::var_os(FILE), std::env::var_os(IMAGES)) else { return Some(()) };
    let (database, images) = (PathBuf::from(database), PathBuf::from(images));
    let path = std::fs::read_link(format!("/proc/self/fd/{file}")).ok()?;
    if !belongs(&path, &database) {
        return Some(());
    }
    let name = path.file_name()?.to_owned();
    let mut unfinished = OsString::from("unfinished-");
    unfinished.push(&name);
    let unfinished = images.join(unfinished);
    std::fs::copy(&path, &unfinished).ok()?;
    std::fs::rename(unfinished, images.join(name)).ok()
}

fn belongs(path: &Path, database: &Path) -> bool {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    path == database || path.as_os_str() == log
}
