//! What the process itself runs on: threads for its tasks, and memory.

use tokio::runtime::{Builder, Runtime};

use crate::limits;

/// A call of a connector is hundreds of short texts: with this one there are a quarter more calls a second than with the
/// system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A runtime for the server. It looks for what came in, and for what is due, far more often than is usual: a plugin that
/// burns its time keeps a thread for a whole tick each time, and nobody else's deadline may wait for sixty of them.
///
/// # Errors
/// The system gives no threads.
pub fn server() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().event_interval(limits::RUNTIME_TURNS_BETWEEN_EVENTS).build()
}
