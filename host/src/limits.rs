//! Every bound of the system with its reason.

use std::time::Duration;

// Database

/// SQLite readers: enough for the portal's pages, few enough to keep their page caches small.
pub const SQLITE_READERS_MAX: u32 = 8;
/// PostgreSQL connections of one node; a server of 100 serves four nodes and an operator.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 24;
/// How long a request waits for a connection before it is told to come back (503).
pub const DATABASE_WAIT_MAX: Duration = Duration::from_secs(5);
