//! Who may run how much at the same moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::domain::id::TenantId;
use crate::limits;

/// One permit of all sandboxes, and one of a firm's share of a plugin: a firm whose connector loops waits
/// for itself, not for others (promise P10).
pub(super) struct Permits {
    all: Arc<Semaphore>,
    shares: Mutex<HashMap<(String, TenantId), Arc<Semaphore>>>,
}

impl Permits {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(limits::PLUGIN_CALLS_AT_ONCE as usize)), shares: Mutex::default() }
    }

    /// The firm's share, and the whole.
    pub fn of(&self, digest: &str, tenant: TenantId) -> (Arc<Semaphore>, Arc<Semaphore>) {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        // Idle shares are forgotten, so the map is as small as what runs.
        if shares.len() > 4 * limits::PLUGIN_CALLS_AT_ONCE as usize {
            shares.retain(|_, share| Arc::strong_count(share) > 1);
        }
        let share = shares
            .entry((digest.to_owned(), tenant))
            .or_insert_with(|| Arc::new(Semaphore::new(limits::PLUGIN_CALLS_PER_TENANT)));
        (Arc::clone(share), Arc::clone(&self.all))
    }
}
