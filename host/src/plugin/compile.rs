//! Compiling a component in a process of its own.
//!
//! A component can be made so that compiling it takes hours or gigabytes, and the compiler is a large program that
//! reads what strangers wrote. So the serving process never compiles: it runs itself again as
//! `vezne compile-component`, with no environment, little memory, little time and, while payments run, the lowest priority, writes the
//! component to its standard input and reads machine code from its standard output.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::engine;
use crate::limits;

/// The sub-command under which this program compiles.
pub const COMMAND: &str = "compile-component";

/// What the process that compiles may take.
#[derive(Debug, Clone, Copy)]
pub struct CompileBounds {
    /// It gives way to everything else.
    pub gently: bool,
    /// Processor time.
    pub cpu_seconds: u64,
    /// Memory.
    pub memory_bytes: u64,
}

impl Default for CompileBounds {
    fn default() -> Self {
        Self {
            gently: false,
            cpu_seconds: limits::PLUGIN_COMPILE_CPU_S,
            memory_bytes: limits::PLUGIN_COMPILE_MEMORY_BYTES,
        }
    }
}

/// Which program compiles.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    /// Payments run in this process: the child gives way to them.
    gently: Arc<AtomicBool>,
    bounds: CompileBounds,
}

impl Compiler {
    /// A program that knows [`COMMAND`]; this very one where none is named.
    pub fn new(program: Option<PathBuf>) -> Self {
        // The running file itself: a path could name a newer build by now, whose code this one cannot load.
        let own = || {
            let this = PathBuf::from("/proc/self/exe");
            if this.exists() { this } else { std::env::current_exe().unwrap_or_default() }
        };
        Self { program: program.unwrap_or_else(own), gently: Arc::default(), bounds: CompileBounds::default() }
    }

    /// With other bounds than the server's.
    #[cfg(test)]
    pub(super) fn within(self, bounds: CompileBounds) -> Self {
        Self { bounds, ..self }
    }

    /// From now on compiles with the lowest priority. At the start of a server nobody waits but the start itself.
    pub(super) fn gently(&self) {
        self.gently.store(true, Ordering::Relaxed);
    }

    /// Machine code of a component, or a sentence on why there is none.
    pub(super) async fn compiled(&self, wasm: &[u8]) -> Result<Vec<u8>, String> {
        let broken = |error: std::io::Error| format!("the compiler cannot be run: {error}");
        let mut child = Command::new(&self.program)
            .arg(COMMAND)
            .args(self.gently.load(Ordering::Relaxed).then_some("--gently"))
            .args(["--cpu-seconds", &self.bounds.cpu_seconds.to_string()])
            .args(["--memory-bytes", &self.bounds.memory_bytes.to_string()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the compiler cannot be talked to".to_owned());
        };
        let (mut code, mut said) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) =
            (stdout.take(limits::PLUGIN_COMPILED_BYTES_MAX + 1), stderr.take(limits::PLUGIN_COMPILER_WORDS_MAX));
        let talk = async {
            let feed = async {
                // A child that gives up early closes its end; what it says on the other one matters then.
                let _ = stdin.write_all(wasm).await;
                drop(stdin);
            };
            let ((), read, _) = tokio::join!(feed, stdout.read_to_end(&mut code), stderr.read_to_end(&mut said));
            read?;
            child.wait().await
        };
        let ended = tokio::time::timeout(limits::PLUGIN_COMPILE_WAIT, talk).await;
        let status = ended.map_err(|_| "compiling it takes too long".to_owned())?.map_err(broken)?;
        if !status.success() {
            let words = String::from_utf8_lossy(&said).trim().to_owned();
            return Err(match status.code() {
                Some(_) if !words.is_empty() => words,
                _ => format!("compiling it takes more memory or time than a component may ({status})"),
            });
        }
        if code.len() as u64 > limits::PLUGIN_COMPILED_BYTES_MAX {
            return Err("its compiled code is larger than a component's may be".to_owned());
        }
        Ok(code)
    }
}

/// The child's side: limits itself, steps back if asked, then compiles standard input to standard output.
pub fn compile_child(bounds: CompileBounds) -> Result<(), String> {
    limit_self(bounds).map_err(|error| format!("the compiler could not limit itself: {error}"))?;
    let mut wasm = Vec::new();
    let most = limits::PLUGIN_COMPONENT_BYTES_MAX;
    let read = std::io::stdin().lock().take(most + 1).read_to_end(&mut wasm);
    read.map_err(|error| format!("the component could not be read: {error}"))?;
    if wasm.len() as u64 > most {
        return Err("it is larger than 40 MB".to_owned());
    }
    let engine = engine::engine_for_compiling().map_err(|error| format!("no compiler: {error:#}"))?;
    let code = engine.precompile_component(&wasm).map_err(|error| format!("it does not compile: {error:#}"))?;
    let mut out = std::io::stdout().lock();
    out.write_all(&code)
        .and_then(|()| out.flush())
        .map_err(|error| format!("the code could not be handed over: {error}"))
}

fn limit_self(bounds: CompileBounds) -> std::io::Result<()> {
    let both = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::As, both(bounds.memory_bytes))?;
    setrlimit(Resource::Cpu, both(bounds.cpu_seconds))?;
    setrlimit(Resource::Core, both(0))?;
    // No file can grow: standard output is a pipe.
    setrlimit(Resource::Fsize, both(0))?;
    if bounds.gently {
        nice(10)?;
    }
    Ok(())
}
