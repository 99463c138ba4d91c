//! Child processes. Each runs in a process group of its own, and none outlives xtask:
//! not on failure, not on Ctrl-C, and (through `setpriv`) not when xtask itself is killed.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a process may take to stop by itself before it is killed.
const STOP_TIME: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// What must not outlive xtask.
struct Living {
    /// Process group and the signal that asks it to stop.
    groups: BTreeMap<i32, Signal>,
    folders: Vec<PathBuf>,
}

static LIVING: Mutex<Living> = Mutex::new(Living { groups: BTreeMap::new(), folders: Vec::new() });

fn living() -> MutexGuard<'static, Living> {
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops everything and leaves when the person or the machine asks xtask to stop.
pub fn stop_on_signals() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            stop_all();
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

fn stop_all() {
    let living = living();
    for (&group, &signal) in &living.groups {
        signal_group(group, signal);
    }
    let patience = Instant::now();
    while living.groups.keys().any(|&group| group_lives(group)) && patience.elapsed() < STOP_TIME {
        sleep(POLL);
    }
    for &group in living.groups.keys() {
        signal_group(group, Signal::KILL);
    }
    for folder in &living.folders {
        // The folder is temporary and we are leaving: nothing better can be done with a failure.
        let _ = std::fs::remove_dir_all(folder);
    }
}

fn signal_group(group: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(group) {
        // A group that has ended already is what we want.
        let _ = kill_process_group(pid, signal);
    }
}

fn group_lives(group: i32) -> bool {
    use rustix::process::{WaitOptions, test_kill_process_group, waitpid};
    let Some(pid) = Pid::from_raw(group) else {
        return false;
    };
    // Collect the leader if it has ended, or the group would seem to live on as a zombie.
    let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    test_kill_process_group(pid).is_ok()
}

/// A child whose group is stopped when this is dropped.
struct Group {
    child: Child,
    id: i32,
    stop: Signal,
}

impl Group {
    fn spawn(command: &mut Command, stop: Signal) -> Result<Self> {
        // Under the lock, so that a signal cannot fall between the start and the entry.
        let mut living = living();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", line_of(command)))?;
        let group = i32::try_from(child.id()).context("process id")?;
        living.groups.insert(group, stop);
        Ok(Self { child, id: group, stop })
    }

    fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        signal_group(self.id, self.stop);
        let patience = Instant::now();
        while patience.elapsed() < STOP_TIME && matches!(self.child.try_wait(), Ok(None)) {
            sleep(POLL);
        }
        // Whatever the leader left behind goes too.
        signal_group(self.id, Signal::KILL);
        let _ = self.child.wait();
        living().groups.remove(&self.id);
    }
}

/// The command as a person would type it, for messages.
pub fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs a command to its end; an error says which command failed and how.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed ({status})", line_of(command));
    }
    Ok(())
}

/// Runs a command to its end and hands back how it ended.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    Group::spawn(command, Signal::TERM)?.wait()
}

/// Runs a command and shows what it said only if it failed.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    captured(command).map(drop)
}

/// What a command wrote to its standard output; what it said on the other one shows on failure only.
pub fn output(command: &mut Command) -> Result<String> {
    captured(command)
}

fn captured(command: &mut Command) -> Result<String> {
    let line = line_of(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::spawn(command, Signal::TERM)?;
    let mut errors = group.child.stderr.take().context("stderr is piped")?;
    // Read both at once, or a full pipe on one would block the child while we wait on the other.
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut errors));
    let said = std::io::read_to_string(group.child.stdout.take().context("stdout is piped")?)?;
    let complained = reader.join().ok().and_then(Result::ok).unwrap_or_default();
    let status = group.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})\n{}", tail(&format!("{said}{complained}"), 40));
    }
    Ok(said)
}

/// Runs a command for at most `limit`; false if it failed, was not there or took longer.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut group) = Group::spawn(command, Signal::TERM) else {
        return false;
    };
    let start = Instant::now();
    loop {
        match group.ended() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < limit => sleep(POLL),
            _ => return false,
        }
    }
}

/// Runs a command for at most `limit`, hands over each line of its output as it comes
/// (both outputs, as they were written), and says how it ended.
pub fn lines(command: &mut Command, limit: Duration, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    use std::io::BufRead;
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut group = Group::spawn(command, Signal::TERM)?;
    // The command keeps the writing end open otherwise, and the reading below would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let watched = group.id;
    let watch = std::thread::spawn(move || {
        let late = waiting.recv_timeout(limit) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if late {
            signal_group(watched, Signal::KILL);
        }
        late
    });
    for line in std::io::BufReader::new(reader).split(b'\n') {
        each(&String::from_utf8_lossy(&line?));
    }
    let status = group.wait()?;
    drop(done);
    if watch.join().unwrap_or(false) {
        bail!("`{}` took longer than {} s and was stopped", line_of(command), limit.as_secs());
    }
    Ok(status)
}

/// Runs a command, hands over each line of its standard output as it comes (what it says on the
/// other one goes straight through), and says how it ended.
pub fn json_lines(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    use std::io::BufRead;
    let mut group = Group::spawn(command.stdout(Stdio::piped()), Signal::TERM)?;
    let stdout = group.child.stdout.take().context("stdout is piped")?;
    for line in std::io::BufReader::new(stdout).lines() {
        each(&line?);
    }
    group.wait()
}

/// The last lines of a text.
pub fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A server kept in the background, its output in a log file, stopped when dropped.
pub struct Service {
    name: &'static str,
    group: Group,
    log: PathBuf,
}

impl Service {
    /// Starts `command`; it is told to stop with `stop`.
    pub fn start(name: &'static str, command: &Command, log: &Path, stop: Signal) -> Result<Self> {
        let file = std::fs::File::create(log).with_context(|| log.display().to_string())?;
        let mut command = tied_to_us(command);
        command.stdout(file.try_clone()?).stderr(file);
        let group = Group::spawn(&mut command, stop)?;
        Ok(Self { name, group, log: log.to_path_buf() })
    }

    /// Waits until `ready` says yes; fails at once if the service ends, with the end of its log.
    pub fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.group.ended()? {
                bail!("{} ended ({status}):\n{}", self.name, self.log_tail());
            }
            if start.elapsed() > limit {
                bail!("{} was not ready within {} s:\n{}", self.name, limit.as_secs(), self.log_tail());
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// What it is, for people.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether, and how, the service has ended by itself.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.group.ended()
    }

    /// The service's process id.
    pub fn pid(&self) -> i32 {
        self.group.id
    }

    /// The last lines it wrote.
    pub fn log_tail(&self) -> String {
        tail(&std::fs::read_to_string(&self.log).unwrap_or_default(), 30)
    }
}

/// The same command under `setpriv --pdeathsig`, where there is one: the kernel then ends it with us.
fn tied_to_us(command: &Command) -> Command {
    let tie = find_program("setpriv");
    let mut tied = match &tie {
        Some(setpriv) => {
            let mut tied = Command::new(setpriv);
            tied.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program());
            tied
        }
        None => Command::new(command.get_program()),
    };
    tied.args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(key, value),
            None => tied.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        tied.current_dir(folder);
    }
    tied
}

/// Where a program lies on the search path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A temporary folder, ours alone, removed when dropped.
pub struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Makes `vezne-LABEL-…` under the system's folder for such things.
    pub fn make(label: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vezne-{label}-{}-{count}", std::process::id()));
        let mut living = living();
        std::fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| path.display().to_string())?;
        living.folders.push(path.clone());
        Ok(Self(path))
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        living().folders.retain(|folder| folder != &self.0);
    }
}
